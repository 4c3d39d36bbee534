//! Scaling of products of tensors. Products of codes have twice the bits of a code and few are cut, so their
//! coefficients are small: the scales are chosen so that they are whole numbers.

use std::collections::HashMap;

use hushproof_core::{
    error::{Error, Result},
    graph::{ACCUMULATOR_BITS, FloatActivation, FloatLayer, Map, Network, Term},
};

use super::{exact::Integers, scaling::positive};

/// Below this coefficient operands get coarser codes, rather than the product scales that waste much of its range.
const FINE: f64 = 4.0;
/// Slack for the rounding of floating-point numbers.
const SLACK: f64 = 1e-9;
/// What sums of products stay below.
const LARGEST: f64 = (1u64 << (ACCUMULATOR_BITS - 1)) as f64;
/// Most rounds in which operands get coarser, per layer.
const ROUNDS: usize = 16;

/// A channel of a tensor.
type Place = (usize, usize);
/// A layer of products, and how much coarser its products should be, per output channel.
type Coarser = (usize, Vec<f64>);

/// The products that a layer reads: a term of products, or one that selects from a layer of products.
#[derive(Debug)]
pub(super) struct Products {
    /// Output channel, magnitude of the weight, and what is multiplied.
    entries: Vec<(usize, f64, [Place; 2])>,
    /// Whether all entries have one coefficient.
    pub(super) single: bool,
    /// Whether a value sums several products.
    summed: bool,
}

impl Products {
    /// Those of a layer of a checked network.
    ///
    /// # Errors
    /// `Graph` for a sum of several such terms, and for other maps of layers of products.
    pub(super) fn of(network: &Network, layer: &FloatLayer) -> Result<Option<Self>> {
        let refuse = |reason: &str| Err(Error::Graph { node: layer.node.clone(), reason: reason.to_owned() });
        let mut found = None;
        for term in &layer.terms {
            let source = made_by(network, term.source);
            let times = source.map_or(&[][..], FloatLayer::times);
            let products = match (&term.map, source) {
                (Map::Product(product), _) if times.is_empty() => {
                    let factor = made_by(network, product.factor);
                    let split = |layer: Option<&FloatLayer>| {
                        let prelu = |layer: &FloatLayer| matches!(layer.activation, FloatActivation::PRelu { .. });
                        layer.is_some_and(|layer| prelu(layer) || !layer.times().is_empty())
                    };
                    if split(source) || split(factor) {
                        return refuse("multiplies a tensor that is none of codes");
                    }
                    let channels = network.shape(term.source).channels;
                    let group = channels / product.groups;
                    let entry = |c| (c / group, product.weight.abs(), [(term.source, c), (product.factor, c)]);
                    Self { entries: (0..channels).map(entry).collect(), single: true, summed: group > 1 }
                }
                (Map::Conv(conv), Some(source)) if !times.is_empty() => {
                    if conv.group_inputs() > 1 || conv.kernel != [1, 1] || conv.stride != [1, 1] || conv.pad != [0, 0] {
                        return refuse("reads products that are not rounded");
                    }
                    let entry = |(o, weight): (usize, &f64)| {
                        let channel = conv.input_start + o / conv.group_outputs();
                        let factors = [selected(&source.terms, channel)?, selected(times, channel)?];
                        Some((conv.output_start + o, weight.abs(), factors))
                    };
                    let entries = conv.weights.iter().enumerate().filter_map(entry).collect();
                    Self { entries, single: false, summed: false }
                }
                _ if !times.is_empty() => return refuse("reads products that are not rounded"),
                _ => continue,
            };
            if found.replace(products).is_some() {
                return refuse("sums products of several pairs of tensors");
            }
        }
        Ok(found)
    }

    /// The real value of one product of codes, times the weight, per output channel; 0 where there is none.
    pub(super) fn units(&self, channels: usize, scale: &[Vec<f64>]) -> Vec<f64> {
        let mut units = vec![0.0f64; channels];
        for (output, weight, [a, b]) in &self.entries {
            units[*output] = units[*output].max(weight * scale[a.0][a.1] * scale[b.0][b.1]);
        }
        units
    }

    /// The real value of the largest result, if both codes are `top`, per output channel; 0 where there is none.
    fn reach(&self, channels: usize, scale: &[Vec<f64>], top: f64) -> Vec<f64> {
        let mut reach = vec![0.0f64; channels];
        for (output, weight, [a, b]) in &self.entries {
            reach[*output] += weight * scale[a.0][a.1] * top * scale[b.0][b.1] * top;
        }
        reach
    }

    /// The largest sum of products of codes, per output channel.
    fn largest(&self, channels: usize, magnitude: impl Fn(Place) -> f64) -> Vec<f64> {
        let mut largest = vec![0.0f64; channels];
        for (output, _, [a, b]) in &self.entries {
            largest[*output] += magnitude(*a) * magnitude(*b);
        }
        largest
    }

