//! The engine of compiled spaCy pipelines, and the way a batch of texts takes through it.

use crate::blueprint::{Blueprint, Calibration};
use crate::calibration;
use crate::format::ModelError;
use crate::kernel::Kernel;
use crate::lexicon::{KnownToken, Lexicon, Vocabulary};
use crate::machine::{Machine, Step};
use crate::model::{Mention, Token};
use crate::network::{BLOCK_ROWS, Block, Network, Rows, Scorer, Slots};
use crate::tokenizer::Tokenizer;

/// Tokenizer rules and weights. en_core_web_md takes about 40 MB.
#[derive(Debug)]
pub(crate) struct Spacy {
    norms: Vec<(u64, u64)>,
    tokenizer: Tokenizer,
    network: Network,
    calibration: Calibration,
}

/// Buffers, and what has been learned about frequent words. Belongs to one engine.
#[derive(Default, Debug)]
pub(crate) struct Scratch {
    lexicon: Lexicon,
    slots: Slots,
    tokens: Vec<KnownToken>,
    rows: Rows,
    block: Block,
    scorer: Scorer,
}

/// Tokens gathered from the texts of a call before the network runs over them.
const TOKENS_PER_ROUND: usize = 1 << 14;

impl Spacy {
    pub(crate) fn new(plan: Blueprint, kernel: Kernel) -> Result<Self, ModelError> {
        let tokenizer = Tokenizer::new(&plan.rules)
            .map_err(|(rule, error)| ModelError::Invalid { at: 0, what: format!("{rule} has {error}") })?;
        Ok(Spacy {
            network: Network::new(plan.network, &plan.moves, plan.labels.len(), kernel),
            norms: plan.rules.norms,
            tokenizer,
            calibration: plan.calibration,
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.network.bytes() + self.norms.len() * 16
    }

    pub(crate) fn tokenize(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        Lexicon::default().tokenize(self.vocabulary(), text, &mut tokens);
        tokens.iter().map(|token| Token { begin: token.begin, end: token.end }).collect()
    }

    /// The mentions of each text and, if `wants_certainty`, the least probability that a move on it had (else 1).
    pub(crate) fn recognize<'t>(
        &self,
        scratch: &mut Scratch,
        texts: impl Iterator<Item = &'t str>,
        wants_certainty: bool,
    ) -> Vec<(Vec<Mention>, f32)> {
        let mut mentions = Vec::new();
        let mut ends = Vec::new();
        let mut texts = texts.peekable();
        while texts.peek().is_some() {
            if scratch.lexicon.shrink() {
                scratch.slots.clear();
            }
            scratch.tokens.clear();
            scratch.rows.clear();
            ends.clear();
            while scratch.tokens.len() < TOKENS_PER_ROUND {
                let Some(text) = texts.next() else { break };
                let first = scratch.tokens.len();
                scratch.lexicon.tokenize(self.vocabulary(), text, &mut scratch.tokens);
                let kinds = scratch.tokens[first..].iter().map(|token| token.kind);
                if kinds.len() > 0 {
                    scratch.rows.push_text(kinds, self.network.padding());
                }
                ends.push(scratch.tokens.len());
            }
            self.run(scratch, &ends, wants_certainty, &mut mentions);
        }
        mentions
    }

    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary { tokenizer: &self.tokenizer, network: &self.network, norms: &self.norms }
    }

    /// Runs the network over all gathered texts; `ends` are the texts' ends in `scratch.tokens`.
    fn run(
        &self,
        scratch: &mut Scratch,
        ends: &[usize],
        wants_certainty: bool,
        mentions: &mut Vec<(Vec<Mention>, f32)>,
    ) {
        let Scratch { lexicon, slots, tokens, rows, block, scorer } = scratch;
        let mut machine = if wants_certainty { Machine::with_certainty() } else { Machine::default() };
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
                        mentions.push((std::mem::take(&mut found), machine.take_certainty()));
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
            mentions.push((found, machine.take_certainty()));
        }
        mentions.extend(texts.map(|_| (Vec::new(), 1.0)));
    }
}
