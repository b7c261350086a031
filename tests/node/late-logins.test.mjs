// Log-ins of a package of which parts cannot be loaded for a while, as when a page is offline: what needs such a part
// fails by that name, and works once it is there.
import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { within } from "../rules/check.mjs";
import { makeApp } from "../support/app.mjs";
import { fakeLogin } from "../support/fake-login.mjs";

const redirectUri = "http://localhost:3000/oauth.html";
const MISSING = { name: "McpError", code: "NOT_LOADED" };

/** An app whose package lacks a file until that is restored. @param {string} file @param {string} [name] of its directory */
async function lacking(file, name = path.basename(file, ".js")) {
  const app = await makeApp(`logs-in-without-${name}`, []);
  const whole = path.join(app.directory, "node_modules/mcp-wasm", file);
  await rename(whole, `${whole}.away`);
  return { ...app, restore: () => rename(`${whole}.away`, whole) };
}

/** @param {string} file */
async function world(file) {
  const app = await lacking(file);
  const { Client, McpError } = await app.import("index.js");
  const entry = await app.import("auth/index.js");
  const peer = fakeLogin();
  const auth = new entry.OAuth({ redirectUri, open: peer.open, fetch: peer.fetch });
  const connect = () => Client.connect(peer.server, { auth, fetch: peer.fetch });
  const missing = (/** @type {any} */ error) => error instanceof McpError && error.code === "NOT_LOADED";
  return { ...app, ...entry, peer, auth, connect, missing };
}

test("a log-in without auth/login.js fails by name, and is made once that is there", async () => {
  const { restore, peer, auth, connect, missing } = await world("auth/login.js");
  await assert.rejects(auth.login(peer.server), missing);
  assert.equal(peer.opened.length, 0);
  await restore();
  await auth.login(peer.server);
  await (await within(connect(), "the connection")).close();
});

test("a call whose token cannot be renewed without auth/renewal.js fails by name, and so does who logs out", async () => {
  const { restore, peer, auth, connect, missing } = await world("auth/renewal.js");
  await auth.login(peer.server);
  const client = await within(connect(), "the connection");
  for (const token of peer.tokens.keys()) if (token.startsWith("access-")) peer.tokens.delete(token);
  await assert.rejects(within(client.callTool("work"), "the call"), missing);
  await assert.rejects(auth.logout(peer.server), missing);
  await restore();
  assert.ok(await within(client.callTool("work"), "the call"));
  await client.close();
  await auth.logout(peer.server);
  assert.equal((await auth.status(peer.server)).state, "none");
});

test("a nonce that cannot be kept without auth/proof.js fails its request by name", async () => {
  const { restore, peer, auth, missing } = await world("auth/proof.js");
  const { signal } = new AbortController();
  const answer = { method: "POST", url: peer.server, server: peer.server, status: 401, challenge: "DPoP", nonce: "n", sent: {}, attempt: 1, signal };
  await assert.rejects(auth.answered(answer), missing);
  await restore();
  await assert.rejects(auth.answered(answer), { code: "AUTH_REQUIRED" });
});

test("a ticket for a WebSocket cannot be had without auth/ticket.js, whoever authorizes", async () => {
  const { restore, auth, bearer, missing } = await world("auth/ticket.js");
  const url = "wss://mcp.example/mcp";
  await assert.rejects(auth.ticket(url, true), missing);
  await assert.rejects(bearer("token").ticket(url), missing);
  await restore();
  assert.equal(await auth.ticket(url, true), undefined);
});

test("the page that a log-in comes back to fails by name without auth/finish.js", async () => {
  const { restore, finish, missing } = await world("auth/finish.js");
  await assert.rejects(finish(), missing);
  await restore();
  Object.assign(globalThis, { location: new URL(redirectUri) });
  assert.equal(await finish({ storage: { get: async () => undefined, set: async () => {}, delete: async () => {} } }), false);
});

/** A provider of whom nobody has logged in. @param {object} [more] */
const provider = (more) => ({
  redirectUrl: redirectUri,
  clientMetadata: { redirect_uris: [redirectUri] },
  clientInformation: () => ({ client_id: "program", issuer: "https://login.example" }),
  tokens: () => undefined,
  saveTokens() {},
  redirectToAuthorization() {},
  saveCodeVerifier() {},
  codeVerifier: () => "verifier",
  ...more,
});

for (const version of ["v1", "v2"]) {
  test(`compat/${version}: a log-in by a provider fails by name without compat/login.js, and is made once that is there`, async () => {
    const { restore, ...app } = await lacking("compat/login.js", `login-of-${version}`);
    const entry = await app.import(`compat/${version}.js`);
    const peer = fakeLogin();
    const authProvider = provider();
    const transport = new entry.StreamableHTTPClientTransport(new URL(peer.server), { authProvider, fetch: peer.fetch });
    const connect = () => new entry.Client({ name: "program", version: "1" }).connect(new entry.StreamableHTTPClientTransport(new URL(peer.server), { authProvider, fetch: peer.fetch }));
    await assert.rejects(within(connect(), "the connection"), MISSING);
    await assert.rejects(transport.finishAuth("forged"), MISSING);
    await assert.rejects(entry.auth(authProvider, { serverUrl: peer.server, fetchFn: peer.fetch }), MISSING);
    await restore();
    await assert.rejects(within(connect(), "the connection"), entry.UnauthorizedError);
    await assert.rejects(transport.finishAuth("forged"), /gives no tokens/);
    assert.equal(await entry.auth(authProvider, { serverUrl: peer.server, fetchFn: peer.fetch }), "REDIRECT");
  });
}

test("compat/v1: a connection whose provider has proofs fails by name without compat/dpop.js", async () => {
  const { restore, ...app } = await lacking("compat/dpop.js", "dpop-of-v1");
  const entry = await app.import("compat/v1.js");
  const peer = fakeLogin();
  const authProvider = provider({ dpop: {} });
  const connect = () => new entry.Client({ name: "program", version: "1" }).connect(new entry.StreamableHTTPClientTransport(new URL(peer.server), { authProvider, fetch: peer.fetch }));
  await assert.rejects(within(connect(), "the connection"), MISSING);
  await restore();
  await assert.rejects(within(connect(), "the connection"), (/** @type {any} */ error) => error.code !== "NOT_LOADED");
});
