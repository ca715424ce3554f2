//! Articles as one HTML page that a person can read and send on: no scripts, nothing loaded from elsewhere.
//!
//! What comes from an article is not trusted. All of it goes through `escaped`; a link is only made of an http(s) address;
//! a policy in the head forbids everything but the page's own style.

use copydesk_proto::v1::{self, ParagraphKind};

use super::{
    super::choices,
    Category,
    flow::printable,
    line::{date, percent},
    pieces::{Marks, Piece, amount_value, byte_range, date_value},
};

const STYLE: &str = include_str!("page.css");

/// The page, with the articles in order.
pub(crate) fn page(articles: &[v1::Article]) -> String {
    let title = match articles {
        [one] if !one.title.is_empty() => escaped(&one.title),
        _ => format!("{} articles", articles.len()),
    };
    let bodies: String = articles.iter().map(article).collect();
    let legend = legend();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n{legend}{bodies}</body>\n</html>\n"
    )
}

fn legend() -> String {
    let categories: String = Category::ALL
        .iter()
        .map(|category| format!("<mark class=\"{}\">{}</mark> ", class(*category), escaped(category.name())))
        .collect();
    format!(
        "<p class=\"legend\">{categories}<span class=\"direct\">Said</span> <span class=\"retold\">Retold</span> \
         <mark class=\"people speaker\">Speaker</mark> <span class=\"cue\">Cue</span></p>\n"
    )
}

fn article(article: &v1::Article) -> String {
    let marks = Marks::new(article);
    let language = article.language.as_ref().map_or("", |language| &*language.code);
    [
        format!("<article lang=\"{}\">\n", escaped(language)),
        head(article),
        body(article, &marks),
        captions(article),
        quotations(article, &marks),
        entities(article),
        values(article),
        removed(article),
        "</article>\n".to_owned(),
    ]
    .concat()
}

fn head(article: &v1::Article) -> String {
    let title = if article.title.is_empty() { "(no title found)" } else { &article.title };
    let subtitle = paragraph("subtitle", &article.subtitle);
    let mut facts = Vec::new();
    if !article.site_name.is_empty() {
        facts.push(escaped(&article.site_name));
    }
    if !article.authors.is_empty() {
        facts.push(escaped(&format!("by {}", article.authors.join(", "))));
    }
    facts.extend(article.published_time.as_ref().map(|time| escaped(&date(time))));
    if let Some(language) = &article.language {
        facts.push(escaped(&format!("{} ({})", language.code, percent(language.probability))));
    }
    let url = if article.canonical_url.is_empty() { &article.url } else { &article.canonical_url };
    if !url.is_empty() {
        facts.push(link(url, url));
    }
    let dateline = paragraph("facts", &article.dateline);
    let title = escaped(title);
    format!("<h1>{title}</h1>\n{subtitle}<p class=\"facts\">{}</p>\n{dateline}", facts.join(" · "))
}

fn paragraph(class: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p class=\"{class}\">{}</p>\n", escaped(text)) }
}

fn body(article: &v1::Article, marks: &Marks<'_>) -> String {
    let mut out = String::new();
    for paragraph in &article.paragraphs {
        let Some(range) = byte_range(&article.text, paragraph.span.as_ref()) else { continue };
        let (open, close) = match paragraph.kind() {
            ParagraphKind::Heading => ("<h2>", "</h2>"),
            ParagraphKind::ListItem => ("<p class=\"item\">", "</p>"),
            ParagraphKind::Quotation => ("<blockquote>", "</blockquote>"),
            ParagraphKind::TableRow => ("<p class=\"row\">", "</p>"),
            ParagraphKind::Preformatted => ("<pre>", "</pre>"),
            ParagraphKind::Body | ParagraphKind::Unspecified => ("<p>", "</p>"),
        };
        let words: String = marks.pieces(range).into_iter().map(|one| piece(marks, one)).collect();
        out += &format!("{open}{words}{close}\n");
    }
    out
}

