// One form field for one property of a schema, of a tool's arguments or of what a server asks: text and its formats,
// number, checkbox, choice of one or of several, lines, or JSON for the rest.

import { h } from "./dom.js";

/**
 * @typedef {Record<string, any>} Schema JSON Schema, as far as a form is concerned
 *
 * @typedef {object} Field
 * @property {HTMLElement} element label, control and hint
 * @property {() => unknown} read the value; `undefined` leaves the argument out. Sets the control's validity.
 *
 * @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control
 *
 * @typedef {{ value: unknown, label: string }} Choice
 *
 * @typedef {object} Property
 * @property {string} name
 * @property {Schema} schema resolved: see {@link resolve}
 * @property {boolean} required
 * @property {unknown} initial the sample or the default
 */

/** The kinds of text that browsers have fields for. */
const FORMATS = { email: "email", uri: "url", date: "date", "date-time": "datetime-local" };

let fields = 0;

/**
 * @param {Property} property
 * @returns {Field}
 */
export function schemaField(property) {
  const { schema } = property;
  const choices = choicesOf(schema);
  if (choices) return choiceField(property, choices);
  const several = schema.type === "array" ? choicesOf(schema.items ?? {}) : undefined;
  if (several) return severalField(property, several);
  if (schema.type === "boolean") return checkboxField(property);
  if (schema.type === "integer" || schema.type === "number") return numberField(property);
  if (schema.type === "string") return textField(property);
  if (schema.type === "array" && schema.items?.type === "string") return linesField(property);
  return jsonField(property);
}

/**
 * Follows local references and takes the wrapping off optional values (`["string", "null"]`, `anyOf` with null).
 *
 * @param {Schema} schema
 * @param {Schema} root
 * @returns {Schema}
 */
export function resolve(schema, root, depth = 0) {
  if (depth > 8 || typeof schema !== "object" || schema === null) return {};
  const { $ref, anyOf, ...rest } = schema;
  if (typeof $ref === "string" && $ref.startsWith("#/")) {
    const target = $ref.slice(2).split("/").reduce((at, key) => at?.[key], root);
    return { ...resolve(target ?? {}, root, depth + 1), ...rest };
  }
  const alternatives = Array.isArray(anyOf) ? anyOf.filter((option) => option?.type !== "null") : [];
  if (alternatives.length === 1) return { ...resolve(alternatives[0], root, depth + 1), ...rest };
  const types = Array.isArray(schema.type) ? schema.type.filter((type) => type !== "null") : [];
  const simple = types.length === 1 ? { ...schema, type: types[0] } : schema;
  return simple.items ? { ...simple, items: resolve(simple.items, root, depth + 1) } : simple;
}

/**
 * @param {Schema} schema
 * @returns {Choice[] | undefined} what an enumeration has, however it is written
 */
function choicesOf(schema) {
  if (Array.isArray(schema.enum)) {
    const choices = schema.enum.map((value, i) => ({ value, label: String(schema.enumNames?.[i] ?? asText(value)) }));
    return choices.filter(({ value }) => value !== null);
  }
  const options = schema.oneOf ?? schema.anyOf;
  return Array.isArray(options) && options.every((option) => option && "const" in option)
    ? options.map((option) => ({ value: option.const, label: String(option.title ?? asText(option.const)) }))
    : undefined;
}

/**
 * @param {Property} property
 * @param {Choice[]} choices
 * @returns {Field}
 */
function choiceField(property, choices) {
  const select = h("select");
  if (!property.required) select.append(new Option("not set", ""));
  for (const [index, { value, label }] of choices.entries()) {
    select.append(new Option(label, String(index), false, value === property.initial));
  }
  return field(property, select, () => (select.value === "" ? undefined : choices[Number(select.value)]?.value));
}

/**
 * @param {Property} property
 * @param {Choice[]} choices
 * @returns {Field}
 */
function severalField({ name, schema, required, initial }, choices) {
  const { minItems = 0, maxItems = Infinity, title, description } = schema;
  const legend = h("legend", {}, title ? String(title) : h("span", { class: "mono" }, name));
  if (!required) legend.append(" ", h("span", { class: "field-note" }, "optional"));
  const element = h("fieldset", { class: "field field-several", "data-argument": name }, legend);
  const boxes = choices.map(({ value, label }) => {
    const box = h("input", { type: "checkbox" });
    box.checked = Array.isArray(initial) && initial.includes(value);
    element.append(h("label", {}, box, label));
    return box;
  });
  element.addEventListener("change", () => boxes[0]?.setCustomValidity(""));
  if (typeof description === "string") element.append(h("p", { class: "field-hint" }, description));
  const read = () => {
    const chosen = choices.filter((_, i) => boxes[i]?.checked).map(({ value }) => value);
    if (chosen.length === 0 && !required) return undefined;
    const wrong = chosen.length < minItems ? `at least ${minItems}` : chosen.length > maxItems ? `at most ${maxItems}` : "";
    boxes[0]?.setCustomValidity(wrong && `Choose ${wrong}.`);
    return chosen;
  };
  return { element, read };
}

