//! The native half of the benchmark: a server to be measured, and the load that any server is
//! measured under.
//!
//! ```text
//! serve [HISTORY]                           prints `listening on URL` and serves; HISTORY: bytes of
//!                                           events that each stream keeps
//! drive URL IDLE CALLS COUNT EVERY          opens IDLE connections and CALLS more, prints `ready`,
//!                                           waits for a line, then calls on each of the CALLS for
//!                                           COUNT reports, one every EVERY ms (0: as fast as it
//!                                           goes), prints `done`, and what came of it as JSON
//! ```
//!
//! URL is `ws:` or `http:`, the latter with `#2026-07-28` for that revision.
//!
//! It runs as a process of its own, so that its work does not count as the server's.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::disallowed_methods)] // measures time

mod http;
mod peer;
mod server;
mod socket;

use std::{env, io, process::ExitCode, time::Instant};

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use peer::{Heard, Peer};

/// As many connections are opened at a time: a listener has a queue of limited length.
const AT_A_TIME: usize = 32;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).filter(|text| text != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    raise_limit();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let result = runtime.block_on(async {
        match arguments[..] {
            ["serve"] => server::serve(None).await,
            ["serve", history] => server::serve(Some(history.parse()?)).await,
            ["drive", url, idle, calls, count, every] => {
                drive(url, idle.parse()?, calls.parse()?, count.parse()?, every.parse()?).await
            }
            // What `cargo bench` runs without being asked for anything.
            [] => Ok(()),
            _ => bail!("usage: serve [HISTORY] | drive URL IDLE CALLS COUNT EVERY"),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Thousands of connections are as many files.
fn raise_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // Without it there are fewer connections, which is then told.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

async fn drive(url: &str, idle: usize, calls: usize, count: u64, every: u64) -> Result<()> {
    let open = |number: usize| {
        stream::iter(0..number)
            .map(move |i| async move {
                Peer::open(url).await.with_context(|| format!("connection {} of {number}", i + 1))
            })
            .buffer_unordered(AT_A_TIME)
            .try_collect::<Vec<Peer>>()
    };
    let mut resting = open(idle).await?;
    let callers = open(calls).await?;
    for peer in &mut resting {
        peer.rest().await?;
    }
    println!("ready");
    tokio::task::spawn_blocking(|| io::stdin().read_line(&mut String::new())).await??;

    let start = Instant::now();
    let tasks: Vec<_> =
        callers.into_iter().map(|peer| tokio::spawn(call(peer, count, every))).collect();
    let mut all = Heard::default();
    let (mut failed, mut done) = (Vec::new(), Vec::new());
    for task in tasks {
        let (peer, heard) = task.await?;
        done.push(peer);
        match heard {
            Ok(heard) => all.add(&heard),
            Err(error) => failed.push(format!("{error:#}")),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    // What the server has used by now is for the calls; what follows asks it more.
    println!("done");
    let mut dead = 0;
    for peer in &mut resting {
        dead += u64::from(!peer.lives().await);
    }
    let report = json!({
        "seconds": seconds,
        "notifications": all.reports,
        "lost": calls as u64 * count - all.in_order,
        "failed": failed.len(),
        "failure": failed.first(),
        "dead": dead,
    });
    println!("{report}");
    done.extend(resting);
    stream::iter(done)
        .for_each_concurrent(AT_A_TIME, |mut peer| async move { peer.end().await })
        .await;
    Ok(())
}

async fn call(mut peer: Peer, count: u64, every: u64) -> (Peer, Result<Heard>) {
    let name = if every == 0 { "flood" } else { "tick" };
    let arguments =
        if every == 0 { json!({ "n": count }) } else { json!({ "n": count, "every": every }) };
    let request = json!({
        "jsonrpc": "2.0",
        "id": 7,
        "method": "tools/call",
        "params": { "name": name, "arguments": arguments, "_meta": { "progressToken": 7 } },
    });
    let heard = peer.call(&request).await;
    (peer, heard)
}
