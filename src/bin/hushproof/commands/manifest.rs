//! `hushproof manifest` and `hushproof reproduce`

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use hushproof::{
    Error, codec,
    credential::{KeySet, Manifest, SigningKey, sha256},
    error::{ArtifactKind, TrustFault},
    graph::Model,
};
use serde_json::{Value, json};

use super::choices::{Built, Choices};
use crate::{
    asked::Clock,
    files::{self, Plan, Secrecy},
    output::{self, Channel, Progress},
};

/// Sign which files a model is made of, and how, or check such a signature.
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
    Sign(Box<Sign>),
    /// Check a manifest, and files against it: exit status 0 when it holds, 1 when it does not, 2 for unusable files
    Verify {
        /// The manifest
        manifest: PathBuf,
        /// Keys of the publishers that are believed
        #[arg(long, value_name = "KEYS.json")]
        publisher_keys: PathBuf,
        /// The ONNX file that it must name
        #[arg(long, value_name = "MODEL.onnx")]
        onnx: Option<PathBuf>,
        /// The compiled model that it must name
        #[arg(long, value_name = "MODEL.hush")]
        model: Option<PathBuf>,
        /// The verifying key that it must name
        #[arg(long, value_name = "MODEL.vk")]
        vk: Option<PathBuf>,
        /// The commitments to private weights that it must name
        #[arg(long, value_name = "MODEL.id.json")]
        model_id: Option<PathBuf>,
    },
}

/// Compile an ONNX model once more, with the same options, and sign what it is made of if that gives the same model
#[derive(clap::Args)]
struct Sign {
    /// The ONNX model
    onnx: PathBuf,
    /// The compiled model
    #[arg(long, value_name = "MODEL.hush")]
    model: PathBuf,
    /// Its verifying key
    #[arg(long, value_name = "MODEL.vk")]
    vk: PathBuf,
    /// The commitments to its private weights, which `model commit` wrote
    #[arg(long, value_name = "MODEL.id.json")]
    model_id: Option<PathBuf>,
    /// The rows that it was compiled on
    #[arg(long, value_name = "DATA")]
    calibration: Option<PathBuf>,
    #[command(flatten)]
    choices: Choices,
    /// The publisher's private key (`attest key` makes one)
    #[arg(long, value_name = "KEY.jwk")]
    key: PathBuf,
    /// Who signs: a domain, or another name that relying parties know
    #[arg(long, value_name = "NAME")]
    issuer: String,
    /// Under what licence it is given
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    /// The manifest of the version before
    #[arg(long, value_name = "MANIFEST.jws")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    clock: Clock,
    /// Where to write the manifest; `-` is standard output
    #[arg(short, value_name = "MANIFEST.jws")]
    output_file: PathBuf,
}

/// Compile a model as its manifest says, and compare: exit status 0 when it is the same, 1 when it is not.
#[derive(clap::Args)]
pub(crate) struct Reproduce {
    /// The manifest
    manifest: PathBuf,
    /// Keys of the publishers that are believed
    #[arg(long, value_name = "KEYS.json")]
    publisher_keys: PathBuf,
    /// The ONNX model
    #[arg(long, value_name = "MODEL.onnx")]
    onnx: PathBuf,
    /// The rows that it was compiled on
    #[arg(long, value_name = "DATA")]
    calibration: Option<PathBuf>,
    /// What the record of its committed input holds; of several inputs one for each
    #[arg(long, value_name = "SCHEMA.json")]
    schema: Vec<PathBuf>,
    /// What the record of its committed output holds
    #[arg(long, value_name = "SCHEMA.json")]
    output_schema: Option<PathBuf>,
    /// Also write the compiled model
    #[arg(short, value_name = "MODEL.hush")]
    output: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// The settings of a manifest, read as the arguments that they are.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Settings {
    #[command(flatten)]
    choices: Choices,
    /// Not among them, but other options refer to it.
    #[arg(long, hide = true)]
    calibration: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Sign(sign) => make(&sign, args.json),
        Command::Verify { manifest, publisher_keys, onnx, model, vk, model_id } => {
            let files = [onnx.as_ref(), model.as_ref(), vk.as_ref(), model_id.as_ref()];
            Plan::reading(&[[Some(&manifest), Some(&publisher_keys)].as_slice(), &files].concat())?;
            let read = read(&manifest, &publisher_keys)?;
            if let Some(path) = &onnx {
                same(&read.onnx, &sha256(&files::read(path)?), "ONNX file")?;
            }
            if let Some(path) = &model {
                same(&read.hush, &hex::encode(files::model(path)?.digest()), "compiled model")?;
            }
            if let Some(path) = &vk {
                read.check_key(&files::verifying_key(path)?.digest())?;
            }
            if let Some(path) = &model_id {
                read.check_model(files::model_commitment(path)?.id())?;
            }
            let mut object = describe(&read)?;
            object["verified"] = json!(true);
            output::print(&object, args.json, Channel::Output)?;
            Ok(())
        }
    }
}

