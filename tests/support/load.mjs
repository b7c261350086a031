// Much at once through the gateway: many clients over both transports, each with calls whose reports must not be lost, crossed or out
// of order.
import assert from "node:assert/strict";
import { importPkg } from "./paths.mjs";

const { Client } = await importPkg();

/**
 * Makes calls of all clients at once, half of which report in one write with their result, and looks at every report.
 * @param {{ ws: () => string, http: () => string, protocols: string[], headers: object }} gateway
 * @param {{ sockets: number, sessions: number, calls: number, reports: number, mode: "auto" | "legacy" }} load
 */
export async function load(gateway, { sockets, sessions, calls, reports, mode }) {
  const connect = (/** @type {boolean} */ socket) =>
    Client.connect(socket ? gateway.ws() : gateway.http(), { mode, progressHandler: null, ...(socket ? { protocols: gateway.protocols } : { headers: gateway.headers }) });
  const clients = await Promise.all(Array.from({ length: sockets + sessions }, (_, n) => connect(n < sockets)));
  const wanted = Array.from({ length: reports }, (_, n) => n + 1);
  const all = Array.from({ length: calls }, async (_, n) => {
    const tag = `call ${n}`;
    /** @type {number[]} */
    const got = [];
    const name = n % 2 ? "count" : "burst";
    const result = await clients[n % clients.length].callTool(name, { count: reports, pause: 1, tag }, { onprogress: (/** @type {any} */ report) => got.push(report.progress) });
    assert.equal(result.content[0].text, tag, "nobody else's result");
    assert.deepEqual(got, wanted, `${tag}, ${name}: all reports, in order`);
  });
  const outcomes = await Promise.allSettled(all);
  await Promise.all(clients.map((client) => client.close()));
  const failed = outcomes.filter(({ status }) => status === "rejected");
  if (failed.length > 0) throw Object.assign(new Error(`${failed.length} of ${calls} calls are not as they should be`), { cause: /** @type {any} */ (failed[0]).reason });
}
