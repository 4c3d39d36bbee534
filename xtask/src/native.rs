//! The native program, and the demo models that it compiles for the page.

use crate::fingerprint::{Stamp, digest};
use crate::process::{capture, command, execute, root};
use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Changes with what this file writes.
const CATALOG_FORMAT: &str = "2";

/// Builds `target/release/hushproof` and returns where it is.
pub(crate) fn binary() -> Result<PathBuf> {
    program("hushproof", "hushproof")
}

/// Builds a program of a package of the workspace and returns where it is.
pub(crate) fn program(package: &str, name: &str) -> Result<PathBuf> {
    built(package, "release", "release", name)
}

/// The same without optimization, for a program that takes longer to build than to run.
pub(crate) fn quick_program(package: &str, name: &str) -> Result<PathBuf> {
    built(package, "dev", "debug", name)
}

fn built(package: &str, profile: &str, folder: &str, name: &str) -> Result<PathBuf> {
    execute(command("cargo").args(["build", "--locked", "--package", package, "--profile", profile]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let path = target.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        bail!("cargo built no {}", path.display());
    }
    Ok(path)
}

/// One entry of `models/manifest.json`.
#[derive(Deserialize)]
pub(crate) struct Model {
    pub(crate) id: String,
    /// The name of its input.
    pub(crate) input: String,
    /// Of the float model, on its test set.
    pub(crate) accuracy: f64,
    onnx: String,
    calibration: String,
    test: String,
    /// The rows of the test set that the page offers.
    examples: BTreeMap<String, usize>,
    title: String,
    description: String,
    features: Vec<String>,
    classes: Vec<String>,
    threshold: Option<f64>,
}

impl Model {
    pub(crate) fn onnx(&self) -> PathBuf {
        models_folder().join(&self.onnx)
    }

    /// Its rows for calibration.
    pub(crate) fn calibration(&self) -> PathBuf {
        models_folder().join(&self.calibration)
    }

    /// Its test set.
    pub(crate) fn test(&self) -> PathBuf {
        models_folder().join(&self.test)
    }

    /// What the model is compiled to, in [`artifacts_folder`].
    pub(crate) fn artifact(&self, extension: &str) -> PathBuf {
        artifacts_folder().join(format!("{}.{extension}", self.id))
    }

    /// The SRS that it is proved with.
    pub(crate) fn srs(&self) -> Result<PathBuf> {
        let catalog: Vec<Value> = read_json(&artifacts_folder().join("manifest.json"))?;
        let entry = catalog.iter().find(|entry| entry["id"] == self.id.as_str());
        let srs = entry.and_then(|entry| entry["srs"].as_str());
        Ok(artifacts_folder().join(srs.with_context(|| format!("{} is not compiled", self.id))?))
    }

    /// The examples, by their labels.
    pub(crate) fn examples(&self) -> Result<Vec<(&str, Value)>> {
        let rows: Value = read_json(&self.test())?;
        let examples = self.examples.iter().map(|(label, row)| {
            let record = rows[&self.input].get(*row).with_context(|| format!("{} has no row {row}", self.test))?;
            Ok((label.as_str(), record.clone()))
        });
        examples.collect()
    }
}

/// The demo models.
pub(crate) fn models() -> Result<Vec<Model>> {
    #[derive(Deserialize)]
    struct Manifest {
        models: Vec<Model>,
    }
    Ok(read_json::<Manifest>(&models_folder().join("manifest.json"))?.models)
}

fn models_folder() -> PathBuf {
    root().join("models")
}

/// What `hushproof inspect` reports of a compiled model.
#[derive(Deserialize)]
pub(crate) struct Inspected {
    pub(crate) k: u32,
    pub(crate) advice_columns: usize,
    pub(crate) fixed_columns: usize,
    pub(crate) advice_cells: Cells,
    pub(crate) predicted_seconds: Predicted,
    pub(crate) predicted_memory_bytes: u64,
}

/// Advice cells of a circuit, in all and per activation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cells {
    activations: usize,
    assigned: usize,
    allocated: usize,
    pub(crate) assigned_per_activation: f64,
    pub(crate) allocated_per_activation: f64,
}

