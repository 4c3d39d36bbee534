//! Powers of a secret drawn on this machine.

use halo2curves::{
    bn256::{Fr, G1, G1Affine, G2Affine},
    ff::{BatchInvert, Field, PrimeField},
    group::{Curve, Group},
};
use rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;

use super::Srs;
use crate::error::Result;

/// Bits of a scalar that one table lookup covers.
const WINDOW_BITS: usize = 8;
const WINDOWS: usize = 256 / WINDOW_BITS;
/// Points normalized together; large enough to hide the one inversion.
const BATCH: usize = 256;

/// A τ that is neither 0 nor a root of unity of a domain (for those, powers or Lagrange points would be at infinity).
pub(super) fn draw_tau(mut rng: impl RngCore + CryptoRng) -> Fr {
    loop {
        let tau = Fr::random(&mut rng);
        if tau != Fr::ZERO && tau.pow_vartime([1 << Fr::S]) != Fr::ONE {
            return tau;
        }
    }
}

/// The SRS for a known τ that [`draw_tau`] could return.
pub(super) fn from_tau(k: u32, tau: Fr, development: bool) -> Result<Srs> {
    let table = Table::new();
    let powers = scalar_powers(tau, 1 << k);
    let s_g2 = (G2Affine::generator() * tau).to_affine();
    Srs::from_points(&table.mul(&powers), &table.mul(&lagrange_at(k, tau)), s_g2, development)
}

fn scalar_powers(base: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(Fr::ONE), |power| Some(power * base)).take(count).collect()
}

/// `Lᵢ(τ) = (τ^n - 1)/n · ωⁱ/(τ - ωⁱ)` for i in 0..n, n = 2^k.
fn lagrange_at(k: u32, tau: Fr) -> Vec<Fr> {
    let omega = (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square());
    let roots = scalar_powers(omega, 1 << k);
    let mut inverses: Vec<Fr> = roots.iter().map(|root| tau - root).collect();
    inverses.iter_mut().batch_invert();
    let factor = (tau.pow_vartime([1 << k]) - Fr::ONE) * Fr::TWO_INV.pow_vartime([u64::from(k)]);
    roots.iter().zip(inverses).map(|(root, inverse)| factor * root * inverse).collect()
}

/// `[d · 256^w] G₁` for w below 32 and d in 1..256: a multiplication of the generator is 32 additions.
struct Table(Vec<[G1Affine; (1 << WINDOW_BITS) - 1]>);

impl Table {
    fn new() -> Self {
        let mut base = G1::generator();
        let rows = (0..WINDOWS).map(|_| {
            let mut row = [G1::identity(); (1 << WINDOW_BITS) - 1];
            let mut multiple = G1::identity();
            for entry in &mut row {
                multiple += base;
                *entry = multiple;
            }
            base += multiple;
            let mut affine = [G1Affine::default(); (1 << WINDOW_BITS) - 1];
            G1::batch_normalize(&row, &mut affine);
            affine
        });
        Self(rows.collect())
    }

    fn mul(&self, scalars: &[Fr]) -> Vec<G1Affine> {
        let mut points = vec![G1Affine::default(); scalars.len()];
        points.par_chunks_mut(BATCH).zip(scalars.par_chunks(BATCH)).for_each(|(points, scalars)| {
            let sums: Vec<G1> = scalars.iter().map(|scalar| self.mul_one(scalar)).collect();
            G1::batch_normalize(&sums, points);
        });
        points
    }

    fn mul_one(&self, scalar: &Fr) -> G1 {
        let digits = scalar.to_repr();
        let entries = self.0.iter().zip(digits.as_ref()).filter_map(|(row, &digit)| {
            // Digit 0 adds nothing.
            row.get(usize::from(digit).checked_sub(1)?)
        });
        entries.fold(G1::identity(), |sum, entry| sum + entry)
    }
}
