// Azure's own JavaScript SDKs, with nothing but environment variables to tell them where Azure is.

import { blobs } from "./blobs.js";
import { step } from "./checks.js";
import { keyVault } from "./key_vault.js";
import { managedIdentity } from "./managed_identity.js";
import { backupVault, createGroup, deleteGroup, signIn } from "./resource_manager.js";

await signIn();
await createGroup();
await backupVault();
await keyVault();
await blobs();
await managedIdentity();
await deleteGroup();
step("everything held");
