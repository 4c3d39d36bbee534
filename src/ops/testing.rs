//! One harness for the operators' tests: shape rule, float reference and normal form against the same expectation.

use super::{
    Attr, Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, planes,
    product::{Addend, Contraction},
};
use crate::{
    graph::planar::conv::accumulate,
    tensor::{DType, Fact, Tensor},
};

/// An input of a case.
pub(super) struct Input {
    tensor: Option<Tensor>,
    private: bool,
}

impl Input {
    pub(super) fn into_private(self) -> Self {
        Self { private: true, ..self }
    }

    fn operand(&self) -> Option<Operand<'_>> {
        let tensor = self.tensor.as_ref()?;
        Some(Operand { fact: tensor.fact(), constant: (!self.private).then_some(tensor) })
    }
}

pub(super) fn constant(shape: &[usize], data: &[f64]) -> Input {
    Input { tensor: Some(Tensor::new(Fact::float(shape.to_vec()), data.to_vec()).unwrap()), private: false }
}

pub(super) fn integers(shape: &[usize], data: &[i64]) -> Input {
    let data = data.iter().map(|value| *value as f64).collect();
    let fact = Fact { dtype: DType::Int, shape: shape.to_vec() };
    Input { tensor: Some(Tensor::new(fact, data).unwrap()), private: false }
}

/// A constant of an element type with these limits.
pub(super) fn of_type(limits: [f64; 2], shape: &[usize], data: &[i64]) -> Input {
    let input = integers(shape, data);
    Input { tensor: input.tensor.map(|tensor| tensor.with_limits(Some(limits))), ..input }
}

pub(super) fn private(shape: &[usize], data: &[f64]) -> Input {
    constant(shape, data).into_private()
}

pub(super) fn missing() -> Input {
    Input { tensor: None, private: false }
}

/// An operator with attributes, at the newest operator set version unless said otherwise.
#[derive(Clone)]
pub(super) struct Case {
    def: &'static OpDef,
    opset: i64,
    attrs: Vec<(&'static str, Attr)>,
}

impl Case {
    pub(super) fn new(def: &'static OpDef) -> Self {
        Self { def, opset: *super::OPSETS.end(), attrs: vec![] }
    }

    pub(super) fn opset(&self, opset: i64) -> Self {
        assert!(self.def.opsets.contains(&opset));
        Self { opset, ..self.clone() }
    }

    pub(super) fn with(&self, name: &'static str, value: Attr) -> Self {
        let mut case = self.clone();
        case.attrs.push((name, value));
        case
    }

    fn parse(&self) -> OpResult<Box<dyn Op>> {
        (self.def.parse)(Attrs::new(self.opset, self.attrs.iter().map(|(k, v)| (k.to_string(), v.clone())).collect()))
    }

    /// The shape rule gives `shape`, evaluation and normal form give `data`.
    pub(super) fn gives(&self, inputs: &[&Input], shape: &[usize], data: &[f64]) {
        assert!(self.def.inputs.contains(&inputs.len()));
        let op = self.parse().unwrap();
        let operands: Vec<_> = inputs.iter().map(|input| input.operand()).collect();
        let tensors: Vec<_> = inputs.iter().map(|input| input.tensor.as_ref()).collect();
        let facts = op.facts(Inputs(&operands)).unwrap();
        let outputs = op.eval(Inputs(&tensors)).unwrap();
        assert_eq!(facts[0].shape, shape);
        assert_eq!(facts, outputs.iter().map(|output| output.fact().clone()).collect::<Vec<_>>());
        assert_close(outputs[0].data(), data);
        if inputs.iter().any(|input| input.private) {
            let lowered = op.lower(Inputs(&operands)).unwrap();
            assert_eq!(lowered.len(), facts.len());
            assert_close(&run(&lowered[0], &tensors, &facts[0]), data);
        }
    }

    pub(super) fn unsupported(&self, inputs: &[&Input]) {
        assert!(matches!(self.error(inputs), OpError::Unsupported(reasons) if !reasons.is_empty()));
    }

