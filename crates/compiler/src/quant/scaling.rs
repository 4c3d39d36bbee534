//! Which real number a code of each channel stands for.

use hushproof_core::{
    error::{Error, Result},
    float,
    graph::{Activation, Digits, FloatActivation, FloatLayer, Function, Network, Table, table_bits},
};

use super::{
    Channel, Options, Ranges, codes,
    exact::{exact, sums},
    input,
    products::Solver,
    segments,
};

/// A channel's range counts as at least this share of its tensor's range, so that what never showed keeps a sane scale.
const FLOOR: f64 = 1.0 / 1024.0;
/// A channel of which n values were seen counts as at least `FEW / √n` of its tensor's range.
const FEW: f64 = 3.0;
/// How far beyond the values seen the table of a steep function goes; arguments that would go further get this value.
const STEEP: f64 = 2.0;
/// Layers of a function have tables of their own where their arguments' ranges differ by this factor, three bits; one
/// table more costs all tables at most one.
const APART: f64 = 8.0;
/// Most tables, unless there are more functions: they take three bits off their arguments.
const MAX_TABLES: usize = 7;
/// Arguments at which a steep function is tried.
const STEEP_GRID: u32 = 1024;
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
    /// The tables.
    pub(super) tables: Vec<Table>,
    /// Per tensor and channel the largest magnitude of codes that are integers themselves, at a scale of 1.
    pub(super) exact: Vec<Vec<Option<f64>>>,
}

impl Scaling {
    /// Chooses all scales of a checked network from its ranges.
    pub(super) fn choose(network: &Network, ranges: &Ranges, digits: &Digits, options: &Options) -> Result<Self> {
        let top = ((1u64 << digits.value_bits()) - 1) as f64;
        let layers = || network.layers.iter().zip(&ranges.tensors[1..]);
        let functions = Functions::new(network, ranges, options);
        let activation: Vec<Activation> =
            network.layers.iter().zip(&functions.table).map(|(layer, table)| activation(layer, *table)).collect();
        let (mut unit, mut tables, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        let bits = table_bits(digits.limb_bits, functions.list.len());
        let top_code = float::exp2(f64::from(segments::code_bits(network, digits))) - 1.0;
        for (function, half, seen) in functions.list {
            let limit = limit(function, seen);
            let ((table, output), y) = match options.segments {
                Some(count) => {
                    let width = 2.0 * half / f64::from(count);
                    let table = segments::table(function, width, limit, count, digits, top_code);
                    (table, width / float::exp2(f64::from(digits.low_bits())))
                }
                None => {
                    let scale = argument_scale(function, half, bits);
                    let y = scale / float::exp2(f64::from(digits.remainder_bits()));
                    (table(function, scale, limit, bits, digits), y)
                }
            };
            unit.push(y);
            tables.push(table);
            outputs.push(output);
        }
        let mut exact = exact(network, top);
        // A range of all codes is a scale of 1.
        let whole = |mut range: Vec<f64>, exact: &[Option<f64>]| {
            range.iter_mut().zip(exact).filter(|(_, exact)| exact.is_some()).for_each(|(range, _)| *range = top);
            range
        };
        let mut given = codes::scales(network, ranges, top);
        // Beside ranks, numbers of the input have scales of their own.
        let mixed = network.cuts.iter().any(Option::is_none);
        if mixed {
            given[0] = None;
        }
        let free = mixed || given[0].is_none() && exact[0].iter().all(Option::is_none);
        let zero_points = input::zero_points(network, &ranges.tensors[0], top, options).filter(|_| free);
        let mut needs = vec![match &zero_points {
            Some(channels) => Need::Range(channels.iter().map(|(scale, _)| scale * top).collect()),
            None => Need::Range(whole(input::range(network, &ranges.tensors[0], top, options), &exact[0])),
        }];
        let zero_point = zero_points.into_iter().flatten().map(|(_, zero_point)| zero_point).collect();
        for (((layer, channels), activation), exact_codes) in layers().zip(&activation).zip(&exact[1..]) {
            needs.push(match (activation, &layer.activation) {
                (Activation::Table(table), _) => Need::Fixed(outputs[*table]),
                (Activation::Clip, FloatActivation::Clip { max }) => Need::Fixed(max / top),
                (_, float) if float.decision().is_some() => Need::Fixed(1.0),
                (_, FloatActivation::Product { .. }) => Need::Product,
                (_, FloatActivation::Quantize { .. }) => Need::Fixed(1.0),
                _ => {
                    let mut range = magnitudes(channels, ranges.rows * layer.shape.plane(), options.margin);
                    for (range, bound) in range.iter_mut().zip(sums(network, layer, &exact, false)) {
                        *range = bound.map_or(*range, |bound| positive(bound).min(WHOLE / options.margin * *range));
                    }
                    Need::Range(whole(range, exact_codes))
                }
            });
        }
        for (need, scale) in needs.iter_mut().zip(given) {
            if let (Need::Range(_), Some(scale)) = (&need, scale) {
                *need = Need::Fixed(scale);
            }
        }
        let scale = tie(network, ranges, &needs, digits)?;
        for (exact, scale) in exact.iter_mut().flatten().zip(scale.iter().flatten()) {
            *exact = exact.filter(|_| *scale == 1.0);
        }
        Ok(Self { scale, zero_point, activation, unit, tables, exact })
    }
}

/// The functions that become tables.
pub(super) struct Functions {
    /// Each with the half width of its arguments and the least and largest of them that were seen. One table serves all
    /// layers of a function whose arguments have about the same range.
    pub(super) list: Vec<(Function, f64, [f64; 2])>,
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
        let argument = |(layer, channels): (&FloatLayer, &Vec<Channel>)| {
            let function = function(layer)?;
            let seen = channels.iter().map(Channel::magnitude).fold(0.0, f64::max);
            let half = (seen * margin).max(function.saturation());
            let min = channels.iter().map(|c| c.min).fold(f64::INFINITY, f64::min);
            let max = channels.iter().map(|c| c.max).fold(f64::NEG_INFINITY, f64::max);
            Some((function, half, [min, max]))
        };
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

