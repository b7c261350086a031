//! Authorization: what is listed for whom, and that prompts and resources need scopes as tools do.
#![cfg(all(feature = "auth", not(target_arch = "wasm32")))]
#![allow(clippy::needless_pass_by_value)] // `json!` makes values

#[path = "support/http.rs"]
mod http;
#[path = "support/socket.rs"]
mod support;

use http::Request;
use mcp_wasm::{
    native::{
        Options,
        auth::{Auth, Rejected, Verifier},
    },
    server::{NoArguments, Principal, Server},
    types::{Prompt, Resource, ResourceTemplate, Tool},
};
use serde_json::{Value, json};
use support::{Client, Host, handshake};

const RESOURCE: &str = "https://mcp.example/mcp";
const METADATA: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
/// The lists: method, member, and the name of an entry.
const LISTS: [(&str, &str, &str); 4] = [
    ("tools/list", "tools", "name"),
    ("prompts/list", "prompts", "name"),
    ("resources/list", "resources", "uri"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate"),
];
/// What everybody sees, and what whoever has the scope `more` sees.
const FEW: [&[&str]; 4] = [&["open", "last"], &["hello"], &["a:open"], &[]];
const ALL: [&[&str]; 4] =
    [&["open", "close", "last"], &["hello", "plan"], &["a:open", "a:secret"], &["b:{number}"]];

/// Tokens that are their scopes.
struct Tokens;

impl Verifier for Tokens {
    async fn verify(&self, token: &str) -> Result<Principal, Rejected> {
        Ok(Principal::new("alice").scopes(token.split('.')))
    }
}

fn server() -> Server {
    let more = ["more"];
    Server::builder("Test", "1.0.0")
        .tool("open", "", |_: NoArguments, _| async { "open" })
        .tool_with(Tool::new("close", "").scopes(more), |_: NoArguments, _| async { "closed" })
        .tool("last", "", |_: NoArguments, _| async { "last" })
        .prompt("hello", "", |_: NoArguments, _| async { "Hello" })
        .prompt_with(Prompt::new("plan", "").scopes(more), |_: NoArguments, _| async { "Plan" })
        .resource(Resource::new("a:open", "open"), |_| async { "open" })
        .resource(Resource::new("a:secret", "secret").scopes(more), |_| async { "secret" })
        .resource_template(
            ResourceTemplate::new("b:{number}", "files").scopes(more),
            |_: NoArguments, _| async { "file" },
        )
        .page_size(2)
        .list_lifetime(std::time::Duration::from_secs(60))
        .build()
}

async fn host(hides: bool) -> Host {
    let auth = Auth::new(RESOURCE).verifier(Tokens).issuer("https://auth.example").scopes(["read"]);
    let auth = Some(auth.hides(hides).tickets(true));
    Host::with(server(), Options { auth, ..Options::default() }).await
}

fn bearing(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// How to ask: modern over HTTP, in a legacy session, over a socket.
enum Way {
    Modern,
    Session(String),
    Socket(Box<Client>),
}

async fn ways(host: &Host, token: &str) -> [Way; 3] {
    let params = json!({ "protocolVersion": "2025-11-25" });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let answer = bearing(Request::post(&message), token).send(host.address).await;
    let session = answer.header("mcp-session-id").unwrap().to_owned();
    let authorization = format!("Bearer {token}");
    let headers = [("Sec-WebSocket-Protocol", "mcp"), ("Authorization", authorization.as_str())];
    let (socket, _) = handshake(host.address, &headers).await.unwrap();
    let mut client = Client::over(socket);
    client.request("initialize", params).await;
    [Way::Modern, Way::Session(session), Way::Socket(Box::new(client))]
}

/// Asks, and returns the status of the answer and its message.
async fn ask(host: &Host, way: &mut Way, token: &str, method: &str, params: Value) -> (u16, Value) {
    let request = match way {
        Way::Modern => Request::modern(7, method, params),
        Way::Session(session) => {
            let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
            Request::post(&message).header("Mcp-Session-Id", session)
        }
        Way::Socket(client) => return (200, client.request(method, params).await),
    };
    let mut answer = bearing(request, token).send(host.address).await;
    (answer.status, answer.json().await)
}

/// All pages of a list: the names in it, how many pages there are, and what the first says about keeping it.
async fn list(
    host: &Host,
    way: &mut Way,
    token: &str,
    which: (&str, &str, &str),
) -> (Vec<String>, usize, Value) {
    let (method, member, key) = which;
    let (mut names, mut params, mut pages, mut scope) = (Vec::new(), json!({}), 0, Value::Null);
    loop {
        let (status, answer) = ask(host, way, token, method, params).await;
        assert_eq!(status, 200, "{answer}");
        let result = &answer["result"];
        if pages == 0 {
            scope = result["cacheScope"].clone();
        }
        pages += 1;
        let entries = result[member].as_array().unwrap();
        names.extend(entries.iter().map(|entry| entry[key].as_str().unwrap().to_owned()));
        match result.get("nextCursor") {
            Some(cursor) => params = json!({ "cursor": cursor }),
            None => return (names, pages, scope),
        }
    }
}

#[tokio::test]
async fn lists_leave_out_what_their_caller_may_not_use_if_that_is_said() {
    for (hides, token, wanted) in
        [(false, "read", ALL), (true, "read", FEW), (true, "read.more", ALL)]
    {
        let host = host(hides).await;
        for mut way in ways(&host, token).await {
            for (which, wanted) in LISTS.into_iter().zip(wanted) {
                let (names, pages, scope) = list(&host, &mut way, token, which).await;
                assert_eq!(names, wanted, "{hides} {token} {which:?}");
                assert_eq!(
                    pages,
                    wanted.len().div_ceil(2).max(1),
                    "pages are full but for the last"
                );
                let kept = match way {
                    Way::Modern if hides => json!("private"),
                    Way::Modern => json!("public"),
                    _ => Value::Null,
                };
                assert_eq!(scope, kept, "{hides} {which:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_session_sees_more_as_soon_as_its_token_may_do_more() {
    let host = host(true).await;
    let [_, mut session, _] = ways(&host, "read").await;
    let tools = LISTS[0];
    assert_eq!(list(&host, &mut session, "read", tools).await.0, FEW[0]);
    assert_eq!(list(&host, &mut session, "read.more", tools).await.0, ALL[0]);
}

#[tokio::test]
async fn whoever_names_what_is_hidden_is_told_what_it_takes() {
    for hides in [true, false] {
        let host = host(hides).await;
        for mut way in ways(&host, "read").await {
            for (method, params) in [
                ("tools/call", json!({ "name": "close" })),
                ("prompts/get", json!({ "name": "plan" })),
                ("resources/read", json!({ "uri": "a:secret" })),
                ("resources/read", json!({ "uri": "b:7" })),
            ] {
                let (status, answer) = ask(&host, &mut way, "read", method, params.clone()).await;
                let wanted = if matches!(way, Way::Socket(_)) { 200 } else { 403 };
                assert_eq!(status, wanted, "{method} {params} {answer}");
                assert_eq!(answer["error"]["code"], 40300, "{method} {params} {answer}");
                let data = json!({ "scope": "read more", "resourceMetadata": METADATA });
                assert_eq!(answer["error"]["data"], data);
            }
        }
        for mut way in ways(&host, "read.more").await {
            for (method, params) in [
                ("tools/call", json!({ "name": "close" })),
                ("prompts/get", json!({ "name": "plan" })),
                ("resources/read", json!({ "uri": "b:7" })),
            ] {
                let (status, answer) = ask(&host, &mut way, "read.more", method, params).await;
                assert_eq!(status, 200);
                assert!(answer.get("result").is_some(), "{answer}");
            }
        }
    }
}
