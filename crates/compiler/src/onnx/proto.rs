//! Protobuf messages to our own types. Nothing is allocated beyond a fixed multiple of the bytes given.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unreachable)]

use std::collections::{BTreeMap, HashMap, HashSet};

use hushproof_core::{Error, Result};
use prost::Message;

use super::{
    ReadOptions, dims, external, order,
    pb::{
        self, AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
        attribute_proto::AttributeType,
        tensor_proto::{DataLocation, DataType},
        tensor_shape_proto::dimension,
        type_proto,
    },
};
use crate::{
    ops::{Attr, Attrs, Domain, OPSETS},
    tensor::{DType, Fact, Tensor},
};

/// A parsed model.
pub(super) struct Source {
    /// The model without its graph.
    pub(super) model: ModelProto,
    /// The graph, as [`order::order`] leaves it.
    pub(super) graph: pb::GraphProto,
    /// Version of the default operator set.
    pub(super) opset: i64,
    /// Version of the operator set of `ai.onnx.ml`.
    pub(super) ml_opset: i64,
    /// Number of tensors of half precision.
    pub(super) halves: usize,
}

/// Parses a model and orders its graph.
pub(super) fn parse(bytes: &[u8], options: &ReadOptions<'_>) -> Result<Source> {
    let mut model = message(bytes)?;
    if let Some(graph) = &mut model.graph {
        choose_outputs(graph, options.outputs)?;
        dims::fix(graph, options)?;
        external::fill(graph, options.files)?;
    }
    check(model)
}

