// The clients, made as their documentation makes them: no endpoint, no transport, no policy of ours.

import { randomUUID } from "node:crypto";

import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ResourceManagementClient } from "@azure/arm-resources";
import { SubscriptionClient } from "@azure/arm-resources-subscriptions";
import { StorageManagementClient } from "@azure/arm-storage";
import { ClientSecretCredential } from "@azure/identity";

import { claimsOf, step } from "./checks.js";

export const ARM_SCOPE = "https://management.azure.com/.default";
export const LOCATION = "westeurope";
export const SUBSCRIPTION = process.env.AZURE_SUBSCRIPTION_ID;
export const TENANT = process.env.AZURE_TENANT_ID;
// A name of its own in every run, so that runs against one long-lived emulator do not meet.
export const RUN = randomUUID().slice(0, 8);
export const GROUP = `javascript-${RUN}`;

export const credential = new ClientSecretCredential(
  TENANT,
  process.env.AZURE_CLIENT_ID,
  process.env.AZURE_CLIENT_SECRET,
);
export const subscriptions = new SubscriptionClient(credential);
export const resources = new ResourceManagementClient(credential, SUBSCRIPTION);
export const authorization = new AuthorizationManagementClient(credential, SUBSCRIPTION);
export const storage = new StorageManagementClient(credential, SUBSCRIPTION);

const { token } = await credential.getToken(ARM_SCOPE);
/** The object id of whoever runs this. */
export const ME = claimsOf(token).oid;

/** The id of a resource in this run's group. */
export function idOf(type, name) {
  return `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/${type}/${name}`;
}

/** Gives a role by its name. */
export async function give(role, scope, principalId) {
  const found = [];
  for await (const one of authorization.roleDefinitions.list(scope, { filter: `roleName eq '${role}'` })) {
    found.push(one);
  }
  if (found.length !== 1) throw new Error(`${found.length} roles are called ${role}`);
  await authorization.roleAssignments.create(scope, randomUUID(), {
    roleDefinitionId: found[0].id,
    principalId,
    principalType: "ServicePrincipal",
  });
  step(`gave ${role} at ${scope.split("/").pop()}`);
}
