use super::{
    super::{Input, Lanes, Output, Sparse, Table},
    *,
};
use crate::graph::{Digits, Finish, ValueInfo, Visibility};

fn conv(inputs: usize, outputs: usize, groups: usize, kernel: usize, pad: isize, seed: i64) -> Conv<i64> {
    let len = outputs * inputs / groups * kernel * kernel;
    Conv {
        input_start: 0,
        inputs,
        output_start: 0,
        outputs,
        groups,
        kernel: [kernel; 2],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [pad; 2],
        weights: (0..len as i64).map(|i| 2 * ((i * 29 + seed) % 41 - 20)).collect(),
    }
}

fn layer(node: &str, shape: Shape, terms: Vec<Term<i64>>, activation: Activation) -> Layer {
    let bias = (0..shape.channels as i64).map(|o| 2 * (o * 11 % 7) - 5).collect();
    Layer { node: node.to_owned(), op: "Conv".to_owned(), shape, terms, bias, activation }
}

/// 2×4×4 → PRelu 3×4×4 → Relu 3×4×4 → Table 3×4×4 → Clip 5×4×4 (concatenation and residual) → a vector of 4.
pub(crate) fn sample(last: Activation) -> Model {
    let outputs = if last == Activation::ArgMax { 1 } else { 4 };
    let plane = |channels| Shape { channels, height: 4, width: 4 };
    let term = |source, map| Term { source, map, negative: None };
    let with_negative = |source, conv: Conv<i64>| {
        let negative = Conv { weights: conv.weights.iter().map(|k| -k / 2).collect(), ..conv.clone() };
        Term { source, map: Map::Conv(conv), negative: Some(Map::Conv(negative)) }
    };
    let shifted = Conv { input_start: 1, output_start: 3, ..conv(1, 2, 1, 1, 0, 4) };
    let columns = (0..80).map(|i| vec![(i % 3, 2 * i64::from(i) - 60), (3, 2 * i64::from(i % 5) + 2)]).collect();
    Model {
        name: "sample".to_owned(),
        digits: Digits { limb_bits: 8, value_limbs: 2, remainder_limbs: 1 },
        lanes: Lanes { activations: 4, weights: 8 },
        input: Input {
            value_info: ValueInfo::new("x", vec![1, 2, 4, 4]),
            shape: plane(2),
            scale: vec![0.5, 0.25],
            zero_point: Vec::new(),
            cuts: Vec::new(),
            missing: Vec::new(),
            visibility: Visibility::Private,
            records: None,
        },
        layers: vec![
            layer("conv", plane(3), vec![term(0, Map::Conv(conv(2, 3, 1, 3, 1, 1)))], Activation::PRelu),
            layer("depthwise", plane(3), vec![with_negative(1, conv(3, 3, 3, 1, 0, 2))], Activation::Relu),
            layer("table", plane(3), vec![term(2, Map::Conv(conv(3, 3, 1, 1, 0, 3)))], Activation::Table(0)),
            layer(
                "concat",
                plane(5),
                vec![with_negative(1, conv(3, 3, 3, 1, 0, 2)), term(3, Map::Conv(shifted))],
                Activation::Clip,
            ),
            layer("dense", Shape::vector(4), vec![term(4, Map::Sparse(Sparse { columns }))], last),
        ],
        tables: vec![Table {
            base: (0..250).map(|j| 200 * j - 20_000).collect(),
            slope: (0..250).map(|j| 3 - j % 7).collect(),
            absent: Vec::new(),
        }],
        output: Output {
            value_info: ValueInfo::new("y", vec![1, outputs]),
            scale: vec![1.0, 2.0, 0.5, 0.125],
            thresholds: Vec::new(),
            finish: None,
            schema: None,
        },
        private_weights: None,
    }
}

fn conv_of(layer: &mut Layer) -> &mut Conv<i64> {
    match &mut layer.terms[0].map {
        Map::Conv(conv) => conv,
        _ => panic!("not a convolution"),
    }
}

fn sparse_of(model: &mut Model) -> &mut Sparse<i64> {
    match &mut model.layers[4].terms[0].map {
        Map::Sparse(sparse) => sparse,
        _ => panic!("not a matrix"),
    }
}

