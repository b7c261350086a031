// DESIGN.md section 2 between our two halves: each rule of progress, from the handler in the server to
// the handler of the client. Rule 13 is that all of this runs in both eras and on every way.
import { deferred, equal, hasMembers, match, ok, rejects, soon, turn, within } from "../rules/check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** A progress handler and what it got. */
function recorder() {
  /** @type {any[][]} */
  const log = [];
  /** @type {import("mcp-wasm").ProgressHandler} */
  const progressHandler = (...values) => void log.push(values.slice(0, 3));
  return { log, progressHandler };
}

/** @param {number} from @param {number} to */
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

rule("rule 1: a call carries a token, whether or not anyone listens", async (env) => {
  /** @type {boolean[]} */
  const wanted = [];
  const { client } = await env.tool((_, ctx) => void wanted.push(ctx.wantsProgress));
  await client.callTool("tool");
  await client.callTool("tool", {}, { progressHandler: () => {} });
  equal(wanted, [true, true]);
});

rule("rule 2: a per-call handler replaces the client's, and null silences", async (env) => {
  const all = recorder();
  const own = recorder();
  const { client } = await env.tool(async ({ by }, ctx) => ctx.reportProgress(by, 9, "m"), all);
  await client.callTool("tool", { by: 1 });
  await client.callTool("tool", { by: 2 }, own);
  await client.callTool("tool", { by: 3 }, { progressHandler: null });
  equal(all.log, [[1, 9, "m"]]);
  equal(own.log, [[2, 9, "m"]]);
});

rule("rule 2: resources, prompts and completions report too", async (env) => {
  const server = env.server();
  server.resource("a://b", async (_, ctx) => (await ctx.reportProgress(1), "text"));
  server.prompt("p", { arguments: [{ name: "x" }] }, async (_, ctx) => (await ctx.reportProgress(2), "text"));
  server.completion(async (_, ctx) => (await ctx.reportProgress(3), ["x"]));
  const { log, progressHandler } = recorder();
  const client = await env.connect(server, { progressHandler });
  await client.readResource("a://b");
  await client.getPrompt("p");
  await client.complete({ ref: { type: "ref/prompt", name: "p" }, argument: { name: "x", value: "" } });
  equal(log, [[1, undefined, undefined], [2, undefined, undefined], [3, undefined, undefined]]);
});

rule("rule 3: everything a handler reports arrives in order before the promise settles, also without a pause", async (env) => {
  const { log, progressHandler } = recorder();
  const { client } = await env.tool((_, ctx) => {
    // As many as are sent as they are; what comes of more is rule 12.
    for (let i = 1; i <= 200; i++) void ctx.reportProgress(i, 200, `step ${i}`);
    return "done";
  });
  let settled = 0;
  const call = client.callTool("tool", {}, { progressHandler });
  await call.then(() => (settled = log.length));
  equal(log, range(1, 200).map((i) => [i, 200, `step ${i}`]));
  equal(settled, 200);
  await turn();
  equal(log.length, 200);
});

rule("rule 3: a handler that awaits each of many reports loses none", async (env) => {
  const { log, progressHandler } = recorder();
  const { client } = await env.tool(async (_, ctx) => {
    for (let i = 1; i <= 2000; i++) await ctx.reportProgress(i);
  });
  await client.callTool("tool", {}, { progressHandler });
  equal(log.map(([progress]) => progress), range(1, 2000));
});

rule("rule 4: numbers and messages pass through unchanged", async (env) => {
  const odd = [[0.0, 3.0], [55.00000000000001, 100], [7], [5, 0], [8, 9, ""], [200, 100], [0.1 + 0.2, 1e300, "ä€😀\n\"\\"], [-1], [1e-7, 5e-324]];
  const { log, progressHandler } = recorder();
  const { client } = await env.tool(async (_, ctx) => {
    for (const report of odd) await ctx.reportProgress(.../** @type {[number, number, string]} */ (/** @type {any} */ (report)));
    await ctx.reportProgress(300, null, null);
  });
  await client.callTool("tool", {}, { progressHandler });
  equal(log, [...odd.map(([a, b, c]) => [a, b, c]), [300, undefined, undefined]]);
});

