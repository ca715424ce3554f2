//! What elements say about themselves: tag, role, class, id, style.
//!
//! Lives here: `Zone`, the words site builders use for the parts of a page, and how names are split into words. Must
//! never come here: names of sites or of their private class schemes. The words are those of WordPress, Drupal, AMP,
//! Bootstrap, schema.org and of plain English and German naming, which most news systems share.

use super::names::{AttrName, Tag};
use super::tree::Tree;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The parts of a page an element lies in, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Zone(pub(crate) u32);

impl Zone {
    pub(crate) const NAV: Self = Self(1);
    pub(crate) const FOOTER: Self = Self(1 << 1);
    pub(crate) const HEADER: Self = Self(1 << 2);
    pub(crate) const ASIDE: Self = Self(1 << 3);
    pub(crate) const RELATED: Self = Self(1 << 4);
    pub(crate) const SHARE: Self = Self(1 << 5);
    pub(crate) const SUBSCRIBE: Self = Self(1 << 6);
    pub(crate) const CONSENT: Self = Self(1 << 7);
    pub(crate) const COMMENTS: Self = Self(1 << 8);
    pub(crate) const AD: Self = Self(1 << 9);
    pub(crate) const AUTHOR: Self = Self(1 << 10);
    pub(crate) const META: Self = Self(1 << 11);
    pub(crate) const CAPTION: Self = Self(1 << 12);
    pub(crate) const FIGURE: Self = Self(1 << 13);
    pub(crate) const TAGS: Self = Self(1 << 14);
    pub(crate) const HIDDEN: Self = Self(1 << 15);
    pub(crate) const LEGAL: Self = Self(1 << 16);
    pub(crate) const WIDGET: Self = Self(1 << 17);
    pub(crate) const BODY: Self = Self(1 << 18);
    pub(crate) const ARTICLE: Self = Self(1 << 19);
    pub(crate) const QUOTE: Self = Self(1 << 20);
    pub(crate) const LIST: Self = Self(1 << 21);
    pub(crate) const HEADING: Self = Self(1 << 22);
    pub(crate) const PRE: Self = Self(1 << 23);
    pub(crate) const TITLE: Self = Self(1 << 24);
    pub(crate) const SUBTITLE: Self = Self(1 << 25);
    pub(crate) const EMBED: Self = Self(1 << 26);
    pub(crate) const TABLE: Self = Self(1 << 27);

