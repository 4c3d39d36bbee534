//! The files that commands read and write.

mod beside;
mod read;
mod system;
mod write;

use std::path::Path;

use hushproof::{
    Error, Result,
    data::{self, Selection},
    error::ArtifactKind,
    graph::{Model, ValueInfo},
    prove::{ModelCommitment, ModelOpening, Proof, Srs, VerifyingKey, srs::Origin},
    request::Request,
    schema::Schema,
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
    Proof::from_json(&text(path, ArtifactKind::Proof)?)
}

pub(crate) fn request(path: &Path) -> Result<Request> {
    Request::from_json(&text(path, ArtifactKind::Request)?)
}

pub(crate) fn schema(path: &Path) -> Result<Schema> {
    Schema::from_json(&text(path, ArtifactKind::Schema)?)
}

pub(crate) fn model_commitment(path: &Path) -> Result<ModelCommitment> {
    ModelCommitment::from_json(&text(path, ArtifactKind::ModelCommitment)?)
}

pub(crate) fn model_opening(path: &Path) -> Result<ModelOpening> {
    ModelOpening::from_json(&text(path, ArtifactKind::ModelCommitment)?)
}

/// A folder, made where there is none.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

/// A file of this kind that is text.
pub(crate) fn text(path: &Path, kind: ArtifactKind) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|_| Error::artifact(kind, "not UTF-8 text"))
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
