//! What a proof states in public: context, output codes or a commitment to them, and input codes or commitments to them
//! when they are public or committed to.
//!
//! The instance vector has one value per public row of the circuit, zeros in the gaps, then the binding's digest. A row
//! of a public input holds the codes of its lanes, each in bits of its own. It is always rebuilt from the codes, so
//! that it has exactly one form.

use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};

use crate::{
    circuit::{CONTEXT_ROWS, Grid, Layout, Witness},
    codec::DIGEST_BYTES,
    commitment::Commitment,
    error::{Error, Rejection, Result},
    field::halves,
    graph::{Finish, Model, OutputEncoding, PublicCode, ValueInfo},
    schema::{Records, Schema},
};

/// Longest context, in bytes.
pub const MAX_CONTEXT_BYTES: usize = 1024;

/// Public codes of one proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicCodes {
    /// Output codes, one per element of the last layer; empty where the output is committed to.
    pub output: Vec<u64>,
    /// Input codes; empty unless the input is public.
    pub input: Vec<u64>,
    /// The commitments to the records of the input, in their order; empty unless it is committed to.
    pub commitments: Vec<Fr>,
    /// The commitment to the output; `None` unless it is committed to.
    pub output_commitment: Option<Fr>,
}

impl PublicCodes {
    /// All that a proof of an evaluation shows.
    ///
    /// # Errors
    /// As [`Witness::published`].
    pub fn new(model: &Model, layout: &Layout, witness: &Witness) -> Result<Self> {
        let [output, input] = witness.published(model)?;
        let mut commitments = witness.commitments(layout);
        let output_commitment = if model.output.schema.is_some() { commitments.pop() } else { None };
        Ok(Self { output, input, commitments, output_commitment })
    }
}

/// The output tensor and how its public codes are read.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicOutput {
    /// Name and shape.
    pub value_info: ValueInfo,
    /// Value of one code, per element of the last layer.
    pub scale: Vec<f64>,
    /// How codes are bounded and read.
    pub encoding: OutputEncoding,
    /// What the float network's output was compared with, when the publisher asked for a decision only; several where it
    /// is the number of those that the output reaches.
    pub thresholds: Vec<f64>,
    /// What the reader applies to the values.
    pub finish: Option<Finish>,
}

/// A public input and how its codes are read: `value = scale · (code − zero_point)`.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicInput {
    /// Name and shape.
    pub value_info: ValueInfo,
    /// Value of one code, per channel; of ranks 1.
    pub scale: Vec<f64>,
    /// The code of the value 0, per channel.
    pub zero_point: Vec<i64>,
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
        let planes = self.zero_point.iter().zip(&self.scale).zip(codes.chunks(self.grid.shape.plane()));
        let value = |zero_point: i64, scale: f64, code: u64| code.cast_signed().wrapping_sub(zero_point) as f64 * scale;
        planes.flat_map(|((zero, scale), codes)| codes.iter().map(move |code| value(*zero, *scale, *code))).collect()
    }
}

/// A record that is committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommittedRecord {
    /// The schema's digest.
    pub schema: [u8; DIGEST_BYTES],
    /// The row of the commitment.
    pub row: usize,
}

/// The form of a statement: which rows of the instance mean what.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The output.
    pub output: PublicOutput,
    /// The input, when it is public.
    pub input: Option<PublicInput>,
    /// The records that the input is committed to as, when it is.
    pub records: Vec<CommittedRecord>,
    /// The record that the output is committed to as, when it is.
    pub output_record: Option<CommittedRecord>,
}

impl Statement {
    /// The statement of a model in its layout.
    ///
    /// # Errors
    /// As [`Schema::digest`](crate::schema::Schema::digest).
    pub fn new(model: &Model, layout: &Layout) -> Result<Self> {
        let (input, output, code) = (&model.input, &model.output, model.input_code());
        let zero_point =
            if input.zero_point.is_empty() { vec![code.offset; input.scale.len()] } else { input.zero_point.clone() };
        let schemas = input.records.as_ref().map_or(&[][..], Records::schemas);
        let committed = |(schema, row): (&Schema, usize)| Ok(CommittedRecord { schema: schema.digest()?, row });
        let all = schemas.iter().chain(&output.schema).zip(layout.commitment_rows()).map(committed);
        let mut records = all.collect::<Result<Vec<_>>>()?;
        let output_record = if output.schema.is_some() { records.pop() } else { None };
        Ok(Self {
            output: PublicOutput {
                value_info: output.value_info.clone(),
                scale: output.scale.clone(),
                encoding: model.output_encoding(),
                thresholds: output.thresholds.clone(),
                finish: output.finish,
            },
            input: layout.public_input().map(|grid| PublicInput {
                // Codes of names are ranks.
                value_info: ValueInfo::new(input.value_info.name.clone(), input.value_info.shape.clone()),
                scale: input.scale.clone(),
                zero_point,
                code,
                grid,
            }),
            records,
            output_record,
        })
    }

