//! `hushproof commit`

use std::path::PathBuf;

use hushproof::{Error, commitment::Opening, error::ArtifactKind, field, schema::Schema};
use rand_core::OsRng;
use serde_json::{Value, json};

use crate::{
    files::{self, Plan, Secrecy},
    output::{self, Channel},
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
    /// Where to write what opens the commitment, which only its owner may read then; `-` is standard output; with --count a
    /// folder
    #[arg(short, value_name = "OPENING.json")]
    output: PathBuf,
    /// Where to write the commitment alone, which says nothing of the record
    #[arg(long, value_name = "COMMITMENT.json")]
    public: Option<PathBuf>,
    /// Commit so many times, each with a salt of its own, so that no two showings can be linked: N.opening.json and
    /// N.commitment.json in a folder
    #[arg(long, conflicts_with_all = ["public", "salt"], value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: Option<u32>,
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
    if let Some(count) = args.count {
        return several(&args, count);
    }
    let output = plan.writing("-o", &args.output)?;
    let public = args.public.as_ref().map(|path| plan.writing("--public", path)).transpose()?;
    let (schema, record) = read(&args)?;
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

fn read(args: &Args) -> anyhow::Result<(Schema, Value)> {
    let schema = files::schema(&args.schema)?;
    // A message of the parser could show a value.
    let record = hushproof::json::any(&files::read(&args.record)?)
        .map_err(|_| Error::artifact(ArtifactKind::Data, "expected a record as JSON, no name in it twice"))?;
    Ok((schema, record))
}

/// As many commitments to one record, in a folder.
fn several(args: &Args, count: u32) -> anyhow::Result<()> {
    let (schema, record) = read(args)?;
    // One that does not fit is refused before there is a folder.
    schema.values(&record)?;
    files::make_folder(&args.output)?;
    for number in 1..=count {
        let opening = Opening::new(&schema, record.clone(), OsRng)?;
        let mut plan = Plan::reading(&[Some(&args.schema), Some(&args.record)])?;
        let mut file = |kind: &str| plan.writing("-o", &args.output.join(format!("{number}.{kind}.json")));
        let (secret, public) = (file("opening")?, file("commitment")?);
        secret.write(opening.to_json().as_bytes(), Secrecy::Secret)?;
        public.write(opening.commitment.to_json().as_bytes(), Secrecy::Public)?;
    }
    let object = json!({
        "folder": args.output.display().to_string(),
        "schema": hex::encode(schema.digest()?),
        "commitments": count,
    });
    output::print(&object, args.json, Channel::Output)?;
    Ok(())
}
