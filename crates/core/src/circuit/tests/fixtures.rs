//! Small integer models of planes, one per kind of layer and storage.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

use super::super::weight_limbs;
use crate::{
    graph::{
        Activation, Conv, Digits, Input, Lanes, Layer, Map, Model, Output, Product, Shape, Sparse, Table, Term,
        ValueInfo, Visibility,
    },
    schema::{self, Field, Image, Kind, Records, Scaled, Schema, Vector},
};

/// Codes of 8 bits, remainders of 8 bits, limbs of 8 bits.
pub(crate) const DIGITS: Digits = Digits { limb_bits: 8, value_limbs: 1, remainder_limbs: 1 };

/// Builds models layer by layer with random weights.
pub(crate) struct Builder {
    rng: ChaCha8Rng,
    pub(crate) model: Model,
}

/// What varies between convolutions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) dilation: [usize; 2],
    pub(crate) pad: [isize; 2],
    pub(crate) groups: usize,
}

impl Geometry {
    /// A square kernel of stride 1 with "same" padding.
    pub(crate) const fn same(kernel: usize) -> Self {
        let pad = (kernel / 2) as isize;
        Self { kernel: [kernel; 2], stride: [1; 2], dilation: [1; 2], pad: [pad; 2], groups: 1 }
    }
}

impl Builder {
    pub(crate) fn new(shape: Shape, lanes: Lanes) -> Self {
        let value_info = ValueInfo::new("x", vec![1, shape.channels, shape.height, shape.width]);
        let output = Output {
            value_info: value_info.clone(),
            scale: vec![1.0; shape.channels],
            thresholds: Vec::new(),
            finish: None,
            schema: None,
        };
        let scale = vec![1.0; shape.channels];
        let input = Input {
            value_info,
            shape,
            scale,
            zero_point: Vec::new(),
            cuts: Vec::new(),
            missing: Vec::new(),
            visibility: Visibility::Private,
            records: None,
        };
        let model = Model {
            name: "fixture".to_owned(),
            digits: DIGITS,
            lanes,
            input,
            layers: Vec::new(),
            tables: Vec::new(),
            output,
            private_weights: None,
        };
        Self { rng: ChaCha8Rng::seed_from_u64(11), model }
    }

    fn weights(&mut self, count: usize, fan_in: usize) -> Vec<i64> {
        // Sums of fan_in products with codes up to 255 stay around 2^15.
        let limit = (256.0 / (fan_in as f64).sqrt()).clamp(1.0, 120.0) as i64;
        (0..count).map(|_| i64::from(self.rng.next_u32() % (2 * limit as u32 + 1)) - limit).collect()
    }

    pub(crate) fn shape(&self, tensor: usize) -> Shape {
        self.model.shape(tensor)
    }

    fn negative(&self, source: usize, map: &Map<i64>) -> Option<Map<i64>> {
        let prelu = source > 0 && self.model.layers[source - 1].activation == Activation::PRelu;
        let quarter = |weight: &mut i64| *weight = -(*weight / 4);
        prelu.then(|| {
            let mut map = map.clone();
            match &mut map {
                Map::Conv(conv) => conv.weights.iter_mut().for_each(quarter),
                Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().for_each(|entry| quarter(&mut entry.1)),
                Map::Product(product) => quarter(&mut product.weight),
            }
            map
        })
    }

    /// A convolution term from a tensor to `outputs` channels.
    pub(crate) fn conv_term(&mut self, source: usize, outputs: usize, g: Geometry) -> Term<i64> {
        let inputs = self.shape(source).channels;
        let fan_in = inputs / g.groups * g.kernel[0] * g.kernel[1];
        let weights = self.weights(outputs * fan_in, fan_in);
        let map = Map::Conv(Conv {
            input_start: 0,
            inputs,
            output_start: 0,
            outputs,
            groups: g.groups,
            kernel: g.kernel,
            stride: g.stride,
            dilation: g.dilation,
            pad: g.pad,
            weights,
        });
        Term { source, negative: self.negative(source, &map), map }
    }

