//! Tools to try a client with: as much progress as it can take, a failure, and a long wait.

use std::time::Duration;

use mcp_wasm::server::{Context, Json, NoArguments, ServerBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

/// As many reports as one call may ask for.
const FLOOD_LIMIT: u32 = 10_000_000;
/// The longest wait, in seconds.
const WAIT_LIMIT: f64 = 3600.0;

pub(super) fn add(builder: ServerBuilder) -> ServerBuilder {
    builder
        .tool(
            "flood",
            "Sends as many progress reports as asked for, as fast as the caller reads; none is lost",
            flood,
        )
        .tool("fail", "Fails", |_: NoArguments, _| async {
            Err::<(), _>("This tool always fails")
        })
        .tool("slow", "Waits, reporting the seconds, and stops when cancelled", slow)
}

#[derive(Deserialize, JsonSchema)]
struct Flood {
    /// How many reports to send
    #[schemars(range(min = 1, max = FLOOD_LIMIT))]
    count: u32,
}

#[derive(Serialize)]
struct Flooded {
    sent: u32,
}

async fn flood(args: Flood, ctx: Context) -> Result<Json<Flooded>, String> {
    if !(1..=FLOOD_LIMIT).contains(&args.count) {
        return Err(format!("count is not between 1 and {FLOOD_LIMIT}"));
    }
    for i in 1..=args.count {
        // Not awaited, so that a batch of them leaves at a time; `flush` waits when it is full.
        ctx.report_progress(i, args.count, None);
        ctx.flush().await;
    }
    Ok(Json(Flooded { sent: args.count }))
}

#[derive(Deserialize, JsonSchema)]
struct Slow {
    /// How long to wait
    #[schemars(range(min = 0, max = WAIT_LIMIT))]
    seconds: f64,
}

async fn slow(args: Slow, ctx: Context) -> Result<String, String> {
    let Slow { seconds } = args;
    if !(0.0..=WAIT_LIMIT).contains(&seconds) {
        return Err(format!("seconds is not between 0 and {WAIT_LIMIT}"));
    }
    let start = Instant::now();
    let waiting = async {
        loop {
            let elapsed = start.elapsed().as_secs_f64();
            if elapsed >= seconds {
                break;
            }
            ctx.report_progress(elapsed, seconds, None).await;
            sleep(Duration::from_secs_f64((seconds - elapsed).min(0.1))).await;
        }
        ctx.report_progress(seconds, seconds, None).await;
    };
    tokio::select! {
        () = ctx.cancelled() => {
            tracing::info!(elapsed = start.elapsed().as_secs_f64(), "slow was cancelled");
            Err("cancelled".to_owned())
        }
        () = waiting => Ok(format!("Waited {seconds} s")),
    }
}
