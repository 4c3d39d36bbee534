//! Data sets of any kind: those that [`hushproof_core::data`] reads, and NumPy's `.npy` and `.npz`.
#![deny(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)]

mod npy;

use hushproof_core::{data, error::Result, graph::ValueInfo};

/// Reads DATA: rows of input values, each flat, in ONNX order. The value_info's batch axis, or one more in front,
/// counts rows.
///
/// # Errors
/// Those of [`data::read_rows`]; `Artifact` for a damaged, unsupported or too large `.npy` or `.npz` file.
pub fn read_rows(bytes: &[u8], value_info: &ValueInfo) -> Result<Vec<Vec<f64>>> {
    match npy::read(bytes, value_info)? {
        Some(array) => array.into_rows(value_info),
        None => data::read_rows(bytes, value_info),
    }
}

#[cfg(test)]
mod tests;