#[test]
fn sound_models_pass() {
    for last in [Activation::Linear, Activation::Relu, Activation::Clip, Activation::Threshold, Activation::ArgMax] {
        sample(last).check().unwrap();
    }
    let mut per_value = sample(Activation::Linear);
    per_value.layers[0].bias = vec![1; 48];
    per_value.check().unwrap();
}

#[test]
fn malformed_models_are_refused() {
    let cases: Vec<(&str, fn(&mut Model))> = vec![
        ("digits", |m| m.digits.limb_bits = 1),
        ("activation lanes", |m| m.lanes.activations = 65),
        ("weight lanes", |m| m.lanes.weights = 0),
        ("no layers", |m| m.layers.clear()),
        ("an empty shape", |m| m.layers[1].shape.height = 0),
        ("an overflowing shape", |m| m.layers[1].shape.height = usize::MAX),
        ("too many values", |m| m.layers[1].shape = Shape { channels: 1 << 13, height: 1 << 7, width: 1 << 7 }),
        ("input shape", |m| m.input.value_info.shape = vec![1, 2, 4]),
        ("input scales", |m| m.input.scale.truncate(1)),
        ("a negative scale", |m| m.input.scale[0] = -1.0),
        ("an infinite input", |m| m.input.scale[0] = 1e305),
        ("a NaN scale", |m| m.input.scale[1] = f64::NAN),
        ("no terms", |m| m.layers[2].terms.clear()),
        ("a later source", |m| m.layers[1].terms[0].source = 2),
        ("input channels", |m| conv_of(&mut m.layers[0]).input_start = 1),
        ("no input channels", |m| conv_of(&mut m.layers[0]).inputs = 0),
        ("output channels", |m| conv_of(&mut m.layers[0]).output_start = usize::MAX),
        ("no groups", |m| conv_of(&mut m.layers[0]).groups = 0),
        ("odd groups", |m| conv_of(&mut m.layers[0]).groups = 2),
        ("kernel", |m| conv_of(&mut m.layers[0]).kernel[0] = 0),
        ("large kernel", |m| conv_of(&mut m.layers[0]).kernel[1] = usize::MAX),
        ("stride", |m| conv_of(&mut m.layers[0]).stride[0] = 0),
        ("dilation", |m| conv_of(&mut m.layers[0]).dilation[1] = 0),
        ("large dilation", |m| conv_of(&mut m.layers[0]).dilation[1] = MAX_EXTENT + 1),
        ("pad", |m| conv_of(&mut m.layers[0]).pad[1] = isize::MIN),
        ("missing weight", |m| conv_of(&mut m.layers[0]).weights.truncate(5)),
        ("bias", |m| m.layers[0].bias.truncate(2)),
        ("missing negative map", |m| m.layers[1].terms[0].negative = None),
        ("negative map of a Relu", |m| m.layers[2].terms[0].negative = Some(m.layers[2].terms[0].map.clone())),
        ("negative map of another form", |m| {
            let Some(Map::Conv(negative)) = &mut m.layers[1].terms[0].negative else { panic!() };
            negative.pad = [1, 1];
        }),
        ("sparse negative map", |m| {
            m.layers[1].terms[0].negative = Some(Map::Sparse(Sparse { columns: vec![vec![]; 48] }));
        }),
        ("missing column", |m| sparse_of(m).columns.truncate(79)),
        ("output index", |m| sparse_of(m).columns[3][1].0 = 4),
        ("order of outputs", |m| sparse_of(m).columns[3].swap(0, 1)),
        ("output twice", |m| sparse_of(m).columns[3][0].0 = 3),
        ("table index", |m| m.layers[2].activation = Activation::Table(1)),
        ("unused table", |m| m.layers[2].activation = Activation::Relu),
        ("a table of odd length", |m| m.tables[0] = table(vec![0; 249], vec![0; 249])),
        ("more segments than a limb holds", |m| m.tables[0] = table(vec![0; 258], vec![0; 258])),
        ("table of nothing", |m| m.tables[0] = table(vec![], vec![])),
        ("fewer slopes than segments", |m| m.tables[0].slope.truncate(248)),
        ("no slopes for codes of two limbs", |m| m.tables[0].slope.clear()),
        ("table value", |m| m.tables[0].base[3] = 1 << 31),
        ("table minimum", |m| m.tables[0].base[3] = i64::MIN),
        ("table value at the end of a segment", |m| m.tables[0].slope[3] = 1 << 24),
        ("table slope", |m| m.tables[0].slope[3] = i64::MIN),
        ("an absent segment with a code", |m| m.tables[0].absent = vec![3]),
        ("the first segment absent", |m| m.tables[0] = without(&[0])),
        ("an absent segment that is none", |m| m.tables[0] = without(&[250])),
        ("an absent segment twice", |m| m.tables[0] = without(&[3, 3])),
        ("absent segments out of order", |m| m.tables[0] = without(&[4, 3])),
        ("an inner threshold with even biases", |m| {
            m.layers[1].activation = Activation::Threshold;
            m.layers[1].bias.fill(2);
        }),
        ("inner ArgMax", |m| m.layers[1].activation = Activation::ArgMax),
        ("last PRelu", |m| m.layers[4].activation = Activation::PRelu),
        ("last planes", |m| m.layers.truncate(4)),
        ("output shape", |m| m.output.value_info.shape = vec![1, 5]),
        ("output scales", |m| m.output.scale.truncate(3)),
        ("zero output scale", |m| m.output.scale[1] = 0.0),
        ("threshold", |m| m.output.thresholds = vec![f64::INFINITY]),
        ("thresholds of no decision", |m| m.output.thresholds = vec![0.0, 1.0]),
        ("softmax of other values", |m| m.output.finish = Some(Finish { start: 2, ..Finish::softmax(3) })),
        ("sigmoid of other values", |m| m.output.finish = Some(Finish::sigmoid(5))),
        ("too few zero points", |m| m.input.zero_point = vec![0]),
        ("a large zero point", |m| m.input.zero_point = vec![0, (1 << 48) + 1]),
        ("the least zero point", |m| m.input.zero_point = vec![i64::MIN, 0]),
        ("zero points beside cuts", |m| {
            m.input.scale.fill(1.0);
            m.input.zero_point = vec![0; 2];
            m.input.cuts = vec![Some(Vec::new()); 32];
        }),
        ("cuts beside wider scales", |m| m.input.cuts = vec![Some(Vec::new()); 32]),
        ("too few cuts", |m| {
            m.input.scale.fill(1.0);
            m.input.cuts = vec![Some(Vec::new()); 31];
        }),
        ("equal cuts", |m| {
            m.input.scale.fill(1.0);
            m.input.cuts = vec![Some(vec![1.0, 1.0]); 32];
        }),
        ("a cut that is no number", |m| {
            m.input.scale.fill(1.0);
            m.input.cuts = vec![Some(vec![f64::NAN]); 32];
        }),
        ("more cuts than codes", |m| {
            m.input.scale.fill(1.0);
            m.input.cuts = vec![Some((0..1 << 16).map(f64::from).collect()); 32];
        }),
    ];
    for (what, change) in cases {
        let mut model = sample(Activation::Linear);
        change(&mut model);
        assert!(matches!(model.check(), Err(Error::Artifact { .. })), "{what}");
    }
    for (what, change) in [
        ("even bias", (|m: &mut Model| m.layers[4].bias[0] = 2) as fn(&mut Model)),
        ("odd weight", |m| sparse_of(m).columns[0][0].1 = 1),
        ("softmax", |m| m.output.finish = Some(Finish::softmax(4))),
    ] {
        let mut model = sample(Activation::Threshold);
        change(&mut model);
        assert!(matches!(model.check(), Err(Error::Artifact { .. })), "{what}");
    }
    let mut index = sample(Activation::ArgMax);
    index.output.value_info.shape = vec![1, 4];
    assert!(matches!(index.check(), Err(Error::Artifact { .. })));
}

