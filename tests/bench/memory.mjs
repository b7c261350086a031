// The most memory that a browser's pages have taken since a moment, as Linux tells it of their processes.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

/** @param {number} pid @param {string} file */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}
/** @param {number} pid */
const parent = (pid) => Number(read(pid, "stat").split(") ").at(-1)?.split(" ")[1]);
/** @param {number} pid @param {string} what */
const bytes = (pid, what) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(read(pid, "status"))?.[1]) * 1024;

/** The processes of pages below that of a browser. @param {number} browser */
function pagesOf(browser) {
  const all = readdirSync("/proc").map(Number).filter(Boolean);
  const parents = new Map(all.map((pid) => [pid, parent(pid)]));
  /** @param {number | undefined} pid @returns {boolean} */
  const below = (pid) => pid !== undefined && pid > 1 && (pid === browser || below(parents.get(pid)));
  return all.filter((pid) => read(pid, "cmdline").includes("--type=renderer") && below(pid));
}

export class Peak {
  #before;

  /** From now on. @param {number | undefined} browser its process */
  static of(browser) {
    return process.platform === "linux" && browser ? new Peak(browser) : undefined;
  }

  /** @param {number} browser */
  constructor(browser) {
    this.#before = pagesOf(browser).map((pid) => {
      // What was the most until now is forgotten.
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
      return { pid, bytes: bytes(pid, "VmRSS") };
    });
  }

  /** By how many bytes the page has grown at most that has grown most: the others rest. */
  growth() {
    return Math.max(...this.#before.map((before) => bytes(before.pid, "VmHWM") - before.bytes).filter((grown) => grown >= 0));
  }
}
