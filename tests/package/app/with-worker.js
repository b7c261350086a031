// As bundlers know it: they find the worker by this very expression.
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const server = new URLSearchParams(location.search).get("server");
const done = new Promise((resolve) => worker.addEventListener("message", ({ data }) => resolve(data)));
worker.postMessage(server);
Object.assign(globalThis, { done });
