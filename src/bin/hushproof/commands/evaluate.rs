//! `hushproof evaluate`

use std::path::PathBuf;

use hushproof::{
    Error,
    compile::{Reduction, reduce},
    data::{self, Selection},
    graph::{Decision, Model, Network},
    onnx::{self, FloatModel, Graph, ReadOptions},
    quant,
};
use serde_json::json;

use crate::{
    files::{self, Beside, Plan},
    output::{self, Channel},
};

/// Compare a compiled model with its float original over all rows of a data set.
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
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    Plan::reading(&[Some(&args.onnx), Some(&args.model), Some(&args.data)])?;
    let bytes = files::read(&args.onnx)?;
    let model = files::model(&args.model)?;
    let (graph, whole) = outputs_of(&bytes, &model, &Beside::new(&args.onnx))?;
    let original = graph.network()?;
    if model.input.value_info != original.input {
        let reason = format!("input {:?}, the ONNX model has {:?}", &model.input.value_info, &original.input);
        return Err(Error::artifact(hushproof::error::ArtifactKind::Model, reason).into());
    }
    let network = reduced_like(original.clone(), &model)?;
    let rows = files::rows(&args.data, &model.input.value_info, args.rows.as_ref())?;
    let report = if network == original {
        // Where tract does not serve the model, the operators' own reference does.
        let float = if whole { FloatModel::new(&bytes).ok() } else { None };
        let run = |row: &[f64]| {
            let Some(float) = &float else { return graph.eval(row) };
            let row: Vec<f32> = row.iter().map(|value| *value as f32).collect();
            Ok(float.run(&row)?.into_iter().map(f64::from).collect())
        };
        quant::evaluate(run, &network, &model, &rows)?
    } else {
        quant::evaluate(|row| Ok(network.predict(row)), &network, &model, &rows)?
    };
    if args.json {
        output::print(&json!(report), true, Channel::Output)?;
    } else {
        output::print(&json!({ "model": model.name, "accuracy": report.to_string() }), false, Channel::Output)?;
    }
    Ok(())
}

/// The graph with those outputs and sizes that the model has, and whether the outputs are all of the graph's own.
fn outputs_of(bytes: &[u8], model: &Model, files: &Beside) -> Result<(Graph, bool), Error> {
    let shown = data::shapes_of(&model.input.value_info);
    let options = ReadOptions { shown: &shown, files: Some(files), ..ReadOptions::default() };
    let name = &model.output.value_info.name;
    let whole = onnx::read_with(bytes, &options);
    if let Ok(graph) = whole.as_ref()
        && graph.outputs().iter().any(|output| output.name == *name)
    {
        return whole.map(|graph| (graph, true));
    }
    let names: Vec<String> = name.split('+').map(str::to_owned).collect();
    let chosen = onnx::read_with(bytes, &ReadOptions { outputs: &names, ..options });
    match (chosen, whole) {
        (Ok(graph), _) => Ok((graph, false)),
        (Err(_), Err(error)) | (Err(error), Ok(_)) => Err(error),
    }
}

/// The float network with the reduction that the model was compiled with.
fn reduced_like(network: Network, model: &Model) -> Result<Network, Error> {
    match (network.decision(), model.output_encoding().decision(), model.output.threshold) {
        (None, Some(Decision::ArgMax), _) => reduce(network, Reduction::ArgMax),
        (None, Some(Decision::Threshold), Some(at)) => reduce(network, Reduction::Threshold(at)),
        _ => Ok(network),
    }
}
