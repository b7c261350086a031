//! Finds the handler that answers a request.

use super::{
    Binding, Catalog, HandlerKind, bad_state, bind,
    catalog::ResourceReader,
    check::{check_arguments, unknown},
    result::Shape,
    session::{RunningCall, ServerSession},
};
use crate::{
    jsonrpc::{Payload, RpcError, code},
    proto::{
        map::Map,
        server::{Inputs, Operation, Request, RequestContext, RequestKey, no_such_resource},
        version::Version,
    },
    types::{ClientCapabilities, Reference},
};

/// How many arguments a request for suggestions may bring along.
const ARGUMENTS: usize = 256;

/// A handler to be run.
#[derive(Debug)]
pub struct Job<P, H> {
    /// Names the call within its connection.
    pub call: RequestKey,
    /// The handler.
    pub handler: H,
    /// What the handler is for.
    pub kind: HandlerKind,
    /// The name of the tool or the prompt, or the URI.
    pub name: String,
    /// Arguments, variables, or what is to be completed.
    pub input: P,
    /// The circumstances of the request.
    pub context: RequestContext,
}

/// What a request has led to; see [`ServerSession::accept`].
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(crate) enum Started<P, H> {
    /// It is answered.
    Answered(RequestKey, Result<P, RpcError<P>>),
    /// A handler is to be run.
    Running(Job<P, H>, RunningCall<P>),
}

/// How a request is answered.
enum Served<P, H> {
    /// At once.
    Now(P),
    /// By a handler.
    By { handler: H, kind: HandlerKind, name: String, input: P, shape: Shape },
}

/// Says which of the things with these handlers are left out of lists.
pub(crate) type Hides<'a, H> = &'a dyn Fn(&H) -> bool;

/// Answers what needs no handler, and finds the handler for everything else. `owner`: who asks, empty
/// if unknown. `open` reads a state that the request brings along, if it may be trusted. `hides`,
/// if what is listed depends on who asks.
pub(crate) fn start<P: Payload, H: Clone>(
    catalog: &Catalog<P, H>,
    request: Request<P>,
    owner: impl FnOnce() -> String,
    open: impl FnOnce(&str, &Binding) -> Option<Vec<(String, P)>>,
    hides: Option<Hides<'_, H>>,
) -> Started<P, H> {
    let Request { key, context, operation, inputs } = request;
    let may_ask = context.capabilities != ClientCapabilities::default() || inputs.state.is_some();
    let binding = if may_ask { bind(&operation, &owner()) } else { None };
    let given = given(inputs, binding.as_ref(), open);
    let serve = || catalog.serve(operation, context.version, hides);
    let served = given.and_then(|given| Ok((given, serve()?)));
    match served {
        Err(error) => Started::Answered(key, Err(error)),
        Ok((_, Served::Now(result))) => Started::Answered(key, Ok(result)),
        Ok((given, Served::By { handler, kind, name, input, shape })) => {
            let call = RunningCall::new(&context, shape, given, binding);
            Started::Running(Job { call: key, handler, kind, name, input, context }, call)
        }
    }
}

impl<P: Payload> ServerSession<P> {
    /// Goes on with a request: an answer is sent; anything else is a call from now on, whose handler is
    /// to be run.
    pub(crate) fn accept<H>(&mut self, started: Started<P, H>) -> Option<Job<P, H>> {
        match started {
            Started::Answered(key, outcome) => {
                self.machine_mut().respond(key, outcome);
                None
            }
            Started::Running(job, call) => {
                self.calls.insert(job.call, call);
                Some(job)
            }
        }
    }
}

/// The answers that a request brings along.
fn given<P: Payload>(
    inputs: Inputs<P>,
    binding: Option<&Binding>,
    open: impl FnOnce(&str, &Binding) -> Option<Vec<(String, P)>>,
) -> Result<Map<String, P>, RpcError<P>> {
    let mut given: Map<String, P> = match (inputs.state, binding) {
        (None, _) => Map::default(),
        (Some(state), Some(binding)) => {
            open(&state, binding).ok_or_else(bad_state)?.into_iter().collect()
        }
        (Some(_), None) => return Err(bad_state()),
    };
    if let Some(all) = inputs.responses {
        // Counted first, because a list that grows takes three times its place.
        let mut count = 0;
        all.each_member(&mut |_, _| {
            count += 1;
            true
        });
        given.reserve(count);
        all.each_member(&mut |key, answer| {
            given.insert(key.to_owned(), answer);
            true
        });
    }
    Ok(given)
}

