//! Networks of planes against tract, the graph's own evaluation and stored outputs.

mod columns;
mod control;
mod equations;
mod exports;
mod products;
mod quantized;
mod rewrites;
mod shared;

use hushproof_core::{
    Error, float,
    graph::{FloatActivation, FloatLayer, Function, Map, Network},
};

use crate::onnx::{
    FloatModel, proto,
    tests::graphs::{Builder, new},
};

/// Numbers from -1 to 1 without a pattern.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// A graph on an input of this shape.
fn graph(dims: &[i64]) -> Builder {
    new(dims)
}

trait Build: Sized {
    /// A weight without a pattern.
    fn random(self, name: &str, dims: &[i64]) -> Self;
    /// The network, whose results equal tract's and the graph's own.
    fn lowered(&self) -> Network;
    fn refused(&self) -> Error;
}

impl Build for Builder {
    fn random(self, name: &str, dims: &[i64]) -> Self {
        let data = numbers(dims.iter().product::<i64>() as usize, name.len() as u32 + u32::from(name.as_bytes()[0]));
        self.weight(name, dims, &data)
    }

    fn lowered(&self) -> Network {
        let graph = self.read().unwrap();
        let network = graph.network().unwrap();
        let float_model = FloatModel::of(proto::check(self.model()).unwrap()).unwrap();
        for seed in 0..4 {
            let x = numbers(network.input.len(), seed);
            let expected: Vec<f64> = float_model.run(&x).unwrap().into_iter().map(f64::from).collect();
            let x: Vec<f64> = x.into_iter().map(f64::from).collect();
            for (got, who) in [(network.eval(&x), "network"), (graph.eval(&x).unwrap(), "graph")] {
                let close = got.len() == expected.len() && got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4);
                assert!(close, "{who}: {got:?} for {expected:?}");
            }
        }
        assert!(network.layers.iter().all(|layer| !layer.terms.is_empty()));
        let last = network.layers.last().unwrap();
        assert!(last.shape.is_vector());
        network
    }

    fn refused(&self) -> Error {
        self.read().and_then(|graph| graph.network()).unwrap_err()
    }
}

/// Each layer: shape, tensors read with kernels, activation, and the tensor whose steps it shares.
fn form(network: &Network) -> Vec<String> {
    let term = |(source, map): (usize, &Map<f64>)| match map {
        Map::Conv(conv) => format!("{source}:{}x{}", conv.kernel[0], conv.kernel[1]),
        Map::Sparse(_) => format!("{source}:sparse"),
        Map::Product(product) => format!("{source}*{}", product.factor),
    };
    let layer = |layer: &FloatLayer| {
        let terms: Vec<_> = layer.terms.iter().map(|t| term((t.source, &t.map))).collect();
        let kind = format!("{:?}", layer.activation);
        let steps = layer.same_scale.map_or(String::new(), |tensor| format!(" as {tensor}"));
        let shape = layer.shape;
        let kind = kind.split([' ', '(']).next().unwrap();
        format!("{}x{}x{} {} {kind}{steps}", shape.channels, shape.height, shape.width, terms.join(" "))
    };
    network.layers.iter().map(layer).collect()
}

#[test]
fn convolutions_of_all_kinds() {
    let conv = |dims: &[i64], weights: &[i64]| {
        let outputs = weights[0];
        graph(dims).random("w", weights).random("bias", &[outputs]).node("Conv", &["x", "w", "bias"], "a")
    };
    let relu = |model: Builder| model.node("Relu", &["a"], "b").node("Flatten", &["b"], "y");
    let image = [1, 4, 7, 6];
    assert_eq!(form(&relu(conv(&image, &[2, 4, 3, 2])).lowered()), ["2x5x5 0:3x2 Relu", "50x1x1 1:sparse Linear"]);
    relu(conv(&image, &[2, 4, 3, 3]).ints("strides", &[2, 3]).ints("pads", &[1, 0, 2, 1])).lowered();
    relu(conv(&image, &[2, 4, 3, 2]).ints("dilations", &[2, 3])).lowered();
    relu(conv(&image, &[6, 2, 3, 3]).int("group", 2).ints("pads", &[1, 1, 1, 1])).lowered();
    relu(conv(&image, &[8, 1, 3, 3]).int("group", 4).ints("strides", &[2, 2])).lowered();
    relu(conv(&[1, 3, 9], &[2, 3, 3]).ints("strides", &[2]).ints("pads", &[1, 1])).lowered();
    let twice = conv(&image, &[4, 1, 3, 3]).int("group", 4).random("v", &[3, 4, 3, 3]);
    let twice = twice.node("Conv", &["a", "v"], "b").node("Flatten", &["b"], "y").lowered();
    assert_eq!(form(&twice), ["4x5x4 0:3x3 Linear", "3x3x2 1:3x3 Linear", "18x1x1 2:sparse Linear"]);
}

