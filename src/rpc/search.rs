//! ArticleService.SearchArticles.

use std::ops::Range;

use copydesk_proto::v1;
use tonic::Status;

use super::{answer, convert::Reading, offsets::Offsets, status::from_app};
use crate::{
    app::{App, SearchCommand, SearchResult},
    article::View,
    wire,
};

pub(super) async fn search(
    app: &App,
    request: v1::SearchArticlesRequest,
) -> Result<v1::SearchArticlesResponse, Status> {
    let mut reading = Reading::default();
    let encoding = reading.encoding(request.offset_encoding);
    let view = reading.view(request.view, v1::ArticleView::Basic, encoding);
    let command = SearchCommand {
        query: request.query,
        page_size: request.page_size,
        page_token: request.page_token,
        filter: request.filter,
        view,
        violations: reading.violations,
    };
    let page = app.search(command).await.map_err(from_app)?;
    Ok(v1::SearchArticlesResponse {
        results: page.results.iter().map(|found| result(found, view, encoding)).collect(),
        next_page_token: page.next_page_token,
        limited: page.is_limited,
    })
}

fn result(found: &SearchResult, view: View, encoding: v1::OffsetEncoding) -> v1::SearchResult {
    let article = match view {
        View::Basic => wire::article(&found.article.summary),
        View::Full | View::FullWithBody => answer::article(&found.article, encoding),
    };
    let title = found.article.summary.title.as_deref().unwrap_or_default();
    v1::SearchResult {
        article: Some(article),
        score: found.score,
        snippet: Some(v1::Snippet {
            text: found.snippet.text.clone(),
            highlights: highlights(&found.snippet.text, &found.snippet.marks, encoding),
            is_start: found.snippet.begin == 0,
        }),
        title_highlights: highlights(title, &found.title_marks, encoding),
    }
}

fn highlights(text: &str, marks: &[Range<usize>], encoding: v1::OffsetEncoding) -> Vec<v1::Highlight> {
    let offsets = Offsets::new(text, encoding);
    let highlight = |mark: &Range<usize>| v1::Highlight {
        begin: offsets.convert(mark.start),
        end: offsets.convert(mark.end),
    };
    marks.iter().map(highlight).collect()
}
