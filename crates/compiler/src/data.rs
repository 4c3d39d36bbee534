//! Data sets of any kind: those that [`hushproof_core::data`] reads, NumPy's `.npy` and `.npz`, and CSV.
#![deny(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)]

mod csv;
mod npy;

use hushproof_core::{data, error::Result, graph::ValueInfo};

/// Reads DATA: rows of input values, each flat, in ONNX order. The value_info's batch axis, or one more in front,
/// counts rows. The parts of a joined tensor may come by their own names, as JSON, as arrays of a `.npz` file, or as
/// columns of a CSV file.
///
/// # Errors
/// Those of [`data::read_rows`]; `Artifact` for a damaged, unsupported or too large `.npy`, `.npz` or CSV file.
pub fn read_rows(bytes: &[u8], value_info: &ValueInfo) -> Result<Vec<Vec<f64>>> {
    if let Some(rows) = npy::read(bytes, value_info)? {
        return Ok(rows);
    }
    match csv::table(bytes) {
        Some(text) => csv::read(text, value_info),
        None => data::read_rows(bytes, value_info),
    }
}

/// The shapes of the arrays in DATA by their names, as far as the file shows them: with an axis that counts rows, if
/// the file has one. A `.npy` array has an empty name.
pub fn shapes(bytes: &[u8]) -> Vec<(String, Vec<usize>)> {
    let mut shapes = npy::shapes(bytes);
    shapes.extend(data::shapes(bytes));
    shapes
}

/// The shapes of what a tensor is, or joins, as [`shapes`] gives those of a file with one row.
pub fn shapes_of(value_info: &ValueInfo) -> Vec<(String, Vec<usize>)> {
    let one_row = |tensor: &ValueInfo| (tensor.name.clone(), std::iter::once(1).chain(tensor.shape.clone()).collect());
    if value_info.parts.is_empty() {
        return vec![one_row(value_info)];
    }
    data::parts(value_info).iter().map(one_row).collect()
}

#[cfg(test)]
mod tests;
