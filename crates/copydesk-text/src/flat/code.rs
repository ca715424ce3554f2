//! Programs shown in an article: runs of lines that are source code, markup, configuration or a terminal's output.
//!
//! Lives here: what a line of code looks like, and which lines of a text stand among such lines. Must never come here:
//! weights (`weigh.rs`). Code looks like furniture by every other measure: short lines without sentences, said again and
//! again. Only what several languages of programs share is looked for, no language by itself.

use super::lines::Line;
use super::weigh::Shape;

/// Longer lines are no code, or no matter.
const MAX_CODE_CHARS: usize = 300;

/// So many lines may stand between two lines of code: comments, plain values, names by themselves.
const CODE_GAP_LINES: usize = 4;

/// Fewer lines of code are a quoted command, which stands by its neighbours.
const MIN_CODE_LINES: usize = 4;

/// True for each line that stands in a run of code.
pub(super) fn runs(lines: &[Line], shapes: &[Shape]) -> Vec<bool> {
    let mut out = vec![false; lines.len()];
    let mut run: Option<(usize, usize, usize)> = None;
    let close = |run: Option<(usize, usize, usize)>, out: &mut Vec<bool>| {
        if let Some((first, last, _)) = run.filter(|&(_, _, count)| count >= MIN_CODE_LINES) {
            out.get_mut(first..=last).unwrap_or_default().fill(true);
        }
    };
    for (i, line) in lines.iter().enumerate() {
        let code = is_code(&line.text.text);
        run = match run {
            Some((first, last, count)) if code && i - last <= CODE_GAP_LINES => Some((first, i, count + 1)),
            Some((_, last, _))
                if i - last <= CODE_GAP_LINES && (code || shapes.get(i) != Some(&Shape::Prose)) =>
            {
                run
            }
            _ => {
                close(run, &mut out);
                code.then_some((i, i, 1))
            }
        };
    }
    close(run, &mut out);
    out
}

/// What lines of code end with.
const ENDS: [&str; 13] = ["{", "}", "};", "},", "});", ");", "),", "];", "],", "[", "(", "\\", "/>"];

/// What they begin with.
#[rustfmt::skip]
const STARTS: [&str; 24] = [
    "//", "/*", "*/", "#!/", "</", "<?", "<!--", "$ ", "} ", "@import", "import ", "export ", "const ", "let ", "var ", "function ", "def ", "public ", "private ",
    "return ", "#include", "using ", "->", "if (",
];

/// What stands in them and in no sentence.
const SIGNS: [&str; 13] = ["=>", "==", "!=", "&&", "||", "();", "::", "+=", "\": ", "='", "=\"", " = ", "${"];

/// True for a line that is a program's by its signs.
fn is_code(text: &str) -> bool {
    if text.len() > MAX_CODE_CHARS {
        return false;
    }
    // Sentences quote code; a line of code is no sentence.
    let words = text.split_whitespace().count();
    let plain = text.split_whitespace().filter(|w| w.chars().all(char::is_alphabetic)).count();
    if words > 6 && plain * 4 > words * 3 {
        return false;
    }
    let start = || {
        STARTS.iter().any(|start| text.starts_with(start))
            && text.contains(|c: char| !c.is_alphanumeric() && c != ' ')
    };
    ENDS.iter().any(|end| text.ends_with(end))
        || start()
        || SIGNS.iter().any(|sign| text.contains(sign))
        || text.ends_with(';') && words <= 8
        || is_tag(text)
        || calls(text)
        || names(text)
}

/// A tag of markup: "<div class=...>".
fn is_tag(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        && text.ends_with('>')
}

/// A name with its call right behind it: "describe(name, run)".
fn calls(text: &str) -> bool {
    let Some(at) = text.find('(') else { return false };
    let name = text.get(..at).unwrap_or_default();
    let last = name.chars().next_back();
    text.ends_with(')') && last.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') && !name.contains(' ')
}

/// A name as only programs write them, with a value or alone: "created_at", "userName: String!".
fn names(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return false };
    let name = first.trim_end_matches([':', ',', '=']);
    let joined = name.contains('_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let camel =
        name.chars().zip(name.chars().skip(1)).any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let typed = first.ends_with(':') && text.ends_with('!');
    let key = first.ends_with(':')
        && first.starts_with(|c: char| c.is_ascii_lowercase())
        && words.clone().count() == 1;
    // "LinkedIn" and "YouTube" are names of sites; "iPhone" and "eBay" of wares.
    let variable =
        camel && name.len() > 6 && name.is_ascii() && name.starts_with(|c: char| c.is_ascii_lowercase());
    (joined && name.len() > 2) || (variable && words.count() <= 1) || typed || key
}

#[cfg(test)]
mod tests {
    use super::super::lines::split;
    use super::*;

    #[test]
    fn code_is_told_from_sentences_menus_and_prices() {
        for line in [
            "module.exports = { authDirective };",
            "edges: [UserEdge!]!",
            "</div>",
            "created_at",
            "const a = 1;",
            "run(x)",
        ] {
            assert!(is_code(line), "{line}");
        }
        for line in [
            "The harbour was closed on Monday; it opens again today.",
            "Home",
            "Price: $19",
            "Read more (3)",
            "He said that x = y is what the pupils must learn in the first year of school.",
            "Sign up",
            "LinkedIn",
            "iPhone",
        ] {
            assert!(!is_code(line), "{line}");
        }
    }

    #[test]
    fn a_run_of_code_takes_the_plain_lines_between() {
        let lines = split(
            "Enums\nenum Status {\nDRAFT\nOPEN\n}\nenum Role {\nADMIN\n}\nNext chapter\nOne\nTwo\nThree\nFour\n",
        );
        let found = runs(&lines, &vec![Shape::Fragment; lines.len()]);
        assert_eq!(found.iter().filter(|c| **c).count(), 7, "{found:?}");
    }
}
