//! From a float network and calibration rows to a model: reduction, layout search, quantization.

use crate::{
    circuit::{self, Choice, SearchOptions},
    error::{Error, Result},
    graph::{FloatActivation, Model, Network},
    quant,
};

/// What leaves the circuit in public.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reduction {
    /// The network's own output.
    Full,
    /// Only the index of the largest output.
    ArgMax,
    /// Only whether the output is at least this.
    Threshold(f64),
}

/// Choices of the model's publisher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Least bits of an activation code.
    pub value_bits: u32,
    /// Factor on the calibrated range of every inner value.
    pub margin: f64,
    /// Factor on the calibrated range of every input value.
    pub input_margin: f64,
    /// Whether the input is public.
    pub public_input: bool,
    /// What is revealed of the output.
    pub reduction: Reduction,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            value_bits: circuit::DEFAULT_BITS.0,
            margin: quant::Options::default().margin,
            input_margin: quant::Options::default().input_margin,
            public_input: false,
            reduction: Reduction::Full,
        }
    }
}

/// A compiled model with what it was made from.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The integer model.
    pub model: Model,
    /// The float network, with the reduction applied.
    pub network: Network,
    /// The layout that was chosen, with its predicted cost.
    pub choice: Choice,
}

/// Compiles an imported network; `rows` are calibration rows, flat in ONNX order.
///
/// # Errors
/// Those of [`reduce`], [`quant::Ranges::from_rows`], [`circuit::search`] and [`quant::quantize`].
pub fn compile(network: Network, rows: &[Vec<f64>], options: &Options) -> Result<Compiled> {
    let network = reduce(network, options.reduction)?;
    let ranges = quant::Ranges::from_rows(&network, rows)?;
    let quant_options = quant::Options {
        margin: options.margin,
        input_margin: options.input_margin,
        public_input: options.public_input,
    };
    let search_options = SearchOptions {
        value_bits: options.value_bits,
        remainder_bits: circuit::DEFAULT_BITS.1,
        public_input: options.public_input,
    };
    let choice = circuit::search(&network, &search_options)?;
    let segments = choice.segments as usize;
    let mut model = quant::quantize(&network, &ranges, choice.digits, segments, choice.lanes, &quant_options)?;
    if let Reduction::Threshold(at) = options.reduction {
        model.output.threshold = Some(at);
    }
    Ok(Compiled { model, network, choice })
}

/// Applies a reduction to the end of a network. A threshold on a probability becomes one on its logit, and an argmax
/// over increasing functions one over their arguments.
///
/// # Errors
/// `Graph` where the output is already reduced or has the wrong number of values.
pub fn reduce(mut network: Network, reduction: Reduction) -> Result<Network> {
    let outputs = network.layers.last().map_or(0, |layer| layer.weights.rows);
    let refuse = |reason: &str| Err(Error::Graph { node: network.output.name.clone(), reason: reason.to_owned() });
    let Some(last) = network.layers.last_mut() else { return Ok(network) };
    let activation = match (reduction, last.activation) {
        (Reduction::Full, activation) => activation,
        (_, FloatActivation::ArgMax | FloatActivation::Threshold { .. }) => {
            return refuse("the output is already reduced to a decision");
        }
        (Reduction::ArgMax, FloatActivation::Relu) => return refuse("an argmax over Relu has ties; remove the Relu"),
        (Reduction::ArgMax, _) if outputs < 2 => return refuse("an argmax needs at least two outputs"),
        (Reduction::ArgMax, _) => FloatActivation::ArgMax,
        (Reduction::Threshold(at), FloatActivation::Sigmoid) => {
            if !(at > 0.0 && at < 1.0) {
                return refuse("a threshold on a probability lies between 0 and 1");
            }
            FloatActivation::Threshold { at: (at / (1.0 - at)).ln() }
        }
        (Reduction::Threshold(at), FloatActivation::Relu) if at <= 0.0 => {
            return refuse("a threshold on a Relu is above 0");
        }
        (Reduction::Threshold(at), _) => FloatActivation::Threshold { at },
    };
    last.activation = activation;
    if activation == FloatActivation::ArgMax {
        network.output.shape = vec![1];
    }
    Ok(network)
}
