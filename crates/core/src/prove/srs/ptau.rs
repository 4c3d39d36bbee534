//! The `.ptau` file of snarkjs, as Perpetual Powers of Tau and most ceremonies after it publish their result.
//!
//! `ptau`, version 1, number of sections, then per section its type (4 bytes), size (8 bytes) and content; all numbers
//! little endian. Used here: type 1 (field size in bytes, prime of the coordinates, power, power of the ceremony), type
//! 2 (`[τ^i] G₁`, i below 2^(power+1) - 1), type 3 (`[τ^i] G₂`, i below 2^power) and, when the file was prepared for
//! phase 2, type 12 (the Lagrange bases of the domains of 1, 2, 4, … points). Points are stored as in `.srs`.

use halo2curves::{
    bn256::{Fr, G1Affine},
    ff::{Field, PrimeField},
};

use super::{MAX_K, Srs, check_k, format};
use crate::error::{ArtifactKind, Error, Result};

/// First bytes of a `.ptau` file.
pub(super) const MAGIC: &[u8] = b"ptau";

const VERSION: u32 = 1;
/// snarkjs writes at most 11; leaves room and bounds the loop.
const MAX_SECTIONS: u32 = 64;
/// 28 is the largest power for which BN254's scalar field has a domain.
const MAX_POWER: u32 = 28;
/// The prime of BN254's coordinates, little endian.
pub(super) const Q: [u8; 32] = [
    0x47, 0xfd, 0x7c, 0xd8, 0x16, 0x8c, 0x20, 0x3c, 0x8d, 0xca, 0x71, 0x68, 0x91, 0x6a, 0x81, 0x97, 0x5d, 0x58, 0x81,
    0x81, 0xb6, 0x45, 0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30,
];

/// The first 2^k powers; without `k` as many as the file has, up to [`MAX_K`].
pub(super) fn read(bytes: &[u8], k: Option<u32>) -> Result<Srs> {
    let sections = Sections::read(bytes)?;
    let power = read_header(sections.header)?;
    let k = k.unwrap_or(power.min(MAX_K));
    check_k(k)?;
    if k > power {
        return Err(Error::SrsTooSmall { needed: k, available: power });
    }
    let g1_count = (2usize << power) - 1;
    for (content, count, point_bytes) in
        [(sections.tau_g1, g1_count, format::G1_BYTES), (sections.tau_g2, 1 << power, format::G2_BYTES)]
    {
        if Some(content.len()) != count.checked_mul(point_bytes) {
            return Err(format::bad(format!("a section of {} bytes does not fit power {power}", content.len())));
        }
    }
    let g_bytes = sections.tau_g1.get(..format::G1_BYTES << k).ok_or_else(truncated)?;
    let g = g_bytes.get(..format::G1_BYTES).ok_or_else(truncated)?;
    let s_g2 = format::read_generators(g, sections.tau_g2.get(..2 * format::G2_BYTES).ok_or_else(truncated)?)
        .map_err(format::bad)?;
    let g = format::read_g1(g_bytes, "tauG1")?;
    match sections.lagrange_g1 {
        Some(content) => Srs::from_points(&g, &read_lagrange(content, k)?, s_g2, false),
        None => Srs::from_powers(k, &g, s_g2, false),
    }
}

/// The Lagrange basis for 2^k points, which comes after those for 1, 2, …, 2^(k-1). Both libraries number the points of
/// a domain by powers of a root of unity, but of different ones: snarkjs derives its root from 5, halo2 from 7.
fn read_lagrange(content: &[u8], k: u32) -> Result<Vec<G1Affine>> {
    let n = 1usize << k;
    let bytes = content.get((n - 1) * format::G1_BYTES..).and_then(|from| from.get(..n * format::G1_BYTES));
    let points = format::read_g1(bytes.ok_or_else(truncated)?, "Lagrange basis")?;
    let step = snarkjs_root_log(k);
    let mut ordered = vec![G1Affine::default(); n];
    for (i, point) in points.into_iter().enumerate() {
        if let Some(slot) = ordered.get_mut(i.wrapping_mul(step) & (n - 1)) {
            *slot = point;
        }
    }
    Ok(ordered)
}

