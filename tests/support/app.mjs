// An app that has the package and some of the tests' own packages installed beside each other, as
// an adapter finds what it adapts.
import { cp, mkdir, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { pkg, target, tests } from "./paths.mjs";

/**
 * @param {string} name of the app's directory in `target/apps`
 * @param {string[]} packages those whose name has an `=` are installed by the name before it
 */
export async function makeApp(name, packages) {
  const directory = path.join(target, "apps", name);
  const modules = path.join(directory, "node_modules");
  await rm(directory, { recursive: true, force: true });
  await mkdir(modules, { recursive: true });
  // Copied: a link would be looked through, and lead to where nothing is beside it.
  await cp(pkg, path.join(modules, "mcp-wasm"), { recursive: true });
  for (const entry of packages) {
    const [other = "", installed = other] = entry.split("=");
    await mkdir(path.dirname(path.join(modules, other)), { recursive: true });
    await symlink(path.join(tests, "node_modules", installed), path.join(modules, other));
  }
  return {
    directory,
    /** What an entry of the package exports. @param {string} file @returns {Promise<any>} */
    import: (file) => import(pathToFileURL(path.join(modules, "mcp-wasm", file)).href),
  };
}
