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

const HANDLERS = /** @type {const} */ (["progressHandler", "logHandler", "messageHandler", "samplingHandler", "elicitationHandler"]);

/** A client's options over the defaults. @param {ClientOptions | undefined} options */
export function settingsOf(options) {
  const settings = /** @type {Settings & { mode: ClientOptions["mode"] }} */ (merge(DEFAULTS, options));
  for (const name of HANDLERS) checkHandler(name, settings[name]);
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
