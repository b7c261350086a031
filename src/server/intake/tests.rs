//! Who waits, who gives way and who goes on, in simulated time.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{Busy, Claim, Intake, Millis};

const MIB: usize = 1 << 20;

fn grow(claim: &Claim, bytes: usize, now: Millis) -> Poll<Result<(), Busy>> {
    claim.poll_grow(&mut Context::from_waker(Waker::noop()), bytes, now)
}

fn has_to_go(claim: &Claim) -> bool {
    claim.poll_has_to_go(&mut Context::from_waker(Waker::noop())).is_ready()
}

const FINE: Poll<Result<(), Busy>> = Poll::Ready(Ok(()));
const BUSY: Poll<Result<(), Busy>> = Poll::Ready(Err(Busy));

fn taken(intake: &Arc<Intake>) -> usize {
    intake.lock().taken().0
}

#[test]
fn what_there_is_room_for_is_read_at_once_and_leaves_nothing_behind() {
    let intake = Intake::new(10 * MIB);
    let claims: Vec<_> = (0..10).map(|_| intake.begin(None, 0.0)).collect();
    assert!(claims.iter().all(|claim| grow(claim, MIB, 0.0) == FINE));
    assert_eq!(taken(&intake), 10 * MIB);
    drop(claims);
    let state = intake.lock();
    assert_eq!(state.taken(), (0, true));
}

#[test]
fn what_finds_no_room_waits_until_another_message_has_been_handled() {
    let intake = Intake::new(2 * MIB);
    let (first, second) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
    assert_eq!(grow(&first, 2 * MIB, 0.0), FINE);
    first.finish();
    assert_eq!(grow(&second, MIB, 0.0), Poll::Pending);
    assert_eq!(grow(&second, MIB, 900.0), Poll::Pending);
    drop(first);
    assert_eq!(grow(&second, MIB, 1000.0), FINE);
    assert_eq!(taken(&intake), MIB);
}

#[test]
fn nobody_waits_for_long() {
    let intake = Intake::new(MIB);
    let (first, second) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
    assert_eq!(grow(&first, MIB, 0.0), FINE);
    first.finish();
    assert_eq!(grow(&second, 1, 0.0), Poll::Pending);
    assert_eq!(grow(&second, 1, 4900.0), Poll::Pending);
    assert!(!has_to_go(&first), "what is whole gives way to none");
    assert_eq!(grow(&second, 1, 5000.0), BUSY);
}

#[test]
fn one_that_comes_too_slowly_gives_way_but_only_to_somebody_who_waits() {
    for bytes in [0, 15_000] {
        let intake = Intake::new(2 * MIB);
        let (slow, other) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
        assert_eq!(grow(&slow, 2 * MIB - 100_000, 0.0), FINE);
        assert_eq!(grow(&slow, bytes, 1500.0), FINE);
        assert_eq!(grow(&slow, bytes, 2500.0), FINE);
        assert!(!has_to_go(&slow), "nobody waits");
        assert_eq!(grow(&other, MIB, 3000.0), Poll::Pending);
        assert_eq!(grow(&slow, bytes, 3500.0), FINE);
        assert_eq!(grow(&other, MIB, 3900.0), Poll::Pending);
        assert!(!has_to_go(&slow), "not at once");
        assert_eq!(grow(&other, MIB, 4510.0), Poll::Pending);
        assert!(has_to_go(&slow), "{bytes}");
        assert_eq!(grow(&slow, 1, 4510.0), BUSY);
        drop(slow);
        assert_eq!(grow(&other, MIB, 4520.0), FINE);
    }
}

#[test]
fn one_that_comes_at_a_fair_speed_does_not_give_way() {
    let intake = Intake::new(2 * MIB);
    let (steady, other) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
    assert_eq!(grow(&steady, MIB, 0.0), FINE);
    assert_eq!(grow(&other, 3 * MIB / 2, 0.0), Poll::Pending);
    for step in 1..49 {
        let now = f64::from(step) * 100.0;
        assert_eq!(grow(&steady, 2000, now), FINE, "{now}");
        assert_eq!(grow(&other, 3 * MIB / 2, now), Poll::Pending);
        assert!(!has_to_go(&steady), "{now}");
    }
}

#[test]
fn room_goes_to_whoever_has_least_and_not_to_whoever_asks_most() {
    let intake = Intake::new(8 * MIB);
    let (greedy, modest) = (intake.source("greedy"), intake.source("modest"));
    let full = intake.begin(None, 0.0);
    assert_eq!(grow(&full, 8 * MIB, 0.0), FINE);
    full.finish();
    let many: Vec<_> = (0..100).map(|_| intake.begin(greedy, 0.0)).collect();
    assert!(many.iter().all(|claim| grow(claim, MIB, 0.0) == Poll::Pending));
    let one = intake.begin(modest, 0.0);
    assert_eq!(grow(&one, MIB, 1.0), Poll::Pending);
    // The oldest one is first whoever it is of, so that one always goes on.
    drop(full);
    assert_eq!(grow(&many[0], MIB, 2.0), FINE);
    assert_eq!(grow(&one, MIB, 2.0), FINE);
    let served = many.iter().filter(|claim| grow(claim, MIB, 2.0) == FINE).count();
    assert_eq!(served, 3, "and the rest in their order, within its share");
}

