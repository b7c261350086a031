// The rules for a client that logs in, one by one, where no other test holds them: against servers that live in this process.
import assert from "node:assert/strict";
import { afterEach, describe, mock, test } from "node:test";
import { fakeLogin } from "../support/fake-login.mjs";
import { fakeMachines, opened } from "../support/fake-machines.mjs";
import { importPkg } from "../support/paths.mjs";

/** @typedef {ReturnType<typeof fakeLogin>} World */

const { Client } = await importPkg();
const { OAuth, memory } = await importPkg("auth/index.js");
const { isFresh } = await importPkg("auth/sessions.js");
const { sha256 } = await importPkg("auth/proof.js");
const redirectUri = "https://app.example/oauth.html";

/** @param {World} world @param {object} [options] */
const make = (world, options) => new OAuth({ redirectUri, fetch: world.fetch, open: world.open, ...options });
/** @param {World} world @param {any} auth @param {object} [options] */
const connect = (world, auth, options) => Client.connect(world.server, { auth, fetch: world.fetch, progressHandler: null, ...options });
/** @param {Promise<unknown>} promise */
const failure = (promise) => promise.then(() => assert.fail("it did not fail"), (error) => error);
/** @param {World} world @param {string} path */
const last = (world, path) => world.asked.filter(({ url }) => new URL(url).pathname.endsWith(path)).at(-1);
const asked = (/** @type {World} */ world, /** @type {string} */ name) => world.opened.at(-1)?.searchParams.get(name);

afterEach(() => mock.timers.reset());

describe("finding the way", () => {
  test("every request of a connection carries the token, and the end of a session never asks for a log-in", async () => {
    const world = fakeLogin();
    const fetch = /** @type {typeof globalThis.fetch} */ (async (url, init) => {
      const response = await world.fetch(url, init);
      // As a server from before 2026-07-28, with a session and a stream of its own.
      if (String(url) !== world.server || !response.ok) return response;
      const [method, verb] = [world.asked.at(-1)?.body?.method, init?.method];
      if (verb === "GET") return new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } });
      return method === "initialize" ? new Response(response.body, { headers: { "content-type": "application/json", "mcp-session-id": "one" } }) : response;
    });
    const auth = make(world);
    await auth.login(world.server);
    const client = await connect(world, auth, { fetch, mode: "legacy" });
    await client.callTool("work");
    world.tokens.clear();
    await client.close();
    const sent = world.asked.filter(({ url, headers }) => url === world.server && headers.has("authorization") === true);
    assert.deepEqual([...new Set(sent.map(({ method }) => method))].sort(), ["DELETE", "GET", "POST"]);
    // Only the look before the log-in had none.
    assert.equal(world.asked.filter(({ url, headers }) => url === world.server && !headers.has("authorization")).length, 1);
    assert.ok(world.asked.every(({ url }) => !url.includes("access-")));
    assert.equal(world.opened.length, 1);
  });

  test("the metadata of an issuer with a path is looked for at its three places, never at the root", async () => {
    /** @type {[issuer: string, places: string[]][]} */
    const cases = [
      ["https://login.example/a/b", ["/.well-known/oauth-authorization-server/a/b", "/.well-known/openid-configuration/a/b", "/a/b/.well-known/openid-configuration"]],
      ["https://login.example/a/", ["/.well-known/oauth-authorization-server/a", "/.well-known/openid-configuration/a", "/a/.well-known/openid-configuration"]],
      ["https://login.example", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]],
    ];
    for (const [issuer, places] of cases) {
      const world = fakeLogin({ resource: { authorization_servers: [issuer] }, metadata: null });
      await failure(make(world).login(world.server));
      assert.deepEqual(world.asked.filter(({ url }) => url.startsWith("https://login.example/")).map(({ url }) => new URL(url).pathname), places);
    }
  });

  test("a server without metadata is its own issuer, as in 2025-03-26", async () => {
    const world = fakeLogin({ issuer: "https://mcp.example", resource: null });
    await make(world).login(world.server);
    assert.deepEqual([world.opened[0]?.origin, asked(world, "resource")], ["https://mcp.example", world.server]);
  });

  test("the metadata that a challenge names is looked at, and where it cannot be read, the usual places", async () => {
    const named = "https://mcp.example/elsewhere";
    for (const readable of [true, false]) {
      const world = fakeLogin({
        intercept: ({ url, headers }) => {
          if (url === named) return readable ? Response.json({ resource: "https://mcp.example/mcp", authorization_servers: ["https://login.example"] }) : new Response("", { status: 404 });
          return url === "https://mcp.example/mcp" && !headers.has("authorization") ? new Response("", { status: 401, headers: { "www-authenticate": `Bearer resource_metadata="${named}"` } }) : undefined;
        },
      });
      await make(world).login(world.server);
      assert.deepEqual([world.count("/elsewhere"), world.count("/.well-known/oauth-protected-resource/mcp")], [1, readable ? 0 : 1]);
    }
  });

  test("metadata is asked for plainly: no header, no cookie, no redirect, nothing kept", async () => {
    const world = fakeLogin();
    /** @type {[string, RequestInit][]} */
    const made = [];
    await make(world, { fetch: (/** @type {any} */ url, /** @type {any} */ init) => (made.push([String(url), init]), world.fetch(url, init)) }).login(world.server);
    const plain = made.filter(([url]) => url.includes(".well-known"));
    assert.ok(plain.length >= 2);
    for (const [url, { method, headers, redirect, credentials, cache, body }] of plain) {
      assert.deepEqual([method, headers, redirect, credentials, cache, body], [undefined, undefined, "error", "omit", "no-store", undefined], url);
    }
  });

  test("a 403 that names no missing scope is an ordinary error", async () => {
    const world = fakeLogin({ intercept: ({ url, body }) => (url === "https://mcp.example/mcp" && body?.method === "tools/call" ? new Response("", { status: 403, headers: { "www-authenticate": "Bearer" } }) : undefined) });
    const auth = make(world);
    await auth.login(world.server);
    const client = await connect(world, auth);
    const { code, status } = await failure(client.callTool("work"));
    assert.deepEqual([code, status, world.count("/token")], ["HTTP_ERROR", 403, 1]);
    await client.close();
  });
});

