//! Rule 7: three clocks. `timeout` is restarted by the call's own progress, `max_total` never
//! moves, and both tell the server; the third, `stall_after`, only says so.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_wasm::error::{Clock, Error};
use mcp_wasm::proto::client::{CallLimits, Channel, Mode};
use mcp_wasm::proto::version::Version;
use serde_json::json;
use support::{FOREVER, Page, Pair, Path, Told, Weather, everywhere, timed_out};

const IDLE: CallLimits = CallLimits { timeout: 1_000.0, ..FOREVER };

/// A page in an open legacy session that never answers.
fn page(path: Path) -> Page {
    let mut page = Page::new(Mode::Legacy, path);
    page.connect(Channel::default());
    let id = page.sent()["id"].as_i64().unwrap();
    page.result(id, &json!({ "protocolVersion": "2025-11-25", "capabilities": {} }));
    page.sent();
    page
}

fn report(page: &mut Page, id: i64, progress: f64) {
    page.progress(&json!({ "progressToken": id, "progress": progress }));
}

/// How long after `start` the call ended.
fn ended_after(page: &Page, id: i64, start: f64) -> f64 {
    page.record(id).settled_at.expect("it ended") - start
}

#[test]
fn rule_7_without_progress_the_idle_clock_strikes_on_time() {
    everywhere(|pair| {
        let start = pair.page.now;
        let id = pair.page.call(IDLE);
        pair.wait(999.9);
        assert!(pair.page.outcome(id).is_none());
        pair.wait(0.2);
        assert!(timed_out(pair.page.outcome(id), Clock::Idle));
        assert!((ended_after(&pair.page, id, start) - 1_000.0).abs() < 1e-6);
    });
}

#[test]
fn rule_7_a_stall_is_told_once_for_each_silence_and_fails_nothing() {
    let limits = CallLimits { stall_after: 400.0, ..IDLE };
    for path in [Path::Scanned, Path::General] {
        let mut page = page(path);
        let id = page.call(limits);
        let stalls = |page: &Page| {
            page.told.iter().filter(|told| matches!(told, Told::Stalled(at) if *at == id)).count()
        };
        page.wait(399.0);
        assert_eq!(stalls(&page), 0);
        page.wait(400.0);
        assert_eq!(stalls(&page), 1, "a silence is told once");
        report(&mut page, id, 1.0);
        page.wait(390.0);
        assert_eq!(stalls(&page), 1, "progress ends a stall");
        page.wait(150.0);
        assert_eq!(stalls(&page), 2);
        assert!(page.outcome(id).is_none());
    }
}

#[test]
fn rule_7_progress_restarts_the_idle_clock() {
    for path in [Path::Scanned, Path::General] {
        let mut page = page(path);
        let (watched, other) = (page.call(IDLE), page.call(IDLE));
        for i in 0..50 {
            page.wait(990.0);
            report(&mut page, watched, f64::from(i));
            assert!(page.outcome(watched).is_none(), "after {i} reports");
        }
        // Progress of one call is no excuse for another.
        assert!(timed_out(page.outcome(other), Clock::Idle));
    }
}

#[test]
fn rule_7_the_idle_clock_strikes_never_early_and_at_most_a_sixteenth_late() {
    for path in [Path::Scanned, Path::General] {
        for quarter in 1..=160 {
            let mut page = page(path);
            let id = page.call(IDLE);
            // The latest report comes at any point between two looks at the clock.
            page.wait(f64::from(quarter) * 6.1);
            report(&mut page, id, 1.0);
            let latest = page.now;
            page.wait(3_000.0);
            let after = ended_after(&page, id, latest);
            assert!((1_000.0..=1_062.5).contains(&after), "{after} ms after the latest report");
        }
    }
}

#[test]
fn rule_7_a_timer_that_strikes_late_does_not_end_a_call_that_made_progress() {
    // A hidden page's timers may come minutes late, and together.
    let mut page = page(Path::Scanned);
    let (busy, silent) = (page.call(IDLE), page.call(IDLE));
    page.now += 900.0;
    report(&mut page, busy, 1.0);
    page.now += 90_000.0;
    page.tick();
    assert!(page.outcome(busy).is_none());
    page.wait(1_000.0);
    assert!(timed_out(page.outcome(busy), Clock::Idle));
    assert!(timed_out(page.outcome(silent), Clock::Idle));
}

