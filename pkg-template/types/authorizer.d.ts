/** Who may do what: how transports ask. */

/** How a server answered a request that an {@link Authorizer} gave headers for. */
export interface AuthAnswer {
  /** The HTTP status: 401, 403, or another with a nonce. */
  status: number;
  /** `WWW-Authenticate`, if the page may read it. */
  challenge?: string;
  /** `DPoP-Nonce`, if the page may read it. */
  nonce?: string;
  /** The headers that were sent. */
  sent: Record<string, string>;
  /** How often this request was sent, from 1. */
  attempt: number;
  /** Nobody waits for the request now. */
  signal: AbortSignal;
  method: string;
  url: string;
  /** The address that the client was connected to, as it was given. */
  server: string;
}

/**
 * Gives the headers that let requests in. `OAuth` and `bearer` of `mcp-wasm/auth` are ones.
 *
 * @example
 * ```js
 * const signed = {
 *   headers: async ({ method, url }) => ({ "X-Signature": await sign(method, url) }),
 *   answered: async () => false,
 * };
 * await client.connect(url, { auth: signed });
 * ```
 */
export interface Authorizer {
  /** The headers for one request; it may be sent again with others. */
  headers(request: { method: string; url: string; server: string }): Promise<Record<string, string>>;
  /**
   * After a 401 or 403, and after every answer with a nonce. True: send the same request again. What it
   * throws is what the call fails with.
   */
  answered(answer: AuthAnswer): Promise<boolean>;
  /**
   * A ticket for one WebSocket to this address, which takes it as a subprotocol; undefined: none is needed.
   * `refused`: the connection was tried without one, and did not open.
   */
  ticket?(url: string, refused?: boolean): Promise<string | undefined>;
}
