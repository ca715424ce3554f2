//! What a body without an article looks like.
//!
//! Lives here: telling error pages, cookie walls, login pages and empty shells from short articles, so that the note says
//! more than "nothing found". Must never come here: any change to the text.

use crate::document::{Document, Note, NoteCode, RemovedReason};
use crate::furniture;

/// A body with more words than this is an article whatever it says.
const MAX_WORDS: usize = 120;

/// A body with fewer words than this is none, whatever it says.
const MIN_WORDS: usize = 8;

/// Words of such pages, lower case, with what they tell. Errors come first: an error page offers a login too.
#[rustfmt::skip]
const SIGNS: &[(&str, &[&str])] = &[
    ("an error page", &["404", "403 forbidden", "page not found", "not found", "page you are looking for", "page you requested", "access denied", "error occurred", "internal server error", "503 service",
        "bad gateway", "temporarily unavailable", "page doesn t exist", "page does not exist", "no longer available", "seite nicht gefunden", "nicht gefunden", "page introuvable", "página no encontrada",
        "no se ha encontrado", "página não encontrada", "pagina non trovata", "страница не найдена", "sidan kunde inte hittas", "something went wrong"]),
    ("a check for robots", &["checking your browser", "verify you are human", "are you a robot", "not a robot", "captcha", "unusual traffic", "just a moment", "enable javascript and cookies", "ddos protection"]),
    ("a cookie wall", &["cookie", "cookies", "consent", "einwilligung", "datenschutz", "accept all", "alle akzeptieren", "tout accepter", "aceptar todo", "pur abo", "werbefrei"]),
    ("a login page", &["log in", "login", "sign in", "password", "username", "anmelden", "passwort", "se connecter", "mot de passe", "iniciar sesión", "contraseña", "entrar", "senha", "accedi", "logga in", "войти", "пароль"]),
    ("a notice to subscribe", &["subscribe", "subscription", "abonnieren", "abonnement", "s abonner", "suscríbete", "assine", "abbonati"]),
    ("a page that only scripts fill", &["enable javascript", "javascript is required", "javascript is disabled", "requires javascript", "activate javascript", "javascript aktivieren", "activer javascript"]),
];

/// Notes that no article was found, with what the body looks like. `described`: the text is only the page's description.
pub(crate) fn note(document: &mut Document, scripts: bool, described: bool) {
    if document.word_count > MAX_WORDS && !described {
        return;
    }
    let shown = document.removed.iter().filter(|r| r.reason != RemovedReason::Hidden).take(200);
    let removed: String = shown.map(|r| r.text.as_str()).collect::<Vec<_>>().join(" ");
    let head = furniture::plain(document.title.as_deref().unwrap_or_default());
    let text = if described { "" } else { document.text.as_str() };
    let all = furniture::plain(&format!("{head} {text} {removed}"));
    let sign = |text: &str| {
        SIGNS.iter().find(|(_, words)| words.iter().any(|w| contains(text, w))).map(|&(what, _)| what)
    };
    let words = all.split(' ').count();
    let few = described || document.word_count < MIN_WORDS;
    let what = if let Some(what) = sign(&head).or_else(|| few.then(|| sign(&all)).flatten()) {
        what
    } else if few && scripts && words < 40 {
        "a page that only scripts fill"
    } else if few && words >= 60 {
        "a page of links"
    } else if few {
        "a few short lines"
    } else {
        return;
    };
    let stand_in = if described { "; the text is the page's own description" } else { "" };
    let message = format!("no article was found; the body looks like {what}{stand_in}");
    document.notes.push(Note::new(NoteCode::NoArticle, message));
}

/// True when the words stand in the text as whole words.
fn contains(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + words.len()..).and_then(|t| t.chars().next());
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric())
    })
}
