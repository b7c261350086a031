// What the benchmark makes of its samples.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { drawChart } from "../bench/chart.mjs";
import { cell, ratios, spread } from "../bench/figures.mjs";
import { hashOf, keep } from "../bench/kept.mjs";
import { columns } from "../bench/parts.mjs";
import { fullTables, insert, missing, over, refreshed, roundsOf, shortTable } from "../bench/report.mjs";
import { serverTables } from "../bench/server-report.mjs";
import { progressFrame, progressOf, shapes } from "../bench/shapes.mjs";

const measured = {
  chromium: {
    memory: { "mcp-wasm": [1, 4, 3], bare: [2, 4, 6], "sdk-v1": [20, 40, 60] },
    "memory:percent": { "mcp-wasm": [3, 6, 3], bare: [2, 2, 2], "sdk-v1": [20, 20, 20] },
    gaps: { "mcp-wasm": [3, 2, 3], "sdk-v1": [19.5] },
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
  const of = (/** @type {string} */ column, /** @type {string} */ name) => roundsOf(measured.chromium, column, name);
  assert.deepEqual(of("memory", "mcp-wasm"), [0.5, 1, 0.5]);
  assert.equal(spread(of("memory", "mcp-wasm"))?.middle, 0.5);
  assert.deepEqual(of("memory", "sdk-v1"), [10, 10, 10]);
  assert.deepEqual(of("memory", "sdk-v2"), []);
  assert.deepEqual(of("gaps", "sdk-v1"), [19.5], "which is relative to nobody");
  assert.deepEqual(ratios([1, 2, 3], [2, 2]), [0.5, 1], "a round that the other did not have is none");
});

test("beside a median stand the lowest and the highest of the rounds", () => {
  assert.deepEqual(spread([3, 0.5, 1, 2, 0.75]), { middle: 1, least: 0.5, most: 3 });
  assert.equal(spread([1, 2])?.middle, 1.5);
  assert.equal(spread([]), undefined);
  assert.equal(cell(spread([0.04, 0.0213, 2])), "0.040<br><sub>0.021–2.00</sub>");
  assert.equal(cell(spread([12, 123.4, 15])), "15.0<br><sub>12.0–123</sub>");
  assert.equal(cell(spread([1, 1, 1])), "1.00<br><sub>1.00–1.00</sub>", "only who counts as 1 is a bare 1");
  assert.equal(cell(undefined), "");
});

test("over all shapes there is the mean of each round, and the shape with the worst median, with their own spreads", () => {
  assert.deepEqual(over(measured.chromium, "memory", "mcp-wasm"), {
    mean: { middle: 1, least: 1, most: 2 },
    worst: { middle: 1.5, least: 1.5, most: 3 },
  });
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
    assert.match(text, /\| \*\*mcp-wasm\*\* \| 1\.00<br><sub>1\.00–2\.00<\/sub> \| 1\.50<br><sub>1\.50–3\.00<\/sub> \|/);
    assert.match(text, /\| bare JavaScript \| 1 \| 1 \|/);
    assert.match(text, /\| \*\*mcp-wasm\*\* \| 3\.00<br><sub>2\.00–3\.00<\/sub> \|/);
    assert.doesNotMatch(text, /SDK v2|over fetch|NaN|undefined/);
  }
});

/** As much as the page has, of two clients. */
const everything = {
  chromium: Object.fromEntries(Object.keys(columns).map((column) => [column, { "mcp-wasm": [2], bare: [1] }])),
  firefox: Object.fromEntries(Object.keys(columns).map((column) => [column, { "mcp-wasm": [4], bare: [1] }])),
  native: (() => {
    const [ours, theirs] = [[{ cpu: 1, seconds: 1, memory: 1 }], [{ cpu: 7, seconds: 1, memory: 1 }]];
    const full = { idle: 1, calls: 1, lost: 0, failed: 0, late: 1, busy: 1, memory: 1, growth: 1 };
    return { websocket: { ours, theirs, full }, http: { ours, theirs, full } };
  })(),
};

/** @param {typeof everything.chromium} columns @param {...string} names */
const pick = (columns, ...names) => Object.fromEntries(Object.entries(columns).filter(([name]) => names.includes(name)));

