// URI templates (RFC 6570) as far as a form needs them: the names in a template, and the URI for their values.

const EXPRESSION = /\{([+#./;?&]?)([^{}]*)\}/g;

/** Where it is not the operator itself. @type {Record<string, string>} */
const SEPARATORS = { "": ",", "+": ",", "#": ",", "?": "&" };

/** @param {string} list `a,b*,c:3` */
const namesIn = (list) => list.split(",").map((name) => name.replace(/\*$|:\d+$/, ""));

/**
 * @param {string} template
 * @returns {string[]} in order, each once
 */
export function variables(template) {
  return [...new Set([...template.matchAll(EXPRESSION)].flatMap(([, , list]) => namesIn(list ?? "")))];
}

/**
 * @param {string} template
 * @param {Record<string, string>} values
 */
export function expand(template, values) {
  return template.replace(EXPRESSION, (_, operator, list) => {
    const encode = operator === "+" || operator === "#" ? encodeURI : encodeURIComponent;
    const named = operator === ";" || operator === "?" || operator === "&";
    const parts = namesIn(list).flatMap((name) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      return value === undefined || value === "" ? [] : [named ? `${name}=${encode(value)}` : encode(value)];
    });
    if (parts.length === 0) return "";
    const separator = SEPARATORS[operator] ?? operator;
    return (operator === "+" ? "" : operator) + parts.join(separator);
  });
}
