//! Lines that belong to the page rather than to the article, recognized by what they say.
//!
//! Lives here: phrases of page furniture in the languages of the news, and the reason each is left out. Must never come
//! here: positions, neighbours or markup (the callers weigh those), nor names of publications. The phrases are those of
//! WordPress, AMP and share plug-ins in translation, and the plain words every news site uses for the same things.

use crate::document::RemovedReason::{self, *};
use std::collections::HashMap;
use std::sync::OnceLock;

/// How a phrase must stand in the line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// The whole line.
    Whole,
    /// Its beginning; the line is at most this many characters long.
    Start(usize),
    /// Anywhere; the line is at most this many characters long.
    Inside(usize),
}

/// Phrases in the form `plain` gives: lower case, words with single spaces, no punctuation.
#[rustfmt::skip]
const PHRASES: &[(RemovedReason, At, &[&str])] = &[
    (PageFurniture, At::Whole, &["exit mobile version", "desktop version", "mobile version", "skip to content", "skip to main content",
        "back to top", "go to top", "scroll to top", "top of page", "print", "print this page", "print article", "listen", "listen to this article",
        "listen to article", "save", "save article", "menu", "search", "close", "open menu", "toggle navigation", "loading", "loading", "home",
        "view comments", "advertisement feature", "expand", "collapse", "toggle caption", "hide caption", "enlarge this image", "play", "pause",
        "copy link", "copied", "link copied", "text size", "a a", "font size", "high contrast", "read aloud", "x", "nach oben", "zum inhalt springen",
        "zur startseite", "drucken", "artikel drucken", "seite drucken", "vorlesen", "artikel anhören", "anhören", "merken", "startseite",
        "suche", "imprimer", "haut de page", "retour en haut", "accueil", "écouter", "lecture audio", "enregistrer", "imprimir", "volver arriba",
        "inicio", "escuchar", "guardar", "stampa", "torna su", "ascolta", "skriv ut", "do góry", "drukuj", "posłuchaj", "yazdır", "наверх", "печать",
        "распечатать", "слушать", "back", "next", "previous", "zurück", "weiter", "show more", "show less", "load more", "view more", "mehr anzeigen",
        "mehr laden", "view all", "see all", "view gallery", "view image in fullscreen", "image", "photo", "video", "audio", "article", "news", "opinion"]),
    (PageFurniture, At::Start(90), &["site icon", "posted in", "filed under", "published in", "this article is more than", "this article was amended",
        "estimated reading time", "reading time", "lesezeit", "temps de lecture", "tiempo de lectura", "tempo di lettura", "min read", "lesedauer",
        "skip to", "jump to", "zum hauptinhalt", "aller au contenu", "ir al contenido", "your browser does not support", "please enable javascript",
        "javascript is disabled", "enable javascript", "this video is no longer available", "listen to this story", "listen 0", "listen 1"]),
    (Sharing, At::Whole, &["share", "share this", "share on", "facebook", "twitter", "whatsapp", "email", "e mail", "linkedin", "pinterest", "telegram",
        "reddit", "x", "tweet", "teilen", "partager", "compartir", "compartilhar", "condividi", "del", "dela", "udostępnij", "paylaş", "поделиться",
        "jaa", "deel", "delen", "share this article", "share this story", "share article", "share story", "artikel teilen", "follow us", "instagram",
        "youtube", "tiktok", "bluesky", "flipboard", "tumblr", "messenger", "copy url", "mail", "sms", "xing", "pocket", "mastodon", "threads",
        "share this post", "comparte", "compártelo", "partagez", "segnala", "flip", "linkedin email", "gift this article", "gift article", "share full article"]),
    (Sharing, At::Start(90), &["share on", "share this", "share via", "share with", "share to", "share using", "click to share", "click to email",
        "click to print", "opens in new window", "tweet this", "follow us on", "follow on", "like us on", "follow me on", "auf facebook teilen",
        "auf twitter teilen", "auf whatsapp", "per e mail", "per mail", "partager sur", "partager par", "partagez sur", "compartir en",
        "compartir por", "compartir no", "condividi su", "compartilhe", "compartilhar no", "dela på", "del på", "udostępnij na", "поделиться в",
        "suivez nous", "síguenos", "siga nos", "seguici", "folgen sie", "folge uns", "follow bbc", "comparte en", "seguir en", "email this", "send by",
        "add us as", "add as a preferred", "make us preferred", "prefer us on", "als bevorzugte quelle", "copy article link"]),
    (Subscription, At::Whole, &["subscribe", "sign up", "sign in", "log in", "login", "register", "subscribe now", "sign up now", "newsletter",
        "newsletters", "donate", "support us", "become a member", "anmelden", "abonnieren", "jetzt abonnieren", "s'abonner", "je m'abonne",
        "suscríbete", "suscribirse", "abbonati", "prenumerera", "abonner", "абонирай се", "подписаться", "free trial", "join now", "get started",
        "subscribe today", "email address", "your email", "your email address", "e mail adresse", "s'inscrire", "registrieren", "einloggen", "inscríbete",
        "enter your email", "enter your email address", "subscribers only", "premium", "sign me up"]),
    (Subscription, At::Start(200), &["sign up for", "sign up to", "subscribe to", "subscribe for", "get the latest", "get our", "get the best of",
        "stay up to date", "stay informed", "stay in the know", "join our", "join the conversation", "already a subscriber", "already a member",
        "already have an account", "create a free account", "create an account", "log in to", "sign in to", "support our", "support independent",
        "become a subscriber", "become a member", "melden sie sich", "jetzt anmelden", "jetzt registrieren", "abonnieren sie", "abonniere",
        "unser newsletter", "der newsletter", "inscrivez vous", "abonnez vous", "recevez", "déjà abonné", "suscríbete", "suscríbase", "recibe las",
        "recibe en tu", "iscriviti", "abbonati", "inscreva se", "assine", "receba as", "cadastre se", "prenumerera på", "tilmeld dig", "meld deg på",
        "zapisz się", "подпишитесь", "подписывайтесь", "підписуйтесь", "підпишіться", "to continue reading", "um weiterzulesen", "weiterlesen mit", "lesen sie mit",
        "this article is for subscribers", "this content is for", "enter your email", "by signing up", "by subscribing", "by submitting", "by clicking",
        "by entering your", "you can unsubscribe", "thank you for subscribing", "thanks for signing up", "please check your inbox", "download our app",
        "download the app", "get the app", "don t miss a story", "want more stories", "like what you re reading", "love this article",
        "get more", "sign up here", "delivered to your inbox", "unlimited access", "mit dem absenden", "mit meiner anmeldung", "mit der anmeldung",
        "ich bin damit einverstanden", "sie können den newsletter", "en vous inscrivant", "your support", "follow our whatsapp", "join our whatsapp",
        "join us on", "join us today", "make a donation", "consider donating", "contribute"]),
    (Subscription, At::Inside(160), &["to our newsletter", "to our free newsletter", "our daily newsletter", "our weekly newsletter", "straight to your inbox",
        "in your inbox", "to your inbox", "für unseren newsletter", "unseren newsletter", "à notre newsletter", "a nuestro newsletter", "nuestra newsletter",
        "nuestro boletín", "nossa newsletter", "alla newsletter", "our telegram channel", "our whatsapp channel", "whatsapp channel", "telegram kanal",
        "whatsapp kanal", "telegram канал", "canal de whatsapp", "canal do whatsapp", "canale whatsapp", "chaîne whatsapp", "google news"]),
    (Consent, At::Start(400), &["we use cookies", "this site uses cookies", "this website uses cookies", "we and our partners", "we value your privacy",
        "wir verwenden cookies", "diese website verwendet", "wir und unsere partner", "nous utilisons des cookies", "utilizamos cookies", "usamos cookies",
        "usiamo cookie", "cookie settings", "cookie policy", "accept all", "accept cookies", "reject all", "manage preferences", "cookie einstellungen",
        "your privacy choices", "we need your consent", "i consent", "externer inhalt", "an dieser stelle finden sie", "empfohlener redaktioneller inhalt",
        "recommended content", "this content is hosted", "we need your permission", "dieser inhalt", "ce contenu est bloqué", "pour afficher ce contenu",
        "allow twitter content", "allow google", "allow cookies", "by accepting", "external content"]),
    (Advertisement, At::Whole, &["advertisement", "advertisements", "ad", "ads", "advert", "sponsored", "sponsored content", "promoted", "promoted content",
        "anzeige", "werbung", "publicité", "publicidad", "publicidade", "pubblicità", "annons", "annonse", "annonce", "reklama", "reklam", "реклама",
        "advertisement continue reading", "story continues below advertisement", "article continues below advertisement", "continue reading below",
        "continue reading", "continue reading the main story", "scroll to continue", "story continues below", "article continues after advertisement",
        "article continues below", "la suite après la publicité", "continua después de la publicidad", "paid content", "paid post", "partner content",
        "skip advertisement", "scroll to continue with content", "story continues", "commercial", "mainos", "hirdetés", "διαφήμιση", "quảng cáo", "広告",
        "remove ads", "hide ads", "report this ad", "anzeigensonderveröffentlichung"]),
    (Advertisement, At::Start(110), &["advertisement ", "story continues below", "article continues", "as an amazon associate", "this post contains affiliate",
        "this article contains affiliate", "affiliate disclosure", "we may earn", "we may receive", "sponsored by", "presented by", "this post may contain",
        "scroll to continue", "dieser artikel enthält affiliate", "ad feature", "when you purchase through", "if you buy something", "if you purchase"]),
    (RelatedLinks, At::Whole, &["related", "related articles", "related stories", "related posts", "related news", "related content", "related links",
        "related topics", "related coverage", "related reading", "related story", "read more", "read more news", "read also", "see also", "also read", "more",
        "more news", "more stories", "more on this story", "more on this topic", "more on this", "most read", "most popular", "most viewed", "popular",
        "popular posts", "popular stories", "trending", "trending now", "trending news", "top stories", "latest news", "latest", "latest stories",
        "latest posts", "recent posts", "recent articles", "recommended", "recommended for you", "recommended stories", "recommended reading",
        "you may also like", "you might also like", "you may like", "you might like", "editor's picks", "editors picks", "don't miss", "must read",
        "what to read next", "up next", "read next", "next article", "previous article", "next post", "previous post", "more articles", "further reading",
        "explore more", "keep reading", "around the web", "from the web", "from our partners", "in this story", "in this article", "elsewhere",
        "mehr zum thema", "zum thema", "lesen sie auch", "lesen sie mehr", "lesen sie mehr zum thema", "auch interessant", "das könnte sie auch interessieren",
        "das könnte dich auch interessieren", "das könnte sie interessieren", "meistgelesen", "meistgelesene artikel", "weitere artikel", "weitere themen",
        "mehr", "weiterlesen", "passend zum thema", "verwandte artikel", "verwandte themen", "aktuell", "neueste artikel", "neueste beiträge",
        "ähnliche artikel", "ähnliche beiträge", "mehr lesen", "à lire aussi", "lire aussi", "à lire", "voir aussi", "sur le même sujet",
        "sur le même thème", "les plus lus", "articles liés", "dans la même rubrique", "en savoir plus", "a lire également", "lire la suite", "plus d'articles",
        "le plus lu", "te puede interesar", "también te puede interesar", "lee también", "lea también", "leer más", "más noticias", "más información",
        "noticias relacionadas", "artículos relacionados", "relacionado", "relacionadas", "lo más leído", "lo más visto", "más leídas", "ver más", "en portada",
        "leia também", "leia mais", "veja também", "notícias relacionadas", "mais lidas", "relacionados", "saiba mais", "leggi anche", "leggi di più", "potrebbe interessarti",
        "articoli correlati", "più letti", "läs mer", "läs också", "läs även", "mest lästa", "les også", "læs også", "mest lest", "mest læst", "lue myös",
        "czytaj także", "czytaj też", "zobacz także", "zobacz też", "przeczytaj także", "lees ook", "meest gelezen", "lees meer", "ilgili haberler", "ayrıca bakınız",
        "ayrıca okuyun", "читайте также", "читайте также:", "читайте ещё", "по теме", "читать далее", "популярное", "читайте також", "вас може зацікавити",
        "akýchkoľvek", "související", "čtěte také", "mohlo by vás zajímat", "olvasta már", "kapcsolódó cikkek", "citește și", "pročitajte još", "прочетете още",
        "関連記事", "こちらも読む", "关联阅读", "相关阅读", "相关新闻", "延伸阅读", "اقرأ أيضا", "اقرأ أيضاً", "مواضيع ذات صلة", "baca juga", "xem thêm", "tin liên quan", "đọc thêm",
        "related items", "related videos", "other news", "other stories", "similar articles", "similar posts", "similar stories", "join the discussion",
        "more like this", "more for you", "more top stories", "more in news", "next up", "in other news", "in case you missed it", "explore more on these topics"]),
    (RelatedLinks, At::Start(220), &["read more ", "read also ", "also read ", "see also ", "related ", "more from ", "read next ", "read the full", "watch now ",
        "watch more ", "must read ", "don t miss ", "recommended ", "lesen sie auch ", "lesen sie hier ", "lesen sie dazu ", "mehr zum thema ", "mehr dazu ", "hier geht es zu",
        "lire aussi ", "à lire aussi ", "à lire ", "a lire aussi ", "lire également ", "voir aussi ", "lee también ", "lea también ", "leer más ", "le puede interesar ",
        "te puede interesar ", "te interesa ", "también te puede ", "ver también ", "leia também ", "leia mais ", "veja também ", "leggi anche ", "läs mer ", "läs också ",
        "läs även ", "les også ", "læs også ", "lue myös ", "lue lisää ", "czytaj także ", "czytaj też ", "czytaj więcej ", "zobacz także ", "zobacz też ", "przeczytaj też ",
        "lees ook ", "читайте также ", "читайте по теме ", "читайте також ", "baca juga ", "čtěte také ", "čítajte aj ", "citește și ", "přečtěte si ", "прочетете още ",
        "xem thêm ", "more on this ", "also on ", "more stories ", "you may also ", "you might also ", "check out our", "in pictures ", "explore more ", "find out more ",
        "auch interessant ", "mehr lesen ", "mehr aus ", "mehr von ", "weitere informationen ", "weitere artikel ", "next read ", "click here for more", "click here to read",
        "read our ", "read the latest", "read full", "for more news", "for more stories", "for more on", "follow our live", "more coverage", "watch below ", "embedded video"]),
    (Comments, At::Whole, &["comments", "comment", "leave a comment", "leave a reply", "post a comment", "add a comment", "add comment", "no comments",
        "0 comments", "1 comment", "comments are closed", "view comments", "show comments", "write a comment", "kommentare", "kommentieren", "kommentar schreiben",
        "kommentar verfassen", "schreiben sie einen kommentar", "commentaires", "commenter", "laisser un commentaire", "comentarios", "comentar", "deja un comentario",
        "deja una respuesta", "comentários", "deixe um comentário", "commenti", "lascia un commento", "kommentarer", "reacties", "komentarze", "dodaj komentarz", "yorumlar",
        "комментарии", "коментарі", "discussion", "reply", "join the conversation", "cancel reply", "antworten", "jetzt kommentieren", "réagir", "your comment",
        "reactions", "login to comment", "newest", "oldest", "most voted"]),
    (Comments, At::Start(160), &["your email address will not be published", "leave a comment", "leave a reply", "what do you think", "have your say", "let us know in the comments",
        "you must be logged in", "log in to comment", "please log in to", "please read our commenting", "comments are", "this site uses akismet", "learn how your comment",
        "save my name", "required fields", "be the first to comment", "thoughts on", "notify me of", "diskutieren sie mit", "ihre meinung", "deine meinung", "votre adresse",
        "tu dirección de correo", "o seu endereço de", "il tuo indirizzo", "reader comments", "all comments", "commenting on this", "comments have been", "comments on this"]),
    (Legal, At::Start(300), &["©", "copyright", "all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos reservados", "todos os direitos",
        "tutti i diritti", "terms of use", "terms and conditions", "privacy policy", "terms of service", "impressum", "datenschutz", "mentions légales", "aviso legal",
        "this material may not be published", "may not be published broadcast", "no part of this", "reproduction", "your california privacy", "do not sell",
        "this site is protected by recaptcha", "kopiering forbudt", "wszelkie prawa", "все права защищены", "any use of this", "republish this", "the views expressed",
        "opinions expressed", "views expressed", "disclaimer"]),
    (Legal, At::Inside(140), &["all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "derechos reservados", "direitos reservados", "diritti riservati"]),
    (AuthorNote, At::Whole, &["about the author", "about the authors", "about us", "about author", "author", "authors", "written by", "über den autor", "über die autorin", "zur person",
        "à propos de l'auteur", "sobre el autor", "sobre la autora", "sobre o autor", "l'autore", "zum autor", "contact us", "kontakt", "meet the author"]),
    (AuthorNote, At::Start(160), &["view all posts by", "view more posts", "more by this", "more posts by", "follow the author", "all posts by", "contact the author", "see more by", "see all posts",
        "see full bio", "full bio", "read full bio", "learn about our editorial", "our editorial policy", "editorial guidelines", "learn more about", "fact checked by", "reviewed by"]),
    (Topics, At::Start(300), &["tags ", "tag ", "tagged ", "topics ", "filed under", "categories ", "category ", "keywords ", "schlagworte ", "schlagwörter ", "themen ", "thèmes ",
        "mots clés", "etiquetas ", "temas ", "argomenti ", "ämnen ", "tagi ", "теги ", "темы ", "published under", "posted in ", "trefwoorden", "etiketler", "emner ", "stichworte"]),
    (Topics, At::Whole, &["tags", "tag", "topics", "keywords", "categories", "themen", "schlagworte", "etiquetas", "temas", "mots clés", "теги", "темы", "tagi", "schlagwörter"]),
    (Widget, At::Whole, &["submit", "send", "cancel", "reset", "ok", "yes", "no", "apply", "filter", "sort by", "select", "choose", "download", "upload", "buy now", "add to cart", "shop now",
        "learn more", "find out more", "click here", "watch", "watch live", "watch video", "live", "play video", "replay", "mute", "unmute", "fullscreen", "settings", "volume", "captions off",
        "0 seconds of", "video player is loading", "video not supported", "buy", "order now", "book now", "contact", "help", "faq", "get directions"]),
    (Widget, At::Start(120), &["video player", "video duration", "play video", "current time", "duration", "to play this", "media playback", "this is a modal", "beginning of dialog", "end of dialog",
        "unable to play", "audio player", "your browser", "press play"]),
];

/// A line in the form the phrases have.
pub(crate) fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if c == '©' {
            out.push_str(if out.is_empty() || out.ends_with(' ') { "© " } else { " © " });
        } else if (c == '\'' || c == '’') && out.ends_with(char::is_alphabetic) {
            out.push('\'');
        } else if !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out
}

/// A phrase, taken apart.
struct Entry {
    /// The words after the first.
    rest: Vec<&'static str>,
    at: At,
    /// More words must follow.
    open: bool,
    reason: RemovedReason,
    /// Its place in the table; earlier phrases win.
    rank: usize,
}

/// Entries by their first word. Only looked up, never iterated.
fn index() -> &'static HashMap<&'static str, Vec<Entry>> {
    static INDEX: OnceLock<HashMap<&str, Vec<Entry>>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index: HashMap<&str, Vec<Entry>> = HashMap::new();
        for (rank, (reason, at, phrases)) in PHRASES.iter().enumerate() {
            for phrase in *phrases {
                let mut words = phrase.split(' ').filter(|w| !w.is_empty());
                let Some(first) = words.next() else { continue };
                let entry = Entry {
                    rest: words.collect(),
                    at: *at,
                    open: phrase.ends_with(' '),
                    reason: *reason,
                    rank,
                };
                index.entry(first).or_default().push(entry);
            }
        }
        index
    })
}

