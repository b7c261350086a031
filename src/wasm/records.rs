//! Progress as a table of numbers, for JavaScript to read.

use std::cell::UnsafeCell;

use wasm_bindgen::JsValue;

use crate::jsonrpc::Id;
use crate::proto::client::Client;

use super::payload::view_numbers;

/// How many records the table holds.
pub(super) const RECORDS: usize = 128;
/// How many numbers a record has.
const FIELDS: usize = 7;

/// The table in [`Core::view`](super::Core::view).
struct Records(UnsafeCell<[[f64; FIELDS]; RECORDS]>);

// SAFETY: this module runs on one thread; there is no shared memory in it.
unsafe impl Sync for Records {}

static TABLE: Records = Records(UnsafeCell::new([[0.0; FIELDS]; RECORDS]));

/// A view of the table.
pub(super) fn records() -> JsValue {
    // SAFETY: the table lives as long as the module, and JavaScript only reads it.
    let table: &[[f64; FIELDS]; RECORDS] = unsafe { &*TABLE.0.get() };
    view_numbers(table.as_flattened())
}

pub(super) fn table() -> &'static mut [[f64; FIELDS]; RECORDS] {
    // SAFETY: one thread; JavaScript reads and writes the table between two calls, and no call uses
    // it twice at once.
    unsafe { &mut *TABLE.0.get() }
}

/// Tells the client of what a worker has scanned, and writes slots and oddities into the table.
#[allow(clippy::cast_possible_truncation)] // at most 15 digits
pub(super) fn take_records(count: usize, client: &mut Client<JsValue>) {
    for [slot, progress, .., odd, token] in table().iter_mut().take(count) {
        let own = token.is_sign_positive();
        *token = token.abs();
        (*slot, *odd) = accept(client, *token as i64, *progress, own);
    }
}

/// Tells the client of progress: its slot, or -1, and what is odd about it, or 0.
#[inline(always)]
#[allow(clippy::inline_always)] // see `proto::scan`
pub(super) fn accept(
    client: &mut Client<JsValue>,
    token: i64,
    progress: f64,
    own: bool,
) -> (f64, f64) {
    let slot = if own {
        client.receive_progress(token, progress)
    } else {
        client.stray(&Id::Integer(token), None);
        None
    };
    (slot.map_or(-1.0, f64::from), client.oddity().map_or(0.0, |odd| f64::from(odd as u8)))
}
