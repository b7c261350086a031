// A WebSocket endpoint: browsers tell a page only that opening failed, so the same place is asked in other ways.
import { openSocket, pinned } from "./probe.js";

/** @param {import("./probe.js").Work} diagnosis */
export async function diagnoseSocket(diagnosis) {
  const { url, origin, options } = diagnosis;
  const { protocols, timeout } = options;
  if (!diagnosis.missing) {
    const { client, error = {} } = await diagnosis.attempt();
    if (client) return client.close();
    if (diagnosis.findings.some(({ code }) => code === "WRONG_ERA")) return;
    if (error.code === "INCOMPATIBLE_VERSION") return diagnosis.find("WRONG_ERA", { asked: pinned(options.mode) ?? "a revision that it knows" });
    if (await diagnosis.blocked()) return;
    if (error.code === "UNSUPPORTED") return diagnosis.find("HANDSHAKE_FAILED", { error });
  }
  const [selected, without] = await Promise.all([openSocket(url, protocols, timeout), openSocket(url, [], timeout)]);
  if (selected !== undefined && protocols.includes(selected)) {
    // It opens as it should: what fails comes later.
    if (!diagnosis.missing) diagnosis.find(diagnosis.facts.error?.code === "RPC_ERROR" ? "HANDSHAKE_FAILED" : "NOT_MCP", { error: diagnosis.facts.error });
    return;
  }
  if (await diagnosis.blocked()) return;
  if (selected !== undefined || without !== undefined) return diagnosis.find("NO_SUBPROTOCOL", { protocol: protocols[0] });

  const page = new URL(url);
  page.protocol = url.protocol === "ws:" ? "http:" : "https:";
  const foreign = origin !== undefined && origin !== page.origin;
  const [there, read] = await Promise.all([
    diagnosis.ask({ method: "GET", mode: foreign ? "no-cors" : "cors" }, page),
    diagnosis.ask({ method: "GET" }, page),
  ]);
  there.end();
  read.end();
  const { status, headers } = read.response ?? {};
  if (status === 401) return diagnosis.find("AUTHENTICATION_REQUIRED", { status, challenge: headers?.get("www-authenticate") });
  if (status === 404 || status === 410) return diagnosis.find("WRONG_PATH", { status });
  if (status !== undefined || there.opaque) return diagnosis.find("WEBSOCKET_REFUSED", { status });
  // The policy may allow WebSockets there and nothing else: then this was no test.
  if (await diagnosis.policy.refused(page)) return diagnosis.find("WEBSOCKET_REFUSED");
  diagnosis.find("NO_ANSWER", { late: there.late, reason: there.failed?.cause?.code });
}
