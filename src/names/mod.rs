//! The names that messages go by: of methods, of what stands in `_meta`, and of what contents are.

pub(crate) mod media;
pub mod meta;
pub mod method;