rule("rule 4: values that do not increase are delivered and counted; strict drops them", async (env) => {
  const { client } = await env.tool(async (_, ctx) => {
    for (const value of [1, 3, 2, 2, 4]) await ctx.reportProgress(value);
  });
  const loose = recorder();
  await client.callTool("tool", {}, loose);
  equal(loose.log.map(([value]) => value), [1, 3, 2, 2, 4]);
  const strict = recorder();
  await client.callTool("tool", {}, { ...strict, strict: true });
  equal(strict.log.map(([value]) => value), [1, 3, 4]);
  ok(client.diagnostics().progress.backward >= 1 && client.diagnostics().progress.duplicate >= 1);
});

rule("rule 5: calls at the same time hear of their own progress only, and nothing is left over", async (env) => {
  const { client } = await env.tool(async ({ from }, ctx) => {
    for (let i = 0; i < 20; i++) await ctx.reportProgress(from + i);
  });
  const logs = await Promise.all(
    range(0, 9).map(async (n) => {
      const { log, progressHandler } = recorder();
      await client.callTool("tool", { from: n * 100 }, { progressHandler });
      return log.map(([progress]) => progress);
    }),
  );
  equal(logs, range(0, 9).map((n) => range(n * 100, n * 100 + 19)));
  hasMembers(client.diagnostics().progress, { delivered: 200, unknown: 0, late: 0, malformed: 0 });
});

rule("rule 6: a progress handler that throws breaks neither half", async (env) => {
  const reports = env.reports();
  const { client, server } = await env.tool(async (_, ctx) => {
    await ctx.reportProgress(1);
    await ctx.reportProgress(2);
    return "done";
  });
  /** @type {number[]} */
  const seen = [];
  const result = await client.callTool("tool", {}, {
    progressHandler(progress) {
      seen.push(progress);
      throw new Error("mine");
    },
  });
  equal(seen, [1, 2]);
  equal(result.content, [{ type: "text", text: "done" }]);
  equal(reports.map(({ message }) => message), ["mine", "mine"]);
  equal(server.errors, []);
});

rule("rule 6: async handlers do not overlap, and the promise waits for the last", async (env) => {
  const { client } = await env.tool(async (_, ctx) => {
    for (let i = 1; i <= 5; i++) await ctx.reportProgress(i);
  });
  let running = 0;
  let most = 0;
  let ended = 0;
  await client.callTool("tool", {}, {
    async progressHandler() {
      most = Math.max(most, ++running);
      await turn();
      running--;
      ended++;
    },
  });
  equal([most, ended], [1, 5]);
});

rule("rule 7: progress keeps a call alive; silence ends it on both sides", async (env) => {
  const given = deferred();
  let begun = false;
  let longest = 0;
  const { client } = await env.tool(async ({ quiet, pause }, ctx) => {
    begun = true;
    for (let i = 1; !quiet && i <= 12; i++) {
      await ctx.reportProgress(i);
      const before = performance.now();
      await wait(pause);
      longest = Math.max(longest, performance.now() - before);
    }
    if (!quiet) return "alive";
    ctx.signal.addEventListener("abort", () => given.resolve(ctx.signal.reason));
    await given.promise;
  });
  const alive = (/** @type {number} */ pause) => client.callTool("tool", { pause }, { timeout: 9 * pause });
  const result = await alive(50).catch(async () => {
    // Both sides stand still together: nothing else ends it, and with longer pauses not even that.
    await soon("a pause of the page itself", () => longest > 200);
    return alive(500);
  });
  equal(result.content, [{ type: "text", text: "alive" }]);
  begun = false;
  // What has not begun when it ends never does.
  for (let timeout = 60; !begun; timeout *= 10) {
    await rejects(client.callTool("tool", { quiet: true }, { timeout }), { code: "TIMEOUT", clock: "idle" });
  }
  hasMembers(await within(given.promise, "the handler's signal"), { name: "AbortError", code: "ABORTED" });
});

rule("rule 8: cancel reaches ctx.signal with its reason, and rejects at once", async (env) => {
  const started = deferred();
  const stopped = deferred();
  const { client, server } = await env.tool(async (_, ctx) => {
    ctx.signal.addEventListener("abort", () => stopped.resolve(ctx.signal.reason));
    started.resolve();
    await stopped.promise;
    // Nobody hears of this.
    await ctx.reportProgress(99);
    await ctx.info("late");
    throw new Error("also late");
  });
  const { log, progressHandler } = recorder();
  const call = client.callTool("tool", {}, { progressHandler });
  await within(started.promise, "the handler");
  call.cancel("no longer wanted");
  await rejects(call, { code: "ABORTED" });
  const reason = await within(stopped.promise, "the handler's signal");
  hasMembers(reason, { code: "ABORTED", cause: "no longer wanted" });
  match(reason.message, /no longer wanted/);
  await turn();
  await turn();
  equal(log, []);
  equal(server.errors, []);
  equal(client.errors, []);
  hasMembers(client.diagnostics().progress, { delivered: 0, late: 0, unknown: 0 });
});

