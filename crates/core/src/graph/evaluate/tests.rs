use super::*;
use crate::graph::{Conv, FloatActivation, Sparse, ValueInfo};

#[test]
fn terms_and_biases_add_up() {
    let plane = Shape { channels: 1, height: 1, width: 3 };
    let conv = |weights: Vec<f64>| Conv {
        input_start: 0,
        inputs: 1,
        output_start: 0,
        outputs: 1,
        groups: 1,
        kernel: [1, weights.len()],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
        weights,
    };
    let layer = |shape, terms: Vec<(usize, Map<f64>)>, bias| FloatLayer {
        node: String::new(),
        op: String::new(),
        shape,
        terms: terms.into_iter().map(|(source, map)| Term { source, map, negative: None }).collect(),
        bias,
        activation: FloatActivation::Relu,
        same_scale: None,
    };
    let pair = Shape { width: 2, ..plane };
    let sparse = Sparse { columns: vec![vec![(1, 1.0)], vec![], vec![(0, -1.0), (1, 2.0)]] };
    let value_info = |len| ValueInfo::new("", vec![1, len]);
    let network = Network {
        name: String::new(),
        input: value_info(3),
        input_shape: plane,
        output: value_info(2),
        layers: vec![
            layer(pair, vec![(0, Map::Conv(conv(vec![1.0, -1.0])))], vec![0.5]),
            layer(pair, vec![(0, Map::Sparse(sparse)), (1, Map::Conv(conv(vec![10.0])))], vec![1.0, 2.0]),
        ],
        finish: None,
        parts: Vec::new(),
        cuts: Vec::new(),
        missing: Vec::new(),
        records: None,
        committed: None,
        whole: Vec::new(),
    };
    let tensors = network.tensors(&[1.0, 3.0, 2.0]);
    assert_eq!(tensors, [vec![1.0, 3.0, 2.0], vec![0.0, 1.5], vec![0.0, 22.0]]);
    assert_eq!(network.affine(1, &tensors), [-1.0, 22.0]);
    assert_eq!(network.eval(&[1.0, 3.0, 2.0]), [0.0, 22.0]);
}
