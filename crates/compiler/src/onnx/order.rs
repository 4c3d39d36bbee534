//! Names, uniqueness, order and reachability of the nodes of a protobuf graph, and how values leave it. What differs
//! between operators is what their definitions mark.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
};

use hushproof_core::{Error, Result, graph::Meaning};

use super::pb::{
    AttributeProto, GraphProto, NodeProto, TensorProto, attribute_proto::AttributeType, tensor_proto::DataType,
};
use crate::ops::{self, Domain, Ending, Mark};

/// Most graphs inside one another.
const MAX_DEPTH: usize = 8;

/// Names unnamed nodes "#index", drops nodes and initializers that no output needs, and sorts the nodes so that each
/// follows those it reads; nodes already sorted keep their order.
pub(super) fn order(graph: &mut GraphProto) -> Result<()> {
    name(graph, "", 0)?;
    omit_empty(graph);
    name_softmaxes(graph);
    let sorted = sort(graph)?;
    let mut nodes: Vec<_> = std::mem::take(&mut graph.node).into_iter().map(Some).collect();
    graph.node = sorted.into_iter().filter_map(|index| nodes[index].take()).collect();
    let used: HashSet<_> = consumed(graph).into_iter().map(str::to_owned).collect();
    graph.initializer.retain(|tensor| used.contains(&tensor.name));
    Ok(())
}

/// Names unnamed nodes after their place, those of graphs inside nodes after that node's name too.
fn name(graph: &mut GraphProto, outer: &str, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::Graph {
            node: outer.into(),
            reason: format!("more than {MAX_DEPTH} graphs inside one another"),
        });
    }
    for (index, node) in graph.node.iter_mut().enumerate() {
        if node.name.is_empty() {
            node.name = format!("{outer}#{index}");
        }
        let inner = format!("{}/", node.name);
        node.attribute.iter_mut().filter_map(|a| a.g.as_mut()).try_for_each(|graph| name(graph, &inner, depth + 1))?;
    }
    Ok(())
}

/// The graphs inside a node.
fn inside(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    node.attribute.iter().filter_map(|attribute| attribute.g.as_ref())
}

/// The names that a node reads, and those that anything in the graphs inside it reads.
pub(super) fn reads(node: &NodeProto) -> Vec<&str> {
    let mut names: Vec<&str> = node.input.iter().map(String::as_str).collect();
    names.extend(inside(node).flat_map(consumed));
    names
}

/// What is marked of a node's operator.
pub(super) fn marks(node: &NodeProto) -> &'static [Mark] {
    Domain::named(&node.domain).and_then(|domain| ops::find_in(domain, &node.op_type)).map_or(&[], |def| def.marks())
}

/// Leaves out inputs that are empty lists where these are as good as none.
fn omit_empty(graph: &mut GraphProto) {
    let initializers = graph.initializer.iter().filter(|tensor| tensor.dims == [0]).map(|tensor| &tensor.name);
    // A node that reads nothing gives the tensor that it holds.
    let is_empty = |node: &&NodeProto| {
        node.input.is_empty() && node.attribute.iter().flat_map(|a| &a.t).any(|tensor| tensor.dims == [0])
    };
    let constants = graph.node.iter().filter(is_empty).flat_map(|node| &node.output);
    let empty: HashSet<_> = initializers.chain(constants).cloned().collect();
    for node in &mut graph.node {
        if marks(node).contains(&Mark::EmptyIsAbsent) {
            node.input.iter_mut().filter(|input| empty.contains(*input)).for_each(String::clear);
        }
    }
}

/// Makes a Softmax of e^(x − ln Σ e^x), row by row of a matrix, as exporters write out that of logarithms.
fn name_softmaxes(graph: &mut GraphProto) {
    let mut producers: HashMap<&str, &NodeProto> = HashMap::new();
    for node in &graph.node {
        producers.extend(node.output.iter().map(|output| (output.as_str(), node)));
    }
    let initializer = |name: &str| graph.initializer.iter().find(|tensor| tensor.name == name);
    let list = |name: &String| initializer(name).map(numbers);
    let ints = |node: &NodeProto, name: &str| {
        let attribute = node.attribute.iter().find(|attribute| attribute.name == name);
        attribute.map(|attribute| if attribute.ints.is_empty() { vec![attribute.i] } else { attribute.ints.clone() })
    };
    let made_by = |name: Option<&String>, op: &str| {
        let node = producers.get(name?.as_str()).copied()?;
        (node.op_type == op && Domain::named(&node.domain) == Some(Domain::Default)).then_some(node)
    };
    let argument = |node: &NodeProto| {
        let difference = made_by(node.input.first(), "Sub")?;
        let x = difference.input.first()?;
        let reshaped = made_by(difference.input.get(1), "Reshape");
        let sum = match reshaped {
            Some(reshape) => made_by(reshape.input.first(), "ReduceLogSumExp")?,
            None => made_by(difference.input.get(1), "ReduceLogSumExp")?,
        };
        let axes = ints(sum, "axes").or_else(|| sum.input.get(1).and_then(list).flatten())?;
        let column = match reshaped {
            Some(reshape) => reshape.input.get(1).and_then(list).flatten()? == [-1, 1],
            None => ints(sum, "keepdims").is_none_or(|keep| keep == [1]),
        };
        (column && axes == [1] && sum.input.first() == Some(x)).then(|| x.clone())
    };
    let found: Vec<(usize, String)> = graph
        .node
        .iter()
        .enumerate()
        .filter(|(_, node)| node.op_type == "Exp" && Domain::named(&node.domain) == Some(Domain::Default))
        .filter_map(|(index, node)| Some((index, argument(node)?)))
        .collect();
    for (index, x) in found {
        let node = &mut graph.node[index];
        node.op_type = "Softmax".into();
        node.input = vec![x];
        let one = |name: &str| AttributeProto {
            name: name.into(),
            r#type: AttributeType::Int as i32,
            i: 1,
            ..AttributeProto::default()
        };
        node.attribute = vec![one("axis"), one(ops::OF_MATRIX)];
    }
}

