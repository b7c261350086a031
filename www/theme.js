// Light or dark: the system's choice, until the button says otherwise. Loaded on its own before the first paint.

const KEY = "mcp-wasm-demo.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** @typedef {"light" | "dark"} Theme */

/** @returns {Theme} */
const systemTheme = () => (system.matches ? "dark" : "light");

/** @returns {Theme | undefined} the choice made with the button */
function chosen() {
  const value = document.documentElement.dataset.theme;
  return value === "light" || value === "dark" ? value : undefined;
}

/** @param {Theme | undefined} theme nothing means: as the system says */
function choose(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}

/** @returns {Theme | undefined} */
function remembered() {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param {HTMLButtonElement} button pressed means dark */
export function bindThemeToggle(button) {
  const show = () => button.setAttribute("aria-pressed", String((chosen() ?? systemTheme()) === "dark"));
  button.addEventListener("click", () => {
    const next = (chosen() ?? systemTheme()) === "dark" ? "light" : "dark";
    choose(next === systemTheme() ? undefined : next);
    show();
  });
  system.addEventListener("change", show);
  show();
}

choose(remembered());
