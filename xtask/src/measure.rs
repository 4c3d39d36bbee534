//! Proving a model natively and in headless Chromium.

use crate::native::{
    Accuracy, Cells, Inspected, Model, artifacts_folder, compile, hushproof, inspect, parse, read_json,
};
use crate::process::{capture, capture_verdict, command, describe, root};
use crate::serve::Server;
use crate::system;
use crate::table::{Column, Row, count, mebibytes, number};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The name of our own system in rows.
pub(crate) const OURS: &str = "hushproof";
/// The place of rows that were measured outside a browser.
pub(crate) const NATIVE: &str = "native";

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
    pub(crate) inspected: Inspected,
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
            onnx: Some(model.onnx()),
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

/// A proof that was measured, with the same names natively and in a browser.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Measured {
    pub(crate) system: String,
    pub(crate) model: String,
    #[serde(rename = "where")]
    pub(crate) place: String,
    pub(crate) threads: usize,
    pub(crate) k: Option<u32>,
    pub(crate) advice_columns: Option<usize>,
    pub(crate) fixed_columns: Option<usize>,
    pub(crate) advice_cells: Option<Cells>,
    pub(crate) predicted_seconds: Option<f64>,
    pub(crate) predicted_memory_bytes: Option<u64>,
    pub(crate) accuracy: Option<Accuracy>,
    /// Of every counted run.
    pub(crate) prove_seconds: Vec<f64>,
    /// Seconds of the parts of a proof, as the system has them.
    pub(crate) stages: Value,
    pub(crate) verify_seconds: Option<f64>,
    pub(crate) proof_bytes: Option<u64>,
    pub(crate) peak_memory_bytes: Option<u64>,
    pub(crate) download_bytes: Option<u64>,
    /// By a browser that knows nothing of the site.
    pub(crate) first_visit: Option<Visit>,
    /// By one that was there before.
    pub(crate) repeat_visit: Option<Visit>,
    /// Why there are no times.
    pub(crate) error: Option<String>,
    /// What else was told.
    #[serde(flatten)]
    pub(crate) details: Map<String, Value>,
}

/// Seconds from opening the page.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Visit {
    ready_seconds: f64,
    pub(crate) proof_seconds: f64,
}

impl Measured {
    /// Of the counted runs, in seconds.
    pub(crate) fn median(&self) -> Option<f64> {
        median(&self.prove_seconds)
    }
}

impl Row for Measured {
    const COLUMNS: &'static [Column<Self>] = &[
        ("system", |row| row.system.clone()),
        ("model", |row| row.model.clone()),
        ("where", |row| row.place.clone()),
        ("threads", |row| row.threads.to_string()),
        ("k", |row| count(row.k)),
        ("columns", |row| {
            count(row.advice_columns.zip(row.fixed_columns).map(|(advice, fixed)| format!("{advice}+{fixed}")))
        }),
        ("assigned", |row| number(row.advice_cells.as_ref().map(|cells| cells.assigned_per_activation), 2)),
        ("allocated", |row| number(row.advice_cells.as_ref().map(|cells| cells.allocated_per_activation), 2)),
        ("prove s", |row| if row.error.is_some() { "fails".to_owned() } else { number(row.median(), 3) }),
        ("first visit s", |row| number(row.first_visit.map(|visit| visit.proof_seconds), 3)),
        ("repeat visit s", |row| number(row.repeat_visit.map(|visit| visit.proof_seconds), 3)),
        ("predicted s", |row| number(row.predicted_seconds, 3)),
        ("verify ms", |row| number(row.verify_seconds.map(|seconds| seconds * 1e3), 1)),
        ("proof bytes", |row| count(row.proof_bytes)),
        ("peak MiB", |row| mebibytes(row.peak_memory_bytes)),
        ("download bytes", |row| count(row.download_bytes)),
        ("same class", |row| {
            let share = |accuracy: &Accuracy| Some(format!("{}/{}", accuracy.agreeing?, accuracy.rows));
            count(row.accuracy.as_ref().and_then(share))
        }),
        ("max error", |row| number(row.accuracy.as_ref().and_then(|accuracy| accuracy.max_abs_error), 4)),
    ];
}

impl Subject {
    /// What is known of its circuit before it is proved.
    fn described(&self, place: &str) -> Measured {
        let Inspected { advice_columns, fixed_columns, advice_cells, predicted_seconds, .. } = &self.inspected;
        Measured {
            system: OURS.to_owned(),
            model: self.id.clone(),
            place: place.to_owned(),
            k: Some(self.inspected.k),
            advice_columns: Some(*advice_columns),
            fixed_columns: Some(*fixed_columns),
            advice_cells: Some(advice_cells.clone()),
            predicted_seconds: Some(if place == NATIVE { predicted_seconds.native } else { predicted_seconds.browser }),
            predicted_memory_bytes: Some(self.inspected.predicted_memory_bytes),
            ..Measured::default()
        }
    }

    /// How the integers compare with the floats on the data set, if there is one.
    fn accuracy(&self, program: &Path) -> Result<Option<Accuracy>> {
        let Some((data, rows)) = &self.data else { return Ok(None) };
        let onnx = self.onnx.as_ref().context("--data needs an ONNX model")?;
        evaluate(program, onnx, &self.hush, data, rows.as_deref()).map(Some)
    }
}

