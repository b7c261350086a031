// In a worker: holds the connection of a client in the page, reads what arrives, and hands it over in batches.
import { Exchanges } from "../transports/exchanges.js";
import { WebSocketTransport } from "../transports/socket.js";
import start, { Core, scanFrame, startRest, view } from "../wasm/core.js";
import { provide, ready } from "../wasm/load.js";
import { Batch } from "./batch.js";
import { pack } from "./errors.js";

/** The longest frame, in characters, that is worth reading here. */
const SHORT = 4096;
/** How long the end of a connection may take, in milliseconds. */
const GRACE = 1000;

const scope = /** @type {any} */ (globalThis);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const batch = new Batch((batch, transfer) => scope.postMessage(batch, transfer));

/** A socket. @type {any} */
let transport;
/** What there is instead over HTTP. @type {Exchanges | undefined} */
let exchanges;
/** Fulfilled when the transport has ended. @type {() => void} */
let ended;
const over = new Promise((resolve) => (ended = () => resolve(undefined)));
/** The page's answers about headers. @type {Map<number, { resolve: (pairs: any) => void, reject: (kept: any) => void }>} */
const asked = new Map();
let latest = 0;

// Views of the module's memory; detached, with length 0, when it has grown.
let scratch = new Uint8Array();
let numbers = new Float64Array();
let records = new Float64Array();

const commands = {
  /** @param {{ module: WebAssembly.Module, rest?: WebAssembly.Module, url: string, protocols: string[], headers: any, asks: boolean, traces: boolean, maxMessageSize: number }} order */
  async open({ module, rest, url, protocols, headers, asks, traces, maxMessageSize }) {
    const trace = traces ? (/** @type {string} */ direction, /** @type {string} */ text) => batch.add("trace", [direction, text], false) : undefined;
    try {
      provide(async () => {
        await start({ module_or_path: module });
        return { Core };
      }, rest && (() => startRest(rest)));
      await ready();
      if (url.startsWith("http")) {
        exchanges = new Exchanges(url, { headers: asks ? ask : headers, trace, maxMessageSize }, hear, { scans: true, deliver, read: parse });
        await exchanges.start();
      } else {
        transport = new WebSocketTransport(url, { protocols, trace, maxMessageSize });
        transport.onframe = frame;
        transport.onerror = (/** @type {unknown} */ error) => batch.add("error", pack(error));
        transport.onclose = () => {
          batch.add("closed");
          ended();
        };
        await transport.start();
      }
      batch.add("opened");
    } catch (error) {
      batch.add("refused", pack(error));
      ended();
    }
  },
  /** @param {{ text: string, headers?: [string, string][], timeout?: number, resumptionToken?: string }} order */
  async send({ text, ...options }) {
    try {
      if (!exchanges) return transport.sendText(text);
      exchanges.send(JSON.parse(text), options);
      exchanges.drain();
    } catch (error) {
      const { method, id } = JSON.parse(text);
      // The id of an answer is the server's.
      batch.add("unsent", [method === undefined ? undefined : id, pack(error)]);
    }
  },
  /** @param {{ question: number, pairs?: [string, string][] }} answer */
  headers({ question, pairs }) {
    const { resolve, reject } = asked.get(question) ?? {};
    asked.delete(question);
    if (pairs) resolve?.(pairs);
    else reject?.({ kept: question });
  },
  async close() {
    // What the server is to be told of the end is on its way before the worker goes.
    const closing = exchanges ? exchanges.close() : transport?.close().then(() => over);
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, GRACE))]);
    scope.postMessage({ mcp: "bye" });
    scope.close();
  },
};

/** Asks the page, where the application's function is. */
function ask() {
  const question = ++latest;
  scope.postMessage({ mcp: "headers", question });
  return new Promise((resolve, reject) => asked.set(question, { resolve, reject }));
}

/** A frame of text has arrived. @param {string} text */
function frame(text) {
  const { length } = text;
  if (length > SHORT) return batch.add("frame", text);
  if (!scratch.length) scratch = view(1);
  if (encoder.encodeInto(text, scratch).written === length && scanFrame(length)) {
    if (!numbers.length) numbers = view(0);
    return record(numbers, 1, 2, text);
  }
  // What is no JSON is for the page to complain of.
  const message = parse(text);
  if (!tell(message)) batch.add("frame", text, isAwaited(message));
}

