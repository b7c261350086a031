// One tool: its name, what it does, a form for its arguments, and the button that calls it.

import { fromTemplate, h, part } from "./dom.js";
import { sampleFor } from "./demo-tools.js";
import { resolve, schemaField } from "./schema-field.js";

/**
 * @typedef {import("./connection.js").Connection["client"]} Client
 * @typedef {Awaited<ReturnType<Client["listTools"]>>["tools"][number]} Tool
 * @typedef {Record<string, unknown>} Arguments
 */

let panels = 0;

export class ToolForm {
  element = fromTemplate("tool-template", HTMLLIElement);
  tool;

  #form = /** @type {HTMLFormElement} */ (this.element.firstElementChild);
  #toggle = part(this.element, "toggle", HTMLButtonElement);
  #run = part(this.element, "run", HTMLButtonElement);
  #panel = part(this.element, "fields", HTMLElement);
  /** @type {Map<string, import("./schema-field.js").Field>} */
  #fields = new Map();

  /**
   * @param {Tool} tool
   * @param {(tool: string, args: Arguments) => void} run
   */
  constructor(tool, run) {
    this.tool = tool;
    this.element.dataset.tool = tool.name;
    this.#panel.id = `tool-panel-${++panels}`;
    this.#toggle.setAttribute("aria-controls", this.#panel.id);
    part(this.element, "name", HTMLElement).textContent = tool.name;
    part(this.element, "description", HTMLElement).textContent = tool.description ?? "";
    this.#run.setAttribute("aria-label", `Run ${tool.name}`);
    this.#addFields();

    this.#toggle.addEventListener("click", () => this.#expand(this.#panel.hidden !== false));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const args = this.read();
      if (args) run(tool.name, args);
    });
  }

  /** @param {boolean} enabled */
  set enabled(enabled) {
    this.#run.disabled = !enabled;
  }

  /**
   * The arguments as the form has them, or nothing: then the form shows what is missing.
   *
   * @returns {Arguments | undefined}
   */
  read() {
    const given = [...this.#fields].map(([name, field]) => /** @type {const} */ ([name, field.read()]));
    // Defined, not set: an argument may be called `__proto__`.
    if (this.#form.checkValidity()) return Object.fromEntries(given.filter(([, value]) => value !== undefined));
    this.#expand(true);
    this.#form.reportValidity();
    return undefined;
  }

  #addFields() {
    /** @type {import("./schema-field.js").Schema} */
    const root = this.tool.inputSchema ?? {};
    const properties = Object.entries(root.properties ?? {});
    const required = new Set(root.required ?? []);
    const sample = sampleFor(this.tool.name);
    for (const [name, raw] of properties) {
      const schema = resolve(raw, root);
      const initial = Object.hasOwn(sample, name) ? sample[name] : schema.default;
      const field = schemaField({ name, schema, required: required.has(name), initial });
      this.#fields.set(name, field);
      this.#panel.append(field.element);
    }
    if (properties.length === 0) this.#panel.append(h("p", { class: "field-hint" }, "Takes no arguments."));
  }

  /** @param {boolean} open */
  #expand(open) {
    this.#panel.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
  }
}
