// Programs of others, and ours with their shape, log in at a Rust server that wants tokens: through a real
// authorization server, with a person who says yes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as v2 from "@modelcontextprotocol/client";
import * as v1auth from "@modelcontextprotocol/sdk/client/auth.js";
import * as v1client from "@modelcontextprotocol/sdk/client/index.js";
import * as v1http from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { startDemoServer } from "../support/demo-server.mjs";
import { startLoginServer } from "../support/login-server.mjs";
import { importPkg } from "../support/paths.mjs";

const redirectUrl = "http://127.0.0.1:8090/callback";

/** A browser with a person at it, who agrees: where it is sent in the end. @param {URL | string} from */
async function visit(from) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  let url = new URL(from);
  for (let step = 0; step < 20 && !url.href.startsWith(redirectUrl); step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const next = answer.headers.get("location");
    assert.ok(next, `${url} is a page: ${answer.status} ${await answer.text()}`);
    url = new URL(next, url);
  }
  return url.searchParams;
}

/** A provider as the SDKs' example programs have it. */
function makeProvider() {
  /** @type {any} */
  const kept = {};
  return {
    kept,
    redirectUrl,
    clientMetadata: { client_name: "program", redirect_uris: [redirectUrl], grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], token_endpoint_auth_method: "none", application_type: "native" },
    clientInformation: () => kept.client,
    saveClientInformation: (/** @type {any} */ client) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (/** @type {any} */ tokens) => void (kept.tokens = tokens),
    saveCodeVerifier: (/** @type {string} */ verifier) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier,
    redirectToAuthorization: async (/** @type {URL} */ url) => void (kept.answer = await visit(url)),
  };
}

describe("at a Rust server that wants tokens", () => {
  /** @typedef {{ login: Awaited<ReturnType<typeof startLoginServer>>, demo: import("../support/demo-server.mjs").DemoServer }} World */
  /** The SDKs register with the scopes of the resource, which not every authorization server takes. @type {Record<"listed" | "unlisted", World>} */
  let worlds;
  before(async () => {
    const world = async (/** @type {boolean} */ lists) => {
      const login = await startLoginServer({ jwt: true, scope: "demo demo:write", lists });
      return { login, demo: await startDemoServer({ args: ["--auth", login.issuer] }) };
    };
    worlds = { listed: await world(true), unlisted: await world(false) };
  });
  after(async () => {
    for (const { login, demo } of Object.values(worlds ?? {})) {
      await demo.stop();
      await login.stop();
    }
  });

  /** @type {[string, () => Promise<{ Client: any, StreamableHTTPClientTransport: any, UnauthorizedError: any, options?: any }>][]} */
  const kits = [
    ["the TypeScript SDK v1", async () => ({ ...v1client, ...v1http, ...v1auth })],
    ["the TypeScript SDK v2", async () => /** @type {any} */ (v2)],
    ["a program of the SDK v1, of which only the import was changed", () => importPkg("compat/v1.js")],
    ["a program of the SDK v2, of which only the import was changed", () => importPkg("compat/v2.js")],
  ];
  for (const [name, load] of kits) {
    const which = name.startsWith("the") ? "listed" : "unlisted";
    test(`${name} is refused, logs in, calls, and renews its token in silence`, { timeout: 60_000 }, async () => {
      const { login, demo } = worlds[which];
      const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await load();
      const provider = makeProvider();
      const make = () => new StreamableHTTPClientTransport(new URL(`${demo.url}mcp`), { authProvider: provider });
      const first = make();
      await assert.rejects(new Client({ name: "program", version: "1.0.0" }).connect(first), UnauthorizedError);
      const { answer } = provider.kept;
      // That of v2 wants to see who answers.
      await first.finishAuth(name === "the TypeScript SDK v2" ? answer : answer.get("code"));
      const client = new Client({ name: "program", version: "1.0.0" });
      await client.connect(make());
      const call = async () => (await client.callTool({ name: "process_items", arguments: { items: ["a"] } })).structuredContent;
      assert.deepEqual(await call(), { processed: 1, results: ["A"] });
      assert.ok((await client.listTools()).tools.length > 5);
      // Whoever has a token that is no good any more gets another by its refresh token.
      const before = login.count("POST /token");
      provider.kept.tokens = { ...provider.kept.tokens, access_token: "ended" };
      if (provider.kept.tokens.refresh_token) {
        assert.deepEqual(await call(), { processed: 1, results: ["A"] });
        assert.equal(login.count("POST /token"), before + 1);
      }
      await client.close();
    });
  }

  test("mcp-wasm/auth in Node, whose `open` is a function", { timeout: 60_000 }, async () => {
    const { demo } = worlds.unlisted;
    const { Client } = await importPkg();
    const { OAuth } = await importPkg("auth/index.js");
    const auth = new OAuth({ redirectUri: redirectUrl, open: visit });
    const connect = () => Client.connect(`${demo.url}mcp`, { auth, progressHandler: null });
    const error = await connect().catch((/** @type {any} */ reason) => reason);
    assert.equal(error.code, "AUTH_REQUIRED");
    await auth.login(error);
    const client = await connect();
    const lacking = await client.callTool("backup_sqlite").catch((/** @type {any} */ reason) => reason);
    assert.deepEqual([lacking.code, lacking.scopes], ["AUTH_SCOPE", ["demo", "demo:write"]]);
    await auth.login(lacking);
    assert.equal((await client.callTool("backup_sqlite")).structuredContent.rows, 20_000);
    await client.close();
  });

  test("a client that registered for fewer scopes than it needs later registers anew with `fresh`", { timeout: 60_000 }, async () => {
    const { demo } = worlds.listed;
    const { Client } = await importPkg();
    const { OAuth } = await importPkg("auth/index.js");
    const auth = new OAuth({ redirectUri: redirectUrl, open: visit });
    await auth.login(`${demo.url}mcp`);
    const client = await Client.connect(`${demo.url}mcp`, { auth, progressHandler: null });
    const lacking = await client.callTool("backup_sqlite").catch((/** @type {any} */ reason) => reason);
    const denied = await auth.login(lacking).catch((/** @type {any} */ reason) => reason);
    assert.equal(denied.code, "AUTH_DENIED");
    await auth.login(lacking, { fresh: true });
    assert.equal((await client.callTool("backup_sqlite")).structuredContent.rows, 20_000);
    await client.close();
  });
});
