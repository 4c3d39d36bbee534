//! `hushproof prove`

use std::{path::PathBuf, time::Instant};

use hushproof::{
    data,
    prove::{self, ProvingKey, Transcript},
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
    #[arg(long, value_name = "INPUT.json")]
    input: PathBuf,
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

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut plan = Plan::reading(&[
        Some(&args.model),
        Some(&args.input),
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
    let values = data::read_input(&files::read(&args.input)?, &model.input.value_info)?;
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
    let proved = loop {
        let proved = prove::prove(&model, &key, &values, &asked, args.transcript, OsRng, &mut report)?;
        prove_runs.push(proved.seconds.prove);
        if prove_runs.len() >= args.runs as usize {
            break proved;
        }
    };
    drop(progress);
    let start = Instant::now();
    let verified = prove::verify(&key.vk, &proved.proof, &asked)?;
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
    output::print(&object, args.json, plan.channel())?;
    Ok(())
}
