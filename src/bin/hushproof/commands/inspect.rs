//! `hushproof inspect`

use std::path::PathBuf;

use hushproof::{
    circuit::{Layout, advice_columns, predict},
    graph::Activation,
};
use serde_json::json;

use crate::{files, output};

/// Show what a compiled model contains and what a proof of it costs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let model = files::model(&args.model)?;
    let layout = Layout::new(&model)?;
    let bounds = model.accumulator_bounds()?;
    let layers: Vec<_> = model
        .layers
        .iter()
        .zip(&bounds)
        .map(|(layer, bound)| {
            json!({
                "node": layer.node,
                "op": layer.op,
                "inputs": layer.weights.cols,
                "outputs": layer.weights.rows,
                "activation": activation(&layer.activation),
                "accumulator_bits": u64::BITS - bound.leading_zeros(),
            })
        })
        .collect();
    let prediction = predict(&layout);
    let object = json!({
        "model": model.name,
        "digest": hex::encode(model.digest()),
        "input": { "name": model.input.port.name, "shape": model.input.port.shape, "public": model.input.public },
        "output": { "name": model.output.port.name, "shape": model.output.port.shape, "threshold": model.output.threshold },
        "layers": layers,
        "limb_bits": model.digits.limb_bits,
        "value_bits": model.digits.value_bits(),
        "remainder_bits": model.digits.remainder_bits(),
        "segments": model.segments.as_ref().map(|table| table.base.len()),
        "k": layout.k,
        "rows": layout.used_rows,
        "advice_columns": advice_columns(&layout.params),
        "weight_lanes": model.lanes,
        "predicted_seconds": { "native": prediction.native_seconds, "browser": prediction.browser_seconds },
        "predicted_memory_bytes": prediction.memory_bytes,
    });
    output::print(&object, args.json)
}

const fn activation(activation: &Activation) -> &'static str {
    match activation {
        Activation::Requantize => "none",
        Activation::Relu => "Relu",
        Activation::Segments => "Sigmoid",
        Activation::Threshold => "threshold",
        Activation::ArgMax => "ArgMax",
    }
}
