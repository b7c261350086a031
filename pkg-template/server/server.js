// A server in the page: keeps the handlers, runs them, and leaves every decision to the machine.
import { checkHandler, checkTime, merge } from "../base/check.js";
import { McpError, attempt } from "../base/errors.js";
import { itself, throughProxies } from "../base/itself.js";
import { createInMemoryPair } from "../transports/pair.js";
import { MessagePortTransport } from "../transports/port.js";
import { acceptPorts } from "../transports/window.js";
import * as words from "../wasm/words.js";
import { Call } from "./call.js";
import { failure } from "./failure.js";
import { Link } from "./link.js";
import { checked } from "./definition.js";
import { inputOf, outputOf, wordsOf } from "./schema.js";
import { checkText, isBytes, plain } from "./values.js";

/** How long a client may take to answer what it is asked, in milliseconds. */
const LIFETIME = 15 * 60 * 1000;
/** JSON has no word for an infinite time. */
const LONGEST = 2 ** 52;

/** @typedef {(first: unknown, context: unknown) => unknown} Handler */
/** @typedef {ReturnType<import("../types/validator.js").JsonSchemaValidator["getValidator"]>} Validate */
/** @typedef {{ name: string, uri?: string, uriTemplate?: string, inputSchema?: object }} Definition */
/** @typedef {{ kind: number, definition: Definition, handler: Handler, check?: Validate, parse?: import("./schema.js").Check | undefined }} Thing */
/** @typedef {import("./call.js").Job} Job */

/** @typedef {import("../types/server.js").ServerOptions} ServerOptions */

class Server {
  /** Is told of what goes wrong beside the calls, and of what handlers throw. @type {((error: unknown) => void) | undefined} */
  onerror;

  #info;
  #options;
  #ready;
  /** @type {import("../wasm/host.js").Host | undefined} */
  #host;
  /** @type {Promise<import("../wasm/host.js").Host> | undefined} */
  #starting;
  /** What there is, by the number of its handler. @type {Map<number, Thing>} */
  #things = new Map();
  /** Those numbers, by kind and name. @type {Map<string, number>} */
  #names = new Map();
  #last = 0;
  /** @type {Set<Link>} */
  #links = new Set();
  /** By connection and number. @type {Map<string, Call>} */
  #calls = new Map();

  /**
   * @param {import("../types/protocol.js").Implementation} info
   * @param {ServerOptions | undefined} options
   * @param {() => Promise<typeof import("../wasm/host.js").Host>} ready starts the module
   */
  constructor(info, options, ready) {
    itself(this);
    checkText("the server's name", info?.name);
    checkText("the server's version", info?.version);
    this.#info = plain(info);
    const { jsonSchemaValidator, ...given } = merge({ stateLifetime: LIFETIME, listLifetime: 0 }, /** @type {ServerOptions & { stateLifetime: number, listLifetime: number }} */ (options));
    for (const name of /** @type {const} */ (["stateLifetime", "listLifetime"])) {
      checkTime(name, given[name]);
      given[name] = Math.min(given[name], LONGEST);
    }
    if (jsonSchemaValidator && typeof jsonSchemaValidator.getValidator !== "function") {
      throw new McpError("INVALID_ARGUMENT", "jsonSchemaValidator must have a method `getValidator`");
    }
    this.#options = { ...plain(given), jsonSchemaValidator };
    this.#ready = ready;
  }

  /** @param {string} name @param {any} second the definition, or the handler @param {Handler} [third] */
  tool(name, second, third) {
    const [given, handler] = third === undefined ? [{}, second] : [second, third];
    checkText("the tool's name", name);
    const { name: _, inputSchema, outputSchema, ...more } = given ?? {};
    const { schema, check } = inputOf(name, inputSchema);
    const output = outputSchema == null ? {} : { outputSchema: outputOf(name, outputSchema) };
    return this.#add(words.HANDLER_KIND_TOOL, name, { name, ...checked(name, more), inputSchema: schema, ...output }, handler, check);
  }

  /** @param {string} uri @param {any} second @param {Handler} [third] */
  resource(uri, second, third) {
    const [given, handler] = third === undefined ? [{}, second] : [second, third];
    return this.#add(words.HANDLER_KIND_RESOURCE, uri, { name: uri, ...checked(uri, { ...given, uri }) }, handler);
  }

  /** @param {string} uriTemplate @param {any} second @param {Handler} [third] */
  resourceTemplate(uriTemplate, second, third) {
    const [given, handler] = third === undefined ? [{}, second] : [second, third];
    return this.#add(words.HANDLER_KIND_TEMPLATE, uriTemplate, { name: uriTemplate, ...checked(uriTemplate, { ...given, uriTemplate }) }, handler);
  }

