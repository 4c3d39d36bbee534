//! Functions as straight segments of equal width.

use hushproof_core::graph::{Digits, FloatLayer, Network, Table};

/// Positions of a segment that are looked at when there are more.
const SAMPLES: u64 = 64;
/// Least and most bits of a code.
const CODE_BITS: (u32, u32) = (6, 30);

/// Bits of the codes of functions. Finer codes make slopes finer but leave less of a row for the weights of whoever
/// reads them. Copies and products of codes need codes that other tensors hold.
pub(super) const fn bits(row_bits: u32, limb_bits: u32) -> u32 {
    let bits = row_bits.saturating_add(limb_bits) / 2 - 1;
    if bits < CODE_BITS.0 {
        CODE_BITS.0
    } else if bits > CODE_BITS.1 {
        CODE_BITS.1
    } else {
        bits
    }
}

/// Bits of the codes of the functions of a network. A product of two of them is cut to a code, too.
pub(super) fn code_bits(network: &Network, digits: &Digits) -> u32 {
    let wide = bits(digits.row_bits(), digits.limb_bits);
    if network.layers.iter().any(FloatLayer::multiplies) {
        (digits.value_bits() - 1).min(digits.row_bits() / 2 - 1).min(wide).max(1)
    } else if network.layers.iter().any(|layer| layer.same_scale.is_some()) {
        (digits.value_bits() - 1).min(wide)
    } else {
        wide
    }
}

/// The table of a function over `count` segments of this width around 0, and the scale of its codes, of which the
/// largest magnitude is about `top`.
///
/// Each segment is the line over its `2^limb_bits` positions with the smallest largest error that integers allow; one
/// is absent where the function has no value.
pub(super) fn table(
    function: impl Fn(f64) -> Option<f64>,
    width: f64,
    count: u32,
    digits: &Digits,
    top: f64,
) -> (Table, f64) {
    let positions = 1u64 << digits.limb_bits;
    // Where limbs below are dropped, a position is met at its middle.
    let middle = if digits.limbs() > 2 { 0.5 } else { 0.0 };
    let half = f64::from(count / 2);
    let at = |j: u32, f: u64| function((f64::from(j) - half + (f as f64 + middle) / positions as f64) * width);
    let samples: Vec<u64> = samples(positions).collect();
    let points = |j| samples.iter().map(|f| Some((*f as f64, at(j, *f)?))).collect::<Option<Vec<_>>>();
    let segments: Vec<_> = (0..count).map(points).collect();
    let values = segments.iter().flatten().flatten().map(|(_, value)| value.abs());
    let largest = super::scaling::positive(values.fold(0.0, f64::max));
    let scale = largest / top.max(1.0);
    let codes = |points: Vec<(f64, f64)>| points.into_iter().map(|(f, value)| (f, value / scale)).collect::<Vec<_>>();
    let absent = (0..count).zip(&segments).filter(|(_, points)| points.is_none()).map(|(j, _)| j).collect();
    let lines = segments.into_iter().map(|points| points.map_or((0, 0), |points| line(&codes(points))));
    let (base, slope) = lines.unzip();
    (Table { base, slope, absent }, scale)
}

/// The line of integers that stays closest to all of some points, in increasing order of their positions.
fn line(points: &[(f64, f64)]) -> (i64, i64) {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return (0, 0) };
    let secant = (last.1 - first.1) / (last.0 - first.0).max(1.0);
    let fit = |slope: f64| {
        let gaps = || points.iter().map(|(f, value)| value - slope * f);
        let (low, high) = (gaps().fold(f64::INFINITY, f64::min), gaps().fold(f64::NEG_INFINITY, f64::max));
        let base = (low / 2.0 + high / 2.0).round();
        ((high - base).max(base - low), base as i64, slope as i64)
    };
    let floor = secant.floor();
    let fits = [floor - 1.0, floor, floor + 1.0, floor + 2.0].map(fit);
    let best = fits.into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.map_or((0, 0), |(_, base, slope)| (base, slope))
}

/// All of `0..count`, or evenly spread ones with both ends.
fn samples(count: u64) -> impl Iterator<Item = u64> {
    let taken = count.min(SAMPLES);
    (0..taken).map(move |i| i * (count - 1) / (taken.max(2) - 1))
}

#[cfg(test)]
mod tests;
