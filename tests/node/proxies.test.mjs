// What the package gives works inside the Proxies of stores and frameworks: each class that an entry
// exports, and each object that a method returns, in each kind of wrapping.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { Window } from "happy-dom";
import { proxy, snapshot } from "valtio/vanilla";
import { reactive, readonly, ref } from "vue";
import { WebSocket } from "ws";
import { makeApp } from "../support/app.mjs";
import { pkg } from "../support/paths.mjs";
import { fakeLogin } from "../support/fake-login.mjs";
import { startRelay } from "../support/scripted-relay.mjs";

/** @type {any} */ (globalThis).WebSocket ??= WebSocket;

/** @typedef {<T extends object>(object: T) => T} Wrap */

/** The ways that an object is kept. @type {Record<string, Wrap>} */
const WRAPS = {
  "a plain Proxy": (object) => new Proxy(object, {}),
  "Vue's reactive": (object) => /** @type {any} */ (reactive({ object })).object,
  "Vue's ref": (object) => /** @type {any} */ (ref(object)).value,
  "Vue's readonly": (object) => /** @type {any} */ (readonly(object)),
  "Valtio's proxy": (object) => /** @type {any} */ (proxy({ object })).object,
  "Valtio's snapshot": (object) => /** @type {any} */ (snapshot(proxy({ object }))).object,
  // As @langchain/mcp-adapters does with clients.
  "a Proxy that adds a method": (object) =>
    new Proxy(object, { get: (target, name) => (name === "fork" ? () => object : Reflect.get(target, name)) }),
  "a Proxy that wraps methods": (object) =>
    new Proxy(object, {
      get(target, name, receiver) {
        const value = Reflect.get(target, name, receiver);
        return typeof value === "function" ? /** @this {any} @param {any[]} given */ function (...given) { return value.apply(this, given); } : value;
      },
    }),
  "an object that inherits": (object) => Object.create(object),
};

/** Nobody can set a handler on what may only be read, so what is handed back is not wrapped by these. @param {Wrap} wrap @returns {Wrap} */
const settable = (wrap) => ([WRAPS["Vue's readonly"], WRAPS["Valtio's snapshot"], WRAPS["an object that inherits"]].includes(wrap) ? (object) => object : wrap);

/** @type {any} */
let mcp;
/** @type {Awaited<ReturnType<typeof makeApp>>} */
let app;
/** @type {Awaited<ReturnType<typeof startRelay>>} */
let relay;
/** @type {Map<string, any>} the exported classes, by entry and name */
const classes = new Map();

before(async () => {
  const window = new Window();
  console.debug = console.warn = () => {};
  Object.assign(globalThis, { HTMLElement: window.HTMLElement, CSSStyleSheet: window.CSSStyleSheet, customElements: window.customElements, document: window.document });
  app = await makeApp("proxies", ["ai", "react"]);
  relay = await startRelay();
  mcp = await app.import("index.js");
  const { exports } = JSON.parse(await readFile(path.join(pkg, "package.json"), "utf8"));
  for (const [entry, { default: file }] of Object.entries(exports)) {
    if (!file?.endsWith(".js") || entry === "./worker") continue;
    for (const [name, value] of Object.entries(await app.import(file))) {
      if (typeof value === "function" && /^class\b/.test(String(value))) classes.set(`${entry} ${name}`, value);
    }
  }
});
after(() => relay?.stop());

