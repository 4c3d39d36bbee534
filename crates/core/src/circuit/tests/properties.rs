//! Random networks: the circuit against the integer executor.

use halo2_proofs::{
    dev::{MockProver, VerifyFailure},
    halo2curves::bn256::Fr,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{
    super::{
        Grid, Layout, ModelCircuit, Witness,
        fixed::signed,
        geometry::Form,
        legalize,
        placement::TensorRows,
        witness::{FirstPhase, decides},
    },
    Rig,
    audit::audit,
    lying::assigned,
};
use crate::{
    error::Error,
    graph::{
        Activation, Conv, Digits, FloatActivation, FloatLayer, Function, Input, Lanes, Layer, Map, Model, Network,
        Output, Product, Shape, Sparse, Table, Term, ValueInfo, Visibility,
    },
};

/// Small numbers that decide everything; each is taken modulo the number of choices.
#[derive(Debug, Clone)]
struct Recipe {
    input: [u8; 3],
    layers: Vec<[u8; 20]>,
    last: [u8; 20],
    lanes: [u8; 2],
    digits: u8,
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let layers = prop::collection::vec(any::<[u8; 20]>(), 1..4);
    (any::<[u8; 3]>(), layers, any::<[u8; 20]>(), any::<[u8; 2]>(), any::<u8>())
        .prop_map(|(input, layers, last, lanes, digits)| Recipe { input, layers, last, lanes, digits })
}

const DIGITS: [Digits; 3] = [
    Digits { limb_bits: 6, value_limbs: 1, remainder_limbs: 1 },
    Digits { limb_bits: 8, value_limbs: 1, remainder_limbs: 1 },
    Digits { limb_bits: 4, value_limbs: 2, remainder_limbs: 2 },
];

/// Reads numbers one after the other.
struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    fn pick(&mut self, from: usize, to: usize) -> usize {
        self.at += 1;
        from + usize::from(self.bytes[(self.at - 1) % self.bytes.len()]) % (to - from + 1)
    }
}

struct Maker {
    network: Network,
    digits: Digits,
    /// Of the weights.
    seed: u64,
}

impl Maker {
    fn weight(&mut self, fan_in: usize) -> f64 {
        self.seed = self.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let unit = f64::from(1u32 << self.digits.remainder_bits());
        let limit = (unit / (fan_in as f64).sqrt()).max(1.0);
        (((self.seed >> 33) as f64 / f64::from(1u32 << 30) - 1.0) * limit).round() / unit
    }

    /// A convolution from a tensor to some channels of planes of any size, with a stride if it must have one.
    fn conv(
        &mut self,
        b: &mut Bytes<'_>,
        source: usize,
        [output_start, outputs]: [usize; 2],
        stride: Option<[usize; 2]>,
    ) -> Conv<f64> {
        let from = self.network.shape(source);
        let input_start = if b.pick(0, 3) == 3 { from.channels / 2 } else { 0 };
        let inputs = from.channels - input_start;
        let groups = [1, inputs][b.pick(0, 1)];
        let groups = if outputs.is_multiple_of(groups) { groups } else { 1 };
        let flat = from.height == 1;
        let mut axis = |flat: bool| {
            let sizes = [b.pick(1, 3), b.pick(1, 3), b.pick(1, 2), b.pick(0, 3)];
            if flat { [1; 4] } else { sizes }
        };
        let (mut y, mut x) = (axis(flat), axis(false));
        if b.pick(0, 3) == 3 {
            // Pointwise: nothing hidden.
            (y, x) = ([1; 4], [1; 4]);
        }
        if let Some([down, right]) = stride {
            (y[1], x[1]) = (down, right);
        }
        let count = outputs * (inputs / groups) * y[0] * x[0];
        let weights = (0..count).map(|_| self.weight(count / outputs)).collect();
        Conv {
            input_start,
            inputs,
            output_start,
            outputs,
            groups,
            kernel: [y[0], x[0]],
            stride: [y[1], x[1]],
            dilation: [y[2], x[2]],
            pad: [y[3] as isize - 1, x[3] as isize - 1],
            weights,
        }
    }

    fn matrix(&mut self, source: usize, outputs: usize) -> Map<f64> {
        let from = self.network.shape(source).len();
        let column = |maker: &mut Self| (0..outputs).map(|o| (o as u32, maker.weight(from))).collect();
        Map::Sparse(Sparse { columns: (0..from).map(|_| column(self)).collect() })
    }

