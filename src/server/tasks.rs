//! The handlers of one connection, run together without a runtime.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// A future that can move between threads.
pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How a task ended.
pub(super) enum Ended<T> {
    /// With its value.
    Value(T),
    /// With a panic, which the panic hook has reported.
    Panicked,
}

/// Futures named by a key. By hand: `futures-concurrency`'s group does not keep a panic of one future from
/// the others, nor leave what was woken for a later turn. Only those that were woken are polled, so a thousand waiting handlers
/// cost nothing while one of them runs.
pub(super) struct TaskSet<K, T> {
    tasks: BTreeMap<K, Task<K, T>>,
    ready: Arc<Ready<K>>,
}

struct Task<K, T> {
    future: BoxFuture<T>,
    waker: Arc<TaskWaker<K>>,
}

struct Ready<K> {
    state: Mutex<ReadyState<K>>,
}

struct ReadyState<K> {
    keys: VecDeque<K>,
    /// Wakes whoever polls the set.
    parent: Option<Waker>,
}

struct TaskWaker<K> {
    key: K,
    /// Already among the ready ones.
    queued: AtomicBool,
    ready: Arc<Ready<K>>,
}

impl<K: Copy + Ord + Send + Sync + 'static, T> TaskSet<K, T> {
    pub(super) fn new() -> Self {
        let state = ReadyState { keys: VecDeque::new(), parent: None };
        Self { tasks: BTreeMap::new(), ready: Arc::new(Ready { state: Mutex::new(state) }) }
    }

    /// Adds a future, to be polled at the next [`poll`](Self::poll).
    pub(super) fn insert(&mut self, key: K, future: BoxFuture<T>) {
        let ready = Arc::clone(&self.ready);
        let waker = Arc::new(TaskWaker { key, queued: AtomicBool::new(false), ready });
        waker.wake_by_ref();
        self.tasks.insert(key, Task { future, waker });
    }

    /// Removes a future, dropping it.
    pub(super) fn remove(&mut self, key: K) {
        if let Some(task) = self.tasks.remove(&key) {
            // A panic while dropping is the handler's own; it must not take the connection along.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
        }
    }

    /// Polls one future, whether it was woken or not. A future that ends is removed.
    pub(super) fn poll_one(&mut self, key: K) -> Option<Ended<T>> {
        let task = self.tasks.get_mut(&key)?;
        // Cleared first: a wake during the poll must count.
        task.waker.queued.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&task.waker));
        let future = &mut task.future;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            future.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        let ended = match polled {
            Ok(Poll::Pending) => return None,
            Ok(Poll::Ready(value)) => Ended::Value(value),
            Err(_) => Ended::Panicked,
        };
        self.remove(key);
        Some(ended)
    }

    /// Those that were woken since the last time, each to be polled once. What is woken meanwhile is
    /// for the next time, so that the caller comes to its turn.
    pub(super) fn take_ready(&mut self, cx: &mut Context<'_>) -> VecDeque<K> {
        let mut ready = self.ready.lock();
        ready.parent = Some(cx.waker().clone());
        std::mem::take(&mut ready.keys)
    }

    /// Leaves some of those for the next time.
    pub(super) fn put_back(&mut self, mut keys: VecDeque<K>) {
        let mut ready = self.ready.lock();
        keys.append(&mut ready.keys);
        ready.keys = keys;
    }
}

impl<K> Ready<K> {
    fn lock(&self) -> MutexGuard<'_, ReadyState<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Send + Sync + 'static> Wake for TaskWaker<K> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let parent = {
            let mut ready = self.ready.lock();
            ready.keys.push_back(self.key);
            ready.parent.clone()
        };
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}
