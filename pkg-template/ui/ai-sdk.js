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
    // One after the other: an older list must not come last.
    const load = async () => {
      try {
        const tools = wanted && (await aiTools(client, following(latest)));
        if (tools && wanted) setState({ status: "ready", tools });
      } catch (error) {
        if (wanted) setState({ status: "error", error, tools: NONE });
      }
    };
    let last = load();
    /** @type {import("../types/subscription.js").Subscription | undefined} */
    let subscription;
    const watch = async () => {
      await last;
      if (!wanted || !client.getServerCapabilities?.()?.tools?.listChanged) return;
      subscription = await client.listen({ toolsListChanged: true }, { onnotification: () => (last = last.then(load)) });
      if (!wanted) subscription.close();
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
