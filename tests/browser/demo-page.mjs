// The demo page as its tests see it: what is on it, read through the hooks that its markup offers.
import { setTimeout as sleep } from "node:timers/promises";
import { openPage } from "../support/browser.mjs";

/**
 * @typedef {object} Card
 * @property {string} tool
 * @property {number} id
 * @property {"running" | "done" | "tool-error" | "failed" | "cancelled"} state
 * @property {"client" | "call" | undefined} handler which handler ran
 * @property {number} updates
 * @property {"waiting" | "fraction" | "stages" | "count"} kind how the bar is drawn
 * @property {string} value
 * @property {string | null} now aria-valuenow, in percent
 * @property {string[]} logs
 * @property {string} result
 * @property {string} code of the error
 */

/** @typedef {[progress: string, total: string, message: string]} Update as the handler was given it */

/**
 * Waits until `probe` gives something, and gives that.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined | null | false>} probe
 * @param {number} [timeout]
 * @returns {Promise<T>}
 */
export async function until(what, probe, timeout = 20_000) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms in vain for: ${what}`);
    await sleep(40);
  }
}

export class DemoPage {
  /** @param {import("../support/browser.mjs").WatchedPage} watched */
  constructor(watched) {
    this.watched = watched;
    this.page = watched.page;
  }

  /**
   * Opens the page and waits until it is connected and shows its tools.
   *
   * @param {import("puppeteer-core").Browser} browser
   * @param {string} url
   * @param {{ width?: number, height?: number }} [viewport]
   */
  static async open(browser, url, { width = 1280, height = 860 } = {}) {
    const watched = await openPage(browser);
    await watched.page.setViewport({ width, height });
    await watched.page.goto(url, { waitUntil: "load" });
    const demo = new DemoPage(watched);
    await demo.untilConnection("open");
    await until("the tools", async () => (await demo.tools()).length > 0);
    return demo;
  }

  close() {
    return this.page.close();
  }

  /** @param {string} selector */
  text(selector) {
    return this.page.$eval(selector, (element) => (element.textContent ?? "").trim());
  }

  /** A click that does not depend on what lies where. @param {string} selector */
  click(selector) {
    return this.page.$eval(selector, (element) => /** @type {HTMLElement} */ (element).click());
  }

  /**
   * @param {string} selector
   * @param {string} value
   */
  fill(selector, value) {
    return this.page.$eval(
      selector,
      (element, text) => {
        /** @type {HTMLInputElement} */ (element).value = text;
        element.dispatchEvent(new Event("input", { bubbles: true }));
        element.dispatchEvent(new Event("change", { bubbles: true }));
      },
      value,
    );
  }

  connection() {
    return this.page.$eval("#connection", (element) => /** @type {HTMLElement} */ (element).dataset.state);
  }

  /**
   * @param {string} state
   * @param {number} [timeout]
   */
  untilConnection(state, timeout) {
    return until(`connection ${state}`, async () => (await this.connection()) === state, timeout);
  }

  /** @returns {Promise<string[]>} */
  tools() {
    return this.page.$$eval("#tool-list .tool", (items) => items.map((item) => /** @type {HTMLElement} */ (item).dataset.tool ?? ""));
  }

  /** @param {string} tool */
  run(tool) {
    return this.click(`.tool[data-tool="${tool}"] [data-part="run"]`);
  }

  /**
   * @param {string} tool
   * @param {string} argument
   * @param {string} value
   */
  setArgument(tool, argument, value) {
    return this.fill(`.tool[data-tool="${tool}"] [data-argument="${argument}"]`, value);
  }

  /** @returns {Promise<Card[]>} newest first */
  cards() {
    return this.page.$$eval(".call", (articles) =>
      articles.map((article) => {
        const { tool, call, state, handler, updates } = /** @type {HTMLElement} */ (article).dataset;
        /** @param {string} name */
        const part = (name) => /** @type {HTMLElement} */ (article.querySelector(`[data-part="${name}"]`));
        return /** @type {Card} */ ({
          tool,
          id: Number(call),
          state,
          handler,
          updates: Number(updates),
          kind: part("bar").dataset.kind,
          value: part("value").textContent,
          now: /** @type {Element} */ (part("bar").shadowRoot?.querySelector('[role="progressbar"]')).getAttribute("aria-valuenow"),
          logs: [...part("logs").children].map((line) => line.textContent ?? ""),
          result: part("result").textContent ?? "",
          code: part("code").textContent ?? "",
        });
      }),
    );
  }

  /**
   * The newest card of a tool, once it is as `test` wants it.
   *
   * @param {string} tool
   * @param {(card: Card) => boolean} [test]
   * @param {number} [timeout]
   * @returns {Promise<Card>}
   */
  card(tool, test = () => true, timeout) {
    const find = async () => {
      const card = (await this.cards()).find((candidate) => candidate.tool === tool);
      return card && test(card) ? card : undefined;
    };
    return until(`a card of ${tool} with ${test}`, find, timeout);
  }

  /**
   * The newest arguments of a call's progress handler, oldest first.
   *
   * @param {number} id
   * @returns {Promise<Update[]>}
   */
  async updates(id) {
    const card = `.call[data-call="${id}"]`;
    await this.page.$eval(`${card} details`, (details) => {
      /** @type {HTMLDetailsElement} */ (details).open = true;
    });
    await until("the table of updates", () => this.page.$(`${card} tbody tr`));
    return this.page.$$eval(`${card} tbody tr`, (rows) =>
      rows.map((row) => {
        const [, progress = "", total = "", message = ""] = [...row.children].map((cell) => cell.textContent ?? "");
        return /** @type {Update} */ ([progress, total, message]);
      }),
    );
  }

  /**
   * Chooses how to connect, and waits until that is done.
   *
   * @param {"websocket" | "http"} transport
   * @param {string} mode
   */
  async connect(transport, mode) {
    // Each choice connects anew, and browsers complain of a socket that is given up before it is open.
    await this.fill("#transport", transport);
    await this.untilConnection("open");
    await this.fill("#era", mode);
    await this.untilConnection("open");
    await until("the tools", async () => (await this.tools()).length > 0);
  }

  /** Waits for the dialog in which the server asks, and gives its title. */
  async question() {
    await until("a question", () => this.page.$("#question[open]"));
    return this.text("#question-title");
  }

  /**
   * @param {"accept" | "decline" | "cancel"} action
   * @param {Record<string, string>} [values] by argument
   */
  async answer(action, values = {}) {
    for (const [name, value] of Object.entries(values)) await this.fill(`#question [data-argument="${name}"]`, value);
    await this.click(`#question-${action}`);
  }

  /** Rows of the frame inspector, oldest first. */
  frames() {
    return this.page.$$eval(".frame", (items) =>
      items.map((item) => ({
        direction: /** @type {HTMLElement} */ (item).dataset.direction,
        label: /** @type {HTMLElement} */ (item).dataset.label,
        detail: item.querySelector('[data-part="detail"]')?.textContent ?? "",
      })),
    );
  }

  /** What must not have happened; `allowed` are errors that the test itself caused. @param {RegExp} [allowed] */
  complaints(allowed) {
    const { errors, logs } = this.watched;
    const warnings = logs.filter((line) => line.startsWith("warn"));
    return [...errors, ...warnings].filter((line) => !allowed?.test(line));
  }
}
