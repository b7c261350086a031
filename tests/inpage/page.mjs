// Runs the rules in a page: in memory and over a port, in both eras.
import { show } from "../rules/check.mjs";
import { ERAS, run } from "./env.mjs";
import { rules } from "./index.mjs";

/** @returns {Promise<{ name: string, failure?: string }[]>} */
export async function runRules() {
  const mcp = await import(/** @type {any} */ ("/pkg/index.js"));
  const { jsonSchemaValidator: validator } = await import(/** @type {any} */ ("/pkg/validate.js"));
  const outcomes = [];
  for (const way of /** @type {const} */ (["memory", "port"])) {
    for (const era of ERAS) {
      for (const rule of rules.filter(({ eras }) => eras.includes(era))) {
        const outcome = /** @type {{ name: string, failure?: string }} */ ({ name: `${way}, ${era}: ${rule.name}` });
        outcomes.push(outcome);
        try {
          await run({ mcp, validator }, rule, way, era);
        } catch (error) {
          outcome.failure = error instanceof Error ? `${error.message}\n${error.stack}` : show(error);
        }
      }
    }
  }
  return outcomes;
}
