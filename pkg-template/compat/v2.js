// For programs of `@modelcontextprotocol/client` 2.x: its names.
import { abilitiesOf } from "../base/abilities.js";
import { throughProxies } from "../base/itself.js";
import { INSIDE } from "../client/client.js";
import { adapt, follow, settled } from "./client.js";
import { authBy, withOAuthBy } from "./auth.js";
import { withDpopFromProvider } from "./dpop.js";
import { SdkError, SdkErrorCode, SdkHttpError, UnauthorizedError, translate } from "./errors.js";
import { isInputRequiredResult } from "./guards.js";
import { OAuthClientFlowError } from "./oauth-errors.js";
import { SUPPORTED_PROTOCOL_VERSIONS } from "./helpers.js";
import * as modern from "./modern-schemas.js";
import * as schemas from "./schemas.js";
import { InMemoryResponseCacheStore, Kept } from "./store.js";
import { ALONE, ASKS, StreamableHTTPClientTransport as HTTPTransport, SPEECH } from "./transport.js";

export * from "./addresses.js";
export * from "./guards.js";
export * from "./helpers.js";
export { InMemoryResponseCacheStore, MAX_CACHE_TTL_MS } from "./store.js";
export { InMemoryTransport } from "./transport.js";
export { CrossAppAccessProvider, assertSecureTokenEndpoint, discoverAndRequestJwtAuthGrant, exchangeJwtAuthGrant, requestJwtAuthorizationGrant } from "./cross-app.js";
export { DPOP_SUPPORTED_ALGS, DpopSession, accessTokenHash, generateDpopKeyPair, isDpopNonceChallenge, withDpop, withDpopFromProvider } from "./dpop.js";
export * from "./oauth-errors.js";
export { ClientCredentialsProvider, PrivateKeyJwtProvider, StaticPrivateKeyJwtProvider, createPrivateKeyJwtAuth } from "./providers.js";
export {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
  UnsupportedProtocolVersionError,
  UrlElicitationRequiredError,
} from "./errors.js";

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
export const PROTOCOL_VERSION_META_KEY = "io.modelcontextprotocol/protocolVersion";
export const CLIENT_INFO_META_KEY = "io.modelcontextprotocol/clientInfo";
export const SERVER_INFO_META_KEY = "io.modelcontextprotocol/serverInfo";
export const CLIENT_CAPABILITIES_META_KEY = "io.modelcontextprotocol/clientCapabilities";
export const SUBSCRIPTION_ID_META_KEY = "io.modelcontextprotocol/subscriptionId";
export const LOG_LEVEL_META_KEY = "io.modelcontextprotocol/logLevel";
export const TRACEPARENT_META_KEY = "traceparent";
export const TRACESTATE_META_KEY = "tracestate";
export const BAGGAGE_META_KEY = "baggage";

/** @typedef {import("../types/inside.js").Told} Told */
/** @typedef {import("../types/call-options.js").CallOptions & { allowInputRequired?: boolean, cacheMode?: "use" | "refresh" | "bypass", toolDefinition?: object }} Given */
/** @typedef {{ mode?: "auto" | "legacy" | { pin: import("../types/protocol.js").ProtocolVersion }, probe?: { timeoutMs?: number } }} Negotiation */
/**
 * @typedef {object} ModernOptions
 * @property {Negotiation} [versionNegotiation]
 * @property {string[]} [supportedProtocolVersions]
 * @property {import("./v2.js").ResponseCacheStore} [responseCacheStore]
 * @property {string} [cachePartition]
 * @property {number} [defaultCacheTtlMs]
 */

/** The revision of the newer era. */
const NEWER = "2026-07-28";

/** The schemas of the protocol's types, by the types' names. @type {Record<string, any>} whatever kind of schema each is */
export const specTypeSchemas = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries({ ...schemas, ...modern }).map(([name, schema]) => [name.replace(/Schema$/, ""), schema]),
);
/** Whether a value is of a type, by the types' names. @type {Record<string, (value: unknown) => boolean>} */
export const isSpecType = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(specTypeSchemas).map(([name, { test }]) => [name, test]),
);

