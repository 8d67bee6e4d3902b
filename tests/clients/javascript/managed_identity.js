// A managed identity's token, got at the metadata endpoint and used.

import { ManagedIdentityCredential } from "@azure/identity";
import { ResourceManagementClient } from "@azure/arm-resources";

import { ARM_SCOPE, GROUP, LOCATION, RUN, SUBSCRIPTION, give, idOf, resources } from "./azure.js";
import { claimsOf, equal, refused, step } from "./checks.js";

export async function managedIdentity() {
  const id = idOf("Microsoft.ManagedIdentity/userAssignedIdentities", `runner-${RUN}`);
  const identity = await resources.resources.beginCreateOrUpdateByIdAndWait(id, "2024-11-30", { location: LOCATION });
  const { clientId, principalId } = identity.properties;
  const forms = {
    "client id": new ManagedIdentityCredential({ clientId }),
    "object id": new ManagedIdentityCredential({ objectId: principalId }),
    "resource id": new ManagedIdentityCredential({ resourceId: id }),
  };
  for (const [form, credential] of Object.entries(forms)) {
    const claims = claimsOf((await credential.getToken(ARM_SCOPE)).token);
    equal([claims.oid, claims.appid], [principalId, clientId], `the identity by its ${form}`);
  }
  const own = new ResourceManagementClient(forms["client id"], SUBSCRIPTION);
  await refused(403, () => own.resourceGroups.get(GROUP), "reading without a role");
  await give("Reader", `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`, principalId);
  equal((await own.resourceGroups.get(GROUP)).name, GROUP, "the group, read by the identity");
  await refused(403, () => own.resourceGroups.createOrUpdate(`${GROUP}-2`, { location: LOCATION }), "writing as a reader");
  step("a user-assigned identity: by client, object and resource id; reads with Reader, and writes nothing");
}
