//! Which values are small integers whatever the input, so that codes of scale 1 hold them and comparisons of them are
//! exact.

use hushproof_core::{
    float,
    graph::{FloatActivation, FloatLayer, Map, Network, Shape, Term},
};

use super::{Channel, Options, Ranges, rounding::channel};

/// What is known of values that are always integers.
#[derive(Debug)]
pub(super) struct Integers {
    /// Per tensor, the input first, and channel: the largest magnitude; `None` for all other values.
    pub(super) magnitude: Vec<Vec<Option<f64>>>,
    /// Per tensor, the input first.
    stairs: Vec<Stairs>,
}

/// The channels of a tensor of comparisons, those of one argument with several numbers together, the least number
/// first: where one of them is 1, so are all in front of it. Empty for other tensors.
#[derive(Debug, Default, Clone)]
struct Stairs {
    /// Channels in this order, each with whether a new argument begins.
    order: Vec<(usize, bool)>,
}

impl Integers {
    /// The magnitudes that values have on calibration rows behind their activations, in place of integers.
    pub(super) fn seen(network: &Network, ranges: &Ranges) -> Self {
        let behind = |tensor: usize, channel: &Channel| {
            let layer = tensor.checked_sub(1).map(|layer| &network.layers[layer].activation);
            match layer {
                Some(FloatActivation::Table(function)) => {
                    function.image([channel.min, channel.max]).into_iter().map(f64::abs).fold(0.0, f64::max)
                }
                Some(FloatActivation::Clip { max }) => channel.magnitude().min(*max),
                Some(FloatActivation::Threshold { .. } | FloatActivation::ArgMax) => 1.0,
                _ => channel.magnitude(),
            }
        };
        let magnitude = |(tensor, channels): (usize, &Vec<Channel>)| {
            channels.iter().map(|channel| Some(behind(tensor, channel))).collect()
        };
        let magnitude: Vec<_> = ranges.tensors.iter().enumerate().map(magnitude).collect();
        Self { stairs: vec![Stairs::default(); magnitude.len()], magnitude }
    }
}

impl Stairs {
    fn of(layer: &FloatLayer, network: &Network) -> Self {
        let FloatActivation::Threshold { .. } = layer.activation else { return Self::default() };
        if layer.bias.len() != layer.shape.channels {
            return Self::default();
        }
        let mut rows: Vec<Vec<(usize, usize, u64)>> = vec![vec![]; layer.shape.channels];
        for (index, term) in layer.terms.iter().enumerate() {
            match &term.map {
                Map::Conv(conv) if conv.taps() == 1 => {
                    for (at, w) in conv.weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
                        let (o, c) = (at / conv.group_inputs(), at % conv.group_inputs());
                        rows[conv.output_start + o].push((index, channel(conv, o, c), w.to_bits()));
                    }
                }
                Map::Sparse(sparse) if layer.shape.is_vector() && network.shape(term.source).is_vector() => {
                    for (input, column) in sparse.columns.iter().enumerate() {
                        column.iter().for_each(|(o, w)| rows[*o as usize].push((index, input, w.to_bits())));
                    }
                }
                _ => return Self::default(),
            }
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| rows[*a].cmp(&rows[*b]).then(layer.bias[*b].total_cmp(&layer.bias[*a])));
        let begins = |i: usize| i == 0 || rows[order[i - 1]] != rows[order[i]];
        Self { order: order.iter().enumerate().map(|(i, channel)| (*channel, begins(i))).collect() }
    }

    /// The largest magnitude of a sum of these comparisons with weights.
    fn reach(&self, weight: impl Fn(usize) -> f64) -> f64 {
        let (mut reach, mut sum, mut most) = (0.0, 0.0f64, 0.0f64);
        for (channel, begins) in &self.order {
            if *begins {
                reach += most;
                (sum, most) = (0.0, 0.0);
            }
            sum += weight(*channel);
            most = most.max(sum.abs());
        }
        reach + most
    }
}

