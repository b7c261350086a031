// When to show something: in the next animation frame, or soon where there are none.

/** Longer than a frame takes where frames come at all. */
const WITHOUT_FRAMES = 100;
const FRAME = 16;

/**
 * Runs a callback once: after `wait` milliseconds, or with the next animation frame. Hidden pages
 * have no frames, so a clock runs beside.
 * @param {number | "frame"} wait
 * @param {() => void} callback
 * @returns {() => void} takes it back
 */
export function later(wait, callback) {
  const hasFrames = wait === "frame" && typeof requestAnimationFrame === "function" && !globalThis.document?.hidden;
  /** @type {number | undefined} */
  let frame;
  const cancel = () => {
    clearTimeout(timer);
    if (frame !== undefined) cancelAnimationFrame(frame);
  };
  const run = () => {
    cancel();
    callback();
  };
  const timer = setTimeout(run, hasFrames ? WITHOUT_FRAMES : wait === "frame" ? FRAME : Math.min(wait, 2 ** 31 - 1));
  if (hasFrames) frame = requestAnimationFrame(run);
  return cancel;
}
