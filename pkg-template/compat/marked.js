// As in the SDK 2.x, `instanceof` goes by a mark that every copy sets, so errors of this package are the SDK's for the SDK, and
// the other way round.

/** By the SDK's names. */
const MARKS = Symbol.for("mcp.sdk.errorBrands");

export class Marked extends Error {
  /** @param {string} message @param {{ cause?: unknown }} [options] */
  constructor(message, options) {
    super(message, options);
    const marks = new Set();
    for (let kind = /** @type {{ mcpBrand?: string }} */ (new.target); kind; kind = Object.getPrototypeOf(kind)) if (Object.hasOwn(kind, "mcpBrand")) marks.add(kind.mcpBrand);
    Object.defineProperty(this, MARKS, { value: marks, configurable: true });
  }

  /** @param {any} value whatever there is */
  static [Symbol.hasInstance](value) {
    if (Object.hasOwn(this, "mcpBrand") && value?.[MARKS]?.has?.(/** @type {{ mcpBrand?: string }} */ (this).mcpBrand)) return true;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** @param {unknown} value */
  static isInstance(value) {
    if (typeof this !== "function") throw new TypeError("isInstance is called on its class: `SdkError.isInstance(value)`");
    return value instanceof this;
  }
}

/** @param {Function} kind @param {string} name */
export const mark = (kind, name) => Object.defineProperty(kind, "mcpBrand", { value: `mcp.${name}` });