/// The integers that codes up to `top` hold. They begin at ranks and comparisons, and at the channels of the input that
/// [`inputs`] gives a magnitude.
pub(super) fn exact(network: &Network, input: &[Option<f64>], top: f64) -> Integers {
    let shapes = 0..=network.layers.len();
    let magnitude: Vec<_> = shapes.map(|tensor| vec![None; network.shape(tensor).channels]).collect();
    let mut exact = Integers { stairs: vec![Stairs::default(); magnitude.len()], magnitude };
    if network.cuts.is_empty() && !network.compares() {
        return exact;
    }
    let held = |bound: Option<f64>| bound.filter(|bound| *bound <= top);
    let plane = network.input_shape.plane();
    for (channel, first) in exact.magnitude[0].iter_mut().zip((0..network.cuts.len()).step_by(plane)) {
        *channel = (first..first + plane)
            .map(|element| network.largest_rank(element))
            .try_fold(0.0, |most: f64, largest| Some(most.max(largest? as f64)));
    }
    exact.magnitude[0].iter_mut().zip(input).for_each(|(channel, bound)| *channel = channel.or(held(*bound)));
    for (index, layer) in network.layers.iter().enumerate() {
        exact.stairs[index + 1] = Stairs::of(layer, network);
        exact.magnitude[index + 1] = match &layer.activation {
            FloatActivation::Threshold { .. } => vec![Some(1.0); layer.shape.channels],
            FloatActivation::Linear | FloatActivation::Relu => {
                sums(network, layer, &exact, true).into_iter().map(held).collect()
            }
            FloatActivation::PRelu { slope } => {
                let sums = sums(network, layer, &exact, true).into_iter().map(held);
                let part = |(sum, slope): (Option<f64>, &f64)| Some(sum? * size(*slope, true)?.max(1.0));
                sums.zip(slope).map(part).collect()
            }
            // Nothing is cut here.
            FloatActivation::Product { times } => {
                let first = sums(network, layer, &exact, true);
                let second = terms(network, layer.shape, times, &exact, true);
                first.into_iter().zip(second).map(|(a, b)| Some(a? * b?)).collect()
            }
            _ => vec![None; layer.shape.channels],
        };
    }
    exact
}

/// The magnitude of each channel of the input that holds integers only, as far as calibration and margin, or a record's
/// schema, let it go.
pub(super) fn inputs(network: &Network, ranges: &Ranges, margin: f64) -> Vec<Option<f64>> {
    let plane = network.input_shape.plane();
    let channels = network.whole.chunks(plane).zip(&ranges.tensors[0]).enumerate();
    let bound = |(channel, (whole, seen)): (usize, (&[bool], &Channel))| {
        let most = || match &network.records {
            Some(schema) => (channel * plane..(channel + 1) * plane).map(|at| schema.magnitude(at)).fold(1.0, f64::max),
            None => (seen.magnitude().max(1.0) * margin).ceil(),
        };
        whole.iter().all(|whole| *whole).then(most)
    };
    channels.map(bound).collect()
}

/// Bits of a code, and of all limbs, that comparisons of integers need to be exact; none where nothing compares
/// integers.
pub fn comparison_bits(network: &Network, ranges: &Ranges, options: &Options) -> Option<(u32, u32)> {
    let all = exact(network, &inputs(network, ranges, options.input_margin), f64::INFINITY);
    let mut read = vec![false; all.magnitude.len()];
    let mut widest: Option<f64> = None;
    for (index, layer) in network.layers.iter().enumerate().rev() {
        let integers = || sums(network, layer, &all, true);
        if let FloatActivation::Threshold { at } = layer.activation {
            let compared = integers().into_iter().flatten().map(|bound| row(bound, at));
            let most = compared.reduce(f64::max);
            widest = most.map_or(widest, |most| Some(widest.map_or(most, |widest| widest.max(most))));
            read[index + 1] = most.is_some();
        }
        if read[index + 1] {
            let sources = layer.all_terms().flat_map(|term| [Some(term.source), term.map.factor()]);
            sources.flatten().for_each(|source| read[source] = true);
        }
    }
    let bits = |values: f64| float::log2(values + 1.0).ceil() as u32;
    let coded = |tensor: &usize| {
        read[*tensor] && tensor.checked_sub(1).is_none_or(|layer| network.layers[layer].times().is_empty())
    };
    let largest = (0..read.len()).filter(coded).flat_map(|tensor| all.magnitude[tensor].iter().flatten().copied());
    widest.map(|widest| (bits(largest.fold(0.0, f64::max)), bits(widest)))
}

/// Whether a layer compares others than integers, for others to read, so that values which are hardly off may give
/// results that are far off.
pub(crate) fn compares_reals(network: &Network, ranges: &Ranges, options: &Options) -> bool {
    let all = exact(network, &inputs(network, ranges, options.input_margin), f64::INFINITY);
    let inner = network.layers.split_last().map_or(&[][..], |(_, inner)| inner);
    inner.iter().any(|layer| {
        let compares = matches!(layer.activation, FloatActivation::Threshold { .. });
        compares && sums(network, layer, &all, true).iter().any(Option::is_none)
    })
}

