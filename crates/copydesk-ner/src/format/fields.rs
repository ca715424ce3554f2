//! Writes and reads a blueprint field by field, and checks on reading that its parts fit together.
//!
//! The two halves mirror each other; a change in one is a change in the other and raises the format's version.
//! Whatever the reader lets through, `Model` can be built from without a panic.

use super::ModelError;
use crate::attributes::Attribute;
use crate::blueprint::{
    Blueprint, Calibration, Column, Exception, Linear, Lower, Maxout, Move, Network, Rules, Vectors,
};

#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn f32(&mut self, value: f32) {
        self.u32(value.to_bits());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.u64(items.len() as u64);
        items.iter().for_each(|item| write(self, item));
    }

    fn option<T>(&mut self, item: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.u32(u32::from(item.is_some()));
        if let Some(item) = item {
            write(self, item);
        }
    }

    pub(super) fn numbers(&mut self, numbers: &[i8]) {
        self.u64(numbers.len() as u64);
        self.bytes.extend(numbers.iter().map(|number| number.cast_unsigned()));
    }

    pub(super) fn floats(&mut self, values: &[f32]) {
        self.list(values, |w, &value| w.f32(value));
    }

    pub(super) fn blueprint(&mut self, plan: &Blueprint) {
        for text in [&plan.name, &plan.version, &plan.language, &plan.licence] {
            self.text(text);
        }
        self.list(&plan.labels, |w, label| w.text(label));
        self.list(&plan.moves, |w, &next| {
            let (kind, label) = match next {
                Move::Begin(label) => (0, label),
                Move::In(label) => (1, label),
                Move::Last(label) => (2, label),
                Move::Unit(label) => (3, label),
                Move::Out => (4, 0),
                Move::Never => (5, 0),
            };
            w.u32(kind << 16 | u32::from(label));
        });
        self.f32(plan.calibration.slope);
        self.f32(plan.calibration.offset);
        self.rules(&plan.rules);
        self.network(&plan.network);
    }

    fn rules(&mut self, rules: &Rules) {
        for pattern in [&rules.prefix, &rules.suffix, &rules.infix, &rules.token_match, &rules.url_match] {
            self.option(pattern.as_ref(), |w, pattern| w.text(pattern));
        }
        self.list(&rules.exceptions, |w, exception| {
            w.text(&exception.text);
            w.list(&exception.tokens, |w, (orth, norm)| {
                w.text(orth);
                w.u64(*norm);
            });
        });
        self.u32(u32::from(rules.faster_heuristics));
        self.list(&rules.norms, |w, &(form, norm)| {
            w.u64(form);
            w.u64(norm);
        });
    }

    fn network(&mut self, network: &Network) {
        self.u64(network.width as u64);
        self.u64(network.window as u64);
        self.list(&network.columns, |w, column| {
            w.u32(column.attribute.code());
            w.u32(column.seed);
            w.floats(&column.table);
        });
        self.option(network.vectors.as_ref(), |w, vectors| {
            w.list(&vectors.keys, |w, &key| w.u64(key));
            w.list(&vectors.rows, |w, &row| w.u32(row));
            w.floats(&vectors.table);
        });
        self.maxout(&network.embed);
        self.list(&network.convolutions, |w, maxout| w.maxout(maxout));
        self.linear(&network.reduce);
        let lower = &network.lower;
        for size in [lower.features, lower.hidden, lower.pieces] {
            self.u64(size as u64);
        }
        for values in [&lower.weights, &lower.bias, &lower.padding] {
            self.floats(values);
        }
        self.option(network.upper.as_ref(), |w, upper| w.linear(upper));
    }

    fn maxout(&mut self, maxout: &Maxout) {
        self.u64(maxout.pieces as u64);
        for values in [&maxout.weights, &maxout.bias, &maxout.scale, &maxout.shift] {
            self.floats(values);
        }
    }

    fn linear(&mut self, linear: &Linear) {
        self.floats(&linear.weights);
        self.floats(&linear.bias);
    }
}

pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// The file offset of `bytes`.
    base: usize,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8], base: usize) -> Self {
        Reader { bytes, at: 0, base }
    }

    pub(super) fn invalid<T>(&self, what: impl Into<String>) -> Result<T, ModelError> {
        Err(ModelError::Invalid { at: self.base + self.at, what: what.into() })
    }

    pub(super) fn check(&self, holds: bool, what: &str) -> Result<(), ModelError> {
        if holds { Ok(()) } else { self.invalid(what) }
    }

    pub(super) fn finish(&self) -> Result<(), ModelError> {
        self.check(self.at == self.bytes.len(), "bytes after the last field")
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'b [u8], ModelError> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => self.invalid("a field that ends beyond the file"),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ModelError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, ModelError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn f32(&mut self) -> Result<f32, ModelError> {
        Ok(f32::from_bits(self.u32()?))
    }

    /// A count of elements that take at least `element_bytes` each, so that it cannot ask for more memory than the
    /// file has.
    pub(super) fn count(&mut self, element_bytes: usize) -> Result<usize, ModelError> {
        let count = self.u64()?;
        let room = (self.bytes.len() - self.at) / element_bytes;
        match usize::try_from(count) {
            Ok(count) if count <= room => Ok(count),
            _ => self.invalid("an array longer than the file"),
        }
    }

    /// A small positive size.
    pub(super) fn size(&mut self, most: usize) -> Result<usize, ModelError> {
        match usize::try_from(self.u64()?) {
            Ok(size) if (1..=most).contains(&size) => Ok(size),
            _ => self.invalid(format!("a size that is not within 1 to {most}")),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, ModelError> {
        let count = self.u32()? as usize;
        match std::str::from_utf8(self.take(count)?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => self.invalid("text that is not UTF-8"),
        }
    }

    pub(super) fn list<T>(
        &mut self,
        element_bytes: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, ModelError>,
    ) -> Result<Vec<T>, ModelError> {
        (0..self.count(element_bytes)?).map(|_| read(self)).collect()
    }

    fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ModelError>,
    ) -> Result<Option<T>, ModelError> {
        if self.u32()? == 0 { Ok(None) } else { read(self).map(Some) }
    }

    fn any_floats(&mut self) -> Result<Vec<f32>, ModelError> {
        let count = self.count(4)?;
        let (floats, _) = self.take(count * 4)?.as_chunks::<4>();
        Ok(floats.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }

    pub(super) fn floats(&mut self, expected: usize, name: &str) -> Result<Vec<f32>, ModelError> {
        let values = self.any_floats()?;
        self.check(values.len() == expected, &format!("{name} of {} numbers, not {expected}", values.len()))?;
        Ok(values)
    }

    pub(super) fn blueprint(&mut self) -> Result<Blueprint, ModelError> {
        let (name, version, language, licence) = (self.text()?, self.text()?, self.text()?, self.text()?);
        let labels = self.list(4, Self::text)?;
        self.check(labels.len() < usize::from(u16::MAX), "too many labels")?;
        let moves = self.list(4, |r| r.next_move(labels.len()))?;
        self.check(moves.contains(&Move::Out), "a list of moves without Out")?;
        for label in 0..labels.len() as u16 {
            let all = [Move::Begin(label), Move::In(label), Move::Last(label), Move::Unit(label)];
            self.check(all.iter().all(|next| moves.contains(next)), "a label without all four of its moves")?;
        }
        let calibration = Calibration { slope: self.f32()?, offset: self.f32()? };
        let rules = self.rules()?;
        let network = self.network(moves.len())?;
        Ok(Blueprint { name, version, language, licence, rules, network, moves, labels, calibration })
    }

    fn next_move(&mut self, labels: usize) -> Result<Move, ModelError> {
        let code = self.u32()?;
        let label = code as u16;
        self.check(usize::from(label) < labels || code >> 16 > 3, "a move with an unknown label")?;
        Ok(match code >> 16 {
            0 => Move::Begin(label),
            1 => Move::In(label),
            2 => Move::Last(label),
            3 => Move::Unit(label),
            4 => Move::Out,
            5 => Move::Never,
            _ => return self.invalid("an unknown move"),
        })
    }

    fn rules(&mut self) -> Result<Rules, ModelError> {
        let mut pattern = || self.option(Self::text);
        let (prefix, suffix, infix) = (pattern()?, pattern()?, pattern()?);
        let (token_match, url_match) = (pattern()?, pattern()?);
        let exceptions = self.list(12, |r| {
            let text = r.text()?;
            let tokens = r.list(12, |r| Ok((r.text()?, r.u64()?)))?;
            let joined: String = tokens.iter().map(|(orth, _)| orth.as_str()).collect();
            let whole = joined == text && !text.is_empty() && tokens.iter().all(|(orth, _)| !orth.is_empty());
            r.check(whole, "an exception whose tokens are not its text")?;
            Ok(Exception { text, tokens })
        })?;
        let faster_heuristics = self.u32()? != 0;
        let norms = self.list(16, |r| Ok((r.u64()?, r.u64()?)))?;
        self.check(norms.is_sorted(), "norms that are not sorted")?;
        Ok(Rules { prefix, suffix, infix, token_match, url_match, exceptions, faster_heuristics, norms })
    }

    fn network(&mut self, moves: usize) -> Result<Network, ModelError> {
        let width = self.size(4096)?;
        let window = self.size(16)?;
        let columns = self.list(16, |r| {
            let Some(attribute) = Attribute::from_code(r.u32()?) else {
                return r.invalid("an unknown attribute");
            };
            let seed = r.u32()?;
            let table = r.any_floats()?;
            let fits = !table.is_empty() && table.len() % width == 0 && u32::try_from(table.len()).is_ok();
            r.check(fits, "a table that is not whole rows")?;
            Ok(Column { attribute, seed, table })
        })?;
        self.check(!columns.is_empty(), "no embedding table")?;
        let vectors = self.option(|r| r.vectors(width))?;
        let inputs = width * (columns.len() + usize::from(vectors.is_some()));
        let embed = self.maxout(width, inputs)?;
        let convolutions = self.list(40, |r| r.maxout(width, (2 * window + 1) * width))?;
        let padding = convolutions.len() * window;
        self.check((1..=200).contains(&padding), "a depth times window that is not within 1 to 200")?;
        let reduce = self.linear(None, width)?;
        let (features, hidden, pieces) = (self.size(6)?, self.size(4096)?, self.size(8)?);
        self.check([1, 3, 6].contains(&features), "a number of state features that is not 1, 3 or 6")?;
        let units = hidden * pieces;
        let lower = Lower {
            features,
            hidden,
            pieces,
            weights: self.floats(features * units * reduce.bias.len(), "lower weights")?,
            bias: self.floats(units, "lower bias")?,
            padding: self.floats(features * units, "lower padding")?,
        };
        let upper = self.option(|r| r.linear(Some(moves), hidden))?;
        self.check(upper.is_some() || hidden == moves, "fewer or more scores than moves")?;
        Ok(Network { width, columns, vectors, embed, window, convolutions, reduce, lower, upper })
    }

    fn vectors(&mut self, width: usize) -> Result<Vectors, ModelError> {
        let keys = self.list(8, Self::u64)?;
        let rows = self.list(4, Self::u32)?;
        let table = self.any_floats()?;
        let count = table.len() / width;
        let fits = keys.len() == rows.len() && rows.iter().all(|&row| (row as usize) < count);
        self.check(
            fits && table.len() % width == 0,
            "vectors whose keys, rows and table do not fit together",
        )?;
        self.check(keys.is_sorted(), "vector keys that are not sorted")?;
        Ok(Vectors { keys, rows, table })
    }

    fn maxout(&mut self, width: usize, inputs: usize) -> Result<Maxout, ModelError> {
        let pieces = self.size(8)?;
        Ok(Maxout {
            pieces,
            weights: self.floats(width * pieces * inputs, "maxout weights")?,
            bias: self.floats(width * pieces, "maxout bias")?,
            scale: self.floats(width, "normalization scale")?,
            shift: self.floats(width, "normalization shift")?,
        })
    }

    fn linear(&mut self, outputs: Option<usize>, inputs: usize) -> Result<Linear, ModelError> {
        let weights = self.any_floats()?;
        let outputs = outputs.unwrap_or(weights.len() / inputs);
        self.check(outputs > 0 && weights.len() == outputs * inputs, "a linear layer of another shape")?;
        Ok(Linear { bias: self.floats(outputs, "linear bias")?, weights })
    }
}
