//! `hushproof evaluate`

use std::path::PathBuf;

use hushproof::{
    Error,
    compile::{Reduction, reduce},
    data::{self, Selection},
    graph::{Decision, Model, Network},
    onnx::{self, Graph, ReadOptions, Reference},
    quant,
};
use serde_json::json;

use super::{NotGood, choices::TargetArgs};
use crate::{
    files::{self, Beside, Plan},
    output::{self, Channel},
};

/// Compare a compiled model with its float original over all rows of a data set.
///
/// Exit status: 0 where the target is met on these rows, 1 where it is missed or rows are refused, 2 for unusable
/// arguments or files.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ONNX model
    onnx: PathBuf,
    /// The compiled model
    model: PathBuf,
    /// Rows to evaluate (JSON with a leading batch axis, .npy, .npz or CSV)
    #[arg(long, value_name = "DATA")]
    data: PathBuf,
    /// Which of these rows: N, START..END or START..END:STEP
    #[arg(long, value_name = "ROWS")]
    rows: Option<Selection>,
    #[command(flatten)]
    target: TargetArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    Plan::reading(&[Some(&args.onnx), Some(&args.model), Some(&args.data)])?;
    let bytes = files::read(&args.onnx)?;
    let model = files::model(&args.model)?;
    let files = Beside::new(&args.onnx);
    let shown = data::shapes_of(&model.input.value_info);
    let options = ReadOptions { shown: &shown, files: Some(&files), ..ReadOptions::default() };
    let graph = graph_of(&bytes, &model, &options)?;
    let original = graph.network()?;
    if model.input.value_info != original.input {
        let reason = format!("input {:?}, the ONNX model has {:?}", &model.input.value_info, &original.input);
        return Err(Error::artifact(hushproof::error::ArtifactKind::Model, reason).into());
    }
    let network = reduced_like(original.clone(), &model)?;
    let rows = files::rows(&args.data, &model.input.value_info, args.rows.as_ref())?;
    let target = args.target.target();
    let (expected, reference) = if network == original {
        onnx::float_outputs(&bytes, &options, &graph, &rows)?
    } else {
        (rows.iter().map(|row| network.predict(row)).collect(), Reference::Own { because: DECISION.to_owned() })
    };
    let accuracy = quant::evaluate(&expected, &network, target, &model.clone().compared(), &rows)?;
    if args.json {
        let mut object = json!(accuracy);
        object["met"] = json!(accuracy.is_met());
        object["reference"] = json!(reference);
        output::print(&object, true, Channel::Output)?;
    } else {
        let object =
            json!({ "model": model.name, "reference": reference.to_string(), "accuracy": accuracy.to_string() });
        output::print(&object, false, Channel::Output)?;
        let lines: String = accuracy.lines().iter().map(|line| format!("  {line}\n")).collect();
        output::text(&lines, Channel::Output)?;
    }
    accuracy.warnings().iter().for_each(|warning| output::note(&format!("warning: {warning}")));
    if accuracy.is_met() {
        return Ok(());
    }
    let message = format!("these rows do not meet {target}: {}", accuracy.missed());
    Err(NotGood { code: "accuracy", message }.into())
}

/// Why decisions are not compared with an independent evaluation.
const DECISION: &str = "the compiled model decides, where the ONNX model gives values";

/// The graph with those outputs and sizes that the model has.
fn graph_of(bytes: &[u8], model: &Model, options: &ReadOptions<'_>) -> Result<Graph, Error> {
    let name = &model.output.value_info.name;
    let whole = onnx::read_with(bytes, options);
    if whole.as_ref().is_ok_and(|graph| graph.outputs().iter().any(|output| output.name == *name)) {
        return whole;
    }
    let names: Vec<String> = name.split('+').map(str::to_owned).collect();
    match (onnx::read_with(bytes, &ReadOptions { outputs: &names, ..*options }), whole) {
        (Ok(graph), _) => Ok(graph),
        (Err(_), Err(error)) | (Err(error), Ok(_)) => Err(error),
    }
}

/// The float network with the reduction that the model was compiled with.
fn reduced_like(network: Network, model: &Model) -> Result<Network, Error> {
    match (network.decision(), model.output_encoding().decision(), model.output.thresholds.as_slice()) {
        (None, Some(Decision::ArgMax), _) => reduce(network, &Reduction::ArgMax),
        (None, Some(Decision::Threshold), [at]) => reduce(network, &Reduction::Threshold(*at)),
        (None, Some(Decision::Bands), thresholds) => reduce(network, &Reduction::Bands(thresholds.to_vec())),
        _ => Ok(network),
    }
}
