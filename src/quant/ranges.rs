//! Calibration: which values each tensor takes.

use super::{
    check_network,
    probes::{PROBES, check_input_range, probes, widened},
};
use crate::{
    error::{Error, Result},
    graph::chain::{FloatActivation, FloatLayer, Network},
};

/// The values that one element of a tensor took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Span {
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// Mean.
    pub mean: f64,
}

impl Span {
    /// Largest magnitude.
    pub fn magnitude(&self) -> f64 {
        self.min.abs().max(self.max.abs())
    }

    pub(super) fn center(&self) -> f64 {
        self.min / 2.0 + self.max / 2.0
    }

    pub(super) fn half(&self) -> f64 {
        self.max / 2.0 - self.min / 2.0
    }

    pub(super) fn hull(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max), mean: self.mean }
    }
}

/// The values that a network's tensors took over some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    /// Rows seen; 0 after [`Ranges::input_only`], random ones after [`Ranges::without_rows`].
    pub rows: usize,
    /// Per input element.
    pub input: Vec<Span>,
    /// Per layer and output, before the activation.
    pub affine: Vec<Vec<Span>>,
    /// Per layer, the mean of each output after the activation.
    pub mean: Vec<Vec<f64>>,
}

impl Ranges {
    /// Runs the network on calibration rows (flat, ONNX order).
    ///
    /// # Errors
    /// `Calibration` without rows and for values that are not finite, `InputShape` for a row of another length, `Shape`
    /// and `Graph` for a network not in normal form.
    pub fn from_rows(network: &Network, rows: &[Vec<f64>]) -> Result<Self> {
        check_network(network)?;
        if rows.is_empty() {
            let reason = "no rows; give --calibration a JSON or .npz file with typical inputs".to_owned();
            return Err(Error::Calibration { reason });
        }
        let mut input = Tracker::new(network.input.len());
        let layers = || network.layers.iter().map(|layer| Tracker::new(layer.weights.rows));
        let (mut affine, mut active): (Vec<_>, Vec<_>) = (layers().collect(), layers().collect());
        for (index, row) in rows.iter().enumerate() {
            if row.len() != network.input.len() {
                return Err(Error::InputShape {
                    input: network.input.name.clone(),
                    expected: format!("{:?}", network.input.shape),
                    got: format!("[{}] in row {index}", row.len()),
                });
            }
            if let Some(element) = row.iter().position(|v| !v.is_finite()) {
                let reason = format!("value {element} of row {index} is {}, expected a finite number", row[element]);
                return Err(Error::Calibration { reason });
            }
            input.see(row);
            let mut x = row.clone();
            for (t, layer) in network.layers.iter().enumerate() {
                let y = layer.affine(&x);
                finite(layer, &y)?;
                affine[t].see(&y);
                x = layer.activate(&y);
                active[t].see(&x);
            }
        }
        Ok(Self {
            rows: rows.len(),
            input: input.spans(),
            affine: affine.iter().map(Tracker::spans).collect(),
            mean: active.iter().map(|t| t.spans().iter().map(|s| s.mean).collect()).collect(),
        })
    }

    /// Bounds by interval arithmetic where there are no rows: every input value lies in `[min, max]`. Much wider than
    /// what typical rows give, so it costs accuracy.
    ///
    /// # Errors
    /// `Calibration` for an empty or infinite range, `Shape` and `Graph` for a network not in normal form.
    pub fn input_only(network: &Network, min: f64, max: f64) -> Result<Self> {
        check_network(network)?;
        if !(min < max && min.is_finite() && max.is_finite()) {
            return Err(Error::Calibration { reason: format!("[{min}, {max}] is not a range of numbers") });
        }
        let input = vec![Span { min, max, mean: min / 2.0 + max / 2.0 }; network.input.len()];
        let mut x = input.clone();
        let (mut affine, mut mean) = (Vec::new(), Vec::new());
        for layer in &network.layers {
            let y: Vec<Span> = (0..layer.weights.rows).map(|o| interval(layer, o, &x)).collect();
            let ends = |pick: fn(&Span) -> f64| y.iter().map(pick).collect::<Vec<_>>();
            finite(layer, &ends(|s| s.min))?;
            finite(layer, &ends(|s| s.max))?;
            let means = layer.activate(&ends(|s| s.mean));
            let (lows, highs) = (layer.activate(&ends(|s| s.min)), layer.activate(&ends(|s| s.max)));
            x = lows.iter().zip(&highs).zip(&means).map(|((&min, &max), &mean)| Span { min, max, mean }).collect();
            affine.push(y);
            mean.push(means);
        }
        Ok(Self { rows: 0, input, affine, mean })
    }

