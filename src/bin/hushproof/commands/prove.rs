//! `hushproof prove`

use std::{path::PathBuf, time::Instant};

use hushproof::{
    Error,
    commitment::Opening,
    credential::{Credential, Kind, Signed},
    data,
    error::ArtifactKind,
    field,
    graph::Model,
    prove::{self, ProvingKey, Transcript},
    request::Asked,
};
use rand_core::OsRng;
use serde_json::json;

use crate::{
    asked::AskedArgs,
    files::{self, Plan, Secrecy},
    output, speed,
};

/// Prove a model's output on private input.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// The input: {"name": nested array}, with several inputs by their names
    #[arg(long, value_name = "INPUT.json", required_unless_present = "opening", conflicts_with = "opening")]
    input: Option<PathBuf>,
    /// Of a model with a committed input what `commit` wrote: the record, its salt, and the commitment that the proof shows
    #[arg(long, value_name = "OPENING.json")]
    opening: Option<PathBuf>,
    /// The issuer's signature on the commitment, which the proof's file then holds
    #[arg(long, value_name = "CREDENTIAL.jws", requires = "opening")]
    credential: Option<PathBuf>,
    /// The SRS
    #[arg(long)]
    srs: PathBuf,
    #[command(flatten)]
    asked: AskedArgs,
    /// The hash of the proof's transcript: blake2b, or keccak, which EVM chains compute cheaply
    #[arg(long, value_name = "HASH", default_value_t)]
    transcript: Transcript,
    /// The verifying key; derived from model and SRS without it
    #[arg(long, value_name = "MODEL.vk")]
    vk: Option<PathBuf>,
    /// Where to write the proof; `-` is standard output
    #[arg(short, value_name = "PROOF.json")]
    output: PathBuf,
    /// Prove so many times and report every time; the last proof is written
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What the proof is about.
enum Given {
    Values(Vec<f64>),
    Opening(Box<Opening>),
}

impl Given {
    /// # Errors
    /// Those of reading the file; `Option` where it is not the one that the model takes.
    fn read(args: &Args, model: &Model) -> anyhow::Result<Self> {
        let refuse = |option, reason: &str| Err(Error::Option { option, reason: reason.to_owned() }.into());
        match (&args.input, &args.opening, &model.input.schema) {
            (_, Some(path), Some(_)) => {
                let opening = Opening::from_json(&files::text(path, ArtifactKind::Commitment)?)?;
                Ok(Self::Opening(Box::new(opening)))
            }
            (Some(path), _, None) => Ok(Self::Values(data::read_input(&files::read(path)?, &model.input.value_info)?)),
            (_, _, Some(_)) => {
                refuse("--input", "the model takes a committed input; give what opens the commitment, --opening")
            }
            _ => refuse("--opening", "the model takes no committed input; give the input itself, --input"),
        }
    }

    /// The credential's text, which is one for the commitment that is opened and holds at this time, and what is asked with
    /// the issuer that it names; whether it is theirs, who verifies checks.
    ///
    /// # Errors
    /// Those of reading it; `Untrusted` for one that does not hold, `Rejected` for another issuer than the request asks for.
    fn credential(&self, args: &Args, asked: Asked) -> anyhow::Result<(Asked, Option<String>)> {
        let (Some(path), Self::Opening(opening)) = (&args.credential, self) else {
            asked.check_issuer()?;
            return Ok((asked, None));
        };
        let text = files::text(path, ArtifactKind::Credential)?.trim_ascii().to_owned();
        let signed = Signed::read(&text, Kind::Credential)?;
        let credential = Credential::read(&signed.payload, args.asked.clock.now()?)?;
        credential.check_commitment(&opening.commitment)?;
        let asked = asked.attested_by(credential.issuer);
        asked.check_issuer()?;
        Ok((asked, Some(text)))
    }

    fn input(&self) -> prove::Input<'_> {
        match self {
            Self::Values(values) => values.into(),
            Self::Opening(opening) => opening.as_ref().into(),
        }
    }
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut plan = Plan::reading(&[
        Some(&args.model),
        args.input.as_ref(),
        args.opening.as_ref(),
        args.credential.as_ref(),
        Some(&args.srs),
        args.vk.as_ref(),
        args.asked.request.as_ref(),
    ])?;
    let output = plan.writing("-o", &args.output)?;
    let asked = args.asked.read()?.unwrap_or_else(|| {
        output::note(
            "note: no --request and no --context: nothing will tell this proof from one that was shown before",
        );
        (&[]).into()
    });
    let model = files::model(&args.model)?;
    let given = Given::read(&args, &model)?;
    let (asked, credential) = given.credential(&args, asked)?;
    let srs = files::srs(&args.srs)?;
    let progress = output::Progress::new(args.json);
    let start = Instant::now();
    let vk = match &args.vk {
        Some(path) => files::verifying_key(path)?,
        None => prove::keygen_with(&model, &srs, &mut |stage, done| progress.report(stage, done))?,
    };
    progress.report("proving key", 0.0);
    let key = ProvingKey::new(&model, vk, &srs)?;
    let keygen = start.elapsed().as_secs_f64();
    let mut report = |stage, fraction| progress.report(stage, fraction);
    let mut prove_runs = Vec::new();
    let mut proved = loop {
        let proved = prove::prove(&model, &key, given.input(), &asked, args.transcript, OsRng, &mut report)?;
        prove_runs.push(proved.seconds.prove);
        if prove_runs.len() >= args.runs as usize {
            break proved;
        }
    };
    drop(progress);
    proved.proof.credential = credential;
    let start = Instant::now();
    let verified = prove::verify(&key.vk, &proved.proof, asked)?;
    let verify = start.elapsed().as_secs_f64();
    output.write(proved.proof.to_json().as_bytes(), Secrecy::Public)?;
    let mut object = json!({
        "file": args.output.display().to_string(),
        "outputs": output::named(&model.output.value_info.name, &proved.outputs),
        "verified": true,
        "seconds": {
            "keygen": keygen,
            "witness": proved.seconds.witness,
            "prove": proved.seconds.prove,
            "verify": verify,
        },
        "stage_seconds": proved.stages,
        "prove_seconds": prove_runs,
        "k": key.layout.k,
        "advice_columns": key.vk.params.advice_columns(),
        "fixed_columns": key.vk.params.fixed_columns(),
        "advice_cells": output::cells(&key.layout),
        "predicted_seconds": key.layout.prediction().on_machine(speed::kept_factor()).native_seconds,
        "proof_bytes": proved.proof.bytes.len(),
        "peak_rss_bytes": output::peak_rss_bytes(),
        "srs": srs.origin().to_string(),
    });
    if let Some(names) = output::names(&model.output.value_info, &proved.outputs) {
        object["names"] = names;
    }
    if let Some(input) = &key.vk.statement.input {
        object["inputs"] = output::named(&input.value_info.name, &verified.inputs);
    }
    if let Some(commitment) = &verified.commitment {
        object["input_commitment"] = json!(field::to_hex(&commitment.value));
    }
    output::print(&object, args.json, plan.channel())?;
    Ok(())
}
