// A provider that accepts one resource, and a host that keeps the token itself. As a program of the SDK 1.x has it.
import { UnauthorizedError, isHttpsUrl } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { checkResourceAllowed, resourceUrlFromServerUrl } from "@modelcontextprotocol/sdk/shared/auth-utils.js";

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeLogin } = await import(`${modules}/support/fake-login.mjs`);
  const redirectUrl = "http://localhost:8090/callback";

  /** @param {string} server @param {string} resource */
  async function whole(server, resource) {
    const world = fakeLogin({ server, resource: { resource }, metadata: { authorization_response_iss_parameter_supported: true } });
    world.answer = () => ({ iss: world.issuer });
    /** @type {any} */
    const kept = {};
    const authProvider = {
      redirectUrl,
      clientMetadata: { client_name: "program", redirect_uris: [redirectUrl] },
      clientInformation: () => kept.client,
      saveClientInformation: (/** @type {any} */ client) => void (kept.client = client),
      tokens: () => kept.tokens,
      saveTokens: (/** @type {any} */ tokens) => void (kept.tokens = tokens),
      saveCodeVerifier: (/** @type {string} */ verifier) => void (kept.verifier = verifier),
      codeVerifier: () => kept.verifier,
      redirectToAuthorization: async (/** @type {URL} */ url) => void (kept.code = new URL(await world.open(url)).searchParams.get("code")),
      validateResourceURL: async (/** @type {string | URL} */ url, /** @type {string | undefined} */ named) => {
        const expected = resourceUrlFromServerUrl(url);
        if (named && !checkResourceAllowed({ requestedResource: expected, configuredResource: named })) throw new Error("refused");
        return expected;
      },
    };
    const make = () => new StreamableHTTPClientTransport(new URL(server), { authProvider, fetch: world.fetch });
    const first = make();
    const error = await new Client({ name: "program", version: "1.0.0" }).connect(first).catch((error) => error);
    if (!(error instanceof UnauthorizedError)) return error.message;
    // What comes back beside the code, a program of this SDK has no place for.
    await first.finishAuth(kept.code);
    const client = new Client({ name: "program", version: "1.0.0" });
    await client.connect(make());
    const { content } = await client.callTool({ name: "work", arguments: {} });
    await client.close();
    return [content, world.opened[0].searchParams.get("resource")];
  }

  return {
    flows: [await whole("https://mcp.example/a/mcp", "https://mcp.example/a"), await whole("https://mcp.example/a/mcp", "https://mcp.example/b")],
    ids: ["https://app.example/client.json", "https://app.example/", "http://app.example/x", "x", undefined].map((url) => isHttpsUrl(url)),
  };
}
