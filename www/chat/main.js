// Puts the chat together: a connection, a model, the conversation, and the field to type in.

import { Connection, needsLogin } from "../connection.js";
import { byId, h, setText } from "../dom.js";
import { percent, plural } from "../format.js";
import { bindThemeToggle } from "../theme.js";
import { Conversation } from "./conversation.js";
import { combinedProgress } from "./mcp.js";
import { SCENES, scriptedModel } from "./model.js";
import { takeTurn } from "./turn.js";

const STATES = { connecting: "Connecting", open: "Connected", reconnecting: "Reconnecting", login: "Log-in needed", closed: "Disconnected" };
const MODEL = "Scripted model";

const options = new URLSearchParams(location.search);
/** The page's own server, or the one that `?server=` names. */
const endpoint = options.get("server") ?? new URL("/mcp", location.href).href.replace(/^http/, "ws");

const form = byId("composer", HTMLFormElement);
const prompt = byId("prompt", HTMLTextAreaElement);
const send = byId("send", HTMLButtonElement);
const stop = byId("stop", HTMLButtonElement);
const status = byId("status", HTMLElement);
const suggestions = byId("suggestions", HTMLElement);

/** What was said so far, as the model is given it. @type {import("./turn.js").Message[]} */
const messages = [];
/** Ends the turn that runs. @type {AbortController | undefined} */
let turn;

const conversation = new Conversation(byId("conversation", HTMLElement), byId("scroller", HTMLElement), () => connection.client.getServerVersion()?.name ?? "The server");
const connection = new Connection({ elicitationHandler: conversation.ask, progressHandler: null }, { onstatus: showStatus, onframe: () => {} });

/** @param {import("../connection.js").Status} now */
function showStatus({ state, problem }) {
  byId("connection", HTMLElement).dataset.state = state;
  setText(byId("connection-text", HTMLElement), STATES[state]);
  byId("connection", HTMLElement).title = problem ?? "";
  if (state === "login") conversation.askToLogIn(`${new URL(endpoint).host} wants to know who you are.`, login);
  else if (state === "open") conversation.loggedIn();
  showButtons();
}

/** The button's log-in: what it fails with is said there. */
async function login() {
  await connection.login();
  if (connection.status.state === "login") throw new Error(connection.status.problem);
}

/** The client, whose calls wait for a log-in that they turn out to need, and go on then. */
const patient = () => {
  const { client } = connection;
  return {
    listTools: client.listTools.bind(client),
    /** @param {string} name @param {any} args @param {any} options */
    callTool: (name, args, options) => {
      const first = client.callTool(name, args, options);
      let now = first;
      let waits = false;
      let stopped = false;
      /** @type {Promise<any>} what is called after a log-in, if one is needed */
      const later = first.then(
        () => undefined,
        async (error) => {
          if (!needsLogin(error)) return undefined;
          options?.signal?.addEventListener("abort", () => waits && conversation.loggedIn());
          waits = true;
          await conversation.askToLogIn(`${name} needs more rights: ${error.scopes?.join(", ") ?? "a log-in"}.`, () => connection.agree(error));
          waits = false;
          if (stopped) return undefined;
          now = connection.client.callTool(name, args, options);
          // Not the call itself: a promise of a promise is one.
          return { call: now };
        },
      );
      const whole = later.then((found) => found?.call ?? first);
      return Object.assign(whole, {
        id: first.id,
        stalled: false,
        /** @param {string} [reason] */
        cancel: (reason) => {
          now.cancel(reason);
          // Nobody has to log in for what is not wanted any more.
          if (waits) conversation.loggedIn();
          stopped = true;
        },
        async *progress() {
          try {
            yield* first.progress();
          } catch (error) {
            const found = await later;
            if (!found) throw error;
            yield* found.call.progress();
          }
        },
      });
    },
  };
};

function showButtons() {
  const ready = connection.status.state === "open" && !turn;
  send.disabled = !ready || prompt.value.trim() === "";
  send.hidden = turn !== undefined;
  stop.hidden = turn === undefined;
  for (const button of suggestions.querySelectorAll("button")) button.disabled = !ready;
}

/** @param {string} text */
async function say(text) {
  if (turn || text === "" || connection.status.state !== "open") return;
  turn = new AbortController();
  const { signal } = turn;
  prompt.value = "";
  byId("welcome", HTMLElement).hidden = true;
  messages.push({ role: "user", content: text });
  conversation.say(text);
  const view = conversation.begin();
  // The button that was pressed is about to be disabled.
  if (suggestions.contains(document.activeElement)) focusPrompt();
  showButtons();
  try {
    await takeTurn({ client: /** @type {any} */ (patient()), model: scriptedModel, messages, signal, view });
    view.end(signal.aborted ? "You stopped this turn." : undefined);
  } catch (error) {
    view.end(signal.aborted ? "You stopped this turn." : String(error));
  }
  turn = undefined;
  showButtons();
  focusPrompt();
}

/** Where there are keys to type with: on a phone, a keyboard would cover the conversation. */
function focusPrompt() {
  if (matchMedia("(pointer: fine)").matches) prompt.focus();
}

/** One line for all that runs, however many tools that are. */
function showCalls() {
  const { running, fraction, determinate } = combinedProgress(connection.client.calls.snapshot.filter(({ method }) => method === "tools/call"));
  const amount = determinate && fraction !== undefined ? ` · ${percent(fraction)}` : "";
  setText(status, running === 0 ? `${MODEL} · no model provider is called` : `${MODEL} · ${plural(running, "tool")} at work${amount}`);
}

suggestions.append(
  ...SCENES.map(({ title }) => {
    const button = h("button", { type: "button", disabled: true }, title);
    button.addEventListener("click", () => say(title));
    return h("li", {}, button);
  }),
);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  say(prompt.value.trim());
});
prompt.addEventListener("input", showButtons);
prompt.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
stop.addEventListener("click", () => turn?.abort());
addEventListener("keydown", (event) => event.key === "Escape" && turn?.abort());
bindThemeToggle(byId("theme-toggle", HTMLButtonElement));

connection.connect(endpoint, options.get("mode") === "legacy" ? "legacy" : "auto");
connection.client.calls.addEventListener("change", showCalls);
