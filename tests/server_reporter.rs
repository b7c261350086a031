//! `ctx.progress(total)`: a reporter that counts, with stages, iterators and streams.
#![cfg(not(target_arch = "wasm32"))]

use std::future::Future;
use std::pin::pin;
use std::task::{Context as TaskContext, Waker};

use futures_util::{StreamExt, stream};
use mcp_wasm::server::{Context, Limits, NoArguments, ProgressReporter, Server, Transmit};
use serde_json::{Value, json};

/// What a caller of a tool of this kind sees: the progress as `[progress, total, message]`.
fn reports<F, Fut>(tool: F) -> Vec<Value>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    frames(Limits::default(), tool, || {})
        .into_iter()
        .filter(|frame| frame["method"] == "notifications/progress")
        .map(|frame| {
            let params = &frame["params"];
            json!([params["progress"], params["total"], params["message"]])
        })
        .collect()
}

/// Every frame of one call. `before` runs before anything is read.
fn frames<F, Fut>(limits: Limits, tool: F, before: impl FnOnce()) -> Vec<Value>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let server = Server::builder("test", "1")
        .limits(limits)
        .tool("work", "", move |_: NoArguments, ctx| tool(ctx))
        .build();
    let (link, driver) = server.connect();
    let mut driver = pin!(driver);
    let meta = json!({
        "progressToken": "t",
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "work", "_meta": meta });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    link.receive(&call.to_string());
    for _ in 0..10_000 {
        let _ = driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
    }
    before();
    let mut frames = Vec::new();
    loop {
        while let Some(Transmit::Send { frame, last, .. }) = link.try_transmit() {
            frames.push(serde_json::from_str(&frame.to_json()).expect("JSON"));
            if last {
                return frames;
            }
        }
        let _ = driver.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
    }
}

fn values(reports: &[Value]) -> Vec<f64> {
    reports.iter().map(|report| report[0].as_f64().expect("a number")).collect()
}

#[test]
fn steps_are_counted_up_to_the_total() {
    let seen = reports(|ctx| async move {
        let progress = ctx.progress(3);
        for _ in 0..3 {
            progress.inc(1).await;
        }
    });
    assert_eq!(seen, [json!([1, 3, null]), json!([2, 3, null]), json!([3, 3, null])]);
}

#[test]
fn without_a_total_it_only_counts() {
    let seen = reports(|ctx| async move {
        let progress = ctx.progress(None);
        progress.set(10).await;
        progress.inc(2.5).await;
        progress.finish().await;
    });
    assert_eq!(seen, [json!([10, null, null]), json!([12.5, null, null])]);
}

#[test]
fn what_is_reported_never_decreases_nor_repeats() {
    let seen = reports(|ctx| async move {
        let progress = ctx.progress(100);
        progress.set(f64::INFINITY).await;
        progress.inc(f64::NAN).await;
        for value in [10.0, 5.0, 10.0, f64::NAN, 20.0, -1.0, 20.0, 21.0] {
            progress.set(value).await;
        }
    });
    // The step of NaN counts as none.
    assert_eq!(values(&seen), [0.0, 10.0, 20.0, 21.0]);
}

#[test]
fn a_message_goes_with_the_next_report_and_makes_the_first() {
    let seen = reports(|ctx| async move {
        let progress = ctx.progress(2);
        progress.message("reading");
        progress.message("parsing");
        progress.inc(1).await;
        progress.message(None);
        progress.inc(1).await;
    });
    assert_eq!(seen, [json!([0, 2, "reading"]), json!([1, 2, "parsing"]), json!([2, 2, null])]);
}

#[test]
fn stages_share_the_whole_by_their_weights() {
    let seen = reports(|ctx| async move {
        let progress = ctx.progress(100);
        let export = progress.stage("export", 0.25).of(2);
        export.inc(1).await;
        export.message("rows");
        export.inc(1).await;
        let import = progress.stage("import", 0.75);
        let check = import.stage("check", 0.5);
        check.finish().await;
        import.finish().await;
    });
    let expected = [
        json!([0, 100, "export"]),
        json!([12.5, 100, "export"]),
        json!([25, 100, "export: rows"]),
        json!([62.5, 100, "check"]),
        json!([100, 100, "check"]),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn stages_give_a_reporter_without_a_total_the_total_1() {
    let seen = reports(|ctx| async move {
        ctx.progress(None).stage("all", 1.0).finish().await;
    });
    assert_eq!(seen, [json!([0, 1, "all"]), json!([1, 1, "all"])]);
}

#[test]
fn odd_weights_and_steps_stay_within_the_whole() {
    let seen = reports(|ctx| async move {
        let progress = ctx.progress(10);
        progress.stage("a", -1.0).finish().await;
        progress.stage("b", f64::NAN).finish().await;
        progress.stage("c", 7.0).of(0).set(0).await;
        progress.stage("d", 1.0).inc(5).await;
    });
    let seen = values(&seen);
    assert!(seen.iter().all(|value| (0.0..=10.0).contains(value)), "{seen:?}");
    assert!(seen.is_sorted());
}

#[test]
fn an_iterator_counts_each_item_when_the_next_is_asked_for() {
    let seen = reports(|ctx| async move {
        let items = ["a", "b", "c"];
        let all: Vec<_> = ctx.progress(items.len()).iter(items).collect();
        assert_eq!(all, items);
        assert_eq!(ctx.progress(0).iter([0_u8; 0]).count(), 0);
    });
    assert_eq!(values(&seen), [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn a_stream_counts_each_item_when_the_next_is_asked_for() {
    let seen = reports(|ctx| async move {
        let items = stream::iter(1..=3);
        assert_eq!(ctx.progress(3).stream(items).collect::<Vec<_>>().await, [1, 2, 3]);
    });
    assert_eq!(values(&seen), [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn parts_of_a_job_count_together_from_several_threads() {
    let seen = reports(|ctx| async move {
        let progress = ctx.progress(396);
        let count = |progress: ProgressReporter| assert_eq!(progress.iter(0..99).count(), 99);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let progress = progress.clone();
                scope.spawn(move || count(progress));
            }
        });
    });
    let seen = values(&seen);
    assert!(seen.is_sorted_by(|a, b| a < b));
    assert_eq!(seen.last(), Some(&396.0));
}

#[test]
fn a_slow_reader_gets_the_final_value_before_the_result() {
    let tool = |ctx: Context| async move {
        let progress = ctx.progress(5000);
        for _ in 0..5000 {
            progress.inc(1).await;
        }
    };
    let frames = frames(Limits { queue: 4, ..Limits::default() }, tool, || {});
    assert!(frames.len() < 10, "nothing piled up");
    assert_eq!(frames[frames.len() - 2]["params"]["progress"], 5000);
    assert!(frames[frames.len() - 1]["result"].is_object());
}
