//! `hushproof prove`

use std::{path::PathBuf, time::Instant};

use hushproof::{
    Error,
    commitment::Opening,
    credential::{Credential, Kind, Signed},
    data,
    error::ArtifactKind,
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
    /// Of a model with a committed input what `commit` wrote, or `prove --output-opening`: the record, its salt, and the
    /// commitment that the proof shows; of a model with several committed inputs one for each, in their order
    #[arg(long, value_name = "OPENING.json")]
    opening: Vec<PathBuf>,
    /// The issuer's signature on the commitment, which the proof's file then holds
    #[arg(long, value_name = "CREDENTIAL.jws", requires = "opening")]
    credential: Option<PathBuf>,
    /// Of a model with private weights what `model commit` wrote for its owner: the proof then shows which model it is about
    #[arg(long, value_name = "FILE")]
    model_opening: Option<PathBuf>,
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
    /// Of a model with a committed output, where to write what opens its commitment, which only its owner may read then: the
    /// --opening of a later proof [default: PROOF.opening.json]
    #[arg(long, value_name = "OPENING.json")]
    output_opening: Option<PathBuf>,
    /// Where to write the commitment to the output alone
    #[arg(long, value_name = "COMMITMENT.json")]
    output_commitment: Option<PathBuf>,
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
    Openings(Vec<Opening>),
}

impl Given {
    /// # Errors
    /// Those of reading the file; `Option` where it is not the one that the model takes.
    fn read(args: &Args, model: &Model) -> anyhow::Result<Self> {
        let refuse = |option, reason: &str| Err(Error::Option { option, reason: reason.to_owned() }.into());
        match (&args.input, model.input.records.is_some()) {
            (None, true) => {
                let read = |path: &PathBuf| Opening::from_json(&files::text(path, ArtifactKind::Commitment)?);
                Ok(Self::Openings(args.opening.iter().map(read).collect::<Result<_, _>>()?))
            }
            (Some(path), false) => Ok(Self::Values(data::read_input(&files::read(path)?, &model.input.value_info)?)),
            (Some(_), true) => {
                refuse("--input", "the model takes a committed input; give what opens the commitment, --opening")
            }
            (None, false) => refuse("--opening", "the model takes no committed input; give the input itself, --input"),
        }
    }

    /// The credential's text, which is one for the commitment that is opened and holds at this time, and what is asked with
    /// the issuer that it names; whether it is theirs, who verifies checks.
    ///
    /// # Errors
    /// Those of reading it; `Untrusted` for one that does not hold, `Rejected` for another issuer than the request asks for.
    fn credential(&self, args: &Args, asked: Asked) -> anyhow::Result<(Asked, Option<String>)> {
        let Some(path) = &args.credential else {
            asked.check_issuer()?;
            return Ok((asked, None));
        };
        let Self::Openings(openings) = self else { return Ok((asked, None)) };
        let [opening] = openings.as_slice() else {
            let reason = "a credential is for an input that is one record".to_owned();
            return Err(Error::Option { option: "--credential", reason }.into());
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
            Self::Openings(openings) => openings.into(),
        }
    }
}

/// Where what belongs to a committed output is written.
struct Commitments {
    opening: files::Output,
    commitment: Option<files::Output>,
}