#[test]
fn one_source_has_half_of_all_room_whatever_it_sends_and_the_rest_is_for_others() {
    let intake = Intake::new(8 * MIB);
    intake.expect(MIB);
    let (greedy, modest) = (intake.source("greedy"), intake.source("modest"));
    let many: Vec<_> = (0..20).map(|_| intake.begin(greedy, 0.0)).collect();
    let served = many.iter().filter(|claim| grow(claim, MIB, 0.0) == FINE);
    let served: Vec<_> = served.collect();
    assert_eq!(served.len(), 3, "one more is for the next that is the oldest");
    for claim in served {
        claim.finish();
    }
    let others: Vec<_> = (0..3).map(|_| intake.begin(modest, 0.0)).collect();
    assert!(others.iter().all(|claim| grow(claim, MIB, 0.0) == FINE), "nobody is in their way");
    assert_eq!(grow(&many[19], MIB, 5000.0), BUSY);
    // What nobody knows the source of has no share.
    drop((many, others));
    let unknown: Vec<_> = (0..7).map(|_| intake.begin(None, 0.0)).collect();
    assert!(unknown.iter().all(|claim| grow(claim, MIB, 0.0) == FINE));
}

#[test]
fn who_has_its_share_makes_room_among_its_own() {
    let intake = Intake::new(8 * MIB);
    let (greedy, modest) = (intake.source("greedy"), intake.source("modest"));
    let (slow, other) = (intake.begin(greedy, 0.0), intake.begin(modest, 0.0));
    assert_eq!(grow(&slow, 4 * MIB, 0.0), FINE);
    assert_eq!(grow(&other, 2 * MIB, 0.0), FINE);
    let next = intake.begin(greedy, 0.0);
    assert_eq!(grow(&next, MIB, 1000.0), Poll::Pending);
    assert_eq!(grow(&next, MIB, 2100.0), Poll::Pending);
    assert_eq!((has_to_go(&slow), has_to_go(&other)), (true, false));
    drop(slow);
    assert_eq!(grow(&next, MIB, 2200.0), FINE);
}

#[test]
fn one_message_always_goes_on_however_many_wait_with_what_they_have() {
    for sources in [0, 1, 3] {
        let intake = Intake::new(16 * MIB);
        intake.expect(4 * MIB);
        let source = |number: u32| number.checked_rem(sources).map(u64::from);
        all_come_to_their_end(&intake, &source);
    }
}

fn all_come_to_their_end(intake: &Arc<Intake>, source: &dyn Fn(u32) -> Option<u64>) {
    let claims: Vec<_> = (0..40).map(|number| intake.begin(source(number), 0.0)).collect();
    let mut left: Vec<_> = claims.into_iter().map(|claim| (claim, 0)).collect();
    // Each wants 4 MiB in steps, and all hold on to what they have.
    let mut rounds = 0;
    while !left.is_empty() {
        rounds += 1;
        assert!(rounds < 10_000, "{} are stuck", left.len());
        for (claim, has) in &mut left {
            if grow(claim, MIB / 2, 0.0) == FINE {
                *has += MIB / 2;
            }
        }
        assert!(taken(intake) <= 16 * MIB);
        left.retain(|(_, has)| *has < 4 * MIB);
    }
    assert_eq!(taken(intake), 0);
}

#[test]
fn a_message_that_is_larger_than_all_room_is_read_by_itself() {
    let intake = Intake::new(MIB);
    intake.expect(4 * MIB);
    let (large, other) = (intake.begin(None, 0.0), intake.begin(None, 0.0));
    assert_eq!(grow(&large, 4 * MIB, 0.0), FINE);
    assert_eq!(grow(&other, 1, 0.0), Poll::Pending);
    drop(large);
    assert_eq!(grow(&other, 1, 0.0), FINE);
}

#[test]
fn thousands_that_wait_cost_no_more_each_than_a_few() {
    let intake = Intake::new(MIB);
    let full = intake.begin(None, 0.0);
    assert_eq!(grow(&full, MIB, 0.0), FINE);
    full.finish();
    let claims: Vec<_> =
        (0..16_384_u32).map(|number| intake.begin(intake.source(number % 4096), 0.0)).collect();
    for now in [0.0, 1200.0, 2400.0] {
        assert!(claims.iter().all(|claim| grow(claim, 64, now) == Poll::Pending));
    }
    drop(full);
    let served = claims.iter().filter(|claim| grow(claim, 64, 2500.0) == FINE).count();
    assert_eq!(served, 16_384);
}
