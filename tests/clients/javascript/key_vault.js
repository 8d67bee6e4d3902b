// Secrets and keys of a key vault.

import { createHash, randomBytes } from "node:crypto";

import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";
import { SecretClient } from "@azure/keyvault-secrets";

import { LOCATION, ME, RUN, TENANT, credential, give, idOf, resources } from "./azure.js";
import { all, equal, holds, refused, step } from "./checks.js";

const VAULT_API = "2026-02-01";

export async function keyVault() {
  const id = idOf("Microsoft.KeyVault/vaults", `js-${RUN}`);
  const vault = await resources.resources.beginCreateOrUpdateByIdAndWait(id, VAULT_API, {
    location: LOCATION,
    properties: {
      tenantId: TENANT,
      sku: { family: "A", name: "standard" },
      enableRbacAuthorization: true,
      softDeleteRetentionInDays: 7,
    },
  });
  const url = vault.properties.vaultUri;
  equal(url, `https://js-${RUN}.vault.azure.net/`, "the vault's address");
  const error = await refused(403, () => new SecretClient(url, credential).setSecret("db", "x"), "a secret without a role");
  equal(error.code, "Forbidden", "its code");
  step(`created ${url}, which refuses its owner`);
  await give("Key Vault Secrets Officer", id, ME);
  await give("Key Vault Crypto Officer", id, ME);
  await secrets(new SecretClient(url, credential));
  await keys(new KeyClient(url, credential));
}

async function secrets(client) {
  const first = await client.setSecret("db", "one", { contentType: "text/plain", tags: { a: "b" } });
  await client.setSecret("db", "two");
  equal((await client.getSecret("db")).value, "two", "the newest version");
  const old = await client.getSecret("db", { version: first.properties.version });
  equal([old.value, old.properties.contentType, old.properties.tags], ["one", "text/plain", { a: "b" }], "the first version");
  equal((await all(client.listPropertiesOfSecretVersions("db"))).length, 2, "versions");
  equal((await all(client.listPropertiesOfSecrets())).map((own) => own.name), ["db"], "secrets");
  await client.updateSecretProperties("db", first.properties.version, { enabled: false });
  await refused(403, () => client.getSecret("db", { version: first.properties.version }), "a disabled version");
  step("secrets: set twice, read, listed, a version disabled");

  const deleted = await (await client.beginDeleteSecret("db")).pollUntilDone();
  equal(deleted.name, "db", "the deleted secret");
  holds(deleted.properties.scheduledPurgeDate > new Date(), "it is to be purged in the past");
  await refused(404, () => client.getSecret("db"), "a deleted secret");
  equal((await all(client.listDeletedSecrets())).map((own) => own.name), ["db"], "deleted secrets");
  await (await client.beginRecoverDeletedSecret("db")).pollUntilDone();
  equal((await client.getSecret("db")).value, "two", "the recovered secret");
  await (await client.beginDeleteSecret("db")).pollUntilDone();
  await client.purgeDeletedSecret("db");
  equal(await all(client.listDeletedSecrets()), [], "deleted secrets after the purge");
  step("secrets: deleted, recovered, deleted, purged");
}

async function keys(client) {
  const key = await client.createRsaKey("wrapping", { keySize: 2048 });
  equal([key.keyType, key.key.n.length], ["RSA", 256], "the key's type and its length in bytes");
  const cryptography = new CryptographyClient(key, credential);
  const data = randomBytes(32);
  const wrapped = await cryptography.wrapKey("RSA-OAEP-256", data);
  const unwrapped = await cryptography.unwrapKey("RSA-OAEP-256", wrapped.result);
  equal(Buffer.from(unwrapped.result), data, "the unwrapped key");
  // By its id, the client wraps with Azure's help; with the key in hand, on its own.
  const remote = new CryptographyClient(key.id, credential);
  const again = await remote.unwrapKey("RSA-OAEP-256", (await remote.wrapKey("RSA-OAEP-256", data)).result);
  equal(Buffer.from(again.result), data, "the unwrapped key, by its id");
  const digest = createHash("sha256").update("drill").digest();
  const signed = await cryptography.sign("RS256", digest);
  equal((await cryptography.verify("RS256", digest, signed.result)).result, true, "the signature is good");
  step("keys: created, wrapped and unwrapped, signed and verified");

  await client.createEcKey("curve", { curve: "P-256" });
  equal((await all(client.listPropertiesOfKeys())).map((own) => own.name).sort(), ["curve", "wrapping"], "keys");
  await (await client.beginDeleteKey("curve")).pollUntilDone();
  equal((await all(client.listDeletedKeys())).map((own) => own.name), ["curve"], "deleted keys");
  await (await client.beginRecoverDeletedKey("curve")).pollUntilDone();
  equal((await client.getKey("curve")).keyType, "EC", "the recovered key");
  await (await client.beginDeleteKey("curve")).pollUntilDone();
  await client.purgeDeletedKey("curve");
  await refused(404, () => client.getDeletedKey("curve"), "a purged key");
  step("keys: listed, deleted, recovered, purged");
}
