//! One harness for the operators' tests: shape rule, float reference and normal form against the same expectation.

use std::{collections::HashMap, sync::Arc};

use hushproof_core::graph::{FloatActivation, conv::accumulate};

use crate::{
    ops::{
        Addend, Attr, Attrs, Contraction, Def, Ending, Id, Inputs, Lowered, Mask, Nodes, Op, OpError, OpResult,
        Operand, RewriteDef, Rewriter, op::OpDef, planes,
    },
    tensor::{DType, Fact, Tensor},
};

/// An input of a case.
pub(in crate::ops) struct Input {
    tensor: Option<Tensor>,
    private: bool,
}

impl Input {
    pub(in crate::ops) fn into_private(self) -> Self {
        Self { private: true, ..self }
    }

    fn operand(&self) -> Option<Operand<'_>> {
        let tensor = self.tensor.as_ref()?;
        Some(Operand { fact: tensor.fact(), constant: (!self.private).then_some(tensor) })
    }
}

pub(in crate::ops) fn constant(shape: &[usize], data: &[f64]) -> Input {
    Input { tensor: Some(Tensor::new(Fact::float(shape.to_vec()), data.to_vec()).unwrap()), private: false }
}

pub(in crate::ops) fn integers(shape: &[usize], data: &[i64]) -> Input {
    let data = data.iter().map(|value| *value as f64).collect();
    let fact = Fact { dtype: DType::Int, shape: shape.to_vec() };
    Input { tensor: Some(Tensor::new(fact, data).unwrap()), private: false }
}

pub(in crate::ops) fn truths(shape: &[usize], data: &[i64]) -> Input {
    let Input { tensor, private } = integers(shape, data);
    let fact = Fact { dtype: DType::Bool, shape: shape.to_vec() };
    Input { tensor: tensor.and_then(|tensor| Tensor::new(fact, tensor.into_data())), private }
}

/// A constant of an element type with these limits.
pub(in crate::ops) fn of_type(limits: [f64; 2], shape: &[usize], data: &[i64]) -> Input {
    let input = integers(shape, data);
    Input { tensor: input.tensor.map(|tensor| tensor.with_limits(Some(limits))), ..input }
}

pub(in crate::ops) fn private(shape: &[usize], data: &[f64]) -> Input {
    constant(shape, data).into_private()
}

pub(in crate::ops) fn missing() -> Input {
    Input { tensor: None, private: false }
}

/// An operator with attributes, at the newest operator set version unless said otherwise.
#[derive(Clone)]
pub(in crate::ops) struct Case {
    def: Def,
    opset: i64,
    attrs: Vec<(&'static str, Attr)>,
}

impl Case {
    pub(in crate::ops) fn new(def: impl Into<Def>) -> Self {
        Self { def: def.into(), opset: *crate::ops::OPSETS.end(), attrs: vec![] }
    }

    pub(in crate::ops) fn opset(&self, opset: i64) -> Self {
        assert!(self.def.opsets().contains(&opset));
        Self { opset, ..self.clone() }
    }

    pub(in crate::ops) fn with(&self, name: &'static str, value: Attr) -> Self {
        let mut case = self.clone();
        case.attrs.push((name, value));
        case
    }

    fn attrs(&self) -> Attrs {
        Attrs::new(self.opset, self.attrs.iter().map(|(k, v)| (k.to_string(), v.clone())).collect())
    }

