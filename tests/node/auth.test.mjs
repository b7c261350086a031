// Log-ins by `mcp-wasm/auth`, against servers that live in this process.
import assert from "node:assert/strict";
import { once } from "node:events";
import { before, describe, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { fakeLogin } from "../support/fake-login.mjs";
import { importPkg } from "../support/paths.mjs";

/** @type {typeof import("mcp-wasm")} */
let mcp;
/** @type {typeof import("mcp-wasm/auth")} */
let entry;
before(async () => {
  mcp = await importPkg();
  entry = await importPkg("auth/index.js");
});

/** @typedef {ReturnType<typeof fakeLogin>} World */

const { McpError } = await importPkg();
const redirectUri = "http://localhost:3000/oauth.html";
/** @param {World} world @param {import("mcp-wasm/auth").OAuthOptions} [options] */
const make = (world, options) => new entry.OAuth({ redirectUri, open: world.open, fetch: world.fetch, ...options });
/** @param {World} world @param {any} auth @param {any} [options] */
const connect = (world, auth, options) => mcp.Client.connect(world.server, { auth, fetch: world.fetch, progressHandler: null, ...options });
/** @param {World} world @param {any} auth */
async function loggedIn(world, auth) {
  const error = await failure(connect(world, auth));
  assert.equal(error.code, "AUTH_REQUIRED");
  await auth.login(error);
  return connect(world, auth);
}
/** @param {Promise<unknown>} promise @returns {Promise<any>} */
const failure = (promise) =>
  promise.then(
    (value) => assert.fail(`not rejected, but resolved with ${value}`),
    (reason) => reason,
  );
const refreshes = (/** @type {World} */ world) => world.asked.filter(({ body }) => body?.grant_type === "refresh_token").length;

describe("a log-in", () => {
  test("a call without one fails with AUTH_REQUIRED, opens no window, and goes on after it", async () => {
    const world = fakeLogin();
    const auth = make(world);
    const error = await failure(connect(world, auth));
    assert.ok(error instanceof entry.AuthError && error instanceof mcp.McpError);
    assert.deepEqual([error.code, error.server, world.opened.length], ["AUTH_REQUIRED", world.server, 0]);
    // It was the log-in that failed, not the revision: the probe is not followed by a handshake of older ones.
    assert.deepEqual(world.asked.map(({ body }) => body?.method), ["server/discover"]);
    await auth.login(error);
    const client = await connect(world, auth);
    assert.deepEqual((await client.callTool("work")).content, [{ type: "text", text: "done" }]);
    assert.deepEqual(await auth.status(world.server).then(({ state, issuer }) => [state, issuer]), ["ready", world.issuer]);
    await client.close();
  });

  test("what is asked of the authorization server", async () => {
    const world = fakeLogin({ resource: { scopes_supported: ["read", "write"] }, metadata: { scopes_supported: ["offline_access", "read", "other"] } });
    await make(world, { authorizationParams: { audience: "x y" } }).login(world.server);
    const params = Object.fromEntries(/** @type {URL} */ (world.opened[0]).searchParams);
    const { state, code_challenge: challenge, client_id: client, ...rest } = params;
    assert.match(state ?? "", /^[\w-]{43}$/);
    assert.match(challenge ?? "", /^[\w-]{43}$/);
    assert.match(client ?? "", /^client-/);
    assert.deepEqual(rest, {
      response_type: "code",
      redirect_uri: redirectUri,
      code_challenge_method: "S256",
      resource: world.server,
      scope: "read write offline_access",
      prompt: "consent",
      audience: "x y",
    });
    const registered = world.asked.find(({ url }) => url.endsWith("/register"))?.body;
    assert.deepEqual([registered.application_type, registered.scope, registered.token_endpoint_auth_method], ["native", "read offline_access", "none"]);
    const token = world.asked.find(({ url }) => url.endsWith("/token"));
    assert.deepEqual([token?.body.resource, token?.body.redirect_uri, token?.body.client_id], [world.server, redirectUri, client]);
    // RFC 7636: the challenge is the hash of the verifier.
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(token?.body.code_verifier))).toString("base64url");
    assert.equal(hash, challenge);
  });

  test("is not asked for again while there is one", async () => {
    const world = fakeLogin();
    const auth = make(world);
    await auth.login(world.server);
    await auth.login(world.server);
    await auth.login(world.server, { scope: "" });
    assert.equal(world.opened.length, 1);
    await auth.login(world.server, { fresh: true });
    assert.deepEqual([world.opened.length, world.count("/register")], [2, 2]);
  });

  test("two at once, to two servers: each lands with its own", async () => {
    const worlds = [fakeLogin({ server: "https://a.example/mcp", issuer: "https://login.a.example" }), fakeLogin({ server: "https://b.example/mcp", issuer: "https://login.b.example" })];
    const net = (/** @type {any} */ url, /** @type {any} */ init) => /** @type {World} */ (worlds[/a\.example/.test(String(url)) ? 0 : 1]).fetch(url, init);
    const auth = new entry.OAuth({ redirectUri, fetch: net, open: (url, _) => /** @type {World} */ (worlds[/a\.example/.test(url.href) ? 0 : 1]).open(url) });
    await Promise.all(worlds.map(({ server }) => auth.login(server)));
    for (const { server, issuer } of worlds) assert.equal((await auth.status(server)).issuer, issuer);
  });

  test("can be given up, and begun anew", async () => {
    const world = fakeLogin();
    /** @type {(() => void)[]} */
    const waiting = [];
    const auth = make(world, { open: (url) => new Promise((resolve) => waiting.push(() => resolve(world.open(url)))) });
    const leave = new AbortController();
    const first = failure(auth.login(world.server, { signal: leave.signal }));
    while (!waiting.length) await new Promise((resolve) => setTimeout(resolve, 1));
    leave.abort();
    assert.equal((await first).code, "AUTH_CANCELLED");
    const second = failure(auth.login(world.server));
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    const third = auth.login(world.server);
    assert.equal((await second).code, "AUTH_CANCELLED");
    while (waiting.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    waiting[2]?.();
    await third;
  });

  test("without a window or a function it says what to give", async () => {
    const world = fakeLogin();
    const error = await failure(make(world, { open: undefined }).login(world.server));
    assert.deepEqual([error.code, /`open`/.test(error.message)], ["INVALID_ARGUMENT", true]);
  });
});

