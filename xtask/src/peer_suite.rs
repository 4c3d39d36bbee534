//! Networks of another project's examples: each imported, compiled, proved, verified and compared with its float
//! reference.
//!
//! A network is a folder that holds `network.onnx` and `vectors.json`: `{"inputs": […], "outputs": […], …}`, a tensor
//! being `{"name", "dtype", "shape", "data"}` with flat data. The vector is proved, and calibrates, as there is nothing
//! else that is typical. An `index.json` beside the folders, where there is one, names the operators.

use crate::{
    native::binary,
    process::{absolute, command, root},
    table::{self, Column, Row, count, number},
};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Largest error, as a share of the reference's range zero included.
const TOLERANCE: f64 = 0.01;
/// log2 of the rows of the largest circuit that is proved.
const MAX_K: u64 = 21;
/// What one step of one network may take.
const LIMIT: Duration = Duration::from_secs(900);

/// The input that calibrates is the one that is proved, so that little margin is needed.
const MARGINS: [&str; 4] = ["--margin", "2", "--input-margin", "2"];

/// Take another project's networks from import to a proof that is compared with their float reference.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder that holds the networks.
    #[arg(value_name = "DIR", value_parser = absolute)]
    folder: PathBuf,
    /// A JSON object for each network, and one of counts.
    #[arg(long)]
    json: bool,
    /// Only this network; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// What became of a network.
#[derive(Serialize)]
struct Network {
    name: String,
    ops: String,
    passed: bool,
    reason: Option<String>,
    #[serde(flatten)]
    proof: Proof,
    tolerance: f64,
    seconds: f64,
}

/// What is known of a proof, as far as it came.
#[derive(Default, Serialize)]
struct Proof {
    k: Option<u64>,
    /// Largest error as a share of the range.
    max_error: Option<f64>,
}

impl Row for Network {
    const COLUMNS: &'static [Column<Self>] = &[
        ("network", |row| row.name.clone()),
        ("result", |row| if row.passed { "passed" } else { "failed" }.to_owned()),
        ("k", |row| count(row.proof.k)),
        ("max error", |row| count(row.proof.max_error.map(|error| format!("{:.3} %", error * 100.0)))),
        ("seconds", |row| number(Some(row.seconds), 1)),
        ("operators or reason", |row| row.reason.as_ref().unwrap_or(&row.ops).replace('\n', " ")),
    ];
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = binary()?;
    let index = fs::read(options.folder.join("index.json")).ok();
    let index: Value = index.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let mut folders: Vec<PathBuf> = fs::read_dir(&options.folder)
        .with_context(|| format!("cannot list {}", options.folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("network.onnx").is_file())
        .collect();
    folders.sort();
    if folders.is_empty() {
        bail!("{} holds no folder with a network.onnx", options.folder.display());
    }
    let mut networks = vec![];
    for folder in &folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !(options.only.is_empty() || options.only.contains(&name)) {
            continue;
        }
        let start = Instant::now();
        let mut proof = Proof::default();
        let reason = network(&program, folder, &name, &mut proof).err().map(|error| format!("{error:#}"));
        let network = Network {
            ops: operators(&index, &name),
            name,
            passed: reason.is_none(),
            reason,
            proof,
            tolerance: TOLERANCE,
            seconds: start.elapsed().as_secs_f64(),
        };
        if options.json {
            println!("{}", serde_json::to_string(&network)?);
        } else {
            eprintln!("{}: {}", network.name, network.reason.as_deref().unwrap_or("passed"));
        }
        networks.push(network);
    }
    let passed = networks.iter().filter(|network| network.passed).count();
    let failed = networks.len() - passed;
    if options.json {
        println!("{}", json!({ "passed": passed, "failed": failed, "tolerance": TOLERANCE }));
    } else {
        print!("{}", table::render(&networks));
        println!("{passed} passed, {failed} failed; tolerance {} % of the output's range", TOLERANCE * 100.0);
    }
    Ok(())
}

/// The operators that an index lists for a network.
fn operators(index: &Value, name: &str) -> String {
    let entry = index.as_array().into_iter().flatten().find(|entry| entry["name"] == name);
    let ops = entry.and_then(|entry| entry["ops"].as_object());
    ops.into_iter().flatten().map(|(op, count)| format!("{op}×{count}")).collect::<Vec<_>>().join(" ")
}

