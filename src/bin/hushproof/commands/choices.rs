//! What a publisher chooses of a model, and the compilation that follows from it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use hushproof::{
    Error,
    compile::{self, Compiled, INPUT_RANGE, Options, Prefer, Reduction, Report, Target},
    data::{self, Selection},
    graph::Visibility,
    onnx::{Dims, ReadOptions},
};

use crate::{
    files::{self, Beside},
    output::{self, Progress},
};

/// All that a compiled model depends on, but for the ONNX file and the rows.
#[derive(clap::Args)]
pub(super) struct Choices {
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
    /// Who sees the input. Committed: who verifies sees a commitment to it, a record of --schema [default: private, or
    /// committed with --schema]
    #[arg(long, value_name = "private|public|committed")]
    input: Option<String>,
    /// What the record of a committed input holds; of a model with several inputs one for all of them, or one for each, in
    /// their order, of which each is committed to by itself
    #[arg(long, value_name = "SCHEMA.json")]
    schema: Vec<PathBuf>,
    /// What the record of a committed output holds
    #[arg(long, value_name = "SCHEMA.json")]
    output_schema: Option<PathBuf>,
    /// What is revealed of the output: public, argmax, threshold=NUMBER, bands=NUMBER,NUMBER,… (how many of these, which ascend,
    /// the one output value reaches), or committed: a commitment to it, a record of --output-schema, which a later proof can
    /// take as its input
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
    /// says that some weights in range, of this architecture, gave the output; which ones, `model commit` binds it to
    #[arg(long, value_name = "private|public", default_value = "public")]
    weights: String,
    /// What the layout is chosen for: proving time, or few columns, which make verification on a chain cheap
    #[arg(long, value_enum, default_value = "speed")]
    prefer: Preference,
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
    Committed,
    Hidden,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden => f.write_str("private"),
            Self::Committed | Self::Reduced(Reduction::Committed(_)) => f.write_str("committed"),
            Self::Reduced(Reduction::Full) => f.write_str("public"),
            Self::Reduced(Reduction::ArgMax) => f.write_str("argmax"),
            Self::Reduced(Reduction::Threshold(at)) => write!(f, "threshold={at}"),
            Self::Reduced(Reduction::Bands(thresholds)) => {
                let numbers: Vec<String> = thresholds.iter().map(f64::to_string).collect();
                write!(f, "bands={}", numbers.join(","))
            }
        }
    }
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
        "private" => Ok(Output::Hidden),
        "committed" => Ok(Output::Committed),
        _ => match text.strip_prefix("threshold=").and_then(threshold) {
            Some(at) => Ok(Output::Reduced(Reduction::Threshold(at))),
            None => Err("expected public, argmax, threshold=NUMBER, bands=NUMBER,NUMBER,… or committed".to_owned()),
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

/// The digests of schemas, in hexadecimal.
#[derive(PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) inputs: Vec<String>,
    pub(super) output: Option<String>,
}

impl Digests {
    /// That of an input of one schema.
    pub(super) fn one(&self) -> Option<String> {
        if let [one] = self.inputs.as_slice() { Some(one.clone()) } else { None }
    }

    /// Those of an input of several schemas.
    pub(super) fn several(&self) -> Vec<String> {
        if self.inputs.len() > 1 { self.inputs.clone() } else { Vec::new() }
    }
}

/// A network that was compiled, with the rows that it was compiled on.
pub(super) struct Built {
    pub(super) compiled: Compiled,
    pub(super) rows: Vec<Vec<f64>>,
    pub(super) report: Report,
}

impl Choices {
    /// Compiles an ONNX model on the rows of a data set.
    ///
    /// # Errors
    /// Those of the compiler; `Accuracy` where the target is missed.
    pub(super) fn build(
        &self,
        path: &Path,
        bytes: &[u8],
        calibration: Option<&[u8]>,
        progress: Progress,
    ) -> Result<Built, Error> {
        let options = self.options()?;
        let shown = calibration.map(data::shapes).unwrap_or_default();
        let (dims, files) = (self.sizes()?, Beside::new(path));
        let read = ReadOptions { outputs: &self.outputs, dims: &dims, shown: &shown, files: Some(&files) };
        let (graph, network) = compile::import(bytes, &read, &options.reduction)?;
        graph.notes().iter().for_each(|note| output::note(&format!("note: {note}")));
        let options = options.of_input(&graph, self.input_margin);
        let rows = match calibration {
            Some(bytes) => files::rows_of(bytes, &network.input, self.rows.as_ref())?,
            None => {
                let [min, max] = options.input_range.unwrap_or(INPUT_RANGE);
                output::note(&format!(
                    "warning: no calibration data: ranges are those of random inputs from {min} to {max} \
                     (--input-range), widened within what interval arithmetic allows; inputs beyond are refused. Rows \
                     of typical inputs (--calibration DATA) keep more accuracy"
                ));
                Vec::new()
            }
        };
        if calibration.is_some() && rows.is_empty() {
            let reason = "the file has no rows; give typical inputs, or leave --calibration out".to_owned();
            return Err(Error::Calibration { reason });
        }
        let compiled =
            compile::compile_with(network, &rows, &options, &mut |stage, done| progress.report(stage, done))?;
        progress.report("report", 0.0);
        let report = compile::report(&compiled, &rows, &options)?;
        Ok(Built { compiled, rows, report })
    }

