mod integers;

use std::{fs, path::Path};

use super::*;
use crate::{data, onnx, quant::Accuracy};

/// A bundled network and its calibration rows.
fn bundled(name: &str, calibration: &str) -> (Network, Vec<Vec<f64>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let network = onnx::import(&fs::read(folder.join(format!("{name}.onnx"))).unwrap()).unwrap();
    let file: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join(format!("{calibration}.json"))).unwrap()).unwrap();
    let rows = file.get("inputs").unwrap_or(&file);
    let rows = data::read_rows(rows.to_string().as_bytes(), &network.input).unwrap();
    (network, rows)
}

fn digits_cnn() -> (Network, Vec<Vec<f64>>) {
    bundled("digits_cnn", "digits_calibration")
}

fn mlp() -> (Network, Vec<Vec<f64>>) {
    bundled("breast_cancer_mlp", "breast_cancer_calibration")
}

fn taken(compiled: &Compiled) -> &Attempt {
    &compiled.search.attempts[compiled.search.taken]
}

#[test]
fn the_cheapest_layout_that_meets_the_target_is_taken() {
    for (network, rows) in [digits_cnn(), mlp()] {
        let compiled = compile(network, &rows, &Options::default()).unwrap();
        let Search { target, met, attempts, taken, .. } = &compiled.search;
        assert!(met);
        assert_eq!(*target, Target::Auto);
        let seconds = |attempt: &Attempt| attempt.predicted.native_seconds;
        assert!(attempts.windows(2).all(|pair| seconds(&pair[0]) <= seconds(&pair[1])), "cheapest first");
        assert_eq!(*taken + 1, attempts.len());
        let aim = |attempt: &Attempt| attempt.accuracy.as_ref().is_some_and(Accuracy::is_aim);
        assert!(attempts[..*taken].iter().all(|attempt| !aim(attempt)));
        assert!(aim(&attempts[*taken]));
        assert_eq!(compiled.model.digits.value_bits(), attempts[*taken].value_bits);
        assert_eq!(compiled.layout.k, attempts[*taken].k);
        let advice = compiled.layout.params.advice_columns();
        assert_eq!(attempts[*taken].columns, advice + compiled.layout.params.fixed_columns());
        let float: Vec<_> = rows.iter().map(|row| compiled.network.predict(row)).collect();
        let accuracy = quant::evaluate(&float, &compiled.network, *target, &compiled.model, &rows).unwrap();
        let expected_disagreement = None;
        assert_eq!(accuracy, Accuracy { expected_disagreement, ..attempts[*taken].accuracy.clone().unwrap() });
    }
}

