//! Copies that a layout needs, as layers of the network: the integers that are proved contain them.

use super::{
    geometry::{Periods, convs, convs_reading, is_read, outer, periods},
    private::REPEATED,
    view::{View, strides},
};
use crate::{
    error::{Error, Result},
    graph::{Conv, FloatActivation, FloatLayer, Map, Network, Shape, Sparse, Term},
};

/// More copies than a layer can need.
const MAX_COPIES_PER_LAYER: usize = 8;

/// Inserts copies in front of matrices that read planes which convolutions make or read, in front of strided readers
/// where that is cheaper than computing residue classes apart, in front of operands of products that have other uses,
/// and behind a last layer that has hidden coefficients or two parts.
///
/// # Errors
/// `Graph` where strides multiply beyond what a layout serves.
pub fn legalize(network: Network) -> Result<Network> {
    arrange_for(network, false)
}

/// [`legalize`] for private weights, which must stand in one place each: copies stand in front of strided readers
/// wherever a layer would else be computed in residue classes apart.
///
/// # Errors
/// Those of [`legalize`].
pub fn legalize_private(network: Network) -> Result<Network> {
    arrange_for(network, true)
}

fn arrange_for(mut network: Network, private: bool) -> Result<Network> {
    let is_strided = |map: &Map<f64>, to: Shape| matches!(map, Map::Conv(conv) if strides(conv, to) != [1, 1]);
    while let Some(tensor) = strided(&network) {
        insert(&mut network, tensor, is_strided);
    }
    while private && let Some((tensor, stride)) = split(&network)? {
        insert(&mut network, tensor, |map, to| matches!(map, Map::Conv(conv) if strides(conv, to) == stride));
    }
    // Each copy settles one reader; what would go on for ever is refused by the geometry.
    for _ in 0..MAX_COPIES_PER_LAYER * (network.layers.len() + 1) {
        if let Some(operand) = shared_operand(&network)? {
            separate(&mut network, operand);
        } else if let Some(tensor) = mixed(&network)? {
            insert(&mut network, tensor, |map, _| matches!(map, Map::Sparse(_)));
        } else if let Some(tensor) = split_lines(&network)? {
            insert(&mut network, tensor, |_, _| true);
        } else {
            break;
        }
    }
    if hides_output(&network)? {
        let mut copy = identity(&network, network.layers.len());
        if let Some(last) = network.layers.last_mut()
            && last.activation.decision().is_some()
        {
            copy.activation = std::mem::replace(&mut last.activation, FloatActivation::Linear);
            copy.same_scale = None;
        }
        network.layers.push(copy);
    }
    Ok(network)
}

/// Puts a copy of a tensor behind it, for the readers that are chosen.
fn insert(network: &mut Network, tensor: usize, chosen: impl Fn(&Map<f64>, Shape) -> bool) {
    let copy = identity(network, tensor);
    network.insert(tensor, copy);
    for layer in &mut network.layers[tensor + 1..] {
        let shape = layer.shape;
        for term in layer.all_terms_mut().filter(|term| term.source == tensor) {
            term.source += usize::from(chosen(&term.map, shape));
        }
    }
}

/// A tensor whose strided readers should read a copy: its layer has hidden coefficients, and computing it in residue
/// classes would repeat weights, its own and those above it, more than the copy takes.
fn strided(network: &Network) -> Option<usize> {
    let view = View::network(network);
    let found = periods(&view);
    let before = found.as_ref().map_or(f64::INFINITY, |found| burden(&view, found));
    let candidates = (1..view.shapes.len()).filter(|tensor| {
        let splits = found.as_ref().map_or(true, |found| found.split[tensor - 1] != [1, 1]);
        let reads = |layer: usize| {
            let strided = |conv: &Conv<f64>| strides(conv, view.shapes[layer + 1]) != [1, 1];
            convs(&view, layer).any(|(source, conv)| source == *tensor && strided(conv))
        };
        splits && (0..view.layers.len()).any(reads)
    });
    let relieved = candidates.filter_map(|tensor| {
        let mut other = network.clone();
        insert(&mut other, tensor, |map, to| matches!(map, Map::Conv(conv) if strides(conv, to) != [1, 1]));
        let view = View::network(&other);
        Some((tensor, burden(&view, &periods(&view).ok()?)))
    });
    let (tensor, after) = relieved.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (after < 0.95 * before).then_some(tensor)
}

/// While a convolution is computed in residue classes apart: a tensor, and the stride of those of its readers that
/// should read a copy, since the tensor has hidden coefficients or readers of several strides.
fn split(network: &Network) -> Result<Option<(usize, [usize; 2])>> {
    let view = View::network(network);
    let found = periods(&view)?;
    let apart = |layer: &usize| found.split[*layer] != [1, 1] && convs(&view, *layer).next().is_some();
    let Some(layer) = (0..view.layers.len()).find(apart) else { return Ok(None) };
    let culprit = |tensor: usize| {
        let of_layer = |layer: usize| {
            let reading = convs(&view, layer).filter(move |(source, _)| *source == tensor);
            reading.map(|(_, conv)| strides(conv, view.shapes[layer + 1])).collect::<Vec<_>>()
        };
        let all: Vec<[usize; 2]> = (0..view.layers.len()).flat_map(of_layer).collect();
        let several = all.windows(2).any(|pair| pair[0] != pair[1]);
        let hides = tensor > 0 && found.hides(&view, tensor - 1);
        let stride = all.into_iter().find(|stride| *stride != [1, 1]).filter(|_| several || hides)?;
        Some((tensor, stride))
    };
    let reader = (0..view.shapes.len()).rev().find_map(culprit);
    reader
        .map(Some)
        .ok_or_else(|| Error::Graph { node: view.layers[layer].node.to_owned(), reason: REPEATED.to_owned() })
}

