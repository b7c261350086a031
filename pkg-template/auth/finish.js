// The page that a log-in comes back to.
import { QUESTION, answered } from "./login.js";
import { Sessions } from "./sessions.js";
import { session } from "./storage.js";
import { handOver } from "./windows.js";

/** What this page has come back with. @type {Promise<boolean> | undefined} */
let finishing;

/** @param {{ storage?: import("./index.js").AuthStorage }} [options] */
export function finish({ storage = session() } = {}) {
  const { search, pathname } = location;
  const answer = new URLSearchParams(search);
  const state = answer.get("state");
  if (!state || !(answer.has("code") || answer.has("error"))) return finishing ?? Promise.resolve(false);
  // Nothing secret stays in the address bar, and nothing comes twice.
  history.replaceState(history.state, "", pathname);
  return (finishing = conclude(search, answer, state, storage));
}

/** @param {string} search @param {URLSearchParams} answer @param {string} state @param {import("./index.js").AuthStorage} storage */
async function conclude(search, answer, state, storage) {
  const kept = take(QUESTION + state);
  if (!kept) {
    const received = await handOver(search, state);
    if (received) close();
    return received;
  }
  /** @type {import("./flow.js").Question} */
  const question = JSON.parse(kept);
  await answered(new Sessions({}, storage), question, answer);
  const { origin, href } = location;
  const back = URL.canParse(question.returnTo ?? "", href) ? new URL(/** @type {string} */ (question.returnTo), href) : undefined;
  if (back?.origin === origin) history.replaceState(null, "", back.href);
  return true;
}

/** @param {string} name */
function take(name) {
  try {
    const kept = sessionStorage.getItem(name);
    sessionStorage.removeItem(name);
    return kept;
  } catch {
    // A page without storage is a window of another one.
    return null;
  }
}
