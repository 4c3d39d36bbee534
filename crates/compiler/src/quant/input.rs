//! Which real number a code of the input stands for.

use hushproof_core::{
    float,
    graph::{Conv, FloatLayer, Map, Network, Term, ZERO_POINT_BITS},
};

use super::{Channel, Options, scaling::positive};

/// Levels of a colour channel. The code of the largest calibrated input is a multiple of it where bits allow, so that
/// pixels are met exactly.
const PIXEL_LEVELS: u64 = 255;
/// A zero point is taken where some feature's magnitude is more than this many times half its range.
const OFFSET: f64 = 4.0;

/// How near to the end of a range counts, as a share of it.
const ALIKE_NEAR: f64 = 0.1;
/// Least number of values that come near both ends.
const ALIKE_LEAST: usize = 16;
/// One in so many values comes near both ends.
const ALIKE_SHARE: usize = 4;

/// The channels of an image, and features that are all of one kind, share one range; a feature that is always 0 takes
/// the largest one.
pub(super) fn range(network: &Network, channels: &[Channel], top: f64, options: &Options) -> Vec<f64> {
    let largest = channels.iter().map(Channel::magnitude).fold(0.0, f64::max);
    let image = network.input.shape.len() >= 3 || alike(channels.iter().map(|channel| (channel.min, channel.max)));
    // The code of the largest calibrated value.
    let mut code = ((top / options.input_margin).floor() as u64).max(1);
    if code >= PIXEL_LEVELS {
        code -= code % PIXEL_LEVELS;
    }
    let range = |c: &Channel| if image || c.magnitude() == 0.0 { largest } else { c.magnitude() };
    channels.iter().map(|c| positive(range(c)) * top / code as f64).collect()
}

/// Scale and zero point of each channel of a record's input, whose codes are its integers; `None` for other inputs.
pub(super) fn of_record(network: &Network) -> Option<Vec<(f64, i64)>> {
    let schema = network.records.as_ref()?;
    let plane = network.input_shape.plane();
    let of = |first: usize| if network.is_ranked(first) { (1.0, 0) } else { schema.scaling(first) };
    Some((0..network.input_shape.channels).map(|channel| of(channel * plane)).collect())
}

/// Scale and zero point of each feature, whose codes are `0 ..= top`; `None` where codes of either sign serve as well,
/// or where something reads codes themselves. A constant feature is met exactly by a code.
pub(super) fn zero_points(
    network: &Network,
    channels: &[Channel],
    top: f64,
    options: &Options,
) -> Option<Vec<(f64, i64)>> {
    let half = |c: &Channel| c.max / 2.0 - c.min / 2.0;
    let far = |c: &Channel| half(c) > 0.0 && c.magnitude() > OFFSET * half(c);
    let one_kind = alike(channels.iter().map(|channel| (channel.min, channel.max)));
    // Beside ranks, which are never negative, no code is.
    let wanted = if network.cuts.is_empty() {
        !one_kind && channels.iter().any(far)
    } else {
        network.cuts.iter().any(Option::is_none)
    };
    if !wanted || !network.input_shape.is_vector() || !network.layers.iter().all(absorbs) {
        return None;
    }
    let of = |c: &Channel| {
        let constant = half(c) == 0.0;
        let (center, half) =
            if constant { (c.mean, positive(c.mean.abs())) } else { (c.min / 2.0 + c.max / 2.0, half(c)) };
        let scale = 2.0 * options.input_margin * half / top;
        let scale = if constant { half / (half / scale).floor().max(1.0) } else { scale };
        let zero_point = (options.input_margin * half / scale - center / scale).round();
        (zero_point.abs() <= float::exp2(f64::from(ZERO_POINT_BITS))).then_some((scale, zero_point as i64))
    };
    let of = |(channel, c)| if network.is_ranked(channel) { Some((1.0, 0)) } else { of(c) };
    channels.iter().enumerate().map(of).collect()
}

/// The network with a copy of the input in front of what can't read its codes: those with zero points, where values of
/// the input are ranks and others are numbers, as beside ranks numbers have zero points; and the integers of a record.
pub(crate) fn behind_copy(mut network: Network) -> Network {
    let mixed = network.cuts.iter().any(Option::is_none);
    let reads = |layer: &FloatLayer| match of_record(&network) {
        Some(channels) if channels.iter().all(|(_, zero_point)| *zero_point == 0) => takes_scales(layer),
        Some(_) => absorbs(layer),
        None => !mixed || absorbs(layer),
    };
    let reads: Vec<bool> = network.layers.iter().map(reads).collect();
    if reads.iter().all(|reads| *reads) {
        return network;
    }
    let copy = FloatLayer::copy(&network.input.name, "input", 0, network.input_shape);
    network.insert(0, copy);
    let others = network.layers.iter_mut().skip(1).zip(reads).filter(|(_, reads)| !reads);
    others.for_each(|(layer, _)| layer.renumber(|tensor| tensor.max(1)));
    network
}

/// Whether a layer can read codes of scales that are given: it multiplies none of them, and shares none of the scales.
fn takes_scales(layer: &FloatLayer) -> bool {
    let multiplies = |term: &Term<f64>| term.map.factor().is_some_and(|factor| factor == 0 || term.source == 0);
    layer.same_scale != Some(0)
        && !layer.all_terms().any(multiplies)
        && (layer.times().is_empty() || layer.all_terms().all(|term| term.source > 0))
}

/// Whether a layer's bias can take up what zero points of the input add to it.
fn absorbs(layer: &FloatLayer) -> bool {
    let whole = |conv: &Conv<f64>| conv.kernel == [1, 1] && conv.pad == [0, 0];
    let linear = |term: &Term<f64>| match &term.map {
        Map::Conv(conv) => term.source > 0 || whole(conv),
        Map::Sparse(_) => true,
        Map::Product(product) => term.source > 0 && product.factor > 0,
    };
    let read = layer.terms.iter().any(|term| term.source == 0);
    layer.same_scale != Some(0)
        && (!read || layer.shape.len() == layer.bias.len())
        && layer.terms.iter().all(linear)
        && (layer.times().is_empty() || layer.all_terms().all(|term| term.source > 0))
}

/// Whether ranges, least and largest value each, are those of many values of one kind, as of an image's pixels: what
/// one of them never showed, another one did. So it is where many of those that vary, and no small share of them, come
/// near the least and the largest value of all.
fn alike(ranges: impl Iterator<Item = (f64, f64)> + Clone) -> bool {
    let varying = ranges.filter(|(min, max)| min < max);
    let ends = |(low, high): (f64, f64), (min, max): (f64, f64)| (low.min(min), high.max(max));
    let (low, high) = varying.clone().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    let near = ALIKE_NEAR * (high - low);
    let count = varying.clone().count();
    let lows = varying.clone().filter(|(min, _)| *min <= low + near).count();
    let highs = varying.filter(|(_, max)| *max >= high - near).count();
    lows.min(highs) >= ALIKE_LEAST.max(count / ALIKE_SHARE)
}
