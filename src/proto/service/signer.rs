//! `requestState`: what the server gives its client along with questions, so that it need not
//! remember anything itself. Signed, bound to the request and to who made it, and good for a while
//! and once only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{
    jsonrpc::{Kind, Payload},
    proto::{Millis, server::Operation},
    types::method,
};

const VERSION: &str = "v1";

/// What a request is, in short: who made it, its method and parameters.
pub(crate) type Binding = [u8; 32];

/// How many states that have come back are remembered.
const REMEMBERED: usize = 4096;

/// Signs and checks states.
pub(crate) struct Signer {
    key: Vec<u8>,
    /// How long a state is good.
    pub(crate) lifetime: Millis,
    /// The number of the latest one: no two are the same.
    number: u32,
    /// How many tokens have been made, from a start that is as different.
    tokens: u64,
    /// Those that have come back and would still be good, by the start of their signatures.
    used: Vec<([u8; 16], Millis)>,
}

/// When a state expires, in milliseconds since 1970.
const EXPIRES: &str = "e";
/// The request it belongs to.
const BINDING: &str = "b";
/// The answers of all rounds so far, by key.
const ANSWERS: &str = "a";
/// Its number.
const NUMBER: &str = "n";

impl Signer {
    /// `start`: where the numbers begin, different in servers that share a key.
    #[allow(clippy::cast_possible_truncation)] // any part of it does
    pub(crate) fn new(key: Vec<u8>, lifetime: Millis, start: u64) -> Self {
        Self { key, lifetime, number: start as u32, tokens: start, used: Vec::new() }
    }

    /// The state for a retry of this request.
    pub(crate) fn close<P: Payload>(
        &mut self,
        binding: &Binding,
        answers: Vec<(String, P)>,
        now: Millis,
    ) -> String {
        self.number = self.number.wrapping_add(1);
        let mut state = P::object();
        state.set(NUMBER, P::number(f64::from(self.number)));
        state.set(EXPIRES, P::number(now + self.lifetime));
        state.set_text(BINDING, &BASE64.encode(binding));
        state.set(ANSWERS, P::from_members(answers));
        // Nothing in it can fail to be written.
        let state = state.to_json().unwrap_or_default();
        let body = [VERSION, ".", &BASE64.encode(state)].concat();
        let tag = BASE64.encode(self.mac(&body).finalize().into_bytes());
        [&body, ".", &tag].concat()
    }

    /// The answers in a state. `None`: it is not one of ours, not for this request, too old, or has
    /// come before.
    pub(crate) fn open<P: Payload>(
        &mut self,
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
        let expires = state.get(EXPIRES)?.as_f64()?;
        let answers = state.get(ANSWERS)?.entries()?;
        let mark = *tag.first_chunk()?;
        self.used.retain(|(_, expires)| now < *expires);
        let is_good = now < expires
            && state.says(BINDING, &BASE64.encode(binding))
            && !self.used.iter().any(|(used, _)| *used == mark);
        if !is_good {
            return None;
        }
        if self.used.len() >= REMEMBERED {
            self.used.remove(0);
        }
        self.used.push((mark, expires));
        Some(answers)
    }

    /// A text that nobody can guess without the key, and another one each time.
    pub(crate) fn token(&mut self) -> String {
        self.tokens = self.tokens.wrapping_add(1);
        let mut mac = self.mac("token");
        mac.update(&self.tokens.to_le_bytes());
        BASE64.encode(&mac.finalize().into_bytes()[..16])
    }

    fn mac(&self, body: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::new_from_slice(&self.key).expect("a key");
        mac.update(body.as_bytes());
        mac
    }
}

/// What identifies a request that may ask among others; `None` for one that may not. `owner`: who
/// made it, empty if nobody knows.
pub(crate) fn bind<P: Payload>(operation: &Operation<P>, owner: &str) -> Option<Binding> {
    let (method, name, arguments) = match operation {
        Operation::CallTool { name, arguments } => (method::CALL_TOOL, name, arguments.as_ref()),
        Operation::ReadResource { uri } => (method::READ_RESOURCE, uri, None),
        Operation::GetPrompt { name, arguments } => (method::GET_PROMPT, name, arguments.as_ref()),
        _ => return None,
    };
    Some(digest(owner, method, name, arguments))
}