  /** @param {string} name @param {any} second @param {Handler} [third] */
  prompt(name, second, third) {
    const [given, handler] = third === undefined ? [{}, second] : [second, third];
    return this.#add(words.HANDLER_KIND_PROMPT, name, checked(name, { ...given, name }), handler);
  }

  /** @param {Handler} handler */
  completion(handler) {
    return this.#add(words.HANDLER_KIND_COMPLETION, "completion", {}, handler);
  }

  /** @param {string} name */
  removeTool(name) {
    return this.#remove(words.HANDLER_KIND_TOOL, name);
  }

  /** @param {string} uri */
  removeResource(uri) {
    return this.#remove(words.HANDLER_KIND_RESOURCE, uri);
  }

  /** @param {string} uriTemplate */
  removeResourceTemplate(uriTemplate) {
    return this.#remove(words.HANDLER_KIND_TEMPLATE, uriTemplate);
  }

  /** @param {string} name */
  removePrompt(name) {
    return this.#remove(words.HANDLER_KIND_PROMPT, name);
  }

  /** @param {string} uri */
  resourceUpdated(uri) {
    this.#host?.updated(String(uri));
    this.#tell();
  }

  /**
   * @param {number} kind
   * @param {string} name
   * @param {unknown} given
   * @param {Handler} handler
   * @param {import("./schema.js").Check} [parse] checks and changes the arguments
   */
  #add(kind, name, given, handler, parse) {
    checkText("the name or URI", name);
    checkHandler("the handler", handler ?? null);
    if (!handler) throw new McpError("INVALID_ARGUMENT", `${name} needs a handler, a function`);
    const definition = plain(given);
    const thing = { kind, definition, handler, parse };
    const number = ++this.#last;
    if (this.#host) register(this.#host, number, thing);
    const key = `${kind} ${name}`;
    this.#things.delete(this.#names.get(key) ?? 0);
    this.#names.set(key, number);
    this.#things.set(number, thing);
    this.#tell();
    return this;
  }