/**
 * Ordinary progress has come by HTTP, in the table.
 * @param {number} count
 * @param {() => string} text that its messages are part of
 */
function deliver(count, text) {
  if (!records.length) records = view(2);
  const all = text();
  for (let at = 0; at < count * 7; at += 7) record(records, at + 6, at + 1, all);
}

/**
 * @param {any} numbers
 * @param {number} token where that is among them
 * @param {number} progress where that is; behind it are total, start and end of the message
 * @param {string} text what the message is part of
 */
function record(numbers, token, progress, text) {
  const start = numbers[progress + 2];
  const message = start ? text.substring(start, numbers[progress + 3]) : undefined;
  batch.progress(numbers[token], numbers[progress], numbers[progress + 1], message);
}

/** What was read from which text. @type {WeakMap<object, string>} */
const texts = new WeakMap();

/** @param {string} text */
function parse(text) {
  try {
    const value = JSON.parse(text);
    if (Object(value) === value) texts.set(value, text);
    return value;
  } catch {}
}

/**
 * The text of a message: it reaches the page faster than the value would, at any depth. The
 * original is exact, but what the machine may have changed is written anew.
 * @param {any} message
 */
function write(message) {
  const original = message.error === undefined && message.result?.tools === undefined && texts.get(message);
  return original || JSON.stringify(message);
}

/** What can be posted of a failure. @param {any} detail */
const told = (detail) => ({ ...detail, cause: pack(detail.cause), headers: detail.headers && [...detail.headers] });

/** The exchanges have something to tell. @param {number} step @param {any} value */
function hear(step, value) {
  const { fetcher } = /** @type {Exchanges} */ (exchanges);
  if (step === 22) {
    if (!tell(value)) batch.add("frame", write(value), isAwaited(value));
  } else if (step === 27) batch.add("asked", [write(value), fetcher.view()[1]]);
  else if (step === 23) batch.add("failed", told(value));
  else if (step === 10) batch.add("fault", told(value));
  else if (step === 24) batch.add("expired");
  else if (step === 25) batch.add("begun");
  else if (step === 26) batch.add("notBegun", told(value));
  else batch.add("stray", value, false);
  const current = fetcher.core?.session();
  if (current !== session) batch.add("session", (session = current), false);
}
/** @type {string | undefined} */
let session;

/** Whether somebody waits for a message: all but notifications. @param {any} message */
const isAwaited = (message) => message?.method === undefined || message.id !== undefined;

/**
 * Hands over progress that the scanner does not read, such as with a message that is not ASCII; false
 * if the message is, or has, anything else.
 * @param {any} message
 */
function tell(message) {
  if (message?.method !== "notifications/progress" || message.id !== undefined || message.jsonrpc !== "2.0") return false;
  const { progressToken, progress, total = NaN, message: text, ...others } = Object(message.params);
  const fits =
    Number.isSafeInteger(progressToken) &&
    progressToken >= 0 &&
    Number.isFinite(progress) &&
    (Number.isFinite(total) || !("total" in message.params)) &&
    (typeof text === "string" || !("message" in message.params)) &&
    !Object.keys(others).length &&
    Object.keys(message).length === 3;
  if (fits) batch.progress(progressToken, progress, total, text);
  return fits;
}

// Elsewhere than in a worker there is nobody to talk to.
if (scope.addEventListener) {
  scope.addEventListener("message", (/** @type {MessageEvent} */ { data }) => {
    const command = commands[/** @type {keyof typeof commands} */ (data?.mcp)];
    if (Object.hasOwn(commands, data?.mcp)) void command(data);
  });

  scope.postMessage({ mcp: "ready" });
  // Held as long as the worker lives: no event tells of its end.
  const lock = `mcp-wasm ${Math.random()}`;
  const held = scope.navigator?.locks?.request(lock, () => {
    scope.postMessage({ mcp: "lock", lock });
    return new Promise(() => {});
  });
  // Not where storage is forbidden.
  held?.catch(() => {});
}
