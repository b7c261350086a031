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
