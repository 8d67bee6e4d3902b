"""What `blobs.py` plays against azdrill: the inventory by key and by token, user delegation, two accounts,
public access, and what is asked of storage over ARM.
"""

import base64
import json
import os
import uuid
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobClient, BlobSasPermissions, BlobServiceClient, ContainerClient, generate_blob_sas

LOCATION = "westeurope"
DATA_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"


class World:
    """A resource group of its own in every run, so that runs against one long-lived emulator do not meet."""

    def __init__(self):
        subscription, tenant = os.environ["AZURE_SUBSCRIPTION_ID"], os.environ["AZURE_TENANT_ID"]
        self.credential = ClientSecretCredential(tenant, os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"])
        self.resources = ResourceManagementClient(self.credential, subscription)
        self.storage = StorageManagementClient(self.credential, subscription)
        self.authorization = AuthorizationManagementClient(self.credential, subscription)
        self.subscription = subscription
        run = uuid.uuid4().hex[:8]
        self.group, self.first, self.second = f"blobs-{run}", f"first{run}", f"second{run}"
        group = self.resources.resource_groups.create_or_update(self.group, {"location": LOCATION})
        self.give(DATA_OWNER, group.id)
        for name in (self.first, self.second):
            self.create(name)

    def give(self, role, scope):
        claims = self.credential.get_token("https://management.azure.com/.default").token.split(".")[1]
        me = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["oid"]
        definition = f"/subscriptions/{self.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        body = {"role_definition_id": definition, "principal_id": me, "principal_type": "ServicePrincipal"}
        self.authorization.role_assignments.create(scope, str(uuid.uuid4()), body)

    def create(self, name):
        properties = {"allowBlobPublicAccess": True}
        body = {"location": LOCATION, "kind": "StorageV2", "sku": {"name": "Standard_RAGRS"}, "properties": properties}
        self.storage.storage_accounts.begin_create(self.group, name, body).result()

    def key(self, name):
        return self.storage.storage_accounts.list_keys(self.group, name).keys_property[0].value

    @staticmethod
    def url(name):
        return f"https://{name}.blob.core.windows.net"


def play(inventory, equal, refused, say):
    world = World()
    url, key = world.url(world.first), world.key(world.first)
    say(f"made {url}")
    played = inventory(url, world.first, key).play()
    say("the inventory, with an account key")
    played += inventory(url, world.first, key, credential=world.credential).play()
    say("the inventory, with a token")
    delegation(world, equal, refused)
    say("user delegation: signed, bounded by the role, revoked")
    two_accounts(world, equal, refused)
    say("copies between accounts, through the source's gates")
    public_access(world, equal, refused)
    say("public access, as far as the account allows it")
    management(world, equal, refused)
    say("over ARM: settings, policies, signatures, leases")
    world.resources.resource_groups.begin_delete(world.group).wait()
    return played


def delegation(world, equal, refused):
    service = BlobServiceClient(world.url(world.first), credential=world.credential)
    container = service.create_container("delegation")
    container.upload_blob("b", b"delegated")
    now = datetime.now(timezone.utc)
    key = service.get_user_delegation_key(now - timedelta(minutes=5), now + timedelta(hours=1))

    def signed(permission):
        return generate_blob_sas(world.first, "delegation", "b", user_delegation_key=key, permission=permission, expiry=now + timedelta(hours=1))

    def client(sas):
        return BlobClient(world.url(world.first), "delegation", "b", credential=sas, retry_total=0)

    equal(client(signed(BlobSasPermissions(read=True))).download_blob().readall(), b"delegated", "by delegation")
    refused(403, "AuthorizationPermissionMismatch", client(signed(BlobSasPermissions(read=True))).delete_blob)
    tampered = signed(BlobSasPermissions(read=True)).replace("sp=r", "sp=rd")
    refused(403, "AuthenticationFailed", client(tampered).delete_blob)
    # It needs no account key, nor that there be any.
    world.storage.storage_accounts.update(world.group, world.first, {"properties": {"allowSharedKeyAccess": False}})
    equal(client(signed(BlobSasPermissions(read=True))).download_blob().readall(), b"delegated", "without keys")
    by_key = BlobClient(world.url(world.first), "delegation", "b", credential=world.key(world.first), retry_total=0)
    refused(403, "KeyBasedAuthenticationNotPermitted", by_key.download_blob)
    world.storage.storage_accounts.update(world.group, world.first, {"properties": {"allowSharedKeyAccess": True}})
    world.storage.storage_accounts.revoke_user_delegation_keys(world.group, world.first)
    refused(403, "AuthenticationFailed", client(signed(BlobSasPermissions(read=True))).download_blob)


def two_accounts(world, equal, refused):
    first = BlobServiceClient(world.url(world.first), credential=world.credential)
    second = BlobServiceClient(world.url(world.second), credential=world.credential)
    source = second.create_container("source").upload_blob("b", b"far away")
    target = first.create_container("target").get_blob_client("b")
    refused(401, "CannotVerifyCopySource", lambda: target.start_copy_from_url(source.url))
    token = "Bearer " + world.credential.get_token("https://storage.azure.com/.default").token
    target.upload_blob_from_url(source.url, source_authorization=token)
    equal(target.download_blob().readall(), b"far away", "with a token for the source")
    sas = generate_blob_sas(
        world.second, "source", "b", account_key=world.key(world.second), permission=BlobSasPermissions(read=True), expiry=datetime.now(timezone.utc) + timedelta(hours=1)
    )
    equal(target.start_copy_from_url(f"{source.url}?{sas}")["copy_status"], "success", "with a signature")
    world.storage.storage_accounts.update(world.group, world.second, {"properties": {"publicNetworkAccess": "Disabled"}})
    refused(403, "CannotVerifyCopySource", lambda: target.start_copy_from_url(f"{source.url}?{sas}"))
    world.storage.storage_accounts.update(world.group, world.second, {"properties": {"publicNetworkAccess": "Enabled"}})


def public_access(world, equal, refused):
    service = BlobServiceClient(world.url(world.first), credential=world.credential)
    service.create_container("public", public_access="blob").upload_blob("b", b"anybody's")
    anybody = BlobClient(world.url(world.first), "public", "b", retry_total=0)
    equal(anybody.download_blob().readall(), b"anybody's", "without a credential")
    container = ContainerClient(world.url(world.first), "public", retry_total=0)
    refused(401, "NoAuthenticationInformation", lambda: list(container.list_blobs()))
    world.storage.storage_accounts.update(world.group, world.first, {"properties": {"allowBlobPublicAccess": False}})
    refused(409, "PublicAccessNotPermitted", anybody.download_blob)
    refused(409, "PublicAccessNotPermitted", lambda: service.create_container("closed", public_access="blob"))


def management(world, equal, refused):
    storage, group, name = world.storage, world.group, world.first
    storage.blob_services.set_service_properties(group, name, {"properties": {"isVersioningEnabled": True, "deleteRetentionPolicy": {"enabled": True, "days": 7}}})
    told = storage.blob_services.get_service_properties(group, name).as_dict()["properties"]
    equal((told["isVersioningEnabled"], told["deleteRetentionPolicy"]["days"]), (True, 7), "the settings")
    for service in (storage.file_services, storage.queue_services, storage.table_services):
        equal(service.get_service_properties(group, name).name, "default", "the service")
    rule = {"name": "r", "type": "Lifecycle", "definition": {"filters": {"blobTypes": ["blockBlob"]}, "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 30}}}}}
    storage.management_policies.create_or_update(group, name, "default", {"properties": {"policy": {"rules": [rule]}}})
    equal(storage.management_policies.get(group, name, "default").name, "DefaultManagementPolicy", "the policy")
    storage.management_policies.delete(group, name, "default")
    try:
        storage.management_policies.get(group, name, "default")
    except ResourceNotFoundError:
        pass
    else:
        raise AssertionError("the policy is still there")
    expiry = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"signedServices": "b", "signedResourceTypes": "sco", "signedPermission": "rl", "signedExpiry": expiry}
    token = storage.storage_accounts.list_account_sas(group, name, body).account_sas_token
    equal("delegation" in [own.name for own in BlobServiceClient(world.url(name), credential=token).list_containers()], True, "by ARM's signature")
    body = {"canonicalizedResource": f"/blob/{name}/delegation", "signedResource": "c", "signedPermission": "r", "signedExpiry": expiry}
    token = storage.storage_accounts.list_service_sas(group, name, body).service_sas_token
    equal(BlobClient(world.url(name), "delegation", "b", credential=token).download_blob().readall(), b"delegated", "by ARM's signature")
    storage.blob_containers.update(group, name, "delegation", {"properties": {"metadata": {"a": "1"}}})
    lease = storage.blob_containers.lease(group, name, "delegation", {"action": "Acquire", "leaseDuration": -1})
    equal(bool(lease.lease_id), True, "a lease")
    storage.blob_containers.lease(group, name, "delegation", {"action": "Break"})
    equal(list(storage.private_endpoint_connections.list(group, name)), [], "connections")
    equal(len(storage.private_link_resources.list_by_storage_account(group, name).value), 6, "what can be connected to")
    equal(len(list(storage.skus.list())) > 10, True, "kinds of account")
    secondary = BlobServiceClient(world.url(name), credential=world.credential)
    equal(secondary.get_service_stats()["geo_replication"]["status"], "live", "the secondary endpoint")
