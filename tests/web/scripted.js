// A WebSocket whose server is the test. The path of its URL says what the server does by itself:
// `/modern` and `/legacy` answer the handshake, `/deaf` hangs up on the first probe and is legacy
// then, `/stranger` selects no subprotocol, `/gone` refuses the connection.

/** @type {Scripted} */
let latest;
let opened = 0;
/** @type {any[]} */
let requests = [];
/** @type {((request: any) => void) | undefined} */
let waiting;

class Scripted {
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null;
  /** @type {((event: { code: number, reason: string }) => void) | null} */
  onclose = null;
  readyState = 0;

  /** @param {string} url @param {string[]} protocols */
  constructor(url, [protocol]) {
    latest = this;
    opened++;
    this.path = new URL(url).pathname;
    this.protocol = this.path === "/stranger" ? "" : (protocol ?? "");
    queueMicrotask(() => {
      if (this.path === "/gone") return this.end(1006, "");
      this.readyState = 1;
      this.onopen?.();
    });
  }

  /** @param {string} text */
  send(text) {
    const message = JSON.parse(text);
    const { id, method } = message;
    const legacy = this.path !== "/modern";
    if (method === "server/discover" && this.path === "/deaf") return this.end(1002, "what?");
    if (method === "server/discover" && legacy) return this.later({ id, error: { code: -32601, message: "no" } });
    if (method === "server/discover" && id === 1) {
      return this.later({ id, result: { supportedVersions: ["2026-07-28"], capabilities: {}, instructions: "be kind" } });
    }
    if (method === "initialize") {
      const serverInfo = { name: "scripted", version: "1" };
      return this.later({ id, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo } });
    }
    if (method === "notifications/initialized") return;
    if (waiting) {
      waiting(message);
      waiting = undefined;
    } else {
      requests.push(message);
    }
  }

  close() {
    this.readyState = 3;
  }

  /** @param {object} message */
  later(message) {
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify({ jsonrpc: "2.0", ...message }) }));
  }

  /** @param {number} code @param {string} reason */
  end(code, reason) {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

/** From now on every WebSocket of the page is such a one. */
export function install() {
  globalThis.WebSocket = /** @type {any} */ (Scripted);
  opened = 0;
  requests = [];
  waiting = undefined;
}

/** The next message of the client, when it comes. */
export const next = async () => requests.shift() ?? new Promise((resolve) => (waiting = resolve));

/** How many messages of the client nobody has looked at. */
export const left = () => requests.length;

/** The server sends a frame. @param {string} text */
export const say = (text) => latest.onmessage?.({ data: text });

/** The server ends the connection. @param {number} code @param {string} reason */
export const hang_up = (code, reason) => latest.end(code, reason);

/** Whether the client has ended the connection. */
export const is_closed = () => latest.readyState === 3;

/** How many connections were opened. */
export const connections = () => opened;

/** What the console is told at debug level while that runs. @param {() => void} run */
export function debugged(run) {
  const { debug } = console;
  /** @type {string[]} */
  const lines = [];
  console.debug = (...all) => lines.push(all.join(" "));
  try {
    run();
  } finally {
    console.debug = debug;
  }
  return lines;
}

/** What `fetch` answers next: status, type and text, in which ID stands for the id of the request. @type {[number, string, string][]} */
let answers = [];
/** Lets the server's own stream open. @type {() => void} */
let open = () => {};
/** @type {Promise<void> | undefined} */
let held;
let since = 0;
/** @type {string[]} */
let sent = [];
/** @type {RequestInit[]} */
let how = [];

/** From now on `fetch` answers what it is told to, and fails where it is told nothing. */
export function install_fetch() {
  answers = [];
  sent = [];
  how = [];
  held = undefined;
  globalThis.fetch = async (_, init) => {
    const { method = "GET", headers, body } = init ?? {};
    const message = body ? JSON.parse(String(body)) : {};
    how.push(init ?? {});
    sent.push([method, message.method, new Headers(headers).get("x-own"), new Headers(headers).get("mcp-method")].join(" "));
    if (method === "GET" && held) {
      await held;
      return new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } });
    }
    const [status, type, text] = answers.shift() ?? [];
    if (!status) throw new TypeError("no network");
    const whole = text?.replaceAll("ID", message.id);
    /** A stream that breaks off behind what it has brought. @param {string} start */
    const broken = (start) =>
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
        pull: (controller) => controller.error(new TypeError("the network is gone")),
      });
    return new Response(whole?.endsWith("BREAKS") ? broken(whole.slice(0, -6)) : whole || null, { status, headers: { "content-type": String(type) } });
  };
}

/** @param {number} status @param {string} type @param {string} text */
export const will_answer = (status, type, text) => void answers.push([status, type, text]);

/** The server's own stream has a head when it is let, and says nothing. */
export function hold_stream() {
  since = performance.now();
  held = new Promise((resolve) => (open = resolve));
}
/** How long it has been held by now, in milliseconds. */
export const held_for = () => performance.now() - since;
export const open_stream = () => open();

/** @param {number} milliseconds */
export const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Which cache each request may be answered by; empty for what the platform does by itself. */
export const caches = () => how.map(({ cache }) => cache ?? "");

/** Whether each request was broken off, or what is left of its answer. */
export const broken_off = () => Uint8Array.from(how, ({ signal }) => Number(signal?.aborted));

/** What was sent by `fetch`: HTTP method, method, the header `x-own` and the header `mcp-method`. */
export const fetched = () => sent;
