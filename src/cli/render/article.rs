//! A whole article: headline, byline, text with its entities in place, captions, names, what was removed and why.
//!
//! Expects spans in bytes of UTF-8. A span that does not fit the text is passed over: this shows what it can.

use std::time::Duration;

use anstyle::Style;
use copydesk_proto::v1::{self, ArticleState, ParagraphKind};

use super::{
    super::choices,
    Category, Role, Screen,
    flow::{Measure, Run, wrap},
    line::{clip, date, percent},
    palette::{cue_style, quoted_style},
    pieces::{Marks, Piece, amount_value, byte_range, date_value},
};

/// Of everything but the headline.
const INDENT: &str = "    ";
/// Of the second and later lines of a list entry.
const HANGING: &str = "      ";
/// Pieces shown for each reason of removal; a page may have hundreds.
const MAX_REMOVED_PER_REASON: usize = 6;

/// The article, ended by a newline. `took` is shown if the caller measured something worth telling.
pub(crate) fn article(screen: &Screen, article: &v1::Article, took: Option<Duration>) -> String {
    let sheet = Sheet { screen, article, marks: Marks::new(article) };
    [
        sheet.headline(),
        sheet.metadata(),
        sheet.failure(),
        sheet.body(),
        sheet.captions(),
        sheet.quotations(),
        sheet.names(),
        sheet.values(),
        sheet.removed(),
        sheet.notes(),
        sheet.footer(took),
    ]
    .concat()
}

struct Sheet<'a> {
    screen: &'a Screen,
    article: &'a v1::Article,
    marks: Marks<'a>,
}

