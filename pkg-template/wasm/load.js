// Where the WebAssembly module comes from, and starting it once.
import { McpError } from "../base/errors.js";

/** @typedef {{ Core: typeof import("./core.js").Core }} Module */

/** What entries of their own add to the client when they are imported. @type {{ diagnose?: (url: any, options: any) => Promise<any> }} */
export const parts = {};

/** @type {(() => Promise<Module>) | undefined} */
let source;
/** @type {Promise<Module> | undefined} */
let started;
/** Starts the part of the module that HTTP needs, where that is one by itself. @type {(() => Promise<void>) | undefined} */
let rest;
/** @type {Promise<void> | undefined} */
let complete;

/**
 * Says where the module comes from. The first `connect` starts it; later calls change nothing.
 * @param {() => Promise<Module>} get
 * @param {() => Promise<void>} [getRest]
 */
export function provide(get, getRest) {
  if (!started) [source, rest] = [get, getRest];
}

/**
 * The started module. A failed start may be tried again.
 * @returns {Promise<Module>}
 */
export function ready() {
  started ??= start().catch((error) => {
    started = undefined;
    throw explain(error);
  });
  return started;
}

/** The same with all that HTTP needs. */
export async function readyForHttp() {
  const module = await ready();
  complete ??= rest?.().catch((error) => {
    complete = undefined;
    throw explain(error);
  });
  await complete;
  return module;
}

async function start() {
  if (!source) {
    throw new McpError("NOT_INITIALIZED", "call `init(source)` of mcp-wasm/slim before connecting");
  }
  return source();
}

/** What a failed start means. @param {any} error */
export function explain(error) {
  const blocked = error?.name === "CompileError" && /unsafe-eval|Content.Security|CSP/i.test(error.message);
  if (!blocked) return error;
  const advice = "the page's Content-Security-Policy blocks WebAssembly: add 'wasm-unsafe-eval' to script-src";
  return new McpError("WASM_BLOCKED", advice, { cause: error });
}
