// What was measured, as tables of ratios.
import { readFile, writeFile } from "node:fs/promises";
import { cell, means, ratios, show, spread, table } from "./figures.mjs";
import { columns, titles } from "./parts.mjs";
import { FIRST, shapes } from "./shapes.mjs";

/** @typedef {import("./browsers.mjs").Samples} Samples */
/** @typedef {import("./figures.mjs").Spread} Spread */
/** @typedef {{ chromium: Record<string, Samples>, firefox: Record<string, Samples>, native?: import("./native.mjs").Servers }} Measured */

/** What a text goes between in a file. @param {string} part */
const markers = (part) => [`<!-- ${part}:begin -->`, `<!-- ${part}:end -->`];

/** The chart of a page. @param {string} file */
export const chart = (file) => `![Main-thread CPU of one progress notification in Chromium, relative to bare JavaScript](${file})`;

/** What the columns of the short table are. */
const SHORT = `CPU of the page's main thread, where bare JavaScript (\`JSON.parse\`, a \`Map\` and the callback) is 1: for one progress
notification as servers in many languages write it, for a result, for a call. The gap counts frames of the display during 200,000 notifications over WebSocket. The
time from the import to a connection over HTTP is relative to this package's. Smaller is better, but for reports per second. Below each
figure, the median of five rounds, stand the lowest and the highest of them.`;

/**
 * A client's ratios in a column, one for each round: to the base in the same round.
 * @param {Record<string, Samples>} measured
 * @param {string} column
 * @param {string} name
 */
export function roundsOf(measured, column, name) {
  const samples = measured[column]?.[name] ?? [];
  const base = baseOf(column);
  return base ? ratios(samples, measured[column]?.[base]) : samples;
}

/** Who counts as 1 in a column. @param {string} column */
const baseOf = (column) => columns[column.split(":")[0] ?? ""]?.base;

/**
 * A client's ratios over all shapes of a column: their mean in each round, and those of the worst shape.
 * @param {Record<string, Samples>} measured
 * @param {string} column
 * @param {string} name
 */
export function over(measured, column, name) {
  const all = Object.keys(measured)
    .filter((key) => key.split(":")[0] === column)
    .map((key) => roundsOf(measured, key, name))
    .filter(({ length }) => length);
  const mean = spread(means(all));
  const [worst] = all.flatMap((rounds) => spread(rounds) ?? []).sort((a, b) => b.middle - a.middle);
  return mean && worst && { mean, worst };
}

/** What a table says of a client in a column. @param {Spread | undefined} figure @param {string} column @param {string} name */
const said = (figure, column, name) => (figure && baseOf(column) === name ? "1" : cell(figure));

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
    .map(([name, title]) => [title, ...present.map(([column]) => said(spread(roundsOf(measured, column, name)), column, name))]);
  return table([title, ...present.map(([column, head]) => head ?? columns[column]?.head ?? "")], rows);
}

/**
 * The clients' mean and worst ratios over the shapes of some columns.
 * @param {string} title
 * @param {Record<string, Samples>} measured
 * @param {[column: string, head: string][]} shown
 * @param {string[]} [but] who is left out
 */
