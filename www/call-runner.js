// Starts tool calls and routes to each what belongs to it: progress by the handler that the switch chooses, log
// messages as far as they can be attributed at all.

import { Call } from "./call.js";
import { canLog } from "./demo-tools.js";

/**
 * @typedef {import("./connection.js").ClientOptions} ClientOptions
 * @typedef {NonNullable<ClientOptions["progressHandler"]>} ProgressHandler
 * @typedef {Parameters<NonNullable<ClientOptions["logHandler"]>>[0]} LogMessage
 * @typedef {import("./call.js").HandlerLevel} HandlerLevel
 * @typedef {import("./tool-list.js").Start} Start
 *
 * @typedef {object} RunnerEvents
 * @property {(call: Call) => void} onchange
 * @property {(call: Call) => void} onend
 */

export class CallRunner {
  /** Which handler the next call gets. @type {HandlerLevel} */
  level = "client";
  /** @type {Map<number, Call>} */
  #running = new Map();
  #events;

  /** @param {RunnerEvents} events */
  constructor(events) {
    this.#events = events;
  }

  get runningCount() {
    return this.#running.size;
  }

  /**
   * @param {import("./connection.js").Connection["client"]} client
   * @param {Start} start
   * @returns {Call}
   */
  start(client, { tool, args }) {
    const handle = client.callTool(tool, args, this.level === "call" ? { progressHandler: this.#perCallHandler } : {});
    const call = new Call({ handle, tool, args }, this.#events.onchange);
    this.#running.set(call.id, call);
    handle.then(
      (result) => this.#end(call, () => call.succeed(result)),
      (error) => this.#end(call, () => call.fail(error)),
    );
    return call;
  }

  cancelAll() {
    for (const call of [...this.#running.values()]) call.cancel();
  }

  /** For the client's options: runs for every call that brings no handler of its own. @type {ProgressHandler} */
  clientHandler = (progress, total, message, { callId }) => {
    this.#running.get(callId)?.report("client", progress, total, message);
  };

  /** For the call's options: replaces the client's handler. @type {ProgressHandler} */
  #perCallHandler = (progress, total, message, { callId }) => {
    this.#running.get(callId)?.report("call", progress, total, message);
  };

  /**
   * The call that sent a log message, where that is certain: a log message carries no call's name, so exactly one
   * running call must be able to have sent it.
   *
   * @param {LogMessage} message
   * @returns {Call | undefined}
   */
  senderOf({ data }) {
    const able = [...this.#running.values()].filter((call) => canLog(call.tool, data));
    return able.length === 1 ? able[0] : undefined;
  }

  /**
   * @param {Call} call
   * @param {() => void} settle
   */
  #end(call, settle) {
    this.#running.delete(call.id);
    settle();
    this.#events.onend(call);
  }
}