describe("the answer of a log-in", () => {
  const cases = /** @type {[string, any, (params: URLSearchParams) => any, string][]} */ ([
    ["another state", {}, () => ({ state: "forged" }), "AUTH_STATE"],
    ["no state", {}, () => ({ state: undefined }), "AUTH_STATE"],
    ["another issuer", {}, () => ({ iss: "https://evil.example" }), "AUTH_ISSUER_MISMATCH"],
    ["another issuer, with an error", {}, () => ({ iss: "https://evil.example", error: "x", error_description: "SECRET WORDS" }), "AUTH_ISSUER_MISMATCH"],
    ["the issuer with a slash", {}, () => ({ iss: "https://login.example/" }), "AUTH_ISSUER_MISMATCH"],
    ["no issuer, though one was announced", { authorization_response_iss_parameter_supported: true }, () => ({}), "AUTH_ISSUER_MISMATCH"],
    ["a refusal", {}, () => ({ error: "access_denied", error_description: "not you", code: undefined }), "AUTH_DENIED"],
    ["nothing", {}, () => ({ code: undefined }), "AUTH_DENIED"],
  ]);
  for (const [name, metadata, answer, code] of cases) {
    test(`${name}: ${code}, and no code is used`, async () => {
      const world = fakeLogin({ metadata });
      world.answer = answer;
      const error = await failure(make(world).login(world.server));
      assert.deepEqual([error.code, world.count("/token")], [code, 0]);
      assert.ok(!JSON.stringify(error).includes("SECRET") && !error.message.includes("SECRET"));
    });
  }
  test("one that comes within ten minutes is taken, and a later one is nobody's", async (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    for (const [passed, code] of /** @type {const} */ ([[599_999, undefined], [600_001, "AUTH_STATE"]])) {
      const world = fakeLogin();
      const open = async (/** @type {URL} */ url) => {
        const answer = await world.open(url);
        t.mock.timers.setTime(Date.now() + passed);
        return answer;
      };
      const outcome = await make(world, { open }).login(world.server).then(() => undefined, (error) => error.code);
      assert.deepEqual([outcome, world.count("/token")], [code, code ? 0 : 1]);
    }
  });

  test("who does not answer within ten minutes has given up, and may log in again", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const world = fakeLogin();
    let asked = /** @type {(value: unknown) => void} */ (() => {});
    const isAsked = new Promise((resolve) => (asked = resolve));
    let answers = false;
    const auth = make(world, { open: (url) => (answers ? world.open(url) : (asked(undefined), new Promise(() => {}))) });
    let over = false;
    const outcome = failure(auth.login(world.server)).finally(() => (over = true));
    await isAsked;
    t.mock.timers.tick(599_999);
    await Promise.resolve();
    assert.equal(over, false);
    t.mock.timers.tick(1);
    assert.equal((await outcome).code, "AUTH_CANCELLED");
    answers = true;
    await auth.login(world.server);
    assert.equal((await auth.status(world.server)).state, "ready");
  });

  test("the issuer that was announced is taken", async () => {
    const world = fakeLogin({ metadata: { authorization_response_iss_parameter_supported: true } });
    world.answer = () => ({ iss: world.issuer });
    await make(world).login(world.server);
  });
});

