// One tool call in the conversation: its progress while it runs, its result or its error afterwards.

import { drawContent } from "../content.js";
import { fromTemplate, h, part } from "../dom.js";
import { duration } from "../format.js";
import { McpProgressElement } from "./mcp.js";

/**
 * @typedef {import("./turn.js").ToolCall} ToolCall
 * @typedef {import("./turn.js").ModelCall} ModelCall
 * @typedef {Awaited<ToolCall>} Result
 * @typedef {"running" | "done" | "failed" | "cancelled"} State
 */

/** @type {Record<State, string>} */
const STATE_NAMES = { running: "", done: "Done", failed: "Failed", cancelled: "Stopped" };

/** Results up to this many characters are shown without a fold. */
const SHORT = 90;

export class ToolCard {
  element = fromTemplate("tool-template", HTMLLIElement);
  #stop = part(this.element, "stop", HTMLButtonElement);
  #began = performance.now();

  /**
   * @param {ToolCall} call
   * @param {ModelCall} request
   */
  constructor(call, { tool, name, arguments: args }) {
    const title = tool?.title ?? tool?.name ?? name;
    this.element.dataset.tool = name;
    this.element.dataset.call = String(call.id);
    part(this.element, "name", HTMLElement).textContent = title;
    part(this.element, "args", HTMLElement).textContent = Object.values(args ?? {}).map((value) => JSON.stringify(value)).join(", ");
    this.#stop.setAttribute("aria-label", `Stop ${title}`);
    this.#stop.addEventListener("click", () => call.cancel("stopped in the conversation"));
    const progress = part(this.element, "progress", McpProgressElement);
    progress.setAttribute("label", title);
    progress.source = call;
    call.then(
      (result) => this.#end(result.isError ? "failed" : "done", result.content?.map(drawContent) ?? []),
      (error) => this.#end(error.name === "AbortError" ? "cancelled" : "failed", [h("p", { class: "content-text" }, String(error.message))]),
    );
  }

  /** Puts something below the call, such as what its server asks. @param {HTMLElement} element */
  append(element) {
    this.element.append(element);
  }

  /**
   * @param {State} state
   * @param {HTMLElement[]} content
   */
  #end(state, content) {
    this.element.dataset.state = state;
    part(this.element, "icon", SVGUseElement).setAttribute("href", `#icon-${state}`);
    part(this.element, "state", HTMLElement).textContent = `${STATE_NAMES[state]} · ${duration(performance.now() - this.#began)}`;
    part(this.element, "progress", HTMLElement).hidden = true;
    this.#stop.hidden = true;
    // A stop is what the user wanted: there is nothing to read about it.
    if (state === "cancelled") return;
    const text = content.map((element) => element.textContent).join(" ");
    if (text.length <= SHORT && content.every((element) => element.matches("p"))) return this.element.append(...content);
    part(this.element, "summary", HTMLElement).textContent = `Result: ${text.length > SHORT ? `${text.slice(0, SHORT)}…` : text}`;
    part(this.element, "content", HTMLElement).replaceChildren(...content);
    part(this.element, "details", HTMLDetailsElement).hidden = false;
  }
}
