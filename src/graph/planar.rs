//! Networks of planes: tensors of channels × height × width, and linear maps between them that keep their structure.
//!
//! The float [`Network`] and the integer [`Model`] share the same linear maps. A layer commits one tensor: the sum of
//! linear maps of earlier tensors (a residual sum or a concatenation is several terms of one layer), a bias, and an
//! activation. Tensor 0 is the input, layer i makes tensor i + 1. Batch is 1 everywhere; a vector of m values is m
//! channels of 1 × 1.

pub(in crate::graph) mod check;
pub(crate) mod conv;
mod exec;
mod float;
mod format;
mod private;
mod public;
mod unary;

pub use check::{MAX_PRODUCTS, MAX_VALUES};
pub use exec::{Element, Trace};
pub(crate) use format::Flags;
pub use private::{MAX_WEIGHT_BITS, limbs_of, signed_bits};
pub use public::PublicCode;
pub use unary::Unary;

use serde::{Deserialize, Serialize};

use super::{Digits, Finish, Port, Visibility};

/// Channels × height × width; a 1-D signal has height 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Number of planes.
    pub channels: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Columns of a plane.
    pub width: usize,
}

impl Shape {
    /// A vector: `channels` planes of one value.
    pub const fn vector(channels: usize) -> Self {
        Self { channels, height: 1, width: 1 }
    }

    /// Values of one plane.
    pub const fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Values of all planes.
    pub const fn len(&self) -> usize {
        self.channels * self.plane()
    }

    /// Whether there is no value.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every plane is one value.
    pub const fn is_vector(&self) -> bool {
        self.height == 1 && self.width == 1
    }
}

/// A convolution (cross-correlation, as in ONNX `Conv`) from a range of channels to a range of channels.
///
/// `y[o, i, j] += Σ_{c, a, b} weight[o, c, a, b] · x[c, i·stride + a·dilation − pad, …]`; reads outside the plane are 0.
/// Depthwise maps, pooling sums, channel selections and residual identities are all of this form.
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
/// With a factor of one value per channel, `y[g, i, j] = weight · Σ_c x[c, i, j] · factor[c, 0, 0]`; with a source of one
/// line and a factor of one line of n values, `y[g, i, j] = weight · Σ_c x[c, 0, j] · factor[c, 0, i]`, of n lines. The
/// sums are over the channels c of group g.
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
    /// The convolution that this is, but for its weights: those of output g are `weight · factor[c, 0, i]`, from the last
    /// i to the first.
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

/// An elementwise function that has no piecewise linear form with few pieces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Function {
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// clamp(alpha · x + beta, 0, 1).
    HardSigmoid {
        /// Slope.
        alpha: f64,
        /// Offset.
        beta: f64,
    },
    /// x · clamp(x / 6 + 1/2, 0, 1).
    HardSwish,
    /// x / (1 + e^-x).
    Silu,
    /// x · Φ(x), Φ the normal distribution.
    Gelu,
    /// Gelu by the tanh approximation.
    GeluTanh,
    /// ln(1 + e^x).
    Softplus,
    /// x where x ≥ 0, else alpha · (e^x − 1).
    Elu {
        /// Scale of the negative side.
        alpha: f64,
    },
    /// The error function.
    Erf,
    /// Any other.
    Unary(Unary),
    /// clamp(x, min, max) where `min` is not 0.
    Clip {
        /// Least value.
        min: f64,
        /// Largest value.
        max: f64,
    },
}

/// What follows a linear map in the float network.
#[derive(Debug, Clone, PartialEq)]
pub enum FloatActivation {
    /// Nothing.
    Linear,
    /// max(y, 0).
    Relu,
    /// y where y ≥ 0, else slope · y; one slope per channel. Also LeakyRelu.
    PRelu {
        /// One per channel.
        slope: Vec<f64>,
    },
    /// clamp(y, 0, max).
    Clip {
        /// Largest value, above 0.
        max: f64,
    },
    /// The nearest integer to max(y, 0), ties to the even one (the odd one, if `odd`): a code that the graph itself defines,
    /// so that the step of the tensor is 1.
    Quantize {
        /// Which way ties go.
        odd: bool,
    },
    /// An elementwise function by table.
    Table(Function),
    /// 1 where y ≥ `at`, else 0.
    Threshold {
        /// The threshold on y.
        at: f64,
    },
    /// Index of the largest y, the first one of equals; only as the last layer.
    ArgMax,
    /// y times the sum of these maps, value by value; never the last layer. The layer has no bias, and its maps, like these,
    /// only move or copy values: convolutions of one tap with weights 0 and 1, at most one 1 for each value.
    Product {
        /// At least one.
        times: Vec<Term<f64>>,
    },
}

/// A layer of the float network.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatLayer {
    /// Name of the ONNX node that errors about this layer name.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// Shape of the tensor it makes.
    pub shape: Shape,
    /// At least one.
    pub terms: Vec<Term<f64>>,
    /// One value per channel, or one per value.
    pub bias: Vec<f64>,
    /// What follows.
    pub activation: FloatActivation,
    /// The tensor whose steps (per channel) this layer's codes must share, so that exact differences and selections stay
    /// exact (max pooling). `None`: steps of its own.
    pub same_step: Option<usize>,
}

