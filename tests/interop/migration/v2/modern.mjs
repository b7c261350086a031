// What 2026-07-28 brings: what a server has told of itself, kept results, a subscription for changed lists. As a program of
// the SDK 2.x has it.
import { Client, InMemoryResponseCacheStore } from "@modelcontextprotocol/client";

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  let lists = 0;
  const script = {
    modern: true,
    capabilities: { tools: { listChanged: true }, resources: {} },
    answers: {
      "tools/list": () => ({ tools: [{ name: `tool ${++lists}`, inputSchema: { type: "object" } }], ttlMs: 60_000, cacheScope: "private" }),
      "resources/read": (/** @type {any} */ { params }) => ({ contents: [{ uri: params.uri, text: `${++lists}` }], ttlMs: 60_000, cacheScope: "public" }),
      "prompts/list": { prompts: [] },
    },
  };
  /** @param {Promise<{ tools: { name: string }[] }>} list */
  const names = async (list) => (await list).tools.map(({ name }) => name);

  const first = scripted(script);
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(first);
  seen.era = [client.getProtocolEra(), client.getNegotiatedProtocolVersion(), client.getServerVersion()?.name];
  seen.none = await client.listPrompts();
  seen.kept = [await names(client.listTools()), await names(client.listTools()), await names(client.listTools(undefined, { cacheMode: "bypass" })), await names(client.listTools())];
  seen.refreshed = [await names(client.listTools(undefined, { cacheMode: "refresh" })), await names(client.listTools())];
  await client.close();

  lists = 0;
  const store = new InMemoryResponseCacheStore();
  /** @param {string} cachePartition */
  const sharing = async (cachePartition) => {
    const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" }, responseCacheStore: store, cachePartition });
    await client.connect(scripted(script));
    const { contents } = await client.readResource({ uri: "test://one" });
    const tools = await names(client.listTools());
    await client.close();
    return [contents[0] && "text" in contents[0] && contents[0].text, tools];
  };
  seen.shared = [await sharing("ada"), await sharing("ada"), await sharing("bob")];
  seen.size = store.size > 2;

  const changed = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  changed.setVersionNegotiation({ mode: "auto", probe: { timeoutMs: 5_000 } });
  await changed.connect(scripted(script));
  seen.changed = changed.getProtocolEra();
  seen.asked = (await changed.discover()).supportedVersions;
  await changed.close();
  const older = scripted();
  const pinned = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" }, supportedProtocolVersions: ["2025-06-18"] });
  await pinned.connect(older);
  seen.pinned = [older.got[0].params.protocolVersion, pinned.getNegotiatedProtocolVersion()];
  await pinned.close();
  const stranger = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" }, supportedProtocolVersions: ["2025-06-18", "2025-03-26"] });
  const answer = () => ({ protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } });
  seen.stranger = await stranger.connect(scripted({ answers: { initialize: answer } })).then(() => "connected", (error) => error instanceof Error);

  let changes = 0;
  const watched = scripted({ ...script, answers: { ...script.answers, "subscriptions/listen": (/** @type {any} */ { id, params }) => {
    const _meta = { "io.modelcontextprotocol/subscriptionId": id };
    watched.tell("notifications/subscriptions/acknowledged", { _meta, notifications: params.notifications });
    setTimeout(() => watched.tell("notifications/tools/list_changed", { _meta }), 20);
    return new Promise(() => {});
  } } });
  const watching = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" }, listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => void changes++ } } });
  await watching.connect(watched);
  seen.opened = watching.autoOpenedSubscription?.honoredFilter;
  const pause = (/** @type {number} */ millis) => new Promise((resolve) => setTimeout(resolve, millis));
  for (let i = 0; i < 100 && !changes; i++) await pause(10);
  // There is one, and no second.
  await pause(50);
  seen.heard = changes;
  await watching.close();
  seen.over = watching.autoOpenedSubscription === undefined;
  return seen;
}