    /// The largest coefficients, at least 1, for which a unit of the result is at least `wanted`, and these units;
    /// where nothing is multiplied, they are as wanted. Also the least coefficient before it was rounded down.
    pub(super) fn coefficients(&self, units: &[f64], wanted: &[f64]) -> (Vec<f64>, f64) {
        let ratios = || units.iter().zip(wanted).map(|(unit, wanted)| unit / wanted);
        let least = ratios().filter(|ratio| *ratio > 0.0).fold(f64::INFINITY, f64::min);
        let whole = |ratio: f64| (ratio * (1.0 + SLACK)).floor().max(1.0);
        let chosen = units.iter().zip(wanted).zip(ratios()).map(|((unit, wanted), ratio)| {
            let coefficient = whole(if self.single { least } else { ratio });
            if *unit > 0.0 { unit / coefficient } else { *wanted }
        });
        (chosen.collect(), least)
    }

    fn tensors(&self, side: usize) -> impl Iterator<Item = usize> {
        self.entries.iter().map(move |(_, _, places)| places[side].0)
    }
}

/// The layer that makes a tensor.
fn made_by(network: &Network, tensor: usize) -> Option<&FloatLayer> {
    tensor.checked_sub(1).map(|layer| &network.layers[layer])
}

/// What a channel of a sum of selections shows.
fn selected(terms: &[Term<f64>], channel: usize) -> Option<Place> {
    terms.iter().find_map(|term| {
        let Map::Conv(conv) = &term.map else { return None };
        let o = channel.checked_sub(conv.output_start).filter(|o| *o < conv.outputs)?;
        let row = &conv.weights[o * conv.group_inputs()..][..conv.group_inputs()];
        let c = row.iter().position(|weight| *weight != 0.0)?;
        Some((term.source, super::rounding::channel(conv, o, c)))
    })
}

/// What is known of the scales before products have their say. Scaling are those of the tensor at the `root`.
pub(super) struct Solver<'a> {
    pub(super) network: &'a Network,
    /// The tensor whose scales each tensor shares.
    pub(super) root: Vec<usize>,
    /// Scaling that nothing may change.
    pub(super) fixed: Vec<Option<f64>>,
    /// Least scales per channel.
    pub(super) wanted: Vec<Vec<f64>>,
    /// Tensors of which only zeros were seen, so that no scale is wanted of them.
    pub(super) silent: Vec<bool>,
    /// 2^s.
    pub(super) cut: f64,
    /// The largest code.
    pub(super) top: f64,
    /// Of integers, per tensor and channel, the largest magnitude.
    pub(super) integers: &'a Integers,
}

