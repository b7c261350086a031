// The sentences of errors are written in JavaScript for pages, whose module formats no text, and in Rust for Rust programs.
// Both are held to one list of them; the other half of the test is in `src/client/error.rs`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { pkg, root } from "../support/paths.mjs";

const { toError } = await import(path.join(pkg, "base/errors.js"));
/** @type {{ what: string, detail: { code: string }, sentence: string, begins?: boolean }[]} */
const cases = JSON.parse(readFileSync(path.join(root, "tests/data/error-sentences.json"), "utf8"));

test("every error has the sentence that a Rust program gets", () => {
  assert.ok(cases.length > 20);
  for (const { what, detail, sentence, begins } of cases) {
    const { message } = toError(detail, what);
    // What a page can do besides is said behind it.
    assert.equal(begins ? message.slice(0, sentence.length) : message, sentence);
  }
});
