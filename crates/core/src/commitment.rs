//! Commitments to records, and what opens them.
//!
//! `commitment = sponge(tag; schema, salt, packed integers)`: Poseidon over pairs of field elements ([`poseidon::absorb`]).
//! The schema fixes how many there are, so that no length comes from private data and the padding is always the same.

use halo2curves::{bn256::Fr, ff::Field};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    codec::{self, DIGEST_BYTES},
    error::{ArtifactKind, Error, Result},
    field::{self, element, halves, to_hex},
    json, poseidon,
    schema::Schema,
};

/// The capacity that every commitment begins with.
const TAG: &[u8] = b"hushproof record 1";

/// Longest text of an opening, in bytes.
const MAX_FILE_BYTES: usize = 64 << 20;

/// A commitment to a record of a schema; says nothing of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    /// The schema's digest.
    pub schema: [u8; DIGEST_BYTES],
    /// The sponge's result.
    pub value: Fr,
}

/// A commitment with what opens it: only the record's owner keeps it. It has no `Debug`, which could be logged.
#[derive(Clone)]
pub struct Opening {
    /// What it opens.
    pub commitment: Commitment,
    /// Drawn anew for each commitment, so that two to one record share nothing.
    pub salt: Fr,
    /// The record as JSON.
    pub record: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicFile {
    schema: String,
    commitment: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningFile {
    schema: String,
    commitment: String,
    salt: String,
    record: Value,
}

impl Commitment {
    /// To integers, one for each element of a schema.
    ///
    /// # Errors
    /// `Record` for another number of integers, or one above its largest; as [`Schema::digest`].
    pub fn new(schema: &Schema, integers: &[u64], salt: Fr) -> Result<Self> {
        let fits = |(at, (integer, largest)): (usize, (&u64, u64))| match *integer <= largest {
            true => Ok(()),
            false => Err(schema.misfit(at)),
        };
        if integers.len() != schema.len() {
            return Err(schema.misfit(integers.len().min(schema.len())));
        }
        integers.iter().zip(schema.largest()).enumerate().try_for_each(fits)?;
        let digest = schema.digest()?;
        Ok(Self { schema: digest, value: sponge(capacity(&digest), salt, pack(schema, integers)) })
    }

    /// The JSON that may be shown to anybody.
    pub fn to_json(&self) -> String {
        serde_json::json!(self.file()).to_string()
    }

    fn file(&self) -> PublicFile {
        let (schema, commitment) = self.texts();
        PublicFile { schema, commitment }
    }

    /// Reads what [`Commitment::to_json`] wrote.
    ///
    /// # Errors
    /// `Artifact`.
    pub fn from_json(text: &str) -> Result<Self> {
        check_len(text)?;
        // A message of the parser could show a value of an opening.
        let PublicFile { schema, commitment } = json::object(text.as_bytes()).map_err(|_| {
            bad("expected an object with schema and commitment alone; what opens a commitment is not to be shown")
        })?;
        Self::read(&schema, &commitment)
    }

    /// The digest of its schema and its value, in hexadecimal.
    pub fn texts(&self) -> (String, String) {
        (hex::encode(self.schema), to_hex(&self.value))
    }

    /// See [`Commitment::texts`].
    ///
    /// # Errors
    /// `Artifact`.
    pub fn read(schema: &str, commitment: &str) -> Result<Self> {
        let schema = codec::from_hex(schema).map_err(|reason| bad(format!("schema: {reason}")))?;
        let digest = schema.try_into().map_err(|_| bad("schema: expected a digest of 32 bytes"))?;
        Ok(Self { schema: digest, value: from_hex("commitment", commitment)? })
    }
}

impl Opening {
    /// Commits to a record with a salt of its own.
    ///
    /// # Errors
    /// `Record` names the field that does not fit the schema.
    pub fn new(schema: &Schema, record: Value, rng: impl RngCore + CryptoRng) -> Result<Self> {
        Self::with_salt(schema, record, Fr::random(rng))
    }

