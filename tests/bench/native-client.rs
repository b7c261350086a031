//! What a report costs the client for native Rust programs: `native-client URL CALLS COUNT` calls the tool `flood`
//! so often for so many reports, by WebSocket or HTTP, and prints how many came and its CPU time for each, as
//! JSON. A process of its own, so that the server's work does not count.
#![cfg(all(feature = "native-client", not(target_arch = "wasm32")))]

use std::{
    env, fs,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use mcp_wasm::Client;
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    let given: Vec<String> = env::args().skip(1).filter(|text| text != "--bench").collect();
    let [url, calls, count] = given.as_slice() else {
        // What `cargo bench` runs without being asked for anything.
        return ExitCode::SUCCESS;
    };
    match run(url, calls, count).await {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: &str, calls: &str, count: &str) -> anyhow::Result<String> {
    let (calls, count): (u64, u64) = (calls.parse()?, count.parse()?);
    let client = Client::connect(url).info("native-client", "1.0.0").await?;
    let reports = Arc::new(AtomicU64::new(0));
    let call = || {
        let reports = Arc::clone(&reports);
        client.call_tool("flood", json!({ "count": count })).on_progress(move |_| {
            reports.fetch_add(1, Ordering::Relaxed);
        })
    };
    call().await?;
    let (before, heard) = (busy()?, reports.load(Ordering::Relaxed));
    for _ in 0..calls {
        call().await?;
    }
    let (time, heard) = (busy()? - before, reports.load(Ordering::Relaxed) - heard);
    client.close().await;
    Ok(json!({ "reports": heard, "nanos": time / heard.max(1) }).to_string())
}

/// Nanoseconds that this process has had a processor.
fn busy() -> anyhow::Result<u64> {
    let mut all = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        all += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(all)
}
