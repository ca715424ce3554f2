//! What of an article is searched by its words, as a `tsvector` in text form.

use std::{collections::HashMap, fmt::Write};

use super::{
    quoted,
    words::{Stems, stem_lexeme, words},
};
use crate::article::Processed;

/// Words that are searched; `tsvector` numbers no more than 16,383 places.
const MAX_WORDS: u16 = 16_000;
/// Bytes of lexemes; `tsvector` takes no more than 1 MiB.
const MAX_LEXEME_BYTES: usize = 800_000;
/// Places kept of one lexeme; `tsvector` keeps no more than 256.
const MAX_PLACES: usize = 200;

/// Places of lexemes, with the weight of their part of the article.
#[derive(Default)]
struct Vector {
    places: HashMap<String, Vec<(u16, char)>>,
    next: u16,
    bytes: usize,
}

/// The words of title (weight A), subtitle (B) and text (D), and their stems. Of a text beyond 16,000 words the rest is not
/// searched. Linear; about 0.4 ms for 500 words.
pub fn indexed_words(processed: &Processed) -> String {
    let language = processed.language.as_ref().map(|language| language.code.as_str()).unwrap_or_default();
    let stems = Stems::of(language);
    let mut vector = Vector { next: 1, ..Vector::default() };
    vector.push(processed.title.as_deref().unwrap_or_default(), 'A', stems.as_ref());
    vector.push(processed.subtitle.as_deref().unwrap_or_default(), 'B', stems.as_ref());
    for paragraph in processed.text.split("\n\n") {
        vector.push(paragraph, 'D', stems.as_ref());
    }
    vector.into_text()
}

impl Vector {
    /// Adds a part, apart from the one before: no phrase reaches from one into the next.
    fn push(&mut self, part: &str, weight: char, stems: Option<&Stems>) {
        for word in words(part) {
            if self.next > MAX_WORDS || self.bytes > MAX_LEXEME_BYTES {
                return;
            }
            if let Some(stem) = stems.and_then(|stems| Some((stems.language(), stems.stem(&word.folded)?))) {
                self.add(stem_lexeme(stem.0, &stem.1), weight);
            }
            self.add(word.folded, weight);
            self.next += 1;
        }
        self.next = self.next.saturating_add(1);
    }

    fn add(&mut self, lexeme: String, weight: char) {
        let bytes = lexeme.len();
        let places = self.places.entry(lexeme).or_default();
        if places.is_empty() {
            self.bytes += bytes;
        }
        if places.len() < MAX_PLACES {
            places.push((self.next, weight));
        }
    }

    fn into_text(self) -> String {
        let mut text = String::with_capacity(self.bytes * 2);
        for (lexeme, places) in self.places {
            let separator = if text.is_empty() { "" } else { " " };
            // Writing into a string does not fail.
            let _ = write!(text, "{separator}{}", quoted(&lexeme));
            for (index, (place, weight)) in places.iter().enumerate() {
                let mark = if index == 0 { ':' } else { ',' };
                let weight = if *weight == 'D' { String::new() } else { weight.to_string() };
                let _ = write!(text, "{mark}{place}{weight}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processed(title: &str, text: &str, language: &str) -> Processed {
        serde_json::from_value(serde_json::json!({
            "title": title, "subtitle": null, "authors": [], "site_name": null, "canonical_url": null,
            "description": null, "topics": [], "published_time": null, "modified_time": null,
            "language": {"code": language, "probability": 1.0, "supported": true}, "dateline": null, "text": text,
            "paragraphs": [], "captions": [], "removed": [], "entities": [], "word_count": 1, "notes": [],
            "pipeline_version": "0", "model": "",
        }))
        .expect("a result")
    }

    fn lexemes(title: &str, text: &str, language: &str) -> Vec<String> {
        let vector = indexed_words(&processed(title, text, language));
        let mut lexemes: Vec<String> = vector.split(' ').map(str::to_owned).collect();
        lexemes.sort();
        lexemes
    }

    #[test]
    fn words_stand_in_their_places_with_their_stems_and_parts_are_apart() {
        assert_eq!(
            lexemes("Talks", "The talks ended.\n\nTalks again", "en"),
            ["'again':9", "'ended':6", "'talks':1A,5,8", "'the':4", "'~en:end':6", "'~en:talk':1A,5,8"]
        );
        assert_eq!(lexemes("", "Vesti vesti", "hr"), ["'vesti':3,4"]);
    }

    #[test]
    fn any_article_fits_into_a_tsvector() {
        let long: String = (0..40_000).map(|number| format!("{}{number} ", "wörter".repeat(9))).collect();
        let vector = indexed_words(&processed("", &long, "de"));
        assert!(vector.len() < 2_000_000);
        let same = indexed_words(&processed("", &"again ".repeat(100_000), "en"));
        assert!(same.len() < 3_000, "{}", same.len());
    }
}
