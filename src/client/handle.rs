//! The client as its user holds it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::{Call, Plan, Read};
use super::connect::Connect;
use super::engine::Engine;
use super::platform::{Drive, Platform};
use super::{
    Era, Error, GetPromptResult, Here, Implementation, Level, Listen, ProgressCounts, Prompt,
    ReadResourceResult, Resource, ResourceTemplate, Target, Tool, ToolResult, Value, Version,
};
use crate::jsonrpc::{Kind, Payload};
use crate::proto::client::{CallLimits, Negotiated, PageLimits};
use crate::types::method;

/// A client with a connection.
///
/// Cheap to clone: all clones are the same client. When the last one is gone, and the last call
/// with it, the connection is closed; [`close`](Self::close) does so at once.
///
/// No function that is handed to it runs while it is busy, so a progress handler may call, cancel
/// and close. In a page it is for one thread, as all of JavaScript is. Natively it is for any, and
/// the functions run one after the other in a task of its own, so they should not block.
#[derive(Clone)]
pub struct Client {
    engine: Arc<Engine>,
    limits: CallLimits,
}

impl Client {
    /// Prepares a connection to a server: `ws:` and `wss:` over WebSocket, `http:` and `https:`
    /// over Streamable HTTP. In a page, a relative URL is taken as one of the page's. Natively it
    /// may be a `Command`, too: a program that is started, and spoken to by its standard input and
    /// output.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), mcp_wasm::client::Error> {
    /// use mcp_wasm::Client;
    ///
    /// let client = Client::connect("wss://example.com/mcp").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(target: impl Into<Target>) -> Connect {
        Connect::new(target.into())
    }

    pub(super) fn new(engine: Arc<Engine>, limits: CallLimits) -> Self {
        Self { engine, limits }
    }

    // ---- calls ----

    /// Calls a tool. `arguments` is anything that serde writes as an object, or `()` for none.
    ///
    /// ```no_run
    /// # async fn example(client: mcp_wasm::Client) -> Result<(), mcp_wasm::client::Error> {
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize)]
    /// struct Items {
    ///     items: Vec<&'static str>,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Processed {
    ///     processed: u32,
    ///     results: Vec<String>,
    /// }
    ///
    /// let result = client.call_tool("process_items", Items { items: vec!["a", "b"] }).await?;
    /// let processed: Processed = result.structured()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_tool(&self, name: &str, arguments: impl Serialize) -> Call<ToolResult> {
        let label = format!("{} {name}", method::CALL_TOOL);
        let params = named(&label, name, arguments);
        self.call(method::CALL_TOOL, label, params, ToolResult::read)
    }

    /// The tools of the server, of all pages.
    pub fn list_tools(&self) -> Call<Vec<Tool>> {
        self.list(method::LIST_TOOLS, |label, list| items(label, &list, "tools"))
    }

    /// The resources of the server, of all pages.
    pub fn list_resources(&self) -> Call<Vec<Resource>> {
        self.list(method::LIST_RESOURCES, |label, list| items(label, &list, "resources"))
    }

    /// The families of resources of the server, of all pages.
    pub fn list_resource_templates(&self) -> Call<Vec<ResourceTemplate>> {
        self.list(method::LIST_RESOURCE_TEMPLATES, |label, list| {
            items(label, &list, "resourceTemplates")
        })
    }

    /// The prompts of the server, of all pages.
    pub fn list_prompts(&self) -> Call<Vec<Prompt>> {
        self.list(method::LIST_PROMPTS, |label, list| items(label, &list, "prompts"))
    }

    /// What is in a resource.
    pub fn read_resource(&self, uri: &str) -> Call<ReadResourceResult> {
        let mut params = Value::object();
        params.set_text("uri", uri);
        let label = format!("{} {uri}", method::READ_RESOURCE);
        self.call(method::READ_RESOURCE, label, Ok(params), from_result)
    }

    /// A prompt, filled in with arguments, or with `()` for none.
    pub fn get_prompt(&self, name: &str, arguments: impl Serialize) -> Call<GetPromptResult> {
        let label = format!("{} {name}", method::GET_PROMPT);
        let params = named(&label, name, arguments);
        self.call(method::GET_PROMPT, label, params, from_result)
    }

    /// Asks whether the server is there.
    pub fn ping(&self) -> Call<()> {
        let method = self.engine.with(|core| core.ping_method());
        self.call(method, method.to_owned(), Ok(Value::object()), |_, _| Ok(()))
    }

    /// Any request, its result read as a type of one's own.
    ///
    /// ```no_run
    /// # async fn example(client: mcp_wasm::Client) -> Result<(), mcp_wasm::client::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Completion {
    ///     values: Vec<String>,
    /// }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Completed {
    ///     completion: Completion,
    /// }
    ///
    /// use std::collections::HashMap;
    ///
    /// let params = HashMap::from([
    ///     ("ref", HashMap::from([("type", "ref/prompt"), ("name", "report")])),
    ///     ("argument", HashMap::from([("name", "city"), ("value", "Os")])),
    /// ]);
    /// let completed: Completed = client.request("completion/complete", params).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: impl Serialize,
    ) -> Call<T> {
        let params = object(method, &params).map(|params| params.unwrap_or_else(Value::object));
        self.call(method, method.to_owned(), params, from_result)
    }

    /// Any request, params and result as they are: nothing of the result is lost.
    #[allow(clippy::needless_pass_by_value, reason = "in a page it is a reference anyway")]
    pub fn request_raw(&self, method: &'static str, params: Value) -> Call<Value> {
        let mut own = Value::object();
        // The machine writes into what it gets, and in a page that may be the caller's.
        own.assign(&params);
        self.call(method, method.to_owned(), Ok(own), |_, result| Ok(result))
    }

    /// Hears of changes: the filter is anything that serde writes as the protocol's, such as
    /// `{ toolsListChanged: true, resourceSubscriptions: [uri] }`.
    ///
    /// ```no_run
    /// # async fn example(client: mcp_wasm::Client) -> Result<(), mcp_wasm::client::Error> {
    /// use std::collections::HashMap;
    ///
    /// let subscription = client
    ///     .listen(HashMap::from([("toolsListChanged", true)]))
    ///     .on_notification(|method, _| println!("{method}"))
    ///     .await?;
    /// // Lasts until it is dropped; awaited, it says how it ended.
    /// subscription.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen(&self, filter: impl Serialize) -> Listen {
        let params = object(method::LISTEN, &filter).map(|filter| {
            let mut params = Value::object();
            params.set("notifications", filter.unwrap_or_else(Value::object));
            params
        });
        let call =
            self.call(method::LISTEN, method::LISTEN.to_owned(), params, |_, result| Ok(result));
        Listen::new(call)
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// [`Error::Argument`] if serde does not write the params as an object, [`Error::Closed`] if
    /// the connection is not open.
    pub fn notify(&self, method: &'static str, params: impl Serialize) -> Result<(), Error> {
        let params = object(method, &params)?;
        self.engine.notify(method, params).map_err(|error| self.engine.error(method, error))
    }

    /// Which log messages are wanted from now on.
    ///
    /// # Errors
    /// Those of a call: servers of older revisions are asked.
    pub async fn set_log_level(&self, level: Level) -> Result<(), Error> {
        let method = method::SET_LEVEL;
        let asks = self.engine.with(|core| core.set_log_level(level));
        if asks.map_err(|error| self.engine.error(method, error))? {
            let mut params = Value::object();
            params.set_text("level", level.as_str());
            self.call(method, method.to_owned(), Ok(params), |_, _| Ok(())).await?;
        }
        Ok(())
    }

    fn call<T>(
        &self,
        method: &'static str,
        label: String,
        params: Result<Value, Error>,
        read: Read<T>,
    ) -> Call<T> {
        let plan = Plan { method, label, params };
        Call::new(&self.engine, self.limits, plan, read)
    }

    fn list<T>(&self, method: &'static str, read: Read<Vec<T>>) -> Call<Vec<T>> {
        let plan = Plan { method, label: method.to_owned(), params: Ok(Value::object()) };
        let limits = CallLimits { pages: Some(PageLimits::default()), ..self.limits };
        Call::new(&self.engine, limits, plan, read)
    }

    // ---- the connection ----

    /// Closes the connection: every call fails with [`Error::Closed`]. Over HTTP it waits until a
    /// server that keeps a session has been told.
    pub async fn close(&self) {
        self.engine.close();
        self.engine.platform.ended().await;
    }

    /// Whether the connection is open.
    pub fn is_connected(&self) -> bool {
        self.session(|_| ()).is_some()
    }

    /// The revision of the protocol that both sides speak, while connected.
    pub fn protocol_version(&self) -> Option<Version> {
        self.session(|session| session.version)
    }

    /// The era of that revision, while connected.
    pub fn era(&self) -> Option<Era> {
        self.protocol_version().map(Version::era)
    }

    /// The name and the version of the server, if it told them, while connected.
    pub fn server_info(&self) -> Option<Implementation> {
        let info = self.session(|session| session.server_info.clone())??;
        Here::read(info).ok()
    }

    /// The capabilities of the server as it sent them, while connected.
    pub fn server_capabilities(&self) -> Option<Value> {
        self.session(|session| session.capabilities.clone())?
    }

    /// What the server wants a model to know, while connected.
    pub fn instructions(&self) -> Option<String> {
        self.session(|session| session.instructions.clone())??.as_text()
    }

    /// How much progress was odd so far, and in which way.
    pub fn progress_counts(&self) -> ProgressCounts {
        self.engine.with(|core| core.progress_counts())
    }

    fn session<T>(&self, look: impl FnOnce(&Negotiated<Value>) -> T) -> Option<T> {
        self.engine.with(|core| core.session().map(look))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Client")
            .field("connection", &self.engine.platform.label())
            .field("version", &self.protocol_version().map(Version::as_str))
            .finish_non_exhaustive()
    }
}

