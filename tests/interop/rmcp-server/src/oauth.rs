//! Authorization with the Rust SDK: a client that logs in, and a server that asks for tokens. The SDK has
//! no half of its own for the latter; it is what its examples put in front of a server.

use std::error::Error;
use std::io::{BufRead, stdin};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{
    AuthClient, AuthorizationCallback, AuthorizationRequest, OAuthState, WWWAuthenticateParams,
};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Where the authorization server sends people back to.
const REDIRECT: &str = "http://127.0.0.1:8090/callback";

/// Sends the person to an address, by a line for whoever plays that part, and reads where they came back.
fn visit(address: &str) -> Outcome<String> {
    println!("visit {address}");
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Logs in at the server at that address, calls a tool, asks for more rights for another, renews its token,
/// and prints what it saw.
pub async fn client(url: &str) -> Outcome<()> {
    let refused = ().serve(StreamableHttpClientTransport::from_uri(url)).await.err();
    let refused = refused.ok_or("it is let in without a token")?;
    let challenge = refused.auth_challenge().ok_or_else(|| refused.to_string())?.to_owned();
    let mut state = OAuthState::new(url, None).await?;
    let request = AuthorizationRequest::new(REDIRECT)
        .with_client_name("program")
        .with_challenge(challenge.clone())
        .with_initial_scope_selection();
    state.start_authorization(request).await?;
    let back = visit(&state.get_authorization_url().await?)?;
    state.handle_callback_url(&back).await?;
    let manager = state.into_authorization_manager().ok_or("not logged in")?;
    let client = AuthClient::new(reqwest::Client::default(), manager);
    let manager = client.auth_manager.clone();
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let service = ().serve(StreamableHttpClientTransport::with_client(client, config)).await?;

    let arguments = json!({ "items": ["a"] }).as_object().cloned().unwrap_or_default();
    let items = CallToolRequestParams::new("process_items").with_arguments(arguments);
    let first = service.call_tool(items.clone()).await?;
    let lacking = service.call_tool(CallToolRequestParams::new("backup_sqlite")).await;
    let lacking = lacking.err().ok_or("it may do more than it asked for")?;
    let told = lacking.auth_challenge().ok_or_else(|| lacking.to_string())?.to_owned();
    let wanted = WWWAuthenticateParams::parse(&told, &url.parse()?).scope.ok_or("no scope")?;
    let address = manager.lock().await.request_scope_upgrade(&wanted).await?;
    let back = AuthorizationCallback::from_redirect_url(&visit(&address)?)?;
    let (code, token) = (&back.code, &back.csrf_token);
    let issuer = back.issuer.as_deref();
    manager.lock().await.exchange_code_for_token_with_issuer(code, token, issuer).await?;
    let second = service.call_tool(CallToolRequestParams::new("backup_sqlite")).await?;
    let renewed = manager.lock().await.refresh_token().await.map(|_| ()).map_err(|error| error.to_string());
    let third = service.call_tool(items).await?;
    let seen: Value = json!({
        "challenge": challenge,
        "told": told,
        "wanted": wanted,
        "first": first.structured_content,
        "second": second.structured_content,
        "renewed": renewed.err(),
        "third": third.structured_content,
    });
    println!("seen {seen}");
    service.cancel().await?;
    Ok(())
}

/// Puts a check of tokens in front of an app, and beside it what the resource says about itself. Whether a
/// token is good, the address `check` knows.
pub fn guarded(app: Router, origin: &str, issuer: &str, check: String) -> Router {
    let metadata = format!("{origin}/.well-known/oauth-protected-resource/mcp");
    let described = json!({
        "resource": format!("{origin}/mcp"),
        "authorization_servers": [issuer],
        "scopes_supported": ["read"],
    })
    .to_string();
    let challenge = format!("Bearer resource_metadata=\"{metadata}\"");
    let guard = from_fn(move |request: Request, next: Next| {
        let (check, challenge) = (check.clone(), challenge.clone());
        async move {
            let token = request.headers().get(header::AUTHORIZATION).cloned();
            let is_good = match token {
                Some(token) => {
                    let asking = reqwest::Client::new().get(check).header("authorization", token);
                    asking.send().await.is_ok_and(|answer| answer.status() == 200)
                }
                None => false,
            };
            if is_good { next.run(request).await } else { refused(&challenge) }
        }
    });
    let show = get(move || async move {
        ([(header::CONTENT_TYPE, "application/json")], described.clone())
    });
    app.layer(guard).route("/.well-known/oauth-protected-resource/mcp", show)
}

fn refused(challenge: &str) -> Response {
    let headers = [(header::WWW_AUTHENTICATE, challenge.to_owned())];
    (StatusCode::UNAUTHORIZED, headers, Body::empty()).into_response()
}
