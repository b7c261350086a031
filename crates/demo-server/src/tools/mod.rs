//! The tools of the demo server.

mod ask;
mod backup;
mod browse;
mod hash;
mod pattern;
mod trial;

use std::{path::PathBuf, sync::Arc, time::Duration};

use mcp_wasm::server::Server;

/// What the tools need to know.
#[derive(Clone)]
pub(crate) struct Setting {
    /// Factor on every pause of the patterns.
    pace: f64,
    /// The directory that may be read, without symbolic links in its path.
    root: Arc<PathBuf>,
    /// Whether log-ins are asked for.
    guarded: bool,
}

impl Setting {
    /// Pretends to work.
    async fn pause(&self, seconds: f64) {
        let pause = Duration::from_secs_f64(seconds * self.pace);
        if pause.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pause).await;
        }
    }
}

/// The scope that every request needs where log-ins are asked for.
pub(crate) const SCOPE: &str = "demo";
/// And what changes something.
const WRITE: &str = "demo:write";

/// The demo server, with all of its tools, some of which need scopes if it is `guarded`.
/// `patience` is how long it waits for an answer.
pub(crate) fn server(
    root: PathBuf,
    pace: f64,
    guarded: bool,
    patience: Option<Duration>,
) -> Server {
    let setting = Setting { pace, root: Arc::new(root), guarded };
    let mut builder = Server::builder("ProgressDemo", "1.0.0");
    if let Some(patience) = patience {
        builder = builder.state_lifetime(patience);
    }
    let builder = builder
        .title("Progress demo")
        .instructions("Tools that take a while and report how far they are.");
    let builder = pattern::add(builder, &setting);
    let builder = hash::add(builder, &setting);
    let builder = backup::add(builder, &setting);
    let builder = trial::add(builder);
    browse::add(ask::add(builder)).build()
}