    /// Commits to a record with a salt that was drawn before.
    ///
    /// # Errors
    /// As [`Opening::new`].
    pub fn with_salt(schema: &Schema, record: Value, salt: Fr) -> Result<Self> {
        let integers = schema.integers(&schema.values(&record)?)?;
        Ok(Self { commitment: Commitment::new(schema, &integers, salt)?, salt, record })
    }

    /// Whether it opens its commitment; gives the values of the record, as [`Schema::values`].
    ///
    /// # Errors
    /// `Record` for a record that does not fit the schema, `Artifact` for one that was not committed to, and for another
    /// schema.
    pub fn open(&self, schema: &Schema) -> Result<Vec<f64>> {
        self.opened(schema).map(|(values, _)| values)
    }

    /// As [`Opening::open`], the integers that stand for the values.
    ///
    /// # Errors
    /// As [`Opening::open`].
    pub fn integers(&self, schema: &Schema) -> Result<Vec<u64>> {
        self.opened(schema).map(|(_, integers)| integers)
    }

    fn opened(&self, schema: &Schema) -> Result<(Vec<f64>, Vec<u64>)> {
        let values = schema.values(&self.record)?;
        let integers = schema.integers(&values)?;
        let made = Commitment::new(schema, &integers, self.salt)?;
        if made.schema != self.commitment.schema {
            return Err(bad("it is of another schema"));
        }
        if made.value != self.commitment.value {
            return Err(bad("record and salt do not open it"));
        }
        Ok((values, integers))
    }

    /// The JSON that only the owner keeps.
    pub fn to_json(&self) -> String {
        let PublicFile { schema, commitment } = self.commitment.file();
        let file = OpeningFile { schema, commitment, salt: to_hex(&self.salt), record: self.record.clone() };
        serde_json::json!(file).to_string()
    }

    /// Reads what [`Opening::to_json`] wrote. Whether it opens the commitment [`Opening::open`] says.
    ///
    /// # Errors
    /// `Artifact`.
    pub fn from_json(text: &str) -> Result<Self> {
        check_len(text)?;
        // A message of the parser could show a value.
        let OpeningFile { schema, commitment, salt, record } = json::object(text.as_bytes())
            .map_err(|_| bad("expected an object with schema, commitment, salt and record"))?;
        Ok(Self { commitment: Commitment::read(&schema, &commitment)?, salt: from_hex("salt", &salt)?, record })
    }
}

/// The sponge's capacity when it has absorbed a schema: what a commitment to any record of it begins with.
pub fn capacity(schema: &[u8; DIGEST_BYTES]) -> Fr {
    poseidon::absorb(element(TAG), [halves(schema)])
}

/// What the sponge makes of a salt and packed integers.
pub(crate) fn sponge(capacity: Fr, salt: Fr, packed: Vec<Fr>) -> Fr {
    let elements: Vec<Fr> = [salt].into_iter().chain(packed).collect();
    poseidon::absorb(capacity, elements.chunks(2).map(|pair| [pair[0], pair.get(1).copied().unwrap_or(Fr::ZERO)]))
}

/// The integers of a record, one for each element, in field elements.
pub(crate) fn pack(schema: &Schema, integers: &[u64]) -> Vec<Fr> {
    let packing = schema.packing();
    let base = Fr::from(2).pow([u64::from(packing.bits)]);
    let ordered: Vec<u64> = schema.packed_order().filter_map(|at| integers.get(at).copied()).collect();
    let packed =
        |integers: &[u64]| integers.iter().rev().fold(Fr::ZERO, |sum, integer| sum * base + Fr::from(*integer));
    ordered.chunks(packing.integers).map(packed).collect()
}

/// A field element from its one text.
fn from_hex(name: &str, text: &str) -> Result<Fr> {
    field::from_hex(text).map_err(|reason| bad(format!("{name}: {reason}")))
}

fn check_len(text: &str) -> Result<()> {
    if text.len() > MAX_FILE_BYTES {
        return Err(bad(format!("{} bytes, at most {MAX_FILE_BYTES} are read", text.len())));
    }
    Ok(())
}

fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::Commitment, reason)
}

#[cfg(test)]
mod tests;
