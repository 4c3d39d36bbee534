//! What a model shows to whoever runs, proves or publishes it, and its `.hush` file.
//!
//! Magic `HUSHMODL`, format version, a byte of flags, body, Blake2b-256 digest of all before it.
//! Sizes and integers are LEB128 varints (signed ones in zigzag form), reals are little-endian doubles; a model has
//! exactly one encoding.

use super::{
    Model, Visibility,
    planar::{Activation, Flags},
};
use crate::{
    codec::{self, Reader, Writer},
    error::{ArtifactKind, Result},
};

const MAGIC: &[u8; 8] = b"HUSHMODL";

/// The format version this build reads and writes.
pub const MODEL_VERSION: u32 = 3;

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

impl Model {
    /// Who sees the input codes.
    pub const fn input_visibility(&self) -> Visibility {
        self.input.visibility
    }

    /// Smallest and largest value accepted per element of the input, flat in ONNX order.
    pub fn input_range(&self) -> (Vec<f64>, Vec<f64>) {
        let input = &self.input;
        if !input.cuts.is_empty() {
            let len = input.shape.len();
            return (vec![f64::MIN; len], vec![f64::MAX; len]);
        }
        let top = ((1u64 << self.digits.value_bits()) - 1) as f64;
        let ends = |channel: usize, step: f64| match input.zero.get(channel) {
            Some(zero) => (*zero, zero + step * top),
            None => (-step * top, step * top),
        };
        let channels = input.step.iter().enumerate().map(|(channel, step)| ends(channel, *step));
        channels.flat_map(|ends| std::iter::repeat_n(ends, input.shape.plane())).unzip()
    }

    /// What the last layer gives.
    pub fn ending(&self) -> Ending {
        match self.layers.last().map(|layer| &layer.activation) {
            Some(Activation::Threshold) => Ending::Threshold,
            Some(Activation::ArgMax) => Ending::ArgMax,
            _ => Ending::Values,
        }
    }

    /// The real output values on real input values (both flat, ONNX order) by the integers that are proved; a single
    /// index for an argmax.
    ///
    /// # Errors
    /// `InputShape`, `InputValue` (NaN, infinity), `InputRange`, and `ActivationRange` for an inner value.
    pub fn predict(&self, values: &[f64]) -> Result<Vec<f64>> {
        let mut outputs = self.scores(values)?;
        self.output.finish.iter().for_each(|finish| finish.apply(&mut outputs));
        Ok(outputs)
    }

    /// What [`Model::predict`] gives before the reader applies the function of the output.
    ///
    /// # Errors
    /// Those of [`Model::predict`].
    pub fn scores(&self, values: &[f64]) -> Result<Vec<f64>> {
        let trace = self.run(self.quantize_input(values)?)?;
        Ok(self.output_values(trace.codes.last().map_or(&[], Vec::as_slice)))
    }

    /// The `.hush` file of this model.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new(MAGIC, MODEL_VERSION);
        w.u8(Flags::of(self).to_byte());
        self.write(&mut w);
        w.finish()
    }

    /// Reads a `.hush` file and checks the model.
    ///
    /// # Errors
    /// `Artifact` for bytes that are no model, cut off, altered or inconsistent; `Version` for another format version;
    /// everything of [`Model::check`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::open(ArtifactKind::Model, MAGIC, MODEL_VERSION, bytes)?;
        let flags = r.u8()?;
        let flags = Flags::from_byte(flags).ok_or_else(|| r.error(format!("unknown flags {flags}")))?;
        let model = Self::read(&mut r, flags)?;
        r.finish()?;
        Ok(model)
    }

    /// Who sees the weights; of private ones a verifying key says nothing.
    pub const fn weights_visibility(&self) -> Visibility {
        Visibility::public_if(self.private_weights.is_none())
    }

    /// By what a verifying key knows the model: [`Model::digest`]; where weights are private, that of the model with all
    /// weights and biases 0, so that nobody can test a guess of them.
    pub fn key_digest(&self) -> [u8; codec::DIGEST_BYTES] {
        if self.weights_visibility().is_public() { self.digest() } else { self.without_weights().digest() }
    }

    /// Blake2b-256 of the `.hush` file.
    pub fn digest(&self) -> [u8; codec::DIGEST_BYTES] {
        codec::digest(&self.to_bytes())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
