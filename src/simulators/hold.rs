//! Calls that a test holds: they have arrived, and nothing happens with them before the test lets them continue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use tokio::sync::watch;

use super::faults::Target;

/// Holds calls until it is dropped.
#[derive(Debug)]
#[must_use = "the calls continue when this value is dropped"]
pub struct Hold {
    arrived: Arc<AtomicUsize>,
    _released_when_dropped: watch::Sender<()>,
}

impl Hold {
    /// The number of calls held so far.
    pub fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    /// Lets the calls continue.
    pub fn release(self) {}
}

/// Ends when the calls may continue.
pub(super) struct Released(watch::Receiver<()>);

impl Released {
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: the receiver sees that the sender was dropped.
        let _dropped = self.0.changed().await;
    }
}

#[derive(Debug)]
struct ActiveHold {
    target: Target,
    free: usize,
    arrived: Arc<AtomicUsize>,
    released: watch::Receiver<()>,
}

#[derive(Debug, Default)]
pub(super) struct Holds(Vec<ActiveHold>);

impl Holds {
    pub(super) fn add(&mut self, target: Target, free: usize) -> Hold {
        let (sender, released) = watch::channel(());
        let arrived = Arc::new(AtomicUsize::new(0));
        self.0.push(ActiveHold { target, free, arrived: Arc::clone(&arrived), released });
        Hold { arrived, _released_when_dropped: sender }
    }

    /// What this call must wait for, if it is held.
    pub(super) fn take(&mut self, method: &Method, path_and_query: &str) -> Option<Released> {
        self.0.retain(|hold| hold.released.has_changed().is_ok());
        let hold = self.0.iter_mut().find(|hold| hold.target.matches(method, path_and_query))?;
        if hold.free > 0 {
            hold.free -= 1;
            return None;
        }
        hold.arrived.fetch_add(1, Ordering::SeqCst);
        Some(Released(hold.released.clone()))
    }
}
