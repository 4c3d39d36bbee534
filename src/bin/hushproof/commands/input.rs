//! `hushproof input`

use std::path::PathBuf;

use hushproof::data::Selection;
use serde_json::json;

use crate::{files, output};

/// Write one row of a data set as an input file.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled model
    model: PathBuf,
    /// The data set (JSON with a leading batch axis, .npy or .npz)
    #[arg(long, value_name = "DATA")]
    data: PathBuf,
    /// Number of the row, the first one being 0
    #[arg(long, default_value_t = 0)]
    row: usize,
    /// Where to write the input
    #[arg(short, value_name = "INPUT.json")]
    output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let model = files::model(&args.model)?;
    let info = &model.input.value_info;
    let rows = files::rows(&args.data, info, Some(&Selection::from(args.row)))?;
    let Some(values) = rows.first() else { anyhow::bail!("no row {}", args.row) };
    files::write(&args.output, output::named(&info.name, values).to_string().as_bytes())?;
    let object = json!({ "file": args.output.display().to_string(), "row": args.row, "values": values.len() });
    output::print(&object, args.json)
}