/// The values of a small list of integers.
fn numbers(tensor: &TensorProto) -> Option<Vec<i64>> {
    if tensor.data_type != DataType::Int64 as i32 {
        return None;
    }
    if tensor.raw_data.is_empty() {
        return Some(tensor.int64_data.clone());
    }
    let (chunks, rest) = tensor.raw_data.as_chunks::<8>();
    rest.is_empty().then(|| chunks.iter().map(|chunk| i64::from_le_bytes(*chunk)).collect())
}

/// Names of all tensors that nodes, the graphs inside them, or the graph's outputs read.
pub(super) fn consumed(graph: &GraphProto) -> Vec<&str> {
    let inputs = graph.node.iter().flat_map(reads);
    inputs.chain(graph.output.iter().map(|output| output.name.as_str())).filter(|name| !name.is_empty()).collect()
}

/// How the values between the last computation and a graph's outputs leave it: those of the only output, or of the one
/// among several that ends in a softmax, if there is just one.
pub(super) fn endings(graph: &GraphProto) -> HashMap<&str, Ending> {
    if let [output] = &graph.output[..] {
        return leaving(graph, &output.name, Ending::Output).0;
    }
    let parts = graph.output.iter().map(|output| leaving(graph, &output.name, Ending::Part));
    let mut ends = parts.filter(|(_, softmax)| *softmax);
    match (ends.next(), ends.next()) {
        (Some((endings, _)), None) => endings,
        _ => HashMap::new(),
    }
}

/// What the nodes behind which the outputs leave the graph say of their values, as far as they say anything.
pub(super) fn meanings(graph: &GraphProto) -> Vec<Option<Meaning>> {
    let producers = producers(graph);
    graph.output.iter().map(|output| meaning(&producers, &output.name)).collect()
}

fn meaning<'a>(producers: &HashMap<&str, (usize, &'a NodeProto)>, mut name: &'a str) -> Option<Meaning> {
    // Names may be defined in a circle, of no more nodes than there are.
    for _ in 0..=producers.len() {
        let (index, node) = producers.get(name)?;
        let of = |mark: &Mark| match mark {
            Mark::Probabilities => (*index == 0).then_some(Meaning::Probabilities),
            Mark::Logits => (*index == 0).then_some(Meaning::Logits),
            Mark::Codes => (*index == 0).then_some(Meaning::Values),
            _ => None,
        };
        let is = |mark: Mark| marks(node).contains(&mark);
        if let Some(meaning) = marks(node).iter().find_map(of) {
            return Some(meaning);
        }
        if is(Mark::Softmax(*index)) {
            return Some(Meaning::Scores);
        }
        if *index > 0 || !is(Mark::Passes) {
            return None;
        }
        name = node.input.first()?;
    }
    None
}

/// The node and which of its outputs makes each tensor.
fn producers(graph: &GraphProto) -> HashMap<&str, (usize, &NodeProto)> {
    fn outputs(node: &NodeProto) -> impl Iterator<Item = (&str, (usize, &NodeProto))> {
        node.output.iter().enumerate().map(move |(i, name)| (name.as_str(), (i, node)))
    }
    graph.node.iter().flat_map(outputs).collect()
}

/// How the values in front of an output leave the graph, and whether they may be a softmax.
fn leaving<'a>(graph: &'a GraphProto, output: &'a str, ending: Ending) -> (HashMap<&'a str, Ending>, bool) {
    let mut endings = HashMap::new();
    let mut reads: HashMap<&str, usize> = HashMap::new();
    consumed(graph).into_iter().for_each(|name| *reads.entry(name).or_default() += 1);
    // The class of a softmax is that of its argument, which is read in its place.
    for node in graph.node.iter().filter(|node| marks(node).contains(&Mark::Class)) {
        if let Some(count) =
            node.input.first().and_then(|name| reads.get_mut(name.as_str())).filter(|count| **count > 1)
        {
            *count -= 1;
        }
    }
    let producers = producers(graph);
    let (mut name, mut ending) = (output, ending);
    while reads.get(name) == Some(&1) && endings.insert(name, ending).is_none() {
        let Some((index, node)) = producers.get(name) else { break };
        let is = |mark: Mark| marks(node).contains(&mark);
        if is(Mark::Softmax(*index)) {
            return (endings, true);
        }
        match index {
            0 if is(Mark::Passes) => {}
            // Of a softmax it is the same values.
            0 if is(Mark::Normalizes) && is_softmax(node.input.first(), &producers) => {}
            0 if is(Mark::Class) && ending == Ending::Output => ending = Ending::ArgMax,
            _ => break,
        }
        let Some(input) = node.input.first() else { break };
        name = input;
    }
    (endings, false)
}

