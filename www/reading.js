// How a progress is read, from nothing but what arrived: as a fraction of a total, as stages where the total is a
// handful of whole steps, or as a count where nobody knows the total.

import { number, percent } from "./format.js";

const MOST_STAGES = 12;

/**
 * @typedef {import("./call.js").Call} Call
 * @typedef {"waiting" | "fraction" | "stages" | "count"} BarKind
 *
 * @typedef {object} Reading
 * @property {BarKind} kind
 * @property {number} [stages] how many there are
 * @property {string} value in large type: "55%", "3 / 5", "7"
 * @property {string} caption what the value counts, for want of a message
 */

/**
 * @param {Call} call
 * @returns {Reading}
 */
export function read(call) {
  const { latest } = call;
  if (!latest) {
    const caption = call.running ? "No progress reported yet" : "No progress reported";
    return { kind: "waiting", value: "", caption };
  }
  const { progress, total } = latest;
  const value = number(progress);
  if (total === undefined || !(total > 0)) {
    return { kind: "count", value, caption: total === undefined ? "so far, total unknown" : `of ${number(total)}` };
  }
  const staged = call.integral && total > 1 && total <= MOST_STAGES;
  return staged
    ? { kind: "stages", stages: total, value: `${value} / ${number(total)}`, caption: "steps done" }
    : { kind: "fraction", value: percent(progress / total), caption: `${value} of ${number(total)}` };
}
