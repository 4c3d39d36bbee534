//! Networks that are quantized already: which layers they become, and the graph's own evaluation.

use hushproof_core::graph::{FloatActivation, Network};

use crate::onnx::pb::TensorProto;

use super::{Build, form, graph, numbers, rewrites::More};
use crate::onnx::tests::graphs::{Builder, value};

const UINT8: i32 = 2;
const INT8: i32 = 3;

trait Codes: Sized {
    /// Integers of an element type.
    fn of_type(self, name: &str, data_type: i32, dims: &[i64], data: &[i32]) -> Self;
    /// QuantizeLinear and DequantizeLinear.
    fn pair(self, x: &str, scale: f32, zero: i32, data_type: i32, y: &str) -> Self;
}

impl Codes for Builder {
    fn of_type(mut self, name: &str, data_type: i32, dims: &[i64], data: &[i32]) -> Self {
        let (name, dims, int32_data) = (name.into(), dims.to_vec(), data.to_vec());
        self.0.initializer.push(TensorProto { name, data_type, dims, int32_data, ..Default::default() });
        self
    }

    fn pair(self, x: &str, scale: f32, zero: i32, data_type: i32, y: &str) -> Self {
        let [s, z, q] = ["s", "z", "q"].map(|part| format!("{y}.{part}"));
        let with = self.weight(&s, &[], &[scale]).of_type(&z, data_type, &[], &[zero]);
        with.node("QuantizeLinear", &[x, &s, &z], &q).node("DequantizeLinear", &[&q, &s, &z], y)
    }
}

/// The network gives what the graph gives.
fn same(builder: &Builder) -> Network {
    let graph = builder.read().unwrap();
    let network = graph.network().unwrap();
    for seed in 0..8 {
        let x: Vec<f64> = numbers(network.input.len(), seed).into_iter().map(|x| 2.0 * f64::from(x)).collect();
        let (got, expected) = (network.eval(&x), graph.eval(&x).unwrap());
        assert!(got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?} for {expected:?}");
    }
    network
}

#[test]
fn codes_are_two_exact_layers() {
    let network = same(&graph(&[1, 4]).pair("x", 0.01, 100, UINT8, "y"));
    assert_eq!(form(&network), ["4x1x1 0:1x1 Quantize", "4x1x1 1:1x1 Relu as 1", "4x1x1 2:1x1 Linear"]);
    let network = same(&graph(&[1, 4]).pair("x", 0.01, 0, INT8, "y"));
    assert_eq!(network.layers.len(), 3);
    // 1 / 0.01 codes lie between 1 and the zero point; the rest saturates.
    assert_eq!(
        network.eval(&[1.0, -1.0, 2.0, -2.0]),
        [1.0, -1.0, 1.27, -1.28].map(|x: f64| (x / 0.01).round() * f64::from(0.01f32))
    );
}

#[test]
fn rectifiers_in_front_and_behind() {
    let conv = || graph(&[1, 2, 4, 4]).pair("x", 0.02, 128, UINT8, "a").random("w", &[3, 2, 3, 3]);
    let conv = || conv().node("Conv", &["a", "w"], "b").ints("pads", &[1, 1, 1, 1]);
    // The Relu is the least code, or a narrower range of them.
    for (zero, data_type) in [(0, UINT8), (0, INT8), (-128, INT8), (7, UINT8)] {
        let network =
            same(&conv().node("Relu", &["b"], "c").pair("c", 0.03, zero, data_type, "d").node("Flatten", &["d"], "y"));
        let relus = network.layers.iter().filter(|layer| layer.activation == FloatActivation::Relu).count();
        assert_eq!((relus, network.layers.len()), (2, 5), "{:?}", form(&network));
    }
    let clip = conv().weight("low", &[], &[0.0]).weight("high", &[], &[1.0]).node("Clip", &["b", "low", "high"], "c");
    same(&clip.pair("c", 0.01, 0, UINT8, "d").node("Flatten", &["d"], "y"));
    // Behind, it is exact.
    let behind = same(&conv().pair("b", 0.03, 0, INT8, "c").node("Relu", &["c"], "d").node("Flatten", &["d"], "y"));
    assert!(form(&behind).contains(&"3x4x4 4:1x1 Relu as 4".to_owned()), "{:?}", form(&behind));
}

