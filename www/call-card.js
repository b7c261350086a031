// The card of one call. It draws the call as it is when asked to; what happened in between is in the model.

import { fromTemplate, h, part, setText } from "./dom.js";
import { duration, plural } from "./format.js";
import { McpProgressElement } from "./mcp.js";
import { prettyJson } from "./pretty-json.js";
import { read } from "./reading.js";

/**
 * @typedef {import("./call.js").Call} Call
 * @typedef {import("./call.js").CallState} CallState
 * @typedef {import("./call.js").CallToolResult} CallToolResult
 */

/** @type {Record<CallState, string>} */
export const STATE_NAMES = {
  running: "Running",
  done: "Done",
  "tool-error": "Tool error",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** @type {Record<CallState, string>} */
const ICONS = { running: "done", done: "done", "tool-error": "failed", failed: "failed", cancelled: "cancelled" };

const HANDLER_NAMES = { client: "Client-level handler", call: "Per-call handler" };

/** Characters that fit on a line of a card. */
const RESULT_WIDTH = 32;

/** A card of which fewer pixels can be seen counts as out of sight. */
const NEARLY_OUT = 100;

let cards = 0;

export class CallCard {
  element = fromTemplate("call-template", HTMLLIElement);
  call;

  #article = /** @type {HTMLElement} */ (this.element.firstElementChild);
  #icon = part(this.element, "icon", SVGUseElement);
  #elapsed = part(this.element, "elapsed", HTMLElement);
  #cancel = part(this.element, "cancel", HTMLButtonElement);
  #state = part(this.element, "state", HTMLElement);
  #bar = part(this.element, "bar", McpProgressElement);
  #message = part(this.element, "message", HTMLElement);
  #value = part(this.element, "value", HTMLElement);
  #logs = part(this.element, "logs", HTMLElement);
  #handler = part(this.element, "handler", HTMLElement);
  #count = part(this.element, "count", HTMLElement);
  #updates = part(this.element, "updates", HTMLDetailsElement);
  #history = part(this.element, "history", HTMLElement);
  #drawnLogs = 0;
  #drawnUpdates = 0;
  #ended = false;

  /** @param {Call} call */
  constructor(call) {
    this.call = call;
    const titleId = `call-title-${++cards}`;
    const title = part(this.element, "title", HTMLElement);
    title.id = titleId;
    title.textContent = call.tool;
    this.#article.setAttribute("aria-labelledby", titleId);
    this.#article.dataset.tool = call.tool;
    this.#article.dataset.call = String(call.id);
    this.#bar.setAttribute("label", `Progress of ${call.tool}, call ${call.id}`);
    this.#bar.source = call.handle;
    part(this.element, "id", HTMLElement).textContent = `#${call.id}`;
    part(this.element, "history-region", HTMLElement).setAttribute("aria-label", `Updates of ${call.tool}, call ${call.id}`);
    const args = part(this.element, "args", HTMLElement);
    args.textContent = args.title = argumentsLine(call.args);
    this.#cancel.setAttribute("aria-label", `Cancel ${call.tool}, call ${call.id}`);
    this.#cancel.addEventListener("click", () => call.cancel());
    this.#updates.addEventListener("toggle", () => this.draw());
    this.draw();
  }

  draw() {
    const { call } = this;
    const reading = read(call);
    const { latest } = call;
    this.#article.dataset.state = call.state;
    this.#article.dataset.updates = String(call.updateCount);
    this.#bar.dataset.kind = reading.kind;
    this.#bar.style.setProperty("--stages", String(reading.stages ?? 1));
    setText(this.#message, latest?.message || reading.caption);
    setText(this.#value, reading.value);
    this.drawElapsed();
    this.#drawHandler();
    this.#drawLogs();
    if (this.#updates.open) this.#drawHistory();
    if (!call.running && !this.#ended) this.#drawEnd();
  }

  drawElapsed() {
    setText(this.#elapsed, duration(this.call.elapsed));
  }

  /** Scrolls to the card if it is out of sight, as it is on a narrow screen under a long list of tools. */
  reveal() {
    const { top } = this.element.getBoundingClientRect();
    if (top < 0 || top > innerHeight - NEARLY_OUT) this.element.scrollIntoView({ block: "start" });
  }

  #drawHandler() {
    const { handler, updateCount, running } = this.call;
    if (handler && this.#article.dataset.handler !== handler) {
      this.#article.dataset.handler = handler;
      setText(this.#handler, HANDLER_NAMES[handler]);
    }
    if (!handler && !running) setText(this.#handler, "No handler ran");
    setText(this.#count, updateCount === 0 ? "" : plural(updateCount, "update"));
  }

  #drawLogs() {
    const { logs, logCount } = this.call;
    if (logCount === this.#drawnLogs) return;
    this.#drawnLogs = logCount;
    this.#logs.hidden = false;
    const earlier = logCount - logs.length;
    const lines = logs.map(({ level, text }) => h("li", { "data-level": level }, text));
    if (earlier > 0) lines.unshift(h("li", { class: "earlier" }, `${plural(earlier, "earlier line")} in the log panel`));
    this.#logs.replaceChildren(...lines);
  }

  #drawHistory() {
    const { updates, updateCount } = this.call;
    if (updateCount === this.#drawnUpdates) return;
    this.#drawnUpdates = updateCount;
    const rows = updates.map(({ at, progress, total, message }) =>
      h(
        "tr",
        {},
        h("td", {}, `${(at / 1000).toFixed(2)} s`),
        h("td", {}, String(progress)),
        h("td", { class: total === undefined ? "absent" : undefined }, String(total)),
        h("td", { class: message === undefined ? "absent" : undefined }, String(message)),
      ),
    );
    this.#history.replaceChildren(...rows);
  }

  #drawEnd() {
    this.#ended = true;
    const { state, result, error } = this.call;
    this.#icon.setAttribute("href", `#icon-${ICONS[state]}`);
    const focused = this.#cancel === document.activeElement;
    this.#cancel.hidden = true;
    this.#state.hidden = false;
    setText(this.#state, STATE_NAMES[state]);
    // The button that was pressed is gone: whoever works by keyboard stays on the card.
    if (focused) this.#article.focus();

    part(this.element, "outcome", HTMLElement).hidden = false;
    if (result) this.#drawResult(result);
    else this.#drawError(error);
  }

  /** @param {CallToolResult} result */
  #drawResult(result) {
    const pre = part(this.element, "result", HTMLElement);
    pre.hidden = false;
    pre.setAttribute("aria-label", `Result of ${this.call.tool}, call ${this.call.id}`);
    pre.textContent = resultText(result);
  }

  /** @param {unknown} error */
  #drawError(error) {
    part(this.element, "error", HTMLElement).hidden = false;
    const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (error ?? {});
    part(this.element, "code", HTMLElement).textContent = String(code ?? "error");
    part(this.element, "reason", HTMLElement).textContent = String(message ?? error);
  }
}

/** @param {Record<string, unknown>} args */
function argumentsLine(args) {
  const pairs = Object.entries(args).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return pairs.length === 0 ? "no arguments" : pairs.join("  ");
}

/** @param {CallToolResult} result */
function resultText({ structuredContent, content }) {
  if (structuredContent !== undefined) return prettyJson(structuredContent, RESULT_WIDTH);
  const parts = (content ?? []).map((item) => (item.type === "text" ? item.text : prettyJson(item, RESULT_WIDTH)));
  return parts.join("\n") || "(empty result)";
}
