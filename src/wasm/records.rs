//! Progress that was scanned, on its way to JavaScript: numbers in a table, which it reads without a call.

use std::cell::UnsafeCell;
use std::ops::Range;

use wasm_bindgen::JsValue;

use crate::proto::client::{ClientMachine, Heard};
use crate::proto::scan::{Scanned, units};

use super::payload::view_numbers;
use super::words::{FIELDS, Field, Flag, NO_SLOT, RECORDS};

pub(super) type Record = [f64; FIELDS];

/// The table in [`Core::view`](super::Core::view).
struct Records(UnsafeCell<[Record; RECORDS]>);

// SAFETY: this module runs on one thread; there is no shared memory in it.
unsafe impl Sync for Records {}

static TABLE: Records = Records(UnsafeCell::new([[0.0; FIELDS]; RECORDS]));

/// A view of the table.
pub(super) fn view() -> JsValue {
    view_numbers(table().as_flattened())
}

pub(super) fn table() -> &'static mut [Record; RECORDS] {
    // SAFETY: one thread; JavaScript reads and writes the table between two calls, and no call uses
    // it twice at once.
    unsafe { &mut *TABLE.0.get() }
}

/// The texts of records, one behind the other, whose places are told in UTF-16 units: what JavaScript decodes is
/// a fraction of what came.
#[derive(Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    units: usize,
}

impl Texts {
    pub fn clear(&mut self) {
        self.bytes.clear();
        // A record says by 0 that it has no text.
        self.bytes.push(b' ');
        self.units = 1;
    }

    /// Takes in the texts of a record, whose places are those in the frame until then: a message with its quotes, and a
    /// comma behind each, so that JavaScript can parse all of them at once.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // places in a frame
    #[allow(clippy::cast_precision_loss)] // the same
    pub fn take(&mut self, record: &mut Record, frame: &[u8], is_wide: bool) {
        let [.., start, end, from, to] = record;
        for (start, end, quote) in [(start, end, 1), (from, to, 0)] {
            if *start == 0.0 {
                continue;
            }
            let span = *start as usize - quote..*end as usize + quote;
            let text = frame.get(span).unwrap_or_default();
            self.bytes.extend_from_slice(text);
            self.bytes.push(b',');
            *start = (self.units + quote) as f64;
            self.units += if is_wide { units(text) } else { text.len() };
            *end = (self.units - quote) as f64;
            self.units += 1;
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Fills a record but for what the client makes of it.
#[inline(always)]
#[allow(clippy::inline_always)] // see `proto::scan`
#[allow(clippy::cast_precision_loss)] // at most 15 digits, places in a frame
pub(super) fn write(record: &mut Record, scanned: &Scanned, is_stray: bool) {
    let mut put = |field: Field, number: f64| {
        if let Some(place) = record.get_mut(field as usize) {
            *place = number;
        }
    };
    let flag = |flag: Flag, is_set: bool| if is_set { flag as u8 } else { 0 };
    let flags = flag(Flag::AsText, scanned.is_text)
        | flag(Flag::Escaped, scanned.is_escaped)
        | flag(Flag::Stray, is_stray);
    put(Field::Flags, f64::from(flags));
    put(Field::Token, scanned.token as f64);
    put(Field::Progress, scanned.progress);
    put(Field::Total, scanned.total.unwrap_or(f64::NAN));
    let span = |span: &Option<Range<usize>>| span.clone().unwrap_or_default();
    let (message, params) = (span(&scanned.message), span(&scanned.params));
    put(Field::Start, message.start as f64);
    put(Field::End, message.end as f64);
    put(Field::From, params.start as f64);
    put(Field::To, params.end as f64);
}

/// Tells the client of the progress of a record, and writes down what it makes of it; false if that is
/// nothing.
#[inline(always)]
#[allow(clippy::inline_always)] // see `proto::scan`
#[allow(clippy::cast_possible_truncation)] // at most 15 digits
pub(super) fn accept(record: &mut Record, client: &mut ClientMachine<JsValue>) -> bool {
    let [slot, odd, flags, token, progress, ..] = record;
    let (token, flags) = (*token as i64, *flags as i32);
    let is_text = flags & Flag::AsText as i32 != 0;
    let heard = if flags & Flag::Stray as i32 == 0 {
        client.receive_progress(token, is_text, *progress)
    } else {
        client.stray_scanned(token, is_text)
    };
    *slot = heard.slot.map_or(NO_SLOT, |slot| slot.get().into());
    *odd = heard.oddity.map_or(0.0, |odd| f64::from(odd as u8));
    heard != Heard::default()
}

/// Tells the client of what a worker has scanned, and writes slots and oddities into the table.
pub(super) fn take(count: usize, client: &mut ClientMachine<JsValue>) {
    for record in table().iter_mut().take(count) {
        accept(record, client);
    }
}
