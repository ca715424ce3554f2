//! What a person types into a search box, as a `tsquery` and as marks in a text.
//!
//! `nato summit` wants both words in any of their forms, `"black sea"` exactly this phrase, `turk*` a beginning, `-sport`
//! none of it, `a OR b` either side.

use super::{
    super::query::tokens::{Token, alternatives},
    quoted,
    words::{Stems, stem_lexeme, words},
};

/// Most words in one query: each is looked up in every language of the archive.
const MAX_WORDS: usize = 32;

/// What is searched. At least one word that must be there, in each alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// Joined by OR; the terms of each by AND.
    alternatives: Vec<Vec<Term>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    pattern: Pattern,
    is_excluded: bool,
}

/// What a text must hold; words are folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// In any of its forms.
    Word(String),
    /// One after the other, exactly; the last one may be a beginning.
    Phrase { words: Vec<String>, is_prefix: bool },
}

impl SearchQuery {
    /// Errors: what is wrong, for the field's violation.
    pub fn parse(text: &str) -> Result<SearchQuery, String> {
        let alternatives = alternatives(text, term)?;
        let count: usize = alternatives.iter().flatten().map(|term| term.pattern.words().len()).sum();
        if count > MAX_WORDS {
            return Err(format!("has {count} words; at most {MAX_WORDS} are allowed"));
        }
        if alternatives.iter().any(|terms| terms.iter().all(|term| term.is_excluded)) {
            return Err("only says what must not be there; add a word that must".to_owned());
        }
        Ok(SearchQuery { alternatives })
    }

    /// In the syntax of `tsquery`, for an archive in these languages.
    pub fn to_tsquery(&self, languages: &[String]) -> String {
        let stems = stems_of(languages);
        let alternatives: Vec<String> = self
            .alternatives
            .iter()
            .map(|terms| {
                let terms: Vec<String> = terms.iter().map(|term| term.to_tsquery(&stems)).collect();
                terms.join(" & ")
            })
            .collect();
        format!("({})", alternatives.join(" | "))
    }

    /// What counts for the rank: whatever may be there, each for itself.
    pub fn to_rank_tsquery(&self, languages: &[String]) -> String {
        let stems = stems_of(languages);
        let mut lexemes: Vec<String> = Vec::new();
        for pattern in self.wanted() {
            match pattern {
                Pattern::Word(word) => {
                    lexemes.push(quoted(word));
                    lexemes.extend(stems.iter().map(|stems| quoted(&stem_of(stems, word))));
                }
                Pattern::Phrase { words, is_prefix } => {
                    let last = words.len().saturating_sub(1);
                    let mark = |index| if *is_prefix && index == last { ":*" } else { "" };
                    lexemes.extend(
                        words
                            .iter()
                            .enumerate()
                            .map(|(index, word)| format!("{}{}", quoted(word), mark(index))),
                    );
                }
            }
        }
        lexemes.sort();
        lexemes.dedup();
        lexemes.join(" | ")
    }

    /// What a text may show.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &Pattern> {
        self.alternatives.iter().flatten().filter(|term| !term.is_excluded).map(|term| &term.pattern)
    }
}

fn stems_of(languages: &[String]) -> Vec<Stems> {
    languages.iter().filter_map(|language| Stems::of(language)).collect()
}

fn stem_of(stems: &Stems, word: &str) -> String {
    stem_lexeme(stems.language(), &stems.stem(word).unwrap_or_else(|| word.to_owned()))
}

impl Pattern {
    fn words(&self) -> &[String] {
        match self {
            Pattern::Word(word) => std::slice::from_ref(word),
            Pattern::Phrase { words, .. } => words,
        }
    }
}

impl Term {
    fn to_tsquery(&self, stems: &[Stems]) -> String {
        let wanted = match &self.pattern {
            Pattern::Word(word) => {
                let mut forms = vec![quoted(word)];
                for stems in stems {
                    forms.push(quoted(&stem_of(stems, word)));
                    // A word that is its own stem has no other lexeme; it must not be found in other languages.
                    if let Some(stem) = stems.stem(word) {
                        forms.push(format!("({} & '=l:{}')", quoted(&stem), stems.language()));
                    }
                }
                format!("({})", forms.join(" | "))
            }
            Pattern::Phrase { words, is_prefix } => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                format!("({}{})", words.join(" <-> "), if *is_prefix { ":*" } else { "" })
            }
        };
        if self.is_excluded { format!("!{wanted}") } else { wanted }
    }
}

/// `None` if it has no word.
fn term(token: Token<'_>) -> Option<Term> {
    let stem = token.text.strip_suffix('*');
    let mut words: Vec<String> = words(stem.unwrap_or(token.text)).map(|word| word.folded).collect();
    let last = words.pop()?;
    let is_one_word = words.is_empty() && stem.is_none() && !token.is_quoted;
    let pattern = if is_one_word {
        Pattern::Word(last)
    } else {
        words.push(last);
        Pattern::Phrase { words, is_prefix: stem.is_some() }
    };
    Some(Term { pattern, is_excluded: token.is_excluded })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tsquery(query: &str, languages: &[&str]) -> String {
        let languages: Vec<String> = languages.iter().map(|language| (*language).to_owned()).collect();
        SearchQuery::parse(query).expect(query).to_tsquery(&languages)
    }

    #[test]
    fn words_phrases_beginnings_exclusions_and_alternatives_are_told_apart() {
        for (query, expected) in [
            ("NATO", "(('nato'))"),
            ("Erdoğan summit", "(('erdogan') & ('summit'))"),
            ("\"Black Sea\" -sport", "(('black' <-> 'sea') & !('sport'))"),
            ("turk* OR \"new yor*\"", "(('turk':*) | ('new' <-> 'yor':*))"),
            ("al-Assad’s", "(('al' <-> 'assad' <-> 's'))"),
            ("-\"a b\" it's ' \\ & | ! ( ) :*", "(!('a' <-> 'b') & ('it' <-> 's'))"),
            ("東京", "(('東' <-> '京'))"),
        ] {
            assert_eq!(tsquery(query, &[]), expected, "{query}");
        }
    }

    #[test]
    fn a_word_is_sought_in_the_forms_of_each_language() {
        assert_eq!(
            tsquery("running", &["en", "hr", "de"]),
            "(('running' | '~en:run' | ('run' & '=l:en') | '~de:running'))"
        );
        assert_eq!(tsquery("run", &["en"]), "(('run' | '~en:run'))");
        assert_eq!(tsquery("\"running\"", &["en"]), "(('running'))");
    }

    #[test]
    fn the_rank_counts_each_word_that_may_be_there() {
        let query = SearchQuery::parse("talks \"black sea\" -sport").expect("a query");
        assert_eq!(query.to_rank_tsquery(&["en".to_owned()]), "'black' | 'sea' | 'talks' | '~en:talk'");
    }

    #[test]
    fn a_query_that_cannot_be_answered_is_refused_with_the_fix() {
        for (query, problem) in [
            ("", "no word"),
            ("  --- !", "no word"),
            ("\"open", "never closed"),
            ("a OR", "nothing on one side"),
            ("-sport", "add a word that must"),
            ("a OR -b", "add a word that must"),
        ] {
            assert!(SearchQuery::parse(query).expect_err(query).contains(problem), "{query}");
        }
        assert!(SearchQuery::parse(&"word ".repeat(33)).expect_err("too many").contains("at most 32"));
        assert!(SearchQuery::parse(&"w".repeat(1_001)).expect_err("too long").contains("at most 1000"));
    }
}
