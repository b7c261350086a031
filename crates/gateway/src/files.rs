//! The page and the package, which travel inside the program.

/// A file: its path, its bytes.
pub type File = (&'static str, &'static [u8]);

include!(concat!(env!("OUT_DIR"), "/files.rs"));
