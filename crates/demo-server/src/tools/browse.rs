//! Something to browse: resources, one of which changes, a family of them, and prompts.

use std::sync::{Arc, Mutex, PoisonError};

use mcp_wasm::server::{
    Completion, CompletionRequest, Context, Json, Prompt, PromptMessage, Reference, Resource,
    ResourceTemplate, Server, ServerBuilder,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NOTES: &str = "demo://notes";
const NOTE: &str = "demo://notes/{number}";
/// Notes that are kept; the oldest give way.
const NOTES_LIMIT: usize = 100;
/// Bytes of a note.
const NOTE_LIMIT: usize = 10_000;

const ABOUT: &str = "# Progress demo

A server whose tools take a while and say how far they are. `add_note` changes the resource
`demo://notes`, and adds one of its own: whoever wants to know is told.
";

/// A bar that is half done.
const PICTURE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="120" height="24">
  <rect width="120" height="24" rx="6" fill="#ddd"/>
  <rect width="60" height="24" rx="6" fill="#36c"/>
</svg>
"##;

const LANGUAGES: [&str; 8] =
    ["C", "C++", "Go", "Java", "JavaScript", "Python", "Rust", "TypeScript"];
const READERS: [&str; 4] = ["a child", "a colleague", "an expert", "a newcomer"];

/// The notes, with the number of the first.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<(usize, Vec<String>)>>);

impl Notes {
    /// Adds a note; its number, and that of the one that gives way.
    fn add(&self, text: String) -> (usize, Option<usize>) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, all) = &mut *notes;
        all.push(text);
        let mut gone = None;
        if all.len() > NOTES_LIMIT {
            all.remove(0);
            *first += 1;
            gone = Some(*first);
        }
        (*first + all.len(), gone)
    }

    fn get(&self, number: usize) -> Option<String> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.1.get(number.checked_sub(notes.0 + 1)?).cloned()
    }

    /// All of them, with their numbers from 1.
    fn all(&self) -> Vec<(usize, String)> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (notes.0 + 1..).zip(notes.1.iter().cloned()).collect()
    }
}

pub(super) fn add(builder: ServerBuilder) -> ServerBuilder {
    let notes = Notes::default();
    prompts(resources(builder, &notes)).completion(move |request: CompletionRequest, _| {
        let found = suggest(&request, &notes);
        async move { found }
    })
}

#[derive(Deserialize, JsonSchema)]
struct AddNote {
    /// What to note down
    #[schemars(length(max = NOTE_LIMIT))]
    text: String,
}

#[derive(Serialize)]
struct Added {
    number: usize,
}

#[derive(Deserialize)]
struct Note {
    number: String,
}

fn resources(builder: ServerBuilder, notes: &Notes) -> ServerBuilder {
    let [writer, lister, finder] = [(); 3].map(|()| notes.clone());
    builder
        .tool(
            "add_note",
            "Adds a note: a line of the resource `demo://notes`, and a resource of its own",
            move |args: AddNote, ctx: Context| {
                let notes = writer.clone();
                async move {
                    if args.text.len() > NOTE_LIMIT {
                        return Err(format!("a note has at most {NOTE_LIMIT} bytes"));
                    }
                    let (number, gone) = notes.add(args.text);
                    if let Some(gone) = gone {
                        ctx.server().remove_resource(&format!("{NOTES}/{gone}"));
                    }
                    list(ctx.server(), notes, number);
                    ctx.server().resource_updated(NOTES);
                    Ok(Json(Added { number }))
                }
            },
        )
        .resource(
            Resource::new("demo://about", "about")
                .title("About this server")
                .description("What this server is for")
                .mime_type("text/markdown"),
            |_| async { ABOUT },
        )
        .resource(
            Resource::new(NOTES, "notes")
                .title("Notes")
                .description("What `add_note` has noted down, a line each; changes can be followed")
                .mime_type("text/plain"),
            move |_| {
                let notes = lister.all();
                async move {
                    let lines = notes.iter().map(|(number, text)| format!("{number}. {text}"));
                    lines.collect::<Vec<_>>().join("\n")
                }
            },
        )
        .resource(
            Resource::new("demo://picture", "picture")
                .title("A picture")
                .description("A bar that is half done")
                .mime_type("image/svg+xml"),
            |_| async { PICTURE.as_bytes().to_vec() },
        )
        .resource_template(
            ResourceTemplate::new(NOTE, "note")
                .title("A note")
                .description("One of the notes, by its number")
                .mime_type("text/plain"),
            move |Note { number }: Note, _| {
                let found = number.parse().ok().and_then(|number| finder.get(number));
                async move { found }
            },
        )
}

/// Lists a note among the resources.
fn list(server: &Server, notes: Notes, number: usize) {
    let resource = Resource::new(format!("{NOTES}/{number}"), format!("note {number}"))
        .description("A note")
        .mime_type("text/plain");
    server.add_resource(resource, move |_| {
        let found = notes.get(number);
        async move { found }
    });
}

#[derive(Deserialize, JsonSchema)]
struct Explain {
    /// What is to be explained
    topic: String,
    /// Who is to understand it
    reader: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Review {
    language: String,
    code: String,
}

fn prompts(builder: ServerBuilder) -> ServerBuilder {
    let review = Prompt::new("review_code", "Asks for a review of a piece of code")
        .title("Review code")
        .required("language", "The language that it is written in")
        .required("code", "The code");
    builder
        .prompt("explain", "Asks for an explanation", |args: Explain, _| async move {
            let reader = args.reader.as_deref().unwrap_or("a newcomer");
            format!("Explain {} to {reader}, in a few sentences.", args.topic)
        })
        .prompt_with(review, |args: Review, _| async move {
            vec![
                PromptMessage::user(format!(
                    "Review this {} code. Say what is wrong before what could be nicer.",
                    args.language
                )),
                PromptMessage::assistant("Gladly. Show me the code."),
                PromptMessage::user(args.code),
            ]
        })
}

fn suggest(request: &CompletionRequest, notes: &Notes) -> Completion {
    let typed = &request.value;
    match (&request.reference, request.argument.as_str()) {
        (Reference::Prompt(_), "language") => Completion::matching(typed, LANGUAGES),
        (Reference::Prompt(_), "reader") => Completion::matching(typed, READERS),
        (Reference::Resource(_), "number") => {
            let numbers = notes.all().into_iter().map(|(number, _)| number.to_string());
            Completion::matching(typed, numbers)
        }
        _ => Completion::default(),
    }
}
