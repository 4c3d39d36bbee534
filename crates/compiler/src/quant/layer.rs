//! One float layer to integers.

use std::borrow::Cow;

use hushproof_core::{
    error::{Error, Result},
    float,
    graph::{
        ACCUMULATOR_BITS, Activation, Digits, FloatActivation, FloatLayer, Layer, Map, Network, Shape, Term,
        conv::accumulate,
    },
};

use super::{
    Ranges,
    exact::{row as exact_row, sums},
    products::Products,
    rounding::{Gains, Rounding, channel},
    scaling::{Scaling, positive},
};

/// A range that every input code allows is cut to this many times the calibrated one; values beyond are errors.
const REACH: f64 = 64.0;
/// Share of a decision's bits that ranges are scaled to; the rest is for rounded weights.
const FILL: f64 = 0.98;
/// Share of a number that rounding in double precision may change.
const CLOSE: f64 = 1e-12;
/// Bits of accumulators that a decision leaves unused.
const SPARE_BITS: u32 = 2;

/// Quantizes layer `index`; `private` weights keep their zeros, and thresholds need no parity.
pub(super) fn quantize(
    network: &Network,
    index: usize,
    ranges: &Ranges,
    digits: &Digits,
    scales: &Scaling,
    private: bool,
) -> Result<Layer> {
    if let FloatActivation::Product { times } = &network.layers[index].activation {
        return unrounded(&network.layers[index], times);
    }
    let activation = scales.activation[index].clone();
    if let (Activation::Record, Some(schema)) = (&activation, &network.committed) {
        let FloatLayer { node, op, .. } = network.layers[index].clone();
        return Ok(Layer { node, op, ..Layer::record(schema, index, digits) });
    }
    let mut layer = shifted(network, index, scales);
    if let Activation::Table(table) = activation {
        layer.to_mut().bias.iter_mut().for_each(|bias| *bias -= scales.center[table]);
    }
    let layer = &layer;
    let cut = float::exp2(f64::from(digits.remainder_bits()));
    // The real value of Y = 1.
    let unit: Vec<f64> = match &activation {
        Activation::Table(table) => vec![scales.unit[*table]; layer.shape.channels],
        Activation::Threshold | Activation::ArgMax => {
            let wanted = decision_units(network, index, layer, ranges, digits, scales)?;
            match Products::of(network, layer)?.filter(|products| products.single) {
                Some(products) => {
                    let units = products.units(layer.shape.channels, &scales.scale);
                    products.coefficients(&units, &wanted).0
                }
                None => wanted,
            }
        }
        _ => scales.scale[index + 1].iter().map(|scale| scale / cut).collect(),
    };
    let inner = activation == Activation::Threshold && index + 1 < network.layers.len();
    let ties = inner && sums(network, layer, &scales.integers, true).iter().all(Option::is_none);
    let mut rounding = Rounding::new(layer, &unit, private, ties);
    let mut terms = Vec::with_capacity(layer.terms.len());
    for term in &layer.terms {
        let (scale, seen) = (&scales.scale[term.source], &ranges.tensors[term.source]);
        let from = network.shape(term.source);
        let zero_points = if term.source == 0 { &scales.zero_point[..] } else { &[] };
        let zeros = zero_points.iter().copied().chain(std::iter::repeat(0));
        let center = seen.iter().zip(scale).zip(zeros).map(|((c, scale), zero)| c.mean / scale + zero as f64).collect();
        let factor = match &term.map {
            Map::Product(product) => scale.iter().zip(&scales.scale[product.factor]).map(|(a, b)| a * b).collect(),
            Map::Conv(_) | Map::Sparse(_) => scale.clone(),
        };
        let exact = &scales.exact.magnitude[term.source];
        let rounded: Vec<f64> = exact.iter().map(|exact| if exact.is_some() { 0.0 } else { 0.5 }).collect();
        let map = rounding.map(&term.map, &Gains { from, factor, center, rounded: rounded.clone() })?;
        let source = term.source.checked_sub(1).map(|source| &network.layers[source].activation);
        let negative = match source {
            Some(FloatActivation::PRelu { slope }) => {
                let factor = scale.iter().zip(slope).map(|(scale, slope)| -slope * scale).collect();
                let center = seen.iter().zip(scale).map(|(c, scale)| c.negative / scale).collect();
                Some(rounding.map(&term.map, &Gains { from, factor, center, rounded })?)
            }
            _ => None,
        };
        terms.push(Term { source: term.source, map, negative });
    }
    rounding.check_precision(digits, &ranges.tensors[index + 1])?;
    let mut bias = rounding.bias()?;
    if activation == Activation::Threshold && !private {
        terms.iter_mut().for_each(|term| {
            double(&mut term.map);
            term.negative.iter_mut().for_each(double);
        });
        bias.iter_mut().for_each(|b| *b = b.saturating_mul(2).saturating_add(1));
    }
    Ok(Layer { node: layer.node.clone(), op: layer.op.clone(), shape: layer.shape, terms, bias, activation })
}

