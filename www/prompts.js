// The server's prompts: each as a form whose fields suggest values, and the messages that come of it.

import { argumentForm } from "./argument-form.js";
import { drawContent } from "./content.js";
import { byId, h, setText } from "./dom.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {Parameters<Connection["client"]["complete"]>[0]["ref"]} Reference
 * @typedef {import("./argument-form.js").Subject["suggest"]} Suggester
 * @typedef {(ref: Reference) => Suggester} Suggest
 * @typedef {Awaited<ReturnType<Connection["client"]["listPrompts"]>>["prompts"][number]} Prompt
 */

/**
 * Asks the server what an argument could be, if it suggests anything at all.
 *
 * @param {Connection} connection
 * @returns {Suggest}
 */
export const suggestBy = (connection) => (ref) =>
  connection.client.getServerCapabilities()?.completions
    ? async (name, value, others) => {
        const { [name]: _, ...rest } = others;
        const { completion } = await connection.client.complete({ ref, argument: { name, value }, context: { arguments: rest } });
        return completion.values;
      }
    : undefined;

export class Prompts {
  #list = byId("prompt-list", HTMLElement);
  #count = byId("prompt-count", HTMLElement);
  #empty = byId("prompts-empty", HTMLElement);
  #blank = byId("conversation-empty", HTMLElement);
  #conversation = byId("conversation", HTMLElement);
  #title = byId("conversation-title", HTMLElement);
  #about = byId("conversation-about", HTMLElement);
  #messages = byId("conversation-messages", HTMLElement);
  #offered = "";
  #turn = 0;
  #connection;
  #suggest;

  /**
   * @param {Connection} connection
   * @param {Suggest} suggest
   */
  constructor(connection, suggest) {
    this.#connection = connection;
    this.#suggest = suggest;
  }

  /** Fetches the list anew. @param {"refresh"} [cache] whether nothing that is kept will do */
  async refresh(cache) {
    const { client } = this.#connection;
    const { prompts } = client.getServerCapabilities()?.prompts ? await client.listPrompts({}, { cache }) : { prompts: [] };
    const offered = JSON.stringify(prompts);
    if (offered === this.#offered) return;
    this.#offered = offered;
    this.#list.replaceChildren(...prompts.map((prompt) => this.#form(prompt)));
    setText(this.#count, String(prompts.length));
    setText(this.#empty, "This server offers no prompts.");
    this.#empty.hidden = prompts.length > 0;
  }

  /** @param {Prompt} prompt */
  #form({ name, title, description, arguments: all = [] }) {
    return argumentForm({
      name,
      title,
      description,
      action: "Get",
      arguments: all,
      suggest: this.#suggest({ type: "ref/prompt", name }),
      submit: (values) => this.#get(name, title ?? name, values),
    });
  }

  /**
   * @param {string} name
   * @param {string} title
   * @param {Record<string, string>} values
   */
  async #get(name, title, values) {
    const turn = ++this.#turn;
    this.#blank.hidden = true;
    this.#conversation.hidden = false;
    setText(this.#title, title);
    try {
      const { description, messages } = await this.#connection.client.getPrompt(name, values);
      if (turn !== this.#turn) return;
      setText(this.#about, description ?? "");
      this.#messages.replaceChildren(...messages.map(drawMessage));
    } catch (error) {
      if (turn !== this.#turn) return;
      const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (error);
      setText(this.#about, "");
      this.#messages.replaceChildren(h("li", { class: "call-error" }, h("code", {}, String(code ?? "error")), ` ${message ?? error}`));
    }
  }
}

/** @param {{ role: string, content: any }} message one of a prompt or of a request to a model */
export function drawMessage({ role, content }) {
  const blocks = Array.isArray(content) ? content : [content];
  const item = h("li", { class: "message", "data-role": role }, h("span", { class: "message-role" }, role));
  item.append(...blocks.map(drawContent));
  return item;
}