    /// Parts that hold no text of the article.
    pub(crate) const OUTSIDE: Self = Self(
        Self::NAV.0
            | Self::FOOTER.0
            | Self::HEADER.0
            | Self::ASIDE.0
            | Self::RELATED.0
            | Self::SHARE.0
            | Self::SUBSCRIBE.0
            | Self::CONSENT.0
            | Self::COMMENTS.0
            | Self::AD.0
            | Self::AUTHOR.0
            | Self::META.0
            | Self::CAPTION.0
            | Self::TAGS.0
            | Self::HIDDEN.0
            | Self::LEGAL.0
            | Self::WIDGET.0
            | Self::EMBED.0,
    );

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Words that name a part when they stand as a whole word in a class or id. Two words must follow one another.
#[rustfmt::skip]
const WORDS: &[(Zone, &[&str])] = &[
    (Zone::NAV, &["nav", "navbar", "navigation", "navi", "menu", "submenu", "breadcrumb", "breadcrumbs", "pagination", "pager",
        "paginator", "topbar", "sitemap", "skiplink", "skip link", "toc", "table of contents", "tableofcontents", "offcanvas",
        "hamburger", "toolbar", "subnav", "prevnext", "nextprev", "page links", "post links"]),
    (Zone::FOOTER, &["footer", "colophon", "site foot", "page foot", "pagefooter", "globalfooter", "sitefooter"]),
    (Zone::HEADER, &["masthead", "site header", "siteheader", "page top", "global header", "main header", "topheader", "kicker",
        "overline", "eyebrow", "roofline"]),
    (Zone::ASIDE, &["sidebar", "aside", "rail", "right rail", "side bar", "sidecol", "sidecolumn", "secondary column"]),
    (Zone::RELATED, &["related", "recommended", "recommendation", "recommendations", "recommend", "recirc", "recirculation",
        "read more", "readmore", "more from", "more on", "more news", "morenews", "most read", "mostread", "most viewed",
        "popular", "trending", "teaser", "teasers", "also read", "alsoread", "see also", "outbrain", "taboola", "promo", "promos",
        "promobox", "next article", "prev article", "next post", "previous post", "latest news", "latest posts", "top stories",
        "onward", "onwards", "suggested", "further reading", "also like", "more stories", "yarpp", "jp relatedposts",
        "relatedposts", "relatedarticles", "relatednews", "relatedlinks", "relatedcontent", "lesen sie auch", "linkbox",
        "infobox teaser", "inline link", "story list", "article list", "post list", "news list", "zergnet", "revcontent",
        "mgid", "nativo", "plista", "ligatus", "upnext", "up next", "read next", "readnext", "inread", "crosslink",
        "interlinking", "aufmacher teaser", "lireaussi", "lire aussi", "leer mas", "leggi anche", "relacionadas", "relacionados"]),
    (Zone::SHARE, &["share", "sharing", "social", "sociable", "addthis", "addtoany", "sharedaddy", "sharebar", "sharebuttons",
        "socials", "socialmedia", "social share", "sharethis", "shares", "shariff", "follow", "followus", "print button",
        "copy link", "tools bar", "article tools", "story tools", "bookmark", "reactions", "likes"]),
    (Zone::SUBSCRIBE, &["newsletter", "newsletters", "subscribe", "subscription", "subscriptions", "signup", "sign up",
        "donate", "donation", "regwall", "optin", "opt in", "mailchimp", "mailing list", "call to action", "cta", "membership",
        "register wall", "abo", "abonnement", "piano", "login", "signin", "sign in"]),
    (Zone::CONSENT, &["cookie", "cookies", "consent", "gdpr", "onetrust", "didomi", "ccpa", "cmp", "cookiebar", "cookiebanner",
        "cookienotice", "usercentrics", "cybotcookiebotdialog", "privacy banner", "sp message"]),
    (Zone::COMMENTS, &["comment", "comments", "commentlist", "disqus", "respond", "replies", "commentform", "discussion",
        "livefyre", "commenting", "kommentare", "kommentar", "comentarios", "commentaires", "reader comments", "usercomments",
        "fb comments"]),
    (Zone::AD, &["ad", "ads", "adv", "advert", "adverts", "advertisement", "advertisements", "advertising", "adslot", "adunit",
        "sponsor", "sponsored", "sponsors", "dfp", "gpt", "adsbygoogle", "werbung", "anzeige", "publicidad", "publicite", "adbox",
        "adcontainer", "adwrapper", "adblock", "advertorial", "affiliate", "reklama", "reklam", "pubblicita"]),
    (Zone::AUTHOR, &["author bio", "authorbio", "author box", "authorbox", "about author", "aboutauthor", "about the author",
        "author info", "authorinfo", "bio", "biography", "author description", "author card", "author profile", "authors bio",
        "author about", "post author", "entry author", "author wrap", "author container", "author block", "contributor",
        "contributors", "autor", "author"]),
    (Zone::META, &["byline", "bylines", "timestamp", "dateline", "datetime", "pubdate", "publishdate", "published", "postmeta",
        "post meta", "entry meta", "article meta", "articlemeta", "story meta", "meta", "metadata", "article info", "post info",
        "article date", "post date", "entry date", "posted on", "postedon", "updated", "lastupdated", "read time", "readtime",
        "reading time", "readingtime", "date", "article details", "article published", "publish date", "lastmodified"]),
    (Zone::CAPTION, &["caption", "captions", "figcaption", "imagecaption", "credit", "credits", "image credit", "photo credit",
        "wp caption", "photocredit", "image copyright", "image source", "photo info", "legende", "bildunterschrift", "cutline",
        "image description", "img desc", "image title", "photo title", "pie foto", "piefoto"]),
    (Zone::FIGURE, &["gallery", "slideshow", "carousel", "slider", "swiper", "lightbox", "photo gallery", "image gallery"]),
    (Zone::TAGS, &["tags", "taglist", "tagcloud", "topics", "keywords", "categories", "tag list", "cat links", "post tags",
        "entry tags", "article tags", "tagged", "post categories", "entry categories", "topic list", "tagline list", "category links",
        "hashtags", "themen"]),
    (Zone::HIDDEN, &["hidden", "visually hidden", "visuallyhidden", "sr only", "screen reader text", "screenreader",
        "screen reader", "u hidden", "is hidden", "noscript", "d none", "hide", "assistive text", "offscreen"]),
    (Zone::LEGAL, &["copyright", "legal", "disclaimer", "disclosure", "imprint", "impressum", "rights", "license"]),
    (Zone::WIDGET, &["widget", "widgets", "player", "jwplayer", "poll", "quiz", "survey", "modal", "popup", "popover", "overlay",
        "tooltip", "lightbox", "toast", "ticker", "weather", "stocks", "search form", "searchform", "searchbox", "search box",
        "form", "button", "buttons", "btn", "alert", "notification", "audio player", "video player", "feedback", "rating",
        "ratings", "dropdown", "countdown", "loader", "loading", "spinner", "placeholder", "app store", "download app"]),
    (Zone::EMBED, &["twitter tweet", "instagram media", "embed", "oembed", "tiktok embed", "fb post", "facebook embed"]),
    (Zone::BODY, &["article body", "articlebody", "story body", "storybody", "entry content", "entrycontent", "post content",
        "postcontent", "article content", "articlecontent", "article text", "articletext", "story text", "storytext", "post body",
        "postbody", "body text", "bodytext", "story content", "storycontent", "article copy", "body copy", "bodycopy",
        "news body", "newsbody", "news content", "newscontent", "news text", "newstext", "blog content", "post text", "content body",
        "rich text", "richtext", "prose", "article main", "detail content", "td post content", "single content",
        "wysiwyg", "article paragraphs", "artikel inhalt", "artikeltext", "cuerpo", "texto", "page content", "pagecontent"]),
    (Zone::ARTICLE, &["article", "story", "post", "hentry", "entry", "artikel", "noticia", "single post"]),
    (Zone::TITLE, &["headline", "title", "article title", "post title", "entry title"]),
    (Zone::SUBTITLE, &["subtitle", "subheadline", "subhead", "standfirst", "dek", "deck", "excerpt", "summary", "lede", "lead",
        "intro", "teaser text", "sub headline", "article lead", "sub title", "chapo", "bajada", "entradilla", "vorspann", "ingress"]),
];

/// What an element's tag, role and attributes say, without what its ancestors say.
///
/// `cache` keeps the zones of class names, which repeat hundreds of times in a page.
pub(crate) fn own_zone<'a>(tree: &Tree<'a>, id: u32, cache: &mut HashMap<&'a str, Zone>) -> Zone {
    let tag = tree.tag(id);
    let mut zone = of_tag(tag);
    for (name, value) in tree.attrs(id) {
        match name {
            AttrName::Class
            | AttrName::Id
            | AttrName::DataTestid
            | AttrName::DataComponent
            | AttrName::DataType
            | AttrName::DataQa
            | AttrName::DataTestId
            | AttrName::DataModule
            | AttrName::DataName
            | AttrName::DataComponentName
            | AttrName::DataElement => {
                // Utility classes with a colon ("lg-nav:px-12") are about sizes of screens.
                for part in value.split_ascii_whitespace().filter(|part| !part.contains(':')).take(24) {
                    zone = zone.with(*cache.entry(part).or_insert_with(|| of_name(part)));
                }
                if name == AttrName::Class && responsive(value) {
                    zone = zone.without(Zone::HIDDEN);
                }
            }
            AttrName::Itemprop => zone = zone.with(of_itemprop(value)),
            AttrName::Role => zone = zone.with(of_role(value)),
            AttrName::Hidden => zone = zone.with(Zone::HIDDEN),
            AttrName::AriaHidden if value.eq_ignore_ascii_case("true") => zone = zone.with(Zone::HIDDEN),
            AttrName::Style => {
                let plain: String = value.chars().filter(|c| !c.is_whitespace()).take(400).collect();
                let plain = plain.to_ascii_lowercase();
                if plain.contains("display:none") || plain.contains("visibility:hidden") {
                    zone = zone.with(Zone::HIDDEN);
                }
            }
            _ => {}
        }
    }
    zone
}

