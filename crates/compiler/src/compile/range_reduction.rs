//! Range reduction: functions whose arguments go so far that one table can't tell where they bend.
//!
//! Of ln x, √x, 1 / x and other powers of positive values that go over many octaves one table would tell small values
//! not apart. Comparisons of x with the powers of 4 between give the exponent m for which u = x · 4^m lies within a
//! factor of 4 of the largest value, one table over these two octaves gives f(u), and f(x) is `f(u) − m · ln 4` or
//! `f(u) · 4^(−m·p)`. The argument, and so the result, keeps the relative accuracy of x. (J.-M. Muller, Elementary
//! Functions, chapter 11.)
//!
//! Functions that are straight lines below `low` and above `high`, as activations are, read
//! `clamp(x) = x − relu(x − high) + relu(low − x)`, and the lines add their slopes times these two. The three share the
//! scale of x, so that what is clamped away cancels exactly. A function that is straight between, too, needs no table.

use hushproof_core::{
    float,
    graph::{Conv, FloatActivation, FloatLayer, Function, Map, Network, Product, Shape, Term, Unary},
};

use crate::quant::Ranges;

/// What the range is brought down to, as the factor between its ends.
const BASE: f64 = 4.0;
/// Where the largest value is at most so many times the least one, one table does.
const WIDE: f64 = 32.0;
/// Where arguments go so many times as far as the function bends, they are clamped.
const FAR: f64 = 1.25;
/// Most factors of [`BASE`]; values below them share the last one.
const MOST: usize = 16;
/// Most factors of [`BASE`] that one product multiplies by.
const STAGE: i32 = 5;

/// The ranges of a network whose functions were reduced: arguments may be anywhere in their two octaves, whatever the
/// rows show.
pub(super) fn complete(network: &Network, mut ranges: Ranges) -> Ranges {
    for (layer, channels) in network.layers.iter().zip(&mut ranges.tensors[1..]) {
        if power(&layer.activation).is_none() {
            continue;
        }
        let most = channels.iter().map(|channel| channel.max).fold(0.0, f64::max);
        for channel in channels.iter_mut().filter(|channel| channel.min > most / BASE) {
            channel.min = most / BASE;
        }
    }
    ranges
}

/// Reduces the ranges of all functions whose arguments go over many octaves or far beyond their bends; `None` where
/// there are none.
pub(super) fn reduce_ranges(network: &Network, ranges: &Ranges) -> Option<Network> {
    let plan = |index: usize| {
        let octaves = || Octaves::new(network, ranges, index).map(Plan::Octaves);
        octaves().or_else(|| Lines::new(network, ranges, index).map(Plan::Lines))
    };
    let plans: Vec<Option<Plan>> = (0..network.layers.len()).map(plan).collect();
    if plans.iter().all(Option::is_none) {
        return None;
    }
    let input = network.cuts.is_empty().then_some(network.input_shape);
    let mut builder = Builder { input, layers: vec![] };
    // Where the tensors of the network are in the new one.
    let mut moved = vec![0];
    for (layer, plan) in network.layers.iter().zip(plans) {
        let mut layer = layer.clone();
        layer.renumber(|tensor| moved[tensor]);
        let tensor = match plan {
            Some(Plan::Octaves(plan)) => builder.reduce(layer, &plan),
            Some(Plan::Lines(plan)) => builder.clamp(layer, &plan),
            None => builder.push(layer),
        };
        moved.push(tensor);
    }
    Some(Network { layers: builder.layers, ..network.clone() })
}

/// How the range of one function is reduced.
enum Plan {
    Octaves(Octaves),
    Lines(Lines),
}

/// Of a function of positive values: octave by octave.
struct Octaves {
    /// x to this power; `None` for the logarithm.
    power: Option<f64>,
    /// The largest argument.
    most: f64,
    /// Factors of [`BASE`] from the least argument to the largest.
    factors: usize,
}