/// Params of a name and arguments.
fn named(label: &str, name: &str, arguments: impl Serialize) -> Result<Value, Error> {
    let mut params = Value::object();
    params.set_text("name", name);
    if let Some(arguments) = object(label, &arguments)? {
        params.set("arguments", arguments);
    }
    Ok(params)
}

/// The value as an object; `None` for `()` and `None`.
fn object(label: &str, value: &impl Serialize) -> Result<Option<Value>, Error> {
    let value = Here::write(value).map_err(|error| {
        Error::argument(label, &format!("the arguments cannot be written: {error}"))
    })?;
    match value.kind() {
        Kind::Null => Ok(None),
        Kind::Object => Ok(Some(value)),
        _ => Err(Error::argument(label, "the arguments are no object: give a struct or a map")),
    }
}

/// The items of a list, which are in that member.
fn items<T: DeserializeOwned>(
    label: &str,
    list: &Value,
    member: &'static str,
) -> Result<Vec<T>, Error> {
    from_result(label, list.get(member).unwrap_or_else(|| Value::array(Vec::new())))
}

fn from_result<T: DeserializeOwned>(label: &str, result: Value) -> Result<T, Error> {
    Here::read(result)
        .map_err(|error| Error::output(label, &format!("the result does not fit: {error}")))
}
