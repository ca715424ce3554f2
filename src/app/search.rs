//! Searching: the newest matches, ranked, with the part of each text that shows why.
//!
//! Ranked are the newest 1,000 matches, so that a common word costs no more than a rare one. A page token holds the moment
//! of the first page and where the page ended: later articles do not shift later pages.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{App, AppError, listing::filter, page_token};
use crate::{
    article::{
        Article, State, VersionId, View, Violation,
        search::{SearchQuery, Snippet, TimeRange, marks, snippet},
    },
    store::{ListFilter, TextMatch, TextSearch},
};

const DEFAULT_PAGE_SIZE: i32 = 20;
const MAX_PAGE_SIZE: i32 = 100;
/// Matches that are ranked.
const MAX_RANKED: i64 = 1_000;
/// After this time freshness counts half.
const HALF_LIFE_DAYS: f64 = 30.0;
const TOKEN_BYTES: usize = 16 + 8 + 16;

/// A search as asked for.
#[derive(Clone, Debug)]
pub struct SearchCommand {
    /// As typed.
    pub query: String,
    /// 0: the default.
    pub page_size: i32,
    /// Empty: the first page.
    pub page_token: String,
    /// Empty: all.
    pub filter: String,
    /// Of the articles.
    pub view: View,
    /// What was wrong already when the request was read.
    pub violations: Vec<Violation>,
}

/// A page.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// Best first.
    pub results: Vec<SearchResult>,
    /// Empty: this was the last.
    pub next_page_token: String,
    /// There are older matches, which are not ranked.
    pub is_limited: bool,
}

/// An article that was found.
#[derive(Clone, Debug)]
pub struct SearchResult {
    /// In the view that was asked for.
    pub article: Article,
    /// Rank of the words, halved at most by age.
    pub score: f64,
    /// From the text.
    pub snippet: Snippet,
    /// What was found in the title, in bytes.
    pub title_marks: Vec<std::ops::Range<usize>>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    /// When the first page was made: what came later does not count, and ages are counted from here.
    as_of: OffsetDateTime,
    score: f64,
    article_id: Uuid,
}

impl App {
    /// One page.
    pub async fn search(&self, command: SearchCommand) -> Result<SearchPage, AppError> {
        let mut violations = command.violations;
        let key = format!("{}\0{}", command.query, command.filter);
        if !(0..=MAX_PAGE_SIZE).contains(&command.page_size) {
            let description = format!("must be 1 to {MAX_PAGE_SIZE}, or 0 for {DEFAULT_PAGE_SIZE}");
            violations.push(Violation::new("page_size", description));
        }
        let place = Place::decode(&command.page_token, &key);
        if place.is_none() && !command.page_token.is_empty() {
            violations.push(Violation::new(
                "page_token",
                "is not the next_page_token of a search for this query and filter; leave it empty to start over",
            ));
        }
        let query = SearchQuery::parse(&command.query)
            .map_err(|problem| violations.push(Violation::new("query", problem)));
        let filter = filter::parse(&command.filter).map_err(|problem| violations.push(problem));
        let (Ok(query), Ok(mut filter)) = (query, filter) else { return Err(AppError::Invalid(violations)) };
        if !violations.is_empty() {
            return Err(AppError::Invalid(violations));
        }

        // Articles keep the ids that their results were stored with, and some may have been given up since.
        filter.entity_ids = self.store.entity_families(&filter.entity_ids).await?;
        let as_of = place.map_or_else(OffsetDateTime::now_utc, |place| place.as_of);
        let matches = self.matches(&query, &filter, as_of).await?;
        let is_limited = i64::try_from(matches.len()).unwrap_or(MAX_RANKED) >= MAX_RANKED;
        let size = if command.page_size == 0 { DEFAULT_PAGE_SIZE } else { command.page_size };
        let size = usize::try_from(size).unwrap_or(1);
        let mut ranked = ranked(&matches, as_of);
        if let Some(place) = place {
            ranked.retain(|(score, found)| is_behind((*score, found.id.article_id), place));
        }
        let has_more = ranked.len() > size;
        ranked.truncate(size);
        let last = ranked.last().filter(|_| has_more);
        let next_page_token = last.map_or(String::new(), |(score, found)| {
            Place { as_of, score: *score, article_id: found.id.article_id }.encode(&key)
        });
        let results = self.shown(&query, ranked, command.view).await?;
        Ok(SearchPage { results, next_page_token, is_limited })
    }

    /// The newest matches. A filter that asks for other states than PROCESSED finds nothing: nothing else has a text.
    async fn matches(
        &self,
        query: &SearchQuery,
        filter: &ListFilter,
        as_of: OffsetDateTime,
    ) -> Result<Vec<TextMatch>, AppError> {
        if !filter.states.is_empty() && !filter.states.contains(&(State::Processed as i16)) {
            return Ok(Vec::new());
        }
        let languages = match filter.languages.as_slice() {
            [] => self.store.article_languages().await?,
            languages => languages.to_vec(),
        };
        let mut conditions = vec![query.to_tsquery(&languages)];
        conditions.extend(filter.conditions());
        // By this process's clock; what another's is ahead by appears that much later.
        let bound = as_of + Duration::MICROSECOND;
        let until = filter.accepted_until.map_or(bound, |until| until.min(bound));
        let search = TextSearch {
            conditions,
            rank: Some(query.to_rank_tsquery(&languages)),
            accepted: TimeRange { from: filter.accepted_from, until: Some(until) },
            published: filter.published(),
            after: None,
            only_latest: false,
        };
        Ok(self.store.newest_texts(&search, MAX_RANKED).await?)
    }

