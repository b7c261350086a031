//! The page and the package, as files.

use std::{io, io::ErrorKind, path::Path};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
};
use tower_http::services::ServeDir;

/// What the page may do: WebAssembly needs a word of its own, everything else is from here. Nobody
/// may frame it, point its addresses elsewhere, or have it send a form.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
                      connect-src 'self' ws: wss: http: https:; style-src 'self'; img-src 'self' data:; \
                      object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    // For browsers that do not know `frame-ancestors`.
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Files of `www` at `/`, files of `pkg` at `/pkg/`.
pub(crate) fn router(www: &Path, pkg: &Path) -> Router {
    Router::new()
        .nest("/pkg", Router::new().fallback(file).with_state(ServeDir::new(pkg)))
        .fallback(file)
        .with_state(ServeDir::new(www))
        .layer(map_response(async |mut response: Response| {
            for (name, value) in HEADERS {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        }))
}

async fn file(State(mut files): State<ServeDir>, request: Request) -> Response {
    match files.try_call(request).await {
        Ok(response) => response.map(Body::new).into_response(),
        Err(error) if is_absent(&error) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot read a file");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether there is no such file because there can be none.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            // Longer than the file system has names.
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
    )
}