/// A float network.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Name of the graph.
    pub name: String,
    /// The private input.
    pub input: Port,
    /// Its shape as planes.
    pub input_shape: Shape,
    /// The output; one value per value of the last layer, or a single one after `ArgMax`.
    pub output: Port,
    /// At least one layer, in topological order.
    pub layers: Vec<FloatLayer>,
    /// The Softmax or Sigmoid in which the graph ends: the circuit's outputs are its arguments, and whoever reads them
    /// applies it.
    pub finish: Option<Finish>,
    /// The output value that is a class, where the graph gives one beside other values.
    pub label: Option<usize>,
    /// Per input value the numbers that it is compared with, where the input is read by comparisons with constants only;
    /// else empty. The network then computes on [`rank`]s.
    pub cuts: Vec<Vec<f64>>,
}

/// How many of the increasing cuts a value reaches: `x ≥ cuts[c − 1]` is `rank ≥ c`.
pub fn rank(cuts: &[f64], x: f64) -> usize {
    cuts.partition_point(|cut| *cut <= x)
}

/// The table of an elementwise function over equal segments of its argument, of which segment `j` is the row's highest
/// limb: `code = base[j] + slope[j] · f`, f being the limb below. Without slopes the argument is rounded to a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Codes where the segments begin, possibly negative; an even number of them, at most `2^limb_bits`.
    pub base: Vec<i64>,
    /// By how much the code grows with f; one per segment, or none.
    pub slope: Vec<i64>,
}

impl Table {
    /// The argument 0, as a number of units of Y: `Y + zero` counts from where the first segment begins.
    pub const fn zero(&self, digits: &Digits) -> i64 {
        table_zero(self.base.len() as u64, !self.slope.is_empty(), digits)
    }

    /// The largest magnitude of its codes.
    pub fn magnitude(&self, digits: &Digits) -> u64 {
        let reach = (1u64 << digits.limb_bits) - 1;
        let slopes = self.slope.iter().copied().chain(std::iter::repeat(0));
        let ends = self.base.iter().zip(slopes).map(|(base, slope)| {
            let end = i128::from(*base) + i128::from(slope) * i128::from(reach);
            u128::from(base.unsigned_abs()).max(end.unsigned_abs())
        });
        u64::try_from(ends.max().unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// The code of segment `j` at position `f`; 0 where there is no such segment.
    pub fn code(&self, j: u64, f: u64) -> i64 {
        let entry = |list: &[i64]| usize::try_from(j).ok().and_then(|j| list.get(j)).copied().unwrap_or(0);
        entry(&self.base) + entry(&self.slope) * f.cast_signed()
    }
}

/// [`Table::zero`] of tables of so many segments.
pub const fn table_zero(segments: u64, sloped: bool, digits: &Digits) -> i64 {
    let half = (segments << digits.low_bits() >> 1).cast_signed();
    if sloped { half } else { half + (1 << (digits.remainder_bits() - 1)) - 1 }
}

/// The function tables of a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionTables {
    /// How many.
    pub count: usize,
    /// Whether all functions are close to straight lines over short segments, so that tables may have slopes.
    pub smooth: bool,
}

/// Bits of the arguments of function tables: all `tables` of them together are smaller than the range table of a limb, so
/// that they do not double the rows.
pub const fn table_bits(limb_bits: u32, tables: usize) -> u32 {
    let fewer = if tables == 0 { 1 } else { tables.ilog2() + 1 };
    if fewer + 2 <= limb_bits { limb_bits - fewer } else { 2 }
}

/// What turns the accumulators Y of a layer into codes.
///
/// With s remainder bits and `c = 2^(s−1) − 1`, every element has a `state`, an upper part `0 ≤ a < 2^b` and a lower part
/// `0 ≤ r < 2^s`, and `U = a · 2^s + r`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// `Y = (2·state − 1) · (U − c)`, that is `U = |Y| + c` with state 1 where Y > 0, else 0; the code is
    /// `(2·state − 1) · a`. Ties round towards 0, so that both states of a small Y give code 0.
    Linear,
    /// As `Linear`; the code is `state · a`.
    Relu,
    /// As `Linear`; the code is `state · a`, and the negative part `(1 − state) · a`.
    PRelu,
    /// As `Relu` while a fits; else state 2, `Y = U + (2^b − 1) · 2^s − c` and code `2^b − 1`.
    Clip,
    /// `Y = U − zero`; the code is that of the table with this index, by U's two highest limbs.
    Table(usize),
    /// `Y = (2·state − 1) · U`, code `state`. Weights are even and biases odd, so that Y is never 0. Where weights are
    /// private: `Y = (2·state − 1) · U + state − 1`, which has one state for every Y. As the last layer or an inner one.
    Threshold,
    /// The code of element o is 1 while o is below the index of the first largest Y, else 0; `U = max − Y − code`.
    ArgMax,
    /// Nothing is cut: the code is Y times the sum of these maps, value by value. The layer has no bias, and all maps are
    /// convolutions of one tap.
    Product {
        /// At least one.
        times: Vec<Term<i64>>,
    },
}

