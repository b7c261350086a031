// A list that comes in pages, put together: all items in one result, whatever the number of pages.

/** How large a list may become by its pages, in characters of JSON. */
const LARGEST = 64 * 1024 * 1024;

/** @typedef {import("../types/inside.js").Params} Params */
/** @typedef {any} Page whatever a server gave as one, or what was put together */

export class Pages {
  /** The first page; with more than one, a copy of it that grows. @type {Page} */
  #whole;
  #count = 0;
  /** Of all pages but the last. */
  #size = 0;
  #cursors = new Set();

  /**
   * @param {string} member where a page's items are
   * @param {Params | undefined} params what every page is asked with
   * @param {{ pages?: number } | undefined} options
   */
  constructor(member, params, options) {
    this.member = member;
    this.params = params;
    this.wanted = options?.pages ?? Infinity;
  }

  /**
   * Takes a page.
   * @param {Page} page
   * @param {number} limit how many pages a list may have
   * @returns {{ params?: Params, result?: Page, failure?: import("../types/inside.js").Failure }} what to ask next, or what came of it
   */
  take(page, limit) {
    const { member } = this;
    // Some servers write nothing, or `null`, for a list without items.
    if (page && page[member] == null) page = { ...page, [member]: [] };
    const cursor = page?.nextCursor;
    if (!this.#count++) {
      this.#whole = page;
    } else {
      // The server may still own its page, if it runs in this very process.
      if (this.#count === 2) this.#whole = { ...this.#whole, [member]: [...this.#whole[member]] };
      const items = page?.[member];
      // One by one: there may be more items than a function takes arguments.
      if (Array.isArray(items)) for (const item of items) this.#whole[member].push(item);
      this.#whole.nextCursor = cursor;
      if (cursor == null) delete this.#whole.nextCursor;
    }
    // An empty text is a cursor too.
    const done = cursor == null || this.#count >= this.wanted || !Array.isArray(this.#whole[member]);
    if (done) return { result: this.#whole };
    if (this.#cursors.has(cursor)) return endless("the server gave the same cursor twice");
    if (this.#count === limit) return endless(`the list has more than ${limit} pages`);
    this.#size += JSON.stringify(page).length;
    if (this.#size > LARGEST) return endless(`the pages of the list are over the limit of ${LARGEST} characters`);
    this.#cursors.add(cursor);
    return { params: { ...this.params, cursor } };
  }
}

/** @param {string} message */
const endless = (message) => ({ failure: { code: "ENDLESS_PAGES", message } });