#[test]
fn too_much_work_is_refused() {
    let mut model = sample(Activation::Linear);
    let side = 1 << 12;
    model.input.shape = Shape { channels: 1, height: side, width: side };
    model.input.value_info.shape = vec![1, 1, side, side];
    model.input.scale.truncate(1);
    model.layers[0].shape = Shape { channels: 1, ..model.input.shape };
    model.layers[0].terms[0].map = Map::Conv(conv(1, 1, 1, 80, 40, 1));
    model.layers[0].bias.truncate(1);
    let refused = model.check();
    assert!(matches!(refused, Err(Error::Artifact { reason, .. }) if reason.contains("multiplications")));
}

#[test]
fn overflows_name_the_node() {
    let refused = |change: fn(&mut Model), node: &str| {
        let mut model = sample(Activation::Linear);
        change(&mut model);
        match model.check() {
            Err(Error::Range { node: got, got_bits, max_bits: 62, .. }) => {
                assert!(got == node && got_bits > 62, "{got}")
            }
            other => panic!("{other:?}"),
        }
    };
    refused(|m| conv_of(&mut m.layers[0]).weights[5] = 1 << 47, "conv");
    refused(|m| conv_of(&mut m.layers[0]).weights.fill(i64::MIN), "conv");
    refused(|m| m.layers[1].bias[2] = 1 << 62, "depthwise");
    refused(|m| sparse_of(m).columns.iter_mut().for_each(|c| c[1].1 = 1 << 40), "dense");
    let mut halved = sample(Activation::ArgMax);
    halved.layers[4].bias[0] = 1 << 61;
    assert!(matches!(halved.check(), Err(Error::Range { .. })));
    halved.layers[4].activation = Activation::Linear;
    halved.output.value_info.shape = vec![1, 4];
    halved.check().unwrap();
}