/// Whether a value may be a softmax.
fn is_softmax(name: Option<&String>, producers: &HashMap<&str, (usize, &NodeProto)>) -> bool {
    let producer = name.and_then(|name| producers.get(name.as_str()));
    producer.is_some_and(|(index, node)| {
        let of = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name);
        let labels = |name: &str| of(name).map_or(0, |labels| labels.ints.len().max(labels.strings.len()));
        let two =
            ["classlabels_ints", "classlabels_int64s", "classlabels_strings"].iter().any(|name| labels(name) == 2);
        let softmax = match of("post_transform").map(|transform| &transform.s[..]) {
            Some(b"SOFTMAX") => true,
            Some(b"LOGISTIC") => two,
            _ => node.op_type == "Softmax",
        };
        softmax && marks(node).contains(&Mark::Softmax(*index))
    })
}

/// The ending of a value.
pub(super) fn ending(endings: &HashMap<&str, Ending>, name: &str) -> Ending {
    endings.get(name).copied().unwrap_or(Ending::Inner)
}

/// Indices of the nodes that the outputs need, each after those it reads.
fn sort(graph: &GraphProto) -> Result<Vec<usize>> {
    let error = |node: &str, reason: String| Error::Graph { node: node.into(), reason };
    if graph.node.is_empty() || graph.output.is_empty() {
        let missing = if graph.node.is_empty() { "nodes" } else { "outputs" };
        return Err(error(&graph.name, format!("the graph has no {missing}")));
    }
    let given = given(graph)?;
    let mut producers = HashMap::new();
    for (index, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            if given.contains(output.as_str()) || producers.insert(output.as_str(), index).is_some() {
                return Err(error(&node.name, format!("output `{output}` has the name of another tensor")));
            }
        }
    }

    let mut needed = vec![false; graph.node.len()];
    let mut consumers: Vec<Vec<usize>> = vec![vec![]; graph.node.len()];
    let mut waiting = vec![0usize; graph.node.len()];
    let mut pending = vec![];
    let mut require = |name: &str, by: &str, pending: &mut Vec<usize>| match producers.get(name) {
        _ if given.contains(name) => Ok(None),
        Some(&producer) => {
            if !std::mem::replace(&mut needed[producer], true) {
                pending.push(producer);
            }
            Ok(Some(producer))
        }
        None => Err(error(by, format!("reads tensor `{name}`, which nothing produces"))),
    };
    for output in &graph.output {
        require(&output.name, &output.name, &mut pending)?;
    }
    let mut reached = 0;
    while let Some(index) = pending.pop() {
        reached += 1;
        let node = &graph.node[index];
        let outer = |name: &&str| given.contains(*name) || producers.contains_key(*name);
        let inner = inside(node).flat_map(consumed).filter(outer);
        for input in node.input.iter().map(String::as_str).filter(|name| !name.is_empty()).chain(inner) {
            if let Some(producer) = require(input, &node.name, &mut pending)? {
                consumers[producer].push(index);
                waiting[index] += 1;
            }
        }
    }

    let mut ready: BinaryHeap<_> =
        (0..graph.node.len()).filter(|index| needed[*index] && waiting[*index] == 0).map(Reverse).collect();
    let mut sorted = vec![];
    while let Some(Reverse(index)) = ready.pop() {
        sorted.push(index);
        for &consumer in &consumers[index] {
            waiting[consumer] -= 1;
            if waiting[consumer] == 0 {
                ready.push(Reverse(consumer));
            }
        }
    }
    if sorted.len() < reached {
        let stuck = graph.node.iter().zip(&waiting).find(|(_, waiting)| **waiting > 0);
        let name = stuck.map_or("", |(node, _)| &node.name);
        return Err(error(name, "is part of a cycle, or follows one".into()));
    }
    Ok(sorted)
}

/// Names of the graph's inputs and initializers.
fn given(graph: &GraphProto) -> Result<HashSet<&str>> {
    let mut inputs = HashSet::new();
    let mut initializers = HashSet::new();
    let inputs_unique = graph.input.iter().map(|input| &input.name).find(|name| !inputs.insert(name.as_str()));
    let tensors = graph.initializer.iter().map(|tensor| &tensor.name);
    match inputs_unique.or(tensors.clone().find(|name| !initializers.insert(name.as_str()))) {
        Some(twice) => Err(Error::Graph { node: twice.clone(), reason: "the tensor is defined twice".into() }),
        None => {
            inputs.extend(tensors.map(String::as_str));
            Ok(inputs)
        }
    }
}

#[cfg(test)]
mod tests;
