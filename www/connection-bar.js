// The strip at the top: where we are connected, to what, in which revision of the protocol, and the way back.

import { byId, setText } from "./dom.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./connection.js").Status} Status
 * @typedef {import("./connection.js").ConnectionState} ConnectionState
 * @typedef {import("./connection.js").Mode} Mode
 */

/** @type {Record<ConnectionState, string>} */
const NAMES = { connecting: "Connecting", open: "Connected", reconnecting: "Reconnecting", login: "Log-in needed", closed: "Disconnected" };

export class ConnectionBar {
  #root = byId("connection", HTMLElement);
  #text = byId("connection-text", HTMLElement);
  #detail = byId("connection-detail", HTMLElement);
  #server = byId("server-version", HTMLElement);
  #protocol = byId("protocol-version", HTMLElement);
  #era = byId("protocol-era", HTMLElement);
  #form = byId("endpoint-form", HTMLFormElement);
  #transport = byId("transport", HTMLSelectElement);
  #mode = byId("era", HTMLSelectElement);
  #endpoint = byId("endpoint", HTMLInputElement);
  #reconnect = byId("reconnect", HTMLButtonElement);
  #disconnect = byId("disconnect", HTMLButtonElement);
  /** @type {number | undefined} */
  #countdown;
  #connection;

  /** @param {Connection} connection */
  constructor(connection) {
    this.#connection = connection;
    this.#endpoint.value = withTransport(new URL("/mcp", location.href).href, this.#transport.value);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { state, endpoint } = connection.status;
      // In the click itself: a window opens.
      if (state === "login" && endpoint === this.#endpoint.value.trim()) connection.login();
      else this.connect();
    });
    this.#endpoint.addEventListener("input", () => {
      this.#endpoint.setCustomValidity("");
      const transport = transportOf(this.#endpoint.value.trim());
      if (transport) this.#transport.value = transport;
    });
    this.#transport.addEventListener("change", () => {
      this.#endpoint.value = withTransport(this.#endpoint.value.trim(), this.#transport.value);
      this.connect();
    });
    this.#mode.addEventListener("change", () => this.connect());
    this.#disconnect.addEventListener("click", () => connection.disconnect());
  }

  /** Connects to another endpoint, by the transport that is chosen. @param {string} endpoint */
  go(endpoint) {
    this.#endpoint.value = withTransport(endpoint, this.#transport.value);
    this.connect();
  }

  connect() {
    const endpoint = this.#endpoint.value.trim();
    const problem = endpointProblem(endpoint);
    this.#endpoint.setCustomValidity(problem);
    if (problem) this.#endpoint.reportValidity();
    else this.#connection.connect(endpoint, modeOf(this.#mode.value));
  }

  /** @param {Status} status */
  show(status) {
    const { client } = this.#connection;
    this.#root.dataset.state = status.state;
    setText(this.#text, NAMES[status.state]);
    setText(this.#reconnect, status.state === "login" ? "Log in" : status.state === "closed" ? "Connect" : "Reconnect");
    this.#reconnect.classList.toggle("primary", status.state === "login");
    this.#disconnect.disabled = status.state === "closed";
    if (status.state === "open") {
      const server = client.getServerVersion();
      setText(this.#server, server ? `${server.name} ${server.version}` : "unnamed");
      setText(this.#protocol, client.protocolVersion ?? "–");
      setText(this.#era, client.era ?? "");
      this.#era.hidden = !client.era;
    }
    clearInterval(this.#countdown);
    this.#showProblem(status);
    if (status.retryAt !== undefined) this.#countdown = setInterval(() => this.#showProblem(status), 250);
  }

  /** @param {Status} status */
  #showProblem({ problem, retryAt }) {
    this.#detail.hidden = !problem;
    if (!problem) return;
    const seconds = retryAt === undefined ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
    const next = this.#connection.status.state === "login" ? "Log in to go on." : seconds > 0 ? `Next attempt in ${seconds} s.` : "Trying again now.";
    const sentence = problem.charAt(0).toUpperCase() + problem.slice(1).replace(/\.$/, "");
    setText(this.#detail, `${sentence}. ${next}`);
  }
}

/** @param {string} endpoint @returns {"websocket" | "http" | undefined} */
function transportOf(endpoint) {
  const [, kind] = /^(ws|http)s?:/i.exec(endpoint) ?? [];
  if (kind) return kind.toLowerCase() === "ws" ? "websocket" : "http";
  return undefined;
}

/**
 * The same endpoint over another transport; servers commonly offer both at one address.
 *
 * @param {string} endpoint
 * @param {string} transport
 */
function withTransport(endpoint, transport) {
  return endpoint.replace(/^(?:ws|http)(s?):/i, transport === "http" ? "http$1:" : "ws$1:");
}

/** @param {string} value @returns {Mode} */
function modeOf(value) {
  if (value === "auto" || value === "legacy") return value;
  return { pin: /** @type {Exclude<Mode, string>["pin"]} */ (value) };
}

/**
 * @param {string} endpoint
 * @returns {string} what is wrong with it, or nothing
 */
function endpointProblem(endpoint) {
  if (!URL.canParse(endpoint)) return "This is not a URL.";
  const transport = transportOf(endpoint);
  if (!transport) return "The URL must start with ws://, wss://, http:// or https://.";
  return transport === "websocket" && new URL(endpoint).hash ? "A WebSocket URL cannot have a fragment (#…)." : "";
}
