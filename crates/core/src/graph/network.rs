//! The float network, and what its output means.

use crate::schema::{Records, Schema};

use super::{Conv, Decision, Finish, FloatActivation, Function, Map, Meaning, OutputPart, Shape, Term, ValueInfo};

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

    /// A copy of a tensor of this shape, named as what makes the tensor.
    pub fn copy(node: &str, op: &str, source: usize, shape: Shape) -> Self {
        Self {
            node: node.to_owned(),
            op: op.to_owned(),
            shape,
            terms: vec![Term { source, map: Map::Conv(Conv::select(0, 0, shape.channels)), negative: None }],
            bias: vec![0.0; shape.channels],
            activation: FloatActivation::Linear,
            same_scale: None,
        }
    }

    /// Whether it multiplies tensors.
    pub fn multiplies(&self) -> bool {
        !self.times().is_empty() || self.all_terms().any(|term| term.map.factor().is_some())
    }

    /// Reads tensors by their new numbers.
    pub fn renumber(&mut self, new: impl Fn(usize) -> usize) {
        for term in self.all_terms_mut() {
            term.source = new(term.source);
            if let Map::Product(product) = &mut term.map {
                product.factor = new(product.factor);
            }
        }
        self.same_scale = self.same_scale.map(new);
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
    /// The graph's outputs, which the values of `output` are one after the other; none where that is all that is known.
    pub parts: Vec<OutputPart>,
    /// Per input value the numbers that it is compared with, where comparisons with constants alone read it: the
    /// network then computes on its [`rank`]. `None` for a value that is read as a number; empty where all are.
    pub cuts: Vec<Option<Vec<f64>>>,
    /// Per input value what stands for a missing one (NaN): a number, or an infinity beyond all numbers where it has
    /// cuts. `None` where it may not be missing; empty where none may.
    pub missing: Vec<Option<f64>>,
    /// What the input is records of, where it is committed to: tensor 0 then has, in place of ranks, the records'
    /// integers, and in place of numbers what the integers stand for.
    pub records: Option<Records>,
    /// What the output is a record of, where it is committed to: the last tensor then has the record's integers.
    pub committed: Option<Schema>,
    /// Per input value whether it is an integer or a truth value; empty where all are real numbers.
    pub whole: Vec<bool>,
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

    /// Whether a value of the input is read by comparisons alone.
    pub fn is_ranked(&self, element: usize) -> bool {
        matches!(self.cuts.get(element), Some(Some(_)))
    }

    /// The largest number that tensor 0 has in place of a value that comparisons alone read; `None` for others.
    pub fn largest_rank(&self, element: usize) -> Option<u64> {
        let cuts = self.cuts.get(element)?.as_ref()?;
        Some(self.records.as_ref().map_or(cuts.len() as u64, |records| records.largest_of(element)))
    }

    /// Puts a layer in front of the layer of this index; the others go on reading the tensors that they read.
    pub fn insert(&mut self, index: usize, layer: FloatLayer) {
        for later in self.layers.iter_mut().skip(index) {
            later.renumber(|tensor| tensor + usize::from(tensor > index));
        }
        self.layers.insert(index, layer);
    }

    /// Shape of a tensor; tensor 0 is the input.
    pub fn shape(&self, tensor: usize) -> Shape {
        tensor.checked_sub(1).map_or(self.input_shape, |layer| self.layers[layer].shape)
    }

    /// Whether the codes of a layer are the integers of a committed output: those of the last one, and of what it copies.
    pub fn is_record(&self, layer: usize) -> bool {
        self.committed.is_some() && layer + 2 >= self.layers.len()
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

    /// The outputs with what their values are, as the graph, its end or a decision has them; at least one.
    pub fn parts(&self) -> Vec<OutputPart> {
        let whole = |meaning| vec![OutputPart { value_info: self.output.clone(), meaning }];
        if self.decision().is_some() {
            return whole(Meaning::Integers);
        }
        let mut parts = if self.parts.is_empty() { whole(Meaning::Values) } else { self.parts.clone() };
        let alone = parts.len() == 1;
        let mut end = 0;
        for part in &mut parts {
            let start = end;
            end += part.value_info.len();
            let finished = self.finish.is_some_and(|f| f.start < end && start < f.start.saturating_add(f.len));
            if finished || alone && self.ends_in_sigmoid() {
                part.meaning = Meaning::Probabilities;
            }
        }
        parts
    }

    /// Whether the graph gives classes or other whole numbers itself, beside other values or alone.
    pub fn gives_integers(&self) -> bool {
        self.parts.iter().any(|part| part.meaning == Meaning::Integers)
    }

    fn last_activation(&self) -> Option<&FloatActivation> {
        self.layers.last().map(|layer| &layer.activation)
    }

    /// Whether the last layer makes a probability of each value.
    fn ends_in_sigmoid(&self) -> bool {
        matches!(self.last_activation(), Some(FloatActivation::Table(Function::Sigmoid | Function::HardSigmoid { .. })))
    }
}
