//! What a thread remembers about words: the tokens of chunks, and the embedding rows of tokens.
//!
//! A "kind" is a distinct pair of token text and NORM; everything the network knows about a token without its
//! neighbours follows from its kind, so it is worked out once. Kinds are numbers that stay valid until
//! [`Lexicon::shrink`]. Filled by tokenizing, read by `network`; never shared between threads.

use std::collections::HashMap;

use crate::attributes::{self, Attribute};
use crate::hash::{embed_rows, string_id};
use crate::network::Network;
use crate::tokenizer::{Piece, SplitScratch, Tokenizer, chunks};

/// A token of a text: byte range and kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownToken {
    pub(crate) begin: usize,
    pub(crate) end: usize,
    pub(crate) kind: u32,
}

/// A chunk's token as remembered.
#[derive(Clone, Copy, Debug)]
struct KnownPiece {
    bytes: u32,
    kind: u32,
    begins_phrase: bool,
}

/// Chunks above this many bytes are not remembered: they are hardly ever met twice.
const MAX_CHUNK_BYTES: usize = 64;
/// Remembered chunks and kinds; at about 100 bytes each, some 6 MB of chunks and 10 MB of kinds at most.
const MAX_CHUNKS: usize = 1 << 16;
const MAX_KINDS: usize = 1 << 16;

/// No row of the static vectors.
const NO_VECTOR: u32 = u32::MAX;

#[derive(Default, Debug)]
pub(crate) struct Lexicon {
    kinds: HashMap<(u64, u64, bool), u32>,
    /// Offsets of the rows to sum, four per column, kind by kind.
    rows: Vec<u32>,
    vectors: Vec<u32>,
    white: Vec<bool>,
    norms: Vec<u64>,
    chunks: HashMap<Box<str>, (u32, u32)>,
    pieces: Vec<KnownPiece>,
    split: SplitScratch,
    new_pieces: Vec<Piece>,
    candidates: Vec<usize>,
}

/// The parts of a model that decide kinds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vocabulary<'m> {
    pub(crate) tokenizer: &'m Tokenizer,
    pub(crate) network: &'m Network,
    /// Ids of forms and of their norms, sorted by form.
    pub(crate) norms: &'m [(u64, u64)],
}

impl Vocabulary<'_> {
    fn norm(&self, orth: &str, orth_id: u64) -> u64 {
        match self.norms.binary_search_by_key(&orth_id, |&(form, _)| form) {
            Ok(at) => self.norms[at].1,
            Err(_) => match attributes::base_norm(orth) {
                Some(norm) => string_id(norm),
                None => string_id(&orth.to_lowercase()),
            },
        }
    }
}

impl Lexicon {
    /// Forgets everything if too much is remembered; kinds handed out before are then void. Returns whether it did.
    pub(crate) fn shrink(&mut self) -> bool {
        if self.kinds.len() <= MAX_KINDS && self.chunks.len() < MAX_CHUNKS {
            return false;
        }
        *self = Lexicon::default();
        true
    }

    pub(crate) fn kinds(&self) -> usize {
        self.vectors.len()
    }

    /// The offsets of the table rows to sum for a kind, four for each column.
    pub(crate) fn rows(&self, kind: u32, columns: usize) -> &[u32] {
        &self.rows[kind as usize * columns * 4..][..columns * 4]
    }

    /// The row of a kind's static vector.
    pub(crate) fn vector(&self, kind: u32) -> Option<usize> {
        let row = self.vectors[kind as usize];
        (row != NO_VECTOR).then_some(row as usize)
    }

    /// Whether a kind is nothing but white space.
    pub(crate) fn is_white(&self, kind: u32) -> bool {
        self.white[kind as usize]
    }

    /// Appends the tokens of `text` to `tokens`.
    pub(crate) fn tokenize(&mut self, vocabulary: Vocabulary<'_>, text: &str, tokens: &mut Vec<KnownToken>) {
        let first = tokens.len();
        self.candidates.clear();
        chunks(text, |begin, end| self.chunk(vocabulary, text, begin, end, first, tokens));
        if !self.candidates.is_empty() {
            self.merge_phrases(vocabulary, text, first, tokens);
        }
        if vocabulary.network.reads(Attribute::Spacy) {
            for i in first..tokens.len() {
                let next = tokens.get(i + 1).map_or(text.len(), |token| token.begin);
                if next > tokens[i].end {
                    // The kind carries its norm already; only the flag differs.
                    let orth = &text[tokens[i].begin..tokens[i].end];
                    tokens[i].kind = self.kind(vocabulary, orth, self.norm_of(tokens[i].kind), true);
                }
            }
        }
    }

