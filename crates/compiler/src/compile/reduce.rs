//! Reductions of the output to what the publisher wants revealed.

use hushproof_core::{
    error::{Error, Result},
    float,
    graph::{FinishFunction, FloatActivation, FloatLayer, Function, Map, Network},
    schema::Schema,
};

use super::record;

/// What leaves the circuit in public.
#[derive(Debug, Clone, PartialEq)]
pub enum Reduction {
    /// The network's own output.
    Full,
    /// Only the index of the largest output.
    ArgMax,
    /// Only whether the output is at least this.
    Threshold(f64),
    /// Only how many of these, which ascend, the one output reaches.
    Bands(Vec<f64>),
    /// Only a commitment to the values, a record of this schema.
    Committed(Schema),
}

/// Thresholds of bands, at most.
const MAX_BANDS: usize = 255;

/// The last activation as far as reductions care.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Linear,
    Relu,
    /// Strictly increasing.
    Increasing,
    Sigmoid,
    /// Over all outputs, after a linear layer.
    Softmax,
    /// None of these, which has no reduction.
    Other,
}

/// What becomes of the last activation.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reduced {
    ArgMax,
    /// On the argument of the activation.
    Threshold(f64),
    /// On the differences of two arguments.
    Differences(f64),
}

/// Applies a reduction to the end of a network. A threshold on a probability becomes one on its logit, and an argmax
/// over increasing functions one over their arguments.
///
/// # Errors
/// `Graph` where the output is already reduced, has the wrong number of values or an activation that is not increasing.
pub fn reduce(mut network: Network, reduction: &Reduction) -> Result<Network> {
    let node = network.output.name.clone();
    let refuse = |reason: &str| Error::Graph { node: node.clone(), reason: reason.to_owned() };
    let threshold = match reduction {
        Reduction::Full => return Ok(network),
        Reduction::ArgMax => None,
        Reduction::Threshold(at) => Some(*at),
        Reduction::Bands(thresholds) => return bands(network, thresholds),
        Reduction::Committed(schema) => return record::with_output(network, schema),
    };
    if network.decision().is_some() {
        return Err(refuse("the output is already reduced to a decision"));
    }
    let (end, outputs) = end_of(&network);
    let reduced = reduced(end, outputs, threshold).map_err(refuse)?;
    if let Some(last) = network.layers.last_mut() {
        if matches!(reduced, Reduced::Differences(_)) && !subtract(last) {
            return Err(refuse("a threshold on a softmax depends on all its arguments; use argmax"));
        }
        last.activation = match reduced {
            Reduced::ArgMax => FloatActivation::ArgMax,
            Reduced::Threshold(at) | Reduced::Differences(at) => FloatActivation::Threshold { at },
        };
        last.same_scale = None;
    }
    network.finish = None;
    if reduced == Reduced::ArgMax {
        network.output.shape = vec![1];
    }
    Ok(network)
}

/// Makes the last layer give one comparison per threshold. Whoever reads them adds them up.
fn bands(mut network: Network, thresholds: &[f64]) -> Result<Network> {
    let node = network.output.name.clone();
    let refuse = |reason: &str| Error::Graph { node: node.clone(), reason: reason.to_owned() };
    let ascend = thresholds.is_sorted_by(|a, b| a < b) && thresholds.iter().all(|at| at.is_finite());
    if !(2..=MAX_BANDS).contains(&thresholds.len()) || !ascend {
        return Err(refuse(&format!("bands have 2 to {MAX_BANDS} thresholds in ascending order")));
    }
    if network.decision().is_some() {
        return Err(refuse("the output is already reduced to a decision"));
    }
    let (end, outputs) = end_of(&network);
    if outputs != 1 {
        return Err(refuse("bands are of one output value; choose one with --outputs"));
    }
    let reached: Result<Vec<f64>, &str> = thresholds
        .iter()
        .map(|at| match reduced(end, outputs, Some(*at))? {
            Reduced::Threshold(at) => Ok(at),
            Reduced::ArgMax | Reduced::Differences(_) => Err("bands are of one output value"),
        })
        .collect();
    let reached = reached.map_err(refuse)?;
    if let Some(last) = network.layers.last_mut() {
        if !repeat(last, reached.len()) {
            return Err(refuse("bands of a product of private values are not served; publish the output"));
        }
        last.bias.iter_mut().zip(&reached).for_each(|(bias, at)| *bias -= at);
        last.shape.channels = reached.len();
        last.activation = FloatActivation::Threshold { at: 0.0 };
        last.same_scale = None;
    }
    network.finish = None;
    network.output.shape = vec![reached.len()];
    Ok(network)
}

