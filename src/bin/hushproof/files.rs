//! The files that commands read and write.

mod beside;
mod read;
mod system;
mod write;

use std::path::Path;

use hushproof::{
    Error, Result, codec,
    data::{self, Selection},
    graph::{Model, ValueInfo},
    prove::{Proof, Srs, VerifyingKey, srs::Origin},
};

use self::read::read_binary;
pub(crate) use self::{
    beside::Beside,
    read::read,
    write::{Output, Plan, Secrecy, sibling},
};
use crate::output;

/// Whether a path stands for standard input or output.
fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// The rows of a data set, or those selected.
pub(crate) fn rows(path: &Path, info: &ValueInfo, selection: Option<&Selection>) -> Result<Vec<Vec<f64>>> {
    rows_of(&read(path)?, info, selection)
}

/// The same from the bytes of the file.
pub(crate) fn rows_of(bytes: &[u8], info: &ValueInfo, selection: Option<&Selection>) -> Result<Vec<Vec<f64>>> {
    let rows = data::read_rows(bytes, info)?;
    match selection {
        Some(selection) => selection.apply(rows),
        None => Ok(rows),
    }
}

pub(crate) fn model(path: &Path) -> Result<Model> {
    Model::from_bytes(&read_binary(path)?)
}

pub(crate) fn verifying_key(path: &Path) -> Result<VerifyingKey> {
    VerifyingKey::from_bytes(&read_binary(path)?)
}

pub(crate) fn proof(path: &Path) -> Result<Proof> {
    let bytes = read(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::artifact(hushproof::error::ArtifactKind::Proof, "not UTF-8 text"))?;
    Proof::from_json(&text)
}

/// Reads an SRS and says where it comes from if that is no ceremony.
pub(crate) fn srs(path: &Path) -> Result<Srs> {
    let srs = Srs::from_bytes(&read_binary(path)?)?;
    announce(srs.origin());
    Ok(srs)
}

/// Says so when an SRS convinces nobody but its maker.
pub(crate) fn announce(origin: Origin) {
    match origin {
        Origin::Ceremony(_) => (),
        Origin::Development => output::note(
            "warning: development SRS; whoever made it could forge proofs. Use a ceremony's for anything real.",
        ),
        Origin::Unknown => output::note(
            "warning: SRS of unknown origin, none of the ceremonies that this build knows; whoever made it could \
             forge proofs.",
        ),
    }
}

/// The relying party's context (nonce). None is asked for by name: an empty text may be a variable that was not set.
#[derive(clap::Args)]
pub(crate) struct ContextArgs {
    /// The relying party's context (nonce) that the proof is bound to
    #[arg(long, value_name = "HEX")]
    context: Option<String>,
    /// Bound to no context: whoever has such a proof can show it again
    #[arg(long, conflicts_with = "context")]
    no_context: bool,
}

impl ContextArgs {
    /// The bytes; none at all where neither option is given.
    pub(crate) fn bytes(&self) -> Result<Option<Vec<u8>>> {
        let refuse = |reason: String| Error::Option { option: "--context", reason };
        match &self.context {
            Some(text) if text.is_empty() => Err(refuse("empty; for none at all say --no-context".to_owned())),
            Some(text) => codec::from_hex(text).map(Some).map_err(refuse),
            None => Ok(self.no_context.then(Vec::new)),
        }
    }
}
