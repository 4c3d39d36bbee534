//! The invariants of a [`Model`] that the circuit and the executor rely on, by interval arithmetic where values matter.

use super::{
    super::{elements, ensure},
    Activation, Layer, Model, SegmentTable,
};
use crate::error::{Error, Result};

/// Accumulators, and their differences under `ArgMax`, stay below `2^ACCUMULATOR_BITS` in magnitude.
pub const ACCUMULATOR_BITS: u32 = 62;

impl Model {
    /// Checks everything that the circuit and the executor rely on: the sizes of limbs, tensors and tables, which
    /// activation stands where, and that no code and no accumulator can leave its range, whatever the input codes.
    ///
    /// # Errors
    /// `Artifact` for an inconsistent model, `Range` (with the node) where integers could grow too large.
    pub fn check(&self) -> Result<()> {
        self.accumulator_bounds().map(drop)
    }

    /// [`Model::check`], and the largest possible |Y| of each layer.
    ///
    /// # Errors
    /// Those of [`Model::check`].
    pub fn accumulator_bounds(&self) -> Result<Vec<u64>> {
        self.check_digits()?;
        self.check_input()?;
        self.check_layers()?;
        self.check_table()?;
        self.check_output()?;
        let mut top = (1u64 << self.digits.value_bits()) - 1;
        let mut bounds = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            bounds.push(layer.bound(top)?);
            top = match layer.activation {
                Activation::Segments => (1u64 << self.segments.as_ref().map_or(0, |t| t.output_bits)) - 1,
                Activation::Threshold | Activation::ArgMax => 1,
                Activation::Requantize | Activation::Relu => (1u64 << self.digits.value_bits()) - 1,
            };
        }
        Ok(bounds)
    }

    fn check_digits(&self) -> Result<()> {
        ensure(self.digits.is_valid(), || format!("unusable limb sizes {:?}", self.digits))?;
        ensure((1..=256).contains(&self.lanes), || format!("{} lanes, expected 1 to 256", self.lanes))
    }

    fn check_input(&self) -> Result<()> {
        let input = &self.input;
        let len = elements(&input.port.shape);
        let counts = len.is_some_and(|n| n > 0 && n == input.min.len() && n == input.step.len());
        ensure(counts, || format!("input of shape {:?} has {} ranges", input.port.shape, input.min.len()))?;
        let top = ((1u64 << self.digits.value_bits()) - 1) as f64;
        let range = |(min, step): (&f64, &f64)| *step > 0.0 && min.is_finite() && (min + step * top).is_finite();
        let bad = input.min.iter().zip(&input.step).position(|range_of| !range(range_of));
        ensure(bad.is_none(), || format!("input value {} has no valid range", bad.unwrap_or_default()))
    }

    fn check_layers(&self) -> Result<()> {
        ensure(!self.layers.is_empty(), || "no layers".to_owned())?;
        let mut width = self.input.min.len();
        for (index, layer) in self.layers.iter().enumerate() {
            let w = &layer.weights;
            let sizes = w.rows > 0
                && w.cols == width
                && layer.bias.len() == w.rows
                && w.rows.checked_mul(w.cols) == Some(w.data.len());
            ensure(sizes, || {
                let (weights, biases) = (w.data.len(), layer.bias.len());
                format!("{}: {}×{} with {weights} weights, {biases} biases on {width}", layer.node, w.rows, w.cols)
            })?;
            let inner = matches!(layer.activation, Activation::Relu | Activation::Segments);
            ensure(inner || index + 1 == self.layers.len(), || {
                format!("{}: {:?} is not the last layer", layer.node, layer.activation)
            })?;
            match layer.activation {
                Activation::Threshold => {
                    let odd = w.data.iter().all(|k| k % 2 == 0) && layer.bias.iter().all(|b| b % 2 != 0);
                    ensure(odd, || format!("{}: threshold with an odd weight or an even bias", layer.node))?;
                }
                Activation::ArgMax => ensure(w.rows >= 2, || format!("{}: ArgMax of one class", layer.node))?,
                Activation::Requantize | Activation::Relu | Activation::Segments => {}
            }
            width = w.rows;
        }
        Ok(())
    }

    fn check_table(&self) -> Result<()> {
        let needed = self.layers.iter().any(|l| l.activation == Activation::Segments);
        let Some(table) = &self.segments else {
            return ensure(!needed, || "segment table missing".to_owned());
        };
        ensure(needed, || "segment table without a layer that uses it".to_owned())?;
        let SegmentTable { base, slope, output_bits } = table;
        let sizes = base.len() == slope.len() && (2..=4096).contains(&base.len()) && (2..=31).contains(output_bits);
        ensure(sizes, || {
            format!("segment table with {} bases, {} slopes, {output_bits} bits", base.len(), slope.len())
        })?;
        let ends = base.first() == Some(&0) && slope.last() == Some(&0);
        ensure(ends, || "segment table does not start at 0 or does not end flat".to_owned())?;
        let last_step = (1u64 << self.digits.limb_bits) - 1;
        let half = 1u64 << (output_bits - 1);
        let fits = base.iter().zip(slope).all(|(b, s)| u64::from(*b) + u64::from(*s) * last_step < half);
        ensure(fits, || format!("segment table leaves {output_bits} bits"))
    }

    fn check_output(&self) -> Result<()> {
        let output = &self.output;
        let (rows, index) =
            self.layers.last().map_or((0, false), |l| (l.weights.rows, l.activation == Activation::ArgMax));
        let len = elements(&output.port.shape);
        ensure(len == Some(if index { 1 } else { rows }), || {
            format!("output of shape {:?} on {rows} values", output.port.shape)
        })?;
        let counts = output.zero.len() == rows && output.step.len() == rows;
        ensure(counts, || format!("{} output scales on {rows} values", output.step.len()))?;
        let scales = output.zero.iter().all(|z| z.is_finite()) && output.step.iter().all(|s| s.is_finite() && *s > 0.0);
        ensure(scales, || "output scale is not a positive number".to_owned())?;
        let threshold = output.threshold.is_none_or(f64::is_finite);
        ensure(threshold, || "output threshold is not a finite number".to_owned())
    }
}

impl Layer {
    /// The largest |Y| for codes in `[0, top]`.
    fn bound(&self, top: u64) -> Result<u64> {
        let (mut lowest, mut highest) = (0i128, 0i128);
        for (o, bias) in self.bias.iter().enumerate() {
            let (mut low, mut high) = (i128::from(*bias), i128::from(*bias));
            for k in self.weights.row(o) {
                let end = i128::from(*k) * i128::from(top);
                let side = if *k < 0 { &mut low } else { &mut high };
                *side = side.checked_add(end).ok_or_else(|| self.too_large(i128::BITS))?;
            }
            (lowest, highest) = (lowest.min(low), highest.max(high));
        }
        let magnitude = lowest.unsigned_abs().max(highest.unsigned_abs());
        let spread = if self.activation == Activation::ArgMax { highest.abs_diff(lowest) } else { magnitude };
        let largest = magnitude.max(spread);
        match u64::try_from(magnitude) {
            Ok(bound) if largest < 1 << ACCUMULATOR_BITS => Ok(bound),
            _ => Err(self.too_large(u128::BITS - largest.leading_zeros())),
        }
    }

    fn too_large(&self, got_bits: u32) -> Error {
        Error::Range { node: self.node.clone(), op: self.op.clone(), got_bits, max_bits: ACCUMULATOR_BITS }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(in crate::graph) mod tests;