/// Takes one network through all steps.
fn network(program: &Path, folder: &Path, name: &str, known: &mut Proof) -> Result<()> {
    let bytes = fs::read(folder.join("vectors.json")).context("no vectors.json")?;
    let vectors: Value = serde_json::from_slice(&bytes).context("vectors.json is no JSON")?;
    let (first, _) = values(&vectors, "inputs")?;
    let (expected, exact) = values(&vectors, "outputs")?;
    let range = expected.iter().fold([0.0f64; 2], |[low, high], y| [low.min(*y), high.max(*y)]);

    let work = root().join("target").join("peer-suite").join(name);
    fs::create_dir_all(&work)?;
    let [calibration, input, hush, proof] =
        ["rows.json", "input.json", "model.hush", "proof.json"].map(|f| work.join(f));
    fs::write(&calibration, json!({ "input_data": [first] }).to_string())?;
    fs::write(&input, json!({ "input_data": [first] }).to_string())?;
    let network = folder.join("network.onnx");
    let mut compile = command(program);
    compile.arg("compile").arg(&network).arg("--calibration").arg(&calibration).arg("-o").arg(&hush).args(MARGINS);
    let compiled = step("compile", &mut compile)?;
    let k = compiled["k"].as_u64().context("compile names no k")?;
    known.k = Some(k);
    if k > MAX_K {
        bail!("needs 2^{k} rows; at most 2^{} are proved here", MAX_K);
    }
    let srs = work.with_file_name(format!("{k}.srs"));
    if !srs.is_file() {
        step("srs", command(program).args(["srs", "new", "-k", &k.to_string(), "-o"]).arg(&srs))?;
    }
    let vk = hush.with_extension("vk");
    step("keys", command(program).arg("keys").arg(&hush).arg("--srs").arg(&srs).arg("-o").arg(&vk))?;
    step(
        "prove",
        command(program)
            .arg("prove")
            .arg(&hush)
            .arg("--input")
            .arg(&input)
            .arg("--srs")
            .arg(&srs)
            .arg("--no-context")
            .arg("-o")
            .arg(&proof),
    )?;
    let outputs = step("verify", command(program).arg("verify").arg(&vk).arg(&proof).arg("--no-context"))?;
    if outputs["verified"] != true {
        bail!("verify: the proof is not valid");
    }
    let proved = outputs["outputs"].as_object().into_iter().flatten().next();
    let proved: Vec<f64> =
        proved.and_then(|(_, values)| values.as_array()).into_iter().flatten().filter_map(Value::as_f64).collect();
    compare(&proved, &expected, &exact, range, known)
}

/// Compares proved outputs with the reference; those of integer type must be equal once rounded.
fn compare(proved: &[f64], expected: &[f64], exact: &[bool], [low, high]: [f64; 2], known: &mut Proof) -> Result<()> {
    if proved.len() != expected.len() {
        bail!("{} output values, the reference has {}", proved.len(), expected.len());
    }
    let range = if high > low { high - low } else { 1.0 };
    let error = proved.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / range;
    known.max_error = Some(error);
    let mut integers = proved.iter().zip(expected).zip(exact).filter(|(_, exact)| **exact);
    if let Some(((got, expected), _)) = integers.find(|((a, b), _)| a.round() != **b) {
        bail!("gives {got} where the reference has the integer {expected}");
    }
    let reals = proved.iter().zip(expected).zip(exact).filter(|(_, exact)| !**exact);
    let error = reals.map(|((a, b), _)| (a - b).abs()).fold(0.0, f64::max) / range;
    if error > TOLERANCE {
        bail!("error {:.3} % of the output's range", error * 100.0);
    }
    Ok(())
}

/// Runs a subcommand of the program with `--json` and returns what it prints.
fn step(what: &str, command: &mut Command) -> Result<Value> {
    let mut child = command
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {what}"))?;
    let [out, err] = [
        child.stdout.take().map(|s| Box::new(s) as Box<dyn Read + Send>),
        child.stderr.take().map(|s| Box::new(s) as Box<dyn Read + Send>),
    ]
    .map(|stream| std::thread::spawn(move || read(stream)));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
    let message = err.trim();
    match status {
        None => bail!("{what}: longer than {} s", LIMIT.as_secs()),
        Some(status) if status.success() => {
            let line = out.lines().last().unwrap_or_default();
            serde_json::from_str(line).with_context(|| format!("{what} prints no JSON"))
        }
        Some(status) if message.is_empty() => bail!("{what}: {status}"),
        Some(_) => bail!("{what}: {}", message.trim_start_matches("error: ")),
    }
}

fn read(stream: Option<Box<dyn Read + Send>>) -> String {
    let mut bytes = vec![];
    // What was read before an error still says something.
    let _ = stream.map(|mut stream| stream.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tensors<'a>(vector: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    let tensors = vector[key].as_array().filter(|tensors| !tensors.is_empty());
    tensors.with_context(|| format!("vectors.json has no {key}"))
}

/// The values of all tensors of a vector one after the other, and whether each is of an integer type.
fn values(vector: &Value, key: &str) -> Result<(Vec<f64>, Vec<bool>)> {
    let (mut all, mut exact) = (vec![], vec![]);
    for tensor in tensors(vector, key)? {
        let name = &tensor["name"];
        let data = tensor["data"].as_array().with_context(|| format!("tensor {name} of {key} has no data"))?;
        let integer = !tensor["dtype"].as_str().with_context(|| format!("{name} has no dtype"))?.starts_with("float");
        for value in data {
            let number = value.as_f64().or_else(|| value.as_bool().map(|b| f64::from(u8::from(b))));
            all.push(
                number.with_context(|| format!("tensor {name} of {key} holds {value}, which is no finite number"))?,
            );
            exact.push(integer);
        }
    }
    Ok((all, exact))
}

#[cfg(test)]
mod tests;
