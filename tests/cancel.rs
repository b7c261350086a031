//! Rule 8: cancelling reaches the server and fails the call at once; a connection that dies fails
//! its calls at once and says whether they may have run. And the races of both.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::Error;
use mcp_wasm::proto::client::{CallLimits, Channel, Mode};
use mcp_wasm::proto::version::Version;
use serde_json::{Value, json};
use support::{FOREVER, Page, Pair, Path, Told, Weather, everywhere, protocol_text, step};

/// The end of a call whose connection was lost.
fn lost(reason: &str, sent: bool) -> Result<Value, Error<Value>> {
    Err(Error::Closed { reason: reason.to_owned(), sent })
}

#[test]
fn rule_8_cancel_fails_the_call_at_once_and_reaches_the_server() {
    everywhere(|pair| {
        for reason in [None, Some("no longer needed"), Some("")] {
            pair.cancelled.clear();
            let (id, job) = pair.start(FOREVER);
            let now = pair.page.now;
            pair.page.cancel(id, reason);
            let reason = reason.map(str::to_owned);
            assert_eq!(pair.page.record(id).settled_at, Some(now));
            assert_eq!(pair.page.outcome(id), Some(&Err(Error::Aborted(reason.clone()))));
            pair.run();
            assert_eq!(pair.cancelled, [(job, reason)]);
            assert_eq!(pair.server.in_flight(), 0);
        }
    });
}

#[test]
fn rule_8_the_other_calls_go_on() {
    everywhere(|pair| {
        let (kept, job) = pair.start(FOREVER);
        let (given_up, _) = pair.start(FOREVER);
        pair.page.cancel(given_up, None);
        pair.server.report(job, 1.0, None, None);
        pair.finish(job);
        pair.run();
        assert_eq!(pair.page.steps(kept), [step(1.0, None)]);
        assert!(matches!(pair.page.outcome(kept), Some(Ok(_))));
    });
}

#[test]
fn rule_8_a_response_that_crosses_the_cancellation_is_ignored() {
    everywhere(|pair| {
        let (id, job) = pair.start(FOREVER);
        pair.finish(job);
        pair.page.cancel(id, None);
        pair.run();
        assert_eq!(pair.page.outcome(id), Some(&Err(Error::Aborted(None))));
        assert!(pair.page.faults().is_empty(), "a race is nobody's fault");
    });
}

#[test]
fn rule_8_cancelling_an_ended_or_unknown_call_does_nothing() {
    everywhere(|pair| {
        let (id, job) = pair.start(FOREVER);
        pair.finish(job);
        pair.run();
        for id in [id, id + 1, 0, -1, i64::MAX, i64::MIN] {
            pair.page.cancel(id, Some("why not"));
            assert!(pair.page.sent_nothing_more());
        }
        assert!(matches!(pair.page.outcome(id), Some(Ok(_))));
    });
}

#[test]
fn rule_8_a_cancelled_id_is_never_taken_again() {
    // The page fails the test if ids do not count up.
    everywhere(|pair| {
        for _ in 0..5 {
            let id = pair.call();
            pair.page.cancel(id, None);
            pair.run();
        }
        pair.cut();
        pair.connect();
        let newest = pair.page.records().keys().copied().max().unwrap();
        assert!(pair.call() > newest);
    });
}

#[test]
fn rule_8_a_lost_connection_fails_every_call_at_once() {
    everywhere(|pair| {
        let ids: Vec<_> = (0..3).map(|_| pair.start(FOREVER).0).collect();
        let now = pair.page.now;
        pair.cut();
        for id in ids {
            let record = pair.page.record(id);
            assert_eq!(record.outcome, Some(lost("the connection was lost", true)));
            assert_eq!(record.settled_at, Some(now));
        }
        assert!(matches!(pair.page.told.last(), Some(Told::Disconnected(Error::Closed { .. }))));
        assert_eq!(pair.cancelled.len(), 3, "the server gives them up too");
        // And a call on a closed connection was never sent.
        let refused = pair.page.request("tools/call", None, FOREVER);
        assert_eq!(refused.err(), lost("not connected", false).err());
    });
}

