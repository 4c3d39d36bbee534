//! Named tensors at the ends of a network.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]

use std::collections::{BTreeMap, HashSet};

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
    /// The values that stand for names, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Categories>,
    /// The tensors whose values a joined one holds, one after the other; empty for a tensor of the graph.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// The names that one value stands for: value i is name i.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Categories {
    /// Flat index of the value.
    pub element: usize,
    /// Different names; none only where any is taken.
    pub names: Vec<String>,
    /// Whether any other name is taken too: the value is then the number of names.
    pub open: bool,
}

impl Categories {
    /// The value of a name; `None` for one that is not taken.
    pub fn value(&self, name: &str) -> Option<usize> {
        let known = self.names.iter().position(|known| known == name);
        known.or_else(|| self.open.then_some(self.names.len()))
    }
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
        Self::new(name, shape)
    }
}

impl ValueInfo {
    /// A tensor of the graph.
    pub fn new(name: impl Into<String>, shape: Vec<usize>) -> Self {
        Self { name: name.into(), shape, categories: Vec::new(), parts: Vec::new() }
    }

    /// Several tensors as one vector, in their order.
    pub fn joined(parts: Vec<Part>) -> Self {
        let name = Self::join(parts.iter().map(|part| part.name.as_str()));
        let len = parts.iter().map(|part| part.shape.iter().product::<usize>()).sum();
        Self { parts, ..Self::new(name, vec![1, len]) }
    }

    /// The name of several tensors as one.
    pub fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
        names.collect::<Vec<_>>().join("+")
    }

    /// The names that a value stands for, if it does.
    pub fn categories_of(&self, element: usize) -> Option<&Categories> {
        let found = self.categories.binary_search_by_key(&element, |categories| categories.element);
        found.ok().and_then(|at| self.categories.get(at))
    }

    /// The names that some of these values of the tensor stand for, by the index of the value.
    pub fn names_of(&self, values: &[f64]) -> BTreeMap<usize, &str> {
        let named = self.categories.iter().map(|categories| categories.element);
        named.filter_map(|index| Some((index, self.name_of(index, *values.get(index)?)?))).collect()
    }

    /// The name that a value stands for, if it does.
    pub fn name_of(&self, element: usize, value: f64) -> Option<&str> {
        let names = &self.categories_of(element)?.names;
        names.iter().zip(0u32..).find(|(_, index)| f64::from(*index) == value).map(|(name, _)| name.as_str())
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().fold(1, |len: usize, size| len.saturating_mul(*size))
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

/// The categories of a tensor.
pub(crate) fn write_categories(w: &mut Writer, categories: &[Categories]) {
    w.size(categories.len());
    for Categories { element, names, open } in categories {
        w.size(*element);
        w.size(names.len());
        names.iter().for_each(|name| w.text(name));
        w.u8((*open).into());
    }
}

/// See [`write_categories`]; of a tensor of `len` values.
pub(crate) fn read_categories(r: &mut Reader<'_>, len: usize) -> Result<Vec<Categories>> {
    let count = r.size()?;
    let mut next = 0;
    // Element, number of names and a flag.
    r.many(count, 3, |r| {
        let element = r.size()?;
        if element < next || element >= len {
            return Err(r.error("names of values out of order, or of one that is not there"));
        }
        next = element.saturating_add(1);
        let count = r.size()?;
        let names = r.many(count, 1, Reader::text)?;
        let different: HashSet<&String> = names.iter().collect();
        if different.len() < names.len() {
            return Err(r.error("a name of a value twice"));
        }
        let open = r.bool()?;
        if names.is_empty() && !open {
            return Err(r.error("a value of which no name is taken"));
        }
        Ok(Categories { element, names, open })
    })
}

/// A byte that says whether there are none, one or several; how many, of several; and the thresholds.
pub(crate) fn write_thresholds(w: &mut Writer, thresholds: &[f64]) {
    let several = thresholds.len() > 1;
    w.u8(u8::from(!thresholds.is_empty()) + u8::from(several));
    if several {
        w.size(thresholds.len());
    }
    thresholds.iter().for_each(|threshold| w.f64(*threshold));
}

/// See [`write_thresholds`].
pub(crate) fn read_thresholds(r: &mut Reader<'_>) -> Result<Vec<f64>> {
    let (count, several) = match r.u8()? {
        few @ (0 | 1) => (usize::from(few), false),
        2 => (r.size()?, true),
        other => return Err(r.error(format!("flag is {other}, expected 0, 1 or 2"))),
    };
    let thresholds = r.many(count, 8, Reader::f64)?;
    let ascend = thresholds.iter().all(|at| at.is_finite()) && thresholds.is_sorted_by(|a, b| a < b);
    if ascend && (several == (count > 1)) { Ok(thresholds) } else { Err(r.error("thresholds that do not ascend")) }
}
