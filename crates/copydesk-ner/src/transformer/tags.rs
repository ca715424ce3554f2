//! Scores of tags to mentions: the best legal sequence (Viterbi), and how sure the network is of it.
//!
//! `I-x` may only follow `B-x` or `I-x`. A mention's probability is the mean of its words' probabilities of the tags
//! that were chosen, after the temperature that made these honest on texts that were kept out of training.

use super::plan::Tag;

/// A mention as indices of words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) label: u16,
    pub(super) probability: f32,
}

#[derive(Debug)]
pub(super) struct Decoder {
    tags: Vec<Tag>,
    /// For `I-x` the place of `B-x`.
    begins: Vec<Option<usize>>,
}

impl Decoder {
    /// None if an `I-x` has no `B-x`, there is no O, or a word could not be numbered with a byte.
    pub(super) fn new(tags: Vec<Tag>) -> Option<Self> {
        if tags.len() > 256 || !tags.contains(&Tag::Outside) {
            return None;
        }
        let mut begins = Vec::with_capacity(tags.len());
        for tag in &tags {
            begins.push(match *tag {
                Tag::Inside(label) => Some(tags.iter().position(|&other| other == Tag::Begin(label))?),
                Tag::Outside | Tag::Begin(_) => None,
            });
        }
        Some(Decoder { tags, begins })
    }

    pub(super) fn tags(&self) -> usize {
        self.tags.len()
    }

    /// The mentions among words with these logarithms of probabilities, `words x tags`.
    pub(super) fn decode(&self, scores: &[f32]) -> Vec<Span> {
        let path = self.best_path(scores);
        let mut spans: Vec<Span> = Vec::new();
        let mut open = false;
        for (word, (&tag, scores)) in path.iter().zip(scores.chunks_exact(self.tags.len())).enumerate() {
            let probability = scores[usize::from(tag)].exp();
            match (self.tags[usize::from(tag)], spans.last_mut()) {
                (Tag::Begin(label), _) => {
                    spans.push(Span { first: word, last: word, label, probability });
                    open = true;
                }
                (Tag::Inside(_), Some(span)) if open => {
                    span.last = word;
                    span.probability += probability;
                }
                (Tag::Outside | Tag::Inside(_), _) => open = false,
            }
        }
        for span in &mut spans {
            span.probability = (span.probability / (span.last - span.first + 1) as f32).clamp(0.0, 1.0);
        }
        spans
    }

    /// Ties go to the tag that comes first.
    fn best_path(&self, scores: &[f32]) -> Vec<u8> {
        let count = self.tags.len();
        let mut lines = scores.chunks_exact(count);
        let Some(first) = lines.next() else { return Vec::new() };
        let may_start = |tag: usize| if self.begins[tag].is_some() { f32::NEG_INFINITY } else { first[tag] };
        let mut best: Vec<f32> = (0..count).map(may_start).collect();
        let mut next = vec![0.0; count];
        let mut back = Vec::with_capacity(scores.len());
        for line in lines {
            let any = argmax(&best);
            for tag in 0..count {
                let from = match self.begins[tag] {
                    None => any,
                    Some(begin) => {
                        let (low, high) = (begin.min(tag), begin.max(tag));
                        if best[high] > best[low] { high } else { low }
                    }
                };
                back.push(from as u8);
                next[tag] = best[from] + line[tag];
            }
            std::mem::swap(&mut best, &mut next);
        }
        let mut tag = argmax(&best) as u8;
        let mut path = vec![tag];
        for from in back.chunks_exact(count).rev() {
            tag = from[usize::from(tag)];
            path.push(tag);
        }
        path.reverse();
        path
    }
}

fn argmax(values: &[f32]) -> usize {
    let better = |best: usize, at: usize| if values[at] > values[best] { at } else { best };
    (1..values.len()).fold(0, better)
}

/// Logits to logarithms of probabilities.
pub(super) fn log_probabilities(logits: &mut [f32], temperature: f32) {
    logits.iter_mut().for_each(|logit| *logit /= temperature);
    let most = logits.iter().fold(f32::NEG_INFINITY, |most, &logit| most.max(logit));
    let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
    logits.iter_mut().for_each(|logit| *logit -= most + sum.ln());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder() -> Decoder {
        let tags = [Tag::Outside, Tag::Begin(0), Tag::Inside(0), Tag::Begin(1), Tag::Inside(1)];
        Decoder::new(tags.to_vec()).unwrap()
    }

    fn logs(rows: &[[f32; 5]]) -> Vec<f32> {
        rows.as_flattened().iter().map(|p| p.ln()).collect()
    }

    #[test]
    fn an_inside_tag_only_goes_on_with_its_own_mention() {
        // Word by word the best tags are O, I-0, I-1, which no sequence may be.
        let scores =
            logs(&[[0.5, 0.3, 0.0, 0.1, 0.1], [0.1, 0.2, 0.6, 0.05, 0.05], [0.1, 0.1, 0.3, 0.1, 0.4]]);
        let spans = decoder().decode(&scores);
        assert_eq!(spans.len(), 1);
        assert_eq!((spans[0].first, spans[0].last, spans[0].label), (0, 2, 0));
        assert!((spans[0].probability - (0.3 + 0.6 + 0.3) / 3.0).abs() < 1e-6);
    }

    #[test]
    fn mentions_side_by_side_stay_two() {
        let scores = logs(&[[0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]]);
        let spans: Vec<_> = decoder().decode(&scores).iter().map(|span| (span.first, span.last)).collect();
        assert_eq!(spans, [(0, 0), (1, 1)]);
        assert!(decoder().decode(&[]).is_empty());
    }

    #[test]
    fn tags_that_cannot_be_decoded_are_refused() {
        assert!(Decoder::new(vec![Tag::Outside, Tag::Inside(0)]).is_none());
        assert!(Decoder::new(vec![Tag::Begin(0), Tag::Inside(0)]).is_none());
    }

    #[test]
    fn probabilities_sum_to_one_at_any_temperature() {
        for temperature in [0.5, 1.0, 3.0] {
            let mut logits = [3.0, -2.0, 80.0, 79.0];
            log_probabilities(&mut logits, temperature);
            assert!((logits.iter().map(|log| log.exp()).sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}
