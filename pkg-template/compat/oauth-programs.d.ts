/** Providers for programs without a person, by the SDKs' names. */
import type {
  AddClientAuthentication,
  ClientCredentialsProviderOptions,
  OAuthClientMetadata,
  OAuthProviderOf,
  PrivateKeyJwtProviderOptions,
  StaticPrivateKeyJwtProviderOptions,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "./oauth.js";

/** A client that asks for tokens by itself, and keeps them in memory. */
declare class Machine implements OAuthProviderOf<StoredOAuthTokens, StoredOAuthClientInformation, []> {
  get redirectUrl(): undefined;
  get clientMetadata(): OAuthClientMetadata;
  clientInformation(): StoredOAuthClientInformation;
  tokens(): StoredOAuthTokens | undefined;
  saveTokens(tokens: StoredOAuthTokens): void;
  /** @throws {Error} always: there is nobody to send anywhere */
  redirectToAuthorization(): void;
  saveCodeVerifier(): void;
  /** @throws {Error} always: there is no code */
  codeVerifier(): string;
  /** The request for a token. */
  prepareTokenRequest(scope?: string): URLSearchParams;
}

/**
 * A client that has a secret. Secrets do not belong into a page.
 *
 * @example
 * ```js
 * const authProvider = new ClientCredentialsProvider({ clientId: "job", clientSecret, expectedIssuer: "https://login.example.com" });
 * await client.connect(new StreamableHTTPClientTransport(url, { authProvider }));
 * ```
 */
export class ClientCredentialsProvider extends Machine {
  constructor(options: ClientCredentialsProviderOptions);
}
/** A client that proves by its key who it is: each request for a token carries an assertion that is signed for it. */
export class PrivateKeyJwtProvider extends Machine {
  constructor(options: PrivateKeyJwtProviderOptions);
  addClientAuthentication: AddClientAuthentication;
}
/** A client that has an assertion which somebody else has signed. */
export class StaticPrivateKeyJwtProvider extends Machine {
  constructor(options: StaticPrivateKeyJwtProviderOptions);
  addClientAuthentication: AddClientAuthentication;
}

/**
 * What proves who a client is, by a key that only it has; for the member `addClientAuthentication` of a provider.
 * @throws {Error} when it is used, for an algorithm that is not of the families ES, RS, PS and HS, or EdDSA
 */
export function createPrivateKeyJwtAuth(options: {
  issuer: string;
  subject: string;
  /** PKCS #8 in PEM, a JSON Web Key, or, for the family HS, the shared secret. */
  privateKey: string | Uint8Array | Record<string, unknown>;
  alg: string;
  /** @default the issuer of the authorization server, or the address that is asked */
  audience?: string | URL;
  /** @default 300 */
  lifetimeSeconds?: number;
  claims?: Record<string, unknown>;
}): AddClientAuthentication;
/** A server's address as the resource that tokens are for: without a fragment. */
export function resourceUrlFromServerUrl(url: string | URL): URL;
/** Whether a resource is the one that is configured, or below it. */
export function checkResourceAllowed(resources: { requestedResource: string | URL; configuredResource: string | URL }): boolean;
/** Whether a client may have this address as its id. */
export function isHttpsUrl(value?: string): boolean;
export {};
