//! The checked float graph: nodes in order, every shape known, constants folded.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use hushproof_core::{
    Error, Result,
    error::UnsupportedOp,
    graph::{Categories, FloatActivation, Function, Meaning, OutputPart, Part, Unary, ValueInfo},
};
use prost::Message;

use super::{
    legacy::Old,
    order,
    pb::{NodeProto, ValueInfoProto},
    proto::{self, Source},
};
use crate::{
    ops::{
        self, Def, Domain, Ending, Id, Inputs, Lowered, Mask, Nodes, Op, OpError, OpResult, Operand, Rewriter,
        trees::{Monotone, Trees},
    },
    tensor::{DType, Fact, MAX_ELEMENTS, Tensor},
};

/// Most values a tensor that depends on the input may have.
const MAX_VALUES: usize = 1 << 24;

/// Most values of a constant that is computed from fewer.
const MAX_FOLDED: usize = 1 << 22;

/// Most values of all constants of a small file; of a larger one, for each of its bytes.
const MAX_CONSTANTS: (usize, usize) = (1 << 25, 16);

/// Most names that values of the input are compared with.
const MAX_NAMES: usize = 1 << 16;

/// Most numbers of a table of values by the leaf of a tree, and of all such tables.
const MAX_TABLE: usize = 1 << 18;
const MAX_TABULATED: usize = 1 << 24;

/// Most values of a tensor of which is known what it is put together of.
const MAX_ORIGINS: usize = 1 << 12;

/// Most values of a graph.
const MAX_NODES: usize = 1 << 18;

/// A checked float graph. It may have any number of inputs and outputs and any shape.
#[derive(Debug)]
pub struct Graph {
    pub(super) name: String,
    pub(super) values: Vec<Value>,
    pub(super) nodes: Vec<Node>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    /// What the outputs were before they were joined, and what their values are.
    pub(super) output_parts: Vec<OutputPart>,
    /// The other outputs beside such a class.
    beside: Vec<String>,
    /// What the type of the only input holds.
    pub(super) input_range: Option<[f64; 2]>,
    /// Per value of the inputs whether its type is one of integers or truth values; empty where none is.
    pub(super) whole: Vec<bool>,
    /// The inputs that the only one joins; empty where it is the graph's.
    parts: Vec<Part>,
    /// Number of tensors of half precision in the file.
    halves: usize,
    /// What each value of the input is.
    pub(super) elements: Vec<Element>,
    /// The names that values of the input are compared with, by their numbers.
    pub(super) names: Vec<String>,
    /// The names that values of the output stand for.
    pub(super) output_names: Vec<Categories>,
}

/// What a value of the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// A real number in single precision.
    Single,
    /// A real number in double precision.
    Double,
    /// An integer or a truth value.
    Integer,
    /// The number of a name.
    Name,
}

impl Element {
    fn of(input: &ValueInfoProto, dtype: DType) -> Self {
        match dtype {
            DType::Float if proto::is_double(input) => Self::Double,
            DType::Float => Self::Single,
            DType::Int | DType::Bool => Self::Integer,
            DType::Name => Self::Name,
        }
    }
}

/// A tensor of the graph.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) fact: Fact,
    pub(super) constant: Option<Tensor>,
}

/// A node whose outputs depend on the graph's inputs.
#[derive(Debug)]
pub struct Node {
    name: String,
    op: &'static str,
    /// The operator of the file's node that it was made for.
    origin: &'static str,
    pub(super) kernel: Box<dyn Op>,
    pub(super) inputs: Vec<Option<usize>>,
    pub(super) outputs: Vec<usize>,
}

impl Node {
    /// ONNX name, or "#index" for a node without one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// ONNX operator.
    pub const fn op(&self) -> &'static str {
        self.op
    }

    /// ONNX operator of the node in the file, which may stand for several.
    pub const fn origin(&self) -> &'static str {
        self.origin
    }

    pub(super) fn error(&self, error: OpError) -> Error {
        locate(&self.name, self.origin, error)
    }
}

impl Graph {
    /// Name of the graph.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The nodes, each after those it reads.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Inputs without initializer.
    pub fn inputs(&self) -> Vec<ValueInfo> {
        self.inputs.iter().map(|id| self.value_info(*id)).collect()
    }

    /// Least and largest value that the type of the only input holds, where it is one of few values: bytes, truth
    /// values.
    pub const fn input_range(&self) -> Option<[f64; 2]> {
        self.input_range
    }

    /// Outputs.
    pub fn outputs(&self) -> Vec<ValueInfo> {
        self.outputs.iter().map(|id| self.value_info(*id)).collect()
    }

    /// What somebody who compiles the model is to know of it.
    pub fn notes(&self) -> Vec<String> {
        let halves = (self.halves > 0).then(|| {
            format!(
                "{} of the model's tensors have half precision (FLOAT16 or BFLOAT16): their numbers are taken exactly, and \
                 computed with in full precision, as if they were FLOAT",
                self.halves
            )
        });
        halves.into_iter().collect()
    }

    /// The outputs beside the one that is a class, where there is one.
    pub fn beside_class(&self) -> &[String] {
        &self.beside
    }

    /// Number of constants that the nodes read.
    pub fn parameters(&self) -> usize {
        let read: HashSet<_> = self.nodes.iter().flat_map(|node| &node.inputs).flatten().collect();
        let constants = read.into_iter().filter_map(|id| self.values[*id].constant.as_ref());
        constants.map(|tensor| tensor.data().len()).sum()
    }

    pub(super) fn value_info(&self, id: usize) -> ValueInfo {
        let value = &self.values[id];
        let info = ValueInfo::new(value.name.clone(), value.fact.shape.clone());
        let info = if self.inputs.contains(&id) { ValueInfo { parts: self.parts.clone(), ..info } } else { info };
        if self.outputs == [id] { ValueInfo { categories: self.output_names.clone(), ..info } } else { info }
    }

    /// The only input and the only output.
    pub(super) fn ends(&self) -> Result<(usize, usize)> {
        let only = |ids: &[usize], what: &str| match *ids {
            [id] => Ok(id),
            [] => {
                let reason = format!("has no {what}: what follows from constants alone is public, and needs no proof");
                Err(Error::Graph { node: self.name.clone(), reason })
            }
            _ => {
                let names: Vec<_> = ids.iter().map(|id| self.values[*id].name.as_str()).collect();
                let reason = format!("has {} {what} ({}); exactly one is accepted", ids.len(), names.join(", "));
                Err(Error::Graph { node: self.name.clone(), reason })
            }
        };
        Ok((only(&self.inputs, "inputs")?, only(&self.outputs, "outputs")?))
    }