impl Solver<'_> {
    /// The scales of all tensors.
    ///
    /// # Errors
    /// Those of [`Products::of`]; `Graph` for a product whose scales are given.
    pub(super) fn scales(mut self) -> Result<Vec<Vec<f64>>> {
        let layers = &self.network.layers;
        let products: Vec<_> = layers.iter().map(|layer| Products::of(self.network, layer)).collect::<Result<_>>()?;
        for (index, layer) in layers.iter().enumerate() {
            let given = match layer.activation {
                FloatActivation::Threshold { .. } | FloatActivation::ArgMax => false,
                _ => self.root[index + 1] <= index || self.fixed[index + 1].is_some(),
            };
            if products[index].is_some() && given {
                let reason = "is a product whose scale is given; round it first".to_owned();
                return Err(Error::Graph { node: layer.node.clone(), reason });
            }
        }
        let uniform = self.make_uniform(&products);
        // Products of which all scales are given.
        let mut given = vec![false; layers.len()];
        for _ in 0..ROUNDS * layers.len() {
            let (scales, coarser) = self.evaluate(&products, &given);
            let Some((layer, factors)) = coarser else { return Ok(scales) };
            given[layer] = !self.coarsen(products[layer].as_ref(), &factors, &uniform);
        }
        Ok(self.evaluate(&products, &given).0)
    }

    /// Gives one scale to all channels of what is summed, compared, or multiplied to such; which tensors these are.
    fn make_uniform(&mut self, products: &[Option<Products>]) -> Vec<bool> {
        let mut uniform = vec![false; self.root.len()];
        for (index, products) in products.iter().enumerate().rev() {
            let Some(products) = products else { continue };
            let compared = self.network.layers[index].activation == FloatActivation::ArgMax;
            if products.summed || compared || uniform[self.root[index + 1]] {
                (0..2).flat_map(|side| products.tensors(side)).for_each(|tensor| uniform[self.root[tensor]] = true);
            }
        }
        for wanted in self.wanted.iter_mut().zip(&uniform).filter(|(_, uniform)| **uniform).map(|(wanted, _)| wanted) {
            let largest = wanted.iter().copied().fold(0.0, f64::max);
            wanted.fill(largest);
        }
        uniform
    }

    /// All scales, and the first layer whose operands should have coarser codes with how much coarser their products
    /// should be, per output channel; none of those whose operands' scales are `given`.
    fn evaluate(&self, products: &[Option<Products>], given: &[bool]) -> (Vec<Vec<f64>>, Option<Coarser>) {
        let mut scales: Vec<Vec<f64>> = Vec::with_capacity(self.root.len());
        let mut coarser = None;
        for (tensor, root) in self.root.iter().enumerate() {
            if *root != tensor {
                scales.push(scales[*root].clone());
                continue;
            }
            let mut wanted = match self.fixed[tensor] {
                Some(scale) => vec![scale; self.wanted[tensor].len()],
                None => self.wanted[tensor].clone(),
            };
            let Some(layer) = tensor.checked_sub(1) else {
                scales.push(wanted);
                continue;
            };
            let scale = match &products[layer] {
                Some(products) if self.fixed[tensor].is_none() => {
                    let mut units = products.units(wanted.len(), &scales);
                    units.iter_mut().for_each(|unit| *unit *= self.cut);
                    let FloatLayer { terms, bias, .. } = &self.network.layers[layer];
                    if terms.len() == 1 && bias.iter().all(|bias| *bias == 0.0) {
                        // Where few rows were seen, ranges may be wider than anything that the operands' codes give.
                        let reach = products.reach(wanted.len(), &scales, self.top);
                        let wanted = wanted.iter_mut().zip(reach).filter(|(_, reach)| *reach > 0.0);
                        wanted.for_each(|(wanted, reach)| *wanted = wanted.min(reach / self.top));
                    }
                    if self.silent[tensor] {
                        let scale = |(unit, wanted): (&f64, &f64)| if *unit > 0.0 { *unit } else { *wanted };
                        scales.push(units.iter().zip(&wanted).map(scale).collect());
                        continue;
                    }
                    let (mut chosen, least) = products.coefficients(&units, &wanted);
                    // Accumulators hold no more, and what is this fine is all remainder.
                    let sums = products.largest(wanted.len(), |place| self.magnitude(place));
                    let largest = sums.iter().copied().fold(0.0, f64::max);
                    for ((chosen, unit), sum) in chosen.iter_mut().zip(&units).zip(sums) {
                        let sum = if products.single { largest } else { sum };
                        *chosen = chosen.max(unit / (LARGEST / sum.max(1.0)).floor().max(1.0));
                    }
                    let target = least.ceil().max(1.0);
                    if least < FINE && least * (1.0 + SLACK) < target && !given[layer] && coarser.is_none() {
                        let factor = |(unit, wanted): (&f64, &f64)| {
                            if *unit > 0.0 { (target * wanted / unit).max(1.0) } else { 1.0 }
                        };
                        coarser = Some((layer, units.iter().zip(&wanted).map(factor).collect()));
                    }
                    chosen
                }
                _ => self.unrounded(layer, &scales).unwrap_or(wanted),
            };
            scales.push(scale);
        }
        (scales, coarser)
    }

    /// The largest magnitude of a code; of one that is always 0 as of any.
    fn magnitude(&self, (tensor, channel): Place) -> f64 {
        let known = self.integers.magnitude[tensor][channel].filter(|magnitude| *magnitude > 0.0);
        known.map_or(self.top, |magnitude| magnitude.min(self.top))
    }

    /// The scales of a layer of products.
    fn unrounded(&self, layer: usize, scales: &[Vec<f64>]) -> Option<Vec<f64>> {
        let layer = &self.network.layers[layer];
        let FloatActivation::Product { times } = &layer.activation else { return None };
        let scale = |place: Option<Place>| place.map_or(1.0, |(tensor, channel)| scales[tensor][channel]);
        let both = |channel| positive(scale(selected(&layer.terms, channel)) * scale(selected(times, channel)));
        Some((0..layer.shape.channels).map(both).collect())
    }

    /// Makes the operands' codes coarser, so that units of their products grow by `factors`, one per output channel;
    /// false if they are all given. Where it can be helped, those of the input stay.
    fn coarsen(&mut self, products: Option<&Products>, factors: &[f64], uniform: &[bool]) -> bool {
        let Some(products) = products else { return false };
        let mut sides = [0, 1].map(|side| {
            let mut roots: Vec<usize> = products.tensors(side).map(|tensor| self.root[tensor]).collect();
            roots.sort_unstable();
            roots.dedup();
            roots.retain(|root| self.fixed[*root].is_none());
            roots
        });
        for side in 0..2 {
            if sides[side].contains(&0) && sides[1 - side].iter().any(|root| *root != 0) {
                sides[side].retain(|root| *root != 0);
            }
        }
        let both = sides.iter().all(|side| !side.is_empty());
        // A channel that several products read gets the largest of their factors, once.
        let mut grown: HashMap<Place, f64> = HashMap::new();
        for (output, _, places) in &products.entries {
            let factor = if both { factors[*output].sqrt() } else { factors[*output] };
            for (side, (tensor, channel)) in places.iter().enumerate() {
                let root = self.root[*tensor];
                if sides[side].contains(&root) {
                    // All channels of one scale are as one.
                    let channel = if uniform[root] { 0 } else { *channel };
                    let known = grown.entry((root, channel)).or_insert(1.0);
                    *known = known.max(factor);
                }
            }
        }
        let changes = grown.values().any(|factor| *factor > 1.0);
        for ((root, channel), factor) in grown {
            if uniform[root] {
                self.wanted[root].iter_mut().for_each(|wanted| *wanted *= factor);
            } else {
                self.wanted[root][channel] *= factor;
            }
        }
        changes
    }
}
