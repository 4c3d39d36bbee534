//! `hushproof compile`

use std::{path::PathBuf, time::Instant};

use clap::ValueEnum;
use hushproof::{
    Error,
    compile::{self, INPUT_RANGE, Options, Prefer, Reduction, Target},
    data::{self, Selection},
    onnx::{Dims, ReadOptions},
    prove,
};
use serde_json::json;

use crate::{
    commands::Reported,
    files::{self, Beside, Plan, Secrecy},
    output::{self, Channel, Progress},
    speed,
};

/// Compile an ONNX model to a quantized model (.hush), with a report and, given an SRS, its verifying key.
///
/// The cheapest bit widths are taken that meet --target on the rows. Where none does, or a row is refused, the errors
/// are told, nothing is written, and the exit status is 1; --accept-error writes the best model all the same.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ONNX model; weights that it keeps in other files are read from its folder
    model: PathBuf,
    /// Where to write the compiled model, which only its owner may read if weights are private; `-` is standard output
    #[arg(short, value_name = "MODEL.hush")]
    output_file: PathBuf,
    /// Rows of typical inputs (JSON, .npy, .npz or CSV); scales and bit widths are chosen on them. Without them scales
    /// come from --input-range, by interval arithmetic and random inputs, which keeps less accuracy
    #[arg(long, value_name = "DATA")]
    calibration: Option<PathBuf>,
    /// Which of these rows: N, START..END or START..END:STEP
    #[arg(long, value_name = "ROWS")]
    rows: Option<Selection>,
    /// Least and largest input value, where there are no rows [default: -1,1, or what the input's type holds]
    #[arg(long, value_name = "MIN,MAX", value_parser = parse_range, allow_hyphen_values = true, conflicts_with = "calibration")]
    input_range: Option<[f64; 2]>,
    #[command(flatten)]
    target: TargetArgs,
    /// Write the model even if it misses the target, with a warning
    #[arg(long)]
    accept_error: bool,
    /// Bits of an activation, or the least number above that limbs make [default: searched]
    #[arg(long, value_parser = clap::value_parser!(u32).range(4..=32))]
    bits: Option<u32>,
    /// Factor on the calibrated ranges of inner values; values beyond are refused
    #[arg(long, default_value_t = Options::default().margin)]
    margin: f64,
    /// Factor on the calibrated ranges of input values [default: 8; 1 with --input-range]
    #[arg(long)]
    input_margin: Option<f64>,
    /// Who sees the input
    #[arg(long, value_name = "private|public", default_value = "private")]
    input: String,
    /// What is revealed of the output: public, argmax, threshold=NUMBER, or bands=NUMBER,NUMBER,… (how many of these, which ascend,
    /// the one output value reaches)
    #[arg(long, default_value = "public", value_parser = parse_output)]
    output: Output,
    /// Which outputs of the model, or tensors inside it, by name [default: all outputs]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    outputs: Vec<String>,
    /// Size of a free dimension of the inputs, by its name, or of one without a name by INPUT.AXIS; repeatable. Sizes
    /// that are not given are those that the calibration rows show
    #[arg(long = "dim", value_name = "NAME=SIZE", value_parser = parse_dim)]
    dims: Vec<(String, usize)>,
    /// Who sees the weights. Private: only who proves has them, in MODEL.hush, which must stay secret. A proof then
    /// says that some weights in range, of this architecture, gave the output; it does not yet say which ones
    #[arg(long, value_name = "private|public", default_value = "public")]
    weights: String,
    /// What the layout is chosen for: proving time, or few columns, which make verification on a chain cheap
    #[arg(long, value_enum, default_value = "speed")]
    prefer: Preference,
    /// Also write a page about the model: error, bits and cost of every layer, and what would be cheaper
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Also write the verifying key (MODEL.vk beside the model)
    #[arg(long, value_name = "SRS")]
    srs: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What the integers must meet on the rows.
#[derive(clap::Args)]
pub(super) struct TargetArgs {
    /// What must be right: `class`, in 99.5 % of the rows, `values`, within 1 % of each value's range, or what each
    /// output is. By default integers, Softmax and Sigmoid, classifiers' scores and outputs named logits, scores,
    /// probabilities or class are classes; values are held, too, but those of logits
    #[arg(long, value_enum, default_value = "auto")]
    target: Wanted,
    /// Largest error of an output on these rows instead, in the output's own unit (absolute)
    #[arg(long, value_name = "ERROR", conflicts_with = "target")]
    max_error: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Auto,
    Class,
    Values,
}

