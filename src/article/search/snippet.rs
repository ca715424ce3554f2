//! The part of a text that shows best why it was found.

use std::ops::Range;

use super::{
    SearchQuery,
    query::Pattern,
    words::{Stems, Word, words},
};

/// Words of a snippet.
const SNIPPET_WORDS: usize = 40;
/// Of these, in front of the first mark.
const LEAD_WORDS: usize = 8;

/// A part of a text with marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// As the text has it, with spaces for line ends.
    pub text: String,
    /// Where it stands, in bytes of the text.
    pub begin: usize,
    /// What was found, in bytes of the snippet, in order, without overlap.
    pub marks: Vec<Range<usize>>,
}

/// The 40 words with the most of the query's terms in them; the beginning if there are none. Linear in the text.
pub fn snippet(text: &str, query: &SearchQuery, language: &str) -> Snippet {
    let words: Vec<Word> = words(text).collect();
    let hits = hits(&words, query, Stems::of(language).as_ref());
    let best = best_hit(&hits);
    let first = hits.get(best).map_or(0, |hit| hit.words.start.saturating_sub(LEAD_WORDS));
    let last = (first + SNIPPET_WORDS).min(words.len());
    let begin = match words.get(first) {
        // An opening quotation mark belongs to its word.
        Some(word) if first > 0 => text[..word.range.start]
            .rfind(char::is_whitespace)
            .map_or(word.range.start, |space| space + text[space..].chars().next().map_or(1, char::len_utf8)),
        _ => 0,
    };
    let end = match words.get(last) {
        Some(word) => word.range.start,
        None => text.len(),
    };
    let cut = text.get(begin..end.max(begin)).unwrap_or_default();
    let shown = cut.trim_end();
    let marks = marks_in(&hits, &words, begin..begin + shown.len());
    // One byte for one byte, so the marks hold.
    Snippet { text: shown.replace(['\n', '\t'], " "), begin, marks }
}

/// What was found in a whole text, in bytes, in order, without overlap. Linear.
pub fn marks(text: &str, query: &SearchQuery, language: &str) -> Vec<Range<usize>> {
    let words: Vec<Word> = words(text).collect();
    let hits = hits(&words, query, Stems::of(language).as_ref());
    marks_in(&hits, &words, 0..text.len())
}

/// Of hits that lie within `shown`, counted from its begin; those that touch are one.
fn marks_in(hits: &[Hit], words: &[Word], shown: Range<usize>) -> Vec<Range<usize>> {
    let mut marks: Vec<Range<usize>> = Vec::new();
    for hit in hits {
        let (Some(from), Some(to)) = (words.get(hit.words.start), words.get(hit.words.end.saturating_sub(1)))
        else {
            continue;
        };
        if from.range.start < shown.start || to.range.end > shown.end {
            continue;
        }
        let mark = from.range.start - shown.start..to.range.end - shown.start;
        match marks.last_mut() {
            Some(previous) if previous.end >= mark.start => previous.end = previous.end.max(mark.end),
            _ => marks.push(mark),
        }
    }
    marks
}

struct Hit {
    /// Indices of words.
    words: Range<usize>,
    /// Which of the query's patterns.
    pattern: usize,
}

/// In text order.
fn hits(words: &[Word], query: &SearchQuery, stems: Option<&Stems>) -> Vec<Hit> {
    let stem = |word: &str| stems.and_then(|stems| stems.stem(word)).unwrap_or_else(|| word.to_owned());
    let patterns: Vec<(&Pattern, String)> = query
        .wanted()
        .map(|pattern| match pattern {
            Pattern::Word(word) => (pattern, stem(word)),
            Pattern::Phrase { .. } => (pattern, String::new()),
        })
        .collect();
    let mut hits = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let mut own_stem = None;
        for (number, (pattern, wanted_stem)) in patterns.iter().enumerate() {
            let length = match pattern {
                Pattern::Word(wanted) if *wanted == word.folded => 1,
                // A stem is made only where the first letter leaves it open.
                Pattern::Word(_) if !begins_alike(wanted_stem, &word.folded) => 0,
                Pattern::Word(_) => {
                    usize::from(own_stem.get_or_insert_with(|| stem(&word.folded)) == wanted_stem)
                }
                Pattern::Phrase { words: wanted, is_prefix } => {
                    phrase_length(words.get(index..).unwrap_or_default(), wanted, *is_prefix)
                }
            };
            if length > 0 {
                hits.push(Hit { words: index..index + length, pattern: number });
            }
        }
    }
    hits
}

