use super::*;

#[test]
fn ranges_widen_within_their_bounds() {
    for (seen, bound, expected) in [
        (3.0, f64::INFINITY, 6.0),
        (3.0, 20.0, 5.0),
        (3.0, 4.0, 3.0),
        (-3.0, 9.0, -1.5),
        (-3.0, -2.0, -2.0),
        (0.0, 8.0, 0.0),
    ] {
        assert_eq!(widened(seen, bound, 4.0), expected, "{seen} {bound}");
    }
}

#[test]
fn probes_fill_their_range_and_repeat() {
    let rows = probes(500, -1.0, 3.0, 4);
    assert_eq!(rows, probes(500, -1.0, 3.0, 4));
    assert_eq!((rows.len(), rows[0].len()), (4, 500));
    assert!(rows.iter().flatten().all(|value| (-1.0..=3.0).contains(value)));
    let mean = rows[0].iter().sum::<f64>() / 500.0;
    assert!((mean - 1.0).abs() < 0.2, "{mean}");
    assert!(rows[1].iter().all(|value| (0.8..=1.2).contains(value)));
    assert!(rows[3].iter().all(|value| [-1.0, 3.0].contains(value)));
}

#[test]
fn rows_between_lie_on_lines() {
    use hushproof_core::graph::{Shape, ValueInfo};
    let network = Network {
        name: "test".to_owned(),
        input: ValueInfo::new("x".to_owned(), vec![1, 4]),
        input_shape: Shape::vector(4),
        output: ValueInfo::new("y".to_owned(), vec![1, 4]),
        layers: vec![],
        finish: None,
        parts: Vec::new(),
        cuts: vec![None, None, None, Some(vec![1.0])],
        missing: vec![Some(0.0); 4],
        records: None,
        committed: None,
        whole: vec![false, true, false, false],
    };
    let rows = vec![vec![0.0, 1.0, 4.0, 7.0], vec![1.0, 2.0, f64::NAN, 8.0]];
    let all = between(&network, &rows, 50);
    assert_eq!(all.len(), 50);
    assert!(all.iter().any(|row| row[0] > 0.0 && row[0] < 1.0));
    for row in &all {
        assert!((0.0..=1.0).contains(&row[0]) && [1.0, 2.0].contains(&row[1]) && [7.0, 8.0].contains(&row[3]));
        assert!(row[2] == 4.0 || row[2].is_nan());
    }
}
