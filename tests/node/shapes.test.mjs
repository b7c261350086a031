// Frames of a shape that is known are read without the scanner: what is read is what the scanner finds, for every text.
import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { progressFrame, progressOf, shapes as written } from "../bench/shapes.mjs";
import { importPkg, pkg } from "../support/paths.mjs";
import { workerHere } from "../support/worker-here.mjs";

/** @typedef {Record<string, any>} Message */

/** @param {string} file */
const inside = (file) => import(pathToFileURL(path.join(pkg, "wasm", file)).href);
/** @type {Record<string, any>} */
let wasm;
/** @type {typeof import("mcp-wasm")} */
let mcp;
/** How many frames were scanned. */
let scans = 0;

before(async () => {
  mcp = await importPkg();
  const [core, records, shapes, load] = await Promise.all(["core.js", "records.js", "shapes.js", "load.js"].map(inside));
  await load.ready();
  wasm = { ...core, ...records, ...shapes };
  const { scan } = core.Core.prototype;
  core.Core.prototype.scan = function (/** @type {number} */ length) {
    scans++;
    return scan.call(this, length);
  };
});

/** Numbers from a seed. @param {number} seed */
function random(seed) {
  /** @param {number} below */
  return (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
}

/** What the scanner finds in a text, if it finds progress. @param {string} text */
function scanned(text) {
  wasm.lay(text, { view: wasm.view });
  if (!wasm.scanFrame(text.length)) return undefined;
  const table = wasm.view(2);
  return { numbers: [...table.slice(2, 6)].map((number, i) => (i ? number : number & 1)), ...wasm.textsOf(table, 0, text) };
}

/** The same of a reader of shapes. @param {any} shapes @param {string} text */
function read(shapes, text) {
  if (!shapes.read(text)) return undefined;
  const { isText, token, progress, total, message, params } = shapes;
  return { numbers: [Number(isText), token, progress, total], message, params };
}

/** One that has learned from these. @param {string[]} texts */
function learned(texts) {
  const shapes = new wasm.Shapes();
  for (const text of texts) {
    assert.ok(scanned(text), text);
    for (let tries = 0; !read(shapes, text) && tries < 8; tries++) shapes.learn(text);
  }
  return shapes;
}

/** @param {string} params */
const frame = (params) => `{"jsonrpc":"2.0","method":"notifications/progress","params":{${params}}}`;

/** Frames that servers may write, the strangest too. */
const SAMPLES = [
  ...Object.keys(written).map((shape) => progressFrame(shape, 7, 3, 20)),
  frame('"progressToken":1,"progress":0'),
  frame('"progressToken":1,"progress":-0.5,"total":null,"message":null'),
  frame('"progressToken":1,"progress":1,"message":""'),
  frame('"progressToken":1,"progress":1,"message":"a (b) [c] {d} $ ^ . * + ? | \\\\"'),
  frame('"progressToken":1,"progress":123456789012345678,"total":0.1234567890123456789'),
  frame('"progressToken":1,"progress":1,"x":[{"progress":2,"message":"no"},-1.5,null,"",[]],"y":{}'),
  frame('"_meta":{"progressToken":9,"total":"8"},"progressToken":1,"progress":1'),
  frame('"__proto__":{"a":1},"progress":1,"toString":2,"progressToken":1'),
  frame('"größe":"\\u00e9\\"","progressToken":"12","progress":1.0,"total":2.50'),
  '{"trace":{"progress":5,"params":{"progress":6}},"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}',
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"a":1},"n":7,"s":"t"}',
  ' {\n"params" : { "message": "half way", "total":2,"progress": 1.0, "progressToken":12, "é" : true } ,"method":"notifications/progress",\t"jsonrpc":"2.0"}',
];

