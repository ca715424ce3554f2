//! Reads the marked articles: `# title`, text with `[words|LABEL|identity]`, an empty line.

use std::fs;

use copydesk_knowledge::{
    Input, Mention, Paragraph, analyze,
    registry::{Subject, is_registered},
};
use uuid::Uuid;

pub(crate) struct Marked {
    pub(crate) begin: usize,
    pub(crate) end: usize,
    pub(crate) label: String,
    pub(crate) identity: String,
}

pub(crate) struct Article {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) mentions: Vec<Marked>,
}

pub(crate) fn articles(file: &str) -> Vec<Article> {
    let path = format!("{}/tests/identities/{file}", env!("CARGO_MANIFEST_DIR"));
    let all = fs::read_to_string(path).expect("the marked articles");
    all.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).map(read).collect()
}

fn read(block: &str) -> Article {
    let (title, marked) = block.split_once('\n').expect("a title and a text");
    let title = title.strip_prefix("# ").expect("a title").to_owned();
    let (mut text, mut mentions) = (String::new(), Vec::new());
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        let (mark, after) = after.split_once(']').expect("a closed mark");
        let [words, label, identity] = mark.split('|').collect::<Vec<_>>()[..] else { panic!("{mark}") };
        let begin = text.len();
        text.push_str(words);
        let (label, identity) = (label.to_owned(), identity.to_owned());
        mentions.push(Marked { begin, end: text.len(), label, identity });
        rest = after;
    }
    text.push_str(rest);
    Article { title, text, mentions }
}

/// The article's entities as the registry sees them, and for each mention whose it is.
pub(crate) fn subjects(article: &Article) -> (Vec<Subject>, Vec<usize>) {
    let mentions: Vec<Mention<'_>> = article
        .mentions
        .iter()
        .map(|marked| Mention {
            begin: marked.begin,
            end: marked.end,
            label: &marked.label,
            probability: 0.9,
            entry: None,
        })
        .collect();
    let paragraphs = [Paragraph { begin: 0, end: article.text.len(), is_prose: true }];
    let knowledge = analyze(&Input {
        text: &article.text,
        paragraphs: &paragraphs,
        mentions: &mentions,
        title: &article.title,
        dateline: "",
        language: "en",
        published: None,
    });
    let owners = article.mentions.iter().map(|marked| {
        let owns = |entity: &copydesk_knowledge::Entity| {
            entity.mentions.iter().any(|mention| (mention.begin, mention.end) == (marked.begin, marked.end))
        };
        knowledge.entities.iter().position(owns).expect("every mention is somebody's")
    });
    let owners = owners.collect();
    let subjects = knowledge.entities.into_iter().map(|entity| {
        assert!(is_registered(&entity.label));
        let key = format!("{}\0{}", entity.label, entity.name.to_lowercase());
        Subject {
            default_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes()),
            label: entity.label,
            name: entity.name,
            aliases: entity.aliases,
            links: entity.links.into_iter().map(|link| [link.scheme.to_owned(), link.id, link.url]).collect(),
            fields: entity.fields.into_iter().map(str::to_owned).collect(),
            salience: entity.salience,
        }
    });
    (subjects.collect(), owners)
}
