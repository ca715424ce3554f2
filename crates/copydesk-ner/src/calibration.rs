//! From the network's own confidence to a probability that means something.
//!
//! The raw score of a mention is the product of the softmax probabilities of its moves, each among the moves that
//! were valid. Networks are overconfident, so its logit is scaled and shifted (Platt scaling: J. Platt,
//! Probabilistic outputs for support vector machines, 1999) with two numbers in the model file.

use crate::blueprint::Calibration;

/// The calibrated probability for a raw score given as its natural logarithm.
pub(crate) fn probability(calibration: Calibration, log_score: f32) -> f32 {
    // Beyond these bounds a float's logit is no longer finite.
    let score = log_score.exp().clamp(1e-6, 1.0 - 1e-6);
    let logit = (score / (1.0 - score)).ln();
    1.0 / (1.0 + (-(calibration.slope * logit + calibration.offset)).exp())
}

/// The two numbers that imported models get: near the best fit for en_core_web_md on the marked news paragraphs
/// and open gold texts that development may train on, and within 0.05 of expected calibration error on the
/// evaluation sets (bench/ner/calibration.py measures it).
pub(crate) const MEASURED: Calibration = Calibration { slope: 0.45, offset: -1.05 };
