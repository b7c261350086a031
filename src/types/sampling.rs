//! Questions to the model of the client.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Content, Role, Tool};

/// The parameters of `sampling/createMessage`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleRequest {
    /// The conversation so far.
    pub messages: Vec<SamplingMessage>,
    /// How long the answer may be.
    pub max_tokens: u32,
    /// What the model is told about its task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Which model to take: `hints`, and priorities of cost, speed and intelligence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_preferences: Option<Value>,
    /// Context of the host's own: `none`, `thisServer` or `allServers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_context: Option<String>,
    /// How free the model is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Texts at which the model stops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<String>,
    /// Anything that the model's provider wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Tools that the model may want to be called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether it must: `{ "mode": "auto" | "required" | "none" }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
}

/// One message of a conversation with a model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct SamplingMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    #[serde(with = "one_or_many")]
    pub content: Vec<Content>,
}

/// The answer of a model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleResult {
    /// Who says it.
    pub role: Role,
    /// What is said.
    #[serde(with = "one_or_many")]
    pub content: Vec<Content>,
    /// The model that was asked.
    pub model: String,
    /// Why it stopped: `endTurn`, `maxTokens`, `toolUse`, or anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
}

impl SampleRequest {
    /// One question, to be answered in so many tokens.
    pub fn new(question: impl Into<Content>, max_tokens: u32) -> Self {
        Self {
            messages: vec![SamplingMessage { role: Role::User, content: vec![question.into()] }],
            max_tokens,
            system_prompt: None,
            model_preferences: None,
            include_context: None,
            temperature: None,
            stop_sequences: Vec::new(),
            metadata: None,
            tools: Vec::new(),
            tool_choice: None,
        }
    }

    /// Tells the model about its task.
    #[must_use]
    pub fn system_prompt(mut self, text: impl Into<String>) -> Self {
        self.system_prompt = Some(text.into());
        self
    }

    /// Adds a message to the conversation.
    #[must_use]
    pub fn message(mut self, role: Role, content: impl Into<Content>) -> Self {
        self.messages.push(SamplingMessage { role, content: vec![content.into()] });
        self
    }
}

impl SampleResult {
    /// All text of the answer.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(Content::as_text).collect()
    }
}

/// One block is written as it is, several as an array.
mod one_or_many {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Content;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<Content>),
        One(Box<Content>),
    }

    pub(super) fn serialize<S: Serializer>(blocks: &[Content], out: S) -> Result<S::Ok, S::Error> {
        match blocks {
            [one] => one.serialize(out),
            many => many.serialize(out),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Content>, D::Error> {
        Ok(match OneOrMany::deserialize(from)? {
            OneOrMany::Many(blocks) => blocks,
            OneOrMany::One(block) => vec![*block],
        })
    }
}