/// What rows follow: elements, and weights as often as classes repeat them, at a usual number of lanes.
fn burden(view: &View<'_, f64>, periods: &Periods) -> f64 {
    const WEIGHTS_PER_ELEMENT: f64 = 1.5;
    let elements: usize = view.shapes.iter().map(|shape| shape.len()).sum();
    let weights: usize = (0..view.layers.len())
        .map(|layer| {
            let split = periods.split[layer][0] * periods.split[layer][1];
            convs(view, layer).map(|(_, conv)| conv.weights.len() * split).sum::<usize>()
        })
        .sum();
    elements as f64 + weights as f64 / WEIGHTS_PER_ELEMENT
}

/// The first tensor whose planes a matrix reads beside convolutions, or which has hidden coefficients or two parts.
fn mixed(network: &Network) -> Result<Option<usize>> {
    let view = View::network(network);
    let found = periods(&view)?;
    Ok((0..view.shapes.len()).filter(|tensor| found.scattered[*tensor]).find(|tensor| {
        let made = tensor.checked_sub(1).is_some_and(|layer| found.hides(&view, layer));
        let multiplies = tensor.checked_sub(1).is_some_and(|layer| view.layers[layer].multiplies);
        let multiplied = view.products(*tensor).next().is_some();
        convs_reading(&view, *tensor) || made || view.negative(*tensor) || multiplies || multiplied
    }))
}

/// The first matrix product whose lines are computed in residue classes, for the strides of what follows.
fn split_lines(network: &Network) -> Result<Option<usize>> {
    let view = View::network(network);
    let found = periods(&view)?;
    let split = |layer: &usize| outer(&view, *layer) && found.split[*layer][0] > 1;
    Ok((0..view.layers.len()).find(split).map(|layer| layer + 1))
}

/// What a product reads and what should be a copy.
#[derive(Debug, Clone, Copy)]
struct Operand {
    layer: usize,
    term: usize,
    /// The factor rather than the source.
    factor: bool,
    /// Whether the copy must not share the residue classes of what it copies.
    apart: bool,
}

/// The first operand of a product that has two parts, is multiplied twice, or must stand apart from its other readers
/// or from the residue classes of what it is made of.
fn shared_operand(network: &Network) -> Result<Option<Operand>> {
    let view = View::network(network);
    let mut period = None;
    let mut multiplied: Vec<usize> = Vec::new();
    for (layer, reader) in network.layers.iter().enumerate() {
        for (term, read) in reader.terms.iter().enumerate() {
            let Some(factor) = read.map.factor() else { continue };
            let operand = Operand { layer, term, factor: true, apart: false };
            if view.negative(read.source) || multiplied.contains(&read.source) {
                return Ok(Some(Operand { factor: false, ..operand }));
            }
            multiplied.push(read.source);
            let lines = view.shapes[factor].width > 1;
            if view.negative(factor) || lines && (is_read(&view, factor) || view.products(factor).count() > 1) {
                return Ok(Some(operand));
            }
            if period.is_none() {
                period = Some(periods(&view)?.period);
            }
            let split = period.as_ref().is_some_and(|period| period[factor] != [1, 1]);
            let own = |layer: &FloatLayer| matches!(layer.terms[..], [Term { map: Map::Sparse(_), .. }]);
            let made = read.source.checked_sub(1).is_some_and(|layer| own(&network.layers[layer]));
            if lines && !made && period.as_ref().is_some_and(|period| period[read.source][0] > 1) {
                return Ok(Some(Operand { factor: false, apart: true, ..operand }));
            }
            if lines && split {
                return Ok(Some(Operand { apart: true, ..operand }));
            }
        }
    }
    Ok(None)
}

/// Puts a copy between a tensor and one product that reads it.
fn separate(network: &mut Network, operand: Operand) {
    let read = &network.layers[operand.layer].terms[operand.term];
    let tensor = if operand.factor { read.map.factor().unwrap_or(read.source) } else { read.source };
    let mut copy = identity(network, tensor);
    if operand.apart {
        let columns = (0..copy.shape.len() as u32).map(|index| vec![(index, 1.0)]).collect();
        copy.terms[0].map = Map::Sparse(Sparse { columns });
    }
    network.insert(tensor, copy);
    let read = &mut network.layers[operand.layer + 1].terms[operand.term];
    match &mut read.map {
        Map::Product(product) if operand.factor => product.factor = tensor + 1,
        _ => read.source = tensor + 1,
    }
}

fn hides_output(network: &Network) -> Result<bool> {
    let view = View::network(network);
    let found = periods(&view)?;
    let Some(last) = view.layers.len().checked_sub(1) else { return Ok(false) };
    Ok(view.negative(last + 1) || found.hides(&view, last))
}

/// A layer that copies a tensor.
fn identity(network: &Network, tensor: usize) -> FloatLayer {
    let source = tensor.checked_sub(1).map(|layer| &network.layers[layer]);
    let exact = |layer: &FloatLayer| {
        use FloatActivation::{Clip, Linear, Quantize, Relu};
        matches!(layer.activation, Linear | Relu | Clip { .. } | Quantize { .. })
    };
    let (node, op) = source.map_or((network.input.name.as_str(), "input"), |layer| (&layer.node, &layer.op));
    FloatLayer {
        same_scale: source.filter(|layer| exact(layer)).map(|_| tensor),
        ..FloatLayer::copy(node, op, tensor, network.shape(tensor))
    }
}
