// What a client and a connection are told: the defaults, and what is checked at once.
import { checkHandler, checkTime, merge } from "../base/check.js";
import { McpError } from "../base/errors.js";
import { defaultProgressHandler } from "./progress.js";
import { checkMode } from "./output-mode.js";

/** @typedef {import("../types/inside.js").Settings} Settings */
/** @typedef {import("../types/options.js").ClientOptions} ClientOptions */
/** @typedef {import("../types/options.js").ConnectOptions} ConnectOptions */

const DEFAULTS = {
  timeout: 60_000,
  maxTotalTimeout: 3_600_000,
  stallAfter: 10_000,
  resetTimeoutOnProgress: true,
  strict: false,
  throwOnToolError: false,
  cache: true,
  listMaxPages: 1000,
  outputValidation: "off",
  progressHandler: defaultProgressHandler,
  mode: "auto",
  maxRounds: 10,
};

/** What is checked of what clients and calls are told. @type {{ [name: string]: ((name: string, value: any) => void) | undefined }} */
export const CHECKS = {
  // Nothing is inherited.
  __proto__: /** @type {undefined} */ (/** @type {unknown} */ (null)),
  progressHandler: checkHandler,
  onprogress: checkHandler,
  onTaskStatus: checkHandler,
  logHandler: checkHandler,
  messageHandler: checkHandler,
  samplingHandler: checkHandler,
  elicitationHandler: checkHandler,
  timeout: checkTime,
  maxTotalTimeout: checkTime,
  stallAfter: checkTime,
  signal(_, value) {
    if (value && !value.addEventListener) throw new McpError("INVALID_ARGUMENT", "signal must be an AbortSignal");
  },
  throttle(name, value) {
    if (value !== "frame") checkTime(name, value);
  },
};

/** A client's options over the defaults, as they are its calls' too. @param {ClientOptions | undefined} options */
export function settingsOf(options) {
  // Who is connected in one step gives the connection's headers as well, which are no call's.
  const settings = /** @type {Settings & { mode: ClientOptions["mode"], [name: string]: unknown }} */ (merge(DEFAULTS, { ...options, onprogress: undefined, headers: undefined }));
  for (const name in settings) CHECKS[name]?.(name, settings[name]);
  checkMode(settings);
  return settings;
}

/** The options of a connection over the defaults. @param {ConnectOptions | undefined} options */
export function connectionOf(options) {
  const given = merge({ connectTimeout: 30_000 }, /** @type {ConnectOptions & { connectTimeout: number }} */ (options));
  const { connectTimeout, probeTimeout = 0, maxMessageSize = 1 } = given;
  checkTime("connectTimeout", connectTimeout);
  checkTime("probeTimeout", probeTimeout);
  if (!(typeof maxMessageSize === "number" && maxMessageSize > 0)) {
    throw new McpError("INVALID_ARGUMENT", `maxMessageSize must be a number of bytes, not ${maxMessageSize}`);
  }
  return given;
}

/**
 * A core for a client.
 * @param {typeof import("../wasm/core.js").Core} Core
 * @param {import("../types/protocol.js").Implementation | undefined} info
 * @param {ClientOptions} options
 */
export function coreOf(Core, info, { mode, logHandler }) {
  const options = { ...info, mode: typeof mode === "object" ? mode.pin : mode, logLevel: logHandler ? "debug" : undefined };
  try {
    return new Core(options);
  } catch (reason) {
    throw new McpError("INVALID_ARGUMENT", String(reason));
  }
}

/** What is known of a session that a transport goes on with. @param {import("../types/inside.js").Mover} transport */
export const sessionOf = ({ sessionId, protocolVersion = "2025-11-25" }) => (sessionId === undefined ? undefined : { kind: "session", protocolVersion });
