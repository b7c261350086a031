//! Which hosts and which pages are answered: the same by every door, whoever serves the app and
//! wherever it listens.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use std::{
    fmt::{Debug, Write},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, routing::get};
use mcp_wasm::{
    native::{Endpoint, Options, serve_app},
    server::{NoArguments, Server},
};
use serde_json::json;
use tokio::net::TcpListener;

fn endpoint(options: Options) -> Endpoint {
    let server =
        Server::builder("Test", "1.0.0").tool("echo", "", |_: NoArguments, _| async { "echo" });
    Endpoint::new(server.build(), options)
}

fn options() -> Options {
    Options {
        allowed_hosts: vec!["mcp.example".to_owned(), "proxied.example:8443".to_owned()],
        allowed_origins: vec!["https://app.example".to_owned()],
        ..Options::default()
    }
}

/// How an endpoint comes to be served.
#[derive(Clone, Copy, Debug)]
enum Served {
    /// By [`serve_app`] on a loopback address.
    Here,
    /// By [`serve_app`] on every address.
    Everywhere,
    /// By `axum::serve`, as a route of an app of one's own.
    Merged,
    /// The same, below a path.
    Nested,
    /// The same, on every address.
    MergedEverywhere,
    /// By `axum::serve`, the whole app guarded.
    Guarded,
}

const SERVED: [Served; 6] = [
    Served::Here,
    Served::Everywhere,
    Served::Merged,
    Served::Nested,
    Served::MergedEverywhere,
    Served::Guarded,
];

impl Served {
    /// Serves it, and tells where, and at which path.
    async fn start(self, options: Options) -> (SocketAddr, &'static str) {
        let place = match self {
            Self::Everywhere | Self::MergedEverywhere => "0.0.0.0:0",
            _ => "127.0.0.1:0",
        };
        let listener = TcpListener::bind(place).await.unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
        let endpoint = endpoint(options);
        let page = Router::new().route("/page", get(|| async { "a page" }));
        let app = match self {
            Self::Nested => Router::new().nest("/api/v1", endpoint.router()),
            Self::Guarded => endpoint.guard(page.merge(endpoint.router())),
            _ => page.merge(endpoint.router()),
        };
        tokio::spawn(async move {
            match self {
                Self::Here | Self::Everywhere => {
                    serve_app(listener, &endpoint, app, std::future::pending()).await
                }
                _ => axum::serve(listener, app).await,
            }
        });
        (address, if matches!(self, Self::Nested) { "/api/v1/mcp" } else { "/mcp" })
    }

    /// Whether routes beside the endpoint's are guarded as well.
    fn guards_pages(self) -> bool {
        matches!(self, Self::Here | Self::Everywhere | Self::Guarded)
    }
}

/// What is asked of the endpoint: the request line after the path, the headers, the body.
const DOORS: [(&str, &str, &str); 8] = [
    (
        "WebSocket",
        "GET",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mcp\r\n",
    ),
    ("session", "POST", "Content-Type: application/json\r\nAccept: */*\r\nContent-Length: 99\r\n"),
    (
        "modern",
        "POST",
        "Content-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: server/discover\r\nContent-Length: 242\r\n",
    ),
    ("stream", "GET", "Accept: text/event-stream\r\n"),
    ("end of a session", "DELETE", "Mcp-Session-Id: x\r\n"),
    ("preflight", "OPTIONS", "Access-Control-Request-Method: POST\r\n"),
    ("another method", "PUT", ""),
    ("a form", "POST", "Content-Type: text/plain\r\n"),
];

fn body(door: &str) -> String {
    let text = match door {
        "session" => json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize",
                             "params": { "protocolVersion": "2025-11-25" } }),
        "modern" => http::modern(1, "server/discover", json!({})),
        _ => return String::new(),
    };
    text.to_string()
}

/// The statuses of the doors where nothing is refused.
fn expected(door: &str) -> u16 {
    match door {
        "WebSocket" => 101,
        "session" | "modern" => 200,
        "preflight" => 204,
        "another method" => 405,
        "a form" => 415,
        "end of a session" => 404,
        _ => 400,
    }
}

/// The status of the answer to one request, its headers given as they are.
async fn ask(address: SocketAddr, target: &str, version: &str, door: usize, headers: &str) -> u16 {
    let (name, method, own) = DOORS[door];
    let body = body(name);
    let mut head = format!("{method} {target} {version}\r\nConnection: close\r\n{headers}");
    if name == "WebSocket" {
        head = head.replace("Connection: close\r\n", "");
    }
    for line in own.split_inclusive("\r\n") {
        if line.starts_with("Content-Length") {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        } else {
            head.push_str(line);
        }
    }
    status(address, &format!("{head}\r\n{body}")).await
}