    /// The shape rule gives `shape`, evaluation and normal form give `data`; of an operator that stands for others,
    /// those do.
    pub(in crate::ops) fn gives(&self, inputs: &[&Input], shape: &[usize], data: &[f64]) {
        assert!(self.def.inputs().contains(&inputs.len()));
        let operands: Vec<_> = inputs.iter().map(|input| input.operand()).collect();
        let tensors: Vec<_> = inputs.iter().map(|input| input.tensor.as_ref()).collect();
        match self.def {
            Def::Op(def) => {
                let op = (def.parse)(self.attrs()).unwrap();
                let facts = op.facts(Inputs(&operands)).unwrap();
                let outputs = op.eval(Inputs(&tensors)).unwrap();
                assert_eq!(facts[0].shape, shape);
                assert_eq!(facts, outputs.iter().map(|output| output.fact().clone()).collect::<Vec<_>>());
                assert_close(outputs[0].data(), data);
                if inputs.iter().any(|input| input.private) {
                    let (mut trial, ids) = Trial::of(inputs);
                    let rewritten = op.rewrite(&ids, &mut Rewriter::new(&mut trial)).unwrap();
                    if let Some(outputs) = &rewritten {
                        let (output, _) = &trial.values[outputs[0]];
                        assert_eq!(output.shape(), shape);
                        assert_close(output.data(), data);
                    }
                    let lowered = match op.lower(Inputs(&operands)) {
                        Err(_) if rewritten.is_some() => return,
                        lowered => lowered.unwrap(),
                    };
                    assert_eq!(lowered.len(), facts.len());
                    assert_close(&run(&lowered[0], &tensors, &facts[0]), data);
                }
            }
            Def::Rewrite(def) => {
                let output = self.rewritten(def, inputs).unwrap();
                assert_eq!(output.shape(), shape);
                assert_close(output.data(), data);
            }
            Def::Control(def) => panic!("{} holds graphs", def.onnx),
        }
    }

    /// The first result of the operators that it stands for.
    fn rewritten(&self, def: &RewriteDef, inputs: &[&Input]) -> OpResult<Tensor> {
        let (mut trial, ids) = Trial::of(inputs);
        let outputs = (def.rewrite)(self.attrs(), &ids, &mut Rewriter::new(&mut trial))?;
        Ok(trial.values.swap_remove(outputs[0]).0)
    }

    pub(in crate::ops) fn unsupported(&self, inputs: &[&Input]) {
        assert!(matches!(self.error(inputs), OpError::Unsupported(reasons) if !reasons.is_empty()));
    }

    pub(in crate::ops) fn shape_error(&self, inputs: &[&Input]) {
        assert!(matches!(self.error(inputs), OpError::Shape { .. }));
    }

    pub(in crate::ops) fn graph_error(&self, inputs: &[&Input]) {
        assert!(matches!(self.error(inputs), OpError::Graph(_)));
    }

    fn error(&self, inputs: &[&Input]) -> OpError {
        let operands: Vec<_> = inputs.iter().map(|input| input.operand()).collect();
        let result = match self.def {
            Def::Op(def) => (def.parse)(self.attrs())
                .and_then(|op| op.facts(Inputs(&operands)).map(|_| op))
                .and_then(|op| op.lower(Inputs(&operands)))
                .map(|_| ()),
            Def::Rewrite(def) => self.rewritten(def, inputs).map(|_| ()),
            Def::Control(def) => panic!("{} holds graphs", def.onnx),
        };
        result.expect_err("the operator accepts this")
    }
}

impl From<&'static OpDef> for Def {
    fn from(def: &'static OpDef) -> Self {
        Self::Op(def)
    }
}

impl From<&'static RewriteDef> for Def {
    fn from(def: &'static RewriteDef) -> Self {
        Self::Rewrite(def)
    }
}

/// A graph that is evaluated as it grows: every value, and whether it is private.
struct Trial {
    values: Vec<(Tensor, bool)>,
    bounds: HashMap<Id, Vec<(f64, f64)>>,
    masks: HashMap<Id, Mask>,
}

impl Trial {
    /// That of a case's inputs, and these.
    fn of(inputs: &[&Input]) -> (Self, Vec<Option<Id>>) {
        let mut trial = Self { values: vec![], bounds: HashMap::new(), masks: HashMap::new() };
        let given = |input: &&Input| Some(trial.add(input.tensor.clone()?, input.private));
        let ids = inputs.iter().map(given).collect();
        (trial, ids)
    }