#[test]
fn transposed_convolutions_and_resizing() {
    let model = graph(&[1, 2, 3, 4]).random("w", &[2, 3, 3, 2]).random("bias", &[3]);
    let model =
        model.node("ConvTranspose", &["x", "w", "bias"], "a").ints("strides", &[2, 3]).ints("pads", &[1, 0, 0, 1]);
    let model = model.ints("output_padding", &[1, 2]).node("Relu", &["a"], "b").node("Flatten", &["b"], "y");
    assert_eq!(form(&model.lowered()), ["3x7x12 0:sparse Relu", "252x1x1 1:sparse Linear"]);
    let model = graph(&[1, 2, 3, 4]).weight("scales", &[4], &[1.0, 1.0, 2.0, 3.0]).random("w", &[2, 2, 3, 3]);
    let model = model.integers("roi", &[]).node("Resize", &["x", "roi", "scales"], "a");
    let model =
        model.node("Conv", &["a", "w"], "b").node("GlobalAveragePool", &["b"], "c").node("Flatten", &["c"], "y");
    let form = form(&model.lowered());
    assert_eq!(form, ["2x6x12 0:sparse Linear", "2x4x10 1:3x3 Linear", "2x1x1 2:4x10 Linear"]);
}

#[test]
fn residual_sums_cost_no_layer() {
    let model = graph(&[1, 4, 6, 6]).random("w", &[4, 4, 3, 3]).random("v", &[4, 4, 1, 1]).random("u", &[2, 4, 3, 3]);
    let model = model.node("Conv", &["x", "w"], "a").ints("pads", &[1, 1, 1, 1]).node("Relu", &["a"], "b");
    let model = model.node("Conv", &["b", "v"], "c").node("Add", &["c", "x"], "d").node("Relu", &["d"], "e");
    let model =
        model.node("Sub", &["e", "b"], "f").node("Conv", &["f", "u"], "g").node("GlobalAveragePool", &["g"], "h");
    let form = form(&model.node("Flatten", &["h"], "y").lowered());
    assert_eq!(
        form,
        [
            "4x6x6 0:3x3 Relu",
            "4x6x6 1:1x1 0:1x1 Relu",
            "4x6x6 2:1x1 1:1x1 Linear",
            "2x4x4 3:3x3 Linear",
            "2x1x1 4:4x4 Linear"
        ]
    );
}

#[test]
fn scales_go_into_weights() {
    let model = graph(&[1, 3, 4, 4]).random("w", &[2, 3, 3, 3]).random("g", &[2]).random("h", &[2]);
    let model =
        model.random("m", &[2]).weight("v", &[2], &[0.5, 2.0]).random("c", &[2, 1, 1]).random("d", &[1, 2, 1, 1]);
    let model = model.node("Conv", &["x", "w"], "a").node("BatchNormalization", &["a", "g", "h", "m", "v"], "b");
    let model = model.node("Mul", &["b", "c"], "e").node("Add", &["d", "e"], "f").node("Relu", &["f"], "k");
    let alone = model.clone().node("BatchNormalization", &["k", "g", "h", "m", "v"], "l").node("Sigmoid", &["l"], "o");
    assert_eq!(
        form(&alone.node("Flatten", &["o"], "y").lowered()),
        ["2x2x2 0:3x3 Relu", "2x2x2 1:1x1 Table", "8x1x1 2:sparse Linear"]
    );
    let uneven = model.random("uneven", &[2, 2, 2]).node("Mul", &["k", "uneven"], "l").node("Relu", &["l"], "o");
    assert_eq!(
        form(&uneven.node("Flatten", &["o"], "y").lowered()),
        ["2x2x2 0:3x3 Relu", "2x2x2 1:sparse Relu", "8x1x1 2:sparse Linear"]
    );
}

