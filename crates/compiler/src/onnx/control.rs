//! Control flow, unrolled: graphs inside nodes become nodes of the graph, once for each repetition.

use hushproof_core::{Error, Result, error::UnsupportedOp};

use super::pb::{GraphProto, NodeProto};

use super::{
    graph::{Importer, locate},
    proto,
};
use crate::{
    ops::{Attrs, Control, Id, Nodes, OpError, Rewriter},
    tensor::{DType, Fact, Tensor},
};

/// Most repetitions of all bodies.
const MAX_STEPS: usize = 1 << 14;

/// A node of control flow.
struct Site<'a> {
    proto: &'a NodeProto,
    op: &'static str,
}

impl<'a> Site<'a> {
    fn error(&self, reason: impl Into<String>) -> Error {
        locate(&self.proto.name, &self.proto.op_type, OpError::Graph(reason.into()))
    }

    fn unsupported(&self, reason: &str) -> Error {
        locate(&self.proto.name, &self.proto.op_type, OpError::Unsupported(vec![reason.into()]))
    }

    fn located<T>(&self, result: std::result::Result<T, OpError>) -> Result<T> {
        result.map_err(|e| locate(&self.proto.name, &self.proto.op_type, e))
    }

    fn graph(&self, name: &str) -> Result<&'a GraphProto> {
        let attribute = self.proto.attribute.iter().find(|attribute| attribute.name == name);
        let graph = attribute.and_then(|attribute| attribute.g.as_ref());
        graph.ok_or_else(|| self.error(format!("attribute `{name}` is missing")))
    }
}

impl<'a> Importer<'a> {
    /// The outputs of a node of control flow; none where one is unknown because of an earlier error.
    pub(super) fn control(
        &mut self,
        control: Control,
        proto: &'a NodeProto,
        mut attrs: Attrs,
        inputs: &[Option<Id>],
    ) -> Result<Option<Vec<Id>>> {
        let site = Site { proto, op: control.onnx() };
        for name in ["body", "then_branch", "else_branch"] {
            attrs.ignore(name);
        }
        match control {
            Control::If => {
                site.located(attrs.finish())?;
                self.branch(&site, inputs)
            }
            Control::Loop => {
                site.located(attrs.finish())?;
                self.repeat(&site, inputs)
            }
            Control::Scan => self.scan(&site, attrs, inputs),
        }
    }

