// <mcp-progress>: the progress of one call, or of all calls on a board, as an element to drop in.
import { itself, throughProxies } from "../base/itself.js";
import { later } from "../base/later.js";
import { combinedProgress } from "../client/board.js";

/** @typedef {import("../types/call.js").Call<import("../types/tools.js").CallToolResult>} Call */
/** @typedef {import("../types/board.js").CallBoard} CallBoard */
/** @typedef {Call | CallBoard | null | undefined} Source */
/** @typedef {Partial<import("../types/progress.js").Progress>} Report what is shown of it */

const STYLE = `
:host { display: block; font: inherit; color: inherit; --mcp-progress-color: currentColor; --mcp-progress-track: color-mix(in srgb, currentColor 15%, transparent); --mcp-progress-height: 0.5em; }
:host([hidden]) { display: none; }
[part="bar"] { height: var(--mcp-progress-height); border-radius: var(--mcp-progress-height); background: var(--mcp-progress-track); overflow: hidden; }
[part="fill"] { height: 100%; border-radius: inherit; background: var(--mcp-progress-color); width: 0; transition: width 0.15s linear; }
:host([data-state="indeterminate"]) [part="fill"] { width: 35%; transition: none; animation: slide 1.4s ease-in-out infinite alternate; }
:host([data-state="stalled"]) [part="fill"] { animation-play-state: paused; opacity: 0.5; }
:host([data-state="failed"]) [part="fill"] { opacity: 0.3; animation: none; }
[part="text"] { display: flex; gap: 1em; justify-content: space-between; font-size: 0.875em; min-height: 1.4em; }
[part="message"] { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
[part="value"] { font-variant-numeric: tabular-nums; white-space: nowrap; }
[part="status"] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@keyframes slide { from { transform: translateX(-20%); } to { transform: translateX(205%); } }
@media (prefers-reduced-motion: reduce) { [part="fill"] { transition: none; } :host([data-state="indeterminate"]) [part="fill"] { animation: none; width: 100%; opacity: 0.4; } }
`;

/** Shared by all elements. @type {CSSStyleSheet | undefined} */
let sheet;

/** Milliseconds between two announcements to a screen reader. */
const QUIET = 3000;

/** Where there are no elements, such as on a server, the class is there all the same. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

export class McpProgressElement extends Base {
  static observedAttributes = ["label"];

  /** @type {Source} */
  #source;
  /** Ends what was bound before. @type {() => void} */
  #unbind = () => {};
  #parts;
  #announced = -Infinity;

  constructor() {
    super();
    itself(this);
    const root = this.attachShadow({ mode: "open" });
    // Not a style element: careful pages forbid those.
    sheet ??= new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    /** @param {string} name @param {Node[]} children */
    const part = (name, ...children) => {
      const element = document.createElement("div");
      element.setAttribute("part", name);
      element.append(...children);
      return element;
    };
    const [fill, message, value, status] = ["fill", "message", "value", "status"].map((name) => part(name));
    const bar = part("bar", /** @type {Node} */ (fill));
    bar.setAttribute("role", "progressbar");
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", "100");
    status?.setAttribute("role", "status");
    root.append(bar, part("text", /** @type {Node} */ (message), /** @type {Node} */ (value)), /** @type {Node} */ (status));
    this.#parts = /** @type {Record<string, HTMLElement>} */ ({ bar, fill, message, value, status });
  }

  /** What is shown: a call, or a board of calls. */
  get source() {
    return this.#source;
  }

  set source(source) {
    this.#unbind();
    this.#source = source;
    this.#unbind = () => {};
    this.#announced = -Infinity;
    this.#show({}, source ? "indeterminate" : "idle");
    if (typeof (/** @type {Partial<Call> | undefined} */ (source)?.progress) === "function") this.#bindCall(/** @type {Call} */ (source));
    else if (/** @type {Partial<CallBoard> | undefined} */ (source)?.subscribe) this.#bindBoard(/** @type {CallBoard} */ (source));
  }

  connectedCallback() {
    // A property that was set before the element was defined hides the accessor.
    if (Object.hasOwn(this, "source")) {
      const { source } = this;
      delete (/** @type {{ source?: unknown }} */ (this).source);
      this.source = source;
    }
    this.attributeChangedCallback();
  }

  attributeChangedCallback() {
    this.#parts["bar"]?.setAttribute("aria-label", this.getAttribute("label") ?? "Progress");
  }

  /** @param {Call} call */
  #bindCall(call) {
    const loop = call.progress();
    let bound = true;
    /** @type {Report} */
    let latest = {};
    /** Takes back the drawing that is asked for, if there is one. @type {(() => void) | undefined} */
    let cancel;
    this.#unbind = () => {
      bound = false;
      cancel?.();
      void loop.return?.();
    };
    const draw = () => {
      cancel = undefined;
      this.#show(latest, latest.fraction === undefined ? "indeterminate" : "determinate");
    };
    const follow = async () => {
      for await (latest of loop) cancel ??= later("frame", draw);
    };
    /** @param {Report} report @param {string} state */
    const end = (report, state) => {
      if (!bound) return;
      cancel?.();
      this.#end(report, state);
    };
    follow()
      .then(() => call)
      .then(
        (result) => {
          if (!result?.isError) return end({ ...latest, fraction: 1 }, "done");
          const text = result.content?.find?.((part) => part?.type === "text")?.text;
          end({ ...latest, message: text ?? latest?.message }, "failed");
        },
        (error) => end({ ...latest, message: error?.message }, "failed"),
      );
  }

  /** @param {CallBoard} board */
  #bindBoard(board) {
    const draw = () => {
      const calls = board.snapshot;
      const { fraction, determinate, stalled } = combinedProgress(calls);
      const message = calls.length === 1 ? calls[0]?.message : `${calls.length} calls`;
      if (!calls.length) this.#show({}, "idle");
      else this.#show({ fraction, message }, stalled ? "stalled" : determinate ? "determinate" : "indeterminate");
    };
    this.#unbind = board.subscribe(draw);
    draw();
  }

  /** @param {Report} report @param {string} state */
  #end(report, state) {
    this.#announced = -Infinity;
    this.#show(report, state);
    this.dispatchEvent(new Event(state));
  }

  /** @param {Report} report @param {string} state */
  #show({ progress, fraction, message, remaining }, state) {
    const { bar, fill, message: text, value, status } = /** @type {Record<"bar" | "fill" | "message" | "value" | "status", HTMLElement>} */ (this.#parts);
    this.dataset["state"] = state;
    const percent = fraction === undefined ? undefined : Math.floor(fraction * 100);
    const known = percent !== undefined && state !== "indeterminate";
    fill.style.width = known ? `${Number(fraction) * 100}%` : "";
    if (known) bar.setAttribute("aria-valuenow", String(percent));
    else bar.removeAttribute("aria-valuenow");
    text.textContent = message ?? "";
    const amount = known ? `${percent}%` : progress === undefined ? "" : String(progress);
    value.textContent = remaining ? `${amount} · ${duration(remaining)}` : amount;
    bar.setAttribute("aria-valuetext", [amount, message].filter(Boolean).join(", "));
    const now = performance.now();
    if (state === "idle" || now - this.#announced < QUIET) return;
    this.#announced = now;
    status.textContent = [this.getAttribute("label"), state === "failed" ? "failed" : amount, message].filter(Boolean).join(", ");
  }
}

throughProxies(McpProgressElement);

/** @param {number} milliseconds */
function duration(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

if (globalThis.customElements && !customElements.get("mcp-progress")) customElements.define("mcp-progress", McpProgressElement);
