//! Named tensors at the ends of a network.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]

use crate::{
    codec::{Reader, Writer},
    error::Result,
};

/// A named input or output tensor.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ValueInfo {
    /// Name in the ONNX graph.
    pub name: String,
    /// Sizes in ONNX order, batch axis included (always 1).
    pub shape: Vec<usize>,
}

impl ValueInfo {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor is several values in one row or column.
    pub fn is_row(&self) -> bool {
        self.shape.iter().filter(|size| **size > 1).count() == 1
    }

    /// Whether the tensor holds no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Name and shape, as every file of ours writes them.
pub(crate) fn write_value_info(w: &mut Writer, value_info: &ValueInfo) {
    w.text(&value_info.name);
    w.size(value_info.shape.len());
    value_info.shape.iter().for_each(|size| w.size(*size));
}

/// See [`write_value_info`].
pub(crate) fn read_value_info(r: &mut Reader<'_>) -> Result<ValueInfo> {
    let name = r.text()?;
    let rank = r.size()?;
    Ok(ValueInfo { name, shape: r.many(rank, 1, Reader::size)? })
}
