/**
 * What the TypeScript SDKs' programs say about OAuth. A transport logs in by a provider.
 */

/** Metadata of an authorization server (RFC 8414), and of this protocol. */
export type OAuthMetadata = {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  registration_endpoint?: string;
  scopes_supported?: string[];
  response_types_supported: string[];
  response_modes_supported?: string[];
  grant_types_supported?: string[];
  token_endpoint_auth_methods_supported?: string[];
  token_endpoint_auth_signing_alg_values_supported?: string[];
  service_documentation?: string;
  revocation_endpoint?: string;
  revocation_endpoint_auth_methods_supported?: string[];
  revocation_endpoint_auth_signing_alg_values_supported?: string[];
  introspection_endpoint?: string;
  introspection_endpoint_auth_methods_supported?: string[];
  introspection_endpoint_auth_signing_alg_values_supported?: string[];
  code_challenge_methods_supported?: string[];
  client_id_metadata_document_supported?: boolean;
  authorization_response_iss_parameter_supported?: boolean;
  dpop_signing_alg_values_supported?: string[];
  [member: string]: unknown;
};

type OpenIdMembers = {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  userinfo_endpoint?: string;
  jwks_uri: string;
  registration_endpoint?: string;
  scopes_supported?: string[];
  response_types_supported: string[];
  response_modes_supported?: string[];
  grant_types_supported?: string[];
  acr_values_supported?: string[];
  subject_types_supported: string[];
  id_token_signing_alg_values_supported: string[];
  id_token_encryption_alg_values_supported?: string[];
  id_token_encryption_enc_values_supported?: string[];
  userinfo_signing_alg_values_supported?: string[];
  userinfo_encryption_alg_values_supported?: string[];
  userinfo_encryption_enc_values_supported?: string[];
  request_object_signing_alg_values_supported?: string[];
  request_object_encryption_alg_values_supported?: string[];
  request_object_encryption_enc_values_supported?: string[];
  token_endpoint_auth_methods_supported?: string[];
  token_endpoint_auth_signing_alg_values_supported?: string[];
  display_values_supported?: string[];
  claim_types_supported?: string[];
  claims_supported?: string[];
  service_documentation?: string;
  claims_locales_supported?: string[];
  ui_locales_supported?: string[];
  claims_parameter_supported?: boolean;
  request_parameter_supported?: boolean;
  request_uri_parameter_supported?: boolean;
  require_request_uri_registration?: boolean;
  op_policy_uri?: string;
  op_tos_uri?: string;
  client_id_metadata_document_supported?: boolean;
  authorization_response_iss_parameter_supported?: boolean;
};

/** Metadata of an OpenID provider (OpenID Connect Discovery). */
export type OpenIdProviderMetadata = OpenIdMembers & { [member: string]: unknown };
/** What a discovery document of OpenID Connect has, with the part that is OAuth's. */
export type OpenIdProviderDiscoveryMetadata = OpenIdMembers & { code_challenge_methods_supported?: string[] };
/** Metadata of an authorization server, by either standard. */
export type AuthorizationServerMetadata = OAuthMetadata | OpenIdProviderDiscoveryMetadata;

/** Metadata of a protected resource (RFC 9728). */
export type OAuthProtectedResourceMetadata = {
  resource: string;
  authorization_servers?: string[];
  jwks_uri?: string;
  scopes_supported?: string[];
  bearer_methods_supported?: string[];
  resource_signing_alg_values_supported?: string[];
  resource_name?: string;
  resource_documentation?: string;
  resource_policy_uri?: string;
  resource_tos_uri?: string;
  tls_client_certificate_bound_access_tokens?: boolean;
  authorization_details_types_supported?: string[];
  dpop_signing_alg_values_supported?: string[];
  dpop_bound_access_tokens_required?: boolean;
  [member: string]: unknown;
};

/** What a token endpoint answers. */
export type OAuthTokens = {
  access_token: string;
  id_token?: string;
  token_type: string;
  /** Seconds. */
  expires_in?: number;
  scope?: string;
  refresh_token?: string;
  issuer?: string;
};
/** Tokens as a provider keeps them. */
export type StoredOAuthTokens = OAuthTokens & { issuer?: string };
/** An error of OAuth. */
export type OAuthErrorResponse = { error: string; error_description?: string; error_uri?: string };

