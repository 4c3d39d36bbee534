//! Tables of elementwise functions.

use serde::{Deserialize, Serialize};

use super::Digits;

/// The table of an elementwise function over equal segments of its argument, of which segment `j` is the row's highest
/// limb: `code = base[j] + slope[j] · f`, f being the limb below. Without slopes the argument is rounded to a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Codes where the segments begin, possibly negative; an even number of them, at most `2^limb_bits`.
    pub base: Vec<i64>,
    /// By how much the code grows with f; one per segment, or none.
    pub slope: Vec<i64>,
    /// Segments where the function has no code, in increasing order and without the first: arguments there are refused.
    /// Base and slope are 0.
    pub absent: Vec<u32>,
}

impl Table {
    /// The argument 0, as a number of units of Y: `Y + zero` counts from where the first segment begins.
    pub const fn zero(&self, digits: &Digits) -> i64 {
        table_zero(self.base.len() as u64, !self.slope.is_empty(), digits)
    }

    /// The largest magnitude of its codes.
    pub fn magnitude(&self, digits: &Digits) -> u64 {
        let reach = (1u64 << digits.limb_bits) - 1;
        let slopes = self.slope.iter().copied().chain(std::iter::repeat(0));
        let ends = self.base.iter().zip(slopes).map(|(base, slope)| {
            let end = i128::from(*base) + i128::from(slope) * i128::from(reach);
            u128::from(base.unsigned_abs()).max(end.unsigned_abs())
        });
        u64::try_from(ends.max().unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// Whether segment `j` has codes.
    pub fn holds(&self, j: u64) -> bool {
        let absent = u32::try_from(j).is_ok_and(|j| self.absent.binary_search(&j).is_ok());
        j < self.base.len() as u64 && !absent
    }

    /// The code of segment `j` at position `f`; 0 where there is no such segment.
    pub fn code(&self, j: u64, f: u64) -> i64 {
        let entry = |list: &[i64]| usize::try_from(j).ok().and_then(|j| list.get(j)).copied().unwrap_or(0);
        entry(&self.base) + entry(&self.slope) * f.cast_signed()
    }
}

/// [`Table::zero`] of tables of so many segments.
pub const fn table_zero(segments: u64, sloped: bool, digits: &Digits) -> i64 {
    let half = (segments << digits.low_bits() >> 1).cast_signed();
    if sloped { half } else { half + (1 << (digits.remainder_bits() - 1)) - 1 }
}

/// The function tables of a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionTables {
    /// How many.
    pub count: usize,
    /// Whether all functions are close to straight lines over short segments, so that tables may have slopes.
    pub smooth: bool,
}

/// Bits of the arguments of function tables: all `tables` of them together are smaller than the range table of a limb,
/// so that they do not double the rows.
pub const fn table_bits(limb_bits: u32, tables: usize) -> u32 {
    let fewer = if tables == 0 { 1 } else { tables.ilog2() + 1 };
    if fewer + 2 <= limb_bits { limb_bits - fewer } else { 2 }
}