impl Octaves {
    fn new(network: &Network, ranges: &Ranges, index: usize) -> Option<Self> {
        let power = power(&network.layers[index].activation)?;
        let channels = ranges.tensors.get(index + 1)?;
        let least = channels.iter().map(|channel| channel.min).fold(f64::INFINITY, f64::min);
        let most = channels.iter().map(|channel| channel.max).fold(0.0, f64::max);
        // What is only 0 at its least has no pole there.
        let reaches_zero = power.is_some_and(|power| power > 0.0) && least == 0.0;
        if !(most.is_finite() && (least > 0.0 && most > WIDE * least || reaches_zero && most > 0.0)) {
            return None;
        }
        let factors = float::log2(most / least) / float::log2(BASE);
        let factors = if factors < MOST as f64 { factors.ceil().max(2.0) as usize } else { MOST };
        Some(Self { power, most, factors })
    }
}

/// The power that an activation takes its argument to, or none for the logarithm; `None` for all other functions.
fn power(activation: &FloatActivation) -> Option<Option<f64>> {
    let FloatActivation::Table(Function::Unary(function)) = activation else { return None };
    match *function {
        Unary::Log => Some(None),
        Unary::Sqrt => Some(Some(0.5)),
        Unary::Reciprocal => Some(Some(-1.0)),
        Unary::InverseSqrt => Some(Some(-0.5)),
        Unary::Pow { exponent } if exponent < 1.0 => Some(Some(exponent)),
        _ => None,
    }
}

/// Of a function that is a straight line below and above.
struct Lines {
    /// Where the line below ends, where arguments go below it.
    low: Option<f64>,
    /// Where the line above begins, where arguments go above it.
    high: Option<f64>,
    /// Slopes of the lines below and above.
    slopes: [f64; 2],
    /// Slope and offset between, where it is straight there.
    straight: Option<[f64; 2]>,
}

impl Lines {
    fn new(network: &Network, ranges: &Ranges, index: usize) -> Option<Self> {
        let function = match network.layers[index].activation {
            FloatActivation::Table(function) => function,
            FloatActivation::Clip { max } => Function::Clip { min: 0.0, max },
            _ => return None,
        };
        let channels = ranges.tensors.get(index + 1)?;
        let least = channels.iter().map(|channel| channel.min).fold(f64::INFINITY, f64::min);
        let most = channels.iter().map(|channel| channel.max).fold(f64::NEG_INFINITY, f64::max);
        let [low, high] = function.bend()?;
        if most - least <= FAR * (high - low) {
            return None;
        }
        let straight = match function {
            Function::Clip { .. } => Some([1.0, 0.0]),
            Function::HardSigmoid { alpha, beta } => Some([alpha, beta]),
            _ => None,
        };
        let (low, high) = (Some(low).filter(|low| *low > least), Some(high).filter(|high| *high < most));
        Some(Self { low, high, slopes: function.slopes(), straight })
    }
}

/// What the layers of one function's reduction are named by.
struct Names {
    node: String,
    op: String,
}

impl Names {
    fn of(layer: &FloatLayer) -> Self {
        Self { node: layer.node.clone(), op: layer.op.clone() }
    }

    /// A layer with a scale of its own.
    fn layer(&self, shape: Shape, terms: Vec<Term<f64>>, bias: f64, activation: FloatActivation) -> FloatLayer {
        let (node, op) = (self.node.clone(), self.op.clone());
        FloatLayer { node, op, shape, terms, bias: vec![bias; shape.channels], activation, same_scale: None }
    }
}

struct Builder {
    /// Shape of the input, where it is no ranks.
    input: Option<Shape>,
    layers: Vec<FloatLayer>,
}

impl Builder {
    /// Adds a layer; the tensor that it makes.
    fn push(&mut self, layer: FloatLayer) -> usize {
        self.layers.push(layer);
        self.layers.len()
    }

