// What rounds come to: their median and between which they lie, and how a table shows it.

/** @typedef {{ middle: number, least: number, most: number }} Spread the median of the rounds, the lowest and the highest */

/** @param {number[]} numbers */
export function middle(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

/** @param {number[]} rounds @returns {Spread | undefined} nothing without a round */
export const spread = (rounds) => (rounds.length ? { middle: middle(rounds), least: Math.min(...rounds), most: Math.max(...rounds) } : undefined);

/**
 * What one has in each round, relative to what another has in the same.
 * @param {number[] | undefined} rounds
 * @param {number[] | undefined} base
 */
export const ratios = (rounds = [], base = []) => rounds.slice(0, base.length).map((value, round) => value / (base[round] ?? NaN));

/** The mean over all in each round that each of them has. @param {number[][]} all */
export const means = ([first = [], ...others]) =>
  first.flatMap((value, round) => {
    const sum = others.reduce((sum, rounds) => sum + (rounds[round] ?? NaN), value);
    return Number.isNaN(sum) ? [] : [sum / (others.length + 1)];
  });

/** Three digits at most; two of what is less than a tenth. @param {number} value */
export const show = (value) => (value < 0.1 ? value.toPrecision(2) : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));

/** The median, and below it the lowest and the highest. @param {Spread | undefined} figure */
export const cell = (figure) => (figure ? `${show(figure.middle)}<br><sub>${show(figure.least)}–${show(figure.most)}</sub>` : "");

/** @param {string[]} head @param {string[][]} rows */
export const table = (head, rows) => [head, head.map((_, i) => (i ? "---:" : "---")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
