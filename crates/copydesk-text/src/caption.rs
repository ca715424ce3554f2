//! Captions and the credits in them.
//!
//! Lives here: where in a caption the credit begins, and whether a line of flat text is a caption. Must never come here:
//! markup. Used by the HTML path for `figcaption` and its like, and by the flat path for whole lines.

use aho_corasick::AhoCorasick;
use std::ops::Range;
use std::sync::OnceLock;

/// Picture agencies and libraries, upper case, as they sign pictures the world over.
#[rustfmt::skip]
const AGENCIES: &[&str] = &[
    "AFP", "AP", "REUTERS", "GETTY", "GETTY IMAGES", "EPA", "DPA", "ANSA", "EFE", "PA", "PA MEDIA", "PA WIRE", "PA IMAGES", "XINHUA", "TASS", "ANADOLU",
    "SHUTTERSTOCK", "ISTOCK", "ISTOCKPHOTO", "ALAMY", "IMAGO", "IMAGO IMAGES", "KEYSTONE", "BLOOMBERG", "ZUMA", "ZUMA PRESS", "AAP", "CP", "PTI",
    "ANI", "LUSA", "BELGA", "NTB", "SCANPIX", "TT", "RITZAU", "LEHTIKUVA", "PAP", "CTK", "ČTK", "APA", "SIPA", "UPI", "YONHAP", "KYODO", "JIJI", "ADOBE STOCK",
    "UNSPLASH", "PEXELS", "PIXABAY", "DEPOSITPHOTOS", "DREAMSTIME", "WIKIMEDIA", "WIKIMEDIA COMMONS", "WIKIPEDIA", "PICTURE ALLIANCE", "POOL", "AP PHOTO", "AFP PHOTO",
    "EPA-EFE", "SPUTNIK", "RIA NOVOSTI", "NURPHOTO", "DDP", "IMAGN", "USA TODAY SPORTS", "ACTION IMAGES", "AA", "DHA", "İHA", "MTI", "UKRINFORM", "CANVA", "FREEPIK", "FLICKR",
    "EUROPA PRESS", "CUARTOSCURO", "AGENCIA BRASIL", "AGÊNCIA BRASIL", "CC BY", "CC-BY", "ARCHIV", "ARCHIVE", "HANDOUT", "AFP VIA GETTY IMAGES", "COURTESY",
];

/// Words that open a credit, lower case; a colon, a name or a preposition follows.
#[rustfmt::skip]
const OPENERS: &[&str] = &[
    "photo:", "photo :", "photos:", "photo by", "photos by", "photo credit", "photo courtesy", "photograph:", "photograph by", "photography by", "photo/", "photo /", "photographer:",
    "image:", "image by", "image credit", "image source", "image courtesy", "images:", "picture:", "picture by", "pictures:", "pic:", "credit:", "credits:", "credit ", "courtesy of", "courtesy:", "courtesy photo",
    "illustration:", "illustration by", "graphic:", "graphic by", "source:", "getty images", "ap photo", "afp photo", "reuters/", "afp/", "file photo", "file/",
    "foto:", "foto ", "fotos:", "foto/", "fotografie:", "bild:", "bilder:", "quelle:", "grafik:", "crédit", "credit photo", "crédits", "photo d'", "image d'illustration",
    "imagen:", "crédito", "créditos", "fuente:", "imagem:", "fonte:", "reprodução", "divulgação", "immagine:", "kuva:", "bilde:", "billede:", "zdjęcie:", "fot.", "fot:",
    "zdj.", "фото:", "фото ", "снимка:", "slika:", "snímek:", "fotó:", "ảnh:", "写真:", "写真提供", "图片来源", "图源", "©", "copyright ", "(c) ", "photo illustration by",
];

/// A caption taken apart: byte ranges of the caption proper and of its credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) text: Range<usize>,
    pub(crate) credit: Option<Range<usize>>,
}

/// Splits a caption.
pub(crate) fn split(caption: &str) -> Parts {
    let Some(start) = credit_start(caption) else {
        return Parts { text: 0..caption.trim_end().len(), credit: None };
    };
    let head = caption.get(..start).unwrap_or_default();
    let text = head.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '/' | '|' | '(' | '[' | '-' | '–' | '—' | '•' | '·' | ',' | ';')
    });
    let tail = caption.get(start..).unwrap_or_default();
    let credit = tail.trim_end().trim_end_matches([')', ']', '.', ',']);
    let skipped = credit.len() - credit.trim_start_matches(['(', '[', ' ', '/', '|', '–', '—', '-']).len();
    Parts { text: 0..text.len(), credit: Some(start + skipped..start + credit.len()) }
}