impl<P: Payload, H: Clone> Catalog<P, H> {
    fn serve(
        &self,
        operation: Operation<P>,
        version: Version,
        hides: Option<Hides<'_, H>>,
    ) -> Result<Served<P, H>, RpcError<P>> {
        let how = (self.page_size, version);
        let shown = |handler: &H| hides.is_none_or(|hides| !hides(handler));
        let listed = |mut result: P| {
            if hides.is_some() && version.has_cache_hints() {
                result.set_text("cacheScope", "private");
            }
            Served::Now(result)
        };
        Ok(match operation {
            Operation::ListTools { cursor } => {
                listed(self.tools.page("tools", cursor.as_deref(), how, shown)?)
            }
            Operation::ListResources { cursor } => {
                let shown = |reader: &ResourceReader<H>| shown(&reader.handler);
                listed(self.resources.page("resources", cursor.as_deref(), how, shown)?)
            }
            Operation::ListResourceTemplates { cursor } => {
                let shown = |(_, reader): &(_, ResourceReader<H>)| shown(&reader.handler);
                listed(self.templates.page("resourceTemplates", cursor.as_deref(), how, shown)?)
            }
            Operation::ListPrompts { cursor } => {
                let shown = |(_, handler): &(_, H)| shown(handler);
                listed(self.prompts.page("prompts", cursor.as_deref(), how, shown)?)
            }
            Operation::Subscribe { uri } => match self.find(&uri) {
                Some(_) => Served::Now(P::object()),
                None => return Err(no_such_resource(version, &uri)),
            },
            Operation::CallTool { name, arguments } => {
                let handler = self.tools.get(&name).ok_or_else(|| unknown("tool", &name))?;
                let (handler, input) = (handler.clone(), arguments.unwrap_or_else(P::object));
                Served::By { handler, kind: HandlerKind::Tool, name, input, shape: Shape::Tool }
            }
            Operation::ReadResource { uri } => {
                let Some((ResourceReader { handler, mime_type }, variables)) = self.find(&uri)
                else {
                    return Err(no_such_resource(version, &uri));
                };
                let variables = variables.into_iter().map(|(name, text)| (name, P::string(&text)));
                let input = P::from_members(variables.collect());
                let shape = Shape::Resource { uri: uri.clone(), mime_type: mime_type.clone() };
                let handler = handler.clone();
                Served::By { handler, kind: HandlerKind::Resource, name: uri, input, shape }
            }
            Operation::GetPrompt { name, arguments } => {
                let found = self.prompts.get(&name);
                let (declared, handler) = found.ok_or_else(|| unknown("prompt", &name))?;
                let input = arguments.unwrap_or_else(P::object);
                check_arguments(declared, &input)?;
                let (handler, kind) = (handler.clone(), HandlerKind::Prompt);
                Served::By { handler, kind, name, input, shape: Shape::Prompt }
            }
            Operation::Complete { reference, argument, value, arguments } => {
                let arguments = arguments.unwrap_or_else(P::object);
                if arguments.exceeds(ARGUMENTS) {
                    let text = "there are too many arguments";
                    return Err(RpcError::new(code::INVALID_PARAMS, text));
                }
                let Some(handler) = self.completion.clone() else {
                    let text = "there are no suggestions";
                    return Err(RpcError::new(code::METHOD_NOT_FOUND, text));
                };
                let (about, name) = self.completed(reference, &argument)?;
                let mut input = P::object();
                input.set_text(about, &name);
                input.set_text("argument", &argument);
                input.set_text("value", &value);
                input.set("arguments", arguments);
                let (kind, shape) = (HandlerKind::Completion, Shape::Completion);
                Served::By { handler, kind, name, input, shape }
            }
        })
    }

    /// What is completed: `prompt` or `resource`, and its name.
    fn completed(
        &self,
        reference: Reference,
        argument: &str,
    ) -> Result<(&'static str, String), RpcError<P>> {
        let (about, name, is_known) = match reference {
            Reference::Prompt(name) => {
                let found = self.prompts.get(&name);
                let (declared, _) = found.ok_or_else(|| unknown("prompt", &name))?;
                ("prompt", name, declared.iter().any(|known| known.name == argument))
            }
            Reference::Resource(uri) => {
                let found = self.templates.get(&uri);
                let (template, _) = found.ok_or_else(|| unknown("resource template", &uri))?;
                let is_known = template.has(argument);
                ("resource", uri, is_known)
            }
        };
        if is_known { Ok((about, name)) } else { Err(unknown("argument", argument)) }
    }
}