    /// A matrix from all values of a tensor.
    pub(crate) fn sparse_term(&mut self, source: usize, outputs: usize) -> Term<i64> {
        let count = self.shape(source).len();
        let weights = self.weights(count * outputs, count);
        let columns = weights
            .chunks(outputs)
            .map(|column| column.iter().enumerate().map(|(o, weight)| (o as u32, *weight)).collect())
            .collect();
        let map = Map::Sparse(Sparse { columns });
        Term { source, negative: self.negative(source, &map), map }
    }

    /// A copy of a tensor, exact.
    pub(crate) fn copy_term(&mut self, source: usize) -> Term<i64> {
        let channels = self.shape(source).channels;
        let g = Geometry { groups: channels, ..Geometry::same(1) };
        let mut term = self.conv_term(source, channels, g);
        for map in [Some(&mut term.map), term.negative.as_mut()].into_iter().flatten() {
            if let Map::Conv(conv) = map {
                conv.weights.fill(1 << DIGITS.remainder_bits());
            }
        }
        if let Some(Map::Conv(conv)) = &mut term.negative {
            conv.weights.fill(-(1 << (DIGITS.remainder_bits() - 1)));
        }
        term
    }

    /// The products of a tensor with another one, summed over the channels of each group.
    pub(crate) fn product_term(&self, source: usize, factor: usize, groups: usize) -> Term<i64> {
        Term { source, map: Map::Product(Product { factor, groups, weight: 4 }), negative: None }
    }

    /// Makes the codes of a convolution's tensor a quarter as large.
    fn calm(&mut self, tensor: usize) -> usize {
        if let Map::Conv(conv) = &mut self.model.layers[tensor - 1].terms[0].map {
            conv.weights.iter_mut().for_each(|weight| *weight /= 4);
        }
        tensor
    }

    /// The products of two tensors' values, rounded.
    pub(crate) fn multiply(&mut self, first: usize, second: usize) -> usize {
        let select = |b: &mut Self, source: usize, weight: i64| {
            let mut term = b.copy_term(source);
            if let Map::Conv(conv) = &mut term.map {
                conv.weights.fill(weight);
            }
            term
        };
        let (shape, term, times) = (self.shape(first), select(self, first, 1), vec![select(self, second, 1)]);
        let pairs = self.layer(shape, vec![term], Activation::Product { times });
        self.model.layers[pairs - 1].bias.fill(0);
        let rounded = select(self, pairs, 3);
        self.layer(shape, vec![rounded], Activation::Linear)
    }

    /// Adds a layer and returns its tensor.
    pub(crate) fn layer(&mut self, shape: Shape, terms: Vec<Term<i64>>, activation: Activation) -> usize {
        let mut layer = Layer {
            node: format!("layer{}", self.model.layers.len()),
            op: "Conv".to_owned(),
            shape,
            terms,
            bias: (0..shape.channels).map(|channel| 3 + 2 * channel as i64).collect(),
            activation,
        };
        // Thresholds take even weights; arguments of tables have fewer bits than codes.
        let adapt: fn(&mut i64) = match layer.activation {
            Activation::Threshold => |weight| *weight = *weight / 2 * 2,
            Activation::Table(_) => |weight| *weight /= 8,
            _ => |_| {},
        };
        for term in &mut layer.terms {
            for map in [Some(&mut term.map), term.negative.as_mut()].into_iter().flatten() {
                match map {
                    Map::Conv(conv) => conv.weights.iter_mut().for_each(adapt),
                    Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().for_each(|entry| adapt(&mut entry.1)),
                    Map::Product(product) => adapt(&mut product.weight),
                }
            }
        }
        self.model.layers.push(layer);
        self.model.output.scale = vec![1.0; shape.channels];
        let decided = self.model.layers.last().is_some_and(|layer| layer.activation == Activation::ArgMax);
        self.model.output.value_info.shape = if decided { vec![1] } else { vec![1, shape.channels] };
        self.model.layers.len()
    }

