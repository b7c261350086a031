// Nothing at all, in a worker that only counts: what the browser costs where no frame reaches the page.
import { expose } from "../harness.js";
import { progressOf } from "../shapes.mjs";

const script = `onmessage = ({ data: { url, request, n } }) => {
  const socket = new WebSocket(url, "mcp");
  let count = 0;
  socket.onopen = () => socket.send(request);
  socket.onmessage = () => {
    if (++count <= n) return;
    socket.close();
    postMessage("done");
  };
};`;

expose({
  async dial(url) {
    /** @param {string} name @returns {import("../harness.js").Session["flood"]} */
    const calling = (name) => async ({ n, shape }, handler) => {
      const worker = new Worker(URL.createObjectURL(new Blob([script])));
      const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: { n, shape }, _meta: { progressToken: 1 } } });
      await new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage({ url, request, n });
      });
      worker.terminate();
      for (let i = 1; i <= n; i++) handler(progressOf(shape, i, n), n, "Processing an item of many");
    };
    return { flood: calling("flood"), replay: calling("replay") };
  },
});
