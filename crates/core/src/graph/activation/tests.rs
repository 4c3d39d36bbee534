use super::*;

#[test]
fn activations_apply_per_channel() {
    let shape = Shape { channels: 2, height: 1, width: 2 };
    let y = vec![-1.0, 2.0, -3.0, 8.0];
    let apply = |activation: FloatActivation| activation.apply(shape, y.clone());
    assert_eq!(apply(FloatActivation::Linear), y);
    assert_eq!(apply(FloatActivation::Relu), [0.0, 2.0, 0.0, 8.0]);
    assert_eq!(apply(FloatActivation::PRelu { slope: vec![0.5, 2.0] }), [-0.5, 2.0, -6.0, 8.0]);
    assert_eq!(apply(FloatActivation::Clip { max: 6.0 }), [0.0, 2.0, 0.0, 6.0]);
    let halves = |odd| FloatActivation::Quantize { odd }.apply(shape, vec![-0.5, 0.5, 1.5, 2.5]);
    assert_eq!(halves(false), [0.0, 0.0, 2.0, 2.0]);
    assert_eq!(halves(true), [0.0, 1.0, 1.0, 3.0]);
    assert_eq!(apply(FloatActivation::Threshold { at: 2.0 }), [0.0, 1.0, 0.0, 1.0]);
    assert_eq!(apply(FloatActivation::ArgMax), [3.0]);
}
