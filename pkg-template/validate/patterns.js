// Regular expressions of servers' schemas. The engine's own backtrack: some take time without end,
// cannot be interrupted, and which ones nobody can tell in advance. These are read all ways at once,
// so the time is that of the pattern's size times the text's. Whether a text matches is all they say.
const Native = globalThis.RegExp;

/** The longest pattern, and what one may become: repetitions are written out. */
const LONGEST = 10_000;
const MOST = 20_000;
/** How many patterns are kept. */
const KEPT = 1_000;

/** How many steps may be taken until somebody sets it anew. */
export const budget = { left: Infinity };

// Instructions: a character, two ways, an assertion, a look ahead, and the end.
const CHARACTER = 0;
const SPLIT = 1;
const ASSERT = 2;
const LOOK = 3;
const END = 4;

/**
 * @typedef {{ op: number, next: number, other: number, test?: (character: string) => boolean, name?: string, look?: Instruction[], not?: boolean }} Instruction
 * @typedef {{ kind: "empty" } | { kind: "character", test: (character: string) => boolean } | { kind: "assert", name: string }
 *   | { kind: "look", node: Node, not: boolean } | { kind: "all" | "some", nodes: Node[] } | { kind: "repeat", node: Node, least: number, most: number }} Node
 */

/** @param {string} source @param {string} why */
const refused = (source, why) => new Error(`the pattern ${source.slice(0, 50)} ${why}`);

/** Reads a pattern that the engine has found to be right. */
class Parser {
  #at = 0;
  #groups;
  #named;

  /** @param {string} source @param {string} flags */
  constructor(source, flags) {
    this.source = source;
    this.flags = flags;
    this.#groups = new Native(`${source}|`, flags).exec("")?.length ?? 1;
    this.#named = /\(\?<[^=!]/.test(source);
  }

  /** @returns {Node} */
  alternatives() {
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    return nodes.length === 1 ? /** @type {Node} */ (nodes[0]) : { kind: "some", nodes };
  }

  /** @returns {Node} */
  #sequence() {
    const nodes = [];
    while (this.#at < this.source.length && !/^[|)]/.test(this.source[this.#at] ?? "")) nodes.push(this.#repeated(this.#term()));
    return { kind: "all", nodes };
  }

  /** @param {Node} node @returns {Node} */
  #repeated(node) {
    const [whole, sign, least, comma, most] = this.#match(/(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y) ?? [];
    if (whole === undefined) return node;
    if (sign) return { kind: "repeat", node, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Infinity };
    return { kind: "repeat", node, least: Number(least), most: !comma ? Number(least) : most ? Number(most) : Infinity };
  }

  /** @returns {Node} */
  #term() {
    const group = this.#match(/\((?:\?(?:(<?[=!])|(:)|<[^>]*>|(.)))?/y);
    if (group) {
      const [, look, , other] = group;
      if (look?.startsWith("<") || other) throw refused(this.source, "looks back, which takes too long");
      const node = this.alternatives();
      this.#take(")");
      return look ? { kind: "look", node, not: look === "!" } : node;
    }
    const assertion = this.#match(/\^|\$|\\[bB]/y);
    if (assertion) return { kind: "assert", name: assertion[0] };
    return { kind: "character", test: this.#character() };
  }

  /** @returns {(character: string) => boolean} */
  #character() {
    const unicode = this.flags !== "";
    const back = this.#match(/\\([1-9]\d*)/y);
    // Without such a group, these are numbers of characters, once upon a time.
    if ((back && (unicode || Number(back[1]) < this.#groups)) || (this.#named && this.#match(/\\k/y))) {
      throw refused(this.source, "refers back, which takes too long");
    }
    if (back) throw refused(this.source, "has an octal escape");
    const set = this.#match(/\[(?:\\.|[^\]\\])*\]/sy) ?? this.#match(/\./y);
    const escape = set ?? this.#match(unicode ? /\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|[pPu]\{[^}]*\}|u....|x..|c.|.)/suy : /\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|.)/sy);
    if (escape) return tester(escape[0], this.flags);
    const [literal = ""] = this.#match(unicode ? /[^]/uy : /[^]/y) ?? [];
    return (character) => character === literal;
  }

  /** @param {RegExp} sticky */
  #match(sticky) {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.source);
    if (found) this.#at = sticky.lastIndex;
    return found;
  }

  /** @param {string} text */
  #take(text) {
    const there = this.source.startsWith(text, this.#at);
    if (there) this.#at += text.length;
    return there;
  }
}

/** What one character is compared with: here nothing can go back. @param {string} atom @param {string} flags */
function tester(atom, flags) {
  const native = new Native(`^(?:${atom})$`, flags);
  /** @type {boolean[]} */
  const known = [];
  return (/** @type {string} */ character) => {
    const code = character.charCodeAt(0);
    return code < 128 ? (known[code] ??= native.test(character)) : native.test(character);
  };
}

