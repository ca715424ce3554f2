//! Who is who over all articles, read by the real recognizer and resolved by the real server: the marked articles of
//! `crates/copydesk-knowledge/tests/identities`. A mention that is not recognized is one of its own, so that what is
//! measured is everything together. The floors are the figures at the time of writing, rounded down.

use std::collections::HashMap;

use crate::app::{TestApp, text};

struct Marked {
    begin: u32,
    end: u32,
    identity: String,
}

/// The text without marks, and where they were.
fn read(block: &str) -> (String, Vec<Marked>) {
    let (_, marked) = block.trim().split_once('\n').expect("a title and a text");
    let (mut text, mut mentions) = (String::new(), Vec::new());
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        let (mark, after) = after.split_once(']').expect("a closed mark");
        let parts: Vec<&str> = mark.split('|').collect();
        let begin = u32::try_from(text.len()).expect("a short article");
        text.push_str(parts[0]);
        let end = u32::try_from(text.len()).expect("a short article");
        mentions.push(Marked { begin, end, identity: parts[2].to_owned() });
        rest = after;
    }
    text.push_str(rest);
    (text, mentions)
}

/// F1 over pairs of mentions in different articles, and the share of marked mentions that are recognized.
async fn measure(articles: &str) -> (f64, f64) {
    let (mut app, _database) = TestApp::start().await;
    let mut judged: Vec<(usize, String, Option<String>)> = Vec::new();
    for (index, block) in articles.split("\n\n").filter(|block| !block.trim().is_empty()).enumerate() {
        let (body, mentions) = read(block);
        let mut article = text(&format!("marked-{index}"), &body);
        article.language = "en".to_owned();
        let made = app.process(article).await;
        let mut owners: HashMap<(u32, u32), String> = HashMap::new();
        for entity in &made.entities {
            for mention in &entity.mentions {
                let span = mention.span.expect("a span");
                let bounds = (span.begin as u32, span.end as u32);
                owners.insert(bounds, entity.entity_id.clone());
            }
        }
        for marked in mentions {
            let overlaps = |(begin, end): &(u32, u32)| *begin < marked.end && marked.begin < *end;
            let found = owners.iter().find(|(bounds, _)| overlaps(bounds)).map(|(_, id)| id.clone());
            judged.push((index, marked.identity, found));
        }
    }
    let (mut right, mut found, mut marked) = (0, 0, 0);
    for (at, one) in judged.iter().enumerate() {
        for other in judged.iter().skip(at + 1).filter(|other| other.0 != one.0) {
            let is_marked = one.1 == other.1;
            let is_found = one.2.is_some() && one.2 == other.2;
            marked += usize::from(is_marked);
            found += usize::from(is_found);
            right += usize::from(is_marked && is_found);
        }
    }
    let f1 = 2.0 * right as f64 / (marked + found) as f64;
    let recognized = judged.iter().filter(|one| one.2.is_some()).count() as f64 / judged.len() as f64;
    println!(
        "{} mentions, {recognized:.3} recognized; across articles: {right} of {marked} pairs right, {found} found, F1 {f1:.3}",
        judged.len()
    );
    (f1, recognized)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_who_is_told_from_articles_as_they_come() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/copydesk-knowledge/tests/identities");
    for file in ["developed.txt", "held_out.txt"] {
        let articles = std::fs::read_to_string(format!("{folder}/{file}")).expect("the marked articles");
        let (f1, recognized) = measure(&articles).await;
        assert!(f1 >= 0.85 && recognized >= 0.93, "{file}: {f1} {recognized}");
    }
}
