import { run } from "./app.js";

addEventListener("message", async ({ data }) => postMessage(await run(data)));
