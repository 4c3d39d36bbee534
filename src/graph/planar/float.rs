//! Evaluation of float networks, in double precision.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::{FloatActivation, FloatLayer, Function, Map, Network, Shape, Term, conv::accumulate, rank};
use crate::float::{erf, exp_m1, sigmoid, softplus, tanh};

impl Network {
    /// The output values on input values (flat, ONNX order), as many as [`Self::input_shape`] has.
    pub fn eval(&self, input: &[f64]) -> Vec<f64> {
        self.tensors(input).pop().unwrap_or_default()
    }

    /// The values of every tensor after its activation, the input first, each in channel-major order.
    pub fn tensors(&self, input: &[f64]) -> Vec<Vec<f64>> {
        let mut tensors = vec![self.read(input)];
        for index in 0..self.layers.len() {
            tensors.push(self.activate(index, self.affine(index, &tensors), &tensors));
        }
        tensors
    }

    /// Tensor 0 on input values: the values, or how many of its cuts each reaches.
    pub fn read(&self, input: &[f64]) -> Vec<f64> {
        if self.cuts.is_empty() {
            return input.to_vec();
        }
        input.iter().zip(&self.cuts).map(|(x, cuts)| rank(cuts, *x) as f64).collect()
    }

    /// The tensor of layer `layer` from what its maps give and the tensors it reads.
    pub fn activate(&self, layer: usize, mut y: Vec<f64>, tensors: &[Vec<f64>]) -> Vec<f64> {
        let layer = &self.layers[layer];
        if layer.times().is_empty() {
            return layer.activation.apply(layer.shape, y);
        }
        let mut times = vec![0.0; y.len()];
        self.add(layer.times(), tensors, layer.shape, &mut times);
        y.iter_mut().zip(times).for_each(|(y, times)| *y *= times);
        y
    }

    /// Multiplications of one evaluation, those with zeros around planes included.
    pub fn products(&self) -> u64 {
        let term = |to: Shape, term: &Term<f64>| match &term.map {
            Map::Conv(conv) => conv.weights.len() * to.plane(),
            Map::Sparse(sparse) => sparse.columns.iter().map(Vec::len).sum(),
            Map::Product(product) => self.shape(product.factor).width * self.shape(term.source).len(),
        };
        let layer = |layer: &FloatLayer| layer.all_terms().map(|t| term(layer.shape, t) as u64).sum::<u64>();
        self.layers.iter().map(layer).sum()
    }

    fn add(&self, terms: &[Term<f64>], tensors: &[Vec<f64>], shape: Shape, y: &mut [f64]) {
        for term in terms {
            accumulate(&term.map, self.shape(term.source), &tensors[term.source], tensors, shape, y);
        }
    }

    /// What layer `layer` feeds its activation, from the values of the tensors it reads.
    pub fn affine(&self, layer: usize, tensors: &[Vec<f64>]) -> Vec<f64> {
        let layer = &self.layers[layer];
        let mut y = layer.bias_values();
        self.add(&layer.terms, tensors, layer.shape, &mut y);
        y
    }
}

impl FloatLayer {
    /// The bias of every value.
    fn bias_values(&self) -> Vec<f64> {
        let repeat = if self.bias.len() == self.shape.len() { 1 } else { self.shape.plane() };
        self.bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, repeat)).collect()
    }
}

impl FloatActivation {
    /// The activation of values of the given shape; a single value for [`Self::ArgMax`], and the first factors for
    /// [`Self::Product`].
    pub fn apply(&self, shape: Shape, mut y: Vec<f64>) -> Vec<f64> {
        match self {
            Self::Linear | Self::Product { .. } => {}
            Self::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
            Self::PRelu { slope } => {
                for (plane, slope) in y.chunks_exact_mut(shape.plane()).zip(slope) {
                    plane.iter_mut().filter(|y| **y < 0.0).for_each(|y| *y *= slope);
                }
            }
            Self::Clip { max } => y.iter_mut().for_each(|y| *y = y.max(0.0).min(*max)),
            Self::Quantize { odd } => {
                let shift = f64::from(*odd);
                y.iter_mut().for_each(|y| *y = ((*y - shift).round_ties_even() + shift).max(0.0));
            }
            Self::Table(function) => y.iter_mut().for_each(|y| *y = function.eval(*y)),
            Self::Threshold { at } => y.iter_mut().for_each(|y| *y = f64::from(*y >= *at)),
            Self::ArgMax => {
                let best = y.iter().enumerate().fold(0, |best, (i, v)| if *v > y[best] { i } else { best });
                y = vec![best as f64];
            }
        }
        y
    }
}

impl Function {
    /// Whether straight lines over short segments come close to it.
    pub const fn is_smooth(&self) -> bool {
        match self {
            Self::Unary(unary) => unary.is_smooth(),
            _ => true,
        }
    }

