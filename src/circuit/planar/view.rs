//! What the layout needs of a network, float or integer: shapes and maps.

use crate::graph::planar::{Activation, Conv, FloatActivation, Model, Network, Shape, Term};

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

/// A layer as the layout sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerView<'a, W> {
    pub(super) node: &'a str,
    pub(super) terms: &'a [Term<W>],
    /// Whether consumers also read the negative parts.
    pub(super) negative: bool,
}

/// A network as the layout sees it; tensor 0 is the input.
#[derive(Debug, Clone)]
pub(super) struct View<'a, W> {
    pub(super) shapes: Vec<Shape>,
    pub(super) layers: Vec<LayerView<'a, W>>,
}

impl<'a> View<'a, i64> {
    pub(super) fn model(model: &'a Model) -> Self {
        let layer = |layer: &'a crate::graph::planar::Layer| LayerView {
            node: &layer.node,
            terms: &layer.terms,
            negative: layer.activation == Activation::PRelu,
        };
        Self {
            shapes: (0..=model.layers.len()).map(|tensor| model.shape(tensor)).collect(),
            layers: model.layers.iter().map(layer).collect(),
        }
    }
}

impl<'a> View<'a, f64> {
    pub(super) fn network(network: &'a Network) -> Self {
        let layer = |layer: &'a crate::graph::planar::FloatLayer| LayerView {
            node: &layer.node,
            terms: &layer.terms,
            negative: matches!(layer.activation, FloatActivation::PRelu { .. }),
        };
        Self {
            shapes: (0..=network.layers.len()).map(|tensor| network.shape(tensor)).collect(),
            layers: network.layers.iter().map(layer).collect(),
        }
    }
}

impl<W> View<'_, W> {
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
    pub(super) phase: [usize; 2],
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
                phase: [0, 1].map(|d| read[d].rem_euclid(modulus[d]) as usize),
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
