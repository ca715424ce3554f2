//! ArticleService's calls to process articles again.

use copydesk_proto::v1;
use tonic::Status;

use super::{convert::Reading, status::from_app};
use crate::{
    app::{App, ReprocessCommand},
    store::ReprocessingRow,
    wire::timestamp,
};

/// Beyond this ids are not even read.
const MAX_IDS: usize = 1_000;

pub(super) async fn reprocess(
    app: &App,
    request: v1::ReprocessArticlesRequest,
) -> Result<v1::ReprocessArticlesResponse, Status> {
    let mut reading = Reading::default();
    let article_ids = match request.article_ids.as_slice() {
        [] => Vec::new(),
        ids => reading.batch_ids(ids, MAX_IDS),
    };
    let command = ReprocessCommand {
        request_id: request.request_id,
        article_ids,
        filter: request.filter,
        violations: reading.violations,
    };
    let (row, is_known) = app.reprocess(command).await.map_err(from_app)?;
    Ok(v1::ReprocessArticlesResponse { operation: Some(operation(row)), already_known: is_known })
}

pub(super) async fn get(
    app: &App,
    request: v1::GetReprocessingRequest,
) -> Result<v1::GetReprocessingResponse, Status> {
    let mut reading = Reading::default();
    let id = reading.article_id("operation_id", &request.operation_id);
    reading.finish()?;
    let row = app.reprocessing(id).await.map_err(from_app)?;
    Ok(v1::GetReprocessingResponse { operation: Some(operation(row)) })
}

fn operation(row: ReprocessingRow) -> v1::ReprocessingOperation {
    v1::ReprocessingOperation {
        operation_id: row.reprocessing_id.to_string(),
        article_count: row.article_count,
        all_queued: row.finished_time.is_some(),
        create_time: Some(timestamp(row.created_time)),
        filter: row.filter,
    }
}
