// A worker in this process, which has a package of its own: it and its page share nothing, and what they post to each
// other is cloned as between threads.
import { pathToFileURL } from "node:url";
import path from "node:path";
import { makeApp } from "./app.mjs";

/** @typedef {(event: { data: any }) => void} Listener */

/**
 * A function that makes such a worker, for a connection's option `worker`. One runs at a time.
 * @param {string} name of the worker's copy of the package
 */
export async function workerHere(name) {
  const { directory } = await makeApp(name, []);
  const script = pathToFileURL(path.join(directory, "node_modules/mcp-wasm/worker.js")).href;
  return () => {
    /** @type {Listener[]} */
    const page = [];
    /** @type {Listener[]} */
    const inside = [];
    let lives = true;
    /** @param {Listener[]} listeners @param {unknown} data */
    const post = (listeners, data) => {
      const copy = structuredClone(data);
      setImmediate(() => lives && listeners.forEach((listener) => listener({ data: copy })));
    };
    const listen = (/** @type {Listener[]} */ listeners) => (/** @type {string} */ type, /** @type {Listener} */ listener) => void (type === "message" && listeners.push(listener));
    Object.assign(globalThis, { addEventListener: listen(inside), postMessage: (/** @type {unknown} */ data) => post(page, data), close() {} });
    const loaded = import(script);
    return {
      addEventListener: listen(page),
      postMessage: (/** @type {unknown} */ data) => void loaded.then(() => post(inside, data)),
      terminate: () => void (lives = false),
    };
  };
}
