//! `cargo xtask bench prover`: our prover against the stock one on the same circuit, SRS and random values.

use super::Effort;
use crate::build_web::library_with_bindings;
use crate::measure::NATIVE;
use crate::native::{self, Model, artifacts, binary, inspect, models, parse};
use crate::process::{capture, command, execute, root};
use crate::table::{Column, Row, count, mebibytes, number, print, render};
use crate::toolchain::{THREADS, Toolchain};
use crate::{setup, system};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

const PACKAGE: &str = "hushproof-prover-bench";

/// Measure our prover against the stock one on the same circuits, SRS and random values.
///
/// The circuits are a synthetic one of each size and those of the demo models.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// In Chromium, too.
    #[arg(long)]
    web: bool,
    /// A JSON object for each row.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    effort: Effort,
    /// Sizes of the synthetic circuit, and of the kernels.
    #[arg(long = "k", value_name = "K", value_delimiter = ',', default_value = "12,14,16",
        value_parser = clap::value_parser!(u32).range(9..=20))]
    ks: Vec<u32>,
    /// Leave out the demo models.
    #[arg(long)]
    no_models: bool,
}

/// A line that the native program or the page prints.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Kernel(Kernel),
    Memory(Memory),
    Proof(Proof),
}

/// A circuit proved by both provers.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Proof {
    circuit: String,
    #[serde(rename = "where")]
    place: String,
    threads: usize,
    k: u32,
    advice_columns: usize,
    stock_seconds: f64,
    our_seconds: f64,
    ratio: f64,
    stock_memory: Option<Memory>,
    ours_memory: Option<Memory>,
    bytes_equal: bool,
    /// Of our prover.
    stages: Vec<Stage>,
    #[serde(flatten)]
    details: Map<String, Value>,
}

/// Bytes that one of the provers took.
#[derive(Serialize, Deserialize)]
struct Memory {
    system: String,
    before_bytes: u64,
    peak_bytes: u64,
}

/// A stage of our prover.
#[derive(Clone, Serialize, Deserialize)]
struct Stage {
    stage: String,
    seconds: f64,
    /// What its commitments and transforms take at the kernels' speed.
    kernel_seconds: Option<f64>,
}

/// A stage with the proof that it is part of.
#[derive(Serialize)]
struct StageOf {
    circuit: String,
    #[serde(rename = "where")]
    place: String,
    k: u32,
    share: f64,
    #[serde(flatten)]
    stage: Stage,
}

/// A kernel in both libraries, per element.
#[derive(Serialize, Deserialize)]
struct Kernel {
    kernel: String,
    #[serde(rename = "where", default)]
    place: String,
    threads: usize,
    k: Option<u32>,
    stock_ns: f64,
    our_ns: f64,
    ratio: f64,
}

impl Row for Proof {
    const COLUMNS: &'static [Column<Self>] = &[
        ("circuit", |row| row.circuit.clone()),
        ("where", |row| row.place.clone()),
        ("threads", |row| row.threads.to_string()),
        ("k", |row| row.k.to_string()),
        ("advice", |row| row.advice_columns.to_string()),
        ("stock s", |row| number(Some(row.stock_seconds), 3)),
        ("ours s", |row| number(Some(row.our_seconds), 3)),
        ("ratio", |row| number(Some(row.ratio), 2)),
        ("stock MiB", |row| mebibytes(row.stock_memory.as_ref().map(|memory| memory.peak_bytes))),
        ("ours MiB", |row| mebibytes(row.ours_memory.as_ref().map(|memory| memory.peak_bytes))),
        ("bytes", |row| count(row.bytes_equal.then_some("equal"))),
    ];
}

impl Row for StageOf {
    const COLUMNS: &'static [Column<Self>] = &[
        ("circuit", |row| row.circuit.clone()),
        ("stage", |row| row.stage.stage.clone()),
        ("where", |row| row.place.clone()),
        ("k", |row| row.k.to_string()),
        ("seconds", |row| number(Some(row.stage.seconds), 4)),
        ("share %", |row| number(Some(row.share * 100.0), 1)),
        ("kernels s", |row| number(row.stage.kernel_seconds, 4)),
    ];
}

