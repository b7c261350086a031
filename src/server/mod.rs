//! Tools and their context.
