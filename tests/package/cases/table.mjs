// The README's table of what the package works in: what has run, no more and no less.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../support/paths.mjs";

/** @type {Map<string, Set<string>>} */
const ran = new Map();

/** Each case says so when it is through. @param {string} where @param {string} how */
export function works(where, how) {
  ran.set(where, (ran.get(where) ?? new Set()).add(how));
}

const README = path.join(root, "README.md");
const MARKED = /(<!-- support:begin -->\n)[\s\S]*?(\n<!-- support:end -->)/;

/** The order of the rows, by how they begin; cases that run side by side end in any order. */
const ORDER = ["Chromium", "Firefox", "WebKit", "Vite ", "webpack", "esbuild", "rollup", "Next", "Vitest", "Node", "Deno", "Bun", "workerd", "TypeScript"];

export function compare() {
  const rank = (/** @type {string} */ where) => ORDER.findIndex((start) => where.startsWith(start));
  const rows = [...ran].sort(([a], [b]) => rank(a) - rank(b) || b.localeCompare(a, "en", { numeric: true }));
  const lines = rows.map(([where, how]) => `| ${where} | ${[...how].sort().join("; ")} |`);
  const table = ["| works in | as |", "| --- | --- |", ...lines].join("\n");
  console.log(table);
  const readme = readFileSync(README, "utf8");
  assert.match(readme, MARKED);
  const next = readme.replace(MARKED, (_, begin, end) => `${begin}\n${table}\n${end}`);
  if (process.env.UPDATE_README) return writeFileSync(README, next);
  if (process.env.BROWSERS) return lines.forEach((line) => assert.ok(readme.includes(line), `the README lacks the row ${line}`));
  assert.equal(readme, next, "the README's table differs from what ran: run this with UPDATE_README=1");
}
