// The client of an SDK: this package's, with the SDK's errors, handlers and members.
import { Client as Base, INSIDE } from "../client/client.js";
// Brings the module along.
import "../index.js";
import { attempt, isMcpError } from "../base/errors.js";
import { itself, throughProxies } from "../base/itself.js";
import { handlerOf, parse, schemaAndOptions } from "./given.js";
import { isOutline } from "./outline.js";
import { mergeCapabilities } from "./helpers.js";
import { ALONE, ASKS, SPEECH, isUnanswered } from "./transport.js";

/** The methods that return a call, and the requests that they make. */
const CALLS = /** @type {const} */ ({
  callTool: "tools/call",
  listTools: "tools/list",
  listResources: "resources/list",
  listResourceTemplates: "resources/templates/list",
  listPrompts: "prompts/list",
  getPrompt: "prompts/get",
  readResource: "resources/read",
  subscribeResource: "resources/subscribe",
  unsubscribeResource: "resources/unsubscribe",
  complete: "completion/complete",
  ping: "ping",
});

/** The server's capability that requests need, by how their methods begin. */
const NEEDED = { tools: "tools", resources: "resources", prompts: "prompts", completion: "completions", logging: "logging" };
/** The client's own capability that a handler needs, by its method. */
const HANDLED = { "sampling/createMessage": "sampling", "elicitation/create": "elicitation", "roots/list": "roots" };
/** Notifications that the SDKs handle by themselves. */
const OWN = ["notifications/progress", "notifications/cancelled"];

/** @typedef {import("../types/inside.js").Told} Told */
/** @typedef {import("../types/client.js").Client & { transport?: { sessionId?: string } }} SdkClient */
/** @typedef {import("../types/call-options.js").CallOptions} CallOptions */
/** @typedef {import("../types/inside.js").TableMethods} Made */
/** @typedef {{ code?: unknown, cause?: unknown, mayHaveRun?: boolean, headers?: unknown }} Failing an error of ours */
/** @typedef {import("../types/options.js").ClientOptions & { debouncedNotificationMethods?: string[], enforceStrictCapabilities?: boolean }} Options */

/**
 * @typedef {object} Dialect
 * @property {(error: unknown) => unknown} translate makes the SDK's error of ours
 * @property {(client: SdkClient, request: Told, context: import("../types/input.js").InputContext) => object} context what the SDK's handlers are told
 * @property {(options: any) => Options} options the client options of whichever SDK it is, as ours
 * @property {(kind: "capability" | "connected", message: string) => Error} refuse what the SDK throws by itself
 */

/**
 * The client of an SDK.
 * @param {Dialect} dialect
 */
