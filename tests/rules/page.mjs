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
 */

/**
 * @param {Order} order
 * @returns {Promise<Outcome[]>}
 */
export async function runRules({ pkg, copy, relay, nobody, channels }) {
  const setting = { mcp: await import(pkg), copy: () => import(copy), relay, nobody };
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const { channel, era, rule } of cases(rules, channels)) {
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

/** Runs them in a module worker. @param {Order} order @returns {Promise<Outcome[]>} */
export function runRulesInWorker(order) {
  const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(order);
  });
}
