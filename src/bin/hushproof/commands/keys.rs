//! `hushproof keys`

use std::path::PathBuf;

use hushproof::prove;
use serde_json::json;

use crate::{files, output};

/// Derive a compiled model's verifying key (.vk) from an SRS.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// The SRS
    #[arg(long)]
    srs: PathBuf,
    /// Where to write the key; MODEL.vk beside the model without it
    #[arg(short, value_name = "MODEL.vk")]
    output: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let model = files::model(&args.model)?;
    let vk = prove::keygen(&model, &files::srs(&args.srs)?)?;
    let path = args.output.unwrap_or_else(|| files::sibling(&args.model, "vk"));
    let bytes = vk.to_bytes();
    files::write(&path, &bytes)?;
    let object = json!({
        "file": path.display().to_string(),
        "bytes": bytes.len(),
        "digest": hex::encode(vk.digest()),
        "k": vk.k,
        "proof_bytes": vk.proof_bytes(),
        "srs": vk.srs_origin.to_string(),
    });
    output::print(&object, args.json)
}
