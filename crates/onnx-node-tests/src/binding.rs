//! Which inputs of a test are constants.
//!
//! The tests give everything as inputs of the graph: also shapes, axes, indices and weights, which are constants in the
//! models that people have. So a test that is refused with all its inputs private is tried with some of them as
//! initializers.

use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};

use crate::case::{self, Vector};

/// A way to give a test's inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    /// Whether each input is a constant.
    pub(crate) constant: Vec<bool>,
    /// Whether a private zero is added to every output, which then depends on nothing else that is private.
    pub(crate) zero: bool,
}

impl Binding {
    /// The ways to try, in order: each input private, then the integers constant, then all but one, then all.
    pub(crate) fn all(vector: &Vector) -> Vec<Self> {
        let count = vector.inputs.len();
        let but = |private: usize| (0..count).map(|i| i != private).collect::<Vec<_>>();
        let mut constants = vec![vec![false; count]];
        constants.push(vector.inputs.iter().enumerate().map(|(i, x)| i > 0 && case::is_exact(x)).collect());
        constants.extend((0..count).map(but));
        // An empty input is one that is left out.
        for constant in &mut constants {
            constant.iter_mut().zip(&vector.inputs).for_each(|(constant, x)| *constant |= case::is_empty(x));
        }
        constants.retain(|constant| constant.contains(&false));
        let mut all: Vec<Self> = vec![];
        for constant in constants {
            let binding = Self { constant, zero: false };
            if !all.contains(&binding) {
                all.push(binding);
            }
        }
        all.push(Self { constant: vec![true; count], zero: true });
        all
    }

    /// The names of the constants.
    pub(crate) fn names<'a>(&'a self, graph: &'a GraphProto) -> impl Iterator<Item = &'a str> {
        graph.input.iter().zip(&self.constant).filter(|(_, constant)| **constant).map(|(input, _)| input.name.as_str())
    }

    /// The model with its inputs bound so, and the values of those that are private, by name.
    pub(crate) fn apply(&self, model: &ModelProto, vector: &Vector) -> (ModelProto, Vec<(String, TensorProto)>) {
        let mut model = model.clone();
        let Some(graph) = &mut model.graph else { return (model, vec![]) };
        let inputs = std::mem::take(&mut graph.input);
        let mut private = vec![];
        for ((input, tensor), constant) in inputs.into_iter().zip(&vector.inputs).zip(&self.constant) {
            let tensor = TensorProto { name: input.name.clone(), ..tensor.clone() };
            if *constant {
                graph.initializer.push(tensor);
            } else {
                private.push((input.name.clone(), tensor));
                graph.input.push(input);
            }
        }
        if self.zero {
            for (i, output) in vector.outputs.iter().enumerate() {
                let zero = zero(i, output);
                graph.input.push(value(&zero.name, &zero.dims));
                add(graph, i, &zero.name);
                private.push((zero.name.clone(), zero));
            }
        }
        (model, private)
    }
}

fn zero(i: usize, like: &TensorProto) -> TensorProto {
    let len = like.dims.iter().map(|size| usize::try_from(*size).unwrap_or(0)).product();
    TensorProto {
        name: format!("zero_{i}"),
        dims: like.dims.clone(),
        data_type: DataType::Float as i32,
        float_data: vec![0.0; len],
        ..Default::default()
    }
}

fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = |size: &i64| Dimension { value: Some(dimension::Value::DimValue(*size)), ..Default::default() };
    let shape = Some(TensorShapeProto { dim: dims.iter().map(dim).collect() });
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape };
    let r#type = Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..Default::default() });
    ValueInfoProto { name: name.into(), r#type, ..Default::default() }
}

/// Replaces output `i` by its sum with a tensor of real numbers.
fn add(graph: &mut GraphProto, i: usize, other: &str) {
    let Some(output) = graph.output.get_mut(i) else { return };
    let (real, sum) = (format!("real_{i}"), format!("sum_{i}"));
    let to = AttributeProto {
        name: "to".into(),
        r#type: AttributeType::Int as i32,
        i: DataType::Float as i64,
        ..Default::default()
    };
    graph.node.push(NodeProto { attribute: vec![to], ..node("Cast", &[&output.name], &real) });
    graph.node.push(node("Add", &[&real, other], &sum));
    *output = value(&sum, &[]);
}

fn node(op: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        name: output.into(),
        op_type: op.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        ..Default::default()
    }
}
