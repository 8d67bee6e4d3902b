// What every script here needs: assertions that say what they found, and one line a step.

import assert from "node:assert/strict";

const started = performance.now();

/** Says what has been seen to hold. */
export function step(text) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${text}`);
}

export function equal(found, wanted, what) {
  assert.deepEqual(found, wanted, `${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
}

export function holds(condition, what) {
  assert.ok(condition, what);
}

/** Runs what must fail, and answers with the SDK's own error; one at the token endpoint has no status. */
export async function refused(status, action, what) {
  let answer;
  try {
    answer = await action();
  } catch (error) {
    equal(error.statusCode ?? error.status, status, `${what} (${error.message})`);
    return error;
  }
  throw new Error(`${what}: nothing was refused, ${JSON.stringify(answer)}`);
}

/** Everything an SDK lists, all pages of it. */
export async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}

/** What a token says; nobody checks its signature here. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8"));
}
