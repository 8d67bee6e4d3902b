"""Back up a PostgreSQL flexible server, restore it as files, and compare the rows: with Azure's
own Python SDK, and nothing but environment variables to tell it where Azure is.

What is not Azure's: the address the database really listens on, which is asked for below
`/_azdrill/`, since the server's own host name resolves nowhere on this machine.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.dataprotection import DataProtectionMgmtClient
from azure.mgmt.dataprotection import models as backup
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.postgresqlflexibleservers import PostgreSQLManagementClient
from azure.mgmt.postgresqlflexibleservers import models as postgres
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.storage import models as storage
from azure.storage.blob import BlobServiceClient

from drill import (
    ARM_SCOPE, CREDENTIAL, LOCATION, RUN, SUBSCRIPTION, TENANT, address_of, claims_of, equal, give, holds, refused, step,
)

FLEXIBLE_SERVER = "Microsoft.DBforPostgreSQL/flexibleServers"
ADMIN, PASSWORD = "drilladmin", "Not-a-secret-1!"
DATABASE = "shop"
PREFIX = "drill"
ROWS = 1000

SERVER_GROUP, BACKUP_GROUP = f"servers-{RUN}", f"backup-{RUN}"
SERVER, ACCOUNT, CONTAINER, VAULT = f"pg-{RUN}", f"target{RUN}", "restored", f"vault-{RUN}"
POLICY, INSTANCE = "weekly", f"{SERVER}-{uuid.uuid4()}"


class Clients:
    """Every client with its defaults: no endpoint, no transport, no policy of ours."""

    def __init__(self):
        self.credential = CREDENTIAL
        arguments = (self.credential, SUBSCRIPTION)
        self.subscriptions = SubscriptionClient(self.credential)
        self.resources = ResourceManagementClient(*arguments)
        self.storage = StorageManagementClient(*arguments)
        self.postgres = PostgreSQLManagementClient(*arguments)
        self.identities = ManagedServiceIdentityClient(*arguments)
        self.network = NetworkManagementClient(*arguments)
        self.backup = DataProtectionMgmtClient(*arguments)
        self.blobs = BlobServiceClient(f"https://{ACCOUNT}.blob.core.windows.net", self.credential)


def sign_in(azure):
    claims = claims_of(azure.credential.get_token(ARM_SCOPE).token)
    equal(claims["tid"], TENANT, "the token's tenant")
    equal(claims["appid"], os.environ["AZURE_CLIENT_ID"], "the token's application")
    listed = [own.subscription_id for own in azure.subscriptions.subscriptions.list()]
    holds(SUBSCRIPTION in listed, f"subscription {SUBSCRIPTION} is not among {listed}")
    step("signed in with DefaultAzureCredential")

    wrong = ClientSecretCredential(TENANT, os.environ["AZURE_CLIENT_ID"], "wrong")
    error = refused(HttpResponseError, lambda: wrong.get_token(ARM_SCOPE))
    holds("AADSTS7000215" in error.message, f"a wrong secret is refused with: {error.message}")
    step("a wrong secret is refused with AADSTS7000215")
    return claims["oid"]


def create_groups(azure):
    groups = azure.resources.resource_groups
    for name in (SERVER_GROUP, BACKUP_GROUP):
        equal(groups.check_existence(name), False, f"{name} exists")
        made = groups.create_or_update(name, {"location": LOCATION, "tags": {"made-by": "drill"}})
        equal(made.properties.provisioning_state, "Succeeded", f"{name}'s state")
        equal(groups.check_existence(name), True, f"{name} exists")
    error = refused(ResourceNotFoundError, lambda: groups.get("no-such-group"))
    equal(error.error.code, "ResourceGroupNotFound", "the code of a missing group")
    step("created two resource groups")


def create_storage(azure):
    available = azure.storage.storage_accounts.check_name_availability({"name": ACCOUNT, "type": "Microsoft.Storage/storageAccounts"})
    equal(available.name_available, True, "the account name is free")
    account = azure.storage.storage_accounts.begin_create(
        BACKUP_GROUP,
        ACCOUNT,
        storage.StorageAccountCreateParameters(
            location=LOCATION,
            kind="StorageV2",
            sku=storage.Sku(name="Standard_LRS"),
            properties=storage.StorageAccountPropertiesCreateParameters(
                allow_cross_tenant_replication=True, minimum_tls_version="TLS1_2"
            ),
        ),
    ).result()
    equal(account.properties.provisioning_state, "Succeeded", "the account's state")
    equal(account.properties.primary_endpoints.blob, f"https://{ACCOUNT}.blob.core.windows.net/", "the blob endpoint")
    keys = azure.storage.storage_accounts.list_keys(BACKUP_GROUP, ACCOUNT).keys_property
    equal([key.key_name for key in keys], ["key1", "key2"], "the account's keys")
    azure.storage.blob_containers.create(BACKUP_GROUP, ACCOUNT, CONTAINER, storage.BlobContainer())
    names = [own.name for own in azure.storage.blob_containers.list(BACKUP_GROUP, ACCOUNT)]
    equal(names, [CONTAINER], "the account's containers")
    step(f"created storage account {ACCOUNT} with a container")
    return account


def create_neighbours(azure):
    """Resources beside the drill, for the two clients it would not use otherwise."""
    identity = azure.identities.user_assigned_identities.create_or_update(SERVER_GROUP, "runner", {"location": LOCATION})
    holds(identity.principal_id and identity.client_id, "the identity has no ids")
    network = azure.network.virtual_networks.begin_create_or_update(
        SERVER_GROUP,
        "network",
        {
            "location": LOCATION,
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
                "subnets": [{"name": "endpoints", "properties": {"addressPrefix": "10.1.1.0/24"}}],
            },
        },
    ).result()
    equal(network.properties.provisioning_state, "Succeeded", "the network's state")
    equal([own.name for own in network.properties.subnets], ["endpoints"], "its subnets")
    step("created a user-assigned identity and a virtual network")


def client_program():
    """`pg_restore` and its major version: it reads dumps of no newer server."""
    program = os.environ.get("PG_RESTORE") or shutil.which("pg_restore")
    holds(program, "there is no pg_restore: install PostgreSQL's client programs, or name one in PG_RESTORE")
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    return program, int(re.search(r"\) (\d+)", said).group(1))


def create_server(azure):
    capability = next(iter(azure.postgres.capabilities_by_location.list(LOCATION)))
    offered = sorted(int(own.name) for own in capability.supported_server_versions)
    _, newest = client_program()
    majors = [major for major in offered if major <= newest]
    holds(majors, f"pg_restore {newest} reads dumps of none of the versions {offered}: name a newer one in PG_RESTORE")
    server = azure.postgres.servers.begin_create_or_update(
        SERVER_GROUP,
        SERVER,
        postgres.Server(
            location=LOCATION,
            sku=postgres.Sku(name="Standard_B1ms", tier="Burstable"),
            properties=postgres.ServerProperties(
                administrator_login=ADMIN,
                administrator_login_password=PASSWORD,
                create_mode="Default",
                version=str(majors[-1]),
                storage=postgres.Storage(storage_size_gb=32),
                network=postgres.Network(public_network_access="Enabled"),
            ),
        ),
    ).result()
    equal(server.properties.state, "Ready", "the server's state")
    equal(server.properties.version, str(majors[-1]), "the server's version")
    rule = azure.postgres.firewall_rules.begin_create_or_update(
        SERVER_GROUP,
        SERVER,
        "everybody",
        postgres.FirewallRule(
            properties=postgres.FirewallRuleProperties(start_ip_address="0.0.0.0", end_ip_address="255.255.255.255")
        ),
    ).result()
    equal(rule.properties.end_ip_address, "255.255.255.255", "the firewall rule")
    for name in (DATABASE, "shop_restored"):
        made = azure.postgres.databases.begin_create(
            SERVER_GROUP,
            SERVER,
            name,
            postgres.Database(properties=postgres.DatabaseProperties(charset="UTF8", collation="en_US.utf8")),
        ).result()
        equal(made.name, name, "the database's name")
    step(f"created PostgreSQL {majors[-1]} server {SERVER} with a firewall rule and two databases")
    return server


def fill(address):
    with psycopg.connect(dbname=DATABASE, **address) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, customer text NOT NULL, total numeric(10, 2))")
        connection.execute(
            "INSERT INTO orders SELECT n, 'customer ' || mod(n, 97), n * 1.25 FROM generate_series(1, %s) AS n", (ROWS,)
        )
    step(f"wrote {ROWS} rows into {DATABASE}")


def rows(address, database):
    with psycopg.connect(dbname=database, **address) as connection:
        return connection.execute("SELECT id, customer, total FROM orders ORDER BY id").fetchall()


def create_vault(azure):
    def vault(soft_delete):
        return backup.BackupVaultResource(
            location=LOCATION,
            identity=backup.DppIdentityDetails(type="SystemAssigned"),
            properties=backup.BackupVault(
                storage_settings=[backup.StorageSetting(datastore_type="VaultStore", type="LocallyRedundant")],
                security_settings=backup.SecuritySettings(
                    soft_delete_settings=backup.SoftDeleteSettings(state=soft_delete, retention_duration_in_days=14.0)
                ),
            ),
        )

    vaults = azure.backup.backup_vaults
    error = refused(HttpResponseError, lambda: vaults.begin_create_or_update(BACKUP_GROUP, VAULT, vault("Off")).result())
    equal(error.status_code, 400, "a vault without soft delete")
    refused(ResourceNotFoundError, lambda: vaults.get(BACKUP_GROUP, VAULT))
    made = vaults.begin_create_or_update(BACKUP_GROUP, VAULT, vault("AlwaysOn")).result()
    equal(made.properties.provisioning_state, "Succeeded", "the vault's state")
    equal(made.properties.security_settings.soft_delete_settings.state, "AlwaysOn", "its soft delete")
    equal(made.identity.tenant_id, TENANT, "its identity's tenant")
    step(f"created Backup vault {VAULT} with identity {made.identity.principal_id}")
    return made


def create_policy(azure):
    store = backup.DataStoreInfoBase(data_store_type="VaultStore", object_type="DataStoreInfoBase")
    tag = backup.RetentionTag(tag_name="Default")
    policy = backup.BackupPolicy(
        datasource_types=[FLEXIBLE_SERVER],
        policy_rules=[
            backup.AzureBackupRule(
                name="BackupWeekly",
                data_store=store,
                backup_parameters=backup.AzureBackupParams(backup_type="Full"),
                trigger=backup.ScheduleBasedTriggerContext(
                    schedule=backup.BackupSchedule(
                        repeating_time_intervals=["R/2024-01-07T02:00:00+00:00/P1W"], time_zone="UTC"
                    ),
                    tagging_criteria=[backup.TaggingCriteria(is_default=True, tagging_priority=99, tag_info=tag)],
                ),
            ),
            backup.AzureRetentionRule(
                name="Default",
                is_default=True,
                lifecycles=[
                    backup.SourceLifeCycle(
                        delete_after=backup.AbsoluteDeleteOption(duration="P3M"),
                        source_data_store=store,
                        target_data_store_copy_settings=[],
                    )
                ],
            ),
        ],
    )
    made = azure.backup.backup_policies.create_or_update(
        BACKUP_GROUP, VAULT, POLICY, backup.BaseBackupPolicyResource(properties=policy)
    )
    equal(made.properties.datasource_types, [FLEXIBLE_SERVER], "the policy's datasource types")
    equal([own.name for own in azure.backup.backup_policies.list(BACKUP_GROUP, VAULT)], [POLICY], "the policies")
    step(f"created policy {POLICY}")
    return made


def backup_instance(server, policy):
    datasource = dict(
        datasource_type=FLEXIBLE_SERVER,
        resource_id=server.id,
        resource_location=LOCATION,
        resource_name=SERVER,
        resource_type=FLEXIBLE_SERVER,
        resource_uri="",
    )
    return backup.BackupInstance(
        friendly_name=SERVER,
        object_type="BackupInstance",
        data_source_info=backup.Datasource(object_type="Datasource", **datasource),
        data_source_set_info=backup.DatasourceSet(object_type="DatasourceSet", **datasource),
        policy_info=backup.PolicyInfo(policy_id=policy.id),
    )


def protect(azure, server, policy, vault):
    wanted = backup_instance(server, policy)
    request = backup.ValidateForBackupRequest(backup_instance=wanted)
    instances = azure.backup.backup_instances

    error = refused(HttpResponseError, lambda: instances.begin_validate_for_backup(BACKUP_GROUP, VAULT, request).result())
    equal(error.error.code, "UserErrorMissingRequiredPermissions", "validate_for_backup without roles")
    step("validate_for_backup refuses a vault without roles")

    group = azure.resources.resource_groups.get(SERVER_GROUP)
    give("PostgreSQL Flexible Server Long Term Retention Backup Role", server.id, vault.identity.principal_id)
    give("Reader", group.id, vault.identity.principal_id)
    instances.begin_validate_for_backup(BACKUP_GROUP, VAULT, request).result()
    step("validate_for_backup passes")

    made = instances.begin_create_or_update(
        BACKUP_GROUP, VAULT, INSTANCE, backup.BackupInstanceResource(properties=wanted)
    ).result()
    equal(made.name, INSTANCE, "the instance's name")
    deadline = time.monotonic() + 60
    while made.properties.current_protection_state != "ProtectionConfigured":
        holds(time.monotonic() < deadline, f"it stays {made.properties.current_protection_state}")
        time.sleep(0.5)
        made = instances.get(BACKUP_GROUP, VAULT, INSTANCE)
    equal(made.properties.data_source_info.resource_id, server.id, "the instance's datasource")
    equal([own.name for own in instances.list(BACKUP_GROUP, VAULT)], [INSTANCE], "the vault's instances")
    step("the backup instance is ProtectionConfigured")

    error = refused(HttpResponseError, lambda: instances.begin_validate_for_backup(BACKUP_GROUP, VAULT, request).result())
    equal(error.error.code, "UserErrorDppDatasourceAlreadyProtected", "validate_for_backup a second time")
    step("a second instance of the server is refused")


def finished(azure, started):
    """Polls the job a backup or a restore has started until it has ended."""
    holds(started.job_id, "the operation names no job")
    job = azure.backup.jobs.get(BACKUP_GROUP, VAULT, started.job_id.rsplit("/", 1)[-1])
    deadline = time.monotonic() + 120
    while job.properties.status == "InProgress":
        holds(time.monotonic() < deadline, "the job does not end")
        time.sleep(0.5)
        job = azure.backup.jobs.get(BACKUP_GROUP, VAULT, job.name)
    return job


def back_up(azure):
    request = backup.TriggerBackupRequest(
        backup_rule_options=backup.AdHocBackupRuleOptions(
            rule_name="BackupWeekly", trigger_option=backup.AdhocBackupTriggerOption()
        )
    )
    started = azure.backup.backup_instances.begin_adhoc_backup(BACKUP_GROUP, VAULT, INSTANCE, request).result()
    job = finished(azure, started)
    equal(job.properties.status, "Completed", f"the backup job ({job.properties.error_details})")
    equal(job.properties.operation_category, "Backup", "its category")
    equal([own.task_status for own in job.properties.extended_info.sub_tasks], ["Completed"], "its tasks")
    made = job.properties.extended_info.target_recover_point.recovery_point_id
    points = list(azure.backup.recovery_points.list(BACKUP_GROUP, VAULT, INSTANCE))
    equal([point.name for point in points], [made], "the recovery points")
    equal(points[0].properties.recovery_point_type, "Full", "the recovery point's type")
    equal(azure.backup.recovery_points.get(BACKUP_GROUP, VAULT, INSTANCE, made).name, made, "the recovery point")
    step(f"the backup job is Completed and made recovery point {made}")
    return points[0]


def restore_request(point, prefix):
    url = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}"
    return backup.AzureBackupRecoveryPointBasedRestoreRequest(
        recovery_point_id=point.name,
        source_data_store_type="VaultStore",
        restore_target_info=backup.RestoreFilesTargetInfo(
            recovery_option="FailIfExists",
            restore_location=LOCATION,
            target_details=backup.TargetDetails(
                file_prefix=prefix, restore_target_location_type="AzureBlobs", url=url
            ),
        ),
    )


def validate_restore(azure, point, prefix):
    request = backup.ValidateRestoreRequestObject(restore_request_object=restore_request(point, prefix))
    return azure.backup.backup_instances.begin_validate_for_restore(BACKUP_GROUP, VAULT, INSTANCE, request).result()


def restore(azure, vault, account, point):
    give("Storage Blob Data Contributor", account.id, vault.identity.principal_id)
    validate_restore(azure, point, PREFIX)
    step("validate_for_restore passes")
    started = azure.backup.backup_instances.begin_trigger_restore(
        BACKUP_GROUP, VAULT, INSTANCE, restore_request(point, PREFIX)
    ).result()
    job = finished(azure, started)
    equal(job.properties.status, "Completed", f"the restore job ({job.properties.error_details})")
    equal(job.properties.operation_category, "Restore", "its category")
    categories = sorted(own.properties.operation_category for own in azure.backup.jobs.list(BACKUP_GROUP, VAULT))
    equal(categories, ["Backup", "Restore"], "the vault's jobs")
    step("the restore job is Completed")


def download(azure, account, operator, folder):
    container = azure.blobs.get_container_client(CONTAINER)
    error = refused(HttpResponseError, lambda: list(container.list_blobs()))
    equal(error.error_code, "AuthorizationPermissionMismatch", "listing blobs without a data role")
    give("Storage Blob Data Contributor", account.id, operator)
    names = sorted(blob.name for blob in container.list_blobs(name_starts_with=PREFIX))
    for wanted in (f"{PREFIX}_database_{DATABASE}.sql", f"{PREFIX}_roles.sql", f"{PREFIX}_schema.sql"):
        holds(wanted in names, f"{wanted} is not among {names}")
    blob = container.get_blob_client(f"{PREFIX}_database_{DATABASE}.sql")
    content = blob.download_blob().readall()
    equal(len(content), blob.get_blob_properties().size, "the bytes downloaded")
    equal(content[:5], b"PGDMP", "the magic of a custom-format dump")
    error = refused(ResourceExistsError, lambda: blob.upload_blob(b"x", overwrite=False))
    equal(error.error_code, "BlobAlreadyExists", "overwriting a restored file")
    file = folder / "shop.dump"
    file.write_bytes(content)
    step(f"downloaded {len(content)} bytes; the restore wrote {', '.join(names)}")
    return file


def pg_restore(address, file):
    program, _ = client_program()
    command = [program, "--no-owner", "--exit-on-error", "--dbname", "shop_restored"]
    command += ["--host", address["host"], "--port", str(address["port"]), "--username", ADMIN, str(file)]
    done = subprocess.run(command, env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, text=True)
    equal(done.returncode, 0, f"pg_restore's exit code ({done.stderr.strip()})")
    found, wanted = rows(address, "shop_restored"), rows(address, DATABASE)
    equal(len(wanted), ROWS, "rows in the source")
    equal(found, wanted, "the restored rows")
    step(f"restored with pg_restore: {len(found)} rows are equal")


def network_refusal(azure, vault, point):
    update = storage.StorageAccountUpdateParameters
    properties = storage.StorageAccountPropertiesUpdateParameters
    closed = properties(public_network_access="Disabled")
    account = azure.storage.storage_accounts.update(BACKUP_GROUP, ACCOUNT, update(properties=closed))
    equal(account.properties.public_network_access, "Disabled", "public network access")
    error = refused(HttpResponseError, lambda: validate_restore(azure, point, "again"))
    equal(error.error.code, "UserErrorMSIMissingPermissions", "validate_for_restore into a closed account")
    error = refused(HttpResponseError, lambda: list(azure.blobs.get_container_client(CONTAINER).list_blobs()))
    equal((error.status_code, error.error_code), (403, "AuthorizationFailure"), "a blob list from outside")
    step("public access off: validate_for_restore fails with UserErrorMSIMissingPermissions")

    rules = storage.NetworkRuleSet(
        default_action="Deny",
        bypass="AzureServices",
        resource_access_rules=[storage.ResourceAccessRule(tenant_id=vault.identity.tenant_id, resource_id=vault.id)],
    )
    narrow = properties(public_network_access="Enabled", network_rule_set=rules)
    azure.storage.storage_accounts.update(BACKUP_GROUP, ACCOUNT, update(properties=narrow))
    validate_restore(azure, point, "again")
    error = refused(HttpResponseError, lambda: list(azure.blobs.get_container_client(CONTAINER).list_blobs()))
    equal(error.error_code, "AuthorizationFailure", "a blob list from outside")
    step("selected networks with a rule for the vault: validate_for_restore passes, the internet stays out")


def clean_up(azure):
    instances, deleted = azure.backup.backup_instances, azure.backup.deleted_backup_instances
    error = refused(HttpResponseError, lambda: azure.backup.backup_policies.delete(BACKUP_GROUP, VAULT, POLICY))
    equal(error.status_code, 400, "deleting a policy in use")
    error = refused(HttpResponseError, lambda: azure.backup.backup_vaults.begin_delete(BACKUP_GROUP, VAULT).result())
    equal(error.status_code, 400, "deleting a vault that holds an instance")
    error = refused(HttpResponseError, lambda: azure.resources.resource_groups.begin_delete(BACKUP_GROUP).result())
    holds(re.search("ResourceGroupDeletionBlocked", str(error)), f"deleting the vault's group fails with: {error}")
    step("the vault stays while it holds an instance, and so does its group")
    instances.begin_delete(BACKUP_GROUP, VAULT, INSTANCE).result()
    refused(ResourceNotFoundError, lambda: instances.get(BACKUP_GROUP, VAULT, INSTANCE))
    equal([own.name for own in deleted.list(BACKUP_GROUP, VAULT)], [INSTANCE], "the deleted instances")
    kept = deleted.get(BACKUP_GROUP, VAULT, INSTANCE)
    equal(kept.properties.current_protection_state, "SoftDeleted", "the deleted instance's state")
    deleted.begin_undelete(BACKUP_GROUP, VAULT, INSTANCE).result()
    equal(
        instances.get(BACKUP_GROUP, VAULT, INSTANCE).properties.current_protection_state,
        "ProtectionStopped",
        "the state of an instance that came back",
    )
    instances.begin_delete(BACKUP_GROUP, VAULT, INSTANCE).result()
    azure.backup.backup_policies.delete(BACKUP_GROUP, VAULT, POLICY)
    equal(list(azure.backup.backup_policies.list(BACKUP_GROUP, VAULT)), [], "the policies")
    step("deleted the instance, softly, and the policy")

    # Soft delete is always on, so that the vault takes its soft-deleted instance with it.
    azure.backup.backup_vaults.begin_delete(BACKUP_GROUP, VAULT).result()
    refused(ResourceNotFoundError, lambda: azure.backup.backup_vaults.get(BACKUP_GROUP, VAULT))
    step("the vault goes with its soft-deleted instance")

    empty = "empty-vault"
    made = azure.backup.backup_vaults.begin_create_or_update(
        BACKUP_GROUP,
        empty,
        {
            "location": LOCATION,
            "properties": {
                "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
                "securitySettings": {"softDeleteSettings": {"state": "AlwaysOn", "retentionDurationInDays": 14.0}},
            },
        },
    ).result()
    equal(made.name, empty, "the second vault's name")
    azure.backup.backup_vaults.begin_delete(BACKUP_GROUP, empty).result()
    refused(ResourceNotFoundError, lambda: azure.backup.backup_vaults.get(BACKUP_GROUP, empty))
    step("an empty vault goes")

    azure.postgres.servers.begin_delete(SERVER_GROUP, SERVER).result()
    refused(ResourceNotFoundError, lambda: azure.postgres.servers.get(SERVER_GROUP, SERVER))
    azure.resources.resource_groups.begin_delete(SERVER_GROUP).result()
    equal(azure.resources.resource_groups.check_existence(SERVER_GROUP), False, "the server's group exists")
    step("deleted the server and its resource group")


def main():
    azure = Clients()
    operator = sign_in(azure)
    create_groups(azure)
    account = create_storage(azure)
    create_neighbours(azure)
    server = create_server(azure)
    address = {**address_of(server.properties.fully_qualified_domain_name), "user": ADMIN, "password": PASSWORD}
    fill(address)
    vault = create_vault(azure)
    policy = create_policy(azure)
    protect(azure, server, policy, vault)
    point = back_up(azure)
    restore(azure, vault, account, point)
    with tempfile.TemporaryDirectory() as folder:
        file = download(azure, account, operator, Path(folder))
        pg_restore(address, file)
    network_refusal(azure, vault, point)
    clean_up(azure)
    step("everything held")


if __name__ == "__main__":
    sys.exit(main())