    fn activation(&self, pick: usize, channels: usize, clip: bool) -> FloatActivation {
        match pick {
            0 => FloatActivation::Linear,
            1 => FloatActivation::Relu,
            2 => FloatActivation::PRelu { slope: vec![0.5; channels] },
            3 if clip => FloatActivation::Clip { max: 6.0 },
            _ => FloatActivation::Table(Function::Tanh),
        }
    }

    fn push(&mut self, shape: Shape, terms: Vec<Term<f64>>, activation: FloatActivation, per_value: bool) {
        let count = if per_value { shape.len() } else { shape.channels };
        let bias = (0..count).map(|_| self.weight(1)).collect();
        self.network.layers.push(FloatLayer {
            node: format!("layer{}", self.network.layers.len()),
            op: "Conv".to_owned(),
            shape,
            terms,
            bias,
            activation,
            same_scale: None,
        });
    }

    /// One layer of one or two terms.
    fn layer(&mut self, bytes: &[u8; 20], clip: bool) {
        let mut b = Bytes { bytes, at: 0 };
        let last = self.network.layers.len();
        let (kind, source) = (b.pick(0, 9), if b.pick(0, 2) == 0 { b.pick(0, last) } else { last });
        let from = self.network.shape(source);
        let channels = b.pick(1, 4);
        let activation = self.activation(b.pick(0, if clip { 3 } else { 4 }), channels, clip);
        let per_value = b.pick(0, 5) == 5;
        let term = |source, map| Term { source, map, negative: None };
        if kind == 6 {
            let shape = Shape { channels, height: b.pick(1, 3), width: b.pick(1, 3) };
            let map = self.matrix(source, shape.len());
            return self.push(shape, vec![term(source, map)], activation, per_value);
        }
        if kind > 6 {
            return self.product(&mut b, kind, source);
        }
        let first = if kind == 5 { channels.div_ceil(2) } else { channels };
        let conv = self.conv(&mut b, source, [0, first], None);
        let size = |d: usize, len: usize| {
            let reach = conv.dilation[d] * (conv.kernel[d] - 1);
            let room = (len as isize + 2 * conv.pad[d] - reach as isize).max(1) as usize;
            room.div_ceil(conv.stride[d])
        };
        // Now and then an output size that is not the natural one.
        let shape = Shape {
            channels,
            height: if from.height == 1 { 1 } else { (size(0, from.height) + b.pick(0, 7) / 7).min(7) },
            width: (size(1, from.width) + b.pick(0, 7) / 7).min(8),
        };
        let stride = conv.stride;
        let mut terms = vec![term(source, Map::Conv(conv))];
        let other = b.pick(0, last);
        if kind == 5 && first < channels {
            let conv = self.conv(&mut b, source, [first, channels - first], Some(stride));
            terms.push(term(source, Map::Conv(conv)));
        } else if kind == 4 {
            let conv = self.conv(&mut b, other, [0, channels], (other == source).then_some(stride));
            terms.push(term(other, Map::Conv(conv)));
        } else if kind == 3 {
            let same: Option<usize> = (0..=last).rev().find(|t| self.network.shape(*t) == shape);
            if let Some(same) = same {
                let mut conv = self.conv(&mut b, same, [0, channels], None);
                (conv.input_start, conv.inputs, conv.groups) = (0, channels, channels);
                (conv.kernel, conv.stride, conv.dilation, conv.pad) = ([1; 2], [1; 2], [1; 2], [0; 2]);
                conv.weights = vec![1.0; channels];
                terms.push(term(same, Map::Conv(conv)));
            }
        }
        self.push(shape, terms, activation, per_value);
    }

