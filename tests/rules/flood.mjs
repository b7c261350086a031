// The demo server's flood, counted in a page or, as this module itself, in a worker.

const COUNT = 100_000;

/** @param {string} url */
export async function flood(url) {
  /** @type {typeof import("mcp-wasm")} */
  const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
  const client = await Client.connect(url);
  const outcome = { count: 0, inOrder: true, last: 0 };
  await client.callTool("flood", { count: COUNT }, {
    progressHandler(progress) {
      outcome.count++;
      outcome.inOrder &&= progress > outcome.last;
      outcome.last = progress;
    },
  });
  await client.close();
  return outcome;
}

/** @param {string} url */
export function floodInWorker(url) {
  const worker = new Worker(import.meta.url, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(url);
  });
}

if (typeof document === "undefined") globalThis.onmessage = async ({ data }) => postMessage(await flood(data));
