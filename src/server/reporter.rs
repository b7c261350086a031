//! Progress that counts for itself: steps, stages with weights, iterators and streams.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{self, Poll},
};

use futures_core::Stream;

use super::{
    context::{Progressed, step_aside},
    model::Context,
    values::{ProgressMessage, Quantity, Total},
};

impl Context {
    /// A reporter that counts for the tool: up to `total`, or without one when that is unknown.
    ///
    /// What it reports never decreases, and a value that has not increased is not sent again, as
    /// the protocol asks. [`report_progress`](Self::report_progress) stays the way to send each
    /// number as it is.
    ///
    /// ```
    /// # async fn example(ctx: mcp_wasm::server::Context, files: Vec<String>) {
    /// let progress = ctx.progress(files.len());
    /// for file in &files {
    ///     progress.message(format!("reading {file}"));
    ///     progress.inc(1).await;
    /// }
    /// # }
    /// ```
    pub fn progress(&self, total: impl Total) -> ProgressReporter {
        let whole = Whole { context: self.clone(), total: total.value(), sent: None, text: None };
        ProgressReporter {
            whole: Arc::new(Mutex::new(whole)),
            part: Part::all(),
            position: Arc::default(),
        }
    }
}

/// Counts how far a call has come, and reports it; see [`Context::progress`]. Cheap to clone: all
/// clones count together, so the parts of a job may run side by side.
#[derive(Clone)]
pub struct ProgressReporter {
    whole: Arc<Mutex<Whole>>,
    part: Part,
    /// How far this reporter has come, and where its next stage starts.
    position: Arc<Mutex<Position>>,
}

/// What all reporters of a call share.
struct Whole {
    context: Context,
    total: Option<f64>,
    /// The latest value that was sent.
    sent: Option<f64>,
    /// What is going on.
    text: Option<String>,
}

/// Which part of the whole a reporter is about.
#[derive(Clone)]
struct Part {
    /// Fractions of the whole; `None` for the reporter of the whole itself.
    span: Option<(f64, f64)>,
    /// How many steps the part has.
    steps: f64,
    /// Stands before its messages.
    name: Option<Arc<str>>,
}

#[derive(Default)]
struct Position {
    done: f64,
    /// The fraction of this reporter that stages have taken so far.
    staged: f64,
}

impl Part {
    fn all() -> Self {
        Self { span: None, steps: 1.0, name: None }
    }
}

impl ProgressReporter {
    /// So many steps more are done.
    ///
    /// The report is made by the call itself; awaiting it steps aside, as with
    /// [`Context::report_progress`].
    pub fn inc(&self, steps: impl Quantity) -> Progressed {
        self.add(steps.value());
        step_aside()
    }

    /// So many steps are done in all. A number below an earlier one is not reported, and neither
    /// are NaN and infinities, which also change nothing.
    pub fn set(&self, steps: impl Quantity) -> Progressed {
        let done = steps.value();
        if !done.is_finite() {
            return step_aside();
        }
        lock(&self.position).done = done;
        self.report(done);
        step_aside()
    }

    /// Says what is going on, from the next report on. Before the first report it is one, of 0.
    ///
    /// It is no report of its own, because a value may not be sent twice.
    pub fn message(&self, text: impl ProgressMessage) {
        let name = self.part.name.as_deref();
        let text = text.with(|text| match (name, text) {
            (Some(name), Some(text)) => Some(format!("{name}: {text}")),
            (Some(name), None) => Some(name.to_owned()),
            (None, text) => text.map(str::to_owned),
        });
        let mut whole = lock(&self.whole);
        whole.text = text;
        if whole.sent.is_none() {
            whole.send(0.0);
        }
    }

    /// Everything is done.
    pub fn finish(&self) -> Progressed {
        let end = if self.part.span.is_some() { Some(self.part.steps) } else { self.total() };
        end.map_or_else(step_aside, |end| self.set(end))
    }

