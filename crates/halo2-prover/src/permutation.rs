//! The running products of the permutation argument.

use halo2curves::bn256;
use halo2curves::ff::PrimeField;
use hushproof_bn254::{Fr, slices};
use rayon::prelude::*;

use crate::key::Permutation;

/// Rows of a piece of parallel work.
const CHUNK: usize = 1 << 10;

/// The challenges of the argument, and the generator of the rows' values.
pub(crate) struct Challenges {
    pub(crate) beta: Fr,
    pub(crate) gamma: Fr,
    pub(crate) omega: Fr,
}

/// The running product of each set of columns in rows 0 to `usable_rows` inclusive: each starts with the last value
/// of the one before, the first with 1. `values` are those of the permuted columns.
pub(crate) fn products(
    permutation: &Permutation,
    values: &[&[Fr]],
    usable_rows: usize,
    challenges: &Challenges,
) -> Vec<Vec<Fr>> {
    let mut last = Fr::ONE;
    let mut delta_power = Fr::ONE;
    let sets = values.chunks(permutation.set_size).zip(permutation.sigma_values.chunks(permutation.set_size));
    sets.map(|(values, sigmas)| {
        let mut product = vec![Fr::ZERO; usable_rows + 1];
        product[0] = last;
        let totals = fractions(&mut product[1..], values, sigmas, delta_power, challenges);
        delta_power *= delta().pow(&[values.len() as u64]);
        let mut factors = Vec::with_capacity(totals.len());
        for total in totals {
            factors.push(last);
            last *= total;
        }
        product[1..].par_chunks_mut(CHUNK).zip(factors).for_each(|(chunk, factor)| {
            if factor != Fr::ONE {
                let old = chunk.to_vec();
                slices::mul_scalar(chunk, &old, factor);
            }
        });
        product
    })
    .collect()
}

/// For each chunk of rows the running products within the chunk of
/// product over j of (v_j + delta^j w^row beta + gamma) / (v_j + sigma_j beta + gamma), and their last values.
fn fractions(
    product: &mut [Fr],
    values: &[&[Fr]],
    sigmas: &[Vec<Fr>],
    delta_power: Fr,
    challenges: &Challenges,
) -> Vec<Fr> {
    let Challenges { beta, gamma, omega } = *challenges;
    let identities: Vec<_> = omega.powers(CHUNK).collect();
    let chunks = product.par_chunks_mut(CHUNK).enumerate();
    chunks
        .map_init(Scratch::default, |scratch, (index, chunk)| {
            let start = index * CHUNK;
            chunk.fill(Fr::ONE);
            for (values, sigma) in values.iter().zip(sigmas) {
                scratch.multiply(chunk, &sigma[start..], beta, gamma, &values[start..]);
            }
            Fr::batch_invert(chunk, &mut scratch.prefixes);
            let mut first = omega.pow(&[start as u64]) * beta * delta_power;
            for values in values {
                scratch.multiply(chunk, &identities, first, gamma, &values[start..]);
                first *= delta();
            }
            let mut running = Fr::ONE;
            for value in chunk {
                running *= *value;
                *value = running;
            }
            running
        })
        .collect()
}

/// Buffers of one worker.
#[derive(Default)]
struct Scratch {
    prefixes: Vec<Fr>,
    terms: Vec<Fr>,
    old: Vec<Fr>,
}

impl Scratch {
    /// Multiplies each element of a chunk by `cell * factor + gamma + value`.
    fn multiply(&mut self, chunk: &mut [Fr], cells: &[Fr], factor: Fr, gamma: Fr, values: &[Fr]) {
        self.old.clear();
        self.old.extend_from_slice(chunk);
        self.terms.resize(chunk.len(), Fr::ZERO);
        slices::mul_scalar(&mut self.terms, cells, factor);
        self.terms.iter_mut().zip(values).for_each(|(term, value)| *term += gamma + *value);
        slices::mul(chunk, &self.old, &self.terms);
    }
}

/// The generator of the cosets that tell columns apart.
fn delta() -> Fr {
    Fr::from(bn256::Fr::DELTA)
}
