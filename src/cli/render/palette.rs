//! Which colour stands for what. Only the 16 colours that every terminal has and every theme chooses for itself.

use anstyle::{AnsiColor, Color, Style};

use copydesk_proto::v1::EntityType;

/// Whether there are colours at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    has_colour: bool,
}

impl Palette {
    pub(super) fn new(has_colour: bool) -> Palette {
        Palette { has_colour }
    }

    pub(super) fn has_colour(self) -> bool {
        self.has_colour
    }

    /// The escape sequences that turn a style on and off; empty without colours.
    pub(super) fn escapes(self, style: Style) -> (String, String) {
        if !self.has_colour {
            return Default::default();
        }
        (style.render().to_string(), style.render_reset().to_string())
    }

    pub(super) fn paint(self, style: Style, text: &str) -> String {
        let (on, off) = self.escapes(style);
        format!("{on}{text}{off}")
    }
}

/// What a word is for the reader, apart from entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A title.
    Title,
    /// A heading or a label.
    Label,
    /// Of less weight: metadata, removed pieces.
    Quiet,
    /// Went well.
    Good,
    /// Worth a look.
    Warning,
    /// Went wrong.
    Bad,
    /// What was searched for.
    Match,
}

impl Role {
    pub(super) fn style(self) -> Style {
        match self {
            Role::Title => Style::new().bold(),
            Role::Label => Style::new().bold().dimmed(),
            Role::Quiet => Style::new().dimmed(),
            Role::Good => colour(AnsiColor::Green),
            Role::Warning => colour(AnsiColor::Yellow),
            Role::Match => colour(AnsiColor::Yellow).bold(),
            Role::Bad => colour(AnsiColor::Red).bold(),
        }
    }
}

/// Entity types that share a colour: 18 colours could not be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    /// PERSON.
    People,
    /// ORG.
    Organizations,
    /// GPE, LOC, FAC.
    Places,
    /// NORP.
    Groups,
    /// PRODUCT, EVENT, WORK_OF_ART, LAW, LANGUAGE and types of other models.
    Things,
    /// DATE, TIME.
    Dates,
    /// PERCENT, MONEY, QUANTITY, ORDINAL, CARDINAL.
    Numbers,
}

impl Category {
    /// In the order they are shown.
    pub(crate) const ALL: [Category; 7] = [
        Category::People,
        Category::Organizations,
        Category::Places,
        Category::Groups,
        Category::Things,
        Category::Dates,
        Category::Numbers,
    ];

    pub(crate) fn of(entity_type: EntityType) -> Category {
        match entity_type {
            EntityType::Person => Category::People,
            EntityType::Org => Category::Organizations,
            EntityType::Gpe | EntityType::Loc | EntityType::Fac => Category::Places,
            EntityType::Norp => Category::Groups,
            EntityType::Date | EntityType::Time => Category::Dates,
            EntityType::Percent
            | EntityType::Money
            | EntityType::Quantity
            | EntityType::Ordinal
            | EntityType::Cardinal => Category::Numbers,
            EntityType::Product
            | EntityType::Event
            | EntityType::WorkOfArt
            | EntityType::Law
            | EntityType::Language
            | EntityType::Custom
            | EntityType::Unspecified => Category::Things,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Category::People => "People",
            Category::Organizations => "Organizations",
            Category::Places => "Places",
            Category::Groups => "Groups",
            Category::Things => "Works, laws, events, products",
            Category::Dates => "Dates",
            Category::Numbers => "Numbers",
        }
    }

    pub(super) fn style(self) -> Style {
        match self {
            Category::People => colour(AnsiColor::BrightMagenta).bold(),
            Category::Organizations => colour(AnsiColor::BrightBlue).bold(),
            Category::Places => colour(AnsiColor::BrightGreen).bold(),
            Category::Groups => colour(AnsiColor::BrightYellow).bold(),
            Category::Things => colour(AnsiColor::BrightCyan).bold(),
            Category::Dates => colour(AnsiColor::Cyan).underline(),
            Category::Numbers => Style::new().underline(),
        }
    }
}

/// What somebody says, in their words or retold.
pub(super) fn quoted_style(is_direct: bool) -> Style {
    let style = colour(AnsiColor::Yellow);
    if is_direct { style.italic() } else { style }
}

/// The verb of saying.
pub(super) fn cue_style() -> Style {
    Style::new().dimmed()
}

fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}
