//! Numbers, as JSON writes them, and the double that is nearest.

use super::cursor::Cursor;

/// A number, by the digits that it is written with.
pub struct Numeral {
    /// All of them as one integer; nonsense if there were more than 18.
    digits: u64,
    /// By what that is to be divided, a power of ten.
    scale: u64,
    /// Whether it is as simple as that: no exponent, and not too many digits.
    is_short: bool,
}

impl Numeral {
    /// The double that is nearest, unless it is hard to tell.
    #[inline(always)]
    #[allow(clippy::inline_always)]
    #[allow(clippy::cast_precision_loss)] // as said below
    fn nearest(&self) -> Option<f64> {
        let Self { digits, scale, is_short } = *self;
        if !is_short {
            return None;
        }
        // A power of ten up to 22 is exact. If the digits are, too, one division rounds correctly.
        let near = digits as f64 / scale as f64;
        if digits <= 1 << 53 || scale == 1 {
            return Some(near);
        }
        let mut bits = near.to_bits();
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        let shift = 1075_u64.wrapping_sub(bits >> 52);
        // Near a power of two the steps are of two sizes.
        if shift > 62 || mantissa < (1 << 52) + 4 {
            return None;
        }
        // How far off that is, as twice the part of a step, times the scale: less than four times the
        // scale, so that 64 bits hold it whatever is lost above them.
        let mut off =
            (digits << (shift + 1)).wrapping_sub((2 * mantissa).wrapping_mul(scale)).cast_signed();
        let scale = scale.cast_signed();
        while off > scale || (off == scale && bits & 1 == 1) {
            bits += 1;
            off -= 2 * scale;
        }
        while off < -scale || (off == -scale && bits & 1 == 1) {
            bits -= 1;
            off += 2 * scale;
        }
        Some(f64::from_bits(bits))
    }
}

#[allow(clippy::inline_always)]
impl Cursor<'_> {
    /// Digits without a sign; at most 15, so that every one of them counts in a double too.
    #[inline(never)]
    pub fn integer(&mut self) -> Option<i64> {
        let start = self.at;
        let value = self.digits()?;
        let fits = self.at - start <= 15 && !matches!(self.peek(), b'.' | b'e' | b'E');
        fits.then_some(value.cast_signed())
    }

    /// The digits before a decimal point, none of them a leading zero.
    #[inline(always)]
    fn digits(&mut self) -> Option<u64> {
        let mut value = 0;
        let is_zero = self.peek() == b'0';
        let length = self.run(&mut value);
        (length > 0 && (length == 1 || !is_zero)).then_some(value)
    }

    /// Appends the digits that come next to `value`, which wraps beyond 19 of them, as the callers refuse;
    /// how many they are. The place is kept here meanwhile: as a member it would be written for each.
    #[inline(always)]
    fn run(&mut self, value: &mut u64) -> usize {
        let rest = self.frame.get(self.at..).unwrap_or_default();
        let (mut all, mut length) = (*value, 0);
        for byte in rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            all = all.wrapping_mul(10).wrapping_add(u64::from(digit));
            length += 1;
        }
        *value = all;
        self.at += length;
        length
    }

    #[inline(never)]
    pub fn number(&mut self) -> Option<f64> {
        let is_negative = self.token() == b'-';
        let start = self.at;
        let numeral = self.numeral()?;
        if let Some(value) = numeral.nearest() {
            return Some(if is_negative { -value } else { value });
        }
        // All of it is ASCII; to check that as UTF-8 would bring the check into every page.
        let text: String =
            self.frame.get(start..self.at)?.iter().map(|&byte| char::from(byte)).collect();
        (self.read_number)(&text)
    }

    /// A number as JSON writes it, from its sign on.
    #[inline(never)]
    pub fn numeral(&mut self) -> Option<Numeral> {
        let _ = self.expect_here(b'-');
        let start = self.at;
        let mut digits = self.digits()?;
        // A zero before the point is no digit that counts.
        let mut length = self.at - start - usize::from(self.frame.get(start) == Some(&b'0'));
        let mut scale = 1_u64;
        if self.expect_here(b'.').is_some() {
            let more = self.run(&mut digits);
            (more > 0).then_some(())?;
            length += more;
            // Wraps beyond 19 digits, as they do.
            scale = 10_u64.wrapping_pow(u32::try_from(more).ok()?);
        }
        let mut is_short = length <= 18;
        if matches!(self.peek(), b'e' | b'E') {
            is_short = false;
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            (self.run(&mut digits) > 0).then_some(())?;
        }
        Some(Numeral { digits, scale, is_short })
    }
}