async fn status(address: SocketAddr, request: &str) -> u16 {
    let answer = support::head(address, request).await;
    let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer to {request}"));
    if status == "403" {
        assert!(!answer.contains("access-control"), "a refusal says nothing to pages: {answer}");
    }
    status.parse().unwrap()
}

/// Hosts that are answered.
const GOOD: [&str; 9] = [
    "localhost",
    "LocalHost:1",
    "127.0.0.1",
    "127.0.0.9:8000",
    "[::1]:80",
    "mcp.example",
    "MCP.Example:9000",
    "proxied.example:8443",
    "proxied.example:08443",
];

/// Hosts that are refused.
const BAD: [&str; 28] = [
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.mcp.example",
    "mcp.example.evil.example",
    "proxied.example:8444",
    "proxied.example",
    "a.localhost",
    "localhost.",
    "mcp.example.",
    "192.168.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "[::]",
    "[::2]",
    "[::1].evil.example",
    "[::1]:80.evil.example",
    "[::1%25lo]",
    "user@localhost",
    "evil.example@localhost",
    "localhost:1@evil.example",
    "localhost:",
    "localhost:99999",
    "localhost:80,evil.example",
    "localhost, evil.example",
    "%6cocalhost",
    "",
];

#[tokio::test]
async fn every_door_answers_to_known_hosts_and_refuses_all_others() {
    for served in SERVED {
        let (address, path) = served.start(options()).await;
        for (door, (name, ..)) in DOORS.iter().enumerate() {
            for host in GOOD {
                let status =
                    ask(address, path, "HTTP/1.1", door, &format!("Host: {host}\r\n")).await;
                assert_eq!(status, expected(name), "{served:?} {name} {host}");
            }
            for host in BAD {
                let status =
                    ask(address, path, "HTTP/1.1", door, &format!("Host: {host}\r\n")).await;
                assert!([400, 403].contains(&status), "{served:?} {name} {host}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_that_made_its_own_name_point_here_is_refused_by_every_door() {
    // Nothing is named: as it is by default.
    for served in SERVED {
        let (address, path) = served.start(Options::default()).await;
        let port = address.port();
        for (door, (name, ..)) in DOORS.iter().enumerate() {
            for host in ["evil.example", "10.0.0.1", "mcp.example"] {
                let evil = format!("Host: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n");
                assert_eq!(
                    ask(address, path, "HTTP/1.1", door, &evil).await,
                    403,
                    "{served:?} {name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_request_names_one_host_in_every_form_and_version() {
    for served in SERVED {
        let (address, path) = served.start(options()).await;
        for (door, (name, ..)) in DOORS.iter().enumerate() {
            let ask = async |target: &str, version: &str, headers: &str, wanted: &[u16]| {
                let status = ask(address, target, version, door, headers).await;
                assert!(
                    wanted.contains(&status),
                    "{served:?} {name} {target} {version} {headers}: {status}"
                );
            };
            let fine = &[expected(name)][..];
            for headers in [
                "",
                "Host: localhost\r\nHost: localhost\r\n",
                "Host: localhost\r\nHost: evil.example\r\n",
            ] {
                ask(path, "HTTP/1.1", headers, &[400]).await;
                ask(path, "HTTP/1.0", headers, &[400]).await;
            }
            ask(path, "HTTP/1.0", "Host: evil.example\r\n", &[403]).await;
            if *name == "WebSocket" {
                // Which no HTTP/1.0 can become.
                ask(path, "HTTP/1.0", "Host: localhost\r\n", &[400, 426]).await;
            } else {
                ask(path, "HTTP/1.0", "Host: localhost\r\n", fine).await;
            }
            let whole = |start: &str| format!("{start}{path}");
            ask(&whole("http://localhost"), "HTTP/1.1", "Host: localhost\r\n", fine).await;
            ask(&whole("https://mcp.example:1"), "HTTP/1.1", "Host: mcp.example:1\r\n", fine).await;
            for start in [
                "http://evil.example",
                "http://localhost.evil.example",
                "http://evil@localhost",
                "http://evil.example@localhost",
                "http://[::1].evil.example",
                "evil://localhost",
                "file://localhost",
            ] {
                ask(&whole(start), "HTTP/1.1", "Host: localhost\r\n", &[400, 403]).await;
                ask(&whole(start), "HTTP/1.0", "Host: localhost\r\n", &[400, 403]).await;
            }
            ask(&whole("http://localhost"), "HTTP/1.1", "Host: evil.example\r\n", &[403]).await;
            ask(&whole("http://localhost"), "HTTP/1.1", "", &[400]).await;
        }
    }
}

#[tokio::test]
async fn pages_beside_the_endpoint_are_guarded_too_where_we_serve_the_app() {
    for served in SERVED.into_iter().filter(|served| served.guards_pages()) {
        let (address, _) = served.start(options()).await;
        for path in ["/page", "/", "/nothing/here", "/page?x=/mcp"] {
            let get = async |host: &str| {
                let request =
                    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
                status(address, &request).await
            };
            let fine = if path.starts_with("/page") { 200 } else { 404 };
            assert_eq!(get("localhost").await, fine, "{served:?} {path}");
            assert_eq!(get("mcp.example").await, fine, "{served:?} {path}");
            for host in BAD {
                let status = get(host).await;
                assert!([400, 403].contains(&status), "{served:?} {path} {host}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn over_http_2_the_target_is_the_host() {
    use axum::http::{Request, Version};
    use hyper::service::Service;
    let router = endpoint(options()).router();
    for (uri, host, wanted) in [
        ("https://mcp.example/mcp", None, 204),
        ("https://localhost/mcp", Some("localhost"), 204),
        ("https://evil.example/mcp", None, 403),
        ("https://evil.example/mcp", Some("localhost"), 403),
        ("https://localhost/mcp", Some("evil.example"), 403),
        ("https://user@localhost/mcp", None, 400),
        ("/mcp", None, 400),
    ] {
        let mut request = Request::options(uri).version(Version::HTTP_2);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let app = hyper_util::service::TowerToHyperService::new(router.clone());
        assert_eq!(app.call(request).await.unwrap().status(), wanted, "{uri} {host:?}");
    }
}

/// The statuses of all doors for a page of this origin that asks for this host.
async fn page(address: SocketAddr, host: &str, origins: &[&str]) -> Vec<u16> {
    let mut all = Vec::new();
    for (door, (name, ..)) in DOORS.iter().enumerate() {
        let mut headers = format!("Host: {host}\r\n");
        for origin in origins {
            write!(headers, "Origin: {origin}\r\n").unwrap();
        }
        let status = ask(address, "/mcp", "HTTP/1.1", door, &headers).await;
        assert!(status == 403 || status == expected(name), "{name} {host} {origins:?}: {status}");
        all.push(status);
    }
    all
}

async fn is_let_in(address: SocketAddr, host: &str, origins: &[&str]) -> bool {
    let all = page(address, host, origins).await;
    let refused = all.iter().filter(|status| **status == 403).count();
    assert!(refused == 0 || refused == all.len(), "every door says the same: {all:?}");
    refused == 0
}

#[tokio::test]
async fn an_origin_is_known_by_the_settings_never_by_the_host_that_it_asks_for() {
    for served in [Served::Here, Served::Merged] {
        let (address, _) = served.start(options()).await;
        for (host, origin) in [
            ("localhost", "http://localhost:5173"),
            ("localhost", "https://127.0.0.1"),
            ("127.0.0.1:1", "http://[::1]:3000"),
            // Of the very host that is asked for, which is one of those that are named.
            ("mcp.example", "http://mcp.example"),
            ("mcp.example", "https://mcp.example"),
            ("mcp.example:9000", "http://mcp.example:9000"),
            ("proxied.example:8443", "https://proxied.example:8443"),
            ("localhost", "https://app.example"),
        ] {
            assert!(is_let_in(address, host, &[origin]).await, "{host} {origin}");
        }
        for (host, origins) in [
            ("localhost", &["http://mcp.example"][..]),
            ("mcp.example", &["http://mcp.example:9000"]),
            ("mcp.example:9000", &["http://mcp.example"]),
            ("mcp.example", &["http://evil.mcp.example"]),
            ("mcp.example", &["evil://mcp.example"]),
            ("localhost", &["http://evil.example"]),
            ("localhost", &["evil://localhost"]),
            ("localhost", &["ws://localhost"]),
            ("localhost", &["file://localhost"]),
            ("localhost", &["null"]),
            ("localhost", &[""]),
            ("localhost", &["localhost"]),
            ("localhost", &["http://localhost."]),
            ("localhost", &["http://localhost/"]),
            ("localhost", &["http://user@localhost"]),
            ("localhost", &["http://[::1].evil.example"]),
            ("localhost", &["http://localhost.evil.example"]),
            ("localhost", &["http://127.0.0.1.evil.example"]),
            ("localhost", &["http://%6cocalhost"]),
            ("localhost", &["http://localhost http://evil.example"]),
            ("localhost", &["http://localhost, http://evil.example"]),
            ("localhost", &["https://app.example:1"]),
            ("localhost", &["http://app.example"]),
            ("localhost", &["https://app.example.evil.example"]),
            ("localhost", &["http://localhost", "http://evil.example"]),
            ("localhost", &["https://app.example", "https://app.example"]),
        ] {
            assert!(!is_let_in(address, host, origins).await, "{host} {origins:?}");
        }
    }
}

#[tokio::test]
async fn where_every_host_is_answered_the_host_still_makes_no_origin_known() {
    let options = Options { allowed_hosts: vec!["*".to_owned()], ..Options::default() };
    let (address, _) = Served::Merged.start(options).await;
    assert_eq!(ask(address, "/mcp", "HTTP/1.1", 1, "Host: any.example\r\n").await, 200);
    assert!(!is_let_in(address, "any.example", &["http://any.example"]).await);
    assert!(is_let_in(address, "any.example", &["http://localhost:1"]).await);
    assert!(is_let_in(address, "localhost:1", &["http://localhost:1"]).await);
    assert_eq!(ask(address, "/mcp", "HTTP/1.1", 1, "Host: user@any.example\r\n").await, 400);
}

#[tokio::test]
async fn pages_of_other_ports_of_this_machine_can_be_kept_out() {
    let options = Options { loopback_origins: false, ..options() };
    let (address, _) = Served::Here.start(options).await;
    for (host, origin) in [
        ("localhost:8000", "http://localhost:5173"),
        ("localhost:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost"),
        ("localhost", "http://localhost:8000"),
    ] {
        assert!(!is_let_in(address, host, &[origin]).await, "{host} {origin}");
    }
    for (host, origin) in [
        ("localhost:8000", "http://localhost:8000"),
        ("[::1]:8000", "https://[::1]:8000"),
        ("localhost", "http://localhost"),
        ("localhost:8000", "https://app.example"),
    ] {
        assert!(is_let_in(address, host, &[origin]).await, "{host} {origin}");
    }
}

/// What has been logged at level WARN, on this thread.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<String>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        writeln!(self.0, "{field}: {value:?}").unwrap();
    }
}

/// What is warned of when an endpoint with these settings is served there.
async fn warnings(place: &str, options: Options) -> String {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let listener = TcpListener::bind(place).await.unwrap();
    let endpoint = endpoint(options);
    serve_app(listener, &endpoint, endpoint.router(), async {}).await.unwrap();
    let said = warnings.0.lock().unwrap();
    said.clone()
}

#[tokio::test]
async fn a_listener_that_others_reach_and_that_has_no_names_is_warned_of() {
    let said = warnings("0.0.0.0:0", Options::default()).await;
    assert!(said.contains("allowed_hosts") && said.contains("0.0.0.0:"), "{said}");
    assert_eq!(warnings("0.0.0.0:0", options()).await, "");
    assert_eq!(warnings("127.0.0.1:0", Options::default()).await, "");
}

#[tokio::test]
async fn a_setting_that_can_never_fit_is_warned_of() {
    let list = |entry: &str| vec![entry.to_owned()];
    for entry in ["https://mcp.example", "mcp.example/", "*.mcp.example", "user@mcp.example", ""] {
        let options = Options { allowed_hosts: list(entry), ..Options::default() };
        assert!(warnings("127.0.0.1:0", options).await.contains("is no host"), "{entry}");
    }
    for entry in ["app.example", "https://app.example/", ""] {
        let options = Options { allowed_origins: list(entry), ..Options::default() };
        assert!(warnings("127.0.0.1:0", options).await.contains("is no origin"), "{entry}");
    }
    let options = Options {
        allowed_hosts: ["*", "::1", "[::1]:80", "a_b"].map(str::to_owned).to_vec(),
        allowed_origins: ["*", "null", "tauri://localhost"].map(str::to_owned).to_vec(),
        ..Options::default()
    };
    assert_eq!(warnings("127.0.0.1:0", options).await, "");
}