/// Longer text is no caption; it is not looked at, which bounds the cost.
const MAX_CAPTION_BYTES: usize = 2_400;

/// The longest credit there is; what is longer is prose that happens to hold an opener.
const MAX_CREDIT_CHARS: usize = 110;

fn credit_start(caption: &str) -> Option<usize> {
    if caption.len() > MAX_CAPTION_BYTES {
        return None;
    }
    let lower = caption.to_lowercase();
    // Lower-casing keeps lengths for all letters that occur in openers; where it does not, no opener is looked for.
    if lower.len() == caption.len() {
        let mut last: [Option<usize>; OPENERS.len()] = [None; OPENERS.len()];
        for found in openers().find_overlapping_iter(&lower) {
            if let Some(slot) = last.get_mut(found.pattern().as_usize()) {
                *slot = Some(found.start());
            }
        }
        let found = OPENERS
            .iter()
            .zip(last)
            .filter_map(|(opener, at)| {
                let at = at?;
                let bounded = lower.get(..at)?.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
                let rest = lower.get(at + opener.len()..)?;
                let short = rest.chars().count() <= MAX_CREDIT_CHARS
                    && !rest.trim_end_matches(['.', ')']).contains(". ");
                let open = at == 0
                    || opener.ends_with([':', '/', '©'])
                    || *opener == "©"
                    || separated(lower.get(..at)?);
                (bounded && short && open).then_some(at)
            })
            .min();
        if let Some(at) = found {
            return Some(widen(caption, at));
        }
    }
    let (short, long) = agencies();
    if short.is_match(caption) || long.is_match(caption) { by_agency(caption) } else { None }
}

/// Finds the openers in lower-case text, all in one scan.
fn openers() -> &'static AhoCorasick {
    static FOUND: OnceLock<AhoCorasick> = OnceLock::new();
    // Building fails only for patterns beyond any size that occurs here; no pattern then means no credits.
    FOUND.get_or_init(|| AhoCorasick::new(OPENERS).unwrap_or_else(|_| none()))
}

/// Find agencies: short names, which only count in capitals, and longer ones. Most lines have none, and these two scans
/// are all they cost.
fn agencies() -> (&'static AhoCorasick, &'static AhoCorasick) {
    static FOUND: OnceLock<(AhoCorasick, AhoCorasick)> = OnceLock::new();
    let (short, long) = FOUND.get_or_init(|| {
        let (short, long): (Vec<&str>, Vec<&str>) = AGENCIES.iter().copied().partition(|a| a.len() <= 4);
        let any_case = |words| AhoCorasick::builder().ascii_case_insensitive(true).build(words);
        (AhoCorasick::new(short).unwrap_or_else(|_| none()), any_case(long).unwrap_or_else(|_| none()))
    });
    (short, long)
}

fn none() -> AhoCorasick {
    AhoCorasick::new::<[&str; 0], &str>([]).expect("an automaton of no patterns always builds")
}

fn separated(before: &str) -> bool {
    before.trim_end().ends_with(['.', '/', '|', '(', '[', '-', '–', '—', '\n', '"', '”', '!', '?', ':', ','])
}

/// Takes a short signature before the opener along: "Jane Doe / Photo: Agency".
fn widen(caption: &str, at: usize) -> usize {
    let head = caption.get(..at).unwrap_or_default();
    let trimmed = head.trim_end();
    let Some(before) = trimmed.strip_suffix(['/', '|']) else { return at };
    let start = before.rfind(['.', '/', '|', '(', '\n']).map_or(0, |i| i + 1);
    let name = before.get(start..).unwrap_or_default();
    let lead = name.len() - name.trim_start().len();
    let words = name.split_whitespace().count();
    if start > 0
        && (1..=4).contains(&words)
        && name.split_whitespace().all(|w| w.starts_with(char::is_uppercase))
    {
        start + lead
    } else {
        at
    }
}

