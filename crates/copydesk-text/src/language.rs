//! The language of a text.
//!
//! Lives here: weighing what the page declares against what the text looks like. Must never come here: any other use of
//! language. Statistics by crate `whatlang` (trigrams, 69 languages).

use crate::document::{Document, Language};
use whatlang::{Lang, detect};

/// How much of a text is looked at: more changes nothing and costs time.
const LOOK_BYTES: usize = 6_000;
/// As much is looked at first, and settles nearly every text in one alphabet: the time grows with what is looked at.
const GLANCE_BYTES: usize = 1_500;

/// Detects the language of a text. `declared` is what the sender or the page says, such as `pt-br`.
pub(crate) fn of(text: &str, declared: Option<&str>) -> Option<Language> {
    let declared = declared.map(primary).filter(|c| c.len() == 2);
    let sure = detect(beginning(text, GLANCE_BYTES)).filter(|info| info.is_reliable());
    let Some(info) = sure.or_else(|| detect(beginning(text, LOOK_BYTES))) else {
        return declared.map(|code| Language { code, probability: 0.5 });
    };
    let found = code(info.lang());
    let confidence = info.confidence() as f32;
    match declared {
        Some(declared) if declared == found => {
            Some(Language { code: declared, probability: 0.5 + confidence.min(1.0) / 2.0 })
        }
        // Close relatives and short texts are told apart better by their publisher than by trigrams.
        Some(declared) if akin(&declared, found) || confidence < 0.6 => {
            Some(Language { code: declared, probability: 0.6 })
        }
        _ => Some(Language { code: found.to_owned(), probability: confidence.clamp(0.05, 1.0) }),
    }
}

/// How many paragraphs are looked at for other languages, and how much of each.
const LOOK_PARAGRAPHS: usize = 12;
const LOOK_PARAGRAPH_BYTES: usize = 400;
/// As many are looked at first: telling a language costs as much as recognizing the names of a paragraph, and a quarter
/// of a text in one piece holds one of four that are spread evenly.
const GLANCE_PARAGRAPHS: usize = 4;

/// Shorter paragraphs are names and quotations, which trigrams misread.
const MIN_PARAGRAPH_BYTES: usize = 160;

/// A language other than the document's that a quarter or more of its longer paragraphs are written in. Relatives that
/// trigrams confuse do not count. Looks at paragraphs spread evenly over the text.
pub(crate) fn second(document: &Document) -> Option<&'static str> {
    let main = document.language.as_ref()?.code.as_str();
    let long: Vec<&str> = document
        .paragraphs
        .iter()
        .filter_map(|p| document.text.get(p.begin..p.end))
        .filter(|text| text.len() >= MIN_PARAGRAPH_BYTES)
        .collect();
    if others(&long, GLANCE_PARAGRAPHS, main).1.is_empty() {
        return None;
    }
    let (looked, other) = others(&long, LOOK_PARAGRAPHS, main);
    let most = *other.iter().max_by_key(|c| other.iter().filter(|o| o == c).count())?;
    let count = other.iter().filter(|&&o| o == most).count();
    (count >= 2 && count * 4 >= looked).then_some(most)
}

/// How many of up to `most` paragraphs, spread evenly, were looked at, and the languages of those that are not in `main`.
fn others(paragraphs: &[&str], most: usize, main: &str) -> (usize, Vec<&'static str>) {
    let step = paragraphs.len().div_ceil(most).max(1);
    let looked = paragraphs.iter().step_by(step);
    let other = looked.clone().filter_map(|text| {
        let found =
            code(detect(beginning(text, LOOK_PARAGRAPH_BYTES)).filter(|info| info.is_reliable())?.lang());
        (found != main && !akin(main, found)).then_some(found)
    });
    let other = other.collect();
    (looked.len(), other)
}

fn beginning(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or(text)
}

fn primary(tag: &str) -> String {
    let tag = tag.trim().to_ascii_lowercase();
    let code = tag.split(['-', '_']).next().unwrap_or_default();
    match code {
        "no" => "nb".to_owned(),
        "iw" => "he".to_owned(),
        "in" => "id".to_owned(),
        other => other.to_owned(),
    }
}

/// Languages that trigrams confuse.
fn akin(a: &str, b: &str) -> bool {
    const FAMILIES: [&[&str]; 9] = [
        &["da", "nb", "nn", "sv"],
        &["cs", "sk"],
        &["hr", "sr", "bs", "sl"],
        &["es", "pt", "gl", "ca", "it"],
        &["ru", "uk", "be", "bg", "mk"],
        &["id", "ms", "jv"],
        &["nl", "af"],
        &["hi", "mr", "ne"],
        &["ar", "fa", "ur"],
    ];
    FAMILIES.iter().any(|family| family.contains(&a) && family.contains(&b))
}

/// ISO 639-1 for whatlang's languages.
fn code(lang: Lang) -> &'static str {
    use Lang::*;
    match lang {
        Epo => "eo",
        Eng => "en",
        Rus => "ru",
        Cmn => "zh",
        Spa => "es",
        Por => "pt",
        Ita => "it",
        Ben => "bn",
        Fra => "fr",
        Deu => "de",
        Ukr => "uk",
        Kat => "ka",
        Ara => "ar",
        Hin => "hi",
        Jpn => "ja",
        Heb => "he",
        Yid => "yi",
        Pol => "pl",
        Amh => "am",
        Jav => "jv",
        Kor => "ko",
        Nob => "nb",
        Dan => "da",
        Swe => "sv",
        Fin => "fi",
        Tur => "tr",
        Nld => "nl",
        Hun => "hu",
        Ces => "cs",
        Ell => "el",
        Bul => "bg",
        Bel => "be",
        Mar => "mr",
        Kan => "kn",
        Ron => "ro",
        Slv => "sl",
        Hrv => "hr",
        Srp => "sr",
        Mkd => "mk",
        Lit => "lt",
        Lav => "lv",
        Est => "et",
        Tam => "ta",
        Vie => "vi",
        Urd => "ur",
        Tha => "th",
        Guj => "gu",
        Uzb => "uz",
        Pan => "pa",
        Aze => "az",
        Ind => "id",
        Tel => "te",
        Pes => "fa",
        Mal => "ml",
        Ori => "or",
        Mya => "my",
        Nep => "ne",
        Sin => "si",
        Khm => "km",
        Tuk => "tk",
        Aka => "ak",
        Zul => "zu",
        Sna => "sn",
        Afr => "af",
        Lat => "la",
        Slk => "sk",
        Cat => "ca",
        Tgl => "tl",
        Hye => "hy",
        _ => "und",
    }
}
