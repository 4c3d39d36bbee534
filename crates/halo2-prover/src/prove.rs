//! The protocol: what is committed, drawn and written, in the stock prover's order.

use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::{self, G1Affine};
use hushproof_bn254::Fr;
use rand_core::RngCore;
use rayon::prelude::*;

use crate::control::{Control, Stage};
use crate::error::ProveError;
use crate::key::{Prover, to_coefficients};
use crate::openings::{self, Query};
use crate::permutation;
use crate::polynomial::{combine, evaluate};
use crate::program::{Inputs, Source};
use crate::quotient::{self, Columns};
use crate::randomness::{RandomRows, Randomness};
use crate::srs::Srs;
use crate::witness::{Challenges, FullColumn, Witness};

/// Columns committed between two reports.
const BATCH: usize = 8;

/// The advice columns after both phases.
struct Advice {
    /// Values of the columns that take part in the permutation.
    values: Vec<Option<Vec<Fr>>>,
    /// Coefficients of all.
    coefficients: Vec<Vec<Fr>>,
    random_rows: RandomRows,
    challenges: Vec<Fr>,
}

impl Prover {
    /// Makes a proof and writes it to `transcript`, the stock library's Blake2b or any other.
    ///
    /// `instances` are the public values of each instance column. For the same random values the proof is that of the
    /// stock `create_proof` for KZG with SHPLONK. Whether the witness satisfies the circuit is not checked: if it
    /// doesn't, the verifier rejects the proof. Gives the random rows of the advice columns.
    ///
    /// # Errors
    /// [`ProveError`]; what was written to the transcript until then is no proof.
    pub fn prove<E, T, R>(
        &self,
        srs: &Srs,
        instances: &[&[bn256::Fr]],
        witness: &mut dyn Witness,
        mut randomness: Randomness<R>,
        control: &Control<'_>,
        transcript: &mut T,
    ) -> Result<RandomRows, ProveError>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
        R: RngCore,
    {
        if srs.k() != self.k() {
            return Err(ProveError::SrsSize { key: self.k(), srs: srs.k() });
        }
        let instance_values = self.instance_values(instances)?;
        let size = self.domain.size();
        let squeeze = |transcript: &mut T| -> Fr { (*transcript.squeeze_challenge_scalar::<()>()).into() };

        transcript.common_scalar(self.transcript_repr)?;
        for value in instances.iter().copied().flatten() {
            transcript.common_scalar(*value)?;
        }
        let mut advice = self.commit_advice(srs, witness, &mut randomness, control, transcript)?;

        // theta, of the look-ups.
        squeeze(transcript);
        let (beta, gamma) = (squeeze(transcript), squeeze(transcript));
        control.step(Stage::Permutation, 0, 2)?;
        let products = {
            let values: Vec<_> = self
                .permutation
                .columns
                .iter()
                .map(|column| match *column {
                    Source::Advice(index) => advice.values[index].as_deref(),
                    Source::Fixed(index) => self.permutation.fixed_values[index].as_deref(),
                    Source::Instance(index) => Some(instance_values[index].as_slice()),
                    _ => None,
                })
                .map(Option::unwrap_or_default)
                .collect();
            let challenges = permutation::Challenges { beta, gamma, omega: self.domain.omega() };
            permutation::products(&self.permutation, &values, self.usable_rows(), &challenges)
        };
        advice.values.clear();
        let products = self.commit_products(srs, products, &mut randomness, control, transcript)?;

        control.step(Stage::Random, 0, 1)?;
        let random = randomness.polynomial(size)?;
        randomness.skip_blinds(1);
        write_commitments(srs, &[&random], transcript)?;
        let y = squeeze(transcript);
        control.step(Stage::Random, 1, 1)?;

        let instance = to_coefficients(&self.domain, &instance_values)?;
        drop(instance_values);
        let columns = Columns { advice: &advice.coefficients, instance: &instance, products: &products };
        let inputs = Inputs { challenges: &advice.challenges, beta, gamma, y };
        let pieces = quotient::pieces(self, &columns, &inputs, control)?;

        control.step(Stage::QuotientCommitment, 0, 1)?;
        randomness.skip_blinds(pieces.len());
        write_commitments(srs, &pieces.iter().map(Vec::as_slice).collect::<Vec<_>>(), transcript)?;
        control.step(Stage::QuotientCommitment, 1, 1)?;

        control.step(Stage::Evaluations, 0, 1)?;
        let x = squeeze(transcript);
        let xn = x.pow(&[size as u64]);
        let terms: Vec<_> = xn.powers(pieces.len()).zip(pieces.iter().map(Vec::as_slice)).collect();
        let quotient = combine(&terms, size);
        drop(terms);
        drop(pieces);
        let opened = Opened { prover: self, x };
        let polynomials: Vec<&[Fr]> = advice
            .coefficients
            .iter()
            .chain(&products)
            .chain(self.fixed.iter().map(|column| &column.coefficients))
            .chain(&self.permutation.sigmas)
            .chain([&quotient, &random])
            .map(Vec::as_slice)
            .collect();
        let evaluate_all = |queries: Vec<Query>| -> Vec<Fr> {
            queries.par_iter().map(|query| evaluate(polynomials[query.polynomial], query.point)).collect()
        };
        for value in evaluate_all(opened.written()) {
            transcript.write_scalar(value.into())?;
        }
        control.step(Stage::Evaluations, 1, 1)?;
        openings::prove(srs, size, &polynomials, &opened.proved(), control, transcript)?;
        Ok(advice.random_rows)
    }

