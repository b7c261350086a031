// Rule 11: what is told of a call beside its numbers, and when it means something.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importPkg } from "../support/paths.mjs";

const { Track } = await importPkg("client/rate.js");

/** @param {number} from @param {number} to @param {(i: number) => any} tell */
function each(from, to, tell) {
  let last;
  for (let i = from; i <= to; i++) last = tell(i);
  return last;
}

test("rule 11: the server's own values pass unchanged", () => {
  const track = new Track(1000);
  const { progress, total, message, elapsed } = track.next(55.00000000000001, 0, "half", 1250);
  assert.deepEqual({ progress, total, message, elapsed }, { progress: 55.00000000000001, total: 0, message: "half", elapsed: 250 });
});

test("rule 11: a fraction needs a total, and stays between 0 and 1", () => {
  const fraction = (/** @type {number} */ progress, /** @type {number | undefined} */ total) =>
    new Track(0).next(progress, total, undefined, 1).fraction;
  assert.equal(fraction(3, 4), 0.75);
  assert.equal(fraction(5, 4), 1);
  assert.equal(fraction(-1, 4), 0);
  for (const total of [undefined, 0, -4]) assert.equal(fraction(1, total), undefined);
});

test("rule 11: rate and remaining are undefined until half a second of numbers is there", () => {
  const track = new Track(0);
  // The first number took five seconds to come: that says nothing of the pace.
  assert.equal(track.next(0, 100, undefined, 5000).rate, undefined);
  const early = each(1, 4, (i) => track.next(i, 100, undefined, 5000 + i * 100));
  assert.deepEqual([early.rate, early.remaining], [undefined, undefined]);
  const { rate, remaining } = each(5, 10, (i) => track.next(i, 100, undefined, 5000 + i * 100));
  assert.ok(Math.abs(rate - 10) < 1e-6, `${rate} per second`);
  assert.ok(Math.abs(remaining - 9000) < 1e-3, `${remaining} ms`);
});

test("rule 11: without a total there is a rate and nothing remains", () => {
  const track = new Track(0);
  const { rate, remaining } = each(0, 20, (i) => track.next(i, undefined, undefined, i * 100));
  assert.ok(rate > 9 && rate < 11);
  assert.equal(remaining, undefined);
});

test("rule 11: the rate follows the pace, and many numbers in one turn do not spoil it", () => {
  const track = new Track(0);
  each(0, 100, (i) => track.next(i, 1e9, undefined, i * 100));
  // A hundred times as fast, in bursts.
  let last;
  for (let turn = 1; turn <= 300; turn++) {
    last = each(1, 100, (i) => track.next(100 + turn * 100 + i, 1e9, undefined, 10_000 + turn * 100));
  }
  assert.ok(last.rate > 900 && last.rate < 1100, `${last.rate}`);
});

test("rule 11: no progress means no pace, so nothing can be said of the rest", () => {
  const track = new Track(0);
  const { rate, remaining } = each(0, 20, (i) => track.next(1, 10, undefined, i * 100));
  assert.equal(rate, 0);
  assert.equal(remaining, undefined);
});

test("rule 10: numbers that start again are a new phase, with a pace of its own", () => {
  const track = new Track(0);
  assert.equal(each(0, 20, (i) => track.next(i, 20, undefined, i * 100)).phase, 1);
  const again = track.next(0, 5, undefined, 9000);
  assert.deepEqual([again.phase, again.rate, again.fraction], [2, undefined, 0]);
  assert.equal(track.next(0, 5, undefined, 9100).phase, 2);
});
