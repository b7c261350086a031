// How servers write progress: what differs is the order of the members, white space, how numbers are
// written, the script of the messages, and what else is in there. Facts about the servers of the SDKs;
// every client gets the same frames.

/** @param {number} i @param {number} n */
const latin = (i, n) => `Processing item ${i} of ${n}`;

/** What a frame is written from. @typedef {{ token: string | number, progress: string, total: string, message: string }} Written */

/** @param {Written} written */
const specification = ({ token, progress, total, message }) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${JSON.stringify(token)},"progress":${progress},"total":${total},"message":"${message}"}}`;
/** @param {Written} written */
const typescript = ({ token, progress, total, message }) =>
  `{"method":"notifications/progress","params":{"progress":${progress},"total":${total},"message":"${message}","progressToken":${JSON.stringify(token)}},"jsonrpc":"2.0"}`;
/** @param {Written} written */
const python = ({ token, progress, total, message }) =>
  `{"method":"notifications/progress","params":{"progressToken":${JSON.stringify(token)},"progress":${progress},"total":${total},"message":"${message}"},"jsonrpc":"2.0"}`;
/** @param {Written} written */
const go = ({ token, progress, total, message }) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${JSON.stringify(token)},"message":"${message}","progress":${progress},"total":${total}}}`;
/** @param {Written} written */
const spaced = ({ token, progress, total, message }) =>
  `{"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": ${JSON.stringify(token)}, "progress": ${progress}, "total": ${total}, "message": "${message}"}}`;
/** @param {Written} written */
const withMeta = ({ token, progress, total, message }) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"_meta":{"com.example/trace":{"span":"00f067aa0ba902b7","sampled":true}},"progressToken":${JSON.stringify(token)},"progress":${progress},"total":${total},"message":"${message}"}}`;
/** @param {Written} written */
const withUnknown = ({ token, progress, total, message }) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${JSON.stringify(token)},"progress":${progress},"total":${total},"message":"${message}","stage":"copying","eta":{"seconds":12.5}}}`;

/** As Python and Rust write whole floats. @param {number} value */
const float = (value) => (Number.isInteger(value) ? `${value}.0` : String(value));
/** All of a text as escapes, as writers do that keep to ASCII. @param {string} text */
const ascii = (text) => text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * @typedef {object} Shape
 * @property {string} title
 * @property {(written: Written) => string} frame
 * @property {(i: number, n: number) => number} [progress] report `i` of `n`; `i` itself without it
 * @property {(i: number, n: number) => number} [total] `n` without it
 * @property {(value: number) => string} [number] how numbers are written
 * @property {(i: number, n: number) => string} [message] as it stands between the quotes
 * @property {number} [calls] so many calls report by turns, so that no two frames in a row begin alike
 */

const percent = { progress: (/** @type {number} */ i, /** @type {number} */ n) => (i / n) * 100, total: () => 100 };

/** The first one is what the specification's examples look like. @type {Record<string, Shape>} */
export const shapes = {
  specification: { title: "as in the specification", frame: specification },
  typescript: { title: "the TypeScript SDK's order", frame: typescript },
  python: { title: "Python: `3.0`", frame: python, number: float },
  go: { title: "Go's order", frame: go },
  csharp: { title: "C#: all but ASCII escaped", frame: python, message: (i, n) => ascii(`Élément ${i} sur ${n} traité`) },
  spaced: { title: "white space", frame: spaced },
  short: { title: "short decimals: `14.25`", frame: specification, progress: (i) => i / 4, total: (_, n) => n / 4 },
  percent: { title: "percentages: `14.285714285714286`", frame: python, ...percent, number: float },
  cyrillic: { title: "Cyrillic", frame: python, message: (i, n) => `Обработка элемента ${i} из ${n}` },
  chinese: { title: "Chinese", frame: python, message: (i, n) => `正在处理第 ${i} 项，共 ${n} 项` },
  emoji: { title: "emoji", frame: specification, message: (i, n) => `🚀 item ${i} of ${n} ✅` },
  quotes: { title: "quotes and newlines", frame: specification, message: (i, n) => `Copying \\"file ${i}.txt\\"\\nof ${n}` },
  meta: { title: "`_meta` in params", frame: withMeta },
  unknown: { title: "unknown members", frame: withUnknown },
  texts: { title: "tokens turned into text", frame: (written) => python({ ...written, token: String(written.token) }), number: float },
  two: { title: "two calls by turns", frame: typescript, calls: 2 },
  twenty: { title: "twenty calls by turns", frame: python, number: float, calls: 20 },
};
/** The name of the first. */
export const FIRST = "specification";

/** What report `i` of `n` says. @param {string} shape @param {number} i @param {number} n */
export const progressOf = (shape, i, n) => shapes[shape]?.progress?.(i, n) ?? i;

/**
 * Report `i` of `n` as text.
 * @param {string} shape
 * @param {string | number} token
 * @param {number} i
 * @param {number} n
 */
export function progressFrame(shape, token, i, n) {
  const { frame, total, number = String, message = latin } = /** @type {Shape} */ (shapes[shape]);
  return frame({ token, progress: number(progressOf(shape, i, n)), total: number(total?.(i, n) ?? n), message: message(i, n) });
}
