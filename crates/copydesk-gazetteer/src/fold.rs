//! A text as the automaton reads it: folded, with word starts and paragraph ends marked, and the way back to its bytes.
//!
//! Names go through the same code as text. Bytes that UTF-8 never has carry the structure: [`MARK`] before each word, in
//! the place of the space when the word before ends there; [`WALL`] for an empty line, which no name has; [`SIGN`] before
//! punctuation outside ASCII. So a name that must start a word starts with MARK, and where a word ends can be told from
//! the next byte alone ([`is_letter`]).

use crate::letters::{Class, Folds, class, fold_unit, is_mark, plain, single};

/// Punctuation beyond ASCII follows.
const SIGN: u8 = 0xFD;
/// The start of a word.
pub(crate) const MARK: u8 = 0xFE;
/// The end of a paragraph.
pub(crate) const WALL: u8 = 0xFF;

/// Whether a folded byte is part of a word.
#[inline]
pub(crate) fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || (0x80..SIGN).contains(&byte)
}

/// From here on the folded bytes correspond to the original ones, up to the next bend.
struct Bend {
    folded: u32,
    /// Offset in the original; the high bit says that the bytes from here to the next bend are one unit, all or nothing.
    original: u32,
}

const RIGID: u32 = 1 << 31;

/// A folded text; about the text's size, plus 8 bytes for each place where offsets shift.
pub(crate) struct Folded {
    pub(crate) bytes: Vec<u8>,
    bends: Vec<Bend>,
}

impl Folded {
    /// The original offset of a folded one, or nothing if it lies within a unit.
    ///
    /// Binary search over the bends. Folded offsets must lie between characters.
    pub(crate) fn original(&self, folded: usize) -> Option<usize> {
        let after = self.bends.partition_point(|bend| bend.folded as usize <= folded);
        let bend = self.bends.get(after.checked_sub(1)?)?;
        let into = folded - bend.folded as usize;
        if bend.original & RIGID != 0 && into != 0 {
            return None;
        }
        Some((bend.original & !RIGID) as usize + into)
    }

    fn bend(&mut self, original: usize, rigid: bool) {
        let (folded, original) = (self.bytes.len() as u32, original as u32);
        if !rigid
            && let Some(last) = self.bends.last()
            && last.original & RIGID == 0
            && original.wrapping_sub(last.original) == folded - last.folded
        {
            return;
        }
        self.bends.push(Bend { folded, original: if rigid { original | RIGID } else { original } });
    }
}

struct Folder<'t> {
    text: &'t str,
    out: Folded,
    /// Class of the unit before.
    last: Class,
    /// Where white space began that is not written yet.
    gap: Option<usize>,
    /// Line feeds in it.
    lines: u32,
    unit: String,
}

/// Folds all of a text, which must be shorter than 2 GiB; linear time.
pub(crate) fn fold(text: &str) -> Folded {
    let bytes = Vec::with_capacity(text.len() + text.len() / 8 + 16);
    let out = Folded { bytes, bends: Vec::with_capacity(64) };
    let mut folder = Folder { text, out, last: Class::Other, gap: None, lines: 0, unit: String::new() };
    let mut at = 0;
    while at < text.len() {
        at = folder.step(at);
    }
    folder.out.bend(folder.gap.unwrap_or(text.len()), false);
    folder.out
}

/// Appends a name's bytes for the automaton: in a list of whole words they ask for the start of a word.
pub(crate) fn fold_name(name: &str, whole_words: bool, out: &mut Vec<u8>) {
    // A line break within a name is a space, or it would be the end of a paragraph that no match goes across.
    let folded = match name.contains(['\n', '\u{2029}']) {
        true => fold(&name.split_whitespace().collect::<Vec<_>>().join(" ")).bytes,
        false => fold(name.trim()).bytes,
    };
    let free = !whole_words && folded.first() == Some(&MARK);
    out.extend_from_slice(&folded[usize::from(free)..]);
}

/// The form of a span under one list's folds, for the last word on whether it is the name.
pub(crate) fn spelling(span: &str, folds: Folds) -> String {
    let mut out = String::with_capacity(span.len());
    let mut at = 0;
    let mut spaced = false;
    while let Some(c) = span[at..].chars().next() {
        let end = unit_end(span, at, c);
        if c.is_whitespace() {
            if !spaced {
                out.push(' ');
            }
        } else {
            fold_unit(&span[at..end], folds, &mut out);
        }
        spaced = c.is_whitespace();
        at = end;
    }
    out
}

