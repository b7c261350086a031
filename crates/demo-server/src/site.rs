//! The page and the package, as files.

use std::path::Path;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
};
use tower_http::{services::ServeDir, set_header::SetResponseHeader};

/// What the page may do. WebAssembly needs a word of its own; everything else is from here.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
                      connect-src 'self' ws: wss: http: https:; style-src 'self'; img-src 'self' data:";

/// Files of `www` at `/`, files of `pkg` at `/pkg/`.
pub(crate) fn router(www: &Path, pkg: &Path) -> Router {
    Router::new()
        .nest_service("/pkg", with_headers(ServeDir::new(pkg)))
        .fallback_service(with_headers(ServeDir::new(www)))
}

type Headed<S> = SetResponseHeader<S, HeaderValue>;

fn with_headers<S>(service: S) -> Headed<Headed<Headed<S>>> {
    let set = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    let (policy, rules) = set(header::CONTENT_SECURITY_POLICY, POLICY);
    let (cache, ask_first) = set(header::CACHE_CONTROL, "no-cache");
    let (sniffing, none) = set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let service = SetResponseHeader::overriding(service, policy, rules);
    let service = SetResponseHeader::overriding(service, cache, ask_first);
    SetResponseHeader::overriding(service, sniffing, none)
}
