//! How quantized values, which may be negative, stand in the public instance.

use super::{Lanes, Model};

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
    pub(super) const TABLE: Self = Self { offset: 1 << 31, bits: 32 };

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

/// How the output stands in the public instance: read by layout, statement, key file, evaluation and the browser's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputEncoding {
    /// Quantized values: `value = scale · (public − offset)`.
    Values(PublicCode),
    /// One bit per value: 1 where it reaches the threshold.
    Threshold,
    /// Ones, then zeros; the number of ones is the index of the largest value.
    ArgMax,
    /// Ones, then zeros, one per threshold in ascending order; the number of ones is the band that the value lies in.
    Bands,
    /// No integer: the output is committed to.
    Committed,
}

/// What a network gives in place of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Of each value, whether it reaches the threshold.
    Threshold,
    /// The index of the largest value.
    ArgMax,
    /// How many thresholds the value reaches.
    Bands,
}

impl OutputEncoding {
    /// That of quantized values of either sign.
    pub(crate) const fn signed(value_bits: u32) -> Self {
        Self::Values(PublicCode::of_bits(value_bits, true))
    }

    /// The decision that is published; `None` for values.
    pub const fn decision(&self) -> Option<Decision> {
        match self {
            Self::Values(_) | Self::Committed => None,
            Self::Threshold => Some(Decision::Threshold),
            Self::ArgMax => Some(Decision::ArgMax),
            Self::Bands => Some(Decision::Bands),
        }
    }

    /// Its name in the browser's API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Values(_) => "value",
            Self::Threshold => "decision",
            Self::ArgMax => "index",
            Self::Bands => "band",
            Self::Committed => "commitment",
        }
    }

    /// The range of one public integer.
    pub const fn code(&self) -> PublicCode {
        match self {
            Self::Values(code) => *code,
            Self::Threshold | Self::ArgMax | Self::Bands | Self::Committed => PublicCode { offset: 0, bits: 1 },
        }
    }

    /// Whether public integers are the encoding of an output.
    pub fn is_valid(&self, codes: &[u64]) -> bool {
        let falls = !matches!(self, Self::ArgMax | Self::Bands) || codes.is_sorted_by(|a, b| a >= b);
        falls && codes.iter().all(|code| code >> self.code().bits == 0)
    }

    /// The real values that public integers stand for, before the reader applies the function of the output; `scale`
    /// has one entry per integer.
    pub fn decode(&self, codes: &[u64], scale: &[f64]) -> Vec<f64> {
        match self {
            Self::Values(form) => {
                let value = |(code, scale): (&u64, &f64)| (code.cast_signed() - form.offset) as f64 * scale;
                codes.iter().zip(scale).map(value).collect()
            }
            Self::Threshold => codes.iter().map(|code| *code as f64).collect(),
            Self::Committed => Vec::new(),
            Self::ArgMax | Self::Bands => vec![codes.iter().sum::<u64>() as f64],
        }
    }

    /// A byte that names it among those of `value_bits`.
    pub(crate) fn to_byte(self, value_bits: u32) -> u8 {
        let known = Self::known(value_bits);
        known.iter().position(|encoding| *encoding == self).map_or(u8::MAX, |index| index as u8)
    }

    /// See [`Self::to_byte`]; `None` for a byte that names none.
    pub(crate) fn from_byte(byte: u8, value_bits: u32) -> Option<Self> {
        Self::known(value_bits).get(usize::from(byte)).copied()
    }

    const fn known(value_bits: u32) -> [Self; 7] {
        [
            Self::signed(value_bits),
            Self::Values(PublicCode::of_bits(value_bits, false)),
            Self::Values(PublicCode::TABLE),
            Self::Threshold,
            Self::ArgMax,
            Self::Bands,
            Self::Committed,
        ]
    }
}

impl Model {
    /// How the codes of the input are published, where they are.
    pub fn input_code(&self) -> PublicCode {
        PublicCode::of_bits(self.digits.value_bits(), self.input.is_signed())
    }

    /// How the output is published.
    pub fn output_encoding(&self) -> OutputEncoding {
        let value_bits = self.digits.value_bits();
        let last = self.layers.last().map(|layer| layer.activation.encoding(value_bits));
        match last.unwrap_or_else(|| OutputEncoding::signed(value_bits)) {
            OutputEncoding::Threshold if self.output.thresholds.len() > 1 => OutputEncoding::Bands,
            encoding => encoding,
        }
    }

    /// The same model, giving each comparison of its bands in place of their number.
    #[must_use]
    pub fn compared(self) -> Self {
        let mut model = self;
        if model.output_encoding() == OutputEncoding::Bands {
            model.output.value_info.shape = vec![model.output.thresholds.len()];
            model.output.thresholds.clear();
        }
        model
    }

    /// The real output values of the last tensor's codes: one per output element, a single one for `ArgMax` and `Bands`. Empty
    /// for codes that no evaluation gives.
    pub fn output_values(&self, codes: &[i64]) -> Vec<f64> {
        if let Some(schema) = &self.output.schema {
            return codes.iter().enumerate().map(|(at, code)| schema.value(at, code.unsigned_abs())).collect();
        }
        let encoding = self.output_encoding();
        let public: Option<Vec<u64>> = codes.iter().map(|code| encoding.code().of(*code)).collect();
        public.map(|public| encoding.decode(&public, &self.output.scale)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
