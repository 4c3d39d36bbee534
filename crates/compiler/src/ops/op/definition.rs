//! What is known of an operator, and what it is asked to do: definitions, the operator's trait, and the graph that it
//! may add operators to.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive, sync::Arc};

use super::{
    attrs::{Attr, Attrs},
    error::{OpError, OpResult},
    lowered::Lowered,
    operand::{Inputs, Operand, integers, tensor},
    reading::{Mark, OPSETS},
    trees::{Monotone, Trees},
};
use crate::tensor::{DType, Fact, Tensor};

/// A supported operator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Def {
    /// One with a normal form of its own.
    Op(&'static OpDef),
    /// One that stands for others.
    Rewrite(&'static RewriteDef),
    /// One that holds graphs.
    Control(&'static ControlDef),
}

impl Def {
    /// ONNX name.
    pub(crate) const fn onnx(self) -> &'static str {
        match self {
            Self::Op(def) => def.onnx,
            Self::Rewrite(def) => def.onnx,
            Self::Control(def) => def.onnx,
        }
    }

    /// Operator set versions in which it exists and is read.
    pub(crate) fn opsets(self) -> RangeInclusive<i64> {
        match self {
            Self::Op(def) => def.opsets.clone(),
            Self::Rewrite(def) => def.opsets.clone(),
            Self::Control(def) => def.opsets.clone(),
        }
    }

    /// Number of inputs.
    pub(crate) fn inputs(self) -> RangeInclusive<usize> {
        match self {
            Self::Op(def) => def.inputs.clone(),
            Self::Rewrite(def) => def.inputs.clone(),
            Self::Control(def) => def.inputs.clone(),
        }
    }

    /// What the reader of a graph must know of it.
    pub(crate) const fn marks(self) -> &'static [Mark] {
        match self {
            Self::Op(def) => def.marks,
            Self::Rewrite(def) => def.marks,
            Self::Control(def) => def.marks,
        }
    }

    /// Whether constant operands may be empty.
    pub(crate) fn takes_empty(self) -> bool {
        self.marks().contains(&Mark::TakesEmpty)
    }

    /// What it computes and what limits it has.
    pub(crate) const fn summary(self) -> &'static str {
        match self {
            Self::Op(def) => def.summary,
            Self::Rewrite(def) => def.summary,
            Self::Control(def) => def.summary,
        }
    }
}

/// An operator as the table knows it.
#[derive(Debug)]
pub(crate) struct OpDef {
    /// ONNX name.
    pub(crate) onnx: &'static str,
    /// Operator set versions in which it exists and is read.
    pub(crate) opsets: RangeInclusive<i64>,
    /// Number of inputs; optional ones count.
    pub(crate) inputs: RangeInclusive<usize>,
    /// What it computes and what limits it has, for the documentation.
    pub(crate) summary: &'static str,
    /// What the reader of a graph must know of it.
    pub(crate) marks: &'static [Mark],
    /// Reads the attributes.
    pub(crate) parse: fn(Attrs) -> OpResult<Box<dyn Op>>,
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
    /// What the reader of a graph must know of it.
    pub(crate) marks: &'static [Mark],
    /// Adds what it stands for and gives its outputs.
    pub(crate) rewrite: Rewrite,
}

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// One of two graphs.
    If,
    /// A graph again and again.
    Loop,
    /// A graph for each slice of some tensors.
    Scan,
}

impl Control {
    /// ONNX name.
    pub(crate) const fn onnx(self) -> &'static str {
        match self {
            Self::If => "If",
            Self::Loop => "Loop",
            Self::Scan => "Scan",
        }
    }
}

/// An operator that holds graphs.
#[derive(Debug)]
pub(crate) struct ControlDef {
    /// ONNX name.
    pub(crate) onnx: &'static str,
    /// Operator set versions in which it exists and is read.
    pub(crate) opsets: RangeInclusive<i64>,
    /// Number of inputs; optional ones count.
    pub(crate) inputs: RangeInclusive<usize>,
    /// What it computes and what limits it has, for the documentation.
    pub(crate) summary: &'static str,
    /// What the reader of a graph must know of it.
    pub(crate) marks: &'static [Mark],
    /// Which.
    pub(crate) control: Control,
}