#[test]
fn rule_7_what_waits_to_be_read_while_the_page_sleeps_is_heard_before_any_clock() {
    for path in [Path::Scanned, Path::General] {
        // The loop was busy, the timers were throttled, the machine slept for a night.
        for slept in [60.0, 2_000.0, 55_000.0, 3e7] {
            let mut page = page(path);
            let limits = CallLimits { max_total: 10_000.0, stall_after: 500.0, ..IDLE };
            let (id, other) = (page.call(limits), page.call(limits));
            page.now = page.machine.poll_timeout() + slept;
            page.tick();
            // The frames come right after the timer.
            report(&mut page, id, 1.0);
            page.result(other, &json!({}));
            assert!(page.outcome(id).is_none(), "{slept}");
            assert!(matches!(page.outcome(other), Some(Ok(_))));
            page.wait(40.0);
            page.result(id, &json!({}));
            assert!(matches!(page.outcome(id), Some(Ok(_))), "{slept}");
        }
    }
}

#[test]
fn rule_7_after_sleep_an_idle_clock_gets_the_time_back_and_then_strikes() {
    for (slept, given) in [(300.0, 300.0), (40_000.0, 1_000.0), (9e6, 1_000.0)] {
        let mut page = page(Path::Scanned);
        let id = page.call(CallLimits { reset_on_progress: false, ..IDLE });
        page.wait(900.0);
        page.now = page.machine.poll_timeout() + slept;
        let woke = page.now;
        page.tick();
        page.wait(given - 1.0);
        assert!(page.outcome(id).is_none(), "{slept}");
        page.wait(2.0);
        assert!(timed_out(page.outcome(id), Clock::Idle));
        assert!((ended_after(&page, id, woke) - given).abs() < 1e-6);
    }
}

#[test]
fn rule_7_after_sleep_the_total_clock_waits_a_second_and_no_more() {
    let mut page = page(Path::Scanned);
    let id = page.call(CallLimits { max_total: 5_000.0, ..FOREVER });
    page.now += 9e6;
    let woke = page.now;
    page.tick();
    report(&mut page, id, 1.0);
    page.wait(2_000.0);
    assert!(timed_out(page.outcome(id), Clock::Total));
    assert!((ended_after(&page, id, woke) - 1_000.0).abs() < 1e-6);
}

#[test]
fn rule_7_throttled_timers_put_a_silent_call_off_once_and_not_for_ever() {
    // A hidden page: the timer strikes once a minute, whatever it was set to.
    let mut page = page(Path::Scanned);
    let id = page.call(CallLimits { timeout: 60_000.0, ..FOREVER });
    let start = page.now;
    while page.outcome(id).is_none() {
        page.now = page.now.max(page.machine.poll_timeout()) + 59_000.0;
        page.tick();
    }
    let after = ended_after(&page, id, start);
    assert!((60_000.0..=200_000.0).contains(&after), "{after}");
}

#[test]
fn rule_7_sleeping_twice_without_a_sign_of_life_ends_nothing() {
    let mut page = page(Path::Scanned);
    let id = page.call(CallLimits { timeout: 60_000.0, ..FOREVER });
    for _ in 0..10 {
        page.wait(1_000.0);
        page.now += 3e7;
        page.tick();
        assert!(page.outcome(id).is_none());
    }
    page.wait(60_000.0);
    assert!(timed_out(page.outcome(id), Clock::Idle));
}

#[test]
fn rule_7_a_stall_is_not_told_of_a_page_that_slept() {
    let mut page = page(Path::Scanned);
    let id = page.call(CallLimits { stall_after: 10_000.0, ..FOREVER });
    page.now += 3e7;
    page.tick();
    assert!(page.told.iter().all(|told| !matches!(told, Told::Stalled(_))));
    page.wait(10_001.0);
    assert!(page.told.contains(&Told::Stalled(id)));
}

#[test]
fn sleep_while_connecting_gives_the_handshake_its_time_back_once() {
    let mut page = Page::new(Mode::Auto, Path::Scanned);
    page.connect(Channel::default());
    let probe = page.sent()["id"].as_i64().unwrap();
    page.now += 3e7;
    page.tick();
    assert!(page.sent_nothing_more() && page.end().is_none(), "the answer may lie there");
    let result = json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} });
    page.result(probe, &result);
    assert!(page.is_open());

    let mut page = Page::new(Mode::Legacy, Path::Scanned);
    page.connect(Channel::default());
    page.now += 3e7;
    page.tick();
    page.wait(29_999.0);
    assert!(page.end().is_none());
    page.wait(2.0);
    assert!(matches!(page.end(), Some(Error::Timeout { clock: Clock::Connect, .. })));
}

#[test]
fn rule_7_progress_that_strict_drops_still_restarts_the_clock() {
    let mut page = page(Path::Scanned);
    let id = page.call(CallLimits { strict: true, ..IDLE });
    for _ in 0..5 {
        page.wait(900.0);
        report(&mut page, id, 1.0);
    }
    assert_eq!(page.steps(id).len(), 1);
    assert!(page.outcome(id).is_none());
}

