// In a worker: holds the connection of a client in the page, reads what arrives, and hands it over in batches.
import { Exchanges } from "../transports/exchanges.js";
import { WebSocketTransport } from "../transports/socket.js";
import start, { Core, scanFrame, startRest, view } from "../wasm/core.js";
import { provide, ready } from "../wasm/load.js";
import { Reader } from "../wasm/reader.js";
import { textsOf } from "../wasm/records.js";
import * as words from "../wasm/words.js";
import { Batch } from "./batch.js";
import { pack } from "./errors.js";

/** How long the end of a connection may take, in milliseconds. */
const GRACE = 1000;

/** @typedef {import("../types/inside.js").Failure} Failure */
/** @typedef {{ jsonrpc?: string, id?: unknown, method?: string, error?: unknown, result?: { tools?: unknown } }} Message */

/** The worker's own, or none at all. */
const scope = /** @type {Pick<Worker, "postMessage"> & { close(): void, navigator?: Navigator, addEventListener?: Worker["addEventListener"] }} */ (/** @type {unknown} */ (globalThis));
const batch = new Batch((batch, transfer) => scope.postMessage(batch, transfer));

/** A socket. @type {WebSocketTransport | undefined} */
let transport;
/** What there is instead over HTTP. @type {Exchanges | undefined} */
let exchanges;
/** Fulfilled when the transport has ended. @type {() => void} */
let ended = () => {};
const over = new Promise((resolve) => (ended = () => resolve(undefined)));
/** What the page was asked. @type {Map<number, { resolve: (answer: any) => void, reject: (kept: object) => void }>} */
const asked = new Map();
let latest = 0;

/** The module's table; detached, with length 0, when its memory has grown. */
let records = new Float64Array();
/** Only reads: whose progress it is, the page's core knows. */
const scanner = { view, take() {}, scan: scanFrame };
const reader = new Reader(scanner, table);

/** @typedef {{ module: WebAssembly.Module, rest?: WebAssembly.Module }} Modules what the page has compiled */
/** Takes them. @type {(modules: Modules) => void} */
let supply = () => {};
/** @type {Promise<Modules>} */
const supplied = new Promise((resolve) => (supply = resolve));
provide(async () => {
  await start({ module_or_path: (await supplied).module });
  return { Core };
}, async () => {
  const { rest } = await supplied;
  await ready();
  if (rest) await startRest(rest);
  return { Exchanges };
});
/** Whether the module has been started: what comes before is for the page to read. */
let scans = false;

const commands = {
  /** @param {{ url: string, protocols: string[], headers: [string, string][] | undefined, asks: boolean, speaker?: import("../transports/first.js").Speaker, auth?: { server: string, tickets: boolean }, traces: boolean, maxMessageSize: number }} order */
  async open({ url, protocols, headers, asks, speaker, auth: asked, traces, maxMessageSize }) {
    const auth = asked && {
      headers: (/** @type {object} */ request) => ask("headers", request),
      answered: (/** @type {import("../types/authorizer.js").AuthAnswer} */ { signal, ...answer }) => ask("answered", answer),
      ...(asked.tickets && { ticket: (/** @type {string} */ url, /** @type {boolean} */ refused) => ask("ticket", [url, refused]) }),
    };
    const trace = traces ? (/** @type {string} */ direction, /** @type {string} */ text) => batch.add("trace", [direction, text], false) : undefined;
    try {
      if (url.startsWith("http")) {
        exchanges = new Exchanges(url, { auth, server: asked?.server, headers: asks ? () => ask("pairs") : headers, trace, maxMessageSize }, hear, { scans: true, deliver, read: parse, identify: (...whose) => batch.add("identity", whose, false) });
        await exchanges.start({ speaker });
      } else {
        transport = new WebSocketTransport(url, { auth, protocols, trace, maxMessageSize });
        transport.onframe = frame;
        transport.onerror = (error) => batch.add("error", pack(error));
        transport.onclose = () => {
          batch.add("closed", transport?.expired);
          ended();
        };
        // Compiled while it opens.
        await Promise.all([transport.start(), ready().then(() => (scans = true))]);
      }
      batch.add("opened");
    } catch (error) {
      transport?.close();
      batch.add("refused", pack(error));
      ended();
    }
  },
  modules: (/** @type {Modules} */ modules) => supply(modules),
  /** @param {{ text: string, headers?: [string, string][], timeout?: number, resumptionToken?: string }} order */
  async send({ text, ...options }) {
    try {
      if (!exchanges) return /** @type {WebSocketTransport} */ (transport).sendText(text);
      exchanges.send(JSON.parse(text), options);
      exchanges.drain();
    } catch (error) {
      const { method, id } = JSON.parse(text);
      // The id of an answer is the server's.
      batch.add("unsent", [method === undefined ? undefined : id, pack(error)]);
    }
  },
  /** @param {{ question: number, value?: unknown, failed?: string }} answer */
  answer({ question, value, failed }) {
    const { resolve, reject } = asked.get(question) ?? {};
    asked.delete(question);
    if (failed === undefined) resolve?.(value);
    else reject?.({ kept: question, name: failed });
  },
  async close() {
    // What the server is to be told of the end is on its way before the worker goes.
    const closing = exchanges ? exchanges.close() : transport?.close().then(() => over);
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, GRACE))]);
    scope.postMessage({ mcp: "bye" });
    scope.close();
  },
};