    /// The arguments that say the same, without those that say what is so anyway.
    pub(super) fn arguments(&self) -> Vec<String> {
        let option = |name: &str, value: Option<String>| value.map(|value| format!("--{name}={value}"));
        let other = |name: &str, value: &str, usual: &str| option(name, (value != usual).then(|| value.to_owned()));
        let named = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
            value().map(|value| value.get_name().to_owned()).unwrap_or_default()
        };
        let range = self.input_range.map(|[min, max]| format!("{min},{max}"));
        let outputs = (!self.outputs.is_empty()).then(|| self.outputs.join(","));
        let margin = (self.margin.to_bits() != Options::default().margin.to_bits()).then(|| self.margin.to_string());
        let options = [
            option("rows", self.rows.map(|rows| rows.to_string())),
            option("input-range", range),
            other("target", &named(&|| self.target.target.to_possible_value()), "auto"),
            option("max-error", self.target.max_error.map(|error| error.to_string())),
            self.accept_error.then(|| "--accept-error".to_owned()),
            option("bits", self.bits.map(|bits| bits.to_string())),
            option("margin", margin),
            option("input-margin", self.input_margin.map(|margin| margin.to_string())),
            other("input", self.input(), "private"),
            other("output", &self.output.to_string(), "public"),
            option("outputs", outputs),
            other("weights", &self.weights, "public"),
            other("prefer", &named(&|| self.prefer.to_possible_value()), "speed"),
        ];
        let dims = self.dims.iter().map(|(name, size)| format!("--dim={name}={size}"));
        options.into_iter().flatten().chain(dims).collect()
    }

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

    /// Whether they go together, before anything is read.
    ///
    /// # Errors
    /// `Option`.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.options().map(drop)
    }

    /// Takes schemas from elsewhere: those of committed inputs, and that of a committed output.
    pub(super) fn with_schemas(&mut self, inputs: Vec<PathBuf>, output: Option<PathBuf>) {
        (self.schema, self.output_schema) = (inputs, output);
    }

    /// The digests of the schemas, those of the inputs and that of the output.
    ///
    /// # Errors
    /// Those of reading them.
    pub(super) fn schema_digests(&self) -> Result<Digests, Error> {
        let digest = |path: &PathBuf| files::schema(path)?.digest().map(hex::encode);
        let inputs = self.schema.iter().map(digest).collect::<Result<_, _>>()?;
        Ok(Digests { inputs, output: self.output_schema.as_ref().map(digest).transpose()? })
    }

    /// The files of the schemas.
    pub(super) fn schema_files(&self) -> impl Iterator<Item = Option<&PathBuf>> {
        self.schema.iter().chain(&self.output_schema).map(Some)
    }

    fn input(&self) -> &str {
        let usual = if !self.schema.is_empty() { Visibility::Committed } else { Visibility::Private };
        self.input.as_deref().unwrap_or_else(|| usual.name())
    }

    fn options(&self) -> Result<Options, Error> {
        let visibility = |option, text: &str| text.parse().map_err(|reason| Error::Option { option, reason });
        let (input, weights) = (visibility("--input", self.input())?, visibility("--weights", &self.weights)?);
        let refuse = |option, reason: &str| Err(Error::Option { option, reason: reason.to_owned() });
        let reduction = match (&self.output, &self.output_schema) {
            (Output::Hidden, _) => return refuse("--output", "expected public, committed, or a decision"),
            (Output::Committed, Some(path)) => Reduction::Committed(files::schema(path)?),
            (Output::Committed, None) => {
                return refuse("--output-schema", "needed: a committed output is a record of a schema");
            }
            (Output::Reduced(_), Some(_)) => return refuse("--output-schema", "a schema is one of committed outputs"),
            (Output::Reduced(reduction), None) => reduction.clone(),
        };
        Ok(Options {
            value_bits: self.bits,
            target: self.target.target(),
            accept_error: self.accept_error,
            input_range: self.input_range,
            margin: self.margin,
            input,
            schemas: self.schema.iter().map(|path| files::schema(path)).collect::<Result<_, _>>()?,
            weights,
            reduction,
            prefer: match self.prefer {
                Preference::Speed => Prefer::Speed,
                Preference::Columns => Prefer::Columns,
            },
            ..Options::default()
        })
    }
}