describe("what is found out", () => {
  test("resources and issuers go out as they are spelled, and are compared as the rules say", async () => {
    /** @type {[server: string, resource: string, fits: boolean][]} */
    const resources = [
      ["https://h.example/mcp", "https://h.example/mcp", true],
      ["https://h.example/mcp", "https://h.example/mcp/", true],
      ["https://h.example/mcp/", "https://h.example/mcp", true],
      ["https://h.example/mcp", "https://h.example", true],
      ["https://h.example/mcp", "https://h.example/", true],
      ["https://h.example", "https://h.example", true],
      ["https://h.example", "https://h.example/", true],
      ["https://h.example/a/mcp", "https://h.example/a", true],
      ["https://h.example/mcp", "https://H.example/mcp", true],
      ["https://H.example/mcp", "https://h.example/mcp", true],
      ["https://h.example/mcp", "https://h.example:443/mcp", true],
      ["https://h.example/mcp?x=1", "https://h.example/mcp", true],
      ["https://h.example/mcp", "https://h.example/mc", false],
      ["https://h.example/mcp", "https://h.example/mcp/sub", false],
      ["https://h.example/mcp", "https://h.example:8443/mcp", false],
      ["https://h.example/mcp", "http://h.example/mcp", false],
      ["https://h.example/mcp", "https://h.example.evil/mcp", false],
      ["https://h.example/mcp", "https://evil.example/mcp", false],
      ["https://h.example/mcp", "h.example/mcp", false],
      ["https://h.example/mcp", "urn:mcp", false],
    ];
    for (const [server, resource, fits] of resources) {
      const world = fakeLogin({ server, resource: { resource } });
      const login = make(world).login(server);
      if (fits) {
        await login;
        assert.equal(world.opened[0]?.searchParams.get("resource"), resource, `${server} ${resource}`);
      } else assert.equal((await failure(login)).code, "AUTH_RESOURCE_MISMATCH", `${server} ${resource}`);
    }
    /** @type {[listed: string, said: string, fits: boolean, strict?: boolean][]} */
    const issuers = [
      ["https://i.example", "https://i.example", true],
      ["https://i.example/", "https://i.example", true],
      ["https://i.example", "https://i.example/", true],
      ["https://i.example/", "https://i.example", false, true],
      ["https://i.example/t", "https://i.example/t/", false],
      ["https://i.example/t/", "https://i.example/t", false],
      ["https://i.example", "https://I.example", false],
      ["https://i.example", "https://i.example:443", false],
      ["https://i.example", "https://i.example/t", false],
      ["https://i.example/a", "https://i.example/b", false],
    ];
    const warn = console.warn;
    console.warn = () => {};
    for (const [listed, said, fits, strictIssuer] of issuers) {
      const world = fakeLogin({ resource: { authorization_servers: [listed] } });
      const path = new URL(listed).pathname.replace(/\/$/, "");
      const call = /** @type {typeof fetch} */ ((url, init) =>
        String(url) === `https://i.example/.well-known/oauth-authorization-server${path}`
          ? Promise.resolve(Response.json({ issuer: said, authorization_endpoint: "https://i.example/authorize", token_endpoint: "https://i.example/token", registration_endpoint: "https://i.example/register", code_challenge_methods_supported: ["S256"] }))
          : world.fetch(url, init));
      const login = make(world, { fetch: call, strictIssuer }).login(world.server);
      if (fits) await login;
      else assert.equal((await failure(login)).code, "AUTH_ISSUER_MISMATCH", `${listed} ${said}`);
    }
    console.warn = warn;
  });

  test("an address that is no https address is refused before a window opens", async () => {
    const bad = ["javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x", "http://login.example/authorize", "http://localhost:1/authorize", "https://u:p@login.example/authorize", "//login.example", "ftp://x", "", 5];
    for (const authorization_endpoint of bad) {
      const world = fakeLogin({ metadata: { authorization_endpoint } });
      assert.equal((await failure(make(world).login(world.server))).code, "AUTH_METADATA", String(authorization_endpoint));
      assert.equal(world.opened.length, 0);
    }
    for (const name of ["token_endpoint", "registration_endpoint", "revocation_endpoint"]) {
      const world = fakeLogin({ metadata: { [name]: "http://login.example/x" } });
      assert.equal((await failure(make(world).login(world.server))).code, "AUTH_METADATA", name);
    }
    for (const issuer of ["http://login.example", "javascript:x", "https://u@login.example"]) {
      const world = fakeLogin({ resource: { authorization_servers: [issuer] } });
      assert.equal((await failure(make(world).login(world.server))).code, "AUTH_METADATA", issuer);
    }
  });

  test("an authorization server that does not say that it knows PKCE is refused, unless the app knows better", async () => {
    for (const code_challenge_methods_supported of [undefined, [], ["plain"], "S256?"]) {
      const world = fakeLogin({ metadata: { code_challenge_methods_supported } });
      const error = await failure(make(world).login(world.server));
      assert.deepEqual([error.code, /assumePkce/.test(error.message)], ["AUTH_PKCE", true]);
      await make(world, { assumePkce: [world.issuer] }).login(world.server);
      assert.equal(world.opened[0]?.searchParams.get("code_challenge_method"), "S256");
    }
  });

  test("metadata that is missing, no JSON, redirected or forbidden leads to the next place; a server that is down is said to be", async () => {
    const html = () => new Response("<p>hello", { status: 200, headers: { "content-type": "text/html" } });
    /** @type {(() => Response)[]} */
    const ways = [html, () => new Response("{", { status: 200 }), () => new Response("[]", { status: 200 }), () => Response.error(), () => new Response("x".repeat(300_000)), () => { throw new TypeError("Failed to fetch"); }];
    for (const way of ways) {
      // At the path of the server there is none, at the root there is.
      const world = fakeLogin({ intercept: ({ url }) => (url.endsWith("/.well-known/oauth-protected-resource/mcp") ? way() : url.endsWith("/.well-known/oauth-protected-resource") ? Response.json({ resource: "https://mcp.example", authorization_servers: ["https://login.example"] }) : undefined) });
      await make(world).login(world.server);
      assert.equal(world.opened[0]?.searchParams.get("resource"), "https://mcp.example");
    }
    const down = fakeLogin({ intercept: ({ url }) => (url.includes("protected-resource") ? new Response("", { status: 503 }) : undefined) });
    assert.equal((await failure(make(down).login(down.server))).code, "AUTH_TRANSIENT");
    const none = fakeLogin({ resource: null, metadata: null, intercept: ({ url }) => (url === "https://mcp.example/mcp" ? new Response("", { status: 401 }) : undefined) });
    const error = await failure(make(none).login(none.server));
    assert.equal(error.code, "AUTH_METADATA");
    assert.ok(error.tried.length >= 4 && error.tried.every((/** @type {any} */ { status }) => status === 404), JSON.stringify(error.tried));
  });

  test("of several authorization servers: the one that is known, then the one that is preferred, then the first that can be used", async () => {
    const listed = ["https://gone.example", "https://login.example"];
    const world = fakeLogin({ resource: { authorization_servers: listed } });
    const auth = make(world);
    await auth.login(world.server);
    assert.equal((await auth.status(world.server)).issuer, "https://login.example");
    const preferred = fakeLogin({ resource: { authorization_servers: ["https://other.example", "https://login.example"] } });
    await make(preferred, { issuer: "https://login.example" }).login(preferred.server);
    assert.ok(!preferred.asked.some(({ url }) => url.startsWith("https://other.example")));
  });

  test("who cannot register is told of the ways out; a given client is shown to its own issuer only", async () => {
    const world = fakeLogin({ metadata: { registration_endpoint: undefined } });
    const error = await failure(make(world).login(world.server));
    assert.deepEqual([error.code, /`client`/.test(error.message)], ["AUTH_CLIENT", true]);
    await make(world, { client: { id: "mine", issuer: world.issuer } }).login(world.server);
    assert.equal(world.opened[0]?.searchParams.get("client_id"), "mine");
    const foreign = await failure(make(world, { client: { id: "mine", issuer: "https://other.example" } }).login(world.server));
    assert.equal(foreign.code, "AUTH_CLIENT");
    assert.ok(foreign.message.includes("https://other.example") && foreign.message.includes(world.issuer));
    assert.equal(world.opened.length, 1);
    const document = fakeLogin({ metadata: { client_id_metadata_document_supported: true } });
    await make(document, { clientMetadata: "https://app.example/client.json" }).login(document.server);
    assert.equal(document.opened[0]?.searchParams.get("client_id"), "https://app.example/client.json");
    await make(document, { clientMetadata: "https://app.example/client.json" }).login(document.server, { registration: "dynamic" });
    assert.match(document.opened[1]?.searchParams.get("client_id") ?? "", /^client-/);
  });
});

