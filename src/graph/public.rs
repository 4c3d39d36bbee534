//! How codes, which may be negative, stand in the public instance.

use super::{Activation, Lanes, Model};

/// Bits of the codes of a row of a public input, which share one field element.
const PACKED_BITS: u32 = 252;

/// `public = code + offset`, with `0 ≤ public < 2^bits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicCode {
    /// Added to a code.
    pub offset: i64,
    /// Bits of a public code.
    pub bits: u32,
}

impl PublicCode {
    /// Codes of tables are below 2^31 in magnitude.
    const TABLE: Self = Self { offset: 1 << 31, bits: 32 };

    /// Codes below 2^bits, or of either sign and below 2^bits in magnitude.
    pub(crate) const fn of_bits(bits: u32, signed: bool) -> Self {
        if signed { Self { offset: (1 << bits) - 1, bits: bits + 1 } } else { Self { offset: 0, bits } }
    }

    /// Whether the codes of all lanes of a row have room in one field element.
    pub fn packs(&self, lanes: Lanes) -> bool {
        u32::try_from(lanes.activations).is_ok_and(|lanes| lanes <= PACKED_BITS / self.bits.max(1))
    }

    /// The public form of a code, none where it is out of range.
    pub fn of(&self, code: i64) -> Option<u64> {
        let public = code.checked_add(self.offset).and_then(|public| u64::try_from(public).ok());
        public.filter(|public| *public >> self.bits == 0)
    }
}

impl Model {
    /// How the codes of the input are published, where they are.
    pub fn input_code(&self) -> PublicCode {
        PublicCode::of_bits(self.digits.value_bits(), self.input.is_signed())
    }

    /// How the codes of the last layer are published.
    pub fn public_code(&self) -> PublicCode {
        let value_bits = self.digits.value_bits();
        match self.layers.last().map(|layer| &layer.activation) {
            Some(Activation::Linear) => PublicCode::of_bits(value_bits, true),
            Some(Activation::Table(_)) => PublicCode::TABLE,
            Some(Activation::Threshold | Activation::ArgMax) => PublicCode { offset: 0, bits: 1 },
            Some(Activation::Relu | Activation::PRelu | Activation::Clip | Activation::Product { .. }) | None => {
                PublicCode::of_bits(value_bits, false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lanes, PublicCode};

    #[test]
    fn codes_of_both_signs_have_a_public_form() {
        let linear = PublicCode { offset: 255, bits: 9 };
        assert_eq!(
            [-256, -255, 0, 255, 256, 257].map(|code| linear.of(code)),
            [None, Some(0), Some(255), Some(510), Some(511), None]
        );
        assert_eq!(PublicCode::TABLE.of(-(1 << 31)), Some(0));
        assert_eq!(PublicCode::TABLE.of(i64::MAX), None);
        assert_eq!(PublicCode { offset: 0, bits: 1 }.of(2), None);
    }

    #[test]
    fn a_field_element_holds_252_bits() {
        let packs = |bits, activations| PublicCode { offset: 0, bits }.packs(Lanes { activations, weights: 2 });
        assert!(packs(9, 28) && packs(252, 1) && packs(4, 63));
        assert!(!packs(9, 29) && !packs(253, 1) && !packs(4, 64) && !packs(1, usize::MAX));
    }
}