fn begins_alike(one: &str, other: &str) -> bool {
    one.chars().next() == other.chars().next()
}

/// Words of the phrase if the text begins with it, else 0.
fn phrase_length(words: &[Word], wanted: &[String], is_prefix: bool) -> usize {
    let last = wanted.len().saturating_sub(1);
    let is_match = words.len() >= wanted.len()
        && words.iter().zip(wanted).enumerate().all(|(index, (word, wanted))| {
            word.folded == *wanted || (is_prefix && index == last && word.folded.starts_with(wanted))
        });
    if is_match { wanted.len() } else { 0 }
}

/// The hit with which a window with the most different patterns begins; of equals the one with more hits, then the first.
fn best_hit(hits: &[Hit]) -> usize {
    let patterns = hits.iter().map(|hit| hit.pattern + 1).max().unwrap_or(0);
    let mut counts = vec![0_usize; patterns];
    let (mut distinct, mut end, mut best, mut best_score) = (0, 0, 0, (0, 0));
    for (begin, hit) in hits.iter().enumerate() {
        while let Some(next) =
            hits.get(end).filter(|next| next.words.end <= hit.words.start + SNIPPET_WORDS - LEAD_WORDS)
        {
            distinct += usize::from(counts[next.pattern] == 0);
            counts[next.pattern] += 1;
            end += 1;
        }
        if (distinct, end - begin) > best_score {
            (best, best_score) = (begin, (distinct, end - begin));
        }
        if end > begin {
            counts[hit.pattern] -= 1;
            distinct -= usize::from(counts[hit.pattern] == 0);
        } else {
            end = begin + 1;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, query: &str, language: &str) -> String {
        let query = SearchQuery::parse(query).expect("a query");
        let snippet = snippet(text, &query, language);
        assert_eq!(
            text[snippet.begin..snippet.begin + snippet.text.len()].replace(['\n', '\t'], " "),
            snippet.text
        );
        let mut marked = snippet.text.clone();
        for mark in snippet.marks.iter().rev() {
            marked.insert(mark.end, ']');
            marked.insert(mark.start, '[');
        }
        marked
    }

    #[test]
    fn what_was_found_is_marked_in_the_texts_own_spelling() {
        for (text, query, expected) in [
            ("President Erdoğan’s visit", "erdogan", "President [Erdoğan]’s visit"),
            ("They ran; running helps.", "run", "They ran; [running] helps."),
            ("They ran; running helps.", "\"run\"", "They ran; running helps."),
            ("On the Black Sea coast", "\"black sea\"", "On the [Black Sea] coast"),
            ("Turkish and Turkey", "turk*", "[Turkish] and [Turkey]"),
            ("A\n\nnew line", "line -sport", "A  new [line]"),
            ("", "nothing", ""),
            ("Nothing of it.", "elsewhere", "Nothing of it."),
        ] {
            assert_eq!(marked(text, query, "en"), expected);
        }
        assert_eq!(marked("昨日、東京都", "東京", "ja"), "昨日、[東京]都");
    }

    #[test]
    fn a_whole_text_is_marked_from_its_begin_to_its_end() {
        let title = "Dam talks resume in the capital after a long pause of three months, ministers say";
        let query = SearchQuery::parse("minister dam").expect("a query");
        let found: Vec<&str> = marks(title, &query, "en").into_iter().map(|mark| &title[mark]).collect();
        assert_eq!(found, ["Dam", "ministers"]);
    }

    #[test]
    fn the_window_with_most_of_the_terms_is_shown() {
        let filler = "word ".repeat(100);
        let text = format!("ferry {filler}the ferry met the bridge again {filler}bridge");
        let shown = marked(&text, "ferry bridge", "en");
        assert!(shown.contains("[ferry] met the [bridge]"), "{shown}");
        assert!(shown.len() < 300);
    }
}