    /// Adds a function with its range reduced; the tensor of its values.
    fn reduce(&mut self, layer: FloatLayer, plan: &Octaves) -> usize {
        let (shape, steps) = (layer.shape, plan.factors - 1);
        let (function, names) = (layer.activation.clone(), Names::of(&layer));
        let x = self.argument(layer);
        // Whether x reaches most / 4^i, for i from `steps` down to 1.
        let wide = Shape { channels: shape.channels * steps, ..shape };
        let each = |outputs: usize, inputs: usize, weights: Vec<f64>| {
            Map::Conv(Conv { inputs, outputs, groups: shape.channels, weights, ..Conv::select(0, 0, shape.channels) })
        };
        let spread = each(wide.channels, shape.channels, vec![1.0; wide.channels]);
        let mut reaches = names.layer(wide, vec![term(x, spread)], 0.0, FloatActivation::Threshold { at: 0.0 });
        let bound = |i: usize| -plan.most / power_of_base((steps - i) as i32);
        reaches.bias = (0..wide.channels).map(|channel| bound(channel % steps)).collect();
        let reaches = self.push(reaches);
        // A number for each exponent m, from `steps` down to 0: the last of them that is reached.
        let chosen = |of: &dyn Fn(i32) -> f64| {
            let number = |i: usize| of((steps - i) as i32);
            let rise: Vec<f64> = (1..=steps).map(|i| number(i) - number(i - 1)).collect();
            let weights = (0..shape.channels).flat_map(|_| rise.iter().copied()).collect();
            (term(reaches, each(shape.channels, wide.channels, weights)), number(0))
        };
        let number = |builder: &mut Self, of: &dyn Fn(i32) -> f64| {
            let (choice, bias) = chosen(of);
            builder.push(names.layer(shape, vec![choice], bias, FloatActivation::Linear))
        };
        // m in parts, each of which multiplies by so little that products keep within accumulators.
        let part = |stage: i32| move |m: i32| (m - stage * STAGE).clamp(0, STAGE);
        let stages = 0..(steps as i32).div_euclid(STAGE) + i32::from(steps as i32 % STAGE > 0);
        let scales: Vec<usize> = stages.clone().map(|stage| number(self, &|m| power_of_base(part(stage)(m)))).collect();
        let scaled = scales.iter().fold(x, |x, scale| self.multiply(&names, [x, *scale], 1.0, shape));
        let value = self.push(names.layer(shape, vec![copy(scaled, shape)], 0.0, function));
        let Some(power) = plan.power else {
            let (choice, bias) = chosen(&|m| -f64::from(m) * float::ln(BASE));
            return self.push(names.layer(shape, vec![copy(value, shape), choice], bias, FloatActivation::Linear));
        };
        stages.zip(scales).fold(value, |value, (stage, scale)| {
            if power == -1.0 {
                return self.multiply(&names, [value, scale], 1.0, shape);
            }
            // 4^(−m·p), or as much more as makes it 1 at least.
            let most = part(stage)(steps as i32);
            let more = if power > 0.0 { float::pow(BASE, f64::from(most) * power) } else { 1.0 };
            let back = number(self, &|m| more * float::pow(BASE, -f64::from(part(stage)(m)) * power));
            self.multiply(&names, [value, back], more.recip(), shape)
        })
    }

    /// Adds a function of clamped arguments; the tensor of its values.
    fn clamp(&mut self, layer: FloatLayer, plan: &Lines) -> usize {
        let (shape, function, names) = (layer.shape, layer.activation.clone(), Names::of(&layer));
        let times = |source: usize, weight: f64| {
            let weights = vec![weight; shape.channels];
            term(source, Map::Conv(Conv { weights, ..Conv::select(0, 0, shape.channels) }))
        };
        let x = self.argument(layer);
        let relu = |sign: f64, bias: f64| {
            let relu = names.layer(shape, vec![times(x, sign)], bias, FloatActivation::Relu);
            FloatLayer { same_scale: Some(x), ..relu }
        };
        let above = plan.high.map(|high| self.push(relu(1.0, -high)));
        let below = plan.low.map(|low| self.push(relu(-1.0, low)));
        // What is above and below, with factors.
        let beyond = |[down, up]: [f64; 2]| {
            let above = above.map(|tensor| times(tensor, up)).filter(|_| up != 0.0);
            let below = below.map(|tensor| times(tensor, down)).filter(|_| down != 0.0);
            above.into_iter().chain(below)
        };
        let [down, up] = plan.slopes;
        if let Some([slope, offset]) = plan.straight {
            let terms = std::iter::once(times(x, slope)).chain(beyond([slope - down, up - slope])).collect();
            return self.push(names.layer(shape, terms, offset, FloatActivation::Linear));
        }
        let clamped = std::iter::once(times(x, 1.0)).chain(beyond([1.0, -1.0])).collect();
        let value = self.push(names.layer(shape, clamped, 0.0, function));
        if plan.slopes == [0.0; 2] {
            return value;
        }
        let terms = std::iter::once(times(value, 1.0)).chain(beyond([-down, up])).collect();
        self.push(names.layer(shape, terms, 0.0, FloatActivation::Linear))
    }

