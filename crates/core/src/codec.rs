//! The frame of the binary files (magic, format version, body, Blake2b-256 digest) and the primitives in their bodies.
//!
//! Every value has one encoding: the reader refuses all others, and it allocates no more than the bytes that remain
//! can fill.
#![deny(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)]

use blake2::{Blake2b, Digest as _, digest::consts::U32};

use crate::error::{ArtifactKind, Error, Result};

/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;

/// Blake2b-256 of some bytes.
pub fn digest(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
    Blake2b::<U32>::digest(bytes).into()
}

/// Bytes from hexadecimal, whose digits must be lower case: one text for the same bytes.
///
/// # Errors
/// The reason.
pub fn from_hex(text: &str) -> std::result::Result<Vec<u8>, String> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("hexadecimal digits must be lower case".to_owned());
    }
    hex::decode(text).map_err(|error| error.to_string())
}

/// Collects the bytes of a file.
#[derive(Debug, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Starts a file with its magic and format version.
    pub fn new(magic: &[u8; 8], version: u32) -> Self {
        let mut bytes = magic.to_vec();
        bytes.extend_from_slice(&version.to_le_bytes());
        Self { bytes }
    }

    /// Raw bytes, without their length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Four bytes, little-endian.
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// Eight bytes, IEEE 754 double, little-endian.
    pub fn f64(&mut self, value: f64) {
        self.raw(&value.to_le_bytes());
    }

    /// One byte, 0 or 1, then the value if it is 1.
    pub fn optional_f64(&mut self, value: Option<f64>) {
        self.u8(value.is_some().into());
        if let Some(value) = value {
            self.f64(value);
        }
    }

    /// LEB128: seven bits a byte, low ones first; 1 to 10 bytes.
    pub fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }

    /// A size as [`Writer::varint`].
    pub fn size(&mut self, value: usize) {
        self.varint(u64::try_from(value).unwrap_or(u64::MAX));
    }

    /// Zigzag LEB128: 0, −1, 1, −2, … as 0, 1, 2, 3, …
    pub fn signed(&mut self, value: i64) {
        self.varint((value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned());
    }

    /// UTF-8 text after its length in bytes.
    pub fn text(&mut self, value: &str) {
        self.size(value.len());
        self.raw(value.as_bytes());
    }

    /// Appends the digest of all that was written; the finished file.
    pub fn finish(mut self) -> Vec<u8> {
        let digest = digest(&self.bytes);
        self.raw(&digest);
        self.bytes
    }
}

/// Reads the body of a file, front to back. Every method gives [`Error::Artifact`] where the bytes do not fit.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    kind: ArtifactKind,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks magic, version and digest, and stands before the first byte of the body.
    ///
    /// # Errors
    /// `Artifact` for bytes of another kind, cut off or altered; `Version` for another format version.
    pub fn open(kind: ArtifactKind, magic: &[u8; 8], version: u32, bytes: &'a [u8]) -> Result<Self> {
        let cut_off = || Error::artifact(kind, "cut off");
        let Some(after_magic) = bytes.strip_prefix(magic) else {
            return Err(Error::artifact(kind, "wrong first bytes; this is another kind of file"));
        };
        let (got, _) = after_magic.split_first_chunk::<4>().ok_or_else(cut_off)?;
        let got = u32::from_le_bytes(*got);
        if got != version {
            return Err(Error::Version { kind, expected: version, got });
        }
        let (sealed, expected) = bytes.split_last_chunk::<DIGEST_BYTES>().ok_or_else(cut_off)?;
        let rest = sealed.get(12..).ok_or_else(cut_off)?;
        if digest(sealed) != *expected {
            return Err(Error::artifact(kind, "digest mismatch; the file was cut off or altered"));
        }
        Ok(Self { kind, rest })
    }

    /// An [`Error::Artifact`] of this file's kind.
    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error::artifact(self.kind, reason)
    }

    /// Bytes of the body not yet read.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next `len` bytes.
    pub fn raw(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or_else(|| self.error("ends too early"))?;
        self.rest = rest;
        Ok(head)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.error("ends too early"))?;
        self.rest = rest;
        Ok(*head)
    }

    /// See [`Writer::u8`].
    pub fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.chunk()?))
    }

    /// One byte, 0 or 1.
    pub fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.error(format!("flag is {other}, expected 0 or 1"))),
        }
    }

    /// See [`Writer::u32`].
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.chunk()?))
    }

    /// See [`Writer::f64`].
    pub fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.chunk()?))
    }

    /// See [`Writer::optional_f64`].
    pub fn optional_f64(&mut self) -> Result<Option<f64>> {
        if self.bool()? { self.f64().map(Some) } else { Ok(None) }
    }

    /// See [`Writer::varint`]; longer encodings than needed are refused.
    pub fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0u32..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if bits.leading_zeros() < shift || (byte == 0 && shift > 0) {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error("invalid integer encoding"))
    }

    /// A varint that fits `u32`.
    pub fn varint_u32(&mut self) -> Result<u32> {
        u32::try_from(self.varint()?).map_err(|_| self.error("integer too large"))
    }

    /// See [`Writer::size`].
    pub fn size(&mut self) -> Result<usize> {
        usize::try_from(self.varint()?).map_err(|_| self.error("size too large"))
    }

    /// See [`Writer::signed`].
    pub fn signed(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg())
    }

    /// See [`Writer::text`].
    pub fn text(&mut self) -> Result<String> {
        let len = self.size()?;
        let bytes = self.raw(len)?;
        str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.error("text is not UTF-8"))
    }

    /// `count` values of at least `min_bytes` bytes each; refuses counts that the remaining bytes cannot hold before
    /// it allocates.
    pub fn many<T>(
        &mut self,
        count: usize,
        min_bytes: usize,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        if count.checked_mul(min_bytes.max(1)).is_none_or(|bytes| bytes > self.rest.len()) {
            return Err(self.error("ends too early"));
        }
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(read(self)?);
        }
        Ok(values)
    }

    /// The end of the body.
    ///
    /// # Errors
    /// `Artifact` where bytes are left over.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("has bytes after its end")) }
    }
}

#[cfg(test)]
mod tests;
