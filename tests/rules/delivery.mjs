// DESIGN.md section 2, rules 9 to 11: how progress is handed over, and what is told of it.
import { deferred, equal, hasMembers, ok, rejects, turn } from "./check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** With the clock of the test. */
const timed = { on: /** @type {import("./peer.mjs").Channel[]} */ (["objects", "frames"]) };

function recorder() {
  /** @type {any[]} */
  const log = [];
  return { log, progressHandler: (/** @type {any[]} */ ...values) => void log.push(values[0]) };
}

// ---- rule 9 ----

rule("rule 9: throttle delivers the first at once, then the newest of each interval", async (env) => {
  const clock = env.clock();
  const { log, progressHandler } = recorder();
  const { client, peer, call, request } = await env.calling({ throttle: 100, progressHandler });
  for (let i = 1; i <= 5; i++) peer.send(peer.progress(request, i, 100));
  await turn();
  equal(log, [1]);
  await clock.pass(99);
  equal(log, [1]);
  await clock.pass(1);
  equal(log, [1, 5]);
  // An interval without a report ends the pause.
  await clock.pass(250);
  peer.send(peer.progress(request, 6, 100));
  await turn();
  equal(log, [1, 5, 6]);
  peer.send(peer.result(request));
  await call;
  hasMembers(client.diagnostics().progress, { delivered: 6, coalesced: 3 });
}, timed);

rule("rule 9: what throttle holds back is delivered before the result", async (env) => {
  const { log, progressHandler } = recorder();
  const { peer, call, request } = await env.calling({ throttle: 60_000, progressHandler });
  for (let i = 1; i <= 1000; i++) peer.send(peer.progress(request, i, 1000));
  peer.send(peer.result(request));
  await call;
  equal(log, [1, 1000]);
});

rule("rule 9: a throttled slow handler gets the newest, never two at once, and the last before the result", async (env) => {
  /** @type {ReturnType<typeof deferred>[]} */
  const open = [];
  /** @type {number[]} */
  const log = [];
  const { peer, call, request } = await env.calling({
    throttle: 1,
    progressHandler: (progress) => {
      log.push(progress);
      const done = deferred();
      open.push(done);
      return done.promise;
    },
  });
  for (let i = 1; i <= 50; i++) peer.send(peer.progress(request, i));
  peer.send(peer.result(request));
  let settled = false;
  void call.then(() => (settled = true));
  for (let i = 0; i < 10 && log.length < 1; i++) await turn();
  equal([log, open.length, settled], [[1], 1, false]);
  open[0]?.resolve(undefined);
  while (open.length < 2) await turn();
  equal([log, settled], [[1, 50], false]);
  open[1]?.resolve(undefined);
  await call;
}, timed);

rule("rule 9: abort drops what throttle holds back", async (env) => {
  const clock = env.clock();
  const { log, progressHandler } = recorder();
  const { peer, call, request } = await env.calling({ throttle: 100, progressHandler });
  peer.send(peer.progress(request, 1), peer.progress(request, 2));
  await turn();
  call.cancel();
  await rejects(call, { code: "ABORTED" });
  await clock.pass(1000);
  equal(log, [1]);
}, timed);

rule("rule 9: throttle by frame, at the client, works where there are no frames", async (env) => {
  const { log, progressHandler } = recorder();
  const { peer, call, request } = await env.calling({}, { throttle: "frame", progressHandler });
  peer.send(peer.progress(request, 1), peer.progress(request, 2), peer.progress(request, 3));
  while (log.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  equal(log, [1, 3]);
  peer.send(peer.result(request));
  await call;
}, { on: ["objects", "frames", "pair"] }); // Elsewhere each message may have a turn of its own, with a frame in between.

rule("rule 9: without throttle every notification is delivered", async (env) => {
  const { log, progressHandler } = recorder();
  const { peer, call, request } = await env.calling({ progressHandler });
  for (let i = 1; i <= 500; i++) peer.send(peer.progress(request, i));
  peer.send(peer.result(request));
  await call;
  equal(log.length, 500);
});

rule("rule 9: nonsense as throttle is refused", async (env) => {
  const { client } = await env.connect();
  for (const throttle of [-1, NaN, "soon", null]) {
    const options = /** @type {any} */ ({ throttle });
    let error;
    try {
      await client.callTool("tool", {}, options);
    } catch (thrown) {
      error = thrown;
    }
    hasMembers(error, { code: "INVALID_ARGUMENT" });
  }
});

// ---- iteration ----

rule("rule 11: a loop gets every report in order, and ends with the call", async (env) => {
  const { peer, call, request } = await env.calling();
  const progress = call.progress();
  peer.send(peer.progress(request, 1, 4, "one"), peer.progress(request, 2, 4), peer.progress(request, 4, 4), peer.result(request));
  /** @type {any[]} */
  const seen = [];
  for await (const report of progress) seen.push(report);
  equal(seen.map(({ progress, total, message, fraction, phase }) => [progress, total, message, fraction, phase]), [
    [1, 4, "one", 0.25, 1],
    [2, 4, undefined, 0.5, 1],
    [4, 4, undefined, 1, 1],
  ]);
  ok(seen.every(({ elapsed, rate, remaining }) => elapsed >= 0 && rate === undefined && remaining === undefined));
  await call;
});

rule("rule 11: two loops and a handler see the same; leaving a loop leaves the call", async (env) => {
  const { log, progressHandler } = recorder();
  const { peer, call, request } = await env.calling({ progressHandler });
  const [one, two] = [call.progress(), call.progress()];
  peer.send(peer.progress(request, 1), peer.progress(request, 2));
  for await (const { progress } of one) if (progress === 1) break;
  peer.send(peer.progress(request, 3), peer.result(request));
  /** @type {number[]} */
  const seen = [];
  for await (const { progress } of two) seen.push(progress);
  equal([seen, log], [[1, 2, 3], [1, 2, 3]]);
  await call;
});

rule("rule 11: a loop throws the error of its call, which then needs no other listener", async (env) => {
  const reports = env.reports();
  const { client, peer } = await env.connect();
  const loop = (async () => {
    for await (const { progress } of client.callTool("tool").progress()) ok(progress === 1);
  })();
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1));
  peer.refuse(request, -32603, "broken");
  await rejects(loop, { code: "RPC_ERROR", rpcCode: -32603 });
  await turn();
  equal(reports, []);
});

