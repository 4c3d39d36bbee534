//! The structured reference string (SRS) of the KZG commitments: powers of a secret τ in the groups of BN254.
//!
//! `g[i] = [τ^i] G₁` commits to coefficients, `g_lagrange[i] = [Lᵢ(τ)] G₁` to values on the domain of the 2^k-th roots
//! of unity, `s_g2 = [τ] G₂` lets a verifier check openings. Whoever knows τ can forge proofs, so an SRS for real use
//! comes from a ceremony ([`Srs::import`]); [`Srs::new_development`] draws τ on this machine. [`Origin`] tells which
//! of the two one is: a ceremony is known by its `[τ] G₂` ([`CEREMONIES`]), not by what a file says.
//!
//! What is checked when: every way in ([`Srs::from_bytes`], [`Srs::import`], [`VerifierPoints::from_bytes`]) refuses
//! coordinates that are not reduced, points off the curve, points at infinity, generators other than the standard ones,
//! and a second G₂ point outside the prime-order subgroup. [`Srs::check`] also tests that the powers are consecutive
//! powers of one τ and that both bases agree. `import` runs it, and so does `keygen` on whatever `from_bytes` has read,
//! as a checksum says nothing of who wrote a file, and a doctored basis gives keys under which constraints are off.

mod ceremonies;
mod check;
mod format;
mod halo2_raw;
mod ptau;
mod setup;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use blake2::{Blake2b, Digest, digest::consts::U16};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::{
    bn256::{Bn256, G1Affine, G2Affine},
    serde::SerdeObject,
};
use rand_core::{CryptoRng, RngCore};

pub use self::ceremonies::{CEREMONIES, Ceremony};
use self::format::{G1_BYTES, G2_BYTES};
use crate::error::{ArtifactKind, Error, Result};

/// Smallest k (log2 rows) of an SRS.
pub const MIN_K: u32 = 4;
/// Largest k (log2 rows) of an SRS: 2^24 points in each basis, 2 GiB.
pub const MAX_K: u32 = 24;

/// Where an SRS comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// τ was drawn by one program run. Whoever ran it could have kept τ, so such an SRS convinces nobody else.
    Development,
    /// The result of a ceremony that this build knows by its `[τ] G₂`.
    Ceremony(&'static Ceremony),
    /// Anything else: whoever made it could know τ.
    Unknown,
}

impl Origin {
    /// Of an SRS with this `[τ] G₂`, in a file that says of itself that it is for development, or does not.
    pub(super) fn of(s_g2: &G2Affine, development: bool) -> Self {
        match Ceremony::of(s_g2) {
            Some(ceremony) => Self::Ceremony(ceremony),
            None if development => Self::Development,
            None => Self::Unknown,
        }
    }

    /// Whether files say that the SRS is for development.
    pub(super) fn is_development(self) -> bool {
        self == Self::Development
    }

    /// The name of the ceremony.
    pub const fn ceremony(self) -> Option<&'static str> {
        match self {
            Self::Ceremony(ceremony) => Some(ceremony.name),
            Self::Development | Self::Unknown => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Ceremony(_) => "ceremony",
            Self::Unknown => "unknown",
        })
    }
}

/// A structured reference string for circuits of up to 2^k rows.
#[derive(Clone)]
pub struct Srs {
    /// Shared by the keys made with it.
    points: Arc<hushproof_halo2_prover::Srs>,
    s_g2: G2Affine,
    origin: Origin,
    /// Whether [`Srs::check`] would pass: it has, or the points were computed here.
    checked: bool,
}

impl fmt::Debug for Srs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Srs")
            .field("k", &self.k())
            .field("origin", &self.origin)
            .field("fingerprint", &hex::encode(self.fingerprint()))
            .finish()
    }
}

impl Srs {
    /// Draws τ from `rng` and computes its powers; τ is not kept. For development and tests only: see [`Origin`].
    ///
    /// # Errors
    /// [`Error::Option`] when `k` is not in [`MIN_K`]`..=`[`MAX_K`].
    pub fn new_development(k: u32, rng: impl RngCore + CryptoRng) -> Result<Self> {
        check_k(k)?;
        Ok(Self { checked: true, ..setup::from_tau(k, setup::draw_tau(rng), true)? })
    }

