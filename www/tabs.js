// A tab list as the ARIA Authoring Practices describe it: arrow keys, Home and End move and select.

/** @param {Element} list an element with role="tablist" whose tabs name their panels, one or several, by aria-controls */
export function bindTabs(list) {
  const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);

  /** @param {HTMLElement} chosen */
  const select = (chosen) => {
    for (const tab of tabs) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      for (const id of tab.getAttribute("aria-controls")?.split(" ") ?? []) {
        const panel = document.getElementById(id);
        if (panel) panel.hidden = !on;
      }
    }
  };

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
      const target = next === undefined ? undefined : tabs.at(next % tabs.length);
      if (!target) return;
      event.preventDefault();
      select(target);
      target.focus();
    });
  }
}