describe("keeping a log-in", () => {
  test("five calls and two tabs that meet an expired token refresh once", async () => {
    const world = fakeLogin();
    const storage = entry.memory();
    const auths = [make(world, { storage }), make(world, { storage })];
    const clients = [await loggedIn(world, auths[0]), await connect(world, auths[1])];
    for (const token of [...world.tokens.keys()]) world.tokens.delete(token);
    await Promise.all([0, 0, 0, 0, 0, 1, 1].map((which) => /** @type {any} */ (clients[which]).callTool("work")));
    assert.deepEqual([refreshes(world), world.opened.length], [1, 1]);
    for (const client of clients) await client?.close();
  });

  test("twenty calls from two tabs that meet an expired token: one request for tokens, one look at who grants them in each tab", async () => {
    const world = fakeLogin();
    const storage = entry.memory();
    const auths = [make(world, { storage }), make(world, { storage })];
    const clients = [await loggedIn(world, auths[0]), await connect(world, auths[1])];
    world.tokens.clear();
    const before = world.asked.length;
    await Promise.all(Array.from({ length: 20 }, (_, call) => /** @type {any} */ (clients[call % 2]).callTool("work")));
    const asked = world.asked.slice(before);
    const of = (/** @type {(one: (typeof asked)[number]) => boolean} */ such) => asked.filter(such).length;
    assert.equal(of(({ url }) => url.endsWith("/token")), 1);
    // Each call once before and once after.
    assert.ok(of(({ url }) => url === world.server) <= 40, String(asked.length));
    assert.equal(of(({ url }) => url.includes("authorization-server")), 0);
    for (const client of clients) await client?.close();
  });

  test("a token that is about to expire is renewed before it is sent", async () => {
    const world = fakeLogin({ lives: 0 });
    const auth = make(world);
    const client = await loggedIn(world, auth);
    const before = world.asked.length;
    await client.callTool("work");
    assert.ok(!world.asked.slice(before).some(({ url, headers }) => url === world.server && !world.tokens.has(headers.get("authorization")?.slice(7) ?? "")));
    assert.ok(refreshes(world) >= 1);
    await client.close();
  });

  test("a refresh token that another has used is not the end if the store has a newer one", async () => {
    const world = fakeLogin();
    const storage = entry.memory();
    const auth = make(world, { storage });
    const client = await loggedIn(world, auth);
    const key = `server ${world.server}`;
    const kept = /** @type {any} */ (await storage.get(key));
    // Elsewhere it was renewed, and the news is written while ours is on its way.
    const next = await (await world.fetch(`${world.issuer}/token`, { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: kept.tokens.refresh }) })).json();
    world.tokens.delete(kept.tokens.access);
    const { fetch } = world;
    const late = make(world, {
      storage,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (String(url).endsWith("/token")) await storage.set(key, { ...kept, tokens: { ...kept.tokens, access: next.access_token, refresh: next.refresh_token } });
        return response;
      },
    });
    const other = await connect(world, late);
    await other.callTool("work");
    assert.equal(world.opened.length, 1);
    await client.close();
    await other.close();
  });

  test("a refused refresh token ends the log-in, and keeps the client; a forgotten client is registered once more", async () => {
    const world = fakeLogin();
    const auth = make(world);
    const client = await loggedIn(world, auth);
    world.tokens.clear();
    world.refreshTokens.clear();
    assert.equal((await failure(client.callTool("work"))).code, "AUTH_REQUIRED");
    assert.equal((await auth.status(world.server)).state, "none");
    await auth.login(world.server);
    assert.equal(world.count("/register"), 1);
    await client.callTool("work");
    world.tokens.clear();
    const forgets = fakeLogin();
    let forgotten = false;
    const other = make(forgets, { fetch: (url, init) => (forgotten && String(url).endsWith("/token") ? Promise.resolve(Response.json({ error: "invalid_client" }, { status: 401 })) : forgets.fetch(url, init)) });
    const second = await loggedIn(forgets, other);
    forgotten = true;
    forgets.tokens.clear();
    assert.equal((await failure(second.callTool("work"))).code, "AUTH_REQUIRED");
    forgotten = false;
    await other.login(forgets.server);
    assert.equal(forgets.count("/register"), 2);
    await second.callTool("work");
    await client.close();
    await second.close();
  });

  test("a token endpoint that is down, or not there, costs a call and nothing else", async () => {
    for (const way of [() => new Response("", { status: 503 }), () => new Response("", { status: 429 }), () => { throw new TypeError("fetch failed"); }]) {
      const world = fakeLogin();
      let down = false;
      const auth = make(world, { fetch: async (url, init) => (down && String(url).endsWith("/token") ? way() : world.fetch(url, init)) });
      const client = await loggedIn(world, auth);
      world.tokens.clear();
      down = true;
      assert.equal((await failure(client.callTool("work"))).code, "AUTH_TRANSIENT");
      down = false;
      await client.callTool("work");
      assert.equal(world.opened.length, 1);
      await client.close();
    }
  });

  test("a token that is refused for ever: two requests, then AUTH_LOOP", async () => {
    const world = fakeLogin();
    const auth = make(world);
    await auth.login(world.server);
    world.refuses = true;
    const sent = () => world.asked.filter(({ url }) => url === world.server).length;
    const before = sent();
    assert.equal((await failure(connect(world, auth))).code, "AUTH_LOOP");
    assert.equal(sent() - before, 2);
  });

  test("more rights: the scopes asked for are the union, once; what does not help is not asked for twice", async () => {
    const world = fakeLogin({ resource: { scopes_supported: ["read"] } });
    const auth = make(world);
    const client = await loggedIn(world, auth);
    world.needs["tools/call"] = ["write"];
    const error = await failure(client.callTool("work"));
    assert.deepEqual([error.code, error.scopes], ["AUTH_SCOPE", ["read", "write"]]);
    await auth.login(error);
    assert.equal(world.opened[1]?.searchParams.get("scope"), "read write");
    await client.callTool("work");
    assert.equal(refreshes(world), 0);
    world.needs["tools/call"] = ["write"];
    for (const token of world.tokens.keys()) world.tokens.set(token, ["read"]);
    assert.equal((await failure(client.callTool("work"))).code, "AUTH_LOOP");
    assert.equal(world.opened.length, 2);
    await client.close();
  });

  test("a resource that moves to another authorization server never shows it the old client", async () => {
    const world = fakeLogin();
    const auth = make(world);
    const client = await loggedIn(world, auth);
    const old = world.opened[0]?.searchParams.get("client_id");
    world.issuer = "https://new.example";
    world.tokens.clear();
    assert.equal((await failure(client.callTool("work"))).code, "AUTH_REQUIRED");
    await auth.login(world.server);
    const seen = world.asked.filter(({ url }) => url.startsWith("https://new.example"));
    assert.ok(seen.length >= 3 && !JSON.stringify(seen).includes(String(old)) && !String(world.opened[1]).includes(String(old)));
    await client.callTool("work");
    await client.close();
  });

  test("logging out revokes the refresh token first, reaches every other instance, and keeps the client", async () => {
    const world = fakeLogin();
    const [auth, other] = [make(world), make(world)];
    await auth.login(world.server);
    await other.login(world.server);
    /** @type {string[]} */
    const heard = [];
    const gone = new Promise((resolve) => (other.onchange = (server, state) => (heard.push(`${server} ${state}`), resolve(undefined))));
    await auth.logout(world.server);
    await gone;
    const revoked = world.asked.filter(({ url }) => url.endsWith("/revoke")).map(({ body }) => body.token_type_hint);
    assert.deepEqual(revoked, ["refresh_token", "access_token"]);
    assert.deepEqual([(await auth.status(world.server)).state, (await other.status(world.server)).state, heard], ["none", "none", [`${world.server} none`]]);
    await auth.login(world.server);
    assert.equal(world.count("/register"), 2);
  });

  test("stores that throw, are of another version, or hold nonsense: it works from memory", async () => {
    const warn = console.warn;
    console.warn = () => {};
    const broken = () => { throw new DOMException("no", "SecurityError"); };
    for (const storage of [{ get: broken, set: broken, delete: broken }, { get: () => ({ v: 2, tokens: {} }), set() {}, delete() {} }, { get: async () => "nonsense", set: async () => { throw new Error("full"); }, delete: async () => {} }]) {
      const world = fakeLogin();
      const auth = make(world, { storage });
      if (storage.get === broken || String(storage.set).includes("full")) {
        const client = await loggedIn(world, auth);
        await client.callTool("work");
        await client.close();
      } else assert.equal((await auth.status(world.server)).state, "none");
    }
    console.warn = warn;
  });
});

