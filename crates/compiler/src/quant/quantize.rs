//! Quantization of networks of planes.
//!
//! Codes are signed and symmetric: real = `code · scale`, with a scale per channel wherever the activation is
//! positively homogeneous; those of an input of features may have a zero point per channel instead. A consumer's
//! weights absorb the scales of the codes it reads and the slopes of their negative parts, its bias absorbs the
//! rounding errors of its weights at the calibrated mean; so only activations are rounded to few bits.

use hushproof_core::{
    error::{Error, Result},
    graph::{
        Digits, FloatActivation, FunctionTables, Input, Lanes, Map, Model, Network, Output, Term, limbs_of, signed_bits,
    },
};

use super::{
    Options, Ranges, Scales, check_digits,
    function_error::function_error,
    layer,
    scaling::{Evaluated, Functions, Scaling},
};

/// Turns a float network into the integers that are proved; `lanes` is stored as given. Private weights get the fewest
/// limbs that hold each of them.
///
/// # Errors
/// `Option` for an unusable margin or limb sizes; `Shape`, `Graph` for a malformed network; `Calibration` for ranges of
/// another network; `Range` where the limbs are too few for a node's scales; those of [`Model::check`].
pub fn quantize(network: &Network, ranges: &Ranges, digits: Digits, lanes: Lanes, options: &Options) -> Result<Model> {
    quantize_with_scales(network, ranges, digits, lanes, options).map(|(model, _)| model)
}

/// As [`quantize`], with the scales of all tensors.
///
/// # Errors
/// Those of [`quantize`].
pub fn quantize_with_scales(
    network: &Network,
    ranges: &Ranges,
    digits: Digits,
    lanes: Lanes,
    options: &Options,
) -> Result<(Model, Scales)> {
    for (option, margin) in [("--margin", options.margin), ("--input-margin", options.input_margin)] {
        if !(1.0..=1e6).contains(&margin) {
            return Err(Error::Option { option, reason: format!("{margin} is not in 1..=1000000") });
        }
    }
    check_network(network)?;
    ranges.check(network)?;
    check_digits(&digits)?;
    let scales = Scaling::choose(network, ranges, &digits, options)?;
    let mut layers = Vec::with_capacity(network.layers.len());
    for index in 0..network.layers.len() {
        layers.push(layer::quantize(network, index, ranges, &digits, &scales, !options.weights.is_public())?);
    }
    let function_error = function_error(network, ranges, &digits, &scales, options.margin.sqrt());
    let decision = network.decision().is_some();
    let record = network.records.as_ref();
    let input = Input {
        value_info: network.input.clone(),
        shape: network.input_shape,
        scale: scales.scale[0].clone(),
        zero_point: scales.zero_point.clone(),
        cuts: if record.is_some() { Vec::new() } else { network.cuts.clone() },
        missing: if record.is_some() { Vec::new() } else { network.missing.clone() },
        visibility: options.input,
        records: record.cloned(),
    };
    let output = Output {
        value_info: network.output.clone(),
        scale: match &network.committed {
            Some(schema) => (0..schema.len()).map(|at| schema.scaling(at).0).collect(),
            None => scales.scale.last().cloned().unwrap_or_default(),
        },
        thresholds: Vec::new(),
        finish: network.finish.filter(|_| !decision),
        schema: network.committed.clone(),
    };
    let mut model = Model {
        name: network.name.clone(),
        digits,
        lanes,
        input,
        layers,
        tables: scales.tables,
        output,
        private_weights: None,
    };
    if !options.weights.is_public() {
        let bits = signed_bits(model.largest_weight());
        model.private_weights = Some(limbs_of(bits, digits.limb_bits));
    }
    model.check()?;
    let mut zero_point = vec![Vec::new(); scales.scale.len()];
    zero_point[0] = scales.zero_point;
    Ok((model, Scales { zero_point, scale: scales.scale, function_error }))
}

/// Which function tables [`quantize`] makes of a network.
///
/// # Errors
/// `Calibration` for ranges of another network.
pub fn tables(network: &Network, ranges: &Ranges, options: &Options) -> Result<FunctionTables> {
    ranges.check(network)?;
    let list = Functions::new(network, ranges, options).list;
    Ok(FunctionTables { count: list.len(), smooth: list.iter().all(Evaluated::is_smooth) })
}

/// Whether cuts of the input increase, and these and what stands for missing values are as many as there are values.
fn are_cuts(network: &Network) -> bool {
    let increasing = |cuts: &Vec<f64>| cuts.is_sorted_by(|a, b| a < b) && !cuts.iter().any(|cut| cut.is_nan());
    [network.cuts.len(), network.missing.len()].iter().all(|len| [0, network.input_shape.len()].contains(len))
        && network.cuts.iter().flatten().all(increasing)
}