    /// A convolution layer with the output size that ONNX gives it for symmetric padding.
    pub(crate) fn conv(&mut self, source: usize, outputs: usize, g: Geometry, activation: Activation) -> usize {
        let from = self.shape(source);
        let size = |len: usize, d: usize| {
            let reach = g.dilation[d] * (g.kernel[d] - 1) + 1;
            ((len as isize + 2 * g.pad[d] - reach as isize) / g.stride[d] as isize + 1) as usize
        };
        let shape = Shape { channels: outputs, height: size(from.height, 0), width: size(from.width, 1) };
        let term = self.conv_term(source, outputs, g);
        self.layer(shape, vec![term], activation)
    }

    /// A matrix layer onto a vector.
    pub(crate) fn dense(&mut self, source: usize, outputs: usize, activation: Activation) -> usize {
        let term = if self.shape(source).is_vector() {
            self.conv_term(source, outputs, Geometry::same(1))
        } else {
            self.sparse_term(source, outputs)
        };
        self.layer(Shape::vector(outputs), vec![term], activation)
    }

    /// A copy of a tensor as its own layer.
    pub(crate) fn copy(&mut self, source: usize) -> usize {
        let term = self.copy_term(source);
        self.layer(self.shape(source), vec![term], Activation::Linear)
    }

    /// An input of moderate codes.
    pub(crate) fn input(&self) -> Vec<i64> {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut code = |index: usize| match self.model.input.cuts.get(index) {
            Some(Some(cuts)) => i64::from(rng.next_u32()) % (cuts.len() as i64 + 1),
            None if !self.model.input.zero_point.is_empty() => i64::from(rng.next_u32() % 161),
            _ => i64::from(rng.next_u32() % 161) - 80,
        };
        (0..self.model.input.shape.len()).map(&mut code).collect()
    }
}

const fn shape(channels: usize, height: usize, width: usize) -> Shape {
    Shape { channels, height, width }
}

const fn lanes(activations: usize, weights: usize) -> Lanes {
    Lanes { activations, weights }
}

