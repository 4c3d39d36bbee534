//! `hushproof compile`

use std::{path::PathBuf, time::Instant};

use clap::ValueEnum;
use hushproof::{
    Error,
    compile::{self, Options, Prefer, Reduction},
    data::Selection,
    graph::Network,
    prove, quant,
};
use serde_json::json;

use crate::{files, output};

/// Compile an ONNX model to a quantized model (.hush), with an accuracy report and, given an SRS, its verifying key.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ONNX model, with its weights inside
    model: PathBuf,
    /// Where to write the compiled model
    #[arg(short, value_name = "MODEL.hush")]
    output_file: PathBuf,
    /// Rows of typical inputs (JSON or .npz); scales and bit widths are chosen on them
    #[arg(long, value_name = "DATA")]
    calibration: Option<PathBuf>,
    /// Which of these rows: N, START..END or START..END:STEP
    #[arg(long, value_name = "ROWS")]
    rows: Option<Selection>,
    /// Least bits of an activation [default: 16 for dense networks, 11 for others]
    #[arg(long, value_parser = clap::value_parser!(u32).range(4..=24))]
    bits: Option<u32>,
    /// Factor on the calibrated ranges of inner values; values beyond are refused
    #[arg(long, default_value_t = Options::default().margin)]
    margin: f64,
    /// Factor on the calibrated ranges of input values
    #[arg(long, default_value_t = Options::default().input_margin)]
    input_margin: f64,
    /// Who sees the input
    #[arg(long, value_enum, default_value = "private")]
    input: Visibility,
    /// What is revealed of the output: public, argmax, or threshold=NUMBER
    #[arg(long, default_value = "public", value_parser = parse_output)]
    output: Output,
    /// Which outputs of the model, by name [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    outputs: Vec<String>,
    /// Who sees the weights. Private: only who proves has them, in MODEL.hush, which must stay secret. A proof then says
    /// that some weights in range, of this architecture, gave the output; it does not yet say which ones
    #[arg(long, value_enum, default_value = "public")]
    weights: Visibility,
    /// What the layout is chosen for: proving time, or few columns, which make verification on a chain cheap
    #[arg(long, value_enum, default_value = "speed")]
    prefer: Preference,
    /// Also write the verifying key (MODEL.vk beside the model)
    #[arg(long, value_name = "SRS")]
    srs: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Visibility {
    Public,
    Private,
    Committed,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Preference {
    Speed,
    Columns,
}

#[derive(Clone, Copy, PartialEq)]
enum Output {
    Reduced(Reduction),
    Hidden(Visibility),
}

fn parse_output(text: &str) -> Result<Output, String> {
    let threshold = |number: &str| number.parse().ok().filter(|at: &f64| at.is_finite());
    match text {
        "public" => Ok(Output::Reduced(Reduction::Full)),
        "argmax" => Ok(Output::Reduced(Reduction::ArgMax)),
        "private" => Ok(Output::Hidden(Visibility::Private)),
        "committed" => Ok(Output::Hidden(Visibility::Committed)),
        _ => match text.strip_prefix("threshold=").and_then(threshold) {
            Some(at) => Ok(Output::Reduced(Reduction::Threshold(at))),
            None => Err("expected public, argmax or threshold=NUMBER".to_owned()),
        },
    }
}

impl Args {
    fn options(&self) -> Result<Options, Error> {
        let refuse = |option, reason: &str| Err(Error::Option { option, reason: reason.to_owned() });
        if self.input == Visibility::Committed {
            return refuse("--input", "committed inputs are not in this version; use private or public");
        }
        if self.weights == Visibility::Committed {
            return refuse("--weights", "committed weights are not in this version; use private or public");
        }
        let Output::Reduced(reduction) = self.output else {
            return refuse("--output", "private and committed outputs are not in this version");
        };
        Ok(Options {
            value_bits: self.bits,
            margin: self.margin,
            input_margin: self.input_margin,
            public_input: self.input == Visibility::Public,
            private_weights: self.weights == Visibility::Private,
            reduction,
            prefer: match self.prefer {
                Preference::Speed => Prefer::Speed,
                Preference::Columns => Prefer::Columns,
            },
        })
    }
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let options = args.options()?;
    let bytes = files::read(&args.model)?;
    let graph = compile::read(&bytes, &args.outputs, options.reduction)?;
    let Some(calibration) = &args.calibration else {
        let reason = "give typical inputs with --calibration DATA (JSON with a leading batch axis, or .npz)".to_owned();
        return Err(Error::Calibration { reason }.into());
    };
    let network = if options.private_weights { Network::Planar(graph.planar()?) } else { graph.network()? };
    let rows = files::rows(calibration, network.input(), args.rows.as_ref())?;
    let start = Instant::now();
    let compiled = compile::compile(network, &rows, &options)?;
    let seconds = start.elapsed().as_secs_f64();
    let model = &compiled.model;
    let layout = &compiled.layout;
    let report = quant::evaluate(|row| Ok(compiled.network.eval(row)), &compiled.network, model, &rows)?;
    let hush = model.to_bytes();
    let vk = match &args.srs {
        Some(path) => Some(prove::keygen(model, &files::srs(path)?)?),
        None => None,
    };
    files::write(&args.output_file, &hush)?;
    let mut object = json!({
        "model": model.name(),
        "file": args.output_file.display().to_string(),
        "bytes": hush.len(),
        "k": layout.k(),
        "rows": layout.rows_used(),
        "advice_columns": layout.params().advice_columns(),
        "weights": output::weights(model.has_private_weights()),
        "value_bits": model.digits().value_bits(),
        "calibration_rows": rows.len(),
        "accuracy": report.to_string(),
        "seconds": { "compile": seconds },
        "peak_rss_bytes": output::peak_rss_bytes(),
        "predicted": layout.prediction(),
    });
    if args.json {
        object["accuracy"] = json!(report);
    }
    if let Some(vk) = vk {
        let path = files::sibling(&args.output_file, "vk");
        files::write(&path, &vk.to_bytes())?;
        object["vk"] = json!(path.display().to_string());
        object["vk_digest"] = json!(hex::encode(vk.digest()));
    }
    output::print(&object, args.json)
}
