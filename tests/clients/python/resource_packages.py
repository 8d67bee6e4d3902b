"""The packages the other scripts use in passing: each creates, gets, lists, changes and deletes."""

import uuid

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.storage import StorageManagementClient

from drill import CREDENTIAL, LOCATION, RUN, SUBSCRIPTION, TENANT, equal, give, holds, refused, step

GROUP = f"packages-{RUN}"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"

arguments = (CREDENTIAL, SUBSCRIPTION)
resources = ResourceManagementClient(*arguments)
authorization = AuthorizationManagementClient(*arguments)
identities = ManagedServiceIdentityClient(*arguments)
network = NetworkManagementClient(*arguments)
storage = StorageManagementClient(*arguments)


def names(listed):
    return sorted(own.name for own in listed)


def subscriptions():
    client = SubscriptionClient(CREDENTIAL)
    own = client.subscriptions.get(SUBSCRIPTION)
    equal((own.subscription_id, own.state), (SUBSCRIPTION, "Enabled"), "the subscription")
    holds(LOCATION in names(client.subscriptions.list_locations(SUBSCRIPTION)), f"{LOCATION} is not a location")
    equal([tenant.tenant_id for tenant in client.tenants.list()], [TENANT], "the tenants")
    step("subscriptions: got, with its locations and its tenant")


def groups():
    made = resources.resource_groups.create_or_update(GROUP, {"location": LOCATION, "tags": {"a": "b"}})
    equal(made.tags, {"a": "b"}, "the group's tags")
    changed = resources.resource_groups.update(GROUP, {"tags": {"c": "d"}})
    equal(changed.tags, {"c": "d"}, "the group's tags, changed")
    equal(resources.resource_groups.get(GROUP).location, LOCATION, "the group's location")
    holds(GROUP in names(resources.resource_groups.list()), "the group is not in the list")
    equal(list(resources.resources.list_by_resource_group(GROUP)), [], "what is in an empty group")
    provider = resources.providers.get("Microsoft.DataProtection")
    equal(provider.registration_state, "Registered", "the provider's state")
    step("resources: a group, created, changed, listed; a provider")


def managed_identities():
    client = identities.user_assigned_identities
    made = client.create_or_update(GROUP, "runner", {"location": LOCATION})
    equal(client.get(GROUP, "runner").client_id, made.client_id, "the identity's client id")
    equal(client.update(GROUP, "runner", {"tags": {"a": "b"}}).tags, {"a": "b"}, "the identity's tags")
    equal(names(client.list_by_resource_group(GROUP)), ["runner"], "the group's identities")
    holds(made.id in [own.id for own in client.list_by_subscription()], "it is not among the subscription's")
    step("msi: an identity, created, changed, listed")
    return made


def roles(identity):
    give("Reader", SCOPE, identity.principal_id)
    own = f"principalId eq '{identity.principal_id}'"
    found = list(authorization.role_assignments.list_for_scope(SCOPE, filter=own))
    equal([one.principal_id for one in found], [identity.principal_id], "its role assignments")
    equal(authorization.role_assignments.get(SCOPE, found[0].name).id, found[0].id, "the assignment")
    authorization.role_assignments.delete(SCOPE, found[0].name)
    equal(list(authorization.role_assignments.list_for_scope(SCOPE, filter=own)), [], "its role assignments")
    refused(ResourceNotFoundError, lambda: authorization.role_assignments.get(SCOPE, found[0].name))

    name = str(uuid.uuid4())
    role = {
        "roleName": f"Drill reader {RUN}",
        "roleType": "CustomRole",
        "description": "reads groups",
        "permissions": [{"actions": ["Microsoft.Resources/subscriptions/resourceGroups/read"], "notActions": []}],
        "assignableScopes": [f"/subscriptions/{SUBSCRIPTION}"],
    }
    made = authorization.role_definitions.create_or_update(SCOPE, name, {"properties": role})
    equal(made.role_type, "CustomRole", "the role's type")
    give(role["roleName"], SCOPE, identity.principal_id)
    error = refused(HttpResponseError, lambda: authorization.role_definitions.delete(SCOPE, name))
    step(f"authorization: a role in use stays ({error.error.code})")
    for one in authorization.role_assignments.list_for_scope(SCOPE, filter=own):
        authorization.role_assignments.delete(SCOPE, one.name)
    authorization.role_definitions.delete(SCOPE, name)
    refused(ResourceNotFoundError, lambda: authorization.role_definitions.get(SCOPE, name))
    step("authorization: an assignment and a role of one's own, created, listed, deleted")


def networks():
    subnet = {"name": "endpoints", "properties": {"addressPrefix": "10.1.1.0/24"}}
    body = {"location": LOCATION, "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [subnet]}}
    made = network.virtual_networks.begin_create_or_update(GROUP, "network", body).result()
    equal([own.name for own in network.virtual_networks.get(GROUP, "network").properties.subnets], ["endpoints"], "subnets")
    equal(names(network.virtual_networks.list(GROUP)), ["network"], "the group's networks")
    account = storage.storage_accounts.begin_create(
        GROUP, f"packages{RUN}", {"location": LOCATION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    ).result()
    connection = {"name": "blob", "properties": {"privateLinkServiceId": account.id, "groupIds": ["blob"]}}
    body = {
        "location": LOCATION,
        "properties": {"subnet": {"id": made.properties.subnets[0].id}, "privateLinkServiceConnections": [connection]},
    }
    endpoint = network.private_endpoints.begin_create_or_update(GROUP, "endpoint", body).result()
    equal(endpoint.properties.provisioning_state, "Succeeded", "the endpoint's state")
    equal(names(network.private_endpoints.list(GROUP)), ["endpoint"], "the group's endpoints")
    seen = storage.storage_accounts.get_properties(GROUP, account.name).properties.private_endpoint_connections
    equal([own.private_endpoint.id for own in seen], [endpoint.id], "the account's connections")
    network.private_endpoints.begin_delete(GROUP, "endpoint").result()
    seen = storage.storage_accounts.get_properties(GROUP, account.name).properties.private_endpoint_connections
    equal(seen or [], [], "the account's connections")
    network.virtual_networks.begin_delete(GROUP, "network").result()
    refused(ResourceNotFoundError, lambda: network.virtual_networks.get(GROUP, "network"))
    step("network: a virtual network and a private endpoint, created, listed, deleted")


def clean_up():
    identities.user_assigned_identities.delete(GROUP, "runner")
    equal(names(identities.user_assigned_identities.list_by_resource_group(GROUP)), [], "the group's identities")
    resources.resource_groups.begin_delete(GROUP).result()
    equal(resources.resource_groups.check_existence(GROUP), False, "the group exists")
    step("deleted the identity, and the group with the account in it")


if __name__ == "__main__":
    subscriptions()
    groups()
    roles(managed_identities())
    networks()
    clean_up()
    step("everything held")
