//! Linear maps between tensors that keep their structure, shared by the float network and the integer model.

use serde::{Deserialize, Serialize};

use super::Shape;

/// A convolution (cross-correlation, as in ONNX `Conv`) from a range of channels to a range of channels.
///
/// `y[o, i, j] += Σ_{c, a, b} weight[o, c, a, b] · x[c, i·stride + a·dilation − pad, …]`; reads outside the plane are
/// 0. Depthwise maps, pooling sums, channel selections and residual identities are all of this form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conv<W> {
    /// First input channel read.
    pub input_start: usize,
    /// Input channels read.
    pub inputs: usize,
    /// First output channel written; other channels are left as they are.
    pub output_start: usize,
    /// Output channels written.
    pub outputs: usize,
    /// Divides `inputs` and `outputs`: outputs of a group read the inputs of that group.
    pub groups: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// Vertical and horizontal distance of taps.
    pub dilation: [usize; 2],
    /// Zeros above and to the left; negative values crop. What is needed below and to the right follows from the shape.
    pub pad: [isize; 2],
    /// Weights, `[outputs][inputs / groups][kernel height][kernel width]`.
    pub weights: Vec<W>,
}

impl<W> Conv<W> {
    /// Inputs of one group.
    pub const fn group_inputs(&self) -> usize {
        self.inputs / self.groups
    }

    /// Outputs of one group.
    pub const fn group_outputs(&self) -> usize {
        self.outputs / self.groups
    }

    /// The same geometry with other weights, as many of them.
    pub const fn with_weights<V>(&self, weights: Vec<V>) -> Conv<V> {
        Conv {
            input_start: self.input_start,
            inputs: self.inputs,
            output_start: self.output_start,
            outputs: self.outputs,
            groups: self.groups,
            kernel: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            pad: self.pad,
            weights,
        }
    }

    /// Taps of a kernel.
    pub const fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Weights of the kernel from input `c` of its group to output `o` (both counted within the map), row after row.
    pub fn kernel_weights(&self, o: usize, c: usize) -> &[W] {
        let start = (o * self.group_inputs() + c) * self.taps();
        &self.weights[start..start + self.taps()]
    }
}

impl Conv<f64> {
    /// Whether it gives each of so many channels as it is, or its negative.
    pub fn mirrors(&self, channels: usize) -> bool {
        let plain = Self::select(0, 0, channels);
        self.weights.iter().all(|weight| weight.abs() == 1.0) && self.with_weights(plain.weights.clone()) == plain
    }

    /// One tap that reads `channels` channels from `input_start` on and writes as many from `output_start` on.
    pub fn select(input_start: usize, output_start: usize, channels: usize) -> Self {
        Self {
            input_start,
            inputs: channels,
            output_start,
            outputs: channels,
            groups: channels,
            kernel: [1, 1],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
            weights: vec![1.0; channels],
        }
    }
}

/// Any linear map between flattened tensors (channel-major), by its nonzero entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sparse<W> {
    /// Per flat input element: the flat output elements it reaches, in increasing order, with their weights.
    pub columns: Vec<Vec<(u32, W)>>,
}

/// Products with the values of another tensor, the factor: matrix products, and scalings by values of the network.
///
/// With a factor of one value per channel, `y[g, i, j] = weight · Σ_c x[c, i, j] · factor[c, 0, 0]`; with a source of
/// one line and a factor of one line of n values, `y[g, i, j] = weight · Σ_c x[c, 0, j] · factor[c, 0, i]`, of n lines.
/// The sums are over the channels c of group g.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product<W> {
    /// The other tensor; it has as many channels as the source, and height 1.
    pub factor: usize,
    /// Output channels; divides the channels of the source.
    pub groups: usize,
    /// What every product is multiplied by.
    pub weight: W,
}

impl<W: Copy> Product<W> {
    /// The convolution that this is, but for its weights: those of output g are `weight · factor[c, 0, i]`, from the
    /// last i to the first.
    pub fn geometry(&self, from: Shape, factor: Shape) -> Conv<W> {
        let height = factor.width;
        Conv {
            inputs: from.channels,
            outputs: self.groups,
            groups: self.groups,
            kernel: [height, 1],
            pad: [height as isize - 1, 0],
            input_start: 0,
            output_start: 0,
            stride: [1, 1],
            dilation: [1, 1],
            weights: Vec::new(),
        }
    }

    /// Whether there is such a product of tensors of these shapes.
    pub const fn fits(&self, from: Shape, factor: Shape, to: Shape) -> bool {
        let plane = if factor.width == 1 {
            to.height == from.height && to.width == from.width
        } else {
            from.height == 1 && to.height == factor.width && to.width == from.width
        };
        plane
            && factor.height == 1
            && factor.channels == from.channels
            && self.groups > 0
            && self.groups == to.channels
            && from.channels.is_multiple_of(self.groups)
    }
}

/// A map of one tensor, linear in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Map<W> {
    /// Structured: cost follows activations and weights.
    Conv(Conv<W>),
    /// Unstructured, such as a Gemm on flattened planes: cost follows its nonzero entries.
    Sparse(Sparse<W>),
    /// Bilinear: products with another tensor.
    Product(Product<W>),
}

impl<W> Map<W> {
    /// The tensor that is read besides the source.
    pub const fn factor(&self) -> Option<usize> {
        match self {
            Self::Product(product) => Some(product.factor),
            Self::Conv(_) | Self::Sparse(_) => None,
        }
    }
}

/// A linear map of one earlier tensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term<W> {
    /// The tensor read.
    pub source: usize,
    /// How.
    pub map: Map<W>,
    /// The same map for the negative parts of a `PRelu` source, with the slopes multiplied in; `None` for other sources
    /// and in the float network.
    pub negative: Option<Map<W>>,
}
