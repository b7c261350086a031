// What a server asks the user in the middle of a call, as a form in the conversation. It stays there
// with its answer.

import { fromTemplate, h, part } from "../dom.js";
import { resolve, schemaField } from "../schema-field.js";

/**
 * @typedef {NonNullable<import("../connection.js").ClientOptions["elicitationHandler"]>} ElicitationHandler
 * @typedef {Parameters<ElicitationHandler>[0]} Params
 * @typedef {import("/pkg/index.js").ElicitationResult} Answer
 */

export class Question {
  element = fromTemplate("question-template", HTMLFormElement);
  /** @type {[name: string, field: import("../schema-field.js").Field][]} */
  #fields = [];
  /** @type {(answer: Answer) => void} */
  #settle = () => {};
  /** Is kept with the answer. @type {Promise<Answer>} */
  answered = new Promise((resolve) => (this.#settle = resolve));

  /**
   * @param {Params} params
   * @param {string} asker
   * @param {AbortSignal} signal aborts when the answer is wanted no more
   */
  constructor({ message, requestedSchema }, asker, signal) {
    const schema = /** @type {import("../schema-field.js").Schema} */ (requestedSchema ?? {});
    part(this.element, "asker", HTMLElement).textContent = `${asker} asks`;
    part(this.element, "message", HTMLElement).textContent = message;
    const required = new Set(schema.required ?? []);
    this.#fields = Object.entries(schema.properties ?? {}).map(([name, raw]) => {
      const property = resolve(raw, schema);
      return [name, schemaField({ name, schema: property, required: required.has(name), initial: property.default })];
    });
    part(this.element, "fields", HTMLElement).append(...this.#fields.map(([, field]) => field.element));
    this.element.setAttribute("aria-label", message);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#accept();
    });
    part(this.element, "decline", HTMLButtonElement).addEventListener("click", () => this.#end({ action: "decline" }, "You declined."));
    part(this.element, "cancel", HTMLButtonElement).addEventListener("click", () => this.#end({ action: "cancel" }, "You left it open."));
    signal.addEventListener("abort", () => this.#end({ action: "cancel" }, "The call ended without an answer."));
  }

  focus() {
    const first = this.element.querySelector("input, select, textarea, button");
    if (first instanceof HTMLElement) first.focus();
  }

  #accept() {
    const content = Object.fromEntries(this.#fields.map(([name, field]) => [name, field.read()]).filter(([, value]) => value !== undefined));
    // Reading sets what is wrong with each field.
    if (!this.element.reportValidity()) return;
    this.#end({ action: "accept", content }, `You answered ${Object.values(content).map(String).join(", ")}.`);
  }

  /** @param {Answer} answer @param {string} words */
  #end(answer, words) {
    if (!this.element.isConnected) return;
    const asked = part(this.element, "message", HTMLElement).textContent;
    this.element.replaceWith(h("p", { class: "question-answer" }, `${asked} `, h("span", {}, words)));
    this.#settle(answer);
  }
}
