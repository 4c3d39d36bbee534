//! `hushproof predict`

use std::path::PathBuf;

use hushproof::{
    data::{self, Selection},
    graph::Model,
};
use serde_json::{Value, json};

use super::NotGood;
use crate::{
    files::{self, Plan},
    output::{self, Channel},
};

/// Compute what a proof would show, without one: the outputs that the compiled model's integers give.
///
/// The outputs are those that `verify` prints. Exit status: 0 success, 1 an input or a row out of the calibrated range,
/// 2 unusable arguments or files.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["input", "data"])))]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// One input: {"name": nested array}
    #[arg(long, value_name = "INPUT.json")]
    input: Option<PathBuf>,
    /// Rows of inputs (JSON with a leading batch axis, .npy or .npz)
    #[arg(long, value_name = "DATA")]
    data: Option<PathBuf>,
    /// Which of these rows: N, START..END or START..END:STEP
    #[arg(long, value_name = "ROWS", requires = "data")]
    rows: Option<Selection>,
    /// Print a JSON object, or one for each row of --data
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    Plan::reading(&[Some(&args.model), args.input.as_ref(), args.data.as_ref()])?;
    let model = files::model(&args.model)?;
    let info = &model.input.value_info;
    let (rows, numbered) = match (&args.input, &args.data) {
        (Some(path), _) => (vec![(0, data::read_input(&files::read(path)?, info)?)], false),
        (None, Some(path)) => {
            let rows: Vec<_> = files::rows(path, info, None)?.into_iter().enumerate().collect();
            let rows = match &args.rows {
                Some(selection) => selection.apply(rows)?,
                None => rows,
            };
            (rows, true)
        }
        (None, None) => (Vec::new(), true),
    };
    let mut refusals = Vec::new();
    for (row, values) in &rows {
        let mut object = if numbered { json!({ "row": row }) } else { json!({}) };
        match model.predict(values) {
            Ok(outputs) => answer(&mut object, &model, &outputs),
            Err(error) if error.refuses_input() => {
                object["code"] = json!(error.code());
                object["error"] = json!(error.to_string());
                refusals.push((*row, error));
            }
            Err(error) => return Err(error.into()),
        }
        output::print(&object, args.json, Channel::Output)?;
    }
    let Some((row, first)) = refusals.first() else { return Ok(()) };
    let message = match numbered {
        true => format!("{} of {} rows out of range, the first in row {row}: {first}", refusals.len(), rows.len()),
        false => first.to_string(),
    };
    Err(NotGood { code: first.code(), message }.into())
}

/// What a verifier would read.
fn answer(object: &mut Value, model: &Model, outputs: &[f64]) {
    object["outputs"] = output::named(&model.output.value_info.name, outputs);
    if let Some(names) = output::names(&model.output.value_info, outputs) {
        object["names"] = names;
    }
    output::thresholds(object, &model.output.thresholds);
}
