// Runs in the page: gives a client its frames and counts what its callback sees.
import { listFrame, reply, resultFrame } from "./frames.mjs";
import { progressFrame, progressOf, shapes } from "./shapes.mjs";

/**
 * What stands between a client and the frames in memory.
 * @typedef {object} Link
 * @property {(message: any) => void} send for the client's messages
 * @property {(text: string) => void} receive set by the client; takes each received frame's text
 *
 * @typedef {(progress: number, total: number | undefined, message: string | undefined) => void} Handler
 *
 * @typedef {{ n: number, shape: string }} Flood how many reports, and how they are written
 *
 * @typedef {object} Session a connected client
 * @property {(args: Flood, handler: Handler) => Promise<any>} flood calls the tool `flood`
 * @property {(text: string) => Promise<any>} [echo] calls the tool `echo {text}`
 * @property {() => Promise<any>} [list] lists the tools
 * @property {(args: Flood, handler: Handler) => Promise<any>} [replay] calls the tool `replay`, as `flood`
 * @property {(bytes: number) => Promise<any>} [large] calls the tool `large {bytes}`
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
  let characters = 0;
  let misplaced = 0;
  /** The handler of one call. @param {Flood} args @returns {Handler} */
  const expect = ({ n, shape }) => {
    const expected = Float64Array.from({ length: n }, (_, i) => progressOf(shape, i + 1, n));
    let next = 0;
    return (progress, _total, message) => {
      count++;
      if (progress !== expected[next++]) misplaced++;
      characters += message ? message.length : 0;
    };
  };
  /** Starts the calls of a shape, which share the reports. @param {number} n @param {string} shape @param {"flood" | "replay"} tool */
  const floods = (n, shape, tool = "flood") => {
    const calls = shapes[shape]?.calls ?? 1;
    const args = { n: Math.floor(n / calls), shape };
    return Array.from({ length: calls }, () => {
      const handler = expect(args);
      return () => /** @type {any} */ (session)[tool](args, handler);
    });
  };
  /** @param {number} n @param {string} shape */
  const check = (n, shape) => {
    const calls = shapes[shape]?.calls ?? 1;
    const all = Math.floor(n / calls) * calls;
    if (count !== all || misplaced || characters < 10 * all) {
      throw new Error(`${shape}: ${count} of ${all} notifications arrived, ${misplaced} out of order, ${characters} characters`);
    }
    count = characters = 0;
  };
  /** Starts requests, and waits until all are on their way. @param {(() => Promise<any>)[]} starts */
  const begin = async (starts) => {
    requests = [];
    results = starts.map((start) => start());
    while (requests.length < starts.length) await new Promise((resolve) => setTimeout(resolve));
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

      /** Starts the calls of a shape and lays their frames ready. @param {number} n @param {string} shape */
      async prepare(n, shape) {
        const starts = floods(n, shape);
        await begin(starts);
        const tokens = requests.map(({ params }) => params._meta.progressToken);
        const each = Math.floor(n / starts.length);
        lay(Array.from({ length: each }, (_, i) => tokens.map((token) => progressFrame(shape, token, i + 1, each))).flat());
      },
      /** What is measured. */
      async run() {
        for (const frame of frames) {
          link.receive(frame);
          await undefined;
        }
      },
      /** Ends the calls and checks that nothing was lost. @param {string} shape */
      async finish(shape) {
        for (const request of requests) link.receive(JSON.stringify(reply(request)));
        await Promise.all(results);
        check(frames.length, shape);
        frames = [];
      },

      /** Starts calls and lays results of about that size ready. @param {number} bytes @param {number} times */
      async prepareResults(bytes, times) {
        await begin(Array.from({ length: times }, () => () => session.flood({ n: 0, shape: "" }, () => {})));
        lay(requests.map(({ id }) => resultFrame(id, bytes)));
      },
      /** The same for lists of tools. @param {number} n @param {number} times */
      async prepareLists(n, times) {
        await begin(Array.from({ length: times }, () => () => /** @type {any} */ (session).list()));
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

      /** What is measured. @param {number} n @param {string} shape @param {"flood" | "replay"} [tool] */
      async flood(n, shape, tool) {
        await Promise.all(floods(n, shape, tool).map((start) => start()));
      },
      /** What is measured: a result of that size, from the server. @param {number} bytes */
      async large(bytes) {
        const { structuredContent } = await /** @type {any} */ (session).large(bytes);
        if (!(structuredContent.rows.length > bytes / 200)) throw new Error("the result is not whole");
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
