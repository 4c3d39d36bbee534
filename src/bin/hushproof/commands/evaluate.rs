//! `hushproof evaluate`

use std::path::PathBuf;

use hushproof::{
    Error,
    compile::{Reduction, reduce},
    data::Selection,
    graph::{Decision, Model, Network},
    onnx::{self, FloatModel, Graph},
    quant,
};
use serde_json::json;

use crate::{
    files::{self, Plan},
    output::{self, Channel},
};

/// Compare a compiled model with its float original over all rows of a data set.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ONNX model
    onnx: PathBuf,
    /// The compiled model
    model: PathBuf,
    /// Rows to evaluate (JSON with a leading batch axis, or .npz)
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
    let graph = outputs_of(&bytes, &model)?;
    let original = graph.network()?;
    if model.input.value_info != original.input {
        let reason = format!("input {:?}, the ONNX model has {:?}", &model.input.value_info, &original.input);
        return Err(Error::artifact(hushproof::error::ArtifactKind::Model, reason).into());
    }
    let network = reduced_like(original.clone(), &model)?;
    let rows = files::rows(&args.data, &model.input.value_info, args.rows.as_ref())?;
    let report = if network == original {
        // Where tract does not serve the model, the operators' own reference does.
        let float = FloatModel::new(&bytes).ok();
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

/// The graph with those outputs that the model has.
fn outputs_of(bytes: &[u8], model: &Model) -> Result<Graph, Error> {
    let graph = onnx::read(bytes)?;
    let name = &model.output.value_info.name;
    if graph.outputs().iter().any(|output| output.name == *name) {
        return Ok(graph);
    }
    let names: Vec<String> = name.split('+').map(str::to_owned).collect();
    onnx::read_outputs(bytes, &names)
}

/// The float network with the reduction that the model was compiled with.
fn reduced_like(network: Network, model: &Model) -> Result<Network, Error> {
    match (network.decision(), model.output_encoding().decision(), model.output.threshold) {
        (None, Some(Decision::ArgMax), _) => reduce(network, Reduction::ArgMax),
        (None, Some(Decision::Threshold), Some(at)) => reduce(network, Reduction::Threshold(at)),
        _ => Ok(network),
    }
}
