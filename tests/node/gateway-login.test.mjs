// Servers on the web that want to know who asks: what the gateway is given for them goes along, and where they want a log-in, somebody
// logs in by the gateway's page, once for all of its clients.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import WebSocket from "ws";
import { startAuthorizationServer } from "../support/authorization-server.mjs";
import { temporaryFolder } from "../support/folder.mjs";
import { startGateway } from "../support/gateway.mjs";
import { end, listen } from "../support/login-server.mjs";
import { importPkg } from "../support/paths.mjs";

// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
const { Client } = await importPkg();

/** @typedef {Awaited<ReturnType<typeof startGateway>>} Gateway */

/** @param {Gateway} gateway @param {string} [name] */
const connect = (gateway, name) => Client.connect(gateway.ws(name), { protocols: gateway.protocols, progressHandler: null });

/** One call by a client of its own. @param {Gateway} gateway */
async function work(gateway) {
  const client = await connect(gateway);
  try {
    return (await client.callTool("work")).content[0].text;
  } finally {
    await client.close();
  }
}

/** Presses the button. @param {Gateway} gateway @param {object} [headers] @param {string} [path] */
const press = (gateway, headers = gateway.headers, path = "/mcp") =>
  fetch(`${gateway.url}login`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ path }) });

/** Goes where a browser goes, and stops where the gateway begins; returns that address. @param {string} url @param {Gateway} gateway */
async function follow(url, gateway) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  let at = url;
  for (let hops = 0; !at.startsWith(gateway.url); hops++) {
    assert.ok(hops < 20, at);
    const response = await fetch(at, { redirect: "manual", headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") } });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = cookie.match(/^([^=]+)=([^;]*)/) ?? [];
      cookies.set(name, value);
    }
    assert.ok(response.headers.has("location"), `${at}: ${response.status} ${await response.text()}`);
    at = new URL(String(response.headers.get("location")), at).href;
  }
  return at;
}

/** Logs in. @param {Gateway} gateway */
async function logIn(gateway) {
  const pressed = await press(gateway);
  assert.equal(pressed.status, 200, await pressed.clone().text());
  const { url } = await pressed.json();
  const back = await follow(url, gateway);
  const response = await fetch(back);
  assert.equal(new URL(response.url).search, "", "nothing of the answer stays in the address");
  assert.match(await response.text(), /<h1>Logged in/);
  return { url, back };
}

describe("a server that wants a log-in", () => {
  /** @type {Awaited<ReturnType<typeof startAuthorizationServer>>} */
  let there;
  /** @type {Gateway} */
  let gateway;
  before(async () => {
    there = await startAuthorizationServer();
    gateway = await startGateway(["--url", there.server, "--log", "mcp_wasm_gateway=trace,info"]);
  });
  after(async () => {
    await gateway?.stop();
    await there?.stop();
  });

  test("says so to whoever calls, on the page and in the log, with what to do", async () => {
    const wanted = new RegExp(`the server wants a log-in: open the gateway's page, ${gateway.url}, and press .Log in.*--header`);
    await assert.rejects(work(gateway), (/** @type {any} */ error) => {
      assert.match(error.message, wanted);
      assert.equal(error.data?.code ?? error.code, "AUTH_REQUIRED");
      return true;
    });
    const [server] = await gateway.servers();
    assert.equal(server.login, "needed");
    assert.match(server.error, wanted);
    await assert.rejects(work(gateway), wanted, "again and again");
    assert.equal(gateway.output().match(/wants a log-in/g)?.filter(Boolean).length, gateway.output().match(/WARN.*wants a log-in/g)?.length, "as a warning");
  });

  test("a log-in is begun by whoever has the token, and by no other page", async () => {
    assert.equal((await press(gateway, {})).status, 401);
    assert.equal((await press(gateway, { ...gateway.headers, "content-type": "text/plain" })).status, 415);
    assert.equal((await press(gateway, gateway.headers, "/nothing")).status, 404);
    const preflight = await fetch(`${gateway.url}login`, { method: "OPTIONS", headers: { origin: "https://evil.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" } });
    assert.equal(preflight.headers.get("access-control-allow-origin"), null);
    assert.equal(there.count("POST /reg"), 0, "and nothing was asked of anybody");
  });

  test("an answer that nobody waits for is not taken", async () => {
    for (const query of ["", "?state=guess&code=x", "?error=%3Cscript%3E"]) {
      const response = await fetch(`${gateway.url}oauth/callback${query}`);
      assert.equal(response.status, 400);
      const text = await response.text();
      assert.ok(text.includes("no log-in that is under way") && !text.includes("<script"), text);
    }
    assert.equal(there.count("POST /token"), 0);
  });

  test("serves all clients once somebody has logged in, and an answer counts once", async () => {
    const { url, back } = await logIn(gateway);
    const asked = new URL(url).searchParams;
    assert.equal(asked.get("redirect_uri"), `${gateway.url}oauth/callback`);
    assert.equal(asked.get("resource"), there.server);
    assert.equal(asked.get("scope"), "read offline_access");
    assert.equal(asked.get("code_challenge_method"), "S256");
    assert.deepEqual(await Promise.all([work(gateway), work(gateway)]), ["person", "person"]);
    const [server] = await gateway.servers();
    assert.deepEqual([server.login, server.error], ["done", undefined]);
    assert.equal((await fetch(back)).status, 400, "a second time it is nobody's");
    assert.equal(there.count("POST /token"), 1);
  });

  test("is asked for more rights where it wants them", async () => {
    there.state.needs["tools/call"] = "write";
    await assert.rejects(work(gateway), /more rights than the log-in has \(write\).*Log in/);
    assert.equal((await gateway.servers())[0].login, "more");
    const { url } = await logIn(gateway);
    assert.equal(new URL(url).searchParams.get("scope"), "read write offline_access");
    assert.equal(await work(gateway), "person");
    assert.equal(there.count("POST /reg"), 1, "as the same client");
    there.state.needs["tools/call"] = "admin";
    await assert.rejects(work(gateway), /more rights than the log-in has \(admin\)/);
    there.state.needs = {};
  });

  test("forgets it for whoever has the token and presses the button, and gives its tokens back", async () => {
    const client = await connect(gateway);
    assert.equal((await client.callTool("work")).content[0].text, "person");
    const out = (/** @type {object} */ headers, path = "/mcp") => fetch(`${gateway.url}logout`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ path }) });
    assert.equal((await out({})).status, 401);
    assert.equal((await out({ ...gateway.headers, "content-type": "text/plain" })).status, 415);
    assert.equal((await out(gateway.headers, "/nothing")).status, 404);
    assert.equal(await work(gateway), "person", "nothing of that has logged anybody out");
    assert.equal(there.count("POST /token/revocation"), 0);
    assert.deepEqual(await (await out(gateway.headers)).json(), { was: true });
    assert.equal(there.count("POST /token/revocation"), 2, "the refresh token and the access token");
    assert.deepEqual(await (await out(gateway.headers)).json(), { was: false });
    assert.equal((await gateway.servers())[0].login, undefined);
    await assert.rejects(client.callTool("work"), /wants a log-in/, "also for who was there before");
    assert.equal((await gateway.servers())[0].login, "needed");
    await client.close();
    await logIn(gateway);
    assert.equal(await work(gateway), "person", "and one may log in again");
    assert.equal(there.count("POST /reg"), 1, "as the same client");
  });

  test("no log has anything secret", () => {
    assert.ok(!/code=|access_token|refresh_token|Bearer [\w-]{20}/.test(gateway.output()), gateway.output());
  });
});

