// What the five tools of the demo server send, for clients of other people.

/** @typedef {[progress: number, total: number | undefined]} Report */

/** @param {number} count @param {(i: number) => Report} report @returns {Report[]} */
const times = (count, report) => Array.from({ length: count }, (_, i) => report(i));
/** @param {unknown} value */
const structured = (value) => ({
  content: [{ type: "text", text: JSON.stringify(value) }],
  structuredContent: value,
});
/** @param {string} text */
const text = (text) => ({ content: [{ type: "text", text }] });

const tables = ["users", "orders", "products", "inventory", "logs"];

/** @type {{ name: string, arguments: Record<string, unknown>, progress: Report[], logs: string[], result: object }[]} */
export const fiveTools = [
  {
    name: "process_items",
    arguments: { items: ["a", "b", "c"] },
    progress: times(4, (i) => [i, 3]),
    logs: [],
    result: structured({ processed: 3, results: ["A", "B", "C"] }),
  },
  {
    name: "download_file",
    arguments: { url: "https://example.com/file" },
    // 55.00000000000001 among them
    progress: times(20, (i) => [(((i + 1) * 50) / 1000) * 100, 100]),
    logs: [],
    result: text("Downloaded file from https://example.com/file"),
  },
  {
    name: "backup_database",
    arguments: {},
    progress: times(5, (i) => [i + 1, 5]),
    logs: tables.map((table) => `Backing up table: ${table}`),
    result: text("Database backup completed"),
  },
  {
    name: "scan_directory",
    arguments: { directory: "/data" },
    progress: times(10, (i) => [i + 1, undefined]),
    logs: [],
    result: structured({ files_found: 10, directory: "/data" }),
  },
  {
    name: "data_migration",
    arguments: { source: "old", destination: "new" },
    progress: times(21, (i) => [i * 5, 100]),
    logs: ["Validating source data", "Exporting data from source", "Transforming data format", "Importing to destination"],
    result: text("Migration from old to new completed"),
  },
];
