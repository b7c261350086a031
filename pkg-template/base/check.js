// What callers hand in: checked, and understood.
import { McpError } from "./errors.js";

/** In the first SDK a schema may stand before the options. @param {any} second @param {unknown} third */
export function optionsOf(second, third) {
  return third ?? (typeof second?.parse === "function" ? undefined : second);
}

/** What can be told of why a call was given up: callers give text, errors, events. @param {any} reason */
export function textOf(reason) {
  try {
    return [reason, reason?.message].find((text) => typeof text === "string");
  } catch {
    // Whatever it is, it is no text.
    return undefined;
  }
}

/**
 * Options over defaults; what is undefined leaves the default.
 * @template {object} Base
 * @param {Base} base
 * @param {any} given
 * @returns {any}
 */
export function merge(base, given) {
  /** @type {any} */
  const merged = { ...base };
  for (const name in given) if (given[name] !== undefined) merged[name] = given[name];
  return merged;
}

/** @param {string} name @param {unknown} handler */
export function checkHandler(name, handler) {
  if (handler != null && typeof handler !== "function") {
    throw new McpError("INVALID_ARGUMENT", `${name} must be a function`);
  }
}

/** @param {string} name @param {unknown} value */
export function checkTime(name, value) {
  if (typeof value !== "number" || !(value >= 0)) {
    throw new McpError("INVALID_ARGUMENT", `${name} must be a number of milliseconds, not ${value}`);
  }
}

/** Whether a tool is for models, and not for an app's own page alone. @param {any} tool */
export function isForModels({ _meta }) {
  const visibility = _meta?.ui?.visibility;
  return !Array.isArray(visibility) || visibility.includes("model");
}