    /// Reads the file format of this crate (`.srs`) and checks its length, checksum and every point.
    ///
    /// # Errors
    /// [`Error::Artifact`] for bytes that [`Srs::to_bytes`] does not write, [`Error::Version`] for another format
    /// version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        format::read(bytes)
    }

    /// Writes the file format of this crate, 2^(k+7) + 308 bytes: see `format.rs`.
    pub fn to_bytes(&self) -> Vec<u8> {
        format::write(self)
    }

    /// Reads a ceremony's result: snarkjs `.ptau`, halo2 parameters as `ParamsKZG::write` writes them, or a `.srs`
    /// file. Keeps the first 2^k powers, all of them without `k`, and runs [`Srs::check`] on what it keeps. The
    /// Lagrange basis is recomputed when k is smaller than a .srs or halo2 file's and for a .ptau that was not prepared
    /// for phase 2: minutes from k = 16 on. A `.srs` file that was made for development stays so.
    ///
    /// # Errors
    /// [`Error::Artifact`] when the bytes are none of the three or are damaged, [`Error::SrsTooSmall`] when the file
    /// has fewer than 2^k powers, [`Error::SrsInvalid`] when the powers are not those of one τ, [`Error::Option`] for k
    /// out of range.
    pub fn import(bytes: &[u8], k: Option<u32>) -> Result<Self> {
        if let Some(k) = k {
            check_k(k)?;
        }
        let srs = if bytes.starts_with(ptau::MAGIC) {
            ptau::read(bytes, k)?
        } else {
            let whole = if bytes.starts_with(format::MAGIC) { format::read(bytes)? } else { halo2_raw::read(bytes)? };
            match k {
                Some(k) if k != whole.k() => {
                    // A fault in the part that is dropped is a fault of the file.
                    whole.check()?;
                    whole.trim(k)?
                }
                _ => whole,
            }
        };
        srs.checked()
    }

    /// The same SRS once [`Srs::check`] has passed, which is not run again where it has.
    ///
    /// # Errors
    /// As [`Srs::check`].
    pub fn checked(self) -> Result<Self> {
        if !self.checked {
            self.check()?;
        }
        Ok(Self { checked: true, ..self })
    }

    /// Tests everything a prover or verifier relies on, given that BN254's standard generators are used: all points on
    /// the curve, none at infinity, `s_g2` in the subgroup of order r, τ ∉ {0, 1}, powers consecutive, and both bases
    /// for the same τ. The last two are tested on random combinations with 128-bit coefficients, so a wrong SRS passes
    /// with probability at most 2^-127. Costs four multi-scalar multiplications of 2^k points and two pairings.
    ///
    /// # Errors
    /// [`Error::SrsInvalid`] naming the test that failed.
    pub fn check(&self) -> Result<()> {
        check::check(self)
    }

    /// The SRS of the same ceremony for circuits of 2^k rows: powers cut off, Lagrange basis recomputed.
    ///
    /// # Errors
    /// [`Error::SrsTooSmall`] when this SRS has fewer powers, [`Error::Option`] for k out of range.
    pub fn trim(&self, k: u32) -> Result<Self> {
        check_k(k)?;
        if k > self.k() {
            return Err(Error::SrsTooSmall { needed: k, available: self.k() });
        }
        if k == self.k() {
            return Ok(self.clone());
        }
        let g: Vec<_> = self.g().take(1 << k).collect();
        let trimmed = Self::from_powers(k, &g, self.s_g2, self.origin.is_development())?;
        Ok(Self { checked: self.checked, ..trimmed })
    }

    /// log2 of the rows of the largest circuit.
    pub fn k(&self) -> u32 {
        self.points.k()
    }

    /// Where τ came from. Callers tell their user of all but [`Origin::Ceremony`].
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// The points as the prover takes them.
    pub const fn points(&self) -> &Arc<hushproof_halo2_prover::Srs> {
        &self.points
    }

    /// The parameters as halo2 takes them, copied: 128 bytes a row.
    ///
    /// # Errors
    /// [`Error::Artifact`] if halo2 refuses them, which it has no reason to.
    pub fn params(&self) -> Result<ParamsKZG<Bn256>> {
        halo2_params(self.k(), self.g().collect(), Some(self.g_lagrange().collect()), self.s_g2)
    }

    /// `[τ^i] G₁` for i in 0..2^k.
    pub fn g(&self) -> impl ExactSizeIterator<Item = G1Affine> {
        self.points.monomial()
    }

    /// `[Lᵢ(τ)] G₁` for i in 0..2^k.
    pub fn g_lagrange(&self) -> impl ExactSizeIterator<Item = G1Affine> {
        self.points.lagrange()
    }

    /// Names the ceremony: [`VerifierPoints::fingerprint`], the same for every k.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.verifier_points().fingerprint()
    }

    /// The part of the SRS that a verifier needs; it goes into the verifying key.
    pub const fn verifier_points(&self) -> VerifierPoints {
        VerifierPoints { s_g2: self.s_g2 }
    }

    /// From as many points of each basis, a power of 2; checks that they are on the curve.
    fn from_points(g: &[G1Affine], g_lagrange: &[G1Affine], s_g2: G2Affine, development: bool) -> Result<Self> {
        let points = hushproof_halo2_prover::Srs::new(g, g_lagrange).map_err(format::bad_points)?;
        Ok(Self::unchecked(points, s_g2, development))
    }

    fn unchecked(points: hushproof_halo2_prover::Srs, s_g2: G2Affine, development: bool) -> Self {
        Self { points: Arc::new(points), s_g2, origin: Origin::of(&s_g2, development), checked: false }
    }

    /// As [`Srs::from_points`], computing the Lagrange basis: an FFT over the group, k·2^(k-1) scalar multiplications.
    fn from_powers(k: u32, g: &[G1Affine], s_g2: G2Affine, development: bool) -> Result<Self> {
        let g_lagrange = halo2_proofs::arithmetic::g_to_lagrange(g.iter().map(Into::into).collect(), k);
        Self::from_points(g, &g_lagrange, s_g2, development)
    }
}

