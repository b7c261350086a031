// Over HTTP as it is mostly written: TextDecoderStream, eventsource-parser's stream, JSON.parse.
import { EventSourceParserStream } from "eventsource-parser/stream";
import { expose } from "../harness.js";

expose({
  async fetch(url) {
    /** @type {import("../harness.js").Session["flood"]} */
    const flood = async (args, handler) => {
      const params = { name: "flood", arguments: args, _meta: { progressToken: 1 } };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
      const response = await fetch(url, { method: "POST", body });
      const events = /** @type {ReadableStream<BufferSource>} */ (response.body)
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      const reader = events.getReader();
      for (let read; !(read = await reader.read()).done; ) {
        const message = JSON.parse(read.value.data);
        if (message.method) handler(message.params.progress, message.params.total, message.params.message);
      }
    };
    return { flood };
  },
});
