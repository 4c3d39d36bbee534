//! Calibration: which values each channel takes.

use hushproof_core::{
    error::{Error, Result},
    graph::{FloatActivation, Network},
};
use rayon::prelude::*;

use super::{
    interval::{Interval, intervals},
    quantize::check_network,
};
use crate::quant::probes::{PROBES, check_input_range, probes, widened};

/// The values that one channel of a tensor took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Channel {
    /// Smallest, before the activation.
    pub min: f64,
    /// Largest, before the activation.
    pub max: f64,
    /// Mean after the activation; of the positive parts for `PRelu`.
    pub mean: f64,
    /// Mean of the negative parts before the activation.
    pub negative: f64,
}

impl Channel {
    const EMPTY: Self = Self { min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0, negative: 0.0 };

    /// Largest magnitude before the activation.
    pub fn magnitude(&self) -> f64 {
        self.min.abs().max(self.max.abs())
    }
}

/// The values that a network's tensors took over some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    /// Rows seen; random ones after [`Ranges::without_rows`].
    pub rows: usize,
    /// Per tensor, the input first, and channel.
    pub tensors: Vec<Vec<Channel>>,
}

impl Ranges {
    /// Runs the network on calibration rows (flat, ONNX order), on all threads of the pool.
    ///
    /// # Errors
    /// `Calibration` without rows and for values that are not finite, `InputShape` for a row of another length, `Shape`
    /// and `Graph` for a malformed network.
    pub fn from_rows(network: &Network, rows: &[Vec<f64>]) -> Result<Self> {
        Self::from_rows_with(network, rows, &mut |_| {})
    }

    /// [`Ranges::from_rows`] that calls `report` with the fraction of the rows that is done.
    ///
    /// # Errors
    /// Those of [`Ranges::from_rows`].
    pub fn from_rows_with(network: &Network, rows: &[Vec<f64>], report: &mut dyn FnMut(f64)) -> Result<Self> {
        check_network(network)?;
        if rows.is_empty() {
            let reason = "no rows; give --calibration a JSON or .npz file with typical inputs".to_owned();
            return Err(Error::Calibration { reason });
        }
        let numbered: Vec<_> = rows.iter().enumerate().collect();
        let seen = in_parts(&numbered, |(i, row)| see(network, *i, row), report);
        let seen = seen.into_iter().collect::<Result<Vec<_>>>()?;
        // One after the other: sums must not depend on the threads.
        let mut tensors = seen.into_iter().reduce(merge).unwrap_or_default();
        for channel in tensors.iter_mut().flatten() {
            channel.mean /= rows.len() as f64;
            channel.negative /= rows.len() as f64;
        }
        Ok(Self { rows: rows.len(), tensors })
    }

    /// Ranges where there are no rows: every input value lies in `[min, max]`. A channel's range is what random inputs
    /// show, some times wider, and no wider than interval arithmetic allows. Typical rows give much narrower ranges.
    /// What leaves a range all the same is refused by the executor: never a wrong proof. `margin` is the factor that
    /// [`quantize`](super::quantize) will put on it, which must not go beyond the bounds either.
    ///
    /// # Errors
    /// `Option` for an empty or infinite range, those of [`Ranges::from_rows`].
    pub fn without_rows(network: &Network, input: [f64; 2], margin: f64) -> Result<Self> {
        check_network(network)?;
        check_input_range(input)?;
        let [min, max] = input;
        let len = network.input_shape.len();
        let mut ranges = Self::from_rows(network, &probes(len, min, max, PROBES))?;
        let bounds = intervals(network, Interval::input(network, min, max));
        for (tensor, (channels, bounds)) in ranges.tensors.iter_mut().zip(&bounds).enumerate() {
            let plane = network.shape(tensor).plane();
            for (channel, (low, high)) in channels.iter_mut().zip(bounds.channels(plane)) {
                if tensor == 0 {
                    (channel.min, channel.max) = (low, high);
                    continue;
                }
                channel.min = -widened(-channel.min, -low, margin);
                channel.max = widened(channel.max, high, margin);
            }
        }
        Ok(ranges)
    }