    /// The product of two tensors of a shape, value by value, with a factor; the tensor of its codes.
    fn multiply(&mut self, names: &Names, [a, b]: [usize; 2], weight: f64, shape: Shape) -> usize {
        let read = if shape.is_vector() {
            term(a, Map::Product(Product { factor: b, groups: shape.channels, weight }))
        } else {
            let times = FloatActivation::Product { times: vec![copy(b, shape)] };
            let product = self.push(names.layer(shape, vec![copy(a, shape)], 0.0, times));
            let weights = vec![weight; shape.channels];
            term(product, Map::Conv(Conv { weights, ..Conv::select(0, 0, shape.channels) }))
        };
        self.push(names.layer(shape, vec![read], 0.0, FloatActivation::Linear))
    }

    /// The tensor of what a layer feeds its activation, added where there is none yet.
    fn argument(&mut self, layer: FloatLayer) -> usize {
        match copied(&layer, self.codes_of(&layer)) {
            Some(source) => source,
            None => self.linear(layer),
        }
    }

    /// Adds what a layer feeds its activation. Sums of values of one scale keep it, so that nothing is rounded.
    fn linear(&mut self, layer: FloatLayer) -> usize {
        let root = |mut tensor: usize| {
            while let Some(before) = tensor.checked_sub(1).and_then(|layer| self.layers[layer].same_scale) {
                tensor = before;
            }
            tensor
        };
        let moved = |term: &Term<f64>| {
            let Map::Conv(conv) = &term.map else { return None };
            let moves = conv.mirrors(layer.shape.channels) && self.codes(term.source) == Some(layer.shape);
            moves.then(|| root(term.source))
        };
        let roots: Option<Vec<usize>> = layer.terms.iter().map(moved).collect();
        let same = roots.filter(|roots| roots.iter().all(|root| *root == roots[0]));
        let same_scale = same.and_then(|roots| roots.first().copied());
        self.push(FloatLayer { activation: FloatActivation::Linear, same_scale, ..layer })
    }

    /// Shape of the only tensor that a layer reads, where its values are codes that can be multiplied.
    fn codes_of(&self, layer: &FloatLayer) -> Option<Shape> {
        let [term] = &layer.terms[..] else { return None };
        self.codes(term.source)
    }

    /// Shape of a tensor whose values are such codes.
    fn codes(&self, tensor: usize) -> Option<Shape> {
        let Some(read) = tensor.checked_sub(1) else { return self.input };
        let read = self.layers.get(read)?;
        matches!(read.activation, FloatActivation::Linear | FloatActivation::Relu).then_some(read.shape)
    }
}

/// [`BASE`] to a power of at least 0, exactly.
fn power_of_base(exponent: i32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * BASE)
}

/// A tensor of a shape as it is.
fn copy(source: usize, shape: Shape) -> Term<f64> {
    term(source, Map::Conv(Conv::select(0, 0, shape.channels)))
}

const fn term(source: usize, map: Map<f64>) -> Term<f64> {
    Term { source, map, negative: None }
}

/// The tensor of shape `from` that a layer reads value by value and as it is, if it does.
fn copied(layer: &FloatLayer, from: Option<Shape>) -> Option<usize> {
    let [term] = &layer.terms[..] else { return None };
    let Map::Conv(conv) = &term.map else { return None };
    let same = from == Some(layer.shape) && *conv == Conv::select(0, 0, layer.shape.channels);
    (same && layer.bias.iter().all(|bias| *bias == 0.0)).then_some(term.source)
}

#[cfg(test)]
mod tests;
