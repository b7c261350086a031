//! The names that messages go by: of methods, and of what stands in `_meta`.

pub mod meta;
pub mod method;
