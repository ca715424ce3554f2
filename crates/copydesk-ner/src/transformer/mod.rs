//! The accurate engine: a small BERT-like token classifier over windows of an article's paragraphs.
//!
//! `words.rs` cuts text into words and pieces, `windows.rs` packs these, `encoder.rs` scores tags, `tags.rs` reads
//! mentions off the scores; `plan.rs` is what the model file holds. Memory is bounded by a batch of windows, a
//! paragraph's words, and [`DECODED_WORDS`] scored ones, whatever the text.

mod encoder;
mod plan;
mod tags;
mod windows;
mod words;

pub(crate) use plan::{CASES, Layer, Linear, Normalization, Plan, Table, Tag};

use crate::kernel::Kernel;
use crate::model::{Mention, Token};
use encoder::{Buffers, Encoder};
use tags::Decoder;
use windows::{Batch, Paragraph};
use words::Vocabulary;

/// Rows of full windows that make a batch.
const BATCH_ROWS: usize = 512;
/// Words of one paragraph that are decoded together at most; a mention does not cross from some to the next.
const DECODED_WORDS: usize = 4096;

#[derive(Debug)]
pub(crate) struct Transformer {
    vocabulary: Vocabulary,
    encoder: Encoder,
    decoder: Decoder,
    temperature: f32,
    max_window: usize,
}

/// Reusable memory of one thread: 8 MB with MiniLM's shapes.
#[derive(Default, Debug)]
pub(crate) struct Scratch {
    batch: Batch,
    buffers: Buffers,
    paragraph: Paragraph,
    /// Of the words in `words`, the first of it.
    scores: Vec<f32>,
    words: Vec<PendingWord>,
}

/// A word in a window whose tag is not known yet.
#[derive(Clone, Copy, Debug)]
struct PendingWord {
    text: usize,
    begin: usize,
    end: usize,
}

impl Transformer {
    /// An error says what of the plan cannot be run.
    pub(crate) fn new(plan: Plan, kernel: Kernel) -> Result<Self, &'static str> {
        let vocabulary = Vocabulary::new(&plan.pieces).ok_or("a vocabulary without [UNK], [CLS] or [SEP]")?;
        let decoder = Decoder::new(plan.tags.clone()).ok_or("tags that are no B, I and O of each label")?;
        Ok(Transformer {
            vocabulary,
            decoder,
            temperature: plan.temperature,
            max_window: plan.max_window,
            encoder: Encoder::new(plan, kernel),
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.encoder.bytes()
    }

    pub(crate) fn tokenize(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        words::each_word(text, |begin, end| tokens.push(Token { begin, end }));
        tokens
    }

    /// The mentions of each text of each article, the articles' texts one after another.
    pub(crate) fn recognize(&self, scratch: &mut Scratch, articles: &[&[&str]]) -> Vec<Vec<Mention>> {
        let texts = articles.iter().map(|texts| texts.len()).sum();
        let mut run = Run { engine: self, scratch, mentions: vec![Vec::new(); texts] };
        run.scratch.batch.clear();
        run.scratch.scores.clear();
        run.scratch.words.clear();
        let mut text = 0;
        for article in articles {
            for paragraph in *article {
                run.add(text, paragraph);
                text += 1;
            }
            run.end_window();
        }
        run.score();
        run.decode(true);
        run.mentions
    }
}

/// A call in progress.
struct Run<'a> {
    engine: &'a Transformer,
    scratch: &'a mut Scratch,
    mentions: Vec<Vec<Mention>>,
}

impl Run<'_> {
    fn add(&mut self, text: usize, paragraph: &str) {
        let vocabulary = &self.engine.vocabulary;
        let mut read = std::mem::take(&mut self.scratch.paragraph);
        read.read(vocabulary, paragraph);
        let filled = self.scratch.batch.filled().max(1);
        if filled + read.pieces() + 1 > self.engine.max_window {
            self.end_window();
        }
        for index in 0..read.words.len() {
            let (case, pieces) = read.word(index);
            let pieces = &pieces[..pieces.len().min(self.engine.max_window - 2)];
            if self.scratch.batch.filled().max(1) + pieces.len() + 1 > self.engine.max_window {
                self.scratch.batch.separate(vocabulary);
                self.end_window();
            }
            self.scratch.batch.begin_if_empty(vocabulary);
            self.scratch.batch.add_word(case, pieces);
            let word = read.words[index];
            self.scratch.words.push(PendingWord { text, begin: word.begin, end: word.end });
        }
        if !read.words.is_empty() {
            self.scratch.batch.separate(vocabulary);
        }
        self.scratch.paragraph = read;
    }

    fn end_window(&mut self) {
        self.scratch.batch.end_window();
        if self.scratch.batch.rows() >= BATCH_ROWS {
            self.score();
            self.decode(false);
        }
    }

    /// Scores all pending words, which lie in full windows when this is called.
    fn score(&mut self) {
        let Scratch { batch, buffers, scores, .. } = &mut *self.scratch;
        let begin = scores.len();
        if batch.rows() > 0 {
            self.engine.encoder.run(batch, buffers, scores);
        }
        batch.clear();
        for logits in scores[begin..].chunks_exact_mut(self.engine.decoder.tags()) {
            tags::log_probabilities(logits, self.engine.temperature);
        }
    }

    /// Finds the mentions of the paragraphs that are scored; the last one may go on unless this is the end.
    fn decode(&mut self, is_end: bool) {
        let Scratch { words, scores, .. } = &mut *self.scratch;
        let tags = self.engine.decoder.tags();
        let mut done = 0;
        for paragraph in words.chunk_by(|a, b| a.text == b.text) {
            let is_last = done + paragraph.len() == words.len();
            if is_last && !is_end && paragraph.len() < DECODED_WORDS {
                break;
            }
            let scores = &scores[done * tags..(done + paragraph.len()) * tags];
            let text = paragraph[0].text;
            self.mentions[text].extend(self.engine.decoder.decode(scores).iter().map(|span| Mention {
                begin: paragraph[span.first].begin,
                end: paragraph[span.last].end,
                label: span.label,
                probability: span.probability,
            }));
            done += paragraph.len();
        }
        words.drain(..done);
        scores.drain(..done * tags);
    }
}

#[cfg(test)]
pub(crate) mod tests;
