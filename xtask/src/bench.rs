//! `cargo xtask bench`: proving times, medians over several runs, optionally beside EZKL's.

use crate::measure::{Plan, Subject, cell, chromium, median, native as prove_natively, record};
use crate::native::{artifacts, binary, models};
use crate::{bench_ezkl, build_web, table};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const HEADINGS: &[&str] =
    &["system", "model", "where", "threads", "k", "prove s", "verify ms", "proof bytes", "peak MiB", "download bytes"];

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    web: bool,
    vs_ezkl: bool,
    json: bool,
    model: Option<String>,
    input: Option<PathBuf>,
    calibration: Option<PathBuf>,
    runs: usize,
    threads: usize,
}

/// Measures the demo models, or what `--model` names: one of them, or any `.onnx` or `.hush` file on `--input FILE`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    if options.web {
        build_web::run(&[])?
    } else {
        artifacts()?
    }
    let program = binary()?;
    let plan = Plan { runs: options.runs, threads: options.threads };
    let mut rows = Vec::new();
    for subject in subjects(&options, &program)? {
        rows.push(prove_natively(&program, &subject, &plan)?);
        if options.web {
            rows.push(chromium(&program, &subject, &plan)?);
        }
        if options.vs_ezkl {
            let onnx = subject.onnx.as_ref().context("--vs-ezkl needs an ONNX model")?;
            rows.extend(bench_ezkl::rows(onnx, &subject.input, plan.threads, plan.runs, options.web)?);
        }
    }
    let ratios = ratios(&rows);
    if options.json {
        rows.iter().chain(&ratios).for_each(|row| println!("{row}"));
    } else {
        print!("{}", table::render(HEADINGS, &rows.iter().map(cells).collect::<Vec<_>>()));
        for ratio in ratios {
            let (system, model, place) = (&ratio["system"], &ratio["model"], &ratio["where"]);
            println!("{system} / hushproof, {model}, {place}: {}", cell(&ratio["ratio"], 1.0, 1));
        }
    }
    Ok(())
}

/// What to measure: files, or demo models by name.
fn subjects(options: &Options, program: &Path) -> Result<Vec<Subject>> {
    let named = options.model.as_deref().map(Path::new);
    if let Some(path) = named.filter(|path| path.extension().is_some()) {
        let input = options.input.as_ref().context("--model FILE needs --input FILE")?;
        return Ok(vec![Subject::prepared(program, path, input, options.calibration.as_deref())?]);
    }
    let chosen: Vec<_> =
        models()?.into_iter().filter(|model| named.is_none_or(|id| id == Path::new(&model.id))).collect();
    if chosen.is_empty() {
        bail!(
            "models/manifest.json has no model {}; name a file as X.onnx or X.hush",
            named.unwrap_or(Path::new("")).display()
        );
    }
    chosen
        .iter()
        .map(|model| Subject::bundled(model, options.input.clone().map_or_else(|| record(model), Ok)?))
        .collect()
}

/// How many times as long as ours each other system's median takes, per model and place.
fn ratios(rows: &[Value]) -> Vec<Value> {
    let others = rows.iter().filter(|row| row["system"] != "hushproof");
    let ratio = |other: &Value| {
        let same = |row: &&Value| {
            row["system"] == "hushproof" && row["model"] == other["model"] && row["where"] == other["where"]
        };
        let ours = median(rows.iter().find(same)?)?;
        let (system, model, place) = (&other["system"], &other["model"], &other["where"]);
        Some(json!({ "system": system, "model": model, "where": place, "ratio": median(other)? / ours }))
    };
    others.filter_map(ratio).collect()
}

fn cells(row: &Value) -> Vec<String> {
    let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
    let prove = if row["error"].is_null() { cell(&json!(median(row)), 1.0, 3) } else { "fails".to_owned() };
    vec![
        text("system"),
        text("model"),
        text("where"),
        cell(&row["threads"], 1.0, 0),
        cell(&row["k"], 1.0, 0),
        prove,
        cell(&row["verify_seconds"], 1000.0, 1),
        cell(&row["proof_bytes"], 1.0, 0),
        cell(&row["peak_memory_bytes"], 1.0 / f64::from(1 << 20), 0),
        cell(&row["download_bytes"], 1.0, 0),
    ]
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        web: false,
        vs_ezkl: false,
        json: false,
        model: None,
        input: None,
        calibration: None,
        runs: 5,
        threads: 2,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--web" => options.web = true,
            "--vs-ezkl" => options.vs_ezkl = true,
            "--json" => options.json = true,
            "--model" => options.model = Some(value()?.clone()),
            "--calibration" => options.calibration = Some(std::path::absolute(value()?)?),
            "--input" => options.input = Some(std::path::absolute(value()?)?),
            "--runs" => options.runs = positive(value()?)?,
            "--threads" => options.threads = positive(value()?)?,
            _ => bail!("unexpected argument {argument}"),
        }
    }
    Ok(options)
}

fn positive(text: &str) -> Result<usize> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("expected a positive number, not {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, parse};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let expected = Options {
            web: true,
            vs_ezkl: true,
            json: false,
            model: Some("a".to_owned()),
            input: None,
            calibration: None,
            runs: 9,
            threads: 1,
        };
        assert_eq!(parse(&words("--web --vs-ezkl --model a --runs 9 --threads 1")).ok(), Some(expected));
        for wrong in ["--runs", "--runs 0", "--what"] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
