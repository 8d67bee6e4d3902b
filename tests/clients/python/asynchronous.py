"""The asynchronous clients, which speak through aiohttp: it takes the proxy from the environment because the
SDK asks it to, and its trust from SSL_CERT_FILE, not from REQUESTS_CA_BUNDLE as the others do.
"""

import asyncio

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity.aio import DefaultAzureCredential
from azure.keyvault.secrets.aio import SecretClient
from azure.mgmt.authorization.aio import AuthorizationManagementClient
from azure.mgmt.keyvault.aio import KeyVaultManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient
from azure.mgmt.storage.aio import StorageManagementClient
from azure.storage.blob.aio import BlobServiceClient

from drill import LOCATION, RUN, SUBSCRIPTION, TENANT, equal, give, own_object_id, step

GROUP, ACCOUNT, VAULT = f"async-{RUN}", f"async{RUN}", f"async-{RUN}"


async def refused(error_type, action):
    try:
        await action
    except error_type as error:
        return error
    raise AssertionError(f"nothing was refused, {error_type.__name__} was expected")


async def secrets(credential, me):
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    async with KeyVaultManagementClient(credential, SUBSCRIPTION) as management:
        body = {"location": LOCATION, "properties": properties}
        vault = await (await management.vaults.begin_create_or_update(GROUP, VAULT, body)).result()
    give("Key Vault Secrets Officer", vault.id, me)
    async with SecretClient(vault.properties.vault_uri, credential) as client:
        await asyncio.gather(*(client.set_secret(f"s{number}", str(number)) for number in range(20)))
        values = await asyncio.gather(*(client.get_secret(f"s{number}") for number in range(20)))
        equal([own.value for own in values], [str(number) for number in range(20)], "the secrets")
        await client.delete_secret("s0")
        await refused(ResourceNotFoundError, client.get_secret("s0"))
    step("twenty secrets at once")


async def blobs(credential, me):
    async with StorageManagementClient(credential, SUBSCRIPTION) as management:
        body = {"location": LOCATION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
        account = await (await management.storage_accounts.begin_create(GROUP, ACCOUNT, body)).result()
    give("Storage Blob Data Contributor", account.id, me)
    async with BlobServiceClient(f"https://{ACCOUNT}.blob.core.windows.net", credential) as service:
        container = await service.create_container("drill")
        contents = {f"b{number}": bytes([number]) * 100_000 for number in range(20)}
        await asyncio.gather(*(container.upload_blob(name, content) for name, content in contents.items()))
        equal(sorted([blob.name async for blob in container.list_blobs()]), sorted(contents), "the blobs")
        stream = await container.download_blob("b7")
        equal(await stream.readall(), contents["b7"], "a blob's bytes")
        error = await refused(HttpResponseError, container.upload_blob("b7", b"x"))
        equal(error.error_code, "BlobAlreadyExists", "an upload over a blob")
    step("twenty blobs at once")


async def main():
    me = own_object_id()
    async with DefaultAzureCredential() as credential, ResourceManagementClient(credential, SUBSCRIPTION) as resources:
        made = await resources.resource_groups.create_or_update(GROUP, {"location": LOCATION})
        equal(made.properties.provisioning_state, "Succeeded", "the group's state")
        async with AuthorizationManagementClient(credential, SUBSCRIPTION) as authorization:
            scope = f"/subscriptions/{SUBSCRIPTION}"
            mine = [own async for own in authorization.role_assignments.list_for_scope(scope, filter=f"principalId eq '{me}'")]
            equal(len(mine), 1, "the operator's role assignments")
        await asyncio.gather(secrets(credential, me), blobs(credential, me))
        await (await resources.resource_groups.begin_delete(GROUP)).result()
        equal(await resources.resource_groups.check_existence(GROUP), False, "the group exists")
    step("everything held")


if __name__ == "__main__":
    asyncio.run(main())
