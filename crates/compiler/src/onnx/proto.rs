//! Protobuf messages to our own types. Nothing is allocated beyond a fixed multiple of the bytes given.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unreachable)]

use std::collections::{BTreeMap, HashMap, HashSet};

use hushproof_core::{Error, Result};
use prost::Message;

use super::{
    order,
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
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "for the float reference, which is native"))]
    pub(super) model: ModelProto,
    /// The graph, as [`order::order`] leaves it.
    pub(super) graph: pb::GraphProto,
    /// Version of the default operator set.
    pub(super) opset: i64,
    /// Version of the operator set of `ai.onnx.ml`.
    pub(super) ml_opset: i64,
}

/// Parses a model and orders its graph.
pub(super) fn parse(bytes: &[u8]) -> Result<Source> {
    check(message(bytes)?)
}

/// Parses a model, of whose outputs only those named are wanted, and orders its graph.
pub(super) fn parse_outputs(bytes: &[u8], names: &[String]) -> Result<Source> {
    let mut model = message(bytes)?;
    if let Some(graph) = &mut model.graph {
        let known: Vec<_> = graph.output.iter().map(|output| output.name.clone()).collect();
        if let Some(missing) = names.iter().find(|name| !known.contains(name)) {
            let reason = format!("the model has no output `{missing}`; it has {}", known.join(", "));
            return Err(Error::Option { option: "--outputs", reason });
        }
        graph.output.retain(|output| names.contains(&output.name));
    }
    check(model)
}

fn message(bytes: &[u8]) -> Result<ModelProto> {
    ModelProto::decode(bytes).map_err(|error| Error::NotOnnx { reason: error.to_string() })
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
    if !graph.sparse_initializer.is_empty() {
        let reason = "sparse initializers are not read; store the weights as dense tensors".into();
        return Err(Error::Graph { node: graph.name, reason });
    }
    order::order(&mut graph)?;
    Ok(Source { model, graph, opset, ml_opset: ml.unwrap_or(1) })
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

fn dims_text(dims: &[pb::tensor_shape_proto::Dimension]) -> String {
    let text = |dim: &pb::tensor_shape_proto::Dimension| match &dim.value {
        Some(dimension::Value::DimValue(size)) => size.to_string(),
        Some(dimension::Value::DimParam(name)) => name.clone(),
        None => "?".into(),
    };
    dims.iter().map(text).collect::<Vec<_>>().join(", ")
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
        DataType::Float | DataType::Double => DType::Float,
        DataType::Uint8 | DataType::Uint16 | DataType::Uint32 | DataType::Uint64 => DType::Int,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => DType::Int,
        DataType::Bool => DType::Bool,
        DataType::String => DType::Name,
        other => {
            let element = format!("{other:?}").to_uppercase();
            let reason = format!("element type {element} ({code}); save the model in FLOAT or DOUBLE");
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

/// Values in the typed fields; small integers share the field of INT32.
fn listed(proto: &TensorProto, data_type: DataType) -> Option<Vec<f64>> {
    Some(match data_type {
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
        if values.insert(proto.name.clone(), attr(proto, &node.name)?).is_some() {
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
