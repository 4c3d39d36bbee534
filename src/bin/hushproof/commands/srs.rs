//! `hushproof srs`

use std::path::PathBuf;

use clap::Subcommand;
use hushproof::prove::Srs;
use rand_core::OsRng;
use serde_json::{Value, json};

use crate::{
    files::{self, Output, Plan, Secrecy},
    output::{self, Channel},
};

/// Make, import or check a structured reference string (SRS).
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
    /// Make a development SRS from the system's randomness; whoever runs this could forge proofs
    New {
        /// log2 of the largest circuit's rows (`inspect` tells a model's)
        #[arg(short, default_value_t = 12, value_parser = clap::value_parser!(u32).range(4..=24))]
        k: u32,
        /// Where to write it; `-` is standard output
        #[arg(short, value_name = "FILE.srs")]
        output: PathBuf,
    },
    /// Import a ceremony's result (snarkjs .ptau, halo2 raw parameters, or .srs), check its powers, and cut it to size
    Import {
        /// The ceremony's file
        file: PathBuf,
        /// log2 of the largest circuit's rows; the file's own without it
        #[arg(short, value_parser = clap::value_parser!(u32).range(4..=24))]
        k: Option<u32>,
        /// Where to write it; `-` is standard output
        #[arg(short, value_name = "FILE.srs")]
        output: PathBuf,
    },
    /// Check every point and, by pairings, that the powers are those of one secret; say of which known ceremony
    Check {
        /// The SRS
        file: PathBuf,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let (object, channel) = match args.command {
        Command::New { k, output } => {
            let mut plan = Plan::reading(&[])?;
            let output = plan.writing("-o", &output)?;
            let srs = Srs::new_development(k, OsRng)?;
            files::announce(srs.origin());
            (write(&srs, &output)?, plan.channel())
        }
        Command::Import { file, k, output } => {
            let mut plan = Plan::reading(&[Some(&file)])?;
            let output = plan.writing("-o", &output)?;
            let srs = Srs::import(&files::read(&file)?, k)?;
            files::announce(srs.origin());
            (write(&srs, &output)?, plan.channel())
        }
        Command::Check { file } => {
            let srs = files::srs(&file)?;
            srs.check()?;
            let mut object = describe(&srs);
            object["valid"] = json!(true);
            (object, Channel::Output)
        }
    };
    output::print(&object, args.json, channel)?;
    Ok(())
}

fn write(srs: &Srs, output: &Output) -> hushproof::Result<Value> {
    let bytes = srs.to_bytes();
    output.write(&bytes, Secrecy::Public)?;
    let mut object = describe(srs);
    object["file"] = json!(output.path().display().to_string());
    object["bytes"] = json!(bytes.len());
    Ok(object)
}

fn describe(srs: &Srs) -> Value {
    let mut object =
        json!({ "k": srs.k(), "origin": srs.origin().to_string(), "fingerprint": hex::encode(srs.fingerprint()) });
    if let Some(name) = srs.origin().ceremony() {
        object["ceremony"] = json!(name);
    }
    object
}
