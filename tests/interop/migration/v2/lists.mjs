// Lists of what a server does not have, errors across packages, strictness, fallbacks. As a program of the SDK 2.x has it.
import {
  Client,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
  UrlElicitationRequiredError,
  getDisplayName,
  isCallToolResult,
  isJSONRPCRequest,
  isSpecType,
  specTypeSchemas,
} from "@modelcontextprotocol/client";

/** @param {{ scripted: (script?: object) => any, refusing: string }} servers */
export async function main({ scripted }) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  /** @param {Promise<unknown>} call */
  const outcome = (call) => call.then((value) => value, (error) => [error.name, error.code, error.message]);

  const server = scripted({
    capabilities: { tools: {} },
    answers: {
      "tools/list": { tools: [] },
      "resources/read": (/** @type {any} */ { params }) => ({ error: { code: -32602, message: "no such resource", data: { uri: params.uri } } }),
      "tools/call": { error: { code: -32042, message: "Log in", data: { elicitations: [{ mode: "url", message: "Log in", elicitationId: "e", url: "https://example.com/" }] } } },
    },
  });
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  client.registerCapabilities({ elicitation: { url: {} } });
  await client.connect(server);
  seen.lists = [await client.listTools(), await client.listPrompts(), await client.listResources(), await client.listResourceTemplates()];
  seen.asked = server.methods();
  seen.discovered = client.getDiscoverResult();
  seen.subscription = client.autoOpenedSubscription;
  seen.late = await outcome((async () => client.registerCapabilities({ sampling: {} }))());
  seen.fixed = await outcome((async () => client.setVersionNegotiation({ mode: "auto" }))());

  const missing = await client.readResource({ uri: "test://nothing" }).catch((error) => error);
  seen.missing = [missing instanceof ResourceNotFoundError, missing instanceof ProtocolError, ResourceNotFoundError.isInstance(missing), missing.uri, missing.code, missing.name];
  const links = await client.callTool({ name: "private" }).catch((error) => error);
  seen.links = [UrlElicitationRequiredError.isInstance(links), ProtocolError.isInstance(links), SdkError.isInstance(links), links.elicitations.length];
  /** @type {any} */
  const anything = { "~standard": { version: 1, vendor: "acme", validate: (/** @type {unknown} */ value) => ({ value }) } };
  /** @type {unknown} */
  const unknown = await client.request({ method: "acme/none" }, anything).catch((error) => error);
  seen.unknown = ProtocolError.isInstance(unknown) && unknown.code === ProtocolErrorCode.MethodNotFound;
  client.fallbackRequestHandler = async ({ method }) => ({ fell: method });
  seen.fell = await server.ask("acme/ask");
  client.setRequestHandler("acme/double", { params: { "~standard": { version: 1, vendor: "acme", validate: (/** @type {any} */ { n }) => (Number.isInteger(n) ? { value: n } : { issues: [{ message: "no number" }] }) } } }, (/** @type {any} */ n) => ({ twice: 2 * n }));
  seen.double = await server.ask("acme/double", { n: 4 });
  seen.wrong = (await server.ask("acme/double", { n: "x" })).code;
  client.removeRequestHandler("acme/double");
  seen.removed = await server.ask("acme/double", { n: 4 });
  await client.close();

  const strict = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" }, enforceStrictCapabilities: true });
  await strict.connect(scripted({ capabilities: { tools: {} } }));
  seen.strict = [await outcome(strict.listPrompts()), await outcome(strict.setLoggingLevel("info"))];
  await strict.close();

  /** @param {abstract new (...args: never[]) => unknown} kind @param {unknown} value */
  const is = (kind, value) => value instanceof kind;
  const http = new SdkHttpError(SdkErrorCode.ClientHttpForbidden, "no", { status: 403, statusText: "Forbidden" });
  seen.http = [is(SdkError, http), SdkHttpError.isInstance(http), http.status, http.statusText, SdkHttpError.isInstance(new SdkError(SdkErrorCode.RequestTimeout, "late"))];
  seen.unauthorized = [UnauthorizedError.isInstance(new UnauthorizedError()), new UnauthorizedError().message];
  seen.codes = [Object.keys(SdkErrorCode).sort(), ProtocolErrorCode[-32042]];
  seen.from = [-32042, -32022, -32021, -32602].map((code) => ProtocolError.fromError(code, "m", { elicitations: [], supported: [], requested: "r", requiredCapabilities: {}, uri: "u" }).constructor.name);
  seen.names = [getDisplayName({ name: "n" }), getDisplayName({ name: "n", title: "t" }), getDisplayName({ name: "n", annotations: { title: "a" } })];
  seen.guards = [isCallToolResult({ content: [] }), isJSONRPCRequest({ jsonrpc: "2.0", id: 1, method: "m" }), isSpecType.TextContent({ type: "text", text: "" }), isSpecType.TextContent({ type: "image" })];
  seen.schemas = [await specTypeSchemas.ListToolsResult["~standard"].validate({ tools: [] })].map((result) => "value" in result);
  return seen;
}
