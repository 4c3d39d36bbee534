//! The integer network that is proved, what it shows to whoever runs, proves or publishes it, and its `.hush` file.
//!
//! Magic `HUSHMODL`, format version, a byte of flags, body, Blake2b-256 digest of all before it.
//! Sizes and integers are LEB128 varints (signed ones in zigzag form), reals are little-endian doubles; a model has
//! exactly one encoding.

use serde::{Deserialize, Serialize};

use super::{Activation, Digits, Finish, Flags, Map, Shape, Sparse, Table, Term, ValueInfo, Visibility};
use crate::{
    codec::{self, Reader, Writer},
    error::{ArtifactKind, Result},
    schema::{Records, Schema},
};

const MAGIC: &[u8; 8] = b"HUSHMODL";

/// Zero points are at most 2^this in magnitude, so that reals hold them and their sums with codes exactly.
pub const ZERO_POINT_BITS: u32 = 48;

/// The format version this build reads and writes.
pub const MODEL_VERSION: u32 = 4;

/// The integer network that is proved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Name of the graph.
    pub name: String,
    /// Limb sizes, the same in the whole circuit.
    pub digits: Digits,
    /// Lanes of the circuit.
    pub lanes: Lanes,
    /// The input.
    pub input: Input,
    /// At least one layer; only the last may be `ArgMax`.
    pub layers: Vec<Layer>,
    /// Tables of elementwise functions.
    pub tables: Vec<Table>,
    /// The public output.
    pub output: Output,
    /// Limbs of a private weight, which a proof shows to fit them; `None` where weights are public.
    pub private_weights: Option<u32>,
}

/// A layer of the integer model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Name of the ONNX node that errors about this layer name.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// Shape of the tensor it makes.
    pub shape: Shape,
    /// At least one.
    pub terms: Vec<Term<i64>>,
    /// One value per channel, or one per value.
    pub bias: Vec<i64>,
    /// What follows.
    pub activation: Activation,
}

impl Layer {
    /// The layer that makes a record of a tensor's codes, its integers: `2^s − 1` times each, and its largest one less
    /// `c = 2^(s−1) − 1`, see [`Activation::Record`].
    pub fn record(schema: &Schema, source: usize, digits: &Digits) -> Self {
        let s = digits.remainder_bits();
        let columns = (0..schema.len()).map(|at| vec![(at as u32, (1 << s) - 1)]).collect();
        let half = (1i64 << (s - 1)) - 1;
        Self {
            node: String::new(),
            op: String::new(),
            shape: Shape::vector(schema.len()),
            terms: vec![Term { source, map: Map::Sparse(Sparse { columns }), negative: None }],
            bias: schema.largest().into_iter().map(|largest| largest.cast_signed() - half).collect(),
            activation: Activation::Record,
        }
    }

    /// Whether its weights are architecture, which private weights do not hide: those that select the factors of products,
    /// and those that copy a record.
    pub fn is_fixed(&self) -> bool {
        matches!(self.activation, Activation::Product { .. } | Activation::Record)
    }

    /// The second factors of a layer of products; none otherwise.
    pub fn times(&self) -> &[Term<i64>] {
        match &self.activation {
            Activation::Product { times } => times,
            _ => &[],
        }
    }

    /// All terms, those of both factors.
    pub fn all_terms(&self) -> impl Iterator<Item = &Term<i64>> {
        self.terms.iter().chain(self.times())
    }
}

/// The input tensor: `code = round(x / scale)`, ties to even, of either sign, magnitude below 2^b; where there are zero
/// points, `code = round(x / scale) + zero_point`, from 0 on; of a value with cuts, the [`rank`](super::rank) of x
/// among them, from 0 to their number. Beside values with cuts, all others have zero points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Name and shape.
    pub value_info: ValueInfo,
    /// Its shape as planes.
    pub shape: Shape,
    /// Width of one code, per channel; 1 where there are cuts.
    pub scale: Vec<f64>,
    /// The code of the value 0, per channel, at most 2^[`ZERO_POINT_BITS`] in magnitude, 0 where there are cuts; empty
    /// where codes have a sign, or all are ranks.
    pub zero_point: Vec<i64>,
    /// Per value increasing numbers, fewer than 2^b, or `None` where its code is the rounded value; empty where all
    /// codes are.
    pub cuts: Vec<Option<Vec<f64>>>,
    /// Per value what stands for a missing one (NaN), see [`Network::missing`](super::Network::missing).
    pub missing: Vec<Option<f64>>,
    /// Who sees the codes.
    pub visibility: Visibility,
    /// What a committed input is records of, whose integers are the codes; `None` for others.
    pub records: Option<Records>,
}

impl Input {
    /// Whether codes may be negative.
    pub const fn is_signed(&self) -> bool {
        self.cuts.is_empty() && self.zero_point.is_empty()
    }

