// The reference of the JavaScript API, out of the declarations of the built package: one module for each of its entries.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pkg = new URL("../../target/pkg/", import.meta.url);
const { exports, version } = JSON.parse(readFileSync(new URL("package.json", pkg), "utf8"));

/** Those that speak like another package are described there. */
const own = Object.entries(exports).filter(([name, { types, default: file }]) => types && file.endsWith(".js") && !name.startsWith("./compat/"));

/** Each module by the name that a program imports. @param {import("typedoc").Application} app */
function byEntry(app) {
  const names = new Map(own.map(([name, { types }]) => [fileURLToPath(new URL(types, pkg)), name.replace(/^\./, "mcp-wasm")]));
  app.converter.on("createDeclaration", (context, reflection) => {
    if (!reflection.parent?.isProject()) return;
    const [file] = context.getSymbolFromReflection(reflection)?.declarations ?? [];
    reflection.name = names.get(file?.fileName) ?? reflection.name;
  });
}

export default {
  plugin: [byEntry],
  name: `mcp-wasm ${version}`,
  entryPoints: own.map(([, { types }]) => fileURLToPath(new URL(types, pkg))),
  tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
  readme: "none",
  highlightLanguages: ["js", "ts", "jsx"],
  githubPages: false,
  disableSources: true,
  // What an entry takes from another one is described there.
  excludeReferences: true,
  excludePrivate: true,
  // A comment that an adapter takes over links to names of the module that it comes from.
  validation: { invalidLink: false },
  treatWarningsAsErrors: true,
};
