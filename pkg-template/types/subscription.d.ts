/// <reference lib="esnext.disposable" />
/** Hearing of what changes on the server. */
import type { JsonObject } from "./jsonrpc.js";
import type { Task } from "./tools.js";

/** What a subscription wants to hear of. */
export interface SubscriptionFilter {
  toolsListChanged?: boolean;
  promptsListChanged?: boolean;
  resourcesListChanged?: boolean;
  /** The URIs of resources. News may also be of a part of one. */
  resourceSubscriptions?: string[];
  /** The ids of tasks (2026-07-28, with the tasks extension). */
  taskIds?: string[];
}

/** The options of `listen`. */
export interface ListenOptions {
  /**
   * Milliseconds to wait for the server's acknowledgement.
   * @default 60_000
   */
  timeout?: number;
  /**
   * Ends the subscription.
   * @default none
   */
  signal?: AbortSignal;
  /**
   * Gets every notification, from the first on.
   * @default none
   *
   * @example
   * ```js
   * await client.listen({ toolsListChanged: true }, { onnotification: ({ method }) => refresh(method) });
   * ```
   */
  onnotification?: (notification: ChangeNotification) => unknown;
  /**
   * As {@link Subscription.oninterrupt}, from the beginning.
   * @default none
   */
  oninterrupt?: (error: Error) => unknown;
  /**
   * As {@link Subscription.onreopen}, from the beginning.
   * @default none
   */
  onreopen?: (gap: number) => unknown;
}

/**
 * What the server tells of changes, until one side ends it. Give `onnotification`, or iterate:
 * what nobody has taken waits (the newest 1,024).
 *
 * @example
 * ```js
 * await using subscription = await client.listen({ toolsListChanged: true });
 * subscription.onnotification = async () => show(await client.listTools());
 * ```
 */
export interface Subscription extends AsyncIterable<ChangeNotification> {
  /** The id of the listen request; in the `initialize` era one that was never sent. */
  readonly id: number;
  /** What the server will tell of: the filter, or a part of it. */
  readonly honored: SubscriptionFilter;
  /** The same, by the TypeScript SDK's name. */
  readonly honoredFilter: SubscriptionFilter;
  /**
   * How it ended: `"local"` by `close` or the signal, `"graceful"` by the server's answer,
   * `"remote"` with the connection, by the server's cancellation, or because the server would not open
   * it again. Never rejects.
   */
  readonly closed: Promise<"local" | "graceful" | "remote">;
  /** Gets every notification; also, when it is set, those that wait. */
  onnotification: ((notification: ChangeNotification) => unknown) | undefined;
  /**
   * Whether its stream has broken off and is being opened again. That happens by HTTP with a 2026-07-28
   * server; other connections end as a whole. Between two attempts lies a second, then twice as long
   * each time, at most half a minute.
   */
  readonly interrupted: boolean;
  /** Is told that the stream broke off, or that another attempt failed. */
  oninterrupt: ((error: Error) => unknown) | undefined;
  /**
   * Is told that the stream is there again, and how many milliseconds it was not. Nobody repeats what
   * changed in that time: ask again for what you show. Results that were kept are forgotten.
   *
   * @example
   * ```js
   * subscription.onreopen = async () => show(await client.listTools());
   * ```
   */
  onreopen: ((gap: number) => unknown) | undefined;
  /** Ends it; the server is told. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What a subscription hears of.
 *
 * @example
 * ```ts
 * for await (const news of subscription) {
 *   if (news.method === "notifications/resources/updated") reload(news.params.uri);
 * }
 * ```
 */
export type ChangeNotification =
  | {
      method:
        | "notifications/tools/list_changed"
        | "notifications/prompts/list_changed"
        | "notifications/resources/list_changed";
      params?: JsonObject;
    }
  | { method: "notifications/resources/updated"; params: { uri: string; [key: string]: unknown } }
  | { method: "notifications/tasks" | "notifications/tasks/status"; params: Task };

/** How to hear of a list that has changed. */
export interface ListChangedHandler<Item> {
  /** Gets the list as it is now, or why it could not be fetched. */
  onChanged: (error: Error | null, items: Item[] | null) => unknown;
  /**
   * Whether to fetch the list; without, `items` is null.
   * @default true
   */
  autoRefresh?: boolean;
  /**
   * Milliseconds without another change to wait before fetching; after two seconds (or this, if it
   * is longer) it is fetched all the same.
   * @default 300
   */
  debounceMs?: number;
}
