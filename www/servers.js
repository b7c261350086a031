// The servers of a gateway: how each is doing, a line of JavaScript to copy, and which of them the page is connected to.
// The page has this list only where a gateway serves it.

import { byId, fromTemplate, part, setText } from "./dom.js";

/**
 * @typedef {object} Server as the gateway tells of it
 * @property {string} name
 * @property {string} path
 * @property {string} kind
 * @property {number} running
 * @property {number} starting
 * @property {number} clients
 * @property {number} restarts
 * @property {number} [tools]
 * @property {string} [error]
 * @property {"needed" | "more" | "done"} [login] whether somebody has to log in there, or has
 * @property {string} [server]
 * @property {string} [version]
 */

/** Where the token is kept while the tab is open: a reload does not need it again. */
const KEY = "gateway-token";
const EVERY_MS = 2_000;
const COPIED_MS = 1_500;

/** Whether a gateway serves this page. */
export const isGateway = document.querySelector('meta[name="gateway"]') !== null;

/** @param {Server} server @returns {[state: string, text: string]} */
function stateOf({ running, starting, error, login }) {
  if (login === "needed") return ["failed", "wants a log-in"];
  if (login === "more") return ["failed", "wants more rights"];
  if (running > 0) return ["open", "running"];
  if (starting > 0) return ["connecting", "starting"];
  return error ? ["failed", "failed"] : ["closed", "not started"];
}

/** @param {number} count @param {string} one */
const counted = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

export class Servers {
  #root = byId("servers", HTMLElement);
  #list = byId("server-list", HTMLElement);
  #form = byId("token-form", HTMLFormElement);
  #token = byId("token", HTMLInputElement);
  #choose;
  /** @type {Map<string, HTMLElement>} */
  #items = new Map();
  /** Why nobody could log in, by server. @type {Map<string, string>} */
  #troubles = new Map();
  #chosen = "";

  /** @param {(endpoint: string) => void} choose connects to a server */
  constructor(choose) {
    this.#choose = choose;
    this.#root.hidden = false;
    const given = decodeURIComponent(location.hash.slice(1));
    if (given) {
      sessionStorage.setItem(KEY, given);
      // It is not to stay in the history of the browser.
      history.replaceState(null, "", location.pathname);
    }
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, this.#token.value.trim());
      this.refresh();
    });
    setInterval(() => document.hidden || this.refresh(), EVERY_MS);
    this.refresh();
  }

  get token() {
    return sessionStorage.getItem(KEY) ?? "";
  }

  /** What a client connects with. @param {string} endpoint */
  access(endpoint) {
    if (!this.token) return {};
    if (/^ws/i.test(endpoint)) return { protocols: ["mcp", `mcp.ticket.${this.token}`] };
    return { headers: { authorization: `Bearer ${this.token}` } };
  }

  async refresh() {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : undefined;
    const response = await fetch("/servers", { headers }).catch(() => undefined);
    this.#root.dataset.reached = String(response?.ok ?? false);
    this.#form.hidden = response?.status !== 401;
    if (!response?.ok) return;
    /** @type {Server[]} */
    const servers = await response.json();
    for (const server of servers) this.#show(server);
    const first = servers[0];
    if (!this.#chosen && first) this.#open(first.path);
  }

  /** @param {string} path */
  #open(path) {
    this.#chosen = path;
    for (const [of, item] of this.#items) part(item, "choose", HTMLButtonElement).setAttribute("aria-pressed", String(of === path));
    this.#choose(new URL(path, location.href).href);
  }

  /** @param {Server} server */
  #show(server) {
    let item = this.#items.get(server.path);
    if (!item) {
      item = fromTemplate("server-template", HTMLElement);
      this.#items.set(server.path, item);
      this.#list.append(item);
      part(item, "choose", HTMLButtonElement).addEventListener("click", () => this.#open(server.path));
      const copy = part(item, "copy", HTMLButtonElement);
      copy.addEventListener("click", async () => {
        await navigator.clipboard.writeText(this.line(server.path)).then(
          () => setText(copy, "Copied"),
          () => setText(copy, "Cannot copy"),
        );
        setTimeout(() => setText(copy, "Copy JavaScript"), COPIED_MS);
      });
      const login = part(item, "login", HTMLButtonElement);
      login.addEventListener("click", () => (login.dataset.way === "out" ? this.#logout(server.path) : this.#login(server.path)));
    }
    const login = part(item, "login", HTMLButtonElement);
    login.hidden = server.login === undefined;
    login.dataset.way = server.login === "done" ? "out" : "in";
    setText(login, server.login === "done" ? "Log out" : "Log in");
    const [state, text] = stateOf(server);
    item.dataset.state = state;
    setText(part(item, "name", HTMLElement), server.name);
    setText(part(item, "state", HTMLElement), text);
    const facts = [server.server ?? server.kind, server.version, server.tools !== undefined && counted(server.tools, "tool"), counted(server.clients, "client"), server.restarts > 0 && counted(server.restarts, "restart")];
    setText(part(item, "facts", HTMLElement), facts.filter(Boolean).join(" · "));
    const wants = server.login === "needed" || server.login === "more";
    const note = part(item, "note", HTMLElement);
    note.hidden = !wants;
    if (wants) setText(note, this.#troubles.get(server.path) ?? "All clients of the gateway use the log-in. A header does as well: --header, or headers in mcp.json.");
    const error = part(item, "error", HTMLElement);
    error.hidden = !server.error || wants;
    setText(error, server.error ?? "");
  }

  /** Opens a window in which somebody logs in at a server. @param {string} path */
  async #login(path) {
    // In the click, or browsers open none.
    const opened = window.open("", "_blank");
    const response = await this.#ask("/login", path);
    const { url, error = "the gateway does not answer" } = (await response?.json().catch(() => undefined)) ?? {};
    this.#troubles.delete(path);
    if (url && opened) return opened.location.replace(url);
    opened?.close();
    this.#troubles.set(path, url ? "The browser opens no window: allow it to, and press the button again." : error);
    this.refresh();
  }

  /** Has the gateway forget the log-in at a server. @param {string} path */
  async #logout(path) {
    await this.#ask("/logout", path);
    this.refresh();
  }

  /** @param {string} what @param {string} path */
  #ask(what, path) {
    const headers = { "content-type": "application/json", ...(this.token && { authorization: `Bearer ${this.token}` }) };
    return fetch(what, { method: "POST", headers, body: JSON.stringify({ path }) }).catch(() => undefined);
  }

  /** A line of JavaScript that connects to a server. @param {string} path */
  line(path) {
    const url = new URL(path, location.href).href.replace(/^http/, "ws");
    const options = this.token ? `, { protocols: ["mcp", ${JSON.stringify(`mcp.ticket.${this.token}`)}] }` : "";
    return `const client = await Client.connect(${JSON.stringify(url)}${options});`;
  }
}
