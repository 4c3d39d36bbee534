//! Networks of planes against tract and the stored outputs.

use std::fs;

use super::super::tests::{npy, shared};
use crate::{
    graph::planar::{FloatActivation, Network},
    onnx::{FloatModel, read},
};

/// Kinds of the layers and their counts, such as "12 Linear".
fn form(network: &Network) -> String {
    let mut kinds: Vec<(String, usize)> = vec![];
    for layer in &network.layers {
        let kind = format!("{:?}", layer.activation);
        let kind = kind.split([' ', '{']).next().unwrap().to_owned();
        match kinds.iter_mut().find(|(name, _)| *name == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn shared_networks_match_their_outputs() {
    let Some(shared) = shared() else { return };
    for (model, inputs, outputs, rows) in [
        ("mnist-trained/lenet5", "mnist-trained/lenet5.inputs", "mnist-trained/lenet5.outputs", 20),
        (
            "mnist-published/28_6_16_10_5",
            "mnist-published/28_6_16_10_5.inputs",
            "mnist-published/28_6_16_10_5.outputs",
            20,
        ),
        ("mnist-published/784_56_10", "mnist-published/784_56_10.inputs", "mnist-published/784_56_10.outputs", 20),
        (
            "vision/mobilenetv2_w025_mnist32",
            "vision/mobilenetv2_w025_mnist32.inputs",
            "vision/mobilenetv2_w025_mnist32.outputs",
            4,
        ),
        ("liveness/minifasnetv2", "liveness/minifasnetv2.inputs", "liveness/minifasnetv2.logits", 3),
        ("liveness/minifasnetv2_bn", "liveness/minifasnetv2.inputs", "liveness/minifasnetv2.logits", 3),
    ] {
        let bytes = fs::read(shared.join(format!("{model}.onnx"))).unwrap();
        let start = std::time::Instant::now();
        let network = read(&bytes).unwrap().planar().unwrap();
        let imported = start.elapsed();
        let inputs = npy(shared.join(format!("{inputs}.npy")));
        let outputs = npy(shared.join(format!("{outputs}.npy")));
        let mut worst = 0f64;
        let start = std::time::Instant::now();
        for (x, expected) in inputs.iter().zip(&outputs).take(rows) {
            let mut y = network.eval(x);
            if network.softmax {
                let sum: f64 = y.iter().map(|y| y.exp()).sum();
                y.iter_mut().for_each(|y| *y = y.exp() / sum);
            }
            assert_eq!(y.len(), expected.len());
            worst = y.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(worst, f64::max);
        }
        let each = start.elapsed() / rows as u32;
        println!(
            "{model}: {} ({}), error {worst:.2e}, import {imported:?}, eval {each:?}",
            network.layers.len(),
            form(&network)
        );
        for (i, layer) in network.layers.iter().enumerate().take(if network.layers.len() < 30 { 30 } else { 16 }) {
            let terms: Vec<_> = layer
                .terms
                .iter()
                .map(|t| match &t.map {
                    crate::graph::planar::Map::Conv(c) => format!(
                        "{}:{}x{}/{} k{:?} s{:?} d{:?} p{:?}",
                        t.source, c.inputs, c.outputs, c.groups, c.kernel, c.stride, c.dilation, c.pad
                    ),
                    crate::graph::planar::Map::Sparse(s) => {
                        format!("{}:sparse {}", t.source, s.columns.iter().map(Vec::len).sum::<usize>())
                    }
                })
                .collect();
            println!(
                "  {} {} {} {:?} {} {:?} same {:?}",
                i + 1,
                layer.node,
                layer.op,
                layer.shape,
                terms.join(" + "),
                std::mem::discriminant(&layer.activation) == std::mem::discriminant(&FloatActivation::Linear),
                layer.same_step
            );
        }
        assert!(worst < 1e-3, "{model}: {worst}");
    }
}