/// An operator with its attributes.
pub(crate) trait Op: fmt::Debug + Send + Sync {
    /// Shape rule: element kind and shape of each output, without allocating anything of their size.
    ///
    /// # Errors
    /// If the operands do not fit the operator.
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>>;

    /// Float reference, for inputs that [`Self::facts`] accepted.
    ///
    /// # Errors
    /// If the values have no result, such as an integer division by zero.
    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>>;

    /// What each output is in normal form; inputs without a constant are private.
    ///
    /// # Errors
    /// If it has none for these operands.
    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>>;

    /// The decision trees that the first input goes through, if the operator is made of such.
    fn trees(&self) -> Option<&Arc<Trees>> {
        None
    }

    /// The values of the first output for each leaf of the only tree, if the operator is made of one: none of inner
    /// nodes.
    fn by_leaf(&self) -> Option<Vec<Option<Vec<f64>>>> {
        None
    }

    /// What an element of the first output is of the same element of the first input in the precision of ONNX, if that
    /// never decreases or never increases.
    fn monotone(&self, _element: usize) -> Option<Monotone> {
        None
    }

    /// Adds what the operator stands for, where for these operands it stands for others, and gives its outputs.
    ///
    /// # Errors
    /// If the operands do not fit those.
    fn rewrite(&self, _inputs: &[Option<Id>], _to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        Ok(None)
    }
}

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

/// A sum without what a mask hides.
#[derive(Debug, Clone)]
pub(crate) struct Mask {
    /// The sum, 0 added where the mask hides.
    pub(crate) plain: Id,
    /// Whether each value is shown.
    pub(crate) shown: Vec<bool>,
}

/// The graph that a rewrite adds nodes to.
pub(crate) trait Nodes {
    /// What is known of a value.
    fn operand(&self, id: Id) -> Operand<'_>;

    /// The operator that ONNX calls `name` in its default domain.
    fn find(&self, name: &str) -> Option<Def>;

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

    /// Least and largest value of the element type of an input of the graph, where it is an integer of at most 16 bits.
    fn limits(&self, id: Id) -> Option<[f64; 2]>;

    /// Notes that a value is a sum with a mask.
    fn note_mask(&mut self, id: Id, mask: Mask);

    /// The sum without the mask, of a value that is one with it.
    fn mask(&self, id: Id) -> Option<Mask>;

    /// Notes least and largest of each element of an integer.
    fn bound(&mut self, id: Id, bounds: Vec<(f64, f64)>);

    /// Least and largest of each element of an integer or truth value, where they are known.
    fn bounds(&self, id: Id) -> Option<Vec<(f64, f64)>>;

    /// Whether a value holds real numbers in double precision.
    fn is_double(&self, id: Id) -> bool;

    /// Whether a value is of an input of the graph, moved or changed by monotone functions only.
    fn is_input(&self, id: Id) -> bool;

    /// What a value is the softmax of, and its axis.
    fn softmax_of(&self, id: Id) -> Option<(Id, usize)>;

    /// Notes that a value is a softmax.
    fn note_softmax(&mut self, id: Id, of: (Id, usize));

    /// What a value is the square root of.
    fn root_of(&self, id: Id) -> Option<Id>;

    /// The names that the numbers of a tensor of names stand for.
    fn names(&self, id: Id) -> Option<Arc<Vec<String>>>;

    /// The numbers of names: those that a tensor's stand for where they are known, else those of an input of the graph,
    /// which learns them.
    fn number(&mut self, id: Id, names: &[String]) -> OpResult<Vec<Option<u32>>>;

    /// Notes which names the numbers of a tensor stand for.
    fn name(&mut self, id: Id, names: Arc<Vec<String>>);
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
        self.nodes.operand(id).constant(what).map(integers)
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