/**
 * Asks the page, where the application's functions are.
 * @param {"pairs" | "headers" | "answered" | "ticket"} about
 * @param {object} [value]
 * @returns {Promise<any>} what the application's function gave, as it could be posted
 */
function ask(about, value) {
  const question = ++latest;
  scope.postMessage({ mcp: "ask", question, about, value });
  return new Promise((resolve, reject) => asked.set(question, { resolve, reject }));
}

/** A frame of text has arrived. @param {string} text */
function frame(text) {
  const { length } = text;
  if (!scans || length > words.SCRATCH) return batch.add("frame", text);
  const texts = reader.read(text);
  if (texts) return hand(0, texts);
  // What is no JSON is for the page to complain of.
  batch.add("frame", text, isAwaited(parse(text)));
}

/**
 * Ordinary progress has come by HTTP, in the table.
 * @param {number} count
 * @param {import("../wasm/records.js").Read} read
 */
function deliver(count, read) {
  // As text, which is what leaves.
  const all = read(0);
  for (let at = 0; at < count * words.FIELDS; at += words.FIELDS) hand(at, textsOf(table(), at, all));
}

function table() {
  while (!records.length) records = view(words.VIEW_RECORDS);
  return records;
}

/** Hands a record of the table over. @param {number} at @param {import("../wasm/records.js").Texts} texts */
function hand(at, { message, params }) {
  const records = table();
  const flags = /** @type {number} */ (records[at + words.FIELD_FLAGS]);
  const token = /** @type {number} */ (records[at + words.FIELD_TOKEN]);
  const progress = /** @type {number} */ (records[at + words.FIELD_PROGRESS]);
  const total = /** @type {number} */ (records[at + words.FIELD_TOTAL]);
  batch.progress(flags & ~words.FLAG_ESCAPED, token, progress, total, message, /** @type {string | undefined} */ (params));
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
 * The text of a message: it reaches the page faster than the value would, however deep. The
 * original is exact, but what the machine may have changed is written anew.
 * @param {Message} message
 */
function write(message) {
  const original = message.error === undefined && message.result?.tools === undefined && texts.get(message);
  return original || JSON.stringify(message);
}

/** What can be posted of a failure. @param {Failure & { headers?: Headers & { thrown?: unknown } }} detail */
const told = (detail) => ({ ...detail, cause: pack(detail.cause), headers: detail.headers && (detail.headers.thrown ? detail.headers : [...detail.headers]) });

/** The exchanges have something to tell. @param {number} step @param {any} value as the step has it */
function hear(step, value) {
  const { fetcher } = /** @type {Exchanges} */ (exchanges);
  if (step === words.STEP_MESSAGE) batch.add("frame", write(value), isAwaited(value));
  else if (step === words.STEP_ASKED) batch.add("asked", [write(value), fetcher.view()[words.PLACE_ID]]);
  else if (step === words.STEP_UNANSWERED) batch.add("failed", told(value));
  else if (step === words.STEP_FAULT) batch.add("fault", told(value));
  else if (step === words.STEP_EXPIRED) batch.add("expired");
  else if (step === words.STEP_BEGUN) batch.add("begun");
  else if (step === words.STEP_NOT_BEGUN) batch.add("notBegun", told(value));
  else if (step === words.STEP_ODD) batch.add("stray", value, false);
  const current = fetcher.core?.session();
  if (current !== session) batch.add("session", (session = current), false);
}
/** @type {string | undefined} */
let session;

/** Whether somebody waits for a message: all but notifications. @param {Message | undefined} message */
const isAwaited = (message) => message?.method === undefined || message.id !== undefined;

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
