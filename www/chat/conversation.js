// The conversation on the page: what was said, the calls of each turn, and what servers ask.

import { h } from "../dom.js";
import { Question } from "./question.js";
import { ToolCard } from "./tool-card.js";

/**
 * @typedef {import("./turn.js").TurnView} TurnView
 * @typedef {import("./question.js").ElicitationHandler} ElicitationHandler
 */

/** Pixels from the end within which the page goes along with what is new. */
const NEAR = 80;

export class Conversation {
  #list;
  #asker;
  /** The button to log in with. @type {{ element: HTMLElement, done: Promise<void>, end: () => void } | undefined} */
  #login;
  /** Calls that are shown, by id. @type {Map<number, ToolCard>} */
  #cards = new Map();
  /** The turn that runs. @type {Turn | undefined} */
  #turn;

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} scroller
   * @param {() => string} asker the server's name
   */
  constructor(list, scroller, asker) {
    this.#list = list;
    this.#asker = asker;
    let following = true;
    scroller.addEventListener("scroll", () => {
      following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    });
    new ResizeObserver(() => following && scroller.scrollTo({ top: scroller.scrollHeight })).observe(list);
  }

  /** @param {string} text */
  say(text) {
    this.#list.append(h("li", { class: "message", "data-role": "user" }, h("span", { class: "visually-hidden" }, "You: "), text));
  }

  /** A turn of the model's. */
  begin() {
    this.#turn = new Turn((call, card) => this.#cards.set(call, card));
    this.#list.append(this.#turn.element);
    return this.#turn;
  }

  /**
   * A button to log in with, one for all who wait for it; it stays until somebody has, whatever fails meanwhile.
   * @param {string} why
   * @param {() => Promise<unknown>} login
   * @returns {Promise<void>} fulfilled when somebody has logged in
   */
  askToLogIn(why, login) {
    if (this.#login) return this.#login.done;
    const button = h("button", { type: "button", class: "primary" }, "Log in");
    const text = h("h4", {}, why);
    const card = h("div", { class: "question login", role: "group", "aria-label": why }, text, h("div", { class: "question-buttons" }, button));
    const element = h("li", { class: "message", "data-role": "assistant" }, card);
    this.#list.append(element);
    button.addEventListener("click", async () => {
      try {
        await login();
        if (this.#login?.element === element) this.loggedIn();
      } catch (error) {
        text.textContent = error instanceof Error ? error.message : String(error);
      }
    });
    let end = () => {};
    const done = new Promise((/** @type {(nothing: void) => void} */ resolve) => (end = resolve));
    this.#login = { element, done, end };
    return done;
  }

  /** Nobody has to log in any more: who waits for it goes on. */
  loggedIn() {
    this.#login?.element.remove();
    this.#login?.end();
    this.#login = undefined;
  }

  /** For the client's options. @type {ElicitationHandler} */
  ask = async (params, { callId, signal }) => {
    const question = new Question(params, this.#asker(), signal);
    // A server of the `initialize` era does not say which call asks.
    const place = this.#cards.get(callId ?? 0) ?? this.#turn;
    if (!place) return { action: "cancel" };
    const before = document.activeElement;
    place.append(question.element);
    question.focus();
    const answer = await question.answered;
    if (before instanceof HTMLElement) before.focus();
    return answer;
  };
}

/** @implements {TurnView} */
export class Turn {
  element = h("li", { class: "message", "data-role": "assistant", "aria-busy": "true" }, h("span", { class: "visually-hidden" }, "Scripted model: "));
  #remember;
  /** @type {HTMLElement | undefined} */
  #text;
  /** @type {HTMLElement | undefined} */
  #calls;

  /** @param {(call: number, card: ToolCard) => void} remember */
  constructor(remember) {
    this.#remember = remember;
  }

  /** @param {string} text */
  write(text) {
    this.#calls = undefined;
    if (!this.#text) this.element.append((this.#text = h("p", {})));
    this.#text.append(text);
  }

  /** @type {TurnView["addCall"]} */
  addCall(call, request) {
    this.#text = undefined;
    if (!this.#calls) this.element.append((this.#calls = h("ul", { class: "tools", "aria-label": "Tools" })));
    const card = new ToolCard(call, request);
    this.#remember(call.id, card);
    this.#calls.append(card.element);
  }

  /** @param {HTMLElement} element */
  append(element) {
    this.element.append(element);
  }

  /** @param {string} [note] why it ended before its end */
  end(note) {
    this.element.removeAttribute("aria-busy");
    if (note) this.element.append(h("p", { class: "note" }, note));
  }
}
