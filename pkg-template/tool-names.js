// Names of tools as models may write them, and back. All providers take these: a letter or an
// underscore, then letters, digits, underscores and dashes, 64 characters in all.

const LONGEST = 64;
const ALLOWED = new RegExp(`^[A-Za-z_][\\w-]{0,${LONGEST - 1}}$`);

/**
 * A name for each tool that no other one has. What may stay as it is does.
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function namesForModels(names) {
  const taken = new Set(names.filter((name) => ALLOWED.test(name)));
  const kept = new Set();
  return names.map((name) => {
    if (ALLOWED.test(name) && !kept.has(name)) {
      kept.add(name);
      return name;
    }
    const usable = shorten(name.replace(/[^\w-]/g, "_").replace(/^(?![A-Za-z_])/, "_"), name);
    let unique = usable;
    for (let count = 2; taken.has(unique); count++) unique = `${usable.slice(0, LONGEST - 4)}_${count}`;
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
