// What the server asks while a call is under way, as one dialog after the other: forms, addresses to open, and texts that
// a model would otherwise write. A person sees what is asked, by whom and for what, and can always say no.

import { byId, h, setText } from "./dom.js";
import { plural } from "./format.js";
import { drawMessage } from "./prompts.js";
import { resolve, schemaField } from "./schema-field.js";

/** About as many characters as fit into a token of a model. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * @typedef {import("./connection.js").ClientOptions} ClientOptions
 * @typedef {NonNullable<ClientOptions["elicitationHandler"]>} ElicitationHandler
 * @typedef {NonNullable<ClientOptions["samplingHandler"]>} SamplingHandler
 * @typedef {Parameters<ElicitationHandler>[1]} Context
 *
 * @typedef {object} Question
 * @property {string} title
 * @property {Context} context
 * @property {HTMLElement[]} body
 * @property {string} yes the word on the button that accepts
 * @property {boolean} [never] whether accepting is out of the question
 * @property {string} no the word on the button that declines
 * @property {() => any} accept the answer, or nothing if something is missing
 * @property {() => any} decline
 * @property {(answer: any) => void} settle undefined means: closed without an answer
 */

export class Questions {
  #dialog = byId("question", HTMLDialogElement);
  #form = byId("question-form", HTMLFormElement);
  #title = byId("question-title", HTMLElement);
  #asker = byId("question-asker", HTMLElement);
  #body = byId("question-body", HTMLElement);
  #waitingText = byId("question-waiting", HTMLElement);
  #yes = byId("question-accept", HTMLButtonElement);
  #no = byId("question-decline", HTMLButtonElement);
  /** The first one is shown. @type {Question[]} */
  #waiting = [];
  #serverName;
  #say;

  /**
   * @param {() => string} serverName
   * @param {(sentence: string) => void} say
   */
  constructor(serverName, say) {
    this.#serverName = serverName;
    this.#say = say;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#accept();
    });
    this.#no.addEventListener("click", () => this.#settle(this.#waiting[0]?.decline()));
    byId("question-cancel", HTMLButtonElement).addEventListener("click", () => this.#settle(undefined));
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#settle(undefined);
    });
  }

  /** @type {ElicitationHandler} */
  elicit = ({ mode, message, requestedSchema, url }, context) =>
    mode === "url" ? this.#askToOpen(String(message), String(url), context) : this.#askForm(String(message), requestedSchema ?? {}, context);

  /** @type {SamplingHandler} */
  sample = ({ messages, systemPrompt, maxTokens }, context) => {
    const list = h("ol", { class: "messages" });
    if (systemPrompt) list.append(drawMessage({ role: "system", content: { type: "text", text: systemPrompt } }));
    list.append(...messages.map(drawMessage));
    const area = h("textarea", { id: "question-answer", rows: 4, required: true, maxlength: maxTokens * CHARACTERS_PER_TOKEN });
    const label = h("label", { for: "question-answer" }, "Answer in place of a model ", h("span", { class: "field-note" }, `at most ${plural(maxTokens, "token")}`));
    return this.#ask({
      title: "Write an answer",
      context,
      body: [list, h("div", { class: "field" }, label, area)],
      yes: "Send answer",
      no: "Refuse",
      accept: () => ({ role: "assistant", model: "a person at the demo page", stopReason: "endTurn", content: { type: "text", text: area.value } }),
      decline: () => undefined,
    });
  };

  /**
   * @param {string} message
   * @param {import("./schema-field.js").Schema} schema
   * @param {Context} context
   */
  #askForm(message, schema, context) {
    const required = new Set(schema.required ?? []);
    /** @type {[name: string, field: import("./schema-field.js").Field][]} */
    const fields = Object.entries(schema.properties ?? {}).map(([name, raw]) => {
      const property = resolve(raw, schema);
      return [name, schemaField({ name, schema: property, required: required.has(name), initial: property.default })];
    });
    const accept = () => {
      const content = Object.fromEntries(fields.map(([name, field]) => [name, field.read()]).filter(([, value]) => value !== undefined));
      return { action: "accept", content };
    };
    return this.#ask({
      title: message,
      context,
      body: fields.map(([, field]) => field.element),
      yes: "Send",
      no: "Decline",
      accept,
      decline: () => ({ action: "decline" }),
    });
  }

  /**
   * @param {string} message
   * @param {string} address
   * @param {Context} context
   */
  #askToOpen(message, address, context) {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const problem = problemOf(url);
    const body = [h("p", { class: "question-url mono" }, ...highlighted(address, url?.host))];
    if (url?.hostname.includes("xn--")) {
      body.push(h("p", { class: "question-warning" }, "This name is written in letters that may only look like those you know."));
    }
    body.push(h("p", { class: problem ? "question-warning" : "field-hint" }, problem || "It opens in a tab of its own. The server does not see what you do there through this page."));
    return this.#ask({
      title: message,
      context,
      body,
      yes: url && !problem ? `Open ${url.host}` : "Open",
      never: Boolean(problem),
      no: "Decline",
      accept: () => {
        open(address, "_blank", "noopener,noreferrer");
        return { action: "accept" };
      },
      decline: () => ({ action: "decline" }),
    });
  }

  /** @param {Omit<Question, "settle">} question @returns {Promise<any>} */
  #ask(question) {
    return new Promise((resolve) => {
      const asked = { ...question, settle: resolve };
      this.#waiting.push(asked);
      if (this.#waiting.length === 1) this.#show();
      this.#drawWaiting();
      question.context.signal?.addEventListener("abort", () => {
        const index = this.#waiting.indexOf(asked);
        if (index === 0) this.#settle(undefined);
        else if (index > 0) this.#waiting.splice(index, 1);
        this.#drawWaiting();
      });
    });
  }

  #show() {
    const question = this.#waiting[0];
    if (!question) return;
    const { title, context, body, yes, never, no } = question;
    setText(this.#title, title);
    const { name, callId } = context;
    setText(this.#asker, `${this.#serverName()} asks${name ? ` for ${name}` : ""}${callId === undefined ? "" : `, call ${callId}`}`);
    this.#body.replaceChildren(...body);
    setText(this.#yes, yes);
    setText(this.#no, no);
    this.#yes.disabled = never === true;
    if (!this.#dialog.open) this.#dialog.showModal();
    const first = this.#body.querySelector("input, select, textarea");
    if (first instanceof HTMLElement) first.focus();
    this.#say(`${this.#serverName()} asks: ${title}`);
  }

  #accept() {
    const question = this.#waiting[0];
    if (!question || question.never) return;
    // Reading sets what is wrong with each field.
    const answer = question.accept();
    if (this.#form.reportValidity()) this.#settle(answer);
  }

  /** @param {any} answer */
  #settle(answer) {
    const question = this.#waiting.shift();
    if (this.#waiting.length > 0) this.#show();
    else this.#dialog.close();
    this.#drawWaiting();
    question?.settle(answer);
  }

  #drawWaiting() {
    const more = this.#waiting.length - 1;
    this.#waitingText.hidden = more < 1;
    setText(this.#waitingText, `${plural(more, "more question")} after this one`);
  }
}

/** @param {URL | undefined} url */
function problemOf(url) {
  if (!url) return "This is not an address that can be opened.";
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && local) ? "" : "This page opens https: addresses only.";
}

/**
 * The whole address, its host set off.
 *
 * @param {string} address
 * @param {string | undefined} host
 */
function highlighted(address, host) {
  const at = host ? address.indexOf(host) : -1;
  if (!host || at < 0) return [address];
  return [address.slice(0, at), h("strong", {}, host), address.slice(at + host.length)];
}
