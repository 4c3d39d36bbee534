//! What a proof states in public: context, output codes, and input codes when they are public.
//!
//! The instance vector has one value per public row of the circuit, zeros in the gaps, then the context's digest. A row of a
//! public input holds the codes of its lanes, each in bits of its own. It is always rebuilt from the codes, so that it has
//! exactly one form.

use blake2::{Blake2b, Digest, digest::consts::U32};
use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};

use crate::{
    circuit::{CONTEXT_ROWS, Grid, Layout},
    error::{Error, Rejection, Result},
    graph::{Ending, Finish, Model, Port, PublicCode},
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
    /// What the reader applies to the values.
    pub finish: Option<Finish>,
}

/// A public input and how its codes are read: `value = zero + (code − offset) · step`.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicInput {
    /// Name and shape.
    pub port: Port,
    /// Value where code and offset are equal, per channel.
    pub zero: Vec<f64>,
    /// Value of one code, per channel; of ranks 1.
    pub step: Vec<f64>,
    /// Bits and offset of the codes.
    pub code: PublicCode,
    /// Where the elements stand.
    pub grid: Grid,
}

impl PublicInput {
    /// The values of its rows, from the grid's first one on.
    pub(crate) fn rows(&self, codes: &[u64]) -> Vec<Fr> {
        let lane = Fr::from(2).pow([u64::from(self.code.bits)]);
        let lanes = std::iter::successors(Some(Fr::ONE), |power| Some(power * lane));
        let lanes: Vec<Fr> = lanes.take(self.grid.lanes).collect();
        let mut rows = vec![Fr::ZERO; self.grid.end() - self.grid.first];
        for ((row, lane), code) in self.grid.cells().zip(codes) {
            rows[row - self.grid.first] += lanes[lane] * Fr::from(*code);
        }
        rows
    }

    fn values(&self, codes: &[u64]) -> Vec<f64> {
        let planes = self.zero.iter().zip(&self.step).zip(codes.chunks(self.grid.shape.plane()));
        let value = |zero: f64, step: f64, code: u64| zero + (code as i64 - self.code.offset) as f64 * step;
        planes.flat_map(|((zero, step), codes)| codes.iter().map(move |code| value(*zero, *step, *code))).collect()
    }
}

/// The form of a statement: which rows of the instance mean what.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Name, shape and scale of the output.
    pub output: Output,
    /// How output codes are bounded and read.
    pub kind: OutputKind,
    /// The input, when it is public.
    pub input: Option<PublicInput>,
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
    pub fn new(model: &Model, layout: &Layout) -> Self {
        let (output, code) = (&model.output, model.public_code());
        let zero =
            if model.input.zero.is_empty() { vec![0.0; model.input.step.len()] } else { model.input.zero.clone() };
        Self {
            output: Output {
                port: output.port.clone(),
                zero: output.step.iter().map(|step| -(code.offset as f64) * step).collect(),
                step: output.step.clone(),
                threshold: output.threshold,
                finish: output.finish,
            },
            kind: OutputKind::new(model.ending(), code.bits),
            input: layout.public_input().map(|grid| PublicInput {
                port: model.input.port.clone(),
                zero,
                step: model.input.step.clone(),
                code: model.input_code(),
                grid,
            }),
        }
    }

    /// Rows of the output, from the first one on.
    pub(crate) const fn outputs(&self) -> usize {
        self.output.step.len()
    }

    /// Number of values in the instance vector.
    pub fn instance_len(&self) -> usize {
        let input = self.input.as_ref().map_or(0, |input| input.grid.end());
        self.outputs().max(input) + CONTEXT_ROWS
    }

    /// The instance vector.
    ///
    /// # Errors
    /// `Rejected` when the number of codes is wrong or a code has no valid encoding.
    pub fn instance(&self, codes: &PublicCodes, context: &[u8]) -> Result<Vec<Fr>> {
        self.check(codes)?;
        let mut values = vec![Fr::ZERO; self.instance_len() - CONTEXT_ROWS];
        for (value, code) in values.iter_mut().zip(&codes.output) {
            *value = Fr::from(*code);
        }
        if let Some(input) = &self.input {
            let (first, end) = (input.grid.first, input.grid.end());
            values[first..end].copy_from_slice(&input.rows(&codes.input));
        }
        values.extend(context_digest(context)?);
        Ok(values)
    }

    /// The real values that output codes stand for, after what their reader applies; a single index for an argmax.
    pub fn output_values(&self, codes: &PublicCodes) -> Vec<f64> {
        if self.kind == OutputKind::Index {
            return vec![codes.output.iter().sum::<u64>() as f64];
        }
        let scales = self.output.zero.iter().zip(&self.output.step);
        let values = codes.output.iter().zip(scales).map(|(code, (zero, step))| zero + *code as f64 * step);
        let mut values: Vec<f64> = values.collect();
        if let Some(finish) = self.output.finish {
            finish.apply(&mut values);
        }
        values
    }

    /// The real values that public input codes stand for.
    pub fn input_values(&self, codes: &PublicCodes) -> Vec<f64> {
        self.input.as_ref().map_or_else(Vec::new, |input| input.values(&codes.input))
    }

    fn check(&self, codes: &PublicCodes) -> Result<()> {
        let inputs = self.input.as_ref().map_or(0, |input| input.grid.shape.len());
        let expected = self.outputs() + inputs;
        let got = codes.output.len() + codes.input.len();
        if codes.output.len() != self.outputs() || codes.input.len() != inputs {
            return Err(Error::Rejected(Rejection::InstanceLength { expected, got }));
        }
        let fits = |input: &PublicInput| codes.input.iter().all(|code| code >> input.code.bits == 0);
        if !self.input.as_ref().is_none_or(fits) {
            return Err(Error::Rejected(Rejection::Input));
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
