//! The integer reference executor: what a proof states, in plain integers.

use super::{Activation, Element, Layer, Model, Shape, Term, conv, rank};
use crate::error::{ArtifactKind, Error, Result};

/// All integers of one evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// Accumulators Y of each layer.
    pub accumulators: Vec<Vec<i64>>,
    /// Codes of each tensor, tensor 0 being the input: the main code of a `PRelu`, the bits of an `ArgMax`.
    pub codes: Vec<Vec<i64>>,
    /// Negative parts of each `PRelu` tensor; empty for other tensors.
    pub negative: Vec<Vec<i64>>,
    /// Second factors of each layer of products, whose first ones are its accumulators; empty for other layers.
    pub factors: Vec<Vec<i64>>,
}

impl Model {
    /// Quantizes real input values (flat, ONNX order); NaN is a missing one.
    ///
    /// # Errors
    /// `InputShape`, `InputValue` (infinity, NaN where no value may be missing) and, of values without cuts,
    /// `InputRange`; `Record` for what a committed input's schema does not have.
    pub fn quantize_input(&self, values: &[f64]) -> Result<Vec<i64>> {
        let input = &self.input;
        if values.len() != input.shape.len() {
            return Err(Error::InputShape {
                input: input.value_info.name.clone(),
                expected: format!("{:?}", input.value_info.shape),
                got: format!("[{}]", values.len()),
            });
        }
        if let Some(records) = &input.records {
            return Ok(records.integers(values)?.into_iter().map(u64::cast_signed).collect());
        }
        let top = ((1u64 << self.digits.value_bits()) - 1) as f64;
        let quantize = |(index, &x): (usize, &f64)| {
            let missing = if x.is_nan() { input.missing.get(index).copied().flatten() } else { None };
            if missing.is_none() && !x.is_finite() {
                let got = if x.is_nan() { "missing, which the model has no use for".to_owned() } else { x.to_string() };
                return Err(Error::InputValue { input: input.value_info.name.clone(), index, got });
            }
            let x = missing.unwrap_or(x);
            if let Some(Some(cuts)) = input.cuts.get(index) {
                return Ok(rank(cuts, x) as i64);
            }
            let channel = index / input.shape.plane();
            let scale = input.scale[channel];
            let (zero_point, least) = match input.zero_point.get(channel) {
                Some(zero_point) => (*zero_point as f64, 0.0),
                None => (0.0, -top),
            };
            let code = (x / scale).round_ties_even() + zero_point;
            if !(least..=top).contains(&code) {
                let (min, max) = ((least - zero_point) * scale, (top - zero_point) * scale);
                return Err(Error::InputRange { input: input.value_info.name.clone(), index, min, max });
            }
            Ok(code as i64)
        };
        values.iter().enumerate().map(quantize).collect()
    }

    /// Evaluates the model, which holds [`Model::check`], on input codes of magnitude below 2^b, not negative where the
    /// input has zero points or cuts.
    ///
    /// # Errors
    /// `ActivationRange` where an accumulator leaves its range; `Artifact` for a wrong number of codes or one out of
    /// range.
    pub fn run(&self, input: Vec<i64>) -> Result<Trace> {
        let signed = self.input.is_signed();
        let fits = |code: &i64| code.unsigned_abs() >> self.digits.value_bits() == 0 && (signed || *code >= 0);
        if input.len() != self.input.shape.len() || !input.iter().all(fits) {
            return Err(Error::artifact(ArtifactKind::Data, "wrong number of input codes, or codes out of range"));
        }
        let mut trace =
            Trace { accumulators: Vec::new(), codes: vec![input], negative: vec![Vec::new()], factors: Vec::new() };
        for layer in &self.layers {
            let (y, factors) = self.sums(layer, &trace);
            if let Activation::Product { .. } = &layer.activation {
                trace.codes.push(y.iter().zip(&factors).map(|(y, times)| y * times).collect());
                trace.negative.push(Vec::new());
                trace.accumulators.push(y);
                trace.factors.push(factors);
                continue;
            }
            trace.factors.push(Vec::new());
            let elements = self.elements(layer, &y)?;
            let negative = match layer.activation {
                Activation::PRelu => elements.iter().map(Element::negative).collect(),
                _ => Vec::new(),
            };
            let codes = match layer.activation {
                Activation::ArgMax => bits(&y),
                _ => elements.iter().map(|e| e.code(&layer.activation, &self.digits, &self.tables)).collect(),
            };
            trace.accumulators.push(y);
            trace.codes.push(codes);
            trace.negative.push(negative);
        }
        Ok(trace)
    }

    /// A layer's accumulators on the codes of the tensors before it, and its second factors if it is one of products.
    pub(crate) fn sums(&self, layer: &Layer, trace: &Trace) -> (Vec<i64>, Vec<i64>) {
        let mut y = spread(&layer.bias, layer.shape);
        self.accumulate(&layer.terms, layer.shape, trace, &mut y);
        let Activation::Product { times } = &layer.activation else { return (y, Vec::new()) };
        let mut factors = vec![0; y.len()];
        self.accumulate(times, layer.shape, trace, &mut factors);
        (y, factors)
    }

    /// How the accumulators of a layer are cut, element by element.
    ///
    /// # Errors
    /// `ActivationRange` where one leaves its range.
    pub fn elements(&self, layer: &Layer, y: &[i64]) -> Result<Vec<Element>> {
        let largest = self.output.schema.as_ref().filter(|_| layer.activation == Activation::Record);
        let split = |(index, y): (usize, i64)| {
            let is_integer = |element: &Element| {
                largest.is_none_or(|schema| element.upper + element.lower == schema.largest_of(index))
            };
            let element = self.split(layer, y).filter(is_integer);
            element.ok_or_else(|| match largest {
                Some(schema) => schema.beyond(index),
                None => Error::ActivationRange { node: layer.node.clone(), index },
            })
        };
        if layer.activation == Activation::ArgMax {
            let max = y.iter().copied().max().unwrap_or(0);
            return bits(y).into_iter().zip(y).map(|(code, y)| max - y - code).enumerate().map(split).collect();
        }
        y.iter().copied().enumerate().map(split).collect()
    }

    /// Adds `Σ map · codes`; within i64 by [`Model::check`].
    fn accumulate(&self, terms: &[Term<i64>], shape: Shape, trace: &Trace, y: &mut [i64]) {
        for term in terms {
            let from = self.shape(term.source);
            conv::accumulate(&term.map, from, &trace.codes[term.source], &trace.codes, shape, y);
            if let Some(negative) = &term.negative {
                conv::accumulate(negative, from, &trace.negative[term.source], &trace.codes, shape, y);
            }
        }
    }
}

/// One bias per value.
fn spread(bias: &[i64], shape: Shape) -> Vec<i64> {
    if bias.len() == shape.len() {
        return bias.to_vec();
    }
    bias.iter().flat_map(|b| std::iter::repeat_n(*b, shape.plane())).collect()
}

/// 1 while an element stands before the first largest one.
fn bits(y: &[i64]) -> Vec<i64> {
    let best = y.iter().enumerate().fold(0, |best, (i, v)| if *v > y[best] { i } else { best });
    (0..y.len()).map(|o| i64::from(o < best)).collect()
}

#[cfg(test)]
mod tests;
