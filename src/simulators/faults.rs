//! What may go wrong on purpose: faults wait in a queue until a call comes that they are meant for.
//!
//! A fault either replaces the call (nothing happens behind it) or spoils its answer (the effect did happen).
//! Which of the two it is stands at each variant: the tests of "exactly once" rest on the difference.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;
use serde_json::Value;

/// One thing that goes wrong with one call.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// This status with the usual error body; no effect.
    Status(u16),
    /// 429 with an empty body and nothing else; no effect.
    EmptyRateLimit,
    /// This status with a `Retry-After` in seconds and an empty body; no effect.
    RetryAfter {
        /// Normally 429 or 503.
        status: u16,
        /// The value of the header.
        seconds: u32,
    },
    /// 200 with an HTML page, as a proxy or a web app's shell gives; no effect.
    Html200,
    /// `{}` instead of the right body; the effect happens.
    EmptyObject,
    /// `{"data":null}` instead of the right body; the effect happens.
    DataNull,
    /// The first half of the right body as if it were all; the effect happens.
    CutOffJson,
    /// This instead of the right body; the effect happens.
    WrongContent(Value),
    /// No answer until the client gives up (at most 60 s); no effect.
    Timeout,
    /// Half of the right body, then the connection breaks; the effect happens.
    ResetMidBody,
    /// A body of this many bytes; the effect happens.
    HugeBody(usize),
    /// 307 to this URL, which keeps method and body; no effect.
    RedirectTo(String),
    /// The connection breaks instead of the answer; the effect happens.
    AnswerLost,
    /// No answer until the client gives up (at most 60 s); the effect happens.
    AnswerHangs,
    /// The connection breaks before anything happens.
    FailBeforeEffect,
}

/// Which calls a waiting fault is meant for.
#[derive(Debug)]
enum Target {
    Any,
    /// Beginning of the path with its query; after a method and a space: only calls with that method.
    Prefix(String),
    /// Everything but GET.
    Write,
}

impl Target {
    fn matches(&self, method: &Method, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Write => method != Method::GET,
            Self::Prefix(prefix) => match prefix.split_once(' ') {
                Some((only, prefix)) => method.as_str() == only && path.starts_with(prefix),
                None => path.starts_with(prefix.as_str()),
            },
        }
    }
}

#[derive(Debug)]
struct Waiting {
    target: Target,
    fault: Fault,
    left: usize,
}

/// The queue: the first fault that is meant for a call is used up by it.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Waiting>>);

impl Faults {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, target: Target, fault: Fault, times: usize) {
        if times > 0 {
            self.waiting().push(Waiting { target, fault, left: times });
        }
    }

    pub(super) fn next(&self, fault: Fault) {
        self.add(Target::Any, fault, 1);
    }

    pub(super) fn on_path(&self, prefix: &str, fault: Fault, times: usize) {
        self.add(Target::Prefix(prefix.to_owned()), fault, times);
    }

    pub(super) fn on_write(&self, fault: Fault, times: usize) {
        self.add(Target::Write, fault, times);
    }

    pub(super) fn clear(&self) {
        self.waiting().clear();
    }

    pub(super) fn left(&self) -> usize {
        self.waiting().iter().map(|waiting| waiting.left).sum()
    }

    /// Uses up the first fault that is meant for this call.
    pub(super) fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut queue = self.waiting();
        let at = queue.iter().position(|waiting| waiting.target.matches(method, path))?;
        let waiting = queue.get_mut(at)?;
        let fault = waiting.fault.clone();
        waiting.left = waiting.left.saturating_sub(1);
        if waiting.left == 0 {
            queue.remove(at);
        }
        Some(fault)
    }
}
