//! Suggestions while an argument is typed.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is being filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A prompt, by its name.
    Prompt(String),
    /// A resource template, by its pattern.
    Resource(String),
}

/// A question for suggestions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletionRequest {
    /// What is being filled in.
    pub reference: Reference,
    /// The argument, or the variable of the pattern.
    pub argument: String,
    /// What has been typed of it.
    pub value: String,
    /// The arguments that have been chosen already.
    pub arguments: BTreeMap<String, String>,
}

/// Suggestions, the best first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// The suggestions; 100 of them are sent at most.
    pub values: Vec<String>,
    /// How many there are in all, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
    /// Whether there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_more: Option<bool>,
}

impl Completion {
    /// The values that start with what has been typed, in their order.
    pub fn matching<T: AsRef<str>>(typed: &str, values: impl IntoIterator<Item = T>) -> Self {
        let starts = |value: &str| {
            value.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
        };
        let values = values.into_iter().filter(|value| starts(value.as_ref()));
        values.map(|value| value.as_ref().to_owned()).collect()
    }
}

impl FromIterator<String> for Completion {
    fn from_iter<I: IntoIterator<Item = String>>(values: I) -> Self {
        Self { values: values.into_iter().collect(), total: None, has_more: None }
    }
}