impl TargetArgs {
    pub(super) fn target(&self) -> Target {
        match (self.max_error, self.target) {
            (Some(error), _) => Target::MaxError(error),
            (None, Wanted::Auto) => Target::Auto,
            (None, Wanted::Class) => Target::Class,
            (None, Wanted::Values) => Target::Values,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Preference {
    Speed,
    Columns,
}

#[derive(Clone, PartialEq)]
enum Output {
    Reduced(Reduction),
    Hidden,
}

fn parse_output(text: &str) -> Result<Output, String> {
    let threshold = |number: &str| number.trim().parse().ok().filter(|at: &f64| at.is_finite());
    let thresholds = |numbers: &str| numbers.split(',').map(threshold).collect::<Option<Vec<f64>>>();
    if let Some(numbers) = text.strip_prefix("bands=") {
        let bands = thresholds(numbers).filter(|bands| bands.len() > 1 && bands.is_sorted_by(|a, b| a < b));
        let bands = bands.ok_or("expected bands=NUMBER,NUMBER,… in ascending order")?;
        return Ok(Output::Reduced(Reduction::Bands(bands)));
    }
    match text {
        "public" => Ok(Output::Reduced(Reduction::Full)),
        "argmax" => Ok(Output::Reduced(Reduction::ArgMax)),
        "private" | "committed" => Ok(Output::Hidden),
        _ => match text.strip_prefix("threshold=").and_then(threshold) {
            Some(at) => Ok(Output::Reduced(Reduction::Threshold(at))),
            None => Err("expected public, argmax, threshold=NUMBER or bands=NUMBER,NUMBER,…".to_owned()),
        },
    }
}

fn parse_range(text: &str) -> Result<[f64; 2], String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let ends = text.split_once(',').and_then(|(min, max)| Some([number(min)?, number(max)?]));
    ends.filter(|[min, max]| min < max).ok_or_else(|| "expected MIN,MAX, as in 0,255".to_owned())
}

fn parse_dim(text: &str) -> Result<(String, usize), String> {
    let dim = text.rsplit_once('=').and_then(|(name, size)| Some((name.to_owned(), size.parse().ok()?)));
    dim.filter(|(name, size)| !name.is_empty() && *size > 0)
        .ok_or_else(|| "expected NAME=SIZE, as in height=320".to_owned())
}

impl Args {
    /// The sizes that were given.
    ///
    /// # Errors
    /// `Option` where a dimension has two.
    fn sizes(&self) -> Result<Dims, Error> {
        let mut sizes = Dims::new();
        for (name, size) in &self.dims {
            if sizes.insert(name.clone(), *size).is_some_and(|other| other != *size) {
                return Err(Error::Option { option: "--dim", reason: format!("two sizes of `{name}`") });
            }
        }
        Ok(sizes)
    }

    fn options(&self) -> Result<Options, Error> {
        let visibility = |option, text: &str| text.parse().map_err(|reason| Error::Option { option, reason });
        let (input, weights) = (visibility("--input", &self.input)?, visibility("--weights", &self.weights)?);
        let Output::Reduced(reduction) = &self.output else {
            let reason = "private and committed outputs are not in this version".to_owned();
            return Err(Error::Option { option: "--output", reason });
        };
        Ok(Options {
            value_bits: self.bits,
            target: self.target.target(),
            accept_error: self.accept_error,
            input_range: self.input_range,
            margin: self.margin,
            input,
            weights,
            reduction: reduction.clone(),
            prefer: match self.prefer {
                Preference::Speed => Prefer::Speed,
                Preference::Columns => Prefer::Columns,
            },
            ..Options::default()
        })
    }
}

/// Tells how far each output is off, where that is why nothing is written.
fn missed(error: Error, as_json: bool) -> anyhow::Error {
    let Error::Accuracy { figures, .. } = &error else { return error.into() };
    let some = figures.out_of_range < figures.rows;
    let accept = if some { "; --accept-error writes the best model all the same" } else { "" };
    output::note(&format!("nothing is written{accept}"));
    if as_json {
        let mut object = json!(figures);
        object["code"] = json!(error.code());
        object["error"] = json!(error.to_string());
        // The failure itself is told on standard error and by the exit status.
        drop(output::print(&object, true, Channel::Output));
    }
    anyhow::Error::from(error).context(Reported)
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let options = args.options()?;
    let mut plan = Plan::reading(&[Some(&args.model), args.calibration.as_ref(), args.srs.as_ref()])?;
    let output = plan.writing("-o", &args.output_file)?;
    let page = args.report.as_ref().map(|path| plan.writing("--report", path)).transpose()?;
    let key = match &args.srs {
        Some(path) => Some((path, plan.writing("--srs", &files::sibling(&args.output_file, "vk", "--srs")?)?)),
        None => None,
    };
    let bytes = files::read(&args.model)?;
    let calibration = args.calibration.as_ref().map(|path| files::read(path)).transpose()?;
    let shown = calibration.as_deref().map(data::shapes).unwrap_or_default();
    let (dims, files) = (args.sizes()?, Beside::new(&args.model));
    let read = ReadOptions { outputs: &args.outputs, dims: &dims, shown: &shown, files: Some(&files) };
    let (graph, network) = compile::import(&bytes, &read, &options.reduction)?;
    graph.notes().iter().for_each(|note| output::note(&format!("note: {note}")));
    let options = options.of_input(&graph, args.input_margin);
    let rows = match &calibration {
        Some(bytes) => files::rows_of(bytes, &network.input, args.rows.as_ref())?,
        None => {
            let [min, max] = options.input_range.unwrap_or(INPUT_RANGE);
            output::note(&format!(
                "warning: no calibration data: ranges are those of random inputs from {min} to {max} (--input-range), \
                 widened within what interval arithmetic allows; inputs beyond are refused. Rows of typical inputs \
                 (--calibration DATA) keep more accuracy"
            ));
            Vec::new()
        }
    };
    if args.calibration.is_some() && rows.is_empty() {
        let reason = "the file has no rows; give typical inputs, or leave --calibration out".to_owned();
        return Err(Error::Calibration { reason }.into());
    }
    let start = Instant::now();
    let progress = Progress::new(args.json);
    let compiled = compile::compile_with(network, &rows, &options, &mut |stage, done| progress.report(stage, done));
    progress.report("report", 0.0);
    let made = compiled.and_then(|compiled| Ok((compile::report(&compiled, &rows, &options)?, compiled)));
    drop(progress);
    let (report, compiled) = made.map_err(|error| missed(error, args.json))?;
    let speed = speed::factor();
    let report = report.on_machine(speed);
    let seconds = start.elapsed().as_secs_f64();
    for warning in report.shortfall().into_iter().chain(report.accuracy.warnings()) {
        output::note(&format!("warning: {warning}"));
    }
    let model = &compiled.model;
    let hush = model.to_bytes();
    let key = match key {
        Some((srs, file)) => Some((prove::keygen(model, &files::srs(srs)?)?, file)),
        None => None,
    };
    output.write(&hush, if model.weights_visibility().is_public() { Secrecy::Public } else { Secrecy::Secret })?;
    let mut object = json!({
        "model": model.name,
        "file": args.output_file.display().to_string(),
        "bytes": hush.len(),
        "weights": model.weights_visibility(),
        "value_bits": model.digits.value_bits(),
        "seconds": { "compile": seconds },
        "peak_rss_bytes": output::peak_rss_bytes(),
    });
    if args.json {
        let layout = &compiled.layout;
        object["k"] = json!(layout.k);
        object["rows"] = json!(layout.rows_used());
        object["advice_columns"] = json!(layout.params.advice_columns());
        object["calibration_rows"] = json!(rows.len());
        object["accuracy"] = json!(report.accuracy);
        object["predicted"] = json!(layout.prediction().on_machine(speed));
        object["report"] = json!(report);
    }
    if let Some(page) = &page {
        page.write(report.html().as_bytes(), Secrecy::Public)?;
        object["report_file"] = json!(page.path().display().to_string());
    }
    if let Some((vk, file)) = &key {
        file.write(&vk.to_bytes(), Secrecy::Public)?;
        object["vk"] = json!(file.path().display().to_string());
        object["vk_digest"] = json!(hex::encode(vk.digest()));
    }
    output::print(&object, args.json, plan.channel())?;
    if !args.json {
        output::text(&report.text(), plan.channel())?;
    }
    Ok(())
}