impl Row for Kernel {
    const COLUMNS: &'static [Column<Self>] = &[
        ("kernel", |row| row.kernel.clone()),
        ("where", |row| row.place.clone()),
        ("threads", |row| row.threads.to_string()),
        ("k", |row| count(row.k)),
        ("stock ns", |row| number(Some(row.stock_ns), 1)),
        ("ours ns", |row| number(Some(row.our_ns), 1)),
        ("ratio", |row| number(Some(row.ratio), 2)),
    ];
}

/// Everything that was measured.
#[derive(Default)]
struct Rows {
    proofs: Vec<Proof>,
    kernels: Vec<Kernel>,
}

/// A circuit to prove, with the files it needs.
struct Circuit {
    name: String,
    k: u32,
    params: PathBuf,
    /// Compiled model and input; the synthetic circuit has none.
    files: Option<(PathBuf, PathBuf)>,
}

impl Circuit {
    /// Its words on the native program's command line.
    fn words(&self) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        match &self.files {
            Some((hush, input)) => vec!["model".to_owned(), text(hush), text(input)],
            None => vec!["synthetic".to_owned(), self.k.to_string()],
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = native::program(PACKAGE, "prover-bench")?;
    let circuits = circuits(options, &program)?;
    let mut rows = Rows::default();
    natively(options, &program, &circuits, &mut rows)?;
    if options.web {
        chromium(options, &circuits, &mut rows)?;
    }
    print(&rows.proofs, options.json)?;
    if !options.json {
        println!("\n{}", render(&rows.proofs.iter().flat_map(Proof::stages).collect::<Vec<_>>()));
    }
    print(&rows.kernels, options.json)
}

impl Proof {
    fn stages(&self) -> impl Iterator<Item = StageOf> {
        self.stages.iter().map(|stage| StageOf {
            circuit: self.circuit.clone(),
            place: self.place.clone(),
            k: self.k,
            share: stage.seconds / self.our_seconds,
            stage: stage.clone(),
        })
    }
}

fn folder() -> Result<PathBuf> {
    let folder = root().join("target/xtask/prover-bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn circuits(options: &Options, program: &Path) -> Result<Vec<Circuit>> {
    let mut circuits = Vec::new();
    for k in &options.ks {
        circuits.push(Circuit { name: "synthetic".to_owned(), k: *k, params: params(program, *k)?, files: None });
    }
    if !options.no_models {
        artifacts()?;
        for model in models()? {
            let k = inspect(&binary()?, &model.artifact("hush"))?.k;
            let files = Some((model.artifact("hush"), example(&model)?));
            circuits.push(Circuit { name: model.id, k, params: params(program, k)?, files });
        }
    }
    Ok(circuits)
}

/// Parameters from a fixed seed, written once.
fn params(program: &Path, k: u32) -> Result<PathBuf> {
    let path = folder()?.join(format!("params_{k}.bin"));
    if !path.exists() {
        let part = path.with_extension("part");
        execute(command(program).args(["params", &k.to_string()]).arg(&part))?;
        std::fs::rename(part, &path)?;
    }
    Ok(path)
}

/// The first example of a model as a file.
fn example(model: &Model) -> Result<PathBuf> {
    let (_, record) = model.examples()?.into_iter().next().context("a model has no example")?;
    let path = folder()?.join(format!("{}.json", model.id));
    std::fs::write(&path, json!({ &model.input: record }).to_string())?;
    Ok(path)
}

/// Rows of the native program: each prover's memory is that of a process of its own.
fn natively(options: &Options, program: &Path, circuits: &[Circuit], rows: &mut Rows) -> Result<()> {
    let threads = options.effort.threads.to_string();
    let call = || {
        let mut call = command(program);
        call.env("RAYON_NUM_THREADS", &threads);
        call
    };
    for circuit in circuits {
        eprintln!("{} k = {}: native", circuit.name, circuit.k);
        let memory = |system: &str| -> Result<Option<Memory>> {
            let mut call = call();
            // A fixed threshold returns freed columns to the system, so that the resident set follows what is held.
            call.env("MALLOC_MMAP_THRESHOLD_", "65536");
            call.arg("memory").arg(&circuit.params).arg(system).args(circuit.words());
            parse(&capture(&mut call)?).map(Some)
        };
        let mut compare = call();
        compare.arg("compare").arg(&circuit.params).arg(options.effort.runs.to_string()).args(circuit.words());
        rows.proofs.push(Proof {
            circuit: circuit.name.clone(),
            place: NATIVE.to_owned(),
            ours_memory: memory("ours")?,
            stock_memory: memory("stock")?,
            ..parse(&capture(&mut compare)?)?
        });
    }
    let mut kernels = call();
    kernels.arg("kernels").args(options.ks.iter().map(ToString::to_string));
    for line in capture(&mut kernels)?.lines() {
        rows.kernels.push(Kernel { place: NATIVE.to_owned(), ..parse(line)? });
    }
    Ok(())
}

/// The same in headless Chromium, by a module that is built for this alone.
fn chromium(options: &Options, circuits: &[Circuit], rows: &mut Rows) -> Result<()> {
    setup::npm_packages()?;
    let site = folder()?.join("site");
    module(&site)?;
    let copy = |path: &Path| -> Result<String> {
        let name = path.file_name().context("no file name")?.to_string_lossy().into_owned();
        std::fs::copy(path, site.join(&name)).with_context(|| format!("cannot copy {}", path.display()))?;
        Ok(name)
    };
    let mut jobs = Vec::new();
    for circuit in circuits {
        let params = copy(&circuit.params)?;
        let (hush, input) = match &circuit.files {
            Some((hush, input)) => (json!(copy(hush)?), json!(copy(input)?)),
            None => (Value::Null, Value::Null),
        };
        for system in [Value::Null, json!("ours"), json!("stock")] {
            jobs.push(json!({
                "row": { "circuit": circuit.name, "k": circuit.k },
                "k": circuit.k, "params": params, "hush": hush, "input": input, "runs": options.effort.runs, "system": system,
            }));
        }
    }
    jobs.push(json!({ "kernels": options.ks }));
    let list = folder()?.join("jobs.json");
    std::fs::write(&list, Value::Array(jobs).to_string())?;
    let mut node = command("node");
    node.args(["www/tests/prover-bench.mjs", "--threads", &options.effort.threads.to_string(), "--site"]).arg(&site);
    node.arg("--jobs").arg(&list).env("CHROMIUM_BIN", system::require(&system::CHROMIUM)?);
    for line in capture(&mut node)?.lines() {
        match (parse(line)?, rows.proofs.last_mut()) {
            // The memory of a system goes into the row of its circuit, which came before.
            (Line::Memory(memory), Some(last)) if memory.system == "stock" => last.stock_memory = Some(memory),
            (Line::Memory(memory), Some(last)) => last.ours_memory = Some(memory),
            (Line::Memory(_), None) => bail!("memory of no circuit: {line}"),
            (Line::Kernel(kernel), _) => rows.kernels.push(kernel),
            (Line::Proof(proof), _) => rows.proofs.push(proof),
        }
    }
    Ok(())
}

/// Builds the module and the site around it.
fn module(site: &Path) -> Result<()> {
    let mut cargo = Toolchain::require()?.cargo(&THREADS)?;
    cargo.args(["build", "--package", PACKAGE]);
    library_with_bindings(cargo, PACKAGE, site, "hushproof_prover_bench")?;
    for name in ["index.html", "worker.js"] {
        std::fs::copy(root().join("crates/prover-bench/web").join(name), site.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
