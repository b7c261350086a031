//! Event streams that are cut, and gone on with.

use serde_json::Value;

use crate::{
    http::{Answer, Event},
    peer::COUNT,
    sessions::Session,
};

/// Reads so many events, or all of them.
async fn read(answer: &mut Answer, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count
        && let Some(event) = answer.event().await
    {
        events.push(event);
    }
    events
}

fn messages(events: &[Event]) -> Vec<Value> {
    let texts = events.iter().filter(|event| !event.data.is_empty());
    texts.map(|event| serde_json::from_str(&event.data).unwrap()).collect()
}

/// All reports in order, and then the result.
fn is_whole(messages: &[Value], id: i64) {
    let reports: Vec<_> =
        messages.iter().filter_map(|message| message["params"]["progress"].as_f64()).collect();
    assert_eq!(reports, (1..=COUNT).map(f64::from).collect::<Vec<_>>(), "{messages:?}");
    assert_eq!(messages.len(), reports.len() + 1);
    assert_eq!(messages[messages.len() - 1]["id"], id);
}

/// After so many events the connection is lost, and the rest comes later.
async fn cut_after(count: usize) {
    let session = Session::new("2025-11-25").await;
    let mut answer = session.call(3, "count").await;
    let mut events = read(&mut answer, count).await;
    assert_eq!(events.len(), count);
    drop(answer);
    let last = events[count - 1].id.clone().unwrap();
    events.extend(read(&mut session.resume(&last).await, usize::MAX).await);
    is_whole(&messages(&events), 3);
}

/// The connection is lost again and again, after so many events each time.
async fn cut_each(count: usize) {
    let session = Session::new("2025-11-25").await;
    let mut answer = session.call(3, "count").await;
    let mut events = read(&mut answer, 1).await;
    loop {
        let last = events[events.len() - 1].id.clone().unwrap();
        let more = read(&mut session.resume(&last).await, count).await;
        // Who comes back is told where it is before anything new.
        if more.iter().all(|event| event.data.is_empty()) {
            break;
        }
        events.extend(more);
        let is_over = messages(&events).iter().any(|message| message["id"] == 3);
        if is_over {
            break;
        }
    }
    is_whole(&messages(&events), 3);
}

rows! { cut_after:
    a_stream_that_is_cut_before_its_first_message_goes_on => 1;
    a_stream_that_is_cut_after_its_first_message_goes_on => 2;
    a_stream_that_is_cut_after_its_second_message_goes_on => 3;
    a_stream_that_is_cut_after_its_third_message_goes_on => 4;
    a_stream_that_is_cut_after_its_fourth_message_goes_on => 5;
    a_stream_that_is_cut_before_its_result_goes_on => 6;
}

rows! { cut_each:
    a_stream_that_is_cut_after_every_second_event_goes_on => 2;
    a_stream_that_is_cut_after_every_third_event_goes_on => 3;
    a_stream_that_is_cut_after_every_fourth_event_goes_on => 4;
}

#[tokio::test]
async fn a_stream_can_be_read_more_than_once() {
    let session = Session::new("2025-11-25").await;
    let events = read(&mut session.call(3, "count").await, usize::MAX).await;
    is_whole(&messages(&events), 3);
    let first = events[0].id.clone().unwrap();
    for _ in 0..3 {
        is_whole(&messages(&read(&mut session.resume(&first).await, usize::MAX).await), 3);
    }
}

#[tokio::test]
async fn every_event_has_an_id_of_its_own_and_the_first_says_when_to_come_back() {
    let session = Session::new("2025-11-25").await;
    let events = read(&mut session.call(3, "count").await, usize::MAX).await;
    assert_eq!(events[0].retry.as_deref(), Some("1000"));
    let mut ids: Vec<_> = events.iter().map(|event| event.id.clone().unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), events.len());
}

#[tokio::test]
async fn a_stream_belongs_to_its_session() {
    let session = Session::new("2025-11-25").await;
    let events = read(&mut session.call(3, "count").await, usize::MAX).await;
    let stranger = Session::new("2025-11-25").await;
    for event in &events {
        assert_eq!(stranger.resume(event.id.as_ref().unwrap()).await.status, 400);
    }
}

#[tokio::test]
async fn two_streams_of_a_session_go_on_apart_from_each_other() {
    let session = Session::new("2025-11-25").await;
    let (mut first, mut second) = (session.call(3, "count").await, session.call(4, "count").await);
    let mut events = [read(&mut first, 2).await, read(&mut second, 3).await];
    drop((first, second));
    for (events, id) in events.iter_mut().zip([3, 4]) {
        let last = events[events.len() - 1].id.clone().unwrap();
        events.extend(read(&mut session.resume(&last).await, usize::MAX).await);
        is_whole(&messages(events), id);
    }
}
