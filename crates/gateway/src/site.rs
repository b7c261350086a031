//! The page at `/`: the servers, how they are doing, and their tools to try.

use std::sync::{Arc, LazyLock};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
use mcp_wasm::native::PairingToken;
use serde_json::{Value, json};

use crate::{files::FILES, pool::Pool};

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
}

/// The page, what it is made of, and what it asks for.
pub fn router(pools: &[Arc<Pool>], pairing: Option<PairingToken>) -> Router {
    let site = Arc::new(Site { pools: pools.to_vec(), pairing });
    Router::new().route("/servers", get(servers)).fallback(file).with_state(site).layer(
        map_response(async |mut response: Response| {
            for (name, value) in HEADERS {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        }),
    )
}

/// What there is to say about the servers, to whoever knows the token. Other pages cannot read it:
/// there are no headers of CORS.
async fn servers(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    if site.pairing.as_ref().is_some_and(|token| !token.is_shown(&headers)) {
        return StatusCode::UNAUTHORIZED.into_response();
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
