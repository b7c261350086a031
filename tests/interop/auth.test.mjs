// Programs of others, and ours with their shape, log in at a Rust server that wants tokens: through a real
// authorization server, with a person who says yes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import * as v2 from "@modelcontextprotocol/client";
import * as v1auth from "@modelcontextprotocol/sdk/client/auth.js";
import * as v1client from "@modelcontextprotocol/sdk/client/index.js";
import * as v1http from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { startDemoServer } from "../support/demo-server.mjs";
import { fileURLToPath } from "node:url";
import { end, listen, startLoginServer } from "../support/login-server.mjs";
import { importPkg, pythonFastmcp4, rmcpServer } from "../support/paths.mjs";
import { start } from "../support/process.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const redirectUrl = "http://127.0.0.1:8090/callback";

/** Where programs listen for the answer. */
const callback = /^http:\/\/(127\.0\.0\.1|localhost):\d+\/callback\?/;

/** A browser with a person at it, who agrees: where it is sent in the end. @param {URL | string} from */
async function travel(from) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  let url = new URL(from);
  for (let step = 0; step < 20 && !callback.test(url.href); step++) {
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
  return url;
}
const visit = async (/** @type {URL | string} */ from) => (await travel(from)).searchParams;

/**
 * Runs a program that logs in, with somebody who plays the person: what it has seen, and how often it sent
 * the person anywhere.
 * @param {string} program @param {string[]} args
 * @param {boolean} listens whether it listens for the answer, or reads it
 */
async function play(program, args, listens) {
  assert.ok(existsSync(program), `${program} is missing: run \`cargo xtask test\`, which sets it up`);
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let [errors, visits, seen] = ["", 0, /** @type {any} */ (undefined)];
  child.stderr.on("data", (data) => (errors += data));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, rest = ""] = /^(visit|seen) (.*)$/.exec(line) ?? [];
    if (what === "seen") seen = JSON.parse(rest);
    if (what !== "visit") continue;
    visits++;
    const back = await travel(rest);
    if (!listens) child.stdin.write(`${back.href}\n`);
    else await arrive(back);
  }
  child.stdin.end();
  assert.equal(await exited, 0, errors);
  return { ...seen, visits };
}