/// The largest U of a comparison with `at` of integers up to a magnitude: they are their own units, doubled, and odd.
pub(super) fn row(bound: f64, at: f64) -> f64 {
    2.0 * (bound + at.abs()) + 3.0
}

/// The largest magnitude of what a layer feeds its activation, per channel, where it reads such integers only; if
/// `whole`, where that is an integer too: sums of whole weights times integers and a whole bias.
pub(super) fn sums(network: &Network, layer: &FloatLayer, exact: &Integers, whole: bool) -> Vec<Option<f64>> {
    let channels = layer.shape.channels;
    let size = |value: f64| size(value, whole);
    let largest = |bias: &[f64]| bias.iter().map(|b| size(*b)).try_fold(0.0, |most: f64, b| Some(most.max(b?)));
    let biases = layer.bias.chunks(layer.bias.len() / channels).map(largest);
    let sums = terms(network, layer.shape, &layer.terms, exact, whole);
    biases.zip(sums).map(|(bias, sum)| Some(bias? + sum?)).collect()
}

/// |value|, of integers only if `whole`.
fn size(value: f64, whole: bool) -> Option<f64> {
    (!whole || value.fract() == 0.0).then_some(value.abs())
}

/// The same of some terms.
fn terms(network: &Network, to: Shape, terms: &[Term<f64>], exact: &Integers, whole: bool) -> Vec<Option<f64>> {
    let plane = to.plane();
    let size = |value: f64| size(value, whole);
    let mut sums = vec![Some(0.0); to.channels];
    for term in terms {
        let (from, known, stairs) =
            (network.shape(term.source), &exact.magnitude[term.source], &exact.stairs[term.source]);
        let product = |w: f64, input: usize| if w == 0.0 { Some(0.0) } else { Some(size(w)? * known[input]?) };
        let mut add = |output: usize, bound: Option<f64>| {
            let sum: &mut Option<f64> = &mut sums[output];
            *sum = sum.and_then(|sum| Some(sum + bound?));
        };
        match &term.map {
            Map::Conv(conv) if conv.taps() == 1 && conv.groups == 1 && !stairs.order.is_empty() => {
                for (o, row) in conv.weights.chunks(conv.inputs).enumerate() {
                    let weight = |input: usize| {
                        input.checked_sub(conv.input_start).and_then(|c| row.get(c)).copied().unwrap_or(0.0)
                    };
                    let whole = row.iter().all(|w| size(*w).is_some());
                    add(conv.output_start + o, whole.then(|| stairs.reach(weight)));
                }
            }
            Map::Sparse(sparse) if from.is_vector() && !stairs.order.is_empty() => {
                let mut rows: Vec<Vec<(usize, f64)>> = vec![vec![]; to.len()];
                for (input, column) in sparse.columns.iter().enumerate() {
                    column.iter().for_each(|(output, w)| rows[*output as usize].push((input, *w)));
                }
                let reach = |row: &Vec<(usize, f64)>| {
                    let weight = |input: usize| {
                        row.binary_search_by_key(&input, |(input, _)| *input).map_or(0.0, |at| row[at].1)
                    };
                    row.iter().all(|(_, w)| size(*w).is_some()).then(|| stairs.reach(weight))
                };
                for (output, rows) in rows.chunks(plane).enumerate() {
                    add(output, rows.iter().map(reach).try_fold(0.0, |most: f64, value| Some(most.max(value?))));
                }
            }
            Map::Conv(conv) => {
                for (at, kernel) in conv.weights.chunks(conv.taps()).enumerate() {
                    let (o, c) = (at / conv.group_inputs(), at % conv.group_inputs());
                    let input = channel(conv, o, c);
                    kernel.iter().for_each(|w| add(conv.output_start + o, product(*w, input)));
                }
            }
            Map::Sparse(sparse) => {
                let mut values = vec![Some(0.0); to.len()];
                for (input, column) in sparse.columns.iter().enumerate() {
                    for (output, w) in column {
                        let value = &mut values[*output as usize];
                        *value = value.and_then(|sum| Some(sum + product(*w, input / from.plane())?));
                    }
                }
                for (output, values) in values.chunks(plane).enumerate() {
                    add(output, values.iter().try_fold(0.0, |most: f64, value| Some(most.max((*value)?))));
                }
            }
            Map::Product(map) => {
                let group = from.channels / map.groups;
                for (input, factor) in exact.magnitude[map.factor].iter().enumerate() {
                    add(input / group, product(map.weight, input).and_then(|bound| Some(bound * (*factor)?)));
                }
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests;