    /// Ranges where there are no rows: every input value lies in `input`. An element's range is what random inputs show, some
    /// times wider, and no wider than [`Ranges::input_only`] allows; `margin` is the factor that
    /// [`quantize`](super::quantize) will put on it. What leaves a range all the same is refused by the executor: never a
    /// wrong proof.
    ///
    /// # Errors
    /// `Option` for an empty or infinite range, those of [`Ranges::from_rows`].
    pub fn without_rows(network: &Network, input: [f64; 2], margin: f64) -> Result<Self> {
        check_network(network)?;
        check_input_range(input)?;
        let [min, max] = input;
        let mut ranges = Self::from_rows(network, &probes(network.input.len(), min, max, PROBES))?;
        let bounds = Self::input_only(network, min, max)?;
        ranges.input = bounds.input;
        for (span, bound) in ranges.affine.iter_mut().flatten().zip(bounds.affine.iter().flatten()) {
            span.min = -widened(-span.min, -bound.min, margin);
            span.max = widened(span.max, bound.max, margin);
        }
        Ok(ranges)
    }

    /// Checks that these are ranges of this network.
    pub(super) fn check(&self, network: &Network) -> Result<()> {
        let activations = network.layers.iter().zip(&self.mean).all(|(layer, mean)| {
            mean.len() == if layer.activation == FloatActivation::ArgMax { 1 } else { layer.weights.rows }
        });
        let same = self.input.len() == network.input.len()
            && self.affine.len() == network.layers.len()
            && self.mean.len() == network.layers.len()
            && network.layers.iter().zip(&self.affine).all(|(layer, spans)| spans.len() == layer.weights.rows)
            && activations;
        if same { Ok(()) } else { Err(Error::Calibration { reason: "ranges of another network".to_owned() }) }
    }
}

/// Whether ranges, least and largest value each, are those of many values of one kind, as of an image's pixels: what one of
/// them never showed, another one did. So it is where many of those that vary, and no small share of them, come near the
/// least and the largest value of all.
pub(super) fn alike(ranges: impl Iterator<Item = (f64, f64)> + Clone) -> bool {
    let varying = ranges.filter(|(min, max)| min < max);
    let ends = |(low, high): (f64, f64), (min, max): (f64, f64)| (low.min(min), high.max(max));
    let (low, high) = varying.clone().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    let near = ALIKE_NEAR * (high - low);
    let count = varying.clone().count();
    let lows = varying.clone().filter(|(min, _)| *min <= low + near).count();
    let highs = varying.filter(|(_, max)| *max >= high - near).count();
    lows.min(highs) >= ALIKE_LEAST.max(count / ALIKE_SHARE)
}

/// How near to the end of a range counts, as a share of it.
const ALIKE_NEAR: f64 = 0.1;
/// Least number of values that come near both ends.
const ALIKE_LEAST: usize = 16;
/// One in so many values comes near both ends.
const ALIKE_SHARE: usize = 4;

/// Bounds of output `row` for inputs within `x`, and its value at their means.
fn interval(layer: &FloatLayer, row: usize, x: &[Span]) -> Span {
    let bias = layer.bias[row];
    let start = Span { min: bias, max: bias, mean: bias };
    layer.weights.row(row).iter().zip(x).fold(start, |sum, (w, x)| {
        let (a, b) = (w * x.min, w * x.max);
        Span { min: sum.min + a.min(b), max: sum.max + a.max(b), mean: sum.mean + w * x.mean }
    })
}

fn finite(layer: &FloatLayer, y: &[f64]) -> Result<()> {
    match y.iter().position(|y| !y.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::Calibration {
            reason: format!("{} ({}): value {index} is {}, expected a finite number", layer.node, layer.op, y[index]),
        }),
    }
}

/// Running minimum, maximum and mean per element.
struct Tracker {
    count: f64,
    spans: Vec<Span>,
}

impl Tracker {
    fn new(len: usize) -> Self {
        Self { count: 0.0, spans: vec![Span { min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0 }; len] }
    }

    fn see(&mut self, values: &[f64]) {
        self.count += 1.0;
        for (span, v) in self.spans.iter_mut().zip(values) {
            span.min = span.min.min(*v);
            span.max = span.max.max(*v);
            span.mean += (v - span.mean) / self.count;
        }
    }

    /// The spans of the elements that were seen; the mean of a constant is that constant.
    fn spans(&self) -> Vec<Span> {
        let seen = self.spans.iter().filter(|span| span.min <= span.max);
        seen.map(|span| Span { mean: span.mean.clamp(span.min, span.max), ..*span }).collect()
    }
}
