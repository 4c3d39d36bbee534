use hushproof_core::graph::{Conv, Map, Shape, ValueInfo};

use super::*;

/// max(x, bound), as `x + relu(bound − x)`, behind it another layer.
fn guarded(bound: f64) -> Network {
    let value_info = |name: &str| ValueInfo::new(name, vec![1, 1]);
    let term = |source, weight| {
        let map = Map::Conv(Conv { weights: vec![weight], ..Conv::select(0, 0, 1) });
        Term { source, map, negative: None }
    };
    let layer = |terms, bias, activation| FloatLayer {
        node: "max".into(),
        op: "Max".into(),
        shape: Shape::vector(1),
        terms,
        bias: vec![bias],
        activation,
        same_scale: None,
    };
    Network {
        name: "guard".into(),
        input: value_info("x"),
        input_shape: Shape::vector(1),
        output: value_info("y"),
        layers: vec![
            layer(vec![term(0, -1.0)], bound, FloatActivation::Relu),
            layer(vec![term(0, 1.0), term(1, 1.0)], 0.0, FloatActivation::Linear),
            layer(vec![term(2, 2.0)], 0.0, FloatActivation::Clip { max: -bound }),
        ],
        finish: None,
        parts: Vec::new(),
        cuts: vec![],
        missing: Vec::new(),
        records: None,
        committed: None,
        whole: Vec::new(),
    }
}

#[test]
fn bounds_out_of_reach_are_dropped() {
    let rows = [vec![3.0], vec![-5.0]];
    let options = Options::default();
    let dropped = drop_unreached(guarded(-1e30), &rows, &options);
    assert_eq!(dropped.layers.len(), 2);
    assert_eq!(dropped.layers[1].activation, FloatActivation::Relu);
    for x in [-80.0, 0.0, 80.0] {
        assert_eq!(dropped.predict(&[x]), guarded(-1e30).predict(&[x]));
    }
    // Inputs go up to 8 times the largest one seen.
    let rows = [vec![2e4 / 8.0]];
    assert_eq!(drop_unreached(guarded(-1e4), &rows, &options), guarded(-1e4));
    assert_eq!(drop_unreached(guarded(-1.0), &[vec![0.0]], &options), guarded(-1.0));
    assert_eq!(drop_unreached(guarded(-1e5), &[], &options).layers.len(), 2);
    // What stands for a missing value reaches the bound, where no value does.
    let imputed = |value| {
        let network = Network { missing: vec![Some(value)], ..guarded(-1e5) };
        drop_unreached(network, &[vec![3.0], vec![f64::NAN]], &options)
    };
    assert_eq!(imputed(-2e5).layers.len(), 3);
    assert_eq!(imputed(2e5).layers[1].activation, FloatActivation::Clip { max: 1e5 });
}

#[test]
fn what_others_need_stays() {
    let mut alone = guarded(-1e30);
    alone.layers[1].terms.remove(0);
    assert_eq!(drop_unreached(alone, &[vec![1.0]], &Options::default()).layers.len(), 3);
    let mut tied = guarded(-1e30);
    tied.layers[1].same_scale = Some(1);
    assert_eq!(drop_unreached(tied, &[vec![1.0]], &Options::default()).layers.len(), 3);
}