function overShapes(title, measured, shown, but = []) {
  const present = shown.filter(([column]) => measured[column]);
  if (!present.length) return "";
  const rows = Object.entries(titles)
    .filter(([name]) => !but.includes(name) && present.some(([column]) => over(measured, column, name)))
    .map(([name, title]) => [
      title,
      ...present.flatMap(([column]) => {
        const all = over(measured, column, name);
        return [said(all?.mean, column, name), said(all?.worst, column, name)];
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
    .map(([shape, { title }]) => [title, ...present.map(([column]) => cell(spread(roundsOf(measured, key(column, shape), name))))])
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
  const first = overShapes("one progress notification", chromium, CHANNELS, ["streams", "floor"]);
  const second = clients("main thread, in Chromium", chromium, more, ["streams", "floor", "floor-worker"]);
  const servers = native ? serversTable(native) : "";
  return [SHORT, first, second, servers].filter(Boolean).join("\n\n");
}

/** Columns under their own heads. @param {string[]} names @returns {[column: string][]} */
const plain = (...names) => names.map((column) => [column]);
const PROGRESS = plain("memory", "csp", "wire", "fetch");
const RESULTS = plain("small", "large", "list");
const CALLS = plain("sequential", "concurrent", "sequentialFetch", "concurrentFetch", "sequentialMemory", "concurrentMemory");
const LARGE = ["socket", "fetch"].map((way) => plain(`${way}16`, `${way}16Memory`, `${way}64`, `${way}64Memory`));
const START = plain("coldSocket", "coldFetch", "farFetch", "slowFetch", "warmSocket", "warmFetch");
const START_FIREFOX = START.filter(([column]) => column !== "slowFetch");
const HEAP = plain("heap", "module");
const GAPS = plain("gaps");
/** @type {[string, string][]} */
const FIREFOX = [...CHANNELS, ["small", "a result of 1 MB"], ["list", "list of 500 tools"]];

/**
 * The parts of the page in their order: what is said of each, the columns that it needs, and its tables.
 * @type {{ head: string, about: string, chromium?: [string, string?][], firefox?: [string, string?][], native?: true, tables: (measured: Measured) => string[] }[]}
 */
const blocks = [
  {
    head: "### Progress in Chromium",
    about: "CPU time of the main thread for one notification; bare JavaScript is 1. Over a channel, all that the browser does counts, the last row being a page that looks at nothing. Servers write progress in many ways: the mean over all that are listed below, and the worst of them.",
    chromium: PROGRESS,
    tables: ({ chromium }) => [
      overShapes("CPU per notification", chromium, CHANNELS),
      clients("the specification's order", chromium, PROGRESS),
      byShape(chromium, "mcp-wasm", CHANNELS),
    ],
  },
  {
    head: "### Results and calls in Chromium",
    about: "CPU time of the main thread; bare JavaScript is 1. Results and lists are taken from frames in memory. Calls go over WebSocket to an echo, or to one in memory, where nothing but the client is left.",
    chromium: [...RESULTS, ...CALLS],
    tables: ({ chromium }) => [clients("CPU per result", chromium, RESULTS), clients("CPU per call", chromium, CALLS)],
  },
  {
    head: "### Large results in Chromium",
    about: "From the server to the caller: CPU time of the main thread, and by how much the page's process grows at most meanwhile; bare JavaScript, which is given the whole text by the browser and parses it, is 1.",
    chromium: LARGE.flat(),
    tables: ({ chromium }) => LARGE.map((shown, i) => clients(i ? "over HTTP" : "over WebSocket", chromium, shown)),
  },
  {
    head: "### From the import to a connected client",
    about: "Time that passes in a fresh page, everything from loopback; mcp-wasm is 1. Each client is bundled, minified and split by Vite, as its package lets it. Warm is a browser that keeps the script and what it was compiled to; a server 30 ms away answers that much later, and a slow processor is one sixth of this one, as in a phone.",
    chromium: START,
    firefox: START_FIREFOX,
    tables: ({ chromium, firefox }) => [clients("time in Chromium", chromium, START), clients("time in Firefox", firefox, START_FIREFOX)],
  },
  {
    head: "### Memory after 100,000 calls",
    about: "After garbage collection, relative to before these calls; as often as there are rounds, one after the other in the same page.",
    chromium: HEAP,
    tables: ({ chromium }) => [clients("relative size", chromium, HEAP)],
  },
  {
    head: "### An animating page during 200,000 notifications",
    about: "The longest gap between two of its frames, as a multiple of the display's 1/60 s. The server plays what was written beforehand.",
    chromium: GAPS,
    tables: ({ chromium }) => [clients("over WebSocket", chromium, GAPS)],
  },
  {
    head: "### Firefox",
    about: "Time that passes, since Firefox does not tell a page's CPU time; bare JavaScript is 1.",
    firefox: FIREFOX,
    tables: ({ firefox }) => [clients("per notification, or per result", firefox, FIREFOX)],
  },
  {
    head: "### The server half beside FastMCP",
    about: "CPU time and resident memory of the server's process; this crate's server is 1. FastMCP 3 over WebSocket, whose SDK has that transport, and FastMCP 4 over HTTP.",
    native: true,
    tables: ({ native }) => (native ? [serversTable(native), "What load each holds, by one run of each, without rounds:", loads(native)] : []),
  },
];

/**
 * Each part of the page with what was measured of it, and which columns it lacks.
 * @param {Measured} measured
 */
const made = (measured) =>
  blocks.map(({ head, about, tables, chromium = [], firefox = [], native }) => {
    const shown = tables(measured).filter(Boolean);
    const lacks = [
      ...chromium.filter(([column]) => !measured.chromium[column]).map(([column]) => column),
      ...firefox.filter(([column]) => !measured.firefox[column]).map(([column]) => `${column} in Firefox`),
      ...(native && !measured.native ? ["native"] : []),
    ];
    return { head, text: shown.length ? [head, about, ...shown].join("\n\n") : "", lacks };
  });

/** All that was measured. @param {Measured} measured */
export const fullTables = (measured) => made(measured).map(({ text }) => text).filter(Boolean).join("\n\n");

/**
 * The page, with the parts anew of which all was measured, and the others as they stood.
 * @param {Measured} measured
 * @param {string} old
 */
export function refreshed(measured, old) {
  const stood = new Map(old.split(/^(?=### )/m).map((text) => [text.split("\n", 1)[0], text.trim()]));
  return made(measured)
    .map(({ head, text, lacks }) => (lacks.length ? stood.get(head) : text))
    .filter(Boolean)
    .join("\n\n");
}

/** What a whole lacks. @param {Measured} measured */
export const missing = (measured) => made(measured).flatMap(({ lacks }) => lacks);

/** @param {import("./native.mjs").Servers} servers */
function serversTable({ websocket, http }) {
  const columns = [websocket, http].flatMap(({ ours, theirs }) => [
    ratios(theirs.map(({ cpu }) => cpu), ours.map(({ cpu }) => cpu)),
    ratios(ours.map(({ seconds }) => seconds), theirs.map(({ seconds }) => seconds)),
    ratios(theirs.map(({ memory }) => memory), ours.map(({ memory }) => memory)),
  ]);
  const head = ["WebSocket", "HTTP"].flatMap((channel) => [`CPU per report, ${channel}`, `reports per second, ${channel}`, `memory per idle connection, ${channel}`]);
  return table(["server", ...head], [
    ["**mcp-wasm**", ...columns.map(() => "1")],
    ["FastMCP", ...columns.map((rounds) => cell(spread(rounds)))],
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

/**
 * Puts a text between the markers of a file.
 * @param {string} file
 * @param {(old: string) => string} text of what stands there
 * @param {(text: string) => void} say
 * @param {string} [part]
 */
export async function insert(file, text, say, part = "bench") {
  const [begin = "", end = ""] = markers(part);
  const old = await readFile(file, "utf8").catch(() => "");
  const from = old.indexOf(begin) + begin.length;
  const to = old.indexOf(end);
  if (from < begin.length || to < from) return say(`${file} has no ${begin} and ${end}: not changed`);
  await writeFile(file, `${old.slice(0, from)}\n\n${text(old.slice(from, to))}\n\n${old.slice(to)}`);
  say(`updated ${file}`);
}