/** What checks a result checks it, unless that asks for input. @param {{ "~standard": { validate(value: unknown): unknown } }} schema */
export const withInputRequired = (schema) => ({
  "~standard": {
    version: 1,
    vendor: "mcp-wasm",
    validate: (/** @type {unknown} */ value) => (isInputRequiredResult(value) ? { value } : schema["~standard"].validate(value)),
  },
});

/** There is nothing to load beforehand. */
export const preloadSchemas = () => {};

/** Requests and notifications that the revisions of one era alone have. @type {Record<string, "modern" | "legacy">} */
const ERAS = {
  initialize: "legacy",
  "logging/setLevel": "legacy",
  "notifications/elicitation/complete": "legacy",
  "notifications/initialized": "legacy",
  "notifications/roots/list_changed": "legacy",
  ping: "legacy",
  "resources/subscribe": "legacy",
  "resources/unsubscribe": "legacy",
  "server/discover": "modern",
  "subscriptions/listen": "modern",
};

/** What a call's options say of rounds of input, as ours. @param {Given | undefined} given @returns {Given | undefined} */
const roundsIn = (given) => (given?.allowInputRequired ? { ...given, inputRequired: "manual" } : given);

/** What a message cannot be related to. @param {string} member @returns {never} */
function unrelated(member) {
  throw new SdkError(SdkErrorCode.SendFailed, `ctx.mcpReq.${member} is not there for what a result asks for: no request of the server's is under way`);
}

/** The lists: their methods here, their requests, and the capability without which there is none. */
const LISTS = /** @type {const} */ ([
  ["listTools", "tools/list", "tools", "tools"],
  ["listPrompts", "prompts/list", "prompts", "prompts"],
  ["listResources", "resources/list", "resources", "resources"],
  ["listResourceTemplates", "resources/templates/list", "resourceTemplates", "resources"],
]);

/**
 * Our `mode`, out of the SDK's options. One older revision alone can be asked for; of several, the server's choice is looked at
 * when it has answered.
 * @param {Negotiation | undefined} negotiation
 * @param {string[]} [versions]
 */
function modeOf(negotiation, [only = "", more] = []) {
  const mode = negotiation?.mode;
  const older = more === undefined && SUPPORTED_PROTOCOL_VERSIONS.includes(only);
  return older && (mode ?? "legacy") === "legacy" ? { pin: /** @type {import("../types/protocol.js").ProtocolVersion} */ (only) } : mode;
}

/** What is told of a request without an answer. @type {Record<"open" | "end" | "ask", [code: string, text: string]>} */
const REFUSED = {
  open: [SdkErrorCode.ClientHttpFailedToOpenStream, "Failed to open SSE stream"],
  end: [SdkErrorCode.ClientHttpFailedToTerminateSession, "Failed to terminate session"],
  ask: [SdkErrorCode.ClientHttpNotImplemented, "Error POSTing to endpoint"],
};
/** How the SDK goes about log-ins. */
const MANNER = { forgets: ["client", "tokens"], comparesIssuer: true };
const ways = { translate, Unauthorized: UnauthorizedError, manner: MANNER, proves: withDpopFromProvider };
export const auth = /* @__PURE__ */ authBy(ways);
export const withOAuth = /* @__PURE__ */ withOAuthBy(ways);

export class StreamableHTTPClientTransport extends HTTPTransport {
  get [SPEECH]() {
    return {
      translate,
      refused: (/** @type {keyof typeof REFUSED} */ what, /** @type {number} */ status, /** @type {string} */ statusText) => {
        const [code, text] = REFUSED[what];
        return new SdkHttpError(code, `${text}: ${statusText}`, { status, statusText });
      },
      unexpected: (/** @type {string | null} */ contentType) => new SdkError(SdkErrorCode.ClientHttpUnexpectedContent, `Unexpected content type: ${contentType}`, { contentType }),
      manner: MANNER,
    };
  }

