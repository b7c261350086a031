// What came of servers side by side, as tables of ratios.
import { cell, ratios, spread, table } from "./figures.mjs";

/** Calls at once, each on a connection of its own. */
export const CALLS = [1, 100, 1000];
/** Connections that rest beside the calls. */
export const CONNECTIONS = [100, 1000, 10_000];
/** Bytes of events that a stream keeps for a client that comes back. */
export const HISTORY = { nothing: 0, "1 MiB of each call": 1 << 20, everything: 1 << 30 };
/** The key of this crate's server in samples. */
export const OURS = "ours";

/** @typedef {"websocket" | "http" | "modern"} Channel */
/** @typedef {{ cpu: number, seconds: number, before: number, after: number }} Sample of a report, and bytes of memory */
/** @typedef {Record<"reports" | "connections" | "history", Record<string, Sample[]>>} Samples a sample for each round */

/** @type {Record<Channel, string>} */
const channels = { websocket: "WebSocket", http: "HTTP, with a session", modern: "HTTP, 2026-07-28" };
/** @type {Record<string, string>} */
const titles = { [OURS]: "**mcp-wasm**", rmcp: "rmcp", fastmcp: "FastMCP" };

/**
 * What a table says of samples beside others.
 * @param {Sample[] | undefined} samples
 * @param {Sample[] | undefined} base
 * @param {(sample: Sample) => number} of
 */
const beside = (samples, base, of) => (samples && samples === base ? "1" : cell(spread(ratios(samples?.map(of), base?.map(of)))));

/** @param {number} n */
const count = (n) => n.toLocaleString("en-US");

/** @param {Samples["reports"]} reports @param {string} title @param {(sample: Sample) => number} of */
function reportsTable(reports, title, of) {
  const rows = Object.entries(channels).flatMap(([channel, over]) =>
    Object.entries(titles)
      .map(([name, who]) => [
        `${who}, ${over}`,
        ...CALLS.map((calls) => beside(reports[`${channel} ${name} ${calls}`], reports[`${channel} ${OURS} ${calls}`], of)),
      ])
      .filter(([, ...cells]) => cells.some(Boolean)),
  );
  return rows.length ? table([title, ...CALLS.map((calls) => (calls === 1 ? "1 call" : `${count(calls)} calls at once`))], rows) : "";
}

/** @param {Samples["connections"]} connections */
function connectionsTable(connections) {
  const [least = 0] = CONNECTIONS;
  const most = CONNECTIONS.at(-1) ?? 0;
  const memory = (/** @type {string} */ key) =>
    (connections[`${key} ${most}`] ?? []).map((sample, round) => sample.before - (connections[`${key} ${least}`]?.[round]?.before ?? NaN));
  const rows = Object.entries(channels).flatMap(([channel, over]) =>
    Object.entries(titles).flatMap(([name, who]) => {
      const key = `${channel} ${name}`;
      const cells = CONNECTIONS.map((idle) => beside(connections[`${key} ${idle}`], connections[`${key} ${least}`], ({ cpu }) => cpu));
      const own = name === OURS ? "1" : cell(spread(ratios(memory(key), memory(`${channel} ${OURS}`))));
      return cells.some(Boolean) ? [[`${who}, ${over}`, ...cells, own]] : [];
    }),
  );
  return rows.length ? table(["CPU per report, beside", ...CONNECTIONS.map((idle) => `${count(idle)} connections`), "memory of a connection"], rows) : "";
}

/** @param {Samples["history"]} history */
function historyTable(history) {
  const [first = ""] = Object.keys(HISTORY);
  const rows = Object.keys(HISTORY)
    .filter((kept) => history[kept])
    .map((kept) => [kept, ...[(/** @type {Sample} */ s) => s.cpu, (/** @type {Sample} */ s) => s.after].map((of) => beside(history[kept], history[first], of))]);
  return rows.length ? table(["kept for clients that come back", "CPU per report", "memory at the end"], rows) : "";
}

/** @param {Samples} samples */
export function serverTables({ reports, connections, history }) {
  const blocks = [
    reportsTable(reports, "CPU per report", ({ cpu }) => cpu),
    reportsTable(reports, "reports per second", ({ seconds }) => 1 / seconds),
    connectionsTable(connections),
    historyTable(history),
  ];
  return blocks.filter(Boolean).join("\n\n");
}