rule("rule 10: numbers that start again are a new phase of the same call", async (env) => {
  const { peer, call, request } = await env.calling();
  const progress = call.progress();
  peer.send(peer.progress(request, 9, 10), peer.progress(request, 1, 3), peer.progress(request, 2, 3), peer.result(request));
  /** @type {number[]} */
  const phases = [];
  for await (const { phase } of progress) phases.push(phase);
  equal(phases, [1, 2, 2]);
});

rule("unknown members of a notification reach the handler's context", async (env) => {
  /** @type {any[]} */
  const contexts = [];
  const { peer, call, request } = await env.calling({
    progressHandler: (_progress, _total, _message, context) => void contexts.push(context),
  });
  peer.send(
    peer.progress(request, '"progress":1,"total":2,"partial":{"rows":[1,2]}'),
    peer.progress(request, 2, 2),
    peer.result(request),
  );
  await call;
  equal(contexts[0].notification, { progress: 1, total: 2, partial: { rows: [1, 2] } });
  equal(contexts[1].notification, undefined);
  equal([contexts[0].callId, contexts[1].callId], [call.id, call.id]);
});

rule("a notification is delivered whatever member its text begins with", async (env) => {
  const { log, progressHandler } = recorder();
  const { peer, call, request } = await env.calling({ progressHandler });
  const rest = (/** @type {number} */ progress) => `"method":"notifications/progress","params":{"progressToken":${request.id},"progress":${progress}}}`;
  // As answers begin, or nearly so.
  const beginnings = ['{"i":1,"jsonrpc":"2.0",', '{"jsonrpc":"2.0","results":1,', '{"jsonrpc":"2.0","icon":{"id":1},', '{"jsonrpc":"2.0",', '{"jsonrpc" : "2.0" ,', ' {"jsonrpc":"2.0",', '{"j":0,"jsonrpc":"2.0",', '{\n\t"jsonrpc":"2.0",'];
  peer.send(...beginnings.map((beginning, i) => beginning + rest(i + 1)), peer.result(request));
  await call;
  equal(log, beginnings.map((_, i) => i + 1));
});

// ---- recording ----

rule("what was recorded plays into another client, exactly", async (env) => {
  const { recordFrames, replay, Client } = env.mcp;
  const recorder = recordFrames();
  const peer = await env.peer();
  const client = env.client();
  const target = peer.target;
  if (typeof target === "string") await client.connect(target, { trace: recorder.trace });
  else await client.connect(recorder.wrap(target));
  const first = recordingHandler();
  const call = client.callTool("tool", { n: 2 }, { progressHandler: first.progressHandler });
  const request = await peer.next("tools/call");
  peer.send(
    peer.progress(request, 1, 3, "größer"),
    peer.progress(request, '"progress":2,"total":3,"extra":true'),
    peer.result(request, { content: [], n: 2 }),
  );
  const result = await call;
  await client.close();
  const log = String(recorder);
  ok(log.split("\n").length >= 6, log);

  const second = recordingHandler();
  const transport = replay(log, { speed: Infinity });
  const again = await Client.connect(transport, { progressHandler: second.progressHandler });
  equal(again.era, env.era);
  const [outcome] = await transport.drive(again);
  equal(outcome, { status: "fulfilled", value: result });
  equal(second.log, first.log);
  equal(second.log.length, 2);
  await again.close();
}, { on: ["objects", "socket"] });

rule("what is no log is refused", async (env) => {
  for (const log of ["x", "[1]", '[1,"?","{}"]', '[-1,"<","{}"]', '[1,"<",{}]']) {
    let error;
    try {
      env.mcp.replay(log);
    } catch (thrown) {
      error = thrown;
    }
    hasMembers(error, { code: "INVALID_ARGUMENT" });
  }
}, { on: ["objects"], eras: ["modern"] });

