//! What a relying party asks for, and what a proof is bound to beside its key and public values.
//!
//! A request is JSON. Its canonical form (RFC 8785) is hashed, and the hash is the context of the proof, so that a proof
//! answers one request: its audience, purpose and expiry are bound with its nonce.

use std::borrow::Cow;

use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    codec::{self, DIGEST_BYTES},
    error::{ArtifactKind, Error, Rejection, Result},
    json::{self, check_text},
    statement::MAX_CONTEXT_BYTES,
};

/// The version of requests that this build reads and writes.
pub const REQUEST_VERSION: u32 = 1;

/// Longest text of a request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 16 << 10;

/// Bytes of a nonce, at least: as many as no two parties draw twice.
pub const MIN_NONCE_BYTES: usize = 16;

/// Bytes of a nonce, at most.
pub const MAX_NONCE_BYTES: usize = 64;

/// Names of this machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Largest integer that every reader of JSON keeps exactly.
const MAX_SECONDS: u64 = (1 << 53) - 1;

/// Longest address, in bytes.
const MAX_URI_BYTES: usize = 2048;

/// A relying party's request: one proof under one key answers it, until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "File", try_from = "File")]
pub struct Request {
    /// Random bytes, [`MIN_NONCE_BYTES`] to [`MAX_NONCE_BYTES`], that tell requests apart.
    pub nonce: Vec<u8>,
    /// Who asks: a domain, or another name that the person knows.
    pub audience: String,
    /// What for, in words that the person is shown.
    pub purpose: String,
    /// Digest of the `.vk` file that the proof must be made for.
    pub vk: [u8; DIGEST_BYTES],
    /// Seconds since 1970 from which on no proof answers it.
    pub expires: u64,
    /// Who must have signed the commitment to the input.
    pub issuer: Option<String>,
    /// Digest of the schema that the commitment must be of.
    pub schema: Option<[u8; DIGEST_BYTES]>,
    /// Where the answer is sent: an address of HTTPS, or of HTTP on this machine.
    pub response_uri: Option<String>,
}

/// The JSON of a request.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    nonce: String,
    audience: String,
    purpose: String,
    vk: String,
    expires: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response_uri: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What a relying party chooses of a new request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Who asks: a domain, or another name that the person knows.
    pub audience: String,
    /// What for, in words that the person is shown.
    pub purpose: String,
    /// Seconds for which it holds.
    pub ttl: u64,
    /// Random bytes in hexadecimal; 32 of the generator's without it.
    pub nonce: Option<String>,
    /// Who must have signed the commitment to the input.
    pub issuer: Option<String>,
    /// Digest of the schema that the commitment must be of, in hexadecimal.
    pub schema: Option<String>,
    /// Where the answer is sent: an address of HTTPS, or of HTTP on this machine.
    pub response_uri: Option<String>,
}

impl Choices {
    /// The request for a proof under a key, from `now` on.
    ///
    /// # Errors
    /// The first field that a request can't have so, and why.
    pub fn request(
        self,
        vk: [u8; DIGEST_BYTES],
        now: u64,
        rng: impl RngCore + CryptoRng,
    ) -> Result<Request, (&'static str, String)> {
        let mut request = Request::new(vk, (&self.audience, &self.purpose), (now, self.ttl), rng);
        if let Some(nonce) = &self.nonce {
            request.nonce = codec::from_hex(nonce).map_err(|reason| ("nonce", reason))?;
        }
        request.schema = self.schema.map(|text| read_digest(&text)).transpose().map_err(|reason| ("schema", reason))?;
        request.issuer = self.issuer;
        request.response_uri = self.response_uri;
        request.unfit().map_or(Ok(request), Err)
    }
}

impl Request {
    /// A request for a proof under a key, with a nonce of 32 bytes, that expires `ttl` seconds after `now`. Whether it can
    /// be written [`Request::unfit`] says.
    pub fn new(
        vk: [u8; DIGEST_BYTES],
        (audience, purpose): (&str, &str),
        (now, ttl): (u64, u64),
        mut rng: impl RngCore + CryptoRng,
    ) -> Self {
        let mut nonce = vec![0; 32];
        rng.fill_bytes(&mut nonce);
        let (audience, purpose) = (audience.to_owned(), purpose.to_owned());
        let expires = now.saturating_add(ttl);
        Self { nonce, audience, purpose, vk, expires, issuer: None, schema: None, response_uri: None }
    }

