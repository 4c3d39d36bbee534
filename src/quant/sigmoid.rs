//! The sigmoid as straight segments: σ(y) − ½ is odd, so the table holds y ≥ 0 only.

use crate::{
    error::{Error, Result},
    float::{self, sigmoid},
    graph::{Digits, chain::SegmentTable},
};

/// The segments cover |y| < 8; beyond, the sigmoid is one saturated value (within 1.7e-4).
pub(super) const EXTENT: f64 = 8.0;
/// A table has one entry more, the saturated one.
pub(super) const MAX_SEGMENTS: usize = 4095;
/// Points of a segment that are looked at when there are more.
const SAMPLES: u32 = 64;

/// Bits of the sigmoid's codes. Finer codes make slopes finer but leave less of a row for the weights of the consumer,
/// so a hidden Sigmoid (one that another layer reads) balances the two.
pub const fn output_bits(digits: &Digits, hidden: bool) -> u32 {
    let bits = if hidden { (digits.row_bits() + digits.limb_bits) / 2 - 1 } else { digits.limb_bits + 15 };
    if bits > 30 {
        30
    } else if bits < 6 {
        6
    } else {
        bits
    }
}

/// The table for `segments` straight pieces of equal width over [0, 8), and the saturated value.
///
/// A piece is a line over the middles of its `2^limb_bits` cells with the smallest largest error that integers allow;
/// the first one starts at 0.
///
/// # Errors
/// `Option` for other than 1 to 4095 segments, limbs beyond 20 bits or codes of fewer than 6 or more than 31 bits.
pub fn sigmoid_table(segments: usize, limb_bits: u32, output_bits: u32) -> Result<SegmentTable> {
    if !(1..=MAX_SEGMENTS).contains(&segments) || limb_bits > 20 || !(6..=31).contains(&output_bits) {
        let reason = format!("{segments} segments, limbs of {limb_bits} bits, codes of {output_bits} bits");
        return Err(Error::Option { option: "segments", reason });
    }
    let scale = float::exp2(f64::from(output_bits));
    let cells = f64::from(1u32 << limb_bits);
    let width = EXTENT / segments as f64;
    let half = (1u32 << (output_bits - 1)) - 1;
    let (mut base, mut slope) = (Vec::with_capacity(segments + 1), Vec::with_capacity(segments + 1));
    for j in 0..segments {
        let target = |f: u32| (sigmoid((j as f64 + (f64::from(f) + 0.5) / cells) * width) - 0.5) * scale;
        let points: Vec<(u32, f64)> = samples(1 << limb_bits).map(|f| (f, target(f))).collect();
        let last = (1u32 << limb_bits) - 1;
        let secant = (target(last) - target(0)) / f64::from(last.max(1));
        let fit = |slope: u32| {
            let gaps = || points.iter().skip(usize::from(j == 0)).map(|(f, t)| t - f64::from(slope) * f64::from(*f));
            let (low, high) = (gaps().fold(f64::INFINITY, f64::min), gaps().fold(f64::NEG_INFINITY, f64::max));
            let base = if j == 0 { 0.0 } else { ((low + high) / 2.0).round().max(0.0) };
            ((high - base).max(base - low), base as u32, slope)
        };
        let floor = secant.floor() as u32;
        let fits = [floor.saturating_sub(1), floor, floor + 1, floor + 2].map(fit);
        let best = fits.into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best });
        let (_, start, rise) = best.unwrap_or((0.0, 0, 0));
        let start = start.min(half);
        base.push(start);
        slope.push(rise.min((half - start) / last.max(1)));
    }
    // Midway between σ(8) and 1.
    base.push(((sigmoid(EXTENT) / 2.0 * scale).round() as u32).min(half));
    slope.push(0);
    Ok(SegmentTable { base, slope, output_bits })
}

/// The largest |table − σ| of a table over [0, 8) and beyond, rounding of y to cells included.
pub fn sigmoid_error(table: &SegmentTable, limb_bits: u32) -> f64 {
    let scale = float::exp2(f64::from(table.output_bits));
    let cells = f64::from(1u32 << limb_bits.min(20));
    let width = EXTENT / table.last() as f64;
    let mut error: f64 = 0.0;
    for (j, (base, slope)) in table.base.iter().zip(&table.slope).enumerate() {
        if j == table.last() {
            let value = 0.5 + f64::from(*base) / scale;
            return error.max((value - sigmoid(EXTENT)).abs()).max((1.0 - value).abs());
        }
        for f in samples(1 << limb_bits.min(20)) {
            let value = 0.5 + (f64::from(*base) + f64::from(*slope) * f64::from(f)) / scale;
            for end in [f64::from(f), f64::from(f) + 1.0] {
                error = error.max((value - sigmoid((j as f64 + end / cells) * width)).abs());
            }
        }
    }
    error
}

/// [`sigmoid_error`] of the table that [`super::quantize`] would use.
///
/// # Errors
/// Those of [`sigmoid_table`].
pub fn table_segments_error(segments: usize, digits: &Digits, hidden: bool) -> Result<f64> {
    let table = sigmoid_table(segments, digits.limb_bits, output_bits(digits, hidden))?;
    Ok(sigmoid_error(&table, digits.limb_bits))
}

/// All of `0..count`, or evenly spread ones with both ends.
fn samples(count: u32) -> impl Iterator<Item = u32> {
    let taken = count.min(SAMPLES);
    (0..taken).map(move |i| (u64::from(i) * u64::from(count - 1) / u64::from(taken.max(2) - 1)) as u32)
}