/// Where the unit ends that starts with `c`: after its marks. White space takes none.
fn unit_end(text: &str, at: usize, c: char) -> usize {
    let mut end = at + c.len_utf8();
    if c.is_whitespace() {
        return end;
    }
    while text.as_bytes().get(end).is_some_and(|byte| *byte >= 0x80) {
        match text[end..].chars().next() {
            Some(mark) if is_mark(mark) => end += mark.len_utf8(),
            _ => break,
        }
    }
    end
}

impl Folder<'_> {
    /// Writes the unit at `at`, or a run of plain ones, and says where it ends.
    #[inline]
    fn step(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let run =
            bytes[at..].iter().position(|byte| !IS_PLAIN[usize::from(*byte)]).unwrap_or(bytes.len() - at);
        let mut end = at + run;
        if bytes.get(end).is_some_and(|byte| *byte >= 0x80) {
            // The last letter may carry a mark; then it is not plain.
            end = end.max(at + 1) - 1;
        }
        if end > at {
            self.open(at, Class::Word, false);
            // Lower case of ASCII letters; digits have the bit already.
            self.out.bytes.extend(bytes[at..end].iter().map(|byte| byte | 0x20));
            // Most of a text is words with one space between them; the general way is open().
            if let [b' ', next, ..] = bytes[end..]
                && IS_PLAIN[usize::from(next)]
            {
                self.out.bytes.push(MARK);
                end += 1;
            }
            return end;
        }
        let Some(c) = self.text[at..].chars().next() else { return self.text.len() };
        let end = unit_end(self.text, at, c);
        if c.is_whitespace() {
            self.gap.get_or_insert(at);
            // A paragraph separator is as good as an empty line.
            self.lines += match c {
                '\n' => 1,
                '\u{2029}' => 2,
                _ => 0,
            };
            return end;
        }
        if end == at + c.len_utf8()
            && let Some(single) = single(c)
        {
            let same = single.folded.len_utf8() == c.len_utf8();
            self.open(at, single.class, !same);
            self.sign(at, single.class, single.folded.is_ascii(), !same);
            if single.folded.is_ascii() {
                self.out.bytes.push(single.folded as u8);
            } else {
                self.out.bytes.extend_from_slice(single.folded.encode_utf8(&mut [0; 4]).as_bytes());
            }
            return end;
        }
        self.unit.clear();
        fold_unit(&self.text[at..end], Folds::ALL, &mut self.unit);
        self.open(at, class(plain(c)), true);
        let ascii = self.unit.as_bytes().first().is_some_and(u8::is_ascii);
        self.sign(at, class(plain(c)), ascii, true);
        self.out.bytes.extend_from_slice(self.unit.as_bytes());
        end
    }

    /// Writes what stands between the unit before and this one.
    #[inline]
    fn open(&mut self, at: usize, class: Class, rigid: bool) {
        let starts = class == Class::Solo
            || (class == Class::Word && (self.gap.is_some() || self.last != Class::Word));
        if let Some(gap) = self.gap.take() {
            let wall = self.lines > 1;
            self.lines = 0;
            // Between two words the mark alone stands for the space, since without one there would be no mark.
            if wall || class != Class::Word || self.last != Class::Word {
                self.out.bend(gap, false);
                self.out.bytes.push(if wall { WALL } else { b' ' });
            } else {
                self.out.bend(gap, false);
                self.out.bytes.push(MARK);
                self.last = class;
                self.out.bend(at, rigid);
                return;
            }
        }
        if starts {
            self.out.bend(at, false);
            self.out.bytes.push(MARK);
        }
        self.last = class;
        self.out.bend(at, rigid);
    }

    /// Tells that what comes is not part of a word, where its first byte does not.
    #[inline]
    fn sign(&mut self, at: usize, class: Class, ascii: bool, rigid: bool) {
        if class == Class::Other && !ascii {
            self.out.bytes.push(SIGN);
            self.out.bend(at, rigid);
        }
    }
}

/// ASCII letters and digits.
const IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};
