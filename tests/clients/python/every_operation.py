"""Every operation of azure-mgmt-dataprotection, performed in the order a vault lives through them, and what came of
each: `every_operation.txt` says what is expected. An operation the package has and this does not perform is an error,
and so is one that came to something else than it did.

    AZDRILL_WRITE_OPERATIONS=1 bash tests/clients/run python    # writes the file anew: read what changed
"""

import json
import os
import urllib.request
import uuid
from collections import Counter
from pathlib import Path

from azure.identity import DefaultAzureCredential
from azure.mgmt.dataprotection import DataProtectionMgmtClient, VERSION
from azure.mgmt.postgresqlflexibleservers import PostgreSQLManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient

from drill import CREDENTIAL, LOCATION, RUN, SUBSCRIPTION, equal, give, holds, step
from walk import Walk

EXPECTED = Path(__file__).with_suffix(".txt")
FLEXIBLE_SERVER = "Microsoft.DBforPostgreSQL/flexibleServers"
# The region Azure pairs with the vault's.
PAIRED = "northeurope"
GROUP, VAULT, SERVER, ACCOUNT, FAR_ACCOUNT = f"every-{RUN}", f"vault-{RUN}", f"every-{RUN}", f"every{RUN}", f"far{RUN}"
POLICY, INSTANCE, GUARD, PROXY = "weekly", f"{SERVER}-{uuid.uuid4()}", f"guard-{RUN}", "DppResourceGuardProxy"
AT = (GROUP, VAULT)
INSIDE = (*AT, INSTANCE)
ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
VAULT_ID = f"{ROOT}/Microsoft.DataProtection/backupVaults/{VAULT}"
SERVER_ID = f"{ROOT}/{FLEXIBLE_SERVER}/{SERVER}"
NOWHERE = str(uuid.uuid4())

walk = Walk(DataProtectionMgmtClient(CREDENTIAL, SUBSCRIPTION))


def prepare():
    """A server to protect, and an account in either region to restore into."""
    ResourceManagementClient(CREDENTIAL, SUBSCRIPTION).resource_groups.create_or_update(GROUP, {"location": LOCATION})
    servers = PostgreSQLManagementClient(CREDENTIAL, SUBSCRIPTION).servers
    properties = {"administratorLogin": "drilladmin", "administratorLoginPassword": "Not-a-secret-1!", "createMode": "Default"}
    body = {"location": LOCATION, "sku": {"name": "Standard_B1ms", "tier": "Burstable"}, "properties": properties}
    equal(servers.begin_create_or_update(GROUP, SERVER, body).result().properties.state, "Ready", "the server's state")
    storage = StorageManagementClient(CREDENTIAL, SUBSCRIPTION)
    for account, region in ((ACCOUNT, LOCATION), (FAR_ACCOUNT, PAIRED)):
        body = {"location": region, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"allowCrossTenantReplication": True}}
        storage.storage_accounts.begin_create(GROUP, account, body).result()
        storage.blob_containers.create(GROUP, account, "restored", {})
    step("a server, and an account in either region")


def the_subscription():
    listed = walk.answered("data_protection_operations.list")
    holds("Microsoft.DataProtection/backupVaults/write" in [own.name for own in listed], "writing vaults is no operation")
    body = {"objectType": "FeatureValidationRequest", "featureType": "DataSourceType", "featureName": FLEXIBLE_SERVER}
    walk("data_protection.check_feature_support", LOCATION, body)
    body = {"name": VAULT, "type": "Microsoft.DataProtection/BackupVaults"}
    equal(walk.answered("backup_vaults.check_name_availability", GROUP, LOCATION, body).name_available, True, "the name is free")
    step("what there is of the service, and a name for a vault")


def a_vault():
    body = {
        "location": LOCATION,
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
            "securitySettings": {"softDeleteSettings": {"state": "AlwaysOn", "retentionDurationInDays": 14}},
            "featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}},
        },
    }
    made = walk.answered("backup_vaults.begin_create_or_update", *AT, body)
    taken = {"name": VAULT, "type": "Microsoft.DataProtection/BackupVaults"}
    answer = walk.answered("backup_vaults.check_name_availability", GROUP, LOCATION, taken)
    equal(answer.name_available, False, "the name is free")
    changed = walk.answered("backup_vaults.begin_update", *AT, {"tags": {"a": "b"}})
    equal(changed.tags, {"a": "b"}, "the vault's tags")
    equal(walk.answered("backup_vaults.get", *AT).id, made.id, "the vault's id")
    walk.refused("ResourceNotFound", "backup_vaults.get", GROUP, "no-such-vault")
    for name, arguments in (("get_in_resource_group", (GROUP,)), ("get_in_subscription", ())):
        listed = walk.answered(f"backup_vaults.{name}", *arguments)
        holds(VAULT in [own.name for own in listed], f"the vault is not in {name}")
    step("a vault, changed and listed")
    return made


