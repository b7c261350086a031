"use client";
// The tools of a client for the AI SDK, as state of a component: listed with the client, and anew
// when the server's list changes.
import { useEffect, useState } from "react";
import { aiTools } from "../models/ai-sdk.js";
import { following, useLatest } from "./latest.js";

/** @typedef {import("./ai-sdk.js").AiToolsState} State */
/** @typedef {import("../types/client.js").Client} Client */

/** @type {State["tools"]} */
const NONE = Object.freeze({});
/** @type {State} */
const IDLE = Object.freeze({ status: "idle", tools: NONE });
/** @type {State} */
const LOADING = Object.freeze({ status: "loading", tools: NONE });

/** @param {Client | undefined} client @param {import("../models/ai-sdk.js").AiToolsOptions} [options] */
export function useAiTools(client, options) {
  const latest = useLatest(options);
  const { filter, prefix } = options ?? {};
  // What is listed in another way is another list; functions are looked up when they are needed.
  const which = JSON.stringify([prefix, Array.isArray(filter) ? filter : typeof filter]);
  const [state, setState] = useState(client ? LOADING : IDLE);
  useEffect(() => {
    setState(client ? LOADING : IDLE);
    if (!client) return;
    let wanted = true;
    /** The list that is shown, as JSON. @type {string | undefined} */
    let shown;
    /** @param {"refresh"} [cache] */
    const load = async (cache) => {
      if (!wanted) return;
      try {
        const list = (await client.listTools({}, { signal: latest.current?.signal, cache })).tools ?? [];
        const look = JSON.stringify(list);
        if (!wanted || look === shown) return;
        const tools = await aiTools(client, { ...following(latest), tools: list });
        if (!wanted) return;
        shown = look;
        setState({ status: "ready", tools });
      } catch (error) {
        shown = undefined;
        if (wanted) setState({ status: "error", error, tools: NONE });
      }
    };
    // One after the other: an older list must not come last.
    let last = Promise.resolve().then(() => load());
    const again = () => (last = last.then(() => load("refresh")));
    /** @type {import("../types/subscription.js").Subscription | undefined} */
    let subscription;
    const watch = async () => {
      // Strict mode takes its first effects back at once: nothing is asked for those.
      await undefined;
      if (!wanted || !client.getServerCapabilities?.()?.tools?.listChanged) return;
      subscription = await client.listen({ toolsListChanged: true }, { onnotification: again, onreopen: again });
      if (!wanted) return void subscription.close();
      // The list is not kept waiting; what has changed before now, or in a gap, nobody says.
      again();
    };
    // Without the news the tools are those of the start.
    watch().catch((error) => latest.current?.onWarning?.(error));
    return () => {
      wanted = false;
      subscription?.close();
    };
  }, [client, which, latest]);
  return { tools: state.tools, status: state.status, error: state.error };
}