    /// A scaling, a matrix product, or a product value by value.
    fn product(&mut self, b: &mut Bytes<'_>, kind: usize, source: usize) {
        let from = self.network.shape(source);
        let term = |source, map| Term { source, map, negative: None };
        let matrix = |maker: &mut Self, source: usize, shape: Shape| {
            let map = maker.matrix(source, shape.len());
            maker.push(shape, vec![term(source, map)], FloatActivation::Linear, false);
            maker.network.layers.len()
        };
        let weight = 1.0 / f64::from(1u32 << self.digits.remainder_bits());
        if kind == 7 {
            // Sometimes with itself; sometimes broadcast over channels.
            let second = (0..=self.network.layers.len()).rev().find(|t| self.network.shape(*t) == from);
            let second = second.filter(|_| b.pick(0, 1) == 0).unwrap_or(source);
            let selection = Conv::select(0, 0, from.channels);
            let wide = Conv { inputs: 1, groups: 1, ..selection.clone() };
            let map = if b.pick(0, 2) == 0 { wide } else { selection.clone() };
            let times = vec![term(second, Map::Conv(map))];
            let first = vec![term(source, Map::Conv(selection.clone()))];
            self.push(from, first, FloatActivation::Product { times }, false);
            self.network.layers.last_mut().unwrap().bias.fill(0.0);
            let rounded = selection.with_weights(vec![weight; from.channels]);
            let pairs = self.network.layers.len();
            return self.push(from, vec![term(pairs, Map::Conv(rounded))], FloatActivation::Linear, false);
        }
        let lines = if kind == 8 { 1 } else { b.pick(1, 3) };
        let source = if kind == 9 && from.height > 1 {
            matrix(self, source, Shape { channels: b.pick(1, 3), height: 1, width: b.pick(1, 5) })
        } else {
            source
        };
        let from = self.network.shape(source);
        let factor = Shape { channels: from.channels, height: 1, width: lines };
        let factor = if b.pick(0, 3) == 0 && self.network.shape(source) == factor {
            source
        } else {
            matrix(self, b.pick(0, source), factor)
        };
        let groups = if b.pick(0, 1) == 0 { 1 } else { from.channels };
        let height = if lines > 1 { lines } else { from.height };
        let mut terms = vec![term(source, Map::Product(Product { factor, groups, weight }))];
        let shape = Shape { channels: groups, height, width: from.width };
        if lines == 1 && groups == from.channels && b.pick(0, 1) == 0 {
            let copy = Conv::select(0, 0, groups);
            terms.push(term(source, Map::Conv(copy)));
        }
        let activation = self.activation(b.pick(0, 2), groups, false);
        self.push(shape, terms, activation, b.pick(0, 5) == 5);
    }

    fn end(&mut self, bytes: &[u8; 20], clip: bool) {
        let mut b = Bytes { bytes, at: 0 };
        let source = self.network.layers.len();
        let from = self.network.shape(source);
        let outputs = b.pick(2, 4);
        let map = if b.pick(0, 1) == 0 {
            self.matrix(source, outputs)
        } else {
            let mut conv = self.conv(&mut b, source, [0, outputs], None);
            (conv.input_start, conv.inputs, conv.groups) = (0, from.channels, 1);
            (conv.kernel, conv.stride, conv.dilation, conv.pad) = ([from.height, from.width], [1; 2], [1; 2], [0; 2]);
            conv.weights = (0..outputs * from.len()).map(|_| self.weight(from.len())).collect();
            Map::Conv(conv)
        };
        let activation = match b.pick(0, 5) {
            0 => FloatActivation::Threshold { at: 0.0 },
            1 => FloatActivation::ArgMax,
            2 => FloatActivation::Relu,
            3 => self.activation(3, outputs, clip),
            _ => FloatActivation::Linear,
        };
        self.push(Shape::vector(outputs), vec![Term { source, map, negative: None }], activation, false);
    }
}

impl Recipe {
    /// The arranged network, none where it is refused for a reason that is known.
    fn network(&self, digits: Digits) -> Option<Network> {
        let mut b = Bytes { bytes: &self.input, at: 0 };
        let input_shape = Shape { channels: b.pick(1, 3), height: b.pick(1, 6), width: b.pick(1, 7) };
        let value_info = ValueInfo::new("x", vec![1, input_shape.len()]);
        let network = Network {
            name: "random".to_owned(),
            input: value_info.clone(),
            input_shape,
            output: value_info,
            layers: Vec::new(),
            finish: None,
            parts: Vec::new(),
            cuts: Vec::new(),
            missing: Vec::new(),
            records: None,
            committed: None,
            whole: Vec::new(),
        };
        let mut maker = Maker { network, digits, seed: u64::from(self.last[19]) };
        let clip = self.digits.is_multiple_of(2) || digits.value_limbs > 1;
        self.layers.iter().for_each(|layer| maker.layer(layer, clip));
        maker.end(&self.last, clip);
        served(legalize(maker.network))
    }

    fn lanes(&self) -> Lanes {
        Lanes { activations: 1 + usize::from(self.lanes[0]) % 8, weights: 2 + usize::from(self.lanes[1]) % 7 }
    }

    /// The model, and the widest input codes for which no value leaves its range.
    fn model(&self) -> Option<(Model, Vec<i64>)> {
        let digits = DIGITS[usize::from(self.digits) % DIGITS.len()];
        let model = integers(&self.network(digits)?, digits, self.lanes());
        model.check().unwrap();
        let top = (1i64 << digits.value_bits()) - 1;
        let code = |index: usize| (index as i64 * 67 + i64::from(self.last[18])) % (2 * top) - top;
        let codes: Vec<i64> = (0..model.input.shape.len()).map(code).collect();
        let mut shrunk = (0..10).map(|shift| codes.iter().map(|code| code >> shift).collect::<Vec<_>>());
        let fits = shrunk.find(|codes| model.run(codes.clone()).is_ok());
        fits.map(|codes| (model, codes))
    }
}

