//! `cargo xtask bench compile`: compiling a model natively and in headless Chromium, and whether both write the same bytes.

use crate::bench::positive;
use crate::measure::cell;
use crate::native::{binary, hushproof, models, parse};
use crate::process::{capture, command, root};
use crate::{build_web, system, table};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const HEADINGS: &[&str] =
    &["model", "where", "load s", "read s", "compile s", "keys s", "peak MiB", "k", "bytes", "same bytes"];

#[derive(Debug, PartialEq)]
struct Options {
    web: bool,
    json: bool,
    keys: bool,
    /// An ONNX file with its calibration rows; without it the demo models.
    model: Option<(PathBuf, PathBuf)>,
    runs: usize,
}

/// Compiles the demo models, or `--model X.onnx --calibration DATA`; with `--web` in Chromium, too, and with `--keys` their
/// development keys there.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = parse_arguments(arguments)?;
    if options.web {
        build_web::run(&[])?;
    }
    let program = binary()?;
    let subjects = match &options.model {
        Some(files) => vec![files.clone()],
        None => {
            let files = |model: &crate::native::Model| Ok((model.file("onnx")?, model.file("calibration")?));
            models()?.iter().map(files).collect::<Result<_>>()?
        }
    };
    let mut rows = Vec::new();
    for (onnx, calibration) in &subjects {
        let native = native(&program, onnx, calibration, options.runs)?;
        let digest = native["sha256"].clone();
        rows.push(native);
        if options.web {
            let mut row = chromium(onnx, calibration, &options)?;
            row["same_bytes"] = json!(row["sha256"] == digest);
            rows.push(row);
        }
    }
    if options.json {
        rows.iter().for_each(|row| println!("{row}"));
    } else {
        print!("{}", table::render(HEADINGS, &rows.iter().map(cells).collect::<Vec<_>>()));
    }
    if rows.iter().any(|row| row["same_bytes"] == json!(false)) {
        bail!("Chromium wrote other bytes than the native compiler");
    }
    Ok(())
}

fn native(program: &Path, onnx: &Path, calibration: &Path, runs: usize) -> Result<Value> {
    let hush = root().join("target/xtask/compiled.hush");
    let (mut seconds, mut last) = (Vec::new(), Value::Null);
    for _ in 0..runs {
        let mut compile = hushproof(program, "compile");
        compile.arg(onnx).arg("-o").arg(&hush).arg("--calibration").arg(calibration).arg("--json");
        last = parse(&capture(&mut compile)?)?;
        seconds.push(last["seconds"]["compile"].clone());
    }
    let bytes = std::fs::read(&hush).with_context(|| format!("cannot read {}", hush.display()))?;
    Ok(json!({
        "model": stem(onnx),
        "where": "native",
        "compile_seconds": seconds,
        "peak_memory_bytes": last["peak_rss_bytes"],
        "k": last["k"],
        "bytes": bytes.len(),
        "sha256": Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
    }))
}

fn chromium(onnx: &Path, calibration: &Path, options: &Options) -> Result<Value> {
    let mut node = command("node");
    node.arg("www/tests/compile-bench.mjs").arg("--onnx").arg(onnx).arg("--calibration").arg(calibration);
    node.args(["--runs", &options.runs.to_string()]);
    node.args(options.keys.then_some("--keys"));
    node.env("CHROMIUM_BIN", system::require(&system::CHROMIUM)?);
    let mut row = parse(&capture(&mut node)?)?;
    row["model"] = json!(stem(onnx));
    Ok(row)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn cells(row: &Value) -> Vec<String> {
    let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
    let middle = |name: &str| {
        let mut seconds: Vec<f64> = row[name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        seconds.sort_by(f64::total_cmp);
        cell(&json!(seconds.get(seconds.len() / 2)), 1.0, 2)
    };
    vec![
        text("model"),
        text("where"),
        middle("load_seconds"),
        middle("read_seconds"),
        middle("compile_seconds"),
        middle("keys_seconds"),
        cell(&row["peak_memory_bytes"], 1.0 / f64::from(1 << 20), 0),
        cell(&row["k"], 1.0, 0),
        cell(&row["bytes"], 1.0, 0),
        row["same_bytes"].as_bool().map_or("-", |same| if same { "yes" } else { "no" }).to_owned(),
    ]
}

fn parse_arguments(arguments: &[String]) -> Result<Options> {
    let mut options = Options { web: false, json: false, keys: false, model: None, runs: 3 };
    let (mut model, mut calibration) = (None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--web" => options.web = true,
            "--json" => options.json = true,
            "--keys" => options.keys = true,
            "--model" => model = Some(std::path::absolute(value()?)?),
            "--calibration" => calibration = Some(std::path::absolute(value()?)?),
            "--runs" => options.runs = positive(value()?)?,
            _ => bail!("unexpected argument {argument}"),
        }
    }
    options.model = match (model, calibration) {
        (Some(model), Some(calibration)) => Some((model, calibration)),
        (None, None) => None,
        _ => bail!("--model X.onnx and --calibration DATA go together"),
    };
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::{Options, parse_arguments};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let model = Some(("/a.onnx".into(), "/b.npy".into()));
        let expected = Options { web: true, json: false, keys: true, model, runs: 1 };
        let line = "--web --keys --model /a.onnx --calibration /b.npy --runs 1";
        assert_eq!(parse_arguments(&words(line)).ok(), Some(expected));
        for wrong in ["--model a.onnx", "--calibration b", "--runs 0", "--what"] {
            assert!(parse_arguments(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