fn piece(marks: &Marks<'_>, piece: Piece<'_>) -> String {
    let mut out = escaped(piece.text);
    if let Some(entity) = piece.entity {
        let speaker = if piece.is_speaker { " speaker" } else { "" };
        let class = class(Category::of(entity.r#type()));
        let tip = escaped(&format!("{} · {}", entity.name, type_name(entity)));
        out = format!("<mark class=\"{class}{speaker}\" title=\"{tip}\">{out}</mark>");
    } else if piece.is_speaker {
        out = format!("<span class=\"speaker\">{out}</span>");
    } else if piece.is_cue {
        out = format!("<span class=\"cue\">{out}</span>");
    }
    if let Some(quotation) = piece.quotation {
        let class = if quotation.direct { "direct" } else { "retold" };
        let tip = escaped(marks.speaker(quotation).unwrap_or("no speaker found"));
        out = format!("<span class=\"{class}\" title=\"{tip}\">{out}</span>");
    }
    out
}

fn captions(article: &v1::Article) -> String {
    let caption = |caption: &v1::Caption| {
        let credit = if caption.credit.is_empty() { String::new() } else { format!(" ({})", caption.credit) };
        paragraph("caption", &format!("Picture: {}{credit}", caption.text))
    };
    article.captions.iter().map(caption).collect()
}

fn quotations(article: &v1::Article, marks: &Marks<'_>) -> String {
    let rows = article.quotations.iter().map(|quotation| {
        let speaker = escaped(marks.speaker(quotation).unwrap_or("—"));
        let words = escaped(&quotation.text);
        let class = if quotation.direct { "direct" } else { "retold" };
        format!("<tr><th>{speaker}</th><td><span class=\"{class}\">{words}</span></td></tr>\n")
    });
    section("Quotations", rows.collect())
}

fn entities(article: &v1::Article) -> String {
    let mut entities: Vec<&v1::Entity> = article.entities.iter().collect();
    entities.sort_by(|one, other| other.salience.total_cmp(&one.salience));
    let rows = entities.into_iter().map(|entity| {
        let links: Vec<String> =
            entity.links.iter().map(|one| link(&one.url, &format!("{}:{}", one.scheme, one.id))).collect();
        let also = if entity.aliases.is_empty() {
            String::new()
        } else {
            format!("also {}", entity.aliases.join(", "))
        };
        let class = class(Category::of(entity.r#type()));
        let name = escaped(&entity.name);
        let kind = escaped(&type_name(entity));
        format!(
            "<tr><th><mark class=\"{class}\">{name}</mark></th><td>{kind}</td><td>×{}</td>\
             <td><meter max=\"1\" value=\"{:.3}\"></meter></td><td>{} {}</td></tr>\n",
            entity.mention_count,
            entity.salience.clamp(0.0, 1.0),
            escaped(&also),
            links.join(" ")
        )
    });
    section("Entities, the most salient first", rows.collect())
}

fn values(article: &v1::Article) -> String {
    let row = |words: &str, value: Option<String>| {
        let value = value.unwrap_or_else(|| "not resolved".to_owned());
        format!("<tr><th>{}</th><td>{}</td></tr>\n", escaped(words), escaped(&value))
    };
    let dates = article.dates.iter().map(|date| row(&date.text, date_value(date)));
    let amounts = article.amounts.iter().map(|amount| row(&amount.text, amount_value(amount)));
    section("Dates and amounts", dates.chain(amounts).collect())
}

fn removed(article: &v1::Article) -> String {
    let row = |removed: &v1::Removed| {
        let reason = escaped(&removed.reason.replace('_', " "));
        format!("<tr><th>{reason}</th><td>{}</td></tr>\n", escaped(&removed.text))
    };
    let rows: String = article.removed.iter().map(row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!("<details><summary>Removed</summary>\n<table>\n{rows}</table>\n</details>\n")
}

fn section(title: &str, rows: String) -> String {
    if rows.is_empty() { rows } else { format!("<h3>{title}</h3>\n<table>\n{rows}</table>\n") }
}

/// A link, if the address is one of the web; else its text.
fn link(url: &str, text: &str) -> String {
    let text = escaped(text);
    let is_web = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    if is_web { format!("<a rel=\"noreferrer\" href=\"{}\">{text}</a>", escaped(url)) } else { text }
}

fn class(category: Category) -> &'static str {
    match category {
        Category::People => "people",
        Category::Organizations => "organizations",
        Category::Places => "places",
        Category::Groups => "groups",
        Category::Things => "things",
        Category::Dates => "dates",
        Category::Numbers => "numbers",
    }
}

fn type_name(entity: &v1::Entity) -> String {
    if entity.r#type() == v1::EntityType::Custom && !entity.custom_type.is_empty() {
        return entity.custom_type.clone();
    }
    choices::entity_type_name(entity.r#type()).to_owned()
}

/// Text that is safe in an element and in a quoted attribute. Line ends and tabs stay; other control characters and
/// direction overrides become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            _ => out.push(printable(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> v1::Article {
        let evil = "<script>alert(\"x\")</script>' onload='x\u{202e}".to_owned();
        let span = |begin, end| Some(v1::Span { begin, end, ..Default::default() });
        let all = evil.len() as i32;
        v1::Article {
            title: evil.clone(),
            subtitle: evil.clone(),
            url: format!("javascript:{evil}"),
            text: evil.clone(),
            paragraphs: vec![v1::Paragraph { span: span(0, all), kind: ParagraphKind::Body as i32 }],
            entities: vec![v1::Entity {
                name: evil.clone(),
                aliases: vec![evil.clone()],
                custom_type: evil.clone(),
                r#type: v1::EntityType::Custom as i32,
                mentions: vec![v1::Mention { span: span(0, 8), ..Default::default() }],
                links: vec![v1::EntityLink {
                    scheme: evil.clone(),
                    id: evil.clone(),
                    url: format!("data:{evil}"),
                }],
                ..Default::default()
            }],
            quotations: vec![v1::Quotation {
                parts: vec![v1::Span { begin: 4, end: all, ..Default::default() }],
                text: evil.clone(),
                direct: true,
                speaker: Some(v1::Speaker { text: evil.clone(), ..Default::default() }),
                ..Default::default()
            }],
            dates: vec![v1::DateValue { text: evil.clone(), value: evil.clone(), ..Default::default() }],
            removed: vec![v1::Removed { text: evil.clone(), reason: evil, ..Default::default() }],
            ..Default::default()
        }
    }

    #[test]
    fn nothing_of_an_article_becomes_markup() {
        let made = page(&[hostile()]);
        let body = made.split("<body>").nth(1).expect("a body");
        assert!(
            !body.contains("<script") && !body.contains("onload='") && !body.contains('\u{202e}'),
            "{body}"
        );
        assert!(!body.contains("href="), "{body}");
    }

    #[test]
    fn a_page_needs_nothing_from_elsewhere() {
        let made = page(&[hostile(), v1::Article::default()]);
        for loader in ["<script", "<link", "<img", "<iframe", "@import", "url(", "src="] {
            assert!(!made.contains(loader), "{loader}");
        }
        assert!(made.starts_with("<!doctype html>") && made.ends_with("</html>\n"));
    }

    #[test]
    fn quotations_and_their_speakers_are_marked_in_place() {
        let text = "“Yes,” Ana said.".to_owned();
        let span = |begin, end| v1::Span { begin, end, ..Default::default() };
        let article = v1::Article {
            paragraphs: vec![v1::Paragraph { span: Some(span(0, 20)), kind: ParagraphKind::Body as i32 }],
            entities: vec![v1::Entity {
                entity_id: "1".into(),
                name: "Ana Reyes".into(),
                r#type: v1::EntityType::Person as i32,
                mentions: vec![v1::Mention { span: Some(span(11, 14)), ..Default::default() }],
                ..Default::default()
            }],
            quotations: vec![v1::Quotation {
                parts: vec![span(3, 7)],
                direct: true,
                speaker: Some(v1::Speaker {
                    entity_id: "1".into(),
                    span: Some(span(11, 14)),
                    ..Default::default()
                }),
                cue: Some(v1::Cue { span: Some(span(15, 19)), ..Default::default() }),
                ..Default::default()
            }],
            text,
            ..Default::default()
        };
        let expected = "<p>“<span class=\"direct\" title=\"Ana Reyes\">Yes,</span>” \
                        <mark class=\"people speaker\" title=\"Ana Reyes · PERSON\">Ana</mark> \
                        <span class=\"cue\">said</span>.</p>";
        let made = page(&[article]);
        assert!(made.contains(expected), "{made}");
    }
}
