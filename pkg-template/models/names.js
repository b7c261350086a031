// Names as models and providers take them, and unlike each other. What may stay as it is does.

const LONGEST = 64;

/**
 * What a name may be: all of it, what in it becomes an underscore, and how it may start.
 * @typedef {{ allowed: RegExp, strange: RegExp, start: RegExp }} Alphabet
 */

/** Of tools: all providers take a letter or an underscore, then letters, digits, underscores and dashes. @type {Alphabet} */
const TOOLS = { allowed: /^[A-Za-z_][\w-]{0,63}$/, strange: /[^\w-]/g, start: /^[A-Za-z_]/ };
/** Of arguments: what Anthropic takes, and what Gemini takes. @type {Alphabet} */
export const ARGUMENTS = { allowed: /^[\w.-]{1,64}$/, strange: /[^\w.-]/g, start: /^./ };
/** @type {Alphabet} */
export const PARAMETERS = { allowed: /^[A-Za-z_]\w{0,63}$/, strange: /\W/g, start: /^[A-Za-z_]/ };

/**
 * A name for each that no other one has.
 * @param {readonly string[]} names
 * @param {Alphabet} [alphabet]
 * @returns {string[]}
 */
export function namesForModels(names, { allowed, strange, start } = TOOLS) {
  const taken = new Set(names.filter((name) => allowed.test(name)));
  const kept = new Set();
  /** How often a name had to be told apart. @type {Map<string, number>} */
  const counts = new Map();
  return names.map((name) => {
    if (allowed.test(name) && !kept.has(name)) {
      kept.add(name);
      return name;
    }
    const replaced = name.replace(strange, "_");
    const usable = shorten(start.test(replaced) ? replaced : `_${replaced}`, name);
    let unique = usable;
    let count = counts.get(usable) ?? 1;
    while (taken.has(unique)) {
      const end = `_${++count}`;
      unique = usable.slice(0, LONGEST - end.length) + end;
    }
    counts.set(usable, count);
    taken.add(unique);
    return unique;
  });
}

/** Cut names end in what tells them apart. @param {string} usable @param {string} name */
function shorten(usable, name) {
  if (usable.length <= LONGEST) return usable;
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ /** @type {number} */ (character.codePointAt(0)), 0x01000193);
  return `${usable.slice(0, LONGEST - 9)}_${(hash >>> 0).toString(16).padStart(8, "0")}`;
}
