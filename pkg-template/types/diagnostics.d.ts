/** What a client counts. */

/** What {@link Client.diagnostics} tells. */
export interface Diagnostics {
  /** The server's name. */
  server: string | undefined;
  /** Counts of progress notifications since the client was made. */
  progress: {
    /** Delivered to a call. */
    delivered: number;
    /** For a token that was never handed out. */
    unknown: number;
    /** For a call that had ended. */
    late: number;
    /** Below the value before it. */
    backward: number;
    /** Equal to the value before it. */
    duplicate: number;
    /** Without a usable token, number or message; dropped. */
    malformed: number;
    /** Gave way to newer ones behind a slow handler. */
    overflowed: number;
    /** Gave way to newer ones by `throttle`. */
    coalesced: number;
  };
  /** Counts of notifications for subscriptions. */
  subscriptions: {
    /** For a subscription that there is not; dropped. */
    unknown: number;
  };
}
