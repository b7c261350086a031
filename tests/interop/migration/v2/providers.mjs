// Providers that decide for themselves: which address is a client's id, which resource is accepted, who is told that a token is
// refused, whose answer a code is. As a program of the SDK 2.x has it.
import { Client, IssuerMismatchError, OAuthError, StreamableHTTPClientTransport, UnauthorizedError, checkResourceAllowed, isHttpsUrl, resourceUrlFromServerUrl, validateClientMetadataUrl } from "@modelcontextprotocol/client";

const redirectUrl = "http://localhost:8090/callback";

class Provider {
  /** @type {any} */
  kept = {};
  lastState = "";

  /** @param {(url: URL) => unknown} onRedirect @param {string} [clientMetadataUrl] */
  constructor(onRedirect, clientMetadataUrl) {
    validateClientMetadataUrl(clientMetadataUrl);
    this.clientMetadataUrl = clientMetadataUrl;
    this.onRedirect = onRedirect;
  }

  redirectUrl = redirectUrl;
  clientMetadata = { client_name: "program", redirect_uris: [redirectUrl], application_type: "native" };

  /** @param {{ issuer: string }} [context] */
  clientInformation(context) {
    return context ? this.kept[context.issuer] : undefined;
  }
  /** @param {any} information @param {{ issuer: string }} [context] */
  saveClientInformation(information, context) {
    if (context) this.kept[context.issuer] = information;
  }
  tokens() {
    return this.kept.tokens;
  }
  /** @param {any} tokens */
  saveTokens(tokens) {
    this.kept.tokens = tokens;
  }
  state() {
    return (this.lastState = "of the program");
  }
  /** @param {any} state */
  saveDiscoveryState(state) {
    this.kept.discovery = state;
  }
  discoveryState() {
    return this.kept.discovery;
  }
  /** @param {URL} url */
  redirectToAuthorization(url) {
    return /** @type {any} */ (this.onRedirect(url));
  }
  /** @param {string} verifier */
  saveCodeVerifier(verifier) {
    this.kept.verifier = verifier;
  }
  codeVerifier() {
    return this.kept.verifier;
  }
}

class Pinned extends Provider {
  /** @param {string | URL} server @param {string} [resource] */
  async validateResourceURL(server, resource) {
    const expected = resourceUrlFromServerUrl(server);
    if (resource && !checkResourceAllowed({ requestedResource: expected, configuredResource: resource })) throw new Error(`refused: ${resource} for ${expected.href}`);
    return expected;
  }
}

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeLogin } = await import(`${modules}/support/fake-login.mjs`);

  /** A log-in from beginning to end. @param {any} world @param {typeof Provider} Kind @param {string} [document] @param {boolean} [codeAlone] */
  async function whole(world, Kind, document, codeAlone) {
    /** @type {URLSearchParams[]} */
    const answers = [];
    const provider = new Kind(async (url) => void answers.push(new URL(await world.open(url)).searchParams), document);
    const make = () => new StreamableHTTPClientTransport(new URL(world.server), { authProvider: provider, fetch: world.fetch });
    const client = new Client({ name: "program", version: "1.0.0" });
    const first = make();
    try {
      await client.connect(first);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) return [String(/** @type {Error} */ (error).message).startsWith("refused: "), world.opened.length];
    }
    const [answer = new URLSearchParams()] = answers;
    try {
      await (codeAlone ? first.finishAuth(String(answer.get("code"))) : first.finishAuth(answer));
    } catch (error) {
      return [error instanceof IssuerMismatchError, /** @type {any} */ (error).kind, world.count("/token")];
    }
    await client.connect(make());
    const { content } = await client.callTool({ name: "work", arguments: {} });
    await client.close();
    const asked = ["resource", "state", "client_id"].map((name) => world.opened[0].searchParams.get(name));
    return [content, asked.map((text) => text?.replace(/\d+$/, "")), answer.get("state") === provider.lastState, world.count("/register")];
  }

  const names = { authorization_response_iss_parameter_supported: true };
  const documents = { client_id_metadata_document_supported: true };
  const named = (/** @type {any} */ options) => {
    const world = fakeLogin({ metadata: names, ...options });
    world.answer = () => ({ iss: world.issuer });
    return world;
  };
  /** @type {unknown[]} */
  const flows = [
    await whole(named({}), Provider),
    await whole(named({}), Pinned),
    // The code alone does not say who has given it, and this one says who it is.
    await whole(named({}), Provider, undefined, true),
    await whole(fakeLogin(), Provider, undefined, true),
    await whole(fakeLogin({ metadata: documents }), Provider, "https://app.example/client.json"),
    await whole(fakeLogin({ server: "https://mcp.example/a/mcp", resource: { resource: "https://mcp.example/a" } }), Pinned),
    await whole(fakeLogin({ server: "https://mcp.example/a/mcp", resource: { resource: "https://mcp.example/b" } }), Pinned),
  ];

  /** A token that a host keeps: nothing is renewed, and the host's user is told once. @param {any} thrown */
  async function hosted(thrown) {
    const world = fakeLogin();
    const told = /** @type {string[]} */ ([]);
    const authProvider = {
      token: async () => "refused",
      onUnauthorized: async () => {
        told.push("log in");
        throw thrown;
      },
    };
    const client = new Client({ name: "program", version: "1.0.0" });
    const error = await client.connect(new StreamableHTTPClientTransport(new URL(world.server), { authProvider, fetch: world.fetch })).catch((error) => error);
    return [told, error === thrown, String(error), world.asked.length];
  }

  const addresses = ["https://app.example/client.json", "https://app.example", "https://app.example/", "http://app.example/client.json", "app.example", "", undefined];
  return {
    flows,
    hosted: [await hosted(new UnauthorizedError("the host's token is refused")), await hosted(new TypeError("of the host's own"))],
    ids: addresses.map((url) => [isHttpsUrl(url), refusal(() => validateClientMetadataUrl(url))]),
    providers: refusal(() => new Provider(() => {}, "http://app.example/client.json")),
    resources: [
      ["https://h.example/a/mcp", "https://h.example/a"],
      ["https://h.example/a/mcp", "https://h.example/a/"],
      ["https://h.example/a", "https://h.example/a/"],
      ["https://h.example/ab", "https://h.example/a"],
      ["https://h.example/a", "https://h.example/a/mcp"],
      ["https://h.example", "https://h.example/"],
      ["https://h.example:443/a", "https://h.example/a"],
      ["https://h.example/a?x=1", "https://h.example/a"],
      ["https://other.example/a", "https://h.example/a"],
    ].map(([requestedResource = "", configuredResource = ""]) => [checkResourceAllowed({ requestedResource, configuredResource }), checkResourceAllowed({ requestedResource: new URL(requestedResource), configuredResource: new URL(configuredResource) })]),
    named: ["https://h.example", "https://h.example/a?x=1#y", new URL("https://h.example/#z")].map((url) => resourceUrlFromServerUrl(url).href),
  };
}

/** @param {() => unknown} act */
function refusal(act) {
  try {
    act();
    return undefined;
  } catch (error) {
    return [error instanceof OAuthError, /** @type {any} */ (error).code];
  }
}
