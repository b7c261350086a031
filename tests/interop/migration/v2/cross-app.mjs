// Access by another application's log-in: as a program of the SDK 2.x has it.
import { Client, CrossAppAccessProvider, InsecureTokenEndpointError, StreamableHTTPClientTransport, assertSecureTokenEndpoint, discoverAndRequestJwtAuthGrant, exchangeJwtAuthGrant, requestJwtAuthorizationGrant } from "@modelcontextprotocol/client";

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeMachines } = await import(`${modules}/support/fake-machines.mjs`);
  const { world, asked } = fakeMachines({ login: { resource: { scopes_supported: ["read"] } } });
  const idp = "https://people.example";
  /** What the identity provider was asked. @type {any[]} */
  const exchanges = [];
  /** @type {any} */
  let answer = { issued_token_type: "urn:ietf:params:oauth:token-type:id-jag", access_token: "for the other", token_type: "N_A", expires_in: 300, scope: "read" };
  let status = 200;
  const fetchFn = async (/** @type {any} */ url, /** @type {any} */ init) => {
    if (String(url).startsWith(`${idp}/.well-known/oauth-authorization-server`)) {
      return Response.json({ issuer: idp, authorization_endpoint: `${idp}/authorize`, token_endpoint: `${idp}/token`, response_types_supported: ["code"] });
    }
    const headers = new Headers(init.headers);
    exchanges.push([String(url), init.method, Object.fromEntries([...new URLSearchParams(String(init.body))].sort()), headers.get("authorization")]);
    return Response.json(answer, { status });
  };

  /** @type {any[]} */
  const contexts = [];
  const authProvider = new CrossAppAccessProvider({
    clientId: "agent",
    clientSecret: "hidden",
    expectedIssuer: world.issuer,
    fetchFn,
    assertion: async ({ authorizationServerUrl, resourceUrl, scope, fetchFn: given }) => {
      contexts.push([authorizationServerUrl, resourceUrl, scope, given === fetchFn]);
      const { jwtAuthGrant } = await discoverAndRequestJwtAuthGrant({ idpUrl: idp, audience: authorizationServerUrl, resource: resourceUrl, idToken: "who I am", clientId: "app", clientSecret: "of the app", scope, fetchFn: given });
      return jwtAuthGrant;
    },
  });
  const client = new Client({ name: "program", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(world.server), { authProvider, fetch: world.fetch }));
  const { content } = await client.callTool({ name: "work", arguments: {} });
  await client.close();

  const request = { tokenEndpoint: `${idp}/token`, audience: "https://a.example/", resource: "https://r.example/", idToken: "id", clientId: "c", fetchFn };
  const plain = await requestJwtAuthorizationGrant(request);
  const failed = (/** @type {Promise<unknown>} */ promise) => promise.catch((error) => [error instanceof Error, /invalid_grant - no/.test(error.message)]);
  const insecure = (/** @type {() => unknown} */ act) => {
    try {
      return String(act());
    } catch (error) {
      return [error instanceof InsecureTokenEndpointError, /** @type {InsecureTokenEndpointError} */ (error).tokenEndpoint];
    }
  };
  answer = { access_token: "token", token_type: "Bearer", expires_in: 60 };
  const exchange = { tokenEndpoint: `${idp}/token`, jwtAuthGrant: "grant", clientId: "c", fetchFn };
  const exchanged = [await exchangeJwtAuthGrant({ ...exchange, clientSecret: "s" }), await exchangeJwtAuthGrant({ ...exchange, clientSecret: "s", authMethod: "client_secret_post" }), await exchangeJwtAuthGrant({ ...exchange, authMethod: "none" })];
  const lacking = await failed(exchangeJwtAuthGrant(exchange));
  const untyped = await failed(requestJwtAuthorizationGrant(request));
  status = 400;
  answer = { error: "invalid_grant", error_description: "no" };
  return {
    content,
    contexts,
    asked,
    exchanges,
    plain,
    exchanged,
    lacking,
    untyped,
    refused: [await failed(exchangeJwtAuthGrant({ ...exchange, clientSecret: "s" })), await failed(requestJwtAuthorizationGrant(request))],
    secure: [insecure(() => assertSecureTokenEndpoint("https://a.example/t")), insecure(() => assertSecureTokenEndpoint("http://localhost:1/t")), insecure(() => assertSecureTokenEndpoint("http://a.example/t"))],
    kept: [authProvider.authorizationServerUrl?.(), authProvider.resourceUrl?.(), authProvider.clientMetadata],
  };
}