impl Sheet<'_> {
    fn wrap(&self, runs: &[Run], first_indent: &str, indent: &str) -> String {
        wrap(self.screen.palette, runs, Measure { width: self.screen.width, first_indent, indent })
    }

    fn section(&self, label: &str) -> String {
        format!("\n{INDENT}{}\n", self.screen.paint(Role::Label, label))
    }

    fn headline(&self) -> String {
        let title = match self.article.title.as_str() {
            "" => Run::new("(no title found)", Role::Quiet.style()),
            title => Run::new(title, Role::Title.style()),
        };
        let subtitle = match self.article.subtitle.as_str() {
            "" => String::new(),
            subtitle => self.wrap(&[Run::new(subtitle, Style::new().italic())], INDENT, INDENT),
        };
        self.wrap(&[title], "━━ ", "   ") + &subtitle
    }

    fn metadata(&self) -> String {
        let article = self.article;
        let mut facts = Vec::new();
        if !article.site_name.is_empty() {
            facts.push(article.site_name.clone());
        }
        if !article.authors.is_empty() {
            facts.push(format!("by {}", article.authors.join(", ")));
        }
        if let Some(time) = &article.published_time {
            facts.push(date(time));
        }
        if let Some(language) = &article.language {
            let support = if language.supported { "" } else { ", no recognizer for it" };
            facts.push(format!("{} ({}{support})", language.code, percent(language.probability)));
        }
        if article.is_accessible_for_free == Some(false) {
            facts.push("for subscribers".to_owned());
        }
        let url = if article.canonical_url.is_empty() { &article.url } else { &article.canonical_url };
        if !url.is_empty() {
            facts.push(url.clone());
        }
        if facts.is_empty() {
            return String::new();
        }
        self.wrap(&[Run::new(facts.join(" · "), Role::Quiet.style())], INDENT, INDENT)
    }

    fn failure(&self) -> String {
        let Some(failure) = &self.article.failure else { return String::new() };
        let said =
            format!("Given up after {} attempts: {} ({})", failure.attempts, failure.message, failure.reason);
        self.wrap(&[Run::new(said, Role::Bad.style())], INDENT, INDENT)
    }

    fn body(&self) -> String {
        let article = self.article;
        let mut out = String::new();
        if !article.dateline.is_empty() {
            out += "\n";
            out += &self.wrap(&[Run::new(&*article.dateline, Role::Quiet.style())], INDENT, INDENT);
        }
        let mut kind_before = None;
        for paragraph in &article.paragraphs {
            let Some(range) = byte_range(&article.text, paragraph.span.as_ref()) else { continue };
            let (base, first_indent, indent) = match paragraph.kind() {
                ParagraphKind::Heading => (Style::new().bold(), INDENT, INDENT),
                ParagraphKind::ListItem => (Style::new(), "    • ", HANGING),
                ParagraphKind::Quotation => (Style::new().italic(), "    │ ", "    │ "),
                ParagraphKind::TableRow => (Style::new(), "    ┆ ", HANGING),
                ParagraphKind::Preformatted => (Style::new(), "    ┊ ", "    ┊   "),
                ParagraphKind::Body | ParagraphKind::Unspecified => (Style::new(), INDENT, INDENT),
            };
            // Items of one list stand close together.
            let is_row = matches!(paragraph.kind(), ParagraphKind::ListItem | ParagraphKind::TableRow);
            if !is_row || kind_before != Some(paragraph.kind()) {
                out += "\n";
            }
            kind_before = Some(paragraph.kind());
            for line in lines(&article.text, range) {
                out += &self.wrap(&self.marked(line, base), first_indent, indent);
            }
        }
        out
    }

    /// A range of the text as runs, with mentions, quotations and cues in their styles.
    fn marked(&self, line: (usize, usize), base: Style) -> Vec<Run> {
        let has_colour = self.screen.palette.has_colour();
        let run = |piece: Piece<'_>| {
            let quoted = piece.quotation.map_or(base, |quotation| quoted_style(quotation.direct));
            let style = match piece.entity {
                Some(entity) => Category::of(entity.r#type()).style(),
                None if piece.is_cue => cue_style(),
                None => quoted,
            };
            match piece.entity {
                Some(entity) if !has_colour => {
                    Run::new(format!("[{}|{}]", piece.text, type_name(entity)), style)
                }
                Some(_) | None => {
                    Run::new(piece.text, if piece.is_speaker { style.underline() } else { style })
                }
            }
        };
        self.marks.pieces(line).into_iter().map(run).collect()
    }

    fn captions(&self) -> String {
        let mut out = self.lead_image();
        for caption in &self.article.captions {
            let mut runs =
                vec![Run::new("Picture: ", Role::Label.style()), Run::new(&*caption.text, Style::new())];
            if !caption.credit.is_empty() {
                runs.push(Run::new(format!(" ({})", caption.credit), Role::Quiet.style()));
            }
            out += "\n";
            out += &self.wrap(&runs, INDENT, HANGING);
        }
        out
    }

    fn lead_image(&self) -> String {
        let Some(image) = &self.article.lead_image else { return String::new() };
        let mut runs =
            vec![Run::new("Lead image: ", Role::Label.style()), Run::new(&*image.url, Style::new())];
        if !image.credit.is_empty() {
            runs.push(Run::new(format!(" ({})", image.credit), Role::Quiet.style()));
        }
        format!("\n{}", self.wrap(&runs, INDENT, HANGING))
    }

    fn names(&self) -> String {
        if self.article.entities.is_empty() {
            return String::new();
        }
        let mut out = self.section("Entities");
        for category in Category::ALL {
            let mut entities: Vec<&v1::Entity> = self
                .article
                .entities
                .iter()
                .filter(|entity| Category::of(entity.r#type()) == category)
                .collect();
            if entities.is_empty() {
                continue;
            }
            // Stable, so that entities of one weight stay in the order of the text.
            entities.sort_by(|a, b| b.salience.total_cmp(&a.salience));
            let mut runs = vec![Run::new(format!("{}: ", category.name()), Role::Quiet.style())];
            for (index, entity) in entities.into_iter().enumerate() {
                if index > 0 {
                    runs.push(Run::new(", ", Style::new()));
                }
                runs.push(Run::new(&*entity.name, category.style()));
                let mut details = String::new();
                if entity.mention_count > 1 {
                    details += &format!(" ×{}", entity.mention_count);
                }
                if !entity.aliases.is_empty() {
                    details += &format!(" (also {})", entity.aliases.join(", "));
                }
                if let Some(link) = entity.links.first() {
                    details += &format!(" {}:{}", link.scheme, link.id);
                }
                runs.push(Run::new(details, Role::Quiet.style()));
            }
            out += &self.wrap(&runs, INDENT, HANGING);
        }
        out
    }

    fn quotations(&self) -> String {
        if self.article.quotations.is_empty() {
            return String::new();
        }
        let mut out = self.section("Quotations");
        for quotation in &self.article.quotations {
            let (speaker, style) = match self.marks.speaker(quotation) {
                Some(name) => (name, Style::new().bold()),
                None => ("(no speaker found)", Role::Quiet.style()),
            };
            let said =
                if quotation.direct { format!("“{}”", quotation.text) } else { quotation.text.clone() };
            let verb = if quotation.direct { ": " } else { ", retold: " };
            let runs = [
                Run::new(speaker, style),
                Run::new(verb, Role::Quiet.style()),
                Run::new(said, quoted_style(quotation.direct)),
            ];
            out += &self.wrap(&runs, INDENT, HANGING);
        }
        out
    }

    fn values(&self) -> String {
        let dates = self.article.dates.iter().filter_map(|date| Some((&*date.text, date_value(date)?)));
        let amounts =
            self.article.amounts.iter().filter_map(|amount| Some((&*amount.text, amount_value(amount)?)));
        let told: Vec<Run> = dates
            .chain(amounts)
            .enumerate()
            .flat_map(|(index, (words, value))| {
                let comma = if index > 0 { ", " } else { "" };
                [
                    Run::new(format!("{comma}{words} "), Style::new()),
                    Run::new(format!("({value})"), Role::Quiet.style()),
                ]
            })
            .collect();
        if told.is_empty() {
            return String::new();
        }
        self.section("Dates and amounts") + &self.wrap(&told, INDENT, HANGING)
    }

    fn removed(&self) -> String {
        if self.article.removed.is_empty() {
            return String::new();
        }
        let mut reasons: Vec<(&str, Vec<&v1::Removed>)> = Vec::new();
        for removed in &self.article.removed {
            match reasons.iter_mut().find(|(reason, _)| *reason == removed.reason) {
                Some((_, pieces)) => pieces.push(removed),
                None => reasons.push((&removed.reason, vec![removed])),
            }
        }
        let mut out = self.section("Removed");
        let quiet = |text: &str| self.screen.paint(Role::Quiet, text);
        for (reason, pieces) in reasons {
            let reason = clip(&reason.replace('_', " "), 40);
            if let [piece] = pieces.as_slice() {
                let room = self.screen.width.saturating_sub(INDENT.len() + reason.len() + 2);
                out += &format!("{INDENT}{reason}: {}\n", quiet(&clip(&piece.text, room)));
                continue;
            }
            out += &format!("{INDENT}{reason} ({})\n", pieces.len());
            for piece in pieces.iter().take(MAX_REMOVED_PER_REASON) {
                let room = self.screen.width.saturating_sub(HANGING.len() + 2);
                out += &format!("{HANGING}{}\n", quiet(&format!("- {}", clip(&piece.text, room))));
            }
            if let Some(more @ 1..) = pieces.len().checked_sub(MAX_REMOVED_PER_REASON) {
                out += &format!("{HANGING}{}\n", quiet(&format!("- and {more} more")));
            }
        }
        out
    }

    fn notes(&self) -> String {
        if self.article.notes.is_empty() {
            return String::new();
        }
        let mut out = self.section("Notes");
        for note in &self.article.notes {
            let runs = [
                Run::new(&*note.code, Role::Warning.style()),
                Run::new(format!(" {}", note.message), Style::new()),
            ];
            out += &self.wrap(&runs, INDENT, HANGING);
        }
        out
    }

    fn footer(&self, took: Option<Duration>) -> String {
        let article = self.article;
        let mut facts = Vec::new();
        if !article.article_id.is_empty() {
            facts.push(format!("{} version {}", article.article_id, article.version));
        }
        if !article.external_id.is_empty() {
            facts.push(format!("{}/{}", article.source, article.external_id));
        }
        match article.state() {
            ArticleState::Accepted => facts.push("not processed yet".to_owned()),
            ArticleState::Deleted => facts.push("deleted".to_owned()),
            ArticleState::Processed | ArticleState::Failed | ArticleState::Unspecified => {}
        }
        facts.push(format!("{} words", article.word_count));
        if let Some(pipeline) = &article.pipeline {
            facts.push(match pipeline.model.as_str() {
                "" => "no recognizer ran".to_owned(),
                model => model.to_owned(),
            });
        }
        if let Some(took) = took {
            facts.push(format!("took {}", super::line::duration(took)));
        }
        let line = self.wrap(&[Run::new(facts.join(" · "), Role::Quiet.style())], INDENT, INDENT);
        format!("\n{line}")
    }
}

/// The contract's name of a type, without its prefix.
fn type_name(entity: &v1::Entity) -> String {
    if entity.r#type() == v1::EntityType::Custom && !entity.custom_type.is_empty() {
        return entity.custom_type.clone();
    }
    choices::entity_type_name(entity.r#type()).to_owned()
}

/// The lines of a paragraph, as ranges; all but preformatted ones have one.
fn lines(text: &str, (begin, end): (usize, usize)) -> Vec<(usize, usize)> {
    let paragraph = text.get(begin..end).unwrap_or_default();
    let mut at = begin;
    paragraph
        .split_inclusive('\n')
        .map(|line| {
            let line_begin = at;
            at += line.len();
            (line_begin, at)
        })
        .collect()
}

#[cfg(test)]
mod tests;
