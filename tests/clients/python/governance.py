"""What is above the resources: management groups, Azure Policy and locks, each by Azure's own package for it."""

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.managementgroups import ManagementGroupsMgmtClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.policy import PolicyClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient

from drill import CREDENTIAL, LOCATION, RUN, SUBSCRIPTION, equal, holds, refused, step

GROUP = f"governed-{RUN}"
LANDING, CORP = f"landing-{RUN}", f"corp-{RUN}"
ABOVE = "/providers/Microsoft.Management/managementGroups"
CLOSED = f"closed-{RUN}"

management = ManagementGroupsMgmtClient(CREDENTIAL)
policy = PolicyClient(CREDENTIAL, SUBSCRIPTION)
locks = ManagementLockClient(CREDENTIAL, SUBSCRIPTION).management_locks
groups = ResourceManagementClient(CREDENTIAL, SUBSCRIPTION).resource_groups
accounts = StorageManagementClient(CREDENTIAL, SUBSCRIPTION).storage_accounts


def management_groups():
    own = management.management_groups
    own.begin_create_or_update(LANDING, {"properties": {"displayName": "Landing zones"}}).result()
    below = {"properties": {"displayName": "Corp", "details": {"parent": {"id": f"{ABOVE}/{LANDING}"}}}}
    own.begin_create_or_update(CORP, below).result()
    equal(own.get(CORP).properties.details.parent.name, LANDING, "the group's parent")
    equal(own.update(CORP, {"displayName": "Corporate"}).properties.display_name, "Corporate", "its name, changed")
    holds({LANDING, CORP} <= {one.name for one in own.list()}, "they are not in the list")
    management.management_group_subscriptions.create(CORP, SUBSCRIPTION)
    equal([one.name for one in own.get_descendants(LANDING)], [CORP, SUBSCRIPTION], "what is below")
    inside = management.management_group_subscriptions.get_subscriptions_under_management_group(CORP)
    equal([one.name for one in inside], [SUBSCRIPTION], "the group's subscriptions")
    refused(HttpResponseError, lambda: own.begin_delete(LANDING).result())
    step("managementgroups: a chain of two, and the subscription in the lower one")


def account(name, **properties):
    body = {"location": LOCATION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": properties}
    return accounts.begin_create(GROUP, name, body).result()


def policies():
    groups.create_or_update(GROUP, {"location": LOCATION})
    open_account = {
        "allOf": [
            {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
            {"field": "Microsoft.Storage/storageAccounts/publicNetworkAccess", "notEquals": "Disabled"},
        ]
    }
    rule = {"if": open_account, "then": {"effect": "deny"}}
    body = {"properties": {"policyType": "Custom", "mode": "Indexed", "policyRule": rule}}
    defined = policy.policy_definitions.create_or_update_at_management_group(CORP, CLOSED, body)
    equal(policy.policy_definitions.get_at_management_group(CORP, CLOSED).id, defined.id, "the definition's id")
    scope = f"{ABOVE}/{CORP}"
    made = policy.policy_assignments.create(scope, CLOSED, {"properties": {"policyDefinitionId": defined.id}})
    equal(policy.policy_assignments.get(scope, CLOSED).id, made.id, "the assignment's id")
    listed = policy.policy_assignments.list_for_resource_group(GROUP)
    holds(made.id in [one.id for one in listed], "the assignment does not hold for the group")
    error = refused(HttpResponseError, lambda: account(f"open{RUN}"))
    equal(error.error.code, "RequestDisallowedByPolicy", "an account that the policy denies")
    account(f"closed{RUN}", publicNetworkAccess="Disabled")
    # Not enforced, it is only noted.
    changed = {"properties": {"policyDefinitionId": defined.id, "enforcementMode": "DoNotEnforce"}}
    equal(policy.policy_assignments.create(scope, CLOSED, changed).enforcement_mode, "DoNotEnforce", "the mode")
    account(f"open{RUN}")
    step("policy: a definition and an assignment of a management group, enforced and not")


def kept():
    locks.create_or_update_at_resource_group_level(GROUP, "still", {"level": "CanNotDelete"})
    equal(locks.get_at_resource_group_level(GROUP, "still").level, "CanNotDelete", "the lock's level")
    equal([one.name for one in locks.list_at_resource_group_level(GROUP)], ["still"], "the group's locks")
    error = refused(HttpResponseError, lambda: accounts.delete(GROUP, f"open{RUN}"))
    equal(error.error.code, "ScopeLocked", "deleting what is locked")
    locks.delete_at_resource_group_level(GROUP, "still")
    step("locks: one of a group")


def clean_up():
    groups.begin_delete(GROUP).result()
    policy.policy_assignments.delete(f"{ABOVE}/{CORP}", CLOSED)
    refused(ResourceNotFoundError, lambda: policy.policy_assignments.get(f"{ABOVE}/{CORP}", CLOSED))
    policy.policy_definitions.delete_at_management_group(CORP, CLOSED)
    management.management_group_subscriptions.delete(CORP, SUBSCRIPTION)
    for group in (CORP, LANDING):
        management.management_groups.begin_delete(group).result()
    equal([one.name for one in management.management_groups.list() if RUN in one.name], [], "management groups")
    step("nothing is above the subscription any more")


if __name__ == "__main__":
    management_groups()
    policies()
    kept()
    clean_up()
    step("everything held")