/// Predicted seconds of a proof.
#[derive(Deserialize)]
pub(crate) struct Predicted {
    pub(crate) native: f64,
    pub(crate) browser: f64,
}

/// What `hushproof evaluate` reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Accuracy {
    pub(crate) rows: usize,
    out_of_range: usize,
    first_refusal: Option<String>,
    pub(crate) agreeing: Option<usize>,
    pub(crate) top1_agreement: Option<f64>,
    pub(crate) max_abs_error: Option<f64>,
    mean_abs_error: Option<f64>,
}

/// Parses what a program printed.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).with_context(|| format!("not what was expected: {text}"))
}

/// Reads a JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not what was expected", path.display()))
}

/// The folder that the page serves the compiled demo models from.
pub(crate) fn artifacts_folder() -> PathBuf {
    root().join("www/public/artifacts")
}

/// Compiles the demo models into [`artifacts_folder`], with development SRSs, unless they are up to date.
pub(crate) fn artifacts() -> Result<()> {
    let program = binary()?;
    let folder = artifacts_folder();
    let stamp = Stamp::new("artifacts", digest(&["models", &program.to_string_lossy()], CATALOG_FORMAT)?);
    if stamp.is_current() && folder.join("manifest.json").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    for entry in std::fs::read_dir(&folder)? {
        std::fs::remove_file(entry?.path())?;
    }
    let mut catalog = Vec::new();
    for model in models()? {
        let hush = model.artifact("hush");
        compile(&program, &model.onnx(), &hush, &model.calibration(), &[])?;
        let srs = keys(&program, &hush)?;
        catalog.push(catalog_entry(&model, &srs)?);
    }
    std::fs::write(folder.join("manifest.json"), serde_json::to_string(&catalog)?)?;
    stamp.write()
}

/// Compiles an ONNX model on calibration rows, with more options.
pub(crate) fn compile(program: &Path, onnx: &Path, hush: &Path, calibration: &Path, options: &[String]) -> Result<()> {
    let mut compile = hushproof(program, "compile");
    compile.arg(onnx).arg("-o").arg(hush).arg("--calibration").arg(calibration).args(options);
    eprint!("{}", capture(&mut compile)?);
    Ok(())
}

/// What `hushproof inspect` tells of a compiled model.
pub(crate) fn inspect(program: &Path, hush: &Path) -> Result<Inspected> {
    parse(&capture(hushproof(program, "inspect").arg(hush).arg("--json"))?)
}

/// Writes a compiled model's verifying key beside it, from a development SRS of exactly its size, and returns the SRS.
pub(crate) fn keys(program: &Path, hush: &Path) -> Result<PathBuf> {
    let k = inspect(program, hush)?.k;
    let srs = hush.with_file_name(format!("development_{k}.srs"));
    if !srs.exists() {
        capture(hushproof(program, "srs").args(["new", "-k", &k.to_string(), "-o"]).arg(&srs))?;
    }
    capture(hushproof(program, "keys").arg(hush).arg("--srs").arg(&srs))?;
    Ok(srs)
}

/// A subcommand of the native program.
pub(crate) fn hushproof(program: &Path, subcommand: &str) -> Command {
    let mut command = command(program);
    command.arg(subcommand);
    command
}

/// What the page lists: files relative to its manifest, and each example's record.
fn catalog_entry(model: &Model, srs: &Path) -> Result<Value> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let examples: Vec<Value> =
        model.examples()?.into_iter().map(|(label, record)| json!({ "label": label, "record": record })).collect();
    let digest = |path: &Path| std::fs::read(path).map(|bytes| sha256(&bytes));
    Ok(json!({
        "id": model.id,
        "title": model.title,
        "description": model.description,
        "hush": name(&model.artifact("hush")),
        "vk": name(&model.artifact("vk")),
        "srs": name(srs),
        "modelDigest": digest(&model.artifact("hush"))?,
        "vkDigest": digest(&model.artifact("vk"))?,
        "srsDigest": digest(srs)?,
        "input": { "name": model.input, "shape": [1, model.features.len()], "features": model.features },
        "classes": model.classes,
        "threshold": model.threshold,
        "examples": examples,
    }))
}

/// A SHA-256 in hexadecimal, as browsers compute it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
