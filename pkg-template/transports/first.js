// What a client says first to a server of which it knows nothing, before the core is there that has the last word.

/**
 * A client: what it calls itself, what it was told, what it answers, whether nothing is known of the server, and whether
 * nobody listens to what that says by itself.
 * @typedef {{ info: import("../types/protocol.js").Implementation | undefined, options: { mode?: unknown, logHandler?: unknown, capabilities?: unknown, tasks?: unknown }, handlers: { size: number }, unknown: boolean, unheard: boolean }} Speaker
 */

/** As the core writes them, or it will not know its own request. */
const [REVISION, META] = ["2026-07-28", "io.modelcontextprotocol/"];
const NOBODY = { name: "mcp-wasm", version: "0.1.0" };

/**
 * The request, and its headers. Nothing for who speaks of more than its name: what a client can do is for the core to say.
 * @param {Speaker} speaker
 * @returns {[message: object, headers: Record<string, string>] | undefined}
 */
export function firstOf({ info = NOBODY, options: { mode, logHandler, capabilities, tasks }, handlers, unknown }) {
  if (!unknown || mode !== "auto" || capabilities || tasks || handlers.size || !/^name,version(,title)?$/.test(String(Object.keys(info)))) return undefined;
  const method = "server/discover";
  const _meta = {
    [META + "protocolVersion"]: REVISION,
    [META + "clientInfo"]: info,
    [META + "clientCapabilities"]: {},
    [META + "logLevel"]: logHandler && "debug",
  };
  return [
    { jsonrpc: "2.0", id: 1, method, params: { _meta } },
    { accept: "application/json, text/event-stream", "content-type": "application/json", "mcp-method": method, "mcp-protocol-version": REVISION },
  ];
}

/**
 * Sends a request before it is asked for.
 * @param {string} text
 * @param {(signal: AbortSignal) => Promise<Response>} send
 * @returns {(body?: string, signal?: AbortSignal) => Promise<Response> | void} its answer, for a request that is the same
 *   to the letter, and what breaks that one off; for another, or none, it is given up
 */
export function ahead(text, send) {
  const controller = new AbortController();
  const drop = () => controller.abort();
  const answer = send(controller.signal);
  // Who takes it hears of it.
  answer.catch(() => {});
  return (body, signal) => {
    if (body !== text) return void drop();
    signal?.addEventListener("abort", drop);
    return answer;
  };
}