/// A layer of the integer model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Name of the ONNX node that errors about this layer name.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// Shape of the tensor it makes.
    pub shape: Shape,
    /// At least one.
    pub terms: Vec<Term<i64>>,
    /// One value per channel, or one per value.
    pub bias: Vec<i64>,
    /// What follows.
    pub activation: Activation,
}

/// The input tensor: `code = round(x / step)`, ties to even, of either sign, magnitude below 2^b; where there are zero
/// points, `code = round((x − zero) / step)`, from 0 on; where there are cuts, the [`rank`] of x among them, from 0 to their
/// number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Name and shape.
    pub port: Port,
    /// Its shape as planes.
    pub shape: Shape,
    /// Width of one code, per channel; 1 where there are cuts.
    pub step: Vec<f64>,
    /// The value of code 0, per channel; empty where codes have a sign or are ranks.
    pub zero: Vec<f64>,
    /// Per value increasing numbers, fewer than 2^b; empty where codes are rounded values.
    pub cuts: Vec<Vec<f64>>,
    /// Who sees the codes.
    pub visibility: Visibility,
}

/// The output tensor: `value = code · step`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Name and shape.
    pub port: Port,
    /// Value of one code, per channel of the last layer.
    pub step: Vec<f64>,
    /// What the float network's output was compared with, when the publisher asked for a decision only.
    pub threshold: Option<f64>,
    /// What the reader of the output applies to it.
    pub finish: Option<Finish>,
}

/// What the layout search chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lanes {
    /// Activations in a row.
    pub activations: usize,
    /// Weights in a row.
    pub weights: usize,
}

/// The integer network that is proved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Name of the graph.
    pub name: String,
    /// Limb sizes, the same in the whole circuit.
    pub digits: Digits,
    /// Lanes of the circuit.
    pub lanes: Lanes,
    /// The input.
    pub input: Input,
    /// At least one layer; only the last may be `ArgMax`.
    pub layers: Vec<Layer>,
    /// Tables of elementwise functions.
    pub tables: Vec<Table>,
    /// The public output.
    pub output: Output,
    /// Limbs of a private weight, which a proof shows to fit them; `None` where weights are public.
    pub private_weights: Option<u32>,
}

impl Activation {
    /// Its name for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Linear => "none",
            Self::Relu => "Relu",
            Self::PRelu => "PRelu",
            Self::Clip => "Clip",
            Self::Table(_) => "table",
            Self::Threshold => "threshold",
            Self::ArgMax => "ArgMax",
            Self::Product { .. } => "product",
        }
    }
}

impl Layer {
    /// The second factors of a layer of products; none otherwise.
    pub fn times(&self) -> &[Term<i64>] {
        match &self.activation {
            Activation::Product { times } => times,
            _ => &[],
        }
    }

    /// All terms, those of both factors.
    pub fn all_terms(&self) -> impl Iterator<Item = &Term<i64>> {
        self.terms.iter().chain(self.times())
    }
}

impl FloatLayer {
    /// The second factors of a layer of products; none otherwise.
    pub fn times(&self) -> &[Term<f64>] {
        match &self.activation {
            FloatActivation::Product { times } => times,
            _ => &[],
        }
    }

    /// All terms, those of both factors.
    pub fn all_terms(&self) -> impl Iterator<Item = &Term<f64>> {
        self.terms.iter().chain(self.times())
    }

    /// All terms, those of both factors.
    pub fn all_terms_mut(&mut self) -> impl Iterator<Item = &mut Term<f64>> {
        let times = match &mut self.activation {
            FloatActivation::Product { times } => &mut times[..],
            _ => &mut [],
        };
        self.terms.iter_mut().chain(times)
    }
}

impl Input {
    /// Whether codes may be negative.
    pub const fn is_signed(&self) -> bool {
        self.cuts.is_empty() && self.zero.is_empty()
    }
}

impl Model {
    /// Whether a layer is a comparison that others read.
    pub fn compares(&self) -> bool {
        let inner = self.layers.split_last().map_or(&[][..], |(_, inner)| inner);
        inner.iter().any(|layer| layer.activation == Activation::Threshold)
    }

    /// Shape of a tensor; tensor 0 is the input.
    pub fn shape(&self, tensor: usize) -> Shape {
        tensor.checked_sub(1).map_or(self.input.shape, |layer| self.layers[layer].shape)
    }
}

impl Network {
    /// Whether a layer is a comparison that others read.
    pub fn compares(&self) -> bool {
        let inner = self.layers.split_last().map_or(&[][..], |(_, inner)| inner);
        inner.iter().any(|layer| matches!(layer.activation, FloatActivation::Threshold { .. }))
    }

    /// Shape of a tensor; tensor 0 is the input.
    pub fn shape(&self, tensor: usize) -> Shape {
        tensor.checked_sub(1).map_or(self.input_shape, |layer| self.layers[layer].shape)
    }
}
