// Programs without a person: a client that has a secret, one that has a key, one that has a signed assertion. As the example
// programs of the SDK 1.x have it.
import { generateKeyPairSync } from "node:crypto";
import {
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  StaticPrivateKeyJwtProvider,
  createPrivateKeyJwtAuth,
} from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeMachines } = await import(`${modules}/support/fake-machines.mjs`);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = /** @type {string} */ (privateKey.export({ type: "pkcs8", format: "pem" }));
  const jwk = /** @type {Record<string, unknown>} */ (privateKey.export({ format: "jwk" }));
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const rsaPem = /** @type {string} */ (rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
  const expectedIssuer = "https://login.example";
  const key = { clientId: "with a key", algorithm: "ES256", expectedIssuer };
  const secret = { clientId: "machine", clientSecret: "hidden", expectedIssuer };

  /** @param {any} authProvider @param {any} [options] */
  async function visit(authProvider, options) {
    const { world, asked } = fakeMachines(options);
    const client = new Client({ name: "program", version: "1.0.0" });
    const connected = await client.connect(new StreamableHTTPClientTransport(new URL(world.server), { authProvider, fetch: world.fetch })).then(
      () => "connected",
      (error) => error instanceof Error,
    );
    if (connected !== "connected") return { connected, asked };
    const { content: first } = await client.callTool({ name: "work", arguments: {} });
    // The token has ended: the client asks for another by itself.
    world.tokens.clear();
    const { content: second } = await client.callTool({ name: "work", arguments: {} });
    await client.close();
    const { access_token: token, token_type: type, ...tokens } = authProvider.tokens();
    const { client_secret: secret, ...information } = authProvider.clientInformation();
    return { connected, first, second, asked, tokens, token: typeof token, type: type.toLowerCase(), information, metadata: authProvider.clientMetadata, redirect: authProvider.redirectUrl, opened: world.opened.length };
  }

  const scoped = { resource: { scopes_supported: ["read", "write"] } };
  const asserts = { login: { metadata: { token_endpoint_auth_methods_supported: ["private_key_jwt"] } } };
  const machine = new ClientCredentialsProvider(secret);
  const thrown = (/** @type {() => unknown} */ act) => {
    try {
      return act();
    } catch (error) {
      return error instanceof Error;
    }
  };
  return {
    secret: await visit(new ClientCredentialsProvider(secret)),
    scopes: await visit(new ClientCredentialsProvider({ ...secret, clientName: "job", scope: "read" }), { login: scoped }),
    posts: await visit(new ClientCredentialsProvider(secret), { login: { metadata: { token_endpoint_auth_methods_supported: ["client_secret_post"] } } }),
    pem: await visit(new PrivateKeyJwtProvider({ ...key, privateKey: pem }), { key: publicKey, ...asserts }),
    jwk: await visit(new PrivateKeyJwtProvider({ ...key, privateKey: jwk, jwtLifetimeSeconds: 60 }), { key: publicKey, ...asserts }),
    rsa: await visit(new PrivateKeyJwtProvider({ ...key, algorithm: "RS256", privateKey: new TextEncoder().encode(rsaPem) }), { key: rsa.publicKey, ...asserts }),
    // A secret for another authorization server stays here.
    foreign: await visit(new ClientCredentialsProvider({ ...secret, expectedIssuer: "https://other.example" })),
    given: await visit(new StaticPrivateKeyJwtProvider({ expectedIssuer, clientId: "with an assertion", jwtBearerAssertion: "signed elsewhere" }), asserts),
    audience: await visit(
      Object.assign(new ClientCredentialsProvider({ ...secret, clientId: "other" }), {
        addClientAuthentication: createPrivateKeyJwtAuth({ issuer: "i", subject: "s", privateKey: pem, alg: "ES256", audience: "https://else.example" }),
      }),
      { key: publicKey, ...asserts },
    ),
    nobody: [thrown(() => machine.redirectToAuthorization()), thrown(() => machine.codeVerifier()), String(machine.prepareTokenRequest("a b"))],
  };
}
