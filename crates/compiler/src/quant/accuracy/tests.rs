use hushproof_core::graph::{FloatActivation, FloatLayer, OutputPart, Shape, ValueInfo};

use super::*;

fn value_info(name: &str, shape: &[usize]) -> ValueInfo {
    ValueInfo::new(name, shape.to_vec())
}

/// A network with these outputs; what it computes does not matter here.
fn network(parts: &[(&str, &[usize], Meaning)]) -> Network {
    let parts: Vec<OutputPart> = parts
        .iter()
        .map(|(name, shape, meaning)| OutputPart { value_info: value_info(name, shape), meaning: *meaning })
        .collect();
    let len = parts.iter().map(|part| part.value_info.len()).sum();
    let layer = FloatLayer {
        node: String::new(),
        op: String::new(),
        shape: Shape::vector(len),
        terms: Vec::new(),
        bias: vec![0.0; len],
        activation: FloatActivation::Linear,
        same_scale: None,
    };
    Network {
        name: String::new(),
        input: value_info("x", &[1, 1]),
        input_shape: Shape::vector(1),
        output: value_info("y", &[1, len]),
        layers: vec![layer],
        finish: None,
        parts,
        cuts: Vec::new(),
        missing: Vec::new(),
        records: None,
        committed: None,
        whole: Vec::new(),
    }
}

/// The accuracy over rows of expected values, to which a model adds `error`.
fn accuracy(network: &Network, target: Target, rows: &[Vec<f64>], error: &[f64]) -> Accuracy {
    let mut comparison = Comparison::new(network, target);
    for row in rows {
        let got: Vec<f64> = row.iter().zip(error).map(|(value, error)| value + error).collect();
        comparison.see(row, None, Ok(&got)).unwrap();
    }
    comparison.accuracy()
}

#[test]
fn every_value_is_held_to_its_own_range() {
    let rows: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i), 1e-3 * f64::from(i) + 7.0]).collect();
    let net = network(&[("y", &[1, 2], Meaning::Values)]);
    let good = accuracy(&net, Target::Auto, &rows, &[0.1, 1e-4]);
    assert!(good.is_met() && good.agreeing.is_none(), "{good}");
    let output = &accuracy(&net, Target::Auto, &rows, &[0.1, 1e-3]).outputs[0];
    assert!(!output.met && output.element == Some(1), "{output}");
    assert!((output.range_share.unwrap() - 1.0 / 19.0).abs() < 1e-9, "{output}");
    // As a vector of planes it is one quantity for each channel.
    let net = network(&[("y", &[1, 1, 1, 2], Meaning::Values)]);
    assert!(accuracy(&net, Target::Auto, &rows, &[0.1, 1e-3]).is_met());
    // As two outputs each has its own.
    let net = network(&[("a", &[1, 1], Meaning::Values), ("b", &[1, 1], Meaning::Values)]);
    let met: Vec<bool> = accuracy(&net, Target::Auto, &rows, &[0.1, 1e-3]).outputs.iter().map(|o| o.met).collect();
    assert_eq!(met, [true, false]);
}

#[test]
fn ranges_that_rows_do_not_show_have_a_floor() {
    let net = network(&[("y", &[1, 3], Meaning::Values)]);
    let rows = |count: i32| -> Vec<Vec<f64>> { (0..count).map(|i| vec![f64::from(i % 5), 0.0, 1e-3]).collect() };
    for count in [20, 5] {
        let share = |error: &[f64]| accuracy(&net, Target::Auto, &rows(count), error).outputs[0].range_share.unwrap();
        assert!((share(&[0.0, 4e-3, 0.0]) - 0.01).abs() < 1e-9, "a tenth of 4");
        assert!((share(&[0.0, 0.0, 4e-3]) - 0.01).abs() < 1e-9);
    }
    let zeros = vec![vec![0.0; 3]; 20];
    assert_eq!(accuracy(&net, Target::Auto, &zeros, &[0.5, 0.0, 0.0]).outputs[0].range, Some(1.0));
    assert!(!accuracy(&net, Target::Auto, &rows(20), &[f64::NAN, 0.0, 0.0]).is_met());
}

#[test]
fn an_output_is_judged_by_what_it_is() {
    // Errors of 5 % that leave the largest value the largest.
    let rows: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i % 2), 0.5]).collect();
    let error = [0.05, 0.05];
    let met = |meaning, target| accuracy(&network(&[("y", &[1, 2], meaning)]), target, &rows, &error).is_met();
    for (meaning, expected) in [
        (Meaning::Values, [false, true, false]),
        (Meaning::Probabilities, [false, true, false]),
        (Meaning::Scores, [false, true, false]),
        (Meaning::Logits, [true, true, false]),
    ] {
        assert_eq!([Target::Auto, Target::Class, Target::Values].map(|target| met(meaning, target)), expected);
    }
    let logits = accuracy(&network(&[("y", &[1, 2], Meaning::Logits)]), Target::Auto, &rows, &error);
    assert_eq!((logits.warnings().len(), logits.agreeing), (1, Some(20)));
    assert!(logits.strain() > AIM, "a search still looks for better ones");
    assert!(met(Meaning::Values, Target::MaxError(0.06)) && !met(Meaning::Values, Target::MaxError(0.04)));
    // Integers are right or wrong, and the class of what stands beside them.
    let labelled = network(&[("label", &[1], Meaning::Integers), ("y", &[1, 1], Meaning::Scores)]);
    assert!(!accuracy(&labelled, Target::Auto, &rows, &[0.2, 0.05]).is_met());
    assert!(accuracy(&labelled, Target::Class, &rows, &[0.2, 0.05]).is_met());
    let wrong = accuracy(&labelled, Target::Values, &rows, &[0.6, 0.0]);
    assert_eq!((wrong.is_met(), wrong.agreeing, wrong.outputs[0].max_abs_error), (false, Some(0), None));
    let single = network(&[("y", &[1, 1], Meaning::Values)]);
    assert!(matches!(Target::Class.check(&single), Err(Error::Option { option: "--target", .. })));
    assert!(Target::Class.check(&labelled).is_ok());
}

#[test]
fn refused_rows_miss_every_target() {
    let net = network(&[("y", &[1, 2], Meaning::Logits)]);
    for target in [Target::Auto, Target::Class, Target::Values, Target::MaxError(9.0)] {
        let mut comparison = Comparison::new(&net, target);
        comparison.see(&[0.0, 1.0], None, Ok(&[0.0, 1.0])).unwrap();
        comparison.see(&[0.0, 1.0], None, Err(&"why".to_owned())).unwrap();
        let accuracy = comparison.accuracy();
        assert!(!accuracy.is_met() && accuracy.missed().contains("1 of 2 rows out of range"), "{accuracy}");
        assert_eq!(accuracy.agreeing, Some(1));
    }
}
