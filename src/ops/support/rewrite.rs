//! Operators that stand for others: what they put in their place.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::{
    graph::planar::{FloatActivation, Function, Unary},
    ops::{
        Attr, Attrs, Op, OpError, OpResult, Operand,
        function::Elementwise,
        select::{Relabel, Select},
    },
    tensor::{DType, Fact, Tensor},
};

/// Newest operator set version, of which the operators are that others stand for.
const OPSET: i64 = 21;

/// A value of the graph.
pub(crate) type Id = usize;

/// How a value leaves the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is the only output, up to changes of shape and element type.
    Output,
    /// It is one of several outputs, the only one that ends in a softmax.
    Part,
    /// Its only reader is an ArgMax that is the only output.
    ArgMax,
    /// Something else reads it.
    Inner,
}

/// The graph that a rewrite adds nodes to.
pub(crate) trait Nodes {
    /// What is known of a value.
    fn operand(&self, id: Id) -> Operand<'_>;

    /// Adds a constant.
    ///
    /// # Errors
    /// If there are too many.
    fn constant(&mut self, tensor: Tensor) -> OpResult<Id>;

    /// Adds an operator, or its results where all its inputs are constant.
    ///
    /// # Errors
    /// If the operands do not fit.
    fn put(&mut self, op: &'static str, kernel: Box<dyn Op>, inputs: &[Option<Id>]) -> OpResult<Vec<Id>>;

    /// How the node that is being rewritten leaves the network.
    fn ending(&self) -> Ending;

    /// From here on that is how an output of it does.
    fn leave(&mut self, output: usize);

    /// Whether anything reads an output of the node.
    fn wanted(&self, output: usize) -> bool;

    /// Notes least and largest of each element of an integer.
    fn bound(&mut self, id: Id, bounds: Vec<(f64, f64)>);

    /// Least and largest of each element of an integer or truth value, where they are known.
    fn bounds(&self, id: Id) -> Option<Vec<(f64, f64)>>;
}

/// What adds the operators that one stands for, given its attributes and inputs, and gives its outputs.
pub(crate) type Rewrite = fn(Attrs, &[Option<Id>], &mut Rewriter<'_>) -> OpResult<Vec<Id>>;

/// An operator that only ever stands for others.
#[derive(Debug)]
pub(crate) struct RewriteDef {
    /// ONNX name.
    pub(crate) onnx: &'static str,
    /// Operator set versions in which it exists and is read.
    pub(crate) opsets: RangeInclusive<i64>,
    /// Number of inputs; optional ones count.
    pub(crate) inputs: RangeInclusive<usize>,
    /// What it computes and what limits it has, for the documentation.
    pub(crate) summary: &'static str,
    /// Adds what it stands for and gives its outputs.
    pub(crate) rewrite: Rewrite,
}

/// Adds operators one after the other.
pub(crate) struct Rewriter<'a> {
    nodes: &'a mut dyn Nodes,
}

impl<'a> Rewriter<'a> {
    /// Adds to `nodes`.
    pub(crate) fn new(nodes: &'a mut dyn Nodes) -> Self {
        Self { nodes }
    }

    /// How the rewritten node leaves the network.
    pub(in crate::ops) fn ending(&self) -> Ending {
        self.nodes.ending()
    }

    /// Goes on to another output of the rewritten node, which may leave the network otherwise.
    pub(in crate::ops) fn leave(&mut self, output: usize) {
        self.nodes.leave(output);
    }

    /// Whether anything reads an output of the rewritten node.
    pub(in crate::ops) fn wanted(&self, output: usize) -> bool {
        self.nodes.wanted(output)
    }

    /// Element kind and shape.
    pub(in crate::ops) fn fact(&self, id: Id) -> Fact {
        self.nodes.operand(id).fact.clone()
    }

    /// Shape.
    pub(in crate::ops) fn shape(&self, id: Id) -> Vec<usize> {
        self.fact(id).shape
    }

    /// Number of elements.
    pub(in crate::ops) fn len(&self, id: Id) -> usize {
        self.fact(id).len()
    }

    /// The value, if it is constant.
    pub(in crate::ops) fn value(&self, id: Id) -> Option<&Tensor> {
        self.nodes.operand(id).constant
    }

    /// The integers of an input that must be constant.
    pub(in crate::ops) fn list(&self, id: Id, what: &str) -> OpResult<Vec<i64>> {
        self.nodes.operand(id).constant(what).map(crate::ops::integers)
    }

