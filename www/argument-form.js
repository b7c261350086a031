// A form of text fields with suggestions: for the arguments of a prompt and for the variables of a URI template.

import { fromTemplate, h, part } from "./dom.js";
import { withSuggestions } from "./suggest.js";

/**
 * @typedef {object} Argument
 * @property {string} name
 * @property {string} [title]
 * @property {string} [description]
 * @property {boolean} [required]
 *
 * @typedef {object} Subject what the form is for
 * @property {string} name
 * @property {string} [title]
 * @property {string} [description]
 * @property {string} action the word on the button
 * @property {Argument[]} arguments
 * @property {((argument: string, value: string, others: Record<string, string>) => Promise<string[]>) | undefined} suggest
 * @property {(values: Record<string, string>) => void} submit
 */

let panels = 0;

/** @param {Subject} subject */
export function argumentForm({ name, title, description, action, arguments: all, suggest, submit }) {
  const element = fromTemplate("tool-template", HTMLLIElement);
  const form = /** @type {HTMLFormElement} */ (element.firstElementChild);
  const toggle = part(element, "toggle", HTMLButtonElement);
  const run = part(element, "run", HTMLButtonElement);
  const panel = part(element, "fields", HTMLElement);
  element.dataset.name = name;
  panel.id = `argument-panel-${++panels}`;
  toggle.setAttribute("aria-controls", panel.id);
  part(element, "name", HTMLElement).textContent = name;
  part(element, "description", HTMLElement).textContent = description ?? title ?? "";
  run.textContent = action;
  run.setAttribute("aria-label", `${action} ${name}`);

  /** @type {Map<string, HTMLInputElement>} */
  const inputs = new Map();
  const values = () => {
    const filled = [...inputs].filter(([, input]) => input.value !== "").map(([key, input]) => [key, input.value]);
    return /** @type {Record<string, string>} */ (Object.fromEntries(filled));
  };
  for (const argument of all) {
    const id = `${panel.id}-${argument.name}`;
    const input = h("input", { id, type: "text", autocomplete: "off", spellcheck: "false", required: argument.required, "data-argument": argument.name });
    inputs.set(argument.name, input);
    const label = h("label", { for: id }, h("span", { class: "mono" }, argument.title ?? argument.name));
    if (!argument.required) label.append(" ", h("span", { class: "field-note" }, "optional"));
    const control = suggest ? withSuggestions(input, (value) => suggest(argument.name, value, values())) : input;
    const field = h("div", { class: "field" }, label, control);
    if (argument.description) {
      field.append(h("p", { class: "field-hint", id: `${id}-hint` }, argument.description));
      input.setAttribute("aria-describedby", `${id}-hint`);
    }
    panel.append(field);
  }
  if (all.length === 0) panel.append(h("p", { class: "field-hint" }, "Takes no arguments."));

  /** @param {boolean} open */
  const expand = (open) => {
    panel.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
  };
  toggle.addEventListener("click", () => expand(panel.hidden !== false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.checkValidity()) return submit(values());
    expand(true);
    form.reportValidity();
  });
  return element;
}
