//! Where a graph with unsupported operators can be cut: the tensors in front of them that can be compiled as outputs.

use std::collections::HashSet;

use hushproof_core::{Error, error::UnsupportedOp};

use super::{
    Graph, order,
    pb::{GraphProto, ModelProto, NodeProto, ValueInfoProto},
    proto::Source,
};
use crate::ops::Mark;

/// Most cuts that are tried one by one.
const MAX_TRIALS: usize = 4;

/// The error of unsupported operators, with what can be compiled without them.
pub(super) fn offer(source: &Source, operators: Vec<UnsupportedOp>) -> Error {
    let names = cut(&source.graph, &operators);
    let mut outputs = vec![];
    if !names.is_empty() && compiles(source, &names) {
        outputs = names;
    } else if let Some(name) = names.iter().take(MAX_TRIALS).find(|name| compiles(source, std::slice::from_ref(name))) {
        outputs.push(name.clone());
    }
    if outputs.is_empty() { Error::Unsupported(operators) } else { Error::UnsupportedAfter { operators, outputs } }
}

/// The outputs that no unsupported operator is needed for, and what the operators that need one read of others.
fn cut(graph: &GraphProto, operators: &[UnsupportedOp]) -> Vec<String> {
    let is_refused = |node: &NodeProto| {
        let of = |op: &UnsupportedOp| {
            op.node.strip_prefix(&node.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        operators.iter().any(of)
    };
    let initializers: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let inputs = graph.input.iter().map(|input| input.name.as_str()).filter(|name| !initializers.contains(name));
    // What depends on the inputs, and what of that on an unsupported operator. Nodes follow those that they read.
    let (mut private, mut blocked): (HashSet<&str>, HashSet<&str>) = (inputs.collect(), HashSet::new());
    let mut names: Vec<String> = vec![];
    let mut take = |name: &str| {
        if !names.iter().any(|taken| taken == name) {
            names.push(name.to_owned());
        }
    };
    let mut made: HashSet<&str> = HashSet::new();
    for node in &graph.node {
        let reads = order::reads(node);
        let depends = reads.iter().any(|name| private.contains(name));
        let stops = is_refused(node) || reads.iter().any(|name| blocked.contains(name));
        if stops {
            reads.iter().filter(|name| made.contains(*name) && !blocked.contains(*name)).for_each(|name| take(name));
        }
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            if depends {
                private.insert(output);
            }
            if stops {
                blocked.insert(output);
            } else if depends && (computes(node) || reads.iter().any(|name| made.contains(name))) {
                made.insert(output);
            }
        }
    }
    let done = graph.output.iter().filter(|output| made.contains(output.name.as_str()));
    done.for_each(|output| take(&output.name));
    names
}

/// Whether an operator does more than to name its input anew.
fn computes(node: &NodeProto) -> bool {
    !order::marks(node).contains(&Mark::Passes)
}

/// Whether the graph with these outputs has a normal form.
fn compiles(source: &Source, names: &[String]) -> bool {
    let mut graph = source.graph.clone();
    graph.output = names.iter().map(|name| ValueInfoProto { name: name.clone(), r#type: None }).collect();
    if order::order(&mut graph).is_err() {
        return false;
    }
    let model = ModelProto { graph: None, ..source.model.clone() };
    let source = Source { model, graph, ..*source };
    Graph::build(&source).and_then(|graph| graph.network()).is_ok()
}