describe("shapes", () => {
  test("a frame of a shape that is known is read as the scanner reads it", () => {
    for (const sample of SAMPLES) {
      const shapes = learned([sample]);
      assert.deepEqual(read(shapes, sample), scanned(sample), sample);
    }
    for (const shape of Object.keys(written)) {
      // The 11th percentage of 20 is no whole number.
      const shapes = learned([progressFrame(shape, 7, 3, 20), progressFrame(shape, 7, 11, 20)]);
      for (let i = 1; i <= 20; i++) {
        const text = progressFrame(shape, shape === "two" ? (i % 2) + 1 : 7, i, 20);
        assert.deepEqual(read(shapes, text), scanned(text), text);
      }
    }
  });

  test("whatever else is read is what the scanner finds: texts with letters changed", () => {
    const next = random(2026);
    const letters = ['"', "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "0", "1", "9", ".", "-", "e", "u", "n", "é", "\ud83d", "\0", "progress", '"total":1,', "\\u00e9", "null"];
    let both = 0;
    for (const sample of SAMPLES) {
      const shapes = learned([sample]);
      for (let round = 0; round < 1500; round++) {
        let text = sample;
        for (let changes = 1 + next(3); changes > 0; changes--) {
          const at = next(text.length);
          text = text.slice(0, at) + (next(4) ? letters[next(letters.length)] : "") + text.slice(at + next(3));
        }
        const found = read(shapes, text);
        if (!found) continue;
        both++;
        assert.deepEqual(found, scanned(text), text);
      }
    }
    assert.ok(both > 1000, `${both} were read`);
  });

  test("messages with escapes are read as the scanner reads them, the same ones in each frame or others", () => {
    const next = random(12);
    const escapes = ['\\"', "\\\\", "\\/", "\\n", "\\t", "\\b", "\\f", "\\r", "\\u00e9", "\\u00E9", "\\ud83d", "\\ude80", "\\u0000", "\\u005c", "\\u0022"];
    const plain = ["", "", "a", "n", "u00e9", "é", "🚀", "/", "(.*)"];
    const one = (/** @type {string[]} */ of) => /** @type {string} */ (of[next(of.length)]);
    let both = 0;
    for (let round = 0; round < 400; round++) {
      const own = Array.from({ length: next(11) }, () => one(escapes));
      const write = (/** @type {string[]} */ escapes) => frame(`"progressToken":1,"progress":${next(9)},"message":"${one(plain)}${escapes.map((escape) => escape + one(plain)).join("")}","total":9${next(2) ? "" : ',"x":"\\\\n"'}`);
      const shapes = learned([write(own)]);
      for (let i = 0; i < 20; i++) {
        const text = write(i % 3 ? own : own.map((escape) => (next(3) ? escape : one(escapes))));
        const found = read(shapes, text);
        if (found) both++;
        if (found) assert.deepEqual(found, scanned(text), text);
        else shapes.learn(text);
      }
    }
    assert.ok(both > 4000, `${both} were read`);
  });

  test("a message whose escapes are part of its shape is put together without JSON.parse, whatever else has some", () => {
    const shapes = learned([progressFrame("csharp", 7, 3, 20), progressFrame("quotes", 7, 3, 20)]);
    const many = learned([frame(`"progressToken":1,"progress":1,"message":"${"\\n".repeat(9)}"`)]);
    const { parse } = JSON;
    let parsed = 0;
    JSON.parse = (...given) => {
      parsed++;
      return parse(...given);
    };
    try {
      for (let i = 1; i <= 20; i++) for (const shape of ["csharp", "quotes"]) assert.ok(read(shapes, progressFrame(shape, 7, i, 20)));
      assert.equal(parsed, 0);
      assert.ok(read(many, frame(`"progressToken":1,"progress":1,"message":"a${"\\t".repeat(12)}"`)));
      assert.equal(parsed, 1);
    } finally {
      JSON.parse = parse;
    }
  });

  test("numbers are read exactly, and what is none is not", () => {
    const shapes = learned([frame('"progressToken":1,"progress":2,"total":2.5')]);
    const next = random(7);
    const digits = (/** @type {number} */ most) => Array.from({ length: 1 + next(most) }, () => next(10)).join("");
    for (let round = 0; round < 5000; round++) {
      const number = `${next(5) ? "" : "-"}${next(4) ? String(BigInt(digits(18))) : "0"}${next(3) ? `.${digits(18)}` : ""}`;
      const found = read(shapes, frame(`"progressToken":1,"progress":${number},"total":1`));
      assert.ok(Object.is(found?.numbers[2], JSON.parse(number)), `${number}: ${found?.numbers}`);
    }
    for (const number of ["01", "1.", ".5", "-", "", "+1", "1e3", "1e400", "NaN", "0x1", "1 2", '"1"', "9".repeat(400), `-${"9".repeat(400)}`]) {
      assert.equal(read(shapes, frame(`"progressToken":1,"progress":${number},"total":1`)), undefined, number);
      assert.equal(read(shapes, frame(`"progressToken":1,"progress":1,"total":${number}`)), undefined, number);
    }
    for (const token of ["01", "0", "-1", "1.0", "1e0", "1234567890123456", '"1"']) {
      assert.equal(read(shapes, frame(`"progressToken":${token},"progress":1,"total":1`)), undefined, token);
    }
  });

  test("no text takes long to be refused", () => {
    const shapes = learned(SAMPLES.slice(0, 1));
    const shape = learned([progressFrame("csharp", 7, 3, 20)]);
    const start = performance.now();
    for (const filler of ["\\", "\\\\", "\\u00e9", "a", "1", " ", "{", "é", '\\"']) {
      const long = filler.repeat(4096 / filler.length);
      for (const text of [frame(`"progressToken":1,"progress":1,"total":1,"message":"${long}`), frame(`"progressToken":1,"progress":${long}`), long]) {
        for (let i = 0; i < 20; i++) assert.ok(!read(shapes, text) && !read(shape, text));
      }
    }
    // A thousand texts of 4 KB: a pattern that tries all ways would take seconds for one.
    assert.ok(performance.now() - start < 5000);
  });

  test("no frame takes long to be learned from: one with hundreds of values is not", () => {
    const start = performance.now();
    for (const value of ["1", '""', '"\\n"', "-1.5", "[]", '{"a":1}']) {
      const text = frame(`"progressToken":1,"progress":1,"x":[${Array(Math.floor(3900 / (value.length + 1))).fill(value).join(",")}]`);
      const shapes = new wasm.Shapes();
      assert.ok(scanned(text), value);
      for (let i = 0; i < 20; i++) shapes.learn(text);
    }
    assert.ok(performance.now() - start < 1000);
    const usual = frame(`"progressToken":1,"progress":1,"x":[${Array(20).fill("1").join(",")}]`);
    assert.deepEqual(read(learned([usual]), usual), scanned(usual));
  });

  /** How many frames are scanned before shapes are looked for. */
  const FIRST = 16;

  /** A client over frames that the test writes, and what a call of it hears. @param {(token: number) => string[]} frames */
  async function heard(frames) {
    const [near, far] = mcp.createInMemoryPair();
    far.onmessage = async (/** @type {any} */ { id, method, params }) => {
      if (id === undefined) return;
      if (method === "initialize") return void far.send({ jsonrpc: "2.0", id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } } });
      if (method !== "tools/call") return void far.send(/** @type {any} */ ({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }));
      const onframe = /** @type {(text: string) => void} */ (/** @type {any} */ (near).onframe);
      for (const [i, text] of frames(params._meta.progressToken).entries()) {
        // The reader of shapes is loaded meanwhile.
        if (i === FIRST) await new Promise((resolve) => setTimeout(resolve, 20));
        onframe(text);
      }
      void far.send({ jsonrpc: "2.0", id, result: { content: [] } });
    };
    await far.start();
    const client = await mcp.Client.connect(near);
    /** @type {unknown[][]} */
    const all = [];
    scans = 0;
    await client.callTool("t", {}, { progressHandler: (progress, total, message, context) => void all.push([progress, total, message, context.notification?.["stage"]]) });
    const { duplicate, backward, unknown } = client.diagnostics().progress;
    await client.close();
    return { all, odd: { duplicate, backward, unknown } };
  }

  test("of a server that writes in one shape, a frame is scanned to learn it, and no other behind it", async () => {
    for (const shape of Object.keys(written)) {
      const { all } = await heard((token) => Array.from({ length: 80 }, (_, i) => progressFrame(shape, token, i + 1, 80)));
      assert.deepEqual(all.map(([progress]) => progress), Array.from({ length: 80 }, (_, i) => progressOf(shape, i + 1, 80)), shape);
      assert.equal(scans, FIRST + 1, shape);
    }
  });

  test("more shapes than are known at a time, and what is of none, arrive in order all the same", async () => {
    const members = ["a", "b", "c", "d", "e", "f"];
    const stage = (/** @type {number} */ i) => (i % 7 ? `"${i}"` : `[${Array.from({ length: i % 5 }, () => 1)}]`);
    const { all } = await heard((token) => Array.from({ length: 3000 }, (_, i) => frame(`"progressToken":${token},"progress":${i},"stage":${stage(i)},"${members[i % 6]}":0`)));
    assert.deepEqual(all, Array.from({ length: 3000 }, (_, i) => [i, undefined, undefined, JSON.parse(stage(i))]));
    assert.ok(scans < 3000, `${scans} were scanned`);
  });

  test("of a server whose messages have other escapes each time, hardly any frame is scanned", async () => {
    const written = (/** @type {number} */ i) => Array.from({ length: i % 7 }, (_, k) => ((i + k) % 2 ? `a\\"${i}` : "\\n\\u00e9")).join("");
    const { all } = await heard((token) => Array.from({ length: 2000 }, (_, i) => frame(`"progressToken":${token},"progress":${i},"message":"${written(i)}"`)));
    assert.deepEqual(all, Array.from({ length: 2000 }, (_, i) => [i, undefined, JSON.parse(`"${written(i)}"`), undefined]));
    assert.ok(scans < FIRST + 40, `${scans} were scanned`);
  });

  test("odd progress is counted whichever way it was read", async () => {
    for (const shape of ["python", "texts"]) {
      const { all, odd } = await heard((token) => [...Array(FIRST + 2).keys(), 17, 17, 3, 99].map((i) => progressFrame(shape, token, i + 1, 100)).concat(progressFrame(shape, 999, 1, 9)));
      assert.equal(all.length, FIRST + 6);
      assert.deepEqual(odd, { duplicate: 2, backward: 1, unknown: 1 });
      assert.equal(scans, FIRST + 1);
    }
  });

  test("over HTTP every shape is read where others stand before and behind it, however the bytes are cut", async () => {
    /** @type {(token: number) => string[]} */
    const frames = (token) => {
      const own = SAMPLES.map((sample) => sample.replace(/("progressToken" ?: ?"?)\d+(?=[^}]*\})(?!.*"progressToken")/s, `$1${token}`));
      return own.filter((text) => Number(JSON.parse(text).params.progressToken) === token);
    };
    for (const cut of [1e6, 1000, 77]) {
      let token = 0;
      const fetch = async (/** @type {any} */ _url, /** @type {any} */ init) => {
        if (init.method !== "POST") return new Response(null, { status: 405 });
        const { id, method, params } = JSON.parse(init.body);
        if (id === undefined) return new Response(null, { status: 202 });
        const json = (/** @type {object} */ value) => new Response(JSON.stringify({ jsonrpc: "2.0", id, ...value }), { headers: { "content-type": "application/json" } });
        if (method === "initialize") return json({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } } });
        if (method !== "tools/call") return json({ error: { code: -32601, message: "Method not found" } });
        token = params._meta.progressToken;
        // What has a line break of its own in it is no data of one line.
        const texts = frames(token).map((text) => text.replace(/\n/g, " "));
        const bytes = new TextEncoder().encode([...texts, JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } })].map((text) => `data: ${text}\n\n`).join(""));
        const body = new ReadableStream({
          start(controller) {
            for (let at = 0; at < bytes.length; at += cut) controller.enqueue(bytes.slice(at, at + cut));
            controller.close();
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      };
      /** @type {unknown[][]} */
      const all = [];
      const client = await mcp.Client.connect("http://localhost/mcp", { fetch });
      await client.callTool("t", {}, { progressHandler: (progress, total, message, context) => void all.push([progress, total, message, context.notification]) });
      await client.close();
      const expected = frames(token).map((text) => JSON.parse(text).params);
      assert.ok(expected.length > 20, `${expected.length} frames`);
      for (const [i, params] of expected.entries()) {
        const { progress, total, message } = params;
        assert.deepEqual(all[i]?.slice(0, 3), [progress, total ?? undefined, message ?? undefined]);
        const { progressToken, ...rest } = params;
        assert.ok(String(progressToken) === String(token));
        const notification = /** @type {any} */ (all[i]?.[3]);
        for (const name of Object.keys(rest)) if (!["progress", "total", "message"].includes(name)) assert.deepEqual(notification[name], rest[name], name);
      }
    }
  });

  test("over HTTP texts with escapes are read as JSON.parse reads them, whatever comes with them, however the bytes are cut", async (t) => {
    const messages = ['a \\"b\\"\\n', "", "plain", "\\u00e9\\u0416\\u6b63", "\\ud83d\\ude80", "\\ud83d", "x\\ude80\\ud83d", "\\u0000", "\\ufeff", "\\/\\b\\f\\r\\t\\\\u00e9", 'Größe \\"ж\\" 正 🚀', "🚀", ",", "]", "\\\\"];
    const others = ["", ',"stage":"\\"x\\""', ',"_meta":{"größe":["\\ud83d",{"a":null},1.50]}', ',"__proto__":{"é":true}', ',"n":-1.5e3'];
    /** @type {string[]} */
    const texts = [];
    for (const other of others) {
      for (const message of [undefined, ...messages, null]) texts.push(`"progress":${texts.length + 1}${message === undefined ? "" : `,"message":${message === null ? null : `"${message}"`}`}${other}`);
    }
    const makeWorker = await workerHere("escapes");
    /** @param {(bytes: Uint8Array) => Uint8Array[]} cut @param {string[]} texts @param {boolean} [inWorker] */
    const hear = async (cut, texts, inWorker = false) => {
      const fetch = async (/** @type {any} */ _url, /** @type {any} */ init) => {
        if (init.method !== "POST") return new Response(null, { status: 405 });
        const { id, method, params } = JSON.parse(init.body);
        if (id === undefined) return new Response(null, { status: 202 });
        const stream = (/** @type {string[]} */ all) => {
          const chunks = cut(new TextEncoder().encode(all.map((text) => `data: ${text}\n\n`).join("")));
          return new Response(new ReadableStream({ pull: (controller) => (chunks.length ? controller.enqueue(chunks.shift()) : controller.close()) }), { headers: { "content-type": "text/event-stream" } });
        };
        const own = (/** @type {string} */ text) => frame(`"progressToken":${params._meta?.progressToken ?? 1},${text}`);
        const answer = (/** @type {object} */ value) => JSON.stringify({ jsonrpc: "2.0", id, ...value });
        // Nobody waits for progress yet.
        if (method === "initialize") return stream([...texts.map(own), answer({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } } })]);
        if (method !== "tools/call") return stream([answer({ error: { code: -32601, message: "Method not found" } })]);
        return stream([...texts.map(own), answer({ result: { content: [] } })]);
      };
      // A worker has that of its platform.
      if (inWorker) t.mock.method(globalThis, "fetch", fetch);
      const client = await mcp.Client.connect("http://localhost/mcp", { ...(inWorker ? { worker: /** @type {any} */ (makeWorker) } : { fetch }), mode: "legacy" });
      /** @type {object[][]} */
      const [all = [], whole = []] = [[], []];
      await client.callTool("t", {}, {
        progressHandler: (progress, total, message, { notification }) => void all.push({ progress, total, message, ...(notification && { ...notification, progress, total, message }) }),
        onprogress: (notification) => void whole.push(notification),
      });
      await client.close();
      t.mock.restoreAll();
      const expected = texts.map((text) => JSON.parse(`{${text}}`));
      assert.deepEqual(all, expected.map(({ progress, total, message, ...more }) => ({ progress, total, message: message ?? undefined, ...more })));
      assert.deepEqual(whole, expected.map(({ message, ...more }) => ({ ...more, ...(message !== undefined && message !== null && { message }) })));
    };
    for (const size of [1e6, 4096, 997, 61]) {
      await hear((bytes) => Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size)), texts);
    }
    await hear((bytes) => [bytes.slice(0, 1000), bytes.slice(1000)], texts, true);
    const few = texts.slice(3 * (messages.length + 2), 3 * (messages.length + 2) + 4).concat(texts.slice(1, 3));
    for (let at = 1, length = 2; at < length; at++) {
      await hear((bytes) => {
        length = Math.max(length, bytes.length);
        return [bytes.slice(0, at), bytes.slice(at)];
      }, few);
    }
  });
});