/// A credit without opener: its last part, after a slash, bar, bracket, dash or full stop, names an agency.
fn by_agency(caption: &str) -> Option<usize> {
    let cuts = caption.char_indices().filter(|&(i, c)| {
        matches!(c, '/' | '|' | '(' | '[' | '\n' | '©' | '–' | '—' | '•')
            || (matches!(c, '.' | '-' | ',' | '"' | '”' | ':')
                && caption.get(i + c.len_utf8()..).is_some_and(|r| r.starts_with(' ')))
    });
    let mut starts: Vec<usize> = vec![0];
    starts.extend(cuts.map(|(i, c)| i + c.len_utf8()));
    let mut found = None;
    for (index, &start) in starts.iter().enumerate().rev() {
        let end = starts.get(index + 1).copied().unwrap_or(caption.len());
        let part = caption.get(start..end).unwrap_or_default();
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        let rest = caption.get(start..).unwrap_or_default().trim();
        if rest.chars().count() > MAX_CREDIT_CHARS {
            break;
        }
        if names_agency(part) && part.split_whitespace().count() <= 7 {
            let lead = caption.get(start..end).map_or(0, |p| p.len() - p.trim_start().len());
            found = Some(start + lead);
        }
    }
    let at = found?;
    let alone = at == 0 && caption.split_whitespace().count() > 6;
    if alone { None } else { Some(widen(caption, at)) }
}

fn names_agency(part: &str) -> bool {
    let words: Vec<&str> =
        part.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|w| !w.is_empty()).collect();
    AGENCIES.iter().any(|agency| {
        let wanted: Vec<&str> = agency.split(' ').collect();
        words.windows(wanted.len()).any(|w| {
            w.iter()
                .zip(&wanted)
                .all(|(word, want)| if want.len() <= 4 { word == want } else { word.to_uppercase() == *want })
        })
    })
}

/// True when a line of flat text is a caption: it ends in a credit that no sentence of an article ends in.
pub(crate) fn is_caption_line(line: &str) -> bool {
    let Some(start) = credit_start(line) else { return false };
    let head = line.get(..start).unwrap_or_default().trim_end();
    let tail = line.get(start..).unwrap_or_default();
    let lower = tail.to_lowercase();
    let opened = OPENERS
        .iter()
        .any(|o| lower.starts_with(o) && (o.ends_with([':', '/']) || o.contains("photo") || *o == "©"));
    let slashed = head.ends_with(['/', '|', '(', '[', '–', '—', '•']) || tail.contains('/');
    let alone =
        head.is_empty() && tail.len() < 40 && names_agency(tail) && tail.split_whitespace().count() <= 4;
    (opened || slashed || alone) && line.chars().count() < 600
}

/// True for a line that is a credit and nothing else: "Credit: Jane Doe".
pub(crate) fn is_credit_line(line: &str) -> bool {
    line.chars().count() <= MAX_CREDIT_CHARS && is_caption_line(line) && split(line).text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(caption: &str, text: &str, credit: Option<&str>) {
        let parts = split(caption);
        assert_eq!((&caption[parts.text], parts.credit.map(|r| &caption[r])), (text, credit));
    }

    #[test]
    fn credits_are_split_off() {
        check(
            "The launcher at the park. / AFP PHOTO / Jan NOVAK",
            "The launcher at the park.",
            Some("AFP PHOTO / Jan NOVAK"),
        );
        check("A bridge at night (AP Photo/Jane Doe)", "A bridge at night", Some("AP Photo/Jane Doe"));
        check("Die Brücke am Abend. Foto: dpa", "Die Brücke am Abend.", Some("Foto: dpa"));
        check("© Keystone", "", Some("© Keystone"));
        check(
            "Workers leave the mine. REUTERS/Ana Silva",
            "Workers leave the mine.",
            Some("REUTERS/Ana Silva"),
        );
        check("The minister speaks to reporters.", "The minister speaks to reporters.", None);
    }

    #[test]
    fn prose_is_no_caption() {
        assert!(is_caption_line("A launcher is displayed outside the city in 2017. / AFP PHOTO / Jan NOVAK"));
        assert!(is_caption_line("Getty Images"));
        assert!(is_credit_line("Credit: Studio Vale"));
        assert!(!is_credit_line("Workers leave the mine. REUTERS/Ana Silva"));
        assert!(!is_caption_line("The company told Reuters that it would close the mine."));
        assert!(!is_caption_line("The deal, first reported by AP, was signed in May."));
    }
}
