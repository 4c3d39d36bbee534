//! A test as ONNX stores it: a model, and files of what goes in and must come out.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use prost::Message;
use tract_onnx::pb::{ModelProto, TensorProto, TypeProto, tensor_proto::DataType, type_proto};

/// A model with its vectors.
pub(crate) struct Case {
    pub(crate) model: ModelProto,
    pub(crate) vectors: Vec<Vector>,
}

/// What goes in and must come out, in the order of the model's inputs and outputs.
pub(crate) struct Vector {
    pub(crate) inputs: Vec<TensorProto>,
    pub(crate) outputs: Vec<TensorProto>,
}

impl Case {
    /// Reads the folder of a test.
    ///
    /// # Errors
    /// If a file cannot be read, or holds something else than a model or a tensor.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let model = model(folder)?;
        let graph = model.graph.as_ref().context("the model has no graph")?;
        let (inputs, outputs) = (graph.input.len(), graph.output.len());
        let types = graph.input.iter().chain(&graph.output).map(|value| &value.r#type);
        if !types.clone().all(is_tensor) {
            bail!("an input or output is a sequence or optional, not a tensor");
        }
        let mut vectors = vec![];
        for set in data_sets(folder)? {
            let tensors = |kind: &str, count: usize| {
                (0..count).map(|i| tensor(&set.join(format!("{kind}_{i}.pb")))).collect::<Result<Vec<_>>>()
            };
            vectors.push(Vector { inputs: tensors("input", inputs)?, outputs: tensors("output", outputs)? });
        }
        if vectors.is_empty() {
            bail!("no vector");
        }
        Ok(Self { model, vectors })
    }
}

/// The bytes of a model that was parsed.
pub(crate) fn bytes(model: &ModelProto) -> Vec<u8> {
    model.encode_to_vec()
}

/// The model of a test.
///
/// # Errors
/// If its file cannot be read or is no model.
pub(crate) fn model(folder: &Path) -> Result<ModelProto> {
    Ok(ModelProto::decode(&fs::read(folder.join("model.onnx")).context("no model.onnx")?[..])?)
}

/// The operators of a model, each once, in order; those of other domains with the domain.
pub(crate) fn operators(model: &ModelProto) -> Vec<String> {
    let nodes = model.graph.iter().flat_map(|graph| &graph.node);
    let mut all: Vec<String> = nodes
        .map(|node| match node.domain.as_str() {
            "" | "ai.onnx" => node.op_type.clone(),
            domain => format!("{domain}.{}", node.op_type),
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Whether the values of a tensor are integers or truth values.
pub(crate) const fn is_exact(tensor: &TensorProto) -> bool {
    !matches!(tensor.data_type, FLOAT | DOUBLE)
}

const FLOAT: i32 = DataType::Float as i32;
const DOUBLE: i32 = DataType::Double as i32;

/// Whether a tensor has no values.
pub(crate) fn is_empty(tensor: &TensorProto) -> bool {
    tensor.dims.contains(&0)
}

/// The values of a tensor in order.
///
/// # Errors
/// If they are no numbers, or none that are finite; the message says what they are.
pub(crate) fn values(tensor: &TensorProto) -> Result<Vec<f64>> {
    let raw = &tensor.raw_data[..];
    let kind = DataType::try_from(tensor.data_type).unwrap_or(DataType::Undefined);
    let values: Vec<f64> = match kind {
        DataType::Float if raw.is_empty() => tensor.float_data.iter().map(|x| f64::from(*x)).collect(),
        DataType::Double if raw.is_empty() => tensor.double_data.clone(),
        DataType::Int64 if raw.is_empty() => tensor.int64_data.iter().map(|x| *x as f64).collect(),
        DataType::Uint32 | DataType::Uint64 if raw.is_empty() => tensor.uint64_data.iter().map(|x| *x as f64).collect(),
        DataType::Bool | DataType::Int32 | DataType::Int16 | DataType::Int8 | DataType::Uint16 | DataType::Uint8
            if raw.is_empty() =>
        {
            tensor.int32_data.iter().map(|x| f64::from(*x)).collect()
        }
        DataType::Float => chunks(raw, |b| f32::from_le_bytes(b).into()),
        DataType::Double => chunks(raw, f64::from_le_bytes),
        DataType::Int64 => chunks(raw, |b| i64::from_le_bytes(b) as f64),
        DataType::Uint64 => chunks(raw, |b| u64::from_le_bytes(b) as f64),
        DataType::Int32 => chunks(raw, |b| i32::from_le_bytes(b).into()),
        DataType::Uint32 => chunks(raw, |b| u32::from_le_bytes(b).into()),
        DataType::Int16 => chunks(raw, |b| i16::from_le_bytes(b).into()),
        DataType::Uint16 => chunks(raw, |b| u16::from_le_bytes(b).into()),
        DataType::Int8 => chunks(raw, |b| i8::from_le_bytes(b).into()),
        DataType::Uint8 => chunks(raw, |b| u8::from_le_bytes(b).into()),
        DataType::Bool => chunks(raw, |[b]: [u8; 1]| (b != 0).into()),
        other => bail!("values of type {}", other.as_str_name()),
    };
    if values.iter().any(|value| !value.is_finite()) {
        bail!("values that are not finite");
    }
    let len = tensor.dims.iter().map(|size| usize::try_from(*size).unwrap_or(0)).product::<usize>();
    if len != values.len() {
        bail!("a tensor of shape {:?} holds {} values", tensor.dims, values.len());
    }
    Ok(values)
}

fn chunks<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| value(*chunk)).collect()
}

fn tensor(path: &Path) -> Result<TensorProto> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    TensorProto::decode(&bytes[..]).with_context(|| format!("{} is no tensor", path.display()))
}

fn is_tensor(r#type: &Option<TypeProto>) -> bool {
    matches!(r#type.as_ref().and_then(|t| t.value.as_ref()), Some(type_proto::Value::TensorType(_)))
}

fn data_sets(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut sets: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    sets.sort();
    Ok(sets)
}
