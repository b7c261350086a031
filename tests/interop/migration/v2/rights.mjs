// A server that wants more rights: who is asked for them, how often, and what is told when there are none. As a program of the SDK 2.x
// has it.
import { Client, InsufficientScopeError, OAuthClientFlowError, SdkError, SdkHttpError, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

/** @param {any} error */
const shown = (error) => ({
  name: error.constructor.name,
  code: error.code,
  status: error.status,
  statusText: error.statusText,
  kinds: [UnauthorizedError, SdkHttpError, SdkError, OAuthClientFlowError, InsufficientScopeError].filter((kind) => error instanceof kind).length,
  scope: error.requiredScope,
  metadata: error.resourceMetadataUrl,
  description: error.errorDescription,
});

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeMachines } = await import(`${modules}/support/fake-machines.mjs`);
  const redirectUrl = "http://localhost:8090/callback";

  /** A person's provider, or a machine's. @param {any} world @param {boolean} person */
  function providerOf(world, person) {
    /** @type {any} */
    const kept = {};
    const provider = {
      clientMetadata: { client_name: "program", redirect_uris: [redirectUrl], scope: "read" },
      clientInformation: () => kept.client ?? (person ? undefined : { client_id: "machine", client_secret: "hidden", issuer: world.issuer }),
      saveClientInformation: (/** @type {any} */ client) => void (kept.client = client),
      tokens: () => kept.tokens,
      saveTokens: (/** @type {any} */ tokens) => void (kept.tokens = tokens),
      redirectToAuthorization: async (/** @type {URL} */ url) => void (kept.code = new URL(await world.open(url)).searchParams.get("code")),
      saveCodeVerifier: (/** @type {string} */ verifier) => void (kept.verifier = verifier),
      codeVerifier: () => kept.verifier,
      saveDiscoveryState: (/** @type {any} */ state) => void (kept.state = state),
      discoveryState: () => kept.state,
      redirectUrl: person ? redirectUrl : undefined,
      prepareTokenRequest: person ? undefined : (/** @type {string | undefined} */ scope) => new URLSearchParams({ grant_type: "client_credentials", ...(scope && { scope }) }),
    };
    return { provider: /** @type {any} */ (provider), kept };
  }

  /** @param {{ person?: boolean, needs: string[], allows?: string[], options?: object, provider?: any, headers?: any }} how */
  async function visit({ person = false, needs, allows, options, provider: given, headers }) {
    const { world, asked } = fakeMachines();
    const { grant } = world;
    if (allows) world.grant = (/** @type {string[]} */ scopes) => grant(scopes.filter((one) => allows.includes(one)));
    const { provider, kept } = providerOf(world, person);
    const token = given && { token: async () => (kept.tokens ??= await (await world.grant(["read"])).json()).access_token };
    const known = headers && `Bearer ${(await world.grant(["read"]).json()).access_token}`;
    const make = () => new StreamableHTTPClientTransport(new URL(world.server), { authProvider: headers ? undefined : (token ?? provider), requestInit: known && { headers: { authorization: known } }, fetch: world.fetch, ...options });
    let client = new Client({ name: "program", version: "1.0.0" });
    if (person) {
      const first = make();
      await client.connect(first).catch(() => undefined);
      await first.finishAuth(kept.code);
      client = new Client({ name: "program", version: "1.0.0" });
    }
    await client.connect(make());
    world.needs["tools/call"] = needs;
    const before = world.count(new URL(world.server).pathname);
    const outcome = await client.callTool({ name: "work", arguments: {} }).then(() => "done", shown);
    const requests = world.asked.slice(before).filter((/** @type {any} */ { body }) => body.method === "tools/call").length;
    const scopes = world.opened.map((/** @type {URL} */ url) => url.searchParams.get("scope"));
    await client.close();
    return { outcome, requests, scopes, asked: asked.map((/** @type {any} */ { grant_type: type, scope }) => [type, scope]) };
  }

  return {
    granted: await visit({ needs: ["write"] }),
    person: await visit({ person: true, needs: ["write"] }),
    thrown: await visit({ needs: ["write"], options: { onInsufficientScope: "throw" } }),
    personThrown: await visit({ person: true, needs: ["write", "delete"], options: { onInsufficientScope: "throw" } }),
    token: await visit({ needs: ["write"], provider: "token" }),
    headers: await visit({ needs: ["write"], headers: true }),
    never: await visit({ needs: ["write"], allows: ["read"] }),
    thrice: await visit({ needs: ["write"], allows: ["read"], options: { maxStepUpRetries: 3 } }),
    none: await visit({ needs: ["write"], options: { maxStepUpRetries: 0 } }),
    below: await visit({ needs: ["write"], options: { maxStepUpRetries: -2 } }),
  };
}
