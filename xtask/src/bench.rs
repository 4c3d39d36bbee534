//! `cargo xtask bench`: proving times, medians over several runs, optionally beside EZKL's.

use crate::measure::{Given, Plan, Subject, cell, chromium, median, native as prove_natively, record};
use crate::native::{artifacts, binary, models};
use crate::{bench_compile, bench_ezkl, bench_prover, build_web, table};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const HEADINGS: &[&str] = &[
    "system",
    "model",
    "where",
    "threads",
    "k",
    "columns",
    "assigned",
    "allocated",
    "prove s",
    "first visit s",
    "repeat visit s",
    "predicted s",
    "verify ms",
    "proof bytes",
    "peak MiB",
    "download bytes",
    "same class",
    "max error",
];

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    web: bool,
    vs_ezkl: bool,
    json: bool,
    model: Option<String>,
    input: Option<PathBuf>,
    /// Row of the input, where it is a data set.
    row: usize,
    calibration: Option<PathBuf>,
    /// Rows on which the integers are compared with the floats.
    data: Option<PathBuf>,
    /// Which of them.
    data_rows: Option<String>,
    runs: usize,
    threads: usize,
    /// Options for the compiler, after `--`.
    compile: Vec<String>,
}

/// Measures the demo models, or what `--model` names: one of them, or any `.onnx` or `.hush` file on `--input FILE`, which
/// is an input or a data set with `--row N`. Visits are from opening the page to the first proof, in a browser that knows
/// nothing of the site and in one that was there before. Options after `--` are those of `hushproof compile`. Columns are advice and
/// fixed ones; assigned and allocated are advice cells per activation.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if let Some(("prover", rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return bench_prover::run(rest);
    }
    if let Some(("compile", rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return bench_compile::run(rest);
    }
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
        let given = Given {
            model: path,
            input,
            row: options.row,
            calibration: options.calibration.as_deref(),
            compile: &options.compile,
        };
        let data = options.data.clone().map(|data| (data, options.data_rows.clone()));
        return Ok(vec![Subject { data, ..Subject::prepared(program, &given)? }]);
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
        .map(|model| Subject::bundled(program, model, options.input.clone().map_or_else(|| record(model), Ok)?))
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
    let columns = match (row["advice_columns"].as_u64(), row["fixed_columns"].as_u64()) {
        (Some(advice), Some(fixed)) => format!("{advice}+{fixed}"),
        _ => "-".to_owned(),
    };
    let same_class = match (row["accuracy"]["agreeing"].as_u64(), row["accuracy"]["rows"].as_u64()) {
        (Some(agreeing), Some(rows)) => format!("{agreeing}/{rows}"),
        _ => "-".to_owned(),
    };
    vec![
        text("system"),
        text("model"),
        text("where"),
        cell(&row["threads"], 1.0, 0),
        cell(&row["k"], 1.0, 0),
        columns,
        cell(&row["advice_cells"]["assigned_per_activation"], 1.0, 2),
        cell(&row["advice_cells"]["allocated_per_activation"], 1.0, 2),
        prove,
        cell(&row["first_visit"]["proof_seconds"], 1.0, 3),
        cell(&row["repeat_visit"]["proof_seconds"], 1.0, 3),
        cell(&row["predicted_seconds"], 1.0, 3),
        cell(&row["verify_seconds"], 1000.0, 1),
        cell(&row["proof_bytes"], 1.0, 0),
        cell(&row["peak_memory_bytes"], 1.0 / f64::from(1 << 20), 0),
        cell(&row["download_bytes"], 1.0, 0),
        same_class,
        cell(&row["accuracy"]["max_abs_error"], 1.0, 4),
    ]
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        web: false,
        vs_ezkl: false,
        json: false,
        model: None,
        input: None,
        row: 0,
        calibration: None,
        data: None,
        data_rows: None,
        runs: 5,
        threads: 2,
        compile: Vec::new(),
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
            "--row" => options.row = value()?.parse().context("--row takes a number")?,
            "--data" => options.data = Some(std::path::absolute(value()?)?),
            "--data-rows" => options.data_rows = Some(value()?.clone()),
            "--" => options.compile = rest.by_ref().cloned().collect(),
            "--runs" => options.runs = positive(value()?)?,
            "--threads" => options.threads = positive(value()?)?,
            _ => bail!("unexpected argument {argument}"),
        }
    }
    Ok(options)
}

pub(crate) fn positive(text: &str) -> Result<usize> {
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
            row: 3,
            calibration: None,
            data: None,
            data_rows: Some("0..9".to_owned()),
            runs: 9,
            threads: 1,
            compile: words("--bits 11"),
        };
        let line = "--web --vs-ezkl --model a --row 3 --data-rows 0..9 --runs 9 --threads 1 -- --bits 11";
        assert_eq!(parse(&words(line)).ok(), Some(expected));
        for wrong in ["--runs", "--runs 0", "--what", "--row x"] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
