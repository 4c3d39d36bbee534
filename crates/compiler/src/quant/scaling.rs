//! Which real number a code of each channel stands for.

use hushproof_core::{
    error::{Error, Result},
    float,
    graph::{Activation, Digits, FloatActivation, FloatLayer, Function, Network, Table, table_bits},
};

use super::{
    Channel, Options, Ranges, codes,
    exact::{Integers, exact, inputs, sums},
    input,
    products::Solver,
    segments,
};

/// A channel's range counts as at least this share of its tensor's range, so that what never showed keeps a sane scale.
const FLOOR: f64 = 1.0 / 1024.0;
/// What is at most this share of what it is the difference of is no more than rounding in single precision.
const NOISE: f64 = 1.0 / (1 << 22) as f64;
/// A channel of which n values were seen counts as at least `FEW / √n` of its tensor's range.
const FEW: f64 = 3.0;
/// How far an argument may be rounded beyond its range, as a share of the largest one.
const SLACK: f64 = 1.0 / 256.0;
/// How far beyond the values seen the table of a steep function goes; arguments that would go further are refused.
const STEEP: f64 = 2.0;
/// Layers of a function have tables of their own where their arguments' ranges differ by this factor, three bits; one
/// table more costs all tables at most one.
const APART: f64 = 8.0;
/// Most tables, unless there are more functions: they take three bits off their arguments.
const MAX_TABLES: usize = 7;
/// Arguments at which a steep function is tried.
const STEEP_GRID: u32 = 1024;
/// Arguments of all channels together, and the fewest of one.
const PARTS: usize = 8192;
const FEW_PARTS: usize = 8;
/// What is computed from small integers only gets its whole range, up to so many times the one seen.
const WHOLE: f64 = 64.0;

/// The scales of a network.
#[derive(Debug)]
pub(super) struct Scaling {
    /// Width of one code, per tensor (the input first) and channel; 1 for decisions.
    pub(super) scale: Vec<Vec<f64>>,
    /// Integer activation of each layer.
    pub(super) activation: Vec<Activation>,
    /// The code of the value 0 of each channel of the input; empty where it is 0.
    pub(super) zero_point: Vec<i64>,
    /// The real value of Y = 1, per table.
    pub(super) unit: Vec<f64>,
    /// The argument at Y = 0, per table.
    pub(super) center: Vec<f64>,
    /// The tables.
    pub(super) tables: Vec<Table>,
    /// Per tensor and channel the largest magnitude of codes that are integers themselves, at a scale of 1.
    pub(super) exact: Integers,
    /// The same if codes had any number of bits.
    pub(super) integers: Integers,
}

