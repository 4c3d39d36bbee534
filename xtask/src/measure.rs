//! Proving a demo model natively and in headless Chromium, as JSON rows with the same names in both places.

use crate::native::{Model, artifacts_folder, compile, hushproof, inspect, parse, read_json};
use crate::process::{capture, command, describe, root};
use crate::serve::Server;
use crate::system;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The context for which the proofs are made, in hexadecimal.
const CONTEXT: &str = "6875736870726f6f66";

/// How to measure.
pub(crate) struct Plan {
    /// Counted proofs; one more comes before them in the browser.
    pub(crate) runs: usize,
    pub(crate) threads: usize,
}

/// A compiled model with an input, ready to be proved.
pub(crate) struct Subject {
    pub(crate) id: String,
    /// The ONNX file, when the model was compiled from one here.
    pub(crate) onnx: Option<PathBuf>,
    pub(crate) hush: PathBuf,
    pub(crate) vk: PathBuf,
    pub(crate) srs: PathBuf,
    /// As JSON.
    pub(crate) input: PathBuf,
    /// What `inspect` tells of the model.
    pub(crate) inspected: Value,
    /// The rows on which the integers are compared with the floats, and which of them.
    pub(crate) data: Option<(PathBuf, Option<String>)>,
}

/// A file to measure, as the command line names it.
pub(crate) struct Given<'a> {
    /// An ONNX or a compiled model.
    pub(crate) model: &'a Path,
    /// An input, or a data set of which `row` is the input.
    pub(crate) input: &'a Path,
    pub(crate) row: usize,
    /// Calibration rows; without them those of `input`.
    pub(crate) calibration: Option<&'a Path>,
    /// Options for the compiler.
    pub(crate) compile: &'a [String],
}

impl Subject {
    /// A demo model, whose artifacts are built, on an input.
    pub(crate) fn bundled(program: &Path, model: &Model, input: PathBuf) -> Result<Self> {
        Ok(Self {
            inspected: inspect(program, &model.artifact("hush"))?,
            data: None,
            id: model.id.clone(),
            onnx: Some(model.file("onnx")?),
            hush: model.artifact("hush"),
            vk: model.artifact("vk"),
            srs: model.srs()?,
            input,
        })
    }

    /// Any ONNX or compiled model, with keys of its own.
    pub(crate) fn prepared(program: &Path, given: &Given<'_>) -> Result<Self> {
        let path = given.model;
        let stem = path.file_stem().with_context(|| format!("{} is no file", path.display()))?;
        let id = stem.to_string_lossy().into_owned();
        let folder = root().join("target/xtask/bench").join(&id);
        std::fs::create_dir_all(&folder)?;
        let hush = folder.join(format!("{id}.hush"));
        let is_onnx = path.extension().is_some_and(|extension| extension == "onnx");
        if is_onnx {
            compile(program, path, &hush, given.calibration.unwrap_or(given.input), given.compile)?;
        } else {
            std::fs::copy(path, &hush).with_context(|| format!("cannot read {}", path.display()))?;
        }
        let srs = crate::native::keys(program, &hush)?;
        let vk = hush.with_extension("vk");
        let mut input = given.input.to_owned();
        if input.extension().is_none_or(|extension| extension != "json") {
            input = folder.join("input.json");
            let mut write = hushproof(program, "input");
            write.arg(&hush).arg("--data").arg(given.input).args(["--row", &given.row.to_string(), "-o"]);
            capture(write.arg(&input))?;
        }
        let inspected = inspect(program, &hush)?;
        Ok(Self { id, onnx: is_onnx.then(|| path.to_owned()), hush, vk, srs, input, inspected, data: None })
    }
}

impl Subject {
    /// How the integers compare with the floats on the data set, if there is one.
    fn accuracy(&self, program: &Path) -> Result<Value> {
        let Some((data, rows)) = &self.data else { return Ok(Value::Null) };
        let onnx = self.onnx.as_ref().context("--data needs an ONNX model")?;
        evaluate(program, onnx, &self.hush, data, rows.as_deref())
    }
}

/// Proves and verifies natively: a row with `prove_seconds` of every run.
pub(crate) fn native(program: &Path, model: &Subject, plan: &Plan) -> Result<Value> {
    let folder = root().join("target/xtask/proofs");
    std::fs::create_dir_all(&folder)?;
    let proof = folder.join(format!("{}.json", model.id));
    let mut prove = hushproof(program, "prove");
    prove.arg(&model.hush).arg("--input").arg(&model.input).arg("--srs").arg(&model.srs);
    prove.arg("--vk").arg(&model.vk).args(["--runs", &plan.runs.to_string()]);
    prove.args(["--context", CONTEXT, "--json", "-o"]).arg(&proof);
    let report = parse(&capture(prove.env("RAYON_NUM_THREADS", plan.threads.to_string()))?)?;
    let mut verify = hushproof(program, "verify");
    verify.arg(&model.vk).arg(&proof).args(["--context", CONTEXT, "--json"]);
    let verified = parse(&capture(&mut verify)?)?;
    if verified["verified"] != Value::Bool(true) {
        bail!("{} rejected the proof", describe(&verify));
    }
    Ok(json!({
        "system": "hushproof",
        "model": model.id,
        "where": "native",
        "threads": plan.threads,
        "k": report["k"],
        "advice_columns": report["advice_columns"],
        "fixed_columns": report["fixed_columns"],
        "advice_cells": model.inspected["advice_cells"],
        "predicted_seconds": model.inspected["predicted_seconds"]["native"],
        "predicted_memory_bytes": model.inspected["predicted_memory_bytes"],
        "accuracy": model.accuracy(program)?,
        "prove_seconds": report["prove_seconds"],
        "stages": report["stage_seconds"],
        "verify_seconds": verified["seconds"]["verify"],
        "proof_bytes": report["proof_bytes"],
        "peak_memory_bytes": report["peak_rss_bytes"],
        "download_bytes": null,
    }))
}

