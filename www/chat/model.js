// The scripted model. It has the interface of a real one, and knows nothing but the messages: what
// the user says chooses a scene, what the tools answered fills it in.

/**
 * @typedef {import("./turn.js").Message} Message
 * @typedef {import("./turn.js").Model} Model
 *
 * @typedef {object} Answer what a tool said
 * @property {string} name
 * @property {string} text
 * @property {boolean} failed
 *
 * @typedef {object} Scene
 * @property {string} title what the user says for it
 * @property {RegExp} about other ways to say it
 * @property {string} says
 * @property {[name: string, args: Record<string, unknown>][]} calls
 * @property {(answers: Answer[]) => string} concludes
 */

/** @type {Scene[]} */
export const SCENES = [
  {
    title: "Run the nightly jobs",
    about: /night|job|back ?up|migrat|download/i,
    says: "Four jobs are due. They do not depend on each other, so I run them side by side.",
    calls: [
      ["backup_database", {}],
      ["download_file", { url: "https://example.com/archive.zip" }],
      ["scan_directory", { directory: "/var/data" }],
      ["data_migration", { source: "postgres://old", destination: "postgres://new" }],
    ],
    concludes: (answers) => {
      const failed = answers.filter((answer) => answer.failed);
      if (failed.length === 0) return "All four jobs are done. The scan found 10 files, and the backup and the migration went through without a complaint.";
      const done = answers.length - failed.length;
      return `${done} of ${answers.length} jobs are done. ${failed.map(({ name, text }) => `${name}: ${text}`).join(" ")}`;
    },
  },
  {
    title: "Greet me by my name",
    about: /greet|name|hello|who am i/i,
    says: "I do not know your name. The tool will ask you.",
    calls: [["ask_name", {}]],
    concludes: ([answer]) => (answer?.failed ? `That did not work: ${answer.text}` : `The tool says: “${answer?.text}”.`),
  },
  {
    title: "See a tool fail",
    about: /fail|error|wrong|break/i,
    says: "One of these two always fails. Watch that it leaves the other alone.",
    calls: [
      ["fail", {}],
      ["process_items", { items: ["amber", "basalt", "cinnabar", "dolomite", "epidote", "feldspar", "garnet", "halite"] }],
    ],
    concludes: (answers) => answers.map(({ name, text, failed }) => (failed ? `The tool “${name}” failed and said: ${text}.` : `The tool “${name}” went through.`)).join(" "),
  },
  {
    title: "Wait for a minute",
    about: /wait|slow|minute|long|stop|cancel/i,
    says: "Two slow tools are at work now. Stop one of them, or everything: the server hears of it at once.",
    calls: [
      ["slow", { seconds: 60 }],
      ["slow", { seconds: 45 }],
    ],
    concludes: (answers) => {
      const stopped = answers.filter(({ failed }) => failed).length;
      return stopped === 0 ? "Both have waited to the end, and so have you." : `${stopped} of ${answers.length} did not finish. That is fine.`;
    },
  },
];

const LOST = "I am a scripted model, and that is not in my script. Try one of the suggestions below.";

/** How fast it speaks: milliseconds from word to word. */
const WORD_MS = 24;

/** @type {Model} */
export const scriptedModel = {
  async complete({ messages, tools, signal, onText }) {
    const offered = new Set(tools.map((tool) => tool.function.name));
    const asked = messages.findLastIndex(({ role }) => role === "user");
    const said = messages[asked]?.content ?? "";
    const scene = SCENES.find(({ title }) => title === said) ?? SCENES.find(({ about }) => about.test(said));
    const answers = answersIn(messages.slice(asked));
    const calls = answers.length === 0 ? (scene?.calls ?? []).filter(([name]) => offered.has(name)) : [];
    const content = !scene ? LOST : answers.length > 0 ? scene.concludes(answers) : calls.length > 0 ? scene.says : "This server does not have the tools for that.";
    await speak(content, signal, onText);
    if (calls.length === 0) return { role: "assistant", content };
    return {
      role: "assistant",
      content,
      tool_calls: calls.map(([name, args], index) => ({
        id: `call_${messages.length}_${index}`,
        type: "function",
        function: { name, arguments: JSON.stringify(args) },
      })),
    };
  },
};

/** What the tools answered. @param {Message[]} messages @returns {Answer[]} */
function answersIn(messages) {
  const calls = messages.flatMap(({ tool_calls }) => tool_calls ?? []);
  return messages
    .filter(({ role }) => role === "tool")
    .map(({ tool_call_id, content }) => ({
      name: calls.find(({ id }) => id === tool_call_id)?.function.name ?? "",
      text: content.replace(/^Error: /, ""),
      failed: content.startsWith("Error: "),
    }));
}

/** Word by word, as models do. @param {string} text @param {AbortSignal} signal @param {(text: string) => void} onText */
async function speak(text, signal, onText) {
  for (const word of text.match(/\S+\s*/g) ?? []) {
    await new Promise((resolve) => setTimeout(resolve, WORD_MS));
    signal.throwIfAborted();
    onText(word);
  }
}