impl Scaling {
    /// Chooses all scales of a checked network from its ranges.
    pub(super) fn choose(network: &Network, ranges: &Ranges, digits: &Digits, options: &Options) -> Result<Self> {
        let top = ((1u64 << digits.value_bits()) - 1) as f64;
        let layers = || network.layers.iter().zip(&ranges.tensors[1..]);
        let functions = Functions::new(network, ranges, options);
        let activation: Vec<Activation> =
            network.layers.iter().zip(&functions.table).map(|(layer, table)| activation(layer, *table)).collect();
        let (mut unit, mut center, mut tables, mut outputs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let bits = table_bits(digits.limb_bits, functions.list.len());
        let code_bits = segments::code_bits(network, digits);
        let input = inputs(network, ranges, options.input_margin);
        let integers = exact(network, &input, f64::INFINITY);
        let scaled = functions.scaled(network, &integers);
        for (index, (evaluated, scaled)) in functions.list.iter().zip(scaled).enumerate() {
            // What multiplies codes must leave them in a row.
            let most = digits.row_bits().saturating_sub(float::log2(scaled + 1.0).ceil() as u32 + 1);
            let top_code = float::exp2(f64::from(code_bits.min(most).max(1))) - 1.0;
            let (function, limit) = (evaluated.function, evaluated.limit());
            let [low, high] = evaluated.held(limit);
            let (middle, half) = (low / 2.0 + high / 2.0, high / 2.0 - low / 2.0);
            let value = |x: f64| held(function, middle + x, limit);
            let ((table, output), y) = match options.segments {
                Some(count) => {
                    let width = 2.0 * half / f64::from(count);
                    let table = segments::table(value, width, count, digits, top_code);
                    (table, width / float::exp2(f64::from(digits.low_bits())))
                }
                None => {
                    let scale = argument_scale(function, half, bits);
                    let y = scale / float::exp2(f64::from(digits.remainder_bits()));
                    (table(value, scale, bits, digits, rounds(function)), y)
                }
            };
            if !table.holds(0) {
                let layer = functions.table.iter().position(|table| *table == Some(index)).unwrap_or_default();
                let (node, op) = name(network, layer + 1);
                let max_bits = digits.value_bits();
                return Err(Error::Range { node, op, got_bits: max_bits + 1, max_bits });
            }
            center.push(middle);
            unit.push(y);
            tables.push(table);
            outputs.push(output);
        }
        let mut exact = exact(network, &input, top);
        // A range of all codes is a scale of 1. What is computed and always 0 has any scale.
        let whole = |mut range: Vec<f64>, exact: &[Option<f64>], least: f64| {
            let counted = |exact: &Option<f64>| exact.is_some_and(|magnitude| magnitude >= least);
            range.iter_mut().zip(exact).filter(|(_, exact)| counted(exact)).for_each(|(range, _)| *range = top);
            range
        };
        let mut given = codes::scales(network, ranges, top);
        // Beside ranks, numbers of the input have scales of their own.
        let mixed = network.cuts.iter().any(Option::is_none);
        let record = input::of_record(network);
        if mixed || record.is_some() {
            given[0] = None;
        }
        let free = mixed || given[0].is_none() && exact.magnitude[0].iter().all(Option::is_none);
        let zero_points = match &record {
            Some(channels) => Some(channels.clone()),
            None => input::zero_points(network, &ranges.tensors[0], top, options).filter(|_| free),
        };
        let mut needs = vec![match &zero_points {
            Some(channels) => Need::Range(channels.iter().map(|(scale, _)| scale * top).collect()),
            None => {
                Need::Range(whole(input::range(network, &ranges.tensors[0], top, options), &exact.magnitude[0], 0.0))
            }
        }];
        let zero_point = zero_points.into_iter().flatten().map(|(_, zero_point)| zero_point).collect();
        let seen = Integers::seen(network, ranges);
        let of_layers = layers().zip(&activation).zip(&exact.magnitude[1..]).enumerate();
        for (index, (((layer, channels), activation), exact_codes)) in of_layers {
            needs.push(match (activation, &layer.activation) {
                (Activation::Table(table), _) => Need::Fixed(outputs[*table]),
                (Activation::Clip, FloatActivation::Clip { max }) => Need::Fixed(max / top),
                (_, float) if float.decision().is_some() => Need::Fixed(1.0),
                (_, FloatActivation::Product { .. }) => Need::Product,
                (_, FloatActivation::Quantize { .. }) => Need::Fixed(1.0),
                _ if network.is_record(index) => Need::Fixed(1.0),
                _ => {
                    let mut range = magnitudes(channels, ranges.rows * layer.shape.plane(), options.margin);
                    for (range, bound) in range.iter_mut().zip(sums(network, layer, &seen, false)) {
                        *range = range.max(bound.unwrap_or(0.0) * NOISE);
                    }
                    for (range, bound) in range.iter_mut().zip(sums(network, layer, &exact, false)) {
                        let bound = bound.filter(|bound| *bound > 0.0);
                        *range = bound.map_or(*range, |bound| positive(bound).min(WHOLE / options.margin * *range));
                    }
                    Need::Range(whole(range, exact_codes, f64::MIN_POSITIVE))
                }
            });
        }
        for (need, scale) in needs.iter_mut().zip(given) {
            if let (Need::Range(_), Some(scale)) = (&need, scale) {
                *need = Need::Fixed(scale);
            }
        }
        let mut scale = tie(network, ranges, &integers, &needs, digits)?;
        for (scale, (own, _)) in scale[0].iter_mut().zip(record.into_iter().flatten()) {
            if (*scale / own - 1.0).abs() > f64::EPSILON.sqrt() {
                let reason = "something changes the scales of a committed input".to_owned();
                return Err(Error::Graph { node: network.input.name.clone(), reason });
            }
            *scale = own;
        }
        for (exact, scale) in exact.magnitude.iter_mut().flatten().zip(scale.iter().flatten()) {
            // 0 is exact at any scale.
            *exact = exact.filter(|magnitude| *scale == 1.0 || *magnitude == 0.0);
        }
        Ok(Self { scale, zero_point, activation, unit, center, tables, exact, integers })
    }
}

/// A function that becomes a table. One table serves all layers of a function whose arguments have about the same
/// range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evaluated {
    /// The function.
    pub(super) function: Function,
    /// Least and largest argument that the table holds.
    domain: [f64; 2],
    /// Least and largest argument seen.
    seen: [f64; 2],
    /// The largest magnitude of its values where channels' arguments were seen.
    largest: f64,
}