/** What a test has started. @type {(() => unknown)[]} */
const ends = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("tokens that end are renewed without a word, and log-ins are kept in the file of --secret", async () => {
  const there = await startAuthorizationServer({ lives: 2 });
  ends.push(() => there.stop());
  const file = path.join(temporaryFolder("gateway-"), "secret");
  let gateway = await startGateway(["--secret", file, "--url", there.server]);
  ends.push(() => gateway.stop());
  const open = async () => {
    const token = (await readFile(file, "utf8")).split("\n")[0];
    return Object.assign(gateway, { headers: { authorization: `Bearer ${token}` }, protocols: ["mcp", `mcp.ticket.${token}`] });
  };
  await open();
  await assert.rejects(work(gateway), /log-in/);
  await logIn(gateway);
  const client = await connect(gateway);
  const many = async () => (await Promise.all([1, 2, 3, 4].map(() => client.callTool("work")))).map((result) => result.content[0].text);
  assert.deepEqual(await many(), ["person", "person", "person", "person"]);
  const before = there.count("POST /token");
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  assert.deepEqual(await many(), ["person", "person", "person", "person"]);
  assert.equal(there.count("POST /token"), before + 1, "once for all calls");
  await client.close();
  const port = String(gateway.port);
  await gateway.stop();
  gateway = await startGateway(["--secret", file, "--url", there.server, "--port", port]);
  await open();
  assert.equal(await work(gateway), "person", "after another start, too");
});

test("a token of the environment goes along by mcp.json, and one that is refused is named", async () => {
  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== "Bearer right") return void response.writeHead(401, { "www-authenticate": "Bearer" }).end("no");
    let body = "";
    for await (const chunk of request) body += chunk;
    const { id, method } = JSON.parse(body);
    const stamp = { resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": { name: "guarded", version: "1" } }, ttlMs: 0, cacheScope: "private" };
    const result = method === "server/discover" ? { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ...stamp } : { tools: [], ...stamp };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
  const url = `${await listen(server)}/mcp`;
  ends.push(() => end(server));
  const file = path.join(temporaryFolder("gateway-"), "mcp.json");
  const headers = (/** @type {string} */ value) => ({ url, headers: { Authorization: value } });
  await writeFile(file, JSON.stringify({ mcpServers: { good: headers("Bearer ${API_TOKEN}"), bad: headers("Bearer wrong-one") } }));
  const gateway = await startGateway(["--config", file], { env: { API_TOKEN: "right" } });
  ends.push(() => gateway.stop());
  const client = await connect(gateway, "good");
  assert.deepEqual((await client.listTools()).tools, []);
  await client.close();
  await assert.rejects(connect(gateway, "bad"), /refuses the `Authorization` that the gateway was given.*mcp\.json/);
  const bad = (await gateway.servers()).find((server) => server.name === "bad");
  assert.match(bad.error, /it may have ended/);
  assert.equal(bad.login, undefined, "no button, since it would be of no use");
  assert.ok(!gateway.output().includes("wrong-one") && !gateway.output().includes("right\n"));
});