impl Commitments {
    /// # Errors
    /// `Option` for files of an output that is not committed, and those of [`Plan::writing`].
    fn plan(args: &Args, model: &Model, plan: &mut Plan) -> anyhow::Result<Option<Self>> {
        if model.output.schema.is_none() {
            let given = [("--output-opening", &args.output_opening), ("--output-commitment", &args.output_commitment)];
            if let Some((option, _)) = given.into_iter().find(|(_, path)| path.is_some()) {
                let reason = "the model has no committed output".to_owned();
                return Err(Error::Option { option, reason }.into());
            }
            return Ok(None);
        }
        let usual = || files::sibling(&args.output, "opening.json", "--output-opening");
        let opening = plan.writing("--output-opening", &args.output_opening.clone().map_or_else(usual, Ok)?)?;
        let commitment = args.output_commitment.as_ref();
        let commitment = commitment.map(|path| plan.writing("--output-commitment", path)).transpose()?;
        Ok(Some(Self { opening, commitment }))
    }
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let given = [Some(&args.model), Some(&args.srs)];
    let more = [&args.input, &args.credential, &args.model_opening, &args.vk, &args.asked.request].map(Option::as_ref);
    let openings = args.opening.iter().map(Some);
    let mut plan = Plan::reading(&given.into_iter().chain(more).chain(openings).collect::<Vec<_>>())?;
    let output = plan.writing("-o", &args.output)?;
    let asked = args.asked.read()?.unwrap_or_else(|| {
        output::note(
            "note: no --request and no --context: nothing will tell this proof from one that was shown before",
        );
        (&[]).into()
    });
    let model = files::model(&args.model)?;
    let given = Given::read(&args, &model)?;
    let commitments = Commitments::plan(&args, &model, &mut plan)?;
    let (asked, credential) = given.credential(&args, asked)?;
    let opening = args.model_opening.as_ref().map(|path| files::model_opening(path)).transpose()?;
    let srs = files::srs(&args.srs)?;
    let progress = output::Progress::new(args.json);
    let start = Instant::now();
    let vk = match &args.vk {
        Some(path) => files::verifying_key(path)?,
        None => prove::keygen_with(&model, &srs, &mut |stage, done| progress.report(stage, done))?,
    };
    if let Some(opening) = &opening {
        opening.commitment.check(&vk)?;
    }
    progress.report("proving key", 0.0);
    let key = ProvingKey::new(&model, vk, &srs)?;
    opening.as_ref().map_or(Ok(()), |opening| opening.check(&key))?;
    let keygen = start.elapsed().as_secs_f64();
    let mut report = |stage, fraction| progress.report(stage, fraction);
    let (mut prove_runs, mut bind) = (Vec::new(), None);
    let mut proved = loop {
        let mut proved = prove::prove(&model, &key, given.input(), &asked, args.transcript, OsRng, &mut report)?;
        prove_runs.push(proved.seconds.prove);
        if let Some(opening) = &opening {
            let start = Instant::now();
            proved.bind(&key, opening, OsRng)?;
            bind = Some(start.elapsed().as_secs_f64());
        }
        if prove_runs.len() >= args.runs as usize {
            break proved;
        }
    };
    drop(progress);
    proved.proof.credential = credential;
    let start = Instant::now();
    let verified = match &opening {
        Some(opening) => prove::verify_model(&key.vk, &proved.proof, asked, &opening.commitment)?,
        None => prove::verify(&key.vk, &proved.proof, asked)?,
    };
    let verify = start.elapsed().as_secs_f64();
    // What opens a commitment is kept first: without it the proof's output is lost.
    if let (Some(files), Some(opening)) = (&commitments, &proved.opening) {
        files.opening.write(opening.to_json().as_bytes(), Secrecy::Secret)?;
        if let Some(file) = &files.commitment {
            file.write(opening.commitment.to_json().as_bytes(), Secrecy::Public)?;
        }
    }
    output.write(proved.proof.to_json().as_bytes(), Secrecy::Public)?;
    let mut object = json!({
        "file": args.output.display().to_string(),
        "outputs": output::outputs(&key.vk.statement.output, &verified),
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
    if let Some(names) = output::names(&model.output.value_info, &verified.outputs) {
        object["names"] = names;
    }
    if let Some(id) = &verified.model {
        object["model_id"] = json!(hex::encode(id));
        object["binding_bytes"] = json!(proved.proof.binding.as_ref().map(|binding| binding.bytes.len()));
        object["seconds"]["bind"] = json!(bind);
    }
    if let Some(input) = &key.vk.statement.input {
        object["inputs"] = output::named(&input.value_info.name, &verified.inputs);
    }
    output::commitments(&mut object, &verified);
    if let Some(files) = &commitments {
        object["output_opening"] = json!(files.opening.path().display().to_string());
    }
    output::print(&object, args.json, plan.channel())?;
    Ok(())
}
