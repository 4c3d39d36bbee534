//! `cargo xtask bench`: proving times, medians over several runs, optionally beside EZKL's.

use crate::measure::{Plan, cell, chromium, median, native as prove_natively, record};
use crate::native::{artifacts, binary, models};
use crate::{bench_ezkl, build_web, table};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::PathBuf;

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
    runs: usize,
    threads: usize,
}

/// Measures the demo models, or the one that `--model ID` names, on `--input FILE` or the bundled record.
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
    for model in models()?.iter().filter(|model| options.model.as_ref().is_none_or(|id| *id == model.id)) {
        let input = options.input.clone().map_or_else(|| record(model), Ok)?;
        rows.push(prove_natively(&program, model, &input, &plan)?);
        if options.web {
            rows.push(chromium(&program, model, &plan)?);
        }
        if options.vs_ezkl {
            rows.extend(bench_ezkl::rows(&model.file("onnx")?, &input, plan.threads, plan.runs, options.web)?);
        }
    }
    if rows.is_empty() {
        bail!("models/manifest.json has no model {}", options.model.unwrap_or_default());
    }
    if options.json {
        rows.iter().for_each(|row| println!("{row}"));
    } else {
        print!("{}", table::render(HEADINGS, &rows.iter().map(cells).collect::<Vec<_>>()));
    }
    Ok(())
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
    let mut options =
        Options { web: false, vs_ezkl: false, json: false, model: None, input: None, runs: 5, threads: 2 };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--web" => options.web = true,
            "--vs-ezkl" => options.vs_ezkl = true,
            "--json" => options.json = true,
            "--model" => options.model = Some(value()?.clone()),
            "--input" => options.input = Some(std::path::absolute(value()?)?),
            "--runs" => options.runs = positive(value()?)?,
            "--threads" => options.threads = positive(value()?)?,
            _ => bail!("unexpected argument {argument}"),
        }
    }
    if options.input.is_some() && options.web {
        bail!("--input is for native runs: the page proves its own example");
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
            runs: 9,
            threads: 1,
        };
        assert_eq!(parse(&words("--web --vs-ezkl --model a --runs 9 --threads 1")).ok(), Some(expected));
        for wrong in ["--runs", "--runs 0", "--what", "--web --input a.json"] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