/// Longer lines are prose, whatever they say.
const MAX_CHARS: usize = 400;

/// Why a line is furniture by what it says, if it is. Looks up each word once; long lines are not looked at.
pub(crate) fn reason(line: &str) -> Option<RemovedReason> {
    if line.len() > 4 * MAX_CHARS {
        return None;
    }
    let chars = line.chars().count();
    if chars > MAX_CHARS {
        return None;
    }
    let text = plain(line);
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    let mut best: Option<&Entry> = None;
    for (at, word) in words.iter().enumerate() {
        let follows = words.get(at + 1..).unwrap_or_default();
        for entry in index().get(word).map(Vec::as_slice).unwrap_or_default() {
            let said = follows.starts_with(&entry.rest) && (!entry.open || follows.len() > entry.rest.len());
            let placed = match entry.at {
                At::Whole => at == 0 && follows.len() == entry.rest.len() && chars <= 60,
                At::Start(limit) => at == 0 && chars <= limit,
                At::Inside(limit) => chars <= limit,
            };
            if said && placed && best.is_none_or(|b| entry.rank < b.rank) {
                best = Some(entry);
            }
        }
    }
    best.map(|entry| entry.reason)
}

/// Words of invitations that may close an article, in the form `plain` gives.
#[rustfmt::skip]
const INVITATIONS: &[&str] = &[
    "newsletter", "newsletters", "whatsapp", "sign up", "subscribe", "bookmark our", "follow us", "join our", "our app", "email us at", "get in touch", "do you have a story", "story to tell",
    "contact us", "free trial", "get started today", "start your", "book a demo", "request a demo", "contact our team", "affiliate", "this site is", "app herunterladen", "kostenlos anmelden",
    "abonnier", "abonniere", "abonnieren sie", "folgen sie", "folge uns", "schreiben sie uns", "testen sie", "kostenlos testen", "abonnez vous", "inscrivez vous", "suivez nous", "téléchargez",
    "suscríbete", "síguenos", "descarga la app", "assine", "siga nos", "iscriviti", "seguici", "prenumerera", "подписывайтесь", "подпишитесь", "підписуйтесь", "takip edin", "ladda ner",
    "download the app", "shop now", "shop our", "learn more at", "visit our website", "schedule a", "give us a call", "call us", "check out our", "sign up today", "sign up now", "get a free",
];

