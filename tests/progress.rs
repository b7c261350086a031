//! The progress rules of the README, as far as they are the machines' business: each test bears the
//! number of its rule, and most run over every revision, every kind of link, with and without the
//! scanner (rule 13).
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::jsonrpc::Id;
use mcp_wasm::proto::Millis;
use mcp_wasm::proto::client::{CallLimits, Channel, Mode};
use mcp_wasm::proto::server::{Limits, Reported, RequestKey};
use mcp_wasm::proto::version::Version;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use support::{
    FOREVER, Fate, Page, Pair, Path, Place, Step, Told, Weather, everywhere, said, step,
};

/// A page that is connected to nobody, for frames that no proper server sends.
fn page(path: Path) -> Page {
    let mut page = Page::new(Mode::Pin(Version::LATEST), path);
    page.connect(Channel::default());
    let probe = page.sent()["id"].as_i64().unwrap();
    page.result(probe, &json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} }));
    assert!(page.is_open());
    page
}

fn on_both_paths(test: impl Fn(Page)) {
    for path in [Path::Scanned, Path::General] {
        test(page(path));
    }
}

#[test]
fn rule_1_every_request_carries_its_id_as_token() {
    everywhere(|pair| {
        for (method, params) in [
            ("tools/call", Some(json!({ "name": "work" }))),
            ("tools/call", Some(json!({ "name": "work", "_meta": { "progressToken": "mine" } }))),
            ("tools/list", None),
            ("prompts/get", Some(json!({ "name": "greet" }))),
        ] {
            let id = pair.page.request(method, params, FOREVER).unwrap();
            let sent = pair.page.sent();
            assert_eq!(sent["id"], json!(id));
            assert_eq!(sent["params"]["_meta"]["progressToken"], json!(id));
        }
    });
}