    /// Least and largest value of the element type of an input of the graph, where it is an integer of at most 16 bits.
    pub(in crate::ops) fn limits(&self, id: Id) -> Option<[f64; 2]> {
        self.nodes.limits(id)
    }

    /// Whether a value holds real numbers in double precision.
    pub(in crate::ops) fn is_double(&self, id: Id) -> bool {
        self.nodes.is_double(id)
    }

    /// Whether a value is of an input of the graph, moved or changed by monotone functions only.
    pub(in crate::ops) fn is_input(&self, id: Id) -> bool {
        self.nodes.is_input(id)
    }

    /// What a value is the softmax of, and its axis.
    pub(in crate::ops) fn softmax_of(&self, id: Id) -> Option<(Id, usize)> {
        self.nodes.softmax_of(id)
    }

    /// Notes that a value is a softmax.
    pub(in crate::ops) fn note_softmax(&mut self, id: Id, of: (Id, usize)) {
        self.nodes.note_softmax(id, of);
    }

    /// A value whose elements have the same order: what it is the square root of, or itself.
    pub(in crate::ops) fn ordered(&self, id: Id) -> Id {
        self.nodes.root_of(id).unwrap_or(id)
    }

    /// The names that the numbers of a tensor of names stand for.
    pub(in crate::ops) fn names(&self, id: Id) -> Option<Arc<Vec<String>>> {
        self.nodes.names(id)
    }

    /// The numbers of names in a tensor of names; `None` for a name that no value has.
    pub(in crate::ops) fn numbers(&mut self, id: Id, names: &[String]) -> OpResult<Vec<Option<u32>>> {
        self.nodes.number(id, names)
    }

    /// The same numbers, as those of names.
    pub(in crate::ops) fn named(&mut self, x: Id, names: Arc<Vec<String>>) -> OpResult<Id> {
        let y = self.relabel(x, DType::Name)?;
        self.nodes.name(y, names);
        Ok(y)
    }

    /// Notes that a value is a sum with a mask.
    pub(in crate::ops) fn note_mask(&mut self, id: Id, mask: Mask) {
        self.nodes.note_mask(id, mask);
    }

    /// The sum without the mask, of a value that is one with it.
    pub(in crate::ops) fn mask(&self, id: Id) -> Option<Mask> {
        self.nodes.mask(id)
    }

    /// A constant.
    pub(in crate::ops) fn tensor(&mut self, dtype: DType, shape: Vec<usize>, data: Vec<f64>) -> OpResult<Id> {
        let tensor = tensor(Fact { dtype, shape }, data)?;
        self.nodes.constant(tensor)
    }

    /// The results of an operator of the newest set.
    pub(in crate::ops) fn all(&mut self, op: &str, attrs: &[(&str, Attr)], inputs: &[Option<Id>]) -> OpResult<Vec<Id>> {
        let attrs = Attrs::new(
            *OPSETS.end(),
            attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect::<BTreeMap<_, _>>(),
        );
        self.as_given(op, attrs, inputs)
    }

    /// The results of an operator with the attributes that a node of the graph has for it.
    pub(in crate::ops) fn as_given(&mut self, op: &str, attrs: Attrs, inputs: &[Option<Id>]) -> OpResult<Vec<Id>> {
        match self.nodes.find(op) {
            Some(Def::Op(def)) => self.nodes.put(def.onnx, (def.parse)(attrs)?, inputs),
            Some(Def::Rewrite(def)) => {
                let is_empty = |id: &Id| self.nodes.operand(*id).fact.is_empty();
                if !Def::Rewrite(def).takes_empty() && inputs.iter().flatten().any(is_empty) {
                    return Err(OpError::Graph("an operand is empty".into()));
                }
                (def.rewrite)(attrs, inputs, self)
            }
            Some(Def::Control(_)) | None => Err(OpError::Graph(format!("stands for {op}, which is not served"))),
        }
    }

    /// The results of an operator of one input.
    pub(in crate::ops) fn put(&mut self, op: &'static str, kernel: Box<dyn Op>, input: Id) -> OpResult<Vec<Id>> {
        self.nodes.put(op, kernel, &[Some(input)])
    }
}
