// Where the WebAssembly module comes from, and starting it once.
import { McpError } from "../base/errors.js";
import { hand } from "./messages.js";

/** @typedef {{ Core: typeof import("./core.js").Core }} Module */

/** What entries of their own add to the client when they are imported. @type {{ diagnose?: typeof import("../diagnose/index.js").diagnose }} */
export const parts = {};

/**
 * What starts a module, once for all who wait for it. A failed start may be tried again.
 * @template M
 * @param {string} missing what to do where nobody has said where it comes from
 */
export function loader(missing) {
  /** @type {(() => Promise<M>) | undefined} */
  let source;
  /** @type {Promise<M> | undefined} */
  let started;
  const start = async () => {
    if (!source) throw new McpError("NOT_INITIALIZED", missing);
    return source();
  };
  return {
    /** Says where the module comes from; once it has been started, that changes nothing. @param {() => Promise<M>} get */
    provide(get) {
      if (!started) source = get;
    },
    /** The started module. @returns {Promise<M>} */
    ready() {
      started ??= start().catch((error) => {
        started = undefined;
        throw explain(error);
      });
      return started;
    },
  };
}

const main = /** @type {typeof loader<Module>} */ (loader)("call `init(source)` of mcp-wasm/slim before connecting");
// The parts are loaded and compiled beside each other; each waits for the first one by itself.
/** Starts the part of the module that HTTP needs, where that is one by itself. */
const rest = /** @type {typeof loader<unknown>} */ (loader)("");
rest.provide(async () => {});
/** Starts the part that a server needs to ask something, and a page to subscribe, where that is one by itself. */
const dialogue = /** @type {typeof loader<unknown>} */ (loader)("");
dialogue.provide(async () => {});

/**
 * Says where the module comes from. The first `connect` starts it; later calls change nothing.
 * @param {() => Promise<Module>} get
 * @param {() => Promise<unknown>} [getRest]
 * @param {() => Promise<unknown>} [getDialogue]
 */
export function provide(get, getRest, getDialogue) {
  main.provide(async () => {
    const module = await get();
    module.Core.help(hand);
    return module;
  });
  if (getRest) rest.provide(getRest);
  if (getDialogue) dialogue.provide(getDialogue);
}

/** The started module. */
export const ready = main.ready;

/** Fulfilled when the part of the module is there that a dialogue needs. */
export async function readyForDialogue() {
  await Promise.all([ready(), dialogue.ready()]);
}

/** The same with all that HTTP needs. */
export async function readyForHttp() {
  // Asked for first: the part that is there takes a while to be unpacked.
  const late = rest.ready();
  const [module] = await Promise.all([ready(), late]);
  return module;
}

/** What a failed start means. @param {Error | undefined} error */
function explain(error) {
  const blocked = error?.name === "CompileError" && /unsafe-eval|Content.Security|CSP/i.test(error.message);
  if (!blocked) return error;
  const advice = "the page's Content-Security-Policy blocks WebAssembly: add 'wasm-unsafe-eval' to script-src";
  return new McpError("WASM_BLOCKED", advice, { cause: error });
}
