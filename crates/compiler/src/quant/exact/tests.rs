use hushproof_core::graph::{Conv, Shape, Sparse, Term, ValueInfo};

use super::*;

fn layer(shape: Shape, terms: Vec<(usize, Map<f64>)>, bias: Vec<f64>, activation: FloatActivation) -> FloatLayer {
    let terms = terms.into_iter().map(|(source, map)| Term { source, map, negative: None }).collect();
    FloatLayer { node: "n".to_owned(), op: String::new(), shape, terms, bias, activation, same_scale: None }
}

#[test]
fn integers_follow_from_ranks_and_comparisons() {
    let dense = |inputs: usize, weights: &[f64]| {
        let outputs = weights.len() / inputs;
        let shell = Conv::select(0, 0, 1);
        Map::Conv(Conv { inputs, outputs, groups: 1, weights: weights.to_vec(), ..shell })
    };
    let bits = FloatActivation::Threshold { at: 0.0 };
    let network = Network {
        name: String::new(),
        input: ValueInfo::new("x", vec![1, 2]),
        input_shape: Shape::vector(2),
        output: ValueInfo::new("y", vec![1, 2]),
        layers: vec![
            layer(Shape::vector(3), vec![(0, dense(2, &[1.0, 0.0, 0.5, 0.5, 1.0, -2.0]))], vec![-1.0; 3], bits),
            layer(
                Shape::vector(3),
                vec![
                    (0, dense(2, &[1.0, 2.0, 1.0, 0.25, 0.0, 1.0])),
                    (1, Map::Sparse(Sparse { columns: vec![vec![(0, 1.0)], vec![(1, 1.0)], vec![(0, -3.0)]] })),
                ],
                vec![-2.0, 0.0, 0.5],
                FloatActivation::Relu,
            ),
            layer(Shape::vector(1), vec![(2, dense(3, &[2.0, 0.0, 0.0]))], vec![0.0], FloatActivation::Linear),
        ],
        finish: None,
        parts: Vec::new(),
        cuts: vec![Some(vec![0.5, 1.5, 2.0]), Some(vec![])],
        missing: Vec::new(),
        records: None,
        committed: None,
        whole: Vec::new(),
    };
    let found = exact(&network, &[], 255.0).magnitude;
    assert_eq!(found[0], [Some(3.0), Some(0.0)]);
    assert_eq!(found[1], [Some(1.0); 3]);
    assert_eq!(found[2], [Some(9.0), None, None]);
    assert_eq!(found[3], [Some(18.0)]);
    assert_eq!(exact(&network, &[], 17.0).magnitude[3], [None]);
    let plain = Network { cuts: Vec::new(), layers: network.layers[2..].to_vec(), ..network };
    assert!(exact(&plain, &[], 255.0).magnitude.iter().flatten().all(Option::is_none));
}
