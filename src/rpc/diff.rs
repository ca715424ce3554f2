//! ArticleService.DiffVersions.

use copydesk_proto::v1;
use tonic::Status;

use super::{convert::Reading, status::from_app};
use crate::{app::App, article::ParagraphChange};

pub(super) async fn diff(
    app: &App,
    request: v1::DiffVersionsRequest,
) -> Result<v1::DiffVersionsResponse, Status> {
    let mut reading = Reading::default();
    let article_id = reading.article_id("article_id", &request.article_id);
    for (field, version) in [("from_version", request.from_version), ("to_version", request.to_version)] {
        if version < 0 {
            reading.refuse(field, "is below 0; versions count from 1");
        }
    }
    reading.finish()?;
    let diff = app.diff(article_id, request.from_version, request.to_version).await.map_err(from_app)?;
    let (before, after) = diff.titles;
    Ok(v1::DiffVersionsResponse {
        from_version: diff.from_version,
        to_version: diff.to_version,
        title: (before != after).then_some(v1::TextChange { before, after }),
        paragraphs: diff.paragraphs.into_iter().map(paragraph).collect(),
        unchanged_count: i32::try_from(diff.unchanged).unwrap_or(i32::MAX),
    })
}

fn paragraph(change: ParagraphChange) -> v1::ParagraphChange {
    use v1::ParagraphChangeKind as Kind;
    let (kind, before, after) = match change {
        ParagraphChange::Added(after) => (Kind::Added, String::new(), after),
        ParagraphChange::Removed(before) => (Kind::Removed, before, String::new()),
        ParagraphChange::Changed { before, after } => (Kind::Changed, before, after),
    };
    v1::ParagraphChange { kind: i32::from(kind), before, after }
}