    /// Float reference by the operators' own implementations, in double precision; values in ONNX order.
    ///
    /// # Errors
    /// If the graph has several inputs or outputs, or `input` has the wrong number of values.
    pub fn eval(&self, input: &[f64]) -> Result<Vec<f64>> {
        let (input_id, output_id) = self.ends()?;
        let value_info = self.value_info(input_id);
        let fact = self.values[input_id].fact.clone();
        let tensor = Tensor::new(fact, input.to_vec()).ok_or_else(|| input_shape(&value_info, input.len()))?;

        let mut uses = self.uses();
        let mut computed: HashMap<usize, Tensor> = HashMap::from([(input_id, tensor)]);
        for node in &self.nodes {
            let tensor = |id: &usize| self.values[*id].constant.as_ref().or_else(|| computed.get(id));
            let inputs: Vec<_> = node.inputs.iter().map(|id| id.as_ref().and_then(tensor)).collect();
            let outputs = node.kernel.eval(Inputs(&inputs)).map_err(|e| node.error(e))?;
            computed.extend(node.outputs.iter().copied().zip(outputs));
            for id in node.inputs.iter().flatten() {
                uses[*id] -= 1;
                if uses[*id] == 0 {
                    computed.remove(id);
                }
            }
        }
        let output = self.values[output_id].constant.clone().or_else(|| computed.remove(&output_id));
        Ok(output.map(Tensor::into_data).unwrap_or_default())
    }

