//! Articles with marked quotations, and the recognizer that reads them.
//!
//! `{Speaker|words}` marks a quotation with the name of its speaker, or the words that name an unnamed one; `{+|words}`
//! goes on with the one before. Words that begin with a quotation mark are direct. `# ` begins an article with its title.

use std::ops::Range;

use copydesk_knowledge::{Input, Knowledge, Mention, Paragraph, analyze};
use copydesk_ner::{Model, Scratch, article};

/// A quotation as a person marked it.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    /// Without marks and punctuation at the ends.
    pub(crate) parts: Vec<Range<usize>>,
    pub(crate) direct: bool,
    pub(crate) speaker: String,
}

/// An article without the marks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Article {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) marked: Vec<Marked>,
}

/// All articles of a file.
pub(crate) fn articles(file: &str) -> Vec<Article> {
    file.split("# ").filter(|article| !article.trim().is_empty()).map(read).collect()
}

fn read(article: &str) -> Article {
    let (title, body) = article.split_once('\n').expect("a title and a text");
    let mut read = Article { title: title.trim().to_owned(), ..Article::default() };
    let mut rest = body.trim();
    while let Some(at) = rest.find('{') {
        read.text.push_str(&rest[..at]);
        let inner = &rest[at + 1..];
        let bar = inner.find('|').expect("a speaker");
        let end = inner.find(['}', '\n']).expect("an end");
        let begin = read.text.len();
        let words = &inner[bar + 1..end];
        read.text.push_str(words);
        let part = bare(&read.text, begin..read.text.len());
        match &inner[..bar] {
            "+" => read.marked.last_mut().expect("one before").parts.push(part),
            speaker => read.marked.push(Marked {
                parts: vec![part],
                direct: words.starts_with(['“', '"', '‘', '\'', '«', '„']),
                speaker: speaker.to_owned(),
            }),
        }
        // A paragraph that goes on in the next has no closing brace.
        rest = if inner[end..].starts_with('}') { &inner[end + 1..] } else { &inner[end..] };
    }
    read.text.push_str(rest);
    read
}

/// A range without white space, quotation marks and punctuation at its ends.
pub(crate) fn bare(text: &str, range: Range<usize>) -> Range<usize> {
    let is_edge = |c: char| c.is_whitespace() || "“”\"‘’'«»„,.;:!?…—".contains(c);
    let words = &text[range.clone()];
    let begin = range.start + (words.len() - words.trim_start_matches(is_edge).len());
    begin..begin + words.trim_matches(is_edge).len()
}

/// The recognizer that the service carries.
pub(crate) fn model() -> Model {
    let bytes = include_bytes!("../../../../models/en_core_web_md-3.8.0.cdner");
    Model::from_bytes(bytes).expect("the model in the repository")
}

/// What the recognizer and this crate make of an article.
pub(crate) fn analyzed(model: &Model, read: &Article) -> Knowledge {
    let mut begin = 0;
    let paragraphs: Vec<Paragraph> = read
        .text
        .split("\n\n")
        .map(|words| {
            let paragraph = Paragraph { begin, end: begin + words.len(), is_prose: true };
            begin = paragraph.end + 2;
            paragraph
        })
        .collect();
    let texts: Vec<&str> =
        paragraphs.iter().map(|paragraph| &read.text[paragraph.begin..paragraph.end]).collect();
    let mut found = model.recognize(&mut Scratch::new(), &texts);
    article::refine(model.labels(), model.language(), &texts, &mut found, article::Options::default());
    let mentions: Vec<Mention<'_>> = paragraphs
        .iter()
        .zip(&found)
        .flat_map(|(paragraph, found)| {
            found.iter().map(|mention| Mention {
                begin: paragraph.begin + mention.begin,
                end: paragraph.begin + mention.end,
                label: &model.labels()[usize::from(mention.label)],
                probability: mention.probability,
                entry: None,
            })
        })
        .collect();
    analyze(&Input {
        text: &read.text,
        paragraphs: &paragraphs,
        mentions: &mentions,
        title: &read.title,
        dateline: "",
        language: "en",
        published: None,
    })
}
