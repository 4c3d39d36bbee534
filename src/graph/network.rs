//! A float network of either form.

use super::{Ending, Port, chain, planar};

/// A float network of either form, as imported.
#[derive(Debug, Clone, PartialEq)]
pub enum Network {
    /// A chain of dense layers.
    Chain(chain::Network),
    /// A graph of planes.
    Planar(planar::Network),
}

impl From<chain::Network> for Network {
    fn from(network: chain::Network) -> Self {
        Self::Chain(network)
    }
}

impl From<planar::Network> for Network {
    fn from(network: planar::Network) -> Self {
        Self::Planar(network)
    }
}

impl Network {
    /// Name of the graph.
    pub fn name(&self) -> &str {
        match self {
            Self::Chain(network) => &network.name,
            Self::Planar(network) => &network.name,
        }
    }

    /// The private input.
    pub const fn input(&self) -> &Port {
        match self {
            Self::Chain(network) => &network.input,
            Self::Planar(network) => &network.input,
        }
    }

    /// The output.
    pub const fn output(&self) -> &Port {
        match self {
            Self::Chain(network) => &network.output,
            Self::Planar(network) => &network.output,
        }
    }

    /// What the last layer gives.
    pub fn ending(&self) -> Ending {
        match self {
            Self::Chain(network) => match network.layers.last().map(|layer| layer.activation) {
                Some(chain::FloatActivation::Threshold { .. }) => Ending::Threshold,
                Some(chain::FloatActivation::ArgMax) => Ending::ArgMax,
                _ => Ending::Values,
            },
            Self::Planar(network) => match network.layers.last().map(|layer| &layer.activation) {
                Some(planar::FloatActivation::Threshold { .. }) => Ending::Threshold,
                Some(planar::FloatActivation::ArgMax) => Ending::ArgMax,
                _ => Ending::Values,
            },
        }
    }

    /// The output values on input values (both flat, ONNX order), with the final softmax.
    pub fn eval(&self, input: &[f64]) -> Vec<f64> {
        match self {
            Self::Chain(network) => network.eval(input),
            Self::Planar(network) => {
                let mut values = network.eval(input);
                if let Some(part) = network.softmax {
                    part.apply(&mut values);
                }
                values
            }
        }
    }

    /// The class that output values stand for, comparable between two outputs of one network: the one that is an output, the
    /// index after an argmax, the largest of several values, the decision at ½ of a single probability, all decisions of a
    /// threshold. None where the output is no class.
    pub fn class(&self, values: &[f64]) -> Option<Vec<usize>> {
        if let Self::Planar(planar::Network { label: Some(label), .. }) = self {
            return values.get(*label).map(|class| vec![class.round() as usize]);
        }
        let decisions = || values.iter().map(|value| usize::from(*value >= 0.5)).collect();
        match self.ending() {
            Ending::ArgMax => values.first().map(|index| vec![*index as usize]),
            Ending::Threshold => Some(decisions()),
            Ending::Values if values.len() > 1 => {
                let largest = |best, (i, value): (usize, &f64)| if *value > values[best] { i } else { best };
                Some(vec![values.iter().enumerate().fold(0, largest)])
            }
            Ending::Values => self.ends_in_sigmoid().then(decisions),
        }
    }

    /// Whether the last layer gives probabilities, each for itself.
    fn ends_in_sigmoid(&self) -> bool {
        use planar::{FloatActivation::Table, Function};
        match self {
            Self::Chain(network) => {
                network.layers.last().is_some_and(|layer| layer.activation == chain::FloatActivation::Sigmoid)
            }
            Self::Planar(network) => network.layers.last().is_some_and(|layer| {
                matches!(layer.activation, Table(Function::Sigmoid | Function::HardSigmoid { .. }))
            }),
        }
    }
}