rule("rule 8: a busy handler that awaits its reports hears of a cancellation", async (env) => {
  const ended = deferred();
  const { client } = await env.tool(async (_, ctx) => {
    let i = 0;
    while (!ctx.signal.aborted) await ctx.reportProgress(++i);
    ended.resolve(i);
  });
  const call = client.callTool("tool", {}, {
    progressHandler: (progress) => void (progress === 50 && call.cancel()),
  });
  await rejects(call, { code: "ABORTED" });
  ok((await within(ended.promise, "the end of the handler")) >= 50);
});

rule("rule 8: what is given up in the same breath does not begin", async (env) => {
  let ran = 0;
  const { client } = await env.tool(() => void ran++);
  const call = client.callTool("tool");
  call.cancel();
  await rejects(call, { code: "ABORTED" });
  await client.callTool("tool");
  // Over a port each message comes in a turn of its own.
  if (env.way !== "port") equal(ran, 1);
});

rule("rule 8: the end of the connection fails calls there and stops handlers here", async (env) => {
  const stopped = deferred();
  const started = deferred();
  const { client, server } = await env.tool(async (_, ctx) => {
    ctx.signal.addEventListener("abort", () => stopped.resolve());
    started.resolve();
    await new Promise(() => {});
  });
  const call = client.callTool("tool");
  call.catch(() => {});
  await within(started.promise, "the handler");
  await server.close();
  await rejects(call, { code: "CLOSED", mayHaveRun: true });
  await within(stopped.promise, "the handler's signal");
});

rule("rule 9: throttle delivers the first and the last", async (env) => {
  const { client } = await env.tool(async (_, ctx) => {
    for (let i = 1; i <= 50; i++) await ctx.reportProgress(i, 50);
  });
  const { log, progressHandler } = recorder();
  await client.callTool("tool", {}, { progressHandler, throttle: 10_000 });
  equal(log, [[1, 50, undefined], [50, 50, undefined]]);
});

rule("rule 10: a call with a question is one call: one handler, both rounds, no invented values", async (env) => {
  let runs = 0;
  const { client } = await env.tool(
    async (_, ctx) => {
      runs++;
      await ctx.reportProgress(1, 2, "before");
      const answer = await ctx.elicit("Go on?");
      await ctx.reportProgress(2, 2, "after");
      return answer.action;
    },
    { elicitationHandler: () => ({ action: "accept", content: {} }) },
  );
  const { log, progressHandler } = recorder();
  const result = await client.callTool("tool", {}, { progressHandler });
  equal(result.content, [{ type: "text", text: "accept" }]);
  const before = [1, 2, "before"];
  equal(log, env.era === "modern" ? [before, before, [2, 2, "after"]] : [before, [2, 2, "after"]]);
  equal(runs, env.era === "modern" ? 2 : 1);
});

rule("rule 11: a loop over progress gets every report and ends with the call", async (env) => {
  const { client } = await env.tool(async (_, ctx) => {
    for (let i = 1; i <= 4; i++) await ctx.reportProgress(i, 4, `${i}`);
  });
  const seen = [];
  for await (const { progress, fraction, message, phase } of client.callTool("tool").progress()) {
    seen.push([progress, fraction, message, phase]);
  }
  equal(seen, [[1, 0.25, "1", 1], [2, 0.5, "2", 1], [3, 0.75, "3", 1], [4, 1, "4", 1]]);
});

rule("rule 12: without a token a report does nothing, and a token comes back as it was", async (env) => {
  const server = env.server();
  server.tool("tool", async (_, ctx) => {
    await ctx.reportProgress(1, 2, "m");
    return String(ctx.wantsProgress);
  });
  const raw = await env.raw(server);
  for (const progressToken of [undefined, "7", 7, ""]) await raw.request("tools/call", { name: "tool", _meta: progressToken === undefined ? {} : { progressToken } });
  await soon("the answers", () => raw.received.filter(({ result }) => result?.content).length === 4);
  const reports = raw.received.filter(({ method }) => method === "notifications/progress");
  equal(reports.map(({ params }) => params), ["7", 7, ""].map((progressToken) => ({ progressToken, progress: 1, total: 2, message: "m" })));
  equal(raw.received.filter(({ result }) => result?.content)[0].result.content[0].text, "false");
});

