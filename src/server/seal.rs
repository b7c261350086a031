//! `requestState`: what the server gives its client along with questions, so that it need not
//! remember anything itself. Signed, bound to the request, and good for a while only.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::proto::Millis;

const VERSION: &str = "v1";

/// What a request is, in short: its method and parameters.
pub(super) type Binding = [u8; 32];

/// Signs and checks states.
pub(super) struct Seal {
    key: Vec<u8>,
    /// How long a state is good.
    pub(super) lifetime: Millis,
}

#[derive(Deserialize, Serialize)]
struct State {
    /// When it ends to be good, in milliseconds since 1970.
    #[serde(rename = "e")]
    expires: f64,
    /// The request it belongs to.
    #[serde(rename = "b")]
    binding: String,
    /// The answers of all rounds so far, by key.
    #[serde(rename = "a")]
    answers: BTreeMap<String, Value>,
}

impl Seal {
    pub(super) fn new(key: Vec<u8>, lifetime: Millis) -> Self {
        Self { key, lifetime }
    }

    /// A key that nobody knows.
    ///
    /// # Panics
    /// If the system has no randomness.
    pub(super) fn random_key() -> Vec<u8> {
        let mut key = vec![0; 32];
        getrandom::fill(&mut key).expect("the system has randomness");
        key
    }

    /// The state for a retry of this request.
    pub(super) fn close(
        &self,
        binding: &Binding,
        answers: BTreeMap<String, Value>,
        now: Millis,
    ) -> String {
        let (expires, binding) = (now + self.lifetime, BASE64.encode(binding));
        // Nothing in it can fail to be written.
        let state = serde_json::to_vec(&State { expires, binding, answers }).unwrap_or_default();
        let body = [VERSION, ".", &BASE64.encode(state)].concat();
        let tag = BASE64.encode(self.mac(&body).finalize().into_bytes());
        [&body, ".", &tag].concat()
    }

    /// The answers in a state. `None`: it is not one of ours, not for this request, or too old.
    pub(super) fn open(
        &self,
        state: &str,
        binding: &Binding,
        now: Millis,
    ) -> Option<BTreeMap<String, Value>> {
        let (body, tag) = state.rsplit_once('.')?;
        let tag = BASE64.decode(tag).ok()?;
        self.mac(body).verify_slice(&tag).ok()?;
        let (version, state) = body.split_once('.')?;
        let state = BASE64.decode(state).ok().filter(|_| version == VERSION)?;
        let state: State = serde_json::from_slice(&state).ok()?;
        (now < state.expires && state.binding == BASE64.encode(binding)).then_some(state.answers)
    }

    fn mac(&self, body: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::new_from_slice(&self.key).expect("a key");
        mac.update(body.as_bytes());
        mac
    }
}

/// What identifies a request among others: its method, and its parameters whatever the order of
/// their members.
pub(super) fn bind(method: &str, name: &str, arguments: Option<&Value>) -> Binding {
    let mut digest = Sha256::new();
    for part in [method, name] {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    match arguments {
        Some(arguments) => write(arguments, &mut digest),
        None => digest.update("{}"),
    }
    digest.finalize().into()
}

/// Writes a value with the members of objects in order of their names.
fn write(value: &Value, digest: &mut Sha256) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            digest.update("{");
            for (name, value) in sorted {
                digest.update(Value::from(name.as_str()).to_string());
                digest.update(":");
                write(value, digest);
                digest.update(",");
            }
            digest.update("}");
        }
        Value::Array(elements) => {
            digest.update("[");
            for element in elements {
                write(element, digest);
                digest.update(",");
            }
            digest.update("]");
        }
        other => digest.update(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{BASE64, Engine, Seal, bind};

    #[test]
    fn a_state_opens_for_its_request_until_it_expires() {
        let seal = Seal::new(vec![7; 32], 1000.0);
        let binding = bind("tools/call", "t", Some(&json!({ "a": 1, "b": [2] })));
        let answers = BTreeMap::from([("k".to_owned(), json!({ "action": "accept" }))]);
        let state = seal.close(&binding, answers.clone(), 5000.0);
        let again = bind("tools/call", "t", Some(&json!({ "b": [2], "a": 1 })));
        assert_eq!(seal.open(&state, &again, 5999.0), Some(answers));
        assert_eq!(seal.open(&state, &binding, 6000.0), None, "expired");
        for other in [
            bind("tools/call", "u", Some(&json!({ "a": 1, "b": [2] }))),
            bind("tools/call", "t", Some(&json!({ "a": 2, "b": [2] }))),
            bind("prompts/get", "t", Some(&json!({ "a": 1, "b": [2] }))),
            bind("tools/call", "t", None),
        ] {
            assert_eq!(seal.open(&state, &other, 5000.0), None, "another request");
        }
        assert_eq!(Seal::new(vec![8; 32], 1000.0).open(&state, &binding, 5000.0), None);
    }

    #[test]
    fn a_state_with_any_character_changed_does_not_open() {
        let seal = Seal::new(Seal::random_key(), 1000.0);
        let binding = bind("tools/call", "t", None);
        let state = seal.close(&binding, BTreeMap::new(), 0.0);
        assert!(seal.open(&state, &binding, 0.0).is_some());
        for at in 0..state.len() {
            let mut bytes = state.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(seal.open(&changed, &binding, 0.0), None, "at {at}");
        }
        let fake = BASE64.encode(r#"{"e":1e9,"b":"","a":{}}"#);
        for changed in
            ["", ".", "..", "v1..", &format!("{state}-TAMPERED"), &format!("v1.{fake}.AAAA")]
        {
            assert_eq!(seal.open(changed, &binding, 0.0), None, "{changed}");
        }
    }
}
