//! The programs of the workspace that tests start.

use anyhow::Result;

use crate::run::{Cmd, step};

/// Each is a package's one program.
const ALL: [&str; 4] = ["demo-server", "fixture-server", "mcp-wasm-gateway", "rust-client"];

/// Builds them together, and as the tests of the workspace are built: a program by itself has other
/// features of what it is made of, and all of that would be built once more for each. It takes a test to
/// have them built so, a small one.
pub fn build() -> Result<()> {
    step("build the programs that tests start", || {
        let programs = ALL.iter().flat_map(|program| ["--bin", *program]);
        Cmd::cargo()
            .args(["build", "--quiet", "--workspace", "--all-features", "--test", "layering"])
            .args(programs)
            .quiet()
    })
}

/// Each by itself compiles too, as whoever takes only that builds it.
pub fn check() -> Result<()> {
    ALL.iter().try_for_each(|program| {
        Cmd::cargo().args(["check", "--quiet", "--package", program]).quiet()
    })
}
