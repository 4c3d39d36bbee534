//! The float network, and what its output means.

use super::{Decision, Finish, FinishFunction, FloatActivation, Function, Shape, Term, ValueInfo};

/// A layer of the float network.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatLayer {
    /// Name of the ONNX node that errors about this layer name.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// Shape of the tensor it makes.
    pub shape: Shape,
    /// At least one.
    pub terms: Vec<Term<f64>>,
    /// One value per channel, or one per value.
    pub bias: Vec<f64>,
    /// What follows.
    pub activation: FloatActivation,
    /// The tensor whose scales (per channel) this layer's codes must share, so that exact differences and selections
    /// stay exact (max pooling). `None`: scales of its own.
    pub same_scale: Option<usize>,
}

impl FloatLayer {
    /// The second factors of a layer of products; none otherwise.
    pub fn times(&self) -> &[Term<f64>] {
        match &self.activation {
            FloatActivation::Product { times } => times,
            _ => &[],
        }
    }

    /// All terms, those of both factors.
    pub fn all_terms(&self) -> impl Iterator<Item = &Term<f64>> {
        self.terms.iter().chain(self.times())
    }

    /// All terms, those of both factors.
    pub fn all_terms_mut(&mut self) -> impl Iterator<Item = &mut Term<f64>> {
        let times = match &mut self.activation {
            FloatActivation::Product { times } => &mut times[..],
            _ => &mut [],
        };
        self.terms.iter_mut().chain(times)
    }
}

/// A float network.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Name of the graph.
    pub name: String,
    /// The private input.
    pub input: ValueInfo,
    /// Its shape as planes.
    pub input_shape: Shape,
    /// The output; one value per value of the last layer, or a single one after `ArgMax`.
    pub output: ValueInfo,
    /// At least one layer, in topological order.
    pub layers: Vec<FloatLayer>,
    /// The Softmax or Sigmoid in which the graph ends: the circuit's outputs are its arguments, and whoever reads them
    /// applies it.
    pub finish: Option<Finish>,
    /// The output value that is a class, where the graph gives one beside other values.
    pub label: Option<usize>,
    /// Per input value the numbers that it is compared with, where comparisons with constants alone read it: the
    /// network then computes on its [`rank`]. `None` for a value that is read as a number; empty where all are.
    pub cuts: Vec<Option<Vec<f64>>>,
    /// Per input value what stands for a missing one (NaN): a number, or an infinity beyond all numbers where it has
    /// cuts. `None` where it may not be missing; empty where none may.
    pub missing: Vec<Option<f64>>,
}

/// How many of the increasing cuts a value reaches: `x ≥ cuts[c − 1]` is `rank ≥ c`.
pub fn rank(cuts: &[f64], x: f64) -> usize {
    cuts.partition_point(|cut| *cut <= x)
}

impl Network {
    /// Whether a layer is a comparison that others read.
    pub fn compares(&self) -> bool {
        let inner = self.layers.split_last().map_or(&[][..], |(_, inner)| inner);
        inner.iter().any(|layer| matches!(layer.activation, FloatActivation::Threshold { .. }))
    }

    /// Shape of a tensor; tensor 0 is the input.
    pub fn shape(&self, tensor: usize) -> Shape {
        tensor.checked_sub(1).map_or(self.input_shape, |layer| self.layers[layer].shape)
    }

    /// What the network gives in place of values; `None` where it gives values.
    pub fn decision(&self) -> Option<Decision> {
        self.last_activation().and_then(FloatActivation::decision)
    }

    /// The output values on input values (both flat, ONNX order), with what the reader of the output applies.
    pub fn predict(&self, input: &[f64]) -> Vec<f64> {
        let mut values = self.eval(input);
        self.finish.iter().for_each(|finish| finish.apply(&mut values));
        values
    }

    /// The class that output values stand for, comparable between two outputs of one network: the one that is an
    /// output, the index after an argmax, the largest of several values, the decision at ½ of a single probability, all
    /// decisions of a threshold. None where the output is no class.
    pub fn class(&self, values: &[f64]) -> Option<Vec<usize>> {
        if let Some(label) = self.label {
            return values.get(label).map(|class| vec![class.round() as usize]);
        }
        let decisions = || values.iter().map(|value| usize::from(*value >= 0.5)).collect();
        match self.decision() {
            Some(Decision::ArgMax) => values.first().map(|index| vec![*index as usize]),
            Some(Decision::Threshold) => Some(decisions()),
            None if values.len() > 1 => {
                let largest = |best, (i, value): (usize, &f64)| if *value > values[best] { i } else { best };
                Some(vec![values.iter().enumerate().fold(0, largest)])
            }
            None => self.gives_probabilities().then(decisions),
        }
    }

    /// What each score (a value of the last layer, or what a decision compares) must reach for its class to be 1;
    /// `None` where the class is that of the largest of several values, or there is none.
    pub fn decides_at(&self) -> Option<f64> {
        match self.last_activation() {
            Some(FloatActivation::Threshold { at }) => Some(*at),
            _ if self.output.len() != 1 || !self.gives_probabilities() => None,
            // The sigmoid of 0 is ½.
            _ => Some(if self.finish.is_some() { 0.0 } else { 0.5 }),
        }
    }

    /// Whether the output is one vector of scores or a decision, so that [`Network::class`] says what it is for.
    pub fn is_classifier(&self) -> bool {
        let wide = self.output.shape.iter().filter(|size| **size > 1).count();
        match self.decision() {
            Some(_) => true,
            None => self.gives_class() || wide == 1 || self.decides_at().is_some(),
        }
    }

    /// Whether one of the output values is a class.
    pub const fn gives_class(&self) -> bool {
        self.label.is_some()
    }

    fn last_activation(&self) -> Option<&FloatActivation> {
        self.layers.last().map(|layer| &layer.activation)
    }

    /// Whether the output values are probabilities, each for itself.
    fn gives_probabilities(&self) -> bool {
        let sigmoid = Function::Sigmoid;
        let last = self.last_activation().is_some_and(|last| match last {
            FloatActivation::Table(function) => {
                *function == sigmoid || matches!(function, Function::HardSigmoid { .. })
            }
            _ => false,
        });
        last || self.finish.is_some_and(|finish| finish.function == FinishFunction::Sigmoid)
    }
}
