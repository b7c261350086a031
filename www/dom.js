// Typed access to the page's markup. Everything that is repeated lives in a <template> of index.html and names its
// inner elements with data-part; small one-off elements are made with `h`.

/**
 * @template {Element} T
 * @typedef {abstract new (...args: any[]) => T} ElementType
 */

/**
 * @template {Element} T
 * @param {string} id
 * @param {ElementType<T>} type
 * @returns {T}
 */
export function byId(id, type) {
  return checked(document.getElementById(id), type, `#${id}`);
}

/**
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} name
 * @param {ElementType<T>} type
 * @returns {T}
 */
export function part(root, name, type) {
  return checked(root.querySelector(`[data-part="${name}"]`), type, `data-part ${name}`);
}

/**
 * A fresh copy of a template's only element, in this document, so that custom elements in it are what they are.
 *
 * @template {Element} T
 * @param {string} id
 * @param {ElementType<T>} type
 * @returns {T}
 */
export function fromTemplate(id, type) {
  const content = byId(id, HTMLTemplateElement).content.firstElementChild;
  return checked(content && document.importNode(content, true), type, `template #${id}`);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | undefined>} [attributes] `false` and `undefined` are left out
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * Sets text only where it differs, so that nothing is laid out or read aloud twice.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @template {Element} T
 * @param {unknown} element
 * @param {ElementType<T>} type
 * @param {string} what
 * @returns {T}
 */
function checked(element, type, what) {
  if (element instanceof type) return element;
  throw new Error(`The page has no ${type.name} for ${what}`);
}
