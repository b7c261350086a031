// `WWW-Authenticate`, as RFC 9110 section 11.6.1 writes it: several challenges in one field.

const BETWEEN = /[\s,]*/y;
const TOKEN = /[!#$%&'*+.^_`|~\w-]+/y;
const TOKEN68 = /[ \t]*[\w\-.~+/]+=*[ \t]*(?=,|$)/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\[^])*)"?/y;

/**
 * The challenges of a field, names without case; what cannot be read is passed over.
 * @param {string} field
 */
export function readChallenges(field) {
  /** @type {{ scheme: string, params: Record<string, string> }[]} */
  const challenges = [];
  let at = 0;
  const take = (/** @type {RegExp} */ pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(field);
    if (found) at = pattern.lastIndex;
    return found;
  };
  while (take(BETWEEN), at < field.length) {
    const word = take(TOKEN)?.[0].toLowerCase();
    if (!word) {
      // Junk; but a text in quotes stays whole.
      if (!take(QUOTED)) at++;
      continue;
    }
    const last = challenges.at(-1);
    if (last && take(EQUALS)) {
      const quoted = take(QUOTED);
      // Unquoted addresses are no tokens, and are sent all the same.
      last.params[word] ??= quoted ? /** @type {string} */ (quoted[1]).replace(/\\([^])/g, "$1") : /** @type {RegExpExecArray} */ (take(/[^\s,"]*/y))[0];
    } else {
      challenges.push({ scheme: word, params: Object.create(null) });
      take(TOKEN68);
    }
  }
  return challenges;
}

/**
 * What the challenge for tokens says, if there is one.
 * @param {string | null | undefined} field
 * @returns {Record<string, string> | undefined}
 */
export function tokenChallenge(field) {
  const ours = readChallenges(field ?? "").filter(({ scheme }) => scheme === "bearer" || scheme === "dpop");
  return (ours.find(({ params }) => params.resource_metadata) ?? ours.find(({ params }) => params.error) ?? ours[0])?.params;
}

/** The scopes of a text, or of a list of them, each once. @param {unknown} text @returns {string[]} */
export const scopesOf = (text) => [...new Set((Array.isArray(text) ? text.join(" ") : typeof text === "string" ? text : "").match(/\S+/g))];