    /// Whether a Pad leaves values out.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn crops(&self) -> bool {
        let crops = |node: &Node| {
            let lowered = self.lowered(node);
            let [Lowered::Gather { sources, .. }] = &lowered[..] else { return false };
            let kept: HashSet<_> = sources.iter().flatten().map(|(_, element)| *element).collect();
            let x = node.inputs.first().copied().flatten();
            x.is_some_and(|x| kept.len() < self.values[x].fact.len())
        };
        self.nodes.iter().any(|node| node.origin == "Pad" && crops(node))
    }

    /// What the outputs of a node are in normal form; nothing where it has none.
    pub(super) fn lowered(&self, node: &Node) -> Vec<Lowered> {
        let operands: Vec<_> = node.inputs.iter().map(|id| id.map(|id| self.operand(id))).collect();
        node.kernel.lower(Inputs(&operands)).unwrap_or_default()
    }

    /// How often each value is read, by nodes and as an output.
    pub(super) fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.values.len()];
        self.nodes.iter().flat_map(|node| node.inputs.iter().flatten()).for_each(|id| uses[*id] += 1);
        self.outputs.iter().for_each(|id| uses[*id] += 1);
        uses
    }

    pub(super) fn operand(&self, id: usize) -> Operand<'_> {
        let value = &self.values[id];
        Operand { fact: &value.fact, constant: value.constant.as_ref() }
    }

    pub(super) fn build(source: &Source) -> Result<Self> {
        let proto = &source.graph;
        let mut builder = Importer::new(&proto.name, [source.opset, source.ml_opset], proto.encoded_len());
        builder.consumed = order::consumed(proto).into_iter().collect();
        builder.endings = order::endings(proto);
        builder.meanings = order::meanings(proto);
        builder.graph.halves = source.halves;
        for tensor in &proto.initializer {
            let names = proto::names(tensor);
            let value = proto::any_tensor(tensor, &tensor.name)?;
            let id = builder.constant(value).map_err(|e| locate(&tensor.name, "initializer", e))?;
            builder.named(&tensor.name, id);
            builder.names.extend(names.map(|names| (id, Arc::new(names))));
        }
        let given = proto.input.iter().filter(|input| !builder.ids.contains_key(input.name.as_str()));
        let mut inputs: Vec<_> = given.collect();
        if inputs.len() > 1 {
            // Exporters leave in the state that training needs.
            inputs.retain(|input| builder.consumed.contains(input.name.as_str()));
        }
        builder.inputs(&inputs)?;
        let (mut unsupported, mut failure) = (vec![], None);
        for node in &proto.node {
            match builder.node(node) {
                Ok(()) => {}
                Err(Error::Unsupported(ops)) => unsupported.extend(ops),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if !unsupported.is_empty() {
            return Err(Error::Unsupported(once(unsupported)));
        }
        if let Some(error) = failure {
            return Err(error);
        }
        let outputs: Vec<&str> = proto.output.iter().map(|output| output.name.as_str()).collect();
        builder.outputs(&outputs)?;
        builder.graph.drop_unread();
        Ok(builder.graph)
    }

    /// Drops the nodes that no output needs.
    fn drop_unread(&mut self) {
        let mut needed: HashSet<usize> = self.outputs.iter().copied().collect();
        let mut keep: Vec<bool> = vec![];
        for node in self.nodes.iter().rev() {
            let read = node.outputs.iter().any(|id| needed.contains(id));
            if read {
                needed.extend(node.inputs.iter().flatten());
            }
            keep.push(read);
        }
        self.nodes.retain(|_| keep.pop().unwrap_or(true));
    }
}

/// A value that is one of a few, by the leaf that a tree leads to.
struct Table {
    /// What the tree reads.
    of: Id,
    trees: Arc<Trees>,
    /// By node; none of those that are no leaves.
    values: Vec<Option<Vec<f64>>>,
}

pub(super) struct Importer<'a> {
    pub(super) graph: Graph,
    opset: i64,
    ml_opset: i64,
    /// Values in double precision.
    doubles: HashSet<Id>,
    /// Values of inputs, moved or changed by monotone functions.
    moved: HashSet<Id>,
    /// What the numbers of names stand for, where that does not depend on the graph's input.
    names: HashMap<Id, Arc<Vec<String>>>,
    /// The numbers of the names that values of the input are compared with.
    numbers: HashMap<String, u32>,
    /// Values by the leaf of a tree, and how many numbers these hold.
    tables: HashMap<Id, Table>,
    tabulated: usize,
    /// Values by name; without those that follow from a node with an error.
    pub(super) ids: HashMap<&'a str, usize>,
    consumed: HashSet<&'a str>,
    /// How values leave the network, of those near its output.
    endings: HashMap<&'a str, Ending>,
    /// What the nodes say of the graph's outputs.
    meanings: Vec<Option<Meaning>>,
    /// Number of values of constants so far, and most of them.
    constants: usize,
    max_constants: usize,
    /// Least and largest of each element of integers whose ranges are known.
    bounds: HashMap<Id, Vec<(f64, f64)>>,
    /// Least and largest value of the element types of the graph's inputs of small integers.
    limits: HashMap<Id, [f64; 2]>,
    /// Softmaxes: what of, and along which axis.
    softmaxes: HashMap<Id, (Id, usize)>,
    /// Exponentials, and 1 plus these: of what.
    exponentials: HashMap<Id, Id>,
    one_and_exponentials: HashMap<Id, Id>,
    /// Values and elements that tensors are put together of.
    origins: HashMap<Id, Vec<(Id, u32)>>,
    /// Sums with masks.
    masks: HashMap<Id, Mask>,
    /// How often a graph inside a node was added.
    pub(super) repetitions: usize,
    /// Name and operator of the node that is being added, and how it leaves the network.
    current: (String, &'static str),
    ending: Ending,
    /// How each of its outputs leaves, and whether anything reads it.
    outputs: Vec<(Ending, bool)>,
}

impl<'a> Importer<'a> {
    /// For a graph of `bytes` bytes.
    fn new(name: &str, [opset, ml_opset]: [i64; 2], bytes: usize) -> Self {
        let name = name.to_owned();
        let (least, per_byte) = MAX_CONSTANTS;
        Self {
            graph: Graph {
                name,
                values: vec![],
                nodes: vec![],
                inputs: vec![],
                outputs: vec![],
                output_parts: vec![],
                parts: vec![],
                beside: vec![],
                input_range: None,
                whole: vec![],
                halves: 0,
                elements: vec![],
                names: vec![],
                output_names: vec![],
            },
            opset,
            ml_opset,
            doubles: HashSet::new(),
            moved: HashSet::new(),
            names: HashMap::new(),
            numbers: HashMap::new(),
            tables: HashMap::new(),
            tabulated: 0,
            ids: HashMap::new(),
            consumed: HashSet::new(),
            endings: HashMap::new(),
            meanings: vec![],
            constants: 0,
            max_constants: bytes.saturating_mul(per_byte).clamp(least, MAX_ELEMENTS),
            bounds: HashMap::new(),
            limits: HashMap::new(),
            masks: HashMap::new(),
            softmaxes: HashMap::new(),
            exponentials: HashMap::new(),
            one_and_exponentials: HashMap::new(),
            origins: HashMap::new(),
            repetitions: 0,
            current: (String::new(), ""),
            ending: Ending::Inner,
            outputs: vec![],
        }
    }

    /// Adds the inputs. Several are parts of one vector, named after all of them, in their order.
    fn inputs(&mut self, inputs: &[&'a ValueInfoProto]) -> Result<()> {
        if let [input] = inputs {
            let fact = proto::input_fact(input)?;
            let whole = (fact.dtype != DType::Float).then(|| fact.checked_len()).flatten();
            let id = self.private(fact).map_err(|e| locate(&input.name, "input", e))?;
            self.graph.whole = vec![true; whole.unwrap_or_default()];
            self.named(&input.name, id);
            self.given(input, id);
            self.graph.inputs.push(id);
            self.graph.input_range = proto::input_range(input);
            self.limits.extend(proto::input_limits(input).map(|limits| (id, limits)));
            return Ok(());
        }
        let facts = inputs.iter().map(|input| proto::input_fact(input)).collect::<Result<Vec<_>>>()?;
        let len = facts.iter().try_fold(0usize, |sum, fact| sum.checked_add(fact.checked_len()?));
        let Some(len) = len.filter(|len| *len > 0) else { return Ok(()) };
        let all = self.private(Fact::float(vec![1, len])).map_err(|e| locate("inputs", "input", e))?;
        let part =
            |(input, fact): (&&ValueInfoProto, &Fact)| Part { name: input.name.clone(), shape: fact.shape.clone() };
        let info = ValueInfo::joined(inputs.iter().zip(&facts).map(part).collect());
        (self.graph.values[all].name, self.graph.parts) = (info.name, info.parts);
        self.graph.inputs.push(all);
        if facts.iter().any(|fact| fact.dtype != DType::Float) {
            let whole = |fact: &Fact| std::iter::repeat_n(fact.dtype != DType::Float, fact.len());
            self.graph.whole = facts.iter().flat_map(whole).collect();
        }
        let mut start = 0;
        for (input, fact) in inputs.iter().zip(facts) {
            self.enter(&input.name, "input");
            let end = start + fact.len();
            let part = Rewriter::new(self).part(all, start..end, &fact);
            let id = part.map_err(|e| locate(&input.name, "input", e))?;
            self.named(&input.name, id);
            self.given(input, id);
            self.limits.extend(proto::input_limits(input).map(|limits| (id, limits)));
            start = end;
        }
        Ok(())
    }

    /// Notes what the values of an input, or of a part of all inputs, are.
    fn given(&mut self, input: &ValueInfoProto, id: Id) {
        let fact = &self.graph.values[id].fact;
        let element = Element::of(input, fact.dtype);
        self.graph.elements.extend(std::iter::repeat_n(element, fact.len()));
        self.moved.insert(id);
        if element == Element::Double {
            self.doubles.insert(id);
        }
    }

    /// Adds the outputs; several as parts of one vector, named after all of them, in their order.
    fn outputs(&mut self, names: &[&'a str]) -> Result<()> {
        // Absent only behind an error.
        let mut ids: Vec<Id> = names.iter().filter_map(|name| self.ids.get(name).copied()).collect();
        let private = ids.iter().any(|id| self.graph.values[*id].constant.is_none());
        let name = ValueInfo::join(names.iter().copied());
        self.enter(&name, "output");
        let mut element = 0;
        for id in &mut ids {
            let fact = self.graph.values[*id].fact.clone();
            if fact.dtype == DType::Name && private {
                let unnamed = || OpError::unsupported("an output of names that are the input's");
                let names = self.names(*id).ok_or_else(unnamed).map_err(|e| locate(&name, "output", e))?;
                let of = |element| Categories { element, names: names.to_vec(), open: false };
                self.graph.output_names.extend((element..element + fact.len()).map(of));
                let plain = Rewriter::new(self).unnamed(*id).map_err(|e| locate(&name, "output", e))?;
                *id = plain;
            }
            element += fact.len();
        }
        if ids.len() == names.len() {
            let of = |(index, (id, name)): (usize, (&Id, &&str))| {
                let fact = &self.graph.values[*id].fact;
                let told = self.meanings.get(index).copied().flatten();
                let value_info = ValueInfo::new(*name, fact.shape.clone());
                OutputPart { meaning: meaning(&value_info, fact.dtype, told), value_info }
            };
            self.graph.output_parts = ids.iter().zip(names).enumerate().map(of).collect();
        }
        if ids.len() > 1 && private {
            let mut facts = ids.iter().map(|id| &self.graph.values[*id].fact);
            let class = facts.position(|fact| matches!(fact.dtype, DType::Int | DType::Name) && fact.len() == 1);
            if let (Some(class), true) = (class, names.len() == ids.len()) {
                let others = names.iter().enumerate().filter(|(index, _)| *index != class);
                self.graph.beside = others.map(|(_, name)| (*name).to_owned()).collect();
            }
            let all = Rewriter::new(self).joined(&ids).map_err(|e| locate(&name, "output", e))?;
            self.graph.values[all].name.clone_from(&name);
            ids = vec![all];
        }
        if let [id] = &mut ids[..]
            && self.graph.values[*id].name != name
        {
            // Another name of an input or a constant.
            *id = Rewriter::new(self).named_copy(*id).map_err(|e| locate(&name, "output", e))?;
            self.graph.values[*id].name = name;
        }
        self.graph.outputs = ids;
        Ok(())
    }

    /// What is added from here on belongs to this node.
    pub(super) fn enter(&mut self, name: &str, op: &'static str) {
        self.current.0.clear();
        self.current.0.push_str(name);
        self.current.1 = op;
    }

    /// A new value; its name is empty until a tensor of the file is found to be it.
    fn add(&mut self, fact: Fact, constant: Option<Tensor>) -> Id {
        self.graph.values.push(Value { name: String::new(), fact, constant });
        self.graph.values.len() - 1
    }

    /// A named tensor of the file that is no node's output.
    fn named(&mut self, name: &'a str, id: Id) {
        self.graph.values[id].name = name.into();
        self.ids.insert(name, id);
    }

    /// A value that depends on the input.
    fn private(&mut self, fact: Fact) -> OpResult<Id> {
        if fact.checked_len().is_none_or(|len| len > MAX_VALUES) {
            let shape = &fact.shape;
            return Err(OpError::Graph(match fact.bounded_len() {
                Some(0) => format!("nothing is left of its result, which has shape {shape:?}"),
                _ => format!("a tensor of shape {shape:?} has more than {MAX_VALUES} values"),
            }));
        }
        Ok(self.add(fact, None))
    }

    fn lowered(&self, kernel: &dyn Op, inputs: &[Option<Id>]) -> OpResult<Vec<Lowered>> {
        let operands: Vec<_> = inputs.iter().map(|id| id.map(|id| self.graph.operand(id))).collect();
        kernel.lower(Inputs(&operands))
    }

    /// The ranges of a new integer from those of what it is computed from.
    fn new_bounds(&self, kernel: &dyn Op, inputs: &[Option<Id>], fact: &Fact) -> Option<Vec<(f64, f64)>> {
        if fact.dtype != DType::Int {
            return None;
        }
        let [lowered] = <[Lowered; 1]>::try_from(self.lowered(kernel, inputs).ok()?).ok()?;
        let of = |input: usize| self.bounds((*inputs.get(input)?)?);
        match lowered {
            Lowered::Reshape => of(0),
            Lowered::Affine(maps) => {
                let mut sum = vec![(0.0, 0.0); fact.len()];
                for (input, map) in maps {
                    let bounds = of(input)?;
                    sum.iter_mut().zip(map.bounds(&bounds)).for_each(|(sum, (low, high))| {
                        *sum = (sum.0 + low, sum.1 + high);
                    });
                }
                Some(sum)
            }
            Lowered::Gather { sources, shift } => {
                let used: HashSet<u32> = sources.iter().flatten().map(|(input, _)| *input).collect();
                let mut known = HashMap::new();
                for input in used {
                    known.insert(input, of(input as usize)?);
                }
                let at = |(i, source): (usize, &Option<(u32, u32)>)| {
                    let shift = shift.get(i).copied().unwrap_or(0.0);
                    let (low, high) = source.map_or((0.0, 0.0), |(input, element)| known[&input][element as usize]);
                    (low + shift, high + shift)
                };
                Some(sources.iter().enumerate().map(at).collect())
            }
            Lowered::Quantize(codes) => Some(vec![codes.limits.into(); fact.len()]),
            _ => None,
        }
    }
}

impl Nodes for Importer<'_> {
    fn operand(&self, id: Id) -> Operand<'_> {
        self.graph.operand(id)
    }

    fn find(&self, name: &str) -> Option<Def> {
        ops::find(name)
    }

    fn constant(&mut self, tensor: Tensor) -> OpResult<Id> {
        self.constants = self.constants.saturating_add(tensor.data().len());
        if self.constants > self.max_constants {
            return Err(OpError::Graph(format!("more than {} constants in all", self.max_constants)));
        }
        Ok(self.add(tensor.fact().clone(), Some(tensor)))
    }

    fn put(&mut self, op: &'static str, kernel: Box<dyn Op>, inputs: &[Option<Id>]) -> OpResult<Vec<Id>> {
        if self.graph.values.len() >= MAX_NODES {
            return Err(OpError::Graph(format!("the graph has more than {MAX_NODES} values")));
        }
        let operands: Vec<_> = inputs.iter().map(|id| id.map(|id| self.graph.operand(id))).collect();
        let takes_empty = self.find(op).is_some_and(Def::takes_empty);
        if !takes_empty && operands.iter().flatten().any(|operand| operand.fact.is_empty()) {
            return Err(OpError::Graph("an operand is empty".into()));
        }
        let facts = kernel.facts(Inputs(&operands))?;
        let constants: Option<Vec<_>> = operands
            .iter()
            .map(|operand| match operand {
                Some(operand) => operand.constant.map(Some),
                None => Some(None),
            })
            .collect();
        let names = self.names_of(&facts, inputs)?;
        if let Some(constants) = constants {
            // Folding must not turn a small file into large tensors.
            let read: usize = constants.iter().flatten().map(|tensor| tensor.data().len()).sum();
            let most = if inputs.is_empty() { MAX_VALUES } else { read.max(MAX_FOLDED) };
            let least = usize::from(!takes_empty);
            let fits = |fact: &Fact| fact.bounded_len().is_some_and(|len| (least..=most).contains(&len));
            if let Some(fact) = facts.iter().find(|fact| !fits(fact)) {
                return Err(OpError::Graph(format!("a constant of shape {:?} is empty or too large", fact.shape)));
            }
            let values = kernel.eval(Inputs(&constants))?;
            if let Some(bad) = values.iter().flat_map(Tensor::data).find(|value| !value.is_finite()) {
                return Err(OpError::Graph(format!("its constant result holds {bad}")));
            }
            let outputs = values.into_iter().map(|value| self.constant(value)).collect::<OpResult<Vec<_>>>()?;
            self.names.extend(names.into_iter().flat_map(|names| outputs.iter().map(move |id| (*id, names.clone()))));
            return Ok(outputs);
        }
        if let Some(fact) = facts.iter().find(|fact| fact.is_empty()) {
            // Refused before anything is made of it.
            return self.private(fact.clone()).map(|id| vec![id]);
        }
        if let Some(outputs) = self.simpler(op, kernel.as_ref(), inputs, &facts)? {
            return Ok(outputs);
        }
        let tables = self.by_leaf(kernel.as_ref(), inputs, &facts);
        let linear = tables.is_some() && is_linear(self.lowered(kernel.as_ref(), inputs));
        let tables = match tables {
            Some(tables) if !linear => return self.tabulate(op, tables, facts),
            tables => tables,
        };
        if let Some(outputs) = kernel.rewrite(inputs, &mut Rewriter::new(self))? {
            return Ok(outputs);
        }
        let bounds = facts.first().and_then(|fact| self.new_bounds(kernel.as_ref(), inputs, fact));
        let outputs = facts.into_iter().map(|fact| self.private(fact)).collect::<OpResult<Vec<_>>>()?;
        if let ([Some(input)], [output]) = (inputs, &outputs[..])
            && let Some(mask) = self.masks.get(input).cloned()
            && self.graph.values[*output].fact == self.graph.values[*input].fact
            && matches!(self.lowered(kernel.as_ref(), inputs).as_deref(), Ok([Lowered::Reshape]))
        {
            self.masks.insert(*output, mask);
        }
        if let (Some(bounds), [output]) = (bounds, &outputs[..]) {
            self.bounds.insert(*output, bounds);
        }
        self.tables.extend(tables.into_iter().flatten().zip(&outputs).map(|(table, id)| (*id, table)));
        self.note(kernel.as_ref(), inputs, &outputs, names);
        let ((name, origin), inputs) = (self.current.clone(), inputs.to_vec());
        self.graph.nodes.push(Node { name, op, origin, kernel, inputs, outputs: outputs.clone() });
        Ok(outputs)
    }

    fn ending(&self) -> Ending {
        self.ending
    }

    fn leave(&mut self, output: usize) {
        self.ending = self.outputs.get(output).map_or(Ending::Inner, |(ending, _)| *ending);
    }

    fn wanted(&self, output: usize) -> bool {
        self.outputs.get(output).is_some_and(|(_, wanted)| *wanted)
    }

    fn is_double(&self, id: Id) -> bool {
        self.doubles.contains(&id)
    }

    fn softmax_of(&self, id: Id) -> Option<(Id, usize)> {
        self.softmaxes.get(&id).copied()
    }

    fn note_softmax(&mut self, id: Id, of: (Id, usize)) {
        self.softmaxes.insert(id, of);
    }

    fn is_input(&self, id: Id) -> bool {
        self.moved.contains(&id)
    }

    fn root_of(&self, id: Id) -> Option<Id> {
        let made = self.graph.nodes.iter().rev().find(|node| node.outputs.contains(&id))?;
        (made.op == "Sqrt").then(|| made.inputs.first().copied().flatten()).flatten()
    }

    fn names(&self, id: Id) -> Option<Arc<Vec<String>>> {
        self.names.get(&id).cloned()
    }

    fn number(&mut self, id: Id, names: &[String]) -> OpResult<Vec<Option<u32>>> {
        if let Some(known) = self.names.get(&id) {
            let number = |name: &String| known.iter().position(|other| other == name).map(|at| at as u32);
            return Ok(names.iter().map(number).collect());
        }
        let mut numbers = vec![];
        for name in names {
            let next = self.graph.names.len();
            if next >= MAX_NAMES {
                return Err(OpError::Graph(format!("more than {MAX_NAMES} names")));
            }
            let number = *self.numbers.entry(name.clone()).or_insert(next as u32);
            if number as usize == next {
                self.graph.names.push(name.clone());
            }
            numbers.push(Some(number));
        }
        Ok(numbers)
    }

    fn name(&mut self, id: Id, names: Arc<Vec<String>>) {
        self.names.insert(id, names);
    }

    fn note_mask(&mut self, id: Id, mask: Mask) {
        self.masks.insert(id, mask);
    }

    fn mask(&self, id: Id) -> Option<Mask> {
        self.masks.get(&id).cloned()
    }

    fn limits(&self, id: Id) -> Option<[f64; 2]> {
        self.limits.get(&id).copied()
    }

    fn bound(&mut self, id: Id, bounds: Vec<(f64, f64)>) {
        self.bounds.insert(id, bounds);
    }

    fn bounds(&self, id: Id) -> Option<Vec<(f64, f64)>> {
        let value = &self.graph.values[id];
        match &value.constant {
            Some(constant) => Some(constant.data().iter().map(|value| (*value, *value)).collect()),
            None if value.fact.dtype == DType::Bool => Some(vec![(0.0, 1.0); value.fact.len()]),
            None => self.bounds.get(&id).cloned(),
        }
    }
}

impl Importer<'_> {
    /// What the numbers of a new tensor of names stand for: what those that it is made of do.
    fn names_of(&self, facts: &[Fact], inputs: &[Option<Id>]) -> OpResult<Option<Arc<Vec<String>>>> {
        if facts.iter().all(|fact| fact.dtype != DType::Name) {
            return Ok(None);
        }
        let made_of = inputs.iter().flatten().filter(|id| self.graph.values[**id].fact.dtype == DType::Name);
        let mut lists = made_of.map(|id| self.names.get(id));
        let first = lists.next().flatten();
        if lists.any(|other| other != first) {
            return Err(OpError::unsupported("strings of several kinds in one tensor"));
        }
        Ok(first.cloned())
    }

    /// Notes what is known of the outputs of a new node.
    fn note(&mut self, kernel: &dyn Op, inputs: &[Option<Id>], outputs: &[Id], names: Option<Arc<Vec<String>>>) {
        let private = |id: &&Option<Id>| id.is_some_and(|id| self.graph.values[id].constant.is_none());
        let of: Vec<Id> = inputs.iter().filter(private).flatten().copied().collect();
        let monotone = kernel.monotone(0);
        let narrow = matches!(monotone, Some(Monotone::Single | Monotone::Scaled { .. }));
        let double = !narrow && of.iter().any(|id| self.doubles.contains(id));
        let moves = |lowered: &Lowered| match lowered {
            Lowered::Reshape => true,
            Lowered::Gather { shift, .. } => shift.is_empty(),
            _ => false,
        };
        let moved = !of.is_empty()
            && of.iter().all(|id| self.moved.contains(id))
            && (monotone.is_some() || self.lowered(kernel, inputs).is_ok_and(|all| all.iter().all(moves)));
        for output in outputs {
            let dtype = self.graph.values[*output].fact.dtype;
            if double && dtype == DType::Float {
                self.doubles.insert(*output);
            }
            if moved {
                self.moved.insert(*output);
            }
            if let (DType::Name, Some(names)) = (dtype, &names) {
                self.names.insert(*output, names.clone());
            }
        }
        let lowered = self.lowered(kernel, inputs).unwrap_or_default();
        if let [output] = outputs {
            let fact = &self.graph.values[*output].fact;
            if let Some(origins) = self.origins(&lowered, inputs, fact) {
                self.origins.insert(*output, origins);
            }
            if let ([Lowered::Function(function)], [Some(x)]) = (&lowered[..], inputs)
                && *function == FloatActivation::Table(Function::Unary(Unary::Exp))
            {
                self.exponentials.insert(*output, *x);
            }
            if let ([Lowered::Affine(maps)], [x]) = (&lowered[..], &of[..])
                && let Some(exponent) = self.exponentials.get(x)
                && maps.iter().all(|(_, map)| map.uniform() == Some((1.0, 1.0)))
            {
                self.one_and_exponentials.insert(*output, *exponent);
            }
            if let ([Lowered::Reshape], [x]) = (&lowered[..], &of[..])
                && self.graph.values[*x].fact == *fact
                && let Some(softmax) = self.softmaxes.get(x).copied()
            {
                self.softmaxes.insert(*output, softmax);
            }
        }
        if let ([Some(x)], [output]) = (inputs, outputs)
            && matches!(self.graph.values[*output].fact.shape[..], [1, _])
            && matches!(lowered[..], [Lowered::Softmax])
        {
            self.softmaxes.insert(*output, (*x, 1));
        }
        if let (Some(values), Some(trees), [Some(of)], Some(output)) =
            (kernel.by_leaf(), kernel.trees(), inputs, outputs.first())
        {
            self.tables.insert(*output, Table { of: *of, trees: trees.clone(), values });
        }
    }

    /// What a new node gives by simpler means: a constant for a product with 0, σ(−x) for 1 / (1 + e^x), and parts of a
    /// tensor that was put together as parts of what it is made of.
    fn simpler(
        &mut self,
        op: &'static str,
        kernel: &dyn Op,
        inputs: &[Option<Id>],
        facts: &[Fact],
    ) -> OpResult<Option<Vec<Id>>> {
        let [fact] = facts else { return Ok(None) };
        if let [Some(x)] = *inputs
            && let Some(exponent) = self.one_and_exponentials.get(&x).copied()
            && let Ok([Lowered::Function(function)]) = self.lowered(kernel, inputs).as_deref()
            && *function == FloatActivation::Table(Function::Unary(Unary::Reciprocal))
        {
            return Rewriter::new(self).opposite_sigmoid(exponent).map(|y| Some(vec![y]));
        }
        let [lowered] = &self.lowered(kernel, inputs).unwrap_or_default()[..] else { return Ok(None) };
        match lowered {
            Lowered::Affine(maps) if op == "Mul" && maps.iter().all(|(_, map)| map.is_zero()) => {
                let zeros = Tensor::new(fact.clone(), vec![0.0; fact.len()]);
                let zeros = zeros.ok_or_else(|| OpError::Graph("is empty".to_owned()))?;
                Ok(Some(vec![self.constant(zeros)?]))
            }
            Lowered::Gather { sources, shift } if shift.is_empty() && fact.len() <= MAX_ORIGINS => {
                let of = |source: &Option<(u32, u32)>| {
                    let (input, element) = (*source)?;
                    self.origins.get(&(*inputs.get(input as usize)?)?)?.get(element as usize).copied()
                };
                let Some(origins) = sources.iter().map(of).collect::<Option<Vec<_>>>() else { return Ok(None) };
                let Some((first, _)) = origins.first().copied() else { return Ok(None) };
                if !origins.iter().all(|(id, _)| *id == first) {
                    return Ok(None);
                }
                let sources = origins.into_iter().map(|(_, element)| Some(element)).collect();
                Rewriter::new(self).selected(first, sources, fact).map(|y| Some(vec![y]))
            }
            _ => Ok(None),
        }
    }

    /// Where the values of a tensor come from that is put together of several, or is another shape of such a one.
    fn origins(&self, lowered: &[Lowered], inputs: &[Option<Id>], fact: &Fact) -> Option<Vec<(Id, u32)>> {
        match lowered {
            [Lowered::Reshape] => self.origins.get(&(*inputs.first()?)?).cloned(),
            [Lowered::Gather { sources, shift }] if shift.is_empty() && fact.len() <= MAX_ORIGINS => {
                let private = |id: &&Id| self.graph.values[**id].constant.is_none();
                let several = inputs.iter().flatten().filter(private).count() > 1;
                let of = |source: &Option<(u32, u32)>| {
                    let (input, element) = (*source)?;
                    let id = (*inputs.get(input as usize)?)?;
                    match self.origins.get(&id) {
                        Some(origins) => origins.get(element as usize).copied(),
                        None => Some((id, element)),
                    }
                };
                let known = inputs.iter().flatten().any(|id| self.origins.contains_key(id));
                if several || known { sources.iter().map(of).collect() } else { None }
            }
            _ => None,
        }
    }

    /// The results of an operator for each leaf of a tree, where that leaf is all that they depend on.
    fn by_leaf(&mut self, kernel: &dyn Op, inputs: &[Option<Id>], facts: &[Fact]) -> Option<Vec<Table>> {
        let private = |id: &&Id| self.graph.values[**id].constant.is_none();
        let mut tables = inputs.iter().flatten().filter(private).map(|id| self.tables.get(id));
        let Some(Some(first)) = tables.next() else { return None };
        let same =
            |other: Option<&Table>| other.is_some_and(|t| t.of == first.of && Arc::ptr_eq(&t.trees, &first.trees));
        let leaves = first.values.iter().flatten().count();
        let len = facts.iter().try_fold(0usize, |sum, fact| sum.checked_add(fact.checked_len()?))?;
        let size = leaves.saturating_mul(len);
        if !tables.all(same) || size > MAX_TABLE || self.tabulated.saturating_add(size) > MAX_TABULATED {
            return None;
        }
        let mut results: Vec<Table> = facts
            .iter()
            .map(|_| Table { of: first.of, trees: first.trees.clone(), values: vec![None; first.values.len()] })
            .collect();
        for leaf in (0..first.values.len()).filter(|leaf| first.values[*leaf].is_some()) {
            let at_leaf = |id: Id| match &self.graph.values[id].constant {
                Some(constant) => Some(constant.clone()),
                None => Tensor::new(self.graph.values[id].fact.clone(), self.tables.get(&id)?.values[leaf].clone()?),
            };
            let given: Vec<Option<Tensor>> = inputs
                .iter()
                .map(|id| match id {
                    Some(id) => at_leaf(*id).map(Some),
                    None => Some(None),
                })
                .collect::<Option<_>>()?;
            let given: Vec<Option<&Tensor>> = given.iter().map(Option::as_ref).collect();
            for (table, value) in results.iter_mut().zip(kernel.eval(Inputs(&given)).ok()?) {
                table.values[leaf] = Some(value.into_data()).filter(|data| data.iter().all(|value| value.is_finite()));
                table.values[leaf].as_ref()?;
            }
        }
        self.tabulated += size;
        Some(results)
    }

    /// Values by the leaf of a tree, as sums over its leaves.
    fn tabulate(&mut self, op: &'static str, tables: Vec<Table>, facts: Vec<Fact>) -> OpResult<Vec<Id>> {
        let mut outputs = vec![];
        for (Table { of, trees, values }, fact) in tables.into_iter().zip(facts) {
            let mut bounds = vec![(f64::INFINITY, f64::NEG_INFINITY); fact.len()];
            for data in values.iter().flatten() {
                let wider =
                    |((low, high), value): (&mut (f64, f64), &f64)| (*low, *high) = (low.min(*value), high.max(*value));
                bounds.iter_mut().zip(data).for_each(wider);
            }
            if bounds.iter().all(|(low, high)| low == high) {
                let data = bounds.iter().map(|(low, _)| *low).collect();
                let value = Tensor::new(fact, data).ok_or_else(|| OpError::Graph("has no value".to_owned()))?;
                outputs.push(self.constant(value)?);
                continue;
            }
            let kernel = ops::by_leaf(trees, values, fact.len());
            let sums = self.put(op, kernel, &[Some(of)])?;
            let mut to = Rewriter::new(self);
            let mut y = *sums.first().ok_or_else(|| OpError::Graph("has no output".to_owned()))?;
            y = to.shaped_as(y, &fact)?;
            if fact.dtype == DType::Int {
                self.bounds.insert(y, bounds);
            }
            outputs.push(y);
        }
        Ok(outputs)
    }
}

