//! The stream that a legacy server over HTTP has for what it says by itself: which native clients are
//! connected when it is there, and what waits for it where the connection does not.
#![cfg(all(feature = "native-client", feature = "native", not(target_arch = "wasm32")))]

use std::collections::HashMap;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::serve::{Listener, ListenerExt};
use futures_util::stream;
use mcp_wasm::Client;
use mcp_wasm::client::{Clock, Connect, Error, Mode, Subscription};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

/// Long enough for a loaded machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// As long as the stream is waited for, with some room.
const WAIT: Duration = Duration::from_millis(140);

/// A server that does not answer GET before it is told to.
#[derive(Clone)]
struct Peer {
    url: String,
    shared: Arc<Mutex<Shared>>,
    /// The status that GET is answered with.
    own: Arc<watch::Sender<Option<u16>>>,
}

#[derive(Default)]
struct Shared {
    /// The methods of the protocol, or else of HTTP, with the session.
    asked: Vec<String>,
    /// When it was last told that a client is there, with whose answer the wait for its stream begins.
    since: Option<Instant>,
    sessions: u32,
    /// Sessions up to that are not known any more.
    expired: u32,
    /// The streams that are open.
    streams: Vec<mpsc::UnboundedSender<Value>>,
    /// Said by the server as soon as it has a stream.
    news: Vec<Value>,
}