describe("secrets", () => {
  test("none of an error, a trace or the diagnostics has a token, a code or a verifier", async () => {
    const world = fakeLogin();
    const auth = make(world);
    /** @type {string[]} */
    const trace = [];
    const error = await failure(connect(world, auth));
    await auth.login(error);
    const client = await connect(world, auth, { trace: (/** @type {string} */ _, /** @type {string} */ text) => trace.push(text) });
    await client.callTool("work");
    world.tokens.clear();
    world.refreshTokens.clear();
    const ended = await failure(client.callTool("work"));
    const everything = JSON.stringify([trace, client.diagnostics(), error, ended, error.message, ended.message, ended.stack, String(ended.cause)]);
    assert.ok(!/access-\d|refresh-\d|code-\d/.test(everything), everything);
    for (const { body } of world.asked) if (body?.code_verifier) assert.ok(!everything.includes(body.code_verifier));
    await client.close();
  });

  test("a page has no secret, and a token is a token", async () => {
    for (const token of ["", "a b", "a\r\nb", "ä", undefined, 5]) {
      const error = await failure(entry.bearer(/** @type {any} */ (token)).headers({ method: "GET", url: "https://x.example", server: "https://x.example" }));
      assert.equal(error.code, "INVALID_ARGUMENT", String(token));
    }
  });

  test("bearer: a header on every request, a function is asked each time, a refusal is AUTH_REQUIRED", async () => {
    const world = fakeLogin();
    world.tokens.set("first", []);
    let token = "first";
    const client = await connect(world, entry.bearer(() => token));
    await client.callTool("work");
    world.tokens.delete("first");
    world.tokens.set("second", []);
    assert.equal((await failure(client.callTool("work"))).code, "AUTH_REQUIRED");
    token = "second";
    await client.callTool("work");
    assert.ok(world.asked.filter(({ url }) => url === world.server).every(({ headers }) => /^Bearer (first|second)$/.test(headers.get("authorization") ?? "")));
    await client.close();
  });
});

