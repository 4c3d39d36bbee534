//! `hushproof inspect`

use std::path::PathBuf;

use hushproof::{
    circuit::{BROWSER_MEMORY_BYTES, Layout},
    graph::{FinishFunction, Model, Shape, Table},
    schema::{Records, Schema},
};
use serde_json::{Value, json};

use crate::{
    files,
    output::{self, Channel},
    speed,
};

/// Show what a compiled model contains and what a proof of it costs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let model = files::model(&args.model)?;
    let layout = Layout::new(&model)?;
    let prediction = layout.prediction().on_machine(speed::factor());
    let table = |table: &Table| json!({ "segments": table.base.len(), "sloped": !table.slope.is_empty() });
    let tables: Vec<_> = model.tables.iter().map(table).collect();
    if prediction.memory_bytes > BROWSER_MEMORY_BYTES {
        output::note(
            "warning: a proof takes more than the 4 GiB of memory that a browser has; it can be made natively",
        );
    }
    if !model.weights_visibility().is_public() {
        output::note(
            "note: weights are private: a proof says that some weights of this architecture gave the output, not which, unless \
             it is bound to this model (`model commit`)",
        );
    }
    let (input, digits, params, finish) = (&model.input.value_info, model.digits, &layout.params, model.output.finish);
    let records = model.input.records.as_ref().map_or(&[][..], Records::schemas);
    let digest = |schema: &Schema| schema.digest().map(hex::encode);
    let schemas = records.iter().map(digest).collect::<Result<Vec<_>, _>>()?;
    let output_schema = model.output.schema.as_ref().map(digest).transpose()?;
    let object = json!({
        "model": model.name,
        "digest": hex::encode(model.digest()),
        "input": {
            "name": input.name,
            "shape": input.shape,
            "public": model.input_visibility().is_public(),
            "schema": match schemas.as_slice() { [one] => Some(one), _ => None },
            "schemas": (schemas.len() > 1).then_some(&schemas),
        },
        "output": {
            "name": model.output.value_info.name,
            "shape": model.output.value_info.shape,
            "threshold": match model.output.thresholds.as_slice() { [at] => Some(at), _ => None },
            "bands": (model.output.thresholds.len() > 1).then_some(&model.output.thresholds),
            "softmax": finish.is_some_and(|finish| finish.function == FinishFunction::Softmax),
            "finish": finish,
            "schema": output_schema,
        },
        "weights": weights(&model),
        "layers": layers(&model)?,
        "limb_bits": digits.limb_bits,
        "value_bits": digits.value_bits(),
        "remainder_bits": digits.remainder_bits(),
        "tables": tables,
        "k": layout.k,
        "rows": layout.rows_used(),
        "advice_columns": params.advice_columns(),
        "fixed_columns": params.fixed_columns(),
        "lanes": { "activations": model.lanes.activations, "weights": model.lanes.weights },
        "advice_cells": output::cells(&layout),
        "predicted_seconds": { "native": prediction.native_seconds, "browser": prediction.browser_seconds },
        "predicted_memory_bytes": prediction.memory_bytes,
    });
    output::print(&object, args.json, Channel::Output)?;
    Ok(())
}

/// Who sees the weights, and the bits that a proof shows private ones to fit, the sign included.
fn weights(model: &Model) -> Value {
    let bits = model.private_weights.map(|limbs| limbs * model.digits.limb_bits);
    json!({ "visibility": model.weights_visibility(), "proved_bits": bits })
}

fn layers(model: &Model) -> hushproof::Result<Vec<Value>> {
    let layers = model.layers.iter().zip(model.accumulator_bounds()?).map(|(layer, bound)| {
        let Shape { channels, height, width } = layer.shape;
        json!({
            "node": layer.node,
            "op": layer.op,
            "reads": layer.all_terms().flat_map(|term| [Some(term.source), term.map.factor()]).flatten().collect::<Vec<_>>(),
            "shape": [channels, height, width],
            "activation": layer.activation.name(),
            "accumulator_bits": u64::BITS - bound.leading_zeros(),
        })
    });
    Ok(layers.collect())
}
