// What the benchmark makes of its samples.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { drawChart } from "../bench/chart.mjs";
import { fullTables, insert, over, ratio, shortTable } from "../bench/report.mjs";
import { serverTables, spread } from "../bench/server-report.mjs";
import { progressFrame, progressOf, shapes } from "../bench/shapes.mjs";

const measured = {
  chromium: {
    memory: { "mcp-wasm": [1, 4, 3], bare: [2, 4, 6], "sdk-v1": [20, 40, 60] },
    "memory:percent": { "mcp-wasm": [3], bare: [2], "sdk-v1": [20] },
    gaps: { "mcp-wasm": [3], "sdk-v1": [19.5] },
  },
  firefox: {},
};

/** @param {(directory: string) => Promise<void>} work */
async function inDirectory(work) {
  const directory = await mkdtemp(path.join(os.tmpdir(), "bench-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("a ratio is the median of those of the rounds, each to bare JavaScript in the same round", () => {
  assert.equal(ratio(measured.chromium, "memory", "mcp-wasm"), 0.5);
  assert.equal(ratio(measured.chromium, "memory", "sdk-v1"), 10);
  assert.equal(ratio(measured.chromium, "memory", "sdk-v2"), undefined);
  assert.equal(ratio(measured.chromium, "gaps", "sdk-v1"), 19.5);
});

test("over all shapes there is the mean of the ratios, and the worst with its name", () => {
  assert.deepEqual(over(measured.chromium, "memory", "mcp-wasm"), { mean: 1, worst: 1.5, shape: "percent" });
  assert.equal(over(measured.chromium, "wire", "mcp-wasm"), undefined);
});

test("every shape is a progress notification that says what was asked for", () => {
  for (const [name, { title }] of Object.entries(shapes)) {
    assert.ok(title);
    for (const [i, n] of /** @type {[number, number][]} */ ([[1, 7], [3, 7], [7, 7], [999, 20_000]])) {
      const { jsonrpc, method, params } = JSON.parse(progressFrame(name, 12, i, n));
      assert.deepEqual([jsonrpc, method, params.progressToken], ["2.0", "notifications/progress", name === "texts" ? "12" : 12], name);
      assert.equal(params.progress, progressOf(name, i, n), name);
      assert.ok(params.total >= params.progress && params.message.length >= 10, name);
    }
  }
});

test("the tables have ratios only, and no row or column without any", () => {
  for (const text of [shortTable(measured), fullTables(measured)]) {
    assert.match(text, /\| \*\*mcp-wasm\*\* \| 1 \| 1\.50 \|/);
    assert.doesNotMatch(text, /SDK v2|over fetch|NaN|undefined/);
  }
});

test("a table goes between the markers of its file, and nowhere without them", () =>
  inDirectory(async (directory) => {
    const file = path.join(directory, "page.md");
    await writeFile(file, "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n");
    await insert(file, "new", () => {});
    assert.equal(await readFile(file, "utf8"), "before\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\nafter\n");
    await writeFile(file, "<!-- server:begin -->\n<!-- server:end -->");
    await insert(file, "new", () => {}, "server");
    assert.equal(await readFile(file, "utf8"), "<!-- server:begin -->\n\nnew\n\n<!-- server:end -->");
    await writeFile(file, "no markers");
    await insert(file, "new", () => {});
    assert.equal(await readFile(file, "utf8"), "no markers");
  }));

test("the chart says in words what its bars show", () =>
  inDirectory(async (directory) => {
    const file = path.join(directory, "chart.svg");
    await drawChart(file, measured.chromium);
    const svg = await readFile(file, "utf8");
    assert.match(svg, /<desc id="description">in memory: mcp-wasm 1\.0, TypeScript SDK v1 10\.</);
    assert.equal(svg.match(/<rect /g)?.length, 2);
    assert.doesNotMatch(svg, /NaN|undefined/);
  }));

/** What servers used in three rounds. @param {number[]} cpu */
const rounds = (...cpu) => cpu.map((cpu) => ({ cpu, seconds: 2 * cpu, before: 1000 * cpu, after: 2000 }));

test("servers are compared round by round, and the spread of the rounds is told", () => {
  const [ours, theirs] = [rounds(1, 2, 4), rounds(3, 8, 8)];
  assert.equal(spread(theirs, ours, ({ cpu }) => cpu), "3.00 (2.00 to 4.00)");
  assert.equal(spread(ours, ours, ({ cpu }) => cpu), "1");
  assert.equal(spread(undefined, ours, ({ cpu }) => cpu), "");
});

test("a server has a row for each channel that it was measured over, in ratios only", () => {
  const tables = serverTables({
    reports: { "http ours 1": rounds(1, 1, 1), "http rmcp 1": rounds(4, 5, 6), "modern ours 1": rounds(1, 1, 1) },
    connections: { "http ours 100": rounds(1, 1, 1), "http ours 10000": rounds(2, 2, 2), "http rmcp 100": rounds(1, 1, 1), "http rmcp 10000": rounds(4, 4, 4) },
    history: { nothing: rounds(1, 1, 1), everything: rounds(2, 2, 3) },
  });
  assert.match(tables, /\| rmcp, HTTP, with a session \| 5\.00 \(4\.00 to 6\.00\) \|/);
  assert.match(tables, /\| rmcp, HTTP, with a session \| 0\.20 \(0\.17 to 0\.25\) \|/, "a report a second");
  assert.match(tables, /\| rmcp, HTTP, with a session \| 1 \|  \| 4\.00 \(4\.00 to 4\.00\) \| 3\.00 \|/, "beside connections, and their memory");
  assert.match(tables, /\| everything \| 2\.00 \(2\.00 to 3\.00\) \| 1 /);
  assert.doesNotMatch(tables, /rmcp, HTTP, 2026|FastMCP|NaN|undefined/);
});
