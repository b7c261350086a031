// Authorization servers that people have accounts with, as far as their documentation says how they answer: what their metadata
// has, where it is, and at what they differ. Written by hand; nothing of them was asked.

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} issuer
 * @property {"oauth" | "openid" | "below"} place where its metadata is: RFC 8414, OpenID's with the name in front, or below the issuer
 * @property {Record<string, unknown>} metadata
 * @property {(ask: import("./fake-login.mjs").Ask) => [status: number, json: object] | undefined} [answers] what it answers instead of all
 * @property {object} options what `OAuth` needs for it; a page, unless it has a secret
 * @property {string} [without] the code of the error that comes without these
 * @property {string} [fails] the code of the error that comes with them
 */

const given = { client: { id: "given" } };
/** @param {(body: any) => boolean} isWrong @param {[number, object]} answer @returns {Kind["answers"]} */
const refuses = (isWrong, answer) => ({ url, method, body }) => (method === "POST" && /token$/.test(url) && isWrong(body) ? answer : undefined);
const openId = { response_types_supported: ["code"], subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["RS256"] };

/** @type {Kind[]} */
export const kinds = [
  {
    name: "Entra ID",
    issuer: "https://login.microsoftonline.com/tenant/v2.0",
    place: "below",
    metadata: {
      ...openId,
      authorization_endpoint: "https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize",
      token_endpoint: "https://login.microsoftonline.com/tenant/oauth2/v2.0/token",
      token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
    },
    answers: refuses(({ resource }) => resource !== undefined, [400, { error: "invalid_target", error_description: "AADSTS9010010: The resource parameter does not match the requested scopes." }]),
    options: { ...given, assumePkce: ["https://login.microsoftonline.com/tenant/v2.0"], resource: false, scope: "api://app/read" },
    without: "AUTH_PKCE",
  },
  {
    name: "Cognito",
    issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool",
    place: "below",
    metadata: {
      ...openId,
      authorization_endpoint: "https://app.auth.eu-west-1.amazoncognito.com/oauth2/authorize",
      token_endpoint: "https://app.auth.eu-west-1.amazoncognito.com/oauth2/token",
      revocation_endpoint: "https://app.auth.eu-west-1.amazoncognito.com/oauth2/revoke",
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      scopes_supported: ["openid", "email", "phone", "profile"],
    },
    options: { ...given, assumePkce: ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool"] },
    without: "AUTH_PKCE",
  },
  {
    name: "Auth0",
    // With its slash, and announced so.
    issuer: "https://tenant.auth0.com/",
    place: "oauth",
    metadata: {
      authorization_endpoint: "https://tenant.auth0.com/authorize",
      token_endpoint: "https://tenant.auth0.com/oauth/token",
      registration_endpoint: "https://tenant.auth0.com/oidc/register",
      revocation_endpoint: "https://tenant.auth0.com/oauth/revoke",
      code_challenge_methods_supported: ["S256", "plain"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
      scopes_supported: ["openid", "profile", "offline_access", "email"],
    },
    options: { authorizationParams: { audience: "https://mcp.example/mcp" } },
  },
  {
    name: "Okta",
    issuer: "https://tenant.okta.com/oauth2/default",
    place: "below",
    metadata: {
      ...openId,
      authorization_endpoint: "https://tenant.okta.com/oauth2/default/v1/authorize",
      token_endpoint: "https://tenant.okta.com/oauth2/default/v1/token",
      registration_endpoint: "https://tenant.okta.com/oauth2/v1/clients",
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
    },
    // It registers for its administrators alone.
    answers: ({ url }) => (url.endsWith("/clients") ? [403, { error: "access_denied", error_description: "You do not have permission to perform the requested action" }] : undefined),
    options: given,
    without: "AUTH_REGISTRATION",
  },
  {
    name: "Keycloak",
    issuer: "https://login.example/realms/home",
    place: "oauth",
    metadata: {
      authorization_endpoint: "https://login.example/realms/home/protocol/openid-connect/auth",
      token_endpoint: "https://login.example/realms/home/protocol/openid-connect/token",
      registration_endpoint: "https://login.example/realms/home/clients-registrations/openid-connect/register",
      revocation_endpoint: "https://login.example/realms/home/protocol/openid-connect/revoke",
      code_challenge_methods_supported: ["plain", "S256"],
      authorization_response_iss_parameter_supported: true,
      dpop_signing_alg_values_supported: ["PS384", "ES384", "RS384", "ES256", "RS256"],
      scopes_supported: ["openid", "offline_access", "profile", "roles"],
    },
    options: {},
  },
  {
    name: "WorkOS",
    issuer: "https://tenant.authkit.app",
    place: "oauth",
    metadata: {
      authorization_endpoint: "https://tenant.authkit.app/oauth2/authorize",
      token_endpoint: "https://tenant.authkit.app/oauth2/token",
      registration_endpoint: "https://tenant.authkit.app/oauth2/register",
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none", "client_secret_post", "client_secret_basic"],
      client_id_metadata_document_supported: true,
      scopes_supported: ["email", "offline_access", "openid", "profile"],
    },
    options: { clientMetadata: "https://app.example/client.json" },
  },
  {
    name: "Stytch",
    issuer: "https://tenant.customers.stytch.com",
    place: "oauth",
    metadata: {
      authorization_endpoint: "https://app.example/oauth/authorize",
      token_endpoint: "https://tenant.customers.stytch.com/v1/oauth2/token",
      registration_endpoint: "https://tenant.customers.stytch.com/v1/oauth2/register",
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
      scopes_supported: ["openid", "profile", "email", "phone", "offline_access"],
    },
    options: {},
  },
  {
    name: "Descope",
    issuer: "https://api.descope.com/v1/apps/project",
    place: "openid",
    metadata: {
      ...openId,
      authorization_endpoint: "https://api.descope.com/oauth2/v1/apps/project/authorize",
      token_endpoint: "https://api.descope.com/oauth2/v1/apps/project/token",
      registration_endpoint: "https://api.descope.com/v1/mgmt/inboundapp/app/project/register",
      code_challenge_methods_supported: ["S256"],
      scopes_supported: ["openid", "offline_access"],
    },
    options: {},
  },
  {
    name: "Google",
    issuer: "https://accounts.google.com",
    place: "openid",
    metadata: {
      ...openId,
      authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
      token_endpoint: "https://oauth2.googleapis.com/token",
      revocation_endpoint: "https://oauth2.googleapis.com/revoke",
      code_challenge_methods_supported: ["plain", "S256"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
      scopes_supported: ["openid", "email", "profile"],
    },
    answers: refuses(({ client_secret: secret }) => !secret, [400, { error: "invalid_request", error_description: "client_secret is missing." }]),
    // Whoever has no backend gets no further.
    options: given,
    without: "AUTH_CLIENT",
    fails: "AUTH_TOKEN",
  },
  {
    name: "GitHub",
    issuer: "https://github.com/login/oauth",
    place: "oauth",
    metadata: {
      authorization_endpoint: "https://github.com/login/oauth/authorize",
      token_endpoint: "https://github.com/login/oauth/access_token",
      code_challenge_methods_supported: ["S256"],
      scopes_supported: ["repo", "user"],
    },
    // Errors have the status 200.
    answers: refuses(() => true, [200, { error: "incorrect_client_credentials", error_description: "The client_id and/or client_secret passed are incorrect." }]),
    options: given,
    without: "AUTH_CLIENT",
    fails: "AUTH_TOKEN",
  },
];

/** The address of its metadata. @param {Kind} kind */
export function metadataOf({ issuer, place }) {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  if (place === "below") return `${origin}${path}/.well-known/openid-configuration`;
  return `${origin}/.well-known/${place === "oauth" ? "oauth-authorization-server" : "openid-configuration"}${path}`;
}