/// What a verifier needs of an SRS: `[τ] G₂`, beside the generators G₁ and G₂, which are BN254's standard ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifierPoints {
    s_g2: G2Affine,
}

impl VerifierPoints {
    /// Bytes of [`VerifierPoints::to_bytes`].
    pub const BYTES: usize = G1_BYTES + 2 * G2_BYTES;

    /// G₁, the generator of the first group.
    pub fn g(&self) -> G1Affine {
        G1Affine::generator()
    }

    /// G₂, the generator of the second group.
    pub fn g2(&self) -> G2Affine {
        G2Affine::generator()
    }

    /// `[τ] G₂`.
    pub const fn s_g2(&self) -> G2Affine {
        self.s_g2
    }

    /// G₁, G₂ and `[τ] G₂`, uncompressed, each coordinate as four little-endian Montgomery limbs.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let points = [self.g().to_raw_bytes(), self.g2().to_raw_bytes(), self.s_g2.to_raw_bytes()].concat();
        bytes.copy_from_slice(&points);
        bytes
    }

    /// Reads [`VerifierPoints::to_bytes`].
    ///
    /// # Errors
    /// [`Error::Artifact`] for a verifying key when the length is wrong, a generator is not the standard one, or
    /// `[τ] G₂` is off the curve, at infinity, the generator itself or outside the subgroup of order r.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bad = |reason: String| Error::artifact(ArtifactKind::VerifyingKey, reason);
        if bytes.len() != Self::BYTES {
            return Err(bad(format!("{} bytes of SRS points, expected {}", bytes.len(), Self::BYTES)));
        }
        let (g, g2) = bytes.split_at(G1_BYTES);
        format::read_generators(g, g2).map(|s_g2| Self { s_g2 }).map_err(|reason| bad(format!("SRS points: {reason}")))
    }

    /// Parameters that hold no powers and serve `verify_proof` (SHPLONK or GWC) for circuits of 2^k rows.
    /// Committing with them is not possible.
    ///
    /// # Errors
    /// [`Error::Option`] when `k` is not in [`MIN_K`]`..=`[`MAX_K`].
    pub fn verifier_params(&self, k: u32) -> Result<ParamsKZG<Bn256>> {
        check_k(k)?;
        halo2_params(k, vec![self.g()], Some(Vec::new()), self.s_g2)
    }

    /// Names the ceremony: a hash of the three points.
    pub fn fingerprint(&self) -> [u8; 16] {
        Blake2b::<U16>::new().chain_update(b"hushproof srs\0").chain_update(self.to_bytes()).finalize().into()
    }
}

fn check_k(k: u32) -> Result<()> {
    if (MIN_K..=MAX_K).contains(&k) {
        return Ok(());
    }
    Err(Error::Option { option: "k", reason: format!("got {k}, expected {MIN_K} to {MAX_K}") })
}

/// halo2's parameters from their parts. They can only be built from existing ones: here the smallest, k = 0.
fn halo2_params(
    k: u32,
    g: Vec<G1Affine>,
    g_lagrange: Option<Vec<G1Affine>>,
    s_g2: G2Affine,
) -> Result<ParamsKZG<Bn256>> {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let mut seed = 0u32.to_le_bytes().to_vec();
    for point in [g1.to_raw_bytes(), g1.to_raw_bytes(), g2.to_raw_bytes(), g2.to_raw_bytes()] {
        seed.extend_from_slice(&point);
    }
    let smallest = ParamsKZG::<Bn256>::read_custom(&mut seed.as_slice(), halo2_proofs::SerdeFormat::RawBytes)
        .map_err(|error| Error::artifact(ArtifactKind::Srs, error.to_string()))?;
    Ok(smallest.from_parts(k, g, g_lagrange, g2, s_g2))
}