  /** @param {number} kind @param {string} name */
  #remove(kind, name) {
    const key = `${kind} ${name}`;
    const number = this.#names.get(key);
    if (number === undefined) return false;
    this.#names.delete(key);
    this.#things.delete(number);
    this.#host?.remove(kind, name);
    this.#tell();
    return true;
  }

  #tell() {
    for (const link of this.#links) link.schedule();
  }

  // ---- connections ----

  /** @param {unknown} target @param {Parameters<typeof open>[1]} [options] */
  async connect(target, options) {
    const transport = open(target, options);
    const link = new Link(transport, {
      received: () => this.#drain(),
      over: (link) => {
        this.#links.delete(link);
        this.#drain();
      },
      fault: (error) => this.#fault(error),
    });
    this.#links.add(link);
    try {
      // Side by side: a worker's own scope loses what comes before somebody listens.
      const [host] = await Promise.all([this.#start(), link.start()]);
      link.begin(host);
    } catch (error) {
      await link.close();
      throw error;
    }
    const close = () => link.close();
    return {
      transport,
      closed: link.closed,
      get era() {
        return link.era;
      },
      close,
      [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]: close,
    };
  }

  /** @param {Parameters<typeof acceptPorts>[1]} [options] @returns {() => void} */
  accept(options) {
    return acceptPorts((port) => {
      this.connect(port).catch((error) => this.#fault(error));
    }, options);
  }

  /** Leads a client of this page here: see `transports/route.js`. */
  [Symbol.for("mcp-wasm.transport")]() {
    const [ours, theirs] = createInMemoryPair();
    const start = ours.start.bind(ours);
    ours.start = async () => {
      await this.connect(theirs);
      await start();
    };
    return ours;
  }

  async close() {
    await Promise.all([...this.#links].map((link) => link.close()));
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  // ---- the machine ----

  /** @returns {Promise<import("../wasm/host.js").Host>} */
  #start() {
    this.#starting ??= this.#make().catch((error) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async #make() {
    const Host = await this.#ready();
    const { instructions, capabilities, listLifetime, pageSize, stateLifetime } = this.#options;
    const settings = { ...this.#info, instructions, capabilities, ttl: listLifetime, pageSize, lifetime: stateLifetime };
    const host = new Host(settings, crypto.getRandomValues(new Uint8Array(32)));
    for (const [number, thing] of this.#things) {
      register(host, number, thing);
    }
    this.#host = host;
    return host;
  }

  /** Does what the machine wants done. */
  #drain() {
    while (this.#host?.poll()) {
      const { connection, call: number, job, ask, ok, value } = this.#host.value();
      const name = `${connection} ${number}`;
      const call = this.#calls.get(name);
      if (job) this.#begin(connection, number, job);
      else if (ask) call?.answered(ask, ok, value);
      else {
        this.#calls.delete(name);
        call?.stop(value);
      }
    }
  }

  /** @param {number} connection @param {number} number @param {Job} job */
  #begin(connection, number, job) {
    const link = [...this.#links].find((link) => link.number === connection);
    const thing = this.#things.get(job.handler);
    if (!link || !thing || !this.#host) return;
    const call = new Call(this.#host, link, number, job, () => this.#drain());
    this.#calls.set(call.name, call);
    // In a moment, so that a call that is given up in the same breath does not begin.
    Promise.resolve()
      .then(() => (call.signal.aborted ? undefined : this.#run(thing, job, call)))
      .then(
        (value) => this.#respond(call, true, value),
        (error) => this.#respond(call, false, error),
      );
  }

  /** @param {Thing} thing @param {Job} job @param {Call} call */
  async #run(thing, job, call) {
    const { kind, definition, handler } = thing;
    const { jsonSchemaValidator } = this.#options;
    /** @type {unknown} */
    let input = job.input;
    if (thing.parse) {
      const { value, issues } = await thing.parse(job.input);
      if (issues) throw misfit(definition.name, wordsOf(issues));
      input = value;
    } else if (kind === words.HANDLER_KIND_TOOL && jsonSchemaValidator) {
      thing.check ??= this.#checkOf(definition);
      const { valid, errorMessage } = thing.check(input);
      if (!valid) throw misfit(definition.name, /** @type {string} */ (errorMessage));
    }
    const context = call.context();
    if (kind !== words.HANDLER_KIND_RESOURCE && kind !== words.HANDLER_KIND_TEMPLATE) return handler(input, context);
    const value = await handler({ uri: job.name, ...job.input }, context);
    return isBytes(value) ? { blob: value } : value;
  }

  /** A schema that the validator cannot use costs a warning, not the tool. @param {Definition} definition @returns {Validate} */
  #checkOf({ name, inputSchema }) {
    try {
      return /** @type {import("../types/validator.js").JsonSchemaValidator} */ (this.#options.jsonSchemaValidator).getValidator(/** @type {import("../types/tools.js").JsonSchema} */ (inputSchema));
    } catch (cause) {
      const why = /** @type {Partial<Error> | undefined} */ (cause)?.message;
      this.#fault(new McpError("UNUSABLE_SCHEMA", `the arguments of ${name} are not checked, since its inputSchema cannot be used: ${why}`, { cause }));
      return (data) => ({ valid: true, data, errorMessage: undefined });
    }
  }

  /** @param {Call} call @param {boolean} ok @param {unknown} value */
  #respond(call, ok, value) {
    if (this.#calls.get(call.name) !== call) return;
    this.#calls.delete(call.name);
    if (!ok) this.#fault(value);
    try {
      value = ok ? plain(value) : failure(value);
    } catch (error) {
      ok = false;
      value = failure(new Error(`the result is no JSON: ${/** @type {Partial<Error> | undefined} */ (error)?.message}`));
    }
    call.host.respond(call.link.number, call.number, ok, value);
    call.link.schedule();
  }

  /** @param {unknown} error */
  #fault(error) {
    attempt(() => this.onerror?.(error));
  }

  static {
    throughProxies(Server);
  }
}

/**
 * The class of the servers that run in the module that `ready` starts.
 * @param {() => Promise<typeof import("../wasm/host.js").Host>} ready
 */
export const serverClass = (ready) => {
  const Base = Server;
  return class Server extends Base {
    /** @param {import("../types/protocol.js").Implementation} info @param {ServerOptions} [options] */
    constructor(info, options) {
      super(info, options, ready);
    }
  };
};

/** @param {string} name @param {string} why */
const misfit = (name, why) => new McpError("INVALID_ARGUMENT", `the arguments of \`${name}\` do not fit: ${why}`);

/** @param {import("../wasm/host.js").Host} host @param {number} number @param {Thing} thing */
function register(host, number, { kind, definition }) {
  if (host.add(kind, definition, number)) return;
  const name = definition.uri ?? definition.uriTemplate ?? definition.name;
  throw new McpError("INVALID_ARGUMENT", `${name} cannot be added: ${host.value()}`);
}

/** @param {any} target whatever is to be served @param {{ text?: boolean, trace?: import("../transports/port.js").Trace } | undefined} options */
function open(target, options) {
  if (target && target.window === target) {
    throw new McpError("INVALID_ARGUMENT", "cannot serve a window as such: give `openPort(window, { origin })`, or let others in by `accept({ origins })`");
  }
  if (typeof target?.send === "function") return target;
  if (typeof target?.postMessage === "function") return new MessagePortTransport(target, options);
  throw new McpError("INVALID_ARGUMENT", "cannot connect: give a MessagePort, a Worker, a worker's own scope, or a transport with `start`, `send` and `close`");
}