/// Why a line is an invitation, as they stand at the end of an article. Prose speaks of newsletters too, hence only there.
pub(crate) fn invitation(line: &str) -> Option<RemovedReason> {
    if line.chars().count() > 320 {
        return None;
    }
    let line = format!(" {} ", plain(line).trim_end());
    INVITATIONS.iter().any(|words| line.contains(&format!(" {words} "))).then_some(Subscription)
}

/// True when a line has no letter: rules, bullets, counters.
pub(crate) fn is_symbols(line: &str) -> bool {
    !line.chars().any(char::is_alphabetic)
}

/// True when a line ends as sentences do.
pub(crate) fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(['"', '”', '’', '\'', '»', '“', ')', ']', '」', '』']);
    bare.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '؟', '۔', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_is_known_by_its_words() {
        for (line, expected) in [
            ("Site icon The Harbour Post", Some(PageFurniture)),
            ("Exit mobile version", Some(PageFurniture)),
            ("Share on Facebook (Opens in new window)", Some(Sharing)),
            ("READ MORE: Bridge closed again", Some(RelatedLinks)),
            ("Lesen Sie auch: Die Brücke bleibt zu", Some(RelatedLinks)),
            ("© 2024 The Harbour Post", Some(Legal)),
            ("The bridge was closed on Monday.", None),
            (
                "He said related costs would rise, the minister added, and that more people would have to wait.",
                None,
            ),
        ] {
            assert_eq!(reason(line), expected, "{line}");
        }
    }
}
