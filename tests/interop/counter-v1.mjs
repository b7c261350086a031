// A server of the TypeScript SDK 1.x, with a tool that reports progress: `node counter-v1.mjs stdio|PORT [ISSUER CHECK]`. With an issuer
// it wants a token of that, and asks at the address CHECK whether a token is one.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

function counter() {
  const server = new McpServer({ name: "counter", version: "1.0.0" });
  const about = { description: "Counts to a number", inputSchema: { steps: z.number(), pause: z.number() } };
  server.registerTool("count", about, async ({ steps, pause }, { _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken;
    for (let n = 1; n <= steps; n++) {
      if (progressToken !== undefined) await sendNotification({ method: "notifications/progress", params: { progressToken, progress: n, total: steps, message: `step ${n}` } });
      await sleep(pause * 1000);
    }
    return { content: [{ type: "text", text: `counted to ${steps}` }] };
  });
  return server;
}

/** What the SDK has to guard a server, before `serve`. @param {string} issuer @param {string} check @param {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => unknown} serve */
async function guarded(issuer, check, serve) {
  // @ts-expect-error it has no declarations
  const { default: express } = await import("express");
  const { requireBearerAuth } = await import("@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js");
  const { InvalidTokenError } = await import("@modelcontextprotocol/sdk/server/auth/errors.js");
  const { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } = await import("@modelcontextprotocol/sdk/server/auth/router.js");
  const oauthMetadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const verifier = {
    /** @param {string} token */
    async verifyAccessToken(token) {
      const { ok } = await fetch(check, { headers: { authorization: `Bearer ${token}` } });
      if (!ok) throw new InvalidTokenError("the token is no good");
      return { token, clientId: "unknown", scopes: ["read"], expiresAt: Math.floor(Date.now() / 1000) + 60 };
    },
  };
  return (/** @type {URL} */ resourceServerUrl) =>
    express()
      .use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl, scopesSupported: ["read"] }))
      .all("/mcp", requireBearerAuth({ verifier, requiredScopes: ["read"], resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl) }), serve);
}

const [place = "stdio", issuer, check = ""] = process.argv.slice(2);
if (place === "stdio") {
  await counter().connect(new StdioServerTransport());
} else {
  /** The sessions, as the SDK's examples keep them. @type {Map<string, StreamableHTTPServerTransport>} */
  const sessions = new Map();
  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  const serve = async (request, response) => {
    const known = sessions.get(String(request.headers["mcp-session-id"]));
    if (known) return known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), onsessioninitialized: (id) => void sessions.set(id, transport) });
    await counter().connect(/** @type {any} */ (transport));
    await transport.handleRequest(request, response);
  };
  const guard = issuer && (await guarded(issuer, check, serve));
  const server = createServer(serve);
  server.listen(Number(place), "127.0.0.1", () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    if (guard) server.removeAllListeners("request").on("request", guard(new URL(`http://127.0.0.1:${port}/mcp`)));
    console.log(`listening on 127.0.0.1:${port}`);
  });
}
