//! Sizes of the free dimensions of a model's inputs: those that are given, and those that arrays show.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unreachable)]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hushproof_core::{Error, Result};

use super::{
    ReadOptions,
    pb::{
        GraphProto, ValueInfoProto,
        tensor_shape_proto::{Dimension, dimension::Value},
        type_proto,
    },
};

/// Sizes by the names of free dimensions; of one without a name, by the name of its input, a dot and its axis.
pub type Dims = BTreeMap<String, usize>;

const OPTION: &str = "--dim";

/// Gives the free dimensions of a graph's inputs their sizes.
pub(super) fn fix(graph: &mut GraphProto, options: &ReadOptions<'_>) -> Result<()> {
    let initializers: HashSet<_> = graph.initializer.iter().map(|tensor| tensor.name.clone()).collect();
    let inputs = || graph.input.iter().filter(|input| !initializers.contains(&input.name));
    let free: BTreeSet<String> = inputs().flat_map(free).collect();
    let refuse = |reason: String| Err(Error::Option { option: OPTION, reason });
    if let Some(unknown) = options.dims.keys().find(|name| !free.contains(*name)) {
        let known = free.into_iter().collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {known}") };
        return refuse(format!("the model's inputs have no free dimension `{unknown}`; {known}"));
    }
    if let Some((name, _)) = options.dims.iter().find(|(_, size)| **size == 0) {
        return refuse(format!("`{name}` is 0, expected 1 or more"));
    }
    let mut sizes = options.dims.clone();
    let single = inputs().count() == 1;
    for input in inputs() {
        // An array without a name is the only input.
        let is_its = |name: &String| *name == input.name || (single && name.is_empty());
        if let Some((_, shape)) = options.shown.iter().find(|(name, _)| is_its(name)) {
            show(input, shape, &mut sizes);
        }
    }
    for input in graph.input.iter_mut().filter(|input| !initializers.contains(&input.name)) {
        let name = input.name.clone();
        for (axis, dim) in axes_mut(input).iter_mut().enumerate() {
            if let Some(size) = key(&name, axis, dim).and_then(|key| sizes.get(&key)) {
                dim.value = Some(Value::DimValue(i64::try_from(*size).unwrap_or(i64::MAX)));
            }
        }
    }
    Ok(())
}

/// Notes the sizes that an array shows of dimensions that are not known. It is the tensor, or rows of it: with one more
/// axis in front, or in place of a free first one.
fn show(input: &ValueInfoProto, shape: &[usize], sizes: &mut Dims) {
    let axes = axes(input);
    let shown = match shape.len().checked_sub(axes.len()) {
        Some(0) => shape,
        Some(1) => shape.get(1..).unwrap_or_default(),
        _ => return,
    };
    let rows = shown.len() == shape.len();
    for (axis, (dim, size)) in axes.iter().zip(shown).enumerate() {
        if let Some(key) = key(&input.name, axis, dim).filter(|_| *size > 0 && !(rows && axis == 0)) {
            sizes.entry(key).or_insert(*size);
        }
    }
}

/// The names of an input's free dimensions.
fn free(input: &ValueInfoProto) -> Vec<String> {
    axes(input).iter().enumerate().filter_map(|(axis, dim)| key(&input.name, axis, dim)).collect()
}

/// What a dimension is called, if it is free.
fn key(input: &str, axis: usize, dim: &Dimension) -> Option<String> {
    match &dim.value {
        Some(Value::DimValue(size)) if *size >= 0 => None,
        Some(Value::DimParam(name)) if !name.is_empty() => Some(name.clone()),
        _ => Some(format!("{input}.{axis}")),
    }
}

fn axes(input: &ValueInfoProto) -> &[Dimension] {
    match input.r#type.as_ref().and_then(|t| t.value.as_ref()) {
        Some(type_proto::Value::TensorType(tensor)) => {
            tensor.shape.as_ref().map(|shape| &shape.dim[..]).unwrap_or_default()
        }
        None => &[],
    }
}

fn axes_mut(input: &mut ValueInfoProto) -> &mut [Dimension] {
    match input.r#type.as_mut().and_then(|t| t.value.as_mut()) {
        Some(type_proto::Value::TensorType(tensor)) => {
            tensor.shape.as_mut().map(|shape| &mut shape.dim[..]).unwrap_or_default()
        }
        None => &mut [],
    }
}