/// The power of halo2's 2^k-th root of unity that is snarkjs's (it is odd and below 2^k), found bit by bit.
fn snarkjs_root_log(k: u32) -> usize {
    let halving = |root: Fr, times: u32| (0..times).fold(root, |root, _| root.square());
    // 5^t for r - 1 = t·2^S, where halo2 has 7^t = ROOT_OF_UNITY.
    let t = (-Fr::ONE) * Fr::TWO_INV.pow_vartime([u64::from(Fr::S)]);
    let mut limbs = [0u64; 4];
    for (limb, bytes) in limbs.iter_mut().zip(t.to_repr().as_ref().chunks_exact(8)) {
        *limb = bytes.iter().rev().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
    }
    let theirs = halving(Fr::from(5).pow_vartime(limbs), Fr::S - k);
    let ours_inverse = halving(Fr::ROOT_OF_UNITY_INV, Fr::S - k);
    (0..k).fold(0, |log, bit| {
        let rest = theirs * ours_inverse.pow_vartime([log as u64]);
        if halving(rest, k - 1 - bit) == Fr::ONE { log } else { log | 1 << bit }
    })
}

/// Content of the sections that are used.
struct Sections<'a> {
    header: &'a [u8],
    tau_g1: &'a [u8],
    tau_g2: &'a [u8],
    lagrange_g1: Option<&'a [u8]>,
}

impl<'a> Sections<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut rest = bytes;
        if take::<4>(&mut rest)? != MAGIC {
            return Err(format::bad("does not begin as a .ptau file"));
        }
        let version = u32::from_le_bytes(take(&mut rest)?);
        if version != VERSION {
            return Err(Error::Version { kind: ArtifactKind::Srs, expected: VERSION, got: version });
        }
        let count = u32::from_le_bytes(take(&mut rest)?);
        if count > MAX_SECTIONS {
            return Err(format::bad(format!("{count} sections, expected at most {MAX_SECTIONS}")));
        }
        let (mut header, mut tau_g1, mut tau_g2, mut lagrange_g1) = (None, None, None, None);
        for _ in 0..count {
            let kind = u32::from_le_bytes(take(&mut rest)?);
            let size = usize::try_from(u64::from_le_bytes(take(&mut rest)?)).map_err(|_| truncated())?;
            let (content, after) = rest.split_at_checked(size).ok_or_else(truncated)?;
            rest = after;
            let slot = match kind {
                1 => &mut header,
                2 => &mut tau_g1,
                3 => &mut tau_g2,
                12 => &mut lagrange_g1,
                _ => continue,
            };
            if slot.replace(content).is_some() {
                return Err(format::bad(format!("section {kind} occurs twice")));
            }
        }
        if !rest.is_empty() {
            return Err(format::bad(format!("{} bytes after the last section", rest.len())));
        }
        let missing = || format::bad("section 1, 2 or 3 is missing");
        Ok(Self {
            header: header.ok_or_else(missing)?,
            tau_g1: tau_g1.ok_or_else(missing)?,
            tau_g2: tau_g2.ok_or_else(missing)?,
            lagrange_g1,
        })
    }
}

/// The file's power: it holds 2^power powers of τ in G₂.
fn read_header(mut content: &[u8]) -> Result<u32> {
    let prime_bytes = u32::from_le_bytes(take(&mut content)?);
    if prime_bytes != 32 || take::<32>(&mut content)? != Q {
        return Err(format::bad("powers of tau for another curve than BN254"));
    }
    let power = u32::from_le_bytes(take(&mut content)?);
    let ceremony_power = u32::from_le_bytes(take(&mut content)?);
    if power > MAX_POWER || power > ceremony_power || !content.is_empty() {
        return Err(format::bad(format!("power {power} of a ceremony of power {ceremony_power}")));
    }
    Ok(power)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (head, tail) = rest.split_first_chunk().ok_or_else(truncated)?;
    *rest = tail;
    Ok(*head)
}

fn truncated() -> Error {
    format::bad("truncated")
}
