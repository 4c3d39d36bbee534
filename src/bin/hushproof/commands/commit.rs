//! `hushproof commit`

use std::path::PathBuf;

use hushproof::{Error, commitment::Opening, error::ArtifactKind, field};
use rand_core::OsRng;
use serde_json::json;

use crate::{
    files::{self, Plan, Secrecy},
    output,
};

/// Commit to a record by a schema, with a salt of its own.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the record holds
    #[arg(long, value_name = "SCHEMA.json")]
    schema: PathBuf,
    /// The record: {"name": value, …}, a list in the order of the fields, or {"input": nested array}
    #[arg(long, value_name = "RECORD.json")]
    record: PathBuf,
    /// Where to write what opens the commitment, which only its owner may read then; `-` is standard output
    #[arg(short, value_name = "OPENING.json")]
    output: PathBuf,
    /// Where to write the commitment alone, which says nothing of the record
    #[arg(long, value_name = "COMMITMENT.json")]
    public: Option<PathBuf>,
    /// A file with the salt, in hexadecimal: a secret that was drawn at random for this commitment alone; the system's
    /// randomness without it
    #[arg(long, value_name = "FILE")]
    salt: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut plan = Plan::reading(&[Some(&args.schema), Some(&args.record), args.salt.as_ref()])?;
    let output = plan.writing("-o", &args.output)?;
    let public = args.public.as_ref().map(|path| plan.writing("--public", path)).transpose()?;
    let schema = files::schema(&args.schema)?;
    // A message of the parser could show a value.
    let record = serde_json::from_slice(&files::read(&args.record)?)
        .map_err(|_| Error::artifact(ArtifactKind::Data, "expected a record as JSON"))?;
    let opening = match &args.salt {
        Some(path) => {
            let refuse = |reason: String| Error::Option { option: "--salt", reason };
            let text = String::from_utf8(files::read(path)?).map_err(|_| refuse("expected hexadecimal".to_owned()))?;
            Opening::with_salt(&schema, record, field::from_hex(text.trim()).map_err(refuse)?)?
        }
        None => Opening::new(&schema, record, OsRng)?,
    };
    output.write(opening.to_json().as_bytes(), Secrecy::Secret)?;
    if let Some(public) = public {
        public.write(opening.commitment.to_json().as_bytes(), Secrecy::Public)?;
    }
    let object = json!({
        "file": args.output.display().to_string(),
        "schema": hex::encode(opening.commitment.schema),
        "commitment": field::to_hex(&opening.commitment.value),
    });
    output::print(&object, args.json, plan.channel())?;
    Ok(())
}