impl Evaluated {
    /// Of arguments seen, with a factor on their range.
    fn new(function: Function, channels: &[Channel], margin: f64) -> Self {
        let min = channels.iter().map(|c| c.min).fold(f64::INFINITY, f64::min);
        let max = channels.iter().map(|c| c.max).fold(f64::NEG_INFINITY, f64::max);
        let most = margin * min.abs().max(max.abs());
        let half = most.max(function.saturation());
        let domain = match function {
            // Away from 0 by the margin, at least by what may be rounded; towards 0 too.
            Function::Unary(unary) if !unary.is_integer() => {
                let low = if min < 0.0 { min * margin } else { min / margin };
                let high = if max > 0.0 { max * margin } else { max / margin };
                [low - most * SLACK, high + most * SLACK]
            }
            _ => [-half, half],
        };
        let parts = (PARTS / channels.len().max(1)).clamp(FEW_PARTS, STEEP_GRID as usize) as u32;
        let values = |channel: &Channel| {
            let values = grid([channel.min, channel.max], parts).map(|x| function.eval(x).abs());
            values.filter(|value| value.is_finite()).fold(0.0, f64::max)
        };
        let steep = matches!(function, Function::Unary(_));
        let largest = if steep { channels.iter().map(values).fold(0.0, f64::max) } else { 0.0 };
        Self { function, domain, seen: [min, max], largest }
    }

    fn half(&self) -> f64 {
        self.domain[1] / 2.0 - self.domain[0] / 2.0
    }

    /// What the magnitudes of its values stay below: for functions that may be steep beside the arguments seen, some
    /// times the largest value over those.
    fn limit(&self) -> f64 {
        // Steps of one are no steep sides.
        if !matches!(self.function, Function::Unary(_)) || rounds(self.function) {
            return f64::INFINITY;
        }
        if self.largest > 0.0 { STEEP * self.largest } else { f64::INFINITY }
    }

    /// The domain as far as values around the arguments seen stay below a limit.
    fn held(&self, limit: f64) -> [f64; 2] {
        let [min, max] = self.seen;
        let is_held = |x: f64| held(self.function, x, limit).is_some();
        let end = |seen: f64, end: f64, other: f64| {
            if is_held(seen) {
                grid([seen, end], STEEP_GRID).take_while(|x| is_held(*x)).last().unwrap_or(seen)
            } else {
                grid([seen, other], STEEP_GRID).find(|x| is_held(*x)).unwrap_or(seen)
            }
        };
        [end(min, self.domain[0], max), end(max, self.domain[1], min)]
    }