/// Whether each map of a layer gives all of so many channels, by weights that can be changed.
fn is_whole(layer: &FloatLayer, channels: usize) -> bool {
    layer.terms.iter().all(|term| match &term.map {
        Map::Conv(conv) => conv.groups == 1 && (conv.output_start, conv.outputs) == (0, channels),
        Map::Sparse(_) => true,
        Map::Product(_) => false,
    })
}

/// Makes a layer of one value give it so many times; false where its maps have no such form.
fn repeat(layer: &mut FloatLayer, times: usize) -> bool {
    if layer.bias.len() != 1 || !is_whole(layer, 1) {
        return false;
    }
    layer.bias = layer.bias.repeat(times);
    for term in &mut layer.terms {
        match &mut term.map {
            Map::Conv(conv) => {
                conv.weights = conv.weights.repeat(times);
                conv.outputs = times;
            }
            Map::Sparse(sparse) => {
                for column in sparse.columns.iter_mut().filter(|column| !column.is_empty()) {
                    let sum: f64 = column.iter().map(|(_, weight)| weight).sum();
                    *column = (0..).take(times).map(|output| (output, sum)).collect();
                }
            }
            Map::Product(_) => {}
        }
    }
    true
}

/// A threshold, or an argmax where there is none, moved in front of the last activation; else why not.
fn reduced(end: End, outputs: usize, threshold: Option<f64>) -> Result<Reduced, &'static str> {
    match (threshold, end) {
        (_, End::Other) => Err("the last activation has no reduction; remove it, or publish the output"),
        (None, End::Relu) => Err("an argmax over Relu has ties; remove the Relu"),
        (None, _) if outputs < 2 => Err("an argmax needs at least two outputs"),
        (None, _) => Ok(Reduced::ArgMax),
        (Some(at), End::Softmax) if outputs == 2 && at > 0.0 && at < 1.0 => {
            Ok(Reduced::Differences(float::ln(at / (1.0 - at))))
        }
        (Some(_), End::Softmax) => Err("a threshold on a softmax depends on all its arguments; use argmax"),
        (Some(_), End::Increasing) => Err("a threshold behind this activation is not served; publish the output"),
        (Some(at), End::Sigmoid) if at > 0.0 && at < 1.0 => Ok(Reduced::Threshold(float::ln(at / (1.0 - at)))),
        (Some(_), End::Sigmoid) => Err("a threshold on a probability lies between 0 and 1"),
        (Some(at), End::Relu) if at <= 0.0 => Err("a threshold on a Relu is above 0"),
        (Some(at), End::Relu | End::Linear) => Ok(Reduced::Threshold(at)),
    }
}

/// Makes the two values of a layer their difference and its negative, which a softmax of two depends on; false where
/// its maps have no such form.
fn subtract(layer: &mut FloatLayer) -> bool {
    let [first, second] = layer.bias[..] else { return false };
    if !is_whole(layer, 2) {
        return false;
    }
    layer.bias = vec![first - second, second - first];
    for term in &mut layer.terms {
        match &mut term.map {
            Map::Conv(conv) => {
                let half = conv.weights.len() / 2;
                let (first, second) = conv.weights.split_at_mut(half);
                for (first, second) in first.iter_mut().zip(second) {
                    *first -= *second;
                    *second = -*first;
                }
            }
            Map::Sparse(sparse) => {
                for column in sparse.columns.iter_mut().filter(|column| !column.is_empty()) {
                    let sum: f64 = column.iter().map(|(o, weight)| if *o == 0 { *weight } else { -weight }).sum();
                    *column = vec![(0, sum), (1, -sum)];
                }
            }
            Map::Product(_) => {}
        }
    }
    true
}

/// The end of a network and its number of values.
fn end_of(network: &Network) -> (End, usize) {
    let Some(last) = network.layers.last() else { return (End::Other, 0) };
    let end = match (&last.activation, network.finish) {
        (FloatActivation::Linear, Some(finish)) if finish.is_of_all(last.shape.len()) => match finish.function {
            FinishFunction::Softmax => End::Softmax,
            FinishFunction::Sigmoid => End::Sigmoid,
        },
        (_, Some(_)) => End::Other,
        (FloatActivation::Linear, None) => End::Linear,
        (FloatActivation::Relu, None) => End::Relu,
        (FloatActivation::Table(Function::Sigmoid), None) => End::Sigmoid,
        (FloatActivation::Table(Function::Tanh | Function::Softplus | Function::Erf), None) => End::Increasing,
        _ => End::Other,
    };
    (end, last.shape.len())
}

#[cfg(test)]
mod tests;