/**
 * @param {Property} property
 * @returns {Field}
 */
function checkboxField(property) {
  const input = h("input", { type: "checkbox" });
  input.checked = property.initial === true;
  return field(property, input, () => input.checked);
}

/**
 * @param {Property} property
 * @returns {Field}
 */
function numberField(property) {
  const { schema, initial } = property;
  const step = schema.multipleOf ?? (schema.type === "integer" ? 1 : "any");
  const input = h("input", { type: "number", step, min: schema.minimum, max: schema.maximum });
  if (typeof initial === "number") input.value = String(initial);
  return field(property, input, () => (input.value === "" ? undefined : input.valueAsNumber));
}

/**
 * @param {Property} property
 * @returns {Field}
 */
function textField(property) {
  const { schema, initial, required } = property;
  const type = FORMATS[/** @type {keyof typeof FORMATS} */ (schema.format)] ?? "text";
  const input = h("input", {
    type,
    step: type === "datetime-local" ? 1 : undefined,
    pattern: schema.pattern,
    autocomplete: "off",
    spellcheck: "false",
    minlength: schema.minLength,
    maxlength: schema.maxLength,
  });
  if (typeof initial === "string") input.value = type === "datetime-local" ? localTime(initial) : initial;
  const read = () => {
    if (input.value === "" && !required) return undefined;
    const at = type === "datetime-local" ? new Date(input.value) : undefined;
    return at && !Number.isNaN(at.getTime()) ? at.toISOString() : input.value;
  };
  return field(property, input, read);
}

/**
 * @param {Property} property
 * @returns {Field}
 */
function linesField(property) {
  const { initial, required } = property;
  const area = h("textarea", { rows: 5, spellcheck: "false" });
  if (Array.isArray(initial)) area.value = initial.join("\n");
  const read = () => {
    const lines = area.value.split("\n").filter((line) => line.trim() !== "");
    return lines.length === 0 && !required ? undefined : lines;
  };
  const lines = field(property, area, read, "one per line");
  // An empty list is a list: what is required is the argument, not a line.
  area.required = false;
  return lines;
}

/**
 * @param {Property} property
 * @returns {Field}
 */
function jsonField(property) {
  const area = h("textarea", { rows: 3, spellcheck: "false", class: "mono" });
  if (property.initial !== undefined) area.value = JSON.stringify(property.initial, null, 2);
  const read = () => {
    area.setCustomValidity("");
    if (area.value.trim() === "") return undefined;
    try {
      return JSON.parse(area.value);
    } catch (error) {
      area.setCustomValidity(`Not JSON: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  };
  return field(property, area, read, "JSON");
}

/**
 * Label, control and hint, tied together.
 *
 * @param {Property} property
 * @param {Control} control
 * @param {Field["read"]} read
 * @param {string} [form] how the value is written, if that is not obvious
 * @returns {Field}
 */
function field({ name, schema, required }, control, read, form) {
  const id = `field-${++fields}`;
  control.id = id;
  control.dataset.argument = name;
  const boolean = control.getAttribute("type") === "checkbox";
  control.required = required && !boolean;
  control.addEventListener("input", () => control.setCustomValidity(""));

  const note = [form, required || boolean ? undefined : "optional"].filter(Boolean).join(", ");
  const { title } = schema;
  const label = h("label", { for: id }, typeof title === "string" ? title : h("span", { class: "mono" }, name));
  if (note) label.append(" ", h("span", { class: "field-note" }, note));
  const element = h("div", { class: boolean ? "field field-inline" : "field" }, label, control);
  if (typeof schema.description === "string") {
    element.append(h("p", { class: "field-hint", id: `${id}-hint` }, schema.description));
    control.setAttribute("aria-describedby", `${id}-hint`);
  }
  return { element, read };
}

/** A moment as its field wants it, in the time of this place. @param {string} text */
function localTime(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** @param {unknown} value */
const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));