#[test]
fn window_maxima_are_exact_sums() {
    let pool = |dims: &[i64], kernel: &[i64], strides: &[i64], pads: &[i64], relu: bool| {
        let model =
            if relu { graph(dims).node("Relu", &["x"], "a") } else { graph(dims).node("Identity", &["x"], "a") };
        let model =
            model.node("MaxPool", &["a"], "b").ints("kernel_shape", kernel).ints("strides", strides).ints("pads", pads);
        model.node("Flatten", &["b"], "y")
    };
    let image = [1, 2, 6, 8];
    assert_eq!(
        form(&pool(&image, &[2, 2], &[2, 2], &[0; 4], true).lowered()),
        [
            "2x6x8 0:1x1 Relu",
            "2x6x4 1:1x2 Relu as 1",
            "2x3x4 1:2x1 2:2x1 Relu as 1",
            "2x3x4 1:1x1 2:1x1 3:1x1 Linear as 1",
            "24x1x1 4:sparse Linear"
        ]
    );
    for relu in [false, true] {
        pool(&image, &[3, 3], &[2, 2], &[0; 4], relu).lowered();
        pool(&image, &[3, 2], &[1, 1], &[0; 4], relu).lowered();
        pool(&image, &[6, 4], &[6, 4], &[0; 4], relu).lowered();
        pool(&image, &[6, 8], &[1, 1], &[0; 4], relu).lowered();
        pool(&image, &[5, 7], &[1, 1], &[0; 4], relu).lowered();
        pool(&[1, 2, 9], &[3], &[2], &[0; 2], relu).lowered();
    }
    pool(&image, &[3, 3], &[2, 2], &[1, 1, 1, 1], true).lowered();
    pool(&image, &[3, 3], &[1, 1], &[1, 0, 1, 2], true).lowered();
    // Values that may be negative get a border of their own.
    pool(&image, &[3, 3], &[2, 2], &[1; 4], false).lowered();
    pool(&image, &[3, 3], &[1, 1], &[1, 0, 1, 2], false).lowered();
    let bordered = graph(&image).node("MaxPool", &["x"], "b").ints("kernel_shape", &[2, 3]).ints("dilations", &[3, 2]);
    bordered.ints("pads", &[1, 2, 2, 1]).node("Flatten", &["b"], "y").lowered();
    let dilated = graph(&image).node("MaxPool", &["x"], "b").ints("kernel_shape", &[2, 3]).ints("dilations", &[3, 2]);
    dilated.node("Flatten", &["b"], "y").lowered();
    graph(&[1, 3, 9, 7]).node("GlobalMaxPool", &["x"], "b").node("Flatten", &["b"], "y").lowered();
    let late = graph(&[1, 1, 6, 6]).random("w", &[2, 1, 3, 3]).node("Conv", &["x", "w"], "a");
    let late =
        late.node("MaxPool", &["a"], "b").ints("kernel_shape", &[2, 2]).ints("pads", &[1; 4]).node("Relu", &["b"], "c");
    let late = late.random("v", &[2, 2, 2, 2]).node("Conv", &["c", "v"], "d").node("Flatten", &["d"], "y").lowered();
    assert!(matches!(late.layers[0].activation, FloatActivation::Relu));
}

