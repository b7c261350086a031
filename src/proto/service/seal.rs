//! `requestState`: what the server gives its client along with questions, so that it need not
//! remember anything itself. Signed, bound to the request, and good for a while only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{
    jsonrpc::{Kind, Payload},
    proto::{Millis, server::Operation},
    types::method,
};

const VERSION: &str = "v1";

/// What a request is, in short: its method and parameters.
pub(crate) type Binding = [u8; 32];

/// Signs and checks states.
pub(crate) struct Seal {
    key: Vec<u8>,
    /// How long a state is good.
    pub(crate) lifetime: Millis,
}

/// When a state ends to be good, in milliseconds since 1970.
const EXPIRES: &str = "e";
/// The request it belongs to.
const BINDING: &str = "b";
/// The answers of all rounds so far, by key.
const ANSWERS: &str = "a";

impl Seal {
    pub(crate) fn new(key: Vec<u8>, lifetime: Millis) -> Self {
        Self { key, lifetime }
    }

    /// The state for a retry of this request.
    pub(crate) fn close<P: Payload>(
        &self,
        binding: &Binding,
        answers: Vec<(String, P)>,
        now: Millis,
    ) -> String {
        let mut state = P::object();
        state.set(EXPIRES, P::number(now + self.lifetime));
        state.set_text(BINDING, &BASE64.encode(binding));
        state.set(ANSWERS, P::from_members(answers));
        // Nothing in it can fail to be written.
        let state = state.to_json().unwrap_or_default();
        let body = [VERSION, ".", &BASE64.encode(state)].concat();
        let tag = BASE64.encode(self.mac(&body).finalize().into_bytes());
        [&body, ".", &tag].concat()
    }

    /// The answers in a state. `None`: it is not one of ours, not for this request, or too old.
    pub(crate) fn open<P: Payload>(
        &self,
        state: &str,
        binding: &Binding,
        now: Millis,
    ) -> Option<Vec<(String, P)>> {
        let (body, tag) = state.rsplit_once('.')?;
        let tag = BASE64.decode(tag).ok()?;
        self.mac(body).verify_slice(&tag).ok()?;
        let (version, state) = body.split_once('.')?;
        let state = BASE64.decode(state).ok().filter(|_| version == VERSION)?;
        let state = P::from_json(&String::from_utf8(state).ok()?)?;
        let is_good =
            now < state.get(EXPIRES)?.as_f64()? && state.says(BINDING, &BASE64.encode(binding));
        let answers = state.get(ANSWERS)?.entries()?;
        is_good.then_some(answers)
    }

    /// A text that nobody can guess, and another one for each number.
    pub(crate) fn token(&self, number: u64) -> String {
        let mut mac = self.mac("token");
        mac.update(&number.to_le_bytes());
        BASE64.encode(&mac.finalize().into_bytes()[..16])
    }

    fn mac(&self, body: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::new_from_slice(&self.key).expect("a key");
        mac.update(body.as_bytes());
        mac
    }
}

/// What identifies a request that may ask among others; `None` for one that may not.
pub(crate) fn bind<P: Payload>(operation: &Operation<P>) -> Option<Binding> {
    match operation {
        Operation::CallTool { name, arguments } => {
            Some(digest(method::CALL_TOOL, name, arguments.as_ref()))
        }
        Operation::ReadResource { uri } => Some(digest::<P>(method::READ_RESOURCE, uri, None)),
        Operation::GetPrompt { name, arguments } => {
            Some(digest(method::GET_PROMPT, name, arguments.as_ref()))
        }
        _ => None,
    }
}

/// A method, a name and a value in short, whatever the order of members in the value.
pub(super) fn digest<P: Payload>(method: &str, name: &str, arguments: Option<&P>) -> Binding {
    let mut digest = Sha256::new();
    update(method, &mut digest);
    update(name, &mut digest);
    match arguments {
        Some(arguments) => {
            if !arguments.digest(&mut |bytes| digest.update(bytes)) {
                write(arguments, &mut digest);
            }
        }
        None => digest.update("{}"),
    }
    digest.finalize().into()
}

/// A text that cannot run into the next one.
fn update(text: &str, digest: &mut Sha256) {
    digest.update((text.len() as u64).to_le_bytes());
    digest.update(text);
}

/// Writes a value with the members of objects in order of their names. Without recursion: a page's
/// `JSON.parse` takes what is nested deeper than any stack.
fn write<P: Payload>(value: &P, digest: &mut Sha256) {
    enum Step<P> {
        Value(P),
        Name(String),
        Mark(&'static str),
    }
    let mut steps = vec![Step::Value(value.clone())];
    while let Some(step) = steps.pop() {
        let value = match step {
            Step::Value(value) => value,
            Step::Name(name) => {
                update(&name, digest);
                continue;
            }
            Step::Mark(mark) => {
                digest.update(mark);
                continue;
            }
        };
        match value.kind() {
            Kind::Object => {
                let mut sorted = value.entries().unwrap_or_default();
                sorted.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
                digest.update("{");
                steps.push(Step::Mark("}"));
                for (name, value) in sorted {
                    steps.push(Step::Value(value));
                    steps.push(Step::Name(name));
                }
            }
            Kind::Array => {
                let elements = value.elements().unwrap_or_default();
                digest.update("[");
                steps.push(Step::Mark("]"));
                steps.extend(elements.into_iter().rev().map(Step::Value));
            }
            _ => update(&value.to_json().unwrap_or_default(), digest),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{BASE64, Engine, Seal, digest};

    type Answers = Vec<(String, Value)>;

    #[test]
    fn a_state_opens_for_its_request_until_it_expires() {
        let seal = Seal::new(vec![7; 32], 1000.0);
        let binding = digest("tools/call", "t", Some(&json!({ "a": 1, "b": [2] })));
        let answers = vec![("k".to_owned(), json!({ "action": "accept" }))];
        let state = seal.close(&binding, answers.clone(), 5000.0);
        let again = digest("tools/call", "t", Some(&json!({ "b": [2], "a": 1 })));
        assert_eq!(seal.open(&state, &again, 5999.0), Some(answers));
        assert_eq!(seal.open::<Value>(&state, &binding, 6000.0), None, "expired");
        for other in [
            digest("tools/call", "u", Some(&json!({ "a": 1, "b": [2] }))),
            digest("tools/call", "t", Some(&json!({ "a": 2, "b": [2] }))),
            digest("prompts/get", "t", Some(&json!({ "a": 1, "b": [2] }))),
            digest::<Value>("tools/call", "t", None),
        ] {
            assert_eq!(seal.open::<Value>(&state, &other, 5000.0), None, "another request");
        }
        assert_eq!(Seal::new(vec![8; 32], 1000.0).open::<Value>(&state, &binding, 5000.0), None);
    }

    #[test]
    fn a_state_with_any_character_changed_does_not_open() {
        let seal = Seal::new(vec![9; 32], 1000.0);
        let binding = digest::<Value>("tools/call", "t", None);
        let state = seal.close(&binding, Answers::new(), 0.0);
        assert!(seal.open::<Value>(&state, &binding, 0.0).is_some());
        for at in 0..state.len() {
            let mut bytes = state.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(seal.open::<Value>(&changed, &binding, 0.0), None, "at {at}");
        }
        let fake = BASE64.encode(r#"{"e":1e9,"b":"","a":{}}"#);
        for changed in
            ["", ".", "..", "v1..", &format!("{state}-TAMPERED"), &format!("v1.{fake}.AAAA")]
        {
            assert_eq!(seal.open::<Value>(changed, &binding, 0.0), None, "{changed}");
        }
    }
}
