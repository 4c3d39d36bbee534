//! `hushproof keys`

use std::path::PathBuf;

use hushproof::{Error, error::ArtifactKind, prove};
use serde_json::json;

use crate::{
    files::{self, Plan, Secrecy},
    output::{self, Progress},
};

/// Derive a compiled model's verifying key (.vk) from an SRS, which is checked first.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// The SRS
    #[arg(long)]
    srs: PathBuf,
    /// Where to write the key; MODEL.vk beside the model without it, `-` is standard output
    #[arg(short, value_name = "MODEL.vk")]
    output: Option<PathBuf>,
    /// Write the key only if this is its digest
    #[arg(long, value_name = "DIGEST")]
    expect: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut plan = Plan::reading(&[Some(&args.model), Some(&args.srs)])?;
    let path = args.output.map_or_else(|| files::sibling(&args.model, "vk", "-o"), Ok)?;
    let output = plan.writing("-o", &path)?;
    let model = files::model(&args.model)?;
    let srs = files::srs(&args.srs)?;
    let progress = Progress::new(args.json);
    let vk = prove::keygen_with(&model, &srs, &mut |stage, done| progress.report(stage, done))?;
    drop(progress);
    let digest = hex::encode(vk.digest());
    if let Some(expected) = args.expect.filter(|expected| *expected != digest) {
        return Err(Error::KeyMismatch { kind: ArtifactKind::VerifyingKey, expected, got: digest }.into());
    }
    let bytes = vk.to_bytes();
    output.write(&bytes, Secrecy::Public)?;
    let object = json!({
        "file": path.display().to_string(),
        "bytes": bytes.len(),
        "digest": digest,
        "k": vk.k,
        "proof_bytes": vk.proof_bytes(),
        "srs": vk.srs_origin.to_string(),
    });
    output::print(&object, args.json, plan.channel())?;
    Ok(())
}