    /// Notes least and largest of each element of a private integer.
    pub(in crate::ops) fn bound(&mut self, id: Id, bounds: Vec<(f64, f64)>) {
        if self.value(id).is_none() {
            self.nodes.bound(id, bounds);
        }
    }

    /// Least and largest of each element, of integers whose ranges are known.
    pub(in crate::ops) fn bounds(&self, id: Id) -> Option<Vec<(f64, f64)>> {
        self.nodes.bounds(id)
    }

    /// A constant.
    pub(in crate::ops) fn tensor(&mut self, dtype: DType, shape: Vec<usize>, data: Vec<f64>) -> OpResult<Id> {
        let tensor = crate::ops::tensor(Fact { dtype, shape }, data)?;
        self.nodes.constant(tensor)
    }

    /// A constant of real numbers.
    pub(in crate::ops) fn floats(&mut self, shape: &[usize], data: Vec<f64>) -> OpResult<Id> {
        self.tensor(DType::Float, shape.to_vec(), data)
    }

    /// A real number.
    pub(in crate::ops) fn number(&mut self, value: f64) -> OpResult<Id> {
        self.floats(&[], vec![value])
    }

    /// A constant list of integers.
    pub(crate) fn ints(&mut self, values: &[i64]) -> OpResult<Id> {
        self.tensor(DType::Int, vec![values.len()], values.iter().map(|value| *value as f64).collect())
    }

    /// The results of an operator of the newest set.
    pub(in crate::ops) fn all(&mut self, op: &str, attrs: &[(&str, Attr)], inputs: &[Option<Id>]) -> OpResult<Vec<Id>> {
        let attrs =
            Attrs::new(OPSET, attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect::<BTreeMap<_, _>>());
        match crate::ops::find(op) {
            Some(crate::ops::Def::Op(def)) => self.nodes.put(def.onnx, (def.parse)(attrs)?, inputs),
            Some(crate::ops::Def::Rewrite(def)) => (def.rewrite)(attrs, inputs, self),
            None => Err(OpError::Graph(format!("stands for {op}, which is not served"))),
        }
    }

    /// The first result of an operator of the newest set.
    pub(in crate::ops) fn with(&mut self, op: &str, attrs: &[(&str, Attr)], inputs: &[Id]) -> OpResult<Id> {
        let inputs: Vec<_> = inputs.iter().copied().map(Some).collect();
        let outputs = self.all(op, attrs, &inputs)?;
        outputs.first().copied().ok_or_else(|| OpError::Graph(format!("{op} has no output")))
    }

    /// The same without attributes.
    pub(in crate::ops) fn op(&mut self, op: &str, inputs: &[Id]) -> OpResult<Id> {
        self.with(op, &[], inputs)
    }

    /// The result of an operator that has no ONNX name.
    fn own(&mut self, op: &'static str, kernel: Box<dyn Op>, input: Id) -> OpResult<Id> {
        let outputs = self.nodes.put(op, kernel, &[Some(input)])?;
        outputs.first().copied().ok_or_else(|| OpError::Graph(format!("{op} has no output")))
    }

    /// The results of an operator of one input.
    pub(in crate::ops) fn put(&mut self, op: &'static str, kernel: Box<dyn Op>, input: Id) -> OpResult<Vec<Id>> {
        self.nodes.put(op, kernel, &[Some(input)])
    }

    /// Integers by another name, in a range.
    pub(in crate::ops) fn whole(&mut self, x: Id, low: f64, high: f64) -> OpResult<Id> {
        let y = self.relabel(x, DType::Int)?;
        if self.value(y).is_none() {
            self.nodes.bound(y, vec![(low, high); self.len(y)]);
        }
        Ok(y)
    }

    /// The same values in another element kind, which they must fit.
    pub(in crate::ops) fn relabel(&mut self, x: Id, dtype: DType) -> OpResult<Id> {
        if self.fact(x).dtype == dtype { Ok(x) } else { self.own("Cast", Box::new(Relabel { dtype }), x) }
    }

    /// The values as real numbers.
    pub(in crate::ops) fn float(&mut self, x: Id) -> OpResult<Id> {
        self.relabel(x, DType::Float)
    }

    /// The same values in the same order under another shape.
    pub(in crate::ops) fn reshape(&mut self, x: Id, shape: &[usize]) -> OpResult<Id> {
        if self.shape(x) == shape {
            return Ok(x);
        }
        if shape.is_empty() {
            // A list of no sizes is no tensor here.
            return self.op("Squeeze", &[x]);
        }
        let sizes: Vec<_> = shape.iter().map(|size| *size as i64).collect();
        let sizes = self.ints(&sizes)?;
        self.op("Reshape", &[x, sizes])
    }

