//! Texts to windows of word pieces, as copydesk-ner packs them; accents and rare characters are not looked after.

use std::collections::HashMap;

const MOST: usize = 256;

/// `[CLS] text [SEP] text [SEP] ...`, each of up to 256 pieces; 128 texts are an article.
pub(crate) fn pack(vocabulary: &str, texts: &[&str]) -> Vec<Vec<u32>> {
    let numbers: HashMap<&str, u32> = vocabulary.lines().zip(0..).collect();
    let (begin, separator, unknown) = (numbers["[CLS]"], numbers["[SEP]"], numbers["[UNK]"]);
    let mut windows = Vec::new();
    for article in texts.chunks(128) {
        let mut window = vec![begin];
        for text in article {
            let mut pieces = Vec::new();
            for word in words(&text.to_lowercase()) {
                add_pieces(&numbers, unknown, word, &mut pieces);
            }
            for part in pieces.chunks(MOST - 2) {
                if window.len() + part.len() + 1 > MOST {
                    windows.push(std::mem::replace(&mut window, vec![begin]));
                }
                window.extend_from_slice(part);
                window.push(separator);
            }
        }
        if window.len() > 1 {
            windows.push(window);
        }
    }
    windows
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for run in text.split_whitespace() {
        let mut rest = run;
        while !rest.is_empty() {
            let letters = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let end = if letters > 0 { letters } else { rest.chars().next().map_or(1, char::len_utf8) };
            words.push(&rest[..end]);
            rest = &rest[end..];
        }
    }
    words
}

fn add_pieces(numbers: &HashMap<&str, u32>, unknown: u32, word: &str, pieces: &mut Vec<u32>) {
    let kept = pieces.len();
    let mut begin = 0;
    while begin < word.len() {
        let mark = if begin == 0 { "" } else { "##" };
        let ends = (begin + 1..=word.len()).rev().filter(|&end| word.is_char_boundary(end));
        let mut found = ends
            .filter_map(|end| Some((end, *numbers.get(format!("{mark}{}", &word[begin..end]).as_str())?)));
        let Some((end, piece)) = found.next() else {
            pieces.truncate(kept);
            pieces.push(unknown);
            return;
        };
        pieces.push(piece);
        begin = end;
    }
}