    fn chunk(
        &mut self,
        vocabulary: Vocabulary<'_>,
        text: &str,
        begin: usize,
        end: usize,
        first: usize,
        tokens: &mut Vec<KnownToken>,
    ) {
        let chunk = &text[begin..end];
        let known = if chunk.len() <= MAX_CHUNK_BYTES { self.chunks.get(chunk).copied() } else { None };
        let (start, count) = known.unwrap_or_else(|| self.learn(vocabulary, chunk));
        let mut at = begin;
        for piece in &self.pieces[start as usize..(start + count) as usize] {
            if piece.begins_phrase {
                self.candidates.push(tokens.len() - first);
            }
            let end = at + piece.bytes as usize;
            tokens.push(KnownToken { begin: at, end, kind: piece.kind });
            at = end;
        }
        if chunk.len() > MAX_CHUNK_BYTES {
            self.pieces.truncate(start as usize);
        }
    }

    fn learn(&mut self, vocabulary: Vocabulary<'_>, chunk: &str) -> (u32, u32) {
        let mut new = std::mem::take(&mut self.new_pieces);
        new.clear();
        vocabulary.tokenizer.split(chunk, &mut self.split, &mut new);
        let start = self.pieces.len() as u32;
        let mut at = 0;
        for piece in &new {
            let orth = &chunk[at..at + piece.bytes as usize];
            at += piece.bytes as usize;
            let kind = self.kind(vocabulary, orth, piece.norm, false);
            let begins_phrase = vocabulary.tokenizer.matcher().begins_with(orth);
            self.pieces.push(KnownPiece { bytes: piece.bytes, kind, begins_phrase });
        }
        let known = (start, new.len() as u32);
        self.new_pieces = new;
        if chunk.len() <= MAX_CHUNK_BYTES && self.chunks.len() < MAX_CHUNKS {
            self.chunks.insert(chunk.into(), known);
        }
        known
    }

    /// Replaces phrases that are exceptions (see `tokenizer/special.rs`) by their tokens.
    fn merge_phrases(
        &mut self,
        vocabulary: Vocabulary<'_>,
        text: &str,
        first: usize,
        tokens: &mut Vec<KnownToken>,
    ) {
        let ranges: Vec<(usize, usize)> =
            tokens[first..].iter().map(|token| (token.begin, token.end)).collect();
        let found = vocabulary.tokenizer.matcher().find(text, &ranges, &self.candidates);
        if found.is_empty() {
            return;
        }
        let old: Vec<KnownToken> = tokens.drain(first..).collect();
        let mut next = 0;
        for (begin, end) in found {
            tokens.extend_from_slice(&old[next..begin]);
            next = end;
            let span = &text[old[begin].begin..old[end - 1].end];
            let Some(pieces) = vocabulary.tokenizer.special(span) else {
                tokens.extend_from_slice(&old[begin..end]);
                continue;
            };
            let mut at = old[begin].begin;
            for piece in pieces {
                let end = at + piece.bytes as usize;
                let kind = self.kind(vocabulary, &text[at..end], piece.norm, false);
                tokens.push(KnownToken { begin: at, end, kind });
                at = end;
            }
        }
        tokens.extend_from_slice(&old[next..]);
    }

    fn kind(&mut self, vocabulary: Vocabulary<'_>, orth: &str, norm: u64, space_follows: bool) -> u32 {
        let orth_id = string_id(orth);
        let norm = if norm == 0 { vocabulary.norm(orth, orth_id) } else { norm };
        let next = self.vectors.len() as u32;
        let kind = *self.kinds.entry((orth_id, norm, space_follows)).or_insert(next);
        if kind == next {
            let network = vocabulary.network;
            for column in network.columns() {
                let value = column.attribute.value(orth, norm, space_follows);
                let rows = embed_rows(value, column.seed, column.rows);
                self.rows.extend(rows.map(|row| row * network.width() as u32));
            }
            self.vectors.push(network.vector_row(orth_id).unwrap_or(NO_VECTOR));
            self.white.push(attributes::is_space(orth));
            self.norms.push(norm);
        }
        kind
    }

    fn norm_of(&self, kind: u32) -> u64 {
        self.norms[kind as usize]
    }
}
