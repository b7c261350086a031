import { Client, init } from "mcp-wasm/slim";
import core from "mcp-wasm/core.wasm";
import { call } from "./call.js";

export default {
  /** @param {Request} request */
  async fetch(request) {
    await init(core);
    return Response.json([await call(Client, String(new URL(request.url).searchParams.get("server")))]);
  },
};