/// Weights in units of 2^−s; slopes multiplied in.
fn integers(network: &Network, digits: Digits, lanes: Lanes) -> Model {
    let unit = f64::from(1u32 << digits.remainder_bits());
    let top = (1i64 << digits.value_bits()) - 1;
    let prelu =
        |source: usize| source > 0 && matches!(network.layers[source - 1].activation, FloatActivation::PRelu { .. });
    let mut tables = Vec::new();
    let mut layers = Vec::new();
    for layer in &network.layers {
        let threshold = matches!(layer.activation, FloatActivation::Threshold { .. });
        let integer = |weight: f64| {
            let weight = (weight * unit).round() as i64;
            if threshold { weight / 2 * 2 } else { weight }
        };
        let multiplies = !layer.times().is_empty();
        let map = |map: &Map<f64>, by: f64| match map {
            Map::Conv(conv) if multiplies => {
                Map::Conv(conv.with_weights(conv.weights.iter().map(|weight| (weight * by.signum()) as i64).collect()))
            }
            Map::Conv(conv) => {
                Map::Conv(conv.with_weights(conv.weights.iter().map(|weight| integer(weight * by)).collect()))
            }
            Map::Sparse(sparse) => {
                let column = |column: &Vec<(u32, f64)>| column.iter().map(|(o, w)| (*o, integer(w * by))).collect();
                Map::Sparse(Sparse { columns: sparse.columns.iter().map(column).collect() })
            }
            Map::Product(Product { factor, groups, weight }) => {
                Map::Product(Product { factor: *factor, groups: *groups, weight: integer(weight * by) })
            }
        };
        let term = |term: &Term<f64>| Term {
            source: term.source,
            map: map(&term.map, 1.0),
            negative: prelu(term.source).then(|| map(&term.map, -0.5)),
        };
        let activation = match &layer.activation {
            FloatActivation::Linear => Activation::Linear,
            FloatActivation::Relu | FloatActivation::Quantize { .. } => Activation::Relu,
            FloatActivation::PRelu { .. } => Activation::PRelu,
            FloatActivation::Clip { .. } => Activation::Clip,
            FloatActivation::Threshold { .. } => Activation::Threshold,
            FloatActivation::ArgMax => Activation::ArgMax,
            FloatActivation::Record => Activation::Record,
            FloatActivation::Table(_) => {
                let values =
                    (0..1i64 << digits.limb_bits).map(|a| (a * 37 + 11 * tables.len() as i64) % (2 * top) - top);
                tables.push(Table { base: values.collect(), slope: Vec::new(), absent: Vec::new() });
                Activation::Table(tables.len() - 1)
            }
            FloatActivation::Product { times } => Activation::Product { times: times.iter().map(term).collect() },
        };
        let bias = layer.bias.iter().map(|bias| (bias * unit).round() as i64);
        layers.push(Layer {
            node: layer.node.clone(),
            op: layer.op.clone(),
            shape: layer.shape,
            terms: layer.terms.iter().map(term).collect(),
            bias: bias.map(|bias| if threshold { bias | 1 } else { bias }).collect(),
            activation,
        });
    }
    let last = layers.last().unwrap();
    let outputs = if last.activation == Activation::ArgMax { 1 } else { last.shape.len() };
    let scale = vec![1.0; last.shape.channels];
    let input = Input {
        value_info: network.input.clone(),
        shape: network.input_shape,
        scale: vec![1.0; network.input_shape.channels],
        zero_point: Vec::new(),
        cuts: Vec::new(),
        missing: Vec::new(),
        visibility: Visibility::Private,
        records: None,
    };
    let value_info = ValueInfo::new("y", vec![1, outputs]);
    let output = Output { value_info, scale, thresholds: Vec::new(), finish: None, schema: None };
    Model { name: network.name.clone(), digits, lanes, input, layers, tables, output, private_weights: None }
}

/// None for what no layout serves: a layer that reads one tensor with two strides, directly or through others.
fn served<T>(outcome: Result<T, Error>) -> Option<T> {
    match outcome {
        Ok(served) => Some(served),
        Err(Error::Graph { reason, .. }) if reason.contains("strides that multiply") => None,
        Err(error) => panic!("{error}"),
    }
}

