// An authorization server by `oidc-provider`: for tests, whose person logs in and agrees at once, and for
// the demo (`cargo xtask demo --auth`), where it shows a page to whoever sits there.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
// @ts-expect-error it has no declarations
import { Provider } from "oidc-provider";

/** @param {import("node:http").Server} server @param {number} [port] @returns {Promise<string>} its origin */
export const listen = (server, port = 0) =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${/** @type {any} */ (server.address()).port}`));
  });

/** @param {import("node:http").Server} server */
export const end = async (server) => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};

/** @typedef {{ headers: Record<string, string>, hangs: boolean, lives: number }} LoginState what may be changed while it runs */

/**
 * @param {object} [options]
 * @param {number} [options.port] 0 takes any free one
 * @param {Partial<LoginState>} [options.state] `headers` of every page; `hangs`: nobody ever logs in; `lives`: the seconds of a token
 * @param {boolean} [options.opens] whether pages may register (the provider itself answers no preflight of theirs)
 * @param {boolean} [options.asks] whether it shows pages, or its person needs no time
 * @param {boolean} [options.jwt] whether tokens are JWTs, or opaque
 * @param {string} [options.scope] what there is for a resource
 * @param {boolean} [options.lists] whether it lists these as its own: the TypeScript SDKs register with them, which it refuses otherwise
 * @param {Record<string, object>} [options.documents] what clients say of themselves, by the https addresses that are their ids: it takes such
 * @param {boolean} [options.binds] whether a client may never ask for more than it registered with
 * @param {() => string} [options.resource] what tokens are for if that is not said
 */
export async function startLoginServer({ port, state: given, opens = true, asks = false, jwt = false, scope = "read write", lists = false, documents, binds = true, resource } = {}) {
  /** @type {LoginState} */
  const state = { headers: {}, hangs: false, lives: 3600, ...given };
  /** @type {any} */
  let provider;
  const asked = /** @type {string[]} */ ([]);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    asked.push(`${request.method} ${pathname}`);
    for (const [name, value] of Object.entries(state.headers)) response.setHeader(name, value);
    if (pathname === "/favicon.ico") return void response.writeHead(204).end();
    if (pathname === "/reg" && opens) {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Allow-Headers", "content-type");
      if (request.method === "OPTIONS") return void response.writeHead(204).end();
    }
    if (!pathname.startsWith("/agree/")) return provider.callback()(request, response);
    if (state.hangs) return void response.end("<!doctype html><title>Log in</title>waiting");
    await agree(request, response).catch((error) => response.writeHead(400).end(String(error)));
  });

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async function agree(request, response) {
    const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
    if (asks && request.method !== "POST") return void response.setHeader("Content-Type", "text/html; charset=utf-8").end(page(prompt, params));
    let body = "";
    for await (const chunk of request) body += chunk;
    const name = new URLSearchParams(body).get("name") || "person";
    if (prompt.name === "login") return provider.interactionFinished(request, response, { login: { accountId: name } }, { mergeWithLastSubmission: false });
    const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    const { missingOIDCScope, missingResourceScopes } = prompt.details;
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
    for (const [name, scopes] of Object.entries(missingResourceScopes ?? {})) grant.addResourceScope(name, /** @type {string[]} */ (scopes).join(" "));
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  }

  const issuer = await listen(server, port);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  provider = new Provider(issuer, {
    cookies: { keys: ["only for tests"] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "only for tests", use: "sig", alg: "RS256" }] },
    clientBasedCORS: () => true,
    // It asks nobody else: what is at other addresses is written here.
    ...(documents && { fetch: async (/** @type {any} */ url) => (documents[String(url?.href ?? url)] ? Response.json(documents[String(url?.href ?? url)]) : new Response("", { status: 404 })) }),
    pkce: { required: () => true },
    scopes: ["openid", "offline_access", ...(lists ? scope.split(" ") : [])],
    interactions: { url: (/** @type {any} */ _, /** @type {any} */ { uid }) => `/agree/${uid}` },
    issueRefreshToken: async (/** @type {any} */ _, /** @type {any} */ client, /** @type {any} */ code) => client.grantTypeAllowed("refresh_token") && code.scopes.has("offline_access"),
    ...(!binds && { extraClientMetadata: { properties: ["any"], validator: (/** @type {any} */ _, /** @type {string} */ __, /** @type {any} */ ___, /** @type {any} */ client) => void delete client.scope } }),
    ttl: { AccessToken: () => state.lives, Grant: 3600, Interaction: 3600, Session: 3600, RefreshToken: 3600, IdToken: 3600 },
    features: {
      devInteractions: { enabled: false },
      ...(documents && { clientIdMetadataDocument: { enabled: true, ack: "draft-02" } }),
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => false },
      registration: { enabled: true, initialAccessToken: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource?.(),
        useGrantedResource: () => true,
        getResourceServerInfo: (/** @type {any} */ _, /** @type {string} */ audience) => ({
          scope,
          audience,
          accessTokenTTL: state.lives,
          accessTokenFormat: jwt ? "jwt" : "opaque",
          ...(jwt && { jwt: { sign: { alg: "RS256" } } }),
        }),
      },
    },
  });

  return {
    issuer,
    asked,
    state,
    provider,
    /** How often something was asked of it. @param {string} what */
    count: (what) => asked.filter((one) => one === what).length,
    stop: () => end(server),
  };
}

/** What a person sees. @param {any} prompt @param {any} params */
function page(prompt, params) {
  const text = (/** @type {unknown} */ value) => String(value).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  const wanted = Object.values(prompt.details.missingResourceScopes ?? {}).flat();
  const [title, body, button] =
    prompt.name === "login"
      ? ["Log in", '<label>Your name <input name="name" value="ada" autocomplete="off" autofocus></label><p>Any name will do: this server is for trying it out.</p>', "Log in"]
      : ["Allow it?", `<p>The page at <b>${text(new URL(params.redirect_uri).origin)}</b> asks for ${wanted.length ? wanted.map((scope) => `<code>${text(scope)}</code>`).join(", ") : "what it had"}.</p>`, "Allow"];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 24em; margin: 3em auto; padding: 0 1em; color-scheme: light dark } input, button { font: inherit; padding: .4em .8em } code { background: #8883; padding: .1em .3em }</style>
<h1>${title}</h1><form method="post">${body}<button>${button}</button></form></html>`;
}