    pub(super) fn shape_error(&self, inputs: &[&Input]) {
        assert!(matches!(self.error(inputs), OpError::Shape { .. }));
    }

    pub(super) fn graph_error(&self, inputs: &[&Input]) {
        assert!(matches!(self.error(inputs), OpError::Graph(_)));
    }

    fn error(&self, inputs: &[&Input]) -> OpError {
        let operands: Vec<_> = inputs.iter().map(|input| input.operand()).collect();
        self.parse()
            .and_then(|op| op.facts(Inputs(&operands)).map(|_| op))
            .and_then(|op| op.lower(Inputs(&operands)))
            .expect_err("the operator accepts this")
    }
}

fn run(lowered: &Lowered, inputs: &[Option<&Tensor>], output: &Fact) -> Vec<f64> {
    let data = |input: usize| inputs[input].unwrap().data();
    match lowered {
        Lowered::Reshape => data(0).to_vec(),
        Lowered::Affine(maps) => maps
            .iter()
            .map(|(input, map)| map.apply(data(*input)))
            .reduce(|sum, y| sum.iter().zip(y).map(|(a, b)| a + b).collect())
            .unwrap(),
        Lowered::Activation(activation) => {
            use crate::graph::chain::{FloatLayer, Matrix};
            let weights = Matrix { rows: 0, cols: 0, data: vec![] };
            let (node, op) = (String::new(), String::new());
            FloatLayer { node, op, weights, bias: vec![], activation: *activation }.activate(data(0))
        }
        Lowered::Threshold { input, negate, at, strict } => data(*input)
            .iter()
            .map(|x| if *negate { -x } else { *x })
            .map(|x| f64::from(if *strict { x > *at } else { x >= *at }))
            .collect(),
        Lowered::Map { map, bias } => {
            let (from, to) = (planes(inputs[0].unwrap().shape()), planes(&output.shape));
            let mut y: Vec<f64> = bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, to.plane())).collect();
            accumulate(map, from, data(0), &[], to, &mut y);
            y
        }
        Lowered::Gather { sources, shift } => {
            let value = |source: &Option<(u32, u32)>| source.map_or(0.0, |(x, i)| data(x as usize)[i as usize]);
            let shift = |i: usize| shift.get(i).copied().unwrap_or(0.0);
            sources.iter().enumerate().map(|(i, source)| value(source) + shift(i)).collect()
        }
        Lowered::Function(activation) => activation.apply(planes(&output.shape), data(0).to_vec()),
        Lowered::MaxPool(grid) => grid.max(data(0)),
        Lowered::Multiply { elements: [a, b] } => {
            a.iter().zip(b).map(|(a, b)| data(0)[*a as usize] * data(1)[*b as usize]).collect()
        }
        Lowered::Contract(product) => {
            let Contraction { groups, inner, rows, columns, weight, elements: [a, b], sum } = product;
            let added = match sum {
                None => vec![0.0; output.len()],
                Some(Addend::Constant(values)) => values.clone(),
                Some(Addend::Private(input, map)) => map.apply(data(*input)),
            };
            let value = |at: usize| {
                let (g, i, j) = (at / columns / rows, at / columns % rows, at % columns);
                let term = |l: usize| {
                    let (a, b) = (a[(g * inner + l) * rows + i], b[(g * inner + l) * columns + j]);
                    data(0)[a as usize] * data(1)[b as usize]
                };
                weight * (0..*inner).map(term).sum::<f64>() + added[at]
            };
            (0..groups * rows * columns).map(value).collect()
        }
        Lowered::Quantize(codes) => codes.eval(data(0)),
        Lowered::Softmax => {
            let sum: f64 = data(0).iter().map(|x| x.exp()).sum();
            data(0).iter().map(|x| x.exp() / sum).collect()
        }
    }
}

fn assert_close(got: &[f64], expected: &[f64]) {
    let close = got.len() == expected.len() && got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(close, "got {got:?}, expected {expected:?}");
}
