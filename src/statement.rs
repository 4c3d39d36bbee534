//! What a proof states in public: context, output codes, and input codes when they are public.
//!
//! The instance vector has one value per public row of the circuit, zeros in the gaps, then the context's digest. It is
//! always rebuilt from the codes, so that it has exactly one form.

use blake2::{Blake2b, Digest, digest::consts::U32};
use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};

use crate::{
    circuit::{
        CONTEXT_ROWS, Layout,
        chain::{self, PublicOutput},
    },
    error::{ArtifactKind, Error, Rejection, Result},
    graph::{self, Ending, Model, Part, Port, chain::Input},
};

/// Longest context, in bytes.
pub const MAX_CONTEXT_BYTES: usize = 1024;

/// Public codes of one proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicCodes {
    /// Output codes, one per element of the last layer.
    pub output: Vec<u64>,
    /// Input codes; empty unless the input is public.
    pub input: Vec<u64>,
}

/// Rows of a public tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// Row of the first element.
    pub first: usize,
    /// Number of elements.
    pub elements: usize,
    /// Rows per element.
    pub span: usize,
}

impl Rows {
    const fn end(&self) -> usize {
        self.first + self.elements * self.span
    }
}

/// The output tensor and how its public codes are read: `value = zero + code · step`.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Name and shape.
    pub port: Port,
    /// Value of code 0, per element of the last layer.
    pub zero: Vec<f64>,
    /// Value of one code, per element of the last layer.
    pub step: Vec<f64>,
    /// What the float network's output was compared with, when the publisher asked for a decision only.
    pub threshold: Option<f64>,
    /// The values that are arguments of a softmax, which the reader applies.
    pub softmax: Option<Part>,
}

/// The form of a statement: which rows of the instance mean what.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Name, shape and scale of the output.
    pub output: Output,
    /// Rows of the output.
    pub output_rows: Rows,
    /// How output codes are bounded and read.
    pub kind: OutputKind,
    /// The input, when it is public.
    pub input: Option<(Input, Rows)>,
}

/// How output codes are bounded and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// Codes below 2^bits, each a value on a scale.
    Scale {
        /// Bits of a code.
        bits: u32,
    },
    /// Bits, each a decision.
    Decision,
    /// Ones then zeros; their number is the index.
    Index,
}

impl OutputKind {
    const fn new(ending: Ending, bits: u32) -> Self {
        match ending {
            Ending::Values => Self::Scale { bits },
            Ending::Threshold => Self::Decision,
            Ending::ArgMax => Self::Index,
        }
    }
}

impl Statement {
    /// The statement of a model in its layout.
    ///
    /// # Errors
    /// `Artifact` for the layout of another model.
    pub fn new(model: &Model, layout: &Layout) -> Result<Self> {
        match (model, layout) {
            (Model::Chain(chain), Layout::Chain(layout)) => Ok(Self::of_chain(chain, layout, model.ending())),
            (Model::Planar(planar), Layout::Planar(_)) => Ok(Self::of_planar(planar, model.ending())),
            _ => Err(Error::artifact(ArtifactKind::Model, "not the model that the layout was made of")),
        }
    }

    fn of_chain(model: &graph::chain::Model, layout: &chain::Layout, ending: Ending) -> Self {
        let rows = |block: &chain::Block| Rows { first: block.first_row, elements: block.elements, span: block.span };
        let bits = match (layout.params.output, layout.params.segments) {
            (PublicOutput::Segments, Some((bits, _))) => bits,
            _ => model.digits.value_bits(),
        };
        let output = &model.output;
        Self {
            output: Output {
                port: output.port.clone(),
                zero: output.zero.clone(),
                step: output.step.clone(),
                threshold: output.threshold,
                softmax: None,
            },
            output_rows: rows(layout.block_of(model.layers.len().checked_sub(1))),
            kind: OutputKind::new(ending, bits),
            input: model.input.public.then(|| (model.input.clone(), rows(layout.block_of(None)))),
        }
    }

