//! One float layer to integers.

use super::{Span, sigmoid};
use crate::{
    error::{Error, Result},
    float,
    graph::{
        ACCUMULATOR_BITS, Digits,
        chain::{Activation, FloatActivation, FloatLayer, IntMatrix, Layer, SegmentTable},
    },
};

/// A range that every input code allows is cut to this many times the calibrated one; values beyond are errors.
const REACH: f64 = 64.0;
/// A calibrated range counts as at least this share of what the input codes allow, so that no accumulator overflows.
const FLOOR: f64 = 1.0 / 1024.0;
/// Share of a row's bits that ranges are scaled to; the rest is for rounded weights.
const FILL: f64 = 0.98;

/// The codes of a tensor: `real = zero + code · step`, `0 ≤ code ≤ top`.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    pub(super) zero: Vec<f64>,
    pub(super) step: Vec<f64>,
    pub(super) top: u64,
    /// The typical code of each element; rounding errors of weights vanish there.
    pub(super) center: Vec<u64>,
}

impl Codes {
    fn uniform(len: usize, step: f64, top: u64) -> Self {
        Self { zero: vec![0.0; len], step: vec![step; len], top, center: Vec::new() }
    }

    /// Sets the typical codes from typical real values.
    pub(super) fn with_centers(mut self, means: &[f64]) -> Self {
        let scales = self.zero.iter().zip(&self.step);
        let code = |(mean, (zero, step)): (&f64, (&f64, &f64))| ((mean - zero) / step).round() as u64;
        self.center = means.iter().zip(scales).map(|pair| code(pair).min(self.top)).collect();
        self
    }
}

/// A row in terms of codes: `y = at_center + Σ_j gain_j · (code_j − center_j)`.
struct Row {
    gain: Vec<f64>,
    at_center: f64,
    /// Bounds of y over all codes.
    low: f64,
    high: f64,
}

impl Row {
    fn new(weights: &[f64], bias: f64, codes: &Codes) -> Self {
        let gain: Vec<f64> = weights.iter().zip(&codes.step).map(|(w, step)| w * step).collect();
        let (mut at_center, mut low, mut high) = (bias, 0.0, 0.0);
        for (j, gain) in gain.iter().enumerate() {
            let center = codes.center[j] as f64;
            at_center += weights[j] * codes.zero[j] + gain * center;
            let (a, b) = (-gain * center, gain * (codes.top as f64 - center));
            low += a.min(b);
            high += a.max(b);
        }
        Self { gain, at_center, low: at_center + low, high: at_center + high }
    }

    /// Largest distance of y from `at` over all codes.
    fn reach(&self, at: f64) -> f64 {
        (self.high - at).abs().max((at - self.low).abs())
    }
}

/// Quantizes one layer: the layer and the codes it gives out, without their centers.
pub(super) fn quantize(
    layer: &FloatLayer,
    spans: &[Span],
    codes: &Codes,
    digits: &Digits,
    table: Option<&SegmentTable>,
    margin: f64,
) -> Result<(Layer, Codes)> {
    let count = layer.weights.rows;
    let rows: Vec<Row> = (0..count).map(|o| Row::new(layer.weights.row(o), layer.bias[o], codes)).collect();
    let top = (1u64 << digits.value_bits()) - 1;
    let drop = exp2(digits.remainder_bits());
    let row_limit = exp2(digits.row_bits());
    let mut build = Builder { layer, codes, weights: Vec::with_capacity(layer.weights.data.len()), bias: Vec::new() };
    let (activation, next) = match layer.activation {
        FloatActivation::Relu => {
            let mut next = Codes::uniform(count, 1.0, top);
            for (o, row) in rows.iter().enumerate() {
                let largest = positive(margin * spans[o].magnitude().max(row.reach(0.0) * FLOOR));
                next.step[o] = largest / top as f64;
                build.row(row, next.step[o] / drop, 0.0, Rounding::Nearest)?;
            }
            (Activation::Relu, next)
        }
        FloatActivation::Identity => {
            let mut next = Codes::uniform(count, 1.0, top);
            for (o, row) in rows.iter().enumerate() {
                let half = positive(margin * spans[o].half().max(row.reach(spans[o].center()) * FLOOR));
                next.zero[o] = spans[o].center() - half;
                next.step[o] = 2.0 * half / top as f64;
                build.row(row, next.step[o] / drop, next.zero[o] - next.step[o] / 2.0, Rounding::Nearest)?;
            }
            (Activation::Requantize, next)
        }
        FloatActivation::Sigmoid => {
            let table = table.ok_or_else(|| Error::artifact(crate::error::ArtifactKind::Model, "no segment table"))?;
            let unit = sigmoid::EXTENT / (table.last() as f64 * exp2(digits.low_bits()));
            let limit = digits.segment_limit(table.last()) as f64;
            for (row, span) in rows.iter().zip(spans) {
                let largest = (margin * span.magnitude()).min(row.reach(0.0)) / unit;
                if largest >= limit {
                    let max_bits = bits(limit) - 1;
                    return Err(build.range(bits(largest).max(max_bits + 1), max_bits));
                }
                build.row(row, unit, 0.0, Rounding::Nearest)?;
            }
            let top = (1u64 << table.output_bits) - 1;
            (Activation::Segments, Codes::uniform(count, 1.0 / exp2(table.output_bits), top))
        }
        FloatActivation::Threshold { at } => {
            for (row, span) in rows.iter().zip(spans) {
                let seen = (span.min - at).abs().max((span.max - at).abs());
                let unit = 2.0 * bound(row.reach(at), seen) / (FILL * row_limit);
                build.row(row, unit, at, Rounding::Down)?;
            }
            build.weights.iter_mut().for_each(|k| *k = k.saturating_mul(2));
            build.bias.iter_mut().for_each(|b| *b = b.saturating_mul(2).saturating_add(1));
            (Activation::Threshold, Codes::uniform(count, 1.0, 1))
        }
        FloatActivation::ArgMax => {
            let rows = centered_rows(layer, codes);
            let reach = |pick: fn(&Row) -> f64| rows.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
            let all = reach(|row| row.high) + reach(|row| -row.low);
            let hull = spans.iter().copied().reduce(Span::hull).unwrap_or_default();
            let unit = bound(all, 2.0 * hull.half()) / (FILL * row_limit);
            for row in &rows {
                build.row(row, unit, 0.0, Rounding::Nearest)?;
            }
            (Activation::ArgMax, Codes::uniform(count, 1.0, 1))
        }
    };
    let weights = IntMatrix { rows: count, cols: layer.weights.cols, data: build.weights };
    let (node, op) = (layer.node.clone(), layer.op.clone());
    Ok((Layer { node, op, weights, bias: build.bias, activation }, next))
}

