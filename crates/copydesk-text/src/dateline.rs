//! The opening of a report: "LISBON, July 31 (Agency) —".
//!
//! Lives here: finding it at the start of the clean text. Must never come here: the date of publication (`meta`).

use crate::document::Dateline;

/// The longest opening that can be a dateline, in characters.
const MAX_CHARS: usize = 80;

/// Finds the dateline that opens a text. The text keeps it; the span says where it stands.
pub(crate) fn find(text: &str) -> Option<Dateline> {
    let line = text.split('\n').next()?;
    let end = line.char_indices().nth(MAX_CHARS).map_or(line.len(), |(i, _)| i);
    let head = line.get(..end)?;
    let (at, _) = [" — ", " – ", " -- ", " - ", "— ", "– ", ".- ", ".— ", ": "]
        .iter()
        .filter_map(|dash| head.find(dash).map(|at| (at, dash)))
        .min_by_key(|&(at, _)| at)?;
    let lead = head.get(..at)?.trim_end();
    let colon = head.get(at..).is_some_and(|r| r.starts_with(": "));
    let place_end = lead.find([',', '(', '/']).unwrap_or(lead.len());
    let place = lead.get(..place_end)?.trim_end();
    let rest = lead.get(place_end..)?;
    let letters: Vec<char> = place.chars().filter(|c| c.is_alphabetic()).collect();
    let upper = letters.len() >= 3 && letters.iter().all(|c| c.is_uppercase() || !c.is_lowercase());
    let cased = letters.iter().any(|c| c.is_uppercase());
    let agency = rest.contains('(') && rest.contains(')');
    let words = place.split_whitespace().count();
    let dated = rest.chars().any(|c| c.is_ascii_digit());
    let capitalized = place.split_whitespace().all(|w| w.starts_with(char::is_uppercase));
    let sure = cased
        && words <= 4
        && (upper && (!colon || words <= 2) || (capitalized && !colon && (agency || dated)));
    (sure && !place.is_empty()).then(|| Dateline {
        text: lead.to_owned(),
        place: place.to_owned(),
        span: 0..lead.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datelines_are_told_from_sentences() {
        let place = |text: &str| find(text).map(|d| d.place);
        for (text, expected) in [
            ("LISBON, July 31 — The minister said", Some("LISBON")),
            ("MOSCOW (AP) — The bridge", Some("MOSCOW")),
            ("Istanbul (AFP) – The bridge", Some("Istanbul")),
            ("NEW DELHI: The army", Some("NEW DELHI")),
            ("The minister — who had been ill — came back", None),
            ("Note: this is new", None),
        ] {
            assert_eq!(place(text).as_deref(), expected, "{text}");
        }
    }
}
