//! Requests that need leave: who gives it, and what becomes of one that is refused.

use std::future::Future;
use std::pin::Pin;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response};

use super::web::Web;

/// What is ready later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who authorizes the requests to a server.
pub trait Authorize: Send + Sync {
    /// The value of the header `Authorization` for the next request, if it is to have one. It may take
    /// as long as a renewal.
    fn authorization(&self) -> Later<'_, Option<String>>;

    /// The server has refused a request, by the status 401 or 403.
    fn refused(&self, refusal: Denial) -> Later<'_, Remedy>;
}

/// How a server has refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The status: 401 or 403.
    pub status: u16,
    /// The values of `WWW-Authenticate`.
    pub challenges: Vec<String>,
    /// What the request was authorized with.
    pub sent: Option<String>,
    /// Whether it has been sent [again](Remedy::Retry) already.
    pub is_second: bool,
}

/// What becomes of a request that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It is sent again, once, with the authorization that there is now.
    Retry,
    /// It has failed, with what the server says.
    None,
    /// It has failed, and these words say what to do; they stand for the body of the answer.
    Explain(String),
}

/// An answer, and the words that stand for its body.
pub(super) struct Answered {
    pub response: Response,
    pub words: Option<String>,
}

impl Web {
    /// Makes a request: authorized, and again if that helps.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answered, reqwest::Error> {
        let Some(authorize) = &self.authorize else {
            return Ok(Answered { response: request.send().await?, words: None });
        };
        let mut is_second = false;
        loop {
            let sent = authorize.authorization().await;
            // One whose body is a stream could not be sent again; there are none.
            let Some(mut next) = request.try_clone() else {
                return Ok(Answered { response: request.send().await?, words: None });
            };
            if let Some(mut value) =
                sent.as_deref().and_then(|sent| HeaderValue::from_str(sent).ok())
            {
                value.set_sensitive(true);
                next = next.header(AUTHORIZATION, value);
            }
            let response = next.send().await?;
            let status = response.status().as_u16();
            if status != 401 && status != 403 {
                return Ok(Answered { response, words: None });
            }
            let challenges = challenges(response.headers());
            let refusal = Denial { status, challenges, sent, is_second };
            match authorize.refused(refusal).await {
                Remedy::Retry if !is_second => is_second = true,
                Remedy::Retry | Remedy::None => return Ok(Answered { response, words: None }),
                Remedy::Explain(words) => return Ok(Answered { response, words: Some(words) }),
            }
        }
    }
}

fn challenges(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(WWW_AUTHENTICATE).iter();
    all.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
}
