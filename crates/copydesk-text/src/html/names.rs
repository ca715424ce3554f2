//! Element and attribute names that matter for reading an article.
//!
//! Lives here: `Tag`, `AttrName` and what kind of element each tag is. Must never come here: class names or other
//! words of sites (see `signals.rs`). Used by the tree builder and everything after it.

/// Declares an enum of names with a constructor from lower-case bytes.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($variant,)* /** Every other name. */ Other }

        impl $name {
            /// The name of lower-case bytes.
            pub(crate) fn of(lower: &[u8]) -> Self {
                $(const _: () = assert!($text.len() <= MAX_NAME);)*
                match lower { $(x if x == $text.as_bytes() => Self::$variant,)* _ => Self::Other }
            }
        }
    };
}

/// Longer names are `Other` without a look.
pub(crate) const MAX_NAME: usize = 24;

names! {
    /// An element's name.
    Tag {
        A = "a", Abbr = "abbr", Address = "address", Amp = "amp-img", Article = "article", Aside = "aside",
        Audio = "audio", B = "b", Blockquote = "blockquote", Body = "body", Br = "br", Button = "button",
        Canvas = "canvas", Caption = "caption", Center = "center", Cite = "cite", Code = "code", Dd = "dd",
        Del = "del", Details = "details", Dialog = "dialog", Dir = "dir", Div = "div", Dl = "dl", Dt = "dt", Em = "em",
        Embed = "embed", Fieldset = "fieldset", Figcaption = "figcaption", Figure = "figure", Font = "font",
        Footer = "footer", Form = "form", Frame = "frame", Frameset = "frameset", H1 = "h1", H2 = "h2", H3 = "h3",
        H4 = "h4", H5 = "h5", H6 = "h6", Head = "head", Header = "header", Hgroup = "hgroup", Hr = "hr",
        Html = "html", I = "i", Iframe = "iframe", Img = "img", Input = "input", Label = "label", Legend = "legend",
        Li = "li", Link = "link", Listing = "listing", Main = "main", Map = "map", Math = "math", Menu = "menu",
        Meta = "meta", Nav = "nav", Noembed = "noembed", Noframes = "noframes", Noscript = "noscript",
        Object = "object", Ol = "ol", Optgroup = "optgroup", Option = "option", P = "p", Param = "param",
        Picture = "picture", Plaintext = "plaintext", Pre = "pre", Q = "q", Rp = "rp", Rt = "rt", S = "s",
        Script = "script", Search = "search", Section = "section", Select = "select", Small = "small",
        Source = "source", Span = "span", Strong = "strong", Style = "style", Sub = "sub", Summary = "summary",
        Sup = "sup", Svg = "svg", Table = "table", Tbody = "tbody", Td = "td", Template = "template",
        Textarea = "textarea", Tfoot = "tfoot", Th = "th", Thead = "thead", Time = "time", Title = "title",
        Tr = "tr", Track = "track", U = "u", Ul = "ul", Video = "video", Wbr = "wbr", Xmp = "xmp", Area = "area",
        Base = "base", Col = "col", Basefont = "basefont", Bgsound = "bgsound", Keygen = "keygen",
    }
}

names! {
    /// An attribute's name.
    AttrName {
        Class = "class", Id = "id", Href = "href", Src = "src", Content = "content", Name = "name",
        Property = "property", Itemprop = "itemprop", Itemtype = "itemtype", Rel = "rel", Role = "role",
        Style = "style", Hidden = "hidden", AriaHidden = "aria-hidden", AriaLabel = "aria-label",
        Datetime = "datetime", Type = "type", Lang = "lang", XmlLang = "xml:lang", HttpEquiv = "http-equiv",
        Alt = "alt", Title = "title", DataSrc = "data-src", DataTestid = "data-testid",
        DataComponent = "data-component", DataType = "data-type", DataQa = "data-qa", DataTestId = "data-test-id",
        DataModule = "data-module", DataName = "data-name", Value = "value", Start = "start", Itemscope = "itemscope",
        DataComponentName = "data-component-name", DataGtmName = "data-gtm-name", DataElement = "data-element",
    }
}

impl Tag {
    /// Elements that have no content and no end tag.
    pub(crate) fn is_void(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Area | Base
                | Basefont
                | Bgsound
                | Br
                | Col
                | Embed
                | Frame
                | Hr
                | Img
                | Input
                | Keygen
                | Link
                | Meta
                | Param
                | Source
                | Track
                | Wbr
        )
    }

    /// Elements that start on a line of their own.
    pub(crate) fn is_block(self) -> bool {
        use Tag::*;
        self.is_heading()
            || matches!(
                self,
                Address
                    | Article
                    | Aside
                    | Blockquote
                    | Body
                    | Caption
                    | Center
                    | Dd
                    | Details
                    | Dialog
                    | Dir
                    | Div
                    | Dl
                    | Dt
                    | Fieldset
                    | Figcaption
                    | Figure
                    | Footer
                    | Form
                    | Frameset
                    | Header
                    | Hgroup
                    | Hr
                    | Html
                    | Legend
                    | Li
                    | Listing
                    | Main
                    | Menu
                    | Nav
                    | Ol
                    | P
                    | Plaintext
                    | Pre
                    | Search
                    | Section
                    | Summary
                    | Table
                    | Tbody
                    | Td
                    | Tfoot
                    | Th
                    | Thead
                    | Tr
                    | Ul
                    | Xmp
                    | Video
                    | Audio
                    | Iframe
                    | Object
                    | Optgroup
                    | Option
                    | Select
                    | Textarea
            )
    }

    /// `h1` to `h6`.
    pub(crate) fn is_heading(self) -> bool {
        use Tag::*;
        matches!(self, H1 | H2 | H3 | H4 | H5 | H6)
    }

    /// Elements whose start ends an open paragraph, by the tree construction rules of the HTML standard.
    pub(crate) fn closes_p(self) -> bool {
        use Tag::*;
        self.is_heading()
            || matches!(
                self,
                Address
                    | Article
                    | Aside
                    | Blockquote
                    | Center
                    | Details
                    | Dialog
                    | Dir
                    | Div
                    | Dl
                    | Dd
                    | Dt
                    | Fieldset
                    | Figcaption
                    | Figure
                    | Footer
                    | Form
                    | Header
                    | Hgroup
                    | Hr
                    | Li
                    | Listing
                    | Main
                    | Menu
                    | Nav
                    | Ol
                    | P
                    | Plaintext
                    | Pre
                    | Search
                    | Section
                    | Summary
                    | Table
                    | Ul
                    | Xmp
            )
    }

    /// Elements whose content is no markup; it ends only at their own end tag.
    pub(crate) fn is_raw_text(self) -> bool {
        use Tag::*;
        matches!(self, Script | Style | Xmp | Iframe | Noembed | Noframes | Textarea | Title | Plaintext)
    }

    /// Elements whose text is never part of what a reader reads.
    pub(crate) fn is_unread(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Script
                | Style
                | Iframe
                | Noembed
                | Noframes
                | Textarea
                | Title
                | Template
                | Svg
                | Math
                | Canvas
                | Audio
                | Video
                | Object
                | Select
                | Option
                | Optgroup
                | Head
                | Map
                | Frameset
                | Rp
        )
    }
}
