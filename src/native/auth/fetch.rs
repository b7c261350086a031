//! An HTTP client for what is asked of authorization servers.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Certificate, Client, Method, RequestBuilder, StatusCode, Url, redirect};
use rustls::crypto::{CryptoProvider, ring};

use super::fetched::{Fetched, LARGEST};
use crate::native::hosts::HostName;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks over `https:`, and this machine over `http:` too; follows no redirect. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Fetcher {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// Made when it is needed: it reads the system's certificates.
    client: Option<Client>,
    /// Whose certificates are trusted beside those.
    trusted: Vec<Certificate>,
}

impl Fetcher {
    /// Trusts these authorities too.
    ///
    /// # Panics
    /// If it is no certificate in PEM.
    pub(super) fn trust(&self, pem: &[u8]) {
        let certificates = Certificate::from_pem_bundle(pem).unwrap_or_default();
        assert!(!certificates.is_empty(), "there is no certificate in PEM");
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.trusted.extend(certificates);
        shared.client = None;
    }

    pub(super) async fn get(&self, address: &str) -> io::Result<Fetched> {
        let (headers, body) = answer(self.request(Method::GET, address)?).await?;
        Ok(Fetched { body, max_age: max_age(&headers) })
    }

    /// Sends a form as a client that has a secret.
    pub(super) async fn post(
        &self,
        address: &str,
        (name, secret): (&str, &str),
        form: &[(&str, &str)],
    ) -> io::Result<String> {
        let credentials = STANDARD.encode([&encoded(name), ":", &encoded(secret)].concat());
        let pairs: Vec<_> =
            form.iter().map(|(name, value)| [*name, "=", &encoded(value)].concat()).collect();
        let request = self
            .request(Method::POST, address)?
            .header(header::AUTHORIZATION, ["Basic ", &credentials].concat())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(pairs.join("&"));
        Ok(answer(request).await?.1)
    }

    fn request(&self, method: Method, address: &str) -> io::Result<RequestBuilder> {
        let url: Url = address.parse().map_err(io::Error::other)?;
        let is_here =
            || url.host_str().and_then(HostName::parse).is_some_and(|host| host.is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here()) {
            return Err(io::Error::other("it is asked by https only, unless it is this machine"));
        }
        Ok(self.client()?.request(method, url).header(header::ACCEPT, "application/json"))
    }

    fn client(&self) -> io::Result<Client> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &shared.client {
            return Ok(client.clone());
        }
        if CryptoProvider::get_default().is_none() {
            // An error means that somebody else has been quicker, which is as good.
            let _ = ring::default_provider().install_default();
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .tls_certs_merge(shared.trusted.iter().cloned())
            .build();
        Ok(shared.client.insert(client.map_err(io::Error::other)?).clone())
    }
}

async fn answer(request: RequestBuilder) -> io::Result<(HeaderMap, String)> {
    let mut response = request.send().await.map_err(failed)?;
    if response.status() != StatusCode::OK {
        return Err(io::Error::other(format!("it answers with {}", response.status())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(io::Error::other("the answer is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    let body = String::from_utf8(body).map_err(io::Error::other)?;
    Ok((response.headers().clone(), body))
}

/// What failed, without the address: that may have something secret in it.
fn failed(error: reqwest::Error) -> io::Error {
    io::Error::other(error.without_url())
}

/// For how long an answer may be kept, if it says so.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let fields =
        headers.get_all(header::CACHE_CONTROL).iter().filter_map(|text| text.to_str().ok());
    fields.flat_map(|text| text.split(',')).find_map(|directive| {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => Some(Duration::ZERO),
            "max-age" => value.trim().trim_matches('"').parse().ok().map(Duration::from_secs),
            _ => None,
        }
    })
}

/// As a value in a form.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
            let digit = |of: u8| char::from(DIGITS[usize::from(of & 15)]);
            out.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_long_it_may_be_kept() {
        for (text, wanted) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=\"7\"", Some(7)),
            ("no-store", Some(0)),
            ("max-age=soon", None),
            ("private", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, text.parse().unwrap());
            assert_eq!(max_age(&headers), wanted.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn what_is_in_a_form_is_encoded() {
        assert_eq!(encoded("a-b._~ &=%é"), "a-b._~%20%26%3D%25%C3%A9");
    }

    #[test]
    fn what_is_no_certificate_is_not_trusted() {
        for text in ["", "x", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
            let trusts = std::panic::catch_unwind(|| Fetcher::default().trust(text.as_bytes()));
            assert!(trusts.is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn only_https_and_this_machine_are_asked() {
        for address in
            ["http://auth.example/keys", "ftp://localhost/x", "file:///etc/passwd", "x", ""]
        {
            let error = Fetcher::default().get(address).await.unwrap_err();
            assert!(!error.to_string().contains("connect"), "{address}: {error}");
        }
    }
}
