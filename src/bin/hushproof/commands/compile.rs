//! `hushproof compile`

use std::{path::PathBuf, time::Instant};

use hushproof::{Error, prove};
use serde_json::json;

use crate::{
    commands::{
        Reported,
        choices::{Built, Choices},
    },
    files::{self, Plan, Secrecy},
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
    #[command(flatten)]
    choices: Choices,
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
    let given = [Some(&args.model), args.calibration.as_ref(), args.srs.as_ref()];
    let mut plan = Plan::reading(&given.into_iter().chain(args.choices.schema_files()).collect::<Vec<_>>())?;
    let output = plan.writing("-o", &args.output_file)?;
    let page = args.report.as_ref().map(|path| plan.writing("--report", path)).transpose()?;
    let key = match &args.srs {
        Some(path) => Some((path, plan.writing("--srs", &files::sibling(&args.output_file, "vk", "--srs")?)?)),
        None => None,
    };
    args.choices.check()?;
    let bytes = files::read(&args.model)?;
    let calibration = args.calibration.as_ref().map(|path| files::read(path)).transpose()?;
    let start = Instant::now();
    let built = args.choices.build(&args.model, &bytes, calibration.as_deref(), Progress::new(args.json));
    let Built { compiled, rows, report } = built.map_err(|error| missed(error, args.json))?;
    let speed = speed::factor();
    let report = report.on_machine(speed);
    let seconds = start.elapsed().as_secs_f64();
    for warning in report.shortfall().into_iter().chain(report.accuracy.warnings()) {
        output::note(&format!("warning: {warning}"));
    }
    let model = &compiled.model;
    let hush = model.to_bytes();
    let key = match key {
        Some((srs, file)) => {
            let (srs, progress) = (files::srs(srs)?, Progress::new(args.json));
            let vk = prove::keygen_with(model, &srs, &mut |stage, done| progress.report(stage, done))?;
            Some((vk, file))
        }
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
