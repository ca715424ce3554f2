//! Pages of articles, and the filter language of listings.
//!
//! The filter is the part of AIP-160 that an index can serve: comparisons joined by AND, and values of one field joined
//! by OR in parentheses. <https://google.aip.dev/160>

pub(super) mod filter;

use super::{App, AppError, page_token};
use crate::{
    article::{Article, Summary, VersionId, View, Violation},
    store::ListKey,
};

const DEFAULT_PAGE_SIZE: i32 = 50;
const MAX_PAGE_SIZE: i32 = 500;

/// A page as asked for.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// 0: the default.
    pub page_size: i32,
    /// Empty: the first page.
    pub page_token: String,
    /// Empty: all.
    pub filter: String,
    /// Of the articles.
    pub view: View,
}

/// A page.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// Newest accepted first.
    pub articles: Vec<Article>,
    /// Empty: this was the last.
    pub next_page_token: String,
}

impl App {
    /// One page; articles accepted meanwhile do not shift it.
    pub async fn list(&self, query: ListQuery, mut violations: Vec<Violation>) -> Result<ListPage, AppError> {
        if !(0..=MAX_PAGE_SIZE).contains(&query.page_size) {
            violations.push(Violation::new(
                "page_size",
                format!("must be 1 to {MAX_PAGE_SIZE}, or 0 for {DEFAULT_PAGE_SIZE}"),
            ));
        }
        let after = match query.page_token.as_str() {
            "" => None,
            token => {
                let key = page_token::decode(token, &query.filter);
                if key.is_none() {
                    violations.push(Violation::new(
                        "page_token",
                        "is not the next_page_token of a listing with this filter; leave it empty to start over",
                    ));
                }
                key
            }
        };
        let filter = filter::parse(&query.filter).map_err(|problem| violations.push(problem));
        let Ok(mut filter) = filter else { return Err(AppError::Invalid(violations)) };
        if !violations.is_empty() {
            return Err(AppError::Invalid(violations));
        }

        let size = if query.page_size == 0 { DEFAULT_PAGE_SIZE } else { query.page_size };
        // Articles keep the ids that their results were stored with, and some may have been given up since.
        filter.entity_ids = self.store.entity_families(&filter.entity_ids).await?;
        // One more than asked for tells whether there is another page.
        let mut summaries = self.store.list_articles(&filter, after, i64::from(size) + 1).await?;
        let has_more = summaries.len() > usize::try_from(size).unwrap_or(usize::MAX);
        summaries.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let last = summaries
            .last()
            .filter(|_| has_more)
            .map(|summary| ListKey { accepted_time: summary.accepted_time, article_id: summary.article_id });
        Ok(ListPage {
            articles: self.with_view(summaries, query.view).await?,
            next_page_token: last.map_or(String::new(), |key| page_token::encode(key, &query.filter)),
        })
    }

    async fn with_view(&self, summaries: Vec<Summary>, view: View) -> Result<Vec<Article>, AppError> {
        let mut full = if view == View::Basic {
            Default::default()
        } else {
            let ids: Vec<VersionId> = summaries.iter().map(Summary::version_id).collect();
            self.store.get_versions(&ids, view).await?
        };
        let complete = |summary: Summary| {
            let id = summary.version_id();
            full.remove(&id).unwrap_or(Article { summary, result: None, body: None })
        };
        Ok(summaries.into_iter().map(complete).collect())
    }
}