#[test]
fn rule_1_progress_keeps_a_call_alive_that_nobody_watches() {
    everywhere(|pair| {
        let limits = CallLimits { timeout: 1_000.0, ..FOREVER };
        let (id, job) = pair.start(limits);
        for i in 0..20 {
            pair.wait(600.0);
            pair.server.report(job, f64::from(i), None, None);
        }
        pair.finish(job);
        pair.run();
        assert!(matches!(pair.page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn rule_2_a_notification_handler_sees_progress_and_takes_nothing_away() {
    // A binding with such a handler leaves the scanner out.
    for version in Version::ALL {
        let mut pair = Pair::open(version, Path::General, Weather::STILL);
        let (id, job) = pair.start(FOREVER);
        pair.server.report(job, 1.0, Some(2.0), None);
        pair.run();
        assert_eq!(pair.page.steps(id), [step(1.0, 2.0)]);
        let params = json!({ "progressToken": id, "progress": 1, "total": 2 });
        let seen = Told::Notification("notifications/progress".to_owned(), Some(params));
        assert_eq!(pair.page.told.last(), Some(&seen));
    }
}

#[test]
fn rule_3_all_progress_before_the_response_also_in_one_turn() {
    everywhere(|pair| {
        let (id, job) = pair.start(FOREVER);
        let mut expected = Vec::new();
        for i in 0..50 {
            pair.server.report(job, f64::from(i), Some(50.0), Some("on the way"));
            let message = pair.page.machine.session().unwrap().version.progress_has_message();
            let message = message.then(|| "on the way".to_owned());
            expected.push(Step {
                progress: f64::from(i),
                total: Some(50.0),
                message,
                params: None,
            });
        }
        pair.finish(job);
        pair.run();
        // The page fails the test if progress comes after the end of the call.
        assert_eq!(pair.page.steps(id), expected);
        assert!(matches!(pair.page.outcome(id), Some(Ok(_))));
        assert_eq!(pair.page.faults(), Vec::<&mcp_wasm::error::Error<Value>>::new());
    });
}

#[test]
fn rule_3_calls_side_by_side_keep_their_own_order() {
    everywhere(|pair| {
        let started: Vec<_> = (0..5).map(|_| pair.start(FOREVER)).collect();
        for round in 0..10 {
            for (place, (_, job)) in (0_i32..).zip(&started) {
                pair.server.report(*job, f64::from(100 * place + round), None, None);
            }
            pair.wait(13.0);
        }
        for (_, job) in started.iter().rev() {
            pair.finish(*job);
        }
        pair.run();
        for (place, (id, _)) in (0_i32..).zip(&started) {
            let expected: Vec<_> =
                (0..10).map(|round| step(f64::from(100 * place + round), None)).collect();
            assert_eq!(pair.page.steps(*id), expected);
        }
    });
}

#[test]
fn rule_3_nothing_is_delivered_after_the_end() {
    on_both_paths(|mut page| {
        let other = page.call(FOREVER);
        for how in ["answered", "cancelled", "timed out"] {
            let id = page.call(CallLimits { timeout: 100.0, ..FOREVER });
            page.progress(&json!({ "progressToken": id, "progress": 1 }));
            match how {
                "answered" => page.result(id, &json!({})),
                "cancelled" => page.cancel(id, None),
                _ => page.wait(300.0),
            }
            assert!(page.outcome(id).is_some(), "{how}");
            page.progress(&json!({ "progressToken": id, "progress": 2 }));
            assert_eq!(page.steps(id), [step(1.0, None)], "{how}");
        }
        assert_eq!(page.machine.progress_counts().late, 3);
        assert!(page.outcome(other).is_none());
        assert!(page.faults().is_empty());
    });
}

#[test]
fn rule_4_numbers_pass_unchanged() {
    #[rustfmt::skip]
    let numbers = [
        0.0, 1.0, 0.1, 55.000_000_000_000_01, 1.0 / 3.0, 1e-7, 1e21, 1e300, 9_007_199_254_740_993.0,
        f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.1 + 0.2, 123_456.789,
    ];
    everywhere(|pair| {
        for &number in &numbers {
            for total in [None, Some(0.0), Some(number)] {
                let (id, job) = pair.start(FOREVER);
                pair.server.report(job, number, total, None);
                pair.finish(job);
                pair.run();
                assert_eq!(pair.page.steps(id), [step(number, total)]);
            }
        }
    });
}

#[test]
fn rule_4_numbers_are_read_as_they_are_written() {
    on_both_paths(|mut page| {
        for text in ["-0", "-0.0", "0.0", "1e3", "1E-2", "55.00000000000001", "9007199254740993"] {
            let id = page.call(FOREVER);
            page.frame(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{id},"progress":{text},"total":{text}}}}}"#
            ));
            let number: f64 = text.parse().unwrap();
            assert_eq!(page.steps(id), [step(number, number)], "{text}");
        }
    });
}

#[test]
fn rule_4_what_does_not_increase_is_delivered_and_counted() {
    on_both_paths(|mut page| {
        let id = page.call(FOREVER);
        for progress in [1, 3, 3, 2, 4] {
            page.progress(&json!({ "progressToken": id, "progress": progress }));
        }
        let delivered: Vec<_> = page.steps(id).iter().map(|step| step.progress).collect();
        assert_eq!(delivered, [1.0, 3.0, 3.0, 2.0, 4.0]);
        let counts = page.machine.progress_counts();
        assert_eq!((counts.delivered, counts.backward, counts.duplicate), (5, 1, 1));
    });
}

#[test]
fn rule_4_strict_drops_what_does_not_increase() {
    on_both_paths(|mut page| {
        let id = page.call(CallLimits { strict: true, ..FOREVER });
        for progress in [-1, 3, 3, 2, 4] {
            page.progress(&json!({ "progressToken": id, "progress": progress }));
        }
        let delivered: Vec<_> = page.steps(id).iter().map(|step| step.progress).collect();
        assert_eq!(delivered, [-1.0, 3.0, 4.0]);
        let counts = page.machine.progress_counts();
        assert_eq!((counts.delivered, counts.backward, counts.duplicate), (3, 1, 1));
    });
}

