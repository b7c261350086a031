// Rendering at the speed of the screen, not of the network: however often something is asked for, it is drawn at most
// once per animation frame, and what is costly to draw leaves most of the time to everything else.

/** A drawing that took t milliseconds is not repeated before this many times t have passed. */
const REST = 8;

/**
 * @param {() => void} draw
 * @returns {() => void} asks for one drawing; cheap, and idempotent until it has happened
 */
export function perFrame(draw) {
  let asked = false;
  let restUntil = 0;

  const run = () => {
    asked = false;
    const before = performance.now();
    draw();
    const after = performance.now();
    restUntil = after + (after - before) * REST;
  };

  return () => {
    if (asked) return;
    asked = true;
    const rest = restUntil - performance.now();
    if (rest <= 16) requestAnimationFrame(run);
    else setTimeout(() => requestAnimationFrame(run), rest);
  };
}
