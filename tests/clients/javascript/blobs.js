// Blobs, with a token, with the account's key, and with signatures.

import { randomBytes } from "node:crypto";

import {
  AccountSASPermissions,
  BlobSASPermissions,
  BlobServiceClient,
  ContainerSASPermissions,
  SASProtocol,
  StorageSharedKeyCredential,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
} from "@azure/storage-blob";

import { GROUP, LOCATION, ME, RUN, credential, give, storage } from "./azure.js";
import { all, equal, holds, refused, step } from "./checks.js";

const ACCOUNT = `js${RUN}`;
const URL = `https://${ACCOUNT}.blob.core.windows.net`;

const inAnHour = () => new Date(Date.now() + 3_600_000);

export async function blobs() {
  const account = await storage.storageAccounts.beginCreateAndWait(GROUP, ACCOUNT, {
    location: LOCATION,
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  });
  equal(account.primaryEndpoints.blob, `${URL}/`, "the blob endpoint");
  const service = new BlobServiceClient(URL, credential);
  const container = service.getContainerClient("drill");
  await container.create();
  equal(await container.exists(), true, "the container exists");
  const error = await refused(403, () => all(container.listBlobsFlat()), "a list without a data role");
  equal(error.code, "AuthorizationPermissionMismatch", "its code");
  step(`created storage account ${ACCOUNT}, which refuses its owner`);
  await give("Storage Blob Data Contributor", account.id, ME);
  await withToken(container);
  const { keys } = await storage.storageAccounts.listKeys(GROUP, ACCOUNT);
  const key = new StorageSharedKeyCredential(ACCOUNT, keys[0].value);
  await withKey(key);
  await withSignatures(key);
  await container.delete();
  equal(await container.exists(), false, "the container exists");
  await storage.storageAccounts.delete(GROUP, ACCOUNT);
  equal(await all(storage.storageAccounts.listByResourceGroup(GROUP)), [], "the accounts");
  step("deleted the container and the account");
}

async function withToken(container) {
  const blob = container.getBlockBlobClient("a/one.bin");
  const content = randomBytes(3_000_000);
  await blob.uploadData(content, { metadata: { drill: "yes" }, blobHTTPHeaders: { blobContentType: "application/x-drill" } });
  const properties = await blob.getProperties();
  equal([properties.contentLength, properties.contentType, properties.metadata], [content.length, "application/x-drill", { drill: "yes" }], "its properties");
  holds(content.equals(await blob.downloadToBuffer()), "the bytes came back changed");
  const part = await blob.download(100, 50);
  equal(part.contentRange, `bytes 100-149/${content.length}`, "the range");
  holds(content.subarray(100, 150).equals(await whole(part.readableStreamBody)), "the range came back changed");
  step("a token: uploaded, downloaded whole and in part");

  const staged = container.getBlockBlobClient("a/two.bin");
  await staged.uploadData(content, { blockSize: 1_000_000, maxSingleShotSize: 1_000_000, concurrency: 3 });
  equal((await staged.getBlockList("committed")).committedBlocks.length, 3, "its blocks");
  holds(content.equals(await staged.downloadToBuffer(0, undefined, { blockSize: 700_000, concurrency: 3 })), "the blocks came back changed");
  const empty = container.getBlockBlobClient("empty");
  await empty.upload("", 0);
  equal((await whole((await empty.download()).readableStreamBody)).length, 0, "the length of an empty blob");
  const refusal = await refused(409, () => blob.upload("x", 1, { conditions: { ifNoneMatch: "*" } }), "an upload over a blob");
  equal(refusal.code, "BlobAlreadyExists", "its code");
  step("a token: uploaded in blocks, an empty blob, nothing written over");

  equal((await all(container.listBlobsFlat({ prefix: "a/" }))).map((own) => own.name), ["a/one.bin", "a/two.bin"], "the blobs below a/");
  const tree = await all(container.listBlobsByHierarchy("/"));
  equal(tree.map((own) => [own.kind, own.name]).sort(), [["blob", "empty"], ["prefix", "a/"]], "the tree");
  const pages = await all(container.listBlobsFlat().byPage({ maxPageSize: 1 }));
  equal(pages.map((page) => page.segment.blobItems.length), [1, 1, 1], "pages of one blob");
  await empty.delete();
  equal(await empty.exists(), false, "a deleted blob exists");
  step("a token: listed, by hierarchy, by page, deleted");
}

async function withKey(key) {
  const service = new BlobServiceClient(URL, key);
  const names = (await all(service.listContainers())).map((own) => own.name);
  equal(names, ["drill"], "the containers");
  const blob = service.getContainerClient("drill").getBlockBlobClient("with space & ünïcode.txt");
  await blob.upload("by key", 6);
  equal((await blob.downloadToBuffer()).toString(), "by key", "what was written with the key");
  const wrong = new StorageSharedKeyCredential(ACCOUNT, Buffer.alloc(64).toString("base64"));
  const error = await refused(403, () => all(new BlobServiceClient(URL, wrong).listContainers()), "a wrong key");
  equal(error.code, "AuthenticationFailed", "its code");
  step("the account's key: listed, written and read; a wrong one is refused");
}

async function withSignatures(key) {
  const signed = (sas) => new BlobServiceClient(`${URL}?${sas}`).getContainerClient("drill");
  const read = { containerName: "drill", protocol: SASProtocol.Https, expiresOn: inAnHour() };
  const lists = signed(generateBlobSASQueryParameters({ ...read, permissions: ContainerSASPermissions.parse("rl") }, key));
  equal((await all(lists.listBlobsFlat({ prefix: "a/" }))).length, 2, "blobs below a/ by a signature");
  const error = await refused(403, () => lists.getBlockBlobClient("new").upload("x", 1), "a write by a signature for reading");
  equal(error.code, "AuthorizationPermissionMismatch", "its code");
  const one = { ...read, blobName: "a/one.bin", permissions: BlobSASPermissions.parse("r") };
  equal((await signed(generateBlobSASQueryParameters(one, key)).getBlobClient("a/one.bin").downloadToBuffer(0, 10)).length, 10, "bytes of one blob by a signature");
  const late = { ...read, permissions: ContainerSASPermissions.parse("l"), expiresOn: new Date(Date.now() - 60_000) };
  const tooLate = await refused(403, () => all(signed(generateBlobSASQueryParameters(late, key)).listBlobsFlat()), "an expired signature");
  equal(tooLate.code, "AuthenticationFailed", "its code");
  const account = { permissions: AccountSASPermissions.parse("rwl"), services: "b", resourceTypes: "sco", expiresOn: inAnHour() };
  await signed(generateAccountSASQueryParameters(account, key)).getBlockBlobClient("by account").upload("x", 1);
  step("signatures: of a container, a blob, the account; out of time, and without the right");
}

async function whole(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
