// An authorization server by `oidc-provider`, whose person logs in and agrees at once, and an MCP
// server on another port that asks it for every token.
import { createServer } from "node:http";
// @ts-expect-error it has no declarations
import { Provider } from "oidc-provider";

/** @param {import("node:http").Server} server @returns {Promise<string>} its origin */
const listen = (server) =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${/** @type {any} */ (server.address()).port}`)));

/**
 * @param {object} [options]
 * @param {number} [options.lives] how many seconds a token lives
 * @param {boolean} [options.opens] whether pages may register (the provider itself answers no preflight of theirs)
 * @param {Record<string, string>} [options.headers] sent with every page of the authorization server
 */
export async function startAuthorizationServer({ lives = 3600, opens = true, headers = {} } = {}) {
  /** @type {any} */
  let provider;
  const asked = /** @type {string[]} */ ([]);
  /** @type {{ headers: Record<string, string>, hangs: boolean, lives: number, needs: Record<string, string>, tools: string[] }} `needs`: the scope that a method needs */
  const state = { headers, hangs: false, lives, needs: {}, tools: ["work"] };
  const login = createServer(async (request, response) => {
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
    // The person needs no time, or all of it.
    if (state.hangs) return void response.end("<!doctype html><title>Log in</title>waiting");
    const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
    if (prompt.name === "login") return provider.interactionFinished(request, response, { login: { accountId: "person" } }, { mergeWithLastSubmission: false });
    const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    const { missingOIDCScope, missingResourceScopes } = prompt.details;
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
    for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) grant.addResourceScope(resource, /** @type {string[]} */ (scopes).join(" "));
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  });
  const issuer = await listen(login);
  const tools = createServer((request, response) => void serve(request, response));
  const origin = await listen(tools);
  const server = `${origin}/mcp`;

  provider = new Provider(issuer, {
    cookies: { keys: ["only for tests"] },
    clientBasedCORS: () => true,
    pkce: { required: () => true },
    scopes: ["openid", "offline_access"],
    interactions: { url: (/** @type {any} */ _, /** @type {any} */ { uid }) => `/agree/${uid}` },
    issueRefreshToken: async (/** @type {any} */ _, /** @type {any} */ client, /** @type {any} */ code) => client.grantTypeAllowed("refresh_token") && code.scopes.has("offline_access"),
    ttl: { AccessToken: () => state.lives, Grant: 3600, Interaction: 3600, Session: 3600, RefreshToken: 3600, IdToken: 3600 },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => false },
      registration: { enabled: true, initialAccessToken: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => server,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "read write", audience: server, accessTokenFormat: "opaque", accessTokenTTL: state.lives }),
      },
    },
  });

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async function serve(request, response) {
    const answer = (/** @type {number} */ status, /** @type {any} */ body, /** @type {Record<string, string>} */ more = {}) =>
      response
        .writeHead(status, {
          "Access-Control-Allow-Origin": "*",
          "Access-Control-Allow-Headers": "*, authorization",
          "Access-Control-Expose-Headers": "WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id",
          "Content-Type": "application/json",
          ...more,
        })
        .end(body === undefined ? undefined : JSON.stringify(body));
    const { pathname } = new URL(request.url ?? "/", origin);
    if (request.method === "OPTIONS") return answer(204, undefined);
    if (pathname === "/favicon.ico") return answer(204, undefined);
    const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
    if (pathname === new URL(metadata).pathname) return answer(200, { resource: server, authorization_servers: [issuer], scopes_supported: ["read"] });
    if (pathname !== "/mcp") return answer(404, {});
    const [, scheme = "", text = ""] = /^(Bearer|DPoP) (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const token = text && (await provider.AccessToken.find(text));
    const bound = Boolean(token?.jkt) === (scheme === "DPoP") && (scheme !== "DPoP" || Boolean(request.headers.dpop));
    if (!token?.isValid || !bound) return answer(401, {}, { "WWW-Authenticate": `Bearer resource_metadata="${metadata}"` });
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.method !== "POST") return answer(405, {});
    const { id, method } = JSON.parse(body);
    const needed = state.needs[method];
    if (needed && !token.scopes.has(needed)) return answer(403, {}, { "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${needed}", resource_metadata="${metadata}"` });
    if (id === undefined) return answer(202, undefined);
    const stamp = { resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": { name: "guarded", version: "1" } } };
    const results = /** @type {Record<string, any>} */ ({
      "server/discover": { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private", ...stamp },
      "tools/list": { tools: state.tools.map((name) => ({ name, inputSchema: { type: "object" } })), ttlMs: 0, cacheScope: "private", ...stamp },
      "tools/call": { content: [{ type: "text", text: token.accountId }], ...stamp },
    });
    return answer(200, results[method] ? { jsonrpc: "2.0", id, result: results[method] } : { jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } });
  }

  return {
    issuer,
    server,
    asked,
    state,
    /** How often something was asked of the authorization server. @param {string} what */
    count: (what) => asked.filter((one) => one === what).length,
    stop: async () => {
      for (const one of [login, tools]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
}