#[test]
fn codes_of_small_accumulators_are_bounded_by_them() {
    let mut model = sample(Activation::Linear);
    let s = model.digits.remainder_bits();
    conv_of(&mut model.layers[1]).weights.fill(0);
    model.layers[1].terms[0].negative = Some(model.layers[1].terms[0].map.clone());
    model.layers[1].bias.fill(5 << s);
    assert_eq!(model.bounds().unwrap().0[2], 5);
    model.layers[1].bias[0] = -(5 << s) - (1 << (s - 1));
    assert_eq!(model.bounds().unwrap().0[2], 5);
    model.layers[1].bias[0] -= 1;
    assert_eq!(model.bounds().unwrap().0[2], 6);
}

#[test]
fn no_accumulator_leaves_its_bound() {
    let mut model = sample(Activation::Linear);
    // Wide limbs, so that no value leaves its range.
    model.digits = Digits { limb_bits: 12, value_limbs: 2, remainder_limbs: 2 };
    let (codes, bounds) = model.bounds().unwrap();
    let top = (1i64 << model.digits.value_bits()) - 1;
    for seed in 0..20i64 {
        let code = |i: i64| if (i * i + seed * i + seed) % 3 == 0 { -top } else { top };
        let trace = model.run((0..32).map(code).collect());
        let Ok(trace) = trace else { continue };
        for (tensor, bound) in trace.codes.iter().zip(&codes) {
            assert!(tensor.iter().all(|code| code.unsigned_abs() <= *bound));
        }
        for (y, bound) in trace.accumulators.iter().zip(&bounds) {
            assert!(y.iter().all(|y| y.unsigned_abs() <= *bound));
        }
    }
    // Layer 0 meets its bound where all signs agree.
    let kernel: Vec<i64> = conv_of(&mut model.layers[0]).weights[18..36].to_vec();
    let sum: i64 = kernel.iter().map(|k| k.abs() * top).sum();
    assert!(bounds[0] >= (sum + model.layers[0].bias[1].abs()) as u64);
}

fn table(base: Vec<i64>, slope: Vec<i64>) -> Table {
    Table { base, slope, absent: Vec::new() }
}

/// A table of zeros without some segments.
fn without(absent: &[u32]) -> Table {
    Table { absent: absent.to_vec(), ..table(vec![0; 250], vec![0; 250]) }
}
