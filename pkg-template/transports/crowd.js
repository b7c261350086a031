// Browsers make six connections to one origin by HTTP/1: streams that stay open take them away from
// everything else, and nothing says so.

/** How many open streams are many. */
const MANY = 5;
/** How long they have to stay, in milliseconds. */
const LONG = 1000;

/** How many streams are open, by origin. @type {Map<string, number>} */
const open = new Map();
let warned = false;

/** A stream has opened; returns what tells of its end. @param {string} url */
export function enter(url) {
  const { origin, protocol } = new URL(url);
  const count = () => open.get(origin) ?? 0;
  open.set(origin, count() + 1);
  // Browsers speak HTTP/2 by TLS only, and what is no browser has no such limit.
  if (protocol === "http:" && count() === MANY && ("document" in globalThis || "WorkerGlobalScope" in globalThis)) {
    setTimeout(() => {
      if (warned || count() < MANY) return;
      warned = true;
      import("./seldom.js").then(({ warn }) => warn(MANY, origin), () => {});
    }, LONG);
  }
  return () => void open.set(origin, count() - 1);
}
