//! Dates as tasks have them.

use crate::proto::Millis;

const DAY: i64 = 86_400_000;

/// The time so many milliseconds after the beginning of 1970, as ISO 8601 writes it.
#[allow(clippy::cast_possible_truncation)] // it saturates
pub(super) fn written(millis: Millis) -> String {
    let millis = millis as i64;
    let (mut days, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length || year > 9998 {
            break;
        }
        (days, year) = (days - length, year + 1);
    }
    let mut month = 1;
    for length in [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        (days, month) = (days - length, month + 1);
    }
    let (seconds, fraction) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let day = days + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (millis, text) in [
            (0.0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000.0, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999.0, "2000-02-29T23:59:59.999Z"),
            (1_704_067_199_001.0, "2023-12-31T23:59:59.001Z"),
            (4_107_542_400_000.0, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(written(millis), text);
        }
    }
}
