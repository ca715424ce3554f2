//! No input panics, hangs or loses a character: random text, and the worst shapes that a feed can send.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use copydesk_ner::{Mention, Model, Scratch};

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/en_core_web_md-3.8.0.cdner");
        Model::from_bytes(&std::fs::read(path).unwrap()).unwrap()
    })
}

/// A small generator of numbers that are the same at every run (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

/// Pieces that tokenizer rules care about, beside plain words and any character at all.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\n",
    "\t",
    "\u{a0}",
    "\u{2028}",
    "'",
    "’",
    "\"",
    "“",
    "(",
    ")",
    "[",
    "]",
    ".",
    "..",
    "…",
    ",",
    ":",
    ";",
    "-",
    "—",
    "/",
    "@",
    "#",
    "$",
    "€",
    "%",
    "°",
    "C.",
    "U.S.",
    "can't",
    "'s",
    "’s",
    ":)",
    ":-(",
    "http://",
    "www.a.com",
    "10km",
    "5%",
    "é",
    "ß",
    "İ",
    "ǅ",
    "Σ",
    "日本",
    "한국",
    "😀",
    "🇺🇸",
    "\u{200d}",
    "\u{301}",
    "\u{1f}",
    "\0",
    "a",
    "B",
    "Paris",
    "John",
    "Smith",
    "the",
    "9",
    "²",
    "½",
    "٣",
    "\u{feff}",
];

fn random_text(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for _ in 0..numbers.below(60) {
        match numbers.below(8) {
            0 => text.extend(char::from_u32(numbers.below(0x11_0000) as u32)),
            1 => text.push(char::from(numbers.below(128) as u8)),
            _ => text.push_str(PIECES[numbers.below(PIECES.len())]),
        }
    }
    text
}

/// Tokens are in order and not empty; between them there are only single spaces.
fn check_tokens(text: &str) {
    let mut at = 0;
    for token in model().tokenize(text) {
        assert!(token.begin < token.end, "an empty token in {text:?}");
        assert!(matches!(&text[at..token.begin], "" | " "), "lost {:?} of {text:?}", &text[at..token.begin]);
        at = token.end;
    }
    assert!(matches!(&text[at..], "" | " "), "lost {:?} at the end of {text:?}", &text[at..]);
}

fn check_mentions(text: &str, mentions: &[Mention]) {
    let mut at = 0;
    for mention in mentions {
        assert!(at <= mention.begin && mention.begin < mention.end, "overlapping mentions in {text:?}");
        assert!(text.get(mention.begin..mention.end).is_some(), "a mention off characters in {text:?}");
        assert!((0.0..=1.0).contains(&mention.probability));
        at = mention.end;
    }
}

#[test]
fn tokens_and_single_spaces_rebuild_any_text() {
    let mut numbers = Numbers(1);
    for _ in 0..20_000 {
        check_tokens(&random_text(&mut numbers));
    }
}

#[test]
fn mentions_of_random_texts_are_in_order_and_independent_of_the_batch() {
    let mut numbers = Numbers(2);
    let texts: Vec<String> = (0..600).map(|_| random_text(&mut numbers)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut scratch = Scratch::new();
    let together = model().recognize(&mut scratch, &texts);
    assert_eq!(together.len(), texts.len());
    for (text, mentions) in texts.iter().zip(&together) {
        check_mentions(text, mentions);
    }
    for (batch, expected) in texts.chunks(7).zip(together.chunks(7)) {
        assert_eq!(model().recognize(&mut scratch, batch), expected);
    }
}

#[test]
fn no_texts_and_empty_texts_have_no_mentions() {
    let mut scratch = Scratch::new();
    assert!(model().recognize(&mut scratch, &[]).is_empty());
    assert_eq!(model().recognize(&mut scratch, &["", "", ""]), [vec![], vec![], vec![]]);
    let found = model().recognize(&mut scratch, &["", "Paris is in France.", "", " "]);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 0, 0]);
}

#[test]
fn a_million_unbroken_characters_are_tokenized_in_linear_time() {
    for unit in ["a", "(", ".", "a-", "é", "9.9.9.", "http://a"] {
        check_tokens(&unit.repeat(1_000_000 / unit.len()));
    }
}

#[test]
fn a_single_line_of_ten_megabytes_is_tokenized_and_two_are_recognized() {
    let sentence = "Angela Merkel met Emmanuel Macron in Berlin on Monday, said Reuters, and flew to Paris. ";
    check_tokens(&sentence.repeat(10_000_000 / sentence.len()));
    let text = sentence.repeat(2_000_000 / sentence.len());
    let mentions = &model().recognize(&mut Scratch::new(), &[&text])[0];
    check_mentions(&text, mentions);
    // Far from the ends every sentence is seen in the same surroundings.
    let inside = |mention: &&Mention| (500_000..1_500_000).contains(&mention.begin);
    let count = mentions.iter().filter(inside).count();
    assert!(count > 5 * 1_000_000 / sentence.len() && count < 7 * 1_000_000 / sentence.len(), "{count}");
}

#[test]
fn one_model_serves_many_threads_and_one_scratch_many_models() {
    let text = "Angela Merkel met Emmanuel Macron in Berlin on Monday.";
    let mut scratch = Scratch::new();
    let expected = model().recognize(&mut scratch, &[text]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(model().recognize(&mut Scratch::new(), &[text; 9]), vec![expected[0].clone(); 9])
            });
        }
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/en_core_web_md-3.8.0.cdner");
    let other = Model::from_bytes(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(other.recognize(&mut scratch, &[text]), expected);
    assert_eq!(model().recognize(&mut scratch, &[text]), expected);
}
