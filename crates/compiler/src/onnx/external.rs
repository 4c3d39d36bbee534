//! Tensors whose bytes are in files beside the model.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unreachable)]

use hushproof_core::{Error, Result};

use super::pb::{
    GraphProto, TensorProto,
    tensor_proto::{DataLocation, DataType},
};
use crate::tensor::MAX_ELEMENTS;

/// What gives ranges of files beside the model.
pub trait Files {
    /// So many bytes from an offset on of the file that the model calls `location`.
    ///
    /// # Errors
    /// The reason, as text: there is no such file, it is too short, or is not to be read.
    fn read(&self, location: &str, offset: u64, len: usize) -> std::result::Result<Vec<u8>, String>;
}

/// Most bytes of all such tensors.
const MAX_BYTES: usize = 1 << 31;

/// Puts the bytes of all tensors of a graph into it.
pub(super) fn fill(graph: &mut GraphProto, files: Option<&dyn Files>) -> Result<()> {
    let Some(files) = files else { return Ok(()) };
    let mut left = MAX_BYTES;
    fill_graph(graph, files, &mut left)
}

fn fill_graph(graph: &mut GraphProto, files: &dyn Files, left: &mut usize) -> Result<()> {
    graph.initializer.iter_mut().try_for_each(|tensor| fill_tensor(tensor, files, left))?;
    for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
        attribute.t.iter_mut().try_for_each(|tensor| fill_tensor(tensor, files, left))?;
        attribute.g.iter_mut().try_for_each(|graph| fill_graph(graph, files, left))?;
    }
    Ok(())
}

fn fill_tensor(tensor: &mut TensorProto, files: &dyn Files, left: &mut usize) -> Result<()> {
    if tensor.data_location != Some(DataLocation::External as i32) {
        return Ok(());
    }
    let refuse = |reason: String| Error::ExternalFile { tensor: tensor.name.clone(), reason };
    let entry = |key: &str| tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| &*entry.value);
    let number = |key: &str| {
        let parsed = |text: &str| text.parse::<u64>().map_err(|_| refuse(format!("its {key} is {text:?}, no number")));
        entry(key).map(parsed).transpose()
    };
    let location = entry("location").ok_or_else(|| refuse("it names no file".into()))?;
    let (offset, len) = (number("offset")?.unwrap_or(0), number("length")?);
    let expected =
        bytes(tensor).ok_or_else(|| refuse(format!("shape {:?} of no such type, or too large", tensor.dims)))?;
    if let Some(len) = len.filter(|len| usize::try_from(*len) != Ok(expected)) {
        return Err(refuse(format!("it has {len} bytes in `{location}`, its shape takes {expected}")));
    }
    *left = left.checked_sub(expected).ok_or_else(|| refuse(format!("more than {MAX_BYTES} bytes in other files")))?;
    let data = files.read(location, offset, expected).map_err(&refuse)?;
    if data.len() != expected {
        return Err(refuse(format!("`{location}` gives {} bytes of {expected}", data.len())));
    }
    tensor.raw_data = data;
    tensor.external_data.clear();
    tensor.data_location = None;
    Ok(())
}

/// Bytes of a tensor's values.
fn bytes(tensor: &TensorProto) -> Option<usize> {
    let size = match DataType::try_from(tensor.data_type).ok()? {
        DataType::Uint8 | DataType::Int8 | DataType::Bool => 1,
        DataType::Uint16 | DataType::Int16 | DataType::Float16 | DataType::Bfloat16 => 2,
        DataType::Float | DataType::Int32 | DataType::Uint32 => 4,
        DataType::Double | DataType::Int64 | DataType::Uint64 => 8,
        _ => return None,
    };
    let sizes = tensor.dims.iter().map(|size| usize::try_from(*size).ok());
    let len = sizes.fold(Some(1usize), |len, size| len?.checked_mul(size?))?;
    if len > MAX_ELEMENTS { None } else { len.checked_mul(size) }
}