rule("rule 12: after the response and after a cancellation a report is a quick no-op", async (env) => {
  /** @type {any} */
  let kept;
  const { client, server } = await env.tool(async (_, ctx) => {
    kept = ctx;
    await ctx.reportProgress(1);
    return "done";
  });
  const { log, progressHandler } = recorder();
  await client.callTool("tool", {}, { progressHandler });
  const began = performance.now();
  for (let i = 2; i < 2000; i++) void kept.reportProgress(i);
  await kept.reportProgress(2000);
  await kept.info("late");
  await kept.flush();
  ok(performance.now() - began < 1000, "quick");
  await rejects(kept.elicit("Anybody?"), { code: "ABORTED" });
  await turn();
  equal(log, [[1, undefined, undefined]]);
  hasMembers(client.diagnostics().progress, { delivered: 1, late: 0, unknown: 0 });
  equal(server.errors, []);
});

rule("rule 12: NaN and infinities are not sent, and what is no number is an error", async (env) => {
  /** @type {string[]} */
  const codes = [];
  const { client } = await env.tool(async (_, ctx) => {
    for (const [progress, total] of [[NaN], [Infinity], [-Infinity], [1, NaN], [1, Infinity]]) await ctx.reportProgress(/** @type {number} */ (progress), total);
    for (const bad of ["3", undefined, null, {}, 3n]) await ctx.reportProgress(/** @type {any} */ (bad)).catch(({ code }) => codes.push(code));
    await ctx.reportProgress(2);
  });
  const { log, progressHandler } = recorder();
  await client.callTool("tool", {}, { progressHandler });
  equal(log, [[2, undefined, undefined]]);
  equal(codes, Array(5).fill("INVALID_ARGUMENT"));
});

rule("rule 12: for a slow reader the newest replaces the waiting one, and the last comes before the result", async (env) => {
  const server = env.server();
  server.tool("tool", (_, ctx) => {
    for (let i = 1; i <= 20_000; i++) void ctx.reportProgress(i, 20_000);
    return "done";
  });
  const raw = await env.raw(server);
  // The transport tells when a message has left, and until then none has.
  /** @type {(() => void)[]} */
  const leaving = [];
  let slow = true;
  const { send } = raw.transport;
  raw.transport.send = async (/** @type {any} */ message) => {
    await send.call(raw.transport, message);
    if (slow) await new Promise((resolve) => leaving.push(() => resolve(undefined)));
  };
  await raw.request("tools/call", { name: "tool", _meta: { progressToken: "t" } });
  await soon("the first messages", () => leaving.length >= 10);
  await turn();
  ok(raw.received.length < 50, `${raw.received.length} are on their way`);
  slow = false;
  for (const leave of leaving) leave();
  await soon("the answer", () => raw.received.some(({ result }) => result?.content));
  const values = raw.received.filter(({ method }) => method === "notifications/progress").map(({ params }) => params.progress);
  ok(values.length < 400, `${values.length} reports`);
  equal(values.slice(0, 100), range(1, 100));
  equal(values.at(-1), 20_000);
  ok(raw.received.at(-1).result, "the result is last");
});

rule("rule 12: flush waits for a slow reader, and then nothing is lost", async (env) => {
  const server = env.server();
  server.tool("tool", async (_, ctx) => {
    for (let i = 1; i <= 1000; i++) {
      void ctx.reportProgress(i);
      await ctx.flush();
    }
  });
  const raw = await env.raw(server);
  const { send } = raw.transport;
  raw.transport.send = async (/** @type {any} */ message) => {
    await send.call(raw.transport, message);
    await turn();
  };
  await raw.request("tools/call", { name: "tool", _meta: { progressToken: 1 } });
  await soon("the answer", () => raw.received.some(({ result }) => result?.content));
  const values = raw.received.filter(({ method }) => method === "notifications/progress").map(({ params }) => params.progress);
  equal(values, range(1, 1000));
});

rule("rule 12: a burst in one go is bounded, and its last report arrives", async (env) => {
  const { client } = await env.tool((_, ctx) => {
    for (let i = 1; i <= 10_000; i++) void ctx.reportProgress(i);
  });
  const { log, progressHandler } = recorder();
  await client.callTool("tool", {}, { progressHandler });
  ok(log.length <= 300, `${log.length} reports`);
  equal(log.at(-1)?.[0], 10_000);
});
