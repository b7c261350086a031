// What a rule test is given: the package, and a peer over the channel and in the era it runs in.
import { Clock } from "./clock.mjs";
import { fail, within } from "./check.mjs";
import { Peer, httpLink, objectLink, pairLink, portLink, socketLink } from "./peer.mjs";

/**
 * @typedef {typeof import("mcp-wasm")} Package
 * @typedef {import("./peer.mjs").Channel} Channel
 * @typedef {import("./peer.mjs").Era} Era
 *
 * @typedef {object} Setting where the tests run
 * @property {Package} mcp
 * @property {() => Promise<Package>} copy another copy of the package, loaded from other files
 * @property {string} relay the URL of the relay
 * @property {string} nobody a URL where nobody listens
 * @property {boolean} [worker] whether workers hold the connections
 *
 * @typedef {object} Rule
 * @property {string} name
 * @property {(env: Env) => Promise<void>} run
 * @property {Channel[]} on
 * @property {Era[]} eras
 * @property {boolean} worker whether it holds when a worker holds the connection
 */

/** @type {Channel[]} */
export const CHANNELS = ["objects", "frames", "socket", "port", "pair", "http"];
/** Those that are one connection, which can end. @type {Channel[]} */
export const CONNECTIONS = ["objects", "frames", "socket", "port", "pair"];
/** @type {Era[]} */
export const ERAS = ["modern", "legacy"];

/** Makes a collection of rules. */
export function collect() {
  /** @type {Rule[]} */
  const rules = [];
  /**
   * @param {string} name
   * @param {(env: Env) => Promise<void>} run
   * @param {{ on?: Channel[], eras?: Era[], worker?: boolean }} [options] every channel and era without
   */
  const rule = (name, run, { on = CHANNELS, eras = ERAS, worker = true } = {}) => void rules.push({ name, run, on, eras, worker });
  return { rules, rule };
}

export class Env {
  /** @type {(() => unknown)[]} */
  #undo = [];

  /**
   * @param {Setting} setting
   * @param {Channel} channel
   * @param {Era} era
   */
  constructor(setting, channel, era) {
    this.setting = setting;
    this.mcp = setting.mcp;
    this.channel = channel;
    this.era = era;
  }

  /** Whether giving up a request is a message; by HTTP, since 2026-07-28, it is the end of an exchange. */
  get tells() {
    return this.channel !== "http" || this.era === "legacy";
  }

  /** Does something when the test is over. @param {() => unknown} undo */
  later(undo) {
    this.#undo.push(undo);
  }

  /** A server for the client to connect to. */
  async peer() {
    const peer = new Peer(this.era);
    peer.link = await this.#link(peer);
    this.later(() => peer.link.stop());
    return peer;
  }

  /** @param {Peer} peer */
  #link(peer) {
    switch (this.channel) {
      case "socket":
        return socketLink(peer, this.setting.relay);
      case "http":
        return httpLink(peer, this.setting.relay);
      case "port":
        return portLink(peer);
      case "pair":
        return pairLink(peer, this.mcp.createInMemoryPair());
      default:
        return objectLink(peer, this.channel);
    }
  }

  /**
   * A client that closes after the test, and whose `onerror` is kept.
   * @param {import("mcp-wasm").ClientOptions} [options] without a progress handler it has none
   */
  client(options = {}) {
    const client = new this.mcp.Client({ name: "rules", version: "0.0.1" }, { progressHandler: null, ...options });
    /** @type {any[]} */
    const errors = [];
    client.onerror = (error) => errors.push(error);
    this.later(() => client.close());
    if (this.setting.worker) {
      const connect = client.connect.bind(client);
      client.connect = (target, options) => connect(target, /^(ws|http)/.test(String(target)) ? { worker: true, ...options } : options);
    }
    return Object.assign(client, { errors });
  }

  /**
   * A connected pair.
   * @param {import("mcp-wasm").ClientOptions} [options]
   */
  async connect(options) {
    const peer = await this.peer();
    const client = this.client(options);
    await within(client.connect(peer.target), "the connection");
    // It may still be on its way.
    if (this.era === "legacy") await peer.next("notifications/initialized");
    return { client, peer };
  }

  /**
   * A connected pair with one tool call under way.
   * @param {import("mcp-wasm").CallOptions} [options]
   * @param {import("mcp-wasm").ClientOptions} [clientOptions]
   */
  async calling(options, clientOptions) {
    const { client, peer } = await this.connect(clientOptions);
    const call = client.callTool("tool", {}, options);
    // A test that fails early leaves it to be closed.
    call.catch(() => {});
    const request = await peer.next("tools/call");
    return { client, peer, call, request };
  }

  /** Puts a clock in place that the test moves. */
  clock() {
    if (["socket", "http"].includes(this.channel)) fail("a socket needs the real clock");
    const clock = new Clock();
    this.later(() => clock.stop());
    return clock;
  }

  /**
   * What `console[method]` is given from now on.
   * @param {"debug" | "warn" | "error"} method
   */
  console(method) {
    /** @type {any[][]} */
    const lines = [];
    const original = console[method];
    console[method] = (...values) => void lines.push(values);
    this.later(() => (console[method] = original));
    return lines;
  }

  /** What is reported as uncaught from now on, instead of that. @returns {any[]} */
  reports() {
    /** @type {any[]} */
    const reports = [];
    const scope = /** @type {any} */ (globalThis);
    const original = scope.reportError;
    if (original) {
      scope.reportError = (/** @type {unknown} */ error) => void reports.push(error);
      this.later(() => (scope.reportError = original));
    } else {
      const { error } = console;
      console.error = (value) => void reports.push(value);
      this.later(() => (console.error = error));
    }
    return reports;
  }

  async end() {
    for (const undo of this.#undo.reverse()) await undo();
  }
}

/**
 * Every rule with every channel and era that it is for.
 * @param {Rule[]} rules
 * @param {Channel[]} [channels]
 * @param {boolean} [worker]
 */
export function* cases(rules, channels = CHANNELS, worker = false) {
  for (const channel of channels) {
    for (const era of ERAS) {
      for (const rule of rules) {
        if (rule.on.includes(channel) && rule.eras.includes(era) && (rule.worker || !worker)) yield { channel, era, rule };
      }
    }
  }
}

/**
 * Runs one rule.
 * @param {Setting} setting
 * @param {Rule} rule
 * @param {Channel} channel
 * @param {Era} era
 */
export async function run(setting, rule, channel, era) {
  const env = new Env(setting, channel, era);
  try {
    await within(rule.run(env), `the test itself`, 30_000);
  } finally {
    await env.end();
  }
}