describe("an authorizer of the app's own", () => {
  const own = new Error("of the app's own");
  for (const [name, thrown] of /** @type {[string, any][]} */ ([["an error", own], ["one of ours", new McpError("UNSUPPORTED", "of the app's own")], ["a text", "of the app's own"], ["nothing", undefined]])) {
    for (const where of /** @type {const} */ (["headers", "answered"])) {
      test(`${name} that its \`${where}\` throws ends what was asked, once, and nothing is tried another way`, async () => {
        const world = fakeLogin();
        let fails = true;
        let asked = 0;
        const fail = async () => {
          asked++;
          throw thrown;
        };
        world.tokens.set("good", []);
        const auth = {
          headers: async () => (where === "headers" && fails ? fail() : /** @type {Record<string, string>} */ ({ authorization: `Bearer ${fails ? "bad" : "good"}` })),
          answered: async () => (where === "answered" && fails ? fail() : false),
        };
        const told = (/** @type {any} */ error) => {
          assert.ok(error instanceof mcp.McpError, String(error));
          if (thrown?.code) return assert.equal(error, thrown);
          const { code, mayHaveRun } = /** @type {any} */ (error);
          assert.deepEqual([code, mayHaveRun], ["CLOSED", false]);
          if (thrown === own) assert.equal(error.cause, own);
          if (thrown) assert.match(error.message, /of the app's own/);
        };
        told(await failure(connect(world, auth)));
        assert.deepEqual([asked, world.asked.length], [1, where === "headers" ? 0 : 1]);
        fails = false;
        const client = await connect(world, auth);
        fails = true;
        asked = 0;
        told(await failure(client.callTool("work")));
        assert.equal(asked, 1);
        await client.close();
      });
    }
  }
});

describe("rights that are missed where there is no status any more", () => {
  /** @param {unknown} data */
  const lacks = (data) => ({ code: 40300, message: "more rights are needed", data });
  const data = { scope: "write", resourceMetadata: "https://mcp.example/.well-known/oauth-protected-resource/mcp" };
  /** A world whose tools fail within their stream. @param {unknown} data */
  const streaming = (data) =>
    fakeLogin({
      resource: { scopes_supported: ["read"] },
      intercept: ({ url, body, headers }) => {
        const granted = world.tokens.get(headers.get("authorization")?.replace("Bearer ", "") ?? "");
        if (url !== world.server || body?.method !== "tools/call" || !granted || granted.includes("write")) return undefined;
        return new Response(`data: ${JSON.stringify({ jsonrpc: "2.0", id: body.id, error: lacks(data) })}\n\n`, { headers: { "content-type": "text/event-stream" } });
      },
    });
  /** @type {World} */
  let world;

  test("in a stream: AUTH_SCOPE with the union of scopes, and the log-in asks for it", async () => {
    world = streaming(data);
    const auth = make(world);
    const client = await loggedIn(world, auth);
    const error = await failure(client.callTool("work"));
    assert.deepEqual([error.code, error.server, error.scopes], ["AUTH_SCOPE", world.server, ["read", "write"]]);
    await auth.login(error);
    assert.equal(world.opened.at(-1)?.searchParams.get("scope"), "read write");
    await client.callTool("work");
    await client.close();
  });

  test("through a transport that was made by hand", async () => {
    world = streaming(data);
    const auth = make(world);
    await auth.login(world.server);
    const client = new mcp.Client({ name: "app", version: "1" }, { progressHandler: null });
    await client.connect(new mcp.StreamableHttpTransport(world.server, { auth, fetch: world.fetch }));
    assert.equal((await failure(client.callTool("work"))).code, "AUTH_SCOPE");
    await client.close();
  });

  test("scopes that were asked for already are AUTH_LOOP; junk in the error changes nothing else", async () => {
    world = streaming({ scope: "read" });
    const client = await loggedIn(world, make(world));
    assert.equal((await failure(client.callTool("work"))).code, "AUTH_LOOP");
    await client.close();
    for (const junk of [undefined, null, 5, "x", { scope: 5 }, { scope: 'a", error="x' }, { scope: ["a", "b"], resourceMetadata: {} }]) {
      world = streaming(junk);
      const one = await loggedIn(world, make(world));
      const error = await failure(one.callTool("work"));
      assert.ok(["AUTH_SCOPE", "AUTH_LOOP"].includes(error.code), JSON.stringify(junk));
      await one.close();
    }
  });

  test("with a token of somebody else's, or without an authorizer, it is the server's error", async () => {
    world = streaming(data);
    world.tokens.set("given", ["read"]);
    for (const options of [{ auth: entry.bearer("given") }, { headers: { authorization: "Bearer given" } }]) {
      const client = await mcp.Client.connect(world.server, { fetch: world.fetch, progressHandler: null, ...options });
      const error = await failure(client.callTool("work"));
      assert.deepEqual([error.code, error.rpcCode, error.data], ["RPC_ERROR", 40300, data]);
      await client.close();
    }
  });

  test("over a WebSocket, and every handler has heard the progress before", async (t) => {
    /** @type {any} */ (globalThis).WebSocket ??= WebSocket;
    const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    t.after(() => (sockets.clients.forEach((one) => one.terminate()), sockets.close()));
    await once(sockets, "listening");
    sockets.on("connection", (socket) =>
      socket.on("message", (text) => {
        const { id, method, params } = JSON.parse(String(text));
        if (id === undefined) return;
        const send = (/** @type {object} */ more) => socket.send(JSON.stringify({ jsonrpc: "2.0", ...more }));
        if (method === "server/discover") return send({ id, result: { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private", _meta: { "io.modelcontextprotocol/serverInfo": { name: "fake", version: "1" } } } });
        send({ method: "notifications/progress", params: { progressToken: params._meta.progressToken, progress: 1 } });
        send({ id, error: lacks(data) });
      }),
    );
    const { port } = /** @type {import("node:net").AddressInfo} */ (sockets.address());
    world = fakeLogin();
    const auth = make(world, { fetch: async () => new Response("", { status: 404 }) });
    const heard = /** @type {number[]} */ ([]);
    const client = await mcp.Client.connect(`ws://127.0.0.1:${port}/mcp`, { auth, progressHandler: async (progress) => (await undefined, void heard.push(progress)) });
    const error = await failure(client.callTool("work"));
    assert.deepEqual([error.code, error.server, error.scopes, heard], ["AUTH_SCOPE", `http://127.0.0.1:${port}/mcp`, ["write"], [1]]);
    await client.close();
  });
});

/** The same inputs in every run: xorshift from a fixed start. */
function near() {
  let state = 0x9e3779b9;
  const below = (/** @type {number} */ count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(count, 1);
  };
  /** What is near one of those texts. @param {string[]} seeds */
  return (seeds) => {
    let text = String(seeds[below(seeds.length)]);
    for (let change = below(5); change >= 0; change--) {
      const at = below(text.length);
      const other = String(seeds[below(seeds.length)]);
      const odd = ['"', "\\", ",", "=", " ", "\t", "\0", "é", "\u{1f600}", "\ud800", "null", "[", "{", "1e999", ":", "//", "https:", "javascript:"];
      const inserted = [String(odd[below(odd.length)]), other.slice(below(other.length)), String.fromCharCode(below(0xffff))][below(3)];
      text = below(4) ? text.slice(0, at) + inserted + text.slice(at + below(3)) : text.slice(0, at);
    }
    return text;
  };
}

describe("whatever comes", () => {
  test("a challenge is read or not, and never throws", async () => {
    const { readChallenges, tokenChallenge } = await importPkg("auth/challenge.js");
    const seeds = ["Bearer", 'Bearer realm="x", error="invalid_token"', 'DPoP algs="ES256", Bearer resource_metadata="https://h/x", scope="a b"', 'Basic realm="a \\"b\\", c", Bearer scope=x', "Negotiate abc==, Bearer"];
    const make = near();
    const began = performance.now();
    for (let i = 0; i < 20_000; i++) {
      const text = make(seeds);
      const all = readChallenges(text);
      assert.ok(Array.isArray(all), text);
      const found = tokenChallenge(text);
      for (const value of Object.values(found ?? {})) assert.equal(typeof value, "string", text);
    }
    assert.ok(performance.now() - began < 20_000);
  });

  test("metadata leads to a log-in or to an AuthError, and to no other scheme", async () => {
    const resource = JSON.stringify({ resource: "https://mcp.example/mcp", authorization_servers: ["https://login.example"], scopes_supported: ["read"] });
    const issuer = JSON.stringify({ issuer: "https://login.example", authorization_endpoint: "https://login.example/authorize", token_endpoint: "https://login.example/token", registration_endpoint: "https://login.example/register", code_challenge_methods_supported: ["S256"], scopes_supported: ["read", "offline_access"] });
    const make1 = near();
    const warn = console.warn;
    console.warn = () => {};
    let [done, failed] = [0, 0];
    for (let i = 0; i < 400; i++) {
      /** One member is another thing. @param {string} text */
      const other = (text) => {
        const members = Object.entries(JSON.parse(text));
        const [name, value] = /** @type {[string, any]} */ (members[i % members.length]);
        const odd = [null, 1, {}, [], [null], "", "javascript:alert(1)", "https://", `${value}/`, `${value}#x`, [value], undefined, make1([String(value)])];
        return JSON.stringify({ ...JSON.parse(text), [name]: odd[Math.floor(i / members.length) % odd.length] });
      };
      const change = i % 4 < 2 ? other : (/** @type {string} */ text) => make1([text]);
      const [first, second] = i % 2 ? [resource, change(issuer)] : [change(resource), issuer];
      const world = fakeLogin();
      const call = /** @type {typeof fetch} */ (async (url, init) => {
        const { pathname, protocol } = new URL(String(url));
        assert.equal(protocol, "https:");
        if (pathname.includes("oauth-protected-resource")) return new Response(first);
        if (pathname.includes(".well-known/")) return new Response(second);
        return world.fetch(url, init);
      });
      const auth = make(world, { fetch: call, open: (url) => (assert.equal(url.protocol, "https:"), world.open(url)) });
      await auth.login(world.server).then(
        () => done++,
        (error) => (failed++, assert.ok(error instanceof entry.AuthError, `${error?.stack}\n${first}\n${second}`)),
      );
    }
    console.warn = warn;
    assert.ok(done > 10 && failed > 100, `${done} ${failed}`);
  });
});

describe("WWW-Authenticate", () => {
  test("is read as it is written, and junk is passed over quickly", async () => {
    const { readChallenges, tokenChallenge } = await importPkg("auth/challenge.js");
    /** @type {[string, any][]} */
    const table = [
      ["Bearer", {}],
      ['Bearer realm="x"', { realm: "x" }],
      ['bearer RESOURCE_METADATA="https://h/x"', { resource_metadata: "https://h/x" }],
      ["Bearer resource_metadata=https://h/x, scope=read", { resource_metadata: "https://h/x", scope: "read" }],
      ['Bearer scope="a b", error="invalid_token"', { scope: "a b", error: "invalid_token" }],
      ['Bearer error_description="say \\"no\\", friend"', { error_description: 'say "no", friend' }],
      ['Basic realm="a, Bearer scope=evil", Bearer scope="good"', { scope: "good" }],
      ['Basic YWJj==, Bearer scope="good"', { scope: "good" }],
      ['Negotiate, DPoP algs="ES256", scope=x', { algs: "ES256", scope: "x" }],
      ['Bearer realm="x", Bearer resource_metadata="https://h"', { resource_metadata: "https://h" }],
      ['Bearer scope="first", scope="second"', { scope: "first" }],
      ['Bearer scope = "spaced"', { scope: "spaced" }],
      ['  ,, Bearer   scope="x" ,', { scope: "x" }],
      ['Bearer scope="never ends', { scope: "never ends" }],
      ["Basic realm=x", undefined],
      ["", undefined],
      ["=,=\"\u0000;;", undefined],
    ];
    for (const [field, params] of table) assert.deepEqual(tokenChallenge(field) && { ...tokenChallenge(field) }, params, field);
    const started = performance.now();
    for (const long of ["a".repeat(65_536), "a ".repeat(32_768), '"'.repeat(65_536), "a=".repeat(32_768), `Bearer x="${"\\".repeat(65_536)}`, ",".repeat(65_536), `a${" ".repeat(65_535)}b`, 'Bearer a="b" '.repeat(5_000)]) readChallenges(long);
    assert.ok(performance.now() - started < 1000);
    // Anything at all: it never throws.
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    const pieces = ["Bearer", "DPoP", " ", ",", "=", '"', "\\", "scope", "x", "\u0000", "ä", "~", "/", "=="];
    for (let i = 0; i < 5_000; i++) readChallenges(Array.from({ length: random() * 20 }, () => pieces[Math.floor(random() * pieces.length)]).join(""));
  });
});
