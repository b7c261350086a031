// The reference of the JavaScript API, out of the declarations of the built package: one module for each of its entries.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pkg = new URL("../../target/pkg/", import.meta.url);
const { exports, version } = JSON.parse(readFileSync(new URL("package.json", pkg), "utf8"));

export default {
  name: `mcp-wasm ${version}`,
  entryPoints: Object.values(exports).flatMap(({ types, default: file }) => (types && file.endsWith(".js") ? [fileURLToPath(new URL(types, pkg))] : [])),
  tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
  readme: "none",
  highlightLanguages: ["js", "ts", "jsx"],
  githubPages: false,
  disableSources: true,
  // What an entry takes from another one is described there.
  excludeReferences: true,
  excludePrivate: true,
  treatWarningsAsErrors: true,
};