/// A layer that reads the codes of the input instead of its values: its bias has what their zero points add.
fn shifted<'a>(network: &'a Network, index: usize, scales: &Scaling) -> Cow<'a, FloatLayer> {
    let layer = &network.layers[index];
    let none = scales.zero_point.iter().all(|zero_point| *zero_point == 0);
    if none || layer.terms.iter().all(|term| term.source > 0) {
        return Cow::Borrowed(layer);
    }
    let repeat = layer.shape.len() / layer.bias.len();
    let mut bias: Vec<f64> = layer.bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, repeat)).collect();
    let values = scales.zero_point.iter().zip(&scales.scale[0]);
    let zero = values.map(|(zero_point, scale)| -(*zero_point as f64) * scale);
    let zero: Vec<f64> = zero.flat_map(|zero| std::iter::repeat_n(zero, network.input_shape.plane())).collect();
    for term in layer.terms.iter().filter(|term| term.source == 0) {
        accumulate(&term.map, network.input_shape, &zero, &[], layer.shape, &mut bias);
    }
    Cow::Owned(FloatLayer { bias, ..layer.clone() })
}

/// A layer of products: its maps select codes.
fn unrounded(layer: &FloatLayer, times: &[Term<f64>]) -> Result<Layer> {
    let select = |term: &Term<f64>| match &term.map {
        Map::Conv(conv) => {
            let weights = conv.weights.iter().map(|weight| *weight as i64).collect();
            Ok(Term { source: term.source, map: Map::Conv(conv.with_weights(weights)), negative: None })
        }
        Map::Sparse(_) | Map::Product(_) => {
            let reason = "a factor that is no selection of values".to_owned();
            Err(Error::Graph { node: layer.node.clone(), reason })
        }
    };
    let select = |terms: &[Term<f64>]| terms.iter().map(select).collect::<Result<Vec<_>>>();
    Ok(Layer {
        node: layer.node.clone(),
        op: layer.op.clone(),
        shape: layer.shape,
        terms: select(&layer.terms)?,
        bias: vec![0; layer.bias.len()],
        activation: Activation::Product { times: select(times)? },
    })
}

fn double(map: &mut Map<i64>) {
    match map {
        Map::Conv(conv) => conv.weights.iter_mut().for_each(|k| *k = k.saturating_mul(2)),
        Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().for_each(|(_, k)| *k = k.saturating_mul(2)),
        Map::Product(product) => product.weight = product.weight.saturating_mul(2),
    }
}

