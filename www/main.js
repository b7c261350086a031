// Puts the page together: one connection, the calls made over it, and the views of both.

import { Announcer } from "./announcer.js";
import { CallBoard } from "./call-board.js";
import { STATE_NAMES } from "./call-card.js";
import { CallRunner } from "./call-runner.js";
import { ConnectionBar } from "./connection-bar.js";
import { Connection, needsLogin } from "./connection.js";
import { byId, setText } from "./dom.js";
import { duration } from "./format.js";
import { Inspector } from "./inspector.js";
import { LogPanel, logText } from "./log-panel.js";
import { Prompts, suggestBy } from "./prompts.js";
import { Questions } from "./questions.js";
import { Resources } from "./resources.js";
import { Servers, isGateway } from "./servers.js";
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
  login: "A log-in is needed.",
  closed: "Disconnected.",
};

/** @type {Status["state"] | undefined} */
let announcedState;

const announcer = new Announcer(byId("announcer", HTMLElement));
const inspector = new Inspector();
const logPanel = new LogPanel();
const runner = new CallRunner({
  onchange: (call) => board.changed(call),
  onend: (call) => {
    announcer.say(`${call.tool}: ${STATE_NAMES[call.state]} after ${duration(call.elapsed)}.`);
    if (needsLogin(call.error)) connection.needs(call.error);
  },
});
const board = new CallBoard({ cancelAll: () => runner.cancelAll() });
/** @param {string} sentence */
const say = (sentence) => announcer.say(sentence);
const questions = new Questions(() => connection.client.getServerVersion()?.name ?? "The server", say);
const connection = new Connection(
  {
    progressHandler: runner.clientHandler,
    logHandler: showLog,
    elicitationHandler: questions.elicit,
    samplingHandler: questions.sample,
    capabilities: { elicitation: { form: {}, url: {} } },
  },
  { onstatus: showStatus, onframe: (direction, text) => inspector.record(direction, text) },
);
const bar = new ConnectionBar(connection);
const tools = new ToolList(run);
const suggest = suggestBy(connection);
const resources = new Resources(connection, suggest, say);
const prompts = new Prompts(connection, suggest);

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
  if (status.state === "open") {
    for (const list of ["tools", "resources", "prompts"]) showList(/** @type {keyof typeof LISTS} */ (list));
    followLists();
  }
  if (status.state !== announcedState) announcer.say(SENTENCES[status.state]);
  announcedState = status.state;
}

const LISTS = {
  tools: async (/** @type {"refresh" | undefined} */ cache) => tools.show((await connection.client.listTools({}, { cache })).tools),
  resources: (/** @type {"refresh" | undefined} */ cache) => resources.refresh(cache),
  prompts: (/** @type {"refresh" | undefined} */ cache) => prompts.refresh(cache),
};

/** @param {keyof typeof LISTS} name @param {"refresh"} [cache] */
async function showList(name, cache) {
  try {
    await LISTS[name](cache);
  } catch (error) {
    complain(`The ${name} cannot be listed: ${error}`);
  }
}

/** Fetches each list anew when the server says that it has changed, as long as this connection lasts. */
async function followLists() {
  const { client } = connection;
  const offered = /** @type {Record<string, { listChanged?: boolean } | undefined>} */ (client.getServerCapabilities() ?? {});
  const names = /** @type {(keyof typeof LISTS)[]} */ (Object.keys(LISTS)).filter((name) => offered[name]?.listChanged);
  if (names.length === 0) return;
  try {
    // What changes before the server tells of changes, or while it cannot, nobody says.
    const again = () => names.forEach((name) => showList(name, "refresh"));
    const subscription = await client.listen(Object.fromEntries(names.map((name) => [`${name}ListChanged`, true])), { onreopen: again });
    subscription.onnotification = ({ method }) => {
      const name = names.find((name) => method === `notifications/${name}/list_changed`);
      if (!name) return;
      showList(name);
      announcer.say(`The list of ${name} has changed.`);
    };
    again();
  } catch (error) {
    complain(`Changes cannot be followed: ${error}`);
  }
}

/** @param {string} text */
function complain(text) {
  // A connection that dies right now is already being replaced; anything else is worth a line in the log.
  if (connection.status.state === "open") logPanel.add({ level: "error", text, logger: "page", sender: undefined });
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
if (isGateway) {
  const servers = new Servers((endpoint) => bar.go(endpoint));
  connection.access = (endpoint) => servers.access(endpoint);
} else {
  bar.connect();
}
