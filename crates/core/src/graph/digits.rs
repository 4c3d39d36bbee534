//! The limb sizes of a model.

use serde::{Deserialize, Serialize};

use crate::{
    codec::{Reader, Writer},
    error::Result,
};

/// How integers are cut into range-checked limbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digits {
    /// Bits of a limb; the range table has `2^limb_bits` rows.
    pub limb_bits: u32,
    /// Limbs of a code: codes are below `2^(limb_bits · value_limbs)`.
    pub value_limbs: u32,
    /// Limbs of a remainder: requantization divides by `2^(limb_bits · remainder_limbs)`.
    pub remainder_limbs: u32,
}

impl Digits {
    /// Three varints.
    pub(crate) fn write(&self, w: &mut Writer) {
        [self.limb_bits, self.value_limbs, self.remainder_limbs].iter().for_each(|v| w.varint(u64::from(*v)));
    }

    /// See [`Digits::write`].
    ///
    /// # Errors
    /// `Artifact` for sizes that are not valid.
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let (limb_bits, value_limbs, remainder_limbs) = (r.varint_u32()?, r.varint_u32()?, r.varint_u32()?);
        let digits = Self { limb_bits, value_limbs, remainder_limbs };
        if digits.is_valid() { Ok(digits) } else { Err(r.error("limb sizes that no circuit has")) }
    }

    /// Whether a circuit can be built with these sizes.
    pub const fn is_valid(&self) -> bool {
        matches!((self.limb_bits, self.value_limbs, self.remainder_limbs), (2..=20, 1..=4, 1..=4))
            && self.row_bits() <= Self::MAX_ROW_BITS
    }

    /// Most bits of all limbs of a row.
    pub const MAX_ROW_BITS: u32 = 48;

    /// Limbs in a row of the circuit.
    pub const fn limbs(&self) -> u32 {
        self.value_limbs + self.remainder_limbs
    }

    /// Bits of a code, b.
    pub const fn value_bits(&self) -> u32 {
        self.limb_bits * self.value_limbs
    }

    /// Bits that requantization drops, s.
    pub const fn remainder_bits(&self) -> u32 {
        self.limb_bits * self.remainder_limbs
    }

    /// Bits of all limbs of a row.
    pub const fn row_bits(&self) -> u32 {
        self.limb_bits * self.limbs()
    }

    /// The highest limb of an integer of all limbs, and the limb below.
    pub const fn top_limbs(&self, whole: u64) -> [u64; 2] {
        let low = self.low_bits();
        [whole >> low, (whole >> (low - self.limb_bits)) & ((1 << self.limb_bits) - 1)]
    }

    /// Bits of all limbs of a row but the top one.
    pub const fn low_bits(&self) -> u32 {
        self.limb_bits * (self.limbs() - 1)
    }
}
