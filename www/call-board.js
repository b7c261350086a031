// All calls, newest first: their cards, the buttons that act on many of them, and the drawing of what has changed.

import { byId, setText } from "./dom.js";
import { CallCard } from "./call-card.js";
import { perFrame } from "./frame-clock.js";

const FINISHED_KEPT = 60;
const CLOCK_MS = 100;

/** @typedef {import("./call.js").Call} Call */

export class CallBoard {
  #list = byId("call-list", HTMLElement);
  #empty = byId("calls-empty", HTMLElement);
  #count = byId("call-count", HTMLElement);
  #cancelAll = byId("cancel-all", HTMLButtonElement);
  #clear = byId("clear-finished", HTMLButtonElement);
  /** Newest first. @type {CallCard[]} */
  #cards = [];
  /** @type {Set<Call>} */
  #changed = new Set();
  #draw = perFrame(() => this.#drawChanged());
  /** @type {number | undefined} */
  #clock;

  /** @param {{ cancelAll: () => void }} actions */
  constructor({ cancelAll }) {
    this.#cancelAll.addEventListener("click", cancelAll);
    this.#clear.addEventListener("click", () => this.#keep((card) => card.call.running));
  }

  /** @param {Call[]} calls started together; they keep their order */
  add(calls) {
    const cards = calls.map((call) => new CallCard(call));
    this.#cards = [...cards, ...this.#cards];
    this.#list.prepend(...cards.map((card) => card.element));
    let finished = 0;
    this.#keep((card) => card.call.running || ++finished <= FINISHED_KEPT);
    cards[0]?.reveal();
    this.#clock ??= setInterval(() => this.#tick(), CLOCK_MS);
  }

  /** @param {Call} call */
  changed(call) {
    this.#changed.add(call);
    this.#draw();
  }

  #drawChanged() {
    for (const card of this.#cards) if (this.#changed.has(card.call)) card.draw();
    this.#changed.clear();
    this.#drawHead();
  }

  #tick() {
    const running = this.#cards.filter((card) => card.call.running);
    for (const card of running) card.drawElapsed();
    if (running.length > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  /** @param {(card: CallCard) => boolean} test */
  #keep(test) {
    this.#cards = this.#cards.filter((card) => {
      const kept = test(card);
      if (!kept) card.element.remove();
      return kept;
    });
    this.#drawHead();
  }

  #drawHead() {
    const running = this.#cards.filter((card) => card.call.running).length;
    const total = this.#cards.length;
    setText(this.#count, total === 0 ? "" : running > 0 ? `${running} running` : `${total} finished`);
    this.#empty.hidden = total > 0;
    this.#cancelAll.disabled = running === 0;
    this.#clear.disabled = running === total;
  }
}