describe("who the app is", () => {
  test("a registration is kept by issuer and redirect URI", async () => {
    const world = fakeLogin();
    const storage = memory();
    await make(world, { storage }).login(world.server);
    const again = async (/** @type {object} */ options) => {
      const auth = make(world, { storage, ...options });
      await auth.logout(world.server);
      await auth.login(world.server);
      return world.count("/register");
    };
    assert.deepEqual([await again({}), await again({ redirectUri: "https://app.example/other.html" }), await again({})], [1, 2, 2]);
  });

  test("a document that can be none, or that no server would take, leads to a registration", async () => {
    const takes = { client_id_metadata_document_supported: true };
    /** @type {[string, object][]} */
    const cases = [
      ["http://app.example/client.json", takes],
      ["https://app.example", takes],
      ["https://app.example/", takes],
      ["https://app.example/client.json?x=1", takes],
      ["https://app.example/client.json#x", takes],
      ["https://u:p@app.example/client.json", takes],
      ["https://app.example/a/../client.json", takes],
      ["https://app.example/./client.json", takes],
      ["https://app.example/a/%2E%2e/client.json", takes],
      ["https://app.example/a/..", takes],
      ["https://app.example/client.json?", takes],
      ["https://app.example/client.json#", takes],
      ["https://app.example/client.json", {}],
      ["https://app.example/client.json", { ...takes, token_endpoint_auth_methods_supported: ["client_secret_basic"] }],
    ];
    for (const [clientMetadata, metadata] of cases) {
      const world = fakeLogin({ metadata });
      await make(world, { clientMetadata }).login(world.server);
      assert.match(asked(world, "client_id") ?? "", /^client-/, clientMetadata);
    }
  });

  test("it registers as what its redirect URI is, once more as the other, and says why not", async () => {
    const world = fakeLogin({ intercept: ({ url, body }) => (url.endsWith("/register") && body.application_type === "web" ? Response.json({ error: "invalid_redirect_uri", error_description: "no" }, { status: 400 }) : undefined) });
    await make(world).login(world.server);
    assert.deepEqual(world.asked.filter(({ url }) => url.endsWith("/register")).map(({ body }) => body.application_type), ["web", "native"]);
    const closed = fakeLogin({ intercept: ({ url }) => (url.endsWith("/register") ? Response.json({ error: "invalid_redirect_uri", error_description: "only here" }, { status: 400 }) : undefined) });
    const error = await failure(make(closed).login(closed.server));
    assert.deepEqual([error.code, closed.count("/register"), error.description], ["AUTH_REGISTRATION", 2, "only here"]);
    for (const part of ["only here", redirectUri, "`client`", "`clientMetadata`"]) assert.ok(error.message.includes(part), part);
  });

  test("it calls itself by `clientName`, else as the page is called, else by the package", async (t) => {
    const named = async (/** @type {object} */ options) => {
      const world = fakeLogin();
      await make(world, options).login(world.server);
      return last(world, "/register")?.body.client_name;
    };
    assert.deepEqual([await named({ clientName: "An app" }), await named({})], ["An app", "mcp-wasm"]);
    Object.defineProperty(globalThis, "document", { value: { title: "A page" }, configurable: true });
    t.after(() => delete (/** @type {any} */ (globalThis).document));
    assert.deepEqual([await named({}), await named({ clientName: "An app" })], ["A page", "An app"]);
    /** @type {any} */ (globalThis).document.title = "";
    assert.equal(await named({}), "mcp-wasm");
  });

  test("what a registration answers counts: 200, a method, a secret, and how long it is good", async () => {
    let until = 0;
    const world = fakeLogin({
      metadata: { token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"] },
      intercept: ({ url }) => (url.endsWith("/register") ? Response.json({ client_id: `made-${until}`, client_secret: "s", client_secret_expires_at: until, token_endpoint_auth_method: "client_secret_post" }) : undefined),
    });
    const storage = memory();
    const visit = async () => {
      const auth = make(world, { storage });
      await auth.logout(world.server);
      await auth.login(world.server);
      const { headers, body } = /** @type {any} */ (last(world, "/token"));
      assert.deepEqual([headers.get("authorization"), body.client_secret], [null, "s"]);
      return world.count("/register");
    };
    assert.deepEqual([await visit(), await visit()], [1, 1]);
    until = Math.floor(Date.now() / 1000) - 1;
    await make(world, { storage }).login(world.server, { fresh: true });
    assert.equal(await visit(), 3);
  });

  test("a secret is form-encoded before base64", async () => {
    const world = fakeLogin();
    await make(world, { client: { id: "a b:ü", secret: "p+%/é", issuer: world.issuer } }).login(world.server);
    const [, text = ""] = (last(world, "/token")?.headers.get("authorization") ?? "").split(" ");
    assert.equal(Buffer.from(text, "base64").toString(), "a+b%3A%C3%BC:p%2B%25%2F%C3%A9");
  });

  test("a redirect URI is https or on this machine", async () => {
    const world = fakeLogin();
    for (const bad of ["http://app.example/oauth.html", "javascript:x", "app:/x"]) assert.equal((await failure(make(world, { redirectUri: bad }).login(world.server))).code, "INVALID_ARGUMENT", bad);
    await make(world, { redirectUri: "http://127.0.0.1:8080/cb" }).login(world.server);
    assert.equal(asked(world, "redirect_uri"), "http://127.0.0.1:8080/cb");
  });
});

describe("asking", () => {
  test("scopes: those of the challenge, of the metadata, of the app, or none", async () => {
    /** @type {[challenge: string | undefined, resource: object, scope: string | undefined, expected: string | null][]} */
    const cases = [
      ["c", { scopes_supported: ["r"] }, "a", "c"],
      [undefined, { scopes_supported: ["r", "s"] }, "a", "r s"],
      [undefined, {}, "a b", "a b"],
      [undefined, {}, undefined, null],
    ];
    for (const [challenge, resource, scope, expected] of cases) {
      const world = fakeLogin({
        resource,
        // Never its whole list.
        metadata: { scopes_supported: ["everything"] },
        intercept: ({ url, headers }) => (challenge && url === "https://mcp.example/mcp" && !headers.has("authorization") ? new Response("", { status: 401, headers: { "www-authenticate": `Bearer scope="${challenge}"` } }) : undefined),
      });
      await make(world, { scope }).login(world.server);
      assert.equal(asked(world, "scope"), expected);
    }
  });

  test("the resource is what the app says, or none", async () => {
    for (const [resource, expected] of /** @type {const} */ ([["https://mcp.example", "https://mcp.example"], [false, null]])) {
      const world = fakeLogin();
      const auth = make(world, { resource });
      await auth.login(world.server);
      assert.deepEqual([asked(world, "resource"), last(world, "/token")?.body.resource ?? null], [expected, expected]);
      world.tokens.clear();
      await (await connect(world, auth)).close();
      assert.equal(last(world, "/token")?.body.resource ?? null, expected);
    }
  });

  test("RFC 7636, appendix B: the challenge of a verifier", async () => {
    assert.equal(await sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  });
});

describe("coming back", () => {
  test("an answer after ten minutes is too late, and no code is used", async () => {
    mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const world = fakeLogin();
    const late = async (/** @type {URL} */ url) => (mock.timers.tick(600_001), world.open(url));
    assert.equal((await failure(make(world, { open: late }).login(world.server))).code, "AUTH_STATE");
    assert.equal(world.count("/token"), 0);
  });

  test("the code goes to the endpoint that was known when it was asked for", async () => {
    const world = fakeLogin();
    const moves = async (/** @type {URL} */ url) => {
      world.metadata = { token_endpoint: "https://evil.example/token" };
      return world.open(url);
    };
    await make(world, { open: moves }).login(world.server);
    assert.ok(world.asked.every(({ url }) => !url.startsWith("https://evil.example")));
    assert.equal(world.asked.filter(({ url }) => url.includes(".well-known/oauth-authorization-server")).length, 1);
  });

  test("what a token endpoint may answer", async () => {
    /** @type {[answer: object, status: number, expected: object | string][]} */
    const cases = [
      [{ access_token: "t", token_type: "BEARER", expires_in: "3600", id_token: "not looked at" }, 200, { scope: "read", life: 3600, state: "ready" }],
      [{ access_token: "t", token_type: "bearer", expires_in: 0 }, 200, { scope: "read", life: 0, state: "expired" }],
      [{ access_token: "t", token_type: "Bearer" }, 200, { scope: "read", life: undefined, state: "ready" }],
      [{ access_token: "t", token_type: "Bearer", expires_in: -5, scope: "less" }, 200, { scope: "less", life: undefined, state: "ready" }],
      [{ error: "incorrect_client_credentials" }, 200, "AUTH_TOKEN"],
      [{ error: "invalid_client" }, 401, "AUTH_CLIENT"],
      [{ error: "unauthorized_client" }, 400, "AUTH_CLIENT"],
      [{ error: "invalid_grant" }, 400, "AUTH_TOKEN"],
      [{ access_token: "t", token_type: "mac" }, 200, "AUTH_TOKEN"],
      [{ access_token: 5, token_type: "bearer" }, 200, "AUTH_TOKEN"],
      // As Slack has it.
      [{ ok: true, authed_user: { access_token: "t" } }, 200, "AUTH_TOKEN"],
      [{}, 404, "AUTH_TOKEN"],
    ];
    for (const [answer, status, expected] of cases) {
      mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
      const world = fakeLogin({ resource: { scopes_supported: ["read"] }, intercept: ({ url }) => (url.endsWith("/token") ? Response.json(answer, { status }) : undefined) });
      const auth = make(world);
      const outcome = await auth.login(world.server).catch((/** @type {any} */ error) => error.code);
      if (typeof expected === "string") assert.equal(outcome, expected, JSON.stringify(answer));
      else {
        const { scope, expires, state } = await auth.status(world.server);
        assert.deepEqual({ scope, life: expires === undefined ? undefined : (expires - 1_000_000) / 1000, state }, expected);
      }
      assert.equal(last(world, "/token")?.headers.get("accept"), "application/json");
      mock.timers.reset();
    }
  });

  test("a refresh that brings no new refresh token keeps the old one", async () => {
    const world = fakeLogin();
    const auth = make(world);
    await auth.login(world.server);
    world.refreshes = false;
    const [refresh = ""] = world.refreshTokens;
    for (let i = 0; i < 2; i++) {
      world.tokens.clear();
      world.refreshTokens.add(refresh);
      await (await connect(world, auth)).close();
      assert.equal(last(world, "/token")?.body.refresh_token, refresh);
    }
  });
});

describe("keeping it", () => {
  test("a token is renewed 30 seconds before its end, or a tenth of its life", () => {
    mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    const fresh = (/** @type {number} */ left, /** @type {number} */ life) => isFresh({ expires: 1_000_000 + left * 1000, life: life * 1000 });
    assert.deepEqual([fresh(31, 3600), fresh(30, 3600), fresh(11, 100), fresh(10, 100), isFresh({})], [true, false, true, false, true]);
  });

  test("status, headers and onchange tell how it stands", async () => {
    const world = fakeLogin({ lives: 3600, refreshes: false });
    mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    const auth = make(world);
    /** @type {string[]} */
    const heard = [];
    auth.onchange = (/** @type {string} */ server, /** @type {string} */ state) => void heard.push(`${server} ${state}`);
    const ask = () => auth.headers({ method: "GET", url: `${world.server}/own`, server: world.server }).catch((/** @type {any} */ error) => error.code);
    assert.deepEqual([await auth.status(new URL(world.server)), await ask()], [{ state: "none" }, {}]);
    await auth.login(new URL(world.server));
    assert.equal((await auth.status(world.server)).state, "ready");
    assert.match((await ask()).authorization, /^Bearer access-/);
    mock.timers.tick(3_600_000);
    // The server has the last word on that: clocks differ.
    assert.deepEqual([(await auth.status(world.server)).state, Object.keys(await ask())], ["expired", ["authorization"]]);
    assert.deepEqual(heard, [`${world.server} ready`]);
  });

  test("a logout takes tokens back unless it is told not to, or nobody takes them", async () => {
    for (const [how, metadata, revoked] of /** @type {const} */ ([[undefined, {}, 2], [{ revoke: true }, {}, 2], [{ revoke: false }, {}, 0], [{}, { revocation_endpoint: undefined }, 0]])) {
      const world = fakeLogin({ metadata });
      const auth = make(world);
      await auth.login(world.server);
      await auth.logout(world.server, how);
      assert.deepEqual([world.count("/revoke"), (await auth.status(world.server)).state], [revoked, "none"]);
      await auth.logout(world.server);
      assert.equal(world.count("/revoke"), revoked, "there is nothing any more");
    }
    const down = fakeLogin({ intercept: ({ url }) => (url.endsWith("/revoke") ? Promise.reject(new TypeError("Failed to fetch")) : undefined) });
    const auth = make(down);
    await auth.login(down.server);
    await auth.logout(down.server);
    assert.equal((await auth.status(down.server)).state, "none");
  });

  test("a page that is not secure is told so before anything is asked", async () => {
    const world = fakeLogin();
    Object.defineProperty(globalThis, "isSecureContext", { value: false, configurable: true });
    try {
      const error = await failure(make(world).login(world.server));
      assert.deepEqual([error.code, world.asked.length, world.opened.length], ["AUTH_INSECURE", 0, 0]);
    } finally {
      delete (/** @type {any} */ (globalThis).isSecureContext);
    }
  });
});

describe("proofs of possession", () => {
  const metadata = { dpop_signing_alg_values_supported: ["RS256", "ES256"] };

  test("each request has its own, with what that server wants to find in it, and a token is sent by them alone", async () => {
    const { world, asked: tokens } = fakeMachines({ proves: true, login: { metadata, resource: { scopes_supported: ["read"] } } });
    const auth = make(world, { dpop: true });
    await auth.login(world.server);
    const client = await connect(world, auth);
    await client.callTool("work");
    world.tokens.clear();
    await client.callTool("work");
    await client.close();
    // The first of each kind is told of the nonce.
    assert.deepEqual(tokens.map((/** @type {any} */ { grant_type: type, proof }) => [type, proof]), [["authorization_code", true], ["authorization_code", true], ["refresh_token", true]]);
    const sent = world.asked.filter(({ url, headers }) => url === world.server && headers.has("dpop")).map(({ headers }) => opened(String(headers.get("dpop"))));
    assert.ok(sent.length >= 4 && new Set(sent.map(({ claims }) => claims.jti)).size === sent.length);
    assert.ok(sent.every(({ claims, head, isSigned }) => isSigned && claims.ath && head.typ === "dpop+jwt" && !("d" in head.jwk)));
  });

  test("who is asked for none, or cannot check them, gets none", async () => {
    for (const [dpop, said] of /** @type {const} */ ([[false, metadata], [true, {}], [true, { dpop_signing_alg_values_supported: ["EdDSA"] }]])) {
      const world = fakeLogin({ metadata: said });
      const auth = make(world, { dpop });
      await auth.login(world.server);
      await (await connect(world, auth)).close();
      assert.ok(world.asked.every(({ headers }) => !headers.has("dpop")));
    }
  });

  test("the clock of a server that refuses a proof is the one that counts there", async () => {
    const ahead = 7200;
    const time = () => Math.floor(Date.now() / 1000) + ahead;
    /** @type {number[]} */
    const seen = [];
    const world = fakeLogin({
      metadata: { ...metadata, token_endpoint: "https://clock.example/token" },
      intercept: ({ url, headers }) => {
        if (!url.endsWith("/token")) return undefined;
        const { claims } = opened(String(headers.get("dpop")));
        seen.push(Math.round((claims.iat - time()) / 60));
        if (Math.abs(claims.iat - time()) < 60) return undefined;
        return Response.json({ error: "invalid_dpop_proof" }, { status: 400, headers: { date: new Date(time() * 1000).toUTCString() } });
      },
    });
    await make(world, { dpop: true }).login(world.server);
    assert.deepEqual(seen, [-120, 0]);
  });
});