/// The same in headless Chromium, through the JavaScript API; downloads are counted as `hushproof serve` compresses them.
pub(crate) fn chromium(program: &Path, model: &Subject, plan: &Plan) -> Result<Value> {
    let site = root().join("www/dist/artifacts");
    let mut names = Vec::new();
    for file in [&model.hush, &model.vk, &model.srs] {
        let name = file.file_name().with_context(|| format!("{} is no file", file.display()))?;
        if file.parent() != Some(artifacts_folder().as_path()) {
            std::fs::copy(file, site.join(name))?;
        }
        names.push(name.to_string_lossy().into_owned());
    }
    let inputs = read_json(&model.input)?;
    let entry = json!({ "id": model.id, "hush": names[0], "vk": names[1], "srs": names[2], "inputs": inputs });
    let subject = root().join("target/xtask/subject.json");
    std::fs::write(&subject, entry.to_string())?;
    let server = Server::start(program)?;
    let mut node = command("node");
    node.args(["www/tests/demo.mjs", "--url", &server.url, "--entry"]).arg(&subject);
    node.args(["--runs", &plan.runs.to_string(), "--threads", &plan.threads.to_string()]);
    node.env("CHROMIUM_BIN", system::require(&system::CHROMIUM)?);
    let mut row = parse(&capture(&mut node)?)?;
    row["system"] = json!("hushproof");
    for name in ["advice_columns", "fixed_columns", "advice_cells", "predicted_memory_bytes"] {
        row[name] = model.inspected[name].clone();
    }
    row["predicted_seconds"] = model.inspected["predicted_seconds"]["browser"].clone();
    Ok(row)
}

/// Shares of the rows of the test set: those that the float model classifies right, and those for which the integers that
/// are proved give the class that the float model gives.
pub(crate) fn accuracy(program: &Path, model: &Model) -> Result<(f64, f64)> {
    let report = evaluate(program, &model.file("onnx")?, &model.artifact("hush"), &model.file("test")?, None)?;
    let right = model.value("accuracy").as_f64().context("models/manifest.json: no accuracy")?;
    Ok((right, report["top1_agreement"].as_f64().context("evaluate --json told no top1_agreement")?))
}

/// What `hushproof evaluate` reports.
fn evaluate(program: &Path, onnx: &Path, hush: &Path, data: &Path, rows: Option<&str>) -> Result<Value> {
    let mut evaluate = hushproof(program, "evaluate");
    evaluate.arg(onnx).arg(hush).arg("--data").arg(data).arg("--json");
    parse(&capture(evaluate.args(rows.map(|rows| format!("--rows={rows}"))))?)
}

/// The record that a model proves when no other input is given.
pub(crate) fn record(model: &Model) -> Result<std::path::PathBuf> {
    let input = model.text("input")?;
    let path = root().join("models/breast_cancer_record.json");
    if read_json(&path)?.get(input).is_none() {
        bail!("{} has no input {input}", path.display());
    }
    Ok(path)
}

/// The median of a row's counted runs, in seconds.
pub(crate) fn median(row: &Value) -> Option<f64> {
    let mut seconds: Vec<f64> = row["prove_seconds"].as_array()?.iter().filter_map(Value::as_f64).collect();
    seconds.sort_by(f64::total_cmp);
    let (low, high) = (seconds.get(seconds.len().checked_sub(1)? / 2)?, seconds.get(seconds.len() / 2)?);
    Some((low + high) / 2.0)
}

/// A cell of a table: the number times `scale` with so many digits after the point, or a dash.
pub(crate) fn cell(value: &Value, scale: f64, digits: usize) -> String {
    value.as_f64().map_or("-".to_owned(), |number| format!("{:.digits$}", number * scale))
}

#[cfg(test)]
mod tests {
    use super::{cell, median};
    use serde_json::json;

    #[test]
    fn medians() {
        assert_eq!(median(&json!({ "prove_seconds": [3.0, 1.0, 2.0] })), Some(2.0));
        assert_eq!(median(&json!({ "prove_seconds": [3.0, 1.0] })), Some(2.0));
        assert_eq!(median(&json!({ "prove_seconds": [] })), None);
    }

    #[test]
    fn cells() {
        assert_eq!((cell(&json!(0.01234), 1000.0, 1), cell(&json!(null), 1.0, 0)), ("12.3".to_owned(), "-".to_owned()));
    }
}
