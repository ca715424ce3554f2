//! Writes and reads a transformer's plan field by field, and checks on reading that its parts fit together.
//!
//! Whatever the reader lets through, `Transformer` can be built from and run without a panic.

use super::ModelError;
use super::fields::{Reader, Writer};
use crate::transformer::{CASES, Layer, Linear, Normalization, Plan, Table, Tag};

/// The kernels' vectors: widths are multiples of it.
const WIDTH_STEP: usize = 16;

impl Writer {
    pub(super) fn plan(&mut self, plan: &Plan) {
        for text in [&plan.name, &plan.version, &plan.language, &plan.licence] {
            self.text(text);
        }
        self.list(&plan.labels, |w, label| w.text(label));
        self.list(&plan.tags, |w, &tag| {
            w.u32(match tag {
                Tag::Outside => 0,
                Tag::Begin(label) => 1 << 16 | u32::from(label),
                Tag::Inside(label) => 2 << 16 | u32::from(label),
            });
        });
        let sizes = [plan.max_window, plan.normalization.scale.len(), plan.heads, wide(plan)];
        sizes.iter().for_each(|&size| self.u64(size as u64));
        self.f32(plan.temperature);
        self.f32(plan.epsilon);
        self.list(&plan.pieces, |w, piece| w.text(piece));
        self.table(&plan.words);
        self.floats(&plan.positions);
        self.floats(&plan.cases);
        self.normalization(&plan.normalization);
        self.list(&plan.layers, |w, layer| {
            w.linear_int8(&layer.project);
            w.linear_int8(&layer.mix);
            w.normalization(&layer.mix_normalization);
            w.linear_int8(&layer.widen);
            w.linear_int8(&layer.narrow);
            w.normalization(&layer.narrow_normalization);
        });
        self.floats(&plan.head);
        self.floats(&plan.head_bias);
    }

    fn table(&mut self, table: &Table) {
        self.numbers(&table.numbers);
        self.floats(&table.steps);
    }

    fn linear_int8(&mut self, linear: &Linear) {
        self.table(&linear.weights);
        self.floats(&linear.bias);
    }

    fn normalization(&mut self, normalization: &Normalization) {
        self.floats(&normalization.scale);
        self.floats(&normalization.shift);
    }
}

/// The width between the feed-forward layers; one for a plan without layers, which is not read back.
fn wide(plan: &Plan) -> usize {
    plan.layers.first().map_or(1, |layer| layer.widen.bias.len())
}

impl Reader<'_> {
    pub(super) fn plan(&mut self) -> Result<Plan, ModelError> {
        let (name, version, language, licence) = (self.text()?, self.text()?, self.text()?, self.text()?);
        let labels = self.list(4, Self::text)?;
        self.check(labels.len() < usize::from(u16::MAX), "too many labels")?;
        let tags = self.list(4, |r| r.tag(labels.len()))?;
        let (max_window, width, heads, wide) =
            (self.size(4096)?, self.size(4096)?, self.size(256)?, self.size(1 << 14)?);
        self.check(max_window >= 3, "a window with no room for a word")?;
        let whole = width % WIDTH_STEP == 0 && wide % WIDTH_STEP == 0 && width % heads == 0;
        self.check(whole, "widths that are no multiples of 16 and of the heads")?;
        let (temperature, epsilon) = (self.f32()?, self.f32()?);
        let positive = temperature.is_finite() && temperature > 0.0 && epsilon.is_finite() && epsilon > 0.0;
        self.check(positive, "a temperature or an epsilon that is not positive")?;
        let pieces = self.list(4, Self::text)?;
        let words = self.table(pieces.len(), width)?;
        let positions = self.finite(max_window * width, "position embeddings")?;
        let cases = self.finite(CASES * width, "case embeddings")?;
        let normalization = self.normalization(width)?;
        let layers = self.list(8, |r| {
            Ok(Layer {
                project: r.linear_int8(3 * width, width)?,
                mix: r.linear_int8(width, width)?,
                mix_normalization: r.normalization(width)?,
                widen: r.linear_int8(wide, width)?,
                narrow: r.linear_int8(width, wide)?,
                narrow_normalization: r.normalization(width)?,
            })
        })?;
        self.check(!layers.is_empty(), "no layers")?;
        let head = self.finite(tags.len() * width, "head weights")?;
        let head_bias = self.finite(tags.len(), "head bias")?;
        Ok(Plan {
            name,
            version,
            language,
            licence,
            labels,
            tags,
            temperature,
            max_window,
            heads,
            epsilon,
            pieces,
            words,
            positions,
            cases,
            normalization,
            layers,
            head,
            head_bias,
        })
    }

    fn tag(&mut self, labels: usize) -> Result<Tag, ModelError> {
        let code = self.u32()?;
        let label = code as u16;
        self.check(code == 0 || usize::from(label) < labels, "a tag with an unknown label")?;
        match code >> 16 {
            0 => Ok(Tag::Outside),
            1 => Ok(Tag::Begin(label)),
            2 => Ok(Tag::Inside(label)),
            _ => self.invalid("an unknown tag"),
        }
    }

    fn finite(&mut self, expected: usize, name: &str) -> Result<Vec<f32>, ModelError> {
        let values = self.floats(expected, name)?;
        self.check(values.iter().all(|value| value.is_finite()), "a weight that is no number")?;
        Ok(values)
    }

    fn table(&mut self, rows: usize, inputs: usize) -> Result<Table, ModelError> {
        let count = self.count(1)?;
        self.check(count == rows * inputs, "a weight table of another shape")?;
        let numbers: Vec<i8> = self.take(count)?.iter().map(|&byte| byte.cast_signed()).collect();
        // -128 is outside what the kernels can sum without saturation.
        self.check(!numbers.contains(&i8::MIN), "a weight below -127")?;
        Ok(Table { numbers, steps: self.finite(rows, "weight steps")? })
    }

    fn linear_int8(&mut self, outputs: usize, inputs: usize) -> Result<Linear, ModelError> {
        Ok(Linear { weights: self.table(outputs, inputs)?, bias: self.finite(outputs, "linear bias")? })
    }

    fn normalization(&mut self, width: usize) -> Result<Normalization, ModelError> {
        Ok(Normalization {
            scale: self.finite(width, "normalization scale")?,
            shift: self.finite(width, "normalization shift")?,
        })
    }
}
