"""Back up a database of a PostgreSQL single server with credentials in a key vault, restore it to another
server and as files, and compare the rows: with Azure's own Python SDK.

The fake Azure has to begin before 28 March 2025 (`azdrill serve --start 2025-02-03T06:00:00Z`): that day
single servers were retired.
"""

import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient
from azure.mgmt.dataprotection import DataProtectionMgmtClient
from azure.mgmt.dataprotection import models as backup
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.rdbms.postgresql import PostgreSQLManagementClient
from azure.mgmt.rdbms.postgresql import models as postgres
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient

from drill import (
    CREDENTIAL, LOCATION, RUN, SUBSCRIPTION, TENANT, address_of, equal, give, holds, own_object_id, refused, step,
)

DATABASES = "Microsoft.DBforPostgreSQL/servers/databases"
ADMIN, PASSWORD = "drilladmin", "Not-a-secret-1!"
BACKUP_USER, BACKUP_PASSWORD = "backup_user", "Neither;this=\"2\""
DATABASE, ROWS = "shop", 1000
GROUP, SOURCE, TARGET, KEY_VAULT = f"single-{RUN}", f"source-{RUN}", f"target-{RUN}", f"keys-{RUN}"
VAULT, POLICY, INSTANCE = f"vault-{RUN}", "weekly", f"{SOURCE}-{DATABASE}-{uuid.uuid4()}"
ACCOUNT, CONTAINER = f"files{RUN}", "restored"

arguments = (CREDENTIAL, SUBSCRIPTION)
resources = ResourceManagementClient(*arguments)
servers = PostgreSQLManagementClient(*arguments)
key_vaults = KeyVaultManagementClient(*arguments)
storage = StorageManagementClient(*arguments)
vaults = DataProtectionMgmtClient(*arguments)
secrets = SecretClient(f"https://{KEY_VAULT}.vault.azure.net", CREDENTIAL)


def create_server(name):
    body = postgres.ServerForCreate(
        location=LOCATION,
        sku=postgres.Sku(name="GP_Gen5_2", tier="GeneralPurpose", family="Gen5", capacity=2),
        properties=postgres.ServerPropertiesForDefaultCreate(
            administrator_login=ADMIN,
            administrator_login_password=PASSWORD,
            version="11",
            ssl_enforcement="Enabled",
            minimal_tls_version="TLS1_2",
            storage_profile=postgres.StorageProfile(storage_mb=51200, backup_retention_days=7),
        ),
    )
    made = servers.servers.begin_create(GROUP, name, body).result()
    equal((made.user_visible_state, made.version), ("Ready", "11"), "the server's state and version")
    rules = {"AllowAllWindowsAzureIps": ("0.0.0.0", "0.0.0.0"), "everybody": ("0.0.0.0", "255.255.255.255")}
    for rule, (start, end) in rules.items():
        wanted = postgres.FirewallRule(start_ip_address=start, end_ip_address=end)
        servers.firewall_rules.begin_create_or_update(GROUP, name, rule, wanted).result()
    listed = sorted(own.name for own in servers.firewall_rules.list_by_server(GROUP, name))
    equal(listed, sorted(rules), "the firewall rules")
    step(f"created single server {name} with two firewall rules")
    return made


def connect(server, database, user=ADMIN, password=PASSWORD):
    """As people did: `user@server`."""
    name = server.fully_qualified_domain_name
    login = f"{user}@{server.name}"
    return psycopg.connect(dbname=database, user=login, password=password, **address_of(name))


def rows(server, database):
    with connect(server, database) as connection:
        return connection.execute("SELECT id, customer, total FROM orders ORDER BY id").fetchall()


