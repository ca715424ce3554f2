//! The pipeline without the store, on as many threads as are meant for it.

use std::{sync::Arc, time::Duration};

use super::{App, AppError};
use crate::{
    article::{Draft, Processed, RawDraft, Violation},
    pipeline::Features,
};

/// Worth waiting when all places are taken; about the time of a few articles.
const BUSY_RETRY_DELAY: Duration = Duration::from_millis(500);

impl App {
    /// Checks and processes; stores nothing. `Busy` when too many are waiting.
    pub async fn analyze(
        &self,
        draft: RawDraft,
        features: Features,
        mut violations: Vec<Violation>,
    ) -> Result<(Arc<Draft>, Processed), AppError> {
        let pipeline = self.pipeline.get();
        let draft = match Draft::new(draft, self.limits) {
            Ok(draft) if violations.is_empty() => Arc::new(draft),
            Ok(_) => return Err(AppError::Invalid(violations)),
            Err(more) => {
                violations.extend(more);
                return Err(AppError::Invalid(violations));
            }
        };
        let place = self.analysis_places.clone().try_acquire_owned();
        let place = place.map_err(|_| AppError::Busy { retry_delay: BUSY_RETRY_DELAY })?;
        let thread = self.analysis_threads.clone().acquire_owned().await;
        let work = tokio::task::spawn_blocking({
            let draft = draft.clone();
            move || {
                // Held by the work, not by the caller: one that leaves must not let more in than there are threads.
                let _held = (place, thread);
                pipeline.process_features(&draft, features, &mut |_| {})
            }
        });
        let processed = work
            .await
            .map_err(|crash| AppError::Internal(format!("the analysis did not end: {crash}"), None))?;
        Ok((draft, processed))
    }
}
