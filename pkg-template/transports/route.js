// Where a target leads.
import { McpError, shown } from "../base/errors.js";
import { ready, readyForHttp } from "../wasm/load.js";
import { StreamableHttpTransport } from "./http.js";
import { MessagePortTransport } from "./port.js";
import { WebSocketTransport } from "./socket.js";

/**
 * Where a target leads, and how to open a transport to it.
 * @param {any} target whatever somebody wants to connect to
 * @param {import("../types/options.js").ConnectOptions} options
 * @returns {{ url?: string, server?: string, port?: object, make: () => import("../types/inside.js").Mover, load?: () => Promise<unknown> }} `server` is the URL without its query;
 *   `load` loads what would otherwise be loaded one after the other
 * @throws {McpError} without the address, which may hold a secret
 */
export function route(target, options) {
  if (typeof target === "string" || target instanceof URL) {
    let url;
    try {
      url = new URL(target, globalThis.location?.href);
    } catch {
      throw new McpError("INVALID_ARGUMENT", "cannot connect: the text is not a URL like wss://host/mcp");
    }
    if (url.username || url.password) {
      throw new McpError("INVALID_ARGUMENT", `cannot connect to ${shown(url.href)}: an address with a user name or a password would show them; give them by \`headers\``);
    }
    // It is the page's own matter, and there are browsers that quote it when they refuse it.
    url.hash = "";
    const server = url.protocol + url.host + url.pathname;
    const { protocols = ["mcp"], trace, fetch, worker, headers, auth } = options;
    switch (url.protocol) {
      case "ws:":
      case "wss:":
        return { url: url.href, server, load: worker ? ready : undefined, make: () => new WebSocketTransport(url, { auth, protocols, trace }) };
      case "http:":
      case "https:":
        return { url: url.href, server, load: readyForHttp, make: () => new StreamableHttpTransport(url, { auth, server: String(target), fetch, headers, trace }) };
      default:
        throw new McpError("INVALID_ARGUMENT", `cannot connect to ${url.protocol}: the URL must start with ws:, wss:, http: or https:`);
    }
  }
  // First: of a foreign window nothing else may be read.
  if (target && target.window === target) {
    throw new McpError("INVALID_ARGUMENT", "cannot connect to a window as such: give `openPort(window, { origin })`");
  }
  // A server in this very page.
  const own = target?.[Symbol.for("mcp-wasm.transport")];
  if (own) return { make: () => own.call(target) };
  if (typeof target?.send === "function") return { make: () => target };
  if (typeof target?.postMessage === "function") {
    return { port: target, make: () => new MessagePortTransport(target, options) };
  }
  throw new McpError("INVALID_ARGUMENT", "cannot connect: give a ws:, wss:, http: or https: URL, a MessagePort or Worker, or a transport with `start`, `send` and `close`");
}