    /// A range of a vector as a tensor of its own.
    pub(crate) fn part(&mut self, all: Id, range: std::ops::Range<usize>, fact: &Fact) -> OpResult<Id> {
        let x = self.select(all, fact.shape.clone(), range.map(|i| Some(i as u32)).collect(), 0.0)?;
        self.relabel(x, fact.dtype)
    }

    /// The values of all tensors, one after the other.
    pub(crate) fn joined(&mut self, all: &[Id]) -> OpResult<Id> {
        let mut parts = vec![];
        for x in all {
            let x = self.float(*x)?;
            parts.push(self.reshape(x, &[1, self.len(x)])?);
        }
        self.with("Concat", &[("axis", Attr::Int(1))], &parts)
    }

    /// The same values as a value of its own.
    pub(crate) fn named_copy(&mut self, x: Id) -> OpResult<Id> {
        self.op("Identity", &[x])
    }

    /// Single values of a tensor, `fill` where there is no source.
    pub(in crate::ops) fn select(
        &mut self,
        x: Id,
        shape: Vec<usize>,
        sources: Vec<Option<u32>>,
        fill: f64,
    ) -> OpResult<Id> {
        let same = self.shape(x) == shape && (0..).zip(&sources).all(|(i, source)| *source == Some(i));
        if same {
            return Ok(x);
        }
        if sources.iter().all(Option::is_none) {
            let (dtype, len) = (self.fact(x).dtype, sources.len());
            return self.tensor(dtype, shape, vec![fill; len]);
        }
        self.own("Gather", Box::new(Select { shape, sources, fill }), x)
    }

    /// The values in another order of axes: axis i of the result is axis `order[i]` of x.
    pub(in crate::ops) fn transpose(&mut self, x: Id, order: &[usize]) -> OpResult<Id> {
        let perm = Attr::Ints(order.iter().map(|axis| *axis as i64).collect());
        self.with("Transpose", &[("perm", perm)], &[x])
    }

    /// A function of each value, as real numbers.
    pub(in crate::ops) fn table(&mut self, op: &'static str, function: Unary, x: Id) -> OpResult<Id> {
        let x = self.float(x)?;
        self.own(op, Box::new(Elementwise(FloatActivation::Table(Function::Unary(function)))), x)
    }

    /// Whether each value fulfils a condition.
    pub(in crate::ops) fn holds(&mut self, op: &'static str, condition: Unary, x: Id) -> OpResult<Id> {
        let y = self.table(op, condition, x)?;
        self.relabel(y, DType::Bool)
    }

    /// Whether each value is above 0, or where not `strict` at least 0, compared without a table.
    pub(in crate::ops) fn compares(&mut self, x: Id, strict: bool) -> OpResult<Id> {
        let at = if strict { 0f64.next_up() } else { 0.0 };
        let y = self.own("Greater", Box::new(Elementwise(FloatActivation::Threshold { at })), x)?;
        self.relabel(y, DType::Bool)
    }

    /// x times a number plus another.
    pub(in crate::ops) fn affine(&mut self, x: Id, scale: f64, shift: f64) -> OpResult<Id> {
        let x = self.float(x)?;
        let y = if scale == 1.0 {
            x
        } else {
            let c = self.number(scale)?;
            self.op("Mul", &[x, c])?
        };
        if shift == 0.0 {
            Ok(y)
        } else {
            let c = self.number(shift)?;
            self.op("Add", &[y, c])
        }
    }

    /// A reduction over some axes.
    pub(in crate::ops) fn reduce(&mut self, op: &str, x: Id, axes: &[usize], keepdims: bool) -> OpResult<Id> {
        let (shape, reduced) = (self.shape(x), |axis: &usize| axes.contains(axis));
        if axes.iter().all(|axis| shape.get(*axis) == Some(&1)) {
            let kept = shape.iter().enumerate().filter(|(axis, _)| keepdims || !reduced(axis)).map(|(_, size)| *size);
            let kept: Vec<_> = kept.collect();
            return self.reshape(x, &kept);
        }
        let axes: Vec<_> = axes.iter().map(|axis| *axis as i64).collect();
        let axes = self.ints(&axes)?;
        self.with(op, &[("keepdims", Attr::Int(keepdims.into()))], &[x, axes])
    }
}
