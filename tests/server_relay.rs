//! Connections to a server that is elsewhere.
#![cfg(not(target_arch = "wasm32"))]

use std::{
    future::ready,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use mcp_wasm::{
    jsonrpc::Raw,
    proto::{
        relay::Act,
        server::{Event, Transmit},
    },
    server::{
        Limits, Server,
        relay::{Line, Running, Upstream},
    },
};

/// Keeps the line of the client that connects.
#[derive(Default)]
struct Keeps(Arc<Mutex<Option<Line>>>);

impl Upstream for Keeps {
    fn connect(&self, line: Line) -> Running {
        *self.0.lock().unwrap() = Some(line);
        Box::pin(ready(()))
    }

    fn tool(&self, _: &str) -> Option<Raw> {
        None
    }
}

/// Counts how often somebody is woken.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[test]
fn reports_that_merge_for_a_client_that_does_not_read_make_nobody_look_at_what_waits() {
    const QUEUE: usize = 64;
    const REPORTS: usize = 200_000;
    let kept = Keeps::default();
    let slot = Arc::clone(&kept.0);
    let limits = Limits { queue: QUEUE, ..Limits::default() };
    let server = Server::builder("Test", "1.0.0").limits(limits).relay(kept).build();
    let (link, _driver) = server.connect();
    let client = slot.lock().unwrap().take().unwrap();
    let about = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"},"io.modelcontextprotocol/clientCapabilities":{},"progressToken":"t"}"#;
    link.receive(&format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t","_meta":{about}}}}}"#
    ));
    let Some(Some(Event::Relayed(request))) = poll(client.next()) else {
        panic!("it is handed up")
    };
    let counter = Arc::new(Counter::default());
    let waker = Waker::from(Arc::clone(&counter));
    let mut looks = 0;
    let look = |looks: &mut usize| {
        // As a stream that has no room.
        let next = link.poll_transmit_where(&mut Context::from_waker(&waker), |_| false);
        assert!(next.is_pending());
        *looks += 1;
    };
    look(&mut looks);
    for n in 1..=REPORTS {
        let woken = counter.0.load(Ordering::Relaxed);
        let params = Raw::parse(format!(r#"{{"progressToken":9,"progress":{n}}}"#)).unwrap();
        assert!(client.act(Act::Report(request.key, params)));
        if counter.0.load(Ordering::Relaxed) > woken {
            look(&mut looks);
        }
    }
    assert!(looks <= QUEUE + 1, "{looks} looks at what waits, for {REPORTS} reports");
    // It is all there when it reads: what has waited, and the newest.
    let mut last = String::new();
    let mut count = 0;
    while let Some(Transmit::Send { frame, .. }) = link.try_transmit() {
        last = frame.to_json();
        count += 1;
    }
    assert_eq!(count, QUEUE + 1);
    assert!(last.contains(&format!("\"progress\":{REPORTS}")) && last.contains("\"t\""), "{last}");
}