    /// The instance columns with zeros in all further rows.
    fn instance_values(&self, instances: &[&[bn256::Fr]]) -> Result<Vec<Vec<Fr>>, ProveError> {
        if instances.len() != self.instance_columns {
            return Err(ProveError::InstanceColumns { expected: self.instance_columns, got: instances.len() });
        }
        let column = |(column, values): (usize, &&[bn256::Fr])| {
            let (limit, got) = (self.usable_rows(), values.len());
            if got > limit {
                return Err(ProveError::InstanceLength { column, limit, got });
            }
            let mut column: Vec<_> = values.iter().map(|value| Fr::from(*value)).collect();
            column.resize(self.domain.size(), Fr::ZERO);
            Ok(column)
        };
        instances.iter().enumerate().map(column).collect()
    }

    /// Commits the advice columns of each phase and obtains the challenges after it.
    fn commit_advice<E, T, R>(
        &self,
        srs: &Srs,
        witness: &mut dyn Witness,
        randomness: &mut Randomness<R>,
        control: &Control<'_>,
        transcript: &mut T,
    ) -> Result<Advice, ProveError>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
        R: RngCore,
    {
        let columns = self.advice_phases.len();
        let mut challenges = Challenges(vec![None; self.challenge_phases.len()]);
        let mut values = vec![None; columns];
        let mut coefficients = vec![Vec::new(); columns];
        let mut random_rows = RandomRows(vec![Vec::new(); columns]);
        for phase in 0..self.phases {
            let stage = Stage::Witness { phase };
            control.step(stage, 0, 1)?;
            let of_phase: Vec<_> = (0..columns).filter(|column| self.advice_phases[*column] == phase).collect();
            let given = witness.phase(phase, &challenges).map_err(ProveError::Witness)?;
            if given.len() != of_phase.len() {
                return Err(ProveError::WitnessColumns { phase, expected: of_phase.len(), got: given.len() });
            }
            let complete = of_phase.iter().zip(given).map(|(column, values)| {
                random_rows.0[*column] = randomness.elements(self.random_rows());
                FullColumn::new(*column, self.usable_rows(), values, random_rows.0[*column].clone())
            });
            let mut full = complete.collect::<Result<Vec<_>, _>>()?;
            randomness.skip_blinds(full.len());

            // Each batch is committed and then transformed, so that integers become field elements late.
            let mut indices = of_phase.as_slice();
            let mut commitments = Vec::with_capacity(full.len());
            while !full.is_empty() {
                control.step(stage, commitments.len(), of_phase.len())?;
                let batch: Vec<_> = full.drain(..full.len().min(BATCH)).collect();
                let (now, later) = indices.split_at(batch.len());
                indices = later;
                let scalars: Vec<_> = batch.iter().map(FullColumn::scalars).collect();
                commitments.extend(srs.commit_columns(&scalars, self.random_rows())?);
                drop(scalars);
                let batch: Vec<_> = batch.into_iter().map(FullColumn::into_values).collect();
                let transformed = to_coefficients(&self.domain, &batch)?;
                for ((column, column_values), column_coefficients) in now.iter().zip(batch).zip(transformed) {
                    coefficients[*column] = column_coefficients;
                    let permuted = self.permutation.columns.contains(&Source::Advice(*column));
                    values[*column] = permuted.then_some(column_values);
                }
            }
            for commitment in commitments {
                transcript.write_point(commitment)?;
            }
            for (challenge, of) in challenges.0.iter_mut().zip(&self.challenge_phases) {
                if *of == phase {
                    *challenge = Some((*transcript.squeeze_challenge_scalar::<()>()).into());
                }
            }
            control.step(stage, 1, 1)?;
        }
        let challenges = challenges.0.into_iter().map(Option::unwrap_or_default).collect();
        Ok(Advice { values, coefficients, random_rows, challenges })
    }

