// What was measured, as tables of ratios.
import { readFile, writeFile } from "node:fs/promises";
import { columns, titles } from "./parts.mjs";
import { FIRST, shapes } from "./shapes.mjs";

/** @typedef {import("./parts.mjs").Name} Name */
/** @typedef {import("./browsers.mjs").Samples} Samples */
/** @typedef {{ chromium: Record<string, Samples>, firefox: Record<string, Samples>, native?: import("./native.mjs").Servers }} Measured */

/** What a text goes between in a file. @param {string} part */
const markers = (part) => [`<!-- ${part}:begin -->`, `<!-- ${part}:end -->`];

/** The chart of a page. @param {string} file */
export const chart = (file) => `![Main-thread CPU of one progress notification in Chromium, relative to bare JavaScript](${file})`;

/** What the columns of the short table are. */
const SHORT = `CPU of the page's main thread, where bare JavaScript (\`JSON.parse\`, a \`Map\` and the callback) is 1: for one progress
notification as servers in many languages write it, for a result, for a call. The gap counts frames of the display during 200,000 notifications over WebSocket. The
time from the import to a connection over HTTP is relative to this package's. Smaller is better, but for reports per second.`;

/** @param {number[]} numbers */
export function middle(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

/**
 * A client's ratio in a column: to the base in the same round, the median of the rounds.
 * @param {Record<string, Samples>} measured
 * @param {string} column
 * @param {string} name
 */
export function ratio(measured, column, name) {
  const samples = measured[column]?.[name];
  if (!samples?.length) return undefined;
  const base = columns[column.split(":")[0] ?? ""]?.base;
  if (!base) return middle(samples);
  const of = measured[column]?.[base] ?? [];
  return middle(samples.map((sample, round) => sample / (of[round] ?? NaN)));
}

/**
 * A client's ratios over all shapes of a column: their mean, and the worst with its shape's name.
 * @param {Record<string, Samples>} measured
 * @param {string} column
 * @param {string} name
 */
export function over(measured, column, name) {
  let sum = 0;
  let count = 0;
  let worst = -Infinity;
  let shape = FIRST;
  for (const key of Object.keys(measured)) {
    const [of, own = FIRST] = key.split(":");
    const value = of === column ? ratio(measured, key, name) : undefined;
    if (value === undefined) continue;
    sum += value;
    count++;
    if (value > worst) [worst, shape] = [value, own];
  }
  return count ? { mean: sum / count, worst, shape } : undefined;
}

/** @param {number | undefined} value */
export const show = (value) =>
  value === undefined || Number.isNaN(value) ? "" : value === 1 ? "1" : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);

