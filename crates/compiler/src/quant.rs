//! From floats to integers: calibration ranges, scales, tables of functions and the accuracy report.
//!
//! A consumer's weights absorb the scales of the codes it reads, its bias absorbs their zeros and every rounding
//! offset, so only activations are rounded to few bits. Weights are rounded around the calibrated mean of each code:
//! there, the rounding errors of a row cancel exactly. Nothing here knows ONNX or circuits.

mod accuracy;
mod codes;
mod exact;
mod function_error;
mod input;
mod interval;
mod layer;
mod probes;
mod products;
mod quantize;
mod ranges;
mod rounding;
mod scales;
mod scaling;
mod segments;
mod target;
#[cfg(test)]
mod tests;

pub use accuracy::{Accuracy, OutputAccuracy, evaluate};
pub(crate) use accuracy::{Comparison, accepted};
pub use codes::{EXACT_REMAINDER_BITS, code_bits};
pub(crate) use exact::compares_reals;
pub use exact::comparison_bits;
use hushproof_core::{
    error::{Error, Result},
    graph::{Digits, Network, Visibility},
};
pub(crate) use input::behind_copy;
pub(crate) use probes::between;
pub use probes::{PROBES, check_input_range, probes};
pub use quantize::{quantize, quantize_with_scales, tables};
pub(crate) use ranges::in_parts;
pub use ranges::{Channel, Ranges};
pub use scales::Scales;
pub use target::{AGREEMENT, RANGE_SHARE, Target};
pub(crate) use target::{Demand, Margin};

/// Choices that do not come from the layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Factor on the calibrated range of every inner value, at least 1. Values beyond are errors, never wrong proofs.
    pub margin: f64,
    /// Factor on the calibrated range of every input value, at least 1: single inputs stray further than what follows.
    pub input_margin: f64,
    /// Who sees the input codes.
    pub input: Visibility,
    /// Who sees the weights. Of private ones zeros are kept, and nothing depends on the parity of a sum.
    pub weights: Visibility,
    /// Segments of function tables with slopes; without, tables have no slopes and as many entries as fit.
    pub segments: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { margin: 4.0, input_margin: 8.0, input: Visibility::Private, weights: Visibility::Public, segments: None }
    }
}

/// Least and largest value that each layer feeds its activation, by interval arithmetic, where every input value lies
/// between `min` and `max`.
///
/// # Errors
/// `Shape` and `Graph` for a malformed network.
pub(crate) fn bounds(network: &Network, min: f64, max: f64) -> Result<Vec<(f64, f64)>> {
    quantize::check_network(network)?;
    let intervals = interval::intervals(network, interval::Interval::input(network, min, max));
    let hull = |(index, layer): (usize, &interval::Interval)| {
        let channels = layer.channels(network.shape(index).plane());
        channels.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| (low.min(a), high.max(b)))
    };
    Ok(intervals.iter().enumerate().skip(1).map(hull).collect())
}

fn check_digits(digits: &Digits) -> Result<()> {
    if digits.is_valid() {
        return Ok(());
    }
    let reason = format!("{digits:?} needs limbs of 2 to 20 bits, {} bits in all", Digits::MAX_ROW_BITS);
    Err(Error::Option { option: "--bits", reason })
}
