/** The errors of log-ins of the SDK 2.x. */
import type { OAuthClientMetadata } from "./oauth.js";

/** A class, also one that cannot be made. */
type AnyClass = abstract new (...args: never[]) => unknown;
type Options = { cause?: unknown };

/** The names of OAuth's errors. */
export enum OAuthErrorCode {
  InvalidRequest = "invalid_request",
  InvalidClient = "invalid_client",
  InvalidGrant = "invalid_grant",
  UnauthorizedClient = "unauthorized_client",
  UnsupportedGrantType = "unsupported_grant_type",
  InvalidScope = "invalid_scope",
  AccessDenied = "access_denied",
  ServerError = "server_error",
  TemporarilyUnavailable = "temporarily_unavailable",
  UnsupportedResponseType = "unsupported_response_type",
  UnsupportedTokenType = "unsupported_token_type",
  InvalidToken = "invalid_token",
  MethodNotAllowed = "method_not_allowed",
  TooManyRequests = "too_many_requests",
  InvalidClientMetadata = "invalid_client_metadata",
  InvalidRedirectUri = "invalid_redirect_uri",
  InsufficientScope = "insufficient_scope",
  InvalidTarget = "invalid_target",
  InvalidDpopProof = "invalid_dpop_proof",
  UseDpopNonce = "use_dpop_nonce",
}

/** An authorization server answered with an error. `cause` is ours. */
export class OAuthError extends Error {
  constructor(code: OAuthErrorCode | string, message: string, errorUri?: string, options?: Options);
  readonly code: OAuthErrorCode | string;
  readonly errorUri?: string;
  /** Whether a value is one, also of another copy of this package or of the SDK. */
  static isInstance<Class extends AnyClass>(this: Class, value: unknown): value is InstanceType<Class>;
  /** The error as a server answers with it. */
  toResponseObject(): { error: string; error_description: string; error_uri?: string };
  static fromResponse(response: { error: string; error_description?: string; error_uri?: string }): OAuthError;
}

/** A log-in cannot go on, and not by an error of OAuth. `cause` is ours. */
export class OAuthClientFlowError extends Error {
  constructor(message: string, options?: Options);
  /** Whether a value is one, also of another copy of this package or of the SDK. */
  static isInstance<Class extends AnyClass>(this: Class, value: unknown): value is InstanceType<Class>;
}
/** An answer, or metadata, is not of the authorization server that was asked. `received` is data of somebody else. */
export class IssuerMismatchError extends OAuthClientFlowError {
  constructor(kind: "metadata" | "authorization_response", expected: string | undefined, received: string | undefined, options?: Options);
  readonly kind: "metadata" | "authorization_response";
  readonly expected: string | undefined;
  readonly received: string | undefined;
}
/** The authorization server does not register the client. */
export class RegistrationRejectedError extends OAuthClientFlowError {
  constructor(refused: { status: number; body: string; submittedMetadata: OAuthClientMetadata }, options?: Options);
  /** The HTTP status. */
  readonly status: number;
  /** What it said, as JSON. */
  readonly body: string;
  readonly submittedMetadata: OAuthClientMetadata;
}
/** Tokens would be asked for at an address that is neither https nor on this machine. */
export class InsecureTokenEndpointError extends OAuthClientFlowError {
  constructor(tokenEndpoint: string, options?: Options);
  readonly tokenEndpoint: string;
}
/** The provider's client belongs to another authorization server. */
export class AuthorizationServerMismatchError extends OAuthClientFlowError {
  constructor(recordedIssuer: string, currentIssuer: string, options?: Options);
  readonly recordedIssuer: string;
  readonly currentIssuer: string;
}
/** The server wants more rights, and the transport is not to ask for them. */
export class InsufficientScopeError extends OAuthClientFlowError {
  constructor(wanted: { requiredScope?: string; resourceMetadataUrl?: URL; errorDescription?: string }, options?: Options);
  readonly requiredScope?: string;
  readonly resourceMetadataUrl?: URL;
  readonly errorDescription?: string;
}
/** @throws {OAuthError} `invalid_client_metadata` for an address that no client may have as its id; for none, nothing */
export function validateClientMetadataUrl(url: string | undefined): void;
export {};
