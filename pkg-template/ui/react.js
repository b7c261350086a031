"use client";
// Hooks for React 18 and newer: a connection, its calls, and one tool. What is shown changes once a
// frame at most, however much progress comes.
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ClosedError, McpError } from "../base/errors.js";
import { later } from "../base/later.js";
import { Client } from "../index.js";
import { following, useLatest } from "./latest.js";

/** @typedef {import("../types/call-options.js").CallOptions} CallOptions */

/** Pauses before a new attempt to connect, in milliseconds: the first, and the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** @typedef {import("./react.js").UseMcpClientOptions} Options */
/** @typedef {import("../types/client.js").Client} Connected */
/** @typedef {import("../types/call.js").ToolCall} ToolCall */
/** @typedef {Pick<import("./react.js").McpConnection, "status"> & { client?: Connected, error?: unknown }} Connection */
/** @typedef {Pick<import("./react.js").ToolHandle, "status"> & Partial<Pick<import("./react.js").ToolHandle, "running" | "progress" | "result" | "error">> & { name?: string }} Tool */

/** @type {readonly import("../types/board.js").CallView[]} */
const NO_CALLS = Object.freeze([]);
/** @type {Connection} */
const CONNECTING = Object.freeze({ status: "connecting" });
/** @type {{ status: "idle", name?: undefined }} */
const IDLE = Object.freeze({ status: "idle" });
/** The codes of errors that a log-in mends. */
const LOGIN = ["AUTH_REQUIRED", "AUTH_SCOPE"];

/** @param {any} target whatever can be connected to, or a function that gives it @param {Options} [options] */
export function useMcpClient(target, options) {
  const address = target instanceof URL ? target.href : target;
  const latest = useLatest(options);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState(/** @type {Connection} */ (address ? CONNECTING : IDLE));
  useEffect(() => {
    setState(address ? CONNECTING : IDLE);
    if (!address) return;
    let wanted = true;
    let failures = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const client = new Client(latest.current?.info, following(latest));
    /** @param {Connection["status"]} status @param {unknown} [error] */
    const lost = (status, error) => {
      if (!wanted) return;
      setState({ status, error });
      // What needs a person is not tried again without one.
      if (status === "login" || !latest.current?.autoReconnect) return;
      timer = setTimeout(() => {
        setState({ status: "connecting", error });
        connect();
      }, Math.min(FIRST_PAUSE * 2 ** failures++, LONGEST_PAUSE));
    };
    const connect = async () => {
      try {
        await client.connect(typeof address === "function" ? address() : address, following(latest));
        failures = 0;
        if (wanted) setState({ status: "connected", client });
      } catch (error) {
        lost(LOGIN.includes(/** @type {{ code: string }} */ (error)?.code) ? "login" : "error", error);
      }
    };
    client.onclose = () => lost("closed");
    client.onerror = (error) => latest.current?.onError?.(error);
    // Strict mode takes its first effects back at once: nothing is opened for those.
    queueMicrotask(() => wanted && connect());
    return () => {
      wanted = false;
      clearTimeout(timer);
      client.close();
    };
  }, [address, attempt, latest]);
  const reconnect = useCallback(() => setAttempt((count) => count + 1), []);
  const { client, status, error } = state;
  const now = useLatest({ address, wanted: status === "login" ? error : undefined });
  const login = useCallback(async () => {
    const { auth } = /** @type {{ auth?: { login?: (target: unknown) => Promise<unknown> } }} */ (latest.current ?? {});
    if (typeof auth?.login !== "function") throw new McpError("INVALID_ARGUMENT", "nobody can log in: give the option `auth`, such as `new OAuth()` of mcp-wasm/auth");
    // Before anything else: a window opens only in the click.
    await auth.login(now.current.wanted ?? now.current.address);
    reconnect();
  }, [latest, now, reconnect]);
  return { client, status, error, reconnect, login };
}

/** @param {Connected | null | undefined} client */
export function useCalls(client) {
  const board = client?.calls;
  return useSyncExternalStore(board?.subscribe ?? notAtAll, board?.getSnapshot ?? none, none);
}

/** @param {Connected | null | undefined} client @param {string} name @param {CallOptions} [options] */
export function useTool(client, name, options) {
  const latest = useLatest(options);
  const [state, setState] = useState(/** @type {Tool} */ (IDLE));
  /** The call that is shown, and of what. @type {{ current: { running: ToolCall, client: Connected | null | undefined, name: string } | undefined }} */
  const shown = useRef(undefined);
  const cancel = useCallback((/** @type {string} */ reason) => shown.current?.running.cancel(reason), []);
  const call = useCallback(
    (/** @type {object | undefined} */ args, /** @type {CallOptions | undefined} */ callOptions) => {
      cancel("another call took its place");
      const running = client ? client.callTool(name, args, { ...latest.current, ...callOptions }) : impossible(name);
      shown.current = { running, client, name };
      setState({ name, status: "running", running });
      follow(running, (change) => {
        if (shown.current?.running === running) setState((before) => ({ ...before, ...change }));
      });
      return running;
    },
    [client, name, latest, cancel],
  );
  const reset = useCallback(() => {
    cancel("it is no longer shown");
    shown.current = undefined;
    setState(IDLE);
  }, [cancel]);
  // What nobody sees now ends; not a call that is quicker than this effect, and of the new client.
  useEffect(
    () => () => {
      if (shown.current?.client === client && shown.current?.name === name) cancel("it is no longer shown");
    },
    [client, name, cancel],
  );
  const { status, running, progress, result, error } = state.name === name ? state : /** @type {Tool} */ (IDLE);
  return { status, running, progress, result, error, call, cancel, reset };
}

/**
 * Tells of a call's progress once a frame, and of its end.
 * @param {ToolCall} call
 * @param {(change: Partial<Tool>) => void} tell
 */
function follow(call, tell) {
  /** @type {import("../types/progress.js").Progress | undefined} */
  let progress;
  /** @type {(() => void) | undefined} */
  let cancel;
  const draw = () => {
    cancel = undefined;
    tell({ progress });
  };
  const loop = async () => {
    for await (progress of call.progress()) cancel ??= later("frame", draw);
  };
  /** @param {Partial<Tool>} change */
  const end = (change) => {
    cancel?.();
    tell({ progress, running: undefined, ...change });
  };
  loop().then(
    async () => {
      const result = await call;
      end({ status: result?.isError ? "failed" : "done", result });
    },
    (error) => end({ status: error?.name === "AbortError" ? "cancelled" : "failed", error }),
  );
}

/** A call that cannot be made. @param {string} name @returns {ToolCall} */
function impossible(name) {
  const failed = Promise.reject(new ClosedError(`tools/call ${name}: not connected; it was not sent`, false));
  return Object.assign(failed, {
    id: 0,
    stalled: false,
    cancel() {},
    async *progress() {
      await failed;
    },
  });
}

const notAtAll = () => () => {};
const none = () => NO_CALLS;
