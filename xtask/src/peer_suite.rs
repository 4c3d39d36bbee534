//! Networks of another project's examples: each imported, compiled, proved, verified and compared with its float
//! reference.
//!
//! A network is a folder that holds `network.onnx` and `vectors.json`: `{"inputs": […], "outputs": […], …}`, a tensor being
//! `{"name", "dtype", "shape", "data"}` with flat data. The vector is proved, and calibrates, as there is nothing else that is
//! typical. An `index.json` beside the folders, where there is one, names the operators.

use crate::{
    native::binary,
    process::{command, root},
    table,
};
use anyhow::{Context, Result, bail};
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
/// Seconds that one step of one network may take.
const LIMIT: u64 = 900;

/// The input that calibrates is the one that is proved, so that little margin is needed.
const MARGINS: [&str; 4] = ["--margin", "2", "--input-margin", "2"];

/// What the command line asks for.
struct Plan {
    folder: PathBuf,
    json: bool,
    only: Vec<String>,
    tolerance: f64,
    max_k: u64,
    limit: Duration,
    program: Option<PathBuf>,
}

/// What became of a network.
#[derive(Default)]
struct Outcome {
    k: Option<u64>,
    /// Largest error as a share of the range.
    error: Option<f64>,
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let plan = Plan::parse(arguments)?;
    let program = match &plan.program {
        Some(program) => program.clone(),
        None => binary()?,
    };
    let index = fs::read(plan.folder.join("index.json")).ok();
    let index: Value = index.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let mut folders: Vec<PathBuf> = fs::read_dir(&plan.folder)
        .with_context(|| format!("cannot list {}", plan.folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("network.onnx").is_file())
        .collect();
    folders.sort();
    if folders.is_empty() {
        bail!("{} holds no folder with a network.onnx", plan.folder.display());
    }
    let (mut rows, mut passed) = (vec![], 0usize);
    for folder in &folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !(plan.only.is_empty() || plan.only.contains(&name)) {
            continue;
        }
        let start = Instant::now();
        let mut outcome = Outcome::default();
        let result = plan.network(&program, folder, &name, &mut outcome);
        let seconds = start.elapsed().as_secs_f64();
        let ops = operators(&index, &name);
        passed += usize::from(result.is_ok());
        let reason = result.err().map(|error| format!("{error:#}"));
        if plan.json {
            let object = json!({
                "name": name,
                "ops": ops,
                "passed": reason.is_none(),
                "reason": reason,
                "k": outcome.k,
                "max_error": outcome.error,
                "tolerance": plan.tolerance,
                "seconds": seconds,
            });
            println!("{object}");
        } else {
            eprintln!("{name}: {}", reason.as_deref().unwrap_or("passed"));
        }
        let result = if reason.is_none() { "passed" } else { "failed" };
        let error = outcome.error.map_or(String::new(), |error| format!("{:.3} %", error * 100.0));
        let k = outcome.k.map_or(String::new(), |k| k.to_string());
        let last = reason.unwrap_or(ops).replace('\n', " ");
        rows.push(vec![name, result.into(), k, error, format!("{seconds:.1}"), last]);
    }
    let failed = rows.len() - passed;
    if plan.json {
        println!("{}", json!({ "passed": passed, "failed": failed, "tolerance": plan.tolerance }));
    } else {
        print!("{}", table::render(&["network", "result", "k", "max error", "seconds", "operators or reason"], &rows));
        println!("{passed} passed, {failed} failed; tolerance {} % of the output's range", plan.tolerance * 100.0);
    }
    Ok(())
}

/// The operators that an index lists for a network.
fn operators(index: &Value, name: &str) -> String {
    let entry = index.as_array().into_iter().flatten().find(|entry| entry["name"] == name);
    let ops = entry.and_then(|entry| entry["ops"].as_object());
    ops.into_iter().flatten().map(|(op, count)| format!("{op}×{count}")).collect::<Vec<_>>().join(" ")
}