/// "hidden md:block" is hidden on some screens only.
fn responsive(class: &str) -> bool {
    class.split_ascii_whitespace().any(|c| {
        c.split_once(':')
            .is_some_and(|(_, rest)| matches!(rest, "block" | "flex" | "inline" | "grid" | "inline-block"))
            || (c.starts_with("d-") && (c.ends_with("-block") || c.ends_with("-flex")))
    })
}

fn of_tag(tag: Tag) -> Zone {
    match tag {
        Tag::Nav | Tag::Menu => Zone::NAV,
        Tag::Footer => Zone::FOOTER,
        Tag::Header => Zone::HEADER,
        Tag::Aside => Zone::ASIDE,
        Tag::Figcaption => Zone::CAPTION,
        Tag::Figure => Zone::FIGURE,
        Tag::Form | Tag::Button | Tag::Label | Tag::Dialog => Zone::WIDGET,
        Tag::Blockquote => Zone::QUOTE,
        Tag::Ul | Tag::Ol | Tag::Dl | Tag::Dir => Zone::LIST,
        Tag::Table => Zone::TABLE,
        Tag::Pre | Tag::Listing | Tag::Xmp => Zone::PRE,
        Tag::Article | Tag::Main => Zone::ARTICLE,
        _ if tag.is_heading() => Zone::HEADING,
        _ => Zone::default(),
    }
}

