"""What every script here needs: assertions that say what they found, a line a step, and who this is."""

import base64
import json
import logging
import os
import time
import urllib.request
import uuid

from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient

LOCATION = "westeurope"
SUBSCRIPTION = os.environ["AZURE_SUBSCRIPTION_ID"]
TENANT = os.environ["AZURE_TENANT_ID"]
# A name of its own in every run, so that runs against one long-lived emulator do not meet.
RUN = uuid.uuid4().hex[:8]

# The SDKs log every refusal they raise; here refusals are what is wanted.
logging.getLogger("azure").setLevel(logging.CRITICAL)
STARTED = time.monotonic()


def step(text):
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", flush=True)


def equal(found, wanted, what):
    """An assertion that survives `python -O` and says what it found."""
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, wanted {wanted!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def refused(error_type, action):
    """Runs what must fail, and returns the SDK's own exception."""
    try:
        action()
    except error_type as error:
        return error
    raise AssertionError(f"nothing was refused, {error_type.__name__} was expected")


CREDENTIAL = DefaultAzureCredential()
ARM_SCOPE = "https://management.azure.com/.default"


def claims_of(token):
    """What a token says; nobody checks its signature here."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def own_object_id():
    return claims_of(CREDENTIAL.get_token(ARM_SCOPE).token)["oid"]


def give(role, scope, principal):
    """Gives a role by its name."""
    authorization = AuthorizationManagementClient(CREDENTIAL, SUBSCRIPTION)
    definitions = list(authorization.role_definitions.list(scope, filter=f"roleName eq '{role}'"))
    equal([own.role_name for own in definitions], [role], "role definitions of that name")
    made = authorization.role_assignments.create(
        scope,
        str(uuid.uuid4()),
        {"role_definition_id": definitions[0].id, "principal_id": principal, "principal_type": "ServicePrincipal"},
    )
    equal(made.principal_id, principal, "the assignment's principal")
    step(f"gave {role} at {scope.rsplit('/', 1)[-1]}")


def address_of(host):
    """Where a database server really listens: its name resolves nowhere on this machine."""
    with urllib.request.urlopen(f"{os.environ['HTTPS_PROXY']}/_azdrill/servers", timeout=10) as answer:
        servers = json.load(answer)
    found = [own for own in servers if own["fullyQualifiedDomainName"] == host]
    equal(len(found), 1, f"servers called {host}")
    return {"host": found[0]["host"], "port": found[0]["port"]}
