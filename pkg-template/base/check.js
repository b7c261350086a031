// What callers hand in: checked, and understood.
import { McpError } from "./errors.js";

/**
 * In the first SDK a schema may stand before the options.
 * @template Options
 * @param {Options | { parse?: unknown } | undefined} second
 * @param {Options | undefined} third
 * @returns {Options | undefined}
 */
export function optionsOf(second, third) {
  return third ?? (typeof /** @type {{ parse?: unknown } | undefined} */ (second)?.parse === "function" ? undefined : /** @type {Options} */ (second));
}

/** What can be told of why a call was given up: callers give text, errors, events. @param {unknown} reason @returns {string | undefined} */
export function textOf(reason) {
  try {
    return [reason, /** @type {Partial<Error> | undefined} */ (reason)?.message].find((text) => typeof text === "string");
  } catch {
    // Whatever it is, it is no text.
    return undefined;
  }
}

/**
 * Options over defaults; what is undefined leaves the default.
 * @template {object} Base
 * @template {object} Given
 * @param {Base} base
 * @param {Given | undefined} given
 * @returns {Base & Given}
 */
export function merge(base, given) {
  /** @type {Record<string, unknown>} */
  const merged = { .../** @type {object} */ (base) };
  for (const name in given) if (given[name] !== undefined) merged[name] = given[name];
  return /** @type {Base & Given} */ (merged);
}

/** @param {string} name @param {unknown} handler */
export function checkHandler(name, handler) {
  if (handler != null && typeof handler !== "function") {
    throw new McpError("INVALID_ARGUMENT", `${name} must be a function`);
  }
}

/** @param {unknown} level */
export const noLevel = (level) =>
  new McpError("INVALID_ARGUMENT", `the log level ${level} is none of debug, info, notice, warning, error, critical, alert, emergency`);

/** @param {string} name @param {unknown} value */
export function checkTime(name, value) {
  if (typeof value !== "number" || !(value >= 0)) {
    throw new McpError("INVALID_ARGUMENT", `${name} must be a number of milliseconds, not ${value}`);
  }
}

/** Whether a tool is for models, and not for an app's own page alone. @param {{ _meta?: { ui?: { visibility?: unknown } } }} tool */
export function isForModels({ _meta }) {
  const visibility = _meta?.ui?.visibility;
  return !Array.isArray(visibility) || visibility.includes("model");
}
