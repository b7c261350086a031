// Suggestions below a text field while somebody types, as the ARIA Authoring Practices describe an editable combobox:
// arrow keys choose, Enter takes, Escape closes. The focus never leaves the field.

import { h } from "./dom.js";

const PAUSE_MS = 120;
const MOST = 8;

let lists = 0;

/**
 * @param {HTMLInputElement} input
 * @param {(value: string) => Promise<string[]>} ask
 * @returns {HTMLElement} the field and its list
 */
export function withSuggestions(input, ask) {
  const list = h("ul", { class: "suggestions", role: "listbox", id: `suggestions-${++lists}`, "aria-label": "Suggestions", hidden: true });
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }
  let chosen = -1;
  /** Each question takes a turn; the answer to an older one is void. */
  let turn = 0;
  /** @type {number | undefined} */
  let timer;

  const close = () => {
    turn += 1;
    clearTimeout(timer);
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    chosen = -1;
  };

  /** @param {string} value */
  const take = (value) => {
    input.value = value;
    close();
  };

  /** @param {number} index */
  const choose = (index) => {
    const options = [...list.children];
    chosen = (index + options.length) % options.length;
    for (const [i, option] of options.entries()) option.setAttribute("aria-selected", String(i === chosen));
    options[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
  };

  const open = async () => {
    const mine = ++turn;
    const values = await ask(input.value).catch(() => []);
    if (mine !== turn || input !== document.activeElement) return;
    const options = values.filter((value) => value !== input.value).slice(0, MOST);
    list.replaceChildren(
      ...options.map((value, i) => h("li", { role: "option", id: `${list.id}-${i}`, "aria-selected": "false" }, value)),
    );
    chosen = -1;
    list.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(options.length > 0));
    input.removeAttribute("aria-activedescendant");
  };

  const openSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(open, PAUSE_MS);
  };

  input.addEventListener("input", openSoon);
  input.addEventListener("focus", openSoon);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const option = list.children[chosen];
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && option) take(option.textContent ?? "");
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  // Before the field loses the focus.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (event.target instanceof Element && event.target !== list) take(event.target.textContent ?? "");
  });
  return h("div", { class: "suggested" }, input, list);
}
