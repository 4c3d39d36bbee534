//! `cargo xtask bench`: proving times, medians over several runs, optionally beside EZKL's.

mod compile;
mod ezkl;
mod prover;

use crate::build_web::{self, site};
use crate::measure::{Given, Measured, OURS, Plan, Subject, chromium, native as prove_natively, record};
use crate::native::{artifacts, binary, models};
use crate::process::absolute;
use crate::table::{Column, Row, number, print};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Measure proving the demo models, or what --model names.
///
/// Visits are from opening the page to the first proof, in a browser that knows nothing of the site and in one that was
/// there before. Columns are advice and fixed ones; assigned and allocated are advice cells per activation.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    proving: Proving,
}

#[derive(clap::Subcommand)]
enum What {
    Prover(prover::Options),
    Compile(compile::Options),
}

#[derive(clap::Args)]
struct Proving {
    /// In headless Chromium, too.
    #[arg(long)]
    web: bool,
    /// EZKL on the same models and inputs, too.
    #[arg(long)]
    vs_ezkl: bool,
    /// A JSON object for each row.
    #[arg(long)]
    json: bool,
    /// A demo model, or an .onnx or .hush file.
    #[arg(long, value_name = "ID|FILE")]
    model: Option<String>,
    /// An input, or a data set with --row.
    #[arg(long, value_name = "FILE", value_parser = absolute)]
    input: Option<PathBuf>,
    /// The row of the data set that is the input.
    #[arg(long, value_name = "N", default_value_t = 0)]
    row: usize,
    /// Rows of typical inputs; by default those of --input.
    #[arg(long, value_name = "FILE", value_parser = absolute)]
    calibration: Option<PathBuf>,
    /// Rows on which the integers are compared with the floats.
    #[arg(long, value_name = "FILE", value_parser = absolute)]
    data: Option<PathBuf>,
    /// Which of them.
    #[arg(long, value_name = "A..B", requires = "data")]
    data_rows: Option<String>,
    #[command(flatten)]
    effort: Effort,
    /// Options of `hushproof compile`.
    #[arg(last = true, value_name = "OPTION")]
    compile: Vec<String>,
}

/// How much is measured, on what.
#[derive(clap::Args)]
struct Effort {
    /// Counted runs.
    #[arg(long, value_name = "N", default_value = "5", value_parser = positive)]
    runs: usize,
    /// Worker threads.
    #[arg(long, value_name = "N", default_value = "2", value_parser = positive)]
    threads: usize,
}

/// How many times as long as ours another system takes.
#[derive(Serialize)]
struct Ratio {
    system: String,
    model: String,
    #[serde(rename = "where")]
    place: String,
    ratio: f64,
}

impl Row for Ratio {
    const COLUMNS: &'static [Column<Self>] = &[
        ("system", |row| row.system.clone()),
        ("model", |row| row.model.clone()),
        ("where", |row| row.place.clone()),
        ("times hushproof", |row| number(Some(row.ratio), 1)),
    ];
}

pub(crate) fn run(options: Options) -> Result<()> {
    match options.what {
        None => options.proving.run(),
        Some(What::Prover(options)) => prover::run(&options),
        Some(What::Compile(options)) => compile::run(&options),
    }
}

impl Proving {
    fn run(&self) -> Result<()> {
        if self.web {
            build_web::everything()?;
        } else {
            artifacts()?;
        }
        let program = binary()?;
        let plan = Plan { runs: self.effort.runs, threads: self.effort.threads };
        let mut rows = Vec::new();
        for subject in self.subjects(&program)? {
            rows.push(prove_natively(&program, &subject, &plan)?);
            if self.web {
                rows.push(chromium(&program, &site(), &subject, &plan)?);
            }
            if self.vs_ezkl {
                let onnx = subject.onnx.as_ref().context("--vs-ezkl needs an ONNX model")?;
                rows.extend(ezkl::rows(onnx, &subject.input, plan.threads, plan.runs, self.web)?);
            }
        }
        print(&rows, self.json)?;
        let ratios = ratios(&rows);
        if ratios.is_empty() { Ok(()) } else { print(&ratios, self.json) }
    }

    /// What to measure: files, or demo models by name.
    fn subjects(&self, program: &Path) -> Result<Vec<Subject>> {
        let named = self.model.as_deref().map(Path::new);
        if let Some(path) = named.filter(|path| path.extension().is_some()) {
            let given = Given {
                model: path,
                input: self.input.as_ref().context("--model FILE needs --input FILE")?,
                row: self.row,
                calibration: self.calibration.as_deref(),
                compile: &self.compile,
            };
            let data = self.data.clone().map(|data| (data, self.data_rows.clone()));
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
            .map(|model| Subject::bundled(program, model, self.input.clone().map_or_else(|| record(model), Ok)?))
            .collect()
    }
}

/// How the medians of the other systems compare with ours, per model and place.
fn ratios(rows: &[Measured]) -> Vec<Ratio> {
    let others = rows.iter().filter(|row| row.system != OURS);
    let ratio = |other: &Measured| {
        let same = |row: &&Measured| row.system == OURS && row.model == other.model && row.place == other.place;
        let ours = rows.iter().find(same)?.median()?;
        let Measured { system, model, place, .. } = other.clone();
        Some(Ratio { system, model, place, ratio: other.median()? / ours })
    };
    others.filter_map(ratio).collect()
}

fn positive(text: &str) -> Result<usize> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("expected a positive number"),
    }
}
