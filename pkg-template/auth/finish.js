// The page that a log-in comes back to.
import { absolute } from "./addresses.js";
import { QUESTION, answered } from "./login.js";
import { Sessions } from "./sessions.js";
import { session } from "./storage.js";
import { handOver } from "./windows.js";

/** Where the tabs keep which answers have come, the latest first. */
const USED = "mcp-wasm-auth used";

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
  const kept = take(state);
  if (!kept) {
    const received = await handOver(search, state);
    if (received) close();
    return received;
  }
  /** @type {import("./flow.js").Question} */
  const question = JSON.parse(kept);
  await answered(new Sessions({}, storage), question, answer);
  const back = absolute(question.returnTo ?? "");
  if (back?.startsWith(`${location.origin}/`)) history.replaceState(null, "", back);
  return true;
}

/** The question with this state, once: a tab that is duplicated has all that it kept a second time. @param {string} state */
function take(state) {
  let kept;
  try {
    kept = sessionStorage.getItem(QUESTION + state);
    sessionStorage.removeItem(QUESTION + state);
    const used = (localStorage.getItem(USED) ?? "").split(" ");
    if (used.includes(state)) return null;
    if (kept) localStorage.setItem(USED, [state, ...used].slice(0, 20).join(" "));
  } catch {
    // A page without storage is a window of another one; one whose storage is full just keeps no list.
  }
  return kept;
}
