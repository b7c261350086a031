// JSON laid out for reading: whatever fits on one line stays on one line, and lists of plain values fill theirs.

/**
 * @param {unknown} value anything JSON can say
 * @param {number} [width] characters per line
 * @param {string} [indent]
 * @returns {string}
 */
export function prettyJson(value, width = 96, indent = "") {
  const flat = oneLine(value);
  if (!isContainer(value) || indent.length + flat.length <= width) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const lines = value.some(isContainer)
      ? value.map((item) => inner + prettyJson(item, width, inner)).join(",\n")
      : filled(value.map(oneLine), width, inner);
    return `[\n${lines}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${prettyJson(item, width, inner)}`,
  );
  return `{\n${members.join(",\n")}\n${indent}}`;
}

/**
 * @param {string[]} items
 * @param {number} width
 * @param {string} indent
 */
function filled(items, width, indent) {
  const lines = [];
  let line = indent;
  for (const [index, item] of items.entries()) {
    const piece = index < items.length - 1 ? `${item},` : item;
    if (line !== indent && line.length + 1 + piece.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? piece : ` ${piece}`;
  }
  return [...lines, line].join("\n");
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function oneLine(value) {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (isContainer(value)) {
    const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return JSON.stringify(value) ?? "undefined";
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
const isContainer = (value) => typeof value === "object" && value !== null;
