//! Inputs drawn at random, for networks that come without data.

use hushproof_core::{
    error::{Error, Result},
    graph::Network,
};

/// Random rows from which ranges come where there are no others.
pub const PROBES: usize = 64;
/// How much wider than what random rows show a range is taken.
const WIDER: f64 = 2.0;

/// Increment and multipliers of the generator below.
const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;
const MIX: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// `count` rows of `len` values between `min` and `max`, the same on every call. Every other row is uniform; the rest
/// are, turn about, near the middle (a tenth of the range) and at the ends of the range, as images and one-hot features
/// are.
///
/// The generator is splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub fn probes(len: usize, min: f64, max: f64, count: usize) -> Vec<Vec<f64>> {
    let mut unit = units();
    let mut row = |index: usize| {
        let mut value = || match index % 4 {
            1 => 0.5 + (unit() - 0.5) / 10.0,
            3 => unit().round(),
            _ => unit(),
        };
        (0..len).map(|_| min + (max - min) * value()).collect()
    };
    (0..count).map(&mut row).collect()
}

/// Numbers from 0 on, below 1, the same on every call.
fn units() -> impl FnMut() -> f64 {
    let mut state = 0u64;
    move || {
        state = state.wrapping_add(WEYL);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(MIX[0]);
        z = (z ^ (z >> 27)).wrapping_mul(MIX[1]);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Rows that nobody has seen, each somewhere on the line between two of these, the same on every call. Integers, ranks
/// and missing values are those of either.
pub(crate) fn between(network: &Network, rows: &[Vec<f64>], count: usize) -> Vec<Vec<f64>> {
    let mut unit = units();
    let mut pick = || {
        let index = (unit() * rows.len() as f64) as usize;
        rows.get(index).map_or(&[][..], Vec::as_slice)
    };
    let pairs: Vec<_> = (0..count).map(|_| (pick(), pick())).collect();
    let mixed = |index: usize| {
        let whole = network.whole.get(index).copied().unwrap_or(false);
        !whole && !network.is_ranked(index)
    };
    let row = |(a, b): (&[f64], &[f64])| {
        let share = unit();
        let value = |(index, (a, b)): (usize, (&f64, &f64))| {
            let mix = a + share * (b - a);
            let one = if unit() < 0.5 { *a } else { *b };
            if mixed(index) && mix.is_finite() { mix } else { one }
        };
        a.iter().zip(b).enumerate().map(value).collect()
    };
    pairs.into_iter().map(row).collect()
}

/// Refuses what is no range of numbers.
///
/// # Errors
/// `Option` unless both are finite and the first is below the second.
pub fn check_input_range([min, max]: [f64; 2]) -> Result<()> {
    if min < max && min.is_finite() && max.is_finite() {
        return Ok(());
    }
    let reason = format!("{min} to {max} is no range of numbers; give the least and the largest value, as in 0,255");
    Err(Error::Option { option: "--input-range", reason })
}

/// The upper end of a range whose largest value among random rows is `seen`: [`WIDER`] times as far from 0, but no
/// further than `bound`, a proven one, once a factor `margin` is put on it. An end below 0 goes towards 0.
pub(super) fn widened(seen: f64, bound: f64, margin: f64) -> f64 {
    if seen < 0.0 { (seen / WIDER).min(bound) } else { (seen * WIDER).min(bound / margin) }.max(seen)
}

#[cfg(test)]
mod tests;
