// Our client and our server, connected in several ways, without a network.
import { within } from "../rules/check.mjs";

/**
 * @typedef {typeof import("mcp-wasm")} Package
 * @typedef {"memory" | "port" | "transport"} Way `memory` is the server given to the client, `port` a
 *   MessagePort, `transport` two linked transports of the TypeScript SDK's shape, which pass objects
 * @typedef {"modern" | "legacy"} Era
 * @typedef {{ mcp: Package, validator: import("mcp-wasm").JsonSchemaValidator }} Setting
 * @typedef {{ name: string, run: (env: Env) => Promise<void>, eras: Era[] }} Rule
 */

/** @type {Way[]} */
export const WAYS = ["memory", "port", "transport"];
/** @type {Era[]} */
export const ERAS = ["modern", "legacy"];

/** Makes a collection of rules. */
export function collect() {
  /** @type {Rule[]} */
  const rules = [];
  /**
   * @param {string} name
   * @param {(env: Env) => Promise<void>} run
   * @param {{ eras?: Era[] }} [options]
   */
  const rule = (name, run, { eras = ERAS } = {}) => void rules.push({ name, run, eras });
  return { rules, rule };
}

/** Two ends in the shape of the TypeScript SDK's `Transport`: what one sends arrives at the other. */
export function linked() {
  /** @returns {any} */
  const end = () => ({
    open: true,
    /** What was sent from here. @type {any[]} */
    sent: [],
    other: undefined,
    async start() {},
    async send(/** @type {any} */ message) {
      this.sent.push(message);
      queueMicrotask(() => this.other.open && this.other.onmessage?.(message));
    },
    async close() {
      for (const one of [this, this.other]) {
        if (!one.open) continue;
        one.open = false;
        one.onclose?.();
      }
    },
  });
  const [one, two] = [end(), end()];
  one.other = two;
  two.other = one;
  return [one, two];
}

export class Env {
  /** @type {(() => unknown)[]} */
  #undo = [];

  /** @param {Setting} setting @param {Way} way @param {Era} era */
  constructor(setting, way, era) {
    this.mcp = setting.mcp;
    this.validator = setting.validator;
    this.way = way;
    this.era = era;
  }

  /** Does something when the test is over. @param {() => unknown} undo */
  later(undo) {
    this.#undo.push(undo);
  }

  /** @param {import("mcp-wasm").ServerOptions} [options] */
  server(options) {
    const server = new this.mcp.Server({ name: "page", version: "1.2.3" }, options);
    /** @type {any[]} */
    const errors = [];
    server.onerror = (error) => errors.push(error);
    this.later(() => server.close());
    return Object.assign(server, { errors });
  }

  /**
   * A client of that server.
   * @param {import("mcp-wasm").Server} server
   * @param {import("mcp-wasm").ClientOptions} [options]
   */
  async connect(server, options) {
    const mode = this.era === "legacy" ? "legacy" : "auto";
    const client = new this.mcp.Client({ name: "app", version: "1.0.0" }, { progressHandler: null, mode, ...options });
    /** @type {any[]} */
    const errors = [];
    client.onerror = (error) => errors.push(error);
    this.later(() => client.close());
    const target = this.#target(server);
    await within(client.connect(target), "the connection");
    return Object.assign(client, { errors });
  }

  /** @param {import("mcp-wasm").Server} server @returns {any} */
  #target(server) {
    if (this.way === "memory") return server;
    if (this.way === "port") {
      const { port1, port2 } = new MessageChannel();
      void server.connect(port1);
      return port2;
    }
    const [one, two] = linked();
    void server.connect(two);
    return one;
  }

  /**
   * A server with one tool, `tool`, and a client of it.
   * @param {import("mcp-wasm").ToolHandler} handler
   * @param {import("mcp-wasm").ClientOptions} [options]
   */
  async tool(handler, options) {
    const server = this.server();
    server.tool("tool", { description: "The one under test" }, handler);
    return { server, client: await this.connect(server, options) };
  }

  /**
   * A peer that writes the messages itself.
   * @param {import("mcp-wasm").Server} server
   */
  async raw(server) {
    const [one, two] = linked();
    /** @type {any[]} */
    const received = [];
    one.onmessage = (/** @type {any} */ message) => received.push(message);
    const connection = await server.connect(two);
    this.later(() => connection.close());
    let id = 0;
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    /** @param {string} method @param {any} params @param {any} [more] */
    const request = async (method, params, more) => {
      const own = more?.id ?? ++id;
      const message = { jsonrpc: "2.0", id: own, method, params: { ...params, _meta: this.era === "modern" ? { ...meta, ...params?._meta } : params?._meta } };
      await one.send(message);
      return own;
    };
    if (this.era === "legacy") {
      await request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } }, { id: "init" });
      await one.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    }
    return { end: one, transport: two, received, request, connection };
  }

  /** What is reported as uncaught from now on, instead of that. @returns {any[]} */
  reports() {
    /** @type {any[]} */
    const reports = [];
    const scope = /** @type {any} */ (globalThis);
    const original = scope.reportError;
    const { error } = console;
    if (original) scope.reportError = (/** @type {unknown} */ reason) => void reports.push(reason);
    else console.error = (reason) => void reports.push(reason);
    this.later(() => {
      if (original) scope.reportError = original;
      else console.error = error;
    });
    return reports;
  }

  async end() {
    for (const undo of this.#undo.reverse()) await undo();
  }
}

/**
 * Runs one rule.
 * @param {Setting} setting
 * @param {Rule} rule
 * @param {Way} way
 * @param {Era} era
 */
export async function run(setting, rule, way, era) {
  const env = new Env(setting, way, era);
  try {
    await within(rule.run(env), "the test itself", 30_000);
  } finally {
    await env.end();
  }
}
