//! `hushproof schema`

use std::path::PathBuf;

use clap::Subcommand;
use hushproof::{
    Error,
    graph::Model,
    schema::{Field, Kind, Scaled, Schema, Shape, Vector},
};
use serde_json::{Value, json};

use crate::{
    files::{self, Plan, Secrecy},
    output::{self, Channel},
};

/// Elements of a model's input up to which each has a name of its own in a new schema.
const MAX_NAMED: usize = 256;

/// Write or check a schema: what a record holds, and the integers that stand for it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Write a schema for a model's input, with the calibrated ranges or those of data; names and units are to be filled in
    New {
        /// The compiled model
        model: PathBuf,
        /// Rows of inputs (JSON, .npy, .npz or CSV): ranges are those of their values, half as wide again on either side
        #[arg(long, value_name = "DATA")]
        data: Option<PathBuf>,
        /// What a person calls such a record
        #[arg(long)]
        name: String,
        /// Decimals of each number, fewer where its range would have more than a million steps
        #[arg(long, default_value_t = 3)]
        decimals: u32,
        /// Where to write the schema; `-` is standard output
        #[arg(short, value_name = "SCHEMA.json")]
        output: PathBuf,
    },
    /// Say what a schema allows, and its digest; with a model, whether its input has as many values
    Check {
        /// The schema
        file: PathBuf,
        /// The compiled model
        #[arg(long, value_name = "MODEL.hush")]
        model: Option<PathBuf>,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let (object, channel) = match args.command {
        Command::New { model, data, name, decimals, output } => {
            let mut plan = Plan::reading(&[Some(&model), data.as_ref()])?;
            let file = plan.writing("-o", &output)?;
            let model = files::model(&model)?;
            let rows =
                data.map(|path| files::rows_of(&files::read(&path)?, &model.input.value_info, None)).transpose()?;
            let draft = draft(&model, &rows.unwrap_or_default(), name, decimals);
            // Read as it will be, so that what is written is a schema.
            let schema = Schema::from_json(&draft.to_json()?)?;
            file.write(serde_json::to_string_pretty(&schema)?.as_bytes(), Secrecy::Public)?;
            let mut object = describe(&schema)?;
            object["file"] = json!(output.display().to_string());
            (object, plan.channel())
        }
        Command::Check { file, model } => {
            Plan::reading(&[Some(&file), model.as_ref()])?;
            let schema = files::schema(&file)?;
            if let Some(path) = &model {
                let (got, expected) = (schema.len(), files::model(path)?.input.value_info.len());
                if got != expected {
                    let reason = format!("{got} elements, the model's input has {expected}");
                    return Err(Error::Record { field: schema.name, reason }.into());
                }
            }
            (describe(&schema)?, Channel::Output)
        }
    };
    output::print(&object, args.json, channel)?;
    Ok(())
}

/// A schema of a model's input: by name where it has few elements, one range for all where it has many.
fn draft(model: &Model, rows: &[Vec<f64>], name: String, decimals: u32) -> Schema {
    let info = &model.input.value_info;
    let (min, max): (Vec<f64>, Vec<f64>) = if rows.is_empty() {
        let (min, max) = model.input_range();
        let ends = min.into_iter().zip(max).enumerate();
        ends.map(|(element, calibrated)| compared(model, element).unwrap_or(calibrated)).unzip()
    } else {
        (0..info.len()).map(|element| around(rows, element)).unzip()
    };
    let range = |min: f64, max: f64| {
        let unit = |decimals: u32| (0..decimals).fold(1.0, |power, _| power * 10.0);
        let few = |decimals: &u32| (max - min) * unit(*decimals) <= STEPS;
        let decimals = (0..=decimals).rev().find(few).unwrap_or(0);
        let unit = unit(decimals);
        Scaled { decimals, min: (min * unit).floor() / unit, max: (max * unit).ceil() / unit }
    };
    if info.len() > MAX_NAMED {
        let Scaled { min, max, .. } = range(
            min.iter().copied().fold(f64::INFINITY, f64::min),
            max.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        );
        return Schema { name, shape: Shape::Vector(Vector { length: info.len(), decimals, min, max }) };
    }
    let at = |values: &[f64], element: usize| values.get(element).or_else(|| values.first()).copied().unwrap_or(0.0);
    let field = |element: usize| {
        let categories = info.categories.iter().find(|categories| categories.element == element);
        Field {
            name: format!("{}_{element}", info.name),
            kind: categories.map_or_else(
                || Kind::Decimal(range(at(&min, element), at(&max, element))),
                |categories| Kind::Category(categories.names.clone()),
            ),
            unit: None,
            missing: model.input.missing.get(element).is_some_and(Option::is_some),
        }
    };
    Schema { name, shape: Shape::Fields((0..info.len()).map(field).collect()) }
}

/// A range half as wide again on either side as the values of rows, but not below 0 where none is.
fn around(rows: &[Vec<f64>], element: usize) -> (f64, f64) {
    let values = || rows.iter().filter_map(|row| row.get(element).copied()).filter(|value| value.is_finite());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return (0.0, 1.0);
    }
    let wide = if high > low { (high - low) / 2.0 } else { high.abs().max(1.0) };
    (if low >= 0.0 { (low - wide).max(0.0) } else { low - wide }, high + wide)
}

/// A range around the numbers that a value is compared with, where comparisons alone read it.
fn compared(model: &Model, element: usize) -> Option<(f64, f64)> {
    let cuts = model.input.cuts.get(element)?.as_ref()?;
    let finite = || cuts.iter().copied().filter(|cut| cut.abs() < LARGE);
    let (low, high) = (finite().next().unwrap_or(0.0), finite().next_back().unwrap_or(0.0));
    let width = (high - low).max(low.abs()).max(high.abs()).max(1.0);
    Some((low - width, high + width))
}

/// Most steps of a range that decimals make.
const STEPS: f64 = (1 << 20) as f64;

/// Cuts beyond stand for no number that records have.
const LARGE: f64 = 1e15;

/// What a schema allows.
fn describe(schema: &Schema) -> anyhow::Result<Value> {
    let elements = schema.len().div_ceil(schema.packing().integers);
    Ok(json!({
        "name": schema.name,
        "digest": hex::encode(schema.digest()?),
        "elements": schema.len(),
        "bits": schema.bits(),
        "field_elements": elements,
    }))
}
