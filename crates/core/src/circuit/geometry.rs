//! How each tensor is stored: in which residue classes of rows and columns, with which distance between lines, and
//! which layers work on which classes.
//!
//! A strided layer reads its input as the residue classes of rows and columns; within a class it is a
//! convolution of stride 1. A layer may also compute the classes of its own output one by one (`split`).

use super::view::{LayerView, Tap, TermView, View, class_size, classes, strides, taps};
use crate::{
    error::{Error, Result},
    graph::{Conv, Shape},
};

/// Most residue classes along an axis.
const MAX_PERIOD: usize = 32;

/// How a tensor is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As the network's input: nothing produces it.
    Input,
    /// Cells are consecutive coefficients of the polynomial that its layer makes, hidden ones included.
    Native,
    /// Lines begin on a row; the layer has no hidden coefficients.
    Lines,
    /// One element a row, each with its own weights; the layer has no hidden coefficients.
    Scattered,
}

/// Storage of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    pub(super) shape: Shape,
    pub(super) form: Form,
    /// Residue classes in which consumers read it.
    pub(super) period: [usize; 2],
    /// Distance of lines of a class, in exponents of consumers.
    pub(super) line: usize,
    /// Distance of neighbouring elements of a line, in exponents of consumers: the lines of a matrix product for the
    /// tensor it multiplies with, else 1.
    pub(super) spread: usize,
}

/// How a layer computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    /// Residue classes of the output that are computed as separate polynomials; divides the output's period.
    pub(super) split: [usize; 2],
    /// Distance of output lines, in exponents.
    pub(super) stride: usize,
}

/// Storage of all tensors and grids of all layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) tensors: Vec<Storage>,
    pub(super) layers: Vec<Grid>,
}

