//! The trained model that judges lines of flat text: word weights and a forest of decision trees.
//!
//! Lives here: reading the model's file and running it, in plain single-precision sums in a fixed order, so that every
//! machine gives the same numbers. Must never come here: features. The file is made by `training/flat`.

use super::words;
use std::sync::OnceLock;

/// The model's file; its form is described in `training/flat/README.md`.
static FILE: &[u8] = include_bytes!("flat.model");

/// What the file opens with.
const MAGIC: &[u8] = b"CDFLAT02";

/// A tree's inner node: values up to the threshold go left. A child below 0 is leaf `-child - 1`.
struct Node {
    feature: u16,
    threshold: f32,
    left: i16,
    right: i16,
}

struct Tree {
    nodes: Vec<Node>,
    leaves: Vec<f32>,
}

impl Tree {
    fn value(&self, features: &[f32]) -> f32 {
        let mut at = if self.nodes.is_empty() { -1 } else { 0i16 };
        // Children come after their parents in the file, so this ends.
        while at >= 0 {
            let Some(node) = self.nodes.get(at as usize) else { return 0.0 };
            let value = features.get(usize::from(node.feature)).copied().unwrap_or_default();
            at = if value <= node.threshold { node.left } else { node.right };
        }
        self.leaves.get(usize::from(at.unsigned_abs()) - 1).copied().unwrap_or_default()
    }
}

/// A sum of trees.
struct Forest(Vec<Tree>);

/// The whole model.
pub(super) struct Model {
    weights: &'static [u8],
    scale: f32,
    bias: f32,
    forest: Forest,
}

impl Model {
    /// How much a line's words speak for content, as log-odds. Linear in the line.
    pub(super) fn words(&self, text: &str) -> f32 {
        let hashes = words::hashes(text);
        let weight =
            |hash: &u32| self.weights.get(*hash as usize).map_or(0, |byte| i32::from(byte.cast_signed()));
        let sum: i32 = hashes.iter().map(weight).sum();
        self.bias + self.scale * sum as f32 / (hashes.len().max(1) as f32).sqrt()
    }

    /// Log-odds of content by a line's features.
    pub(super) fn odds(&self, features: &[f32]) -> f32 {
        self.forest.0.iter().map(|tree| tree.value(features)).sum()
    }
}

/// The model, read once. `None` if the file is none, which a test rules out.
pub(super) fn get() -> Option<&'static Model> {
    static MODEL: OnceLock<Option<Model>> = OnceLock::new();
    MODEL.get_or_init(|| read(FILE)).as_ref()
}

fn read(file: &'static [u8]) -> Option<Model> {
    let mut reader = Reader(file.strip_prefix(MAGIC)?);
    let (scale, bias) = (reader.single()?, reader.single()?);
    let weights = reader.take(words::BUCKETS)?;
    let forest = reader.forest()?;
    reader.0.is_empty().then_some(Model { weights, scale, bias, forest })
}

/// Little-endian numbers from the front of a slice.
struct Reader(&'static [u8]);

impl Reader {
    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn single(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn forest(&mut self) -> Option<Forest> {
        let count = self.short()?;
        (0..count).map(|_| self.tree()).collect::<Option<Vec<_>>>().map(Forest)
    }

    fn tree(&mut self) -> Option<Tree> {
        let count = self.short()?;
        let nodes = (0..count).map(|at| self.node(at, count)).collect::<Option<Vec<_>>>()?;
        let leaves = (0..=count).map(|_| self.single()).collect::<Option<Vec<_>>>()?;
        Some(Tree { nodes, leaves })
    }

    /// Refuses children that do not come after their parent: a walk over them might not end.
    fn node(&mut self, at: u16, count: u16) -> Option<Node> {
        let feature = self.short()?;
        let threshold = self.single()?;
        let (left, right) = (self.short()?.cast_signed(), self.short()?.cast_signed());
        let sound = |child: i16| {
            if child < 0 {
                child.unsigned_abs() <= count + 1
            } else {
                child.unsigned_abs() > at && child.unsigned_abs() < count
            }
        };
        (sound(left) && sound(right)).then_some(Node { feature, threshold, left, right })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_file_is_sound_and_its_words_tell_buttons_from_sentences() {
        let model = get().expect("the file is a model");
        let button = model.words("Subscribe to our newsletter");
        let sentence = model.words("The minister said on Monday that the bridge would be closed.");
        assert!(button < sentence, "{button} {sentence}");
    }

    #[test]
    fn a_damaged_file_is_no_model() {
        for cut in [0, 7, 12, 70_000, FILE.len() - 1] {
            assert!(read(FILE.get(..cut).unwrap_or_default()).is_none(), "{cut}");
        }
    }
}