    /// Rows of the output, from the first one on.
    pub(crate) const fn outputs(&self) -> usize {
        if self.output_record.is_some() { 0 } else { self.output.scale.len() }
    }

    /// All records, those of the input first.
    pub(crate) fn committed(&self) -> impl Iterator<Item = &CommittedRecord> {
        self.records.iter().chain(&self.output_record)
    }

    /// Number of values in the instance vector.
    pub fn instance_len(&self) -> usize {
        let input = self.input.as_ref().map_or(0, |input| input.grid.end());
        let committed = self.committed().map(|committed| committed.row + 1).max().unwrap_or(0);
        self.outputs().max(input).max(committed) + CONTEXT_ROWS
    }

    /// The instance vector; `binding` is the digest of all that a proof is bound to beside its codes
    /// (`prove::Transcript::binding`).
    ///
    /// # Errors
    /// `Rejected` when the number of codes is wrong or a code has no valid encoding.
    pub fn instance(&self, codes: &PublicCodes, binding: &[u8; 32]) -> Result<Vec<Fr>> {
        self.check(codes)?;
        let mut values = vec![Fr::ZERO; self.instance_len() - CONTEXT_ROWS];
        for (value, code) in values.iter_mut().zip(&codes.output) {
            *value = Fr::from(*code);
        }
        if let Some(input) = &self.input {
            let (first, end) = (input.grid.first, input.grid.end());
            values[first..end].copy_from_slice(&input.rows(&codes.input));
        }
        for (committed, commitment) in self.committed().zip(codes.commitments.iter().chain(&codes.output_commitment)) {
            values[committed.row] = *commitment;
        }
        values.extend(halves(binding));
        Ok(values)
    }

    /// The real values that output codes stand for, after what their reader applies; a single index for an argmax.
    pub fn output_values(&self, codes: &PublicCodes) -> Vec<f64> {
        let mut values = self.output.encoding.decode(&codes.output, &self.output.scale);
        if let Some(finish) = self.output.finish {
            finish.apply(&mut values);
        }
        values
    }

    /// The real values that public input codes stand for.
    pub fn input_values(&self, codes: &PublicCodes) -> Vec<f64> {
        self.input.as_ref().map_or_else(Vec::new, |input| input.values(&codes.input))
    }

    /// The digest of the schema of an input that is one record; `None` for other inputs.
    pub fn schema(&self) -> Option<&[u8; DIGEST_BYTES]> {
        match self.records.as_slice() {
            [record] => Some(&record.schema),
            _ => None,
        }
    }

    /// The commitment to an input that is one record; `None` for other inputs.
    pub fn commitment(&self, codes: &PublicCodes) -> Option<Commitment> {
        match self.commitments(codes).as_slice() {
            [commitment] => Some(*commitment),
            _ => None,
        }
    }

    /// The commitments to the records of the input, in their order.
    pub fn commitments(&self, codes: &PublicCodes) -> Vec<Commitment> {
        let of = |(record, value): (&CommittedRecord, &Fr)| Commitment { schema: record.schema, value: *value };
        self.records.iter().zip(&codes.commitments).map(of).collect()
    }

    /// The commitment to the output; `None` where its values are published.
    pub fn output_commitment(&self, codes: &PublicCodes) -> Option<Commitment> {
        Some(Commitment { schema: self.output_record?.schema, value: codes.output_commitment? })
    }

    fn check(&self, codes: &PublicCodes) -> Result<()> {
        let inputs = self.input.as_ref().map_or(0, |input| input.grid.shape.len());
        let expected = self.outputs() + inputs;
        let got = codes.output.len() + codes.input.len();
        if codes.output.len() != self.outputs() || codes.input.len() != inputs {
            return Err(Error::Rejected(Rejection::InstanceLength { expected, got }));
        }
        let records = codes.commitments.len() == self.records.len();
        if !records || codes.output_commitment.is_some() != self.output_record.is_some() {
            return Err(Error::Rejected(Rejection::Commitment));
        }
        let fits = |input: &PublicInput| codes.input.iter().all(|code| code >> input.code.bits == 0);
        if !self.input.as_ref().is_none_or(fits) {
            return Err(Error::Rejected(Rejection::Input));
        }
        if self.output.encoding.is_valid(&codes.output) { Ok(()) } else { Err(Error::Rejected(Rejection::Output)) }
    }
}
