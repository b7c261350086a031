// A message in a few words: what kind it is, and what is worth knowing of it at a glance. For display only; the
// protocol itself is the package's business.

import { plural } from "./format.js";

/**
 * @typedef {Map<unknown, string>} Requests what each request asked for, by its id
 *
 * @typedef {object} Summary
 * @property {string} label the method, "result", "error", or what is wrong
 * @property {string} detail
 * @property {string} [subject] what a request is about: the name of a tool, …
 * @property {unknown} [id]
 * @property {unknown} [value] the parsed message
 */

/**
 * @param {string} text
 * @param {Requests} [requests] that a response can answer
 * @returns {Summary}
 */
export function describe(text, requests) {
  try {
    const value = JSON.parse(text);
    if (Array.isArray(value)) return { label: "batch", detail: `${value.length} messages`, value };
    return { ...describeMessage(value ?? {}, requests), value };
  } catch {
    return { label: "not JSON", detail: text.slice(0, 80) };
  }
}

/**
 * @param {any} message
 * @param {Requests} [requests]
 * @returns {Summary}
 */
function describeMessage({ id, method, params, result, error }, requests) {
  const number = id === undefined ? "" : `#${id}`;
  if (typeof method === "string") {
    const subject = describeParams(method, params ?? {});
    return { label: method, detail: join(number, subject), subject, id };
  }
  const asked = requests?.get(id) ?? "";
  if (error !== undefined) {
    return { label: "error", detail: join(number, asked, "·", error?.code, error?.message) };
  }
  if (result === undefined) return { label: "unknown", detail: number };
  const told = describeResult(result ?? {});
  return { label: "result", detail: join(number, asked, told && `· ${told}`) };
}

/**
 * @param {string} method
 * @param {any} params
 * @returns {string}
 */
function describeParams(method, params) {
  switch (method) {
    case "notifications/progress": {
      const total = params.total === undefined ? "" : `/ ${params.total}`;
      return join(`#${params.progressToken}`, params.progress, total, params.message && `· ${params.message}`);
    }
    case "notifications/message":
      return `${params.level} · ${typeof params.data === "string" ? params.data : JSON.stringify(params.data)}`;
    case "notifications/cancelled":
      return join(`#${params.requestId}`, params.reason && `· ${params.reason}`);
    default:
      return String(params.name ?? params.uri ?? params.protocolVersion ?? params.level ?? "");
  }
}

/**
 * @param {any} result
 * @returns {string}
 */
function describeResult(result) {
  for (const list of ["tools", "resources", "resourceTemplates", "prompts", "contents", "messages"]) {
    if (Array.isArray(result[list])) return plural(result[list].length, list === "resourceTemplates" ? "template" : list.slice(0, -1));
  }
  if (Array.isArray(result.completion?.values)) return result.completion.values.join(", ").slice(0, 120);
  if (result.resultType === "input_required") return `asks for ${Object.keys(result.inputRequests ?? {}).join(", ")}`;
  const text = result.content?.[0]?.text;
  if (typeof text === "string") return text.slice(0, 120);
  const server = result.serverInfo ?? result._meta?.["io.modelcontextprotocol/serverInfo"];
  return server ? join(server.name, server.version) : "";
}

/** @param {...unknown} words */
const join = (...words) => words.filter((word) => word !== undefined && word !== "").join(" ");
