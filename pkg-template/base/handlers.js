// The handlers of a transport: who has put some there before hears of everything first.
import { attempt } from "./errors.js";

/** @typedef {Record<string, (...given: any[]) => unknown>} Handlers by the name of the event, whose arguments they get */

/**
 * Puts handlers on a transport, behind those that it has.
 * @param {any} transport
 * @param {Handlers} ours
 * @returns {() => void} takes them off again, where nobody has put others in their place
 */
export function handle(transport, ours) {
  const undo = Object.entries(ours).map(([name, own]) => {
    const theirs = transport[name];
    let ended = false;
    const both = theirs
      ? (/** @type {unknown[]} */ ...given) => {
          // An end is told once, though closing what has ended may say so again.
          if (ended) return;
          ended = name === "onclose";
          attempt(() => theirs.apply(transport, given));
          own(...given);
        }
      : own;
    transport[name] = both;
    return () => {
      if (transport[name] === both) transport[name] = theirs;
    };
  });
  return () => undo.forEach((take) => take());
}

/**
 * Marks a client's own handler, or a transport's own method: only beside such is there a shorter way
 * than by messages. Whatever somebody has put in the place of one has no such mark.
 * @template {Function} F
 * @param {F} own
 * @returns {F & { fast: true }}
 */
export const fast = (own) => Object.assign(own, /** @type {const} */ ({ fast: true }));
