//! What changed between two versions.

use uuid::Uuid;

use super::{App, AppError};
use crate::article::{Article, ParagraphChange, View, Violation, diff_paragraphs};

/// What changed.
#[derive(Clone, Debug)]
pub struct VersionsDiff {
    /// The earlier version.
    pub from_version: i32,
    /// The later one.
    pub to_version: i32,
    /// Titles before and after.
    pub titles: (String, String),
    /// In the order of the text.
    pub paragraphs: Vec<ParagraphChange>,
    /// Paragraphs that are the same in both.
    pub unchanged: usize,
}

impl App {
    /// Version 0 of `to` is the latest, of `from` the one before `to`.
    pub async fn diff(&self, article_id: Uuid, from: i32, to: i32) -> Result<VersionsDiff, AppError> {
        let after = self.get(article_id, to, View::Full).await?;
        let to = after.summary.version;
        let from = if from == 0 { (to - 1).max(1) } else { from };
        let before = self.get(article_id, from, View::Full).await?;
        let (old, new) = (text(&before)?, text(&after)?);
        let (old, new) = (old.to_owned(), new.to_owned());
        let compared = tokio::task::spawn_blocking(move || diff_paragraphs(&old, &new)).await;
        let (paragraphs, unchanged) =
            compared.map_err(|crash| AppError::Internal(format!("comparing did not end: {crash}"), None))?;
        let title = |article: &Article| article.summary.title.clone().unwrap_or_default();
        Ok(VersionsDiff {
            from_version: from,
            to_version: to,
            titles: (title(&before), title(&after)),
            paragraphs,
            unchanged,
        })
    }
}

fn text(article: &Article) -> Result<&str, AppError> {
    let result = article.result.as_ref().map(|result| result.text.as_str());
    result.ok_or_else(|| {
        let version = article.summary.version;
        let description = format!("{version} has no result to compare; it waits, or was given up");
        AppError::Invalid(vec![Violation::new("version", description)])
    })
}
