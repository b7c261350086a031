// What the entries for programs of the TypeScript SDKs have in common: a client with the SDK's
// errors and handlers, and its transports by their names there.
import { Client as Base, StreamableHttpTransport, WebSocketTransport, createInMemoryPair } from "../index.js";
import { itself } from "../itself.js";

/** The methods that return a call. */
const CALLS = /** @type {const} */ ([
  "callTool",
  "listTools",
  "listResources",
  "listResourceTemplates",
  "listPrompts",
  "getPrompt",
  "readResource",
  "subscribeResource",
  "unsubscribeResource",
  "complete",
  "ping",
  "request",
]);

/**
 * @typedef {object} Dialect
 * @property {(error: any) => unknown} translate makes the SDK's error of ours
 * @property {(client: any, request: any, context: any) => object} context what the SDK's handlers are told
 * @property {(options: any) => any} options the SDK's client options, as ours
 */

/**
 * The client of an SDK.
 * @param {Dialect} dialect
 */
export function adapt({ translate, context, options }) {
  class Client extends Base {
    /** @param {any} [info] @param {any} [given] */
    constructor(info, given) {
      // The SDK logs no progress.
      super(info, { progressHandler: null, ...options(given) });
    }

    /** @param {any} transport @param {any} [given] */
    async connect(transport, given) {
      const connectTimeout = given?.timeout;
      await follow(super.connect(transport, { connectTimeout, ...given }), translate);
    }

    /** @param {string} level @param {any} [given] */
    setLoggingLevel(level, given) {
      return follow(super.setLoggingLevel(level, given), translate);
    }

    /** @param {any} message */
    notification(message) {
      return follow(super.notification(message), translate);
    }

    /** @param {any} given @param {any} second @param {any} [third] */
    setRequestHandler(given, second, third) {
      const [method, handler] = handlerOf(given, second, third);
      super.setRequestHandler(method, (request, extra) => handler(request, context(this, request, extra)));
    }

    /** @param {any} given @param {any} second @param {any} [third] */
    setNotificationHandler(given, second, third) {
      const [method, handler] = handlerOf(given, second, third);
      super.setNotificationHandler(method, (notification) => handler(notification, notification));
    }

    /** Tells the server that the folders have changed. */
    sendRootsListChanged() {
      return this.notification({ method: "notifications/roots/list_changed" });
    }
  }
  for (const name of CALLS) {
    const call = /** @type {(...args: any[]) => Promise<any>} */ (Base.prototype[/** @type {keyof Base} */ (name)]);
    /** @this {any} @param {any[]} args */
    const value = function (...args) {
      return follow(call.apply(this, args), translate);
    };
    Object.defineProperty(Client.prototype, name, { value, writable: true, configurable: true });
  }
  return Client;
}

/**
 * The same promise and handle, with the SDK's errors.
 * @template {Promise<any>} Call
 * @param {Call} call
 * @param {(error: any) => unknown} translate
 * @returns {Call}
 */
function follow(call, translate) {
  const followed = call.catch((error) => {
    throw translate(error);
  });
  Object.setPrototypeOf(followed, Object.getPrototypeOf(call));
  return itself(/** @type {any} */ (Object.defineProperties(followed, Object.getOwnPropertyDescriptors(call))));
}

/**
 * The method that a handler is for, and the handler: by the method's name, by name and schemas of what
 * the handler gets, or by a schema of the whole message, in which the method is a literal.
 * @param {any} given
 * @param {any} second
 * @param {any} [third]
 * @returns {[method: string, handler: (message: any, context: any) => any]}
 */
function handlerOf(given, second, third) {
  if (typeof given === "string") {
    if (!third) return [given, second];
    const { params } = second;
    return [given, async (message, context) => third(await parse(params, message.params), context)];
  }
  // zod has it in one place or the other, by its major.
  const literal = given?.shape?.method;
  const method = literal?.value ?? literal?._zod?.def.values[0];
  if (typeof method !== "string") throw new TypeError("Schema is missing a method literal");
  return [method, (message, context) => second(given.parse(message), context)];
}

/** @param {any} schema a standard schema @param {unknown} value */
async function parse(schema, value) {
  const { value: parsed, issues } = await schema["~standard"].validate(value);
  if (issues) throw Object.assign(new Error(`Invalid params: ${issues[0]?.message}`), { rpcCode: -32602 });
  return parsed;
}

/** The SDK's options of its HTTP transport, as far as they are about requests. */
export class StreamableHTTPClientTransport extends StreamableHttpTransport {
  /** @param {string | URL} url @param {any} [options] */
  constructor(url, { requestInit: { headers, ...init } = /** @type {any} */ ({}), fetch, authProvider, trace } = {}) {
    const request = fetch ?? globalThis.fetch;
    super(url, {
      trace,
      fetch: Object.keys(init).length ? (/** @type {any} */ at, /** @type {any} */ more) => request(at, { ...init, ...more }) : fetch,
      headers: async () => {
        const all = new Headers(headers);
        const token = await (authProvider?.token?.() ?? authProvider?.tokens?.().then((/** @type {any} */ tokens) => tokens?.access_token));
        if (token) all.set("authorization", `Bearer ${token}`);
        return all;
      },
    });
  }

  /** Ends the session and the connection. */
  terminateSession() {
    return this.close();
  }
}

/** The SDK's WebSocket transport. */
export class WebSocketClientTransport extends WebSocketTransport {}

/** The SDK's pair of transports. */
export class InMemoryTransport {
  static createLinkedPair() {
    return createInMemoryPair();
  }
}
