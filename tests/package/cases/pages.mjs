// Pages without a build, the same for every browser.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { productionCsp } from "../../support/static-server.mjs";
import { app } from "./install.mjs";

/** @param {string} entry */
const importMap = (entry) => `<script type="importmap">${JSON.stringify({ imports: { "mcp-wasm": `/node_modules/mcp-wasm/${entry}` } })}</script>`;

/** @param {string} file what a worker can resolve without an import map */
const resolved = async (file) => (await readFile(path.join(app, file), "utf8")).replace('"mcp-wasm"', '"/node_modules/mcp-wasm/index.js"');

/** @type {{ how: string, page: string, csp?: string, files: () => Promise<Record<string, string>> }[]} */
export const plainPages = [
  {
    how: "a page without a build",
    page: "plain.html",
    files: async () => ({ "/plain.html": `<!doctype html><title>plain</title>${importMap("index.js")}<script type="module" src="/page.js"></script>` }),
  },
  {
    how: "`mcp-wasm/slim`",
    page: "slim.html",
    files: async () => {
      const start = 'import { init } from "mcp-wasm"; await init(fetch("/node_modules/mcp-wasm/core.wasm")); await import("/page.js");';
      return { "/slim.html": `<!doctype html><title>slim</title>${importMap("slim.js")}<script type="module">${start}</script>` };
    },
  },
  {
    how: "a module worker under a strict CSP",
    page: "worker.html",
    csp: productionCsp,
    files: async () => ({ "/app.js": await resolved("app.js") }),
  },
];
