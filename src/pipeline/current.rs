//! The pipeline in use. Name lists change while the service runs; an article is processed with the lists of one moment.

use std::sync::{Arc, PoisonError, RwLock};

use super::Pipeline;

/// A pipeline that can be replaced. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Current(Arc<RwLock<Pipeline>>);

impl Current {
    /// Starts with `pipeline`.
    pub fn new(pipeline: Pipeline) -> Current {
        Current(Arc::new(RwLock::new(pipeline)))
    }

    /// The pipeline of this moment; two counters are raised.
    pub fn get(&self) -> Pipeline {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What `get` gives from now on.
    pub fn replace(&self, pipeline: Pipeline) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = pipeline;
    }
}