export function adapt({ translate, context, options, refuse }) {
  /** @param {Failing} error */
  const translated = (error) => (isForeign(error) ? error.cause : translate(error));
  /** @param {Failing} error */
  const ofCall = (error) => (error.mayHaveRun && !isUnanswered(error) ? translate(error) : translated(error));

  class Client extends Base {
    /** @type {((request: unknown, context: unknown) => Promise<unknown>) | undefined} */
    fallbackRequestHandler;
    /** @type {((notification: unknown) => Promise<void>) | undefined} */
    fallbackNotificationHandler;

    /** The SDK's error; what failed by its request, the SDK's transport tells too. @param {Failing} error */
    #failing = (error) => {
      const failure = ofCall(error);
      const { transport } = this;
      if (isOurs(transport) && (isForeign(error) || isRequest(error))) attempt(() => transport.onerror?.(/** @type {Error} */ (failure)));
      return failure;
    };
    /** Why there is no connection, in ours and the SDK's words. @type {{ error: unknown, failure: unknown } | undefined} */
    #unconnected;
    #debounced;
    /** Notifications that this turn of the event loop sends. @type {Set<string>} */
    #waiting = new Set();

    /** @param {import("../types/protocol.js").Implementation} [info] @param {Options} [given] */
    constructor(info, { debouncedNotificationMethods, ...given } = {}) {
      // The SDK logs no progress, and leaves links to the caller.
      super(info, { progressHandler: null, urlElicitation: "manual", ...options(given) });
      /** @type {string[]} */
      this.#debounced = debouncedNotificationMethods ?? [];
      const client = this;
      this[INSIDE].inbound.others.unconnected = (error) => {
        const failure = translated(error);
        this.#unconnected = { error, failure };
        const { transport } = this;
        // The transport's own has heard of the question already.
        if (isOurs(transport) && !(transport[ASKS] && transport[ALONE]) && (isForeign(error) || isRequest(error))) attempt(() => transport.onerror?.(/** @type {Error} */ (failure)));
      };
      Object.defineProperties(this[INSIDE].inbound.others, Object.getOwnPropertyDescriptors({
        get notification() {
          const handler = client.fallbackNotificationHandler;
          return handler && ((/** @type {Told} */ message) => (OWN.includes(message.method) ? undefined : handler(message)));
        },
        get request() {
          const handler = client.fallbackRequestHandler;
          if (!handler) return undefined;
          return client.#answering((request, extra) => handler({ jsonrpc: "2.0", id: extra.requestId, ...request }, extra));
        },
      }));
    }

    /** @param {unknown} target @param {CallOptions} [given] */
    async connect(target, given) {
      const { timeout: connectTimeout, signal } = given ?? {};
      signal?.throwIfAborted();
      const abort = () => void this.close();
      signal?.addEventListener("abort", abort);
      this.#unconnected = undefined;
      try {
        await follow(super.connect(target, { connectTimeout, ...given }), (error) => (this.#unconnected?.error === error ? this.#unconnected?.failure : translated(error)));
      } catch (error) {
        // A transport that has begun is told of like every one that ends.
        if (this.#unconnected && isTransport(target) && !target[ASKS] && !isUnopened(/** @type {{ error: Error }} */ (this.#unconnected).error)) attempt(() => this.onclose?.());
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    }

    /** @param {object} capabilities */
    registerCapabilities(capabilities) {
      if (this.transport) throw refuse("connected", "Cannot register capabilities after connecting to transport");
      const { options } = this[INSIDE];
      options.capabilities = mergeCapabilities(options.capabilities ?? {}, capabilities);
    }

    /** @param {string} level @param {CallOptions} [given] */
    setLoggingLevel(level, given) {
      const refused = this.#lacking("logging/setLevel");
      if (refused) return Promise.reject(refused);
      const set = super.setLoggingLevel(level, given);
      // The server says whether there is such a level.
      const asked = set.catch((error) => {
        if (error?.code !== "INVALID_ARGUMENT") throw error;
        return super.request({ method: "logging/setLevel", params: { level } }, given);
      });
      return follow(asked, this.#failing);
    }

    /**
     * @override
     * @param {{ method: string, params?: import("../types/inside.js").Params }} asked
     * @param {object} [second]
     * @param {CallOptions} [third]
     */
    request(asked, second, third) {
      const refused = this.#lacking(asked.method);
      if (refused) return /** @type {ReturnType<Base["request"]>} */ (/** @type {unknown} */ (settled(Promise.reject(refused))));
      const [schema, given] = schemaAndOptions(second, third);
      const call = super.request(asked, given);
      return follow(call, this.#failing, schema && !isOutline(schema) ? (result) => parse(schema, result) : undefined);
    }

    /** @param {object} filter @param {CallOptions} [given] */
    listen(filter, given) {
      return follow(super.listen(filter, given), this.#failing);
    }

    /** @param {Told} message @param {{ relatedRequestId?: unknown }} [given] */
    async notification(message, given) {
      const { method, params } = message;
      const { options } = this[INSIDE];
      if (options.enforceStrictCapabilities && method === "notifications/roots/list_changed" && !options.capabilities?.roots?.listChanged) {
        throw refuse("capability", `Client does not support roots list changed notifications (required for ${method})`);
      }
      if (this.#debounced.includes(method) && !params && !given?.relatedRequestId) {
        if (this.#waiting.has(method)) return;
        this.#waiting.add(method);
        await undefined;
        this.#waiting.delete(method);
      }
      await follow(super.notification(message), this.#failing);
    }

    /** @param {unknown} given @param {unknown} second @param {import("./given.js").Handler} [third] */
    setRequestHandler(given, second, third) {
      const [method, handler] = handlerOf(given, second, third);
      const needed = HANDLED[/** @type {keyof typeof HANDLED} */ (method)];
      const { options } = this[INSIDE];
      if (options.enforceStrictCapabilities && needed && !options.capabilities?.[needed]) {
        throw refuse("capability", `Client does not support ${needed} capability (required for ${method})`);
      }
      super.setRequestHandler(method, this.#answering(handler));
    }

    /** @param {string} method */
    removeRequestHandler(method) {
      this[INSIDE].inbound.requestHandlers.delete(method);
      this[INSIDE].declare();
    }

    /** @param {string} method */
    assertCanSetRequestHandler(method) {
      if (this[INSIDE].inbound.requestHandlers.has(method)) {
        throw new Error(`A request handler for ${method} already exists, which would be overridden`);
      }
    }

    /** @param {unknown} given @param {unknown} second @param {import("./given.js").Handler} [third] */
    setNotificationHandler(given, second, third) {
      const [method, handler] = handlerOf(given, second, third);
      super.setNotificationHandler(method, (notification) => handler(notification, notification));
    }

    /** Tells the server that the folders have changed. */
    sendRootsListChanged() {
      return this.notification({ method: "notifications/roots/list_changed" });
    }

    /**
     * A handler that is told what the SDK tells, and may throw the SDK's errors.
     * @param {(request: Told, context: any) => unknown} handler whose context is the SDK's
     */
    #answering(handler) {
      return async (/** @type {Told} */ request, /** @type {import("../types/input.js").InputContext} */ extra) => {
        try {
          return await handler(request, context(/** @type {SdkClient} */ (/** @type {unknown} */ (this)), request, extra));
        } catch (thrown) {
          const error = /** @type {{ rpcCode?: unknown, code?: unknown, message?: string, data?: unknown }} */ (thrown);
          if (error?.rpcCode !== undefined || !Number.isSafeInteger(error?.code)) throw error;
          const { code: rpcCode, message, data } = error;
          throw Object.assign(new Error(message, { cause: error }), { rpcCode, data });
        }
      };
    }

    /** Why the server cannot do something, if that is to be looked at before it is asked. @param {string} method */
    #lacking(method) {
      const capabilities = this.getServerCapabilities();
      const name = NEEDED[/** @type {keyof typeof NEEDED} */ (method.split("/")[0])];
      if (!this[INSIDE].options.enforceStrictCapabilities || !capabilities || !name) return undefined;
      if (!capabilities[name]) return refuse("capability", `Server does not support ${name} (required for ${method})`);
      if (method !== "resources/subscribe" || capabilities.resources?.subscribe) return undefined;
      return refuse("capability", `Server does not support resource subscriptions (required for ${method})`);
    }

    static {
      for (const [name, method] of Object.entries(CALLS)) {
        const call = /** @type {(...args: unknown[]) => Promise<unknown>} */ (Base.prototype[/** @type {keyof Base} */ (name)]);
        /** @this {Client} @param {unknown[]} args */
        const value = function (...args) {
          const refused = this.#lacking(method);
          return refused ? settled(Promise.reject(refused)) : follow(call.apply(this, args), this.#failing);
        };
        Object.defineProperty(Client.prototype, name, { value, writable: true, configurable: true });
      }
      throughProxies(Client);
    }
  }
  return /** @type {Omit<typeof Client, "prototype"> & { new (...given: ConstructorParameters<typeof Client>): Client & Made, prototype: Client & Made }} */ (/** @type {unknown} */ (Client));
}

/**
 * Whether something failed by what a transport or the platform threw, which the SDKs hand on: programs compare its message.
 * @param {{ code?: unknown, cause?: unknown }} error
 */
const isForeign = ({ code, cause }) => code === "CLOSED" && cause instanceof Error && !isMcpError(cause);

/** Whether it was the request of HTTP that failed. @param {{ code?: unknown, name?: string, message?: string }} error */
const isRequest = (error) => error.code === "HTTP_ERROR" || error.name === "AuthError" || isUnreadable(error);

/** Whether something is a transport, and no address of one. @param {unknown} target @returns {target is { [ASKS]?: boolean }} */
const isTransport = (target) => ["start", "send"].every((name) => typeof Object(target)[name] === "function");

/** Whether a transport could not be opened at all. @param {Error} error */
const isUnopened = ({ message }) => message.includes("could not be opened");

/**
 * Whether a transport is that of an SDK, and of this package.
 * @param {unknown} transport
 * @returns {transport is import("./transport.js").StreamableHTTPClientTransport}
 */
const isOurs = (transport) => transport instanceof Object && SPEECH in transport;

/**
 * Whether an answer has come that is none.
 * @param {{ code?: unknown, message?: string }} error
 */
export const isUnreadable = ({ code, message = "" }) => code === "PROTOCOL_ERROR" && message.includes("neither JSON nor a stream");

/**
 * The same promise and handle, with the SDK's errors.
 * @template {Promise<unknown>} Call
 * @param {Call} call
 * @param {(error: any) => unknown} translate of whatever was thrown
 * @param {(result: unknown) => unknown} [convert] what becomes of the result
 * @returns {Call}
 */
export function follow(call, translate, convert) {
  const followed = call.then(convert, (error) => {
    throw translate(error);
  });
  Object.setPrototypeOf(followed, Object.getPrototypeOf(call));
  Object.defineProperties(followed, Object.getOwnPropertyDescriptors(call));
  for (const name of ["id", "stalled", "cancel", "progress"]) {
    if (name in call) Object.defineProperty(followed, name, { get: () => /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (call))[name], configurable: true });
  }
  return itself(/** @type {Call} */ (/** @type {unknown} */ (followed)));
}

/**
 * A call that may need no request: its promise, and the handle of the request if there is one.
 * @param {Promise<unknown>} promise
 * @param {() => { cancel(reason: unknown): void, progress(): AsyncIterable<unknown> } | undefined} [request]
 */
export const settled = (promise, request) =>
  itself(
    Object.assign(promise, {
      id: 0,
      stalled: false,
      cancel: (/** @type {unknown} */ reason) => request?.()?.cancel(reason),
      async *progress() {
        yield* request?.()?.progress() ?? [];
      },
    }),
  );
