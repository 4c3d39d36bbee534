//! What issuers and publishers sign: a commitment to a record, never the record; and which files a model is made of.
//! Signatures are checked beside the proof.
//!
//! Compact JSON Web Signatures (RFC 7515) by ES256 or EdDSA with keys as JSON Web Keys (RFC 7517, 7518, 8037). Their
//! frame is read here, more strictly than libraries do: one algorithm per key, nothing critical that is not
//! understood, no name twice. The signatures themselves are those of `p256` and `ed25519-dalek`.

mod claims;
mod jws;
mod key;
mod manifest;
#[cfg(feature = "signatures")]
mod signatures;

pub use claims::Credential;
pub use jws::{Kind, MAX_JWS_BYTES, Signed};
#[cfg(feature = "signatures")]
pub use key::SigningKey;
pub use key::{Algorithm, KeySet, PublicKey};
pub use manifest::{Manifest, sha256};