/// Reads a manifest that one of these keys signed.
pub(super) fn read(path: &Path, keys: &Path) -> Result<Manifest, Error> {
    let keys = KeySet::from_json(&files::text(keys, ArtifactKind::IssuerKeys)?)?;
    Manifest::verify(&files::text(path, ArtifactKind::Manifest)?, &keys)
}

fn make(args: &Sign, as_json: bool) -> anyhow::Result<()> {
    let given = [Some(&args.onnx), Some(&args.model), Some(&args.vk), Some(&args.key)];
    let more = [&args.model_id, &args.calibration, &args.previous].map(Option::as_ref);
    let all = given.into_iter().chain(more).chain(args.choices.schema_files());
    let mut plan = Plan::reading(&all.collect::<Vec<_>>())?;
    let output = plan.writing("-o", &args.output_file)?;
    let key = SigningKey::from_json(&files::text(&args.key, ArtifactKind::IssuerKeys)?)?;
    let (model, vk) = (files::model(&args.model)?, files::verifying_key(&args.vk)?);
    if vk.model_digest != model.key_digest() {
        let (expected, got) = (hex::encode(model.key_digest()), hex::encode(vk.model_digest));
        return Err(Error::KeyMismatch { kind: ArtifactKind::Model, expected, got }.into());
    }
    let id = args.model_id.as_ref().map(|path| files::model_commitment(path)).transpose()?;
    id.as_ref().map_or(Ok(()), |id| id.check(&vk))?;
    let schemas = args.choices.schema_digests()?;
    let previous = args.previous.as_ref().map(|path| files::text(path, ArtifactKind::Manifest)).transpose()?;
    let (onnx, calibration) = (files::read(&args.onnx)?, args.calibration.as_ref());
    let calibration = calibration.map(|path| files::read(path)).transpose()?;
    let built = args.choices.build(&args.onnx, &onnx, calibration.as_deref(), Progress::new(as_json))?;
    if built.compiled.model.digest() != model.digest() {
        let reason = "the ONNX model, rows and options compile to another model".to_owned();
        return Err(Error::Option { option: "--model", reason }.into());
    }
    let manifest = Manifest {
        issuer: args.issuer.clone(),
        issued: args.clock.now()?,
        model: model.name.clone(),
        onnx: sha256(&onnx),
        calibration: calibration.as_deref().map(sha256),
        settings: args.choices.arguments(),
        hush: hex::encode(model.digest()),
        vk: hex::encode(vk.digest()),
        model_id: id.map(|id| hex::encode(id.id())),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema: schemas.one(),
        schemas: schemas.several(),
        output_schema: schemas.output,
        licence: args.licence.clone(),
        previous: previous.map(|text| sha256(text.trim_ascii().as_bytes())),
    };
    output.write(manifest.sign(&key)?.as_bytes(), Secrecy::Public)?;
    let mut object = describe(&manifest)?;
    object["file"] = json!(args.output_file.display().to_string());
    output::print(&object, as_json, plan.channel())?;
    Ok(())
}

