//! The native program, and the demo models that it compiles for the page.

use crate::fingerprint::{Stamp, digest};
use crate::process::{capture, command, execute, root};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
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
    execute(command("cargo").args(["build", "--release", "--locked", "--package", package]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let path = target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        bail!("cargo built no {}", path.display());
    }
    Ok(path)
}

/// One entry of `models/manifest.json`.
pub(crate) struct Model {
    pub(crate) id: String,
    entry: Value,
}

impl Model {
    /// A file that the entry names, in `models/`.
    pub(crate) fn file(&self, key: &str) -> Result<PathBuf> {
        Ok(root().join("models").join(self.text(key)?))
    }

    /// What the model is compiled to, in [`artifacts_folder`].
    pub(crate) fn artifact(&self, extension: &str) -> PathBuf {
        artifacts_folder().join(format!("{}.{extension}", self.id))
    }

    /// The SRS that it is proved with.
    pub(crate) fn srs(&self) -> Result<PathBuf> {
        let catalog = read_json(&artifacts_folder().join("manifest.json"))?;
        let entry = catalog.as_array().into_iter().flatten().find(|entry| entry["id"] == self.id.as_str());
        let srs = entry.and_then(|entry| entry["srs"].as_str());
        Ok(artifacts_folder().join(srs.with_context(|| format!("{} is not compiled", self.id))?))
    }

    /// A text of the entry.
    pub(crate) fn text(&self, key: &str) -> Result<&str> {
        self.entry[key].as_str().with_context(|| format!("models/manifest.json: {} has no {key}", self.id))
    }

    /// A value of the entry; null if it has none.
    pub(crate) fn value(&self, key: &str) -> &Value {
        &self.entry[key]
    }
}

/// The demo models.
pub(crate) fn models() -> Result<Vec<Model>> {
    let manifest = read_json(&root().join("models/manifest.json"))?;
    let entries = manifest["models"].as_array().context("models/manifest.json has no models")?;
    let model = |entry: &Value| {
        let id = entry["id"].as_str().context("models/manifest.json: a model has no id")?;
        Ok(Model { id: id.to_owned(), entry: entry.clone() })
    };
    entries.iter().map(model).collect()
}

/// Parses what a program printed.
pub(crate) fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(text).with_context(|| format!("not JSON: {text}"))
}

/// Reads a JSON file.
pub(crate) fn read_json(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
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
        compile(&program, &model.file("onnx")?, &hush, &model.file("calibration")?, &[])?;
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
pub(crate) fn inspect(program: &Path, hush: &Path) -> Result<Value> {
    parse(&capture(hushproof(program, "inspect").arg(hush).arg("--json"))?)
}

/// Writes a compiled model's verifying key beside it, from a development SRS of exactly its size, and returns the SRS.
pub(crate) fn keys(program: &Path, hush: &Path) -> Result<PathBuf> {
    let k = inspect(program, hush)?["k"].as_u64().context("inspect --json told no k")?;
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

/// A file's SHA-256 in hexadecimal, as browsers compute it.
fn sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What the page lists: files relative to its manifest, and each example's record.
fn catalog_entry(model: &Model, srs: &Path) -> Result<Value> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let rows = read_json(&model.file("test")?)?;
    let input = model.text("input")?;
    let examples = model.value("examples").as_object().context("examples are no object")?;
    let records = examples.iter().map(|(label, row)| {
        let row = row.as_u64().and_then(|row| usize::try_from(row).ok()).context("an example is no row number")?;
        let record = rows[input].get(row).with_context(|| format!("{input} has no row {row}"))?;
        Ok(json!({ "label": label, "record": record }))
    });
    let records = records.collect::<Result<Vec<_>>>()?;
    let width = rows[input][0].as_array().with_context(|| format!("{input} has no rows"))?.len();
    Ok(json!({
        "id": model.id,
        "title": model.value("title"),
        "description": model.value("description"),
        "hush": name(&model.artifact("hush")),
        "vk": name(&model.artifact("vk")),
        "srs": name(srs),
        "srsDigest": sha256(srs)?,
        "input": { "name": input, "shape": [1, width], "features": model.value("features") },
        "classes": model.value("classes"),
        "threshold": model.value("threshold"),
        "examples": records,
    }))
}
