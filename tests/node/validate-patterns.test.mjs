// The patterns of `mcp-wasm/validate`: they say what the engine's regular expressions say, and take
// no time without end.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { pkg } from "../support/paths.mjs";
import { randomFrom } from "../support/provider-rules.mjs";

/** @type {typeof import("mcp-wasm/validate")} */
const { jsonSchemaValidator } = await import(pathToFileURL(path.join(pkg, "validate.js")).href);
/** @param {string} pattern @returns {(text: string) => boolean} */
const matcher = (pattern) => {
  const check = jsonSchemaValidator.getValidator({ type: "string", pattern });
  return (text) => {
    const { valid, errorMessage } = check(text);
    if (!valid) assert.match(String(errorMessage), /does not match pattern/);
    return valid;
  };
};

test("a pattern matches what the engine's own expression matches", () => {
  const texts = ["", "a", "b", "ab", "aab", "abc", "-", "a-b", "A", "1", "12", "2024-01-31", "ü", "😀", "a😀", "\n", "a\nb", " ", "_", "h{", "]", "https://x", "x.y@z.org", "aaaaaaaa", "(", "\\", "é", "\ud83d"];
  const patterns = ["", "a", "^a$", "a*", "^a*$", "^a+b?$", "^(a|b)*$", "^(?:ab|a)(?:bc|c)$", "^.$", ".", "^[a-c]+$", "[^a]", "^[^a]$", "^\\d{4}-\\d{2}-\\d{2}$", "\\w+@\\w+\\.\\w+"];
  patterns.push("^\\p{L}$", "\\P{L}", "^\\u00fc$", "^\\u{1F600}$", "^\\ud83d\\ude00$", "\\x61", "\\bb", "\\Bb", "^a{2}b", "^a{2,}$", "^a{1,3}$", "^(a{2}){2,4}$", "a??b", "^a*?$", "(?<n>a)b", "^(?=a)\\w", "^(?!a)", "^(?=.*\\d)(?=.*-).{4,}$");
  patterns.push("^(?!.*b).*$", "a|^$", "|a", "(|a)b", "\\n", "\\s", "[\\s\\S]", "[\\]]", "[\\\\]", "^(a*)*$", "^(a*)+b$", "^$", "^^a$$", "\\/", "^(?:)$", "[]", "[^]", "^\\S+$", "\\(", "(?:a|b|)c", "^[\\u{1F600}a]+$", "\\cJ");
  for (const pattern of patterns) {
    const native = new RegExp(pattern, "u");
    const matches = matcher(pattern);
    for (const text of texts) assert.equal(matches(text), native.test(text), `${pattern} on ${JSON.stringify(text)}`);
  }
});

test("patterns of the older flavour work: identity escapes, sets with ranges of sets, lone brackets", () => {
  for (const [pattern, right, wrong] of /** @type {const} */ ([
    ["^https\\:\\/\\/", "https://a", "http://a"],
    ["a\\-b", "a-b", "ab"],
    ["^[\\w-.:/]+$", "a-b.c:/", "a b"],
    ["^h{", "h{", "h"],
    ["^a{,2}$", "a{,2}", "aa"],
    ["^}]$", "}]", "}"],
    ["^\\_\\@$", "_@", "@"],
    ["^[\\_\\-]$", "-", "\\"],
    ["^x{2}\\-$", "xx-", "x-"],
  ])) {
    const matches = matcher(pattern);
    assert.deepEqual([matches(right), matches(wrong)], [true, false], pattern);
    assert.equal(new RegExp(pattern).test(right), true);
  }
  const check = jsonSchemaValidator.getValidator({ patternProperties: { "^x\\-": { type: "number" } }, additionalProperties: false });
  assert.deepEqual([check({ "x-a": 1 }).valid, check({ "x-a": "1" }).valid, check({ y: 1 }).valid], [true, false, false]);
});

test("patterns made of parts agree with the engine's", () => {
  const atoms = ["a", "b", ".", "[ab]", "[^a]", "\\w", "\\d", "^", "$", "\\b"];
  for (let seed = 1; seed <= 1_500; seed++) {
    const { below, pick } = randomFrom(seed);
    /** @param {number} depth @returns {string} */
    const make = (depth) => {
      const part = depth > 2 || below(3) ? pick(atoms) : `${pick(["(", "(?:", "(?=", "(?!"])}${make(depth + 1)}${below(2) ? `|${make(depth + 1)}` : ""})`;
      const repeats = /^(\^|\$|\\b|\(\?[=!])/.test(part) ? "" : pick(["", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "{0}"]);
      return part + repeats + (below(3) ? make(depth + 1) : "");
    };
    const pattern = make(0).slice(0, 200);
    let native;
    try {
      native = new RegExp(pattern, "u");
    } catch {
      continue;
    }
    const matches = matcher(pattern);
    for (const text of ["", "a", "b", "ab", "aab", "ba1", "1 a", "bbbb", "\n"]) assert.equal(matches(text), native.test(text), `seed ${seed}: ${pattern} on ${JSON.stringify(text)}`);
  }
});

test("no pattern takes time without end", () => {
  const began = process.cpuUsage();
  const long = "a".repeat(50_000);
  for (const pattern of ["^(a|a)*$", "^((a)+)+$", "(a|aa)+$", "^(a+)+$", "(x+x+)+y", "^(.*)*$", "a*a*a*a*a*b", "(a?){30}a{30}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){20}", "^(a|[ab])*c$", "(?=(a+)+b)a", "(a*)*\\b!"]) {
    const check = jsonSchemaValidator.getValidator({ type: "object", properties: { a: { type: "string", pattern } } });
    const { valid, errorMessage } = check({ a: `${long}!` });
    if (!valid) assert.match(String(errorMessage), /does not match pattern|too many steps/, pattern);
  }
  const check = jsonSchemaValidator.getValidator({ patternProperties: { "^(a|a)*$": { type: "number" } } });
  assert.equal(check({ [`${"a".repeat(40)}!`]: "x" }).valid, true);
  assert.equal(jsonSchemaValidator.getValidator({ format: "url" })(`http://${"a".repeat(40)}!`).valid, true);
  const many = jsonSchemaValidator.getValidator({ items: { pattern: "^(a|b|ab)*$" } })(Array.from({ length: 1_000 }, () => long));
  assert.match(String(many.errorMessage), /too many steps/);
  assert.ok(process.cpuUsage(began).user < 15_000_000);
});

test("what cannot be compared in bounded time is refused by name, when the schema is read", () => {
  for (const [pattern, why] of /** @type {const} */ ([
    ["(a)\\1", /refers back/],
    ["(?<n>a)\\k<n>", /refers back/],
    ["(?<=a)b", /looks back/],
    ["(?<!a)b", /looks back/],
    ["((a{100}){100}){100}", /too large/],
    ["a{999999999}", /too large/],
    ["a".repeat(20_000), /too long/],
    ["(", /regular expression/i],
    ["[b-a]", /regular expression/i],
  ])) {
    assert.throws(() => jsonSchemaValidator.getValidator({ pattern }), why, pattern);
    assert.throws(() => jsonSchemaValidator.getValidator({ properties: { a: { patternProperties: { [pattern]: {} } } } }), why, pattern);
  }
  assert.equal(jsonSchemaValidator.getValidator({ pattern: "^(?:){999999999}$" })("").valid, true);
});
