//! The tests behind [`Srs::check`].

use halo2_proofs::{
    arithmetic::best_multiexp,
    poly::{EvaluationDomain, commitment::Blind, commitment::Params, commitment::ParamsProver},
};
use halo2curves::{
    CurveAffine,
    bn256::{Bn256, Fr, G1Affine, G2Affine},
    ff::PrimeField,
    group::{Curve, prime::PrimeCurveAffine},
    pairing::Engine,
};
use rand_core::{OsRng, RngCore};
use rayon::prelude::*;

use super::{Srs, format};
use crate::error::{Error, Result};

pub(super) fn check(srs: &Srs) -> Result<()> {
    let n = 1usize << srs.k;
    ensure(srs.g().len() == n && srs.g_lagrange.len() == n, "a basis does not have 2^k points")?;
    ensure(srs.g().first() == Some(&G1Affine::generator()), "the first power is not the generator of G1")?;
    ensure(srs.params.g2() == G2Affine::generator(), "the first G2 point is not the generator of G2")?;
    format::check_s_g2(&srs.params.s_g2()).map_err(|reason| Error::SrsInvalid { reason })?;
    let usable = |points: &[G1Affine]| {
        points.par_iter().with_min_len(256).all(|p| bool::from(p.is_on_curve() & !p.is_identity()))
    };
    ensure(usable(srs.g()) && usable(&srs.g_lagrange), "a G1 point is not on the curve or at infinity")?;
    check_powers(srs.g(), srs.params.s_g2())?;
    check_lagrange(srs)
}

/// `e(Σ rᵢ g[i+1], G₂) = e(Σ rᵢ g[i], [τ] G₂)`.
fn check_powers(g: &[G1Affine], s_g2: G2Affine) -> Result<()> {
    let low = g.get(..g.len().saturating_sub(1)).unwrap_or_default();
    let high = g.get(1..).unwrap_or_default();
    let r = random_scalars(low.len());
    let left = Bn256::pairing(&best_multiexp(&r, high).to_affine(), &G2Affine::generator());
    let right = Bn256::pairing(&best_multiexp(&r, low).to_affine(), &s_g2);
    ensure(left == right, "the points of G1 are not consecutive powers of the secret in G2")
}

/// `Σ rᵢ g_lagrange[i]` is the commitment to the polynomial with values rᵢ.
fn check_lagrange(srs: &Srs) -> Result<()> {
    let domain = EvaluationDomain::<Fr>::new(1, srs.k);
    let values = domain.lagrange_from_vec(random_scalars(srs.g_lagrange.len()));
    let by_values = srs.params.commit_lagrange(&values, Blind::default());
    let by_coefficients = srs.params.commit(&domain.lagrange_to_coeff(values), Blind::default());
    ensure(by_values == by_coefficients, "the Lagrange basis does not belong to the powers")
}

/// 128 random bits each.
fn random_scalars(count: usize) -> Vec<Fr> {
    let word = || u128::from(OsRng.next_u64());
    (0..count).map(|_| Fr::from_u128(word() << 64 | word())).collect()
}

fn ensure(holds: bool, reason: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::SrsInvalid { reason }) }
}
