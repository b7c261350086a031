// What somebody may try on a log-in: a server, an authorization server, another script of the origin, bad luck between tabs.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fakeLogin } from "../support/fake-login.mjs";
import { importPkg } from "../support/paths.mjs";

/** @typedef {ReturnType<typeof fakeLogin>} World */
/** @typedef {import("../support/fake-login.mjs").Ask} Ask */

const { Client } = await importPkg();
const { AuthError, OAuth, bearer, memory } = await importPkg("auth/index.js");
const { Sessions } = await importPkg("auth/sessions.js");
const { keyFor } = await importPkg("auth/writing.js");
const { request } = await importPkg("auth/requests.js");
const redirectUri = "https://app.example/oauth.html";

/** @param {World} world @param {object} [options] */
const make = (world, options) => new OAuth({ redirectUri, fetch: world.fetch, open: world.open, ...options });
/** @param {World} world @param {any} auth @param {object} [options] */
const connect = (world, auth, options) => Client.connect(world.server, { auth, fetch: world.fetch, progressHandler: null, ...options });
/** @param {Promise<unknown>} promise @returns {Promise<any>} */
const failure = (promise) => promise.then(() => assert.fail("it did not fail"), (error) => error);
const state = async (/** @type {any} */ auth, /** @type {World} */ world) => (await auth.status(world.server)).state;
/** What ends a wait, and a promise of its end. */
const gate = () => {
  let open = () => {};
  const opened = /** @type {Promise<void>} */ (new Promise((resolve) => (open = resolve)));
  return { open, opened };
};
/** Waits until something holds. @param {() => unknown} such */
const until = async (such) => {
  while (!such()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe("who logs out while tokens are renewed", () => {
  /** A log-in whose next request for tokens waits. @param {object} [options] */
  async function waiting(options) {
    const { open, opened } = gate();
    let waits = false;
    const world = fakeLogin({ intercept: async ({ url, body }) => (waits && url.endsWith("/token") && body.grant_type === "refresh_token" ? (await opened, undefined) : undefined), ...options });
    const storage = memory();
    const auth = make(world, { storage });
    await auth.login(world.server);
    const client = await connect(world, auth);
    world.tokens.clear();
    waits = true;
    const call = failure(client.callTool("work"));
    await until(() => world.asked.some(({ body }) => body?.grant_type === "refresh_token"));
    return { world, storage, auth, call, open, client };
  }

  test("is logged out, and what was on its way is taken back", async () => {
    const { world, auth, call, open, client } = await waiting();
    await auth.logout(world.server);
    open();
    assert.equal((await call).code, "AUTH_REQUIRED");
    assert.equal(await state(auth, world), "none");
    const fresh = [...world.refreshTokens].at(-1);
    await until(() => world.asked.some(({ url, body }) => url.endsWith("/revoke") && body.token === fresh));
    await client.close();
  });

  test("and in again has the new log-in", async () => {
    const { world, storage, auth, call, open, client } = await waiting();
    const other = make(world, { storage });
    await other.logout(world.server);
    await other.login(world.server);
    const { access } = storage.get(`server ${world.server}`).tokens;
    open();
    // Whether the call goes on with it or not: nothing else takes its place.
    await call.catch(() => {});
    assert.equal(storage.get(`server ${world.server}`).tokens.access, access);
    await client.close();
  });
});

describe("between tabs", () => {
  test("a log-in that ends in one for another reason than a logout is no end of what another remembers", async () => {
    const world = fakeLogin();
    const [one, other] = [make(world), make(world)];
    await one.login(world.server);
    const client = await connect(world, one);
    const [, , own] = [await other.login(world.server), world.tokens.clear(), [...world.refreshTokens][0]];
    // The refresh token of the first is not taken any more.
    world.refreshTokens.delete(String(own));
    const heard = new Promise((resolve) => (other.onchange = (/** @type {string} */ _, /** @type {string} */ state) => state === "none" && resolve(undefined)));
    assert.equal((await failure(client.callTool("work"))).code, "AUTH_REQUIRED");
    await heard;
    assert.deepEqual([await state(one, world), await state(other, world)], ["none", "ready"]);
    await client.close();
  });

  test("a log-in that another has made while it was looked where the server has moved to stays", async () => {
    const { open, opened } = gate();
    let waits = false;
    const world = fakeLogin({ refreshes: false, intercept: async ({ url }) => (waits && url.includes("protected-resource") ? (await opened, undefined) : undefined) });
    const storage = memory();
    const [one, other] = [make(world, { storage }), make(world, { storage })];
    world.refreshes = true;
    await one.login(world.server);
    const client = await connect(world, one);
    world.tokens.clear();
    world.resource = { authorization_servers: ["https://new.example"] };
    waits = true;
    const call = client.callTool("work").catch((/** @type {any} */ error) => error.code);
    await until(() => world.asked.filter(({ url }) => url.includes("protected-resource")).length > 1);
    waits = false;
    world.issuer = "https://new.example";
    await other.login(world.server, { fresh: true });
    open();
    assert.deepEqual((await call).content, [{ type: "text", text: "done" }]);
    assert.equal(await state(other, world), "ready");
    await client.close();
  });

  test("the registration that another has made anew is not forgotten with the old one", async () => {
    const world = fakeLogin();
    const storage = memory();
    const auth = make(world, { storage });
    await auth.login(world.server);
    const client = await connect(world, auth);
    const key = `client ${world.issuer} ${redirectUri}`;
    const forgotten = async (/** @type {string} */ url, /** @type {RequestInit} */ init) => {
      if (!url.endsWith("/token")) return world.fetch(url, init);
      await storage.set(key, { ...storage.get(key), id: "anew" });
      return Response.json({ error: "invalid_client" }, { status: 401 });
    };
    world.tokens.clear();
    const late = make(world, { storage, fetch: forgotten });
    assert.equal((await failure(connect(world, late))).code, "AUTH_REQUIRED");
    assert.equal(storage.get(key).id, "anew");
    await client.close();
  });

  test("two that make a key at once have the same", async () => {
    const values = new Map();
    const slow = () => new Promise((resolve) => setTimeout(resolve, 5));
    const storage = { get: async (/** @type {string} */ key) => (await slow(), values.get(key)), set: async (/** @type {string} */ key, /** @type {unknown} */ value) => (await slow(), void values.set(key, value)), delete: async () => {} };
    const [one, other] = await Promise.all([new Sessions({}, storage), new Sessions({}, storage)].map((sessions) => keyFor(sessions, "https://login.example")));
    assert.ok(one && one === other && values.get("key https://login.example").pair === one);
  });

  test("what others say on the channel is looked at before it is believed", async () => {
    const world = fakeLogin();
    const auth = make(world);
    await auth.login(world.server);
    const heard = /** @type {unknown[]} */ ([]);
    auth.onchange = (/** @type {unknown[]} */ ...said) => heard.push(said);
    const channel = new BroadcastChannel("mcp-wasm-auth");
    const odd = [null, 5, "none", {}, { server: "no address", state: "none" }, { server: ["https://mcp.example/mcp"], state: "none" }, { server: world.server, state: "gone" }, { server: world.server, state: null, everywhere: true }, { server: "x", state: "none", everywhere: true }];
    const unhandled = /** @type {unknown[]} */ ([]);
    const note = (/** @type {unknown} */ reason) => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    for (const message of odd) channel.postMessage(message);
    // They come in order.
    const last = new Promise((resolve) => (auth.onchange = (/** @type {unknown[]} */ ...said) => (heard.push(said), resolve(undefined))));
    channel.postMessage({ server: "https://last.example", state: "ready" });
    await last;
    await new Promise((resolve) => setTimeout(resolve));
    process.off("unhandledRejection", note);
    channel.close();
    assert.deepEqual([unhandled, heard, await state(auth, world)], [[], [["https://last.example", "ready"]], "ready"]);
  });
});

describe("where a token goes", () => {
  test("a redirect of the server's is not followed with it", async () => {
    const world = fakeLogin();
    const auth = make(world);
    await auth.login(world.server);
    const made = /** @type {[string, RequestInit][]} */ ([]);
    const client = await connect(world, auth, { fetch: (/** @type {any} */ url, /** @type {any} */ init) => (made.push([String(url), init]), world.fetch(url, init)) });
    await client.callTool("work");
    await client.close();
    assert.ok(made.length >= 2 && made.every(([url, { redirect }]) => url === world.server && redirect === "error"));
  });

  test("nor are those of who lets people in, with codes, refresh tokens or registrations", async () => {
    const world = fakeLogin();
    const made = /** @type {[string, RequestInit][]} */ ([]);
    const auth = make(world, { fetch: (/** @type {any} */ url, /** @type {any} */ init) => (made.push([String(url), init]), world.fetch(url, init)) });
    await auth.login(world.server);
    world.tokens.clear();
    await (await connect(world, auth)).close();
    await auth.logout(world.server);
    const posts = made.filter(([url, { method }]) => method === "POST" && !url.startsWith(world.server));
    assert.deepEqual(posts.map(([url]) => new URL(url).pathname), ["/register", "/token", "/token", "/revoke", "/revoke"]);
    assert.ok(made.every(([, { redirect, credentials, referrerPolicy }]) => redirect === "error" && credentials === "omit" && referrerPolicy === "no-referrer"));
  });

  test("tickets are asked for at the server's own origin, whatever its metadata says", async () => {
    for (const endpoint of ["https://evil.example/ticket", "https://mcp.example:8443/ticket", "https://mcp.example.evil/ticket", "https://mcp.example@evil.example/ticket", "http://mcp.example/ticket", "/ticket", 5, null]) {
      const world = fakeLogin({ resource: { mcp_ticket_endpoint: endpoint } });
      const auth = make(world);
      await auth.login(world.server);
      for (const one of [auth, bearer("given")]) {
        const before = world.asked.length;
        const fetch = globalThis.fetch;
        globalThis.fetch = world.fetch;
        const error = await failure(one.ticket("wss://mcp.example/mcp")).finally(() => (globalThis.fetch = fetch));
        assert.equal(error.code, "AUTH_METADATA", String(endpoint));
        assert.ok(world.asked.slice(before).every(({ headers, method }) => method === "GET" && !headers.has("authorization")), String(endpoint));
      }
    }
  });

  test("metadata of another resource ends it, wherever it is found", async () => {
    const wrong = { resource: "https://bank.example/mcp", authorization_servers: ["https://evil.example"] };
    for (const named of [true, false]) {
      const world = fakeLogin({
        intercept: ({ url, headers }) => {
          if (url.includes("named") || url.includes("protected-resource")) return Response.json(wrong);
          return named && url === "https://mcp.example/mcp" && !headers.has("authorization") ? new Response("", { status: 401, headers: { "www-authenticate": 'Bearer resource_metadata="https://evil.example/named"' } }) : undefined;
        },
      });
      assert.equal((await failure(make(world).login(world.server))).code, "AUTH_RESOURCE_MISMATCH");
      assert.ok(world.opened.length === 0 && world.asked.every(({ method, url }) => method === "GET" && !url.startsWith("https://evil.example/.well-known")));
    }
  });

  test("an answer that names another issuer, or the same under another name, is of another log-in", async () => {
    for (const iss of ["https://evil.example", "https://login.example/", "https://LOGIN.example", "https://login.example:443", "https://login.example#", "", "null"]) {
      for (const said of [{ iss }, { iss, error: "access_denied", error_description: "WORDS OF SOMEBODY ELSE", code: undefined }]) {
        const world = fakeLogin();
        world.answer = () => said;
        const error = await failure(make(world).login(world.server));
        assert.deepEqual([error.code, world.count("/token"), error.description, error.message.includes("WORDS")], ["AUTH_ISSUER_MISMATCH", 0, undefined, false], iss);
      }
    }
  });
});

describe("what is shown", () => {
  test("no error says more of an address than its path, and its members lead on all the same", async () => {
    const server = "https://mcp.example/mcp?key=SECRET";
    /** @typedef {NonNullable<Parameters<typeof fakeLogin>[0]>} Faults @type {[code: string, faults: Faults][]} */
    const cases = [
      ["AUTH_METADATA", { resource: null, metadata: null, intercept: ({ url }) => (url === server ? new Response("", { status: 401 }) : undefined) }],
      ["AUTH_RESOURCE_MISMATCH", { resource: { resource: "https://other.example/?key=SECRET" } }],
      ["AUTH_METADATA", { metadata: { authorization_endpoint: "http://login.example/authorize?key=SECRET" } }],
      ["AUTH_METADATA", { metadata: { token_endpoint: "https://user:SECRET@login.example/token" } }],
      ["AUTH_PKCE", { metadata: { code_challenge_methods_supported: undefined } }],
      ["AUTH_CLIENT", { metadata: { registration_endpoint: undefined } }],
      ["AUTH_TRANSIENT", { metadata: { token_endpoint: "https://login.example/x?key=SECRET" }, intercept: ({ url }) => (url.includes("/x?") ? new Response("", { status: 503 }) : undefined) }],
      ["AUTH_TRANSIENT", { metadata: { token_endpoint: "https://login.example/x?key=SECRET" }, intercept: ({ url }) => (url.includes("/x?") ? Promise.reject(new TypeError("Failed to fetch")) : undefined) }],
      ["AUTH_REGISTRATION", { intercept: ({ url }) => (url.endsWith("/register") ? new Response("", { status: 403 }) : undefined) }],
    ];
    for (const [code, faults] of cases) {
      const world = fakeLogin({ server, ...faults });
      const error = await failure(make(world).login(server));
      assert.ok(error instanceof AuthError);
      assert.deepEqual([error.code, error.server], [code, server]);
      assert.ok(!/SECRET|user:/.test(`${error.message} ${error.stack}`), error.message);
      assert.ok(error.message.includes("https://mcp.example/mcp"), error.message);
    }
    const world = fakeLogin({ server });
    for (const auth of [make(world), bearer("refused")]) {
      const error = await failure(connect(world, auth));
      assert.deepEqual([error.code, error.server, /SECRET/.test(error.message)], ["AUTH_REQUIRED", server, false]);
    }
    const silent = fakeLogin({ resource: null, metadata: null });
    assert.ok(!/SECRET|user/.test((await failure(make(silent).login("https://user:pass@mcp.example/mcp?key=SECRET#SECRET"))).message));
  });

  test("nor does a warning", async () => {
    const { warn } = console;
    const said = /** @type {unknown[]} */ ([]);
    console.warn = (...words) => void said.push(...words);
    try {
      const world = fakeLogin({ server: "https://mcp.example/mcp?key=SECRET", metadata: { issuer: "https://login.example/" }, intercept: ({ url }) => (url.includes("protected-resource") ? Response.json({ resource: "https://mcp.example/mcp", authorization_servers: ["https://login.example"] }) : undefined) });
      await make(world).login(world.server);
    } finally {
      console.warn = warn;
    }
    assert.ok(said.length === 1 && !String(said[0]).includes("SECRET"), String(said[0]));
  });

  test("a token that no header carries is refused before anything could show it", async () => {
    for (const access_token of ["SECRET\r\nx: y", "SECRET\0", "SECRET one", "SECRETä", "SECRET\u{1f600}", "", ["SECRET"]]) {
      const world = fakeLogin({ intercept: ({ url }) => (url.endsWith("/token") ? Response.json({ access_token, token_type: "bearer" }) : undefined) });
      const auth = make(world);
      const error = await failure(auth.login(world.server));
      assert.deepEqual([error.code, await state(auth, world)], ["AUTH_TOKEN", "none"], JSON.stringify(access_token));
      assert.ok(!`${error.message} ${error.stack} ${JSON.stringify(error)}`.includes("SECRET"));
    }
  });

  test("a token that is bound to a key, for who has none, is no token", async () => {
    const world = fakeLogin({ intercept: ({ url }) => (url.endsWith("/token") ? Response.json({ access_token: "t", token_type: "DPoP" }) : undefined) });
    assert.equal((await failure(make(world).login(world.server))).code, "AUTH_TOKEN");
  });
});

describe("answers without end", () => {
  /** Bodies that never end, and whether they were left. */
  const endless = () => {
    const left = { is: false };
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(4096).fill(32)), cancel: () => void (left.is = true) });
    const slow = new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => void (left.is = true) });
    return { body, slow, left };
  };

  test("metadata is read to 256 KiB and no further, and counts as none", async () => {
    const { body, left } = endless();
    const outcome = await request(async () => new Response(body), "https://x.example", {});
    assert.deepEqual([outcome.status, outcome.json, left.is], [200, undefined, true]);
    const whole = (/** @type {number} */ size) => request(async () => new Response(`{"a":"${"x".repeat(size - 8)}"}`), "https://x.example", {});
    assert.ok((await whole(256 * 1024)).json && !(await whole(256 * 1024 + 1)).json);
  });

  test("who gives up is not kept waiting by a body that does not heed it", async () => {
    const { slow, left } = endless();
    const leave = new AbortController();
    const outcome = failure(request(async () => new Response(slow), "https://x.example", {}, leave.signal));
    setTimeout(() => leave.abort(new Error("enough")));
    assert.deepEqual([(await outcome).message, left.is], ["enough", true]);
  });

  test("each request ends by itself", async (t) => {
    const times = /** @type {number[]} */ ([]);
    const { setTimeout } = globalThis;
    t.after(() => (globalThis.setTimeout = setTimeout));
    // So long are they waited for, and here hardly.
    const hasty = (/** @type {() => void} */ act, /** @type {number} */ time) => (time === 30_000 || time === 5_000 ? (times.push(time), setTimeout(act, 1)) : setTimeout(act, time));
    globalThis.setTimeout = /** @type {any} */ (hasty);
    const hanging = (/** @type {any} */ _, /** @type {any} */ { signal } = {}) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const world = fakeLogin();
    const auth = make(world, { fetch: hanging });
    assert.equal((await failure(auth.login(world.server))).code, "AUTH_TRANSIENT");
    // The look at the server, and both places of its metadata, and those of its issuer.
    assert.deepEqual(times, Array(5).fill(30_000));
    // A page looks besides whether anybody is there.
    Object.defineProperty(globalThis, "location", { value: { origin: "https://app.example", href: "https://app.example/", hostname: "app.example" }, configurable: true });
    t.after(() => delete (/** @type {any} */ (globalThis).location));
    times.length = 0;
    assert.equal((await failure(make(world, { fetch: hanging }).login(world.server))).code, "AUTH_TRANSIENT");
    assert.deepEqual(times, [...Array(5).fill(30_000), 5_000]);
  });

  test("a server that lists any number of authorization servers sends nobody to more than ten", async () => {
    const listed = Array.from({ length: 5_000 }, (_, i) => `https://victim-${i % 2_500}.example`);
    const world = fakeLogin({ resource: { authorization_servers: listed } });
    assert.equal((await failure(make(world).login(world.server))).code, "AUTH_METADATA");
    const visited = new Set(world.asked.map(({ url }) => new URL(url).host).filter((host) => host.startsWith("victim")));
    assert.equal(visited.size, 10);
  });

  test("proofs that are never right: three requests to the server, two for tokens", async () => {
    let count = 0;
    const metadata = { dpop_signing_alg_values_supported: ["ES256"] };
    const picky = (/** @type {string} */ where) => (/** @type {Ask} */ { url, headers }) => {
      if (!headers.has("dpop")) return undefined;
      const nonce = { "dpop-nonce": `${count++}` };
      if (where === "token" && url.endsWith("/token")) return Response.json({ error: "use_dpop_nonce" }, { status: 400, headers: nonce });
      if (where === "server" && url === "https://mcp.example/mcp") return new Response("", { status: 401, headers: { "www-authenticate": 'DPoP error="use_dpop_nonce"', ...nonce } });
      return where === "server" && url.endsWith("/token") ? Response.json({ access_token: "t", token_type: "DPoP" }) : undefined;
    };
    const tokens = fakeLogin({ metadata, intercept: picky("token") });
    assert.equal((await failure(make(tokens, { dpop: true }).login(tokens.server))).code, "AUTH_TOKEN");
    assert.equal(tokens.count("/token"), 2);
    const world = fakeLogin({ metadata, intercept: picky("server") });
    const auth = make(world, { dpop: true });
    await auth.login(world.server);
    const before = world.asked.length;
    assert.ok(await failure(connect(world, auth, { mode: "legacy" })));
    assert.equal(world.asked.slice(before).filter(({ url }) => url === world.server).length, 3);
    // The same one again is not news.
    const stubborn = fakeLogin({ metadata, intercept: ({ url, headers }) => (headers.has("dpop") && url.endsWith("/token") ? Response.json({ error: "use_dpop_nonce" }, { status: 400, headers: { "dpop-nonce": "fixed" } }) : undefined), issuer: "https://stubborn.example" });
    assert.equal((await failure(make(stubborn, { dpop: true }).login(stubborn.server))).code, "AUTH_TOKEN");
    assert.equal(stubborn.count("/token"), 2);
  });
});
