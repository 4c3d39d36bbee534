//! A model of either form, and its `.hush` file.
//!
//! Magic `HUSHMODL`, format version, a byte for the form (0 chain; of a planar model 1, and 1 more for private weights, 2 for
//! cuts of the input, 4 for a public input), body, Blake2b-256 digest of all before it.
//! Sizes and integers are LEB128 varints (signed ones in zigzag form), reals are little-endian doubles; a model has
//! exactly one encoding.

use super::{Digits, Part, Port, Visibility, chain, planar};
use crate::{
    codec::{self, Reader, Writer},
    error::{ArtifactKind, Result},
};

const MAGIC: &[u8; 8] = b"HUSHMODL";

/// The format version this build reads and writes.
pub const MODEL_VERSION: u32 = 2;

/// The integers that are proved.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// A chain of dense layers.
    Chain(chain::Model),
    /// A graph of planes.
    Planar(planar::Model),
}

/// What the last layer of a network or model gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Values on a scale.
    Values,
    /// Decisions, one per value.
    Threshold,
    /// The index of the largest value.
    ArgMax,
}

impl From<chain::Model> for Model {
    fn from(model: chain::Model) -> Self {
        Self::Chain(model)
    }
}

impl From<planar::Model> for Model {
    fn from(model: planar::Model) -> Self {
        Self::Planar(model)
    }
}

impl Model {
    /// Name of the graph.
    pub fn name(&self) -> &str {
        match self {
            Self::Chain(model) => &model.name,
            Self::Planar(model) => &model.name,
        }
    }

    /// Limb sizes.
    pub const fn digits(&self) -> Digits {
        match self {
            Self::Chain(model) => model.digits,
            Self::Planar(model) => model.digits,
        }
    }

    /// Name and shape of the input.
    pub const fn input(&self) -> &Port {
        match self {
            Self::Chain(model) => &model.input.port,
            Self::Planar(model) => &model.input.port,
        }
    }

    /// Who sees the input codes.
    pub const fn input_visibility(&self) -> Visibility {
        match self {
            Self::Chain(model) => Visibility::public_if(model.input.public),
            Self::Planar(model) => model.input.visibility,
        }
    }

    /// Smallest and largest value accepted per element of the input, flat in ONNX order.
    pub fn input_range(&self) -> (Vec<f64>, Vec<f64>) {
        let top = ((1u64 << self.digits().value_bits()) - 1) as f64;
        match self {
            Self::Chain(model) => {
                let input = &model.input;
                let largest = input.min.iter().zip(&input.step).map(|(min, step)| min + step * top);
                (input.min.clone(), largest.collect())
            }
            Self::Planar(model) if !model.input.cuts.is_empty() => {
                let len = model.input.shape.len();
                (vec![f64::MIN; len], vec![f64::MAX; len])
            }
            Self::Planar(model) => {
                let input = &model.input;
                let plane = input.shape.plane();
                let largest = input.step.iter().flat_map(|step| std::iter::repeat_n(step * top, plane));
                (largest.clone().map(|value| -value).collect(), largest.collect())
            }
        }
    }

    /// Name and shape of the output.
    pub const fn output(&self) -> &Port {
        match self {
            Self::Chain(model) => &model.output.port,
            Self::Planar(model) => &model.output.port,
        }
    }

    /// What the last layer gives.
    pub fn ending(&self) -> Ending {
        match self {
            Self::Chain(model) => match model.layers.last().map(|layer| &layer.activation) {
                Some(chain::Activation::Threshold) => Ending::Threshold,
                Some(chain::Activation::ArgMax) => Ending::ArgMax,
                _ => Ending::Values,
            },
            Self::Planar(model) => match model.layers.last().map(|layer| &layer.activation) {
                Some(planar::Activation::Threshold) => Ending::Threshold,
                Some(planar::Activation::ArgMax) => Ending::ArgMax,
                _ => Ending::Values,
            },
        }
    }

    /// What the float network's output was compared with, when the publisher asked for a decision only.
    pub const fn threshold(&self) -> Option<f64> {
        match self {
            Self::Chain(model) => model.output.threshold,
            Self::Planar(model) => model.output.threshold,
        }
    }

    /// The values of which the reader of the output takes the softmax.
    pub const fn softmax(&self) -> Option<Part> {
        match self {
            Self::Chain(_) => None,
            Self::Planar(model) => model.output.softmax,
        }
    }

    /// The real output values on real input values (both flat, ONNX order) by the integers that are proved; a single
    /// index for an argmax.
    ///
    /// # Errors
    /// `InputShape`, `InputValue` (NaN, infinity), `InputRange`, and `ActivationRange` for an inner value.
    pub fn predict(&self, values: &[f64]) -> Result<Vec<f64>> {
        match self {
            Self::Chain(model) => {
                let trace = model.run(model.quantize_input(values)?)?;
                Ok(model.output_values(trace.codes.last().map_or(&[], Vec::as_slice)))
            }
            Self::Planar(model) => {
                let trace = model.run(model.quantize_input(values)?)?;
                let mut outputs = model.output_values(trace.codes.last().map_or(&[], Vec::as_slice));
                if let Some(part) = model.output.softmax {
                    part.apply(&mut outputs);
                }
                Ok(outputs)
            }
        }
    }

    /// Checks everything that circuit and executor rely on.
    ///
    /// # Errors
    /// Those of [`chain::Model::check`] and [`planar::Model::check`].
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Chain(model) => model.check(),
            Self::Planar(model) => model.check(),
        }
    }

    /// The `.hush` file of this model.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new(MAGIC, MODEL_VERSION);
        match self {
            Self::Chain(model) => {
                w.u8(0);
                model.write(&mut w);
            }
            Self::Planar(model) => {
                w.u8(1 + planar::Form::of(model).bits());
                model.write(&mut w);
            }
        }
        w.finish()
    }

    /// Reads a `.hush` file and checks the model.
    ///
    /// # Errors
    /// `Artifact` for bytes that are no model, cut off, altered or inconsistent; `Version` for another format version;
    /// everything of [`Model::check`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::open(ArtifactKind::Model, MAGIC, MODEL_VERSION, bytes)?;
        let model = match r.u8()? {
            0 => Self::Chain(chain::Model::read(&mut r)?),
            form @ 1..=8 => Self::Planar(planar::Model::read(&mut r, planar::Form::from_bits(form - 1))?),
            other => return Err(r.error(format!("unknown form {other}"))),
        };
        r.finish()?;
        Ok(model)
    }

    /// Who sees the weights; of private ones a verifying key says nothing.
    pub const fn weights_visibility(&self) -> Visibility {
        match self {
            Self::Chain(_) => Visibility::Public,
            Self::Planar(model) => Visibility::public_if(model.private_weights.is_none()),
        }
    }

    /// By what a verifying key knows the model: [`Model::digest`]; where weights are private, that of the model with all
    /// weights and biases 0, so that nobody can test a guess of them.
    pub fn key_digest(&self) -> [u8; codec::DIGEST_BYTES] {
        match self {
            Self::Planar(model) if model.private_weights.is_some() => Self::Planar(model.without_weights()).digest(),
            _ => self.digest(),
        }
    }

    /// Blake2b-256 of the `.hush` file.
    pub fn digest(&self) -> [u8; codec::DIGEST_BYTES] {
        codec::digest(&self.to_bytes())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
