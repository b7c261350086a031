// Where the WebAssembly module comes from, and starting it once.
import { McpError } from "../base/errors.js";
import { hand } from "./messages.js";

/** @typedef {{ Core: typeof import("./core.js").Core }} Module */
/** @typedef {{ Exchanges: typeof import("../transports/exchanges.js").Exchanges, start?: () => Promise<unknown> }} Moving */

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

const MISSING = "call `init(source)` of mcp-wasm/slim before connecting";
const main = /** @type {typeof loader<Module>} */ (loader)(MISSING);
// The parts are loaded and compiled beside each other; each waits for the first one by itself.
/** Loads what moves the exchanges of HTTP. */
const moving = /** @type {typeof loader<Moving>} */ (loader)(MISSING);
/** Starts the part of the module that they need, where that is one by itself. */
const rest = /** @type {typeof loader<Moving>} */ (loader)(MISSING);
rest.provide(async () => {
  const loaded = await moving.ready();
  // Whoever has waited for that sends a request first.
  await undefined;
  await loaded.start?.();
  return loaded;
});
/** Starts the part that a server needs to ask something, and a page to subscribe, where that is one by itself. */
const dialogue = /** @type {typeof loader<unknown>} */ (loader)("");
dialogue.provide(async () => {});

/**
 * Says where the module comes from. The first `connect` starts it; later calls change nothing.
 * @param {() => Promise<Module>} get
 * @param {() => Promise<Moving>} getMoving
 * @param {() => Promise<unknown>} [getDialogue]
 */
export function provide(get, getMoving, getDialogue) {
  main.provide(async () => {
    const module = await get();
    module.Core.help(hand);
    return module;
  });
  moving.provide(getMoving);
  if (getDialogue) dialogue.provide(getDialogue);
}

/** The started module. */
export const ready = main.ready;

/** Fulfilled when the part of the module is there that a dialogue needs. */
export async function readyForDialogue() {
  await Promise.all([ready(), dialogue.ready()]);
}

/** What moves the exchanges of HTTP, before the module that it needs has been started. */
export const loadedForHttp = moving.ready;

/** The started module with all that HTTP needs, and what moves its exchanges. */
export async function readyForHttp() {
  // Asked for first: the part that is there takes a while to be unpacked.
  const late = rest.ready();
  const [module, moving] = await Promise.all([ready(), late]);
  return { ...module, ...moving };
}

/** What a failed start means. @param {Error | undefined} error */
function explain(error) {
  const blocked = error?.name === "CompileError" && /unsafe-eval|Content.Security|CSP/i.test(error.message);
  if (!blocked) return error;
  const advice = "the page's Content-Security-Policy blocks WebAssembly: add 'wasm-unsafe-eval' to script-src";
  return new McpError("WASM_BLOCKED", advice, { cause: error });
}
