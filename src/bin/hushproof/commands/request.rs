//! `hushproof request`

use std::path::PathBuf;

use clap::Subcommand;
use hushproof::{
    Error,
    request::{Choices, Request},
};
use rand_core::OsRng;
use serde_json::{Value, json};

use crate::{
    asked::Clock,
    files::{self, Plan, Secrecy},
    output::{self, Channel},
};

/// Make or show a relying party's request, which one proof answers.
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
    New(New),
    /// Say what a request asks for, by whom, and until when
    Show {
        /// The request
        file: PathBuf,
        #[command(flatten)]
        clock: Clock,
    },
}

/// Make a request for a proof under a verifying key
#[derive(clap::Args)]
struct New {
    /// The verifying key that the proof must be made for
    #[arg(long, value_name = "MODEL.vk")]
    vk: PathBuf,
    /// Who asks: a domain, or another name that the person knows
    #[arg(long, value_name = "NAME")]
    audience: String,
    /// What for, in words that the person is shown
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// Seconds for which it holds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    ttl: u64,
    /// Random bytes in hexadecimal; 32 of the system's without it
    #[arg(long, value_name = "HEX")]
    nonce: Option<String>,
    /// Who must have signed the commitment to the input
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// Digest of the schema that the commitment must be of
    #[arg(long, value_name = "DIGEST")]
    schema: Option<String>,
    /// Where the answer is to be sent: https://…, or http://localhost
    #[arg(long, value_name = "URI")]
    response_uri: Option<String>,
    #[command(flatten)]
    clock: Clock,
    /// Where to write the request; `-` is standard output
    #[arg(short, value_name = "REQUEST.json")]
    output: PathBuf,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::New(new) => make(new, args.json),
        Command::Show { file, clock } => {
            Plan::reading(&[Some(&file)])?;
            let request = files::request(&file)?;
            let now = clock.now()?;
            let mut object = describe(&request)?;
            object["seconds_left"] = json!(request.expires.saturating_sub(now));
            object["expired"] = json!(now >= request.expires);
            output::print(&object, args.json, Channel::Output)?;
            Ok(())
        }
    }
}

fn make(args: New, as_json: bool) -> anyhow::Result<()> {
    let mut plan = Plan::reading(&[Some(&args.vk)])?;
    let output = plan.writing("-o", &args.output)?;
    let vk = files::verifying_key(&args.vk)?;
    let New { audience, purpose, ttl, nonce, issuer, schema, response_uri, .. } = args;
    let choices = Choices { audience, purpose, ttl, nonce, issuer, schema, response_uri };
    let request = choices.request(vk.digest(), args.clock.now()?, OsRng);
    let request = request.map_err(|(field, reason)| Error::Option { option: option(field), reason })?;
    match (&vk.statement.schema(), &request.schema) {
        (None, _) if request.issuer.is_some() || request.schema.is_some() => {
            output::note(
                "note: the key is of a model that takes no committed input, so that no proof answers this request",
            );
        }
        (Some(own), Some(schema)) if *own != schema => {
            output::note(
                "note: the key is of a model that takes records of another schema, so that no proof answers this request",
            );
        }
        _ => {}
    }
    output.write(request.to_json()?.as_bytes(), Secrecy::Public)?;
    let mut object = describe(&request)?;
    object["file"] = json!(args.output.display().to_string());
    output::print(&object, as_json, plan.channel())?;
    Ok(())
}

/// The option that a field of a request is chosen by.
fn option(field: &'static str) -> &'static str {
    match field {
        "nonce" => "--nonce",
        "audience" => "--audience",
        "purpose" => "--purpose",
        "expires" => "--ttl",
        "issuer" => "--issuer",
        "schema" => "--schema",
        "response_uri" => "--response-uri",
        other => other,
    }
}

/// What a request says, and the context that it stands for.
fn describe(request: &Request) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(request)?;
    object["context"] = json!(hex::encode(request.context()?));
    Ok(object)
}