def fill(source):
    database = servers.databases.begin_create_or_update(
        GROUP, SOURCE, DATABASE, postgres.Database(charset="UTF8", collation="en_US.utf8")
    ).result()
    equal(database.name, DATABASE, "the database")
    with connect(source, DATABASE) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, customer text NOT NULL, total numeric(10, 2))")
        connection.execute(
            "INSERT INTO orders SELECT n, 'customer ' || mod(n, 97), n * 1.25 FROM generate_series(1, %s) AS n", (ROWS,)
        )
        quoted = BACKUP_PASSWORD.replace("'", "''")
        connection.execute(f"CREATE ROLE {BACKUP_USER} LOGIN PASSWORD '{quoted}'")
        connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {BACKUP_USER}")
        connection.execute(f"GRANT USAGE ON SCHEMA public TO {BACKUP_USER}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {BACKUP_USER}")
    step(f"wrote {ROWS} rows, and made a user who may read them")


def connection_string(server, database, user, password):
    quoted = '"' + password.replace('"', '""') + '"'
    host = f"{server}.postgres.database.azure.com"
    return f"Server={host};Database={database};Port=5432;User Id={user}@{server};Password={quoted};Ssl Mode=Require;"


def create_key_vault(me):
    properties = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "softDeleteRetentionInDays": 7,
    }
    body = {"location": LOCATION, "properties": properties}
    made = key_vaults.vaults.begin_create_or_update(GROUP, KEY_VAULT, body).result()
    give("Key Vault Secrets Officer", made.id, me)
    secrets.set_secret("source", connection_string(SOURCE, DATABASE, BACKUP_USER, BACKUP_PASSWORD))
    secrets.set_secret("target", connection_string(TARGET, "postgres", ADMIN, PASSWORD))
    step("put two connection strings into a key vault")
    return made