function makeServer() {
  const server = new mcp.Server({ name: "page", version: "1" });
  server.tool("count", async (/** @type {any} */ { n = 3 }, /** @type {any} */ context) => {
    for (let i = 1; i <= n; i++) await context.reportProgress(i, n);
    return `counted to ${n}`;
  });
  server.tool("hang", (/** @type {any} */ _, /** @type {any} */ { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  server.tool("echo", (/** @type {any} */ args) => args);
  return server;
}

/** A connected client, and all that a program does with it. @param {any} client @param {any} target @param {string} [server] its name */
async function drive(client, target, server = "page") {
  await client.connect(target);
  assert.ok(client.era);
  assert.ok(client.protocolVersion);
  assert.equal(client.getServerVersion().name, server);
  assert.ok(client.transport);
  /** @type {any[]} */
  const seen = [];
  const call = client.callTool({ name: "count", arguments: { n: 2 } }, { progressHandler: (/** @type {any[]} */ ...all) => seen.push(all.slice(0, 2)) });
  assert.equal((await call).content[0].text, "counted to 2");
  assert.deepEqual(seen, [[1, 2], [2, 2]]);
  assert.ok((await client.listTools()).tools.length);
  await client.ping();
  assert.ok(await client.request({ method: "tools/list" }));
  client.setNotificationHandler("notifications/message", () => {});
  client.removeNotificationHandler?.("notifications/message");
  await client.notification({ method: "notifications/hello" });
  assert.equal(client.diagnostics().server, server);
  await client.close();
  await assert.rejects(client.callTool({ name: "count" }));
}

/** A pair of transports works: what one sends, the other hears. @param {any} one @param {any} two */
async function talk(one, two) {
  /** @type {any} */
  const heard = new Promise((resolve) => (two.onmessage = resolve));
  const ended = new Promise((resolve) => (two.onclose = () => resolve("closed")));
  await Promise.all([one.start(), two.start()]);
  await one.send({ jsonrpc: "2.0", method: "hello" });
  assert.equal((await heard).method, "hello");
  await one.close();
  assert.equal(await ended, "closed");
}

/** An error is the same error. @param {(constructor: any) => Error} make */
const anError = (make) => async (/** @type {Wrap} */ wrap, /** @type {any} */ constructor) => {
  const error = /** @type {any} */ (make(constructor));
  const kept = /** @type {any} */ (wrap(error));
  assert.ok(kept instanceof constructor);
  for (const name of ["name", "message", "code", "cause", "status", "data"]) assert.deepEqual(kept[name], error[name], name);
  assert.equal(mcp.isMcpError(kept), mcp.isMcpError(error));
};

const aClient = async (/** @type {Wrap} */ wrap, /** @type {any} */ Client) => drive(wrap(new Client({ name: "app", version: "1" })), makeServer());
const aServer = async (/** @type {Wrap} */ wrap, /** @type {any} */ Server) => {
  const server = wrap(new Server({ name: "page", version: "1" }));
  const same = server.tool("echo", (/** @type {any} */ args) => args).tool("count", async (/** @type {any} */ { n }, /** @type {any} */ { reportProgress }) => {
    for (let i = 1; i <= n; i++) await reportProgress(i, n);
    return `counted to ${n}`;
  });
  assert.equal(same, server);
  await drive(new mcp.Client(), server);
  const [ours, theirs] = mcp.createInMemoryPair();
  await Promise.all([server.connect(settable(wrap)(theirs)), mcp.Client.connect(settable(wrap)(ours))]);
  assert.equal(server.removeTool("echo"), true);
  await server.close();
};
const aSocket = async (/** @type {Wrap} */ wrap, /** @type {any} */ Transport) => {
  const transport = wrap(new Transport(new URL(relay.nobody)));
  await assert.rejects(transport.start(), /could not open/);
  await assert.rejects(transport.send({}), /not open/);
  await transport.close();
};
const aHttp = async (/** @type {Wrap} */ wrap, /** @type {any} */ Transport) => {
  let answer = '{"jsonrpc":"2.0","id":1,"result":{}}';
  const transport = settable(wrap)(new Transport("http://host.example/mcp", { fetch: async () => new Response(answer, { headers: { "content-type": "application/json" } }) }));
  const heard = new Promise((resolve) => (transport.onmessage = resolve));
  await transport.start();
  await transport.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assert.deepEqual(await heard, JSON.parse(answer));
  assert.equal(transport.sessionId, undefined);
  await transport.close();
};
/** @param {object} more what this kind of client has to prove itself by */
const aMachine = (more) => async (/** @type {Wrap} */ wrap, /** @type {any} */ Provider) => {
  const provider = wrap(new Provider({ clientId: "app", ...more }));
  assert.equal(provider.clientInformation().client_id, "app");
  provider.saveTokens({ access_token: "t", token_type: "Bearer" });
  assert.equal(provider.tokens().access_token, "t");
  assert.throws(() => provider.codeVerifier(), /no code to verify/);
};

/**
 * What is tried with an instance of each class.
 * @type {Record<string, (wrap: Wrap, constructor: any) => Promise<void>>}
 */
const CASES = {
  Client: aClient,
  Server: aServer,
  async CallBoard(wrap, CallBoard) {
    const board = wrap(new CallBoard());
    let changes = 0;
    board.subscribe(() => changes++);
    board.addEventListener("change", () => changes++);
    board.dispatchEvent(new Event("change"));
    assert.equal(changes, 2);
    assert.deepEqual([board.snapshot, board.getSnapshot(), board.version], [[], [], 0]);
  },
  async FrameRecorder(wrap, FrameRecorder) {
    const recorder = wrap(new FrameRecorder());
    const [ours, theirs] = mcp.createInMemoryPair();
    const wrapped = settable(wrap)(recorder.wrap(settable(wrap)(ours)));
    await Promise.all([makeServer().connect(theirs), drive(new mcp.Client(), wrapped)]);
    assert.match(recorder.toString(), /"tools\/call/);
    recorder.trace("sent", "{}");
    const again = settable(wrap)(mcp.replay(recorder.toString(), { speed: Infinity }));
    const client = await mcp.Client.connect(again, { progressHandler: null });
    assert.ok((await again.drive(client)).length);
  },
  async MessagePortTransport(wrap, MessagePortTransport) {
    const { port1, port2 } = new MessageChannel();
    await talk(settable(wrap)(new MessagePortTransport(port1)), settable(wrap)(new MessagePortTransport(port2)));
  },
  StreamableHttpTransport: aHttp,
  StreamableHTTPClientTransport: aHttp,
  WebSocketTransport: aSocket,
  WebSocketClientTransport: aSocket,
  async InMemoryTransport(wrap, InMemoryTransport) {
    const [one, two] = InMemoryTransport.createLinkedPair();
    await talk(settable(wrap)(one), settable(wrap)(two));
  },
  async McpProgressElement(wrap, McpProgressElement) {
    const element = settable(wrap)(new McpProgressElement());
    const board = new mcp.CallBoard();
    element.source = board;
    assert.equal(element.source.version, 0);
  },
  McpError: anError((McpError) => new McpError("CODE", "why", { cause: 1 })),
  RpcError: anError((RpcError) => new RpcError("why", -32000, { a: 1 })),
  TimeoutError: anError((TimeoutError) => new TimeoutError("why", "idle", 5)),
  ClosedError: anError((ClosedError) => new ClosedError("why", true)),
  HttpError: anError((HttpError) => new HttpError("why", 500, "body")),
  ProtocolError: anError((ProtocolError) => new ProtocolError("why")),
  ToolError: anError((ToolError) => new ToolError("why", {})),
  AuthError: anError((AuthError) => new AuthError("AUTH_REQUIRED", "why", { server: "https://host.example" })),
  AbortError: anError((AbortError) => new AbortError("why", "reason")),
  // Of the entries for programs of the SDKs.
  SdkError: anError((SdkError) => new SdkError("CODE", "why")),
  SdkHttpError: anError((SdkHttpError) => new SdkHttpError("CODE", "why", { status: 500 })),
  StreamableHTTPError: anError((StreamableHTTPError) => new StreamableHTTPError(500, "why")),
  UrlElicitationRequiredError: anError((UrlElicitationRequiredError) => new UrlElicitationRequiredError([{ url: "https://host.example" }])),
  ResourceNotFoundError: anError((ResourceNotFoundError) => new ResourceNotFoundError("file:///a")),
  UnsupportedProtocolVersionError: anError((UnsupportedProtocolVersionError) => new UnsupportedProtocolVersionError({ supported: [], requested: "1" })),
  MissingRequiredClientCapabilityError: anError((MissingRequiredClientCapabilityError) => new MissingRequiredClientCapabilityError({ requiredCapabilities: {} })),
  async InMemoryResponseCacheStore(wrap, InMemoryResponseCacheStore) {
    assert.equal(wrap(new InMemoryResponseCacheStore()).size, 0);
  },
  UnauthorizedError: anError((UnauthorizedError) => new UnauthorizedError("why")),
  OAuthError: anError((OAuthError) => new OAuthError("invalid_grant", "why")),
  OAuthClientFlowError: anError((OAuthClientFlowError) => new OAuthClientFlowError("why")),
  IssuerMismatchError: anError((IssuerMismatchError) => new IssuerMismatchError("metadata", "a", "b")),
  RegistrationRejectedError: anError((RegistrationRejectedError) => new RegistrationRejectedError({ status: 400, body: "", submittedMetadata: {} })),
  InsecureTokenEndpointError: anError((InsecureTokenEndpointError) => new InsecureTokenEndpointError("http://host.example/token")),
  AuthorizationServerMismatchError: anError((AuthorizationServerMismatchError) => new AuthorizationServerMismatchError("a", "b")),
  InsufficientScopeError: anError((InsufficientScopeError) => new InsufficientScopeError({ requiredScope: "files:read" })),
  ClientCredentialsProvider: aMachine({ clientSecret: "s" }),
  PrivateKeyJwtProvider: aMachine({ privateKey: "", algorithm: "ES256" }),
  StaticPrivateKeyJwtProvider: aMachine({ jwtBearerAssertion: "a.b.c" }),
  async CrossAppAccessProvider(wrap, CrossAppAccessProvider) {
    const assertion = async (/** @type {{ resourceUrl: string }} */ { resourceUrl }) => `for ${resourceUrl}`;
    const provider = wrap(new CrossAppAccessProvider({ clientId: "app", clientSecret: "s", assertion }));
    provider.saveAuthorizationServerUrl("https://login.example");
    provider.saveResourceUrl("https://host.example/mcp");
    assert.equal(provider.resourceUrl(), "https://host.example/mcp");
    assert.equal((await provider.prepareTokenRequest()).get("assertion"), "for https://host.example/mcp");
  },
  async DpopSession(wrap, DpopSession) {
    const session = wrap(await DpopSession.create());
    session.rememberNonce("https://host.example/token", "n");
    assert.equal(session.nonceFor("https://host.example/other"), "n");
    assert.match(await session.buildProof({ htm: "POST", htu: "https://host.example/token" }), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  },
};

/** What methods return, and what goes back in. @type {Record<string, (wrap: Wrap) => Promise<void>>} */
const HANDLES = {
  async "a transport that a pair has"(wrap) {
    const [one, two] = mcp.createInMemoryPair();
    await talk(settable(wrap)(one), settable(wrap)(two));
  },
  async "a call"(wrap) {
    const client = await mcp.Client.connect(makeServer(), { progressHandler: null });
    const call = wrap(client.callTool("count", { n: 2 }));
    assert.ok(call.id);
    const steps = [];
    for await (const { progress } of wrap(call.progress())) steps.push(progress);
    assert.deepEqual(steps, [1, 2]);
    assert.equal((await call).content[0].text, "counted to 2");
    assert.equal(await call.then(() => "then"), "then");
    assert.equal((await call.finally(() => {})).content.length, 1);
    assert.equal((await Promise.all([call]))[0].content.length, 1);
    const hung = wrap(client.callTool("hang"));
    hung.cancel("enough");
    assert.equal(await hung.catch((/** @type {any} */ error) => error.code), "ABORTED");
    await client.close();
  },
  async "a call of an SDK's program"(wrap) {
    for (const entry of ["compat/v1.js", "compat/v2.js"]) {
      const { Client } = await app.import(entry);
      const client = wrap(new Client({ name: "app", version: "1" }));
      await client.connect(makeServer());
      const call = wrap(client.callTool({ name: "count" }));
      assert.equal((await call).content[0].text, "counted to 3");
      assert.ok((await wrap(client.request({ method: "no/such" })).catch((/** @type {any} */ error) => error)).code);
      await client.close();
    }
  },
  async "a subscription"(wrap) {
    const server = makeServer();
    const client = await mcp.Client.connect(server);
    const subscription = wrap(await client.listen({ toolsListChanged: true }));
    assert.equal(typeof subscription.id, "number");
    assert.equal(subscription.interrupted, false);
    const first = (async () => {
      for await (const { method } of subscription) return method;
    })();
    server.tool("another", () => "");
    assert.equal(await first, "notifications/tools/list_changed");
    await subscription.close();
    assert.equal(await subscription.closed, "local");
    await client.close();
  },
  async "the board of a client"(wrap) {
    const client = wrap(await mcp.Client.connect(makeServer()));
    const board = wrap(client.calls);
    const changed = new Promise((resolve) => board.subscribe(resolve));
    const call = client.callTool("hang");
    assert.equal(board.snapshot.length, 1);
    await changed;
    call.cancel();
    await assert.rejects(call);
    await client.close();
  },
  async "what a server says of a connection"(wrap) {
    const server = makeServer();
    const [ours, theirs] = mcp.createInMemoryPair();
    const connecting = server.connect(theirs);
    const client = await mcp.Client.connect(ours);
    await client.listTools();
    const connection = wrap(await connecting);
    assert.equal(connection.era, "modern");
    assert.ok(connection.transport);
    await connection.close();
    await connection.closed;
    await client.close();
  },
  async "a port that was opened"(wrap) {
    const target = {
      /** @param {any} message @param {MessagePort[]} ports */
      postMessage: ({ nonce }, [port]) => {
        /** @type {any} */ (port).postMessage({ mcp: "accepted", v: 1, nonce });
        makeServer().connect(port);
      },
    };
    await drive(new mcp.Client(), settable(wrap)(mcp.openPort(target)));
  },
  async "a worker's transport"(wrap) {
    const worker = { addEventListener() {}, postMessage() {}, terminate() {} };
    const client = new mcp.Client();
    const connecting = client.connect("ws://host.example/mcp", { worker: () => worker });
    connecting.catch(() => {});
    for (let i = 0; i < 100 && !client.transport; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    const transport = wrap(client.transport);
    assert.equal(transport.sessionId, undefined);
    await transport.send({ jsonrpc: "2.0", method: "hello" });
    // What it says of itself to the package, it says there too.
    const said = Object.getOwnPropertySymbols(Object.getPrototypeOf(client.transport)).map((symbol) => transport[symbol]);
    assert.ok(said.some((abilities) => typeof abilities?.attach === "function"));
    await client.close();
    await assert.rejects(connecting);
  },
  async "arguments, and what is set up"(wrap) {
    const { port1, port2 } = new MessageChannel();
    await makeServer().connect(port1);
    const client = new mcp.Client(wrap({ name: "app", version: "1" }), wrap({ timeout: 5000 }));
    await client.connect(port2, wrap({ connectTimeout: 5000 }));
    const args = settable(wrap)({ list: [{ a: 1 }], nested: { b: "c" } });
    assert.deepEqual((await client.callTool("echo", args)).structuredContent, { list: [{ a: 1 }], nested: { b: "c" } });
    assert.deepEqual((await client.callTool({ name: "echo", arguments: args }, wrap({ timeout: 4000 }))).structuredContent.list, [{ a: 1 }]);
    await client.close();
  },
  async "arguments over a transport of one's own"(wrap) {
    const { port1, port2 } = new MessageChannel();
    await makeServer().connect(port1);
    /** @type {any} */
    const transport = {
      start: () => void (port2.onmessage = ({ data }) => transport.onmessage(data)),
      send: (/** @type {any} */ message) => port2.postMessage(message),
      close: () => port2.close(),
    };
    const client = await mcp.Client.connect(transport);
    assert.deepEqual((await client.callTool("echo", settable(wrap)({ list: [{ a: 1 }] }))).structuredContent, { list: [{ a: 1 }] });
    await client.close();
    port1.close();
  },
};

/** @param {Wrap} wrap @param {any} OAuth */
CASES.OAuth = async (wrap, OAuth) => {
  const world = fakeLogin();
  const auth = wrap(new OAuth({ open: world.open, fetch: world.fetch, redirectUri: "http://localhost/oauth.html" }));
  await auth.login(world.server);
  assert.match((await auth.headers({ method: "POST", url: world.server })).authorization, /^Bearer /);
  assert.equal((await auth.status(world.server)).state, "ready");
  const client = await mcp.Client.connect(world.server, { auth, fetch: world.fetch, progressHandler: null });
  await client.callTool("work");
  await client.close();
  await auth.logout(world.server);
  assert.equal((await auth.status(world.server)).state, "none");
};

test("every class that is exported is tried here", () => {
  const tried = new Set();
  for (const [place] of classes) {
    const name = /** @type {string} */ (place.split(" ")[1]);
    assert.ok(CASES[name], `${place} has no case here: does it work inside a Proxy?`);
    tried.add(name);
  }
  assert.ok(tried.size > 20);
});

for (const [wrapping, wrap] of Object.entries(WRAPS)) {
  test(`in ${wrapping} every class works`, async (t) => {
    for (const [place, constructor] of classes) {
      const name = /** @type {string} */ (place.split(" ")[1]);
      await t.test(place, { timeout: 5000 }, () => CASES[name]?.(wrap, constructor));
    }
  });
  test(`in ${wrapping} what methods return works, and can be handed back`, async (t) => {
    for (const [name, run] of Object.entries(HANDLES)) {
      await t.test(name, { timeout: 5000 }, () => run(wrap));
    }
  });
}

test("a client that was connected before it was wrapped goes on, and a subclass works", async () => {
  class Mine extends mcp.Client {
    /** @type {string[]} */
    called = [];
    #secret = 7;

    get secret() {
      return this.#secret;
    }

    /** @param {string} name @param {any[]} more */
    callTool(name, ...more) {
      this.called.push(name);
      return super.callTool(name, ...more);
    }
  }
  const mine = await Mine.connect(makeServer(), { progressHandler: null });
  assert.ok(mine instanceof Mine);
  assert.equal(mine.secret, 7);
  for (const wrap of Object.values(WRAPS)) {
    /** @type {any} */
    const kept = wrap(mine);
    assert.equal((await kept.callTool("count", { n: 1 })).content[0].text, "counted to 1");
    assert.ok((await kept.listTools()).tools);
  }
  assert.ok(mine.called.length);
  let closed = 0;
  reactive(mine).onclose = () => closed++;
  await mine.close();
  assert.equal(closed, 1);
});

test("nothing of it shows: not in keys, not in JSON, not on a console", async () => {
  const { inspect } = await import("node:util");
  const call = new mcp.Client().callTool("t");
  call.catch(() => {});
  for (const object of [new mcp.Client(), makeServer(), new mcp.CallBoard(), mcp.createInMemoryPair()[0], call]) {
    assert.deepEqual(Object.keys(object).filter((key) => /itself/.test(key)), []);
    assert.doesNotMatch(inspect(object), /Symbol\(itself/);
    assert.doesNotMatch(JSON.stringify(object) ?? "", /itself/);
  }
  assert.equal(mcp.Client.prototype.close.name, "close");
});
