// Errors on their way from a worker to the page: of ours, a structured clone would keep the text alone.
import { ClosedError, isMcpError, McpError, ProtocolError } from "../transports/common.js";

/** What can be posted of an error. @param {unknown} error @returns {unknown} */
export function pack(error) {
  if (isMcpError(error)) {
    const { name, code, message, mayHaveRun, cause } = /** @type {McpError & { mayHaveRun?: boolean }} */ (error);
    return { mcp: name, code, message, mayHaveRun, cause: cause && pack(cause) };
  }
  try {
    return structuredClone(error);
  } catch {
    return new Error(String(/** @type {Partial<Error> | undefined} */ (error)?.message ?? error));
  }
}

/** The error again. @param {any} packed whatever was posted @returns {any} */
export function unpack(packed) {
  if (typeof packed?.mcp !== "string") return packed;
  const { mcp, code, message, mayHaveRun } = packed;
  const options = { cause: unpack(packed.cause) };
  if (mcp === "ClosedError") return new ClosedError(message, mayHaveRun, options);
  if (mcp === "ProtocolError") return new ProtocolError(message, code, options);
  return new McpError(code, message, options);
}
