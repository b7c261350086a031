// The part that says what keeps a page from connecting, which most pages never need.
import { McpError } from "../base/errors.js";
import { parts } from "../wasm/load.js";

/**
 * Loads a part where nothing was bundled; a bundler shall not look into it.
 * @param {string} part
 */
const load = (part) => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ part);

/** The function of `mcp-wasm/diagnose`. */
export async function diagnosis() {
  if (!parts.diagnose) {
    await load("../diagnose/index.js").catch((cause) => {
      throw new McpError("NOT_INITIALIZED", 'client.diagnose: import "mcp-wasm/diagnose" as well', { cause });
    });
  }
  return /** @type {NonNullable<typeof parts.diagnose>} */ (parts.diagnose);
}

/**
 * What `diagnostics` tells.
 * @param {import("../wasm/core.js").Core | undefined} core
 * @param {import("./calls.js").Calls} calls
 * @param {import("./table.js").CallTable} table
 * @param {import("./oddities.js").Oddities} oddities
 * @param {import("../types/inside.js").Session | undefined} session
 */
export function diagnosticsOf(core, { overflowed, coalesced }, table, { samples }, session) {
  const none = { delivered: 0, unknown: 0, late: 0, backward: 0, duplicate: 0, malformed: 0, coerced: 0, strays: 0 };
  const { strays, ...counts } = core?.counts() ?? none;
  for (const call of table.all()) {
    overflowed += call.overflowed;
    coalesced += call.coalesced;
  }
  return { server: session?.serverInfo?.name, progress: { ...counts, overflowed, coalesced }, samples, subscriptions: { unknown: strays } };
}
