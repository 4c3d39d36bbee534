//! Affine expressions over committed tensors.

use hushproof_core::graph::{Conv, Map, Shape};

use crate::{ops::OpError, tensor::MAX_ELEMENTS};

use super::compose::merge;

/// The sum of linear maps of tensors, and a bias.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) shape: Shape,
    /// Tensor read and map.
    pub(super) terms: Vec<(usize, Map<f64>)>,
    /// One per channel, or one per value.
    pub(super) bias: Vec<f64>,
    /// Name and operator of the node that a layer made of this is called after.
    pub(super) origin: Option<(String, &'static str)>,
    /// The tensor whose steps a layer made of this shares.
    pub(super) same_scale: Option<usize>,
    /// Whether no value can be negative.
    pub(super) nonnegative: bool,
}

/// Whether each output channel reads one input channel of its own.
pub(super) const fn is_depthwise(conv: &Conv<f64>) -> bool {
    conv.groups == conv.inputs && conv.groups == conv.outputs
}

/// Whether output (i, j) reads input (i, j) only.
pub(super) fn is_pointwise(conv: &Conv<f64>) -> bool {
    conv.kernel == [1, 1] && conv.stride == [1, 1] && conv.pad == [0, 0]
}

/// Numbers that a map stores.
pub(super) fn size(map: &Map<f64>) -> usize {
    match map {
        Map::Conv(conv) => conv.weights.len(),
        Map::Sparse(sparse) => sparse.columns.iter().map(Vec::len).sum::<usize>() + sparse.columns.len(),
        Map::Product(_) => 1,
    }
}

/// One value per channel where all of a channel are equal, else the values.
pub(super) fn compress(values: Vec<f64>, shape: Shape) -> Vec<f64> {
    let uniform = |plane: &[f64]| plane.iter().all(|value| *value == plane[0]).then_some(plane[0]);
    values.chunks_exact(shape.plane()).map(uniform).collect::<Option<_>>().unwrap_or(values)
}

impl Expr {
    /// The tensor itself.
    pub(super) fn tensor(source: usize, shape: Shape) -> Self {
        Self::new(shape, vec![(source, Map::Conv(Conv::select(0, 0, shape.channels)))], vec![0.0; shape.channels])
    }

    /// Terms and a bias.
    pub(super) const fn new(shape: Shape, terms: Vec<(usize, Map<f64>)>, bias: Vec<f64>) -> Self {
        Self { shape, terms, bias, origin: None, same_scale: None, nonnegative: false }
    }

    /// The tensor that this is, unless it is more than a tensor; its shape may be another one.
    pub(super) fn plain(&self) -> Option<usize> {
        match &self.terms[..] {
            [(source, Map::Conv(conv))]
                if self.bias.iter().all(|bias| *bias == 0.0) && *conv == Conv::select(0, 0, self.shape.channels) =>
            {
                Some(*source)
            }
            _ => None,
        }
    }

    /// Whether each value is one feature of the input times a number, plus a number, which takes no more than the
    /// feature.
    pub(super) fn scales_input(&self) -> bool {
        let scales = |map: &Map<f64>| matches!(map, Map::Conv(conv) if is_depthwise(conv) && is_pointwise(conv));
        self.shape.is_vector() && matches!(&self.terms[..], [(0, map)] if scales(map))
    }

    /// Whether there is a product of tensors.
    pub(super) fn multiplies(&self) -> bool {
        self.terms.iter().any(|(_, map)| map.factor().is_some())
    }

    /// Whether a tensor is read.
    pub(super) fn reads(&self, tensor: usize) -> bool {
        self.terms.iter().any(|(source, map)| *source == tensor || map.factor() == Some(tensor))
    }

    /// Numbers stored.
    pub(super) fn size(&self) -> usize {
        self.terms.iter().map(|(_, map)| size(map)).sum::<usize>() + self.bias.len()
    }

    /// The bias of every value.
    pub(super) fn bias_values(&self) -> Vec<f64> {
        let repeat = if self.bias.len() == self.shape.len() { 1 } else { self.shape.plane() };
        self.bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, repeat)).collect()
    }

    /// Adds to every value.
    pub(super) fn shift(&mut self, shift: &[f64]) {
        if shift.iter().any(|shift| *shift != 0.0) {
            let sum = self.bias_values().iter().zip(shift).map(|(a, b)| a + b).collect();
            self.bias = compress(sum, self.shape);
            self.same_scale = None;
            self.nonnegative = false;
        }
    }

    /// Multiplies every value; false, and nothing is changed, if a convolution would need several factors in a channel.
    pub(super) fn scale(&mut self, scale: &[f64]) -> bool {
        if scale.iter().all(|scale| *scale == 1.0) {
            return true;
        }
        let channels = compress(scale.to_vec(), self.shape);
        let uniform = channels.len() == self.shape.channels;
        let equal = channels.iter().all(|scale| *scale == channels[0]);
        let scalable = |map: &Map<f64>| match map {
            Map::Conv(_) => uniform,
            Map::Sparse(_) => true,
            Map::Product(_) => uniform && equal,
        };
        if !self.terms.iter().all(|(_, map)| scalable(map)) {
            return false;
        }
        for (_, map) in &mut self.terms {
            match map {
                Map::Conv(conv) => {
                    let per_output = conv.group_inputs() * conv.taps();
                    let rows = conv.weights.chunks_exact_mut(per_output).zip(&channels[conv.output_start..]);
                    rows.for_each(|(row, scale)| row.iter_mut().for_each(|weight| *weight *= scale));
                }
                Map::Sparse(sparse) => {
                    let entries = sparse.columns.iter_mut().flatten();
                    entries.for_each(|(row, weight)| *weight *= scale[*row as usize]);
                }
                Map::Product(product) => product.weight *= channels[0],
            }
        }
        let bias = self.bias_values().iter().zip(scale).map(|(bias, scale)| bias * scale).collect();
        self.bias = compress(bias, self.shape);
        self.same_scale = None;
        self.nonnegative = false;
        true
    }

    /// The sum of two expressions of one shape.
    pub(super) fn plus(mut self, other: Self) -> Result<Self, OpError> {
        if self.shape != other.shape {
            return Err(OpError::Graph("adds tensors of different shapes".into()));
        }
        let nonnegative = self.nonnegative && other.nonnegative;
        self.shift(&other.bias_values());
        for (source, map) in other.terms {
            let merged = self.terms.iter_mut().filter(|(tensor, _)| *tensor == source).any(|(_, mine)| {
                let sum = match (&*mine, &map) {
                    (Map::Conv(a), Map::Conv(b)) => merge(a, b).map(Map::Conv),
                    _ => None,
                };
                sum.map(|sum| *mine = sum).is_some()
            });
            if !merged {
                self.terms.push((source, map));
            }
        }
        if self.size() > MAX_ELEMENTS {
            return Err(OpError::Graph(format!("a sum has more than {MAX_ELEMENTS} weights")));
        }
        Ok(Self { origin: self.origin.or(other.origin), same_scale: None, nonnegative, ..self })
    }

    /// Whether every coefficient is a finite number.
    pub(super) fn is_finite(&self) -> bool {
        let finite = |map: &Map<f64>| match map {
            Map::Conv(conv) => conv.weights.iter().all(|weight| weight.is_finite()),
            Map::Sparse(sparse) => sparse.columns.iter().flatten().all(|(_, weight)| weight.is_finite()),
            Map::Product(product) => product.weight.is_finite(),
        };
        self.terms.iter().all(|(_, map)| finite(map)) && self.bias.iter().all(|bias| bias.is_finite())
    }
}
