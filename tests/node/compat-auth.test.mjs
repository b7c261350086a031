// Programs of the TypeScript SDKs log in by their `OAuthClientProvider`, against servers that live in this process.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fakeLogin } from "../support/fake-login.mjs";
import { importPkg } from "../support/paths.mjs";

/** @typedef {ReturnType<typeof fakeLogin>} World */

const redirectUrl = "http://localhost:8090/callback";

/**
 * A provider as the SDKs' example programs have it.
 * @param {World} world @param {(value: any) => any} wrap what its members answer by: at once, or later @param {any} [more]
 */
function providerFor(world, wrap, more) {
  /** @type {any} */
  const kept = {};
  const seen = /** @type {string[]} */ ([]);
  const keep = (/** @type {string} */ name) => (/** @type {any} */ value) => (seen.push(name), (kept[name] = value), wrap(undefined));
  const provider = {
    redirectUrl,
    clientMetadata: { client_name: "program", redirect_uris: [redirectUrl], grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], token_endpoint_auth_method: "none" },
    state: () => wrap("of the program"),
    clientInformation: () => wrap(kept.client),
    saveClientInformation: keep("client"),
    tokens: () => wrap(kept.tokens),
    saveTokens: keep("tokens"),
    saveCodeVerifier: keep("verifier"),
    codeVerifier: () => wrap(kept.verifier),
    redirectToAuthorization: async (/** @type {URL} */ url) => {
      seen.push("redirect");
      kept.answer = new URL(await world.open(url)).searchParams;
    },
    invalidateCredentials: (/** @type {string} */ what) => {
      seen.push(`invalidate ${what}`);
      if (what === "all") delete kept.client;
      delete kept.tokens;
      return wrap(undefined);
    },
    ...more,
  };
  return { provider, kept, seen };
}