/// Checks a network's shapes, so that no index below can go wrong, and its numbers.
pub(super) fn check_network(network: &Network) -> Result<()> {
    let Some(last) = network.layers.last() else {
        return Err(Error::Graph { node: network.name.clone(), reason: "has no layer".to_owned() });
    };
    let value_info = |name: &str, op: &str, expected: usize, got: &[usize]| {
        if got.iter().try_fold(1usize, |n, size| n.checked_mul(*size)) == Some(expected) {
            return Ok(());
        }
        let (expected, got) = (format!("{expected} values"), format!("{got:?}"));
        Err(Error::Shape { node: name.to_owned(), op: op.to_owned(), expected, got })
    };
    value_info(&network.input.name, "input", network.input_shape.len(), &network.input.shape)?;
    if !are_cuts(network) {
        let reason = "its cuts do not increase, or do not fit it".to_owned();
        return Err(Error::Graph { node: network.input.name.clone(), reason });
    }
    for (index, layer) in network.layers.iter().enumerate() {
        let graph = |reason: &str| Err(Error::Graph { node: layer.node.clone(), reason: reason.to_owned() });
        let shape = layer.shape;
        let fits = !shape.is_empty()
            && [shape.channels, shape.len()].contains(&layer.bias.len())
            && layer.all_terms().all(|t| fits(network, index, t));
        if layer.terms.is_empty() || !fits {
            return graph(&format!("its maps and biases do not fit {shape:?}"));
        }
        let tied = layer.same_scale.is_none_or(|t| t <= index && network.shape(t).channels == shape.channels);
        if !tied {
            return graph("shares the scales of a tensor with other channels");
        }
        let finite = |map: &Map<f64>| match map {
            Map::Conv(conv) => conv.weights.iter().all(|w| w.is_finite()),
            Map::Sparse(sparse) => sparse.columns.iter().flatten().all(|(_, w)| w.is_finite()),
            Map::Product(product) => product.weight.is_finite(),
        };
        if !(layer.bias.iter().all(|b| b.is_finite()) && layer.all_terms().all(|t| finite(&t.map))) {
            return graph("has a weight that is not a finite number");
        }
        let is_last = index + 1 == network.layers.len();
        match &layer.activation {
            FloatActivation::PRelu { slope } if slope.len() != shape.channels => return graph("slopes do not fit"),
            FloatActivation::PRelu { slope } if !slope.iter().all(|s| s.is_finite()) => {
                return graph("has a slope that is not a finite number");
            }
            FloatActivation::PRelu { .. } if is_last => return graph("the last layer cannot have slopes"),
            FloatActivation::Clip { max } if !(*max > 0.0 && max.is_finite()) => return graph("clips to nothing"),
            FloatActivation::Threshold { at } if !at.is_finite() => return graph("threshold is not a finite number"),
            FloatActivation::Product { .. } if is_last => return graph("the last layer must round products"),
            FloatActivation::Product { times } if times.is_empty() || layer.bias.iter().any(|b| *b != 0.0) => {
                return graph("multiplies by nothing, or what has a bias");
            }
            FloatActivation::Product { .. } if !layer.all_terms().all(selects) => {
                return graph("a factor that is no selection of values");
            }
            FloatActivation::ArgMax if shape.len() < 2 => return graph("ArgMax needs at least two values"),
            FloatActivation::ArgMax if !is_last => return graph("an ArgMax is not the last layer"),
            FloatActivation::Record if !is_last || network.committed.is_none() => {
                return graph("a record that is no committed output");
            }
            _ => {}
        }
    }
    if !last.shape.is_vector() {
        return Err(Error::Graph { node: last.node.clone(), reason: format!("ends in {:?}, no vector", last.shape) });
    }
    let outputs = if last.activation == FloatActivation::ArgMax { 1 } else { last.shape.len() };
    value_info(&network.output.name, "output", outputs, &network.output.shape)
}

/// Whether a term reads earlier tensors that its map fits.
fn fits(network: &Network, layer: usize, term: &Term<f64>) -> bool {
    let to = network.layers[layer].shape;
    term.source <= layer
        && term.map.fits(network.shape(term.source), to)
        && match &term.map {
            Map::Product(product) => {
                product.factor <= layer && product.fits(network.shape(term.source), network.shape(product.factor), to)
            }
            Map::Conv(_) | Map::Sparse(_) => true,
        }
}

/// Whether a term only moves or copies values.
fn selects(term: &Term<f64>) -> bool {
    matches!(&term.map, Map::Conv(conv) if conv.kernel == [1, 1] && conv.weights.iter().all(|w| [0.0, 1.0].contains(w)))
}