/// Leaves those outputs that are wanted: of the model, in its order, then of its nodes.
fn choose_outputs(graph: &mut pb::GraphProto, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let of_model: Vec<_> = graph.output.iter().map(|output| output.name.clone()).collect();
    let is_inner = |name: &String| graph.node.iter().any(|node| node.output.contains(name));
    if let Some(missing) = names.iter().find(|name| !of_model.contains(name) && !is_inner(name)) {
        let reason = format!(
            "the model has no output `{missing}`, nor a tensor inside; its outputs are {}",
            of_model.join(", ")
        );
        return Err(Error::Option { option: "--outputs", reason });
    }
    graph.output.retain(|output| names.contains(&output.name));
    let mut inner: Vec<&String> = vec![];
    names.iter().filter(|name| !of_model.contains(name)).for_each(|name| {
        if !inner.contains(&name) {
            inner.push(name);
        }
    });
    graph.output.extend(inner.into_iter().map(|name| ValueInfoProto { name: name.clone(), r#type: None }));
    Ok(())
}

fn message(bytes: &[u8]) -> Result<ModelProto> {
    let not_onnx = |reason: String| Error::NotOnnx { reason: foreign(bytes).map_or(reason, str::to_owned) };
    let model = ModelProto::decode(bytes).map_err(|error| not_onnx(error.to_string()))?;
    if model.graph.is_none() {
        return Err(not_onnx("it holds no graph".into()));
    }
    Ok(model)
}

/// What bytes are that are often taken for a model, and what to do.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.get(..256).unwrap_or(bytes).trim_ascii_start().to_ascii_lowercase();
    let starts = |with: &[&[u8]]| with.iter().any(|with| text.starts_with(with));
    Some(match bytes {
        [] => "the file is empty",
        _ if bytes.starts_with(b"version https://git-lfs.github.com/spec/") => {
            "a Git LFS pointer, which stands for the model; fetch the file itself with `git lfs pull`"
        }
        _ if starts(&[b"<!doctype html", b"<html", b"<!--"]) => {
            "an HTML page, as sites show in place of a file; download the file itself (on GitHub, the raw one)"
        }
        _ if bytes.starts_with(b"PK\x03\x04") => {
            "a zip archive, as PyTorch and Keras save their own models; export the model with torch.onnx.export or tf2onnx"
        }
        _ if bytes.starts_with(b"\x89HDF") => "an HDF5 file, as Keras saves its models; export the model with tf2onnx",
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => "a TensorFlow Lite model; convert it with tf2onnx",
        [_, _, _, _, b'O', b'R', b'T', b'M', ..] => {
            "a model in ONNX Runtime's own format; take the .onnx file it was made from"
        }
        _ => return None,
    })
}

/// Checks what precedes the meaning of the nodes, and orders the graph.
pub(super) fn check(mut model: ModelProto) -> Result<Source> {
    let not_onnx = |reason: String| Error::NotOnnx { reason };
    let mut graph = model.graph.take().ok_or_else(|| not_onnx("it holds no graph".into()))?;
    let of = |domain: Domain| {
        let sets = model.opset_import.iter().filter(move |set| Domain::named(&set.domain) == Some(domain));
        sets.map(|set| set.version)
    };
    let mut opsets = of(Domain::Default);
    // The list need only name the domains of the graph's nodes.
    let opset = match opsets.next() {
        Some(opset) => opset,
        None if of(Domain::Ml).next().is_some() && !uses(&graph, Domain::Default) => *OPSETS.end(),
        None => return Err(not_onnx("it names no version of the default operator set".into())),
    };
    if !OPSETS.contains(&opset) || opsets.any(|other| other != opset) {
        let (first, last) = OPSETS.into_inner();
        return Err(not_onnx(format!("it uses operator set {opset}; one of {first} to {last} is read")));
    }
    let ml = of(Domain::Ml).next();
    for tensor in &graph.initializer {
        check_inline(tensor, &tensor.name)?;
    }
    let halves = halves(&graph);
    if !graph.sparse_initializer.is_empty() {
        let reason = "sparse initializers are not read; store the weights as dense tensors".into();
        return Err(Error::Graph { node: graph.name, reason });
    }
    order::order(&mut graph)?;
    Ok(Source { model, graph, opset, ml_opset: ml.unwrap_or(1), halves })
}

/// Number of tensors of half precision, constants and inputs, also of graphs inside nodes.
fn halves(graph: &pb::GraphProto) -> usize {
    let is_half = |data_type: i32| data_type == DataType::Float16 as i32 || data_type == DataType::Bfloat16 as i32;
    let attributes = || graph.node.iter().flat_map(|node| &node.attribute);
    let tensors = graph.initializer.iter().chain(attributes().filter_map(|attribute| attribute.t.as_ref()));
    let inner = attributes().filter_map(|attribute| attribute.g.as_ref()).map(halves);
    let inputs = graph.input.iter().filter_map(element).filter(|element| is_half(*element as i32)).count();
    inner.fold(tensors.filter(|tensor| is_half(tensor.data_type)).count().saturating_add(inputs), usize::saturating_add)
}

/// Whether a node of a graph, or of one inside it, is of a domain.
fn uses(graph: &pb::GraphProto, domain: Domain) -> bool {
    graph.node.iter().any(|node| {
        let inside = || node.attribute.iter().filter_map(|attribute| attribute.g.as_ref());
        Domain::named(&node.domain) == Some(domain) || inside().any(|graph| uses(graph, domain))
    })
}

/// The different strings of a tensor of strings, in their order.
pub(super) fn names(proto: &TensorProto) -> Option<Vec<String>> {
    let mut seen = HashSet::new();
    let all = proto.string_data.iter().map(|text| String::from_utf8_lossy(text).into_owned());
    (proto.data_type == DataType::String as i32).then(|| all.filter(|name| seen.insert(name.clone())).collect())
}

/// Whether a graph input holds numbers in double precision.
pub(super) fn is_double(input: &ValueInfoProto) -> bool {
    let value = input.r#type.as_ref().and_then(|t| t.value.as_ref());
    matches!(value, Some(type_proto::Value::TensorType(tensor)) if tensor.elem_type == DataType::Double as i32)
}

/// Element kind and shape of a graph input; a leading free axis becomes 1.
pub(super) fn input_fact(input: &ValueInfoProto) -> Result<Fact> {
    let name = &input.name;
    let Some(type_proto::Value::TensorType(tensor)) = input.r#type.as_ref().and_then(|t| t.value.as_ref()) else {
        return Err(Error::Graph { node: name.clone(), reason: "the input is not a tensor".into() });
    };
    let dtype = dtype(tensor.elem_type, name)?.0;
    let Some(dims) = tensor.shape.as_ref().map(|shape| &shape.dim) else {
        return Err(Error::DynamicShape { input: name.clone(), shape: "unknown".into() });
    };
    let size = |(axis, dim): (usize, &pb::tensor_shape_proto::Dimension)| match dim.value {
        Some(dimension::Value::DimValue(size)) if size >= 0 => usize::try_from(size).ok(),
        // The batch, of a dimension that no size was given for.
        _ if axis == 0 => Some(1),
        _ => None,
    };
    match dims.iter().enumerate().map(size).collect() {
        Some(shape) => Ok(Fact { dtype, shape }),
        None => Err(Error::DynamicShape { input: name.clone(), shape: format!("[{}]", dims_text(dims)) }),
    }
}

/// Least and largest value of a graph input of bytes or truth values.
pub(super) fn input_range(input: &ValueInfoProto) -> Option<[f64; 2]> {
    match element(input)? {
        DataType::Bool => Some([0.0, 1.0]),
        bytes @ (DataType::Uint8 | DataType::Int8) => limits(bytes),
        _ => None,
    }
}

/// Least and largest value of a graph input's element type, where it is an integer of at most 16 bits.
pub(super) fn input_limits(input: &ValueInfoProto) -> Option<[f64; 2]> {
    limits(element(input)?)
}

fn element(input: &ValueInfoProto) -> Option<DataType> {
    let type_proto::Value::TensorType(tensor) = input.r#type.as_ref()?.value.as_ref()?;
    DataType::try_from(tensor.elem_type).ok()
}

fn limits(data_type: DataType) -> Option<[f64; 2]> {
    match data_type {
        DataType::Uint8 => Some([u8::MIN.into(), u8::MAX.into()]),
        DataType::Int8 => Some([i8::MIN.into(), i8::MAX.into()]),
        DataType::Uint16 => Some([u16::MIN.into(), u16::MAX.into()]),
        DataType::Int16 => Some([i16::MIN.into(), i16::MAX.into()]),
        _ => None,
    }
}

pub(super) fn dims_text(dims: &[pb::tensor_shape_proto::Dimension]) -> String {
    let text = |dim: &pb::tensor_shape_proto::Dimension| match &dim.value {
        Some(dimension::Value::DimValue(size)) => size.to_string(),
        Some(dimension::Value::DimParam(name)) => name.clone(),
        None => "?".into(),
    };
    dims.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// The value of a tensor, which may have no elements; see [`tensor`].
pub(super) fn any_tensor(proto: &TensorProto, name: &str) -> Result<Tensor> {
    if !proto.dims.contains(&0) {
        return tensor(proto, name);
    }
    let shape = proto.dims.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<Vec<_>>>();
    let dtype = dtype(proto.data_type, name)?.0;
    let empty = shape.and_then(|shape| Tensor::new(Fact { dtype, shape }, vec![]));
    empty.ok_or_else(|| Error::Graph { node: name.into(), reason: format!("shape {:?}", proto.dims) })
}

/// The value of a tensor; every element a finite number, infinite ones the largest of single precision.
pub(super) fn tensor(proto: &TensorProto, name: &str) -> Result<Tensor> {
    check_inline(proto, name)?;
    let graph = |reason: String| Error::Graph { node: name.into(), reason };
    let (dtype, data_type) = dtype(proto.data_type, name)?;
    let shape = proto.dims.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<Vec<_>>>();
    let fact = shape.map(|shape| Fact { dtype, shape }).filter(|fact| fact.checked_len().is_some());
    let fact = fact.ok_or_else(|| graph(format!("shape {:?} has an empty axis or is too large", proto.dims)))?;
    let data = if proto.raw_data.is_empty() { listed(proto, data_type) } else { raw(&proto.raw_data, data_type) };
    if data.iter().flatten().any(|value| value.is_nan()) {
        return Err(graph("holds NaN; weights must be numbers".into()));
    }
    // Masks and bounds without a limit.
    let finite = |value: f64| value.clamp(-f64::from(f32::MAX), f64::from(f32::MAX));
    let data = match data {
        Some(data) if data.iter().any(|value| value.is_infinite()) => Some(data.into_iter().map(finite).collect()),
        data => data,
    };
    let shape = fact.shape.clone();
    let data = data.and_then(|data| Tensor::new(fact, data));
    data.map(|tensor| tensor.with_limits(limits(data_type)))
        .ok_or_else(|| graph(format!("its data does not fit shape {shape:?}")))
}

fn check_inline(proto: &TensorProto, name: &str) -> Result<()> {
    if proto.data_location == Some(DataLocation::External as i32) || !proto.external_data.is_empty() {
        return Err(Error::ExternalData { tensor: name.into() });
    }
    Ok(())
}

fn dtype(code: i32, name: &str) -> Result<(DType, DataType)> {
    let data_type = DataType::try_from(code).unwrap_or(DataType::Undefined);
    let dtype = match data_type {
        DataType::Float | DataType::Double | DataType::Float16 | DataType::Bfloat16 => DType::Float,
        DataType::Uint8 | DataType::Uint16 | DataType::Uint32 | DataType::Uint64 => DType::Int,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => DType::Int,
        DataType::Bool => DType::Bool,
        DataType::String => DType::Name,
        other => {
            let element = format!("{other:?}").to_uppercase();
            let reason =
                format!("element type {element} ({code}); save the model in FLOAT, FLOAT16, BFLOAT16 or DOUBLE");
            return Err(Error::Graph { node: name.into(), reason });
        }
    };
    Ok((dtype, data_type))
}

/// Little-endian values; [`None`] if the bytes end within one.
fn raw(bytes: &[u8], data_type: DataType) -> Option<Vec<f64>> {
    match data_type {
        DataType::Float => chunks(bytes, |b| f32::from_le_bytes(b).into()),
        DataType::Double => chunks(bytes, f64::from_le_bytes),
        DataType::Float16 => chunks(bytes, |b| half(u16::from_le_bytes(b))),
        DataType::Bfloat16 => chunks(bytes, |b| brain(u16::from_le_bytes(b))),
        DataType::Uint8 => chunks(bytes, |b| u8::from_le_bytes(b).into()),
        DataType::Uint16 => chunks(bytes, |b| u16::from_le_bytes(b).into()),
        DataType::Uint32 => chunks(bytes, |b| u32::from_le_bytes(b).into()),
        DataType::Uint64 => chunks(bytes, |b| u64::from_le_bytes(b) as f64),
        DataType::Int8 => chunks(bytes, |b| i8::from_le_bytes(b).into()),
        DataType::Int16 => chunks(bytes, |b| i16::from_le_bytes(b).into()),
        DataType::Int32 => chunks(bytes, |b| i32::from_le_bytes(b).into()),
        DataType::Int64 => chunks(bytes, |b| i64::from_le_bytes(b) as f64),
        DataType::Bool => chunks(bytes, |[b]: [u8; 1]| (b != 0).into()),
        _ => None,
    }
}

fn chunks<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Option<Vec<f64>> {
    let (chunks, rest) = bytes.as_chunks::<N>();
    rest.is_empty().then(|| chunks.iter().map(|chunk| value(*chunk)).collect())
}

/// The value of a number of half precision.
fn half(bits: u16) -> f64 {
    let (word, fraction) = (u32::from(bits), bits & 0x3ff);
    let sign = word >> 15 << 31;
    let magnitude = match word >> 10 & 0x1f {
        // A multiple of 2^−24.
        0 => f64::from(fraction) * f64::from(f32::from_bits(103 << 23)),
        31 => f64::from(f32::from_bits(0xff << 23 | u32::from(fraction))),
        exponent => f64::from(f32::from_bits(exponent.saturating_add(112) << 23 | u32::from(fraction) << 13)),
    };
    if sign == 0 { magnitude } else { -magnitude }
}

/// The value of a number of BFLOAT16: the upper half of one of single precision.
fn brain(bits: u16) -> f64 {
    f32::from_bits(u32::from(bits) << 16).into()
}

/// Values in the typed fields; small integers, and the bits of half precision, share the field of INT32.
fn listed(proto: &TensorProto, data_type: DataType) -> Option<Vec<f64>> {
    let bits =
        |value: fn(u16) -> f64| proto.int32_data.iter().map(|bits| u16::try_from(*bits).ok().map(value)).collect();
    Some(match data_type {
        DataType::Float16 => return bits(half),
        DataType::Bfloat16 => return bits(brain),
        DataType::Float => proto.float_data.iter().map(|value| (*value).into()).collect(),
        DataType::Double => proto.double_data.clone(),
        DataType::Int64 => proto.int64_data.iter().map(|value| *value as f64).collect(),
        DataType::Uint32 | DataType::Uint64 => proto.uint64_data.iter().map(|value| *value as f64).collect(),
        DataType::Bool => proto.int32_data.iter().map(|value| (*value != 0).into()).collect(),
        DataType::String => {
            // The place of each among the different ones, which are fewer than a tensor may have values.
            let mut numbers = HashMap::new();
            let number = |text| {
                let next = numbers.len() as f64;
                *numbers.entry(text).or_insert(next)
            };
            proto.string_data.iter().map(number).collect()
        }
        DataType::Int32 | DataType::Int16 | DataType::Int8 | DataType::Uint16 | DataType::Uint8 => {
            proto.int32_data.iter().map(|value| (*value).into()).collect()
        }
        _ => return None,
    })
}

/// The attributes of a node.
pub(super) fn attrs(node: &NodeProto, opset: i64) -> Result<Attrs> {
    let mut values = BTreeMap::new();
    for proto in &node.attribute {
        let value = match (&proto.t, AttributeType::try_from(proto.r#type)) {
            // Alone it may be an empty list.
            (Some(value), Ok(AttributeType::Tensor)) if node.op_type == "Constant" => {
                Attr::Tensor(any_tensor(value, &node.name)?)
            }
            _ => attr(proto, &node.name)?,
        };
        if values.insert(proto.name.clone(), value).is_some() {
            let reason = format!("attribute `{}` is given twice", proto.name);
            return Err(Error::Graph { node: node.name.clone(), reason });
        }
    }
    Ok(Attrs::new(opset, values))
}

fn attr(proto: &AttributeProto, node: &str) -> Result<Attr> {
    Ok(match (AttributeType::try_from(proto.r#type), &proto.t) {
        (Ok(AttributeType::Int), _) => Attr::Int(proto.i),
        (Ok(AttributeType::Float), _) => Attr::Float(proto.f.into()),
        (Ok(AttributeType::Ints), _) => Attr::Ints(proto.ints.clone()),
        (Ok(AttributeType::Floats), _) => Attr::Floats(proto.floats.iter().map(|value| (*value).into()).collect()),
        (Ok(AttributeType::String), _) => Attr::Text(String::from_utf8_lossy(&proto.s).into_owned()),
        (Ok(AttributeType::Strings), _) => {
            Attr::Texts(proto.strings.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect())
        }
        (Ok(AttributeType::Tensor), Some(value)) if value.data_type == DataType::String as i32 => {
            Attr::Texts(value.string_data.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect())
        }
        (Ok(AttributeType::Tensor), Some(value)) => Attr::Tensor(tensor(value, node)?),
        _ => Attr::Other,
    })
}

#[cfg(test)]
mod tests;
