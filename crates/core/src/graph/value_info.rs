//! Named tensors at the ends of a network.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]

use std::collections::HashSet;

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
    /// The values that stand for names, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Categories>,
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

impl ValueInfo {
    /// A tensor of numbers.
    pub const fn new(name: String, shape: Vec<usize>) -> Self {
        Self { name, shape, categories: Vec::new() }
    }

    /// The names that a value stands for, if it does.
    pub fn categories_of(&self, element: usize) -> Option<&Categories> {
        let found = self.categories.binary_search_by_key(&element, |categories| categories.element);
        found.ok().and_then(|at| self.categories.get(at))
    }

    /// The name that a value stands for, if it does.
    pub fn name_of(&self, element: usize, value: f64) -> Option<&str> {
        let names = &self.categories_of(element)?.names;
        names.iter().zip(0u32..).find(|(_, index)| f64::from(*index) == value).map(|(name, _)| name.as_str())
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
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
    Ok(ValueInfo::new(name, r.many(rank, 1, Reader::size)?))
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
