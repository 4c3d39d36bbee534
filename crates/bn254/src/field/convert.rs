//! Conversions to and from `halo2curves`, and inversion.

use halo2curves::bn256;
use halo2curves::ff::Field;
use halo2curves::serde::SerdeObject;

use super::{Fp, FqParams, FrParams, Params};

impl<P: Params> Fp<P> {
    /// The same element as `halo2curves`' type; copies the limbs.
    #[inline]
    pub fn to_halo2(&self) -> P::Halo2 {
        let mut bytes = [0u8; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        P::Halo2::from_raw_bytes_unchecked(&bytes)
    }

    /// The same element from `halo2curves`' type; copies the limbs.
    #[inline]
    pub fn from_halo2(value: &P::Halo2) -> Self {
        let mut bytes = [0u8; 32];
        let written = value.write_raw(&mut &mut bytes[..]);
        debug_assert!(written.is_ok(), "a raw element has 32 bytes");
        let mut limbs = [0u64; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
            let mut word = [0u8; 8];
            word.copy_from_slice(chunk);
            *limb = u64::from_le_bytes(word);
        }
        Self::from_montgomery(limbs)
    }

    /// Reads 32 bytes, the limbs of `a * 2^256 mod p` in little-endian order; `None` if they are not below p.
    #[inline]
    pub(crate) fn from_raw_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let (words, _) = bytes.as_chunks::<8>();
        let mut limbs = [0u64; 4];
        for (limb, word) in limbs.iter_mut().zip(words) {
            *limb = u64::from_le_bytes(*word);
        }
        limbs.iter().rev().lt(P::MODULUS.iter().rev()).then(|| Self::from_montgomery(limbs))
    }

    /// The multiplicative inverse; `None` for zero.
    pub fn invert(&self) -> Option<Self> {
        Option::from(self.to_halo2().invert()).map(|inverse| Self::from_halo2(&inverse))
    }
}

impl From<bn256::Fr> for Fp<FrParams> {
    fn from(value: bn256::Fr) -> Self {
        Self::from_halo2(&value)
    }
}

impl From<Fp<FrParams>> for bn256::Fr {
    fn from(value: Fp<FrParams>) -> Self {
        value.to_halo2()
    }
}

impl From<bn256::Fq> for Fp<FqParams> {
    fn from(value: bn256::Fq) -> Self {
        Self::from_halo2(&value)
    }
}

impl From<Fp<FqParams>> for bn256::Fq {
    fn from(value: Fp<FqParams>) -> Self {
        value.to_halo2()
    }
}