/// Checks schemas that are given against those that a manifest names.
fn same_schemas(option: &'static str, what: &str, named: &[String], given: &[String]) -> Result<(), Error> {
    if named.len() == given.len() {
        return named.iter().zip(given).try_for_each(|(named, given)| same(named, given, "schema"));
    }
    let reason = match named.len() {
        0 => format!("the manifest says that its {what} is not committed"),
        1 => format!("needed: the manifest names the schema of its committed {what}"),
        more => format!("the manifest names {more} schemas, {} are given", given.len()),
    };
    Err(Error::Option { option, reason })
}

pub(crate) fn reproduce(args: &Reproduce) -> anyhow::Result<()> {
    let given = [Some(&args.manifest), Some(&args.publisher_keys), Some(&args.onnx), args.calibration.as_ref()];
    let schemas = args.schema.iter().chain(&args.output_schema).map(Some);
    let mut plan = Plan::reading(&given.into_iter().chain(schemas).collect::<Vec<_>>())?;
    let output = args.output.as_ref().map(|path| plan.writing("-o", path)).transpose()?;
    let manifest = read(&args.manifest, &args.publisher_keys)?;
    let onnx = files::read(&args.onnx)?;
    same(&manifest.onnx, &sha256(&onnx), "ONNX file")?;
    let calibration = args.calibration.as_ref().map(|path| files::read(path)).transpose()?;
    match (&manifest.calibration, &calibration) {
        (Some(expected), Some(rows)) => same(expected, &sha256(rows), "data set")?,
        (None, None) => {}
        (Some(_), None) => {
            let reason = "needed: the manifest names the rows that it was compiled on".to_owned();
            return Err(Error::Option { option: "--calibration", reason }.into());
        }
        (None, Some(_)) => {
            let reason = "the manifest says that it was compiled without rows".to_owned();
            return Err(Error::Option { option: "--calibration", reason }.into());
        }
    }
    let unreadable = |error: clap::Error| Error::artifact(ArtifactKind::Manifest, format!("settings: {error}"));
    let mut settings = Settings::try_parse_from(&manifest.settings).map_err(unreadable)?;
    settings.choices.with_schemas(args.schema.clone(), args.output_schema.clone());
    let given = settings.choices.schema_digests()?;
    let named: Vec<String> = manifest.schema.iter().chain(&manifest.schemas).cloned().collect();
    same_schemas("--schema", "input", &named, &given.inputs)?;
    let named: Vec<String> = manifest.output_schema.iter().cloned().collect();
    same_schemas("--output-schema", "output", &named, &given.output.into_iter().collect::<Vec<_>>())?;
    let built = settings.choices.build(&args.onnx, &onnx, calibration.as_deref(), Progress::new(args.json))?;
    let Built { compiled, .. } = built;
    let made = hex::encode(compiled.model.digest());
    if let Some(output) = output {
        write(&compiled.model, &output)?;
    }
    same(&manifest.hush, &made, "compiled model (made by another version, or other settings)")?;
    let mut object = describe(&manifest)?;
    object["reproduced"] = json!(true);
    output::print(&object, args.json, plan.channel())?;
    Ok(())
}

fn write(model: &Model, output: &files::Output) -> Result<(), Error> {
    let secrecy = if model.weights_visibility().is_public() { Secrecy::Public } else { Secrecy::Secret };
    output.write(&model.to_bytes(), secrecy)
}

/// Whether a file is the one that is named.
fn same(named: &str, got: &str, what: &'static str) -> Result<(), Error> {
    let bytes = |text: &str| codec::from_hex(text).ok();
    if bytes(named) == bytes(got) {
        return Ok(());
    }
    Err(Error::Untrusted { kind: ArtifactKind::Manifest, fault: TrustFault::File(what) })
}

fn describe(manifest: &Manifest) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(manifest)?;
    for (claim, name) in [("iss", "issuer"), ("iat", "issued")] {
        if let Some(value) = object.as_object_mut().and_then(|object| object.remove(claim)) {
            object[name] = value;
        }
    }
    Ok(object)
}