#[test]
fn codes_are_read_several_times_and_pooled() {
    let both = graph(&[1, 2, 4, 4]).pair("x", 0.02, 128, UINT8, "a").random("w", &[2, 2, 1, 1]);
    let both = both.node("Conv", &["a", "w"], "b").pair("b", 0.03, 120, UINT8, "c").node("Add", &["a", "c"], "d");
    let network = same(&both.clone().pair("d", 0.04, 130, UINT8, "e").node("Flatten", &["e"], "y"));
    assert_eq!(network.layers.len(), 7, "{:?}", form(&network));
    let pooled = both.pair("d", 0.04, 130, UINT8, "e").node("MaxPool", &["e"], "f").ints("kernel_shape", &[3, 3]);
    same(&pooled.ints("pads", &[1, 1, 1, 1]).ints("strides", &[2, 2]).node("Flatten", &["f"], "y"));
}

#[test]
fn integer_operators() {
    let codes = |builder: Builder| {
        builder.of_type("w", INT8, &[2, 1, 2, 2], &[1, -2, 3, 4, -5, 6, 7, -128]).of_type("wz", INT8, &[2], &[1, -1])
    };
    let mut conv = codes(graph(&[1, 1, 3, 3])).of_type("xz", UINT8, &[], &[3]);
    conv.0.input[0] = value("x", &[1, 1, 3, 3], UINT8);
    let conv = conv.node("ConvInteger", &["x", "w", "xz", "wz"], "a").node("Cast", &["a"], "b").int("to", 1);
    let graph_of = conv.node("Flatten", &["b"], "y").read().unwrap();
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 255.0, 7.0];
    let mut expected = vec![];
    let (w, z) = ([[1.0, -2.0, 3.0, 4.0], [-5.0, 6.0, 7.0, -128.0]], [1.0, -1.0]);
    for (w, z) in w.iter().zip(z) {
        for at in [0, 1, 3, 4] {
            expected.push((0..4).map(|t| (w[t] - z) * (x[at + t / 2 * 3 + t % 2] - 3.0)).sum::<f64>());
        }
    }
    assert_eq!(graph_of.eval(&x).unwrap(), expected);
    assert_eq!(graph_of.network().unwrap().eval(&x), expected);
    // From −1 to 2, scale 3 / 255.
    let dynamic = graph(&[1, 3]).node("DynamicQuantizeLinear", &["x"], "q").outputs(&["q", "s", "z"]);
    let values = dynamic.clone().node("DequantizeLinear", &["q", "s", "z"], "y");
    values.alone(&[-1.0, 0.4, 2.0], &[-1.0, 34.0 * 3.0 / 255.0, 2.0]);
    let codes = dynamic.node("Cast", &["q"], "y").int("to", 1);
    codes.alone(&[-1.0, 0.4, 2.0], &[0.0, 34.0 + 85.0, 255.0]);
    let mut shifted = graph(&[1, 2]).of_type("b", UINT8, &[2], &[1, 2]).node("BitShift", &["x", "b"], "a");
    shifted = shifted.text("direction", "RIGHT").node("Cast", &["a"], "y").int("to", 1);
    shifted.0.input[0] = value("x", &[1, 2], UINT8);
    shifted.alone(&[7.0, 8.0], &[3.0, 2.0]);
    let product =
        graph(&[1, 2]).pair("x", 0.5, 10, UINT8, "a").weight("s", &[], &[0.5]).of_type("z", UINT8, &[], &[10]);
    let product = product.node("QuantizeLinear", &["a", "s", "z"], "q").of_type("w", INT8, &[2, 2], &[1, 2, 3, -4]);
    let product = product.node("MatMulInteger", &["q", "w", "z"], "b").node("Cast", &["b"], "y").int("to", 1);
    product.alone(&[1.0, -2.0], &[2.0 - 12.0, 4.0 + 16.0]);
}