function recordingHandler() {
  /** @type {any[]} */
  const log = [];
  return { log, progressHandler: (/** @type {any[]} */ ...values) => void log.push(values.slice(0, 3)) };
}

// ---- the board ----

rule("the board shows every call in flight, and nothing else", async (env) => {
  const { client, peer } = await env.connect();
  equal(client.calls.snapshot, []);
  const call = client.callTool("tool", {}, { stallAfter: Infinity });
  const request = await peer.next("tools/call");
  const [view] = client.calls.snapshot;
  hasMembers(view, { id: call.id, method: "tools/call", name: "tool", progress: undefined, stalled: false, cancelling: false });
  ok(client.calls.snapshot === client.calls.snapshot, "the same array until something changes");
  const version = client.calls.version;
  peer.send(peer.progress(request, 3, 4, "three"));
  while (client.calls.version === version) await turn();
  hasMembers(client.calls.snapshot[0], { progress: 3, total: 4, message: "three", fraction: 0.75 });
  ok((client.calls.snapshot[0]?.elapsed ?? -1) >= 0);
  equal(view?.progress, undefined, "an older snapshot stays as it was");
  peer.send(peer.result(request));
  await call;
  equal(client.calls.snapshot, []);
});

rule("the board tells changes at most once a frame", async (env) => {
  const { client, peer, call, request } = await env.calling();
  let told = 0;
  const from = performance.now();
  const stop = client.calls.subscribe(() => void told++);
  equal(client.calls.snapshot.length, 1, "calls from before are on it");
  for (let i = 1; i <= 300; i++) peer.send(peer.progress(request, i, 300));
  while (client.calls.snapshot[0]?.progress !== 300) await turn();
  peer.send(peer.result(request));
  await call;
  await new Promise((resolve) => setTimeout(resolve, 150));
  // No screen here draws a hundred frames a second; how many a busy machine takes for it is its own affair.
  const frames = (performance.now() - from) / 10;
  ok(told >= 1 && told < 2 + frames, `told ${told} times in the time of ${frames} frames`);
  stop();
  const before = told;
  const again = client.callTool("tool");
  peer.send(peer.result(await peer.next("tools/call")));
  await again;
  await new Promise((resolve) => setTimeout(resolve, 150));
  equal(told, before, "told after the subscription ended");
});

rule("the board shows a stall and its end", async (env) => {
  const clock = env.clock();
  const { client, peer, call, request } = await env.calling({ stallAfter: 1000 });
  equal(client.calls.snapshot[0]?.stalled, false);
  await clock.pass(1001);
  equal([client.calls.snapshot[0]?.stalled, call.stalled], [true, true]);
  peer.send(peer.progress(request, 1));
  await turn();
  equal([client.calls.snapshot[0]?.stalled, call.stalled], [false, false]);
  peer.send(peer.result(request));
  await call;
}, timed);

rule("the board shows a tool's title once it has been listed, its own before that of its annotations", async (env) => {
  const { client, peer } = await env.connect();
  const tools = [
    { name: "a", title: "Tool A", annotations: { title: "no" }, inputSchema: { type: "object" } },
    { name: "b", annotations: { title: "Tool B" }, inputSchema: { type: "object" } },
    { name: "c", inputSchema: { type: "object" } },
  ];
  const list = client.listTools();
  peer.send(peer.result(await peer.next("tools/list"), { tools }));
  await list;
  for (const [name, title] of /** @type {[string, string | undefined][]} */ ([["a", "Tool A"], ["b", "Tool B"], ["c", undefined], ["d", undefined]])) {
    const call = client.callTool(name);
    equal(client.calls.snapshot.map((view) => [view.name, view.title]), [[name, title]]);
    peer.send(peer.result(await peer.next("tools/call")));
    await call;
  }
});

rule("the board shows for a moment that a call is being cancelled", async (env) => {
  const { client, call } = await env.calling();
  equal(client.calls.snapshot[0]?.cancelling, false);
  call.cancel();
  equal(client.calls.snapshot[0]?.cancelling, true);
  await rejects(call, { code: "ABORTED" });
  await new Promise((resolve) => setTimeout(resolve, 150));
  equal(client.calls.snapshot, []);
});

rule("several calls as one line of progress", async (env) => {
  const { combinedProgress } = env.mcp;
  const call = (/** @type {number | undefined} */ fraction, stalled = false) => /** @type {any} */ ({ fraction, stalled });
  equal(combinedProgress([]), { running: 0, ended: 0, fraction: undefined, determinate: true, stalled: false });
  equal(combinedProgress([call(0.5), call(1, true)], 2), { running: 2, ended: 2, fraction: 0.875, determinate: true, stalled: false });
  equal(combinedProgress([call(undefined, true)]), { running: 1, ended: 0, fraction: 0, determinate: false, stalled: true });
}, { on: ["objects"], eras: ["modern"] });