/// One model with an input for every kind of layer and storage, with its name.
pub(crate) fn all() -> Vec<(&'static str, Model, Vec<i64>)> {
    use Activation::{ArgMax, Clip, Linear, PRelu, Relu, Table as Function, Threshold};
    let mut models = Vec::new();
    let mut done = |name, builder: Builder| {
        let input = builder.input();
        models.push((name, builder.model, input));
    };

    let mut b = Builder::new(Shape::vector(4), lanes(1, 2));
    let x = b.dense(0, 3, Relu);
    b.dense(x, 2, Linear);
    done("dense", b);

    let mut b = Builder::new(shape(2, 5, 6), lanes(4, 4));
    let x = b.conv(0, 3, Geometry::same(3), Relu);
    let x = b.conv(x, 2, Geometry::same(1), Linear);
    let x = b.copy(x);
    b.dense(x, 3, Linear);
    done("same convolution", b);

    let mut b = Builder::new(shape(2, 6, 6), lanes(3, 4));
    let x = b.conv(0, 4, Geometry::same(1), Clip);
    b.model.layers[0].bias[1] = 62_000;
    let depthwise = Geometry { stride: [2; 2], groups: 4, ..Geometry::same(3) };
    let x = b.conv(x, 4, depthwise, Clip);
    if let Map::Conv(conv) = &mut b.model.layers[1].terms[0].map {
        conv.weights[9..18].iter_mut().for_each(|weight| *weight /= 2);
    }
    let y = b.conv(x, 4, Geometry::same(1), Linear);
    let (conv, skip) = (b.conv_term(y, 4, Geometry::same(1)), b.copy_term(x));
    let sum = b.layer(b.shape(y), vec![conv, skip], Linear);
    let pool = Geometry { kernel: [3; 2], pad: [0; 2], groups: 4, ..Geometry::same(3) };
    let x = b.conv(sum, 4, pool, Linear);
    b.dense(x, 2, Threshold);
    done("strided residual", b);

    let mut b = Builder::new(shape(1, 6, 5), lanes(3, 2));
    let x = b.conv(0, 2, Geometry::same(3), Relu);
    let x = b.conv(x, 2, Geometry { stride: [2; 2], ..Geometry::same(3) }, Linear);
    let x = b.copy(x);
    b.dense(x, 2, Linear);
    done("strided convolution", b);

    let mut b = Builder::new(shape(3, 5, 5), lanes(3, 5));
    let x = b.conv(0, 4, Geometry { stride: [2; 2], ..Geometry::same(3) }, PRelu);
    let x = b.conv(x, 4, Geometry { groups: 2, ..Geometry::same(1) }, PRelu);
    let whole = Geometry { kernel: [3; 2], pad: [0; 2], groups: 4, ..Geometry::same(3) };
    let x = b.conv(x, 4, whole, PRelu);
    b.dense(x, 4, ArgMax);
    done("prelu argmax", b);

    let mut b = Builder::new(shape(1, 4, 5), lanes(4, 3));
    b.model.tables = vec![table(0), table(1)];
    let x = b.conv(0, 2, Geometry { kernel: [2, 3], dilation: [2, 1], pad: [1, 1], ..Geometry::same(1) }, Function(0));
    let x = b.copy(x);
    b.dense(x, 3, Function(1));
    done("function tables", b);

    let mut b = Builder::new(shape(1, 4, 5), lanes(4, 3));
    b.model.digits = Digits { limb_bits: 5, value_limbs: 2, remainder_limbs: 2 };
    b.model.tables = vec![sloped(0), sloped(1)];
    let x = b.conv(0, 2, Geometry { kernel: [2, 3], dilation: [2, 1], pad: [1, 1], ..Geometry::same(1) }, Function(0));
    let x = b.copy(x);
    b.dense(x, 3, Function(1));
    done("sloped functions", b);

    let mut b = Builder::new(Shape::vector(4), lanes(2, 3));
    b.model.input.zero_point = vec![3, -5, -7, 0];
    let x = b.dense(0, 3, Relu);
    b.dense(x, 2, Linear);
    done("zero points", b);

    let mut b = Builder::new(shape(2, 1, 9), lanes(2, 2));
    let x = b.conv(0, 3, Geometry { kernel: [1, 3], pad: [0, 1], ..Geometry::same(1) }, Relu);
    for layer in &mut b.model.layers {
        layer.bias = (0..layer.shape.len() as i64).collect();
    }
    let x = b.conv(x, 2, Geometry { kernel: [1, 9], ..Geometry::same(1) }, Linear);
    let x = b.copy(x);
    b.dense(x, 2, Relu);
    done("one-dimensional", b);

    let mut b = Builder::new(shape(2, 3, 4), lanes(3, 4));
    let x = b.conv(0, 4, Geometry { stride: [2, 1], ..Geometry::same(3) }, Relu);
    let whole = Geometry { kernel: [2, 4], pad: [0; 2], groups: 4, ..Geometry::same(1) };
    let scale = b.conv(x, 4, whole, Linear);
    let (product, skip) = (b.product_term(x, scale, 4), b.copy_term(x));
    let x = b.layer(b.shape(x), vec![product, skip], Linear);
    let x = b.conv(x, 4, Geometry { stride: [1, 2], ..Geometry::same(1) }, PRelu);
    let x = b.copy(x);
    let sum = b.product_term(x, scale, 2);
    let x = b.layer(Shape { channels: 2, ..b.shape(x) }, vec![sum], Linear);
    let x = b.copy(x);
    b.dense(x, 3, Linear);
    done("scaled channels", b);

    let mut b = Builder::new(shape(3, 1, 5), lanes(4, 3));
    let pointwise = Geometry::same(1);
    let (query, key) =
        (b.conv(0, 4, pointwise, Linear), b.conv(0, 4, Geometry { stride: [1, 2], ..pointwise }, Linear));
    let key = b.copy(key);
    let mut product = b.product_term(query, key, 2);
    if let Map::Product(product) = &mut product.map {
        product.weight = 60;
    }
    let x = b.layer(shape(2, 3, 5), vec![product], Relu);
    let x = b.copy(x);
    b.dense(x, 2, Linear);
    done("matrix product", b);

    let mut b = Builder::new(shape(2, 4, 5), lanes(3, 3));
    let (x, y) = (b.conv(0, 2, Geometry::same(3), Relu), b.conv(0, 2, Geometry::same(1), Clip));
    let y = b.calm(y);
    let product = b.multiply(x, y);
    let square = b.multiply(product, product);
    let x = b.conv(square, 2, Geometry { stride: [2; 2], ..Geometry::same(3) }, Linear);
    let x = b.copy(x);
    b.dense(x, 2, Linear);
    done("pairs", b);

    let mut b = Builder::new(shape(2, 4, 5), lanes(3, 3));
    let (x, y) = (b.conv(0, 3, Geometry::same(3), Threshold), b.conv(0, 3, Geometry::same(1), Clip));
    let (bits, values) = (b.conv_term(x, 2, Geometry::same(3)), b.conv_term(y, 2, Geometry::same(1)));
    let x = b.layer(b.shape(0), vec![bits, values], Threshold);
    let x = b.copy(x);
    b.dense(x, 2, Linear);
    done("comparisons", b);

    let mut b = Builder::new(Shape::vector(4), lanes(2, 4));
    b.model.input.cuts = (0..4).map(|i| Some((0..60 * i).map(f64::from).collect())).collect();
    let x = b.dense(0, 5, Threshold);
    let (bits, ranks) = (b.conv_term(x, 3, Geometry::same(1)), b.conv_term(0, 3, Geometry::same(1)));
    let x = b.layer(Shape::vector(3), vec![bits, ranks], Threshold);
    b.dense(x, 2, Threshold);
    done("ranks", b);
    models
}