    fn of_planar(model: &graph::planar::Model, ending: Ending) -> Self {
        let (output, code) = (&model.output, model.public_code());
        Self {
            output: Output {
                port: output.port.clone(),
                zero: output.step.iter().map(|step| -(code.offset as f64) * step).collect(),
                step: output.step.clone(),
                threshold: output.threshold,
                softmax: output.softmax,
            },
            output_rows: Rows { first: 0, elements: output.step.len(), span: 1 },
            kind: OutputKind::new(ending, code.bits),
            input: None,
        }
    }

    /// Number of values in the instance vector.
    pub fn instance_len(&self) -> usize {
        let input = self.input.as_ref().map_or(0, |(_, rows)| rows.end());
        self.output_rows.end().max(input) + CONTEXT_ROWS
    }

    /// The instance vector.
    ///
    /// # Errors
    /// `Rejected` when the number of codes is wrong or a code has no valid encoding.
    pub fn instance(&self, codes: &PublicCodes, context: &[u8]) -> Result<Vec<Fr>> {
        self.check(codes)?;
        let mut values = vec![Fr::ZERO; self.instance_len() - CONTEXT_ROWS];
        let mut put = |rows: &Rows, codes: &[u64]| {
            for (element, code) in codes.iter().enumerate() {
                values[rows.first + element * rows.span] = Fr::from(*code);
            }
        };
        put(&self.output_rows, &codes.output);
        if let Some((_, rows)) = &self.input {
            put(rows, &codes.input);
        }
        values.extend(context_digest(context)?);
        Ok(values)
    }

    /// The real values that output codes stand for, after the softmax if there is one; a single index for an argmax.
    pub fn output_values(&self, codes: &PublicCodes) -> Vec<f64> {
        if self.kind == OutputKind::Index {
            return vec![codes.output.iter().sum::<u64>() as f64];
        }
        let scales = self.output.zero.iter().zip(&self.output.step);
        let values = codes.output.iter().zip(scales).map(|(code, (zero, step))| zero + *code as f64 * step);
        let mut values: Vec<f64> = values.collect();
        if let Some(part) = self.output.softmax {
            part.apply(&mut values);
        }
        values
    }

    /// The real values that public input codes stand for.
    pub fn input_values(&self, codes: &PublicCodes) -> Vec<f64> {
        let Some((input, _)) = &self.input else { return Vec::new() };
        let scales = input.min.iter().zip(&input.step);
        codes.input.iter().zip(scales).map(|(code, (min, step))| min + *code as f64 * step).collect()
    }

    fn check(&self, codes: &PublicCodes) -> Result<()> {
        let inputs = self.input.as_ref().map_or(0, |(_, rows)| rows.elements);
        let expected = self.output_rows.elements + inputs;
        let got = codes.output.len() + codes.input.len();
        if codes.output.len() != self.output_rows.elements || codes.input.len() != inputs {
            return Err(Error::Rejected(Rejection::InstanceLength { expected, got }));
        }
        let limit = match self.kind {
            OutputKind::Scale { bits } => 1 << bits,
            OutputKind::Decision | OutputKind::Index => 2,
        };
        let falling = self.kind != OutputKind::Index || codes.output.is_sorted_by(|a, b| a >= b);
        if falling && codes.output.iter().all(|code| *code < limit) {
            Ok(())
        } else {
            Err(Error::Rejected(Rejection::Output))
        }
    }
}

/// Blake2b-256 of the context under a domain tag, as two field elements of 128 bits.
///
/// # Errors
/// `Option` when the context is longer than [`MAX_CONTEXT_BYTES`].
pub fn context_digest(context: &[u8]) -> Result<[Fr; CONTEXT_ROWS]> {
    if context.len() > MAX_CONTEXT_BYTES {
        let reason = format!("{} bytes, at most {MAX_CONTEXT_BYTES} are allowed", context.len());
        return Err(Error::Option { option: "context", reason });
    }
    let digest: [u8; 32] =
        Blake2b::<U32>::new().chain_update(b"hushproof context 1").chain_update(context).finalize().into();
    let half =
        |bytes: &[u8]| bytes.iter().rev().fold(Fr::ZERO, |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)));
    Ok([half(&digest[..16]), half(&digest[16..])])
}
