// The chart: what one progress notification costs, as bars from that of bare JavaScript, on
// a logarithmic axis.
import { writeFile } from "node:fs/promises";
import { columns, titles } from "./parts.mjs";
import { over } from "./report.mjs";

/** @type {import("./parts.mjs").Name[]} */
const SHOWN = ["mcp-wasm", "worker", "sdk-v1", "sdk-v2"];
const GROUPS = ["memory", "wire", "fetch"];
const WIDTH = 720;
const LEFT = 200;
const RIGHT = 60;
const BAR = 20;
const STEP = 26;
const TOP = 64;

/** @param {string} text */
const escape = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * @param {string} file
 * @param {Record<string, import("./browsers.mjs").Samples>} measured
 */
export async function drawChart(file, measured) {
  const groups = GROUPS.map((column) => ({
    head: columns[column]?.head ?? "",
    bars: SHOWN.map((name) => ({ name, value: over(measured, column, name)?.mean.middle ?? NaN })).filter(({ value }) => value > 0),
  })).filter(({ bars }) => bars.length);
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  // Room for the label of the shortest one.
  const low = Math.log10(Math.min(...values, 0.5) / 2);
  const high = Math.log10(Math.max(...values, 10) * 1.15);
  const first = Math.ceil(low);
  const x = (/** @type {number} */ value) => LEFT + ((Math.log10(value) - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const ticks = Array.from({ length: Math.floor(high) - first + 1 }, (_, i) => 10 ** (first + i));

  let y = TOP;
  const body = groups.map(({ head, bars }) => {
    const rows = [`<text class="head" x="16" y="${y + 14}">${escape(head)}</text>`];
    y += 24;
    for (const { name, value } of bars) {
      const own = name === "mcp-wasm" || name === "worker";
      const [from, to] = [Math.min(x(1), x(value)), Math.max(x(1), x(value))];
      const label = value < 1 ? `x="${(from - 6).toFixed(1)}" text-anchor="end"` : `x="${(to + 6).toFixed(1)}"`;
      rows.push(
        `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${escape(titles[name].replaceAll("*", ""))}</text>`,
        `<rect class="${own ? "own" : "other"}" x="${from.toFixed(1)}" y="${y}" width="${(to - from).toFixed(1)}" height="${BAR}"/>`,
        `<text class="value" ${label} y="${y + 15}">${value < 10 ? value.toFixed(2) : value.toFixed(1)}</text>`,
      );
      y += STEP;
    }
    y += 12;
    return rows.join("\n  ");
  });
  const bottom = y;
  const axis = ticks.map((tick) => {
    const at = x(tick).toFixed(1);
    const label = tick === 1 ? "bare JavaScript = 1" : String(Number(tick.toPrecision(1)));
    return `<line class="${tick === 1 ? "one" : "grid"}" x1="${at}" x2="${at}" y1="${TOP - 4}" y2="${bottom}"/>
  <text class="tick" x="${at}" y="${bottom + 16}" text-anchor="middle">${label}</text>`;
  });
  const words = groups.map(({ head, bars }) => `${head}: ${bars.map(({ name, value }) => `${titles[name].replaceAll("*", "")} ${value.toPrecision(2)}`).join(", ")}`);
  await writeFile(file, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 30}" width="${WIDTH}" height="${bottom + 30}" role="img" aria-labelledby="title description">
  <title id="title">Main-thread CPU of one progress notification in Chromium, relative to bare JavaScript</title>
  <desc id="description">${escape(words.join(". "))}.</desc>
  <style>
    svg { background: #ffffff; }
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-size: 16px; font-weight: 600; }
    .head, .value { font-weight: 600; }
    .note, .tick { font-size: 12px; fill: #57606a; }
    .own { fill: #0969da; }
    .other { fill: #9aa4ae; }
    .grid { stroke: #d0d7de; }
    .one { stroke: #24292f; stroke-dasharray: 4 3; }
    @media (prefers-color-scheme: dark) {
      svg { background: #0d1117; }
      text { fill: #e6edf3; }
      .note, .tick { fill: #8b949e; }
      .own { fill: #4493f8; }
      .other { fill: #6e7681; }
      .grid { stroke: #30363d; }
      .one { stroke: #e6edf3; }
    }
  </style>
  <text class="title" x="16" y="26">Main-thread CPU of one progress notification</text>
  <text class="note" x="16" y="46">in Chromium, relative to bare JavaScript, on a logarithmic axis: to the left is cheaper</text>
  ${axis.join("\n  ")}
  ${body.join("\n  ")}
</svg>
`);
}
