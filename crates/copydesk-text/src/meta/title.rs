//! The headline among its many copies.
//!
//! Lives here: the choice among `h1`, OpenGraph, JSON-LD and `<title>`, and cutting the site's name off. Must never come
//! here: subtitles and other lines. The `h1` that repeats in another place is what readers see; search engines are
//! often given a shortened or spiced form. In news, two of three places that agree decide.

use super::head::Head;
use super::visible::Visible;
use crate::normal::tidy;

/// Chooses the title. `news` says that the headline comes from a node typed as news.
pub(crate) fn choose(
    head: &Head,
    headline: Option<String>,
    news: bool,
    seen: &Visible,
    site: Option<&str>,
) -> Option<String> {
    let cut = |t: &String| without_site(t, site);
    let headline = headline.as_ref().map(cut);
    let opened = head.first(&["og:title"]).as_ref().map(cut);
    let twitter = head.first(&["twitter:title"]).as_ref().map(cut);
    let titled = head.title.as_ref().map(cut);
    let said: Vec<&String> = [&headline, &opened, &twitter, &titled].into_iter().flatten().collect();
    // A shown headline that any other place repeats, at least in part.
    let shown = || {
        let repeated = seen.headings.iter().find(|h| said.iter().any(|s| same(s, h)));
        repeated.or_else(|| seen.headings.iter().find(|h| said.iter().any(|s| alike(s, h)))).cloned()
    };
    // In news two of the three carefully kept places agree: a kicker before the `h1` or a headline for search engines
    // is outvoted.
    let agreed = || {
        let (headline, opened) = (headline.as_ref().filter(|_| news)?, opened.as_ref()?);
        let shown = |t: &String| seen.headings.iter().any(|h| same(h, t));
        if same(headline, opened) || shown(headline) {
            Some(headline.clone())
        } else {
            shown(opened).then(|| opened.clone())
        }
    };
    // `<title>` is worded for search engines, and so is whatever copies it: where the two kept places tell the same in
    // different words, the one that differs from `<title>` is the editors' headline.
    let edited = || {
        let (titled, opened) = (titled.as_ref()?, opened.as_ref()?);
        let kept = headline.as_ref().filter(|_| news).or_else(|| {
            // A headline that `<title>` repeats stands in for one that no script gives.
            seen.headings.first().filter(|h| headline.is_none() && same(h, titled))
        })?;
        if extends(kept, opened) || extends(opened, kept) {
            return None;
        }
        match (same(titled, kept), same(titled, opened)) {
            (true, false) => Some(opened.clone()),
            (false, true) => Some(kept.clone()),
            _ => None,
        }
        .filter(|t| site.is_none_or(|site| !extends(t, site)))
    };
    edited()
        .or_else(agreed)
        .or_else(|| headline.clone().filter(|_| news))
        .or_else(shown)
        .or(headline)
        .or(opened)
        .or_else(|| seen.headings.first().cloned())
        .or(titled)
        .or(twitter)
        .map(|t| shown_part(t, &seen.headings))
        .map(|t| tidy(&t))
        .filter(|t| !t.is_empty())
}

/// The part of a title that the page shows as its headline: what a dash or bar sets off behind it is the site's.
fn shown_part(title: String, headings: &[String]) -> String {
    let set_off = |h: &&String| {
        title.strip_prefix(h.as_str()).is_some_and(|rest| {
            rest.starts_with(' ') && rest.trim_start().starts_with(['|', '-', '–', '—', '·', '•', '»'])
        })
    };
    headings.iter().find(set_off).cloned().unwrap_or(title)
}

/// True when one line begins with the words of the other.
fn extends(long: &str, start: &str) -> bool {
    words(long).starts_with(&words(start))
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// True when two lines have the same words.
pub(crate) fn same(a: &str, b: &str) -> bool {
    words(a) == words(b)
}

/// True when most words of the shorter stand in the other.
fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (words(a), words(b));
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let shared = short.iter().filter(|w| long.contains(w)).count();
    short.len() >= 3 && shared * 10 >= short.len() * 7
}

/// Cuts " - Site Name", " | Section | Site" off a title.
pub(crate) fn without_site(title: &str, site: Option<&str>) -> String {
    const CUTS: [&str; 9] = [" | ", " - ", " – ", " — ", " · ", " • ", " » ", " :: ", " ‹ "];
    let mut rest = title.trim();
    if let Some(site) = site.filter(|s| !s.is_empty()) {
        let lower = rest.to_lowercase();
        if lower.len() == rest.len() && lower.ends_with(&site.to_lowercase()) && lower.len() > site.len() {
            let head = rest.get(..rest.len() - site.len()).unwrap_or(rest).trim_end();
            let cut = head.trim_end_matches(['|', '-', '–', '—', '·', '•', '»', ':', '‹']);
            if cut.len() < head.len() {
                rest = cut.trim_end();
            }
        }
    }
    // The name of a site is short and stands last; a headline with a dash in it has its longer part there.
    for cut in CUTS {
        if let Some(at) = rest.rfind(cut) {
            let (head, tail) =
                (rest.get(..at).unwrap_or_default(), rest.get(at + cut.len()..).unwrap_or_default());
            let bar = cut.trim() == "|" || cut.trim() == "»" || cut.trim() == "‹";
            let limit = if bar { 5 } else { 4 };
            if words(head).len() >= 3
                && words(tail).len() <= limit
                && words(tail).len() * 2 <= words(head).len() + 2
            {
                return without_bar(head);
            }
        }
    }
    rest.to_owned()
}

fn without_bar(head: &str) -> String {
    match head.rfind(" | ") {
        Some(at) if words(head.get(..at).unwrap_or_default()).len() >= 3 => {
            head.get(..at).unwrap_or(head).trim().to_owned()
        }
        _ => head.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_cut_off_the_title() {
        for (title, site, expected) in [
            ("Bridge closed after storm - Harbour Post", Some("Harbour Post"), "Bridge closed after storm"),
            ("Bridge closed after storm | News | Harbour Post", None, "Bridge closed after storm"),
            (
                "Storm – the aftermath of a long and windy night",
                None,
                "Storm – the aftermath of a long and windy night",
            ),
            ("Harbour Post", Some("Harbour Post"), "Harbour Post"),
        ] {
            assert_eq!(without_site(title, site), expected);
        }
    }
}
