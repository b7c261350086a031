// A server in this very process, behind the SDKs' interface of a transport: answers by a table, and keeps what it got.

/**
 * @typedef {object} Script
 * @property {object} [capabilities] what it says it can do
 * @property {boolean} [modern] speaks 2026-07-28; without, the older revisions
 * @property {Record<string, any>} [answers] by method: a result, an object with `error`, or a function that gives one; what has none is not known
 * @property {string} [name]
 */

/** @param {Script} [script] */
export function scripted({ capabilities = {}, modern = false, answers = {}, name = "scripted" } = {}) {
  const serverInfo = { name, version: "1.0.0" };
  /** @type {Record<string, any>} */
  const known = {
    ...(modern
      ? { "server/discover": { supportedVersions: ["2026-07-28"], capabilities, _meta: { "io.modelcontextprotocol/serverInfo": serverInfo }, resultType: "complete", ttlMs: 0, cacheScope: "private" } }
      : {
          initialize: (/** @type {any} */ { params }) => ({ protocolVersion: params.protocolVersion, capabilities, serverInfo }),
          ping: {},
        }),
    ...answers,
  };
  return {
    /** @type {any[]} */
    got: [],
    /** @type {((message: any) => void) | undefined} */
    onmessage: undefined,
    /** @type {(() => void) | undefined} */
    onclose: undefined,
    /** @type {((error: Error) => void) | undefined} */
    onerror: undefined,

    async start() {},

    /** @param {any} message */
    async send(message) {
      this.got.push(message);
      const { id, method } = message;
      if (id === undefined || method === undefined) return;
      const answer = known[method];
      const value = await (typeof answer === "function" ? answer(message) : answer);
      const said = value?.error ? value : value ? { result: modern ? { resultType: "complete", ...value } : value } : { error: { code: -32601, message: "Method not found" } };
      queueMicrotask(() => this.onmessage?.({ jsonrpc: "2.0", id, ...said }));
    },

    async close() {
      this.onclose?.();
    },

    /** Asks the client, and waits for what it answers. @param {string} method @param {any} [params] */
    async ask(method, params) {
      const id = `asked ${this.got.length}`;
      this.onmessage?.({ jsonrpc: "2.0", id, method, params });
      for (;;) {
        const answer = this.got.find((message) => message.id === id);
        if (answer) return answer.result ?? answer.error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },

    /** Tells the client something. @param {string} method @param {any} [params] */
    async tell(method, params) {
      this.onmessage?.({ jsonrpc: "2.0", method, params });
      await new Promise((resolve) => setTimeout(resolve, 20));
    },

    /** The methods of what it got. */
    methods() {
      return this.got.map(({ method }) => method).filter(Boolean);
    },
  };
}
