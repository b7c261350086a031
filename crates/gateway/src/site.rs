//! The page at `/`: the servers, how they are doing, and their tools to try.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::map_response,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use mcp_wasm::native::PairingToken;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{
    files::FILES,
    oauth::{Login, Logins, Place},
    pool::Pool,
};

/// Where a window goes that has logged in.
const IN: &str = "/oauth/done";

/// What the page may do: WebAssembly needs a word of its own, everything else is from here. Nobody
/// may frame it, point its addresses elsewhere, or have it send a form.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
                      connect-src 'self' ws: wss: http: https:; style-src 'self'; img-src 'self' data:; \
                      object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

struct Site {
    pools: Vec<Arc<Pool>>,
    pairing: Option<PairingToken>,
    logins: Logins,
}

/// The page, what it is made of, and what it asks for.
pub fn router(pools: &[Arc<Pool>], pairing: Option<PairingToken>) -> Router {
    let site = Arc::new(Site { pools: pools.to_vec(), pairing, logins: Logins::default() });
    let routes = Router::new()
        .route("/servers", get(servers))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .route(Place::BACK, get(back))
        .route(
            IN,
            get(async || note("Logged in", "The server can be used. This window can be closed.")),
        );
    routes.fallback(file).with_state(site).layer(map_response(async |mut response: Response| {
        for (name, value) in HEADERS {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }))
}

impl Site {
    #[allow(clippy::result_large_err)] // the answer is on its way out
    fn admit(&self, headers: &HeaderMap) -> Result<(), Response> {
        match &self.pairing {
            Some(token) if !token.is_shown(headers) => {
                Err(StatusCode::UNAUTHORIZED.into_response())
            }
            _ => Ok(()),
        }
    }
}

/// What server somebody wants to log in or out at.
#[derive(Deserialize)]
struct Wanted {
    path: String,
}

/// The server that somebody wants to log in or out at. A page of another origin cannot send a body of
/// this type without being asked for leave, which it does not get.
#[allow(clippy::result_large_err)] // the answer is on its way out
fn wanted<'a>(
    site: &'a Site,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(&'a Pool, &'a Arc<Login>), Response> {
    site.admit(headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind != Some("application/json") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
    }
    let Ok(Wanted { path }) = serde_json::from_slice(body) else {
        return Err(StatusCode::BAD_REQUEST.into_response());
    };
    let pool = site.pools.iter().find(|pool| pool.path() == path);
    pool.and_then(|pool| Some((&**pool, pool.login()?)))
        .ok_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// Begins a log-in: the answer is the address to be opened.
async fn login(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let (pool, login) = match wanted(&site, &headers, &body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    match site.logins.begin(login).await {
        Ok(url) => Json(json!({ "url": url })).into_response(),
        Err(error) => {
            tracing::warn!(server = pool.name(), "nobody can log in: {error}");
            (StatusCode::BAD_GATEWAY, Json(json!({ "error": error }))).into_response()
        }
    }
}

/// Ends a log-in.
async fn logout(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    match wanted(&site, &headers, &body) {
        Ok((_, login)) => Json(json!({ "was": login.log_out().await })).into_response(),
        Err(refused) => refused,
    }
}

/// A log-in comes back. The code is used up here, and does not stay in the address.
async fn back(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let answer: HashMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    match site.logins.finish(&answer).await {
        Ok(_) => (StatusCode::SEE_OTHER, [(header::LOCATION, IN)]).into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, note("Not logged in", &why)).into_response(),
    }
}

/// A page with a sentence.
fn note(title: &str, text: &str) -> Html<String> {
    let plain = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text.replace('"', "&quot;")
    };
    let (title, text) = (plain(title), plain(text));
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/servers.css\"><body class=\"note\"><h1>{title}</h1><p>{text}</p>"
    ))
}

/// What there is to say about the servers, to whoever knows the token. Other pages cannot read it:
/// there are no headers of CORS.
async fn servers(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    if let Err(refused) = site.admit(&headers) {
        return refused;
    }
    let all = site.pools.iter().map(|pool| {
        let mut about = json!({
            "name": pool.name(), "path": pool.path(), "kind": pool.describe(),
        });
        if let (Value::Object(about), Ok(Value::Object(state))) =
            (&mut about, serde_json::to_value(pool.state()))
        {
            about.extend(state);
        }
        about
    });
    Json(Value::Array(all.collect())).into_response()
}

/// The demo page, which knows by a word in its head that a gateway serves it.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    let page = FILES.iter().find(|(name, _)| *name == "index.html");
    let Some(page) = page.and_then(|(_, bytes)| std::str::from_utf8(bytes).ok()) else {
        return "This gateway was built without its page.".to_owned();
    };
    let head = concat!(
        "<meta name=\"gateway\" content=\"",
        env!("CARGO_PKG_VERSION"),
        "\" />\n    <link rel=\"stylesheet\" href=\"servers.css\" />\n  </head>"
    );
    page.replacen("</head>", head, 1)
        .replace("mcp-wasm · progress demo", "mcp-wasm · gateway")
        .replace("<span>progress demo</span>", "<span>gateway</span>")
});

async fn file(request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if path.is_empty() || path == "index.html" {
        return ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE.as_str())
            .into_response();
    }
    let Some((name, bytes)) = FILES.iter().find(|(name, _)| *name == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    ([(header::CONTENT_TYPE, kind)], *bytes).into_response()
}
