//! Loading models from files, and name lists from the store whenever they change.

use std::{path::Path, sync::Arc, time::Duration};

use copydesk_gazetteer::{Format, Gazetteer, List, Options, parse};
use copydesk_ner::Model;
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::ServerError;
use crate::{
    config::Config,
    pipeline::{Current, Pipeline},
    store::{GazetteerMark, GazetteerRow, Store, StoreError},
};

/// How often the lists are looked at although nobody said that they changed.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Reads the models that the configuration names.
pub(super) async fn models(config: &Config) -> Result<Pipeline, ServerError> {
    let config = config.clone();
    let loading = tokio::task::spawn_blocking(move || {
        let mut models = Vec::new();
        for (language, file) in &config.models {
            models.push((language.clone(), model(file)?));
        }
        let pipeline = Pipeline::with_models(models).map_err(|error| ServerError::Model {
            name: "built in".to_owned(),
            problem: error.to_string(),
        })?;
        let pipeline = match &config.accurate_model {
            Some(file) => pipeline.with_accurate_model(model(file)?),
            None => pipeline,
        };
        Ok(pipeline.with_accuracy(config.accuracy.into(), config.balanced_certainty))
    });
    loading
        .await
        .map_err(|crash| ServerError::Model { name: "loader".to_owned(), problem: crash.to_string() })?
}

fn model(file: &Path) -> Result<Model, ServerError> {
    let problem = |problem: String| ServerError::Model { name: file.display().to_string(), problem };
    let bytes = std::fs::read(file).map_err(|error| problem(error.to_string()))?;
    Model::from_bytes(&bytes).map_err(|error| problem(error.to_string()))
}

/// Loads the stored lists, if there are any.
pub(super) async fn gazetteers(store: &Store, pipeline: &Current) -> Result<GazetteerMark, StoreError> {
    let mark = store.gazetteer_mark().await?;
    if mark != GazetteerMark::default() {
        load(store, pipeline, mark).await?;
    }
    Ok(mark)
}

/// Loads the lists anew whenever they have changed; until stopped.
pub(super) async fn follow_gazetteers(
    store: Store,
    pipeline: Current,
    mut loaded: GazetteerMark,
    reload: Arc<Notify>,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = reload.notified() => {}
            () = sleep(POLL_INTERVAL) => {}
        }
        // An outage of the store is told elsewhere; the lists in use stay in use.
        let Ok(mark) = store.gazetteer_mark().await else { continue };
        if mark == loaded {
            continue;
        }
        match load(&store, &pipeline, mark).await {
            Ok(()) => loaded = mark,
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "the gazetteers could not be loaded; trying again"
                );
            }
        }
    }
}

async fn load(store: &Store, pipeline: &Current, mark: GazetteerMark) -> Result<(), StoreError> {
    let mut stored = Vec::new();
    for row in store.list_gazetteers().await? {
        if let Some(content) = store.gazetteer_content(&row.name).await? {
            stored.push((row, content));
        }
    }
    let compiled = tokio::task::spawn_blocking(move || {
        let lists: Vec<List> = stored.into_iter().filter_map(|(row, content)| read(row, &content)).collect();
        Gazetteer::compile(&lists)
    });
    match compiled.await {
        Ok(Ok(gazetteer)) => {
            info!(
                gazetteer.revision = mark.revision,
                gazetteer.names = gazetteer.len(),
                "gazetteers are loaded"
            );
            let current = pipeline.get();
            pipeline.replace(current.with_gazetteer(gazetteer, mark.revision));
            Ok(())
        }
        Ok(Err(error)) => Err(StoreError::Damaged(format!("the gazetteers cannot be compiled: {error}"))),
        Err(crash) => Err(StoreError::Damaged(format!("compiling the gazetteers did not end: {crash}"))),
    }
}

fn read(row: GazetteerRow, content: &[u8]) -> Option<List> {
    let format = match row.format {
        1 => Format::Csv,
        2 => Format::Jsonl,
        _ => return None,
    };
    let options = Options {
        fold_case: row.fold_case,
        fold_diacritics: row.fold_diacritics,
        whole_words: !row.inside_words,
    };
    Some(List { name: row.name, options, entries: parse(format, content).entries })
}
