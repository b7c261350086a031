import { run } from "./app.js";

export default {
  /** @param {Request} request */
  async fetch(request) {
    return Response.json(await run(String(new URL(request.url).searchParams.get("server"))));
  },
};
