//! Asks an issuer about tokens: RFC 7662.

use std::io;

use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    discovery::{document, member},
    fetch::Fetcher,
};

/// An issuer that is asked, and as whom.
pub(super) struct Introspector {
    issuer: String,
    client: String,
    secret: String,
    /// Where, once it is known.
    endpoint: OnceCell<String>,
    web: Fetcher,
}

impl Introspector {
    pub(super) fn new(issuer: &str, client: String, secret: String, web: Fetcher) -> Self {
        let issuer = issuer.to_owned();
        Self { issuer, client, secret, endpoint: OnceCell::new(), web }
    }

    pub(super) async fn introspect(&self, token: &str) -> io::Result<Value> {
        let find = || {
            member(&self.issuer, "introspection_endpoint", |place| async move {
                let fetched = self.web.get(&place).await?;
                Ok((document(&fetched.body)?, fetched.max_age))
            })
        };
        let endpoint = self.endpoint.get_or_try_init(find).await?;
        let form = [("token", token), ("token_type_hint", "access_token")];
        let credentials = (self.client.as_str(), self.secret.as_str());
        document(&self.web.post(endpoint, credentials, &form).await?)
    }
}