    /// Checks that these are ranges of this network.
    pub(super) fn check(&self, network: &Network) -> Result<()> {
        let shapes = (0..=network.layers.len()).map(|tensor| network.shape(tensor).channels);
        if shapes.eq(self.tensors.iter().map(Vec::len)) {
            return Ok(());
        }
        Err(Error::Calibration { reason: "ranges of another network".to_owned() })
    }
}

/// Maps items on all threads of the pool, and says in between which fraction of them is done.
pub(crate) fn in_parts<T: Sync, U: Send>(
    items: &[T],
    map: impl Fn(&T) -> U + Sync,
    report: &mut dyn FnMut(f64),
) -> Vec<U> {
    let mut mapped = Vec::with_capacity(items.len());
    for part in items.chunks(PART * rayon::current_num_threads()) {
        mapped.par_extend(part.par_iter().map(&map));
        report(mapped.len() as f64 / items.len() as f64);
    }
    mapped
}

/// Items of one thread between two such reports.
const PART: usize = 8;

/// What magnitudes of inner values stay below: what is near the largest number of single precision is a mask or an
/// overflow.
const LARGEST: f64 = f32::MAX as f64 / 2.0;

/// What one row shows.
fn see(network: &Network, index: usize, row: &[f64]) -> Result<Vec<Vec<Channel>>> {
    if row.len() != network.input_shape.len() {
        return Err(Error::InputShape {
            input: network.input.name.clone(),
            expected: format!("{:?}", network.input.shape),
            got: format!("[{}] in row {index}", row.len()),
        });
    }
    let may_miss = |element: usize| matches!(network.missing.get(element), Some(Some(_)));
    if let Some(element) = (0..row.len()).find(|i| !(row[*i].is_finite() || row[*i].is_nan() && may_miss(*i))) {
        let got = if row[element].is_nan() { "missing, which the model has no use for" } else { "infinite" };
        return Err(Error::Calibration { reason: format!("value {element} of row {index} is {got}") });
    }
    let mut tensors = vec![network.read(row)];
    let mut seen = vec![channels(&tensors[0], &tensors[0], network.input_shape.plane())];
    for (index, layer) in network.layers.iter().enumerate() {
        let y = network.affine(index, &tensors);
        if let Some(element) = y.iter().position(|y| y.is_nan() || y.abs() >= LARGEST) {
            let (node, op, y) = (&layer.node, &layer.op, y[element]);
            let reason = format!(
                "{node} ({op}): value {element} is {y:e}, expected a magnitude below {LARGEST:.1e}; masks are read where they \
                 are added in front of a Softmax"
            );
            return Err(Error::Calibration { reason });
        }
        let plane = layer.shape.plane();
        let value = network.activate(index, y.clone(), &tensors);
        seen.push(match layer.activation {
            FloatActivation::PRelu { .. } => {
                let positive: Vec<f64> = y.iter().map(|y| y.max(0.0)).collect();
                channels(&y, &positive, plane)
            }
            FloatActivation::ArgMax => channels(&y, &y, plane),
            _ => channels(&y, &value, plane),
        });
        tensors.push(value);
    }
    Ok(seen)
}

fn channels(y: &[f64], value: &[f64], plane: usize) -> Vec<Channel> {
    let planes = y.chunks_exact(plane).zip(value.chunks_exact(plane));
    let channel = |(y, value): (&[f64], &[f64])| {
        let seen = y.iter().fold(Channel::EMPTY, |seen, y| Channel {
            min: seen.min.min(*y),
            max: seen.max.max(*y),
            mean: 0.0,
            negative: seen.negative - y.min(0.0) / plane as f64,
        });
        Channel { mean: value.iter().sum::<f64>() / plane as f64, ..seen }
    };
    planes.map(channel).collect()
}

/// Ranges of both, sums of means.
fn merge(mut a: Vec<Vec<Channel>>, b: Vec<Vec<Channel>>) -> Vec<Vec<Channel>> {
    for (a, b) in a.iter_mut().flatten().zip(b.iter().flatten()) {
        *a = Channel {
            min: a.min.min(b.min),
            max: a.max.max(b.max),
            mean: a.mean + b.mean,
            negative: a.negative + b.negative,
        };
    }
    a
}
