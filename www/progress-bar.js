// How a progress is drawn, from nothing but what arrived: as a fraction of a total, as stages where the total is a
// handful of whole steps, or as a count where nobody knows the total.

import { h } from "./dom.js";
import { number, percent } from "./format.js";

const MOST_STAGES = 12;

/**
 * @typedef {import("./call.js").Call} Call
 * @typedef {"waiting" | "fraction" | "stages" | "count"} BarKind
 *
 * @typedef {object} Reading
 * @property {BarKind} kind
 * @property {string} value in large type: "55%", "3 / 5", "7"
 * @property {string} caption what the value counts, for want of a message
 * @property {string} text both, for who cannot see the bar
 */

/**
 * @param {Call} call
 * @returns {Reading}
 */
export function read(call) {
  const { latest } = call;
  if (!latest) {
    const caption = call.running ? "No progress reported yet" : "No progress reported";
    return { kind: "waiting", value: "", caption, text: caption };
  }
  const { progress, total } = latest;
  const value = number(progress);
  if (total === undefined || !(total > 0)) {
    const caption = total === undefined ? "so far, total unknown" : `of ${number(total)}`;
    return { kind: "count", value, caption, text: `${value} ${caption}` };
  }
  const text = `${value} of ${number(total)}`;
  const staged = call.integral && total > 1 && total <= MOST_STAGES;
  return staged
    ? { kind: "stages", value: `${value} / ${number(total)}`, caption: "steps done", text: `${text} steps` }
    : { kind: "fraction", value: percent(progress / total), caption: text, text };
}

export class ProgressBar {
  #bar;
  #fill;
  #stages = 0;

  /**
   * @param {HTMLElement} bar with role="progressbar"
   * @param {HTMLElement} fill its only child
   */
  constructor(bar, fill) {
    this.#bar = bar;
    this.#fill = fill;
  }

  /**
   * @param {Call} call
   * @param {Reading} reading
   */
  draw(call, { kind, text }) {
    const { progress = 0, total = 0 } = call.latest ?? {};
    this.#bar.dataset.kind = kind;
    this.#bar.setAttribute("aria-valuetext", text);
    const known = kind === "fraction" || kind === "stages";
    if (known) {
      this.#bar.setAttribute("aria-valuemin", "0");
      this.#bar.setAttribute("aria-valuemax", String(total));
      this.#bar.setAttribute("aria-valuenow", String(Math.min(Math.max(progress, 0), total)));
      this.#fill.style.setProperty("--fraction", String(Math.min(Math.max(progress / total, 0), 1)));
    } else {
      for (const name of ["aria-valuemin", "aria-valuemax", "aria-valuenow"]) this.#bar.removeAttribute(name);
    }
    this.#drawStages(kind === "stages" ? total : 0, progress);
  }

  /**
   * @param {number} stages
   * @param {number} reached
   */
  #drawStages(stages, reached) {
    if (stages !== this.#stages) {
      this.#stages = stages;
      this.#fill.replaceChildren(...Array.from({ length: stages }, () => h("span", { class: "stage" })));
    }
    for (const [index, stage] of [...this.#fill.children].entries()) {
      const state = index < reached ? "past" : index === reached ? "current" : "ahead";
      if (stage instanceof HTMLElement && stage.dataset.stage !== state) stage.dataset.stage = state;
    }
  }
}