#[test]
fn rule_4_every_member_is_handed_over() {
    on_both_paths(|mut page| {
        let id = page.call(FOREVER);
        let params =
            json!({ "progressToken": id, "progress": 1, "phase": "unpack", "_meta": { "a": [1] } });
        page.progress(&params);
        assert_eq!(page.steps(id), [Step { params: Some(params), ..step(1.0, None) }]);
    });
    let mut page = page(Path::General);
    let id = page.call(FOREVER);
    let params = json!({ "progressToken": id, "progress": 1, "phase": "unpack" });
    page.progress(&params);
    let seen = Told::Notification("notifications/progress".to_owned(), Some(params));
    assert_eq!(page.told.last(), Some(&seen));
}

#[test]
fn rule_5_tokens_are_compared_by_type_and_value() {
    on_both_paths(|mut page| {
        let id = page.call(FOREVER);
        page.progress(&json!({ "progressToken": format!("0{id}"), "progress": 1 }));
        page.progress(&json!({ "progressToken": id + 1, "progress": 1 }));
        page.progress(&json!({ "progressToken": 0, "progress": 1 }));
        page.progress(&json!({ "progressToken": -id, "progress": 1 }));
        assert_eq!(page.steps(id), []);
        assert_eq!(page.machine.progress_counts().unknown, 4);
        // In JSON, 2 and 2.0 are one number, and some servers write the second.
        page.frame(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{id}.0,"progress":1}}}}"#
        ));
        assert_eq!(page.steps(id), [step(1.0, None)]);
        assert!(page.faults().is_empty(), "never an error");
    });
}

#[test]
fn rule_5_finished_tokens_are_dropped_and_counted() {
    everywhere(|pair| {
        let (id, job) = pair.start(FOREVER);
        // Crosses the progress that is under way.
        pair.server.report(job, 1.0, None, None);
        pair.page.cancel(id, None);
        pair.run();
        assert!(pair.page.outcome(id).is_some());
        assert_eq!(pair.page.machine.progress_counts().late, 1);
        assert!(pair.page.faults().is_empty());
    });
}

#[test]
fn rule_12_a_report_after_the_end_does_nothing() {
    everywhere(|pair| {
        let (done, finished) = pair.start(FOREVER);
        pair.finish(finished);
        let (given_up, cancelled) = pair.start(FOREVER);
        pair.page.cancel(given_up, None);
        pair.run();
        for job in [finished, cancelled] {
            assert_eq!(pair.server.report(job, 1.0, None, None), Reported::Ignored);
        }
        pair.run();
        assert_eq!((pair.page.steps(done), pair.page.steps(given_up)), (&[][..], &[][..]));
    });
}

#[test]
fn rule_12_the_token_comes_back_with_its_type() {
    everywhere(|pair| {
        let id = pair.page.call(FOREVER);
        pair.run();
        assert_eq!(pair.job().context.token, Some(Id::Integer(id)));
    });
}