    /// Both, if the table is not much wider for either.
    fn joined(&self, other: &Self, apart: f64) -> Option<Self> {
        if self.function != other.function {
            return None;
        }
        let hull = |a: [f64; 2], b: [f64; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        // Arguments that were always 0 go anywhere.
        let domain = |of: &Self| if of.half() == 0.0 { [0.0; 2] } else { of.domain };
        let both = Self {
            domain: hull(domain(self), domain(other)),
            seen: hull(self.seen, other.seen),
            largest: self.largest.max(other.largest),
            function: self.function,
        };
        let fits = |of: &Self| of.half() == 0.0 || both.half() <= apart * of.half();
        (fits(self) && fits(other)).then_some(both)
    }

    /// Whether straight lines over short segments come close to it.
    pub(super) fn is_smooth(&self) -> bool {
        self.function.is_smooth_between(self.domain[0], self.domain[1])
    }
}

/// The functions that become tables.
pub(super) struct Functions {
    /// Each table.
    pub(super) list: Vec<Evaluated>,
    /// The table of each layer.
    table: Vec<Option<usize>>,
}

impl Functions {
    /// Clips are tables where their arguments leave twice the clip's range, and wherever another function is one.
    pub(super) fn new(network: &Network, ranges: &Ranges, options: &Options) -> Self {
        let margin = options.margin.sqrt();
        let layers = || network.layers.iter().zip(&ranges.tensors[1..]);
        // Code 2^b − 1 is the clip, so arguments from −clip to twice the clip fit; a table holds wider ones.
        let wide = |(layer, channels): (&FloatLayer, &Vec<Channel>)| match layer.activation {
            FloatActivation::Table(_) => true,
            FloatActivation::Clip { max } => {
                let lowest = channels.iter().map(|c| -c.min).fold(0.0, f64::max) * margin;
                let highest = channels.iter().map(|c| c.max).fold(0.0, f64::max) * margin;
                lowest > max || highest > 2.0 * max
            }
            _ => false,
        };
        if !layers().any(wide) {
            return Self { list: Vec::new(), table: vec![None; network.layers.len()] };
        }
        let argument =
            |(layer, channels): (&FloatLayer, &Vec<Channel>)| Some(Evaluated::new(function(layer)?, channels, margin));
        let arguments: Vec<_> = layers().map(argument).collect();
        let mut apart = APART;
        loop {
            let functions = Self::grouped(&arguments, apart);
            if functions.list.len() <= MAX_TABLES || apart.is_infinite() {
                return functions;
            }
            apart *= apart;
        }
    }

    /// The largest integer that multiplies codes of each table; 0 where none does.
    fn scaled(&self, network: &Network, integers: &Integers) -> Vec<f64> {
        let mut scaled = vec![0.0f64; self.list.len()];
        let mut see = |codes: usize, times: usize| {
            let table = codes.checked_sub(1).and_then(|layer| self.table[layer]);
            let magnitude = integers.magnitude[times].iter().copied().collect::<Option<Vec<_>>>();
            if let (Some(table), Some(magnitude)) = (table, magnitude) {
                scaled[table] = magnitude.into_iter().fold(scaled[table], f64::max);
            }
        };
        for layer in &network.layers {
            for term in &layer.terms {
                let factors = term.map.factor().into_iter().chain(layer.times().iter().map(|times| times.source));
                factors.for_each(|factor| {
                    see(term.source, factor);
                    see(factor, term.source);
                });
            }
        }
        scaled
    }

