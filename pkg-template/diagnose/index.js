// Says in words what keeps a page from connecting, with the line to add on the server.
import { merge } from "../base/check.js";
import { ClosedError } from "../base/errors.js";
import { Client } from "../client/client.js";
import { parts } from "../wasm/load.js";
import { finding } from "./findings.js";
import { diagnoseHttp } from "./http.js";
import { Policy, ask, isLoopback, localNetwork, originOf, pinned } from "./probe.js";
import { diagnoseSocket } from "./socket.js";

/** An empty module: whether WebAssembly may run at all. */
const EMPTY = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

const DEFAULTS = { timeout: 5_000, mode: "auto", protocols: ["mcp"], info: { name: "diagnose", version: "1.0.0" } };

/** An address without what may be secret in it. @param {string | URL} url */
const shown = (url) => String(url).replace(/[?#][^]*$/, "").replace(/^([a-z][a-z\d+.-]*:\/*)[^/]*@/i, "$1");

/** @typedef {import("./probe.js").Work} Work */

/** One diagnosis under way. @implements {Work} */
class Diagnosis {
  /** Who asks; `undefined` outside of browsers, where nobody asks for permission. @type {string | undefined} */
  origin = globalThis.location?.origin;
  /** @type {import("../types/diagnosis.js").Finding[]} */
  findings = [];
  /** @type {Work["facts"]} */
  facts = {};
  /** Whether there is no module, and so no client. @type {boolean | undefined} */
  missing;
  policy = new Policy();

  /** @param {URL} url @param {Work["options"]} options */
  constructor(url, options) {
    this.url = url;
    this.options = options;
    this.given = options.fetch ?? globalThis.fetch;
  }

  /** Notes what was found. @param {string} code @param {object} [facts] @returns {true} */
  find(code, facts = {}) {
    const { challenge } = /** @type {{ challenge?: string | null }} */ (facts);
    if (code === "AUTHENTICATION_REQUIRED" && challenge?.includes("mcp-wasm pairing")) code = "GATEWAY_TOKEN";
    this.findings.push(finding(code, { url: shown(this.url), origin: this.origin, ...facts }));
    return true;
  }

  /** Whether the page's own policy has refused it. @param {string | URL} [url] */
  async blocked(url = this.url) {
    return (await this.policy.refused(url)) && this.find("CSP_BLOCKED", { target: originOf(url) });
  }

  /**
   * What connecting comes to: a client, or an error.
   * @param {import("../types/options.js").ConnectOptions & { mode?: Work["options"]["mode"] }} [more] other options for it
   * @returns {ReturnType<Work["connect"]>}
   */
  async connect({ mode = this.options.mode, ...more } = {}) {
    const { info, timeout: connectTimeout, headers, protocols } = this.options;
    const client = new Client(info, { mode, progressHandler: null });
    const refused = this.policy.refusal(this.url).then(() => {
      throw new ClosedError("refused by the page's policy", false);
    });
    try {
      await Promise.race([client.connect(this.url, { connectTimeout, headers, protocols, ...more }), refused]);
      return { client: /** @type {import("./probe.js").Client} */ (/** @type {unknown} */ (client)) };
    } catch (error) {
      client.close();
      return { error: /** @type {import("./probe.js").Failed} */ (error) };
    }
  }

  /**
   * The same, with what it shows of the server noted; a revision that was insisted on is looked at once more without.
   * @param {Parameters<Diagnosis["connect"]>[0]} [more]
   */
  async attempt(more) {
    const outcome = await this.connect(more);
    const { client, error = {} } = outcome;
    if (client) {
      this.facts = { era: client.era, protocolVersion: client.protocolVersion, server: client.getServerVersion() };
      return outcome;
    }
    this.facts.error = error;
    if (error.code === "WASM_BLOCKED" || error.code === "NOT_INITIALIZED") this.missing = true;
    if (error.code === "NOT_INITIALIZED") this.find("NOT_INITIALIZED");
    const { mode } = this.options;
    if (this.missing || mode === "auto" || error.code === "CLOSED") return outcome;
    const { client: other } = await this.connect({ ...more, mode: "auto" });
    if (other) {
      const { era, protocolVersion } = other;
      Object.assign(this.facts, { era, protocolVersion, server: other.getServerVersion() });
      await other.close();
      this.find("WRONG_ERA", { asked: pinned(mode) ?? mode, speaks: protocolVersion });
    }
    return outcome;
  }

  /** @param {RequestInit} init @param {string | URL} [url] */
  ask(init, url = this.url) {
    return ask(this.given, url, init, this.options.timeout);
  }
}

/**
 * @param {string | URL} target
 * @param {import("../types/diagnosis.js").DiagnoseOptions} [given]
 * @returns {Promise<import("../types/diagnosis.js").Diagnosis>}
 */
export async function diagnose(target, given) {
  const options = merge(DEFAULTS, given);
  let url;
  try {
    url = new URL(target, globalThis.location?.href);
    if (!/^(wss?|https?):$/.test(url.protocol)) throw url;
  } catch {
    const url = shown(target);
    return { ok: false, url, findings: [finding("INVALID_URL", { url })] };
  }
  const diagnosis = new Diagnosis(url, options);
  const { findings, policy } = diagnosis;
  try {
    try {
      new WebAssembly.Module(EMPTY);
    } catch {
      diagnosis.find("WASM_BLOCKED");
      diagnosis.missing = true;
    }
    const insecure = globalThis.location?.protocol === "https:" && /^(ws|http):$/.test(url.protocol);
    if (insecure && !isLoopback(url.hostname)) diagnosis.find("MIXED_CONTENT");
    else if (url.protocol.startsWith("ws")) await diagnoseSocket(diagnosis);
    else await diagnoseHttp(diagnosis);
    const silent = findings.findIndex(({ code }) => code === "NO_ANSWER");
    const state = silent >= 0 && (await localNetwork(url.hostname));
    if (state) findings.splice(silent, 1, finding("LOCAL_NETWORK_ACCESS", { url: shown(url), origin: diagnosis.origin, state }));
    if (insecure && findings.some(({ code }) => code === "NO_ANSWER")) diagnosis.find("MIXED_CONTENT");
  } finally {
    policy.end();
  }
  const ok = !findings.some(({ severity }) => severity === "error");
  return { ok, url: shown(url), findings, .../** @type {Pick<import("../types/diagnosis.js").Diagnosis, "error">} */ (diagnosis.facts) };
}

parts.diagnose = diagnose;
