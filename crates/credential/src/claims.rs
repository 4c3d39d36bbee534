//! What an issuer says of a commitment.

use hushproof_core::{
    commitment::Commitment,
    error::{ArtifactKind, Error, Result, TrustFault},
    json::{self, check_text},
};
use serde::{Deserialize, Serialize};

/// Seconds by which an issuer's clock may be ahead of a relying party's.
const CLOCK_SKEW: u64 = 300;

/// Largest time that every reader of JSON keeps exactly.
const MAX_SECONDS: u64 = (1 << 53) - 1;

/// An issuer's word that it knows the record of a commitment. It says nothing of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// To the record.
    pub commitment: Commitment,
    /// Who signs.
    pub issuer: String,
    /// When it was signed, in seconds since 1970.
    pub issued: u64,
    /// Seconds since 1970 from which on it does not hold.
    pub expires: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    schema: String,
    commitment: String,
    iss: String,
    iat: u64,
    exp: u64,
}

impl Credential {
    /// Reads what was signed, by a key that is believed; it must hold at this time, in seconds since 1970.
    ///
    /// # Errors
    /// `Artifact` for a payload that is no credential's, `Untrusted` for one that does not hold now.
    pub fn read(payload: &str, now: u64) -> Result<Self> {
        let claims: Claims = json::object(payload.as_bytes()).map_err(|reason| bad(format!("payload: {reason}")))?;
        let Claims { schema, commitment, iss: issuer, iat: issued, exp: expires } = claims;
        let commitment = Commitment::read(&schema, &commitment)?;
        let credential = Self { commitment, issuer, issued, expires };
        credential.check()?;
        if now >= expires {
            return Err(untrusted(TrustFault::Expired { expires, now }));
        }
        if issued > now.saturating_add(CLOCK_SKEW) {
            return Err(untrusted(TrustFault::NotYet { issued, now }));
        }
        Ok(credential)
    }

    /// Whether it is for a commitment.
    ///
    /// # Errors
    /// `Untrusted` where it is for another one.
    pub fn check_commitment(&self, commitment: &Commitment) -> Result<()> {
        let same = self.commitment == *commitment;
        if same { Ok(()) } else { Err(untrusted(TrustFault::Commitment)) }
    }

    /// The JSON that is signed.
    ///
    /// # Errors
    /// `Artifact` for what can't be signed.
    pub fn payload(&self) -> Result<String> {
        self.check()?;
        let (schema, commitment) = self.commitment.texts();
        let claims = Claims { schema, commitment, iss: self.issuer.clone(), iat: self.issued, exp: self.expires };
        json::canonical(&claims).map_err(bad)
    }

    fn check(&self) -> Result<()> {
        check_text(&self.issuer).map_err(|reason| bad(format!("iss: {reason}")))?;
        if self.expires > MAX_SECONDS || self.issued >= self.expires {
            return Err(bad(format!("iat, exp: expected seconds since 1970 in this order, at most {MAX_SECONDS}")));
        }
        Ok(())
    }
}

fn untrusted(fault: TrustFault) -> Error {
    Error::Untrusted { kind: ArtifactKind::Credential, fault }
}

fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::Credential, reason)
}

#[cfg(all(test, feature = "signatures"))]
mod tests;