    /// The first field that a request can't have so, and why.
    pub fn unfit(&self) -> Option<(&'static str, String)> {
        let nonce = || {
            let got = self.nonce.len();
            let fits = (MIN_NONCE_BYTES..=MAX_NONCE_BYTES).contains(&got);
            (!fits).then(|| format!("{got} bytes, expected {MIN_NONCE_BYTES} to {MAX_NONCE_BYTES}"))
        };
        let expires = || (self.expires > MAX_SECONDS).then(|| format!("at most {MAX_SECONDS} seconds since 1970"));
        let named = |name, reason: Option<String>| reason.map(|reason| (name, reason));
        named("nonce", nonce())
            .or_else(|| named("audience", check_text(&self.audience).err()))
            .or_else(|| named("purpose", check_text(&self.purpose).err()))
            .or_else(|| named("expires", expires()))
            .or_else(|| named("issuer", self.issuer.as_deref().and_then(|text| check_text(text).err())))
            .or_else(|| named("response_uri", self.response_uri.as_deref().and_then(|uri| check_uri(uri).err())))
    }

    /// Its canonical JSON (RFC 8785): names in order, no spaces.
    ///
    /// # Errors
    /// `Artifact`; never for one that is fit.
    pub fn to_json(&self) -> Result<String> {
        json::canonical(self).map_err(bad)
    }

    /// Reads a request, in canonical form or any other.
    ///
    /// # Errors
    /// `Artifact` for text that is no request or has a field that this build does not know, and so could not heed;
    /// `Version` for another version.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.len() > MAX_REQUEST_BYTES {
            return Err(bad(format!("{} bytes, at most {MAX_REQUEST_BYTES} are read", text.len())));
        }
        let Version { version } = json::object(text.as_bytes()).map_err(bad)?;
        if version != REQUEST_VERSION {
            return Err(Error::Version { kind: ArtifactKind::Request, expected: REQUEST_VERSION, got: version });
        }
        json::object::<File>(text.as_bytes()).map_err(bad)?.try_into()
    }

    /// The context of a proof that answers it: SHA-256 of its canonical JSON.
    ///
    /// # Errors
    /// As [`Request::to_json`].
    pub fn context(&self) -> Result<[u8; 32]> {
        Ok(Sha256::digest(self.to_json()?).into())
    }

    /// Whether a proof under this key, of inputs that are records of this schema where they are committed to, may answer
    /// it at this time, in seconds since 1970.
    ///
    /// # Errors
    /// `KeyMismatch` for another key; `Rejected` once it has expired, and where it asks for a commitment to the input, or
    /// for a record of another schema.
    pub fn check(&self, vk: &[u8; DIGEST_BYTES], schema: Option<&[u8; DIGEST_BYTES]>, now: u64) -> Result<()> {
        if self.vk != *vk {
            let (expected, got) = (hex::encode(vk), hex::encode(self.vk));
            return Err(Error::KeyMismatch { kind: ArtifactKind::Request, expected, got });
        }
        if now >= self.expires {
            return Err(Error::Rejected(Rejection::Expired { expires: self.expires, now }));
        }
        match (schema, &self.schema) {
            (None, _) if self.issuer.is_some() || self.schema.is_some() => Err(Error::Rejected(Rejection::Uncommitted)),
            (Some(schema), Some(wanted)) if schema != wanted => Err(Error::Rejected(Rejection::Schema)),
            _ => Ok(()),
        }
    }
}

impl From<Request> for File {
    fn from(request: Request) -> Self {
        Self {
            version: REQUEST_VERSION,
            nonce: hex::encode(request.nonce),
            audience: request.audience,
            purpose: request.purpose,
            vk: hex::encode(request.vk),
            expires: request.expires,
            issuer: request.issuer,
            schema: request.schema.map(hex::encode),
            response_uri: request.response_uri,
        }
    }
}

impl TryFrom<File> for Request {
    type Error = Error;

    fn try_from(file: File) -> Result<Self> {
        if file.version != REQUEST_VERSION {
            return Err(Error::Version { kind: ArtifactKind::Request, expected: REQUEST_VERSION, got: file.version });
        }
        let named = |name: &str, reason: String| bad(format!("{name}: {reason}"));
        let digest = |name: &str, text: &str| read_digest(text).map_err(|reason| named(name, reason));
        let request = Self {
            nonce: codec::from_hex(&file.nonce).map_err(|reason| named("nonce", reason))?,
            audience: file.audience,
            purpose: file.purpose,
            vk: digest("vk", &file.vk)?,
            expires: file.expires,
            issuer: file.issuer,
            schema: file.schema.map(|text| digest("schema", &text)).transpose()?,
            response_uri: file.response_uri,
        };
        match request.unfit() {
            Some((name, reason)) => Err(named(name, reason)),
            None => Ok(request),
        }
    }
}

