//! The language of a text.
//!
//! Lives here: weighing what the page declares against what the text looks like. Must never come here: any other use of
//! language. Statistics by crate `whatlang` (trigrams, 69 languages).

use crate::document::Language;
use whatlang::{Lang, detect};

/// How much of a text is looked at: more changes nothing and costs time.
const LOOK_BYTES: usize = 6_000;

/// Detects the language of a text. `declared` is what the sender or the page says, such as `pt-br`.
pub(crate) fn of(text: &str, declared: Option<&str>) -> Option<Language> {
    let declared = declared.map(primary).filter(|c| c.len() == 2);
    let mut end = text.len().min(LOOK_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = text.get(..end).unwrap_or(text);
    let Some(info) = detect(sample) else {
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
