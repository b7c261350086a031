// Nothing at all: what the harness and the browser cost by themselves. Counts, so that the check
// for lost frames holds, but looks into no frame.
import { expose } from "../harness.js";

expose({
  async memory(link) {
    /** @type {import("../harness.js").Session["flood"]} */
    const flood = (n, handler) => {
      let i = 0;
      const result = new Promise((resolve) => {
        link.receive = () => (i < n ? handler(++i, n, "Processing an item of many") : resolve(undefined));
      });
      link.send({ method: "tools/call", id: 1, params: { name: "flood", _meta: { progressToken: 1 } } });
      return result;
    };
    return { flood };
  },
  async dial(url) {
    const socket = new WebSocket(url, "mcp");
    await new Promise((resolve) => (socket.onopen = resolve));
    /** @type {import("../harness.js").Session["flood"]} */
    const flood = (n, handler) =>
      new Promise((resolve) => {
        let i = 0;
        socket.onmessage = () => (i < n ? handler(++i, n, "Processing an item of many") : resolve(undefined));
        socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "flood", arguments: { n }, _meta: { progressToken: 1 } } }));
      });
    return { flood };
  },
  async fetch(url) {
    /** @type {import("../harness.js").Session["flood"]} */
    const flood = async (n, handler) => {
      const params = { name: "flood", arguments: { n }, _meta: { progressToken: 1 } };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
      const response = await fetch(url, { method: "POST", body });
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      while (!(await reader.read()).done);
      for (let i = 1; i <= n; i++) handler(i, n, "Processing an item of many");
    };
    return { flood };
  },
});
