//! How long work reports its progress without knowing a terminal.

use std::sync::Arc;

type Listener = dyn Fn(&str, u64, u64) + Send + Sync;

/// Told by a room how far it is; silent unless somebody listens.
#[derive(Clone, Default)]
pub struct Meter {
    listener: Option<Arc<Listener>>,
}

impl Meter {
    /// A meter that calls `listener(step, done, total)`.
    pub fn new(listener: impl Fn(&str, u64, u64) + Send + Sync + 'static) -> Self {
        Self {
            listener: Some(Arc::new(listener)),
        }
    }

    /// A meter nobody listens to.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// `done` of `total` units of the named step are finished.
    pub fn report(&self, step: &str, done: u64, total: u64) {
        if let Some(listener) = &self.listener {
            listener(step, done, total);
        }
    }
}