#[test]
fn rule_12_a_slow_reader_gets_the_newest_and_the_last_before_the_result() {
    everywhere(|pair| {
        pair.limit(Limits { queue: 4, ..Limits::default() });
        pair.cut();
        pair.connect();
        let (id, job) = pair.start(FOREVER);
        pair.stalled = true;
        for i in 0..10_000 {
            pair.server.report(job, f64::from(i), Some(10_000.0), None);
            assert!(pair.server.waiting() <= 5, "memory does not grow");
        }
        pair.finish(job);
        pair.stalled = false;
        pair.run();
        let delivered: Vec<_> = pair.page.steps(id).iter().map(|step| step.progress).collect();
        assert_eq!(delivered, [0.0, 1.0, 2.0, 3.0, 9_999.0]);
        assert!(matches!(pair.page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn rule_13_messages_pass_where_the_revision_has_them() {
    everywhere(|pair| {
        let has = pair.page.machine.session().unwrap().version.progress_has_message();
        for text in ["", "half way", "two\nlines", "\"quoted\" \\ back", "größer", "🦀", "\u{7f}"]
        {
            let (id, job) = pair.start(FOREVER);
            pair.server.report(job, 1.0, None, Some(text));
            pair.finish(job);
            pair.run();
            let expected = if has { said(1.0, None, text) } else { step(1.0, None) };
            assert_eq!(pair.page.steps(id), [expected]);
        }
    });
}

#[test]
fn rule_13_a_link_that_repeats_and_loses_progress_harms_no_call() {
    everywhere(|pair| {
        let mut count = 0;
        pair.to_page.fate = Box::new(move |text| {
            count += usize::from(text.contains("notifications/progress"));
            match (text.contains("notifications/progress"), count % 3) {
                (true, 0) => Fate::IsLost,
                (true, 1) => Fate::ArrivesTwice,
                _ => Fate::Arrives,
            }
        });
        let (id, job) = pair.start(FOREVER);
        for i in 1..=6 {
            pair.server.report(job, f64::from(i), None, None);
        }
        pair.finish(job);
        pair.run();
        let delivered: Vec<_> = pair.page.steps(id).iter().map(|step| step.progress).collect();
        assert_eq!(delivered, [1.0, 1.0, 2.0, 4.0, 4.0, 5.0]);
        assert_eq!(pair.page.machine.progress_counts().duplicate, 2);
        assert!(matches!(pair.page.outcome(id), Some(Ok(_))));
    });
}

// ---- rules 3, 6, 7 and 8 over whatever may happen in whatever order ----

/// One thing that happens. Calls are named by their number, modulo how many there are.
#[derive(Clone, Copy, Debug)]
enum Event {
    Call { timeout: Millis, total: Millis, reset: bool },
    Report(usize),
    Answer(usize),
    Fail(usize),
    Cancel(usize),
    Pass(Millis),
    Cut,
}

fn event() -> impl Strategy<Value = Event> {
    let span = || select(vec![0.0, 1.0, 20.0, 90.0, 333.0, 1_000.0, 4_000.0]);
    let limit = || select(vec![100.0, 1_000.0, 5_000.0, 60_000.0, f64::INFINITY]);
    let which = || 0..6_usize;
    prop_oneof![
        3 => (limit(), limit(), any::<bool>())
            .prop_map(|(timeout, total, reset)| Event::Call { timeout, total, reset }),
        8 => which().prop_map(Event::Report),
        2 => which().prop_map(Event::Answer),
        1 => which().prop_map(Event::Fail),
        1 => which().prop_map(Event::Cancel),
        6 => span().prop_map(Event::Pass),
        1 => Just(Event::Cut),
    ]
}

/// What is known of a call beside what the page says.
struct Known {
    id: i64,
    job: RequestKey,
    began: Millis,
    timeout: Millis,
    total: Millis,
    reset: bool,
    /// What the server has sent before its answer.
    reported: Vec<Step>,
    answered: bool,
    /// When the page gave it up, if it did before it had an answer.
    cancelled_at: Option<Millis>,
}

/// How late a call may end by its idle clock: a sixteenth, and what a look at the clocks takes.
const LATE: Millis = 2.0;

/// Compares what the page says of a call with what it must have come to; `cut_at` is when the
/// connection broke.
fn judge(pair: &Pair, call: &Known, cut_at: Option<Millis>) {
    let record = pair.page.record(call.id);
    // In order, nothing but what was said, nothing twice: whatever happened then.
    let heard = record.progress.len();
    assert!(heard <= call.reported.len());
    assert_eq!(record.progress, call.reported[..heard], "rule 3");
    let idle_from = record.heard_at.filter(|_| call.reset).unwrap_or(call.began);
    let latest = idle_from + call.timeout * 17.0 / 16.0 + LATE;
    let ended_at = record.settled_at.unwrap_or(pair.page.now);
    assert!(ended_at <= latest, "rule 7: idle from {idle_from} to {ended_at}");
    assert!(ended_at <= call.began + call.total + LATE, "rule 7: the hard clock never moves");
    let told = pair.cancelled.iter().any(|(key, _)| *key == call.job);
    match &record.outcome {
        None => assert!(call.cancelled_at.is_none() && cut_at.is_none()),
        Some(Ok(_) | Err(Error::Rpc(_))) => {
            assert!(call.answered && call.cancelled_at.is_none());
            assert_eq!(heard, call.reported.len(), "rule 3: all of it before the answer");
        }
        Some(Err(Error::Aborted(_))) => {
            assert_eq!(Some(ended_at), call.cancelled_at, "rule 8: at once");
            assert!(told || call.answered || cut_at.is_some(), "rule 8: the server is told");
        }
        Some(Err(Error::Timeout { clock: Clock::Idle, after })) => {
            assert!((after - call.timeout).abs() < f64::EPSILON);
            assert!(ended_at >= idle_from + call.timeout, "rule 7: never early");
            assert!(told || call.answered || cut_at.is_some(), "rule 7: the server is told");
        }
        Some(Err(Error::Timeout { clock: Clock::Total, after })) => {
            assert!((after - call.total).abs() < f64::EPSILON);
            assert!(ended_at >= call.began + call.total, "rule 7: never early");
            assert!(told || call.answered || cut_at.is_some(), "rule 7: the server is told");
        }
        Some(Err(Error::Closed { sent, .. })) => {
            assert_eq!(Some(ended_at), cut_at, "rule 8: at once");
            assert!(sent, "rule 8: it may have run");
        }
        Some(Err(other)) => panic!("no reason for {other}"),
    }
}

/// Lets all of that happen. The page itself sees that nothing comes after the end of a call, that a
/// call ends once, and that all have ended when their connection has (rule 6, the machine's part).
fn live(version: Version, path: Path, weather: Weather, events: &[Event]) {
    let _place = Place(format!("{}, {path:?}, {}", version.as_str(), weather.name));
    let mut pair = Pair::open(version, path, weather);
    let mut calls: Vec<Known> = Vec::new();
    let mut next = 0.0;
    for event in events {
        let count = calls.len().max(1);
        match *event {
            Event::Call { timeout, total, reset } => {
                let limits = CallLimits {
                    timeout,
                    max_total: total,
                    reset_on_progress: reset,
                    ..CallLimits::default()
                };
                let began = pair.page.now;
                let id = pair.page.call(limits);
                pair.run();
                let Some(request) = pair.jobs.pop_front() else { panic!("it has arrived") };
                calls.push(Known {
                    id,
                    job: request.key,
                    began,
                    timeout,
                    total,
                    reset,
                    reported: Vec::new(),
                    answered: false,
                    cancelled_at: None,
                });
            }
            Event::Report(which) => {
                if let Some(call) = calls.get_mut(which % count) {
                    next += 0.25;
                    match pair.server.report(call.job, next, Some(1e6), None) {
                        Reported::Sent => call.reported.push(step(next, 1e6)),
                        Reported::Held => panic!("nobody reads slowly"),
                        Reported::Ignored => {}
                    }
                    pair.wait(0.0);
                }
            }
            Event::Answer(which) | Event::Fail(which) => {
                if let Some(call) = calls.get_mut(which % count).filter(|call| !call.answered) {
                    call.answered = true;
                    if matches!(event, Event::Answer(_)) {
                        pair.finish(call.job);
                    } else {
                        let error = mcp_wasm::jsonrpc::RpcError::new(-1, "no");
                        pair.server.respond(call.job, Err(error));
                    }
                    pair.wait(0.0);
                }
            }
            Event::Cancel(which) => {
                if let Some(call) = calls.get_mut(which % count) {
                    if pair.page.outcome(call.id).is_none() {
                        call.cancelled_at = Some(pair.page.now);
                    }
                    pair.page.cancel(call.id, Some("enough"));
                    pair.wait(0.0);
                }
            }
            Event::Pass(span) => pair.wait(span),
            Event::Cut => {
                let alive: Vec<_> = pair.page.in_flight().collect();
                let cut_at = pair.page.now;
                pair.cut();
                for call in &calls {
                    judge(&pair, call, Some(cut_at).filter(|_| alive.contains(&call.id)));
                }
                calls.clear();
                pair.connect();
            }
        }
        for call in &calls {
            let settled = pair.page.outcome(call.id).is_some();
            if !settled {
                judge(&pair, call, None);
            }
        }
    }
    pair.run();
    for call in &calls {
        judge(&pair, call, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_3_6_7_and_8_hold_in_every_order_of_reports_answers_cancels_timeouts_and_closes(
        version in select(Version::ALL.to_vec()),
        path in select(vec![Path::Scanned, Path::General]),
        weather in select(Weather::ALL.to_vec()),
        events in proptest::collection::vec(event(), 0..60),
    ) {
        live(version, path, weather, &events);
    }
}
