/**
 * The element `<mcp-progress>`: importing this defines it.
 *
 * @example
 * ```js
 * import "mcp-wasm/element";
 *
 * const bar = document.createElement("mcp-progress");
 * bar.setAttribute("label", "Scanning");
 * document.body.append(bar);
 * bar.source = client.callTool("scan_directory", { directory: "/" });
 * ```
 * @module
 */
import type { Call, CallBoard } from "../index.js";

/**
 * Shows the progress of one call, or of all calls on a board.
 *
 * Its attribute `label` names it for screen readers. Its state is in `data-state`: `idle`,
 * `indeterminate`, `determinate`, `stalled`, `done` or `failed` (also for a result with `isError`);
 * of the last two it also tells by an event. Style it by the parts `bar`, `fill`, `text`, `message`,
 * `value` and `status`, or by the custom properties `--mcp-progress-color`, `--mcp-progress-track` and
 * `--mcp-progress-height`. It keeps still for people who want less motion.
 *
 * @example
 * ```js
 * const bar = document.querySelector("mcp-progress");
 * bar.source = client.calls; // all that is under way
 * ```
 */
export class McpProgressElement extends HTMLElement {
  /** What is shown. */
  source: Call<unknown> | CallBoard | null | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "mcp-progress": McpProgressElement;
  }
}
