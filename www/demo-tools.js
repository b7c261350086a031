// What this page knows about the tools of the demo server beyond what their schemas say: good sample values, and which
// log messages they send. Tools of any other server work without an entry here.

/**
 * @typedef {object} KnownTool
 * @property {Record<string, unknown>} [sample] prefilled arguments
 * @property {RegExp} [logs] what its log messages look like; without it, it sends none
 */

/** @type {Readonly<Record<string, KnownTool>>} */
const KNOWN = {
  process_items: {
    sample: {
      items: ["amber", "basalt", "cinnabar", "dolomite", "epidote", "feldspar", "garnet", "halite", "iolite", "jasper"],
    },
  },
  download_file: { sample: { url: "https://example.com/archive.zip" } },
  backup_database: { logs: /^Backing up table: / },
  scan_directory: { sample: { directory: "/var/data" } },
  data_migration: {
    sample: { source: "postgres://old", destination: "postgres://new" },
    logs: /^(Validating source data|Exporting data from source|Transforming data format|Importing to destination)$/,
  },
  hash_directory: {},
  backup_sqlite: {},
  fail: {},
  flood: { sample: { count: 100_000 } },
  ask_name: {},
  summarize: {
    sample: {
      text: "Progress notifications tell a client how far a request has come. They carry a token, a number that grows, and sometimes a total and a message.",
    },
  },
  add_note: { sample: { text: "Water the plants" } },
  slow: { sample: { seconds: 10 } },
};

/** The five that "Run all five" starts side by side. */
export const SIDE_BY_SIDE = ["process_items", "download_file", "backup_database", "scan_directory", "data_migration"];

/** @param {string} tool */
export const sampleFor = (tool) => KNOWN[tool]?.sample ?? {};

/**
 * Whether a tool can have sent this log message. Of a tool we do not know, anything is possible.
 *
 * @param {string} tool
 * @param {unknown} data
 */
export function canLog(tool, data) {
  if (!Object.hasOwn(KNOWN, tool)) return true;
  const logs = KNOWN[tool]?.logs;
  return logs !== undefined && typeof data === "string" && logs.test(data);
}
