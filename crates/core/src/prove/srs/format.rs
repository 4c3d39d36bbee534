//! The `.srs` file, and points as all accepted files store them.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | `HUSHSRS\0` |
//! | 4 | format version, little endian |
//! | 1 | 0 for development, else 1 |
//! | 3 | zero |
//! | 4 | k, little endian |
//! | 64·2^k | g |
//! | 64·2^k | g_lagrange |
//! | 128 | G₂ |
//! | 128 | `[τ] G₂` |
//! | 32 | Blake2b-256 of everything before |
//!
//! Points are uncompressed, x then y; a coordinate is four little-endian 64-bit limbs in Montgomery form (of G₂ two
//! such coordinates, c0 then c1), so that reading needs no arithmetic beyond the curve check.

use blake2::{Blake2b, Digest, digest::consts::U32};
use halo2curves::{
    CurveAffine,
    bn256::{G1Affine, G2Affine},
    group::{cofactor::CofactorGroup, prime::PrimeCurveAffine},
    serde::SerdeObject,
};
use hushproof_halo2_prover::ProveError;
use rayon::prelude::*;

use super::{MAX_K, MIN_K, Srs};
use crate::error::{ArtifactKind, Error, Result};

/// First bytes of a `.srs` file.
pub(super) const MAGIC: &[u8] = b"HUSHSRS\0";
/// Bytes of a G₁ point.
pub(super) const G1_BYTES: usize = 64;
/// Bytes of a G₂ point.
pub(super) const G2_BYTES: usize = 128;

const VERSION: u32 = 1;
const HEADER_BYTES: usize = 20;
const CHECKSUM_BYTES: usize = 32;

pub(super) fn read(bytes: &[u8]) -> Result<Srs> {
    let (body, sum) = bytes
        .len()
        .checked_sub(CHECKSUM_BYTES)
        .and_then(|end| bytes.split_at_checked(end))
        .ok_or_else(|| bad("truncated"))?;
    let (header, points) = body.split_at_checked(HEADER_BYTES).ok_or_else(|| bad("truncated"))?;
    let (magic, header) = header.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(bad("does not begin as an .srs file"));
    }
    let &[v0, v1, v2, v3, origin, 0, 0, 0, k0, k1, k2, k3] = header else {
        return Err(bad("header has bytes that must be zero"));
    };
    let version = u32::from_le_bytes([v0, v1, v2, v3]);
    if version != VERSION {
        return Err(Error::Version { kind: ArtifactKind::Srs, expected: VERSION, got: version });
    }
    if origin > 1 {
        return Err(bad(format!("origin is {origin}, expected 0 or 1")));
    }
    let k = u32::from_le_bytes([k0, k1, k2, k3]);
    if !(MIN_K..=MAX_K).contains(&k) {
        return Err(bad(format!("k is {k}, expected {MIN_K} to {MAX_K}")));
    }
    if points.len() != points_bytes(k) {
        let expected = HEADER_BYTES + points_bytes(k) + CHECKSUM_BYTES;
        return Err(bad(format!("{} bytes for k = {k}, expected {expected}", bytes.len())));
    }
    if checksum(body) != sum {
        return Err(bad("checksum does not match: the file was altered"));
    }
    read_points(k, points, origin == 0)
}

pub(super) fn write(srs: &Srs) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + points_bytes(srs.k()) + CHECKSUM_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[u8::from(!srs.origin.is_development()), 0, 0, 0]);
    bytes.extend_from_slice(&srs.k().to_le_bytes());
    for point in srs.g().chain(srs.g_lagrange()) {
        bytes.extend_from_slice(&point.to_raw_bytes());
    }
    bytes.extend_from_slice(&G2Affine::generator().to_raw_bytes());
    bytes.extend_from_slice(&srs.s_g2.to_raw_bytes());
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// Bytes of both bases and the two G₂ points; k is at most [`MAX_K`].
pub(super) const fn points_bytes(k: u32) -> usize {
    ((2 * G1_BYTES) << k) + 2 * G2_BYTES
}

