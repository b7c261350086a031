// Runs the rules in a page or a worker, and tells what came of each.
import { show } from "./check.mjs";
import { cases, run } from "./env.mjs";
import { rules } from "./index.mjs";

/**
 * @typedef {{ name: string, failure?: string }} Outcome
 *
 * @typedef {object} Order what to run: URLs, and the channels
 * @property {string} pkg
 * @property {string} copy
 * @property {string} relay
 * @property {string} nobody
 * @property {import("./peer.mjs").Channel[]} channels
 * @property {boolean} [worker] whether workers hold the connections
 * @property {import("./peer.mjs").Era[]} [eras] both without
 * @property {[part: number, of: number]} [share] which of them, if others run the rest
 */

/**
 * @param {Order} order
 * @returns {Promise<Outcome[]>}
 */
export async function runRules({ pkg, copy, relay, nobody, channels, worker = false, eras, share: [part, of] = [0, 1] }) {
  const setting = { mcp: await import(pkg), copy: () => import(copy), relay, nobody, worker };
  /** @type {Outcome[]} */
  const outcomes = [];
  let index = 0;
  for (const { channel, era, rule } of cases(rules, channels, worker)) {
    if ((eras && !eras.includes(era)) || index++ % of !== part) continue;
    const outcome = /** @type {Outcome} */ ({ name: `${channel}, ${era}: ${rule.name}` });
    outcomes.push(outcome);
    try {
      await run(setting, rule, channel, era);
    } catch (error) {
      outcome.failure = error instanceof Error ? `${error.message}\n${error.stack}` : show(error);
    }
  }
  return outcomes;
}

/**
 * Shares them out among frames, which run at the same time: most rules wait.
 * @param {Order} order
 * @param {number} count
 * @param {string[]} relays a relay each: browsers open few connections to one server at a time
 * @param {string} url of a page with frame.mjs
 */
export async function runRulesInFrames(order, count, relays, url) {
  const parts = Array.from({ length: count }, (_, part) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    /** @type {Promise<Outcome[]>} */
    const outcomes = new Promise((resolve) => {
      addEventListener("message", ({ source, data }) => {
        if (source !== frame.contentWindow) return;
        if (data === "ready") frame.contentWindow?.postMessage({ ...order, relay: relays[part % relays.length], share: [part, count] }, "*");
        else resolve(data);
      });
    });
    frame.src = url;
    return outcomes;
  });
  return (await Promise.all(parts)).flat();
}

/** Runs them in a module worker. @param {Order} order @returns {Promise<Outcome[]>} */
export function runRulesInWorker(order) {
  const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(order);
  });
}
