// One tool call as the page sees it: what was asked, every progress update its handler was given, its log lines, and
// how it ended. Bounded, however much arrives; drawn by call-card.js.

const UPDATES_KEPT = 200;
const LOGS_KEPT = 6;

/**
 * @typedef {"client" | "call"} HandlerLevel which handler ran: the client's or the call's own
 * @typedef {"running" | "done" | "tool-error" | "failed" | "cancelled"} CallState
 * @typedef {import("./tool-form.js").Arguments} Arguments
 * @typedef {Awaited<ReturnType<import("./connection.js").Connection["client"]["callTool"]>>} CallToolResult
 *
 * @typedef {object} Update what a progress handler was called with
 * @property {number} progress
 * @property {number | undefined} total
 * @property {string | undefined} message
 * @property {number} at milliseconds since the call started
 *
 * @typedef {object} LogLine
 * @property {string} level
 * @property {string} text
 */

export class Call {
  /** What the client gave for it. */
  handle;
  tool;
  args;
  /** @type {CallState} */
  state = "running";
  startedAt = performance.now();
  /** @type {number | undefined} */
  endedAt;

  /** The newest updates, oldest first. @type {Update[]} */
  updates = [];
  updateCount = 0;
  /** @type {HandlerLevel | undefined} */
  handler;
  /** Whether all numbers so far were whole. */
  integral = true;

  /** The newest log lines. @type {LogLine[]} */
  logs = [];
  logCount = 0;

  /** @type {CallToolResult | undefined} */
  result;
  /** @type {unknown} */
  error;

  #onchange;

  /**
   * @param {{ handle: import("/pkg/index.js").ToolCall, tool: string, args: Arguments }} what
   * @param {(call: Call) => void} onchange
   */
  constructor({ handle, tool, args }, onchange) {
    this.handle = handle;
    this.tool = tool;
    this.args = args;
    this.#onchange = onchange;
  }

  get id() {
    return this.handle.id;
  }

  get running() {
    return this.state === "running";
  }

  get elapsed() {
    return (this.endedAt ?? performance.now()) - this.startedAt;
  }

  get latest() {
    return this.updates.at(-1);
  }

  cancel() {
    if (this.running) this.handle.cancel("Cancelled in the demo page");
  }

  /**
   * @param {HandlerLevel} handler
   * @param {number} progress
   * @param {number | undefined} total
   * @param {string | undefined} message
   */
  report(handler, progress, total, message) {
    this.handler = handler;
    this.updateCount += 1;
    this.integral &&= Number.isInteger(progress) && (total === undefined || Number.isInteger(total));
    this.updates.push({ progress, total, message, at: this.elapsed });
    // In large steps, so that a flood does not move the whole list for each update.
    if (this.updates.length >= 2 * UPDATES_KEPT) this.updates.splice(0, UPDATES_KEPT);
    this.#onchange(this);
  }

  /** @param {LogLine} line */
  log(line) {
    this.logCount += 1;
    this.logs.push(line);
    if (this.logs.length > LOGS_KEPT) this.logs.shift();
    this.#onchange(this);
  }

  /** @param {CallToolResult} result */
  succeed(result) {
    this.result = result;
    this.#end(result.isError ? "tool-error" : "done");
  }

  /** @param {unknown} error */
  fail(error) {
    this.error = error;
    this.#end(error instanceof Error && error.name === "AbortError" ? "cancelled" : "failed");
  }

  /** @param {CallState} state */
  #end(state) {
    this.endedAt = performance.now();
    this.state = state;
    this.#onchange(this);
  }
}