/** @param {Node} node @param {string} source @returns {Instruction[]} */
function compile(node, source) {
  /** @type {Instruction[]} */
  const code = [];
  /** @param {Partial<Instruction> & { op: number }} instruction */
  const add = (instruction) => {
    if (code.length >= MOST) throw refused(source, "is too large");
    return code.push({ next: 0, other: 0, ...instruction }) - 1;
  };
  // From its end to its start, so that each knows what comes next.
  /** @param {Node} node @param {number} next @returns {number} where it starts */
  const emit = (node, next) => {
    switch (node.kind) {
      case "empty":
        return next;
      case "character":
        return add({ op: CHARACTER, test: node.test, next });
      case "assert":
        return add({ op: ASSERT, name: node.name, next });
      case "look":
        return add({ op: LOOK, look: compile(node.node, source), not: node.not, next });
      case "all":
        return node.nodes.reduceRight((behind, part) => emit(part, behind), next);
      case "some":
        return node.nodes.map((part) => emit(part, next)).reduce((one, other) => add({ op: SPLIT, next: one, other }));
      case "repeat": {
        const { node: part, least, most } = node;
        let start = next;
        if (most === Infinity) {
          start = add({ op: SPLIT, other: next });
          /** @type {Instruction} */ (code[start]).next = emit(part, start);
        } else for (let more = most - least; more > 0; more--) start = add({ op: SPLIT, next: emit(part, start), other: next });
        for (let times = least; times > 0; times--) {
          const before = code.length;
          start = emit(part, start);
          // As often as one likes, it is nothing.
          if (code.length === before) break;
        }
        return start;
      }
    }
  };
  const end = add({ op: END });
  const start = emit(node, end);
  // Where to start is the last.
  add({ op: SPLIT, next: start, other: start });
  return code;
}

/**
 * @param {Instruction[]} code
 * @param {string} text
 * @param {number} from
 * @param {boolean} anywhere whether it may start further on
 * @param {boolean} unicode
 * @returns {boolean}
 */
function run(code, text, from, anywhere, unicode) {
  const marks = new Uint32Array(code.length);
  let mark = 0;
  /** @type {Instruction[]} */
  let now = [];
  /** Follows what takes no character. @param {number} start @param {number} at @param {Instruction[]} into */
  const enter = (start, at, into) => {
    const waiting = [start];
    while (waiting.length) {
      const place = /** @type {number} */ (waiting.pop());
      if (marks[place] === mark) continue;
      marks[place] = mark;
      if (--budget.left < 0) throw new Error("it takes too many steps to compare a text with a pattern");
      const instruction = /** @type {Instruction} */ (code[place]);
      const { op, next, other, look, not, name } = instruction;
      if (op === END) return true;
      if (op === CHARACTER) into.push(instruction);
      else if (op === SPLIT) waiting.push(other, next);
      else if (op === LOOK ? run(/** @type {Instruction[]} */ (look), text, at, false, unicode) !== not : holds(name, text, at)) waiting.push(next);
    }
    return false;
  };
  for (let at = from; ; ) {
    const fresh = at === from || anywhere;
    if (at === from) mark++;
    if (fresh && enter(code.length - 1, at, now)) return true;
    if (at >= text.length || (!now.length && !anywhere)) return false;
    const character = unicode ? String.fromCodePoint(/** @type {number} */ (text.codePointAt(at))) : /** @type {string} */ (text[at]);
    at += character.length;
    mark++;
    /** @type {Instruction[]} */
    const then = [];
    for (const { test, next } of now) if (test?.(character) && enter(next, at, then)) return true;
    now = then;
  }
}

/** @param {string | undefined} name @param {string} text @param {number} at */
function holds(name, text, at) {
  if (name === "^") return at === 0;
  if (name === "$") return at === text.length;
  const edge = /\w/.test(text[at - 1] ?? "") !== /\w/.test(text[at] ?? "");
  return edge === (name === "\\b");
}

/** @type {Map<string, Pattern>} */
const kept = new Map();

export class Pattern {
  /** @type {Instruction[]} */
  #code = [];
  #unicode = true;
  /** Whether it can only start where the text does. */
  #fixed = false;

  /** Throws for what is no pattern, and for what nobody can compare in bounded time. @param {string} source */
  constructor(source) {
    const known = kept.get(source);
    if (known) return known;
    if (source.length > LONGEST) throw refused(source, "is too long");
    let flags = "u";
    try {
      new Native(source, "u");
    } catch (error) {
      // As patterns were written before there was this flag: `\-`, `[\w-.]`, a lone `{`.
      flags = "";
      try {
        new Native(source);
      } catch {
        throw error;
      }
    }
    this.#unicode = flags !== "";
    this.#fixed = source.startsWith("^") && !source.includes("|");
    this.#code = compile(new Parser(source, flags).alternatives(), source);
    if (kept.size >= KEPT) kept.clear();
    kept.set(source, this);
  }

  /** @param {string} text */
  test(text) {
    return run(this.#code, String(text), 0, !this.#fixed, this.#unicode);
  }
}

// The validator makes its patterns by this name: see where the package is built.
export { Pattern as RegExp };
