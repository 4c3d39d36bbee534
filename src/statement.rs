//! What a proof states in public: context, output codes, and input codes when they are public.
//!
//! The instance vector has one value per public row of the circuit, zeros in the gaps, then the context's digest. It is
//! always rebuilt from the codes, so that it has exactly one form.

use blake2::{Blake2b, Digest, digest::consts::U32};
use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};

use crate::{
    circuit::CONTEXT_ROWS,
    error::{Error, Rejection, Result},
    graph::{Ending, Finish, Model, Port},
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

/// The form of a statement: which rows of the instance mean what.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Name, shape and scale of the output.
    pub output: Output,
    /// How output codes are bounded and read.
    pub kind: OutputKind,
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
    /// The statement of a model.
    pub fn new(model: &Model) -> Self {
        let (output, code) = (&model.output, model.public_code());
        Self {
            output: Output {
                port: output.port.clone(),
                zero: output.step.iter().map(|step| -(code.offset as f64) * step).collect(),
                step: output.step.clone(),
                threshold: output.threshold,
                finish: output.finish,
            },
            kind: OutputKind::new(model.ending(), code.bits),
        }
    }

    /// Rows of the output, from the first one on.
    const fn outputs(&self) -> usize {
        self.output.step.len()
    }

    /// Number of values in the instance vector.
    pub const fn instance_len(&self) -> usize {
        self.outputs() + CONTEXT_ROWS
    }

    /// The instance vector.
    ///
    /// # Errors
    /// `Rejected` when the number of codes is wrong or a code has no valid encoding.
    pub fn instance(&self, codes: &PublicCodes, context: &[u8]) -> Result<Vec<Fr>> {
        self.check(codes)?;
        let mut values: Vec<Fr> = codes.output.iter().map(|code| Fr::from(*code)).collect();
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
    pub const fn input_values(&self, _codes: &PublicCodes) -> Vec<f64> {
        Vec::new()
    }

    fn check(&self, codes: &PublicCodes) -> Result<()> {
        let (expected, inputs) = (self.outputs(), 0);
        let got = codes.output.len() + codes.input.len();
        if codes.output.len() != expected || codes.input.len() != inputs {
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
