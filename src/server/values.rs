//! What `report_progress` takes: any number, perhaps a total, perhaps a text; and how questions are named.

mod sealed {
    pub trait Sealed {}
}
use sealed::Sealed;

/// A number to report: every integer and float type.
///
/// Progress is a double on the wire, so integers beyond 2^53 are rounded.
pub trait Quantity: Sealed {
    /// The number as it is sent.
    fn value(self) -> f64;
}

/// How much there is to do: a number, `None`, or an `Option<f64>`.
///
/// Only `Option<f64>` and no other option is accepted, so that a plain `None` needs no type.
pub trait Total: Sealed {
    /// The number as it is sent.
    fn value(self) -> Option<f64>;
}

/// What is going on: a text, `None`, or an `Option<&str>`.
///
/// Only `Option<&str>` and no other option is accepted, so that a plain `None` needs no type; an
/// `Option<String>` goes in by `as_deref`.
pub trait ProgressMessage: Sealed {
    /// Hands the text over.
    fn with<T>(self, take: impl FnOnce(Option<&str>) -> T) -> T;
}

macro_rules! quantities {
    ($($number:ty)*) => {$(
        impl Sealed for $number {}

        impl Quantity for $number {
            #[allow(clippy::cast_lossless, clippy::cast_precision_loss)]
            fn value(self) -> f64 {
                self as f64
            }
        }

        impl Total for $number {
            fn value(self) -> Option<f64> {
                Some(Quantity::value(self))
            }
        }
    )*};
}

quantities!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);

impl Sealed for Option<f64> {}

impl Total for Option<f64> {
    fn value(self) -> Option<f64> {
        self
    }
}

impl Sealed for Option<&str> {}

impl ProgressMessage for Option<&str> {
    fn with<T>(self, take: impl FnOnce(Option<&str>) -> T) -> T {
        take(self)
    }
}

impl Sealed for &str {}

impl ProgressMessage for &str {
    fn with<T>(self, take: impl FnOnce(Option<&str>) -> T) -> T {
        take(Some(self))
    }
}

impl Sealed for String {}

impl ProgressMessage for String {
    fn with<T>(self, take: impl FnOnce(Option<&str>) -> T) -> T {
        take(Some(&self))
    }
}

impl Sealed for &String {}

impl ProgressMessage for &String {
    fn with<T>(self, take: impl FnOnce(Option<&str>) -> T) -> T {
        take(Some(self))
    }
}

/// What a question goes by within its call: a text, `None`, or an `Option<&str>`.
pub trait QuestionKey: Sealed + Send {
    /// The key, if the question has one of its own.
    fn into_key(self) -> Option<String>;
}

impl QuestionKey for &str {
    fn into_key(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl QuestionKey for String {
    fn into_key(self) -> Option<String> {
        Some(self)
    }
}

impl QuestionKey for &String {
    fn into_key(self) -> Option<String> {
        Some(self.clone())
    }
}

impl QuestionKey for Option<&str> {
    fn into_key(self) -> Option<String> {
        self.map(str::to_owned)
    }
}
