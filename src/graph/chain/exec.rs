//! The integer reference executor: what a proof states, in plain integers.

use crate::error::{ArtifactKind, Error, Result};

use super::{Activation, Layer, Model};

/// All integers of one evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Input codes.
    pub input: Vec<u64>,
    /// Accumulators Y of each layer.
    pub accumulators: Vec<Vec<i64>>,
    /// Codes after each layer's activation.
    pub codes: Vec<Vec<u64>>,
}

impl Model {
    /// Quantizes real input values (flat, ONNX order).
    ///
    /// # Errors
    /// `InputShape`, `InputValue` (NaN, infinity) and `InputRange`.
    pub fn quantize_input(&self, values: &[f64]) -> Result<Vec<u64>> {
        let input = &self.input;
        if values.len() != input.min.len() {
            return Err(Error::InputShape {
                input: input.port.name.clone(),
                expected: format!("{:?}", input.port.shape),
                got: format!("[{}]", values.len()),
            });
        }
        let top = (1u64 << self.digits.value_bits()) - 1;
        let quantize = |(index, &x): (usize, &f64)| {
            if !x.is_finite() {
                return Err(Error::InputValue { input: input.port.name.clone(), index, got: x.to_string() });
            }
            let (min, step) = (input.min[index], input.step[index]);
            let code = ((x - min) / step).round();
            if !(0.0..=top as f64).contains(&code) {
                let max = min + step * top as f64;
                return Err(Error::InputRange { input: input.port.name.clone(), index, min, max });
            }
            Ok(code as u64)
        };
        values.iter().enumerate().map(quantize).collect()
    }

    /// Evaluates the model on input codes.
    ///
    /// # Errors
    /// `ActivationRange` where an accumulator needs more limbs than its rows have.
    pub fn run(&self, input: Vec<u64>) -> Result<Trace> {
        if input.len() != self.input.min.len() {
            return Err(Error::artifact(ArtifactKind::Data, "wrong number of input codes"));
        }
        let (mut accumulators, mut codes) = (Vec::new(), Vec::<Vec<u64>>::new());
        for layer in &self.layers {
            let x = codes.last().unwrap_or(&input);
            let y = layer.accumulate(x);
            codes.push(self.activate(layer, &y)?);
            accumulators.push(y);
        }
        Ok(Trace { input, accumulators, codes })
    }

    /// The real output values of a trace: one per output element, a single index for `ArgMax`.
    pub fn output_values(&self, codes: &[u64]) -> Vec<f64> {
        let output = &self.output;
        if self.layers.last().is_some_and(|l| l.activation == Activation::ArgMax) {
            return vec![codes.iter().sum::<u64>() as f64];
        }
        codes
            .iter()
            .zip(output.zero.iter().zip(&output.step))
            .map(|(c, (zero, step))| zero + *c as f64 * step)
            .collect()
    }

    fn activate(&self, layer: &Layer, y: &[i64]) -> Result<Vec<u64>> {
        let d = &self.digits;
        let fits = |index: usize, magnitude: u64, limit: u64| {
            if magnitude < limit { Ok(()) } else { Err(Error::ActivationRange { node: layer.node.clone(), index }) }
        };
        let element = |(index, &y): (usize, &i64)| -> Result<u64> {
            match layer.activation {
                Activation::Requantize => {
                    let code = y >> d.remainder_bits();
                    fits(index, u64::try_from(code).unwrap_or(u64::MAX), 1 << d.value_bits())?;
                    Ok(code as u64)
                }
                Activation::Relu => {
                    let a = (y.unsigned_abs() + (1 << (d.remainder_bits() - 1)) - 1) >> d.remainder_bits();
                    fits(index, a, 1 << d.value_bits())?;
                    Ok(if y > 0 { a } else { 0 })
                }
                Activation::Segments => {
                    let Some(table) = &self.segments else {
                        return Err(Error::artifact(ArtifactKind::Model, "segment table missing"));
                    };
                    let last = table.last();
                    fits(index, y.unsigned_abs(), d.segment_limit(last))?;
                    let j = ((y.unsigned_abs() >> d.low_bits()) as usize).min(last);
                    let below = d.low_bits() - d.limb_bits;
                    let f = (y.unsigned_abs() >> below) & ((1 << d.limb_bits) - 1);
                    let rise = u64::from(table.base[j]) + u64::from(table.slope[j]) * f;
                    let half = 1u64 << (table.output_bits - 1);
                    Ok(if y > 0 { half + rise } else { half - rise })
                }
                Activation::Threshold => {
                    fits(index, y.unsigned_abs(), 1 << d.row_bits())?;
                    Ok(u64::from(y > 0))
                }
                Activation::ArgMax => Ok(0),
            }
        };
        let codes: Vec<u64> = y.iter().enumerate().map(element).collect::<Result<_>>()?;
        if layer.activation != Activation::ArgMax {
            return Ok(codes);
        }
        let best = y.iter().enumerate().fold(0, |best, (i, v)| if *v > y[best] { i } else { best });
        for (index, v) in y.iter().enumerate() {
            fits(index, y[best].abs_diff(*v), 1 << d.row_bits())?;
        }
        Ok((0..y.len()).map(|o| u64::from(o < best)).collect())
    }
}

impl Layer {
    /// `Y = weights · codes + bias`; within i64 by [`Model::check`].
    fn accumulate(&self, codes: &[u64]) -> Vec<i64> {
        (0..self.weights.rows)
            .map(|o| {
                let row = self.weights.row(o).iter().zip(codes);
                row.fold(self.bias[o], |y, (k, c)| y.wrapping_add(k.wrapping_mul(*c as i64)))
            })
            .collect()
    }
}
