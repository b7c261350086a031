//! From what is asked for to the handler that answers it.

use super::{Call, Job, Kind, Map, Output, Service, bind, calls::Shape, catalog::Reader};
use super::{check_arguments, unknown};
use crate::{
    jsonrpc::{Payload, RpcError, code},
    proto::{
        Millis,
        server::{Inputs, Operation, Request, no_such_resource},
        version::Version,
    },
    types::{ClientCapabilities, Reference},
};

/// How a request is answered.
enum Served<P> {
    /// At once.
    Now(P),
    /// By a handler.
    By { handler: u32, kind: Kind, name: String, input: P, shape: Shape },
}

impl<P: Payload> Service<P> {
    /// Answers what needs no handler, and has the handler of everything else run.
    pub(super) fn start(&mut self, connection: u32, request: Request<P>, now: Millis) {
        let Request { key, context, operation, inputs } = request;
        let may_ask =
            context.capabilities != ClientCapabilities::default() || inputs.state.is_some();
        let binding = if may_ask { bind(&operation, "") } else { None };
        let given = self.given(inputs, binding.as_ref(), now);
        let served = given.and_then(|given| Ok((given, self.serve(operation, context.version)?)));
        let outcome = match served {
            Err(error) => Err(error),
            Ok((_, Served::Now(result))) => Ok(result),
            Ok((given, Served::By { handler, kind, name, input, shape })) => {
                self.last_call += 1;
                let call = self.last_call;
                self.outputs.push_back(Output::Run(Job {
                    call,
                    connection,
                    handler,
                    kind,
                    name,
                    input,
                    id: context.id.clone(),
                    version: context.version,
                    wants_progress: context.token.is_some(),
                }));
                self.numbers.insert((connection, key), call);
                self.calls.insert(call, Call::new(connection, key, context, shape, given, binding));
                return;
            }
        };
        if let Some(machine) = self.connections.get_mut(&connection) {
            machine.respond(key, outcome);
        }
    }

    /// The answers that a request brings along.
    fn given(
        &mut self,
        inputs: Inputs<P>,
        binding: Option<&super::Binding>,
        now: Millis,
    ) -> Result<Map<String, P>, RpcError<P>> {
        let mut given = match inputs.state {
            None => Vec::new(),
            Some(state) => {
                let opened = binding.and_then(|binding| self.seal.open(&state, binding, now));
                opened.ok_or_else(super::bad_state)?
            }
        };
        given.extend(inputs.responses.and_then(|all| all.entries()).unwrap_or_default());
        Ok(given.into_iter().collect())
    }

    fn serve(&self, operation: Operation<P>, version: Version) -> Result<Served<P>, RpcError<P>> {
        let catalog = &self.catalog;
        let size = catalog.page_size;
        Ok(match operation {
            Operation::ListTools { cursor } => {
                Served::Now(catalog.tools.page("tools", cursor.as_deref(), size, version)?)
            }
            Operation::ListResources { cursor } => Served::Now(catalog.resources.page(
                "resources",
                cursor.as_deref(),
                size,
                version,
            )?),
            Operation::ListResourceTemplates { cursor } => Served::Now(catalog.templates.page(
                "resourceTemplates",
                cursor.as_deref(),
                size,
                version,
            )?),
            Operation::ListPrompts { cursor } => {
                Served::Now(catalog.prompts.page("prompts", cursor.as_deref(), size, version)?)
            }
            Operation::Subscribe { uri } => match catalog.find(&uri) {
                Some(_) => Served::Now(P::object()),
                None => return Err(no_such_resource(version, &uri)),
            },
            Operation::CallTool { name, arguments } => {
                let handler = *catalog.tools.get(&name).ok_or_else(|| unknown("tool", &name))?;
                let input = arguments.unwrap_or_else(P::object);
                Served::By { handler, kind: Kind::Tool, name, input, shape: Shape::Tool }
            }
            Operation::ReadResource { uri } => {
                let Some((Reader { handler, mime_type }, variables)) = catalog.find(&uri) else {
                    return Err(no_such_resource(version, &uri));
                };
                let variables = variables.into_iter().map(|(name, text)| (name, P::string(&text)));
                let input = P::from_members(variables.collect());
                let shape = Shape::Resource { uri: uri.clone(), mime_type: mime_type.clone() };
                Served::By { handler: *handler, kind: Kind::Resource, name: uri, input, shape }
            }
            Operation::GetPrompt { name, arguments } => {
                let found = catalog.prompts.get(&name);
                let (declared, handler) = found.ok_or_else(|| unknown("prompt", &name))?;
                let input = arguments.unwrap_or_else(P::object);
                check_arguments(declared, &input)?;
                let (handler, kind) = (*handler, Kind::Prompt);
                Served::By { handler, kind, name, input, shape: Shape::Prompt }
            }
            Operation::Complete { reference, argument, value, arguments } => {
                let Some(handler) = catalog.completion else {
                    let text = "there are no suggestions";
                    return Err(RpcError::new(code::METHOD_NOT_FOUND, text));
                };
                let (about, name) = self.argument(&reference, &argument)?;
                let mut input = P::object();
                input.set_text(about, &name);
                input.set_text("argument", &argument);
                input.set_text("value", &value);
                input.set("arguments", arguments.unwrap_or_else(P::object));
                let (kind, shape) = (Kind::Completion, Shape::Completion);
                Served::By { handler, kind, name, input, shape }
            }
        })
    }

    /// What is completed: `prompt` or `resource`, and its name.
    fn argument(
        &self,
        reference: &Reference,
        argument: &str,
    ) -> Result<(&'static str, String), RpcError<P>> {
        let (about, name, is_known) = match reference {
            Reference::Prompt(name) => {
                let found = self.catalog.prompts.get(name);
                let (declared, _) = found.ok_or_else(|| unknown("prompt", name))?;
                ("prompt", name, declared.iter().any(|known| known.name == argument))
            }
            Reference::Resource(uri) => {
                let found = self.catalog.templates.get(uri);
                let (template, _) = found.ok_or_else(|| unknown("resource template", uri))?;
                ("resource", uri, template.has(argument))
            }
        };
        if is_known { Ok((about, name.clone())) } else { Err(unknown("argument", argument)) }
    }
}
