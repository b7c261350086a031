;; Takes a module out of the text that `pack.rs` makes of it; `pkg-template/wasm/unpack.js` has it do so,
;; since a script that runs once is slow. The text lies from 1024 on up to `$end`; the module comes behind.
(module
  (import "a" "a" (memory 1))
  ;; Where the module has come to.
  (global $at (mut i32) (i32.const 0))

  ;; From 0: where each stream is read next. A stream is called by the place of that: 0 the alphabet, 4 what
  ;; is no code, 8 instructions and what goes with them, 12 the types of locals, 16 locals, 20 labels, 24
  ;; functions, 28 places to load from, 32 constants, 36 the types of blocks, 40 those with a point, 44 places to store to.

  ;; From 256, by instruction: the streams of the numbers that go with it, over 4, the first in the lowest bits. Of
  ;; an access to memory: its alignment, which is always the natural one, and the stream of its place.
  (data (i32.const 258) "\09\09\09")
  (data (i32.const 268) "\05\05")
  (data (i32.const 272) "\06\66")
  (data (i32.const 284) "\22")
  (data (i32.const 288) "\04\04\04\02\02\02\02")
  (data (i32.const 296) "\27\37\27\37\07\07\17\17\07\07\17\17\27\27\2b\3b\2b\3b\0b\1b\0b\1b\2b\02\02\08\08")
  (data (i32.const 464) "\02")
  (data (i32.const 466) "\06")
  ;; From 512: the alphabet.

  ;; Copies the next byte of a stream, of one character or two, which stand for numbers from `#` on, without the
  ;; backslash. In one piece: a call for each character took half of the time.
  (func $byte (param $stream i32) (result i32)
    (local $place i32) (local $byte i32)
    (local.set $byte (i32.load8_u (local.tee $place (i32.load (local.get $stream)))))
    (local.set $byte (i32.sub (i32.sub (local.get $byte) (i32.const 35)) (i32.gt_u (local.get $byte) (i32.const 92))))
    (if (i32.ge_u (local.get $byte) (i32.const 89))
      (then
        (local.set $byte (i32.mul (i32.sub (local.get $byte) (i32.const 88)) (i32.const 89)))
        (local.set $place (i32.add (local.get $place) (i32.const 1)))
        (local.set $byte (i32.sub
          (i32.add (local.get $byte) (i32.sub (i32.load8_u (local.get $place)) (i32.const 35)))
          (i32.gt_u (i32.load8_u (local.get $place)) (i32.const 92))))))
    (i32.store (local.get $stream) (i32.add (local.get $place) (i32.const 1)))
    ;; Elsewhere than in the code letters have changed places with other numbers.
    (if (i32.eq (local.get $stream) (i32.const 8))
      (then (local.set $byte (i32.load8_u offset=512 (local.get $byte))))
      (else
        (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 32)) (i32.const 120))
          (then (local.set $byte (i32.add (local.get $byte)
            (select (i32.const 63) (i32.const -57) (i32.lt_u (local.get $byte) (i32.const 89)))))))))
    (call $put (local.get $byte))
    (local.get $byte))

  ;; Writes a byte.
  (func $put (param $byte i32)
    (i32.store8 (global.get $at) (local.get $byte))
    (global.set $at (i32.add (global.get $at) (i32.const 1))))

  ;; Copies that many.
  (func $copy (param $stream i32) (param $count i32)
    (loop $again
      (if (local.get $count)
        (then
          (drop (call $byte (local.get $stream)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $again)))))

  ;; Copies a number of any length.
  (func $number (param $stream i32) (result i32)
    (local $byte i32) (local $value i32) (local $shift i32)
    (loop $again
      (local.set $value (i32.or (local.get $value)
        (i32.shl (i32.and (local.tee $byte (call $byte (local.get $stream))) (i32.const 127)) (local.get $shift))))
      (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
      (br_if $again (i32.and (local.get $byte) (i32.const 128))))
    (local.get $value))

  ;; Copies that many numbers.
  (func $numbers (param $stream i32) (param $count i32)
    (loop $again
      (if (local.get $count)
        (then
          (drop (call $number (local.get $stream)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $again)))))

  ;; Puts the length of what has come since `$from` before it.
  (func $close (param $from i32)
    (local $length i32) (local $bytes i32)
    (local.set $length (i32.sub (global.get $at) (local.get $from)))
    (loop $again
      (local.set $bytes (i32.add (local.get $bytes) (i32.const 1)))
      (br_if $again (i32.shr_u (local.get $length) (i32.mul (local.get $bytes) (i32.const 7)))))
    (memory.copy (i32.add (local.get $from) (local.get $bytes)) (local.get $from) (local.get $length))
    (global.set $at (i32.add (global.get $at) (local.get $bytes)))
    (loop $again
      (i32.store8 (local.get $from) (i32.or (i32.and (local.get $length) (i32.const 127))
        (i32.shl (i32.gt_u (local.get $length) (i32.const 127)) (i32.const 7))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $again (local.tee $length (i32.shr_u (local.get $length) (i32.const 7))))))

  ;; A function.
  (func $function
    (local $from i32) (local $depth i32) (local $code i32) (local $streams i32)
    (local.set $from (global.get $at))
    (call $numbers (i32.const 12) (i32.shl (call $number (i32.const 12)) (i32.const 1)))
    (local.set $depth (i32.const 1))
    (loop $again
      (local.set $code (call $byte (i32.const 8)))
      (local.set $streams (i32.load8_u offset=256 (local.get $code)))
      (if (i32.lt_u (i32.sub (local.get $code) (i32.const 40)) (i32.const 23))
        (then
          (call $put (i32.shr_u (local.get $streams) (i32.const 4)))
          (local.set $streams (i32.and (local.get $streams) (i32.const 15)))))
      (loop $given
        (if (local.get $streams)
          (then
            (drop (call $number (i32.shl (i32.and (local.get $streams) (i32.const 15)) (i32.const 2))))
            (local.set $streams (i32.shr_u (local.get $streams) (i32.const 4)))
            (br $given))))
      (if (i32.eq (local.get $code) (i32.const 11))
        (then (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))))
      (if (i32.lt_u (i32.sub (local.get $code) (i32.const 2)) (i32.const 3))
        (then (local.set $depth (i32.add (local.get $depth) (i32.const 1)))))
      ;; A switch: its cases, and one more.
      (if (i32.eq (local.get $code) (i32.const 14))
        (then (call $numbers (i32.const 20) (i32.add (call $number (i32.const 20)) (i32.const 1)))))
      ;; Constants of 4 and 8 bytes: 67 and 68.
      (if (i32.lt_u (i32.sub (local.get $code) (i32.const 67)) (i32.const 2))
        (then (call $copy (i32.const 40) (i32.shl (i32.sub (local.get $code) (i32.const 66)) (i32.const 2)))))
      ;; Of what comes behind this one, those from 8 to 14 have two numbers and one by turns, then one each.
      (if (i32.eq (local.get $code) (i32.const 252))
        (then
          (local.set $code (call $byte (i32.const 8)))
          (call $numbers (i32.const 8) (i32.add
            (i32.gt_u (local.get $code) (i32.const 7))
            (i32.and
              (i32.lt_u (i32.sub (local.get $code) (i32.const 8)) (i32.const 7))
              (i32.eqz (i32.and (local.get $code) (i32.const 1))))))))
      (br_if $again (local.get $depth)))
    (call $close (local.get $from)))

  ;; Where the module ends.
  (func (export "a") (param $end i32) (result i32)
    (local $place i32) (local $stream i32)
    (i32.store (i32.const 0) (local.tee $place (i32.const 1024)))
    (loop $again
      (if (i32.eq (i32.load8_u (local.get $place)) (i32.const 32))
        (then (i32.store
          (local.tee $stream (i32.add (local.get $stream) (i32.const 4)))
          (i32.add (local.get $place) (i32.const 1)))))
      (br_if $again (i32.lt_u (local.tee $place (i32.add (local.get $place) (i32.const 1))) (local.get $end))))
    (global.set $at (i32.const 512))
    (loop $again
      (drop (call $byte (i32.const 0)))
      (br_if $again (i32.ne (i32.load8_u (i32.load (i32.const 0))) (i32.const 32))))
    (global.set $at (local.get $end))
    (call $copy (i32.const 4) (i32.const 8))
    (loop $again
      (if (i32.eq (call $number (i32.const 4)) (i32.const 10))
        (then
          (local.set $place (global.get $at))
          (local.set $stream (call $number (i32.const 4)))
          (loop $functions
            (call $function)
            (br_if $functions (local.tee $stream (i32.sub (local.get $stream) (i32.const 1)))))
          (call $close (local.get $place)))
        (else (call $copy (i32.const 4) (call $number (i32.const 4)))))
      (br_if $again (i32.ne (i32.load8_u (i32.load (i32.const 4))) (i32.const 32))))
    (global.get $at)))
