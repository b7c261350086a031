//! Requests to servers of log-ins: what comes back, and what is said if nothing does.

use std::time::Duration;

use mcp_wasm::transport::requests;
use reqwest::{
    RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Map, Value};
use tokio::time::timeout;

/// The most that a document may have, in bytes.
const LIMIT: usize = 256 << 10;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status; none if there was no answer.
    pub status: Option<u16>,
    /// The object of its body, if it has one.
    pub json: Option<Map<String, Value>>,
}

impl Answer {
    /// A text of the object.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.json.as_ref()?.get(name)?.as_str()
    }

    /// Whether it means that its server is not well just now.
    pub fn is_transient(&self) -> bool {
        self.status.is_none_or(|status| status == 429 || status >= 500)
    }

    /// What it says of a failure, in a word or a sentence.
    pub fn why(&self) -> String {
        let told = self.text("error_description").or_else(|| self.text("error"));
        match (told, self.status) {
            (Some(told), _) => told.chars().take(300).collect(),
            (None, Some(status)) => format!("HTTP status {status}"),
            (None, None) => "no answer".to_owned(),
        }
    }
}

/// Reads a document.
pub async fn get(url: &str) -> Answer {
    match requests() {
        Ok(requests) => ask(requests.get(url)).await,
        Err(_) => Answer { status: None, json: None },
    }
}

/// Sends a body, with these headers.
pub async fn post(url: &str, kind: &str, headers: &[(&str, String)], body: String) -> Answer {
    let Ok(requests) = requests() else { return Answer { status: None, json: None } };
    let mut request = requests.post(url).header(CONTENT_TYPE, kind).body(body);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    ask(request).await
}

async fn ask(request: RequestBuilder) -> Answer {
    let asked = async {
        let mut response = request.header(ACCEPT, "application/json").send().await.ok()?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > LIMIT {
                return Some(Answer { status: Some(status), json: None });
            }
        }
        Some(Answer { status: Some(status), json: serde_json::from_slice(&body).ok() })
    };
    let answer = timeout(PATIENCE, asked).await.ok().flatten();
    answer.unwrap_or(Answer { status: None, json: None })
}
