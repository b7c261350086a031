// In a worker: holds the connection of a client in the page, reads what arrives, and hands it over in batches.
import { StreamableHttpTransport } from "../transports/fetch.js";
import { WebSocketTransport } from "../transports/socket.js";
import start, { Core, Http, scanEvents, scanFrame, view } from "../wasm/core.js";
import { provide, ready } from "../wasm/load.js";
import * as words from "../wasm/words.js";
import { Batch } from "./batch.js";
import { pack } from "./errors.js";

/** How long the end of a connection may take, in milliseconds. */
const GRACE = 1000;

const scope = /** @type {any} */ (globalThis);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const batch = new Batch((batch, transfer) => scope.postMessage(batch, transfer));

/** @type {any} */
let transport;
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
  /** @param {{ module: WebAssembly.Module, url: string, protocols: string[], headers: any, asks: boolean, traces: boolean, maxMessageSize: number }} order */
  async open({ module, url, protocols, headers, asks, traces, maxMessageSize }) {
    const trace = traces ? (/** @type {string} */ direction, /** @type {string} */ text) => batch.add("trace", [direction, text], false) : undefined;
    try {
      provide(async () => {
        await start({ module_or_path: module });
        return { Core, Http };
      });
      await ready();
      transport = url.startsWith("http")
        ? new StreamableHttpTransport(url, { headers: asks ? ask : headers, trace, maxMessageSize })
        : new WebSocketTransport(url, { protocols, trace, maxMessageSize });
      if ("onframe" in transport) transport.onframe = frame;
      else Object.assign(transport, { onevents: events, onnews: news, parse });
      transport.onerror = (/** @type {unknown} */ error) => batch.add("error", pack(error));
      transport.onclose = () => {
        batch.add("closed");
        ended();
      };
      await transport.start();
      batch.add("opened");
    } catch (error) {
      batch.add("refused", pack(error));
      ended();
    }
  },
  /** @param {{ text: string, headers?: [string, string][], timeout?: number, resumptionToken?: string }} order */
  async send({ text, ...options }) {
    try {
      await (transport.sendText ? transport.sendText(text) : transport.send(JSON.parse(text), options));
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
    if (transport) {
      await transport.close();
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, GRACE))]);
    }
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
  if (length > words.SCRATCH) return batch.add("frame", text);
  if (!scratch.length) scratch = view(words.VIEW_SCRATCH);
  if (encoder.encodeInto(text, scratch).written === length && scanFrame(length)) {
    if (!numbers.length) numbers = view(words.VIEW_NUMBERS);
    return record(numbers, words.PLACE_ID, words.PLACE_PROGRESS, text);
  }
  // What is no JSON is for the page to complain of.
  const message = parse(text);
  if (!tell(message)) batch.add("frame", text, isAwaited(message));
}

/**
 * Events have come by HTTP: ordinary progress is taken from the bytes, up to another event.
 * @param {Http} http
 * @param {number} exchange
 */
function events(http, exchange) {
  for (let count; (count = scanEvents(http, exchange)); ) {
    if (!records.length) records = view(words.VIEW_RECORDS);
    const text = decoder.decode(/** @type {any} */ (http.text(exchange)));
    for (let at = 0; at < count * words.FIELDS; at += words.FIELDS) record(records, at + words.FIELD_TOKEN, at + words.FIELD_PROGRESS, text);
  }
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

/** @param {Http} http */
function news(http) {
  const news = /** @type {any} */ (http.news());
  for (let i = 0; i < news.length; i += 2) {
    const [kind, value] = [news[i], news[i + 1]];
    if (kind === 1) {
      if (!tell(value)) batch.add("frame", write(value), isAwaited(value));
    } else if (kind === 8) batch.add("asked", [write(value[0]), value[1]]);
    else if (kind === 2) batch.add("failed", told(value));
    else if (kind === 3) batch.add("fault", told(value));
    else if (kind === 4) batch.add("expired");
    else if (kind === 6) batch.add("begun");
    else if (kind === 7) batch.add("notBegun", told(value));
    else batch.add("stray", value, false);
  }
  if (transport.sessionId !== session) batch.add("session", (session = transport.sessionId), false);
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
