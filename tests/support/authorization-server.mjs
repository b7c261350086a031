// An authorization server by `oidc-provider`, whose person logs in and agrees at once, and an MCP
// server on another port that asks it for every token.
import { createServer } from "node:http";
import { end, listen, startLoginServer } from "./login-server.mjs";

/**
 * @param {object} [options]
 * @param {number} [options.lives] how many seconds a token lives
 * @param {boolean} [options.opens] whether pages may register
 * @param {Record<string, object>} [options.documents] what clients say of themselves, by the https addresses that are their ids
 * @param {Record<string, string>} [options.headers] sent with every page of the authorization server
 */
export async function startAuthorizationServer({ lives = 3600, opens, documents, headers = {} } = {}) {
  let server = "";
  const login = await startLoginServer({ state: { lives, headers }, opens, documents, resource: () => server });
  const { issuer, asked, provider } = login;
  /** @type {import("./login-server.mjs").LoginState & { needs: Record<string, string>, tools: string[], challenges: "one" | "several" | "hidden" }} `needs`: the scope that a method needs; `challenges`: in one field, in several, or where no page sees it */
  const state = Object.assign(login.state, { needs: {}, tools: ["work"], challenges: /** @type {const} */ ("one") });
  const tools = createServer((request, response) => void serve(request, response));
  const origin = await listen(tools);
  server = `${origin}/mcp`;

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async function serve(request, response) {
    const answer = (/** @type {number} */ status, /** @type {any} */ body, /** @type {Record<string, string | string[]>} */ more = {}) =>
      response
        .writeHead(status, {
          "Access-Control-Allow-Origin": "*",
          "Access-Control-Allow-Headers": "*, authorization",
          "Access-Control-Expose-Headers": state.challenges === "hidden" ? "Mcp-Session-Id" : "WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id",
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
    const challenge = `Bearer resource_metadata="${metadata}"`;
    if (!token?.isValid || !bound) return answer(401, {}, { "WWW-Authenticate": state.challenges === "several" ? ['Basic realm="a proxy"', challenge] : challenge });
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
    count: login.count,
    stop: async () => {
      await login.stop();
      await end(tools);
    },
  };
}