for (const version of ["v1", "v2"]) {
  for (const [name, wrap] of /** @type {[string, (value: any) => any][]} */ ([["at once", (value) => value], ["later", async (value) => value]])) {
    describe(`compat/${version}, a provider that answers ${name}`, () => {
      /** @param {World} world @param {any} [more] */
      async function program(world, more) {
        const entry = await importPkg(`compat/${version}.js`);
        const { provider, kept, seen } = providerFor(world, wrap, more);
        const make = () => new entry.StreamableHTTPClientTransport(new URL(world.server), { authProvider: provider, fetch: world.fetch });
        const client = () => new entry.Client({ name: "program", version: "1.0.0" }, version === "v1" ? { mode: "auto" } : { versionNegotiation: { mode: "auto" } });
        /** As the SDKs' example program has it. */
        const whole = async () => {
          const transport = make();
          let one = client();
          try {
            await one.connect(transport);
          } catch (error) {
            if (!(error instanceof entry.UnauthorizedError)) throw error;
            await transport.finishAuth(kept.answer.get("code"));
            await (one = client()).connect(make());
          }
          return one;
        };
        return { entry, provider, kept, seen, make, client, whole };
      }

      test("the whole flow: refused, sent to log in, code exchanged, connected, called", async () => {
        const world = fakeLogin({ resource: { scopes_supported: ["read"] } });
        const { whole, kept, seen } = await program(world);
        const client = await whole();
        assert.deepEqual((await client.callTool({ name: "work" })).content, [{ type: "text", text: "done" }]);
        await client.close();
        assert.deepEqual(seen, ["client", "verifier", "redirect", "tokens"]);
        const { searchParams: asked } = /** @type {URL} */ (world.opened[0]);
        assert.deepEqual(["state", "redirect_uri", "scope", "resource", "code_challenge_method"].map((key) => asked.get(key)), ["of the program", redirectUrl, "read", world.server, "S256"]);
        const registered = world.asked.find(({ url }) => url.endsWith("/register"))?.body;
        assert.deepEqual([registered.client_name, registered.redirect_uris], ["program", [redirectUrl]]);
        assert.deepEqual([kept.client.client_id, kept.client.issuer], [asked.get("client_id"), world.issuer]);
        assert.match(kept.tokens.access_token, /^access-/);
        assert.deepEqual([kept.tokens.token_type, kept.tokens.expires_in, kept.tokens.scope], ["Bearer", 3600, "read"]);
        const token = world.asked.find(({ url }) => url.endsWith("/token"))?.body;
        assert.deepEqual([token.redirect_uri, token.code_verifier, token.resource], [redirectUrl, kept.verifier, world.server]);
      });

      test("a code that another transport, or another page, has asked for is exchanged", async () => {
        const world = fakeLogin();
        const { make, client, kept, entry } = await program(world);
        await assert.rejects(client().connect(make()), entry.UnauthorizedError);
        await make().finishAuth(kept.answer.get("code"));
        const one = client();
        await one.connect(make());
        await one.close();
      });

      test("a token that has ended is renewed once for all calls, and nobody is sent anywhere", async () => {
        const world = fakeLogin();
        const { whole, seen } = await program(world);
        const client = await whole();
        for (const token of world.tokens.keys()) if (token.startsWith("access-")) world.tokens.delete(token);
        seen.length = 0;
        await Promise.all([client.callTool({ name: "work" }), client.callTool({ name: "work" }), client.callTool({ name: "work" })]);
        assert.deepEqual(seen, ["tokens"]);
        assert.equal(world.opened.length, 1);
        await client.close();
      });

      test("a refresh token that is not taken any more is dropped, and the user is sent to log in", async () => {
        const world = fakeLogin();
        const { whole, seen, entry } = await program(world);
        const client = await whole();
        for (const token of world.tokens.keys()) if (token.startsWith("access-")) world.tokens.delete(token);
        world.refreshTokens.clear();
        seen.length = 0;
        await assert.rejects(client.callTool({ name: "work" }), entry.UnauthorizedError);
        assert.deepEqual(seen, ["invalidate tokens", "verifier", "redirect"]);
        await client.close();
      });

      test("more rights: the user is sent with the union of scopes", async () => {
        const world = fakeLogin({ resource: { scopes_supported: ["read"] } });
        const { whole, make, entry, kept } = await program(world);
        const client = await whole();
        world.needs["tools/call"] = ["write"];
        await assert.rejects(client.callTool({ name: "work" }), entry.UnauthorizedError);
        assert.equal(world.opened.at(-1)?.searchParams.get("scope"), "read write");
        await make().finishAuth(kept.answer.get("code"));
        await client.callTool({ name: "work" });
        await client.close();
      });

      test("an authorization server that does not announce PKCE is refused, unless the program knows better", async () => {
        const world = fakeLogin({ metadata: { code_challenge_methods_supported: undefined } });
        const { make, client, provider, entry } = await program(world);
        await assert.rejects(client().connect(make()), { code: "AUTH_PKCE" });
        assert.equal(world.opened.length, 0);
        const transport = new entry.StreamableHTTPClientTransport(new URL(world.server), { authProvider: provider, fetch: world.fetch, assumePkce: [world.issuer] });
        await assert.rejects(client().connect(transport), entry.UnauthorizedError);
        assert.equal(world.opened[0]?.searchParams.get("code_challenge_method"), "S256");
      });

      test("finishAuth without a provider, or with a code that is not taken, is refused", async () => {
        const world = fakeLogin();
        const { make, client, entry } = await program(world);
        await assert.rejects(new entry.StreamableHTTPClientTransport(new URL(world.server)).finishAuth("x"), entry.UnauthorizedError);
        await assert.rejects(client().connect(make()), entry.UnauthorizedError);
        await assert.rejects(make().finishAuth("forged"), /gives no tokens/);
      });

      test("a secret, a client of its own and an authentication of its own", async () => {
        const world = fakeLogin({ metadata: { token_endpoint_auth_methods_supported: ["client_secret_post"] } });
        const { whole } = await program(world, { clientInformation: () => wrap({ client_id: "given", client_secret: "hidden" }), saveClientInformation: undefined });
        await (await whole()).close();
        const token = world.asked.find(({ url }) => url.endsWith("/token"))?.body;
        assert.deepEqual([token.client_id, token.client_secret, world.count("/register")], ["given", "hidden", 0]);
        const other = fakeLogin();
        const own = (/** @type {Headers} */ headers, /** @type {URLSearchParams} */ form) => (headers.set("x-client", "me"), form.set("client_assertion", "signed"), wrap(undefined));
        await (await (await program(other, { addClientAuthentication: own })).whole()).close();
        const asked = other.asked.find(({ url }) => url.endsWith("/token"));
        assert.deepEqual([asked?.headers.get("x-client"), asked?.body.client_assertion], ["me", "signed"]);
      });

      test("a program without a person brings its own request for tokens", async () => {
        const world = fakeLogin({ intercept: ({ url, body }) => (url.endsWith("/token") && body.grant_type === "client_credentials" ? world.grant(["read"]) : undefined) });
        const { client, make } = await program(world, {
          redirectUrl: undefined,
          clientInformation: () => wrap({ client_id: "machine", client_secret: "hidden" }),
          prepareTokenRequest: () => wrap(new URLSearchParams({ grant_type: "client_credentials" })),
        });
        const one = client();
        await one.connect(make());
        await one.close();
        assert.equal(world.opened.length, 0);
      });
    });
  }
}

