// Runs in the page: gives a client its frames and counts what its callback sees.
import { progressFrame, reply, resultFrame } from "./frames.mjs";

/**
 * What stands between a client and the frames in memory.
 * @typedef {object} Link
 * @property {(message: any) => void} send for the client's messages
 * @property {(text: string) => void} receive set by the client; takes each received frame's text
 *
 * @typedef {(progress: number, total: number | undefined, message: string | undefined) => void} Handler
 *
 * @typedef {(n: number, handler: Handler) => Promise<unknown>} Call starts the tool `flood {n}`
 *
 * @typedef {object} Subject a client under test
 * @property {(link: Link) => Promise<Call>} memory connects over frames in memory
 * @property {(url: string) => Promise<Call>} dial connects over a WebSocket
 * @property {(url: string) => Promise<Call>} fetch connects over Streamable HTTP
 */

/** @param {Subject} subject */
export function expose(subject) {
  /** @type {Call} */
  let call;
  /** @type {Link} */
  let link;
  /** @type {Record<string, any> | undefined} the tool call that waits for its answer */
  let request;
  /** @type {string[]} */
  let frames = [];
  let count = 0;
  let last = 0;
  let characters = 0;
  /** @type {Handler} */
  const handler = (progress, _total, message) => {
    count++;
    last = progress;
    characters += message ? message.length : 0;
  };
  /** @param {number} n */
  const check = (n) => {
    if (count !== n || last !== n || characters < 20 * n) {
      throw new Error(`${count} of ${n} notifications arrived, the last one ${last}, ${characters} characters`);
    }
    count = last = characters = 0;
  };
  /** @type {Promise<unknown>} */
  let result;

  Object.assign(window, {
    bench: {
      /** Connects in memory. */
      async memory() {
        link = {
          send(message) {
            if (message.method === "tools/call") request = message;
            else queueMicrotask(() => {
              const answer = reply(message);
              if (answer) link.receive(JSON.stringify(answer));
            });
          },
          receive() {},
        };
        call = await subject.memory(link);
      },
      /** Starts a call and lays its frames ready. @param {number} n */
      async prepare(n) {
        request = undefined;
        result = call(n, handler);
        while (!request) await new Promise((resolve) => setTimeout(resolve));
        const token = /** @type {any} */ (request).params._meta.progressToken;
        // Through JSON, so that each one is a flat string as it comes from a socket.
        frames = JSON.parse(JSON.stringify(Array.from({ length: n }, (_, i) => progressFrame(token, i + 1, n))));
      },
      /** What is measured. */
      async run() {
        for (const frame of frames) {
          link.receive(frame);
          await undefined;
        }
      },
      /** Ends the call and checks that nothing was lost. */
      async finish() {
        link.receive(JSON.stringify(reply(/** @type {any} */ (request))));
        await result;
        check(frames.length);
        frames = [];
      },
      /** Starts a call and lays ready a result of about that size. @param {number} bytes */
      async prepareResult(bytes) {
        request = undefined;
        result = call(0, handler);
        while (!request) await new Promise((resolve) => setTimeout(resolve));
        frames = JSON.parse(JSON.stringify([resultFrame(/** @type {any} */ (request).id, bytes)]));
      },
      /** What is measured: from the frame to the caller. */
      async takeResult() {
        link.receive(/** @type {string} */ (frames.pop()));
        const { structuredContent } = /** @type {any} */ (await result);
        if (!(structuredContent.rows.length > 1000)) throw new Error("the result is not whole");
      },
      /** Connects over a WebSocket. @param {string} url */
      async dial(url) {
        call = await subject.dial(url);
      },
      /** Connects over Streamable HTTP. @param {string} url */
      async fetch(url) {
        call = await subject.fetch(url);
      },
      /** What is measured. @param {number} n */
      async flood(n) {
        await call(n, handler);
      },
      /** Checks that nothing was lost. @param {number} n */
      check,
    },
  });
}
