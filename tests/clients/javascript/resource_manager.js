// Signing in, and resources by their ids: there is no client for Backup vaults in this language, so
// people use the generic one, which asks for `//subscriptions/...`.

import { ClientSecretCredential, DefaultAzureCredential } from "@azure/identity";

import { ARM_SCOPE, GROUP, LOCATION, RUN, SUBSCRIPTION, TENANT, idOf, resources, subscriptions } from "./azure.js";
import { all, claimsOf, equal, holds, refused, step } from "./checks.js";

const BACKUP_API = "2024-04-01";

export async function signIn() {
  const { token } = await new DefaultAzureCredential().getToken(ARM_SCOPE);
  const claims = claimsOf(token);
  equal([claims.tid, claims.appid], [TENANT, process.env.AZURE_CLIENT_ID], "the token's tenant and application");
  const listed = (await all(subscriptions.subscriptions.list())).map((own) => own.subscriptionId);
  holds(listed.includes(SUBSCRIPTION), `subscription ${SUBSCRIPTION} is not among ${listed}`);
  step("signed in with DefaultAzureCredential");

  const wrong = new ClientSecretCredential(TENANT, process.env.AZURE_CLIENT_ID, "wrong");
  const error = await refused(undefined, () => wrong.getToken(ARM_SCOPE), "a wrong secret");
  holds(error.message.includes("AADSTS7000215"), `a wrong secret is refused with: ${error.message}`);
  step("a wrong secret is refused with AADSTS7000215");
}

export async function createGroup() {
  equal((await resources.resourceGroups.checkExistence(GROUP)).body, false, "the group exists");
  const group = await resources.resourceGroups.createOrUpdate(GROUP, { location: LOCATION });
  equal(group.properties.provisioningState, "Succeeded", "the group's state");
  equal((await resources.resourceGroups.checkExistence(GROUP)).body, true, "the group exists");
  step(`created resource group ${GROUP}`);
}

export async function backupVault() {
  const id = idOf("Microsoft.DataProtection/backupVaults", `vault-${RUN}`);
  const made = await resources.resources.beginCreateOrUpdateByIdAndWait(id, BACKUP_API, {
    location: LOCATION,
    identity: { type: "SystemAssigned" },
    properties: {
      storageSettings: [{ datastoreType: "VaultStore", type: "LocallyRedundant" }],
      securitySettings: { softDeleteSettings: { state: "AlwaysOn", retentionDurationInDays: 14.0 } },
    },
  });
  equal(made.properties.provisioningState, "Succeeded", "the vault's state");
  equal(made.identity.tenantId, TENANT, "its identity's tenant");
  const found = await resources.resources.getById(id, BACKUP_API);
  equal(found.identity.principalId, made.identity.principalId, "its identity");
  const types = (await all(resources.resources.listByResourceGroup(GROUP))).map((own) => own.type.toLowerCase());
  equal(types, ["microsoft.dataprotection/backupvaults"], "the group's resources");
  step(`created Backup vault vault-${RUN} by its id`);

  const store = { dataStoreType: "VaultStore", objectType: "DataStoreInfoBase" };
  const policy = await resources.resources.beginCreateOrUpdateByIdAndWait(`${id}/backupPolicies/weekly`, BACKUP_API, {
    properties: {
      objectType: "BackupPolicy",
      datasourceTypes: ["Microsoft.DBforPostgreSQL/flexibleServers"],
      policyRules: [
        {
          objectType: "AzureBackupRule",
          name: "BackupWeekly",
          dataStore: store,
          backupParameters: { objectType: "AzureBackupParams", backupType: "Full" },
          trigger: {
            objectType: "ScheduleBasedTriggerContext",
            schedule: { repeatingTimeIntervals: ["R/2024-01-07T02:00:00+00:00/P1W"], timeZone: "UTC" },
            taggingCriteria: [{ isDefault: true, taggingPriority: 99, tagInfo: { tagName: "Default" } }],
          },
        },
        {
          objectType: "AzureRetentionRule",
          name: "Default",
          isDefault: true,
          lifecycles: [
            { deleteAfter: { objectType: "AbsoluteDeleteOption", duration: "P3M" }, sourceDataStore: store },
          ],
        },
      ],
    },
  });
  equal(policy.name, "weekly", "the policy's name");
  step("created a backup policy by its id");

  await resources.resources.beginDeleteByIdAndWait(id, BACKUP_API);
  await refused(404, () => resources.resources.getById(id, BACKUP_API), "a vault that was deleted");
  step("deleted the vault, and its policy with it");
}

export async function deleteGroup() {
  await resources.resourceGroups.beginDeleteAndWait(GROUP);
  equal((await resources.resourceGroups.checkExistence(GROUP)).body, false, "the group exists");
  step("deleted the resource group with what was left in it");
}