    /// Starts the next stage of a longer job, which takes `weight` of this reporter: `0.35` is a
    /// bit more than a third. The stages' weights ought to add up to 1. The stage before counts as
    /// finished, and `name` is the message until the stage has another.
    ///
    /// A stage counts from 0 to 1, or to what [`of`](Self::of) says; it may have stages itself.
    /// A reporter without a total gets the total 1 by its first stage.
    ///
    /// ```
    /// # async fn example(ctx: mcp_wasm::server::Context, rows: Vec<String>) {
    /// let progress = ctx.progress(100);
    /// let export = progress.stage("export", 0.35).of(rows.len());
    /// for _ in &rows {
    ///     export.inc(1).await; // up to 35 of 100
    /// }
    /// progress.stage("import", 0.65).finish().await; // 100 of 100
    /// # }
    /// ```
    #[must_use]
    pub fn stage(&self, name: &str, weight: f64) -> Self {
        let (from, width) = self.part.span.unwrap_or((0.0, 1.0));
        let start = {
            let mut position = lock(&self.position);
            let start = position.staged;
            position.staged = (start + weight.max(0.0)).min(1.0);
            start
        };
        let weight = weight.clamp(0.0, 1.0 - start);
        let stage = Self {
            whole: Arc::clone(&self.whole),
            part: Part {
                span: Some((from + width * start, width * weight)),
                steps: 1.0,
                name: Some(name.into()),
            },
            position: Arc::default(),
        };
        let mut whole = lock(&self.whole);
        whole.total.get_or_insert(1.0);
        whole.text = Some(name.to_owned());
        drop(whole);
        stage.report(0.0);
        stage
    }

    /// The same stage, counting to `steps` instead of 1.
    #[must_use]
    pub fn of(mut self, steps: impl Quantity) -> Self {
        self.part.steps = steps.value();
        self
    }

    /// Goes through `items` and counts each one as done when the next is asked for.
    ///
    /// ```
    /// # fn example(ctx: mcp_wasm::server::Context, files: Vec<String>) {
    /// for file in ctx.progress(files.len()).iter(files) {
    ///     println!("{file}");
    /// }
    /// # }
    /// ```
    pub fn iter<I: IntoIterator>(&self, items: I) -> Counted<I::IntoIter> {
        Counted { items: items.into_iter(), progress: self.clone(), busy: false }
    }

    /// Goes through a stream and counts each item as done when the next is asked for.
    pub fn stream<S: Stream + Unpin>(&self, items: S) -> Counted<S> {
        Counted { items, progress: self.clone(), busy: false }
    }

    fn total(&self) -> Option<f64> {
        lock(&self.whole).total
    }

    fn add(&self, steps: f64) {
        let done = {
            let mut position = lock(&self.position);
            position.done += Some(steps).filter(|steps| steps.is_finite()).unwrap_or(0.0);
            position.done
        };
        self.report(done);
    }

    fn report(&self, done: f64) {
        let mut whole = lock(&self.whole);
        let value = match (self.part.span, whole.total) {
            (Some((from, width)), Some(total)) => {
                let share = if self.part.steps > 0.0 { done / self.part.steps } else { 1.0 };
                total * (from + width * share.clamp(0.0, 1.0))
            }
            _ => done,
        };
        if value.is_finite() && whole.sent.is_none_or(|sent| value > sent) {
            whole.send(value);
        }
    }
}

impl Whole {
    fn send(&mut self, value: f64) {
        self.sent = Some(value);
        self.context.send_progress(value, self.total, self.text.as_deref());
    }
}

/// An iterator or a stream whose items are counted; see [`ProgressReporter::iter`].
#[must_use = "iterators and streams do nothing unless they are gone through"]
pub struct Counted<T> {
    items: T,
    progress: ProgressReporter,
    /// Whether an item is out that is not done yet.
    busy: bool,
}

impl<T> Counted<T> {
    /// The item that was out is done; one more is out, or none.
    fn turn(&mut self, more: bool) {
        if self.busy {
            self.progress.add(1.0);
        } else if more {
            self.progress.add(0.0);
        }
        self.busy = more;
    }
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.next();
        self.turn(item.is_some());
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<S: Stream + Unpin> Stream for Counted<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.items).poll_next(cx);
        if let Poll::Ready(item) = &polled {
            self.turn(item.is_some());
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

/// Nothing in here can be left half-done by a panic, so a poisoned lock is still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
