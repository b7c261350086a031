// The frame inspector: the newest matching messages as rows that open to the whole message. It follows the end while
// the end is in view, and draws per animation frame however fast messages come.

import { byId, fromTemplate, h, part, setText } from "./dom.js";
import { number, plural, size, timeOfDay } from "./format.js";
import { perFrame } from "./frame-clock.js";
import { FrameLog } from "./frame-log.js";
import { prettyJson } from "./pretty-json.js";

const ROWS = 500;
const LONGEST_SHOWN = 100_000;

/**
 * @typedef {import("./frame-log.js").Frame} Frame
 * @typedef {import("./frame-log.js").Direction} Direction
 * @typedef {import("./frame-log.js").FrameFilter} FrameFilter
 */

export class Inspector {
  #log = new FrameLog();
  #scroller = byId("frame-scroller", HTMLElement);
  #list = byId("frame-list", HTMLOListElement);
  #empty = byId("frames-empty", HTMLElement);
  #count = byId("frame-count", HTMLElement);
  #summary = byId("frame-summary", HTMLElement);
  #text = byId("frame-filter", HTMLInputElement);
  #direction = byId("frame-direction", HTMLSelectElement);
  #pause = byId("frames-pause", HTMLButtonElement);
  #drawn = 0;
  #draw = perFrame(() => this.#drawNew());

  constructor() {
    this.#text.addEventListener("input", () => this.#redraw());
    this.#direction.addEventListener("change", () => this.#redraw());
    this.#pause.addEventListener("click", () => this.#togglePause());
    byId("frames-clear", HTMLButtonElement).addEventListener("click", () => {
      this.#log.clear();
      this.#redraw();
    });
    this.#list.addEventListener("click", (event) => this.#toggleRow(event));
    this.#list.addEventListener("keydown", (event) => this.#moveFocus(event));
    this.#drawCounts();
  }

  /**
   * @param {Direction} direction
   * @param {string} text
   */
  record(direction, text) {
    this.#log.record(direction, text);
    this.#draw();
  }

  /** @returns {FrameFilter} */
  get #filter() {
    const direction = /** @type {FrameFilter["direction"]} */ (this.#direction.value);
    return { text: this.#text.value.trim().toLowerCase(), direction };
  }

  #redraw() {
    this.#drawn = 0;
    this.#list.replaceChildren();
    this.#drawNew();
  }

  #drawNew() {
    const following = this.#atEnd();
    const fresh = this.#log.newest(this.#filter, ROWS, this.#drawn);
    this.#drawn = this.#log.recorded;
    if (fresh.length > 0) {
      const rows = fresh.map((frame) => row(frame));
      const surplus = this.#list.childElementCount + rows.length - ROWS;
      if (fresh.length >= ROWS) this.#list.replaceChildren(...rows);
      else {
        for (let i = 0; i < surplus; i += 1) this.#list.firstElementChild?.remove();
        this.#list.append(...rows);
      }
      this.#keepOneTabStop();
      if (following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
    this.#drawCounts();
  }

  #drawCounts() {
    const { recorded, size: kept, paused, missed } = this.#log;
    const shown = this.#list.childElementCount;
    setText(this.#count, number(recorded));
    this.#empty.hidden = shown > 0;
    setText(this.#empty, kept > 0 ? "No frame matches the filter." : "Every message of the connection appears here.");
    const text = [`${number(shown)} shown of ${plural(recorded, "frame")}`];
    if (recorded > kept) text.push(`the newest ${number(kept)} are kept`);
    if (missed > 0) text.push(`${number(missed)} passed while paused`);
    else if (paused) text.push("paused");
    setText(this.#summary, text.join(" · "));
  }

  #togglePause() {
    this.#log.paused = !this.#log.paused;
    this.#pause.setAttribute("aria-pressed", String(this.#log.paused));
    setText(this.#pause, this.#log.paused ? "Resume" : "Pause");
    this.#drawCounts();
  }

  #atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < 24;
  }

  /** @param {Event} event */
  #toggleRow(event) {
    const button = event.target instanceof Element ? event.target.closest(".frame-row") : null;
    const item = button?.parentElement;
    const frame = item && frames.get(item);
    if (!button || !item || !frame) return;
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    if (open) item.append(h("pre", { class: "frame-body", tabindex: 0, role: "region", "aria-label": "Message" }, body(frame)));
    else item.querySelector(".frame-body")?.remove();
    this.#focusable(button);
  }

  /** Up and down, Home and End move between rows, which are one stop of the Tab key. @param {KeyboardEvent} event */
  #moveFocus(event) {
    const current = event.target instanceof Element ? event.target.closest(".frame-row") : null;
    if (!current) return;
    const item = current.parentElement;
    const target = {
      ArrowDown: item?.nextElementSibling,
      ArrowUp: item?.previousElementSibling,
      Home: this.#list.firstElementChild,
      End: this.#list.lastElementChild,
    }[event.key];
    const next = target?.querySelector(".frame-row");
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    this.#focusable(next);
    next.focus();
  }

  /** @param {Element} chosen */
  #focusable(chosen) {
    this.#list.querySelector('.frame-row[tabindex="0"]')?.setAttribute("tabindex", "-1");
    chosen.setAttribute("tabindex", "0");
  }

  #keepOneTabStop() {
    if (this.#list.querySelector('.frame-row[tabindex="0"]')) return;
    this.#list.lastElementChild?.querySelector(".frame-row")?.setAttribute("tabindex", "0");
  }
}

/** @type {WeakMap<Element, Frame>} */
const frames = new WeakMap();

/** @param {Frame} frame */
function row(frame) {
  const item = fromTemplate("frame-template", HTMLLIElement);
  const { label, detail } = frame.summary;
  frames.set(item, frame);
  item.dataset.direction = frame.direction;
  item.dataset.label = label;
  part(item, "time", HTMLElement).textContent = timeOfDay(frame.at);
  part(item, "direction", HTMLElement).textContent = frame.direction;
  part(item, "arrow", SVGUseElement).setAttribute("href", frame.direction === "sent" ? "#icon-up" : "#icon-down");
  part(item, "label", HTMLElement).textContent = label;
  part(item, "detail", HTMLElement).textContent = detail;
  part(item, "size", HTMLElement).textContent = size(frame.text.length);
  return item;
}

/** @param {Frame} frame */
function body({ text, summary }) {
  if (text.length > LONGEST_SHOWN) return `${text.slice(0, LONGEST_SHOWN)}\n… ${number(text.length - LONGEST_SHOWN)} more characters`;
  if (summary.value === undefined) return text;
  try {
    return prettyJson(summary.value);
  } catch {
    return text; // nested too deeply to lay out
  }
}
