//! What the layout needs of a network, float or integer: shapes and maps.

use std::borrow::Cow;

use super::record::Packed;
use crate::graph::{Activation, Conv, FloatActivation, FloatLayer, Layer, Map, Model, Network, Shape, Term};

/// A weight, of which the layout keeps an integer.
pub(super) trait Weight: Copy {
    /// The integer; for a float network whether there is one.
    fn integer(self) -> i64;
}

impl Weight for i64 {
    fn integer(self) -> i64 {
        self
    }
}

impl Weight for f64 {
    fn integer(self) -> i64 {
        i64::from(self != 0.0)
    }
}

/// A term as the layout sees it.
#[derive(Debug, Clone)]
pub(super) struct TermView<'a, W: Clone> {
    pub(super) term: &'a Term<W>,
    /// Where it reads and writes; of a product without weights. `None` for matrices.
    pub(super) geometry: Option<Cow<'a, Conv<W>>>,
    /// Whether it belongs to the second factor of a layer of products.
    pub(super) second: bool,
}

/// A layer as the layout sees it.
#[derive(Debug, Clone)]
pub(super) struct LayerView<'a, W: Clone> {
    pub(super) node: &'a str,
    pub(super) terms: Vec<TermView<'a, W>>,
    /// Whether consumers also read the negative parts.
    pub(super) negative: bool,
    /// Whether consumers read the products of two factors.
    pub(super) multiplies: bool,
    /// Whether its weights are fixed beside private ones, see [`Layer::is_fixed`].
    pub(super) fixed: bool,
}

/// A network as the layout sees it; tensor 0 is the input.
#[derive(Debug, Clone)]
pub(super) struct View<'a, W: Clone> {
    pub(super) shapes: Vec<Shape>,
    pub(super) layers: Vec<LayerView<'a, W>>,
    /// How records that are committed to are packed.
    pub(super) records: Vec<Packed>,
}

impl<'a> View<'a, i64> {
    pub(super) fn model(model: &'a Model) -> Self {
        let shapes: Vec<Shape> = (0..=model.layers.len()).map(|tensor| model.shape(tensor)).collect();
        let layer = |layer: &'a Layer| LayerView {
            node: &layer.node,
            terms: terms(&shapes, &layer.terms, layer.times()),
            negative: layer.activation == Activation::PRelu,
            multiplies: !layer.times().is_empty(),
            fixed: layer.is_fixed(),
        };
        let records = Packed::all(model.input.records.as_ref(), model.output.schema.as_ref(), &shapes);
        Self { layers: model.layers.iter().map(layer).collect(), shapes, records }
    }
}

impl<'a> View<'a, f64> {
    pub(super) fn network(network: &'a Network) -> Self {
        let shapes: Vec<Shape> = (0..=network.layers.len()).map(|tensor| network.shape(tensor)).collect();
        let layer = |layer: &'a FloatLayer| LayerView {
            node: &layer.node,
            terms: terms(&shapes, &layer.terms, layer.times()),
            negative: matches!(layer.activation, FloatActivation::PRelu { .. }),
            multiplies: !layer.times().is_empty(),
            fixed: matches!(layer.activation, FloatActivation::Product { .. } | FloatActivation::Record),
        };
        let records = Packed::all(network.records.as_ref(), network.committed.as_ref(), &shapes);
        Self { layers: network.layers.iter().map(layer).collect(), shapes, records }
    }
}

fn terms<'a, W: Copy>(shapes: &[Shape], first: &'a [Term<W>], second: &'a [Term<W>]) -> Vec<TermView<'a, W>> {
    let view = |second: bool| {
        move |term: &'a Term<W>| TermView {
            term,
            geometry: match &term.map {
                Map::Conv(conv) => Some(Cow::Borrowed(conv)),
                Map::Product(product) => {
                    Some(Cow::Owned(product.geometry(shapes[term.source], shapes[product.factor])))
                }
                Map::Sparse(_) => None,
            },
            second,
        }
    };
    first.iter().map(view(false)).chain(second.iter().map(view(true))).collect()
}

impl<W: Clone> View<'_, W> {
    /// The products that multiply with a tensor: their layers, and what they multiply.
    pub(super) fn products(&self, factor: usize) -> impl Iterator<Item = (usize, &Term<W>)> {
        let terms = self.layers.iter().enumerate().flat_map(|(layer, view)| view.terms.iter().map(move |t| (layer, t)));
        terms.filter(move |(_, view)| view.term.map.factor() == Some(factor)).map(|(layer, view)| (layer, view.term))
    }

    /// Whether consumers of a tensor also read its negative parts.
    pub(super) fn negative(&self, tensor: usize) -> bool {
        tensor > 0 && self.layers[tensor - 1].negative
    }
}

/// One weight position of a convolution among residue classes of rows and columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tap {
    /// Residue class of the outputs.
    pub(super) split: [usize; 2],
    /// Residue class of the inputs they read.
    pub(super) residue: [usize; 2],
    /// Output (i, j) of its class reads input (i, j) + offset of its class.
    pub(super) offset: [isize; 2],
    /// Index in the kernel.
    pub(super) index: usize,
}

/// Stride along both axes; irrelevant, hence 1, where there is one output only.
pub(super) fn strides<W>(conv: &Conv<W>, to: Shape) -> [usize; 2] {
    let one = [to.height == 1, to.width == 1];
    [0, 1].map(|axis| if one[axis] { 1 } else { conv.stride[axis] })
}

/// All taps of a convolution whose outputs are computed in `split` residue classes along each axis.
pub(super) fn taps<W>(conv: &Conv<W>, to: Shape, split: [usize; 2]) -> Vec<Tap> {
    let stride = strides(conv, to);
    let mut taps = Vec::with_capacity(conv.taps() * split[0] * split[1]);
    for q in classes(split) {
        for index in 0..conv.taps() {
            let at = [index / conv.kernel[1], index % conv.kernel[1]];
            let read = [0, 1].map(|d| (q[d] * stride[d] + at[d] * conv.dilation[d]) as isize - conv.pad[d]);
            let modulus = [0, 1].map(|d| (stride[d] * split[d]) as isize);
            taps.push(Tap {
                split: q,
                residue: [0, 1].map(|d| read[d].rem_euclid(modulus[d]) as usize),
                offset: [0, 1].map(|d| read[d].div_euclid(modulus[d])),
                index,
            });
        }
    }
    taps
}

/// All residue classes modulo `modulus`.
pub(super) fn classes(modulus: [usize; 2]) -> impl Iterator<Item = [usize; 2]> {
    (0..modulus[0]).flat_map(move |row| (0..modulus[1]).map(move |column| [row, column]))
}

/// How many of `0 … len − 1` are in a residue class.
pub(super) const fn class_len(len: usize, modulus: usize, class: usize) -> usize {
    if class < len { (len - class).div_ceil(modulus) } else { 0 }
}

/// Rows and columns of a plane that are in a residue class.
pub(super) fn class_size(shape: Shape, modulus: [usize; 2], class: [usize; 2]) -> [usize; 2] {
    [class_len(shape.height, modulus[0], class[0]), class_len(shape.width, modulus[1], class[1])]
}
