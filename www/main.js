// Puts the page together: one connection, the calls made over it, and the views of both.

import { Announcer } from "./announcer.js";
import { CallBoard } from "./call-board.js";
import { STATE_NAMES } from "./call-card.js";
import { CallRunner } from "./call-runner.js";
import { ConnectionBar } from "./connection-bar.js";
import { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import { duration } from "./format.js";
import { Inspector } from "./inspector.js";
import { LogPanel, logText } from "./log-panel.js";
import { bindTabs } from "./tabs.js";
import { bindThemeToggle } from "./theme.js";
import { ToolList } from "./tool-list.js";

/**
 * @typedef {import("./connection.js").Status} Status
 * @typedef {import("./call-runner.js").LogMessage} LogMessage
 * @typedef {import("./tool-list.js").Start} Start
 */

const HANDLER_HINTS = {
  client: "New calls use the handler given to the Client.",
  call: "New calls bring their own handler, which replaces the client’s.",
};

const SENTENCES = {
  connecting: "Connecting.",
  open: "Connected.",
  reconnecting: "Not connected. Trying again.",
  closed: "Disconnected.",
};

/** @type {Status["state"] | undefined} */
let announcedState;

const announcer = new Announcer(byId("announcer", HTMLElement));
const inspector = new Inspector();
const logPanel = new LogPanel();
const runner = new CallRunner({
  onchange: (call) => board.changed(call),
  onend: (call) => announcer.say(`${call.tool}: ${STATE_NAMES[call.state]} after ${duration(call.elapsed)}.`),
});
const board = new CallBoard({ cancelAll: () => runner.cancelAll() });
const connection = new Connection(
  { progressHandler: runner.clientHandler, logHandler: showLog },
  { onstatus: showStatus, onframe: (direction, text) => inspector.record(direction, text) },
);
const bar = new ConnectionBar(connection);
const tools = new ToolList(run);

/** @param {Start[]} starts */
function run(starts) {
  board.add(starts.map((start) => runner.start(connection.client, start)));
  announcer.say(starts.length === 1 ? `${starts[0]?.tool} started.` : `${starts.length} tools started.`);
}

/** @param {LogMessage} message */
function showLog(message) {
  const sender = runner.senderOf(message);
  const text = logText(message.data);
  sender?.log({ level: message.level, text });
  logPanel.add({ level: message.level, text, logger: message.logger, sender });
}

/** @param {Status} status */
function showStatus(status) {
  bar.show(status);
  tools.enabled = status.state === "open";
  if (status.state === "open") showTools();
  if (status.state !== announcedState) announcer.say(SENTENCES[status.state]);
  announcedState = status.state;
}

async function showTools() {
  try {
    tools.show(await connection.listTools());
  } catch (error) {
    // A connection that dies right now is already being replaced; anything else is worth a line in the log.
    if (connection.status.state !== "open") return;
    logPanel.add({ level: "error", text: `The tools cannot be listed: ${error}`, logger: "page", sender: undefined });
  }
}

/** @param {"client" | "call"} level */
function chooseHandler(level) {
  runner.level = level;
  setText(byId("handler-hint", HTMLElement), HANDLER_HINTS[level]);
}

byId("handler-switch", HTMLFieldSetElement).addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement) chooseHandler(event.target.value === "call" ? "call" : "client");
});
const checked = document.querySelector('#handler-switch input[value="call"]:checked');
chooseHandler(checked ? "call" : "client");

bindThemeToggle(byId("theme-toggle", HTMLButtonElement));
for (const list of document.querySelectorAll('[role="tablist"]')) bindTabs(list);
bar.connect();
