/** What the SDK 2.x says about OAuth beyond 1.x. A transport logs in by a provider. */
import type {
  AuthResult,
  ClientAuthMethod,
  OAuthClientMetadata,
  OAuthProviderOf,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "./oauth.js";
import type { FetchLike, Middleware } from "./wire.js";

/** Which authorization server a registration or a token is of. */
export interface OAuthClientInformationContext {
  issuer: string;
}

/** Keeps a client's registration and tokens, and sends its user to log in. */
export interface OAuthClientProvider
  extends OAuthProviderOf<StoredOAuthTokens, StoredOAuthClientInformation, [context?: OAuthClientInformationContext]> {
  /** What makes proofs, where tokens are bound to a key. */
  dpop?(): DpopSession | undefined | Promise<DpopSession | undefined>;
  /** The scopes to ask for with a refresh token; none: those that it has. */
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
/** Makes proofs, or brings what does. */
export type DpopSessionSource = DpopSession | (() => DpopSession | undefined | Promise<DpopSession | undefined>);

/** The algorithms of proofs. */
export const DPOP_SUPPORTED_ALGS: readonly DpopAlg[];
/** Makes a key for proofs, of which nobody can take a copy unless `extractable` says so. */
export function generateDpopKeyPair(options?: GenerateDpopKeyPairOptions): Promise<DpopKeyPair>;
/** What a proof says of the token that goes with it. */
export function accessTokenHash(accessToken: string): Promise<string>;
/** Whether a server wants to find another nonce in the proof. */
export function isDpopNonceChallenge(response: Response): boolean;

/** Makes proofs with one key, and remembers what each server wants to find in them. */
export class DpopSession {
  private constructor();
  /** With this key, or with a new one. */
  static create(options?: { alg?: DpopAlg; keyPair?: DpopKeyPair }): Promise<DpopSession>;
  /** What the key is known by (RFC 7638). */
  get thumbprint(): string;
  get alg(): DpopAlg;
  get publicJwk(): DpopKeyPair["publicJwk"];
  /** What the server of an address wants to find in proofs. */
  nonceFor(url: string | URL): string | undefined;
  rememberNonce(url: string | URL, nonce: string): void;
  /** Remembers the nonce of an answer, if it has one. */
  observeNonce(response: { headers: Headers }, url: string | URL): void;
  /** A proof for one request: each is good once. */
  buildProof(request: DpopProofRequest): Promise<string>;
}

/** Sends a token with proofs of the key that it is bound to. */
export const withDpop: (session: DpopSessionSource, getToken: DpopTokenSource) => Middleware;
/** The same, with the session and the token of a provider. */
export const withDpopFromProvider: (provider: OAuthClientProvider) => Middleware;

/** Logs in by a provider: with its tokens, by a code, or by sending its user away (`"REDIRECT"`). */
export function auth(provider: OAuthClientProvider, options: AuthOptions): Promise<AuthResult>;
/** Sends the token of a provider with requests, and logs in by it at a 401. */
export const withOAuth: (provider: OAuthClientProvider, baseUrl?: string | URL) => Middleware;

/** A client that gets its tokens through another application's log-in. */
export class CrossAppAccessProvider {
  constructor(options: CrossAppAccessProviderOptions);
  get redirectUrl(): undefined;
  get clientMetadata(): OAuthClientMetadata;
  clientInformation(): StoredOAuthClientInformation;
  tokens(): StoredOAuthTokens | undefined;
  saveTokens(tokens: StoredOAuthTokens): void;
  redirectToAuthorization(): void;
  saveCodeVerifier(): void;
  codeVerifier(): string;
  saveAuthorizationServerUrl(authorizationServerUrl: string): void;
  authorizationServerUrl(): string | undefined;
  saveResourceUrl(resourceUrl: string): void;
  resourceUrl(): string | undefined;
  prepareTokenRequest(scope?: string): Promise<URLSearchParams>;
}
/** Asks an identity provider for an assertion for another application. @throws {Error} with what it answered */
export function requestJwtAuthorizationGrant(options: RequestJwtAuthGrantOptions): Promise<JwtAuthGrantResult>;
/** The same, where its token endpoint is found out first. */
export function discoverAndRequestJwtAuthGrant(options: DiscoverAndRequestJwtAuthGrantOptions): Promise<JwtAuthGrantResult>;
/** Exchanges such an assertion for a token. @throws {Error} with what the authorization server answered */
export function exchangeJwtAuthGrant(options: {
  tokenEndpoint: string | URL;
  jwtAuthGrant: string;
  clientId: string;
  clientSecret?: string;
  /** @default "client_secret_basic" */
  authMethod?: ClientAuthMethod;
  fetchFn?: FetchLike;
}): Promise<{ access_token: string; token_type: string; expires_in?: number; scope?: string }>;
/** @throws {InsecureTokenEndpointError} for an address that is neither https nor on this machine */
export function assertSecureTokenEndpoint(tokenEndpoint: string | URL): URL;
export {};
