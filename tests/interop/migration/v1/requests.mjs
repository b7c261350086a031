// What a program says about its HTTP requests: options, a provider of tokens, middleware. As a program of the SDK 1.x
// has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { applyMiddlewares, createMiddleware, withLogging } from "@modelcontextprotocol/sdk/client/middleware.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { createFetchWithInit } from "@modelcontextprotocol/sdk/shared/transport.js";

/** @typedef {import("@modelcontextprotocol/sdk/client/auth.js").OAuthClientProvider} OAuthClientProvider */
/** @typedef {import("@modelcontextprotocol/sdk/shared/auth.js").OAuthTokens} OAuthTokens */

/** A provider that has its tokens, or has none yet. @implements {OAuthClientProvider} */
class Kept {
  redirectUrl = "http://localhost/callback";
  clientMetadata = { redirect_uris: ["http://localhost/callback"] };

  /** @param {() => OAuthTokens | undefined | Promise<OAuthTokens | undefined>} tokens */
  constructor(tokens) {
    this.tokens = tokens;
  }

  clientInformation() {
    return { client_id: "program" };
  }
  saveTokens() {}
  redirectToAuthorization() {}
  saveCodeVerifier() {}
  codeVerifier() {
    return "";
  }
}

/** @param {{ demo: string }} servers */
export async function main({ demo }) {
  /** Keeps what each request is made with. @param {any[]} requests @returns {(url: string | URL, init?: RequestInit) => Promise<Response>} */
  const recording = (requests) => (url, init) => {
    const { credentials, cache, redirect, keepalive, method, body } = init ?? {};
    const headers = new Headers(init?.headers);
    requests.push({ credentials, cache, redirect, keepalive, method, body: typeof body, tenant: headers.get("x-tenant"), token: headers.get("authorization") });
    return globalThis.fetch(url, init);
  };
  /** @typedef {import("@modelcontextprotocol/sdk/client/streamableHttp.js").StreamableHTTPClientTransportOptions} Options */
  /** @param {Options} options @param {(fetch: ReturnType<typeof recording>) => Options["fetch"]} [wrap] */
  const connected = async (options, wrap = (fetch) => fetch) => {
    /** @type {any[]} */
    const requests = [];
    const client = new Client({ name: "program", version: "1.0.0" });
    await client.connect(new StreamableHTTPClientTransport(new URL(demo), { fetch: wrap(recording(requests)), ...options }));
    await client.close();
    return requests[0];
  };

  const init = await connected({ requestInit: { credentials: "include", cache: "reload", redirect: "manual", keepalive: false, method: "PUT", headers: { "x-tenant": "blue" } } });
  const tokens = { access_token: "secret", token_type: "Bearer" };
  const providers = [];
  for (const give of [() => tokens, async () => tokens, () => undefined, async () => undefined]) {
    providers.push((await connected({ authProvider: new Kept(give) })).token);
  }

  /** @type {unknown[]} */
  const logged = [];
  const wrap = applyMiddlewares(
    createMiddleware(async (next, input, init) => next(input, { ...init, headers: new Headers([...new Headers(init?.headers), ["x-tenant", "green"]]) })),
    withLogging({ logger: ({ method, status, duration }) => logged.push([method, status, duration >= 0]) }),
  );
  const { tenant } = await connected({}, wrap);
  /** @type {any[]} */
  const own = [];
  await createFetchWithInit(recording(own), { headers: { "x-tenant": "red" }, credentials: "include" })(demo, { method: "DELETE" });
  return { init, providers, tenant, first: logged[0], own };
}
