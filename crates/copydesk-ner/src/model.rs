//! A recognizer ready to run, and the way a batch of texts takes through it.

use std::sync::Arc;

use crate::blueprint::Calibration;
use crate::calibration;
use crate::format::{self, ModelError};
use crate::kernel::Kernel;
use crate::lexicon::{KnownToken, Lexicon, Vocabulary};
use crate::machine::{Machine, Step};
use crate::network::{BLOCK_ROWS, Block, Network, Rows, Scorer, Slots};
use crate::tokenizer::Tokenizer;

/// A compiled spaCy pipeline: tokenizer rules, weights, labels. Immutable, shared by all threads; each thread
/// brings its own [`Scratch`]. en_core_web_md takes about 40 MB.
#[derive(Debug)]
pub struct Model {
    name: String,
    version: String,
    language: String,
    licence: String,
    labels: Vec<String>,
    norms: Vec<(u64, u64)>,
    tokenizer: Tokenizer,
    network: Network,
    calibration: Calibration,
    /// Tells models apart in a [`Scratch`].
    identity: Arc<()>,
}

/// A token's place in its text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it begins.
    pub begin: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

/// A stretch of text that names something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mention {
    /// Byte offset in its text.
    pub begin: usize,
    /// Byte offset in its text, exclusive.
    pub end: usize,
    /// Index in [`Model::labels`].
    pub label: u16,
    /// How likely this exact span with this label is right, from 0 to 1.
    pub probability: f32,
}

/// The reusable memory of one thread: buffers, and what it has learned about frequent words. Grows to about 40 MB
/// with en_core_web_md. It may be passed to different models in turn, but then forgets at every change.
#[derive(Default, Debug)]
pub struct Scratch {
    model: Option<Arc<()>>,
    lexicon: Lexicon,
    slots: Slots,
    tokens: Vec<KnownToken>,
    rows: Rows,
    block: Block,
    scorer: Scorer,
}

impl Scratch {
    /// Empty; everything is allocated on first use.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Tokens gathered from the texts of a call before the network runs over them.
const TOKENS_PER_ROUND: usize = 1 << 14;

impl Model {
    /// Reads a file made by [`crate::import::compile`]. Takes some 50 ms for en_core_web_md, most of it for the
    /// checksum, the copies and compiling the tokenizer's patterns.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let (plan, _) = format::read(bytes)?;
        let tokenizer = Tokenizer::new(&plan.rules)
            .map_err(|(rule, error)| ModelError::Invalid { at: 0, what: format!("{rule} has {error}") })?;
        Ok(Model {
            network: Network::new(plan.network, &plan.moves, plan.labels.len(), Kernel::detect()),
            name: plan.name,
            version: plan.version,
            language: plan.language,
            licence: plan.licence,
            labels: plan.labels,
            norms: plan.rules.norms,
            tokenizer,
            calibration: plan.calibration,
            identity: Arc::new(()),
        })
    }

    /// The pipeline's name without its language, for example `core_web_md`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pipeline's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The pipeline's language as an ISO 639 code.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The licence that the pipeline's authors gave it, as its `meta.json` says.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// The pipeline's entity labels; [`Mention::label`] is an index in here.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Bytes that the weights take in memory.
    pub fn weight_bytes(&self) -> usize {
        self.network.bytes() + self.norms.len() * 16
    }

    /// spaCy's tokens of `text`, white-space tokens included. Linear in the text.
    pub fn tokenize(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        Lexicon::default().tokenize(self.vocabulary(), text, &mut tokens);
        tokens.iter().map(|token| Token { begin: token.begin, end: token.end }).collect()
    }

    /// The mentions of each text, in order, not overlapping: spaCy's entities with only its NER enabled. Texts do
    /// not influence each other. Many texts in one call are faster than many calls.
    pub fn recognize(&self, scratch: &mut Scratch, texts: &[&str]) -> Vec<Vec<Mention>> {
        let mut mentions = Vec::with_capacity(texts.len());
        let mut ends = Vec::new();
        let mut next = 0;
        while next < texts.len() {
            self.prepare(scratch);
            scratch.tokens.clear();
            scratch.rows.clear();
            ends.clear();
            while next < texts.len() && scratch.tokens.len() < TOKENS_PER_ROUND {
                let first = scratch.tokens.len();
                scratch.lexicon.tokenize(self.vocabulary(), texts[next], &mut scratch.tokens);
                let kinds = scratch.tokens[first..].iter().map(|token| token.kind);
                if kinds.len() > 0 {
                    scratch.rows.push_text(kinds, self.network.padding());
                }
                ends.push(scratch.tokens.len());
                next += 1;
            }
            self.run(scratch, &ends, &mut mentions);
        }
        mentions
    }

    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary { tokenizer: &self.tokenizer, network: &self.network, norms: &self.norms }
    }

    /// Makes the scratch this model's, and keeps what it remembers within bounds.
    fn prepare(&self, scratch: &mut Scratch) {
        let same = scratch.model.as_ref().is_some_and(|model| Arc::ptr_eq(model, &self.identity));
        if !same {
            *scratch = Scratch { model: Some(Arc::clone(&self.identity)), ..Scratch::default() };
        }
        if scratch.lexicon.shrink() {
            scratch.slots.clear();
        }
    }

    /// Runs the network over all gathered texts; `ends` are the texts' ends in `scratch.tokens`.
    fn run(&self, scratch: &mut Scratch, ends: &[usize], mentions: &mut Vec<Vec<Mention>>) {
        let Scratch { lexicon, slots, tokens, rows, block, scorer, .. } = scratch;
        let mut machine = Machine::default();
        let mut block_rows = Vec::new();
        let mut at = 0;
        let mut texts = ends.iter().copied();
        let mut text = (0, 0);
        let mut found = Vec::new();
        let mut started = false;
        for begin in (0..rows.len()).step_by(BLOCK_ROWS) {
            let end = (begin + BLOCK_ROWS).min(rows.len());
            block_rows.clear();
            block_rows.extend((begin..end).filter(|&row| rows.is_token(row)));
            if block_rows.is_empty() {
                continue;
            }
            block.run(&self.network, lexicon, slots, rows, begin, end);
            let mut scores = self.network.score(block, &block_rows, scorer);
            for i in 0..block_rows.len() {
                // The next text with tokens; texts without any get their empty list on the way.
                while at >= text.1 {
                    if started {
                        mentions.push(std::mem::take(&mut found));
                    }
                    started = true;
                    text = (text.1, texts.next().unwrap_or(usize::MAX));
                }
                let step = Step {
                    token: at - text.0,
                    is_last: at + 1 == text.1,
                    is_white: lexicon.is_white(tokens[at].kind),
                };
                if let Some(span) = machine.step(step, i, &mut scores) {
                    found.push(Mention {
                        begin: tokens[text.0 + span.begin].begin,
                        end: tokens[text.0 + span.end - 1].end,
                        label: span.label,
                        probability: calibration::probability(self.calibration, span.log_probability),
                    });
                }
                at += 1;
            }
        }
        if started {
            mentions.push(found);
        }
        mentions.extend(texts.map(|_| Vec::new()));
    }
}
