/** How handlers answer what a server asks. */
import type { RequestId } from "./jsonrpc.js";

/** What a handler returns, at once or later. */
export type InputAnswer<Result> = Result | null | undefined | void | Promise<Result | null | undefined | void>;

/** What a handler of a server's request is told beside the request. */
export interface InputContext {
  /** Aborts when the answer is wanted no more: the call or the connection ended, or the server says so. */
  signal: AbortSignal;
  /** The id of the server's request, or of the call's latest request if a result asks. */
  requestId: RequestId;
  /** Tells the server how far the answer has come. Does nothing if the server did not ask for that. */
  reportProgress(progress: number, total?: number, message?: string): Promise<void>;
  /** For an `elicitationId`: is kept when the server says that what happens at the URL is done. */
  completed?: Promise<void>;
  /**
   * The call that makes the server ask, if that is known: its method. A result says it, and so does the
   * stream of a call over HTTP; otherwise it is the newest call that the server works on.
   */
  method?: string;
  /** Its tool, prompt or URI. */
  name?: string;
  /** Its id. */
  callId?: number;
  /** The server's name for what is asked. */
  key?: string;
}