/// The models of [`all`] with private weights, but for the one that computes residue classes apart.
pub(crate) fn private() -> Vec<(&'static str, Model, Vec<i64>)> {
    let named = all().into_iter().filter_map(|(name, model, input)| {
        let name = match name {
            "dense" => "private dense",
            "same convolution" => "private same convolution",
            "strided residual" => "private strided residual",
            "prelu argmax" => "private prelu argmax",
            "function tables" => "private function tables",
            "one-dimensional" => "private one-dimensional",
            "comparisons" => "private comparisons",
            "ranks" => "private ranks",
            _ => return None,
        };
        Some((name, model, input))
    });
    let with_limbs = |(name, mut model, input): (&'static str, Model, Vec<i64>)| {
        model.private_weights = Some(weight_limbs(&model).unwrap());
        (name, model, input)
    };
    named.chain(private_products()).map(with_limbs).collect()
}

/// Products of planes with planes, of channels with numbers and of matrices, without strides.
fn private_products() -> [(&'static str, Model, Vec<i64>); 3] {
    let mut b = Builder::new(shape(2, 4, 5), lanes(3, 3));
    let (x, y) = (b.conv(0, 2, Geometry::same(3), Activation::Relu), b.conv(0, 2, Geometry::same(1), Activation::Clip));
    let y = b.calm(y);
    let product = b.multiply(x, y);
    let square = b.multiply(product, product);
    let x = b.copy(square);
    b.dense(x, 2, Activation::Linear);
    let pairs = ("private pairs", b.input(), b.model);
    let mut b = Builder::new(shape(2, 3, 4), lanes(3, 4));
    let x = b.conv(0, 4, Geometry::same(3), Activation::Relu);
    let whole = Geometry { kernel: [3, 4], pad: [0; 2], groups: 4, ..Geometry::same(1) };
    let scale = b.conv(x, 4, whole, Activation::Linear);
    let (product, skip) = (b.product_term(x, scale, 4), b.copy_term(x));
    let x = b.layer(b.shape(x), vec![product, skip], Activation::Linear);
    let x = b.copy(x);
    b.dense(x, 3, Activation::Linear);
    let scaled = ("private scaled channels", b.input(), b.model);
    let mut b = Builder::new(shape(3, 1, 4), lanes(4, 3));
    let (query, key) =
        (b.conv(0, 4, Geometry::same(1), Activation::Linear), b.conv(0, 4, Geometry::same(1), Activation::Linear));
    let key = b.copy(key);
    let product = b.product_term(query, key, 2);
    let x = b.layer(shape(2, 4, 4), vec![product], Activation::Relu);
    let x = b.copy(x);
    b.dense(x, 2, Activation::Linear);
    let matrices = ("private matrix product", b.input(), b.model);
    [pairs, scaled, matrices].map(|(name, input, model)| (name, model, input))
}

/// Models with a public input: vectors, planes in one class and in several, single elements, ranks, private weights.
pub(crate) fn public() -> Vec<(&'static str, Model, Vec<i64>)> {
    let mut b = Builder::new(shape(2, 3, 4), lanes(3, 4));
    b.dense(0, 3, Activation::Linear);
    let flat = ("public flat", b.input(), b.model);
    let mut b = Builder::new(shape(2, 5, 7), lanes(5, 4));
    let x = b.conv(0, 3, Geometry { stride: [2; 2], ..Geometry::same(3) }, Activation::Relu);
    let x = b.copy(x);
    b.dense(x, 2, Activation::Linear);
    let strided = ("public strided", b.input(), b.model);
    let named = all().into_iter().chain(private()).filter_map(|(name, model, input)| {
        let name = match name {
            "dense" => "public dense",
            "same convolution" => "public same convolution",
            "prelu argmax" => "public prelu argmax",
            "function tables" => "public function tables",
            "matrix product" => "public matrix product",
            "ranks" => "public ranks",
            "zero points" => "public zero points",
            "private same convolution" => "public input, private same convolution",
            "private ranks" => "public input, private ranks",
            _ => return None,
        };
        Some((name, input, model))
    });
    let publish = |(name, input, mut model): (&'static str, Vec<i64>, Model)| {
        model.input.visibility = Visibility::Public;
        (name, model, input)
    };
    named.chain([flat, strided]).map(publish).collect()
}

/// Models with a committed input: vectors, planes in one class and in several, single elements, private weights; records
/// whose elements end with a pair and within one.
pub(crate) fn committed() -> Vec<(&'static str, Model, Vec<i64>)> {
    let mut b = Builder::new(shape(3, 6, 6), lanes(3, 4));
    b.dense(0, 3, Activation::Linear);
    let (input, flat) = (b.input(), b.model);
    let flat = ("committed flat", flat, input);
    let named = all().into_iter().chain(private()).filter_map(|(name, model, input)| {
        let name = match name {
            "dense" => "committed dense",
            "same convolution" => "committed same convolution",
            "prelu argmax" => "committed prelu argmax",
            "sloped functions" => "committed sloped functions",
            "matrix product" => "committed matrix product",
            "private same convolution" => "committed input, private same convolution",
            _ => return None,
        };
        Some((name, model, input))
    });
    let commit = |(name, mut model, input): (&'static str, Model, Vec<i64>)| {
        model.input.zero_point = vec![0; model.input.shape.channels];
        model.input.visibility = Visibility::Committed;
        model.input.records = Records::new(vec![schema(&model)]);
        (name, model, input.into_iter().map(|code| code.abs() / 2).collect())
    };
    named.chain([flat]).map(commit).chain(committed_outputs()).collect()
}

/// Models with a committed output: beside a private, a public and a committed input, one of two records, and private
/// weights.
fn committed_outputs() -> Vec<(&'static str, Model, Vec<i64>)> {
    let vector = |len: usize, max: f64| Schema {
        name: "vector".to_owned(),
        shape: schema::Shape::Vector(Vector { length: len, decimals: 0, min: 0.0, max }),
    };
    let made = |shape: Shape| {
        let mut b = Builder::new(shape, lanes(2, 3));
        let x = b.dense(0, 5, Activation::Relu);
        b.dense(x, 3, Activation::Relu);
        let input = b.input();
        let mut model = b.model;
        let record = vector(3, 250.0);
        model.layers.push(Layer::record(&record, model.layers.len(), &model.digits));
        model.output.schema = Some(record);
        (model, input)
    };
    let (private, input) = made(shape(2, 3, 4));
    let mut models = vec![("committed output", private, input)];
    let (mut public, input) = made(Shape::vector(4));
    public.input.visibility = Visibility::Public;
    models.push(("committed output, public input", public, input));
    let (mut both, input) = made(Shape::vector(7));
    both.input.zero_point = vec![0; 7];
    both.input.visibility = Visibility::Committed;
    both.input.records = Records::new(vec![vector(3, 200.0), vector(4, 210.0)]);
    models.push(("committed output, two committed inputs", both, input.into_iter().map(i64::abs).collect()));
    let (mut hidden, input) = made(Shape::vector(4));
    hidden.private_weights = Some(2);
    hidden.private_weights = Some(weight_limbs(&hidden).unwrap());
    models.push(("committed output, private weights", hidden, input));
    models
}

/// A record of whole numbers up to 200, or a picture where codes have 8 bits; of a vector each number has a largest one of
/// its own.
fn schema(model: &Model) -> Schema {
    let Shape { channels, height, width } = model.input.shape;
    let len = model.input.shape.len();
    let field = |index: usize| {
        let kind = Kind::Integer(Scaled { decimals: 0, min: 0.0, max: 90.0 + index as f64 });
        Field { name: format!("x{index}"), kind, unit: None, missing: false }
    };
    let of_record = if model.input.shape.is_vector() {
        schema::Shape::Fields((0..len).map(field).collect())
    } else if model.digits == DIGITS && (channels < 3 || width == 5) {
        schema::Shape::Image(Image { height, width, channels })
    } else {
        schema::Shape::Vector(Vector { length: len, decimals: 0, min: 0.0, max: 200.0 })
    };
    Schema { name: "record".to_owned(), shape: of_record }
}

/// Real values with these codes.
pub(crate) fn values(model: &Model, input: &[i64]) -> Vec<f64> {
    let zero_point = |index: usize| model.input.zero_point.get(index).copied().unwrap_or(0);
    input.iter().enumerate().map(|(index, code)| (*code - zero_point(index)) as f64).collect()
}

/// The models of [`all`], [`private`], [`public`] and [`committed`].
pub(crate) fn every() -> impl Iterator<Item = (&'static str, Model, Vec<i64>)> {
    all().into_iter().chain(private()).chain(public()).chain(committed())
}

/// A rising and a falling line of 28 pieces, each steeper than the one before.
fn sloped(index: i64) -> Table {
    let sign = 1 - 2 * index;
    Table {
        base: (0..28).map(|j| sign * (j * j - 300)).collect(),
        slope: (0..28).map(|j| sign * (j % 5 + 1)).collect(),
        absent: Vec::new(),
    }
}

/// A rising and a falling staircase of 64 steps.
fn table(index: i64) -> Table {
    Table { base: (0..64).map(|a| (1 - 2 * index) * (a * 3 - 90)).collect(), slope: Vec::new(), absent: Vec::new() }
}
