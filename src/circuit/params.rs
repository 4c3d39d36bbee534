//! What the shape of the constraint system depends on.

use serde::{Deserialize, Serialize};

use crate::{
    codec::{Reader, Writer},
    error::Result,
    graph::{
        Digits,
        chain::{Activation, Model},
    },
};

/// How an output code reaches the public instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PublicOutput {
    /// The code of a requantized or Relu element.
    Value,
    /// The value of a segment table.
    Segments,
    /// The sign bit: thresholds and argmax.
    Bit,
}

/// Everything that `configure` depends on; the weights are not among it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// Limb sizes.
    pub digits: Digits,
    /// Fixed columns of weights.
    pub lanes: usize,
    /// Whether the weights of one input may span several rows, which takes an accumulator column.
    pub tall_weights: bool,
    /// `(output_bits, last segment)` of the segment table, when the model has one.
    pub segments: Option<(u32, u32)>,
    /// Whether the output is an argmax.
    pub argmax: bool,
    /// How the output is published.
    pub output: PublicOutput,
    /// Whether the input codes are public.
    pub public_input: bool,
}

impl Params {
    /// The parameters of a checked model.
    pub fn new(model: &Model) -> Self {
        let last = model.layers.last().map(|layer| &layer.activation);
        Self {
            digits: model.digits,
            lanes: model.lanes,
            tall_weights: model.layers.iter().any(|layer| layer.weights.rows > model.lanes),
            segments: model.segments.as_ref().map(|table| (table.output_bits, table.last() as u32)),
            argmax: last == Some(&Activation::ArgMax),
            output: match last {
                Some(Activation::Segments) => PublicOutput::Segments,
                Some(Activation::Threshold | Activation::ArgMax) => PublicOutput::Bit,
                _ => PublicOutput::Value,
            },
            public_input: model.input.public,
        }
    }

    /// Writes the parameters as part of a verifying key.
    pub(crate) fn write(&self, w: &mut Writer) {
        self.digits.write(w);
        w.size(self.lanes);
        let (bits, last) = self.segments.unwrap_or((0, 0));
        w.varint(bits.into());
        w.varint(last.into());
        w.u8(self.tall_weights.into());
        w.u8(self.argmax.into());
        w.u8(self.public_input.into());
        w.u8(match self.output {
            PublicOutput::Value => 0,
            PublicOutput::Segments => 1,
            PublicOutput::Bit => 2,
        });
    }

    /// Reads what [`Params::write`] wrote, and checks it.
    ///
    /// # Errors
    /// `Artifact` for parameters that no circuit can have.
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let digits = Digits::read(r)?;
        let lanes = r.size()?;
        let segments = Some((r.varint_u32()?, r.varint_u32()?)).filter(|segments| *segments != (0, 0));
        let params = Self {
            digits,
            lanes,
            segments,
            tall_weights: r.bool()?,
            argmax: r.bool()?,
            public_input: r.bool()?,
            output: match r.u8()? {
                0 => PublicOutput::Value,
                1 => PublicOutput::Segments,
                2 => PublicOutput::Bit,
                other => return Err(r.error(format!("unknown kind of output {other}"))),
            },
        };
        let segments_fit =
            params.segments.is_none_or(|(bits, last)| (2..=31).contains(&bits) && (1..4096).contains(&last));
        let output_fits = params.output != PublicOutput::Segments || params.segments.is_some();
        if !digits.is_valid() || !(1..=256).contains(&lanes) || !segments_fit || !output_fits {
            return Err(r.error("circuit parameters out of range"));
        }
        Ok(params)
    }
}

/// Parameters of the smallest circuit; halo2 asks for a default and never uses it.
impl Default for Params {
    fn default() -> Self {
        Self {
            digits: Digits { limb_bits: 4, value_limbs: 1, remainder_limbs: 1 },
            lanes: 1,
            tall_weights: false,
            segments: None,
            argmax: false,
            output: PublicOutput::Value,
            public_input: false,
        }
    }
}