#[test]
fn parts_are_channels() {
    let model = graph(&[1, 4, 5, 5]).integers("sizes", &[1, 3]).random("w", &[2, 3, 3, 3]).random("v", &[3, 1, 3, 3]);
    let mut model = model.node("Relu", &["x"], "a").node("Split", &["a", "sizes"], "b").int("axis", 1);
    model.0.node.last_mut().unwrap().output.push("c".into());
    let model = model.node("Conv", &["c", "w"], "d").node("Conv", &["b", "v"], "e").node("Sigmoid", &["e"], "f");
    let model = model.node("Concat", &["d", "f", "d"], "g").int("axis", 1).random("u", &[1, 7, 2, 2]);
    let form = form(&model.node("Conv", &["g", "u"], "h").node("GlobalAveragePool", &["h"], "y").lowered());
    assert_eq!(
        form,
        [
            "4x5x5 0:1x1 Relu",
            "3x3x3 1:3x3 Table",
            "2x3x3 1:3x3 Linear",
            "1x2x2 3:2x2 2:2x2 3:2x2 Linear",
            "1x1x1 4:2x2 Linear"
        ]
    );
}

#[test]
fn crops_borders_and_strides_join_convolutions() {
    let model =
        graph(&[1, 3, 6, 6]).integers("starts", &[1, 0, 1]).integers("ends", &[3, 6, 6]).integers("axes", &[1, 2, 3]);
    let model = model.integers("steps", &[1, 2, 1]).node("Slice", &["x", "starts", "ends", "axes", "steps"], "a");
    let model = model.integers("pads", &[0, 0, 1, 0, 0, 0, 1, 2]).node("Pad", &["a", "pads"], "b");
    let model = model.random("w", &[2, 2, 3, 3]).node("Conv", &["b", "w"], "c").node("Relu", &["c"], "d");
    let network = model.node("Flatten", &["d"], "y").lowered();
    assert_eq!(form(&network), ["2x3x5 0:3x3 Relu", "30x1x1 1:sparse Linear"]);
}

#[test]
fn flattened_planes_keep_their_order() {
    let model = graph(&[1, 3, 4, 2]).random("w", &[2, 3, 3, 1]).node("Conv", &["x", "w"], "a");
    let model = model.node("Transpose", &["a"], "b").ints("perm", &[0, 2, 3, 1]).integers("shape", &[1, -1]);
    let model = model.node("Reshape", &["b", "shape"], "c").random("g", &[8]).random("v", &[8, 5]);
    let model = model.node("Mul", &["c", "g"], "d").node("Relu", &["d"], "e").node("MatMul", &["e", "v"], "f");
    let form = form(&model.node("LeakyRelu", &["f"], "y").lowered());
    assert_eq!(form, ["2x2x2 0:3x1 Linear", "2x2x2 1:sparse Relu", "5x1x1 2:sparse PRelu", "5x1x1 3:1x1 Linear"]);
    let shuffle = graph(&[1, 4, 3, 3]).integers("split", &[1, 2, 2, 3, 3]).integers("joined", &[1, 4, 3, 3]);
    let shuffle = shuffle.node("Relu", &["x"], "a").node("Reshape", &["a", "split"], "b");
    let shuffle =
        shuffle.node("Transpose", &["b"], "c").ints("perm", &[0, 2, 1, 3, 4]).node("Reshape", &["c", "joined"], "d");
    let shuffle =
        shuffle.random("w", &[2, 4, 2, 2]).node("Conv", &["d", "w"], "e").node("GlobalAveragePool", &["e"], "y");
    assert_eq!(shuffle.lowered().layers.len(), 3);
}

#[test]
fn averages_of_all_kinds() {
    let pool = |pads: &[i64], include: i64| {
        let model = graph(&[1, 2, 5, 6]).node("Relu", &["x"], "a").node("AveragePool", &["a"], "b");
        let model = model.ints("kernel_shape", &[3, 2]).ints("strides", &[2, 2]).ints("pads", pads);
        model.int("count_include_pad", include).node("Flatten", &["b"], "y").lowered()
    };
    assert_eq!(form(&pool(&[0; 4], 0))[1], "2x2x3 1:3x2 Linear");
    assert_eq!(form(&pool(&[1, 0, 1, 0], 1))[1], "2x3x3 1:3x2 Linear");
    assert_eq!(form(&pool(&[1, 0, 1, 0], 0))[1], "18x1x1 1:sparse Linear");
    let signal = graph(&[1, 2, 8]).node("AveragePool", &["x"], "a").ints("kernel_shape", &[2]).ints("strides", &[2]);
    assert_eq!(form(&signal.node("Flatten", &["a"], "y").lowered())[0], "2x1x4 0:1x2 Linear");
    let mean = graph(&[1, 3, 4, 5]).node("ReduceMean", &["x"], "y").ints("axes", &[2, 3]).int("keepdims", 0);
    assert_eq!(form(&mean.lowered()), ["3x1x1 0:4x5 Linear"]);
}