impl Peer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // What is small is not held back for the sake of what may follow.
        let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let peer = Self { url, shared: Arc::default(), own: Arc::new(watch::Sender::new(None)) };
        let app = Router::new().fallback(answer).with_state(peer.clone());
        tokio::spawn(async { axum::serve(listener, app).await });
        peer
    }

    fn with<T>(&self, look: impl FnOnce(&mut Shared) -> T) -> T {
        look(&mut self.shared.lock().unwrap())
    }

    fn connect(&self) -> Connect {
        Client::connect(&self.url).mode(Mode::Legacy)
    }

    /// A client that listens to nothing, connected while the stream may still be waited for.
    async fn client(&self) -> Client {
        for _ in 0..50 {
            self.with(|shared| *shared = Shared::default());
            let client = within(self.connect()).await.unwrap();
            let is_early = self.with(|shared| shared.since.is_none_or(|at| at.elapsed() < WAIT));
            if is_early {
                self.asks("GET").await;
                return client;
            }
        }
        panic!("its connection waits for a stream that nobody listens to");
    }

    fn open(&self) {
        self.own.send_replace(Some(200));
    }

    /// Whether the stream may still be waited for.
    fn is_early(&self) -> bool {
        self.with(|shared| shared.since.is_some_and(|at| at.elapsed() < WAIT))
    }

    fn asked(&self) -> Vec<String> {
        self.with(|shared| shared.asked.clone())
    }

    fn count(&self, what: &str) -> usize {
        self.asked().iter().filter(|asked| asked.starts_with(what)).count()
    }

    /// Waits for a request.
    async fn asks(&self, what: &str) {
        within(async {
            while self.count(what) == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    /// That is not asked for as long as the stream may be waited for.
    async fn is_not_asked(&self, what: &str) {
        sleep(Duration::from_millis(30)).await;
        let count = self.count(what);
        assert!(count == 0 || !self.is_early(), "the stream is not there: {:?}", self.asked());
    }
}

async fn answer(
    State(peer): State<Peer>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let about = message["method"].as_str().unwrap_or(method.as_str()).to_owned();
    let session = headers.get("mcp-session-id").map_or("", |id| id.to_str().unwrap()).to_owned();
    let is_expired = peer.with(|shared| {
        shared.asked.push(format!("{about} {session}").trim().to_owned());
        let number = session.trim_start_matches('s').parse::<u32>().unwrap_or(u32::MAX);
        number <= shared.expired
    });
    if is_expired {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    }
    if method == Method::GET {
        return own_stream(&peer).await;
    }
    let id = &message["id"];
    if id.is_null() {
        if about == "notifications/initialized" {
            peer.with(|shared| shared.since = Some(Instant::now()));
        }
        return axum::http::StatusCode::ACCEPTED.into_response();
    }
    let mut session = [("content-type", "application/json".to_owned()), ("x-none", String::new())];
    let result = match about.as_str() {
        "initialize" => {
            let number = peer.with(|shared| {
                shared.sessions += 1;
                shared.sessions
            });
            session[1] = ("mcp-session-id", format!("s{number}"));
            json!({
                "protocolVersion": "2025-11-25",
                "capabilities": { "tools": { "listChanged": true } },
                "serverInfo": { "name": "fake", "version": "1" },
            })
        }
        "tools/call" => {
            let token = &message["params"]["_meta"]["progressToken"];
            let params = json!({ "progressToken": token, "progress": 1 });
            // On its own stream; without one it is lost.
            say(&peer, "notifications/progress", &params);
            sleep(Duration::from_millis(20)).await;
            json!({ "content": [{ "type": "text", "text": "done" }] })
        }
        _ => json!({ "tools": [] }),
    };
    (session, json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()).into_response()
}

/// The answer to GET, when the test lets it come.
async fn own_stream(peer: &Peer) -> Response {
    let status = peer.own.subscribe().wait_for(Option::is_some).await.unwrap().unwrap();
    if status != 200 {
        return axum::http::StatusCode::from_u16(status).unwrap().into_response();
    }
    let (sender, messages) = mpsc::unbounded_channel();
    peer.with(|shared| {
        for news in shared.news.drain(..) {
            sender.send(news).unwrap();
        }
        shared.streams.push(sender);
    });
    let events = stream::unfold(messages, async |mut messages| {
        let message: Value = messages.recv().await?;
        Some((Ok::<_, std::io::Error>(format!("data: {message}\n\n")), messages))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(events)).into_response()
}

fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

fn say(peer: &Peer, method: &str, params: &Value) {
    let streams = peer.with(|shared| shared.streams.clone());
    for stream in streams {
        let _ = stream.send(notification(method, params));
    }
}

async fn within<F: IntoFuture>(what: F) -> F::Output {
    timeout(PATIENCE, what.into_future()).await.expect("in time")
}

/// Something that is not there before the stream is, but then.
async fn waits<T>(peer: &Peer, mut what: impl Future<Output = T> + Unpin) -> T {
    let early = timeout(Duration::from_millis(30), &mut what).await;
    match early {
        Ok(_) if peer.is_early() => panic!("what the server says right after would be lost"),
        Ok(done) => return done,
        Err(_) => {}
    }
    peer.open();
    within(what).await
}

/// A subscription to the list of tools, and what it has heard.
fn listen(client: &Client) -> (impl Future<Output = Result<Subscription, Error>> + Unpin, Heard) {
    let heard = Heard::default();
    let into = Arc::clone(&heard);
    let filter = HashMap::from([("toolsListChanged", true)]);
    let listen =
        client.listen(filter).on_notification(move |method, _| into.lock().unwrap().push(method));
    (listen.into_future(), heard)
}

type Heard = Arc<Mutex<Vec<String>>>;

async fn hears(heard: &Heard, what: &[&str]) {
    within(async {
        while heard.lock().unwrap().len() < what.len() {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(*heard.lock().unwrap(), what);
}

const CHANGED: &str = "notifications/tools/list_changed";

#[tokio::test]
async fn a_client_that_listens_to_nothing_is_connected_at_once_and_calls_wait_for_the_servers_stream()
 {
    let peer = Peer::start().await;
    let client = peer.client().await;
    assert_eq!(peer.asked(), ["initialize", "notifications/initialized s1", "GET s1"]);
    let call = client.call_tool("t", ()).silent().start();
    within(client.list_tools()).await.unwrap();
    within(client.ping()).await.unwrap();
    peer.is_not_asked("tools/call").await;
    peer.open();
    assert_eq!(within(call).await.unwrap().text(), "done");
    assert_eq!(peer.count("tools/call"), 1);
}

#[tokio::test]
async fn what_a_call_reports_on_the_servers_own_stream_is_heard_although_that_comes_late() {
    let peer = Peer::start().await;
    let client = peer.client().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&heard);
    let report =
        move |progress: mcp_wasm::client::Progress| into.lock().unwrap().push(progress.progress);
    let call = client.call_tool("t", ()).on_progress(report).start();
    peer.is_not_asked("tools/call").await;
    let opened = peer.is_early();
    peer.open();
    within(call).await.unwrap();
    let heard = heard.lock().unwrap();
    assert!(!opened || *heard == [1.0], "{heard:?}");
}

#[tokio::test]
async fn a_stream_that_never_comes_or_is_refused_is_waited_for_no_longer_than_a_moment() {
    for status in [None, Some(405), Some(404), Some(500)] {
        let peer = Peer::start().await;
        peer.own.send_replace(status);
        let client = within(peer.connect()).await.unwrap();
        within(client.call_tool("t", ()).silent()).await.unwrap();
        let _subscription = within(listen(&client).0).await.unwrap();
        assert_eq!(peer.count("tools/call"), 1, "{status:?}");
        let hears = within(peer.connect().on_log(|_| {})).await.unwrap();
        within(hears.call_tool("t", ()).silent()).await.unwrap();
    }
}

#[tokio::test]
async fn a_client_that_listens_to_the_server_is_connected_when_its_own_stream_is_there() {
    type Listens = fn(Connect) -> Connect;
    let all: [(&str, Listens); 3] = [
        ("hears logs", |connect| connect.on_log(|_| {})),
        ("hears notifications", |connect| connect.on_notification(|_, _| {})),
        ("answers questions", |connect| {
            connect.on_request("roots/list", async |_: Value| Ok(json!({ "roots": [] })))
        }),
    ];
    for (what, listens) in all {
        let peer = Peer::start().await;
        let connecting = tokio::spawn(listens(peer.connect()).into_future());
        peer.asks("GET").await;
        let client = waits(&peer, connecting).await.unwrap();
        assert!(client.unwrap().is_connected(), "{what}");
    }
}

#[tokio::test]
async fn what_a_server_says_right_after_initialized_reaches_who_listens() {
    let peer = Peer::start().await;
    peer.with(|shared| shared.news.push(notification(CHANGED, &json!({}))));
    let heard = Heard::default();
    let into = Arc::clone(&heard);
    let connect =
        peer.connect().on_notification(move |method, _| into.lock().unwrap().push(method));
    let connecting = tokio::spawn(connect.into_future());
    peer.asks("GET").await;
    let client = waits(&peer, connecting).await.unwrap().unwrap();
    hears(&heard, &[CHANGED]).await;
    within(client.call_tool("t", ()).silent()).await.unwrap();
    // Nobody hears it, and nothing is in its way.
    let peer = Peer::start().await;
    peer.open();
    peer.with(|shared| shared.news.push(notification(CHANGED, &json!({}))));
    let client = within(peer.connect()).await.unwrap();
    within(client.call_tool("t", ()).silent()).await.unwrap();
    assert!(client.is_connected());
}

#[tokio::test]
async fn a_subscription_is_acknowledged_when_what_the_server_tells_unasked_would_be_heard() {
    let peer = Peer::start().await;
    let client = peer.client().await;
    let (listening, heard) = listen(&client);
    let subscription = waits(&peer, listening).await.unwrap();
    assert_eq!(subscription.honored().to_string(), r#"{"toolsListChanged":true}"#);
    hears(&heard, &[]).await;
    peer.asks("GET").await;
    within(async {
        while peer.with(|shared| shared.streams.is_empty()) {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    say(&peer, CHANGED, &json!({}));
    hears(&heard, &[CHANGED]).await;
    assert_eq!(peer.count("subscriptions/listen"), 0, "a legacy server does not know that");
    // The stream is there, and nothing waits any more.
    let (listening, _) = listen(&client);
    let _other = within(listening).await.unwrap();
    assert_eq!(peer.count("subscriptions/listen"), 0);
}

#[tokio::test]
async fn a_stream_that_comes_after_it_was_waited_for_is_heard_all_the_same() {
    let peer = Peer::start().await;
    let client = within(peer.connect()).await.unwrap();
    let (listening, heard) = listen(&client);
    let _subscription = within(listening).await.unwrap();
    peer.with(|shared| shared.news.push(notification(CHANGED, &json!({}))));
    peer.open();
    hears(&heard, &[CHANGED]).await;
}

#[tokio::test]
async fn what_waits_is_sent_once_in_the_session_that_replaces_one_that_has_expired() {
    for _ in 0..50 {
        let peer = Peer::start().await;
        let client = peer.client().await;
        let call = client.call_tool("t", ()).silent().start();
        let (listening, _) = listen(&client);
        peer.is_not_asked("tools/call").await;
        let since = peer.with(|shared| {
            shared.expired = 1;
            shared.since.unwrap()
        });
        within(client.list_tools()).await.unwrap();
        let was_early = since.elapsed() < WAIT;
        within(call).await.unwrap();
        let _subscription = within(listening).await.unwrap();
        if was_early {
            assert_eq!(peer.count("initialize"), 2, "{:?}", peer.asked());
            assert_eq!(peer.count("tools/call s1"), 0, "{:?}", peer.asked());
            assert_eq!(peer.count("tools/call s2"), 1, "{:?}", peer.asked());
            return;
        }
    }
    panic!("a session takes longer than its stream is waited for");
}

#[tokio::test]
async fn a_call_that_waits_ends_with_the_client_and_is_never_sent() {
    let peer = Peer::start().await;
    let client = peer.client().await;
    let call = client.call_tool("t", ()).silent().start();
    let (listening, _) = listen(&client);
    peer.is_not_asked("tools/call").await;
    let was_sent = peer.count("tools/call");
    within(client.close()).await;
    assert!(matches!(within(call).await, Err(Error::Closed { .. })));
    assert!(matches!(within(listening).await, Err(Error::Closed { .. })) || was_sent > 0);
    peer.asks("DELETE s1").await;
    peer.open();
    sleep(2 * WAIT).await;
    assert_eq!(peer.count("tools/call"), was_sent);
}

#[tokio::test]
async fn a_call_that_is_given_up_while_it_waits_is_never_heard_of() {
    for how in ["dropped", "cancelled", "timeout"] {
        let peer = Peer::start().await;
        let client = peer.client().await;
        let call = client.call_tool("t", ()).silent().timeout(Duration::from_millis(20));
        let is_early = match how {
            "dropped" => {
                let call = call.start();
                drop(call);
                peer.is_early()
            }
            "cancelled" => {
                let call = call.start();
                call.handle().cancel("stop");
                assert!(matches!(within(call).await, Err(Error::Aborted { .. })));
                peer.is_early()
            }
            _ => {
                let error = within(call).await.unwrap_err();
                assert!(matches!(error, Error::Timeout { clock: Clock::Idle, .. }), "{error:?}");
                peer.is_early()
            }
        };
        peer.open();
        within(client.call_tool("other", ()).silent()).await.unwrap();
        let asked = peer.asked();
        let count = |what| asked.iter().filter(|one| one.starts_with(what)).count();
        if is_early {
            assert_eq!(
                (count("tools/call"), count("notifications/cancelled")),
                (1, 0),
                "{how}: {asked:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_given_up_while_it_waits_ends_its_session() {
    let peer = Peer::start().await;
    let connecting = tokio::spawn(peer.connect().on_log(|_| {}).into_future());
    peer.asks("GET").await;
    connecting.abort();
    let is_gone = within(connecting).await.is_err();
    if is_gone {
        peer.asks("DELETE s1").await;
    }
}