    /// Tables for the arguments of all layers, those of one function sharing a table where that is no more than
    /// `apart` times as wide as one of its own.
    fn grouped(arguments: &[Option<Evaluated>], apart: f64) -> Self {
        let mut functions = Self { list: Vec::new(), table: vec![None; arguments.len()] };
        // The widest of each table first; in the order of the layers where widths are equal.
        let mut order: Vec<usize> = (0..arguments.len()).collect();
        let half = |layer: usize| arguments[layer].map_or(0.0, |argument| argument.half());
        order.sort_by(|a, b| half(*b).total_cmp(&half(*a)));
        for layer in order {
            let Some(argument) = arguments[layer] else { continue };
            let joined = functions.list.iter().map(|known| known.joined(&argument, apart));
            let shared = joined.enumerate().find_map(|(table, both)| Some((table, both?)));
            functions.table[layer] = Some(shared.map_or(functions.list.len(), |(table, _)| table));
            match shared {
                Some((table, both)) => functions.list[table] = both,
                None => functions.list.push(argument),
            }
        }
        for evaluated in &mut functions.list {
            if evaluated.half() <= f64::MIN_POSITIVE {
                let [low, high] = evaluated.domain;
                evaluated.domain = [low - 1.0, high + 1.0];
            }
        }
        functions
    }
}

fn activation(layer: &FloatLayer, table: Option<usize>) -> Activation {
    match (table, &layer.activation) {
        (Some(table), _) => Activation::Table(table),
        (None, FloatActivation::Relu | FloatActivation::Quantize { .. }) => Activation::Relu,
        (None, FloatActivation::PRelu { .. }) => Activation::PRelu,
        (None, FloatActivation::Clip { .. }) => Activation::Clip,
        (None, FloatActivation::Threshold { .. }) => Activation::Threshold,
        (None, FloatActivation::ArgMax) => Activation::ArgMax,
        (None, FloatActivation::Record) => Activation::Record,
        (None, FloatActivation::Linear | FloatActivation::Table(_) | FloatActivation::Product { .. }) => {
            Activation::Linear
        }
    }
}

/// The function of a layer that may be a table.
const fn function(layer: &FloatLayer) -> Option<Function> {
    match layer.activation {
        FloatActivation::Table(function) => Some(function),
        FloatActivation::Clip { max } => Some(Function::Clip { min: 0.0, max }),
        _ => None,
    }
}

/// Width of an argument of a table. That of a function that rounds divides ½, so that integers and ties are met
/// exactly.
fn argument_scale(function: Function, half: f64, bits: u32) -> f64 {
    let scale = 2.0 * half / float::exp2(f64::from(bits));
    let parts = (0.5 / scale).floor();
    if rounds(function) && parts >= 1.0 { 0.5 / parts } else { scale }
}

/// Whether all values of a function are integers.
const fn rounds(function: Function) -> bool {
    matches!(function, Function::Unary(unary) if unary.is_integer())
}

/// Both ends of an interval and a grid between, of so many parts.
fn grid([from, to]: [f64; 2], parts: u32) -> impl Iterator<Item = f64> {
    let at = move |i: u32| from + (to - from) * f64::from(i) / f64::from(parts);
    (0..parts).map(at).chain(std::iter::once(to))
}

/// The value of a function where its magnitude is no more than a limit.
fn held(function: Function, x: f64, limit: f64) -> Option<f64> {
    let value = function.eval(x);
    (value.is_finite() && value.abs() <= limit).then_some(value)
}

/// The table of a function over arguments of this scale around 0, and the scale of its codes. Codes stay below half the
/// largest code, so that differences of two fit. Arguments without a value have none in the table. If `whole`, all
/// values are integers, and integers stay exact while codes are fine enough.
fn table(function: impl Fn(f64) -> Option<f64>, scale: f64, bits: u32, digits: &Digits, whole: bool) -> (Table, f64) {
    let half = 1i64 << (bits - 1);
    let values: Vec<Option<f64>> = (-half..half).map(|a| function(a as f64 * scale)).collect();
    let largest = positive(values.iter().flatten().map(|v| v.abs()).fold(0.0, f64::max));
    let output = largest / ((1u64 << (digits.value_bits() - 1).min(30)) - 1) as f64;
    let output = if whole && output < 1.0 { output.recip().floor().recip() } else { output };
    let base = values.iter().map(|v| v.map_or(0, |v| (v / output).round() as i64)).collect();
    let absent = (0..).zip(&values).filter(|(_, value)| value.is_none()).map(|(at, _)| at).collect();
    (Table { base, slope: Vec::new(), absent }, output)
}

/// What a tensor's scales must satisfy.
enum Need {
    /// One scale for all channels.
    Fixed(f64),
    /// The largest magnitude of each channel.
    Range(Vec<f64>),
    /// That of its factors.
    Product,
}

/// Scaling of all tensors; those tied by `same_scale` share them.
fn tie(
    network: &Network,
    ranges: &Ranges,
    integers: &Integers,
    needs: &[Need],
    digits: &Digits,
) -> Result<Vec<Vec<f64>>> {
    let top = ((1u64 << digits.value_bits()) - 1) as f64;
    let mut root: Vec<usize> = vec![0];
    for layer in &network.layers {
        root.push(layer.same_scale.map_or(root.len(), |source| root[source]));
    }
    let mut fixed: Vec<Option<f64>> = vec![None; root.len()];
    let mut range: Vec<Vec<f64>> = (0..root.len()).map(|t| vec![0.0; network.shape(t).channels]).collect();
    for (tensor, need) in needs.iter().enumerate() {
        let root = root[tensor];
        match need {
            Need::Product => {}
            Need::Range(largest) => range[root].iter_mut().zip(largest).for_each(|(r, l)| *r = r.max(*l)),
            Need::Fixed(scale) => {
                if fixed[root].replace(*scale).is_some_and(|other| other != *scale) {
                    let reason = "shares the scales of a tensor whose scale its own activation forbids".to_owned();
                    return Err(Error::Graph { node: name(network, tensor).0, reason });
                }
            }
        }
    }
    let wanted = range.iter().map(|range| range.iter().map(|largest| positive(*largest) / top).collect()).collect();
    let cut = float::exp2(f64::from(digits.remainder_bits()));
    let zero = |channels: &[Channel]| channels.iter().all(|channel| channel.magnitude() == 0.0);
    let real = |tensor: usize| integers.magnitude[tensor].iter().all(Option::is_none);
    let silent = ranges.tensors.iter().enumerate().map(|(t, channels)| zero(channels) && real(t)).collect();
    let scales = Solver { network, root, fixed, wanted, silent, cut, top, integers }.scales()?;
    let checked = |tensor: &usize| *tensor > 0 && matches!(needs[*tensor], Need::Range(_));
    for (tensor, channels) in ranges.tensors.iter().enumerate().filter(|(tensor, _)| checked(tensor)) {
        let codes = channels.iter().zip(&scales[tensor]).map(|(channel, scale)| channel.magnitude() / scale);
        let largest = codes.fold(0.0, f64::max);
        if largest > top * (1.0 + f64::EPSILON.sqrt()) {
            let (node, op) = name(network, tensor);
            let max_bits = digits.value_bits();
            let got_bits = (float::log2(largest).ceil() as u32).max(max_bits + 1);
            return Err(Error::Range { node, op, got_bits, max_bits });
        }
    }
    Ok(scales)
}

/// Node and operator of what makes a tensor.
fn name(network: &Network, tensor: usize) -> (String, String) {
    let layer = tensor.checked_sub(1).map(|layer| &network.layers[layer]);
    layer.map_or_else(|| (network.input.name.clone(), "input".to_owned()), |l| (l.node.clone(), l.op.clone()))
}

/// The largest magnitude of each channel with its margin. The fewer values were seen, the less a channel's own range
/// says, and the more of its tensor's range it counts with.
fn magnitudes(channels: &[Channel], values: usize, margin: f64) -> Vec<f64> {
    let largest = channels.iter().map(Channel::magnitude).fold(0.0, f64::max);
    let floor = (FEW / (values as f64).sqrt()).clamp(FLOOR, 1.0);
    channels.iter().map(|c| positive(c.magnitude().max(largest * floor)) * margin).collect()
}

/// A scale for what is always 0.
pub(super) fn positive(value: f64) -> f64 {
    if value > f64::MIN_POSITIVE { value } else { 1.0 }
}