/// An SRS from exactly [`points_bytes`]`(k)` bytes: g, g_lagrange, G₂, `[τ] G₂`.
pub(super) fn read_points(k: u32, bytes: &[u8], development: bool) -> Result<Srs> {
    let (g_bytes, rest) = bytes.split_at_checked(G1_BYTES << k).ok_or_else(|| bad("truncated"))?;
    let (lagrange_bytes, g2_bytes) = rest.split_at_checked(G1_BYTES << k).ok_or_else(|| bad("truncated"))?;
    let s_g2 = read_generators(g_bytes.get(..G1_BYTES).unwrap_or_default(), g2_bytes).map_err(bad)?;
    let points = hushproof_halo2_prover::Srs::from_raw(g_bytes, lagrange_bytes).map_err(bad_points)?;
    for (basis, bytes) in [("g", g_bytes), ("g_lagrange", lagrange_bytes)] {
        let mut points = bytes.chunks_exact(G1_BYTES);
        if let Some(i) = points.position(|point| point == [0; G1_BYTES]) {
            return Err(bad(format!("{basis}[{i}] is the point at infinity")));
        }
    }
    Ok(Srs::unchecked(points, s_g2, development))
}

/// The reason why the prover refuses points.
pub(super) fn bad_points(error: ProveError) -> Error {
    match error {
        ProveError::SrsPoint { basis, index } => {
            let basis = if basis == "monomial" { "g" } else { "g_lagrange" };
            bad(format!("{basis}[{index}] is not a point of the curve"))
        }
        other => bad(other.to_string()),
    }
}

/// The G₁ points in `bytes`, a multiple of [`G1_BYTES`]; `basis` names them in errors. For formats that hold them in
/// another order than [`Srs`].
pub(super) fn read_g1(bytes: &[u8], basis: &str) -> Result<Vec<G1Affine>> {
    bytes
        .par_chunks_exact(G1_BYTES)
        .enumerate()
        .with_min_len(256)
        .map(|(i, point)| {
            let point = G1Affine::from_raw_bytes(point).filter(|point| bool::from(point.is_on_curve()));
            match point {
                None => Err(bad(format!("{basis}[{i}] is not a point of the curve"))),
                Some(point) if bool::from(point.is_identity()) => {
                    Err(bad(format!("{basis}[{i}] is the point at infinity")))
                }
                Some(point) => Ok(point),
            }
        })
        .collect()
}

/// `[τ] G₂` from the bytes of `G₁` and of `G₂ ‖ [τ] G₂`; the reason when one of them is not usable.
pub(super) fn read_generators(g: &[u8], g2_and_s_g2: &[u8]) -> Result<G2Affine, &'static str> {
    if g != G1Affine::generator().to_raw_bytes() {
        return Err("the first power is not the generator of G1");
    }
    let (g2, s_g2) = g2_and_s_g2.split_at_checked(G2_BYTES).ok_or("truncated")?;
    if g2 != G2Affine::generator().to_raw_bytes() {
        return Err("the first G2 point is not the generator of G2");
    }
    let s_g2 = G2Affine::from_raw_bytes(s_g2).ok_or("the second G2 point is not on the curve")?;
    check_s_g2(&s_g2)?;
    Ok(s_g2)
}

/// The reason why a point cannot be `[τ] G₂` for a usable τ. G₂'s curve has a cofactor, so being on it is not enough.
pub(super) fn check_s_g2(s_g2: &G2Affine) -> Result<(), &'static str> {
    if !bool::from(s_g2.is_on_curve()) {
        return Err("the second G2 point is not on the curve");
    }
    if bool::from(s_g2.is_identity()) {
        return Err("the second G2 point is the point at infinity");
    }
    if *s_g2 == G2Affine::generator() {
        return Err("the second G2 point is the generator of G2");
    }
    if !bool::from(s_g2.to_curve().is_torsion_free()) {
        return Err("the second G2 point is outside the subgroup");
    }
    Ok(())
}

pub(super) fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::Srs, reason)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    Blake2b::<U32>::digest(bytes).into()
}
