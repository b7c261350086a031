// Log-ins that a program makes by hand, and requests that bring one along: as a program of the SDK 1.x has it.
import { UnauthorizedError, auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { applyMiddlewares, withOAuth } from "@modelcontextprotocol/sdk/client/middleware.js";

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeLogin } = await import(`${modules}/support/fake-login.mjs`);
  const redirectUrl = "http://localhost:8090/callback";

  /** @param {any} [options] */
  function program(options) {
    const world = fakeLogin(options);
    /** @type {any} */
    const kept = {};
    /** @type {string[]} */
    const seen = [];
    const provider = {
      redirectUrl,
      clientMetadata: { client_name: "program", redirect_uris: [redirectUrl] },
      clientInformation: () => kept.client,
      saveClientInformation: (/** @type {any} */ client) => void (kept.client = client),
      tokens: () => kept.tokens,
      saveTokens: (/** @type {any} */ tokens) => void (kept.tokens = tokens),
      redirectToAuthorization: async (/** @type {URL} */ url) => void (kept.code = new URL(await world.open(url)).searchParams.get("code")),
      saveCodeVerifier: (/** @type {string} */ verifier) => void (kept.verifier = verifier),
      codeVerifier: () => kept.verifier,
      saveDiscoveryState: (/** @type {any} */ state) => void (kept.state = state),
      discoveryState: () => kept.state,
      invalidateCredentials: (/** @type {string} */ what) => {
        seen.push(what);
        if (what === "client" || what === "all") delete kept.client;
        if (what === "tokens" || what === "all") delete kept.tokens;
      },
    };
    return { world, kept, seen, provider: /** @type {any} */ (provider) };
  }
  const error = (/** @type {any} */ thrown) => [thrown instanceof Error, thrown instanceof UnauthorizedError];

  const { world, kept, provider, seen } = program();
  const options = { serverUrl: world.server, fetchFn: world.fetch };
  const sent = await auth(provider, { ...options, scope: "read" });
  const scope = world.opened[0].searchParams.get("scope");
  const wrong = await auth(provider, { ...options, authorizationCode: "forged" }).catch(error);
  // A code that is none costs the tokens in the SDK, and nothing here.
  seen.length = 0;
  await auth(provider, options);
  const exchanged = await auth(provider, { ...options, authorizationCode: kept.code });
  const renewed = await auth(provider, options);
  const request = applyMiddlewares(withOAuth(provider, world.server))(world.fetch);
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  const post = () => request(world.server, { method: "POST", body }).then((/** @type {Response} */ { status }) => status, error);
  const first = await post();
  world.tokens.clear();
  const second = await post();
  world.refuses = true;
  const third = await post();
  world.refuses = false;
  world.tokens.clear();
  world.refreshTokens.clear();
  const fourth = await post();

  // The authorization server has forgotten the client.
  const forgetful = program({ intercept: (/** @type {any} */ { url, body: asked }) => (url.endsWith("/token") && asked.grant_type === "refresh_token" ? Response.json({ error: "invalid_client" }, { status: 401 }) : undefined) });
  const again = { serverUrl: forgetful.world.server, fetchFn: forgetful.world.fetch };
  await auth(forgetful.provider, again);
  await auth(forgetful.provider, { ...again, authorizationCode: forgetful.kept.code });
  const forgotten = await auth(forgetful.provider, again);

  const closed = program({ intercept: (/** @type {any} */ { url }) => (url.endsWith("/register") ? Response.json({ error: "access_denied", error_description: "ask us" }, { status: 403 }) : undefined) });
  const unregistered = await auth(closed.provider, { serverUrl: closed.world.server, fetchFn: closed.world.fetch }).catch(error);
  return { sent, scope, wrong, exchanged, renewed, first, second, third, fourth, seen, forgotten, forgets: forgetful.seen, unregistered };
}