describe("compat/v2", () => {
  test("the issuer in the callback's parameters is compared before the code is used", async () => {
    const world = fakeLogin({ metadata: { authorization_response_iss_parameter_supported: true } });
    const entry = await importPkg("compat/v2.js");
    const { provider, kept } = providerFor(world, (value) => value);
    const make = () => new entry.StreamableHTTPClientTransport(new URL(world.server), { authProvider: provider, fetch: world.fetch });
    await assert.rejects(new entry.Client({ name: "p", version: "1" }, { versionNegotiation: { mode: "auto" } }).connect(make()), entry.UnauthorizedError);
    const transport = make();
    const refused = (/** @type {Promise<unknown>} */ promise) => promise.catch((error) => [error instanceof entry.IssuerMismatchError, error.kind, error.expected, error.received, error.cause.code]);
    const expected = [true, "authorization_response", world.issuer];
    assert.deepEqual(await refused(transport.finishAuth(kept.answer)), [...expected, undefined, "AUTH_ISSUER_MISMATCH"]);
    assert.deepEqual(await refused(transport.finishAuth(kept.answer.get("code"), "https://evil.example")), [...expected, "https://evil.example", "AUTH_ISSUER_MISMATCH"]);
    assert.equal(world.count("/token"), 0);
    await transport.finishAuth(kept.answer.get("code"), world.issuer);
    assert.match(kept.tokens.access_token, /^access-/);
  });

  test("a provider of tokens alone hears of a refusal, and the request is sent once more", async () => {
    const world = fakeLogin();
    const entry = await importPkg("compat/v2.js");
    let token = "old";
    const heard = /** @type {any[]} */ ([]);
    const authProvider = {
      token: async () => token,
      onUnauthorized: async (/** @type {any} */ context) => {
        heard.push([context.response.status, context.serverUrl.href, typeof context.fetchFn]);
        token = (await world.grant([]).json()).access_token;
      },
    };
    const client = new entry.Client({ name: "p", version: "1" }, { versionNegotiation: { mode: "auto" } });
    await client.connect(new entry.StreamableHTTPClientTransport(new URL(world.server), { authProvider, fetch: world.fetch }));
    assert.deepEqual(heard, [[401, world.server, "function"]]);
    await client.close();
  });
});