def policy_body():
    store = {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"}
    schedule = {"repeatingTimeIntervals": ["R/2024-01-07T02:00:00+00:00/P1W"], "timeZone": "UTC"}
    tagging = {"isDefault": True, "taggingPriority": 99, "tagInfo": {"tagName": "Default"}}
    lifecycle = {
        "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P3M"},
        "sourceDataStore": store,
        "targetDataStoreCopySettings": [],
    }
    trigger = {"objectType": "ScheduleBasedTriggerContext", "schedule": schedule, "taggingCriteria": [tagging]}
    parameters = {"objectType": "AzureBackupParams", "backupType": "Full"}
    rules = [
        {"objectType": "AzureBackupRule", "name": "BackupWeekly", "dataStore": store, "backupParameters": parameters, "trigger": trigger},
        {"objectType": "AzureRetentionRule", "name": "Default", "isDefault": True, "lifecycles": [lifecycle]},
    ]
    return {"properties": {"objectType": "BackupPolicy", "datasourceTypes": [FLEXIBLE_SERVER], "policyRules": rules}}


def a_policy():
    made = walk.answered("backup_policies.create_or_update", *AT, POLICY, policy_body())
    equal(walk.answered("backup_policies.get", *AT, POLICY).id, made.id, "the policy's id")
    equal([own.name for own in walk.answered("backup_policies.list", *AT)], [POLICY], "the policies")
    walk.answered("backup_policies.create_or_update", *AT, "short-lived", policy_body())
    walk.answered("backup_policies.delete", *AT, "short-lived")
    step("a policy")
    return made.id


def instance_body(policy):
    datasource = {
        "datasourceType": FLEXIBLE_SERVER, "resourceID": SERVER_ID, "resourceLocation": LOCATION,
        "resourceName": SERVER, "resourceType": FLEXIBLE_SERVER, "resourceUri": "",
    }
    return {
        "objectType": "BackupInstance",
        "friendlyName": SERVER,
        "dataSourceInfo": {"objectType": "Datasource", **datasource},
        "dataSourceSetInfo": {"objectType": "DatasourceSet", **datasource},
        "policyInfo": {"policyId": policy},
    }


def an_instance(vault, policy):
    body = instance_body(policy)
    walk.refused("UserErrorMissingRequiredPermissions", "backup_instances.begin_validate_for_backup", *AT, {"backupInstance": body})
    give("PostgreSQL Flexible Server Long Term Retention Backup Role", SERVER_ID, vault.identity.principal_id)
    give("Reader", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}", vault.identity.principal_id)
    give("Storage Blob Data Contributor", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}", vault.identity.principal_id)
    walk.answered("backup_instances.begin_validate_for_backup", *AT, {"backupInstance": body})
    made = walk.answered("backup_instances.begin_create_or_update", *INSIDE, {"properties": body})
    equal(walk.answered("backup_instances.get", *INSIDE).id, made.id, "the instance's id")
    equal([own.name for own in walk.answered("backup_instances.list", *AT)], [INSTANCE], "the instances")
    listed = walk.answered("backup_instances_extension_routing.list", SERVER_ID[1:])
    equal([own.name for own in listed], [INSTANCE], "the instances of the server")
    step("an instance")


def ended_job(started):
    """The job of a backup or a restore, which has completed."""
    job = walk.answered("jobs.get", *AT, started.job_id.rsplit("/", 1)[-1])
    equal(job.properties.status, "Completed", f"the job ({job.properties.error_details})")
    return job