/** Goes where a program listens, as soon as it does. @param {URL} back */
async function arrive(back) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await fetch(back)).text();
    } catch (error) {
      if (attempt > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
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
  /** The SDKs register with the scopes of the resource, which not every authorization server takes. @type {Record<"listed" | "unlisted" | "generous", World>} */
  let worlds;
  before(async () => {
    const world = async (/** @type {boolean} */ lists, binds = true) => {
      const login = await startLoginServer({ jwt: true, scope: "demo demo:write", lists, binds });
      return { login, demo: await startDemoServer({ args: ["--auth", login.issuer] }) };
    };
    worlds = { listed: await world(true), unlisted: await world(false), generous: await world(true, false) };
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
      await first.finishAuth(name.includes("SDK v2") ? answer : answer.get("code"));
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

  test("FastMCP is refused, logs in, calls, asks for more rights by itself, and renews its token", { timeout: 60_000 }, async () => {
    const { login, demo } = worlds.generous;
    const before = login.count("POST /token");
    const seen = await play(pythonFastmcp4, [`${here}oauth_fastmcp_client.py`, `${demo.url}mcp`], true);
    assert.equal(seen.version, "2026-07-28");
    assert.deepEqual([seen.first, seen.third], Array(2).fill({ processed: 1, results: ["A"] }));
    assert.equal(seen.second.rows, 20_000);
    assert.deepEqual([seen.visits, seen.renewed, login.count("POST /token") - before], [2, true, 3]);
    for (const scope of ["demo", "demo:write"]) assert.ok(seen.scope.split(" ").includes(scope), seen.scope);
  });

  test("rmcp is refused, logs in, calls, and asks for the rights that it is told of", { timeout: 60_000 }, async () => {
    const { demo } = worlds.generous;
    const seen = await play(rmcpServer, ["client", `${demo.url}mcp`], false);
    const metadata = `${demo.url}.well-known/oauth-protected-resource/mcp`;
    assert.equal(seen.challenge, `Bearer resource_metadata="${metadata}", scope="demo"`);
    assert.equal(seen.told, `Bearer error="insufficient_scope", resource_metadata="${metadata}", scope="demo demo:write"`);
    assert.equal(seen.wanted, "demo demo:write");
    assert.deepEqual([seen.first, seen.third], Array(2).fill({ processed: 1, results: ["A"] }));
    assert.equal(seen.second.rows, 20_000);
    assert.equal(seen.visits, 2);
  });

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

  test("every request of a legacy session carries the token: calls, the server's own stream, and the end of the session", { timeout: 60_000 }, async () => {
    const { demo } = worlds.unlisted;
    const { Client } = await importPkg();
    const { OAuth } = await importPkg("auth/index.js");
    const auth = new OAuth({ redirectUri: redirectUrl, open: visit });
    await auth.login(`${demo.url}mcp`);
    const sent = /** @type {string[]} */ ([]);
    /** @type {(method: string) => void} */
    let tell = () => {};
    const listens = new Promise((resolve) => (tell = (method) => method === "GET" && resolve(undefined)));
    const record = (/** @type {string} */ url, /** @type {any} */ init) => {
      const { method, headers } = new Request(url, { ...init, body: undefined, duplex: undefined });
      sent.push(`${method} ${/^Bearer \S+$/.test(headers.get("authorization") ?? "") ? "with" : "without"}`);
      tell(method);
      return fetch(url, init);
    };
    const client = await Client.connect(`${demo.url}mcp`, { auth, mode: "legacy", progressHandler: null, fetch: record });
    assert.deepEqual((await client.callTool("process_items", { items: ["a"] })).structuredContent, { processed: 1, results: ["A"] });
    await listens;
    await client.close();
    assert.deepEqual([...new Set(sent)].sort(), ["DELETE with", "GET with", "POST with"]);
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

describe("mcp-wasm/auth at servers of other kits that ask for tokens", () => {
  /** Logs in, calls, and calls again once its token is no good any more. @param {string} url @param {(token: string) => Promise<void>} spoil @param {string} tool @param {object} args */
  async function use(url, spoil, tool, args) {
    const { Client } = await importPkg();
    const { OAuth, memory } = await importPkg("auth/index.js");
    const storage = memory();
    const auth = new OAuth({ redirectUri: redirectUrl, open: visit, storage });
    const error = await Client.connect(url, { auth, progressHandler: null }).catch((/** @type {any} */ reason) => reason);
    assert.equal(error.code, "AUTH_REQUIRED");
    await auth.login(error);
    const heard = /** @type {number[]} */ ([]);
    const client = await Client.connect(url, { auth, progressHandler: (/** @type {number} */ progress) => void heard.push(progress) });
    const first = await client.callTool(tool, args);
    const headers = await auth.headers({ method: "POST", url });
    await spoil(String(headers.Authorization ?? headers.authorization).replace(/^Bearer /, ""));
    const second = await client.callTool(tool, args);
    await client.close();
    return { texts: [first, second].map(({ content }) => content[0].text), heard, era: client.era };
  }

  test("FastMCP, with JWTs", { timeout: 60_000 }, async (t) => {
    assert.ok(existsSync(pythonFastmcp4), `${pythonFastmcp4} is missing: run \`cargo xtask test\`, which sets it up`);
    const login = await startLoginServer({ jwt: true, scope: "read" });
    t.after(() => login.stop());
    const server = await start(pythonFastmcp4, [`${here}oauth_fastmcp_server.py`, login.issuer], { ready: /listening on (\S+)/ });
    t.after(() => server.stop());
    // It writes a slash behind the issuer, which that itself does not: one may differ by it, and is told of.
    const warned = t.mock.method(console, "warn", () => {});
    const { texts, heard } = await use(String(server.match[1]), async () => {}, "work", {});
    assert.deepEqual([texts, heard], [["person", "person"], [1, 2, 1, 2]]);
    assert.ok(warned.mock.callCount() > 0);
  });

  for (const [name, run] of /** @type {const} */ ([
    ["rmcp", (/** @type {string[]} */ args) => start(rmcpServer, ["0", ...args], { ready: /listening on (\S+)/ })],
    ["the TypeScript SDK 1.x", (/** @type {string[]} */ args) => start(process.execPath, [`${here}counter-v1.mjs`, "0", ...args], { ready: /listening on (\S+)/ })],
    ["the TypeScript SDK 2.x", (/** @type {string[]} */ args) => start(process.execPath, [`${here}npm/counter-v2.mjs`, "0", ...args], { ready: /listening on (\S+)/ })],
  ])) {
    test(`${name}, with tokens that it asks about`, { timeout: 60_000 }, async (t) => {
      if (name === "rmcp") assert.ok(existsSync(rmcpServer), `${rmcpServer} is missing: run \`cargo xtask test\`, which sets it up`);
      const login = await startLoginServer({ scope: "read" });
      t.after(() => login.stop());
      const found = (/** @type {string} */ text) => login.provider.AccessToken.find(text);
      const check = createServer(async (request, response) => {
        const token = await found((request.headers.authorization ?? "").replace(/^Bearer /, ""));
        response.writeHead(token?.isValid ? 200 : 401).end();
      });
      const address = await listen(check);
      t.after(() => end(check));
      const server = await run([login.issuer, address]);
      t.after(() => server.stop());
      const before = () => login.count("POST /token");
      const { texts, heard } = await use(`http://${server.match[1]}/mcp`, async (text) => (await found(text)).destroy(), "count", { steps: 2, pause: 0 });
      assert.deepEqual([texts, heard], [["counted to 2", "counted to 2"], [1, 2, 1, 2]]);
      assert.equal(before(), 2, "one for the log-in, one for the token that was no good any more");
    });
  }
});