/// The terms of a layer that are convolutions or products, as convolutions, with the tensors they read.
pub(super) fn convs<'v, W: Clone>(
    view: &'v View<'_, W>,
    layer: usize,
) -> impl Iterator<Item = (usize, &'v Conv<W>)> + use<'v, W> {
    view.layers[layer].terms.iter().filter_map(|view| Some((view.term.source, view.geometry.as_deref()?)))
}

impl Geometry {
    /// Chooses storage for a network.
    ///
    /// # Errors
    /// `Graph` where no storage serves all readers of a tensor.
    pub(super) fn new<W: Clone>(view: &View<'_, W>) -> Result<Self> {
        let count = view.shapes.len();
        let found = periods(view)?;
        let Periods { period, split, scattered } = &found;

        let mut forms = vec![if scattered[0] { Form::Scattered } else { Form::Input }];
        if scattered[0] && convs_reading(view, 0) {
            return Err(mixed("input"));
        }
        for (layer, split) in split.iter().enumerate() {
            let tensor = layer + 1;
            let LayerView { node, multiplies, .. } = view.layers[layer];
            let hides = found.hides(view, layer);
            let shared = convs_reading(view, tensor) || hides || view.negative(tensor) || multiplies;
            if scattered[tensor] && (shared || view.products(tensor).next().is_some()) {
                return Err(mixed(node));
            }
            if multiplies && hides || found.split[layer][0] > 1 && outer(view, layer) {
                let reason = "factors of a product must be copies, and a matrix product be read without strides";
                return Err(Error::Graph { node: node.to_owned(), reason: reason.to_owned() });
            }
            forms.push(match (scattered[tensor], period[tensor] == *split) {
                (true, _) => Form::Scattered,
                (false, true) => Form::Native,
                (false, false) => Form::Lines,
            });
        }
        let lines = lines(view, period, split, &forms);
        let stride = |layer: usize| {
            let source = convs(view, layer).map(|(source, _)| source).next();
            source.map_or(lines[layer + 1], |source| lines[source])
        };
        let layers: Vec<Grid> = (0..view.layers.len()).map(|l| Grid { split: split[l], stride: stride(l) }).collect();
        let mut tensors = Vec::with_capacity(count);
        for t in 0..count {
            if view.shapes[t].width > 1 && period[t] != [1, 1] && view.products(t).next().is_some() {
                return Err(mixed(t.checked_sub(1).map_or("input", |layer| view.layers[layer].node)));
            }
            let (shape, spread) = (view.shapes[t], spread(view, &layers, t)?);
            tensors.push(Storage { shape, form: forms[t], period: period[t], line: lines[t], spread });
        }
        Ok(Self { tensors, layers })
    }
}

/// Distance of a tensor's elements for its readers.
fn spread<W: Clone>(view: &View<'_, W>, layers: &[Grid], tensor: usize) -> Result<usize> {
    if view.shapes[tensor].width == 1 {
        return Ok(1);
    }
    let mut spread = None;
    for (layer, _) in view.products(tensor) {
        if spread.replace(layers[layer].stride).is_some() || is_read(view, tensor) {
            let reason = "a factor of a matrix product has other readers; a copy must stand between them".to_owned();
            return Err(Error::Graph { node: view.layers[layer].node.to_owned(), reason });
        }
    }
    Ok(spread.unwrap_or(1))
}

/// Whether a layer is a matrix product that makes several lines of one.
pub(super) fn outer<W: Clone>(view: &View<'_, W>, layer: usize) -> bool {
    let mut factors = view.layers[layer].terms.iter().filter_map(|view| view.term.map.factor());
    factors.any(|factor| view.shapes[factor].width > 1)
}

/// Whether a term reads a tensor as its source.
pub(super) fn is_read<W: Clone>(view: &View<'_, W>, tensor: usize) -> bool {
    view.layers.iter().any(|layer| layer.terms.iter().any(|view| view.term.source == tensor))
}

fn mixed(node: &str) -> Error {
    let reason = "a matrix or product reads planes that convolutions make or read; a copy must stand between them";
    Error::Graph { node: node.to_owned(), reason: reason.to_owned() }
}

/// Whether a matrix reads the single elements of this tensor's planes.
pub(super) fn is_scattered<W: Clone>(view: &View<'_, W>, tensor: usize) -> bool {
    let reads = |view: &TermView<'_, W>| view.term.source == tensor && view.geometry.is_none();
    !view.shapes[tensor].is_vector() && view.layers.iter().any(|layer| layer.terms.iter().any(reads))
}

pub(super) fn convs_reading<W: Clone>(view: &View<'_, W>, tensor: usize) -> bool {
    (0..view.layers.len()).any(|layer| convs(view, layer).any(|(source, _)| source == tensor))
}

/// The residue classes of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Periods {
    /// Classes in which consumers read each tensor.
    pub(super) period: Vec<[usize; 2]>,
    /// Classes that each layer computes as separate polynomials.
    pub(super) split: Vec<[usize; 2]>,
    /// Tensors whose single elements a matrix reads.
    pub(super) scattered: Vec<bool>,
}

impl Periods {
    /// Whether a layer has hidden coefficients.
    pub(super) fn hides<W: Clone>(&self, view: &View<'_, W>, layer: usize) -> bool {
        has_hidden(view, layer, &self.period, self.split[layer])
    }
}

/// Smallest periods and splits that fit together: every source's period is stride times split, the output's period is a
/// multiple of the split, and equal to it where there are hidden coefficients.
pub(super) fn periods<W: Clone>(view: &View<'_, W>) -> Result<Periods> {
    let scattered: Vec<bool> = (0..view.shapes.len()).map(|tensor| is_scattered(view, tensor)).collect();
    let mut period = vec![[1usize; 2]; view.shapes.len()];
    let mut split = vec![[1usize; 2]; view.layers.len()];
    loop {
        let before = (period.clone(), split.clone());
        for layer in 0..view.layers.len() {
            let to = view.shapes[layer + 1];
            for (source, conv) in convs(view, layer) {
                let stride = strides(conv, to);
                for d in 0..2 {
                    period[source][d] = lcm(period[source][d], stride[d] * split[layer][d]);
                    split[layer][d] = lcm(split[layer][d], period[source][d] / stride[d]);
                }
            }
            let out = &mut period[layer + 1];
            let free = convs(view, layer).next().is_none();
            for d in 0..2 {
                if free {
                    split[layer][d] = out[d];
                }
                if out[d] % split[layer][d] != 0 || scattered[layer + 1] {
                    out[d] = if scattered[layer + 1] { split[layer][d] } else { lcm(out[d], split[layer][d]) };
                }
            }
            if view.layers[layer].multiplies || has_hidden(view, layer, &period, split[layer]) {
                split[layer] = period[layer + 1];
            }
            if period.iter().chain(&split).flatten().any(|period| *period > MAX_PERIOD) {
                let reason = format!("strides that multiply to more than {MAX_PERIOD} meet here");
                return Err(Error::Graph { node: view.layers[layer].node.to_owned(), reason });
            }
        }
        if (&period, &split) == (&before.0, &before.1) {
            return Ok(Periods { period, split, scattered });
        }
    }
}

