// What happens, told to screen readers: politely, in whole sentences, and never more than one breath at a time.

import { plural } from "./format.js";

const PAUSE_MS = 600;
const AT_ONCE = 3;

export class Announcer {
  /** @type {string[]} */
  #waiting = [];
  /** @type {number | undefined} */
  #timer;
  #region;

  /** @param {HTMLElement} region a polite live region */
  constructor(region) {
    this.#region = region;
  }

  /** @param {string} sentence */
  say(sentence) {
    this.#waiting.push(sentence);
    this.#timer ??= setTimeout(() => this.#flush(), PAUSE_MS);
  }

  #flush() {
    this.#timer = undefined;
    const said = this.#waiting.splice(0);
    const rest = said.length - AT_ONCE;
    const heard = rest > 0 ? [...said.slice(0, AT_ONCE), `And ${plural(rest, "more event")}.`] : said;
    this.#region.textContent = heard.join(" ");
  }
}
