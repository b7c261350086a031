// All tools of the server, as forms. Rebuilt only when the server offers something else than before, so what somebody
// has typed survives a reconnection.

import { byId, setText } from "./dom.js";
import { SIDE_BY_SIDE } from "./demo-tools.js";
import { ToolForm } from "./tool-form.js";

/**
 * @typedef {import("./tool-form.js").Tool} Tool
 * @typedef {import("./tool-form.js").Arguments} Arguments
 * @typedef {{ tool: string, args: Arguments }} Start
 */

export class ToolList {
  #list = byId("tool-list", HTMLElement);
  #count = byId("tool-count", HTMLElement);
  #empty = byId("tools-empty", HTMLElement);
  #runAll = byId("run-all", HTMLButtonElement);
  /** @type {ToolForm[]} */
  #forms = [];
  #offered = "";
  #enabled = false;
  #run;

  /** @param {(starts: Start[]) => void} run starts calls side by side */
  constructor(run) {
    this.#run = run;
    this.#runAll.addEventListener("click", () => this.#runSideBySide());
  }

  /** @param {Tool[]} tools */
  show(tools) {
    const offered = JSON.stringify(tools);
    if (offered === this.#offered) return;
    this.#offered = offered;
    this.#forms = tools.map((tool) => new ToolForm(tool, (name, args) => this.#run([{ tool: name, args }])));
    this.#list.replaceChildren(...this.#forms.map((form) => form.element));
    setText(this.#count, String(tools.length));
    setText(this.#empty, "This server offers no tools.");
    this.#empty.hidden = tools.length > 0;
    this.enabled = this.#enabled;
  }

  /** @param {boolean} enabled whether a call can be made now */
  set enabled(enabled) {
    this.#enabled = enabled;
    for (const form of this.#forms) form.enabled = enabled;
    this.#runAll.disabled = !enabled || this.#sideBySide().length === 0;
  }

  #sideBySide() {
    return SIDE_BY_SIDE.flatMap((name) => this.#forms.find((form) => form.tool.name === name) ?? []);
  }

  #runSideBySide() {
    /** @type {Start[]} */
    const starts = [];
    for (const form of this.#sideBySide()) {
      const args = form.read();
      if (!args) return;
      starts.push({ tool: form.tool.name, args });
    }
    this.#run(starts);
  }
}
