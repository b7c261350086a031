// Puts the chat together: a connection, a model, the conversation, and the field to type in.

import { Connection } from "../connection.js";
import { byId, h, setText } from "../dom.js";
import { percent, plural } from "../format.js";
import { bindThemeToggle } from "../theme.js";
import { Conversation } from "./conversation.js";
import { combinedProgress } from "./mcp.js";
import { SCENES, scriptedModel } from "./model.js";
import { takeTurn } from "./turn.js";

const STATES = { connecting: "Connecting", open: "Connected", reconnecting: "Reconnecting", closed: "Disconnected" };
const MODEL = "Scripted model";

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
  showButtons();
}

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
    await takeTurn({ client: connection.client, model: scriptedModel, messages, signal, view });
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

const endpoint = new URL("/mcp", location.href);
endpoint.protocol = endpoint.protocol.replace("http", "ws");
connection.connect(endpoint.href, new URLSearchParams(location.search).get("mode") === "legacy" ? "legacy" : "auto");
connection.client.calls.addEventListener("change", showCalls);
