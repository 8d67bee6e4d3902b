"""A managed identity's token in each of the six forms a process may find in its environment, and what the
token opens: with Azure's own identity library.
"""

import os
import tempfile
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential, WorkloadIdentityCredential
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource.resources import ResourceManagementClient

from drill import ARM_SCOPE, CREDENTIAL, LOCATION, RUN, SUBSCRIPTION, TENANT, claims_of, equal, give, holds, refused, step

# The plain address of the emulator, which is a proxy as well.
EMULATOR = os.environ["HTTP_PROXY"]
GROUP = f"identities-{RUN}"
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:drill/restores:ref:refs/heads/main"
# What chooses the form; azdrill's own environment has the second one.
VARIABLES = (
    "AZURE_POD_IDENTITY_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET",
)

arguments = (CREDENTIAL, SUBSCRIPTION)
resources = ResourceManagementClient(*arguments)
identities = ManagedServiceIdentityClient(*arguments)


@contextmanager
def environment(**values):
    """These variables and no other that would choose another form."""
    before = {name: os.environ.pop(name) for name in VARIABLES if name in os.environ}
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
        os.environ.update(before)


def create_identity(name):
    made = identities.user_assigned_identities.create_or_update(GROUP, name, {"location": LOCATION})
    holds(made.principal_id and made.client_id, "the identity has no ids")
    return made


def works(form, credential, identity):
    """The token is the identity's, and opens what the identity may read."""
    claims = claims_of(credential.get_token(ARM_SCOPE).token)
    equal((claims["oid"], claims["appid"]), (identity.principal_id, identity.client_id), f"whose token it is ({form})")
    client = ResourceManagementClient(credential, SUBSCRIPTION)
    equal(client.resource_groups.get(GROUP).name, GROUP, f"the group, read by the identity ({form})")
    error = refused(HttpResponseError, lambda: client.resource_groups.create_or_update(GROUP, {"location": LOCATION}))
    equal(error.error.code, "AuthorizationFailed", f"writing as a reader ({form})")
    step(f"{form}: the token is the identity's, reads, and does not write")


def metadata_endpoint(identity):
    with environment():
        works("IMDS, through the proxy", ManagedIdentityCredential(client_id=identity.client_id), identity)
        for name, value in (("object_id", identity.principal_id), ("resource_id", identity.id)):
            named = ManagedIdentityCredential(identity_config={name: value})
            equal(claims_of(named.get_token(ARM_SCOPE).token)["oid"], identity.principal_id, f"the identity by {name}")
        step("IMDS: by object id and by resource id as well")
        # Nobody of that name.
        unknown = ManagedIdentityCredential(client_id="00000000-0000-0000-0000-000000000001")
        refused(ClientAuthenticationError, lambda: unknown.get_token(ARM_SCOPE))
    with environment(AZURE_POD_IDENTITY_AUTHORITY_HOST=EMULATOR):
        works("IMDS, at AZURE_POD_IDENTITY_AUTHORITY_HOST", ManagedIdentityCredential(client_id=identity.client_id), identity)


def local_endpoints(identity, other):
    endpoint = f"{EMULATOR}/msi/token"
    with environment(IDENTITY_ENDPOINT=endpoint, IDENTITY_HEADER="anything"):
        works("App Service", ManagedIdentityCredential(client_id=identity.client_id), identity)
        # Two identities and none named.
        refused(ClientAuthenticationError, lambda: ManagedIdentityCredential().get_token(ARM_SCOPE))
    with environment(IDENTITY_ENDPOINT=endpoint, IDENTITY_HEADER=identity.client_id):
        works("App Service, the identity in IDENTITY_HEADER", ManagedIdentityCredential(), identity)
    with environment(MSI_ENDPOINT=endpoint, MSI_SECRET="anything"):
        works("Azure Machine Learning", ManagedIdentityCredential(client_id=identity.client_id), identity)
    with environment(MSI_ENDPOINT=endpoint, MSI_SECRET=identity.client_id):
        works("Azure Machine Learning, the identity in MSI_SECRET", ManagedIdentityCredential(), identity)
    # Cloud Shell names none: it has the only one there is.
    identities.user_assigned_identities.delete(GROUP, other.name)
    refused(ResourceNotFoundError, lambda: identities.user_assigned_identities.get(GROUP, other.name))
    with environment(MSI_ENDPOINT=endpoint):
        works("Cloud Shell", ManagedIdentityCredential(), identity)