/** What a client tells of itself when it registers (RFC 7591). */
export type OAuthClientMetadata = {
  redirect_uris: string[];
  token_endpoint_auth_method?: string;
  grant_types?: string[];
  response_types?: string[];
  application_type?: string;
  client_name?: string;
  client_uri?: string;
  logo_uri?: string;
  scope?: string;
  contacts?: string[];
  tos_uri?: string;
  policy_uri?: string;
  jwks_uri?: string;
  jwks?: any;
  software_id?: string;
  software_version?: string;
  software_statement?: string;
};
/** What it is told then. */
export type OAuthClientInformation = {
  client_id: string;
  client_secret?: string;
  client_id_issued_at?: number;
  client_secret_expires_at?: number;
  issuer?: string;
};
/** Both. */
export type OAuthClientInformationFull = OAuthClientMetadata & OAuthClientInformation;
/** One or both. */
export type OAuthClientInformationMixed = OAuthClientInformation | OAuthClientInformationFull;
/** A registration as a provider keeps it. */
export type StoredOAuthClientInformation = OAuthClientInformationMixed & { issuer?: string };
/** A registration that was refused. */
export type OAuthClientRegistrationError = { error: string; error_description?: string };
/** What a revocation endpoint is asked (RFC 7009). */
export type OAuthTokenRevocationRequest = { token: string; token_type_hint?: string };

/** Adds a client's credentials to a request of a token. */
export type AddClientAuthentication = (
  headers: Headers,
  params: URLSearchParams,
  url: string | URL,
  metadata?: AuthorizationServerMetadata,
) => void | Promise<void>;

/** What was found out about who gives tokens for a server. */
export interface OAuthServerInfo {
  authorizationServerUrl: string;
  authorizationServerMetadata?: AuthorizationServerMetadata;
  resourceMetadata?: OAuthProtectedResourceMetadata;
}

/** The same, as a provider keeps it. */
export interface OAuthDiscoveryState extends OAuthServerInfo {
  resourceMetadataUrl?: string;
}

/** Whether a client has its tokens, or the user has been sent to get them. */
export type AuthResult = "AUTHORIZED" | "REDIRECT";

/** How a client proves who it is. */
export type ClientAuthMethod = "client_secret_basic" | "client_secret_post" | "none";

/** Who a server belongs to that gave a token. */
export interface AuthInfo {
  token: string;
  clientId: string;
  scopes: string[];
  /** Seconds since 1970. */
  expiresAt?: number;
  resource?: URL;
  resourceMetadataUrl?: string;
  extra?: Record<string, unknown>;
}

/**
 * Keeps a client's registration and tokens, and sends its user to log in.
 * @typeParam Tokens what is kept of tokens
 * @typeParam Information what is kept of a registration
 * @typeParam Context what the members are told beside
 */
export interface OAuthProviderOf<Tokens, Information, Context extends unknown[]> {
  get redirectUrl(): string | URL | undefined;
  clientMetadataUrl?: string;
  get clientMetadata(): OAuthClientMetadata;
  state?(): string | Promise<string>;
  clientInformation(...context: Context): Information | undefined | Promise<Information | undefined>;
  saveClientInformation?(clientInformation: Information, ...context: Context): void | Promise<void>;
  tokens(...context: Context): Tokens | undefined | Promise<Tokens | undefined>;
  saveTokens(tokens: Tokens, ...context: Context): void | Promise<void>;
  redirectToAuthorization(authorizationUrl: URL): void | Promise<void>;
  saveCodeVerifier(codeVerifier: string): void | Promise<void>;
  codeVerifier(): string | Promise<string>;
  addClientAuthentication?: AddClientAuthentication;
  validateResourceURL?(serverUrl: string | URL, resource?: string): Promise<URL | undefined>;
  invalidateCredentials?(scope: "all" | "client" | "tokens" | "verifier" | "discovery"): void | Promise<void>;
  prepareTokenRequest?(scope?: string): URLSearchParams | Promise<URLSearchParams | undefined> | undefined;
  saveDiscoveryState?(state: OAuthDiscoveryState): void | Promise<void>;
  discoveryState?(): OAuthDiscoveryState | undefined | Promise<OAuthDiscoveryState | undefined>;
}

/** A client that has a secret. */
export interface ClientCredentialsProviderOptions {
  clientId: string;
  clientSecret: string;
  clientName?: string;
  scope?: string;
  expectedIssuer?: string;
}

/** A client that has a key. */
export interface PrivateKeyJwtProviderOptions {
  clientId: string;
  privateKey: string | Uint8Array | Record<string, unknown>;
  algorithm: string;
  clientName?: string;
  jwtLifetimeSeconds?: number;
  scope?: string;
  claims?: Record<string, unknown>;
  expectedIssuer?: string;
}

/** A client that has a signed assertion. */
export interface StaticPrivateKeyJwtProviderOptions {
  clientId: string;
  jwtBearerAssertion: string;
  clientName?: string;
  scope?: string;
  expectedIssuer?: string;
}
export {};