#[test]
fn rule_7_malformed_progress_restarts_nothing() {
    let mut page = page(Path::Scanned);
    let id = page.call(IDLE);
    page.wait(900.0);
    page.progress(&json!({ "progressToken": id, "progress": "much" }));
    page.wait(100.0);
    assert!(timed_out(page.outcome(id), Clock::Idle));
}

#[test]
fn rule_7_the_total_clock_never_moves() {
    for path in [Path::Scanned, Path::General] {
        let mut page = page(path);
        let start = page.now;
        let id = page.call(CallLimits { max_total: 5_000.0, ..IDLE });
        for i in 0..20 {
            page.wait(300.0);
            report(&mut page, id, f64::from(i));
        }
        assert!(timed_out(page.outcome(id), Clock::Total));
        assert!((ended_after(&page, id, start) - 5_000.0).abs() < 1e-6);
    }
}

#[test]
fn rule_7_without_reset_on_progress_the_idle_clock_never_moves() {
    for path in [Path::Scanned, Path::General] {
        let mut page = page(path);
        let start = page.now;
        let id = page.call(CallLimits { reset_on_progress: false, ..IDLE });
        for i in 0..20 {
            page.wait(100.0);
            report(&mut page, id, f64::from(i));
        }
        assert!(timed_out(page.outcome(id), Clock::Idle));
        assert!((ended_after(&page, id, start) - 1_000.0).abs() < 1e-6);
    }
}

#[test]
fn rule_7_both_clocks_cancel_on_the_server() {
    everywhere(|pair| {
        let (idle, first) = pair.start(IDLE);
        let limits = CallLimits { max_total: 2_000.0, ..FOREVER };
        let (total, second) = pair.start(limits);
        pair.wait(4_000.0);
        assert!(timed_out(pair.page.outcome(idle), Clock::Idle));
        assert!(timed_out(pair.page.outcome(total), Clock::Total));
        let reason = Some("timeout".to_owned());
        assert_eq!(pair.cancelled, [(first, reason.clone()), (second, reason)]);
        assert_eq!(pair.server.in_flight(), 0);
    });
}

#[test]
fn rule_7_the_error_names_the_clock_and_its_setting() {
    let mut page = page(Path::Scanned);
    let idle = page.call(CallLimits { timeout: 250.0, max_total: 9_000.0, ..FOREVER });
    let total = page.call(CallLimits { timeout: 9_000.0, max_total: 250.0, ..FOREVER });
    page.wait(300.0);
    let error = |clock| Some(Err(Error::Timeout { clock, after: 250.0 }));
    assert_eq!(page.outcome(idle).cloned(), error(Clock::Idle));
    assert_eq!(page.outcome(total).cloned(), error(Clock::Total));
}

#[test]
fn rule_7_without_limits_no_clock_runs() {
    let mut page = page(Path::Scanned);
    let id = page.call(FOREVER);
    assert!(page.machine.poll_timeout().is_infinite());
    report(&mut page, id, 1.0);
    page.wait(1e12);
    assert!(page.outcome(id).is_none());
    assert!(page.machine.poll_timeout().is_infinite());
}

#[test]
fn rule_7_a_limit_of_nothing_ends_the_call_at_the_next_look() {
    for limits in [
        CallLimits { timeout: 0.0, ..FOREVER },
        CallLimits { max_total: 0.0, ..FOREVER },
        CallLimits { timeout: -5.0, ..FOREVER },
    ] {
        let mut page = page(Path::Scanned);
        let id = page.call(limits);
        page.tick();
        assert!(matches!(page.outcome(id), Some(Err(Error::Timeout { .. }))), "{limits:?}");
    }
}

#[test]
fn a_finished_call_leaves_no_clock_behind() {
    let mut page = page(Path::Scanned);
    for _ in 0..3 {
        let id = page.call(CallLimits::default());
        page.result(id, &json!({}));
    }
    assert!(page.machine.poll_timeout().is_infinite());
}

#[test]
fn progress_never_moves_the_timer() {
    // Setting a timer costs more than reading a notification; the table only looks now and then.
    let mut page = page(Path::Scanned);
    let id = page.call(CallLimits::default());
    let wake = page.machine.poll_timeout();
    for i in 0..1_000 {
        report(&mut page, id, f64::from(i));
        assert_eq!(page.machine.poll_timeout().to_bits(), wake.to_bits());
    }
}

#[test]
fn a_link_that_is_slower_than_the_clock_times_out_on_both_sides() {
    for version in Version::ALL {
        let weather = Weather { latency: 2_000.0, ..Weather::STILL };
        let mut pair = Pair::open(version, Path::Scanned, weather);
        let (id, job) = pair.start(IDLE);
        assert!(timed_out(pair.page.outcome(id), Clock::Idle), "the request was still under way");
        assert_eq!(pair.cancelled, [(job, Some("timeout".to_owned()))]);
        pair.finish(job);
        pair.run();
        assert!(pair.page.faults().is_empty());
    }
}