    /// Tables for the arguments of all layers, those of one function sharing a table where half widths differ by a
    /// factor below `apart`.
    fn grouped(arguments: &[Option<(Function, f64, [f64; 2])>], apart: f64) -> Self {
        let mut functions = Self { list: Vec::new(), table: vec![None; arguments.len()] };
        // The widest of each table first; in the order of the layers where widths are equal.
        let mut order: Vec<usize> = (0..arguments.len()).collect();
        let half = |layer: usize| arguments[layer].map_or(0.0, |(_, half, _)| half);
        order.sort_by(|a, b| half(*b).total_cmp(&half(*a)));
        for layer in order {
            let Some((function, half, [min, max])) = arguments[layer] else { continue };
            // Arguments that were always 0 go anywhere.
            let near =
                |known: &(Function, f64, [f64; 2])| known.0 == function && (half == 0.0 || half * apart >= known.1);
            let table = functions.list.iter().position(near);
            functions.table[layer] = Some(table.unwrap_or(functions.list.len()));
            match table {
                Some(table) => {
                    let seen = &mut functions.list[table].2;
                    *seen = [seen[0].min(min), seen[1].max(max)];
                }
                None => functions.list.push((function, positive(half), [min, max])),
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
    let rounds = matches!(function, Function::Unary(unary) if unary.is_integer());
    if rounds && parts >= 1.0 { 0.5 / parts } else { scale }
}

/// What the magnitudes of a table's values stay below: for functions that may be steep beside the arguments seen, some
/// times the largest value over those.
fn limit(function: Function, [min, max]: [f64; 2]) -> f64 {
    if !matches!(function, Function::Unary(_)) {
        return f64::INFINITY;
    }
    let at = |i: u32| function.eval(min + (max - min) * f64::from(i) / f64::from(STEEP_GRID)).abs();
    let largest = (0..=STEEP_GRID).map(at).filter(|value| value.is_finite()).fold(0.0, f64::max);
    if largest > 0.0 { STEEP * largest } else { f64::INFINITY }
}

/// The table of a function over arguments of this scale, and the scale of its codes. Codes stay below half the largest
/// code, so that differences of two fit.
fn table(function: Function, scale: f64, limit: f64, bits: u32, digits: &Digits) -> (Table, f64) {
    let half = 1i64 << (bits - 1);
    let values: Vec<f64> = (-half..half).map(|a| function.eval(a as f64 * scale).clamp(-limit, limit)).collect();
    let finite = values.iter().map(|v| v.abs()).filter(|v| v.is_finite());
    let largest = positive(finite.fold(0.0, f64::max));
    let output = largest / ((1u64 << (digits.value_bits() - 1).min(30)) - 1) as f64;
    let base = values.iter().map(|v| (v.clamp(-largest, largest) / output).round() as i64).collect();
    (Table { base, slope: Vec::new() }, output)
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
fn tie(network: &Network, ranges: &Ranges, needs: &[Need], digits: &Digits) -> Result<Vec<Vec<f64>>> {
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
    let silent = ranges.tensors.iter().map(|tensor| tensor.iter().all(|channel| channel.magnitude() == 0.0)).collect();
    let scales = Solver { network, root, fixed, wanted, silent, cut, top }.scales()?;
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