def create_vault():
    body = backup.BackupVaultResource(
        location=LOCATION,
        identity=backup.DppIdentityDetails(type="SystemAssigned"),
        properties=backup.BackupVault(
            storage_settings=[backup.StorageSetting(datastore_type="VaultStore", type="LocallyRedundant")],
            security_settings=backup.SecuritySettings(
                soft_delete_settings=backup.SoftDeleteSettings(state="AlwaysOn", retention_duration_in_days=14.0)
            ),
        ),
    )
    made = vaults.backup_vaults.begin_create_or_update(GROUP, VAULT, body).result()
    equal(made.properties.provisioning_state, "Succeeded", "the vault's state")
    store = backup.DataStoreInfoBase(data_store_type="VaultStore", object_type="DataStoreInfoBase")
    schedule = backup.BackupSchedule(repeating_time_intervals=["R/2025-02-05T02:00:00+00:00/P1W"], time_zone="UTC")
    tags = [backup.TaggingCriteria(is_default=True, tagging_priority=99, tag_info=backup.RetentionTag(tag_name="Default"))]
    policy = backup.BackupPolicy(
        datasource_types=[DATABASES],
        policy_rules=[
            backup.AzureBackupRule(
                name="BackupWeekly",
                data_store=store,
                backup_parameters=backup.AzureBackupParams(backup_type="Full"),
                trigger=backup.ScheduleBasedTriggerContext(schedule=schedule, tagging_criteria=tags),
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
    kept = vaults.backup_policies.create_or_update(GROUP, VAULT, POLICY, backup.BaseBackupPolicyResource(properties=policy))
    equal(kept.properties.datasource_types, [DATABASES], "the policy's datasource types")
    step(f"created Backup vault {VAULT} with a policy")
    return made, kept


def datasource(server, database):
    """`Datasource`, `DatasourceSet` and credentials of a database."""
    server_id = server.id
    own = dict(datasource_type=DATABASES, resource_location=LOCATION, resource_uri="")
    secret = "source" if server.name == SOURCE else "target"
    return (
        backup.Datasource(
            object_type="Datasource", resource_id=f"{server_id}/databases/{database}", resource_name=database,
            resource_type=DATABASES, **own,
        ),
        backup.DatasourceSet(
            object_type="DatasourceSet", resource_id=server_id, resource_name=server.name,
            resource_type="Microsoft.DBforPostgreSQL/servers", **own,
        ),
        backup.SecretStoreBasedAuthCredentials(
            object_type="SecretStoreBasedAuthCredentials",
            secret_store_resource=backup.SecretStoreResource(
                secret_store_type="AzureKeyVault", uri=f"https://{KEY_VAULT}.vault.azure.net/secrets/{secret}"
            ),
        ),
    )


def protect(source, vault, policy, key_vault):
    info, whole, credentials = datasource(source, DATABASE)
    wanted = backup.BackupInstance(
        friendly_name=f"{SOURCE}/{DATABASE}",
        object_type="BackupInstance",
        data_source_info=info,
        data_source_set_info=whole,
        datasource_auth_credentials=credentials,
        policy_info=backup.PolicyInfo(policy_id=policy.id),
    )
    request = backup.ValidateForBackupRequest(backup_instance=wanted)

    def validate():
        vaults.backup_instances.begin_validate_for_backup(GROUP, VAULT, request).result()

    error = refused(HttpResponseError, validate)
    step(f"validate_for_backup without roles: {error.error.code}")
    give("Reader", source.id, vault.identity.principal_id)
    refused(HttpResponseError, validate)
    give("Key Vault Secrets User", key_vault.id, vault.identity.principal_id)
    validate()
    step("validate_for_backup passes with Reader on the server and Key Vault Secrets User")
    made = vaults.backup_instances.begin_create_or_update(
        GROUP, VAULT, INSTANCE, backup.BackupInstanceResource(properties=wanted)
    ).result()
    deadline = time.monotonic() + 60
    while made.properties.current_protection_state != "ProtectionConfigured":
        holds(time.monotonic() < deadline, f"it stays {made.properties.current_protection_state}")
        time.sleep(0.1)
        made = vaults.backup_instances.get(GROUP, VAULT, INSTANCE)
    stored = made.properties.datasource_auth_credentials.secret_store_resource
    equal(stored.uri, credentials.secret_store_resource.uri, "the secret's address")
    step("the backup instance is ProtectionConfigured")


def finished(started):
    """Polls the job an operation has started until it has ended."""
    holds(started.job_id, "the operation names no job")
    name = started.job_id.rsplit("/", 1)[-1]
    deadline = time.monotonic() + 120
    while True:
        job = vaults.jobs.get(GROUP, VAULT, name)
        if job.properties.status != "InProgress":
            return job
        holds(time.monotonic() < deadline, "the job does not end")
        time.sleep(0.1)


def trigger_backup():
    request = backup.TriggerBackupRequest(
        backup_rule_options=backup.AdHocBackupRuleOptions(
            rule_name="BackupWeekly", trigger_option=backup.AdhocBackupTriggerOption()
        )
    )
    return finished(vaults.backup_instances.begin_adhoc_backup(GROUP, VAULT, INSTANCE, request).result())


def back_up():
    job = trigger_backup()
    equal(job.properties.status, "Completed", f"the backup job ({job.properties.error_details})")
    points = list(vaults.recovery_points.list(GROUP, VAULT, INSTANCE))
    equal(len(points), 1, "recovery points")
    step("the backup job is Completed")
    return points[0]


def rotated_password():
    """The secret is fetched afresh at every run: a password that is wrong there fails the next backup."""
    right = secrets.get_secret("source").value
    secrets.set_secret("source", connection_string(SOURCE, DATABASE, BACKUP_USER, "stale"))
    job = trigger_backup()
    equal(job.properties.status, "Failed", "a backup with a stale password")
    code = job.properties.error_details[0].code
    secrets.set_secret("source", right)
    step(f"a stale password fails the backup: {code}")


def restore(point, target):
    request = backup.AzureBackupRecoveryPointBasedRestoreRequest(
        recovery_point_id=point.name, source_data_store_type="VaultStore", restore_target_info=target
    )
    validation = backup.ValidateRestoreRequestObject(restore_request_object=request)
    vaults.backup_instances.begin_validate_for_restore(GROUP, VAULT, INSTANCE, validation).result()
    job = finished(vaults.backup_instances.begin_trigger_restore(GROUP, VAULT, INSTANCE, request).result())
    equal(job.properties.status, "Completed", f"the restore job ({job.properties.error_details})")


def restore_to_server(point, source, target, vault):
    give("Reader", target.id, vault.identity.principal_id)
    info, whole, credentials = datasource(target, "shop_again")
    restore(
        point,
        backup.RestoreTargetInfo(
            object_type="RestoreTargetInfo",
            recovery_option="FailIfExists",
            restore_location=LOCATION,
            datasource_info=info,
            datasource_set_info=whole,
            datasource_auth_credentials=credentials,
        ),
    )
    found = rows(target, "shop_again")
    equal((len(found), found == rows(source, DATABASE)), (ROWS, True), "the restored rows")
    step(f"restored to a database of {TARGET}: {len(found)} rows are equal")


def restore_as_files(point, source, vault, me):
    account = storage.storage_accounts.begin_create(
        GROUP, ACCOUNT, {"location": LOCATION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    ).result()
    storage.blob_containers.create(GROUP, ACCOUNT, CONTAINER, {})
    for principal in (vault.identity.principal_id, me):
        give("Storage Blob Data Contributor", account.id, principal)
    url = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}"
    restore(
        point,
        backup.RestoreFilesTargetInfo(
            object_type="RestoreFilesTargetInfo",
            recovery_option="FailIfExists",
            restore_location=LOCATION,
            target_details=backup.TargetDetails(
                file_prefix="drill", restore_target_location_type="AzureBlobs", url=url
            ),
        ),
    )
    blobs = BlobServiceClient(f"https://{ACCOUNT}.blob.core.windows.net", CREDENTIAL).get_container_client(CONTAINER)
    names = [blob.name for blob in blobs.list_blobs(name_starts_with="drill")]
    dumps = [name for name in names if blobs.download_blob(name, offset=0, length=5).readall() == b"PGDMP"]
    equal(len(dumps), 1, f"dumps among {names}")
    with tempfile.TemporaryDirectory() as folder, connect(source, "postgres") as connection:
        file = Path(folder, "shop.dump")
        file.write_bytes(blobs.download_blob(dumps[0]).readall())
        connection.autocommit = True
        connection.execute("CREATE DATABASE shop_from_file")
        pg_restore(source, "shop_from_file", file)
    equal(rows(source, "shop_from_file") == rows(source, DATABASE), True, "the rows of the file are equal")
    step(f"restored as {dumps[0]}, which pg_restore loads")


def pg_restore(server, database, file):
    address = address_of(server.fully_qualified_domain_name)
    command = [os.environ.get("PG_RESTORE", "pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error"]
    command += ["--dbname", database, "--host", address["host"], "--port", str(address["port"])]
    command += ["--username", f"{ADMIN}@{server.name}", str(file)]
    done = subprocess.run(command, env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, text=True)
    equal(done.returncode, 0, f"pg_restore's exit code ({done.stderr.strip()})")


def clean_up():
    vaults.backup_instances.begin_delete(GROUP, VAULT, INSTANCE).result()
    refused(ResourceNotFoundError, lambda: vaults.backup_instances.get(GROUP, VAULT, INSTANCE))
    equal(len(list(vaults.deleted_backup_instances.list(GROUP, VAULT))), 1, "deleted instances")
    servers.databases.begin_delete(GROUP, SOURCE, "shop_from_file").result()
    for name in (SOURCE, TARGET):
        servers.firewall_rules.begin_delete(GROUP, name, "everybody").result()
        servers.servers.begin_delete(GROUP, name).result()
    equal(list(servers.servers.list_by_resource_group(GROUP)), [], "the servers")
    step("deleted the instance, softly, and both servers")


def main():
    me = own_object_id()
    resources.resource_groups.create_or_update(GROUP, {"location": LOCATION})
    source, target = create_server(SOURCE), create_server(TARGET)
    fill(source)
    key_vault = create_key_vault(me)
    vault, policy = create_vault()
    protect(source, vault, policy, key_vault)
    point = back_up()
    rotated_password()
    restore_to_server(point, source, target, vault)
    restore_as_files(point, source, vault, me)
    clean_up()
    step("everything held")


if __name__ == "__main__":
    sys.exit(main())