    /// Completes the running products by random rows and commits them; returns their coefficients.
    fn commit_products<E, T, R>(
        &self,
        srs: &Srs,
        mut products: Vec<Vec<Fr>>,
        randomness: &mut Randomness<R>,
        control: &Control<'_>,
        transcript: &mut T,
    ) -> Result<Vec<Vec<Fr>>, ProveError>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
        R: RngCore,
    {
        for product in &mut products {
            product.extend(randomness.elements(self.blinding_factors));
            randomness.skip_blinds(1);
        }
        control.step(Stage::Permutation, 1, 2)?;
        let scalars: Vec<_> = products.iter().map(|product| hushproof_bn254::msm::Column::dense(product)).collect();
        for commitment in srs.commit_columns(&scalars, self.blinding_factors)? {
            transcript.write_point(commitment)?;
        }
        let coefficients = to_coefficients(&self.domain, &products)?;
        control.step(Stage::Permutation, 2, 2)?;
        Ok(coefficients)
    }
}

/// The evaluations of a proof. Polynomials are numbered: advice, products, fixed, sigmas, quotient, random.
struct Opened<'a> {
    prover: &'a Prover,
    x: Fr,
}

impl Opened<'_> {
    fn query(&self, polynomial: usize, rotation: i32) -> Query {
        let omega = self.prover.domain.omega();
        // The generator's order is the number of rows.
        let exponent = i64::from(rotation).rem_euclid(self.prover.domain.size() as i64) as u64;
        Query { polynomial, point: self.x * omega.pow(&[exponent]) }
    }

    fn products(&self) -> std::ops::Range<usize> {
        let first = self.prover.advice_phases.len();
        first..first + self.prover.permutation.sets()
    }

    fn fixed(&self) -> usize {
        self.products().end
    }

    fn sigmas(&self) -> std::ops::Range<usize> {
        let first = self.fixed() + self.prover.fixed.len();
        first..first + self.prover.permutation.sigmas.len()
    }

    fn quotient(&self) -> usize {
        self.sigmas().end
    }

    /// Back from the first row to the last usable one.
    fn last_row(&self) -> i32 {
        -(self.prover.random_rows() as i32)
    }

    fn advice_queries(&self) -> impl Iterator<Item = Query> {
        self.prover.advice_queries.iter().map(|(column, rotation)| self.query(*column, *rotation))
    }

    fn fixed_queries(&self) -> impl Iterator<Item = Query> {
        self.prover.fixed_queries.iter().map(|(column, rotation)| self.query(self.fixed() + *column, *rotation))
    }

    /// The evaluations in the order in which they are written. That of the quotient is not, as the verifier computes
    /// it.
    fn written(&self) -> Vec<Query> {
        let mut queries: Vec<_> = self.advice_queries().chain(self.fixed_queries()).collect();
        queries.push(self.query(self.quotient() + 1, 0));
        queries.extend(self.sigmas().map(|sigma| self.query(sigma, 0)));
        for product in self.products() {
            queries.extend([self.query(product, 0), self.query(product, 1)]);
            if product + 1 < self.products().end {
                queries.push(self.query(product, self.last_row()));
            }
        }
        queries
    }

    /// The evaluations in the order of their proof.
    fn proved(&self) -> Vec<Query> {
        let mut queries: Vec<_> = self.advice_queries().collect();
        queries.extend(self.products().flat_map(|product| [self.query(product, 0), self.query(product, 1)]));
        queries.extend(self.products().rev().skip(1).map(|product| self.query(product, self.last_row())));
        queries.extend(self.fixed_queries());
        queries.extend(self.sigmas().map(|sigma| self.query(sigma, 0)));
        queries.extend([self.query(self.quotient(), 0), self.query(self.quotient() + 1, 0)]);
        queries
    }
}

fn write_commitments<E: EncodedChallenge<G1Affine>, T: TranscriptWrite<G1Affine, E>>(
    srs: &Srs,
    polynomials: &[&[Fr]],
    transcript: &mut T,
) -> Result<(), ProveError> {
    for commitment in srs.commit(polynomials)? {
        transcript.write_point(commitment)?;
    }
    Ok(())
}
