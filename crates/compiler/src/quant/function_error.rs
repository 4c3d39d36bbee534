//! How far the tables of a model are from their functions.

use hushproof_core::graph::{Activation, Digits, FloatActivation, Network};

use super::{Channel, Ranges, scaling::Scaling};

/// Arguments at which a table is compared with its function.
const GRID: usize = 4096;
/// A channel's range counts as at least this share of its tensor's.
const FLOOR: f64 = 0.125;

/// The largest error of a table where a channel's arguments may be, those seen with a factor `margin`, as a share of the
/// range of the channel's values there. Of smooth functions alone: others jump where arguments are rounded.
pub(super) fn function_error(
    network: &Network,
    ranges: &Ranges,
    digits: &Digits,
    scaling: &Scaling,
    margin: f64,
) -> f64 {
    let wider = |channel: &Channel| {
        let (min, max) = (channel.min, channel.max);
        [if min < 0.0 { min * margin } else { min / margin }, if max > 0.0 { max * margin } else { max / margin }]
    };
    let layers = network.layers.iter().zip(&ranges.tensors[1..]).zip(&scaling.activation).enumerate();
    let mut worst = 0.0f64;
    for (index, ((layer, channels), activation)) in layers {
        let (Activation::Table(table), FloatActivation::Table(function)) = (activation, &layer.activation) else {
            continue;
        };
        let low = channels.iter().map(|c| wider(c)[0]).fold(f64::INFINITY, f64::min);
        let high = channels.iter().map(|c| wider(c)[1]).fold(f64::NEG_INFINITY, f64::max);
        if !function.is_smooth_between(low, high) {
            continue;
        }
        let scale = scaling.scale[index + 1].first().copied().unwrap_or(1.0);
        let points: Vec<(f64, f64)> = (0..=GRID)
            .map(|i| {
                let x = low + (high - low) * i as f64 / GRID as f64;
                let value = function.eval(x);
                let y = ((x - scaling.center[*table]) / scaling.unit[*table]).round() as i64;
                let element = activation.split(y, digits, &scaling.tables);
                let code = element.map(|element| element.code(activation, digits, &scaling.tables));
                (value, code.map_or(0.0, |code| (code as f64 * scale - value).abs()))
            })
            .collect();
        let at = |x: f64| {
            let place = if high > low { (x - low) / (high - low) * GRID as f64 } else { 0.0 };
            (place.max(0.0) as usize).min(GRID)
        };
        let span = |points: &[(f64, f64)]| {
            let values = || points.iter().map(|(value, _)| *value).filter(|value| value.is_finite());
            values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
        };
        let most = span(&points);
        let share = |channel: &Channel| {
            let points = &points[at(wider(channel)[0])..=at(wider(channel)[1])];
            let error = points.iter().map(|(_, error)| *error).fold(0.0, f64::max);
            let range = span(points).max(FLOOR * most);
            if range > 0.0 { error / range } else { 0.0 }
        };
        worst = channels.iter().map(share).fold(worst, f64::max);
    }
    worst
}

#[cfg(test)]
mod tests;
