//! A WebSocket that a server of ours ends with its token (close code 4401), and the client for native
//! Rust programs.
#![cfg(all(feature = "native-client", feature = "auth", unix))]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use mcp_wasm::Client;
use mcp_wasm::client::{Connect, Error, Mode, Value};
use mcp_wasm::native::Options;
use mcp_wasm::native::auth::{Auth, Rejected, Verifier};
use mcp_wasm::server::{Context, NoArguments, Principal, Server};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

#[path = "support/socket.rs"]
mod socket;
use socket::{Host, PATIENCE};

const MODES: [Mode; 2] = [Mode::Auto, Mode::Legacy];

/// Each token is good for so many sockets, of which each may stay for so many seconds.
struct Tokens {
    uses: u32,
    seconds: f64,
    used: AtomicU32,
}

impl Verifier for Tokens {
    #[allow(clippy::disallowed_methods)] // as the server reads it
    async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        if self.used.fetch_add(1, Ordering::SeqCst) >= self.uses {
            return Err(Rejected::Invalid);
        }
        let end = now.as_secs_f64() + self.seconds;
        Ok(Principal::new(token).issuer("https://auth.example").expires(end))
    }

    fn issuers(&self) -> Vec<String> {
        vec!["https://auth.example".to_owned()]
    }
}

/// A server that lets so many sockets in, each for so many seconds, and what its clients begin with.
async fn host(uses: u32, seconds: f64) -> (Host, impl Fn(Mode) -> Connect) {
    let server = Server::builder("Test", "1.0.0")
        .tool("whoami", "", |_: NoArguments, ctx: Context| async move {
            ctx.principal().map_or("nobody".to_owned(), |one| one.subject.clone())
        })
        .build();
    let tokens = Tokens { uses, seconds, used: AtomicU32::new(0) };
    let auth = Auth::new("https://mcp.example/mcp").verifier(tokens);
    let host = Host::with(server, Options { auth: Some(auth), ..Options::default() }).await;
    let url = format!("ws://{}/mcp", host.address);
    (host, move |mode| Client::connect(&url).mode(mode))
}

/// What a client hears of its end.
fn listening(connect: Connect) -> (Connect, Arc<Mutex<Vec<Error>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&heard);
    (connect.on_close(move |error| into.lock().unwrap().push(error)), heard)
}

async fn eventually(what: impl Fn() -> bool) {
    let looks = async {
        while !what() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, looks).await.expect("in time");
}

async fn whoami(client: &Client) -> Result<String, Error> {
    let call = client.call_tool("whoami", ());
    Ok(timeout(PATIENCE, call).await.expect("in time")?.text())
}

#[tokio::test]
async fn a_socket_that_ends_with_its_token_is_opened_again_with_the_headers_that_there_are_now() {
    for mode in MODES {
        let (_host, connect) = host(u32::MAX, 3.0).await;
        let made = Arc::new(AtomicU32::new(0));
        let own = Arc::clone(&made);
        let (connect, ends) = listening(connect(mode).headers_with(move || {
            let number = own.fetch_add(1, Ordering::SeqCst) + 1;
            vec![("Authorization".to_owned(), format!("Bearer alice{number}"))]
        }));
        let client = connect.await.unwrap();
        assert_eq!(whoami(&client).await.unwrap(), "alice1");
        for again in 2..=3 {
            eventually(|| made.load(Ordering::SeqCst) == again).await;
            assert_eq!(whoami(&client).await.unwrap(), format!("alice{again}"));
        }
        assert!(ends.lock().unwrap().is_empty());
        client.close().await;
    }
}

#[tokio::test]
async fn a_socket_that_ends_with_its_token_and_is_not_let_in_again_says_that_the_authorization_has_ended()
 {
    for mode in MODES {
        let (_host, connect) = host(1, 3.0).await;
        let (connect, ends) = listening(connect(mode).header("Authorization", "Bearer alice"));
        let client = connect.await.unwrap();
        assert_eq!(whoami(&client).await.unwrap(), "alice");
        eventually(|| !ends.lock().unwrap().is_empty()).await;
        let told = ends.lock().unwrap().clone();
        let [end] = &told[..] else { panic!("{told:?}") };
        assert_eq!(end.code(), "AUTH_REQUIRED", "{end}");
        let text = end.to_string();
        assert!(text.contains("the authorization has ended") && text.contains("401"), "{text}");
        let late = whoami(&client).await.unwrap_err();
        assert_eq!((late.code(), late.call()), ("AUTH_REQUIRED", "tools/call whoami"), "{late}");
        assert!(late.to_string().ends_with("it was not sent"), "{late}");
    }
}

#[tokio::test]
async fn a_socket_that_ends_with_its_token_while_no_server_is_there_says_that_it_could_not_be_opened()
 {
    for mode in MODES {
        let (host, _) = host(1, 3.0).await;
        // In front of the server, for one connection.
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/mcp", front.local_addr().unwrap());
        let address = host.address;
        tokio::spawn(async move {
            let (mut near, _) = front.accept().await.unwrap();
            drop(front);
            let mut far = TcpStream::connect(address).await.unwrap();
            let _ = copy_bidirectional(&mut near, &mut far).await;
        });
        let connect = Client::connect(&url).mode(mode).header("Authorization", "Bearer alice");
        let (connect, ends) = listening(connect);
        let client = connect.await.unwrap();
        assert_eq!(whoami(&client).await.unwrap(), "alice");
        eventually(|| !ends.lock().unwrap().is_empty()).await;
        let told = ends.lock().unwrap().clone();
        let [end] = &told[..] else { panic!("{told:?}") };
        assert_eq!(end.code(), "CLOSED", "{end}");
        let late = whoami(&client).await.unwrap_err();
        assert_eq!((late.code(), late.call()), ("CLOSED", "tools/call whoami"), "{late}");
    }
}

#[tokio::test]
async fn a_socket_that_is_not_let_in_at_first_is_no_authorization_that_has_ended() {
    for mode in MODES {
        let (_host, connect) = host(0, 3.0).await;
        let error = connect(mode).header("Authorization", "Bearer alice").await.unwrap_err();
        assert_eq!(error.code(), "CLOSED", "{error}");
        assert!(error.to_string().contains("401"), "{error}");
    }
}

#[tokio::test]
async fn a_socket_that_ends_with_its_token_as_soon_as_it_is_open_is_not_opened_again() {
    for mode in MODES {
        let (_host, connect) = host(u32::MAX, 0.5).await;
        let made = Arc::new(AtomicU32::new(0));
        let own = Arc::clone(&made);
        let (connect, ends) = listening(connect(mode).headers_with(move || {
            own.fetch_add(1, Ordering::SeqCst);
            vec![("Authorization".to_owned(), "Bearer alice".to_owned())]
        }));
        // On a machine that is busy, it ends before it is connected.
        let end = match connect.await {
            Err(error) => error,
            Ok(client) => {
                eventually(|| !ends.lock().unwrap().is_empty()).await;
                let late = client.request::<Value>("ping", json!({})).await.unwrap_err();
                assert_eq!(late.code(), "AUTH_REQUIRED", "{late}");
                ends.lock().unwrap()[0].clone()
            }
        };
        assert_eq!(end.code(), "AUTH_REQUIRED", "{end}");
        let text = end.to_string();
        assert!(text.contains("the authorization has ended") && text.contains("4401"), "{text}");
        assert_eq!(made.load(Ordering::SeqCst), 1, "no storm");
    }
}