/// Whether outputs are moves and affine maps of the inputs.
fn is_linear(lowered: OpResult<Vec<Lowered>>) -> bool {
    let linear = |lowered: &Lowered| {
        matches!(lowered, Lowered::Reshape | Lowered::Affine(_) | Lowered::Gather { .. } | Lowered::Map { .. })
    };
    lowered.is_ok_and(|all| all.iter().all(linear))
}

impl<'a> Importer<'a> {
    /// Adds a node, or its outputs as constants; does nothing if an input is unknown because of an earlier error.
    pub(super) fn node(&mut self, proto: &'a NodeProto) -> Result<()> {
        let name = &proto.name;
        let unsupported = |op: &str, reason: &str| {
            let (node, op, reason) = (name.clone(), op.into(), reason.into());
            Err(Error::Unsupported(vec![UnsupportedOp { node, op, reason }]))
        };
        let foreign = || format!("{}.{}", proto.domain, proto.op_type);
        let Some(domain) = Domain::named(&proto.domain) else { return unsupported(&foreign(), "") };
        let Some(def) = ops::find_in(domain, &proto.op_type) else {
            let op = if domain == Domain::Default { proto.op_type.clone() } else { foreign() };
            return unsupported(&op, ops::advice(domain, &proto.op_type));
        };
        let (op, opsets, takes) = (def.onnx(), def.opsets(), def.inputs());
        let opset = match domain {
            Domain::Default => self.opset,
            Domain::Ml => self.ml_opset,
            // There is one version.
            Domain::Microsoft => 1,
        };
        if !opsets.contains(&opset) {
            return unsupported(op, &format!("needs operator set {} or later", opsets.start()));
        }
        let mut attrs = proto::attrs(proto, opset)?;
        let old = if domain == Domain::Default { Old::take(op, proto, &mut attrs) } else { Old::Same };
        let error = |e| locate(name, op, e);
        let kernel = match def {
            Def::Op(def) => Ok((def.parse)(attrs).map_err(error)?),
            def => Err((def, attrs)),
        };
        let given = proto.input.iter().rposition(|input| !input.is_empty()).map_or(0, |last| last + 1);
        let given = given + old.added();
        if !takes.contains(&given) {
            let (least, most) = (takes.start(), takes.end());
            return Err(graph_error(name, format!("{op} takes {least} to {most} inputs, got {given}")));
        }
        let Some(mut inputs) = self.resolve(&proto.input, def.takes_empty()) else { return Ok(()) };
        self.enter(name, op);
        old.inputs(self, proto, &mut inputs)?;
        let leaves = |name: &String| (order::ending(&self.endings, name), self.consumed.contains(name.as_str()));
        self.outputs = proto.output.iter().map(leaves).collect();
        self.leave(0);
        let outputs = match kernel {
            Ok(kernel) => self.put(op, kernel, &inputs),
            Err((Def::Rewrite(def), attrs)) => (def.rewrite)(attrs, &inputs, &mut Rewriter::new(self)),
            Err((Def::Control(def), attrs)) => {
                let Some(outputs) = self.control(def.control, proto, attrs, &inputs)? else { return Ok(()) };
                Ok(outputs)
            }
            Err((Def::Op(def), _)) => Err(OpError::Graph(format!("{} is no rewrite", def.onnx))),
        };
        let outputs = outputs.map_err(error)?;
        if let Some(extra) = proto.output.iter().skip(outputs.len()).find(|name| self.consumed.contains(name.as_str()))
        {
            return unsupported(op, &format!("output `{extra}`"));
        }
        let wanted = proto.output.iter().zip(outputs).filter(|(name, _)| self.consumed.contains(name.as_str()));
        for (output, id) in wanted.collect::<Vec<_>>() {
            if self.graph.values[id].name.is_empty() {
                self.graph.values[id].name.clone_from(output);
            }
            self.ids.insert(output, id);
        }
        Ok(())
    }

