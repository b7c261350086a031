// Registers what came of scenarios as tests: one each.
import assert from "node:assert/strict";
import { test } from "node:test";

/**
 * @param {import("./referee.mjs").Outcome[]} outcomes
 * @param {Record<string, number>} required how many scored scenarios each revision has
 */
export function report(outcomes, required) {
  for (const { revision, name, optional, failure } of outcomes) {
    // What a revision does not require is run and shown, and counts neither way.
    test(`${revision} ${name}`, { todo: optional }, () => {
      // Where it was thrown says nothing.
      if (failure) throw Object.assign(new Error(failure), { stack: failure });
    });
  }
  test("the suite's lists are as long as they were", () => {
    for (const [revision, count] of Object.entries(required)) {
      const scored = outcomes.filter((outcome) => outcome.revision === revision && !outcome.unscored);
      assert.equal(scored.length, count, revision);
    }
  });
}