impl Plan {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut plan = Self {
            folder: PathBuf::new(),
            json: false,
            only: vec![],
            tolerance: TOLERANCE,
            max_k: MAX_K,
            limit: Duration::from_secs(LIMIT),
            program: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--json" => plan.json = true,
                "--program" => plan.program = Some(std::env::current_dir()?.join(value()?)),
                "--only" => plan.only.push(value()?.clone()),
                "--tolerance" => plan.tolerance = value()?.parse().context("--tolerance takes a number")?,
                "--max-k" => plan.max_k = value()?.parse().context("--max-k takes a number")?,
                "--limit" => plan.limit = Duration::from_secs(value()?.parse().context("--limit takes seconds")?),
                _ if argument.starts_with('-') || !plan.folder.as_os_str().is_empty() => {
                    bail!(
                        "unexpected argument {argument}; cargo xtask peer-suite DIR [--json] [--only NAME]… \
                         [--tolerance SHARE] [--max-k K] [--limit SECONDS] [--program FILE]"
                    )
                }
                _ => plan.folder = std::env::current_dir()?.join(argument),
            }
        }
        if plan.folder.as_os_str().is_empty() {
            bail!("name the folder that holds the networks");
        }
        Ok(plan)
    }

    /// Takes one network through all steps.
    fn network(&self, program: &Path, folder: &Path, name: &str, outcome: &mut Outcome) -> Result<()> {
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
        let compiled = self.step("compile", &mut compile)?;
        let k = compiled["k"].as_u64().context("compile names no k")?;
        outcome.k = Some(k);
        if k > self.max_k {
            bail!("needs 2^{k} rows; at most 2^{} are proved here", self.max_k);
        }
        let srs = work.with_file_name(format!("{k}.srs"));
        if !srs.is_file() {
            self.step("srs", command(program).args(["srs", "new", "-k", &k.to_string(), "-o"]).arg(&srs))?;
        }
        let vk = hush.with_extension("vk");
        self.step("keys", command(program).arg("keys").arg(&hush).arg("--srs").arg(&srs).arg("-o").arg(&vk))?;
        self.step(
            "prove",
            command(program)
                .arg("prove")
                .arg(&hush)
                .arg("--input")
                .arg(&input)
                .arg("--srs")
                .arg(&srs)
                .arg("-o")
                .arg(&proof),
        )?;
        let outputs = self.step("verify", command(program).arg("verify").arg(&vk).arg(&proof))?;
        if outputs["verified"] != true {
            bail!("verify: the proof is not valid");
        }
        let proved = outputs["outputs"].as_object().into_iter().flatten().next();
        let proved: Vec<f64> =
            proved.and_then(|(_, values)| values.as_array()).into_iter().flatten().filter_map(Value::as_f64).collect();
        self.compare(&proved, &expected, &exact, range, outcome)
    }

    /// Compares proved outputs with the reference; those of integer type must be equal once rounded.
    fn compare(
        &self,
        proved: &[f64],
        expected: &[f64],
        exact: &[bool],
        [low, high]: [f64; 2],
        outcome: &mut Outcome,
    ) -> Result<()> {
        if proved.len() != expected.len() {
            bail!("{} output values, the reference has {}", proved.len(), expected.len());
        }
        let range = if high > low { high - low } else { 1.0 };
        let error = proved.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / range;
        outcome.error = Some(error);
        let mut integers = proved.iter().zip(expected).zip(exact).filter(|(_, exact)| **exact);
        if let Some(((got, expected), _)) = integers.find(|((a, b), _)| a.round() != **b) {
            bail!("gives {got} where the reference has the integer {expected}");
        }
        let reals = proved.iter().zip(expected).zip(exact).filter(|(_, exact)| !**exact);
        let error = reals.map(|((a, b), _)| (a - b).abs()).fold(0.0, f64::max) / range;
        if error > self.tolerance {
            bail!("error {:.3} % of the output's range", error * 100.0);
        }
        Ok(())
    }

    /// Runs a subcommand of the program with `--json` and returns what it prints.
    fn step(&self, what: &str, command: &mut Command) -> Result<Value> {
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
            if start.elapsed() > self.limit {
                child.kill()?;
                child.wait()?;
                break None;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
        let message = err.trim();
        match status {
            None => bail!("{what}: longer than {} s", self.limit.as_secs()),
            Some(status) if status.success() => {
                let line = out.lines().last().unwrap_or_default();
                serde_json::from_str(line).with_context(|| format!("{what} prints no JSON"))
            }
            Some(status) if message.is_empty() => bail!("{what}: {status}"),
            Some(_) => bail!("{what}: {}", message.trim_start_matches("error: ")),
        }
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
mod tests {
    use super::*;

    #[test]
    fn outputs_are_compared_by_their_kind() {
        let plan = Plan::parse(&["nets".to_owned()]).unwrap();
        let compare = |proved: &[f64], expected: &[f64], exact: bool| {
            plan.compare(proved, expected, &vec![exact; expected.len()], [0.0, 1.0], &mut Outcome::default())
        };
        assert!(compare(&[0.995, 0.0], &[1.0, 0.0], false).is_ok());
        assert!(compare(&[0.98, 0.0], &[1.0, 0.0], false).is_err());
        assert!(compare(&[2.4], &[2.0], true).is_ok());
        assert!(compare(&[2.6], &[2.0], true).is_err());
        assert!(compare(&[2.0, 2.0], &[2.0], true).is_err());
    }

    #[test]
    fn vectors_are_read_or_refused_with_a_reason() {
        let vector = json!({ "inputs": [
            { "name": "a", "dtype": "int64", "shape": [1, 2], "data": [1, 2] },
            { "name": "b", "dtype": "float32", "shape": [1], "data": [0.5] },
        ], "outputs": [{ "name": "y", "dtype": "float32", "shape": [1], "data": ["NaN"] }] });
        assert_eq!(values(&vector, "inputs").unwrap(), (vec![1.0, 2.0, 0.5], vec![true, true, false]));
        assert!(values(&vector, "outputs").unwrap_err().to_string().contains("NaN"));
        assert!(values(&vector, "extra").is_err());
    }
}