#[test]
fn rule_8_closed_says_that_a_request_was_not_sent_when_it_was_not() {
    everywhere(|pair| {
        let (stuck, other) = (pair.call(), pair.call());
        pair.page.unsent(stuck, "the frame is too large");
        assert_eq!(pair.page.outcome(stuck), Some(&lost("the frame is too large", false)));
        pair.cut();
        assert_eq!(pair.page.outcome(other), Some(&lost("the connection was lost", true)));
    });
}

#[test]
fn a_connection_that_is_cut_at_any_moment_settles_every_call_once() {
    for version in [Version::LATEST, Version::LATEST_LEGACY] {
        for moment in 0..60 {
            let weather = Weather { seed: moment, ..Weather::GUSTY };
            let mut pair = Pair::open(version, Path::Scanned, weather);
            let ids: Vec<_> = (0..4).map(|_| pair.call()).collect();
            for round in 0..8 {
                if u64::try_from(round).is_ok_and(|round| round == moment % 8) {
                    pair.cut();
                }
                pair.wait(7.0);
                while let Some(job) = pair.jobs.pop_front() {
                    pair.server.report(job.key, f64::from(round), None, None);
                    pair.finish(job.key);
                }
            }
            pair.run();
            for id in ids {
                let ended = pair.page.outcome(id);
                let closed = matches!(ended, Some(Err(Error::Closed { sent: true, .. })));
                assert!(closed || matches!(ended, Some(Ok(_))), "{ended:?}");
            }
        }
    }
}

#[test]
fn calls_of_an_earlier_connection_get_nothing_from_the_next() {
    everywhere(|pair| {
        let (old, _) = pair.start(FOREVER);
        let (given_up, _) = pair.start(FOREVER);
        pair.page.cancel(given_up, None);
        pair.cut();
        pair.connect();
        let (new, job) = pair.start(FOREVER);
        assert!(new > old);
        // The new server answers what the old one was asked.
        pair.page.progress(&json!({ "progressToken": old, "progress": 1 }));
        pair.page.result(old, &json!({ "content": [] }));
        pair.page.result(given_up, &json!({ "content": [] }));
        assert_eq!(pair.page.faults().len(), 2, "it never saw these requests");
        assert_eq!(pair.page.outcome(old), Some(&lost("the connection was lost", true)));
        assert_eq!(pair.page.steps(old), []);
        pair.finish(job);
        pair.run();
        assert!(matches!(pair.page.outcome(new), Some(Ok(_))));
    });
}

#[test]
fn slots_are_used_again_without_mixing_calls_up() {
    everywhere(|pair| {
        let (long, job) = pair.start(FOREVER);
        for i in 0..40 {
            let (id, short) = pair.start(CallLimits::default());
            pair.server.report(job, f64::from(i), None, None);
            pair.server.report(short, f64::from(-i), None, None);
            if i % 3 == 0 {
                pair.page.cancel(id, None);
            } else {
                pair.finish(short);
            }
            pair.run();
            assert!(pair.page.outcome(id).is_some());
            assert!(pair.page.steps(id).iter().all(|seen| *seen == step(f64::from(-i), None)));
        }
        assert_eq!(pair.page.steps(long).len(), 40);
    });
}

#[test]
fn only_as_many_abandoned_requests_are_remembered_as_is_reasonable() {
    let mut page = Page::new(Mode::Legacy, Path::Scanned);
    page.connect(Channel::default());
    page.result(1, &json!({ "protocolVersion": "2025-03-26" }));
    let ids: Vec<_> = (0..1_500).map(|_| page.call(FOREVER)).collect();
    for &id in &ids {
        page.cancel(id, None);
    }
    for &id in ids.iter().rev().take(1_024) {
        page.result(id, &json!({}));
    }
    assert!(page.faults().is_empty());
    page.result(ids[0], &json!({}));
    assert_eq!(protocol_text(page.faults()[0]), "the server answered a request twice");
}
