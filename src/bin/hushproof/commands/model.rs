//! `hushproof model`

use std::path::PathBuf;

use clap::Subcommand;
use hushproof::{
    Error,
    prove::{self, ModelOpening},
};
use rand_core::OsRng;
use serde_json::json;

use crate::{
    files::{self, Plan, Secrecy},
    output::{self, Progress},
};

/// Name a model whose weights are private, so that proofs can say which model they are about.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
enum Command {
    Commit(Commit),
}

/// Commit to the private weights of a model: the commitments and their id are public, what hides the weights is for
/// `prove --model-opening`
#[derive(clap::Args)]
struct Commit {
    /// The compiled model
    model: PathBuf,
    /// The SRS
    #[arg(long)]
    srs: PathBuf,
    /// The verifying key; derived from model and SRS without it
    #[arg(long, value_name = "MODEL.vk")]
    vk: Option<PathBuf>,
    /// Where to write the commitments, which say nothing of the weights; MODEL.id.json beside the model without it, `-` is
    /// standard output
    #[arg(short, value_name = "MODEL.id.json")]
    output: Option<PathBuf>,
    /// Where to write what hides the weights, which only the model's owner may read then, and which replaces no file;
    /// MODEL.id.opening.json beside the model without it
    #[arg(long, value_name = "FILE")]
    opening: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Commit(commit) => make(commit, args.json),
    }
}

fn make(args: Commit, as_json: bool) -> anyhow::Result<()> {
    let mut plan = Plan::reading(&[Some(&args.model), Some(&args.srs), args.vk.as_ref()])?;
    let path = args.output.map_or_else(|| files::sibling(&args.model, "id.json", "-o"), Ok)?;
    let opening_path = args.opening.map_or_else(|| files::sibling(&args.model, "id.opening.json", "--opening"), Ok)?;
    if opening_path.is_file() {
        let path = opening_path.display();
        let reason =
            format!("{path} is there; without it nothing proves under its id any more: name another file, or move it");
        return Err(Error::Option { option: "--opening", reason }.into());
    }
    let (public, secret) = (plan.writing("-o", &path)?, plan.writing("--opening", &opening_path)?);
    let model = files::model(&args.model)?;
    let srs = files::srs(&args.srs)?;
    let progress = Progress::new(as_json);
    let vk = match &args.vk {
        Some(path) => files::verifying_key(path)?,
        None => prove::keygen_with(&model, &srs, &mut |stage, done| progress.report(stage, done))?,
    };
    progress.report("commitments", 0.0);
    let opening = ModelOpening::new(&model, &vk, &srs, OsRng)?;
    drop(progress);
    secret.write(opening.to_json().as_bytes(), Secrecy::Secret)?;
    public.write(opening.commitment.to_json().as_bytes(), Secrecy::Public)?;
    let object = json!({
        "file": path.display().to_string(),
        "opening": opening_path.display().to_string(),
        "model_id": hex::encode(opening.commitment.id()),
        "vk": hex::encode(vk.digest()),
    });
    output::print(&object, as_json, plan.channel())?;
    Ok(())
}
