//! `cargo xtask bench prover`: our prover against the stock one on the same circuit, SRS and random values.

use crate::measure::cell;
use crate::native::{Model, artifacts, models, parse, read_json};
use crate::process::{capture, command, execute, root};
use crate::toolchain::{TARGET, THREADS, Toolchain};
use crate::{setup, system, table};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const PACKAGE: &str = "hushproof-prover-bench";
const PROVE_HEADINGS: &[&str] =
    &["circuit", "where", "threads", "k", "advice", "stock s", "ours s", "ratio", "stock MiB", "ours MiB", "bytes"];
const STAGE_HEADINGS: &[&str] = &["circuit", "stage", "where", "k", "seconds", "share %", "kernels s"];
const KERNEL_HEADINGS: &[&str] = &["kernel", "where", "threads", "k", "stock ns", "ours ns", "ratio"];

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    web: bool,
    json: bool,
    runs: usize,
    threads: usize,
    /// Sizes of the synthetic circuit, and of the kernels.
    ks: Vec<u32>,
    /// Whether to measure the demo models.
    models: bool,
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

/// Measures natively and with `--web` also in Chromium, on the synthetic circuit at each `--k` and on the demo models
/// (unless `--no-models`).
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    let program = build()?;
    let circuits = circuits(&options, &program)?;
    let mut rows = native(&options, &program, &circuits)?;
    if options.web {
        rows.extend(chromium(&options, &circuits)?);
    }
    if options.json {
        rows.iter().for_each(|row| println!("{row}"));
    } else {
        print(&rows);
    }
    Ok(())
}

fn folder() -> Result<PathBuf> {
    let folder = root().join("target/xtask/prover-bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn build() -> Result<PathBuf> {
    execute(command("cargo").args(["build", "--release", "--locked", "--package", PACKAGE]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release").join(format!("prover-bench{}", std::env::consts::EXE_SUFFIX)))
}

fn circuits(options: &Options, program: &Path) -> Result<Vec<Circuit>> {
    let mut circuits = Vec::new();
    for k in &options.ks {
        circuits.push(Circuit { name: "synthetic".to_owned(), k: *k, params: params(program, *k)?, files: None });
    }
    if options.models {
        artifacts()?;
        for model in models()? {
            let catalog = read_json(&crate::native::artifacts_folder().join("manifest.json"))?;
            let entry = catalog.as_array().into_iter().flatten().find(|entry| entry["id"] == model.id.as_str());
            let k = size(entry.and_then(|entry| entry["srs"].as_str()).unwrap_or_default())?;
            let files = Some((model.artifact("hush"), example(&model)?));
            circuits.push(Circuit { name: model.id.clone(), k, params: params(program, k)?, files });
        }
    }
    Ok(circuits)
}

/// The k in the name of a development SRS.
fn size(srs: &str) -> Result<u32> {
    let digits: String = srs.chars().filter(char::is_ascii_digit).collect();
    digits.parse().with_context(|| format!("no size in the name {srs:?}"))
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
    let (name, rows) = (model.text("input")?, read_json(&model.file("test")?)?);
    let examples = model.value("examples").as_object().context("examples are no object")?;
    let row = examples.values().next().and_then(Value::as_u64).context("a model has no example")?;
    let values = rows[name].get(usize::try_from(row)?).with_context(|| format!("{name} has no row {row}"))?;
    let path = folder()?.join(format!("{}.json", model.id));
    std::fs::write(&path, json!({ name: values }).to_string())?;
    Ok(path)
}

/// Rows of the native program: each prover's memory is that of a process of its own.
fn native(options: &Options, program: &Path, circuits: &[Circuit]) -> Result<Vec<Value>> {
    let call = |words: &[String]| {
        let mut call = command(program);
        // A fixed threshold returns freed columns to the system, so that the resident set follows what is held.
        call.args(words).env("RAYON_NUM_THREADS", options.threads.to_string());
        call.env("MALLOC_MMAP_THRESHOLD_", "65536");
        capture(&mut call)
    };
    let mut rows = Vec::new();
    for circuit in circuits {
        let mut words =
            vec!["compare".to_owned(), circuit.params.to_string_lossy().into_owned(), options.runs.to_string()];
        words.extend(circuit.words());
        eprintln!("{} k = {}: native", circuit.name, circuit.k);
        let mut compare = command(program);
        compare.args(&words).env("RAYON_NUM_THREADS", options.threads.to_string());
        let mut row = parse(&capture(&mut compare)?)?;
        for system in ["ours", "stock"] {
            words.splice(..3, ["memory".to_owned(), circuit.params.to_string_lossy().into_owned(), system.to_owned()]);
            row[format!("{system}_memory")] = parse(&call(&words)?)?;
        }
        row["circuit"] = json!(circuit.name);
        row["where"] = json!("native");
        rows.push(row);
    }
    let mut kernels = command(program);
    kernels.arg("kernels").args(options.ks.iter().map(ToString::to_string));
    for line in capture(kernels.env("RAYON_NUM_THREADS", options.threads.to_string()))?.lines() {
        let mut row = parse(line)?;
        row["where"] = json!("native");
        rows.push(row);
    }
    Ok(rows)
}

/// The same in headless Chromium, by a module that is built for this alone.
fn chromium(options: &Options, circuits: &[Circuit]) -> Result<Vec<Value>> {
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
                "k": circuit.k, "params": params, "hush": hush, "input": input, "runs": options.runs, "system": system,
            }));
        }
    }
    jobs.push(json!({ "kernels": options.ks }));
    let list = folder()?.join("jobs.json");
    std::fs::write(&list, Value::Array(jobs).to_string())?;
    let mut node = command("node");
    node.args(["www/tests/prover-bench.mjs", "--threads", &options.threads.to_string(), "--site"]).arg(&site);
    node.arg("--jobs").arg(&list).env("CHROMIUM_BIN", system::require(&system::CHROMIUM)?);
    let mut rows: Vec<Value> = Vec::new();
    for line in capture(&mut node)?.lines() {
        let row = parse(line)?;
        // The memory of a system goes into the row of its circuit, which came before.
        match (row["system"].as_str().map(str::to_owned), rows.last_mut()) {
            (Some(system), Some(last)) => last[format!("{system}_memory")] = row,
            _ => rows.push(row),
        }
    }
    Ok(rows)
}