    /// Ids of a node's inputs; [`None`] if one is unknown. An empty tensor, as exporters give for an optional input
    /// that is left out, is none to an operator that takes no empty ones.
    fn resolve(&self, names: &[String], takes_empty: bool) -> Option<Vec<Option<usize>>> {
        let id = |name: &String| match self.ids.get(name.as_str()) {
            _ if name.is_empty() => Some(None),
            Some(id) if !takes_empty && self.graph.values[*id].fact.is_empty() => Some(None),
            id => id.copied().map(Some),
        };
        names.iter().map(id).collect()
    }
}

/// The graph of one node of the domain `ai.onnx.ml` on an input x, of which the leading outputs are read.
#[cfg(test)]
pub(crate) fn node_graph(
    def: &'static ops::RewriteDef,
    attrs: Vec<(&'static str, ops::Attr)>,
    x: Fact,
    indices: Option<&[i64]>,
    outputs: usize,
) -> Result<Graph> {
    const NAMES: [&str; 3] = ["a", "b", "c"];
    let (op, opset) = (def.onnx, *def.opsets.end());
    let error = |e| locate("node", op, e);
    let mut builder = Importer::new("graph", [*ops::OPSETS.end(), opset], 0);
    let input = builder.private(x).map_err(error)?;
    builder.named("x", input);
    builder.moved.insert(input);
    let fact = &builder.graph.values[input].fact;
    let element = match fact.dtype {
        DType::Float => Element::Single,
        DType::Int | DType::Bool => Element::Integer,
        DType::Name => Element::Name,
    };
    builder.graph.elements = vec![element; fact.len()];
    builder.graph.inputs.push(input);
    let mut inputs = vec![Some(input)];
    if let Some(indices) = indices {
        inputs.push(Some(Rewriter::new(&mut builder).ints(indices).map_err(error)?));
    }
    let ending = if outputs == 1 { Ending::Output } else { Ending::Part };
    builder.outputs = (0..2).map(|output| (ending, output < outputs)).collect();
    builder.leave(0);
    let attrs = attrs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let ids = (def.rewrite)(ops::Attrs::new(opset, attrs), &inputs, &mut Rewriter::new(&mut builder)).map_err(error)?;
    for (name, id) in NAMES.into_iter().zip(ids).take(outputs) {
        builder.ids.insert(name, id);
    }
    builder.outputs(&NAMES[..outputs])?;
    builder.graph.drop_unread();
    Ok(builder.graph)
}

/// What the values of an output are: whole numbers by their type, else what its node says, else what the name of
/// several numbers in a row says.
fn meaning(output: &ValueInfo, dtype: DType, told: Option<Meaning>) -> Meaning {
    if dtype != DType::Float && told != Some(Meaning::Values) {
        return Meaning::Integers;
    }
    let name = output.name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    told.unwrap_or(match output.is_row() {
        true if has(&["logit", "logprob", "log_prob"]) => Meaning::Logits,
        true if has(&["prob"]) => Meaning::Probabilities,
        true if has(&["score", "class", "label"]) => Meaning::Scores,
        _ => Meaning::Values,
    })
}

/// Each of them once.
pub(super) fn once(mut unsupported: Vec<UnsupportedOp>) -> Vec<UnsupportedOp> {
    let mut seen = HashSet::new();
    unsupported.retain(|UnsupportedOp { node, op, reason }| seen.insert((node.clone(), op.clone(), reason.clone())));
    unsupported
}

/// An operator's error at a node.
pub(super) fn locate(node: &str, op: &str, error: OpError) -> Error {
    let (node, op) = (node.to_owned(), op.to_owned());
    match error {
        OpError::Shape { expected, got } => Error::Shape { node, op, expected, got },
        OpError::Graph(reason) => Error::Graph { node, reason: format!("{op}: {reason}") },
        OpError::Unsupported(reasons) => Error::Unsupported(
            reasons.into_iter().map(|reason| UnsupportedOp { node: node.clone(), op: op.clone(), reason }).collect(),
        ),
    }
}

fn graph_error(node: &str, reason: String) -> Error {
    Error::Graph { node: node.into(), reason }
}

/// An input of `got` values where `value_info` was expected.
pub(super) fn input_shape(value_info: &ValueInfo, got: usize) -> Error {
    Error::InputShape {
        input: value_info.name.clone(),
        expected: format!("{:?}", value_info.shape),
        got: format!("[{got}]"),
    }
}
