// For apps that place the module themselves: `import url from "mcp-wasm/core.wasm?url"`.
import start, { Core, Http } from "./core.js";
import { provide, ready } from "./load.js";

/**
 * Starts the module from a URL, a `Response`, bytes, or a compiled `WebAssembly.Module`.
 * @param {any} source
 */
export async function init(source) {
  provide(async () => {
    await start({ module_or_path: await source });
    return { Core, Http };
  });
  await ready();
}

export * from "./api.js";