    /// The outputs of a graph inside a node.
    fn body(&mut self, site: &Site<'a>, graph: &'a GraphProto, inputs: &[Id]) -> Result<Option<Vec<Id>>> {
        if graph.input.len() != inputs.len() {
            return Err(site.error(format!("gives {} inputs to a graph of {}", inputs.len(), graph.input.len())));
        }
        self.repetitions += 1;
        if self.repetitions > MAX_STEPS {
            return Err(site.error(format!("repeats graphs more than {MAX_STEPS} times in all")));
        }
        let inputs_and_weights = graph.input.iter().map(|input| &input.name);
        let inputs_and_weights = inputs_and_weights.chain(graph.initializer.iter().map(|tensor| &tensor.name));
        let names = inputs_and_weights.chain(graph.node.iter().flat_map(|node| &node.output));
        let outer: Vec<(&'a str, Option<Id>)> =
            names.map(|name| (name.as_str(), self.ids.get(name.as_str()).copied())).collect();
        let outputs = self.body_inside(graph, inputs);
        for (name, id) in outer {
            match id {
                Some(id) => self.ids.insert(name, id),
                None => self.ids.remove(name),
            };
        }
        outputs
    }

    fn body_inside(&mut self, graph: &'a GraphProto, inputs: &[Id]) -> Result<Option<Vec<Id>>> {
        for tensor in &graph.initializer {
            let value = proto::any_tensor(tensor, &tensor.name)?;
            let id = self.constant(value).map_err(|e| locate(&tensor.name, "initializer", e))?;
            self.ids.insert(&tensor.name, id);
        }
        for (input, id) in graph.input.iter().zip(inputs) {
            self.ids.insert(&input.name, *id);
        }
        let mut unsupported: Vec<UnsupportedOp> = vec![];
        for node in &graph.node {
            match self.node(node) {
                Ok(()) => {}
                Err(Error::Unsupported(ops)) => unsupported.extend(ops),
                Err(error) if unsupported.is_empty() => return Err(error),
                Err(_) => {}
            }
        }
        if !unsupported.is_empty() {
            return Err(Error::Unsupported(unsupported));
        }
        Ok(graph.output.iter().map(|output| self.ids.get(output.name.as_str()).copied()).collect())
    }

    /// The constant truth value of a condition.
    fn holds(&self, id: Id) -> Option<bool> {
        self.operand(id).constant.and_then(|value| value.data().first().copied()).map(|value| value != 0.0)
    }

    fn branch(&mut self, site: &Site<'a>, inputs: &[Option<Id>]) -> Result<Option<Vec<Id>>> {
        let Some(Some(condition)) = inputs.first().copied() else { return Err(site.error("has no condition")) };
        let name = match self.holds(condition) {
            Some(true) => "then_branch",
            Some(false) => "else_branch",
            None => {
                let (a, b) = (site.graph("then_branch")?, site.graph("else_branch")?);
                let (Some(a), Some(b)) = (self.body(site, a, &[])?, self.body(site, b, &[])?) else { return Ok(None) };
                if a.len() != b.len() {
                    return Err(site.error("has branches of different outputs"));
                }
                self.enter(&site.proto.name, site.op);
                let mut outputs = vec![];
                for (a, b) in a.into_iter().zip(b) {
                    if self.operand(a).fact != self.operand(b).fact {
                        return Err(site.unsupported("branches of different shapes under a private condition"));
                    }
                    outputs.push(site.located(Rewriter::new(self).choose(condition, a, b))?);
                }
                return Ok(Some(outputs));
            }
        };
        let graph = site.graph(name)?;
        self.body(site, graph, &[])
    }

    /// A constant scalar.
    fn scalar(&mut self, site: &Site<'a>, dtype: DType, value: f64) -> Result<Id> {
        let tensor = Tensor::new(Fact { dtype, shape: vec![] }, vec![value]);
        let tensor = tensor.ok_or_else(|| site.error("has no scalar"))?;
        site.located(self.constant(tensor))
    }

    fn repeat(&mut self, site: &Site<'a>, inputs: &[Option<Id>]) -> Result<Option<Vec<Id>>> {
        const PRIVATE: &str = "how often depends on private values";
        let body = site.graph("body")?;
        let given = |index: usize| inputs.get(index).copied().flatten();
        let steps = match given(0) {
            None => MAX_STEPS,
            Some(count) => {
                let count = self.operand(count).constant.and_then(|count| count.data().first().copied());
                count.ok_or_else(|| site.unsupported(PRIVATE))?.max(0.0) as usize
            }
        };
        let mut condition = given(1);
        let mut states = inputs.iter().skip(2).copied().collect::<Option<Vec<_>>>().unwrap_or_default();
        let Some(scanned) = body.output.len().checked_sub(states.len() + 1) else {
            return Err(site.error("has a body of too few outputs"));
        };
        let mut all: Vec<Vec<Id>> = vec![vec![]; scanned];
        let mut step = 0;
        loop {
            let goes_on = match condition {
                None => true,
                Some(condition) => self.holds(condition).ok_or_else(|| site.unsupported(PRIVATE))?,
            };
            if step == steps || !goes_on {
                break;
            }
            if step >= MAX_STEPS {
                return Err(site.error(format!("repeats its body more than {MAX_STEPS} times")));
            }
            let number = self.scalar(site, DType::Int, step as f64)?;
            let holds = match condition {
                Some(condition) => condition,
                None => self.scalar(site, DType::Bool, 1.0)?,
            };
            let inputs: Vec<Id> = [number, holds].into_iter().chain(states.iter().copied()).collect();
            let Some(outputs) = self.body(site, body, &inputs)? else { return Ok(None) };
            let mut outputs = outputs.into_iter();
            condition = outputs.next();
            states.iter_mut().zip(&mut outputs).for_each(|(state, output)| *state = output);
            all.iter_mut().zip(outputs).for_each(|(all, output)| all.push(output));
            step += 1;
        }
        self.enter(&site.proto.name, site.op);
        for values in all {
            if values.is_empty() {
                return Err(site.error("collects the values of no repetition"));
            }
            states.push(site.located(Rewriter::new(self).stacked(&values, 0))?);
        }
        Ok(Some(states))
    }

    fn scan(&mut self, site: &Site<'a>, mut attrs: Attrs, inputs: &[Option<Id>]) -> Result<Option<Vec<Id>>> {
        let body = site.graph("body")?;
        let count = attrs.int("num_scan_inputs").and_then(|count| usize::try_from(count).ok());
        let mut list = |name: &str| attrs.ints(name).unwrap_or_default();
        let (axes, directions) = (list("scan_input_axes"), list("scan_input_directions"));
        let (output_axes, output_directions) = (list("scan_output_axes"), list("scan_output_directions"));
        site.located(attrs.finish())?;
        let inputs = inputs.iter().copied().collect::<Option<Vec<Id>>>();
        let inputs = inputs.ok_or_else(|| site.error("leaves out an input"))?;
        let split = count.filter(|count| *count > 0).and_then(|count| inputs.len().checked_sub(count));
        let split = split.ok_or_else(|| site.error("num_scan_inputs does not fit the inputs"))?;
        let (states, scanned) = inputs.split_at(split);
        let mut states = states.to_vec();
        let Some(collected) = body.output.len().checked_sub(states.len()) else {
            return Err(site.error("has a body of too few outputs"));
        };
        let at = |list: &[i64], index: usize| list.get(index).copied().unwrap_or(0);
        self.enter(&site.proto.name, site.op);
        let mut slices: Vec<Vec<Id>> = vec![];
        for (index, x) in scanned.iter().enumerate() {
            let mut parts = site.located(Rewriter::new(self).slices(*x, at(&axes, index)))?;
            if at(&directions, index) == 1 {
                parts.reverse();
            }
            slices.push(parts);
        }
        let steps = slices.first().map_or(0, Vec::len);
        if steps > MAX_STEPS || slices.iter().any(|parts| parts.len() != steps) {
            return Err(site.error("scans tensors of different or too great lengths"));
        }
        let mut all: Vec<Vec<Id>> = vec![vec![]; collected];
        for step in 0..steps {
            let inputs: Vec<Id> = states.iter().copied().chain(slices.iter().map(|parts| parts[step])).collect();
            let Some(outputs) = self.body(site, body, &inputs)? else { return Ok(None) };
            let mut outputs = outputs.into_iter();
            states.iter_mut().zip(&mut outputs).for_each(|(state, output)| *state = output);
            all.iter_mut().zip(outputs).for_each(|(all, output)| all.push(output));
        }
        self.enter(&site.proto.name, site.op);
        for (index, mut values) in all.into_iter().enumerate() {
            if at(&output_directions, index) == 1 {
                values.reverse();
            }
            states.push(site.located(Rewriter::new(self).stacked(&values, at(&output_axes, index)))?);
        }
        Ok(Some(states))
    }
}
