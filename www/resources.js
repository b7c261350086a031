// The server's resources: the list, the templates as forms, and the reader, which can follow a resource as it changes.

import { argumentForm } from "./argument-form.js";
import { drawResource } from "./content.js";
import { byId, h, setText } from "./dom.js";
import { plural, timeOfDay } from "./format.js";
import { expand, variables } from "./uri-template.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {Awaited<ReturnType<Connection["client"]["listen"]>>} Subscription
 * @typedef {{ uri: string, title?: string }} Chosen
 */

export class Resources {
  #list = byId("resource-list", HTMLElement);
  #templates = byId("template-list", HTMLElement);
  #templatesTitle = byId("templates-title", HTMLElement);
  #count = byId("resource-count", HTMLElement);
  #empty = byId("resources-empty", HTMLElement);
  #blank = byId("reader-empty", HTMLElement);
  #reader = byId("reader", HTMLElement);
  #title = byId("reader-title", HTMLElement);
  #uri = byId("reader-uri", HTMLElement);
  #state = byId("reader-state", HTMLElement);
  #body = byId("reader-body", HTMLElement);
  #follow = byId("reader-follow", HTMLButtonElement);
  #connection;
  #suggest;
  #say;
  /** @type {Chosen | undefined} */
  #chosen;
  /** @type {Subscription | undefined} */
  #subscription;
  #updates = 0;
  /** Each reading takes a turn; what an older one brings is void. */
  #turn = 0;

  /**
   * @param {Connection} connection
   * @param {import("./prompts.js").Suggest} suggest
   * @param {(sentence: string) => void} say
   */
  constructor(connection, suggest, say) {
    this.#connection = connection;
    this.#suggest = suggest;
    this.#say = say;
    byId("reader-again", HTMLButtonElement).addEventListener("click", () => this.#read());
    this.#follow.addEventListener("click", () => (this.#subscription ? this.#unfollow() : this.#startToFollow()));
  }

  /** Fetches the lists anew. @param {"refresh"} [cache] whether nothing that is kept will do */
  async refresh(cache) {
    const { client } = this.#connection;
    const [{ resources }, { resourceTemplates }] = client.getServerCapabilities()?.resources
      ? await Promise.all([client.listResources({}, { cache }), client.listResourceTemplates({}, { cache })])
      : [{ resources: [] }, { resourceTemplates: [] }];
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.uri : undefined;
    this.#list.replaceChildren(...resources.map((resource) => this.#row(resource)));
    if (focused) this.#button(focused)?.focus();
    // What somebody is typing into a template stays.
    const offered = JSON.stringify(resourceTemplates);
    if (offered !== this.#templates.dataset.offered) {
      this.#templates.dataset.offered = offered;
      this.#templates.replaceChildren(...resourceTemplates.map((template) => this.#template(template)));
    }
    this.#templatesTitle.hidden = resourceTemplates.length === 0;
    setText(this.#count, String(resources.length));
    setText(this.#empty, "This server offers no resources.");
    this.#empty.hidden = resources.length + resourceTemplates.length > 0;
    this.#mark();
  }

  /** @param {{ uri: string, name: string, title?: string, description?: string }} resource */
  #row({ uri, name, title, description }) {
    const button = h("button", { type: "button", class: "resource", "data-uri": uri, title: description });
    button.append(h("span", { class: "resource-name" }, title ?? name), h("span", { class: "resource-uri mono" }, uri));
    button.addEventListener("click", () => this.#open({ uri, title: title ?? name }));
    return h("li", {}, button);
  }

  /** @param {{ uriTemplate: string, name: string, title?: string, description?: string }} template */
  #template({ uriTemplate, title, name, description }) {
    const ref = /** @type {const} */ ({ type: "ref/resource", uri: uriTemplate });
    return argumentForm({
      name: uriTemplate,
      title: title ?? name,
      description,
      action: "Read",
      arguments: variables(uriTemplate).map((variable) => ({ name: variable, required: true })),
      suggest: this.#suggest(ref),
      submit: (values) => this.#open({ uri: expand(uriTemplate, values) }),
    });
  }

  /** @param {Chosen} chosen */
  async #open(chosen) {
    if (chosen.uri !== this.#chosen?.uri) this.#unfollow();
    this.#chosen = chosen;
    this.#updates = 0;
    this.#blank.hidden = true;
    this.#reader.hidden = false;
    setText(this.#title, chosen.title ?? chosen.uri);
    setText(this.#uri, chosen.uri);
    this.#follow.disabled = !this.#connection.client.getServerCapabilities()?.resources?.subscribe;
    this.#mark();
    await this.#read();
  }

  async #read() {
    const uri = this.#chosen?.uri;
    if (!uri) return;
    const turn = ++this.#turn;
    this.#reader.setAttribute("aria-busy", "true");
    try {
      const { contents } = await this.#connection.client.readResource(uri);
      if (turn !== this.#turn) return;
      this.#body.replaceChildren(...contents.map(drawResource));
      const updates = this.#updates > 0 ? `, ${plural(this.#updates, "update")}` : "";
      const kinds = [...new Set(contents.map(({ mimeType }) => mimeType).filter(Boolean))].join(", ");
      setText(this.#state, `${kinds ? `${kinds}, ` : ""}read at ${timeOfDay(Date.now())}${updates}`);
    } catch (error) {
      if (turn !== this.#turn) return;
      const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (error);
      this.#body.replaceChildren(h("p", { class: "call-error" }, h("code", {}, String(code ?? "error")), ` ${message ?? error}`));
      setText(this.#state, "could not be read");
    } finally {
      if (turn === this.#turn) this.#reader.setAttribute("aria-busy", "false");
    }
  }

  async #startToFollow() {
    const uri = this.#chosen?.uri;
    if (!uri) return;
    this.#follow.disabled = true;
    try {
      const subscription = await this.#connection.client.listen({ resourceSubscriptions: [uri] });
      if (uri !== this.#chosen?.uri) return void subscription.close();
      this.#subscription = subscription;
      subscription.onnotification = () => {
        this.#updates += 1;
        this.#say(`${this.#title.textContent} has changed.`);
        this.#read();
      };
      subscription.closed.then(() => subscription === this.#subscription && this.#unfollow());
      await this.#read();
    } catch (error) {
      setText(this.#state, `cannot be followed: ${error instanceof Error ? error.message : error}`);
    }
    this.#follow.disabled = false;
    this.#drawFollow();
  }

  #unfollow() {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    subscription?.close();
    this.#drawFollow();
  }

  #drawFollow() {
    this.#follow.setAttribute("aria-pressed", String(Boolean(this.#subscription)));
    setText(this.#follow, this.#subscription ? "Following changes" : "Follow changes");
  }

  /** @param {string} uri */
  #button(uri) {
    return /** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-uri="${CSS.escape(uri)}"]`));
  }

  #mark() {
    this.#list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    if (this.#chosen) this.#button(this.#chosen.uri)?.setAttribute("aria-current", "true");
  }
}