#[test]
fn functions_of_all_kinds() {
    let model = graph(&[1, 2, 3, 3]).random("slope", &[2, 1, 1]).weight("zero", &[], &[0.0]).weight("six", &[], &[0.5]);
    let model =
        model.weight("low", &[], &[-0.25]).node("PRelu", &["x", "slope"], "a").node("Clip", &["a", "zero", "six"], "b");
    let model = model.node("Clip", &["x", "low", "six"], "c").node("Tanh", &["x"], "d").node("HardSwish", &["x"], "e");
    let model = model.node("HardSigmoid", &["x"], "f").node("Elu", &["x"], "g").node("Softplus", &["x"], "h");
    let model = model.node("Erf", &["x"], "i").node("LeakyRelu", &["x"], "j").node("Sigmoid", &["x"], "s").node(
        "Mul",
        &["x", "s"],
        "k",
    );
    let model =
        model.node("Sum", &["b", "c", "d", "e", "f", "g", "h", "i", "j", "k"], "l").node("Flatten", &["l"], "y");
    let form = form(&model.lowered());
    assert_eq!(form.len(), 13, "{form:?}");
    let network = model.lowered();
    assert!(network.layers.iter().any(|layer| layer.activation == FloatActivation::Table(Function::Silu)));
}

#[test]
fn dense_layers_stay_dense() {
    let model = graph(&[1, 6]).random("w", &[6, 5]).random("v", &[5, 2]).random("g", &[5]).random("u", &[2, 2]);
    let model = model.node("MatMul", &["x", "w"], "a").node("Mul", &["a", "g"], "b").node("MatMul", &["b", "v"], "c");
    let network = model.node("Relu", &["c"], "d").node("Gemm", &["d", "u"], "y").lowered();
    assert_eq!(form(&network), ["2x1x1 0:1x1 Relu", "2x1x1 1:1x1 Linear"]);
    assert_eq!(network.layers[0].op, "MatMul");
}

#[test]
fn endings() {
    let conv = graph(&[1, 2, 4, 4]).random("w", &[3, 2, 4, 4]).node("Conv", &["x", "w"], "a");
    let soft = conv.clone().node("Flatten", &["a"], "b").node("Softmax", &["b"], "c");
    let network = soft.clone().node("Identity", &["c"], "y").read().unwrap().network().unwrap();
    assert!(network.finish.is_some() && network.layers.len() == 1);
    let arg_max = soft.clone().node("ArgMax", &["c"], "y").int("axis", 1).lowered();
    assert!(arg_max.finish.is_none() && form(&arg_max) == ["3x1x1 0:4x4 ArgMax"]);
    assert!(soft.node("Relu", &["c"], "y").lowered().finish.is_none());
    let at = conv.clone().weight("p", &[], &[0.75]).node("Sigmoid", &["a"], "s").node("Greater", &["p", "s"], "b");
    let network = at.clone().node("Squeeze", &["b"], "y").lowered();
    let at_least = -float::ln(3.0);
    assert!(
        matches!(network.layers[..], [ref layer] if layer.activation == FloatActivation::Threshold { at: at_least.next_up() })
    );
    let at = at.node("Cast", &["b"], "c").int("to", 1).node("Neg", &["c"], "y").read().unwrap().network().unwrap();
    assert!(at.layers.iter().any(|layer| matches!(layer.activation, FloatActivation::Threshold { .. })));
    let planes = graph(&[1, 2, 2, 2]).weight("p", &[], &[0.25]).node("GreaterOrEqual", &["x", "p"], "y");
    assert_eq!(form(&planes.lowered()), ["8x1x1 0:sparse Threshold"]);
    assert_eq!(
        form(&graph(&[1, 2, 2]).node("Transpose", &["x"], "y").ints("perm", &[0, 2, 1]).lowered()),
        ["4x1x1 0:sparse Linear"]
    );
    assert_eq!(form(&graph(&[1, 3]).node("Identity", &["x"], "y").lowered()), ["3x1x1 0:1x1 Linear"]);
}

