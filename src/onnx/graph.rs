//! The checked float graph: nodes in order, every shape known, constants folded.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::NodeProto;

use super::{
    order,
    proto::{self, Source},
};
use crate::{
    Error, Result,
    error::UnsupportedOp,
    graph::Port,
    ops::{self, Inputs, Op, OpError, Operand},
    tensor::{Fact, MAX_ELEMENTS, Tensor},
};

/// Most values a tensor that depends on the input may have.
const MAX_VALUES: usize = 1 << 24;

/// A checked float graph. It may have any number of inputs and outputs and any shape; only
/// [`Self::normalize`] demands a chain.
#[derive(Debug)]
pub struct Graph {
    pub(super) name: String,
    pub(super) values: Vec<Value>,
    pub(super) nodes: Vec<Node>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
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

    pub(super) fn error(&self, error: OpError) -> Error {
        locate(&self.name, self.op, error)
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
    pub fn inputs(&self) -> Vec<Port> {
        self.inputs.iter().map(|id| self.port(*id)).collect()
    }

    /// Outputs.
    pub fn outputs(&self) -> Vec<Port> {
        self.outputs.iter().map(|id| self.port(*id)).collect()
    }

    /// Number of constants that the nodes read.
    pub fn parameters(&self) -> usize {
        let read: HashSet<_> = self.nodes.iter().flat_map(|node| &node.inputs).flatten().collect();
        let constants = read.into_iter().filter_map(|id| self.values[*id].constant.as_ref());
        constants.map(|tensor| tensor.data().len()).sum()
    }

    fn port(&self, id: usize) -> Port {
        let value = &self.values[id];
        Port { name: value.name.clone(), shape: value.fact.shape.clone() }
    }

    /// The only input and the only output.
    pub(super) fn ends(&self) -> Result<(usize, usize)> {
        let only = |ids: &[usize], what: &str| match *ids {
            [id] => Ok(id),
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
        let port = self.port(input_id);
        let fact = self.values[input_id].fact.clone();
        let tensor = Tensor::new(fact, input.to_vec()).ok_or_else(|| input_shape(&port, input.len()))?;

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
        let graph = Self { name: proto.name.clone(), values: vec![], nodes: vec![], inputs: vec![], outputs: vec![] };
        let consumed = order::consumed(proto).collect();
        let mut builder = Builder { graph, opset: source.opset, ids: HashMap::new(), consumed, constants: 0 };
        for tensor in &proto.initializer {
            builder.constant(&tensor.name, proto::tensor(tensor, &tensor.name)?)?;
        }
        for input in &proto.input {
            if builder.ids.contains_key(input.name.as_str()) {
                continue; // a default value, which is the constant
            }
            let id = builder.private(&input.name, &input.name, proto::input_fact(input)?)?;
            builder.graph.inputs.push(id);
        }
        let (mut unsupported, mut failure) = (vec![], None);
        for node in &proto.node {
            match builder.node(node) {
                Ok(()) => {}
                Err(Error::Unsupported(ops)) => unsupported.extend(ops),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if !unsupported.is_empty() {
            return Err(Error::Unsupported(unsupported));
        }
        if let Some(error) = failure {
            return Err(error);
        }
        let Builder { mut graph, ids, .. } = builder;
        // Absent only behind an error returned above.
        graph.outputs = proto.output.iter().filter_map(|output| ids.get(output.name.as_str()).copied()).collect();
        Ok(graph)
    }
}

struct Builder<'a> {
    graph: Graph,
    opset: i64,
    /// Values by name; without those that follow from a node with an error.
    ids: HashMap<&'a str, usize>,
    consumed: HashSet<&'a str>,
    /// Number of constants so far.
    constants: usize,
}

impl<'a> Builder<'a> {
    fn add(&mut self, name: &'a str, fact: Fact, constant: Option<Tensor>) -> usize {
        let id = self.graph.values.len();
        self.graph.values.push(Value { name: name.into(), fact, constant });
        self.ids.insert(name, id);
        id
    }

    fn constant(&mut self, name: &'a str, tensor: Tensor) -> Result<()> {
        self.constants = self.constants.saturating_add(tensor.data().len());
        if self.constants > MAX_ELEMENTS {
            return Err(graph_error(name, format!("more than {MAX_ELEMENTS} weights")));
        }
        self.add(name, tensor.fact().clone(), Some(tensor));
        Ok(())
    }

    /// A value that depends on the input; `node` is named if it is empty or too large.
    fn private(&mut self, name: &'a str, node: &str, fact: Fact) -> Result<usize> {
        if fact.checked_len().is_none_or(|len| len > MAX_VALUES) {
            let reason =
                format!("tensor `{name}` of shape {:?} is empty or has more than {MAX_VALUES} values", fact.shape);
            return Err(graph_error(node, reason));
        }
        Ok(self.add(name, fact, None))
    }

    /// Adds a node, or its outputs as constants; does nothing if an input is unknown because of an earlier error.
    fn node(&mut self, proto: &'a NodeProto) -> Result<()> {
        let name = &proto.name;
        let unsupported = |op: &str, reason: &str| {
            let (node, op, reason) = (name.clone(), op.into(), reason.into());
            Err(Error::Unsupported(vec![UnsupportedOp { node, op, reason }]))
        };
        if !proto::is_default_domain(&proto.domain) {
            return unsupported(&format!("{}.{}", proto.domain, proto.op_type), "");
        }
        let Some(def) = ops::find(&proto.op_type) else { return unsupported(&proto.op_type, "") };
        if !def.opsets.contains(&self.opset) {
            return unsupported(def.onnx, &format!("needs operator set {} or later", def.opsets.start()));
        }
        let kernel = (def.parse)(proto::attrs(proto, self.opset)?).map_err(|e| locate(name, def.onnx, e))?;
        let given = proto.input.iter().rposition(|input| !input.is_empty()).map_or(0, |last| last + 1);
        if !def.inputs.contains(&given) {
            let (least, most) = (def.inputs.start(), def.inputs.end());
            return Err(graph_error(name, format!("{} takes {least} to {most} inputs, got {given}", def.onnx)));
        }
        let Some(inputs) = self.resolve(&proto.input) else { return Ok(()) };

        let operands: Vec<_> = inputs.iter().map(|id| id.map(|id| self.graph.operand(id))).collect();
        let facts = kernel.facts(Inputs(&operands)).map_err(|e| locate(name, def.onnx, e))?;
        if let Some(extra) = proto.output.iter().skip(facts.len()).find(|name| self.consumed.contains(name.as_str())) {
            return unsupported(def.onnx, &format!("output `{extra}`"));
        }
        let outputs = proto.output.iter().take(facts.len());
        let constants: Option<Vec<_>> = operands
            .iter()
            .map(|operand| match operand {
                Some(operand) => operand.constant.map(Some),
                None => Some(None),
            })
            .collect();
        if let Some(constants) = constants {
            // Folding must not turn a small file into large tensors.
            let read: usize = constants.iter().flatten().map(|tensor| tensor.data().len()).sum();
            let fits = |fact: &Fact| fact.checked_len().is_some_and(|len| len <= read.max(MAX_VALUES));
            if let Some(fact) = facts.iter().find(|fact| !fits(fact)) {
                return Err(graph_error(name, format!("shape {:?} is empty or too large", fact.shape)));
            }
            let values = kernel.eval(Inputs(&constants)).map_err(|e| locate(name, def.onnx, e))?;
            for (output, value) in outputs.zip(values) {
                if let Some(bad) = value.data().iter().find(|value| !value.is_finite()) {
                    return Err(graph_error(name, format!("its constant result holds {bad}")));
                }
                self.constant(output, value)?;
            }
            return Ok(());
        }
        let outputs =
            outputs.zip(facts).map(|(output, fact)| self.private(output, name, fact)).collect::<Result<_>>()?;
        self.graph.nodes.push(Node { name: name.clone(), op: def.onnx, kernel, inputs, outputs });
        Ok(())
    }

    /// Ids of a node's inputs; [`None`] if one is unknown.
    fn resolve(&self, names: &[String]) -> Option<Vec<Option<usize>>> {
        let id =
            |name: &String| if name.is_empty() { Some(None) } else { self.ids.get(name.as_str()).copied().map(Some) };
        names.iter().map(id).collect()
    }
}

/// An operator's error at a node.
fn locate(node: &str, op: &str, error: OpError) -> Error {
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

/// An input of `got` values where `port` was expected.
pub(super) fn input_shape(port: &Port, got: usize) -> Error {
    Error::InputShape { input: port.name.clone(), expected: format!("{:?}", port.shape), got: format!("[{got}]") }
}
