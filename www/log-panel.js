// Log messages of the server, in the order they came, with the call they belong to where that is certain.

import { byId, fromTemplate, part, setText } from "./dom.js";
import { number, timeOfDay } from "./format.js";
import { perFrame } from "./frame-clock.js";

const MESSAGES_KEPT = 500;
/** From harmless to grave; the select offers some of them. */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/**
 * @typedef {import("./call.js").Call} Call
 *
 * @typedef {object} Entry
 * @property {number} at
 * @property {string} level
 * @property {string} text
 * @property {string | undefined} logger
 * @property {Call | undefined} sender
 */

export class LogPanel {
  #scroller = byId("log-scroller", HTMLElement);
  #list = byId("log-list", HTMLOListElement);
  #empty = byId("log-empty", HTMLElement);
  #count = byId("log-count", HTMLElement);
  #level = byId("log-level", HTMLSelectElement);
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Entry[]} */
  #fresh = [];
  #total = 0;
  #draw = perFrame(() => this.#drawFresh());

  constructor() {
    this.#level.addEventListener("change", () => this.#redraw());
    byId("log-clear", HTMLButtonElement).addEventListener("click", () => {
      this.#entries = [];
      this.#total = 0;
      this.#redraw();
    });
  }

  /** @param {Omit<Entry, "at">} entry */
  add(entry) {
    this.#total += 1;
    this.#fresh.push({ ...entry, at: Date.now() });
    if (this.#fresh.length >= 2 * MESSAGES_KEPT) this.#fresh.splice(0, MESSAGES_KEPT);
    this.#draw();
  }

  #redraw() {
    this.#fresh = [...this.#entries, ...this.#fresh];
    this.#entries = [];
    this.#list.replaceChildren();
    this.#drawFresh();
  }

  #drawFresh() {
    const following = this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight < 24;
    const fresh = this.#fresh.splice(0).slice(-MESSAGES_KEPT);
    this.#entries = [...this.#entries, ...fresh].slice(-MESSAGES_KEPT);
    const least = rank(this.#level.value);
    const rows = fresh.filter(({ level }) => rank(level) >= least).map(row);
    this.#list.append(...rows);
    while (this.#list.childElementCount > MESSAGES_KEPT) this.#list.firstElementChild?.remove();
    if (following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#empty.hidden = this.#list.childElementCount > 0;
    setText(this.#count, number(this.#total));
  }
}

/** How grave a level is; one that we do not know is never filtered away. @param {string} level */
function rank(level) {
  const index = LEVELS.indexOf(level);
  return index === -1 ? LEVELS.length : index;
}

/** @param {unknown} data */
export const logText = (data) => (typeof data === "string" ? data : (JSON.stringify(data) ?? ""));

/** @param {Entry} entry */
function row({ at, level, text, logger, sender }) {
  const item = fromTemplate("log-template", HTMLLIElement);
  item.dataset.level = level;
  part(item, "time", HTMLElement).textContent = timeOfDay(at);
  part(item, "level", HTMLElement).textContent = level;
  part(item, "source", HTMLElement).textContent = sender ? `${sender.tool} #${sender.id}` : (logger ?? "–");
  part(item, "text", HTMLElement).textContent = text;
  return item;
}