/// A request in short, whatever the order of members in its arguments.
pub(super) fn digest<P: Payload>(
    owner: &str,
    method: &str,
    name: &str,
    arguments: Option<&P>,
) -> Binding {
    let mut digest = Sha256::new();
    update(owner, &mut digest);
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

/// As deep as the order of members does not matter. What is below is taken as its text: each level is
/// read to its end to find what is in it, so that many of them cost a multiple of their length.
const DEPTH: usize = 8;

/// Writes a value with the members of objects in order of their names. Without recursion: a page's
/// `JSON.parse` takes what is nested deeper than any stack.
fn write<P: Payload>(value: &P, digest: &mut Sha256) {
    enum Piece<P> {
        Value(P, usize),
        Name(String),
        Mark(&'static str),
    }
    let mut pieces = vec![Piece::Value(value.clone(), 0)];
    while let Some(piece) = pieces.pop() {
        let (value, depth) = match piece {
            Piece::Value(value, depth) => (value, depth + 1),
            Piece::Name(name) => {
                update(&name, digest);
                continue;
            }
            Piece::Mark(mark) => {
                digest.update(mark);
                continue;
            }
        };
        // A page's engine cannot write what is nested deeper than its stack. That is walked through.
        if depth == DEPTH
            && let Some(text) = value.to_json()
        {
            update(&text, digest);
            continue;
        }
        match value.kind() {
            Kind::Object => {
                let mut sorted = value.entries().unwrap_or_default();
                sorted.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
                digest.update("{");
                pieces.push(Piece::Mark("}"));
                for (name, value) in sorted {
                    pieces.push(Piece::Value(value, depth));
                    pieces.push(Piece::Name(name));
                }
            }
            Kind::Array => {
                let elements = value.elements().unwrap_or_default();
                digest.update("[");
                pieces.push(Piece::Mark("]"));
                let elements = elements.into_iter().rev();
                pieces.extend(elements.map(|element| Piece::Value(element, depth)));
            }
            _ => update(&value.to_json().unwrap_or_default(), digest),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{BASE64, Engine, Signer, digest};

    type Answers = Vec<(String, Value)>;

    #[test]
    fn a_state_opens_for_its_request_until_it_expires() {
        let mut signer = Signer::new(vec![7; 32], 1000.0, 0);
        let binding = digest("", "tools/call", "t", Some(&json!({ "a": 1, "b": [2] })));
        let answers = vec![("k".to_owned(), json!({ "action": "accept" }))];
        let state = signer.close(&binding, answers.clone(), 5000.0);
        let again = digest("", "tools/call", "t", Some(&json!({ "b": [2], "a": 1 })));
        assert_eq!(signer.open::<Value>(&state, &binding, 6000.0), None, "expired");
        for other in [
            digest("alice", "tools/call", "t", Some(&json!({ "a": 1, "b": [2] }))),
            digest("", "tools/call", "u", Some(&json!({ "a": 1, "b": [2] }))),
            digest("", "tools/call", "t", Some(&json!({ "a": 2, "b": [2] }))),
            digest("", "prompts/get", "t", Some(&json!({ "a": 1, "b": [2] }))),
            digest::<Value>("", "tools/call", "t", None),
        ] {
            assert_eq!(signer.open::<Value>(&state, &other, 5000.0), None, "another request");
        }
        assert_eq!(
            Signer::new(vec![8; 32], 1000.0, 0).open::<Value>(&state, &binding, 5000.0),
            None
        );
        assert_eq!(signer.open(&state, &again, 5999.0), Some(answers));
    }

    #[test]
    fn what_is_nested_deep_counts_as_well() {
        let of = |inner: Value| {
            let deep = (0..50).fold(inner, |inner, _| json!({ "a": [inner] }));
            digest("", "tools/call", "t", Some(&deep))
        };
        assert_eq!(of(json!(1)), of(json!(1)));
        assert_ne!(of(json!(1)), of(json!(2)));
        assert_ne!(of(json!("1")), of(json!(1)));
    }

    #[test]
    fn a_state_is_good_once_and_no_two_are_the_same() {
        let mut signer = Signer::new(vec![7; 32], 1000.0, u64::MAX);
        let binding = digest::<Value>("", "tools/call", "t", None);
        let mut close = || signer.close(&binding, Answers::new(), 0.0);
        let (one, other) = (close(), close());
        assert_ne!(one, other);
        assert!(signer.open::<Value>(&one, &binding, 0.0).is_some());
        assert!(signer.open::<Value>(&one, &binding, 0.0).is_none());
        assert!(signer.open::<Value>(&other, &binding, 0.0).is_some());
        // What is remembered is bounded, and what has expired is forgotten first.
        for _ in 0..10_000 {
            let state = signer.close(&binding, Answers::new(), 900.0);
            assert!(signer.open::<Value>(&state, &binding, 1800.0).is_some());
        }
        assert_eq!(signer.used.len(), super::REMEMBERED);
        let state = signer.close(&binding, Answers::new(), 9000.0);
        assert!(signer.open::<Value>(&state, &binding, 9000.0).is_some());
        assert_eq!(signer.used.len(), 1);
    }

    #[test]
    fn no_two_tokens_are_the_same_not_even_of_servers_that_share_a_key() {
        let tokens = [0, 1, u64::MAX - 1].map(|start| {
            let mut signer = Signer::new(vec![7; 32], 1000.0, start << 32);
            [signer.token(), signer.token()]
        });
        let mut all = tokens.concat();
        assert!(all.iter().all(|token| token.len() >= 22));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6);
        assert_ne!(Signer::new(vec![8; 32], 1000.0, 0).token(), tokens[0][0]);
    }

    #[test]
    fn a_state_with_any_character_changed_does_not_open() {
        let mut signer = Signer::new(vec![9; 32], 1000.0, 0);
        let binding = digest::<Value>("", "tools/call", "t", None);
        let state = signer.close(&binding, Answers::new(), 0.0);
        for at in 0..state.len() {
            let mut bytes = state.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(signer.open::<Value>(&changed, &binding, 0.0), None, "at {at}");
        }
        let fake = BASE64.encode(r#"{"e":1e9,"b":"","a":{}}"#);
        for changed in
            ["", ".", "..", "v1..", &format!("{state}-TAMPERED"), &format!("v1.{fake}.AAAA")]
        {
            assert_eq!(signer.open::<Value>(changed, &binding, 0.0), None, "{changed}");
        }
        assert!(signer.open::<Value>(&state, &binding, 0.0).is_some(), "as it was");
    }
}