    fn add(&mut self, tensor: Tensor, private: bool) -> Id {
        self.values.push((tensor, private));
        self.values.len() - 1
    }
}

impl Nodes for Trial {
    fn is_double(&self, _: Id) -> bool {
        false
    }

    fn softmax_of(&self, _: Id) -> Option<(Id, usize)> {
        None
    }

    fn note_softmax(&mut self, _: Id, _: (Id, usize)) {}

    fn is_input(&self, _: Id) -> bool {
        false
    }

    fn root_of(&self, _: Id) -> Option<Id> {
        None
    }

    fn names(&self, _: Id) -> Option<Arc<Vec<String>>> {
        None
    }

    fn number(&mut self, _: Id, names: &[String]) -> OpResult<Vec<Option<u32>>> {
        Ok(vec![None; names.len()])
    }

    fn name(&mut self, _: Id, _: Arc<Vec<String>>) {}

    fn operand(&self, id: Id) -> Operand<'_> {
        let (tensor, private) = &self.values[id];
        Operand { fact: tensor.fact(), constant: (!private).then_some(tensor) }
    }

    fn find(&self, name: &str) -> Option<Def> {
        crate::ops::find(name)
    }

    fn constant(&mut self, tensor: Tensor) -> OpResult<Id> {
        Ok(self.add(tensor, false))
    }

    /// Shape rule, evaluation and normal form of everything that is added must agree.
    fn put(&mut self, _: &'static str, kernel: Box<dyn Op>, inputs: &[Option<Id>]) -> OpResult<Vec<Id>> {
        let operands: Vec<_> = inputs.iter().map(|id| id.map(|id| self.operand(id))).collect();
        let facts = kernel.facts(Inputs(&operands))?;
        let private = operands.iter().flatten().any(|operand| operand.constant.is_none());
        if private && let Some(outputs) = kernel.rewrite(inputs, &mut Rewriter::new(self))? {
            return Ok(outputs);
        }
        let operands: Vec<_> = inputs.iter().map(|id| id.map(|id| self.operand(id))).collect();
        let tensors: Vec<_> = inputs.iter().map(|id| id.map(|id| &self.values[id].0)).collect();
        let outputs = kernel.eval(Inputs(&tensors))?;
        assert_eq!(facts, outputs.iter().map(|output| output.fact().clone()).collect::<Vec<_>>());
        if private {
            let lowered = kernel.lower(Inputs(&operands))?;
            for ((lowered, fact), output) in lowered.iter().zip(&facts).zip(&outputs) {
                assert_close(&run(lowered, &tensors, fact), output.data());
            }
        }
        Ok(outputs.into_iter().map(|output| self.add(output, private)).collect())
    }

    fn ending(&self) -> Ending {
        Ending::Inner
    }

    fn leave(&mut self, _: usize) {}

    fn wanted(&self, _: usize) -> bool {
        true
    }

    fn limits(&self, _: Id) -> Option<[f64; 2]> {
        None
    }

    fn note_mask(&mut self, id: Id, mask: Mask) {
        self.masks.insert(id, mask);
    }

    fn mask(&self, id: Id) -> Option<Mask> {
        self.masks.get(&id).cloned()
    }

    fn bound(&mut self, id: Id, bounds: Vec<(f64, f64)>) {
        self.bounds.insert(id, bounds);
    }

    fn bounds(&self, id: Id) -> Option<Vec<(f64, f64)>> {
        let (tensor, private) = &self.values[id];
        if *private {
            return self.bounds.get(&id).cloned();
        }
        Some(tensor.data().iter().map(|value| (*value, *value)).collect())
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
        Lowered::ArgMax => FloatActivation::ArgMax.apply(planes(inputs[0].unwrap().shape()), data(0).to_vec()),
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
        Lowered::Forest(form) => form.eval(data(0)),
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
