// The errors of log-ins of the SDK 2.x.
import { isHttpsUrl } from "./addresses.js";
import { Marked, mark } from "./marked.js";

export const OAuthErrorCode = Object.freeze({
  InvalidRequest: "invalid_request",
  InvalidClient: "invalid_client",
  InvalidGrant: "invalid_grant",
  UnauthorizedClient: "unauthorized_client",
  UnsupportedGrantType: "unsupported_grant_type",
  InvalidScope: "invalid_scope",
  AccessDenied: "access_denied",
  ServerError: "server_error",
  TemporarilyUnavailable: "temporarily_unavailable",
  UnsupportedResponseType: "unsupported_response_type",
  UnsupportedTokenType: "unsupported_token_type",
  InvalidToken: "invalid_token",
  MethodNotAllowed: "method_not_allowed",
  TooManyRequests: "too_many_requests",
  InvalidClientMetadata: "invalid_client_metadata",
  InvalidRedirectUri: "invalid_redirect_uri",
  InsufficientScope: "insufficient_scope",
  InvalidTarget: "invalid_target",
  InvalidDpopProof: "invalid_dpop_proof",
  UseDpopNonce: "use_dpop_nonce",
});

/** @typedef {{ cause?: unknown }} Options */

export class OAuthError extends Marked {
  /** @param {string} code @param {string} message @param {string} [errorUri] @param {Options} [options] */
  constructor(code, message, errorUri, options) {
    super(message, options);
    this.name = "OAuthError";
    this.code = code;
    this.errorUri = errorUri;
  }

  /** The error as a server answers with it. */
  toResponseObject() {
    const { code: error, message: error_description, errorUri } = this;
    return { error, error_description, ...(errorUri && { error_uri: errorUri }) };
  }

  /** @param {{ error: string, error_description?: string, error_uri?: string }} response */
  static fromResponse({ error, error_description: description = error, error_uri: uri }) {
    return new OAuthError(error, description, uri);
  }
}

export class OAuthClientFlowError extends Marked {
  /** @param {string} message @param {Options} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A text of somebody else's, as a message may have it. @param {string | undefined} text */
const quoted = (text) => JSON.stringify(text);

export class IssuerMismatchError extends OAuthClientFlowError {
  /** @param {"metadata" | "authorization_response"} kind @param {string | undefined} expected @param {string | undefined} received @param {Options} [options] */
  constructor(kind, expected, received, options) {
    super(`Issuer mismatch in the ${kind === "metadata" ? "metadata of the authorization server" : "answer of the log-in"}: expected ${quoted(expected)}, received ${quoted(received)}`, options);
    this.kind = kind;
    this.expected = expected;
    this.received = received;
  }
}

export class RegistrationRejectedError extends OAuthClientFlowError {
  /** @param {{ status: number, body: string, submittedMetadata: object }} refused @param {Options} [options] */
  constructor({ status, body, submittedMetadata }, options) {
    super(`Dynamic Client Registration rejected (HTTP ${status}): ${body}`, options);
    this.status = status;
    this.body = body;
    this.submittedMetadata = submittedMetadata;
  }
}

export class InsecureTokenEndpointError extends OAuthClientFlowError {
  /** @param {string} tokenEndpoint @param {Options} [options] */
  constructor(tokenEndpoint, options) {
    super(`The token endpoint ${quoted(tokenEndpoint)} is neither https nor on this machine: nothing is sent to it`, options);
    this.tokenEndpoint = tokenEndpoint;
  }
}

export class AuthorizationServerMismatchError extends OAuthClientFlowError {
  /** @param {string} recordedIssuer @param {string} currentIssuer @param {Options} [options] */
  constructor(recordedIssuer, currentIssuer, options) {
    super(`The credentials are for ${quoted(recordedIssuer)}, and are not shown to ${quoted(currentIssuer)}`, options);
    this.recordedIssuer = recordedIssuer;
    this.currentIssuer = currentIssuer;
  }
}

export class InsufficientScopeError extends OAuthClientFlowError {
  /** @param {{ requiredScope?: string, resourceMetadataUrl?: URL, errorDescription?: string }} wanted @param {Options} [options] */
  constructor({ requiredScope, resourceMetadataUrl, errorDescription }, options) {
    super(`Insufficient scope${requiredScope ? `: required ${quoted(requiredScope)}` : ""}`, options);
    this.requiredScope = requiredScope;
    this.resourceMetadataUrl = resourceMetadataUrl;
    this.errorDescription = errorDescription;
  }
}

/** @param {string | undefined} url */
export function validateClientMetadataUrl(url) {
  if (url && !isHttpsUrl(url)) throw new OAuthError(OAuthErrorCode.InvalidClientMetadata, `clientMetadataUrl must be an https address with a path, not ${quoted(url)}`);
}

for (const [name, kind] of Object.entries({
  OAuthError,
  OAuthClientFlowError,
  IssuerMismatchError,
  RegistrationRejectedError,
  InsecureTokenEndpointError,
  AuthorizationServerMismatchError,
  InsufficientScopeError,
})) {
  mark(kind, name);
}
