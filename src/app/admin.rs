//! What those ask who run the service.

use copydesk_gazetteer::{Format, Problem, parse};
use uuid::Uuid;

use super::{App, AppError, ListPage, ListQuery};
use crate::{
    article::{View, Violation},
    store::{GazetteerRow, QueueDetails},
};

/// Longest list, in bytes: Postgres bounds a value at 1 GiB, and a list is held twice while it is read.
const MAX_GAZETTEER_BYTES: usize = 256 << 20;

/// A name list as sent.
#[derive(Clone, Debug)]
pub struct PutGazetteer {
    /// Unique.
    pub name: String,
    /// Upper and lower case are the same.
    pub fold_case: bool,
    /// Letters with and without accents are the same.
    pub fold_diacritics: bool,
    /// Also matched inside longer words.
    pub inside_words: bool,
    /// `None`: not given.
    pub format: Option<Format>,
    /// As sent.
    pub content: Vec<u8>,
}

impl App {
    /// Counts the whole queue.
    pub async fn queue(&self) -> Result<QueueDetails, AppError> {
        Ok(self.store.queue_details().await?)
    }

    /// A page of failed articles, of one source if it is not empty.
    pub async fn failed(
        &self,
        source: &str,
        page_size: i32,
        page_token: String,
    ) -> Result<ListPage, AppError> {
        let quoted = source.replace('\\', "\\\\").replace('"', "\\\"");
        let of_source = if source.is_empty() { String::new() } else { format!(" AND source = \"{quoted}\"") };
        let filter = format!("state = FAILED{of_source}");
        self.list(ListQuery { page_size, page_token, filter, view: View::Basic }, Vec::new()).await
    }

    /// Puts failed articles back; those that had not failed are left alone.
    pub async fn retry(&self, article_ids: Vec<Uuid>) -> Result<Vec<Uuid>, AppError> {
        Ok(self.committer.retry(article_ids).await?)
    }

    /// Stores a list; every process loads it by itself.
    pub async fn put_gazetteer(&self, put: PutGazetteer) -> Result<(GazetteerRow, Vec<Problem>), AppError> {
        let format = check(&put)?;
        let (content, parsed) = tokio::task::spawn_blocking(move || {
            let parsed = parse(format, &put.content);
            (put.content, (parsed, put.name, put.fold_case, put.fold_diacritics, put.inside_words))
        })
        .await
        .map_err(|crash| AppError::Internal(format!("reading the list did not end: {crash}"), None))?;
        let (parsed, name, fold_case, fold_diacritics, inside_words) = parsed;
        if parsed.entries.is_empty() {
            let first = parsed.problems.first();
            let why = first.map(|problem| format!("; line {}: {}", problem.line, problem.message));
            let description = format!("has no line that can be read{}", why.unwrap_or_default());
            return Err(AppError::Invalid(vec![Violation::new("content", description)]));
        }
        let row = GazetteerRow {
            name,
            fold_case,
            fold_diacritics,
            inside_words,
            format: format_number(format),
            entry_count: i32::try_from(parsed.entries.len()).unwrap_or(i32::MAX),
            problem_count: i32::try_from(parsed.problem_count).unwrap_or(i32::MAX),
            revision: 0,
            updated_time: time::OffsetDateTime::UNIX_EPOCH,
        };
        let stored = self.store.put_gazetteer(&row, &content).await?;
        self.gazetteers_changed().await;
        Ok((stored, parsed.problems))
    }

    /// All lists, by name.
    pub async fn list_gazetteers(&self) -> Result<Vec<GazetteerRow>, AppError> {
        Ok(self.store.list_gazetteers().await?)
    }

    /// `NotFound` if there is none.
    pub async fn delete_gazetteer(&self, name: &str) -> Result<(), AppError> {
        if !self.store.delete_gazetteer(name).await? {
            return Err(AppError::NotFound(format!("gazetteer {name}")));
        }
        self.gazetteers_changed().await;
        Ok(())
    }

    /// A hint that is lost costs others a poll.
    async fn gazetteers_changed(&self) {
        self.reload_gazetteers.notify_one();
        let _ = self.store.hint().await;
    }
}

fn check(put: &PutGazetteer) -> Result<Format, AppError> {
    let mut violations = Vec::new();
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if put.name.is_empty() || put.name.len() > 63 || !put.name.bytes().all(is_sound) {
        violations
            .push(Violation::new("name", "must be 1 to 63 letters, digits, dots, dashes or underscores"));
    }
    if put.format.is_none() {
        violations
            .push(Violation::new("format", "is not set; use GAZETTEER_FORMAT_CSV or GAZETTEER_FORMAT_JSONL"));
    }
    if put.content.is_empty() {
        violations.push(Violation::new("content", "is empty; send the list"));
    }
    if put.content.len() > MAX_GAZETTEER_BYTES {
        let description =
            format!("is {} bytes long; at most {MAX_GAZETTEER_BYTES} are allowed", put.content.len());
        violations.push(Violation::new("content", description));
    }
    match put.format {
        Some(format) if violations.is_empty() => Ok(format),
        Some(_) | None => Err(AppError::Invalid(violations)),
    }
}

/// As the database numbers them.
fn format_number(format: Format) -> i16 {
    match format {
        Format::Csv => 1,
        Format::Jsonl => 2,
    }
}
