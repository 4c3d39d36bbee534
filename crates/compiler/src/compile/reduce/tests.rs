use super::{End, Reduced, reduced};

#[test]
fn reductions_are_on_the_argument_of_the_last_activation() {
    assert_eq!(reduced(End::Linear, 2, None), Ok(Reduced::ArgMax));
    assert_eq!(reduced(End::Softmax, 3, None), Ok(Reduced::ArgMax));
    assert_eq!(reduced(End::Linear, 1, Some(-3.0)), Ok(Reduced::Threshold(-3.0)));
    assert_eq!(reduced(End::Sigmoid, 1, Some(0.5)), Ok(Reduced::Threshold(0.0)));
    assert_eq!(reduced(End::Relu, 1, Some(1.0)), Ok(Reduced::Threshold(1.0)));
    assert_eq!(reduced(End::Softmax, 2, Some(0.5)), Ok(Reduced::Differences(0.0)));
    for (end, outputs, threshold) in [
        (End::Linear, 1, None),
        (End::Relu, 2, None),
        (End::Other, 2, None),
        (End::Sigmoid, 1, Some(1.0)),
        (End::Relu, 1, Some(0.0)),
        (End::Softmax, 3, Some(0.5)),
        (End::Softmax, 2, Some(1.0)),
        (End::Increasing, 1, Some(0.5)),
    ] {
        assert!(reduced(end, outputs, threshold).is_err(), "{end:?} {threshold:?}");
    }
}