fn satisfied(model: &Model, layout: &Layout, first: &FirstPhase, output: &[i64]) -> bool {
    let circuit = assigned(ModelCircuit { model, layout, witness: Some(first) });
    let offset = layout.params.output.code().offset;
    let mut instance: Vec<Fr> = output.iter().map(|code| signed(code + offset)).collect();
    instance.extend([Fr::from(1), Fr::from(2)]);
    let failures = MockProver::run(layout.k, &circuit, vec![instance]).unwrap().verify().err().unwrap_or_default();
    // On row 0 the argmax gate reads the row above, and cancels it; the mock prover does not see that it does.
    let poisoned = |failure: &VerifyFailure| matches!(failure, VerifyFailure::ConstraintPoisoned { constraint } if format!("{constraint}").contains("argmax"));
    failures.iter().all(poisoned)
}

#[test]
fn random_networks_have_every_form_and_are_seldom_refused() {
    let mut runner = TestRunner::deterministic();
    let (mut refused, mut seen) = (0, [0usize; 9]);
    for _ in 0..400 {
        let recipe = recipes().new_tree(&mut runner).unwrap().current();
        let Some(network) = recipe.network(DIGITS[0]) else {
            refused += 1;
            continue;
        };
        let layout = Layout::new(&integers(&network, DIGITS[0], recipe.lanes())).unwrap();
        let lanes = layout.params.lanes.activations;
        let stored = |form: Form| layout.tensors.iter().any(|tensor| tensor.storage.form == form);
        let native = |tensor: &TensorRows| tensor.storage.form == Form::Native;
        let kinds = [
            stored(Form::Lines),
            stored(Form::Scattered),
            layout.tensors.iter().any(|tensor| tensor.step > 1),
            layout.tensors.iter().any(|tensor| native(tensor) && tensor.sections.len() > 1),
            layout.rows.iter().any(|row| row.hidden && row.mask.count_ones() < lanes as u32),
            layout.rows.iter().any(|row| row.negative_head),
            layout.params.pairs,
            layout.params.products,
            !layout.params.spreads.is_empty(),
        ];
        seen.iter_mut().zip(kinds).for_each(|(seen, kind)| *seen += usize::from(kind));
    }
    assert!(refused < 100 && seen.iter().all(|seen| *seen >= 10), "{refused} refused, {seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn layouts_of_random_networks_mean_their_models(recipe in recipes()) {
        let digits = DIGITS[0];
        let Some(network) = recipe.network(digits) else { return Ok(()) };
        let model = integers(&network, digits, recipe.lanes());
        if model.tables.is_empty() || model.layers.iter().all(|layer| layer.activation != Activation::Clip) {
            model.check().unwrap();
            let layout = Layout::new(&model).unwrap();
            audit(&model, &layout);
            let shape = model.input.shape;
            let elements = (0..shape.len()).map(|index| (index / shape.plane(), index % shape.plane()));
            let at = |(channel, cell)| layout.tensors[0].position(channel, cell / shape.width, cell % shape.width);
            let grid = Grid::new(&layout.tensors[0], layout.params.lanes.activations);
            prop_assert_eq!(grid.cells().collect::<Vec<_>>(), elements.map(at).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn circuits_of_random_networks_hold_for_the_executor_only(recipe in recipes(), at in any::<prop::sample::Index>()) {
        let Some((model, input)) = recipe.model() else { return Ok(()) };
        let layout = Layout::new(&model).unwrap();
        let witness = Witness::new(&model, &layout, input.clone()).unwrap();
        let reference = model.run(input).unwrap();
        prop_assert_eq!(witness.output(), reference.codes.last().unwrap());
        prop_assert!(satisfied(&model, &layout, &witness.first, witness.output()));
        // The lowest limb of an element or a free cell, off by one.
        let lanes = layout.params.lanes.activations;
        let matters = |(row, lane): &(usize, usize)| {
            let placed = &layout.rows[*row];
            let free = placed.hidden && !decides(&model, placed.tensor);
            placed.tensor > 0 && (placed.mask >> lane & 1 == 1 || free)
        };
        let cells: Vec<_> = (0..layout.rows.len()).flat_map(|row| (0..lanes).map(move |l| (row, l))).filter(matters).collect();
        let (row, lane) = cells[at.index(cells.len())];
        let mut first = witness.first.clone();
        let limb = &mut first.lanes[lane].limbs[0][row];
        *limb += if *limb == 0 { 1 } else { -1 };
        first.count(&model, &layout);
        prop_assert!(!satisfied(&model, &layout, &first, witness.output()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn proofs_of_random_networks_are_accepted(recipe in recipes()) {
        let Some((model, input)) = recipe.model() else { return Ok(()) };
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let verified = rig.attempt(&witness.first, &[], &codes).unwrap();
        prop_assert_eq!(verified.outputs, rig.model.output_values(witness.output()));
    }
}
