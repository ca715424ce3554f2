//! Stored name lists.

use time::OffsetDateTime;

use super::{Store, StoreError};

/// A list without its content.
#[derive(Clone, Debug, PartialEq)]
pub struct GazetteerRow {
    /// Unique.
    pub name: String,
    /// Upper and lower case are the same.
    pub fold_case: bool,
    /// Letters with and without accents are the same.
    pub fold_diacritics: bool,
    /// Also matched inside longer words.
    pub inside_words: bool,
    /// 1 CSV, 2 JSONL.
    pub format: i16,
    /// Names that can be matched.
    pub entry_count: i32,
    /// Lines that could not be read.
    pub problem_count: i32,
    /// Assigned by the store.
    pub revision: i64,
    /// Assigned by the store.
    pub updated_time: OffsetDateTime,
}

/// Tells whether the lists have changed: the number of lists and the greatest revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GazetteerMark {
    /// Lists.
    pub count: i64,
    /// The greatest.
    pub revision: i64,
}

impl Store {
    /// One row; cheap enough for a timer.
    pub async fn gazetteer_mark(&self) -> Result<GazetteerMark, StoreError> {
        let row = sqlx::query!(
            r#"select count(*) as "count!", coalesce(max(revision), 0) as "revision!" from gazetteers"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(GazetteerMark { count: row.count, revision: row.revision })
    }

    /// All lists by name, without their content.
    pub async fn list_gazetteers(&self) -> Result<Vec<GazetteerRow>, StoreError> {
        let rows = sqlx::query_as!(
            GazetteerRow,
            "select name, fold_case, fold_diacritics, inside_words, format, entry_count, problem_count, revision,
                 updated_time
             from gazetteers order by name"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// A list's content as it was given; `None` if it is gone.
    pub async fn gazetteer_content(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query!("select content from gazetteers where name = $1", name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.content))
    }

    /// Stores a list in place of one of the same name; `revision` and `updated_time` of `row` are not looked at.
    pub async fn put_gazetteer(
        &self,
        row: &GazetteerRow,
        content: &[u8],
    ) -> Result<GazetteerRow, StoreError> {
        let stored = sqlx::query_as!(
            GazetteerRow,
            "insert into gazetteers (name, fold_case, fold_diacritics, inside_words, format, content, entry_count,
                 problem_count, revision, updated_time)
             values ($1, $2, $3, $4, $5, $6, $7, $8, nextval('gazetteer_revision'), now())
             on conflict (name) do update set fold_case = excluded.fold_case,
                 fold_diacritics = excluded.fold_diacritics, inside_words = excluded.inside_words,
                 format = excluded.format, content = excluded.content, entry_count = excluded.entry_count,
                 problem_count = excluded.problem_count, revision = excluded.revision,
                 updated_time = excluded.updated_time
             returning name, fold_case, fold_diacritics, inside_words, format, entry_count, problem_count, revision,
                 updated_time",
            row.name,
            row.fold_case,
            row.fold_diacritics,
            row.inside_words,
            row.format,
            content,
            row.entry_count,
            row.problem_count
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(stored)
    }

    /// False if there is none of that name.
    pub async fn delete_gazetteer(&self, name: &str) -> Result<bool, StoreError> {
        let done = sqlx::query!("delete from gazetteers where name = $1", name).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }
}