#[test]
fn progress_is_told() {
    let (network, rows) = mlp();
    let mut told: Vec<(&str, f64)> = Vec::new();
    compile_with(network, &rows, &Options::default(), &mut |stage, done| told.push((stage, done))).unwrap();
    let (calibration, search): (Vec<_>, Vec<_>) = told.iter().partition(|(stage, _)| *stage == "calibration");
    assert!(search.iter().all(|(stage, _)| *stage == "search"));
    for done in [&calibration, &search] {
        assert!(done.len() > 1 && done.iter().all(|(_, done)| (0.0..=1.0).contains(done)), "{told:?}");
        assert!(done.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{told:?}");
    }
    assert_eq!(calibration.last().map(|(_, done)| *done), Some(1.0));
}

#[test]
fn a_smaller_error_takes_more_bits() {
    for (network, rows) in [digits_cnn(), mlp()] {
        let compiled = |max_error| {
            let options = Options { target: Target::MaxError(max_error), ..Options::default() };
            compile(network.clone(), &rows, &options)
        };
        let [coarse, fine] = [0.3, 0.003].map(|error| compiled(error).unwrap());
        for (compiled, limit) in [(&coarse, 0.3), (&fine, 0.003)] {
            assert!(taken(compiled).accuracy.as_ref().unwrap().max_abs_error.unwrap() <= limit);
        }
        assert!(coarse.search.taken < fine.search.taken, "{:?}, {:?}", coarse.search, fine.search);
        let error = compiled(1e-12).unwrap_err();
        let Error::Accuracy { node, min, max, .. } = &error else { panic!("{error}") };
        assert!(!node.is_empty() && min < max, "{error}");
        assert!(matches!(compiled(0.0), Err(Error::Option { option: "--max-error", .. })));
        assert!(matches!(compiled(f64::NAN), Err(Error::Option { option: "--max-error", .. })));
    }
}

#[test]
fn bits_can_be_pinned() {
    for (network, rows) in [digits_cnn(), mlp()] {
        for bits in [7, 12, 16] {
            let options = Options { value_bits: Some(bits), accept_error: true, ..Options::default() };
            let compiled = compile(network.clone(), &rows, &options).unwrap();
            assert_eq!(compiled.model.digits.value_bits(), bits);
        }
    }
}

#[test]
fn few_columns_keep_the_accuracy() {
    for (network, rows) in [digits_cnn(), mlp()] {
        let fast = compile(network.clone(), &rows, &Options::default()).unwrap();
        let few = compile(network, &rows, &Options { prefer: Prefer::Columns, ..Options::default() }).unwrap();
        assert!(few.search.met);
        assert!(taken(&few).columns <= taken(&fast).columns);
        assert!(taken(&few).value_bits >= taken(&fast).value_bits);
    }
}

#[test]
fn decisions_have_a_target_too() {
    let (network, rows) = digits_cnn();
    let options = Options { reduction: Reduction::ArgMax, ..Options::default() };
    let compiled = compile(network, &rows, &options).unwrap();
    let accuracy = taken(&compiled).accuracy.as_ref().unwrap();
    assert!(compiled.search.met);
    assert_eq!((accuracy.max_abs_error, accuracy.error_share()), (None, None));
    assert!(accuracy.top1_agreement.unwrap() >= AGREEMENT);
    let doubt = accuracy.expected_disagreement.unwrap();
    assert!(doubt > 0.0 && doubt <= 1.0 - AGREEMENT, "{doubt}");
    let (network, rows) = mlp();
    let options = Options { reduction: Reduction::Threshold(0.5), ..Options::default() };
    let compiled = compile(network, &rows, &options).unwrap();
    assert!(taken(&compiled).accuracy.as_ref().unwrap().expected_disagreement.unwrap() > 0.0);
}

#[test]
fn networks_compile_without_rows() {
    for ((network, rows), range) in [(digits_cnn(), [0.0, 16.0]), (mlp(), [0.0, 1.0])] {
        let options = Options { input_range: Some(range), input_margin: 1.0, ..Options::default() };
        let compiled = compile(network, &[], &options).unwrap();
        let report = report(&compiled, &[], &options).unwrap();
        assert_eq!(report.data.random, Some(range));
        assert_eq!(report.data.rows, quant::PROBES);
        assert!(report.text().contains("calibration: none"));
        assert!(report.html().contains("No data"));
        if range[1] > 1.0 {
            let float: Vec<_> = rows.iter().map(|row| compiled.network.predict(row)).collect();
            let accuracy = quant::evaluate(&float, &compiled.network, Target::Auto, &compiled.model, &rows).unwrap();
            assert_eq!(accuracy.out_of_range, 0, "{accuracy}");
            assert!(accuracy.top1_agreement.unwrap() > 0.98, "{accuracy}");
        }
    }
    let (network, _) = mlp();
    let options = Options { input_range: Some([1.0, 0.0]), ..Options::default() };
    assert!(matches!(compile(network, &[], &options), Err(Error::Option { option: "--input-range", .. })));
}

#[test]
fn a_report_tells_where_accuracy_bits_and_rows_go() {
    let small = |name: &str| bundled(&format!("small/{name}"), &format!("small/{name}"));
    for (network, rows) in
        [digits_cnn(), mlp(), small("prelu"), small("se_block"), small("attention1"), small("argmax5")]
    {
        let options = Options::default();
        let compiled = compile(network, &rows, &options).unwrap();
        let report = report(&compiled, &rows, &options).unwrap();
        let name = &report.model;
        let rows_used: usize = report.cost.layers.iter().map(|layer| layer.rows).sum();
        assert_eq!(report.layers.len(), report.cost.layers.len(), "{name}");
        assert!(rows_used > 0 && rows_used <= 1 << report.cost.k, "{name}");
        assert_eq!(report.shortfall().is_none(), report.search.met, "{name}");
        for layer in &report.layers {
            assert!(layer.min <= layer.max && layer.max.is_finite(), "{name}: {layer:?}");
            assert!(layer.bits_used >= 0.0 && layer.bits_lost() <= f64::from(layer.bits), "{name}: {layer:?}");
            assert!(layer.relative_error < 0.2, "{name}: {layer:?}");
            assert!(layer.mean_error <= layer.max_error, "{name}: {layer:?}");
        }
        let (first, last) = (&report.layers[0], report.layers.last().unwrap());
        assert_eq!(first.op, "input", "{name}");
        if compiled.network.decision().is_none() {
            let finish = compiled.model.output.finish.is_some();
            let error = report.accuracy.max_abs_error.unwrap();
            assert!(finish || (last.max_error - error).abs() < 1e-9, "{name}: {} {error}", last.max_error);
        }
        let html = report.html();
        assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"), "{name}");
        assert!(!html.contains("<script") && !html.contains("http"), "{name}: one file, without script");
        assert!(!html.contains("NaN") && !html.contains("inf"), "{name}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["layers"].as_array().unwrap().len(), report.layers.len(), "{name}");
        assert!(report.text().lines().count() >= 5, "{name}");
    }
}
