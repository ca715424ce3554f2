//! Packs the paragraphs of an article into windows: `[CLS] p1 [SEP] p2 [SEP] ...`, as in training
//! (training/ner/windows.py: `Packer`).
//!
//! A paragraph that does not fit begins a new window; one that fits into none is cut at a word's edge. The windows of a
//! batch lie one after another without padding, so that the linear layers run over all of them at once.

use super::words::{SPECIAL, Vocabulary, Word};

/// Windows, and the one that is being filled.
#[derive(Default, Debug)]
pub(super) struct Batch {
    pub(super) pieces: Vec<u32>,
    pub(super) cases: Vec<u8>,
    /// Ends of the windows that are full.
    pub(super) ends: Vec<usize>,
    /// The row of each word's first piece.
    pub(super) words: Vec<usize>,
}

/// The words of a paragraph with their pieces.
#[derive(Default, Debug)]
pub(super) struct Paragraph {
    pub(super) words: Vec<Word>,
    pieces: Vec<u32>,
    /// Ends of the words in `pieces`.
    ends: Vec<usize>,
}

impl Paragraph {
    pub(super) fn read(&mut self, vocabulary: &Vocabulary, text: &str) {
        self.words.clear();
        self.pieces.clear();
        self.ends.clear();
        vocabulary.split(text, |word, pieces| {
            self.words.push(word);
            self.pieces.extend_from_slice(pieces);
            self.ends.push(self.pieces.len());
        });
    }

    /// The case class and the pieces of a word.
    pub(super) fn word(&self, index: usize) -> (u8, &[u32]) {
        let begin = if index == 0 { 0 } else { self.ends[index - 1] };
        (self.words[index].case, &self.pieces[begin..self.ends[index]])
    }

    pub(super) fn pieces(&self) -> usize {
        self.pieces.len()
    }
}

impl Batch {
    /// Pieces in the window that is being filled.
    pub(super) fn filled(&self) -> usize {
        self.pieces.len() - self.ends.last().copied().unwrap_or(0)
    }

    fn push(&mut self, piece: u32, case: u8) {
        self.pieces.push(piece);
        self.cases.push(case);
    }

    pub(super) fn begin_if_empty(&mut self, vocabulary: &Vocabulary) {
        if self.filled() == 0 {
            self.push(vocabulary.begin, SPECIAL);
        }
    }

    pub(super) fn separate(&mut self, vocabulary: &Vocabulary) {
        self.push(vocabulary.separator, SPECIAL);
    }

    /// Ends the window that is being filled, if it holds anything.
    pub(super) fn end_window(&mut self) {
        if self.filled() > 0 {
            self.ends.push(self.pieces.len());
        }
    }

    pub(super) fn add_word(&mut self, case: u8, pieces: &[u32]) {
        self.words.push(self.pieces.len());
        for &piece in pieces {
            self.push(piece, case);
        }
    }

    /// Rows of all windows that are full.
    pub(super) fn rows(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Forgets the windows; only to be called with none being filled.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.cases.clear();
        self.ends.clear();
        self.words.clear();
    }
}
