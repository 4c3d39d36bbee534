//! From a float network and calibration rows to a model: reduction, layout search, quantization.

mod reduce;

pub use reduce::{Reduction, reduce};

use crate::{
    circuit::{self, Layout},
    error::{Error, Result},
    graph::{Model, Network, chain, planar},
    onnx::{self, Graph},
    quant,
};

/// Reads an ONNX model: all of its outputs, or those named. Where the output is reduced to a decision, a class that the model
/// itself gives is left out: it is the reduction of what stands beside it.
///
/// # Errors
/// Those of [`onnx::read_outputs`].
pub fn read(bytes: &[u8], outputs: &[String], reduction: Reduction) -> Result<Graph> {
    let graph = if outputs.is_empty() { onnx::read(bytes)? } else { onnx::read_outputs(bytes, outputs)? };
    if reduction == Reduction::Full || graph.beside_class().is_empty() {
        return Ok(graph);
    }
    onnx::read_outputs(bytes, graph.beside_class())
}

/// What the layout search minimizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// Proving time.
    Speed,
    /// Columns, which a verifier on a chain pays for; then proving time.
    Columns,
}

/// Choices of the model's publisher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Least bits of an activation code; the form's own default where none are asked for.
    pub value_bits: Option<u32>,
    /// Factor on the calibrated range of every inner value.
    pub margin: f64,
    /// Factor on the calibrated range of every input value.
    pub input_margin: f64,
    /// Whether the input is public.
    pub public_input: bool,
    /// Whether the weights are private: the verifying key says nothing about them, and the prover alone knows them.
    pub private_weights: bool,
    /// What is revealed of the output.
    pub reduction: Reduction,
    /// What the layout search minimizes.
    pub prefer: Prefer,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            value_bits: None,
            margin: quant::Options::default().margin,
            input_margin: quant::Options::default().input_margin,
            public_input: false,
            private_weights: false,
            reduction: Reduction::Full,
            prefer: Prefer::Speed,
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
    /// The layout of the model.
    pub layout: Layout,
}

/// Compiles an imported network; `rows` are calibration rows, flat in ONNX order.
///
/// # Errors
/// Those of [`reduce()`], of the form's range calibration, layout search and quantization, and of [`Layout::new`]; `Option`
/// for a public input of a planar network, or private weights of a chain.
pub fn compile(network: Network, rows: &[Vec<f64>], options: &Options) -> Result<Compiled> {
    let network = match reduce(network, options.reduction)? {
        Network::Planar(planar) if options.private_weights => {
            Network::Planar(circuit::planar::arrange_private(planar)?)
        }
        Network::Planar(planar) => Network::Planar(circuit::planar::arrange(planar)?),
        chain => chain,
    };
    let mut model = match &network {
        Network::Chain(network) => compile_chain(network, rows, options)?.into(),
        Network::Planar(network) => compile_planar(network, rows, options)?.into(),
    };
    if let Reduction::Threshold(at) = options.reduction {
        match &mut model {
            Model::Chain(model) => model.output.threshold = Some(at),
            Model::Planar(model) => model.output.threshold = Some(at),
        }
    }
    let layout = Layout::new(&model)?;
    Ok(Compiled { model, network, layout })
}

fn quant_options(options: &Options) -> quant::Options {
    quant::Options {
        margin: options.margin,
        input_margin: options.input_margin,
        public_input: options.public_input,
        private_weights: options.private_weights,
    }
}

fn compile_chain(network: &chain::Network, rows: &[Vec<f64>], options: &Options) -> Result<chain::Model> {
    if options.private_weights {
        let reason = "private weights are served in the planar form only; import the network in that form".to_owned();
        return Err(Error::Option { option: "--weights", reason });
    }
    let ranges = quant::Ranges::from_rows(network, rows)?;
    let search_options = circuit::chain::SearchOptions {
        value_bits: options.value_bits.unwrap_or(circuit::DEFAULT_BITS.0),
        remainder_bits: circuit::DEFAULT_BITS.1,
        public_input: options.public_input,
        few_columns: options.prefer == Prefer::Columns,
    };
    let choice = circuit::chain::search(network, &search_options)?;
    let segments = choice.segments as usize;
    quant::quantize(network, &ranges, choice.digits, segments, choice.lanes, &quant_options(options))
}

fn compile_planar(network: &planar::Network, rows: &[Vec<f64>], options: &Options) -> Result<planar::Model> {
    if options.public_input {
        let reason = "a public input is served for chains of dense layers only; this network is none".to_owned();
        return Err(Error::Option { option: "--input", reason });
    }
    let ranges = quant::planar::Ranges::from_rows(network, rows)?;
    let tables = quant::planar::tables(network, &ranges, &quant_options(options))?;
    let default = if tables > 0 {
        circuit::planar::TABLE_BITS
    } else if network.label.is_some() || !network.cuts.is_empty() {
        // Few values, of which all but the outputs are bits or features.
        circuit::DEFAULT_BITS.0
    } else {
        circuit::planar::DEFAULT_BITS.0
    };
    let ranks = network.cuts.iter().map(Vec::len).max().unwrap_or(0);
    let rank_bits = usize::BITS - ranks.leading_zeros();
    let mut search_options = circuit::planar::SearchOptions {
        value_bits: options.value_bits.unwrap_or(default).max(rank_bits),
        remainder_bits: circuit::planar::DEFAULT_BITS.1,
        tables,
        private_bits: options.private_weights.then_some(PRIVATE_BITS),
        few_columns: options.prefer == Prefer::Columns,
    };
    loop {
        let choice = circuit::planar::search(network, &search_options)?;
        let mut model =
            quant::planar::quantize(network, &ranges, choice.digits, choice.lanes, &quant_options(options))?;
        let Some(assumed) = search_options.private_bits else { return Ok(model) };
        let (digits, bits) = (choice.digits, planar::signed_bits(model.largest_weight()));
        let needed = bits.saturating_sub(digits.remainder_bits());
        // Only ever more, so that this ends.
        if planar::limbs_of(bits, digits.limb_bits)
            > planar::limbs_of(digits.remainder_bits() + assumed, digits.limb_bits)
        {
            search_options.private_bits = Some(needed);
            continue;
        }
        model.private_weights = Some(circuit::planar::weight_limbs(&model)?);
        model.check()?;
        return Ok(model);
    }
}

/// Bits that private weights are first taken to have beyond those of a remainder.
const PRIVATE_BITS: u32 = 2;