  /** @param {string | URLSearchParams} answer @param {string} [iss] */
  async finishAuth(answer, iss) {
    await follow(super.finishAuth(answer, iss), translate);
  }
}

const Adapted = adapt({
  translate,
  options({ versionNegotiation, inputRequired, supportedProtocolVersions, responseCacheStore, cachePartition, defaultCacheTtlMs, ...given }) {
    const { autoFulfill, maxRounds } = inputRequired ?? {};
    return { mode: modeOf(versionNegotiation, supportedProtocolVersions), maxRounds, inputRequired: autoFulfill === false ? "manual" : undefined, ...given };
  },
  refuse: (kind, message) => (kind === "connected" ? new Error(message) : new SdkError(SdkErrorCode.CapabilityNotSupported, message)),
  context: (client, request, context) => ({
    ...context,
    sessionId: client.transport?.sessionId,
    mcpReq: {
      id: context.requestId,
      method: request.method,
      _meta: request.params?._meta,
      signal: context.signal,
      requestState: () => undefined,
      notify: async (/** @type {Told} */ notification) => (context.key === undefined ? client.notification(notification) : unrelated("notify")),
      send: async (/** @type {[Told]} */ ...asked) => (context.key === undefined ? client.request(...asked) : unrelated("send")),
    },
  }),
});

export class Client extends Adapted {
  #negotiation;
  #versions;
  /** Results that a store keeps; without one the core keeps them. @type {Kept | undefined} */
  #kept;
  /** What `listChanged` listens by. @type {Promise<unknown> | undefined} */
  #listening;
  /** Whether `connect` is under way. */
  #connecting = false;
  /** The transport that a question for the revision may go over. @type {HTTPTransport | undefined} */
  #asking;
  /** @type {unknown} */
  #subscription;

  /** @param {import("../types/protocol.js").Implementation} [info] @param {import("./client.js").Options & ModernOptions} [given] */
  constructor(info, given) {
    super(info, given);
    const { versionNegotiation, supportedProtocolVersions, responseCacheStore, cachePartition, defaultCacheTtlMs } = given ?? {};
    this.#negotiation = versionNegotiation;
    this.#versions = supportedProtocolVersions;
    if (!responseCacheStore && !defaultCacheTtlMs) return;
    const kept = new Kept(responseCacheStore ?? new InMemoryResponseCacheStore(), cachePartition ?? "", defaultCacheTtlMs ?? 0, (error) => this.onerror?.(/** @type {Error} */ (error)));
    this.#kept = kept;
    this[INSIDE].inbound.others.heard = (/** @type {Told} */ { method, params }) => {
      const [, kind] = method.match(/^notifications\/(\w+)\/list_changed$/) ?? [];
      if (method === "notifications/resources/updated") kept.forget("resources/read", /** @type {string | undefined} */ (params?.uri));
      for (const [, list, , capability] of LISTS) if (capability === kind) kept.forget(list);
    };
  }

  /** Until the server's revision is known there is none, as in the SDK. @override */
  get transport() {
    return this.#asking?.[ASKS] ? undefined : super.transport;
  }

