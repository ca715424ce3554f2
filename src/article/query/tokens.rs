//! The grammar of what is typed into a search box: words, "phrases", -exclusions and OR. What a word stands for is for the
//! query to say.

/// Longest query, in bytes.
const MAX_BYTES: usize = 1_000;

/// A word as typed, a star at its end included, or what stands between quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::article) struct Token<'t> {
    pub(in crate::article) text: &'t str,
    pub(in crate::article) is_quoted: bool,
    pub(in crate::article) is_excluded: bool,
}

/// The sides of the ORs, each with what `term` makes of its tokens; `None` stands for punctuation alone.
/// Errors: what is wrong, for the field's violation.
pub(in crate::article) fn alternatives<T>(
    query: &str,
    term: impl Fn(Token<'_>) -> Option<T>,
) -> Result<Vec<Vec<T>>, String> {
    if query.len() > MAX_BYTES {
        return Err(format!("has {} bytes; at most {MAX_BYTES} are allowed", query.len()));
    }
    let mut alternatives = Vec::new();
    let mut terms = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let (token, after) = next_token(rest)?;
        rest = after.trim_start();
        match token {
            Some(token) => terms.extend(term(token)),
            None => alternatives.push(std::mem::take(&mut terms)),
        }
    }
    alternatives.push(terms);
    if alternatives.iter().all(Vec::is_empty) {
        return Err("names no word to look for; write words, \"phrases\" or word*".to_owned());
    }
    if alternatives.iter().any(Vec::is_empty) {
        return Err("has an OR with nothing on one side".to_owned());
    }
    Ok(alternatives)
}

/// Takes one token, `None` for OR, from a text that starts with one.
fn next_token(text: &str) -> Result<(Option<Token<'_>>, &str), String> {
    let (is_excluded, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    if let Some(quoted) = body.strip_prefix(['"', '“', '”', '„']) {
        let (text, after) = quoted
            .split_once(['"', '”', '“'])
            .ok_or("has a quotation mark that is never closed".to_owned())?;
        return Ok((Some(Token { text, is_quoted: true, is_excluded }), after));
    }
    let end = body.find(char::is_whitespace).unwrap_or(body.len());
    let (text, after) = body.split_at(end);
    if text == "OR" && !is_excluded {
        return Ok((None, after));
    }
    Ok((Some(Token { text, is_quoted: false, is_excluded }), after))
}