/// Units of a decision: what is compared fits the bits of all limbs for [`REACH`] times the calibrated values, or for
/// all values that codes allow where those are fewer. Integers that are compared are their own units, and multiples of
/// one number keep their ratios, so that equal values compare as equal.
///
/// # Errors
/// `Range` where codes or limbs are too few for integers that are compared.
fn decision_units(
    network: &Network,
    index: usize,
    layer: &FloatLayer,
    ranges: &Ranges,
    digits: &Digits,
    scales: &Scaling,
) -> Result<Vec<f64>> {
    let top = ((1u64 << digits.value_bits()) - 1) as f64;
    let (channels, plane) = (layer.shape.channels, layer.shape.plane());
    let biases = layer.bias.chunks(layer.bias.len() / channels);
    let mut reach: Vec<f64> = biases.map(|biases| biases.iter().fold(0.0, |most, b| b.abs().max(most))).collect();
    // Of matrices, per value.
    let mut values = vec![0.0; layer.shape.len()];
    for term in &layer.terms {
        let slope = |channel: usize| match term.source.checked_sub(1).map(|source| &network.layers[source].activation) {
            Some(FloatActivation::PRelu { slope }) => slope[channel].abs().max(1.0),
            _ => 1.0,
        };
        if let Map::Product(product) = &term.map {
            let (a, b) = (&scales.scale[term.source], &scales.scale[product.factor]);
            let group = a.len() / product.groups;
            for (channel, (a, b)) in a.iter().zip(b).enumerate() {
                reach[channel / group] += product.weight.abs() * a * b * top * top;
            }
            continue;
        }
        let products = term.source.checked_sub(1).is_some_and(|source| !network.layers[source].times().is_empty());
        let top = if products { top * top } else { top };
        let sums = if plane > 1 && matches!(term.map, Map::Sparse(_)) { &mut values } else { &mut reach };
        for (channel, output, w) in entries(&term.map, network.shape(term.source)) {
            let largest =
                scales.exact.magnitude[term.source][channel].unwrap_or(scales.scale[term.source][channel] * top);
            sums[output] += w.abs() * slope(channel) * largest;
        }
    }
    for (reach, values) in reach.iter_mut().zip(values.chunks(plane)) {
        *reach += values.iter().copied().fold(0.0, f64::max);
    }
    let seen = &ranges.tensors[index + 1];
    let row = float::exp2(f64::from(digits.row_bits()));
    let room = float::exp2(f64::from(ACCUMULATOR_BITS - SPARE_BITS)) / row;
    let unit = |all: f64, seen: f64| positive(all.min((REACH * seen).max(all / room))) / (FILL * row);
    if let FloatActivation::Threshold { at } = layer.activation {
        let held = sums(network, layer, &scales.exact, true);
        let integers = sums(network, layer, &scales.integers, true);
        let steps = steps(network, layer, scales);
        let unit = |channel: usize| {
            let seen = (seen[channel].min - at).abs().max((seen[channel].max - at).abs());
            let wanted = 2.0 * unit(reach[channel] + at.abs(), seen);
            match (integers[channel], held[channel]) {
                (Some(_), Some(bound)) if exact_row(bound, at) < row => Ok(1.0),
                (Some(bound), _) => {
                    let (node, op) = (layer.node.clone(), layer.op.clone());
                    let got_bits = float::log2(exact_row(bound, at) + 1.0).ceil() as u32;
                    Err(Error::Range { node, op, got_bits, max_bits: digits.row_bits() })
                }
                (None, _) => Ok(match steps[channel] {
                    Some(step) if step > wanted => step / (step / wanted).floor(),
                    _ => wanted,
                }),
            }
        };
        return (0..channels).map(unit).collect();
    }
    let all = 2.0 * reach.iter().copied().fold(0.0, f64::max);
    let low = seen.iter().map(|c| c.min).fold(f64::INFINITY, f64::min);
    let high = seen.iter().map(|c| c.max).fold(f64::NEG_INFINITY, f64::max);
    Ok(vec![unit(all, high - low); layer.shape.channels])
}

/// Per channel the number that every coefficient of codes is a multiple of; none where there is no such number among
/// them, and for products.
fn steps(network: &Network, layer: &FloatLayer, scales: &Scaling) -> Vec<Option<f64>> {
    let plane = layer.shape.plane();
    let mut least = vec![f64::INFINITY; layer.shape.channels];
    let mut multiple = vec![true; layer.shape.channels];
    let mut coefficients = Vec::new();
    for term in &layer.terms {
        let per = if matches!(term.map, Map::Sparse(_)) { plane } else { 1 };
        for (channel, output, w) in entries(&term.map, network.shape(term.source)).filter(|(_, _, w)| *w != 0.0) {
            let coefficient = (w * scales.scale[term.source][channel]).abs();
            let output = output / per;
            least[output] = least[output].min(coefficient);
            coefficients.push((output, coefficient));
        }
        let of_products = |tensor: usize| !network.layers[tensor].times().is_empty();
        if matches!(term.map, Map::Product(_)) || term.source.checked_sub(1).is_some_and(of_products) {
            multiple.fill(false);
        }
    }
    for (output, coefficient) in coefficients {
        let ratio = coefficient / least[output];
        multiple[output] &= (ratio - ratio.round()).abs() < CLOSE * ratio;
    }
    least.into_iter().zip(multiple).map(|(least, multiple)| (multiple && least.is_finite()).then_some(least)).collect()
}

/// Entries of a map: channel read, channel (of a matrix: value) reached, weight. Each tap of a kernel is an entry.
fn entries(map: &Map<f64>, from: Shape) -> Box<dyn Iterator<Item = (usize, usize, f64)> + '_> {
    match map {
        Map::Conv(conv) => {
            let kernels = conv.weights.chunks(conv.taps()).enumerate();
            Box::new(kernels.flat_map(move |(index, kernel)| {
                let (o, c) = (index / conv.group_inputs(), index % conv.group_inputs());
                kernel.iter().map(move |w| (channel(conv, o, c), conv.output_start + o, *w))
            }))
        }
        Map::Product(_) => Box::new(std::iter::empty()),
        Map::Sparse(sparse) => Box::new(sparse.columns.iter().enumerate().flat_map(move |(input, column)| {
            column.iter().map(move |(output, w)| (input / from.plane(), *output as usize, *w))
        })),
    }
}