  /** @param {Negotiation} options */
  setVersionNegotiation(options) {
    if (this.transport) throw new Error("Cannot configure version negotiation after connecting to transport");
    this.#negotiation = options;
    this[INSIDE].options.mode = modeOf(options, this.#versions) ?? "auto";
  }

  /** @override @param {unknown} target @param {Given & { probeTimeout?: number, prior?: { discover?: { supportedVersions?: string[] } } }} [given] */
  async connect(target, given) {
    this.#subscription = this.#listening = undefined;
    const known = given?.prior?.discover?.supportedVersions;
    if (known && !known.includes(NEWER)) {
      throw new SdkError(SdkErrorCode.EraNegotiationFailed, `What was found out before has no revision of the newer era: ${known.join(", ")}`);
    }
    const own = this.#negotiation?.mode && this.#negotiation.mode !== "legacy" && target instanceof HTTPTransport ? target : undefined;
    const { onerror } = own ?? {};
    if (own) own[ALONE] = (error) => onerror?.call(own, /** @type {Error} */ (error));
    this.#asking = own;
    if (own) own[ASKS] = true;
    this.#connecting = true;
    try {
      await super.connect(target, { probeTimeout: this.#negotiation?.probe?.timeoutMs, ...given });
    } catch (thrown) {
      const error = /** @type {{ code?: string, status: number, message: string, data?: unknown }} */ (thrown);
      const { code, status, message, data } = error;
      if (this.#negotiation?.mode !== "auto" || given?.signal?.aborted) throw error;
      if (status === 401) error.code = SdkErrorCode.ClientHttpAuthentication;
      else if (status === 403) error.code = SdkErrorCode.ClientHttpForbidden;
      else if (status >= 500) error.code = SdkErrorCode.EraNegotiationFailed;
      const isRead = code !== SdkErrorCode.ClientHttpUnexpectedContent;
      if ((code !== undefined && isRead) || error instanceof UnauthorizedError || error instanceof OAuthClientFlowError) throw error;
      throw new SdkError(SdkErrorCode.EraNegotiationFailed, `Version negotiation probe failed: ${message}`, isRead ? data : undefined, { cause: error });
    } finally {
      this.#connecting = false;
      this.#asking = undefined;
    }
    const version = this.protocolVersion;
    if (this.#versions && !this.#versions.includes(/** @type {string} */ (version))) {
      await this.close();
      throw new SdkError(SdkErrorCode.EraNegotiationFailed, `Server's protocol version is not supported: ${version}`);
    }
    const { name, version: release } = this.getServerVersion() ?? {};
    if (this.#kept) this.#kept.server = name ? `${name}@${release}` : crypto.randomUUID();
    this.#subscription = await this.#listening;
  }

  getNegotiatedProtocolVersion() {
    return this.protocolVersion;
  }

  getProtocolEra() {
    return this.era;
  }

  getDiscoverResult() {
    return this.prior?.discover;
  }

  get autoOpenedSubscription() {
    return this.transport && this.#subscription;
  }

  /** @param {Given} [options] */
  discover(options) {
    return this.request({ method: "server/discover" }, options);
  }

  /** @override @param {object} filter @param {Given} [given] */
  listen(filter, given) {
    const listening = super.listen(filter, given);
    if (this.#connecting && this.era === "modern") this.#listening = listening.catch(() => undefined);
    return listening;
  }

  /** @override @param {Told} asked @param {Given} [second] @param {Given} [third] @returns {ReturnType<InstanceType<typeof Adapted>["request"]>} */
  request(asked, second, third) {
    const refused = this.#foreign(asked.method);
    if (refused) return /** @type {ReturnType<InstanceType<typeof Adapted>["request"]>} */ (/** @type {unknown} */ (settled(Promise.reject(refused))));
    const given = third ?? second;
    return this.#complete(asked.method, given, third === undefined ? super.request(asked, roundsIn(second)) : super.request(asked, second, roundsIn(third)));
  }

  /** @override @param {Told} message @param {{ relatedRequestId?: unknown }} [given] */
  async notification(message, given) {
    const refused = this.#foreign(message.method);
    if (refused) throw refused;
    await super.notification(message, given);
  }

  /** @override @param {string | import("../types/inside.js").Params} first @param {Given} [second] @param {Given} [third] @returns {ReturnType<InstanceType<typeof Adapted>["callTool"]>} */
  callTool(first, second, third) {
    const isNamed = typeof first === "string";
    const given = isNamed ? third : (third ?? second);
    const { toolDefinition } = given ?? {};
    if (toolDefinition) {
      this[INSIDE].calls.learn({ tools: [toolDefinition] });
      if (this.era === "modern") abilitiesOf(/** @type {import("../types/inside.js").Mover} */ (this.transport)).fetcher?.core?.learn({ tools: [toolDefinition] });
    }
    const call = isNamed ? super.callTool(first, second, roundsIn(third)) : super.callTool(first, roundsIn(given));
    return this.#complete("tools/call", given, call);
  }

  /** @override @param {import("../types/inside.js").Params | string} params @param {Given} [given] */
  getPrompt(params, given) {
    return this.#complete("prompts/get", given, super.getPrompt(params, roundsIn(given)));
  }

  /** @override @param {import("../types/inside.js").Params | string} params @param {Given} [given] */
  readResource(params, given) {
    const uri = typeof params === "string" ? params : params?.uri;
    const call = this.#keeping("resources/read", /** @type {string} */ (uri), roundsIn(given), (options) => super.readResource(params, options));
    return this.#complete("resources/read", given, call);
  }

  /** Why a message is not one of this connection's revision, if it is not. @param {string} method */
  #foreign(method) {
    const { era, protocolVersion } = this;
    const needed = Object.hasOwn(ERAS, method) ? ERAS[method] : era;
    if (!era || needed === era) return undefined;
    const message = `'${method}' is not in revision ${protocolVersion} of the protocol`;
    return new SdkError(SdkErrorCode.MethodNotSupportedByProtocolVersion, message, { method, era: protocolVersion });
  }

  /**
   * A call whose result is to be the last word, unless its caller says that it need not.
   * @template {Promise<unknown>} Call
   * @param {string} method @param {Given | undefined} given @param {Call} call
   * @returns {Call}
   */
  #complete(method, given, call) {
    if (given?.allowInputRequired) return call;
    const failed = (/** @type {unknown} */ error) => error;
    return follow(call, failed, (result) => {
      const { resultType } = Object(result);
      if (this.era !== "modern" || resultType !== "input_required") return result;
      const message = `The result of ${method} asks for input, and neither \`inputRequired.autoFulfill\` nor \`allowInputRequired\` is set`;
      throw new SdkError(SdkErrorCode.UnsupportedResultType, message, { resultType, method });
    });
  }

  /**
   * @param {string} method
   * @param {string} params
   * @param {Given | undefined} options
   * @param {(options: Given) => any} ask makes a call of whatever method
   */
  #keeping(method, params, { cacheMode = "use", ...given } = {}, ask) {
    if (!this.#kept) return ask(cacheMode === "use" ? given : { ...given, cache: cacheMode === "refresh" && "refresh" });
    /** @type {ReturnType<typeof ask> | undefined} */
    let asked;
    const result = this.#kept.result(method, params, cacheMode, () => (asked = ask({ ...given, cache: false })));
    return settled(result, () => asked);
  }

  static {
    for (const [name, method, member, capability] of LISTS) {
      const list = /** @type {(params?: object, options?: object) => Promise<unknown>} */ (Adapted.prototype[name]);
      /** @this {Client} @param {import("../types/protocol.js").ListParams} [params] @param {Given} [options] */
      const value = function (params, options) {
        const capabilities = this.getServerCapabilities();
        // As the SDK: what the server does not offer is empty, unless strictness is wanted.
        if (capabilities && !capabilities[capability] && !this[INSIDE].options.enforceStrictCapabilities) return settled(Promise.resolve({ [member]: [] }));
        if (params?.cursor != null) return list.call(this, params, options);
        return this.#keeping(method, "", options, (given) => list.call(this, params, given));
      };
      Object.defineProperty(Client.prototype, name, { value, writable: true, configurable: true });
    }
    throughProxies(Client);
  }
}