/// Whether products reach exponents that are no output: a tap off the centre, or a source larger than the output.
fn has_hidden<W: Clone>(view: &View<'_, W>, layer: usize, period: &[[usize; 2]], split: [usize; 2]) -> bool {
    let to = view.shapes[layer + 1];
    let beyond = |source: usize, tap: &Tap| {
        let from = class_size(view.shapes[source], period[source], tap.residue);
        let out = class_size(to, split, tap.split);
        let empty = from[0] == 0 || from[1] == 0;
        !empty && (tap.offset != [0, 0] || from[0] > out[0] || from[1] > out[1])
    };
    convs(view, layer).any(|(source, conv)| {
        let stride = strides(conv, to);
        let settled = (0..2).all(|d| period[source][d] == stride[d] * split[d]);
        settled && taps(conv, to, split).iter().any(|tap| beyond(source, tap))
    })
}

/// Distance of lines per tensor: at least the width of a class and the zeros that readers need beside it, the same for
/// all sources of a layer and for the tensor that it makes in place.
fn lines<W: Clone>(view: &View<'_, W>, period: &[[usize; 2]], split: &[[usize; 2]], forms: &[Form]) -> Vec<usize> {
    let count = view.shapes.len();
    let mut least: Vec<usize> = (0..count).map(|t| class_size(view.shapes[t], period[t], [0, 0])[1]).collect();
    let mut parent: Vec<usize> = (0..count).collect();
    for layer in 0..view.layers.len() {
        let to = view.shapes[layer + 1];
        let mut first = None;
        for (source, conv) in convs(view, layer) {
            for tap in taps(conv, to, split[layer]) {
                let width = class_size(view.shapes[source], period[source], tap.residue)[1] as isize;
                let out = class_size(to, split[layer], tap.split)[1] as isize;
                let (left, right) = (-tap.offset[1], out + tap.offset[1] - width);
                let needed = (width + left.max(right).max(0)).max(out);
                least[source] = least[source].max(needed as usize);
            }
            join(&mut parent, *first.get_or_insert(source), source);
        }
        if let (Some(first), Form::Native) = (first, forms[layer + 1]) {
            join(&mut parent, first, layer + 1);
        }
    }
    let roots: Vec<usize> = (0..count).map(|t| root(&parent, t)).collect();
    let mut line = vec![1usize; count];
    for t in 0..count {
        line[roots[t]] = line[roots[t]].max(least[t]);
    }
    roots.into_iter().map(|root| line[root]).collect()
}

fn root(parent: &[usize], mut node: usize) -> usize {
    while parent[node] != node {
        node = parent[node];
    }
    node
}

fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[b] = a;
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

const fn lcm(a: usize, b: usize) -> usize {
    a / gcd(a, b) * b
}

impl Storage {
    /// Residue classes in the order in which they are stored, those of one polynomial together.
    pub(super) fn residue_order(&self, split: [usize; 2]) -> Vec<[usize; 2]> {
        let inner = [0, 1].map(|d| self.period[d] / split[d]);
        classes(split)
            .flat_map(|q| classes(inner).map(move |m| [m[0] * split[0] + q[0], m[1] * split[1] + q[1]]))
            .collect()
    }
}
