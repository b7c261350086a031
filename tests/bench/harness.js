// Runs in the page: gives a client its frames and counts what its callback sees.
import { listFrame, progressFrame, reply, resultFrame } from "./frames.mjs";

/**
 * What stands between a client and the frames in memory.
 * @typedef {object} Link
 * @property {(message: any) => void} send for the client's messages
 * @property {(text: string) => void} receive set by the client; takes each received frame's text
 *
 * @typedef {(progress: number, total: number | undefined, message: string | undefined) => void} Handler
 *
 * @typedef {object} Session a connected client
 * @property {(n: number, handler: Handler) => Promise<any>} flood calls the tool `flood {n}`
 * @property {(text: string) => Promise<any>} [echo] calls the tool `echo {text}`
 * @property {() => Promise<any>} [list] lists the tools
 *
 * @typedef {object} Subject a client under test, by how it may connect
 * @property {(link: Link) => Promise<Session>} [memory] over frames in memory
 * @property {(url: string) => Promise<Session>} [dial] over a WebSocket
 * @property {(url: string) => Promise<Session>} [fetch] over Streamable HTTP
 * @property {() => number} [memoryOfModule] bytes of the memory that is no part of the heap
 */

/** @param {Subject} subject */
export function expose(subject) {
  /** @type {Session} */
  let session;
  /** @type {Link} */
  let link;
  /** @type {Record<string, any>[]} the requests that wait for their answers */
  let requests = [];
  /** @type {string[]} */
  let frames = [];
  /** @type {Promise<any>[]} */
  let results = [];
  let count = 0;
  let last = 0;
  let characters = 0;
  let misplaced = 0;
  /** @type {Handler} */
  const handler = (progress, _total, message) => {
    count++;
    if (progress !== last + 1) misplaced++;
    last = progress;
    characters += message ? message.length : 0;
  };
  /** @param {number} n */
  const check = (n) => {
    if (count !== n || misplaced || characters < 20 * n) {
      throw new Error(`${count} of ${n} notifications arrived, ${misplaced} out of order, ${characters} characters`);
    }
    count = last = characters = 0;
  };
  /** Starts requests, and waits until all are on their way. @param {() => Promise<any>} start @param {number} times */
  const begin = async (start, times) => {
    requests = [];
    results = Array.from({ length: times }, start);
    while (requests.length < times) await new Promise((resolve) => setTimeout(resolve));
  };
  /** Lays frames ready: through JSON, so that each is a flat string as it comes from a socket. @param {string[]} texts */
  const lay = (texts) => (frames = JSON.parse(JSON.stringify(texts)));
  const waits = (/** @type {any} */ { method, params }) => method === "tools/list" || params?.name === "flood";
  /** @param {number} i */
  const echo = async (i) => {
    const text = `number ${i}`;
    const { content } = await /** @type {any} */ (session).echo(text);
    if (content[0].text !== text) throw new Error(`the echo of "${text}" was "${content[0].text}"`);
  };
  /** @type {number[]} */
  let gaps = [];
  let animating = false;

  Object.assign(window, {
    bench: {
      async memory() {
        link = {
          send(message) {
            if (waits(message)) requests.push(message);
            else queueMicrotask(() => {
              const answer = reply(message);
              if (answer) link.receive(JSON.stringify(answer));
            });
          },
          receive() {},
        };
        session = await /** @type {any} */ (subject).memory(link);
      },
      /** @param {string} url */
      async dial(url) {
        session = await /** @type {any} */ (subject).dial(url);
      },
      /** @param {string} url */
      async fetch(url) {
        session = await /** @type {any} */ (subject).fetch(url);
      },

      /** Starts a call and lays its frames ready. @param {number} n */
      async prepare(n) {
        await begin(() => session.flood(n, handler), 1);
        const token = requests[0]?.params._meta.progressToken;
        lay(Array.from({ length: n }, (_, i) => progressFrame(token, i + 1, n)));
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
        link.receive(JSON.stringify(reply(/** @type {any} */ (requests[0]))));
        await results[0];
        check(frames.length);
        frames = [];
      },

      /** Starts calls and lays results of about that size ready. @param {number} bytes @param {number} times */
      async prepareResults(bytes, times) {
        await begin(() => session.flood(0, handler), times);
        lay(requests.map(({ id }) => resultFrame(id, bytes)));
      },
      /** The same for lists of tools. @param {number} n @param {number} times */
      async prepareLists(n, times) {
        await begin(() => /** @type {any} */ (session).list(), times);
        lay(requests.map(({ id }) => listFrame(id, n)));
      },
      /** What is measured: from the frame to the caller. */
      async take() {
        for (const result of results) {
          link.receive(/** @type {string} */ (frames.shift()));
          const { structuredContent, tools } = await result;
          if (!((tools ?? structuredContent.rows).length >= 500)) throw new Error("the result is not whole");
        }
      },

      /** What is measured. @param {number} n */
      async flood(n) {
        await session.flood(n, handler);
      },
      /** Checks that nothing was lost, and that all came in order. @param {number} n */
      check,

      /** One call after the other. @param {number} n */
      async sequential(n) {
        for (let i = 0; i < n; i++) await echo(i);
      },
      /** All calls at once. @param {number} n */
      async concurrent(n) {
        await Promise.all(Array.from({ length: n }, (_, i) => echo(i)));
      },

      /** Moves something in every frame, and notes how far apart they are. */
      animate() {
        const box = document.body.appendChild(document.createElement("div"));
        box.style.cssText = "width:40px;height:40px;background:teal";
        let before = 0;
        gaps = [];
        animating = true;
        const step = (/** @type {number} */ at) => {
          if (before) gaps.push(at - before);
          before = at;
          box.style.transform = `translateX(${gaps.length % 200}px)`;
          if (animating) requestAnimationFrame(step);
          else box.remove();
        };
        requestAnimationFrame(step);
      },
      /** How far apart the frames were, in milliseconds. */
      still() {
        animating = false;
        return gaps;
      },
      memoryOfModule: () => subject.memoryOfModule?.() ?? 0,
    },
  });
}