fn of_role(role: &str) -> Zone {
    match role.to_ascii_lowercase().as_str() {
        "navigation" | "menu" | "menubar" | "menuitem" | "tablist" => Zone::NAV,
        "contentinfo" => Zone::FOOTER,
        "banner" => Zone::HEADER,
        "complementary" => Zone::ASIDE,
        "dialog" | "alertdialog" | "search" | "form" | "button" | "alert" | "tooltip" => Zone::WIDGET,
        "article" | "main" => Zone::ARTICLE,
        _ => Zone::default(),
    }
}

fn of_itemprop(value: &str) -> Zone {
    let mut zone = Zone::default();
    for word in value.split_ascii_whitespace() {
        zone = zone.with(match word.to_ascii_lowercase().as_str() {
            "articlebody" | "reviewbody" => Zone::BODY,
            "author" | "datepublished" | "datemodified" | "datecreated" | "publisher" => Zone::META,
            "headline" => Zone::TITLE,
            "alternativeheadline" => Zone::SUBTITLE,
            "caption" => Zone::CAPTION,
            "keywords" => Zone::TAGS,
            "comment" => Zone::COMMENTS,
            _ => Zone::default(),
        });
    }
    zone
}

/// Splits a class or id into lower-case words: at signs, at digits' ends and at camelCase humps.
pub(crate) fn split_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut fresh, mut lower) = (true, false);
    for c in name.chars().take(120) {
        if !c.is_alphanumeric() {
            fresh = true;
            continue;
        }
        if c.is_uppercase() && lower {
            fresh = true;
        }
        lower = c.is_lowercase();
        if fresh {
            words.push(String::new());
            fresh = false;
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

fn of_name(name: &str) -> Zone {
    let words = split_words(name);
    // Words of state and layout say what a page has, not what an element is: "has-sidebar", "no-comments".
    const STATE: [&str; 8] = ["has", "no", "with", "without", "js", "is", "enable", "enabled"];
    if words.is_empty()
        || words.first().is_some_and(|w| STATE.contains(&w.as_str()))
            && words.len() > 1
            && words[1] != "hidden"
    {
        return Zone::default();
    }
    let mut zone = Zone::default();
    for (at, word) in words.iter().enumerate() {
        for (rest, candidate) in index().get(word.as_str()).map(Vec::as_slice).unwrap_or_default() {
            let follows = words.get(at + 1..).unwrap_or_default();
            // "overflow-hidden" hides nothing: words that hide must be the whole name.
            let whole = *candidate != Zone::HIDDEN || rest.len() + 1 == words.len();
            if whole && rest.len() <= follows.len() && rest.iter().zip(follows).all(|(a, b)| a == b) {
                zone = zone.with(*candidate);
            }
        }
    }
    zone
}

/// Entries by their first word: the words that must follow, and the zone. Only looked up, never iterated.
type Index = HashMap<&'static str, Vec<(Vec<&'static str>, Zone)>>;

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index::new();
        for (zone, list) in WORDS {
            for entry in *list {
                let mut words = entry.split(' ');
                if let Some(first) = words.next() {
                    index.entry(first).or_default().push((words.collect(), *zone));
                }
            }
        }
        index
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_words_not_as_substrings() {
        assert_eq!(of_name("article__body"), Zone::BODY.with(Zone::ARTICLE));
        assert_eq!(of_name("relatedPosts--list"), Zone::RELATED);
        assert_eq!(of_name("has-sidebar"), Zone::default());
        assert_eq!(of_name("shadow"), Zone::default());
        assert_eq!(of_name("breadth-header"), Zone::default());
        assert_eq!(of_name("ad-slot-3"), Zone::AD);
    }
}