/** @param {string[]} head @param {string[][]} rows */
export const table = (head, rows) => [head, head.map((_, i) => (i ? "---:" : "---")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/**
 * The clients' ratios in some columns.
 * @param {string} title
 * @param {Record<string, Samples>} measured
 * @param {[column: string, head?: string][]} shown
 * @param {string[]} [but] who is left out
 */
function clients(title, measured, shown, but = []) {
  const present = shown.filter(([column]) => measured[column]);
  if (!present.length) return "";
  const rows = Object.entries(titles)
    .filter(([name]) => !but.includes(name) && present.some(([column]) => measured[column]?.[name]?.length))
    .map(([name, title]) => [title, ...present.map(([column]) => show(ratio(measured, column, name)))]);
  return table([title, ...present.map(([column, head]) => head ?? columns[column]?.head ?? "")], rows);
}

/**
 * The clients' mean and worst ratios over the shapes of some columns.
 * @param {string} title
 * @param {Record<string, Samples>} measured
 * @param {[column: string, head: string][]} shown
 * @param {string[]} [but] who is left out
 */
function means(title, measured, shown, but = []) {
  const present = shown.filter(([column]) => measured[column]);
  if (!present.length) return "";
  const rows = Object.entries(titles)
    .filter(([name]) => !but.includes(name) && present.some(([column]) => over(measured, column, name)))
    .map(([name, title]) => [
      title,
      ...present.flatMap(([column]) => {
        const all = over(measured, column, name);
        return [show(all?.mean), show(all?.worst)];
      }),
    ]);
  return table([title, ...present.flatMap(([, head]) => [`${head}, mean`, "worst shape"])], rows);
}

/** One client's ratio for each shape. @param {Record<string, Samples>} measured @param {string} name @param {[column: string, head: string][]} shown */
function byShape(measured, name, shown) {
  const present = shown.filter(([column]) => measured[column]?.[name]);
  if (!present.length) return "";
  const key = (/** @type {string} */ column, /** @type {string} */ shape) => (shape === FIRST ? column : `${column}:${shape}`);
  const rows = Object.entries(shapes)
    .map(([shape, { title }]) => [title, ...present.map(([column]) => show(ratio(measured, key(column, shape), name)))])
    .filter(([, ...cells]) => cells.some(Boolean));
  return table(["how servers write it", ...present.map(([, head]) => head)], rows);
}

/** The channels that are measured with every shape. @type {[string, string][]} */
const CHANNELS = [["memory", "in memory"], ["wire", "over WebSocket"], ["fetch", "over fetch"]];

/** @param {Measured} measured */
export function shortTable({ chromium, native }) {
  /** @type {[string, string][]} */
  const more = [
    ["gaps", "longest gap in an animation, in frames"],
    ["small", "a result of 1 MB"],
    ["concurrent", "calls all at once"],
    ["coldFetch", "import to connected"],
  ];
  const first = means("one progress notification", chromium, CHANNELS, ["streams", "floor"]);
  const second = clients("main thread, in Chromium", chromium, more, ["streams", "floor", "floor-worker"]);
  const servers = native ? serversTable(native) : "";
  return [SHORT, first, second, servers].filter(Boolean).join("\n\n");
}

/** @param {Measured} measured */
export function fullTables({ chromium, firefox, native }) {
  /** @param {Record<string, Samples>} measured @param {...string} shown @returns {[string][]} */
  const of = (measured, ...shown) => shown.filter((column) => measured[column]).map((column) => [column]);
  const blocks = [
    [
      "### Progress in Chromium\n\nCPU time of the main thread for one notification; bare JavaScript is 1. Over a channel, all that the browser does counts, the last row being a page that looks at nothing. Servers write progress in many ways: the mean over all that are listed below, and the worst of them.",
      means("CPU per notification", chromium, CHANNELS),
      clients("the specification's order", chromium, of(chromium, "memory", "csp", "wire", "fetch")),
      byShape(chromium, "mcp-wasm", CHANNELS),
    ],
    [
      "### Results and calls in Chromium\n\nCPU time of the main thread; bare JavaScript is 1. Results and lists are taken from frames in memory. Calls go over WebSocket to an echo, or to one in memory, where nothing but the client is left.",
      clients("CPU per result", chromium, of(chromium, "small", "large", "list")),
      clients("CPU per call", chromium, of(chromium, "sequential", "concurrent", "sequentialFetch", "concurrentFetch", "sequentialMemory", "concurrentMemory")),
    ],
    [
      "### Large results in Chromium\n\nFrom the server to the caller: CPU time of the main thread, and by how much the page's process grows at most meanwhile; bare JavaScript, which is given the whole text by the browser and parses it, is 1.",
      clients("over WebSocket", chromium, of(chromium, "socket16", "socket16Memory", "socket64", "socket64Memory")),
      clients("over HTTP", chromium, of(chromium, "fetch16", "fetch16Memory", "fetch64", "fetch64Memory")),
    ],
    [
      "### From the import to a connected client\n\nTime that passes in a fresh page, everything from loopback; mcp-wasm is 1. Each client is bundled, minified and split by Vite, as its package lets it. Warm is a browser that keeps the script and what it was compiled to; a server 30 ms away answers that much later, and a slow processor is one sixth of this one, as in a phone.",
      clients("time in Chromium", chromium, of(chromium, "coldSocket", "coldFetch", "farFetch", "slowFetch", "warmSocket", "warmFetch")),
      clients("time in Firefox", firefox, of(firefox, "coldSocket", "coldFetch", "farFetch", "warmSocket", "warmFetch")),
    ],
    [
      "### Memory after 100,000 calls\n\nAfter garbage collection, relative to before these calls.",
      clients("relative size", chromium, of(chromium, "heap", "module")),
    ],
    [
      "### An animating page during 200,000 notifications\n\nThe longest gap between two of its frames, as a multiple of the display's 1/60 s. The server plays what was written beforehand; the median of several floods.",
      clients("over WebSocket", chromium, of(chromium, "gaps")),
    ],
    [
      "### Firefox\n\nTime that passes, since Firefox does not tell a page's CPU time; bare JavaScript is 1. Half as many rounds.",
      clients("per notification, or per result", firefox, [
        ["memory", "in memory"],
        ["wire", "over WebSocket"],
        ["fetch", "over fetch"],
        ["small", "a result of 1 MB"],
        ["list", "list of 500 tools"],
      ].filter(([column]) => firefox[column ?? ""]).map(([column, head]) => /** @type {[string, string]} */ ([column, head]))),
    ],
    native
      ? [
          "### The server half beside FastMCP\n\nCPU time and resident memory of the server's process; this crate's server is 1. FastMCP 3 over WebSocket, whose SDK has that transport, and FastMCP 4 over HTTP.",
          serversTable(native),
          loads(native),
        ]
      : [],
  ];
  return blocks
    .map((block) => block.filter(Boolean))
    .filter((block) => block.length > 1)
    .map((block) => block.join("\n\n"))
    .join("\n\n");
}

/** @param {import("./native.mjs").Servers} servers */
function serversTable({ websocket, http }) {
  const columns = [websocket, http].flatMap(({ ours, theirs }) => [theirs.cpu / ours.cpu, ours.seconds / theirs.seconds, theirs.memory / ours.memory]);
  const head = ["WebSocket", "HTTP"].flatMap((channel) => [`CPU per report, ${channel}`, `reports per second, ${channel}`, `memory per idle connection, ${channel}`]);
  return table(["server", ...head], [
    ["**mcp-wasm**", ...columns.map(() => "1")],
    ["FastMCP", ...columns.map((value, i) => (i % 3 === 1 ? value.toPrecision(2) : show(value)))],
  ]);
}

/** @param {import("./native.mjs").Servers} servers */
function loads(servers) {
  const count = (/** @type {number} */ n) => n.toLocaleString("en-US");
  const names = { websocket: "WebSocket", http: "HTTP" };
  return Object.entries(servers)
    .flatMap(([channel, { full, theirBest, oursThere }]) => {
      const held = full.lost || full.failed ? `${count(full.lost)} reports lost, ${full.failed} connections failed` : "nothing lost, all in order";
      const over = names[/** @type {keyof typeof names} */ (channel)];
      const first =
        `- ${count(full.idle)} idle connections and ${count(full.calls)} calls that each report 100 times a second for 10 s, over ${over}: ` +
        `${held}; done in ${full.late.toFixed(2)} of the planned time; ${full.busy.toFixed(2)} processors busy; ` +
        `memory at most ${full.growth.toFixed(2)} of that before the calls.`;
      if (!theirBest || !oursThere) return [first, `- FastMCP over ${over} does not hold 5 such calls with 50 idle connections.`];
      const second =
        `- FastMCP over ${over} holds ${count(theirBest.calls)} such calls with ${count(theirBest.idle)} idle connections. ` +
        `For the same it needs ${show(theirBest.busy / oursThere.busy)} times the CPU and ${show(theirBest.memory / oursThere.memory)} times the memory of this crate's server.`;
      return [first, second];
    })
    .join("\n");
}

/** Puts a text between the markers of a file. @param {string} file @param {string} text @param {(text: string) => void} say @param {string} [part] */
export async function insert(file, text, say, part = "bench") {
  const [begin = "", end = ""] = markers(part);
  const old = await readFile(file, "utf8").catch(() => "");
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  if (from < 0 || to < from) return say(`${file} has no ${begin} and ${end}: not changed`);
  await writeFile(file, `${old.slice(0, from + begin.length)}\n\n${text}\n\n${old.slice(to)}`);
  say(`updated ${file}`);
}
