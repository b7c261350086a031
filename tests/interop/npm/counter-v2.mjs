// A server of the TypeScript SDK 2.x, with a tool that reports progress: `node counter-v2.mjs stdio|PORT [ISSUER CHECK]`. With an issuer
// it wants a token of that, and asks at the address CHECK whether a token is one.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { McpServer, OAuthError, OAuthErrorCode, createMcpHandler, getOAuthProtectedResourceMetadataUrl, oauthMetadataResponse, requireBearerAuth } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

function counter() {
  const server = new McpServer({ name: "counter", version: "1.0.0" });
  const about = { description: "Counts to a number", inputSchema: z.object({ steps: z.number(), pause: z.number() }) };
  server.registerTool("count", about, async ({ steps, pause }, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (let n = 1; n <= steps; n++) {
      if (progressToken !== undefined) await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: n, total: steps, message: `step ${n}` } });
      await sleep(pause * 1000);
    }
    return { content: [{ type: "text", text: `counted to ${steps}` }] };
  });
  return server;
}

/** What the SDK has to guard a server. @param {string} issuer @param {string} check @param {URL} resourceServerUrl */
async function guarded(issuer, check, resourceServerUrl) {
  const oauthMetadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const verifier = {
    /** @param {string} token */
    async verifyAccessToken(token) {
      const { ok } = await fetch(check, { headers: { authorization: `Bearer ${token}` } });
      if (!ok) throw new OAuthError(OAuthErrorCode.InvalidToken, "the token is no good");
      return { token, clientId: "unknown", scopes: ["read"], expiresAt: Math.floor(Date.now() / 1000) + 60 };
    },
  };
  const about = { oauthMetadata, resourceServerUrl, scopesSupported: ["read"] };
  const gate = requireBearerAuth({ verifier, requiredScopes: ["read"], resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl) });
  /** An answer without the server, or who asks. @param {Request} request */
  return async (request) => oauthMetadataResponse(request, about) ?? (await gate(request));
}

const [place = "stdio", issuer, check = ""] = process.argv.slice(2);
if (place === "stdio") {
  serveStdio(counter);
} else {
  const handler = createMcpHandler(counter);
  /** @type {Awaited<ReturnType<typeof guarded>> | undefined} */
  let guard;
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.entries(request.headers).map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)]));
    const body = chunks.length ? Buffer.concat(chunks) : undefined;
    const asked = new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers, body });
    const authInfo = await guard?.(asked);
    const answer = authInfo instanceof Response ? authInfo : await handler.fetch(asked, { authInfo });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  });
  server.listen(Number(place), "127.0.0.1", async () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    if (issuer) guard = await guarded(issuer, check, new URL(`http://127.0.0.1:${port}/mcp`));
    console.log(`listening on 127.0.0.1:${port}`);
  });
}