    /// Reads the texts and cuts the snippets.
    async fn shown(
        &self,
        query: &SearchQuery,
        ranked: Vec<(f64, TextMatch)>,
        view: View,
    ) -> Result<Vec<SearchResult>, AppError> {
        let ids: Vec<VersionId> = ranked.iter().map(|(_, found)| found.id).collect();
        let mut articles = self.store.get_versions(&ids, view).await?;
        let texts = match view {
            View::Basic => self.store.get_texts(&ids).await?,
            View::Full | View::FullWithBody => Default::default(),
        };
        let result = |(score, found): (f64, TextMatch)| {
            let article = articles.remove(&found.id)?;
            let text = match &article.result {
                Some(result) => &result.text,
                None => texts.get(&found.id)?,
            };
            let language = article.summary.language.as_ref().map(|language| language.code.as_str());
            let language = language.unwrap_or_default();
            let title = article.summary.title.clone().unwrap_or_default();
            Some(SearchResult {
                snippet: snippet(text, query, language),
                title_marks: marks(&title, query, language),
                article,
                score,
            })
        };
        // What was deleted meanwhile is left out.
        Ok(ranked.into_iter().filter_map(result).collect())
    }
}

/// Best first; of equals the one with the lesser id.
fn ranked(matches: &[TextMatch], as_of: OffsetDateTime) -> Vec<(f64, TextMatch)> {
    let mut ranked: Vec<(f64, TextMatch)> =
        matches.iter().map(|found| (score(found.rank, as_of - found.accepted_time), *found)).collect();
    ranked.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.id.article_id.cmp(&y.id.article_id)));
    ranked
}

/// An article of today counts twice what an old one with the same words does.
fn score(rank: f32, age: Duration) -> f64 {
    let days = (age.as_seconds_f64() / 86_400.0).max(0.0);
    f64::from(rank) * (1.0 + 0.5_f64.powf(days / HALF_LIFE_DAYS)) / 2.0
}

fn is_behind((score, article_id): (f64, Uuid), place: Place) -> bool {
    place.score.total_cmp(&score).then_with(|| article_id.cmp(&place.article_id)).is_gt()
}

impl Place {
    fn encode(self, key: &str) -> String {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES + 8);
        bytes.extend_from_slice(&self.as_of.unix_timestamp_nanos().to_be_bytes());
        bytes.extend_from_slice(&self.score.to_bits().to_be_bytes());
        bytes.extend_from_slice(self.article_id.as_bytes());
        let check = page_token::check(&bytes, key);
        bytes.extend_from_slice(&check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(token: &str, key: &str) -> Option<Place> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (place, check) = bytes.split_at_checked(TOKEN_BYTES)?;
        if check != page_token::check(place, key) {
            return None;
        }
        let nanoseconds = i128::from_be_bytes(place.get(..16)?.try_into().ok()?);
        Some(Place {
            as_of: OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?,
            score: f64::from_bits(u64::from_be_bytes(place.get(16..24)?.try_into().ok()?)),
            article_id: Uuid::from_slice(place.get(24..)?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: u128, rank: f32, days: i64) -> TextMatch {
        TextMatch {
            id: VersionId { article_id: Uuid::from_u128(id), version: 1 },
            accepted_time: OffsetDateTime::UNIX_EPOCH - Duration::days(days),
            rank,
        }
    }

    #[test]
    fn words_decide_and_freshness_decides_between_equals() {
        let matches = [found(1, 0.2, 0), found(2, 0.2, 300), found(3, 0.5, 300), found(4, 0.2, 0)];
        let order: Vec<u128> = ranked(&matches, OffsetDateTime::UNIX_EPOCH)
            .iter()
            .map(|(_, found)| found.id.article_id.as_u128())
            .collect();
        assert_eq!(order, [3, 1, 4, 2]);
    }

    #[test]
    fn pages_meet_without_a_hole_and_a_token_is_taken_with_its_own_search_only() {
        let as_of = OffsetDateTime::UNIX_EPOCH;
        let matches: Vec<TextMatch> = (0..30).map(|id| found(id, [0.1, 0.2][id as usize % 2], 1)).collect();
        let all = ranked(&matches, as_of);
        let (score, end) = all[11];
        let place = Place { as_of, score, article_id: end.id.article_id };
        let rest: Vec<_> = all.iter().filter(|(s, f)| is_behind((*s, f.id.article_id), place)).collect();
        assert_eq!(rest, all[12..].iter().collect::<Vec<_>>());
        let token = place.encode("nato");
        assert_eq!(Place::decode(&token, "nato"), Some(place));
        assert_eq!(Place::decode(&token, "nato\0"), None);
        assert_eq!(Place::decode("", "nato"), None);
    }
}
