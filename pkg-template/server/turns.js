// Turns of the event loop. Code that only awaits what is there already never ends its turn: until it
// does, the page cannot draw, and no message from a port arrives.

/** How long a handler that reports may keep the turn, in milliseconds. */
const LONG = 8;
let began = performance.now();
/** @type {Promise<void> | undefined} */
let next;

/** The next turn. Not by a timer: browsers make nested ones wait. @returns {Promise<void>} */
export function turn() {
  next ??= new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      next = undefined;
      began = performance.now();
      resolve();
    };
    port2.postMessage(0);
  });
  return next;
}

/** Something that comes in a turn of its own. */
export function fresh() {
  began = performance.now();
}

/** Waits for the next turn if this one has lasted long. @returns {Promise<void> | undefined} */
export const breathe = () => (performance.now() - began < LONG ? undefined : turn());