/// What a proof is bound to beside its key and public values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Context {
    /// Bytes that a relying party gave out; none for a proof that anybody may show again.
    Bytes(Vec<u8>),
    /// A request.
    Request(Box<Request>),
}

impl Context {
    /// The bytes that are hashed.
    ///
    /// # Errors
    /// `Option` for more than [`MAX_CONTEXT_BYTES`]; as [`Request::to_json`].
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        match self {
            Self::Bytes(bytes) if bytes.len() > MAX_CONTEXT_BYTES => {
                let reason = format!("{} bytes, at most {MAX_CONTEXT_BYTES} are allowed", bytes.len());
                Err(Error::Option { option: "context", reason })
            }
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Request(request) => Ok(Cow::Owned(request.context()?.to_vec())),
        }
    }
}

/// What a relying party asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What the proof has to be bound to.
    pub context: Context,
    /// When this is asked, in seconds since 1970; of no meaning to bytes.
    now: u64,
    /// Whose signature on the commitment to the input whoever asks has checked.
    issuer: Option<String>,
}

impl Asked {
    /// A request, at a time in seconds since 1970.
    pub fn request(request: Request, now: u64) -> Self {
        Self { context: Context::Request(Box::new(request)), now, issuer: None }
    }

    /// The same by whoever has checked that this issuer signed the commitment which the proof shows.
    #[must_use]
    pub fn attested_by(self, issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..self }
    }

    /// Whether a proof under this key, of records of this schema, may answer it.
    ///
    /// # Errors
    /// As [`Request::check`].
    pub fn check(&self, vk: &[u8; DIGEST_BYTES], schema: Option<&[u8; DIGEST_BYTES]>) -> Result<()> {
        match &self.context {
            Context::Bytes(_) => Ok(()),
            Context::Request(request) => request.check(vk, schema, self.now),
        }
    }

    /// Whether the issuer that a request asks for is the one whose signature was checked.
    ///
    /// # Errors
    /// `Rejected`.
    pub fn check_issuer(&self) -> Result<()> {
        match &self.context {
            Context::Request(request) if request.issuer.is_some() && request.issuer != self.issuer => {
                Err(Error::Rejected(Rejection::Issuer))
            }
            Context::Request(_) | Context::Bytes(_) => Ok(()),
        }
    }
}

/// A context of these bytes.
impl From<&[u8]> for Asked {
    fn from(bytes: &[u8]) -> Self {
        Self { context: Context::Bytes(bytes.to_vec()), now: 0, issuer: None }
    }
}

impl From<&Vec<u8>> for Asked {
    fn from(bytes: &Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl<const N: usize> From<&[u8; N]> for Asked {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl From<&Self> for Asked {
    fn from(asked: &Self) -> Self {
        asked.clone()
    }
}

fn read_digest(text: &str) -> Result<[u8; DIGEST_BYTES], String> {
    codec::from_hex(text)?.try_into().map_err(|_| format!("expected a digest of {DIGEST_BYTES} bytes"))
}

/// An address of HTTPS, or of HTTP on this machine.
fn check_uri(uri: &str) -> Result<(), String> {
    if uri.len() > MAX_URI_BYTES || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("expected at most {MAX_URI_BYTES} visible ASCII characters"));
    }
    let end = |c| matches!(c, '/' | '?' | '#' | '\\');
    let host = |rest: &str| rest.split(end).next().unwrap_or_default().to_owned();
    let secure = uri.strip_prefix("https://").map(host);
    let is_this_machine = |host: &String| {
        let after = LOCAL.iter().find_map(|name| host.strip_prefix(name));
        after.is_some_and(|port| port.is_empty() || port.starts_with(':'))
    };
    let local = uri.strip_prefix("http://").map(host).filter(is_this_machine);
    match secure.or(local) {
        Some(host) if !host.is_empty() && !host.contains('@') => Ok(()),
        _ => Err("expected https://HOST/…, or http://localhost".to_owned()),
    }
}

fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::Request, reason)
}

#[cfg(test)]
mod tests;