#[test]
fn what_is_refused_is_named() {
    let image = graph(&[1, 2, 4, 4]).random("w", &[3, 2, 5, 3]).random("v", &[3, 3, 3, 3]);
    let error = image.clone().node("Conv", &["x", "w"], "y").refused();
    assert!(
        matches!(error, Error::Graph { node, reason } if node == "#0" && reason.contains('5') && reason.contains('4'))
    );
    let error = image.clone().node("Conv", &["x", "v"], "y").refused();
    assert!(matches!(error, Error::Shape { node, op, .. } if node == "#0" && op == "Conv"));
    let shapes = image.clone().node("Relu", &["x"], "a").node("NonZero", &["a"], "b").node("Unique", &["b"], "y");
    assert!(matches!(shapes.refused(), Error::Unsupported(ops) if ops.len() == 2 && ops[0].node == "#1"));
    let mode = image.clone().node("AveragePool", &["x"], "y").ints("kernel_shape", &[2, 2]).int("mode", 1).refused();
    assert!(matches!(mode, Error::Unsupported(ops) if ops.len() == 1));
    assert!(
        matches!(graph(&[1, 0, 4, 4]).node("Relu", &["x"], "y").refused(), Error::Graph { node, .. } if node == "x")
    );
    assert!(matches!(graph(&[2, 2, 4, 4]).node("GlobalMaxPool", &["x"], "y").refused(), Error::Shape { .. }));
    let mut huge = graph(&[1, 1, 2, 2]).weight("h", &[1], &[f32::MAX]).node("Mul", &["x", "h"], "a0");
    for i in 0..8 {
        huge = huge.node("Mul", &[&format!("a{i}"), "h"], &format!("a{}", i + 1));
    }
    assert!(matches!(huge.node("Relu", &["a8"], "y").refused(), Error::Graph { node, .. } if node == "#9"));
    let large = graph(&[1, 1, 1 << 12, 1 << 12]).node("ReduceMean", &["x"], "a").int("keepdims", 0);
    assert!(matches!(large.node("NonZero", &["a"], "y").refused(), Error::Unsupported(_)));
}

#[test]
fn changed_models_never_panic() {
    let model = graph(&[1, 2, 6, 6]).random("w", &[4, 2, 3, 3]).node("Conv", &["x", "w"], "a").ints("pads", &[1; 4]);
    let model = model.node("Relu", &["a"], "b").node("MaxPool", &["b"], "c").ints("kernel_shape", &[2, 2]);
    let model = model.node("AveragePool", &["c"], "d").ints("kernel_shape", &[2, 2]).ints("strides", &[2, 2]);
    let model = model.integers("pads", &[0, 0, 1, 1, 0, 0, 0, 0]).node("Pad", &["d", "pads"], "e");
    let model = model.random("u", &[4, 2, 2, 2]).node("ConvTranspose", &["e", "u"], "f").ints("strides", &[2, 2]);
    let model = model.node("Transpose", &["f"], "g").ints("perm", &[0, 2, 3, 1]).node("Flatten", &["g"], "y");
    model.lowered();
    let values = [-1, 0, 1, 2, 3, 7, 1 << 20, i64::MAX, i64::MIN];
    for node in 0..model.0.node.len() {
        for attribute in 0..model.0.node[node].attribute.len() {
            for index in 0..model.0.node[node].attribute[attribute].ints.len() {
                for value in values {
                    let mut changed = model.clone();
                    changed.0.node[node].attribute[attribute].ints[index] = value;
                    if let Ok(network) = changed.read().and_then(|graph| graph.network()) {
                        network.eval(&vec![0.5; network.input.len()]);
                    }
                }
            }
        }
    }
    for index in 0..8 {
        for value in values {
            let mut changed = model.clone();
            let pads = changed.0.initializer.iter_mut().find(|tensor| tensor.name == "pads").unwrap();
            pads.int64_data[index] = value;
            let _ = changed.read().and_then(|graph| graph.network());
        }
    }
}
