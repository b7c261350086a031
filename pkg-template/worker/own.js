// The worker out of the package itself, and why a page may have none.
import { McpError } from "../transports/common.js";
import script from "./worker-script.js";

/** @param {unknown} [cause] */
export function blocked(cause) {
  const advice =
    "the page's Content-Security-Policy blocks the worker: add blob: to worker-src, " +
    "or give `worker: () => new Worker(url)` with a script of your site that imports mcp-wasm/worker";
  return new McpError("WORKER_BLOCKED", advice, { cause });
}

/** A worker out of the package itself. @param {AbortSignal} signal when it is no longer needed */
export function own(signal) {
  if (typeof Worker === "undefined") {
    throw new McpError("UNSUPPORTED", "this platform has no Worker: connect without `worker`");
  }
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  const trusted = trust(url);
  try {
    return new Worker(trusted, { name: "mcp-wasm" });
  } catch (cause) {
    throw blocked(cause);
  }
}

/** @typedef {{ createScriptURL(text: string): string }} Policy */

/** The policy of Trusted Types, which can be made once. @type {Policy | undefined} */
let policy;

/** The package's own script, as pages want it that take no mere text for one. @param {string} url */
function trust(url) {
  const { trustedTypes } = /** @type {{ trustedTypes?: { createPolicy(name: string, rules: object): Policy } }} */ (globalThis);
  if (!trustedTypes) return url;
  try {
    policy ??= trustedTypes.createPolicy("mcp-wasm", { createScriptURL: (/** @type {string} */ text) => text });
  } catch (cause) {
    const advice = "the page's Content-Security-Policy does not let the package make its script trusted: add mcp-wasm to trusted-types";
    throw new McpError("WORKER_BLOCKED", advice, { cause });
  }
  return policy.createScriptURL(url);
}
