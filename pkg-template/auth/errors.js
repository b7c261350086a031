// What a log-in can fail with.
import { McpError, mark, shown } from "../base/errors.js";

export class AuthError extends McpError {
  /**
   * @param {import("./index.js").AuthErrorCode} code
   * @param {string} message
   * @param {import("./index.js").AuthErrorDetails & { cause?: unknown }} details
   */
  constructor(code, message, { cause, ...details }) {
    super(code, message, cause === undefined ? undefined : { cause });
    this.name = "AuthError";
    Object.assign(this, details);
  }
}
mark(AuthError, "AuthError", "McpError");

/**
 * The error of something that failed for a server. Its words show no more of an address than its path.
 * @param {import("./index.js").AuthErrorCode} code
 * @param {string} server
 * @param {string} what
 * @param {Omit<import("./index.js").AuthErrorDetails, "server"> & { cause?: unknown }} [details]
 */
export const failure = (code, server, what, details) => new AuthError(code, shown(`${server}: ${what}`), { server, ...details });

/** What the app has to give in another way. @param {string} why */
export const unusable = (why) => new McpError("INVALID_ARGUMENT", `OAuth: ${why}`);

/** @param {string} server @param {string} what @param {string[]} [scopes] @param {import("./index.js").AuthErrorCode} [code] */
export const loginRequired = (server, what, scopes, code = "AUTH_REQUIRED") =>
  failure(code, server, `${what}; call \`login\` with this error, in a click`, scopes?.length ? { scopes } : {});

/** Whether something thrown is an error with this code. @param {unknown} error @param {string} code @returns {error is { code: string, error?: string }} */
export const isFailure = (error, code) => error instanceof McpError && error.code === code;