def assertion(issuer=ISSUER, subject=SUBJECT):
    """A token of an outside issuer, whom the emulator plays."""
    query = urllib.parse.urlencode({"issuer": issuer, "subject": subject})
    with urllib.request.urlopen(f"{EMULATOR}/_azdrill/assertion?{query}", timeout=10) as answer:
        return answer.read().decode()


def federation(identity, folder):
    file = Path(folder, "token")
    file.write_text(assertion())
    settings = {"AZURE_FEDERATED_TOKEN_FILE": str(file), "AZURE_CLIENT_ID": identity.client_id}

    def federated():
        return WorkloadIdentityCredential(tenant_id=TENANT, client_id=identity.client_id, token_file_path=str(file))

    error = refused(ClientAuthenticationError, lambda: federated().get_token(ARM_SCOPE))
    holds("AADSTS700211" in error.message, f"an issuer nobody trusts is refused with: {error.message}")
    credentials = identities.federated_identity_credentials
    trust = {"issuer": ISSUER, "subject": SUBJECT, "audiences": ["api://AzureADTokenExchange"]}
    made = credentials.create_or_update(GROUP, identity.name, "pipeline", {"properties": trust})
    equal((made.issuer, made.subject, made.audiences), tuple(trust.values()), "the federated credential")
    equal([own.name for own in credentials.list(GROUP, identity.name)], ["pipeline"], "the federated credentials")
    with environment(**settings):
        works("workload identity federation", WorkloadIdentityCredential(), identity)
        # This form is chosen where the authority is named too, as it is in a pod.
        os.environ["AZURE_AUTHORITY_HOST"] = "https://login.microsoftonline.com"
        works("workload identity federation, as a managed identity", ManagedIdentityCredential(), identity)
        del os.environ["AZURE_AUTHORITY_HOST"]
    file.write_text(assertion(subject="repo:drill/other:ref:refs/heads/main"))
    error = refused(ClientAuthenticationError, lambda: federated().get_token(ARM_SCOPE))
    holds("AADSTS700213" in error.message, f"another subject is refused with: {error.message}")
    file.write_text(assertion(issuer=f"{ISSUER}/"))
    error = refused(ClientAuthenticationError, lambda: federated().get_token(ARM_SCOPE))
    holds("AADSTS700211" in error.message, f"another issuer is refused with: {error.message}")
    head, claims, signature = assertion().split(".")
    file.write_text(f"{head}.{claims}.{signature[::-1]}")
    error = refused(ClientAuthenticationError, lambda: federated().get_token(ARM_SCOPE))
    holds("AADSTS7000272" in error.message, f"a forged token is refused with: {error.message}")
    credentials.delete(GROUP, identity.name, "pipeline")
    equal(list(credentials.list(GROUP, identity.name)), [], "the federated credentials")
    step("workload identity federation: another subject, another issuer, a forged token are refused by their numbers")


def main():
    resources.resource_groups.create_or_update(GROUP, {"location": LOCATION})
    identity, other = create_identity("runner"), create_identity("other")
    give("Reader", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}", identity.principal_id)
    metadata_endpoint(identity)
    local_endpoints(identity, other)
    with tempfile.TemporaryDirectory() as folder:
        federation(identity, folder)
    identities.user_assigned_identities.delete(GROUP, identity.name)
    with environment():
        gone = ManagedIdentityCredential(client_id=identity.client_id)
        refused(ClientAuthenticationError, lambda: gone.get_token(ARM_SCOPE))
    resources.resource_groups.begin_delete(GROUP).result()
    step("everything held")


if __name__ == "__main__":
    main()
