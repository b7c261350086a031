/**
 * Says in words what keeps a page from connecting. Importing this also lets bundlers take it along for
 * `client.diagnose`.
 *
 * @example
 * ```js
 * import "mcp-wasm";
 * import { diagnose } from "mcp-wasm/diagnose";
 *
 * const { ok, findings } = await diagnose("https://example.com/mcp");
 * for (const { what, fix } of findings) console.log(what, fix);
 * ```
 * @module
 */
import type { DiagnoseOptions, Diagnosis } from "../types/diagnosis.js";

export type { DiagnoseOptions, Diagnosis, Finding, FindingCode } from "../types/diagnosis.js";

/**
 * Tries to connect, and finds out what a page cannot see of a failure: which CORS header is missing, whether anybody is
 * there at all, whether the path, the subprotocol or the page's own policy is at fault. It sends no request that changes
 * anything but to open and end a session.
 *
 * @example
 * ```js
 * const { findings: [first] } = await diagnose(url);
 * if (first) show(`${first.what} ${first.fix}`);
 * ```
 */
export function diagnose(url: string | URL, options?: DiagnoseOptions): Promise<Diagnosis>;
