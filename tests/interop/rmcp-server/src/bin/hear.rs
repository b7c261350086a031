//! The client of the Rust SDK that the benchmark measures: `hear URL CALLS COUNT`, as `tests/bench/native-client.rs`.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs};

use rmcp::model::{CallToolRequestParams, ProgressNotificationParam};
use rmcp::service::NotificationContext;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use serde_json::json;

#[derive(Clone, Default)]
struct Hears(Arc<AtomicU64>);

impl ClientHandler for Hears {
    async fn on_progress(&self, _: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = env::args().skip(1).collect();
    let [url, calls, count] = given.as_slice() else { return Err("hear URL CALLS COUNT".into()) };
    let (calls, count): (u64, u64) = (calls.parse()?, count.parse()?);
    let hears = Hears::default();
    let reports = Arc::clone(&hears.0);
    let service = hears.serve(StreamableHttpClientTransport::from_uri(url.as_str())).await?;
    let arguments = json!({ "count": count }).as_object().cloned().unwrap_or_default();
    let flood = CallToolRequestParams::new("flood").with_arguments(arguments);
    service.call_tool(flood.clone()).await?;
    let (before, heard) = (busy()?, reports.load(Ordering::Relaxed));
    for _ in 0..calls {
        service.call_tool(flood.clone()).await?;
    }
    let (time, heard) = (busy()? - before, reports.load(Ordering::Relaxed) - heard);
    println!("{}", json!({ "reports": heard, "nanos": time / heard.max(1) }));
    service.cancel().await?;
    Ok(())
}

/// Nanoseconds that this process has had a processor.
fn busy() -> Result<u64, Box<dyn Error>> {
    let mut all = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        all += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(all)
}
