/** What the SDK 2.x says about OAuth beyond 1.x. A transport logs in by a provider. */
import type {
  OAuthProviderOf,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "./oauth.js";
import type { FetchLike } from "./wire.js";

/** Which authorization server a registration or a token is of. */
export interface OAuthClientInformationContext {
  issuer: string;
}

/** Keeps a client's registration and tokens, and sends its user to log in. The transport does not ask `dpop`. */
export interface OAuthClientProvider
  extends OAuthProviderOf<StoredOAuthTokens, StoredOAuthClientInformation, [context?: OAuthClientInformationContext]> {
  dpop?(): any;
  scopeForRefresh?(tokens: StoredOAuthTokens): string | undefined | Promise<string | undefined>;
  saveAuthorizationServerUrl?(authorizationServerUrl: string): void | Promise<void>;
  authorizationServerUrl?(): string | undefined | Promise<string | undefined>;
  saveResourceUrl?(resourceUrl: string): void | Promise<void>;
  resourceUrl?(): string | undefined | Promise<string | undefined>;
}

/** How a login goes. */
export interface AuthOptions {
  serverUrl: string | URL;
  authorizationCode?: string;
  iss?: string;
  scope?: string;
  resourceMetadataUrl?: URL;
  fetchFn?: FetchLike;
  skipIssuerMetadataValidation?: boolean;
  forceReauthorization?: boolean;
}

/** What an assertion is for. */
export interface CrossAppAccessContext {
  authorizationServerUrl: string;
  resourceUrl: string;
  scope?: string;
  fetchFn: FetchLike;
}
/** Brings an assertion. */
export type AssertionCallback = (context: CrossAppAccessContext) => string | Promise<string>;
/** A client that gets its tokens through another application's login. */
export interface CrossAppAccessProviderOptions {
  assertion: AssertionCallback;
  clientId: string;
  clientSecret: string;
  clientName?: string;
  fetchFn?: FetchLike;
  expectedIssuer?: string;
}
/** How an identity provider is asked for an assertion. */
export interface RequestJwtAuthGrantOptions {
  tokenEndpoint: string | URL;
  audience: string | URL;
  resource: string | URL;
  idToken: string;
  clientId: string;
  clientSecret?: string;
  scope?: string;
  fetchFn?: FetchLike;
}
/** The same, where its endpoint is to be found out. */
export interface DiscoverAndRequestJwtAuthGrantOptions extends Omit<RequestJwtAuthGrantOptions, "tokenEndpoint"> {
  idpUrl: string | URL;
}
/** What it answers. */
export interface JwtAuthGrantResult {
  jwtAuthGrant: string;
  /** Seconds. */
  expiresIn?: number;
  scope?: string;
}
/** The same, as it travels. */
export type IdJagTokenExchangeResponse = {
  issued_token_type: "urn:ietf:params:oauth:token-type:id-jag";
  access_token: string;
  token_type?: string;
  expires_in?: number;
  scope?: string;
};

/** How a proof of possession is signed (RFC 9449). */
export type DpopAlg = "ES256" | "ES384" | "ES512" | "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "EdDSA";
type Key = Extract<Awaited<ReturnType<typeof crypto.subtle.generateKey>>, { type: string }>;
/** The keys of such proofs. */
export interface DpopKeyPair {
  privateKey: Key;
  publicKey: Key;
  publicJwk: { kty?: string; crv?: string; x?: string; y?: string; n?: string; e?: string; alg?: string; use?: string; key_ops?: string[]; ext?: boolean };
  thumbprint: string;
  alg: DpopAlg;
}
export interface GenerateDpopKeyPairOptions {
  alg?: DpopAlg;
  extractable?: boolean;
}
/** What one proof is for. */
export interface DpopProofRequest {
  htm: string;
  htu: string | URL;
  accessToken?: string;
  nonce?: string;
}
/** Brings the token that a proof goes with. */
export type DpopTokenSource = () => string | undefined | Promise<string | undefined>;
/** Makes proofs, in the SDK; there is none in this package. */
export type DpopSessionSource = any;
export {};