/// The rows less their mean row, which changes no difference and keeps accumulators small.
fn centered_rows(layer: &FloatLayer, codes: &Codes) -> Vec<Row> {
    let w = &layer.weights;
    let mean_of = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / w.rows as f64;
    let mean: Vec<f64> = (0..w.cols).map(|j| mean_of(&mut (0..w.rows).map(|o| w.row(o)[j]))).collect();
    let mean_bias = mean_of(&mut layer.bias.iter().copied());
    let row = |o: usize| {
        let centered: Vec<f64> = w.row(o).iter().zip(&mean).map(|(w, mean)| w - mean).collect();
        Row::new(&centered, layer.bias[o] - mean_bias, codes)
    };
    (0..w.rows).map(row).collect()
}

enum Rounding {
    Nearest,
    Down,
}

struct Builder<'a> {
    layer: &'a FloatLayer,
    codes: &'a Codes,
    weights: Vec<i64>,
    bias: Vec<i64>,
}

impl Builder<'_> {
    /// Appends `Y = (y − offset) / unit` with rounded weights, exact at the centers up to the rounding of the bias.
    fn row(&mut self, row: &Row, unit: f64, offset: f64, rounding: Rounding) -> Result<()> {
        let value = (row.at_center - offset) / unit;
        let value = match rounding {
            Rounding::Nearest => value.round(),
            Rounding::Down => value.floor(),
        };
        let mut bias = i128::from(self.integer(value)?);
        for (gain, center) in row.gain.iter().zip(&self.codes.center) {
            let k = self.integer((gain / unit).round())?;
            bias = bias.saturating_sub(i128::from(k) * i128::from(*center));
            self.weights.push(k);
        }
        let bias = i64::try_from(bias)
            .map_err(|_| self.range(i128::BITS - bias.unsigned_abs().leading_zeros(), ACCUMULATOR_BITS))?;
        self.bias.push(bias);
        Ok(())
    }

    fn integer(&self, value: f64) -> Result<i64> {
        if value.abs() < exp2(ACCUMULATOR_BITS) {
            return Ok(value as i64);
        }
        Err(self.range(bits(value), ACCUMULATOR_BITS))
    }

    fn range(&self, got_bits: u32, max_bits: u32) -> Error {
        Error::Range { node: self.layer.node.clone(), op: self.layer.op.clone(), got_bits, max_bits }
    }
}

/// What a decision's rows must hold: all that codes allow, or [`REACH`] times what was seen where that is less.
fn bound(all: f64, seen: f64) -> f64 {
    positive(all.min((REACH * seen).max(all * FLOOR)))
}

/// A scale for tensors that are always 0.
fn positive(value: f64) -> f64 {
    if value > f64::MIN_POSITIVE { value } else { 1.0 }
}

fn exp2(bits: u32) -> f64 {
    float::exp2(f64::from(bits))
}

/// Bits of a magnitude.
fn bits(value: f64) -> u32 {
    float::log2(value.abs()).floor() as u32 + 1
}