    /// The largest code of each channel of a committed input; none of others.
    pub fn largest(&self) -> Vec<u64> {
        let largest = self.records.as_ref().map_or_else(Vec::new, Records::largest);
        largest.into_iter().step_by(self.shape.plane().max(1)).collect()
    }
}

/// The output tensor: `value = code · scale`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Name and shape.
    pub value_info: ValueInfo,
    /// Value of one code, per channel of the last layer.
    pub scale: Vec<f64>,
    /// What the float network's output was compared with, when the publisher asked for a decision only; several, in
    /// ascending order, where it is the number of those that the output reaches (a band).
    pub thresholds: Vec<f64>,
    /// What the reader of the output applies to it.
    pub finish: Option<Finish>,
    /// What a committed output is a record of, whose integers are the codes; `None` for one that is published.
    pub schema: Option<Schema>,
}

/// What the layout search chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lanes {
    /// Activations in a row.
    pub activations: usize,
    /// Weights in a row.
    pub weights: usize,
}

impl Model {
    /// Whether a layer is a comparison that others read.
    pub fn compares(&self) -> bool {
        let inner = self.layers.split_last().map_or(&[][..], |(_, inner)| inner);
        inner.iter().any(|layer| layer.activation == Activation::Threshold)
    }

    /// Shape of a tensor; tensor 0 is the input.
    pub fn shape(&self, tensor: usize) -> Shape {
        tensor.checked_sub(1).map_or(self.input.shape, |layer| self.layers[layer].shape)
    }

    /// The largest code of each channel, by tensor, of those that are records; none of others.
    pub(crate) fn largest(&self) -> Vec<Vec<u64>> {
        let mut largest = vec![Vec::new(); self.layers.len() + 1];
        if let (Some(last), Some(schema)) = (largest.last_mut(), &self.output.schema) {
            *last = schema.largest();
        }
        largest[0] = self.input.largest();
        largest
    }

    /// Who sees the input codes.
    pub const fn input_visibility(&self) -> Visibility {
        self.input.visibility
    }

    /// Smallest and largest value accepted per element of the input, flat in ONNX order.
    pub fn input_range(&self) -> (Vec<f64>, Vec<f64>) {
        let input = &self.input;
        let top = ((1u64 << self.digits.value_bits()) - 1) as f64;
        let ends = |channel: usize, scale: f64| match input.zero_point.get(channel) {
            Some(zero_point) => (-(*zero_point as f64) * scale, (top - *zero_point as f64) * scale),
            None => (-scale * top, scale * top),
        };
        let channels = input.scale.iter().enumerate().map(|(channel, scale)| ends(channel, *scale));
        let values = channels.flat_map(|ends| std::iter::repeat_n(ends, input.shape.plane()));
        let ranked = |index: usize| matches!(input.cuts.get(index), Some(Some(_)));
        values.enumerate().map(|(index, ends)| if ranked(index) { (f64::MIN, f64::MAX) } else { ends }).unzip()
    }

    /// The real output values on real input values (both flat, ONNX order) by the integers that are proved; a single
    /// index for an argmax.
    ///
    /// # Errors
    /// `InputShape`, `InputValue` (NaN, infinity), `InputRange`, and `ActivationRange` for an inner value.
    pub fn predict(&self, values: &[f64]) -> Result<Vec<f64>> {
        let trace = self.run(self.quantize_input(values)?)?;
        Ok(self.read_outputs(trace.codes.last().map_or(&[], Vec::as_slice)))
    }

    /// The real output values of the last tensor's codes, with what their reader applies.
    pub(crate) fn read_outputs(&self, codes: &[i64]) -> Vec<f64> {
        let mut outputs = self.output_values(codes);
        self.output.finish.iter().for_each(|finish| finish.apply(&mut outputs));
        outputs
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
        let flags = Flags::from_byte(r.u8()?);
        let model = Self::read(&mut r, flags)?;
        r.finish()?;
        Ok(model)
    }

    /// Who sees the weights; of private ones a verifying key says nothing.
    pub const fn weights_visibility(&self) -> Visibility {
        Visibility::public_if(self.private_weights.is_none())
    }

    /// By what a verifying key knows the model: [`Model::digest`]; where weights are private, that of the model with
    /// all weights and biases 0, so that nobody can test a guess of them.
    pub fn key_digest(&self) -> [u8; codec::DIGEST_BYTES] {
        if self.weights_visibility().is_public() { self.digest() } else { self.without_weights().digest() }
    }

    /// Blake2b-256 of the `.hush` file.
    pub fn digest(&self) -> [u8; codec::DIGEST_BYTES] {
        codec::digest(&self.to_bytes())
    }
}

#[cfg(test)]
mod tests;
