//! Functions of the user's, and values that come once: for one thread in a page, for many elsewhere.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Here;
use super::platform::Platform;

/// `Send`, natively. In a page all is one thread, and everything is this.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + ?Sized> MaybeSend for T {}

/// `Send` and `Sync`, natively. In a page all is one thread, and everything is this.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSync: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync + ?Sized> MaybeSync for T {}

/// `Send`, natively. In a page all is one thread, and everything is this.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSend for T {}

/// `Send` and `Sync`, natively. In a page all is one thread, and everything is this.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSync {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSync for T {}

#[cfg(not(target_arch = "wasm32"))]
type Function<T> = Box<dyn FnMut(T) + Send>;
#[cfg(target_arch = "wasm32")]
type Function<T> = Box<dyn FnMut(T)>;

/// What is behind a lock. No function of the user's runs while one is held, so none of them can have
/// left it half done.
pub(super) fn lock<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A function of the user's. It is out of its place while it runs, so nothing is borrowed then.
pub(super) struct Callback<T>(Mutex<Option<Function<T>>>);

impl<T> Callback<T> {
    pub fn new(function: impl FnMut(T) + MaybeSend + 'static) -> Self {
        Self(Mutex::new(Some(Box::new(function))))
    }

    pub fn call(&self, value: T) {
        let function = lock(&self.0).take();
        if let Some(mut function) = function {
            Here::run(|| function(value));
            lock(&self.0).replace(function);
        }
    }
}

/// A value that comes once, and whoever waits for it.
pub(super) struct Once<T>(Mutex<(Option<T>, Option<Waker>)>);

impl<T> Once<T> {
    pub fn new() -> Self {
        Self(Mutex::new((None, None)))
    }

    pub fn set(&self, value: T) {
        let waker = {
            let mut inner = lock(&self.0);
            inner.0 = Some(value);
            inner.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether it is there and not taken.
    pub fn is_set(&self) -> bool {
        lock(&self.0).0.is_some()
    }

    pub fn poll(&self, context: &mut Context<'_>) -> Poll<T> {
        let mut inner = lock(&self.0);
        if let Some(value) = inner.0.take() {
            return Poll::Ready(value);
        }
        inner.1 = Some(context.waker().clone());
        Poll::Pending
    }
}
