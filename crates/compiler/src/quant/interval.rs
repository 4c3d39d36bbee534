//! Bounds of every tensor by interval arithmetic, for networks that come without data.
//!
//! A value lies within `center ± radius`. Linear maps take centers as they are and radii by the magnitudes of their
//! weights; activations take the ends of the interval, functions a grid between. Dependence between values is lost, so
//! bounds of deep networks are far too wide; see [`Ranges::without_rows`](super::Ranges::without_rows).

use hushproof_core::graph::{FloatActivation, FloatLayer, Map, Network, Shape, Term, conv::accumulate};

/// Values within `center ± radius`.
#[derive(Debug, Clone)]
pub(super) struct Interval {
    center: Vec<f64>,
    radius: Vec<f64>,
}

impl Interval {
    /// Values between `min` and `max`.
    fn uniform(len: usize, min: f64, max: f64) -> Self {
        Self { center: vec![min / 2.0 + max / 2.0; len], radius: vec![max / 2.0 - min / 2.0; len] }
    }

    /// The input of a network, values between `min` and `max` or their ranks.
    pub(super) fn input(network: &Network, min: f64, max: f64) -> Self {
        if network.cuts.is_empty() {
            return Self::uniform(network.input_shape.len(), min, max);
        }
        let ends = |element| network.largest_rank(element).map_or((min, max), |largest| (0.0, largest as f64));
        Self::from_ends((0..network.cuts.len()).map(ends))
    }

    fn ends(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.center.iter().zip(&self.radius).map(|(center, radius)| (center - radius, center + radius))
    }

    fn from_ends(ends: impl Iterator<Item = (f64, f64)>) -> Self {
        let (center, radius) = ends.map(|(low, high)| (low / 2.0 + high / 2.0, high / 2.0 - low / 2.0)).unzip();
        Self { center, radius }
    }

    /// Least and largest value of each plane of a tensor.
    pub(super) fn channels(&self, plane: usize) -> Vec<(f64, f64)> {
        let ends: Vec<_> = self.ends().collect();
        let hull = |plane: &[(f64, f64)]| {
            plane.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| (low.min(*a), high.max(*b)))
        };
        ends.chunks_exact(plane).map(hull).collect()
    }
}

/// The intervals of all tensors of a checked network before their activations, the input first.
pub(super) fn intervals(network: &Network, input: Interval) -> Vec<Interval> {
    let mut tensors = vec![input.clone()];
    let mut affine = vec![input];
    for layer in &network.layers {
        let repeat = layer.shape.len() / layer.bias.len();
        let bias = layer.bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, repeat)).collect();
        let y = sum(network, &layer.terms, layer.shape, bias, &tensors);
        tensors.push(match &layer.activation {
            FloatActivation::Product { times } => {
                product(&y, &sum(network, times, layer.shape, vec![0.0; layer.shape.len()], &tensors))
            }
            _ => activate(layer, &y),
        });
        affine.push(y);
    }
    affine
}

/// What the terms of a layer add up to.
fn sum(network: &Network, terms: &[Term<f64>], to: Shape, bias: Vec<f64>, tensors: &[Interval]) -> Interval {
    let mut y = Interval { radius: vec![0.0; bias.len()], center: bias };
    for term in terms {
        let (from, x) = (network.shape(term.source), &tensors[term.source]);
        let magnitudes = magnitudes(&term.map);
        let Map::Product(product) = &term.map else {
            accumulate(&term.map, from, &x.center, &[], to, &mut y.center);
            accumulate(&magnitudes, from, &x.radius, &[], to, &mut y.radius);
            continue;
        };
        // x · f − cx · cf = cx · (f − cf) + (x − cx) · f.
        let factor = &tensors[product.factor];
        let own = |map: &Map<f64>, x: &[f64], factor: Vec<f64>, y: &mut [f64]| {
            let mut map = map.clone();
            if let Map::Product(product) = &mut map {
                product.factor = 0;
            }
            accumulate(&map, from, x, &[factor], to, y);
        };
        own(&term.map, &x.center, factor.center.clone(), &mut y.center);
        let center: Vec<f64> = x.center.iter().map(|x| x.abs()).collect();
        own(&magnitudes, &center, factor.radius.clone(), &mut y.radius);
        let reach = factor.center.iter().zip(&factor.radius).map(|(center, radius)| center.abs() + radius).collect();
        own(&magnitudes, &x.radius, reach, &mut y.radius);
    }
    y
}

/// The map by the magnitudes of its weights.
fn magnitudes(map: &Map<f64>) -> Map<f64> {
    let mut map = map.clone();
    match &mut map {
        Map::Conv(conv) => conv.weights.iter_mut().for_each(|w| *w = w.abs()),
        Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().for_each(|(_, w)| *w = w.abs()),
        Map::Product(product) => product.weight = product.weight.abs(),
    }
    map
}

/// Products value by value.
fn product(x: &Interval, y: &Interval) -> Interval {
    let ends = x.ends().zip(y.ends()).map(|((a, b), (c, d))| {
        let corners = [a * c, a * d, b * c, b * d];
        (corners.into_iter().fold(f64::INFINITY, f64::min), corners.into_iter().fold(f64::NEG_INFINITY, f64::max))
    });
    Interval::from_ends(ends)
}

/// A layer's tensor from what it feeds its activation.
fn activate(layer: &FloatLayer, y: &Interval) -> Interval {
    if layer.activation == FloatActivation::ArgMax {
        return Interval::uniform(1, 0.0, y.center.len().saturating_sub(1) as f64);
    }
    let plane = layer.shape.plane();
    let image = |(index, (a, b))| layer.activation.image(index / plane, [a, b]).into();
    Interval::from_ends(y.ends().enumerate().map(image))
}