    /// The value at `x`.
    pub fn eval(&self, x: f64) -> f64 {
        match *self {
            Self::Sigmoid => sigmoid(x),
            Self::Tanh => tanh(x),
            Self::HardSigmoid { alpha, beta } => (alpha * x + beta).clamp(0.0, 1.0),
            Self::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            Self::Silu => x * sigmoid(x),
            Self::Gelu => 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2)),
            Self::GeluTanh => 0.5 * x * (1.0 + tanh((2.0 / PI).sqrt() * (x + 0.044715 * x * x * x))),
            Self::Softplus => softplus(x),
            Self::Elu { alpha } => {
                if x >= 0.0 {
                    x
                } else {
                    alpha * exp_m1(x)
                }
            }
            Self::Erf => erf(x),
            Self::Clip { min, max } => x.max(min).min(max),
            Self::Unary(unary) => unary.eval(x),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{
        super::{Conv, Sparse},
        *,
    };
    use crate::graph::Port;

    #[test]
    fn functions_have_known_values() {
        for (function, x, expected) in [
            (Function::Sigmoid, 1.0, 0.731_058_578_630_004_9),
            (Function::Tanh, -0.5, -0.462_117_157_260_009_8),
            (Function::HardSigmoid { alpha: 0.2, beta: 0.5 }, 1.0, 0.7),
            (Function::HardSwish, 1.0, 2.0 / 3.0),
            (Function::HardSwish, -4.0, 0.0),
            (Function::Silu, 1.0, 0.731_058_578_630_004_9),
            (Function::Gelu, 1.0, 0.841_344_746_068_542_9),
            (Function::GeluTanh, 1.0, 0.841_191_990_608_3),
            (Function::Softplus, 1.0, 1.313_261_687_518_222_8),
            (Function::Softplus, 800.0, 800.0),
            (Function::Elu { alpha: 2.0 }, -1.0, 2.0 * (-1f64).exp_m1()),
            (Function::Erf, 0.5, 0.520_499_877_813_046_5),
            (Function::Erf, 3.0, 0.999_977_909_503_001_4),
            (Function::Erf, -2.0, -0.995_322_265_018_952_7),
            (Function::Erf, 5.9, 1.0),
            (Function::Erf, 0.0, 0.0),
            (Function::Erf, f64::NEG_INFINITY, -1.0),
            (Function::Clip { min: -1.0, max: 2.0 }, -3.0, -1.0),
        ] {
            assert!((function.eval(x) - expected).abs() < 1e-12, "{function:?} {x}: {}", function.eval(x));
        }
    }

    #[test]
    fn activations_apply_per_channel() {
        let shape = Shape { channels: 2, height: 1, width: 2 };
        let y = vec![-1.0, 2.0, -3.0, 8.0];
        let apply = |activation: FloatActivation| activation.apply(shape, y.clone());
        assert_eq!(apply(FloatActivation::Linear), y);
        assert_eq!(apply(FloatActivation::Relu), [0.0, 2.0, 0.0, 8.0]);
        assert_eq!(apply(FloatActivation::PRelu { slope: vec![0.5, 2.0] }), [-0.5, 2.0, -6.0, 8.0]);
        assert_eq!(apply(FloatActivation::Clip { max: 6.0 }), [0.0, 2.0, 0.0, 6.0]);
        let halves = |odd| FloatActivation::Quantize { odd }.apply(shape, vec![-0.5, 0.5, 1.5, 2.5]);
        assert_eq!(halves(false), [0.0, 0.0, 2.0, 2.0]);
        assert_eq!(halves(true), [0.0, 1.0, 1.0, 3.0]);
        assert_eq!(apply(FloatActivation::Threshold { at: 2.0 }), [0.0, 1.0, 0.0, 1.0]);
        assert_eq!(apply(FloatActivation::ArgMax), [3.0]);
    }

    #[test]
    fn terms_and_biases_add_up() {
        let plane = Shape { channels: 1, height: 1, width: 3 };
        let conv = |weights: Vec<f64>| Conv {
            input_start: 0,
            inputs: 1,
            output_start: 0,
            outputs: 1,
            groups: 1,
            kernel: [1, weights.len()],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
            weights,
        };
        let layer = |shape, terms: Vec<(usize, Map<f64>)>, bias| FloatLayer {
            node: String::new(),
            op: String::new(),
            shape,
            terms: terms.into_iter().map(|(source, map)| Term { source, map, negative: None }).collect(),
            bias,
            activation: FloatActivation::Relu,
            same_step: None,
        };
        let pair = Shape { width: 2, ..plane };
        let sparse = Sparse { columns: vec![vec![(1, 1.0)], vec![], vec![(0, -1.0), (1, 2.0)]] };
        let port = |len| Port { name: String::new(), shape: vec![1, len] };
        let network = Network {
            name: String::new(),
            input: port(3),
            input_shape: plane,
            output: port(2),
            layers: vec![
                layer(pair, vec![(0, Map::Conv(conv(vec![1.0, -1.0])))], vec![0.5]),
                layer(pair, vec![(0, Map::Sparse(sparse)), (1, Map::Conv(conv(vec![10.0])))], vec![1.0, 2.0]),
            ],
            finish: None,
            label: None,
            cuts: Vec::new(),
        };
        let tensors = network.tensors(&[1.0, 3.0, 2.0]);
        assert_eq!(tensors, [vec![1.0, 3.0, 2.0], vec![0.0, 1.5], vec![0.0, 22.0]]);
        assert_eq!(network.affine(1, &tensors), [-1.0, 22.0]);
        assert_eq!(network.eval(&[1.0, 3.0, 2.0]), [0.0, 22.0]);
    }
}
