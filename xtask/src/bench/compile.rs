//! `cargo xtask bench compile`: compiling a model natively and in headless Chromium, and whether both write the same
//! bytes.

use super::positive;
use crate::measure::{NATIVE, median};
use crate::native::{Model, binary, hushproof, models, parse, sha256};
use crate::process::{absolute, capture, command, root};
use crate::table::{Column, Row, count, mebibytes, number, print};
use crate::{build_web, system};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Measure compiling the demo models, or --model with --calibration, natively and in a browser.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// In headless Chromium, too.
    #[arg(long)]
    web: bool,
    /// Make their development keys in the browser, too.
    #[arg(long, requires = "web")]
    keys: bool,
    /// A JSON object for each row.
    #[arg(long)]
    json: bool,
    /// An .onnx file.
    #[arg(long, value_name = "FILE", value_parser = absolute, requires = "calibration")]
    model: Option<PathBuf>,
    /// Its rows of typical inputs.
    #[arg(long, value_name = "FILE", value_parser = absolute, requires = "model")]
    calibration: Option<PathBuf>,
    /// Counted runs.
    #[arg(long, value_name = "N", default_value = "3", value_parser = positive)]
    runs: usize,
}

/// A model that was compiled; seconds are those of each run.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Compiled {
    model: String,
    #[serde(rename = "where")]
    place: String,
    load_seconds: Vec<f64>,
    read_seconds: Vec<f64>,
    compile_seconds: Vec<f64>,
    keys_seconds: Vec<f64>,
    peak_memory_bytes: Option<u64>,
    k: u32,
    bytes: usize,
    sha256: String,
    /// Whether they are those of the native compiler.
    same_bytes: Option<bool>,
}

impl Row for Compiled {
    const COLUMNS: &'static [Column<Self>] = &[
        ("model", |row| row.model.clone()),
        ("where", |row| row.place.clone()),
        ("load s", |row| number(median(&row.load_seconds), 2)),
        ("read s", |row| number(median(&row.read_seconds), 2)),
        ("compile s", |row| number(median(&row.compile_seconds), 2)),
        ("keys s", |row| number(median(&row.keys_seconds), 2)),
        ("peak MiB", |row| mebibytes(row.peak_memory_bytes)),
        ("k", |row| row.k.to_string()),
        ("bytes", |row| row.bytes.to_string()),
        ("same bytes", |row| count(row.same_bytes.map(|same| if same { "yes" } else { "no" }))),
    ];
}

/// What `hushproof compile` reports.
#[derive(Deserialize)]
struct Report {
    seconds: CompileSeconds,
    peak_rss_bytes: Option<u64>,
    k: u32,
}

#[derive(Deserialize)]
struct CompileSeconds {
    compile: f64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.web {
        build_web::everything()?;
    }
    let program = binary()?;
    let subjects = match (&options.model, &options.calibration) {
        (Some(model), Some(calibration)) => vec![(model.clone(), calibration.clone())],
        _ => models()?.iter().map(|model: &Model| (model.onnx(), model.calibration())).collect(),
    };
    let mut rows = Vec::new();
    for (onnx, calibration) in &subjects {
        let native = native(&program, onnx, calibration, options.runs)?;
        let chromium = if options.web { Some(chromium(onnx, calibration, options)?) } else { None };
        let compared = chromium.map(|row| Compiled { same_bytes: Some(row.sha256 == native.sha256), ..row });
        rows.push(native);
        rows.extend(compared);
    }
    print(&rows, options.json)?;
    if rows.iter().any(|row| row.same_bytes == Some(false)) {
        bail!("Chromium wrote other bytes than the native compiler");
    }
    Ok(())
}

fn native(program: &Path, onnx: &Path, calibration: &Path, runs: usize) -> Result<Compiled> {
    let hush = root().join("target/xtask/compiled.hush");
    let mut row = Compiled { model: stem(onnx), place: NATIVE.to_owned(), ..Compiled::default() };
    for _ in 0..runs {
        let mut compile = hushproof(program, "compile");
        compile.arg(onnx).arg("-o").arg(&hush).arg("--calibration").arg(calibration).arg("--json");
        let report: Report = parse(&capture(&mut compile)?)?;
        row.compile_seconds.push(report.seconds.compile);
        (row.peak_memory_bytes, row.k) = (report.peak_rss_bytes, report.k);
    }
    let bytes = std::fs::read(&hush).with_context(|| format!("cannot read {}", hush.display()))?;
    Ok(Compiled { bytes: bytes.len(), sha256: sha256(&bytes), ..row })
}

fn chromium(onnx: &Path, calibration: &Path, options: &Options) -> Result<Compiled> {
    let mut node = command("node");
    node.arg("www/tests/compile-bench.mjs").arg("--onnx").arg(onnx).arg("--calibration").arg(calibration);
    node.args(["--runs", &options.runs.to_string()]);
    node.args(options.keys.then_some("--keys"));
    node.env("CHROMIUM_BIN", system::require(&system::CHROMIUM)?);
    Ok(Compiled { model: stem(onnx), ..parse(&capture(&mut node)?)? })
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
