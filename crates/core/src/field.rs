//! Elements of BN254's scalar field as integers and as text.

use halo2curves::{
    bn256::Fr,
    ff::{Field, PrimeField},
};

use crate::codec::{self, DIGEST_BYTES};

/// The big-endian integer of at most 31 bytes.
pub(crate) fn element(bytes: &[u8]) -> Fr {
    bytes.iter().fold(Fr::ZERO, |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)))
}

/// The two halves of a digest, each a big-endian integer of 128 bits.
pub(crate) fn halves(digest: &[u8; DIGEST_BYTES]) -> [Fr; 2] {
    let (high, low) = digest.split_at(DIGEST_BYTES / 2);
    [element(high), element(low)]
}

/// 32 bytes in hexadecimal, the highest first.
pub fn to_hex(value: &Fr) -> String {
    let mut bytes = value.to_repr();
    bytes.reverse();
    hex::encode(bytes)
}

/// A field element from its one text, as [`to_hex`] writes it.
///
/// # Errors
/// The reason, for anything but 64 lower-case digits of a number below the modulus.
pub fn from_hex(text: &str) -> Result<Fr, String> {
    let mut bytes: [u8; 32] = codec::from_hex(text)?.try_into().map_err(|_| "expected 32 bytes".to_owned())?;
    bytes.reverse();
    Option::from(Fr::from_repr(bytes)).ok_or_else(|| "expected an element of the field".to_owned())
}
