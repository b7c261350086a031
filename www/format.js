// Numbers, times and sizes as people read them.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

/** @param {number} value */
export const number = (value) => grouped.format(value);

/** @param {number} epochMs */
export const timeOfDay = (epochMs) => clock.format(epochMs);

/**
 * The whole percent that has been reached: 100 is shown only for what is complete.
 *
 * @param {number} fraction from 0 to 1
 */
export const percent = (fraction) => `${Math.floor(fraction * 100 + 1e-9)}%`;

/** @param {number} ms */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * "1 call", "2 calls".
 *
 * @param {number} count
 * @param {string} noun
 */
export const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
