//! Named tensors at the ends of a network.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]

use super::ensure;
use crate::{
    codec::{Reader, Writer},
    error::Result,
};

/// Fewest bytes of a tensor: the lengths of its name and of its shape.
const MIN_BYTES: usize = 2;

/// A named input or output tensor.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ValueInfo {
    /// Name in the ONNX graph; of a joined tensor, those of its parts with `+` between them.
    pub name: String,
    /// Sizes in ONNX order, batch axis included (always 1).
    pub shape: Vec<usize>,
    /// The tensors whose values a joined one holds, one after the other; empty for a tensor of the graph.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A tensor of the graph that is part of a joined one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Part {
    /// Name in the ONNX graph.
    pub name: String,
    /// Sizes in ONNX order.
    pub shape: Vec<usize>,
}

impl From<Part> for ValueInfo {
    fn from(Part { name, shape }: Part) -> Self {
        Self { name, shape, parts: Vec::new() }
    }
}

impl ValueInfo {
    /// A tensor of the graph.
    pub fn new(name: impl Into<String>, shape: Vec<usize>) -> Self {
        Self { name: name.into(), shape, parts: Vec::new() }
    }

    /// Several tensors as one vector, in their order.
    pub fn joined(parts: Vec<Part>) -> Self {
        let len = parts.iter().map(|part| part.shape.iter().product::<usize>()).sum();
        Self { name: Self::join(parts.iter().map(|part| part.name.as_str())), shape: vec![1, len], parts }
    }

    /// The name of several tensors as one.
    pub fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
        names.collect::<Vec<_>>().join("+")
    }

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

    /// Checks that parts, where there are some, are several, none of them empty, and make up this tensor.
    pub(crate) fn check_parts(&self) -> Result<()> {
        let mut lens = self.parts.iter().map(|part| super::elements(&part.shape).filter(|len| *len > 0));
        let sum = lens.try_fold(0usize, |sum, len| sum.checked_add(len?));
        let names = Self::join(self.parts.iter().map(|part| part.name.as_str()));
        let several = self.parts.len() > 1 && names == self.name && sum == super::elements(&self.shape);
        ensure(self.parts.is_empty() || several, || format!("parts that do not make up `{}`", self.name))
    }
}

/// Name and shape, as every file of ours writes them.
pub(crate) fn write_value_info(w: &mut Writer, ValueInfo { name, shape, .. }: &ValueInfo) {
    write_tensor(w, name, shape);
}

/// See [`write_value_info`].
pub(crate) fn read_value_info(r: &mut Reader<'_>) -> Result<ValueInfo> {
    read_part(r).map(ValueInfo::from)
}

/// The parts of a joined tensor.
pub(crate) fn write_parts(w: &mut Writer, parts: &[Part]) {
    w.size(parts.len());
    parts.iter().for_each(|Part { name, shape }| write_tensor(w, name, shape));
}

/// See [`write_parts`].
pub(crate) fn read_parts(r: &mut Reader<'_>) -> Result<Vec<Part>> {
    let count = r.size()?;
    r.many(count, MIN_BYTES, read_part)
}

fn write_tensor(w: &mut Writer, name: &str, shape: &[usize]) {
    w.text(name);
    w.size(shape.len());
    shape.iter().for_each(|size| w.size(*size));
}

fn read_part(r: &mut Reader<'_>) -> Result<Part> {
    let name = r.text()?;
    let rank = r.size()?;
    Ok(Part { name, shape: r.many(rank, 1, Reader::size)? })
}