test("a run of parts replaces what it measured all of, and leaves the rest of the page as it stood", () => {
  const old = "![chart](speed.svg)\n\n### Progress in Chromium\n\nold progress\n\n### Firefox\n\nold Firefox\n\n### Of long ago\n\ngone\n";
  const { chromium } = everything;
  const part = { chromium: pick(chromium, "gaps", "memory", "heap"), firefox: {} };
  const page = refreshed(part, old);
  assert.match(page, /^### Progress in Chromium\n\nold progress\n\n### An animating page [^#]*\| \*\*mcp-wasm\*\* \| 2\.00<br>[^#]*### Firefox\n\nold Firefox$/);
  assert.ok(missing(part).includes("module") && missing(part).includes("small in Firefox") && missing(part).includes("native"));
  assert.deepEqual(missing(everything), []);
  assert.doesNotMatch(refreshed(everything, old), /old (progress|Firefox)|long ago/);
  assert.match(refreshed(everything, old), /### Firefox\n[^#]*4\.00[^#]*### The server half beside FastMCP\n[^#]*7\.00/);
});

test("runs of parts make a whole as long as they are of one build, and one server", () =>
  inDirectory(async (directory) => {
    const [file, program, page] = ["measured.json", "program", "page.js"].map((name) => path.join(directory, name));
    if (!file || !program || !page) throw new Error("no names");
    await writeFile(program, "one");
    await writeFile(page, "one");
    const { chromium, native } = everything;
    const [gaps, memory, newer] = [pick(chromium, "gaps"), pick(chromium, "memory"), { memory: { "mcp-wasm": [9], bare: [1] } }];
    assert.deepEqual(keep(file, hashOf([page]), { chromium: gaps, firefox: {}, native }, program).chromium, gaps);
    keep(file, hashOf([page]), { chromium: memory, firefox: memory }, "");
    const all = keep(file, hashOf([page]), { chromium: newer, firefox: {} }, "");
    assert.deepEqual([all.chromium, all.firefox, all.native], [{ ...gaps, ...newer }, memory, native]);
    await writeFile(page, "two");
    const other = keep(file, hashOf([page]), { chromium: memory, firefox: {} }, "");
    assert.deepEqual([other.chromium, other.firefox, other.native], [memory, {}, native], "of another build");
    await writeFile(program, "two");
    assert.equal(keep(file, hashOf([page]), { chromium: {}, firefox: {} }, "").native, undefined, "of another server");
    assert.notEqual(hashOf([directory]), hashOf([page]));
  }));

test("a table goes between the markers of its file, and nowhere without them", () =>
  inDirectory(async (directory) => {
    const file = path.join(directory, "page.md");
    await writeFile(file, "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n");
    await insert(file, (old) => (old === "\nold\n" ? "new" : old), () => {});
    assert.equal(await readFile(file, "utf8"), "before\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\nafter\n");
    await writeFile(file, "<!-- server:begin -->\n<!-- server:end -->");
    await insert(file, () => "new", () => {}, "server");
    assert.equal(await readFile(file, "utf8"), "<!-- server:begin -->\n\nnew\n\n<!-- server:end -->");
    await writeFile(file, "no markers");
    await insert(file, () => "new", () => {});
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
  const reports = { "http ours 1": rounds(1, 2, 4), "http rmcp 1": rounds(3, 8, 8) };
  const tables = serverTables({ reports, connections: {}, history: {} });
  assert.match(tables, /\| rmcp, HTTP, with a session \| 3\.00<br><sub>2\.00–4\.00<\/sub> \|  \|  \|/);
  assert.match(tables, /\| \*\*mcp-wasm\*\*, HTTP, with a session \| 1 \|  \|  \|/);
});

test("a server has a row for each channel that it was measured over, in ratios only", () => {
  const tables = serverTables({
    reports: { "http ours 1": rounds(1, 1, 1), "http rmcp 1": rounds(4, 5, 6), "modern ours 1": rounds(1, 1, 1) },
    connections: { "http ours 100": rounds(1, 1, 1), "http ours 10000": rounds(2, 2, 2), "http rmcp 100": rounds(1, 1, 1), "http rmcp 10000": rounds(4, 4, 4) },
    history: { nothing: rounds(1, 1, 1), everything: rounds(2, 2, 3) },
  });
  assert.match(tables, /\| rmcp, HTTP, with a session \| 5\.00<br><sub>4\.00–6\.00<\/sub> \|/);
  assert.match(tables, /\| rmcp, HTTP, with a session \| 0\.20<br><sub>0\.17–0\.25<\/sub> \|/, "a report a second");
  assert.match(tables, /\| rmcp, HTTP, with a session \| 1 \|  \| 4\.00<br><sub>4\.00–4\.00<\/sub> \| 3\.00<br><sub>3\.00–3\.00<\/sub> \|/, "beside connections, and their memory");
  assert.match(tables, /\| everything \| 2\.00<br><sub>2\.00–3\.00<\/sub> \| 1\.00<br><sub>1\.00–1\.00<\/sub> \|/);
  assert.doesNotMatch(tables, /rmcp, HTTP, 2026|FastMCP|NaN|undefined/);
});
