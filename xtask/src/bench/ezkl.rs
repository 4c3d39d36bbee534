//! The rival's side of `cargo xtask bench --vs-ezkl`: EZKL 21.0.0 proving the same model and input, natively and in
//! headless Chromium. The scripts are in `xtask/bench/ezkl`; what they install, and the keys they make, stay outside
//! the tree in [`cache`].

use crate::measure::{Measured, NATIVE};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// EZKL with its default settings, and with the ones `native.py` lists as tuned.
const SYSTEMS: [&str; 2] = ["ezkl-default", "ezkl-tuned"];

/// Measures EZKL on an ONNX `model` with the `input` of an INPUT.json: one row per system natively, and one in Chromium
/// if `web`. The first call installs EZKL and a call with a new model or input makes keys; both take minutes.
///
/// A row's times are from input to proof, the first run cold; the verification's is a median. Memory is the resident
/// set of the native process, or WebAssembly memory; the download is what the page fetched to prove and verify. EZKL
/// does not tell its columns. Where it fails, the row has an error and no times.
///
/// # Errors
/// If EZKL cannot be installed, or a file cannot be read or written.
pub(crate) fn rows(model: &Path, input: &Path, threads: usize, runs: usize, web: bool) -> Result<Vec<Measured>> {
    let model = model.canonicalize().with_context(|| format!("cannot read {}", model.display()))?;
    let input = input.canonicalize().with_context(|| format!("cannot read {}", input.display()))?;
    let stem = model.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let install = Install::new(web)?;
    let mut rows = Vec::new();
    for system in SYSTEMS {
        let header = |place: &str| json!({"system": system, "model": stem, "where": place, "threads": threads});
        let (dir, prepared) = match install.prepare(system, &model, &input) {
            Ok(prepared) => prepared,
            Err(error) => {
                rows.push(row([header(NATIVE), failure(&error)])?);
                continue;
            }
        };
        let native = install.prove(&dir, threads, runs).unwrap_or_else(|error| failure(&error));
        rows.push(row([header(NATIVE), prepared.clone(), native])?);
        if web {
            let chromium = install.prove_in_chromium(&dir, threads, runs).unwrap_or_else(|error| failure(&error));
            rows.push(row([header("chromium"), prepared, chromium])?);
        }
    }
    Ok(rows)
}

/// Where EZKL, its keys and its SRS are kept: `HUSHPROOF_BENCH_DIR`, else `hushproof-bench` in the user's cache folder.
fn cache() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("HUSHPROOF_BENCH_DIR")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("hushproof-bench")))
        .or_else(|| set("HOME").map(|dir| dir.join(".cache/hushproof-bench")))
        .context("set HUSHPROOF_BENCH_DIR to a folder for EZKL and its keys")
}

struct Install {
    cache: PathBuf,
    scripts: PathBuf,
}

impl Install {
    fn new(web: bool) -> Result<Self> {
        let cache = cache()?;
        fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
        let cache = cache.canonicalize()?;
        let this = Self { cache, scripts: Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/ezkl") };
        this.install_once("requirements.txt", &this.cache.join("venv"), |venv, requirements| {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
            run(Command::new(venv.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
                .arg(requirements))
        })?;
        if web {
            this.install_once("package-lock.json", &this.cache.join("node"), |node, lock| {
                fs::create_dir_all(node)?;
                fs::copy(lock, node.join("package-lock.json"))?;
                fs::copy(lock.with_file_name("package.json"), node.join("package.json"))?;
                run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(node))?;
                let engine = node.join("node_modules/@ezkljs/engine");
                run(Command::new("node").arg(lock.with_file_name("patch.mjs")).arg(engine))
            })?;
        }
        Ok(this)
    }

    /// Runs `install` unless `dir` holds a complete installation of exactly the versions that `list` pins.
    fn install_once(&self, list: &str, dir: &Path, install: impl Fn(&Path, &Path) -> Result<()>) -> Result<()> {
        let wanted = self.scripts.join(list);
        let done = dir.join(".installed");
        if fs::read(&done).is_ok_and(|installed| fs::read(&wanted).is_ok_and(|wanted| wanted == installed)) {
            return Ok(());
        }
        eprintln!("installing {} in {}", wanted.display(), dir.display());
        install(dir, &wanted)?;
        fs::copy(&wanted, &done).with_context(|| format!("cannot write {}", done.display()))?;
        Ok(())
    }

    fn native(&self) -> Command {
        let mut command = Command::new(self.cache.join("venv/bin/python"));
        command.arg(self.scripts.join("native.py"));
        command
    }

    /// Makes the keys, unless they are there already; returns their folder, and what is known of them.
    fn prepare(&self, system: &str, model: &Path, input: &Path) -> Result<(String, Value)> {
        eprintln!("{system}: keys for {}", model.display());
        let mut command = self.native();
        command.args(["prepare", "--system", system]);
        command.arg("--model").arg(model).arg("--input").arg(input).arg("--cache").arg(&self.cache);
        let prepared = output(&mut command)?;
        let dir = prepared["prepared"].as_str().context("native.py named no folder")?;
        Ok((dir.to_owned(), prepared["circuit"].clone()))
    }

    fn prove(&self, prepared: &str, threads: usize, runs: usize) -> Result<Value> {
        let mut command = self.native();
        command.args(["prove", "--prepared", prepared, "--runs", &runs.to_string()]);
        output(command.env("RAYON_NUM_THREADS", threads.to_string()))
    }

    fn prove_in_chromium(&self, prepared: &str, threads: usize, runs: usize) -> Result<Value> {
        let mut command = Command::new("node");
        command.arg(self.scripts.join("browser.mjs")).arg("--install").arg(self.cache.join("node"));
        command.args(["--prepared", prepared, "--threads", &threads.to_string(), "--runs", &runs.to_string()]);
        output(&mut command)
    }
}

/// What the union of some JSON objects says; a later one overrides an earlier one.
fn row<const N: usize>(parts: [Value; N]) -> Result<Measured> {
    let objects = parts.into_iter().filter_map(|part| if let Value::Object(map) = part { Some(map) } else { None });
    let row = Value::Object(objects.flatten().collect::<Map<_, _>>());
    serde_json::from_value(row).context("EZKL's script told something else than what is measured")
}

fn failure(error: &anyhow::Error) -> Value {
    eprintln!("EZKL failed: {error:#}");
    json!({"error": format!("{error:#}"), "prove_seconds": []})
}

/// Runs a command whose output is only for the reader, on stderr.
fn run(command: &mut Command) -> Result<()> {
    let status = command.stdout(std::io::stderr()).status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// Runs a command that prints one JSON object on stdout.
fn output(command: &mut Command) -> Result<Value> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}", output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{command:?} printed no JSON"))
}
