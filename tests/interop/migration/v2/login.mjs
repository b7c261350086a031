// A program that logs in by OAuth, as the example clients of the SDK 2.x do: sent away, called back, renewed.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeLogin } = await import(`${modules}/support/fake-login.mjs`);
  const world = fakeLogin({ resource: { scopes_supported: ["read"] } });
  const redirectUrl = "http://localhost:8090/callback";
  /** @type {any} */
  const kept = {};
  /** @type {string[]} */
  const seen = [];
  const keep = (/** @type {string} */ name) => async (/** @type {any} */ value) => {
    seen.push(name);
    kept[name] = value;
  };
  /** @type {any} */
  const authProvider = {
    redirectUrl,
    clientMetadata: { client_name: "program", redirect_uris: [redirectUrl], grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], token_endpoint_auth_method: "none" },
    state: async () => "of the program",
    clientInformation: () => kept.client,
    saveClientInformation: keep("client"),
    tokens: () => kept.tokens,
    saveTokens: keep("tokens"),
    saveCodeVerifier: keep("verifier"),
    codeVerifier: () => kept.verifier,
    redirectToAuthorization: async (/** @type {URL} */ url) => {
      seen.push("redirect");
      kept.code = new URL(await world.open(url)).searchParams.get("code");
    },
    invalidateCredentials: async (/** @type {string} */ what) => {
      seen.push(`invalidate ${what}`);
      delete kept.tokens;
    },
  };
  const make = () => new StreamableHTTPClientTransport(new URL(world.server), { authProvider, fetch: world.fetch });
  const named = (/** @type {Promise<unknown>} */ promise) => promise.then(() => "no error", (error) => [error instanceof UnauthorizedError, error instanceof Error]);

  const first = make();
  const refused = await named(new Client({ name: "program", version: "1.0.0" }).connect(first));
  await first.finishAuth(kept.code);
  const client = new Client({ name: "program", version: "1.0.0" });
  await client.connect(make());
  const call = () => client.callTool({ name: "work", arguments: {} }).then(({ content }) => content);
  const answer = await call();
  // The token has ended, and is renewed without the user.
  for (const token of [...world.tokens.keys()]) if (token.startsWith("access-")) world.tokens.delete(token);
  const renewed = await call();
  // Neither token is worth anything.
  for (const token of [...world.tokens.keys()]) if (token.startsWith("access-")) world.tokens.delete(token);
  world.refreshTokens.clear();
  const ended = await named(call());
  await client.close();
  const asked = ["client_id", "redirect_uri", "resource", "scope", "state", "response_type", "code_challenge_method"].map((name) => world.opened[0].searchParams.get(name));
  const posted = world.asked.filter((/** @type {any} */ { url }) => url.endsWith("/token")).map((/** @type {any} */ { body }) => [body.grant_type, body.resource, body.redirect_uri, body.client_id]);
  return { refused, answer, renewed, ended, seen, asked, posted, registered: world.count("/register"), windows: world.opened.length, scope: kept.client && kept.client.client_id };
}
