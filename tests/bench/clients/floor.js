// Nothing at all: what the harness and the browser cost by themselves. Counts, so that the check
// for lost frames holds, but looks into no frame.
import { expose } from "../harness.js";
import { progressOf } from "../shapes.mjs";

/** Counts frames: those of calls that report by turns belong to each in turn. */
function counter() {
  /** @type {{ i: number, n: number, shape: string, handler: import("../harness.js").Handler, resolve: (value: unknown) => void }[]} */
  const calls = [];
  return {
    /** @param {import("../harness.js").Flood} args @param {import("../harness.js").Handler} handler */
    begin: ({ n, shape }, handler) => new Promise((resolve) => calls.push({ i: 0, n, shape, handler, resolve })),
    frame() {
      const call = calls.shift();
      if (!call) return;
      if (call.i === call.n) return call.resolve(undefined);
      call.handler(progressOf(call.shape, ++call.i, call.n), call.n, "Processing an item of many");
      calls.push(call);
    },
  };
}

/** @param {number} id @param {import("../harness.js").Flood} args @param {string} [name] */
const request = (id, args, name = "flood") => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args, _meta: { progressToken: id } } });

expose({
  async memory(link) {
    const { begin, frame } = counter();
    let id = 0;
    link.receive = frame;
    return {
      flood(args, handler) {
        const result = begin(args, handler);
        link.send(request(++id, args));
        return result;
      },
    };
  },
  async dial(url) {
    const socket = new WebSocket(url, "mcp");
    await new Promise((resolve) => (socket.onopen = resolve));
    const { begin, frame } = counter();
    let id = 0;
    socket.onmessage = frame;
    /** @param {string} name @returns {import("../harness.js").Session["flood"]} */
    const calling = (name) => (args, handler) => {
      const result = begin(args, handler);
      socket.send(JSON.stringify(request(++id, args, name)));
      return result;
    };
    return { flood: calling("flood"), replay: calling("replay") };
  },
  async fetch(url) {
    /** @type {import("../harness.js").Session["flood"]} */
    const flood = async ({ n, shape }, handler) => {
      const body = JSON.stringify(request(1, { n, shape }));
      const response = await fetch(url, { method: "POST", body });
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      while (!(await reader.read()).done);
      for (let i = 1; i <= n; i++) handler(progressOf(shape, i, n), n, "Processing an item of many");
    };
    return { flood };
  },
});
