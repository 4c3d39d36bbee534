use super::*;

/// 3 → 3: element by element, with one value used twice and without; and dense.
fn maps() -> [Affine; 3] {
    let data = vec![1.0, 2.0, 3.0, 0.0, -1.0, 0.5, 2.0, 0.0, 1.0];
    [
        Affine::elements(3, vec![(0, 2.0), (1, 0.25), (2, -1.0)], vec![0.0, 0.5, 1.0]),
        Affine::elements(3, vec![(1, 2.0), (0, -1.0), (1, 0.5)], vec![1.0, 2.0, 3.0]),
        Affine::dense(Matrix { rows: 3, cols: 3, data }, vec![0.5, 0.0, -1.0]),
    ]
}

#[test]
fn composition_equals_evaluation() {
    let x = [0.25, -2.0, 3.0];
    for inner in maps() {
        for outer in maps() {
            let composed = inner.clone().then(outer.clone()).unwrap();
            assert_eq!(composed.apply(&x), outer.apply(&inner.apply(&x)));
        }
        let negated: Vec<f64> = inner.apply(&x).iter().map(|y| -y).collect();
        assert_eq!(inner.negated().apply(&x), negated);
    }
}

#[test]
fn identity_is_recognized() {
    assert!(Affine::identity(3).is_identity());
    for map in maps() {
        assert!(!map.is_identity());
        assert_eq!(Affine::identity(3).then(map.clone()).unwrap(), map);
    }
    assert!(!Affine::elements(2, vec![(0, 1.0), (0, 1.0)], vec![0.0; 2]).is_identity());
}

#[test]
fn uniform_maps_are_recognized() {
    assert_eq!(Affine::identity(3).uniform(), Some((1.0, 0.0)));
    assert_eq!(Affine::elements(2, vec![(0, 0.5), (1, 0.5)], vec![3.0; 2]).uniform(), Some((0.5, 3.0)));
    assert_eq!(Affine::elements(2, vec![(1, 0.5), (0, 0.5)], vec![3.0; 2]).uniform(), None);
    assert!(maps().iter().all(|map| map.uniform().is_none()));
}

#[test]
fn misfits_and_huge_maps_are_errors() {
    assert!(matches!(Affine::identity(2).then(Affine::identity(3)), Err(OpError::Shape { .. })));
    assert!(matches!(zeros(MAX_ELEMENTS / 2048, MAX_ELEMENTS / 2048), Err(OpError::Graph(_))));
}
