// The strip at the top: where we are connected, to what, in which revision of the protocol, and the way back.

import { byId, setText } from "./dom.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./connection.js").Status} Status
 * @typedef {import("./connection.js").ConnectionState} ConnectionState
 */

/** @type {Record<ConnectionState, string>} */
const NAMES = { connecting: "Connecting", open: "Connected", reconnecting: "Reconnecting", closed: "Disconnected" };

export class ConnectionBar {
  #root = byId("connection", HTMLElement);
  #text = byId("connection-text", HTMLElement);
  #detail = byId("connection-detail", HTMLElement);
  #server = byId("server-version", HTMLElement);
  #protocol = byId("protocol-version", HTMLElement);
  #era = byId("protocol-era", HTMLElement);
  #form = byId("endpoint-form", HTMLFormElement);
  #endpoint = byId("endpoint", HTMLInputElement);
  #reconnect = byId("reconnect", HTMLButtonElement);
  #disconnect = byId("disconnect", HTMLButtonElement);
  /** @type {number | undefined} */
  #countdown;
  #connection;

  /** @param {Connection} connection */
  constructor(connection) {
    this.#connection = connection;
    this.#endpoint.value = defaultEndpoint();
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.connect();
    });
    this.#endpoint.addEventListener("input", () => this.#endpoint.setCustomValidity(""));
    this.#disconnect.addEventListener("click", () => connection.disconnect());
  }

  connect() {
    const endpoint = this.#endpoint.value.trim();
    const problem = endpointProblem(endpoint);
    this.#endpoint.setCustomValidity(problem);
    if (problem) this.#endpoint.reportValidity();
    else this.#connection.connect(endpoint);
  }

  /** @param {Status} status */
  show(status) {
    const { client } = this.#connection;
    this.#root.dataset.state = status.state;
    setText(this.#text, NAMES[status.state]);
    setText(this.#reconnect, status.state === "closed" ? "Connect" : "Reconnect");
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
    const next = seconds > 0 ? `Next attempt in ${seconds} s.` : "Trying again now.";
    const sentence = problem.charAt(0).toUpperCase() + problem.slice(1).replace(/\.$/, "");
    setText(this.#detail, `${sentence}. ${next}`);
  }
}

/** The server that the page came from. */
function defaultEndpoint() {
  const url = new URL("/mcp", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * @param {string} endpoint
 * @returns {string} what is wrong with it, or nothing
 */
function endpointProblem(endpoint) {
  if (!URL.canParse(endpoint)) return "This is not a URL.";
  const { protocol, hash } = new URL(endpoint);
  if (protocol !== "ws:" && protocol !== "wss:") return "The URL must start with ws:// or wss://.";
  return hash ? "A WebSocket URL cannot have a fragment (#…)." : "";
}
