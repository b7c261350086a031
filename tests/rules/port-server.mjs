// A small server at the other end of a port, in a frame or a worker. In a frame, the address of this script says whom
// it accepts: an origin, a window, a nonce.
// @ts-ignore: where the test serves the package
import { acceptPorts, MessagePortTransport } from "/pkg/index.js";

const query = new URL(import.meta.url).searchParams;
const origin = query.get("origin");

/** @param {any} transport */
async function serve(transport) {
  transport.onmessage = (/** @type {any} */ { id, method, params }) => {
    if (id === undefined) return;
    const result =
      method === "server/discover"
        ? { supportedVersions: ["2026-07-28"], capabilities: { tools: {} } }
        : { content: [{ type: "text", text: `Hello, ${params.arguments.name}` }] };
    transport.send({ jsonrpc: "2.0", id, result: { ...result, resultType: "complete" } });
  };
  await transport.start();
}

const scope = /** @type {any} */ (globalThis);
acceptPorts(serve, {
  origins: origin === null ? undefined : [origin],
  source: query.has("source") ? scope.window : undefined,
  nonce: query.get("nonce") ?? undefined,
});
// A worker can also be talked to as such.
if (origin === null) await serve(new MessagePortTransport(scope));