def move_time(by):
    request = urllib.request.Request(
        f"{os.environ['HTTPS_PROXY']}/_azdrill/time", json.dumps({"by": by}).encode(), {"content-type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=120).close()
    # What was signed in before is out of time by then.
    walk.on_with(DataProtectionMgmtClient(DefaultAzureCredential(), SUBSCRIPTION))


def a_backup():
    options = {"backupRuleOptions": {"ruleName": "BackupWeekly", "triggerOption": {}}}
    started = walk.answered("backup_instances.begin_adhoc_backup", *INSIDE, options)
    move_time("PT1H")
    job = ended_job(started)
    holds(job.name in [own.name for own in walk.answered("jobs.list", *AT)], "the job is not among the vault's")
    points = walk.answered("recovery_points.list", *INSIDE)
    equal(len(points), 1, "recovery points")
    equal(walk.answered("recovery_points.get", *INSIDE, points[0].name).name, points[0].name, "the point")
    walk("recovery_points.get", *INSIDE, NOWHERE)
    between = {"sourceDataStoreType": "VaultStore", "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-12-01T00:00:00Z"}
    walk("restorable_time_ranges.find", *INSIDE, between)
    step("a backup")
    return points[0].name


def restore_body(point, account, region):
    details = {
        "filePrefix": f"from-{region}", "restoreTargetLocationType": "AzureBlobs",
        "url": f"https://{account}.blob.core.windows.net/restored",
    }
    target = {
        "objectType": "RestoreFilesTargetInfo", "recoveryOption": "FailIfExists", "restoreLocation": region, "targetDetails": details,
    }
    return {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest", "recoveryPointId": point,
        "sourceDataStoreType": "VaultStore", "restoreTargetInfo": target,
    }


def a_restore(point):
    body = restore_body(point, ACCOUNT, LOCATION)
    walk.answered("backup_instances.begin_validate_for_restore", *INSIDE, {"restoreRequestObject": body})
    started = walk.answered("backup_instances.begin_trigger_restore", *INSIDE, body)
    move_time("PT1H")
    ended_job(started)
    body = {"recoveryPointId": point, "rehydrationPriority": "Standard", "rehydrationRetentionDuration": "P10D"}
    walk("backup_instances.begin_trigger_rehydrate", *INSIDE, body)
    walk("export_jobs.begin_trigger", *AT)
    walk("export_jobs_operation_result.get", *AT, NOWHERE)
    step("a restore")


def the_paired_region(point):
    instance = {"sourceRegion": LOCATION, "sourceBackupInstanceId": f"{VAULT_ID}/backupInstances/{INSTANCE}"}
    equal(walk.answered("fetch_secondary_recovery_points.list", GROUP, PAIRED, instance), [], "points there at once")
    move_time("P3D")
    points = walk.answered("fetch_secondary_recovery_points.list", GROUP, PAIRED, instance)
    holds(point in [own.name for own in points], f"{point} is not in {PAIRED}: {points}")
    restore = {"restoreRequestObject": restore_body(point, FAR_ACCOUNT, PAIRED), "crossRegionRestoreDetails": instance}
    walk.answered("backup_instances.begin_validate_cross_region_restore", GROUP, PAIRED, restore)
    started = walk.answered("backup_instances.begin_trigger_cross_region_restore", GROUP, PAIRED, restore)
    move_time("PT1H")
    vault = {"sourceRegion": LOCATION, "sourceBackupVaultId": VAULT_ID}
    job = started.job_id.rsplit("/", 1)[-1]
    found = walk.answered("fetch_cross_region_restore_job.get", GROUP, PAIRED, {**vault, "jobId": job})
    equal(found.properties.status, "Completed", "the job there")
    listed = walk.answered("fetch_cross_region_restore_jobs.list", GROUP, PAIRED, vault)
    equal([own.name for own in listed], [found.name], "the jobs there")
    step("a restore in the paired region")


def protection(policy):
    walk.answered("backup_instances.begin_validate_for_modify_backup", *INSIDE, {"backupInstance": instance_body(policy)})
    walk.answered("backup_instances.begin_suspend_backups", *INSIDE)
    walk.answered("backup_instances.begin_resume_backups", *INSIDE)
    walk.answered("backup_instances.begin_stop_protection", *INSIDE)
    walk.answered("backup_instances.begin_resume_protection", *INSIDE)
    walk("backup_instances.begin_sync_backup_instance", *INSIDE, {"syncType": "Default"})
    step("protection, suspended, stopped, resumed")


def long_running():
    """Where clients ask how long-running work stands, and for its result: of one that ended, and of one nobody began."""
    resumed = walk.begun["backup_instances.begin_resume_protection"]
    restored = walk.begun["backup_instances.begin_trigger_restore"]
    for name, before, operation, behind in (
        ("operation_status.get", (LOCATION,), resumed, ()),
        ("operation_status_backup_vault_context.get", AT, resumed, ()),
        ("operation_status_resource_group_context.get", (GROUP,), resumed, ()),
        ("operation_result.get", (), restored, (LOCATION,)),
        ("backup_vault_operation_results.get", AT, walk.begun["backup_vaults.begin_update"], ()),
        ("backup_instances.get_backup_instance_operation_result", INSIDE, resumed, ()),
    ):
        walk.answered(name, *before, operation, *behind)
        walk.refused("UserErrorGenericResourceNotFound", name, *before, NOWHERE, *behind)
    changed = walk.begun["backup_vaults.begin_update"]
    equal(walk.answered("backup_vault_operation_results.get", *AT, changed).id, VAULT_ID, "what changing the vault came to")
    step("long-running operations, of which one was begun by nobody")


REQUESTS = (
    "backup_security_pin", "delete_protected_item", "delete_resource_guard_proxy", "disable_soft_delete",
    "update_protected_item", "update_protection_policy",
)


def a_guard():
    body = {"location": LOCATION, "properties": {"vaultCriticalOperationExclusionList": []}}
    made = walk.answered("resource_guards.put", GROUP, GUARD, body)
    changed = walk.answered("resource_guards.patch", GROUP, GUARD, {"tags": {"a": "b"}})
    equal(changed.tags, {"a": "b"}, "the guard's tags")
    equal(walk.answered("resource_guards.get", GROUP, GUARD).id, made.id, "the guard's id")
    for name, arguments in (("get_resources_in_resource_group", (GROUP,)), ("get_resources_in_subscription", ())):
        listed = walk.answered(f"resource_guards.{name}", *arguments)
        holds(GUARD in [own.name for own in listed], f"the guard is not in {name}")
    for requests in REQUESTS:
        listed = walk.answered(f"resource_guards.get_{requests}_requests_objects", GROUP, GUARD)
        one = walk.answered(f"resource_guards.get_default_{requests}_requests_object", GROUP, GUARD, "default")
        equal([own.id for own in listed], [one.id], f"the requests {requests}")
    proxies = "dpp_resource_guard_proxy"
    body = {"properties": {"resourceGuardResourceId": made.id}}
    mapped = walk.answered(f"{proxies}.create_or_update", *AT, PROXY, body)
    equal(walk.answered(f"{proxies}.get", *AT, PROXY).id, mapped.id, "the mapping's id")
    equal([own.name for own in walk.answered(f"{proxies}.list", *AT)], [PROXY], "the mappings")
    step("a guard, and a vault that has it")
    return made, mapped


def without_the_guard(guard, mapped):
    proxies = "dpp_resource_guard_proxy"
    walk(f"{proxies}.delete", *AT, PROXY)
    request = f"{guard.id}/deleteResourceGuardProxyRequests/default"
    walk.answered(
        f"{proxies}.unlock_delete", *AT, PROXY,
        {"resourceGuardOperationRequests": [request], "resourceToBeDeleted": mapped.id},
    )
    walk.answered(f"{proxies}.delete", *AT, PROXY)
    walk.answered("resource_guards.delete", GROUP, GUARD)
    step("the guard goes")


def the_end():
    walk.answered("backup_instances.begin_delete", *INSIDE)
    equal([own.name for own in walk.answered("deleted_backup_instances.list", *AT)], [INSTANCE], "the deleted instances")
    equal(walk.answered("deleted_backup_instances.get", *INSIDE).name, INSTANCE, "the deleted instance")
    walk.answered("deleted_backup_instances.begin_undelete", *INSIDE)
    walk.answered("backup_instances.begin_delete", *INSIDE)
    walk("backup_policies.delete", *AT, POLICY)
    walk.answered("backup_vaults.begin_delete", *AT)
    listed = walk.answered("deleted_backup_vaults.list_by_location", LOCATION)
    deleted = [own for own in listed if own.properties.original_backup_vault_name == VAULT]
    equal(len(deleted), 1, "deleted vaults of that name")
    one = walk.answered("deleted_backup_vaults.get", LOCATION, deleted[0].name)
    equal(one.id, deleted[0].id, "the deleted vault")
    step("an instance and a vault that were deleted")


def compared():
    """Every operation was performed, and came to what it is expected to come to."""
    forgotten = [name for name, came in walk.came_to.items() if not came]
    holds(not forgotten, f"operations of the package that nobody performs here: {forgotten}")
    found = "".join(f"{line}\n" for line in walk.lines())
    words = Counter(came.split(" ")[0] if came != "not played" else came for all in walk.came_to.values() for came in all)
    print(f"\n{found}")
    counted = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
    step(f"{len(walk.came_to)} operations of azure-mgmt-dataprotection {VERSION}: {counted}")
    if os.environ.get("AZDRILL_WRITE_OPERATIONS"):
        EXPECTED.write_text(found)
    equal(found.splitlines(), EXPECTED.read_text().splitlines(), f"what {EXPECTED.name} expects")


if __name__ == "__main__":
    prepare()
    the_subscription()
    vault = a_vault()
    policy = a_policy()
    an_instance(vault, policy)
    point = a_backup()
    a_restore(point)
    the_paired_region(point)
    protection(policy)
    long_running()
    guard, mapped = a_guard()
    without_the_guard(guard, mapped)
    the_end()
    compared()
    step("everything held")