/// Builds the module and the site around it.
fn module(site: &Path) -> Result<()> {
    let toolchain = Toolchain::require()?;
    let bindgen = setup::wasm_bindgen()?;
    let mut cargo = toolchain.cargo(&THREADS)?;
    cargo.args(["build", "--locked", "--package", PACKAGE, "--lib", "--profile", "web", "--target", TARGET]);
    execute(&mut cargo)?;
    std::fs::create_dir_all(site)?;
    let wasm = root().join("target/web").join(TARGET).join("web/hushproof_prover_bench.wasm");
    execute(command(bindgen).args(["--target", "web", "--out-dir"]).arg(site).arg(wasm))?;
    for name in ["index.html", "worker.js"] {
        std::fs::copy(root().join("crates/prover-bench/web").join(name), site.join(name))?;
    }
    Ok(())
}

fn print(rows: &[Value]) {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
    let (mut proofs, mut stages, mut kernels) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let place = text(row, "where");
        let k = cell(&row["k"], 1.0, 0);
        if !row["kernel"].is_null() {
            let figures = ["stock_ns", "our_ns"].map(|name| cell(&row[name], 1.0, 1));
            let [stock, ours] = figures;
            let ratio = cell(&row["ratio"], 1.0, 2);
            kernels.push(vec![text(row, "kernel"), place, cell(&row["threads"], 1.0, 0), k, stock, ours, ratio]);
            continue;
        }
        let mebibytes = |name: &str| cell(&row[name]["peak_bytes"], 1.0 / f64::from(1 << 20), 0);
        proofs.push(vec![
            text(row, "circuit"),
            place.clone(),
            cell(&row["threads"], 1.0, 0),
            k.clone(),
            cell(&row["advice_columns"], 1.0, 0),
            cell(&row["stock_seconds"], 1.0, 3),
            cell(&row["our_seconds"], 1.0, 3),
            cell(&row["ratio"], 1.0, 2),
            mebibytes("stock_memory"),
            mebibytes("ours_memory"),
            if row["bytes_equal"] == true { "equal".to_owned() } else { "-".to_owned() },
        ]);
        for stage in row["stages"].as_array().into_iter().flatten() {
            let share = stage["seconds"].as_f64().zip(row["our_seconds"].as_f64()).map(|(part, all)| part / all);
            stages.push(vec![
                text(row, "circuit"),
                text(stage, "stage"),
                place.clone(),
                k.clone(),
                cell(&stage["seconds"], 1.0, 4),
                cell(&json!(share), 100.0, 1),
                cell(&stage["kernel_seconds"], 1.0, 4),
            ]);
        }
    }
    println!("{}", table::render(PROVE_HEADINGS, &proofs));
    println!("{}", table::render(STAGE_HEADINGS, &stages));
    print!("{}", table::render(KERNEL_HEADINGS, &kernels));
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options { web: false, json: false, runs: 5, threads: 2, ks: vec![12, 14, 16], models: true };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--web" => options.web = true,
            "--json" => options.json = true,
            "--no-models" => options.models = false,
            "--runs" => options.runs = crate::bench::positive(value()?)?,
            "--threads" => options.threads = crate::bench::positive(value()?)?,
            "--k" => options.ks = value()?.split(',').map(log_rows).collect::<Result<_>>()?,
            _ => bail!("unexpected argument {argument}"),
        }
    }
    Ok(options)
}

/// A size that the synthetic circuit has and that takes no hours.
fn log_rows(text: &str) -> Result<u32> {
    match text.parse() {
        Ok(k @ 9..=20) => Ok(k),
        _ => bail!("--k takes numbers from 9 to 20, not {text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, options, size};

    #[test]
    fn command_lines() {
        let parse = |text: &str| options(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).ok();
        let defaults = || Options { web: false, json: false, runs: 5, threads: 2, ks: vec![12, 14, 16], models: true };
        assert_eq!(parse(""), Some(defaults()));
        let given = Options { web: true, json: true, runs: 3, threads: 1, ks: vec![12, 14], models: false };
        assert_eq!(parse("--web --json --runs 3 --threads 1 --k 12,14 --no-models"), Some(given));
        for wrong in ["--k", "--k 8", "--k 12,", "--k 21", "--runs 0", "--threads", "14"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_of_files() {
        assert_eq!(size("development_12.srs").ok(), Some(12));
        assert!(size("development.srs").is_err());
    }
}
