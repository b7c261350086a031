// A WebSocket that opens when it is told to, and the answers of a server behind it.

/** What happened to all of them, in order. @type {string[]} */
export const events = [];

/** A socket that opens when it is told to. */
export class Socket extends EventTarget {
  /** @type {Socket[]} */
  static all = [];
  readyState = 0;
  /** Whether the server behind it answers. */
  answers = true;
  protocol = "mcp";
  /** @type {any[]} */
  sent = [];
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null;
  /** @type {((event: { code: number, reason: string }) => void) | null} */
  onclose = null;

  /** @param {string} _url @param {string[]} protocols */
  constructor(_url, protocols) {
    super();
    this.protocols = protocols;
    events.push("socket");
    Socket.all.push(this);
  }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {object} message */
  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** @param {string} text */
  send(text) {
    const message = JSON.parse(text);
    events.push(message.method ?? "answer");
    this.sent.push(message);
    if (!this.answers) return;
    const serverInfo = { name: "fake", version: "1" };
    const answer = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, serverInfo, ttlMs: 0, cacheScope: "private" };
    if (message.method === "initialize") this.say({ jsonrpc: "2.0", id: message.id, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo } });
    else if (message.id !== undefined && message.method) this.say({ jsonrpc: "2.0", id: message.id, result: answer });
  }

  close() {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
    this.onclose?.({ code: 1000, reason: "" });
  }
}

/** From now on the platform has no other. */
export const install = () => void (globalThis.WebSocket = /** @type {any} */ (Socket));

/** The socket of that number, once there is such: soon, and before a timer strikes. @param {number} number */
export async function socket(number) {
  for (;;) {
    const one = Socket.all[number];
    if (one) return one;
    await Promise.resolve();
  }
}
