//! `hushproof input`

use std::path::PathBuf;

use hushproof::{
    Error,
    data::{self, Selection},
};
use serde_json::json;

use crate::{
    files::{self, Plan, Secrecy},
    output,
};

/// Write one row of a data set as an input file.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// The data set (JSON with a leading batch axis, .npy, .npz or CSV)
    #[arg(long, value_name = "DATA")]
    data: PathBuf,
    /// Number of the row, the first one being 0
    #[arg(long, default_value_t = 0)]
    row: usize,
    /// Where to write the input, which only its owner may read then; `-` is standard output
    #[arg(short, value_name = "INPUT.json")]
    output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut plan = Plan::reading(&[Some(&args.model), Some(&args.data)])?;
    let output = plan.writing("-o", &args.output)?;
    let model = files::model(&args.model)?;
    let info = &model.input.value_info;
    let rows = files::rows(&args.data, info, Some(&Selection::from(args.row)))?;
    let no_row = || Error::Option { option: "--row", reason: format!("no row {}", args.row) };
    let values = rows.first().ok_or_else(no_row)?;
    output.write(json!({ &info.name: data::to_json(values, info) }).to_string().as_bytes(), Secrecy::Secret)?;
    let object = json!({ "file": args.output.display().to_string(), "row": args.row, "values": values.len() });
    output::print(&object, args.json, plan.channel())?;
    Ok(())
}