/// What `hushproof prove` reports.
#[derive(Deserialize)]
struct Proved {
    prove_seconds: Vec<f64>,
    stage_seconds: Value,
    proof_bytes: u64,
    peak_rss_bytes: Option<u64>,
}

/// What `hushproof verify` reports.
#[derive(Deserialize)]
struct Verified {
    verified: bool,
    seconds: VerifySeconds,
}

#[derive(Deserialize)]
struct VerifySeconds {
    verify: f64,
}

/// Proves and verifies natively.
pub(crate) fn native(program: &Path, model: &Subject, plan: &Plan) -> Result<Measured> {
    let folder = root().join("target/xtask/proofs");
    std::fs::create_dir_all(&folder)?;
    let proof = folder.join(format!("{}.json", model.id));
    let mut prove = hushproof(program, "prove");
    prove.arg(&model.hush).arg("--input").arg(&model.input).arg("--srs").arg(&model.srs);
    prove.arg("--vk").arg(&model.vk).args(["--runs", &plan.runs.to_string()]);
    prove.args(["--context", CONTEXT, "--json", "-o"]).arg(&proof);
    let report: Proved = parse(&capture(prove.env("RAYON_NUM_THREADS", plan.threads.to_string()))?)?;
    let mut verify = hushproof(program, "verify");
    verify.arg(&model.vk).arg(&proof).args(["--context", CONTEXT, "--json"]);
    let verified: Verified = parse(&capture(&mut verify)?)?;
    if !verified.verified {
        bail!("{} rejected the proof", describe(&verify));
    }
    Ok(Measured {
        threads: plan.threads,
        accuracy: model.accuracy(program)?,
        prove_seconds: report.prove_seconds,
        stages: report.stage_seconds,
        verify_seconds: Some(verified.seconds.verify),
        proof_bytes: Some(report.proof_bytes),
        peak_memory_bytes: report.peak_rss_bytes,
        ..model.described(NATIVE)
    })
}

/// The same in headless Chromium, through the JavaScript API in a site's folder; downloads are counted as `hushproof
/// serve` compresses them.
pub(crate) fn chromium(program: &Path, site: &Path, model: &Subject, plan: &Plan) -> Result<Measured> {
    let mut names = Vec::new();
    for file in [&model.hush, &model.vk, &model.srs] {
        let name = file.file_name().with_context(|| format!("{} is no file", file.display()))?;
        if file.parent() != Some(artifacts_folder().as_path()) {
            std::fs::copy(file, site.join("artifacts").join(name))?;
        }
        names.push(name.to_string_lossy().into_owned());
    }
    let inputs: Value = read_json(&model.input)?;
    let entry = json!({ "id": model.id, "hush": names[0], "vk": names[1], "srs": names[2], "inputs": inputs });
    let subject = root().join("target/xtask/subject.json");
    std::fs::write(&subject, entry.to_string())?;
    let server = Server::start(program, site)?;
    let mut node = command("node");
    node.args(["www/tests/demo.mjs", "--url", &server.url, "--entry"]).arg(&subject);
    node.args(["--runs", &plan.runs.to_string(), "--threads", &plan.threads.to_string()]);
    node.env("CHROMIUM_BIN", system::require(&system::CHROMIUM)?);
    let told: Measured = parse(&capture(&mut node)?)?;
    let known = model.described(&told.place);
    Ok(Measured {
        system: known.system,
        advice_columns: known.advice_columns,
        fixed_columns: known.fixed_columns,
        advice_cells: known.advice_cells,
        predicted_seconds: known.predicted_seconds,
        predicted_memory_bytes: known.predicted_memory_bytes,
        ..told
    })
}

/// Shares of the rows of a model's test set.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Shares {
    /// Of those that the float model classifies right.
    pub(crate) float: f64,
    /// Of those for which the integers that are proved give the class that the float model gives.
    pub(crate) same: f64,
}

/// How a demo model does on its test set.
pub(crate) fn accuracy(program: &Path, model: &Model) -> Result<Shares> {
    let report = evaluate(program, &model.onnx(), &model.artifact("hush"), &model.test(), None)?;
    let same = report.top1_agreement.context("evaluate --json told no top1_agreement")?;
    Ok(Shares { float: model.accuracy, same })
}

/// What `hushproof evaluate` reports.
fn evaluate(program: &Path, onnx: &Path, hush: &Path, data: &Path, rows: Option<&str>) -> Result<Accuracy> {
    let mut evaluate = hushproof(program, "evaluate");
    evaluate.arg(onnx).arg(hush).arg("--data").arg(data).arg("--json");
    parse(&capture_verdict(evaluate.args(rows.map(|rows| format!("--rows={rows}"))))?)
}

/// The record that a demo model proves when no other input is given.
pub(crate) fn record(model: &Model) -> Result<PathBuf> {
    let path = root().join("models/breast_cancer_record.json");
    let record: Value = read_json(&path)?;
    if record.get(&model.input).is_none() {
        bail!("{} has no input {}", path.display(), model.input);
    }
    Ok(path)
}

/// The middle of some numbers.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some((low + high) / 2.0)
}

#[cfg(test)]
mod tests;
