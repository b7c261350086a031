// How one logs in at a server that wants a log-in, and what keeps a page from it.
import { shown } from "../base/errors.js";
import { serverOf } from "../auth/addresses.js";
import { readChallenges, tokenChallenge } from "../auth/challenge.js";
import { discover } from "../auth/discovery.js";
import { blocked, request } from "../auth/requests.js";

/** What discovery fails with, and what it is called here: who is down says nowhere how to log in, just now. */
const CODES = ["AUTH_CORS", "AUTH_RESOURCE_MISMATCH", "AUTH_ISSUER_MISMATCH", "AUTH_PKCE"];

/**
 * @param {import("./probe.js").Work} diagnosis
 * @param {string | null} field `WWW-Authenticate`, as far as it can be read
 */
export async function diagnoseAccess(diagnosis, field) {
  const { url, given: call, origin } = diagnosis;
  const server = serverOf(url);
  const named = tokenChallenge(field)?.resource_metadata;
  /** @type {{ url: string, status: number | "blocked" }[]} */
  const tried = [];
  const find = (/** @type {string} */ code, /** @type {{ about?: string, [name: string]: unknown }} */ { about, ...facts }) => diagnosis.find(code, { server: shown(server), ...(about && { about: shown(about) }), ...facts });
  const isSilent = () => !named && !tried.some(({ status }) => status === 200 || status === "blocked");
  /** @type {Awaited<ReturnType<typeof discover>> | undefined} */
  let found;
  try {
    found = await discover({ server, call, options: {}, tried }, named, () => false);
  } catch (thrown) {
    const error = /** @type {{ code: string, message: string, issuer?: string, url?: string }} */ (thrown);
    // Not everybody who wants a token has somebody who gives one.
    if (isSilent() || (!named && error.code === "AUTH_TRANSIENT")) return;
    const { issuer, url: about } = error;
    find(CODES.includes(error.code) ? error.code : "AUTH_METADATA", { about, issuer, said: error.message });
  }
  if (!named && tried[0]?.status === 200) find("AUTH_CHALLENGE", { several: readChallenges(field ?? "").length > 0, severity: "warning" });
  if (!found) return;
  const { issuer, token_endpoint: endpoint, registration_endpoint: registers, client_id_metadata_document_supported: takesDocuments } = found.metadata;
  if (origin !== undefined) {
    // Pages may send this without leave; what there is to read of the refusal is all that matters.
    const { status } = await request(call, endpoint, { method: "POST", body: new URLSearchParams() });
    if (status === "blocked") {
      const error = await blocked(call, server, `${issuer} gives no tokens`, endpoint);
      if (error.code === "AUTH_CORS") find("AUTH_CORS", { about: endpoint });
    }
  }
  if (!registers && takesDocuments !== true) find("AUTH_CLIENT", { issuer, severity: "warning" });
}
