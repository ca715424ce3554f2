//! How articles look in a terminal: one place for `analyze`, `get`, `watch`, `list`, `submit` and `demo`.
//!
//! Everything here turns messages of the contract into text and writes nothing. With colours, entities are coloured in
//! place; without (a file, a pipe, NO_COLOR), they are marked as `[NATO|ORG]`, so that nothing is lost.

mod article;
mod flow;
mod found;
mod line;
mod page;
mod palette;
mod pieces;

pub(crate) use article::article;
pub(crate) use found::found_lines;
pub(crate) use line::{article_lines, duration, update_lines};
pub(crate) use page::page;
pub(crate) use palette::Role;

use std::{env, io::IsTerminal};

use palette::{Category, Palette};

/// What text is rendered for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    palette: Palette,
    /// In terminal columns.
    width: usize,
}

impl Screen {
    /// The standard output.
    pub(crate) fn of_stdout() -> Screen {
        let is_terminal = std::io::stdout().is_terminal();
        let size = console::Term::stdout().size_checked().filter(|_| is_terminal);
        let terminal_columns = size.map(|(_, columns)| usize::from(columns));
        let set_columns = || env::var("COLUMNS").ok()?.parse().ok();
        // Longer lines than this are tiring to read, however wide the window is.
        let width = terminal_columns.or_else(set_columns).unwrap_or(100).clamp(40, 110);
        Screen { palette: Palette::new(wants_colour(is_terminal)), width }
    }

    /// A word in the colour of its role.
    pub(crate) fn paint(&self, role: Role, text: &str) -> String {
        self.palette.paint(role.style(), text)
    }

    /// The width in terminal columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// What each colour means, on one line.
    pub(crate) fn legend(&self) -> String {
        if !self.palette.has_colour() {
            return "Entities are marked [words|TYPE]; who said what is listed below the text.".to_owned();
        }
        let categories = Category::ALL.map(|category| self.palette.paint(category.style(), category.name()));
        let quoted = self.palette.paint(palette::quoted_style(true), "Said");
        let retold = self.palette.paint(palette::quoted_style(false), "Retold");
        let speaker = self.palette.paint(Category::People.style().underline(), "Speaker");
        let cue = self.palette.paint(palette::cue_style(), "Cue");
        format!("{}  {quoted}  {retold}  {speaker}  {cue}", categories.join("  "))
    }
}

/// NO_COLOR (<https://no-color.org>) says no and CLICOLOR_FORCE (for `| less -R`) says yes, each with any value but the
/// empty one. A terminal that calls itself dumb shows escapes as letters.
fn wants_colour(is_terminal: bool) -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    !is_set("NO_COLOR") && (is_set("CLICOLOR_FORCE") || (is_terminal && !is_dumb))
}

#[cfg(test)]
pub(crate) fn plain_screen(width: usize) -> Screen {
    Screen { palette: Palette::new(false), width }
}

#[cfg(test)]
pub(crate) fn coloured_screen(width: usize) -> Screen {
    Screen { palette: Palette::new(true), width }
}
