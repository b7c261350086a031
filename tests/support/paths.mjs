// Where things are. Everything is relative to this file, except what the environment names:
//   CARGO_TARGET_DIR   cargo's target directory (default: target/ in the repository)
//   MCP_WASM_PKG       the built npm package (default: <target>/pkg)
//   DEMO_SERVER        the demo server's program (default: <target>/debug/demo-server)
//   FIXTURE_SERVER     the fixture server's program (default: <target>/debug/fixture-server)
//   MCP_WASM_GATEWAY   the gateway's program (default: <target>/debug/mcp-wasm-gateway)
//   RMCP_SERVER        the program of a server of the Rust SDK (default: <target>/debug/rmcp-server)
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/[\\/]$/, "");

/** `tests/`, where the JavaScript tools are installed. */
export const tests = path.join(root, "tests");

/** Cargo's target directory. */
export const target = path.resolve(root, process.env.CARGO_TARGET_DIR || "target");

/** The npm package as `cargo xtask package` builds it. */
export const pkg = path.resolve(root, process.env.MCP_WASM_PKG || path.join(target, "pkg"));

/** The files of the demo page. */
export const www = path.join(root, "www");

/** The demo server's program, as built by `cargo build --package demo-server`. */
export const demoServer = process.env.DEMO_SERVER || path.join(target, "debug", "demo-server");

/** The conformance suite's fixture server, as built by `cargo build --features fixture`. */
export const fixtureServer = process.env.FIXTURE_SERVER || path.join(target, "debug", "fixture-server");

/** The gateway's program, as built by `cargo build --package mcp-wasm-gateway`. */
export const gateway = process.env.MCP_WASM_GATEWAY || path.join(target, "debug", "mcp-wasm-gateway");

/** The gateway's npm packages, one directory each, as `cargo xtask gateway-package` builds them. */
export const gatewayPackages = process.env.MCP_WASM_GATEWAY_PACKAGES || path.join(target, "gateway-package");

/** The server of the Rust SDK, as built from `tests/interop/rmcp-server`. */
export const rmcpServer = process.env.RMCP_SERVER || path.join(target, "debug", "rmcp-server");

/** A Python that has FastMCP 3 and the SDK 1.30, as `cargo xtask test` sets it up. */
export const python = process.env.MCP_WASM_PYTHON || path.join(target, "tools", "python", "bin", "python");

/** A Python that has FastMCP 2 and chuk-mcp-server. */
export const pythonFastmcp2 = process.env.MCP_WASM_PYTHON_FASTMCP2 || path.join(target, "tools", "python-fastmcp2", "bin", "python");

/** A Python that has FastMCP 4 and the SDK 2; the two do not fit into one environment. */
export const pythonFastmcp4 = process.env.MCP_WASM_PYTHON_FASTMCP4 || path.join(target, "tools", "python-fastmcp4", "bin", "python");

/** A Python that has gradio, which wants an SDK of its own. */
export const pythonGradio = process.env.MCP_WASM_PYTHON_GRADIO || path.join(target, "tools", "python-gradio", "bin", "python");

/**
 * What the built package exports from `entry`.
 * @param {string} [entry] file of the package
 * @returns {Promise<any>}
 */
export function importPkg(entry = "index.js") {
  const file = path.join(pkg, entry);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`cargo xtask package\``);
  return import(pathToFileURL(file).href);
}
