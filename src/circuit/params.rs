//! What the shape of the constraint system depends on.

use serde::{Deserialize, Serialize};

use crate::graph::{Activation, Digits, Model};

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
