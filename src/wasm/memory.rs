//! The memory that JavaScript looks at without a call: the numbers of the latest step, and the buffer
//! for short frames.

use std::cell::UnsafeCell;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::proto::client::{Oddity, RequestId, Slot};
use crate::proto::scan::scan;

use super::payload::{read_number, view_bytes, view_numbers};
use super::records;
use super::words::{self, Place, SCRATCH, View};

/// Where JavaScript puts the characters of a short frame before it calls [`Core::scan`](super::Core::scan).
struct Scratch(UnsafeCell<[u8; SCRATCH]>);

// SAFETY: this module runs on one thread; there is no shared memory in it.
unsafe impl Sync for Scratch {}

static FRAME: Scratch = Scratch(UnsafeCell::new([0; SCRATCH]));

/// The numbers of the latest step, which JavaScript reads without a call: see [`Core::view`](super::Core::view).
struct Numbers(UnsafeCell<[f64; words::NUMBERS]>);

// SAFETY: as for `Scratch`.
unsafe impl Sync for Numbers {}

static NUMBERS: Numbers = Numbers(UnsafeCell::new([0.0; words::NUMBERS]));

pub(super) fn put(place: Place, number: f64) {
    // SAFETY: one thread, and no reference outlives this statement.
    unsafe { (*NUMBERS.0.get())[place as usize] = number }
}

pub(super) fn put_slot(slot: Slot) {
    put(Place::Slot, slot.get().into());
}

/// 0 is no id.
#[allow(clippy::cast_precision_loss)] // ids count from 1
pub(super) fn put_id(id: Option<RequestId>) {
    put(Place::Id, id.map_or(0, RequestId::get) as f64);
}

/// The id that JavaScript means; for it, 0 and NaN are none.
#[allow(clippy::cast_possible_truncation)] // an id of ours
pub(super) fn request(id: f64) -> Option<RequestId> {
    RequestId::new(id as i64)
}

pub(super) fn put_progress(progress: f64, total: Option<f64>) {
    put(Place::Progress, progress);
    put(Place::Total, total.unwrap_or(f64::NAN));
}

/// Reads the frame of `length` bytes in the scratch buffer into the first record of the table; false if
/// it is no ordinary progress.
#[inline(always)]
#[allow(clippy::inline_always)] // see `proto::scan`
pub(super) fn scan_scratch(length: usize) -> bool {
    // SAFETY: one thread, and the slice ends with this call.
    let frame: &[u8; SCRATCH] = unsafe { &*FRAME.0.get() };
    let Some(frame) = frame.get(..length) else { return false };
    let Some(scanned) = scan(frame, read_number) else { return false };
    let [record, ..] = records::table();
    records::write(record, &scanned, false);
    true
}

/// [`Core::view`](super::Core::view), where there is no `Core`.
#[wasm_bindgen]
pub fn view(which: u32) -> JsValue {
    // SAFETY: all of it lives as long as the module. JavaScript only reads the numbers, and Rust
    // reads the buffer and the table only inside calls, while JavaScript does not run.
    unsafe {
        match which {
            which if which == View::Numbers as u32 => view_numbers(&*NUMBERS.0.get()),
            which if which == View::Scratch as u32 => view_bytes(&*FRAME.0.get()),
            _ => records::view(),
        }
    }
}

/// [`Core::scan`](super::Core::scan) in a worker that only hands on what arrives: whether the frame is ordinary
/// progress.
#[wasm_bindgen(js_name = scanFrame)]
pub fn scan_frame(length: usize) -> bool {
    scan_scratch(length)
}

pub(super) fn put_odd(oddity: Option<Oddity>) {
    put(Place::Odd, oddity.map_or(0.0, |oddity| f64::from(oddity as u8)));
}
