//! The tests behind [`Srs::check`].

use halo2_proofs::poly::EvaluationDomain;
use halo2curves::{
    bn256::{Bn256, Fr, G1Affine, G2Affine},
    ff::PrimeField,
    group::prime::PrimeCurveAffine,
    pairing::Engine,
};
use rand_core::{OsRng, RngCore};

use super::{Srs, format};
use crate::error::{Error, Result};

pub(super) fn check(srs: &Srs) -> Result<()> {
    ensure(srs.g().next() == Some(G1Affine::generator()), "the first power is not the generator of G1")?;
    format::check_s_g2(&srs.s_g2).map_err(|reason| Error::SrsInvalid { reason })?;
    // That they are on the curve was checked when they were read.
    let usable = srs.g().chain(srs.g_lagrange()).all(|point| !bool::from(point.is_identity()));
    ensure(usable, "a G1 point is at infinity")?;
    check_powers(srs)?;
    check_lagrange(srs)
}

/// `e(Σ rᵢ g[i+1], G₂) = e(Σ rᵢ g[i], [τ] G₂)`.
fn check_powers(srs: &Srs) -> Result<()> {
    let mut r: Vec<_> = random_scalars((1 << srs.k()) - 1).into_iter().map(Into::into).collect();
    let low = srs.points.commit_coefficients(&r)?;
    r.insert(0, hushproof_halo2_prover::Fr::ZERO);
    let high = srs.points.commit_coefficients(&r)?;
    let (left, right) = (Bn256::pairing(&high, &G2Affine::generator()), Bn256::pairing(&low, &srs.s_g2));
    ensure(left == right, "the points of G1 are not consecutive powers of the secret in G2")
}

/// `Σ rᵢ g_lagrange[i]` is the commitment to the polynomial with values rᵢ.
fn check_lagrange(srs: &Srs) -> Result<()> {
    let domain = EvaluationDomain::<Fr>::new(1, srs.k());
    let values = random_scalars(1 << srs.k());
    let ours = |values: &[Fr]| values.iter().map(|value| (*value).into()).collect::<Vec<_>>();
    let by_values = srs.points.commit_values(&ours(&values))?;
    let coefficients = domain.lagrange_to_coeff(domain.lagrange_from_vec(values));
    let by_coefficients = srs.points.commit_coefficients(&ours(&coefficients))?;
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
