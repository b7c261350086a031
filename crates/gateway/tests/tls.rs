//! The gateway behind a certificate: `https:` and `wss:` work, and files that cannot be used are named
//! with what is wrong with them.

use std::{net::SocketAddr, path::Path, process::Stdio, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use mcp_wasm::{
    native::{Options, serve},
    server::Server,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

const TOKEN: &str = "of-the-test";

/// A certificate, its key, and the files that they are in.
struct Files {
    directory: TempDir,
    made: CertifiedKey<rcgen::KeyPair>,
}

impl Files {
    fn new() -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = generate_simple_self_signed(names).unwrap();
        let files = Self { directory: tempfile::tempdir().unwrap(), made };
        files.write("cert.pem", &files.made.cert.pem());
        files.write("key.pem", &files.made.signing_key.serialize_pem());
        files
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    async fn connect(&self, address: SocketAddr) -> TlsStream<TcpStream> {
        self.open(TcpStream::connect(address).await.unwrap()).await
    }

    async fn open(&self, stream: TcpStream) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.made.cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }
}

fn gateway(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-wasm-gateway"));
    command.args(["--port", "0", "--token", TOKEN]).args(args).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The gateway in front of a server of this process, and where it is.
async fn start(files: &Files, args: &[&str]) -> (Child, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let server = Server::builder("behind", "1.0.0").build();
    tokio::spawn(serve(listener, server, Options::default()));
    let (cert, key) = (files.path("cert.pem"), files.path("key.pem"));
    let own = ["--tls-cert", &cert, "--tls-key", &key, "--url", &url];
    let mut child = gateway(&[&own, args].concat()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let address = line.trim().strip_prefix("listening on https://").unwrap().trim_end_matches('/');
    (child, address.parse().unwrap())
}

async fn get(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    path: &str,
    token: &str,
) -> String {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Who closes without a last word of TLS has answered all the same.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn https_and_wss_work_with_a_certificate() {
    let files = Files::new();
    let (_child, address) = start(&files, &[]).await;

    let answer = get(&mut files.connect(address).await, "/servers", TOKEN).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"path\":\"/mcp\""), "{answer}");
    let answer = get(&mut files.connect(address).await, "/servers", "wrong").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let mut plain = TcpStream::connect(address).await.unwrap();
    let answer = get(&mut plain, "/servers", TOKEN).await;
    assert!(!answer.contains("HTTP/1.1"), "nothing is said without TLS: {answer}");

    let mut request =
        format!("wss://localhost:{}/mcp", address.port()).into_client_request().unwrap();
    let protocols = HeaderValue::from_str(&format!("mcp, mcp.ticket.{TOKEN}")).unwrap();
    request.headers_mut().insert("sec-websocket-protocol", protocols);
    let (mut socket, answer) = client_async(request, files.connect(address).await).await.unwrap();
    assert_eq!(answer.headers().get("sec-websocket-protocol").unwrap(), "mcp");
    let params = r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}"#;
    let initialize =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{params}}}"#);
    socket.send(Message::text(initialize)).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap();
    assert!(answer.to_text().unwrap().contains("\"behind\""), "{answer}");
}

/// Asks for a session from an address of this machine's; the status of the answer.
#[cfg(target_os = "linux")]
async fn begins_a_session(files: &Files, port: u16, from: &str) -> String {
    let own = tokio::net::TcpSocket::new_v4().unwrap();
    own.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    let stream = own.connect(SocketAddr::new([127, 0, 0, 1].into(), port)).await.unwrap();
    let mut stream = files.open(stream).await;
    let mut said = async |session: &str, body: &str| {
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
             Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n\
             {session}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.unwrap();
        let mut answer = vec![0; 8192];
        let count = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..count]).into_owned()
    };
    let params = r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}"#;
    let answer =
        said("", &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{params}}}"#))
            .await;
    let session = answer.lines().find(|line| line.starts_with("mcp-session-id: "));
    if let Some(session) = session {
        // One that nothing was asked of gives way to the next.
        said(&format!("{session}\r\n"), r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#).await;
    }
    answer.get(9..12).unwrap_or_default().to_owned()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn limits_are_for_the_address_of_each_client() {
    let files = Files::new();
    let args = ["--host", "0.0.0.0", "--max-sessions", "4"];
    let (_child, address) = start(&files, &args).await;
    let mut statuses = Vec::new();
    for from in ["127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.4"] {
        statuses.push(begins_a_session(&files, address.port(), from).await);
    }
    assert_eq!(statuses, ["200", "200", "429", "200", "200", "503"]);
}

#[tokio::test]
async fn whoever_says_nothing_of_keys_holds_up_nobody_and_goes_in_time() {
    let files = Files::new();
    let (_child, address) = start(&files, &[]).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let answer = get(&mut files.connect(address).await, "/servers", TOKEN).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), silent.read_u8()).await;
    assert!(ended.unwrap().is_err(), "it is not waited for for ever");
}

#[tokio::test]
async fn files_that_are_no_certificate_and_key_are_named_with_what_is_wrong() {
    let (files, other) = (Files::new(), Files::new());
    files.write("empty.pem", "");
    files.write("junk.pem", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n");
    let (cert, key) = (files.path("cert.pem"), files.path("key.pem"));
    let none = Path::new(&cert).with_file_name("none.pem").display().to_string();
    for (cert, key, wanted) in [
        (&none, &key, "cannot read"),
        (&cert, &none, "cannot read"),
        (&files.path("empty.pem"), &key, "empty.pem holds no certificate in PEM"),
        (&files.path("junk.pem"), &key, "junk.pem holds no certificate in PEM"),
        (&key, &key, "key.pem holds no certificate in PEM"),
        (&cert, &cert, "cert.pem holds no private key in PEM"),
        (&cert, &other.path("key.pem"), "do not fit together"),
    ] {
        let args = ["--tls-cert", cert, "--tls-key", key, "--url", "http://127.0.0.1:1/mcp"];
        let output = gateway(&args).output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(wanted), "{wanted}: {text}");
    }
}
