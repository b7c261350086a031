// An MCP server that wants a log-in, and an authorization server for it, behind a `fetch` of their
// own: nothing leaves the process, everything is recorded.

/**
 * @typedef {object} Ask one request, as it was sent
 * @property {string} method
 * @property {string} url
 * @property {Headers} headers
 * @property {any} body what JSON or a form says
 */

const json = (/** @type {unknown} */ value, status = 200, /** @type {Record<string, string>} */ headers = {}) =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } });

/**
 * @param {object} [options]
 * @param {string} [options.server] the address of the MCP server
 * @param {string} [options.issuer]
 * @param {any} [options.resource] of the protected resource's metadata, instead of what is usual; null: there is none
 * @param {any} [options.metadata] of the authorization server's, beside what is usual; null: there is none
 * @param {number} [options.lives] how many seconds a token lives
 * @param {boolean} [options.refreshes] whether there are refresh tokens
 * @param {(ask: Ask) => Response | undefined | Promise<Response | undefined>} [options.intercept] answers instead of all
 */
export function fakeLogin({ server = "https://mcp.example/mcp", issuer = "https://login.example", resource, metadata, lives = 3600, refreshes = true, intercept } = {}) {
  const { origin, pathname } = new URL(server);
  const prm = `${origin}/.well-known/oauth-protected-resource${pathname === "/" ? "" : pathname}`;
  const world = {
    server,
    issuer,
    /** @type {Ask[]} */
    asked: [],
    /** What a token lets one do; none: a token that is not known. @type {Map<string, string[]>} */
    tokens: new Map(),
    /** @type {Set<string>} */
    refreshTokens: new Set(),
    /** The scopes that a method of the MCP server needs. @type {Record<string, string[]>} */
    needs: {},
    /** Answers to authorization requests, as parameters beside code and state. @type {(params: URLSearchParams) => Record<string, string | undefined>} */
    answer: () => ({}),
    /** The addresses that people were sent to. @type {URL[]} */
    opened: [],
    refuses: false,
    issued: 0,
    lives,
    refreshes,
    metadata,
    resource,
    /** Lets a person agree. @param {URL} url @returns {Promise<string>} */
    open: async (url) => {
      world.opened.push(url);
      const { searchParams: params } = url;
      const code = `code-${++world.issued}`;
      world.tokens.set(code, (params.get("scope") ?? "").split(" "));
      const answer = new URLSearchParams({ code, state: params.get("state") ?? "" });
      for (const [name, value] of Object.entries(world.answer(params))) value === undefined ? answer.delete(name) : answer.set(name, value);
      return `${params.get("redirect_uri")}?${answer}`;
    },
    /** @param {string[]} scopes @returns {Response} */
    grant(scopes) {
      const access = `access-${++world.issued}`;
      world.tokens.set(access, scopes);
      const refresh = world.refreshes ? `refresh-${++world.issued}` : undefined;
      if (refresh) world.refreshTokens.add(refresh);
      return json({ access_token: access, token_type: "bearer", expires_in: world.lives, refresh_token: refresh, scope: scopes.join(" ") || undefined });
    },
    /** How many requests were made of a path, or of one that ends so. @param {string} path @returns {number} */
    count: (path) => world.asked.filter(({ url }) => new URL(url).pathname.endsWith(path)).length,
    /** @param {any} input @param {RequestInit} [init] @returns {Promise<Response>} */
    fetch: async (input, init = {}) => {
      const url = String(input);
      const headers = new Headers(init.headers);
      const text = init.body === undefined || init.body === null ? "" : String(init.body);
      const form = init.body instanceof URLSearchParams;
      const ask = { method: init.method ?? "GET", url, headers, body: form ? Object.fromEntries(new URLSearchParams(text)) : text && JSON.parse(text) };
      world.asked.push(ask);
      init.signal?.throwIfAborted();
      return (await intercept?.(ask)) ?? respond(ask) ?? new Response("not here", { status: 404 });
    },
  };

  /** @param {Ask} ask @returns {Response | undefined} */
  function respond(ask) {
    const { url, body } = ask;
    if (url === prm && world.resource !== null) {
      return json({ resource: server, authorization_servers: [world.issuer], ...world.resource });
    }
    if (url === `${world.issuer}/.well-known/oauth-authorization-server` && world.metadata !== null) {
      return json({
        issuer: world.issuer,
        authorization_endpoint: `${world.issuer}/authorize`,
        token_endpoint: `${world.issuer}/token`,
        registration_endpoint: `${world.issuer}/register`,
        revocation_endpoint: `${world.issuer}/revoke`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        ...world.metadata,
      });
    }
    if (url.endsWith("/register")) return json({ ...body, client_id: `client-${++world.issued}`, token_endpoint_auth_method: "none" }, 201);
    if (url.endsWith("/revoke")) return new Response();
    if (url.endsWith("/token")) {
      if (body.grant_type === "refresh_token") {
        if (!world.refreshTokens.delete(body.refresh_token)) return json({ error: "invalid_grant" }, 400);
        return world.grant((body.scope ?? "").split(" ").filter(Boolean));
      }
      const scopes = world.tokens.get(body.code);
      world.tokens.delete(body.code);
      return scopes ? world.grant(scopes.filter(Boolean)) : json({ error: "invalid_grant" }, 400);
    }
    if (url === server) return serve(ask);
    return undefined;
  }

  /** @param {Ask} ask @returns {Response} */
  function serve({ method, headers, body }) {
    const granted = world.tokens.get(headers.get("authorization")?.replace(/^Bearer /, "") ?? "");
    if (!granted || world.refuses) return new Response("", { status: 401, headers: { "www-authenticate": `Bearer resource_metadata="${prm}"` } });
    const needed = world.needs[body?.method] ?? [];
    if (needed.some((scope) => !granted.includes(scope))) {
      return new Response("", { status: 403, headers: { "www-authenticate": `Bearer error="insufficient_scope", scope="${needed.join(" ")}"` } });
    }
    // There is no stream of the server's own.
    if (method === "GET") return new Response("", { status: 405 });
    if (body?.id === undefined) return new Response(null, { status: 202 });
    const stamp = { resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": { name: "fake", version: "1" } } };
    const results = /** @type {Record<string, any>} */ ({
      initialize: { protocolVersion: body.params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "fake", version: "1" } },
      "server/discover": { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private", ...stamp },
      "tools/list": { tools: [{ name: "work", inputSchema: { type: "object" } }], ttlMs: 0, cacheScope: "private", ...stamp },
      "tools/call": { content: [{ type: "text", text: "done" }], ...stamp },
    });
    const result = results[body.method];
    return json(result ? { jsonrpc: "2.0", id: body.id, result } : { jsonrpc: "2.0", id: body.id, error: { code: -32601, message: "no such method" } });
  }
  return world;
}
