use std::{fs, path::Path};

use super::*;
use crate::{
    compile::{Options, compile},
    data, onnx,
};
use hushproof_core::{
    graph::{Visibility, rank as rank_of},
    schema::{Image, Scaled, Vector},
};
use proptest::{
    prelude::{Strategy, any, prop, proptest},
    test_runner::Config,
};

/// A network of the project's models, and the rows of a file of them.
fn of_files(name: &str, rows: &str) -> (Network, Vec<Vec<f64>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let network = onnx::import(&fs::read(folder.join(format!("{name}.onnx"))).unwrap()).unwrap();
    let file: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join(format!("{rows}.json"))).unwrap()).unwrap();
    let rows = file.get("inputs").unwrap_or(&file);
    let rows = data::read_rows(rows.to_string().as_bytes(), &network.input).unwrap();
    (network, rows)
}

/// As [`of_files`], of one name.
fn bundled(name: &str) -> (Network, Vec<Vec<f64>>) {
    of_files(name, name)
}

/// A schema of numbers in the ranges of rows, and a little beyond.
fn numbers_of(network: &Network, rows: &[Vec<f64>], decimals: u32) -> Schema {
    let unit = 10f64.powi(decimals as i32);
    let field = |at: usize| {
        let values = || rows.iter().map(|row| row[at]).filter(|value| value.is_finite());
        let min = (values().fold(f64::INFINITY, f64::min) * unit - 3.0).floor() / unit;
        let max = (values().fold(f64::NEG_INFINITY, f64::max) * unit + 3.0).ceil() / unit;
        let missing = network.missing.get(at).is_some_and(Option::is_some);
        Field { name: format!("f{at}"), kind: Kind::Decimal(Scaled { decimals, min, max }), unit: None, missing }
    };
    Schema { name: "numbers".to_owned(), shape: schema::Shape::Fields((0..network.input.len()).map(field).collect()) }
}

/// Records of a schema: integers of each element, the largest and missing ones among them.
fn records(schema: &Schema) -> impl Strategy<Value = Vec<f64>> + use<> {
    let schema = schema.clone();
    prop::collection::vec((any::<u64>(), 0..8u8), schema.len()).prop_map(move |drawn| {
        let value = |(at, (integer, kind)): (usize, (u64, u8))| {
            let largest = schema.largest_of(at);
            let integer = match kind {
                0 => 0,
                1 => largest,
                _ => integer % (largest + 1),
            };
            let missing = schema.nearest(at, f64::NAN) == Some(integer);
            if missing { f64::NAN } else { schema.value(at, integer) }
        };
        drawn.into_iter().enumerate().map(value).collect()
    })
}

/// An input that is one record.
fn one(schema: &Schema) -> Option<Records> {
    Records::new(vec![schema.clone()])
}

#[test]
fn trees_give_on_integers_what_they_give_on_ranks() {
    for name in ["trees_binary", "trees_modes", "trees_most", "trees_mean"] {
        let (network, rows) = bundled(&format!("small/{name}"));
        for decimals in [0, 2] {
            let schema = numbers_of(&network, &rows, decimals);
            let on_records = on_records(network.clone(), &one(&schema).unwrap()).unwrap();
            assert!(on_records.cuts == network.cuts && on_records.records.is_some());
            proptest!(Config::with_cases(200), |(record in records(&schema))| {
                assert_eq!(on_records.predict(&record), network.predict(&record), "{name}: {record:?}");
            });
        }
    }
}

/// A comparison of value 0 with each of these cuts, in one layer, summed up; a missing value counts as one.
fn stairs(cuts: &[f64], missing: f64) -> Network {
    let bits = Shape::vector(cuts.len());
    let column = (0..).zip(cuts).map(|(output, _)| (output, -1.0)).collect();
    let compare = FloatLayer {
        node: "stairs".to_owned(),
        op: "TreeEnsembleRegressor".to_owned(),
        shape: bits,
        terms: vec![Term { source: 0, map: Map::Sparse(Sparse { columns: vec![column] }), negative: None }],
        bias: (0..cuts.len()).map(|c| c as f64).collect(),
        activation: FloatActivation::Threshold { at: 0.0 },
        same_scale: None,
    };
    let columns = vec![vec![(0, 1.0)]; cuts.len()];
    let sum = FloatLayer {
        node: "sum".to_owned(),
        shape: Shape::vector(1),
        terms: vec![Term { source: 1, map: Map::Sparse(Sparse { columns }), negative: None }],
        bias: vec![0.0],
        activation: FloatActivation::Linear,
        ..compare.clone()
    };
    let info = hushproof_core::graph::ValueInfo::new("x", vec![1, 1]);
    Network {
        name: "stairs".to_owned(),
        input: info.clone(),
        input_shape: Shape::vector(1),
        output: info,
        layers: vec![compare, sum],
        finish: None,
        parts: Vec::new(),
        cuts: vec![Some(cuts.to_vec())],
        missing: vec![Some(missing)],
        records: None,
        committed: None,
        whole: Vec::new(),
    }
}

/// Cuts between, on and beyond the values of the integers; a missing value below, among and above them.
#[test]
fn a_missing_value_goes_where_its_rank_goes() {
    let cuts = [f64::MIN, -5.0, 0.0, 0.25, 0.5, 0.999, 1.0, 7.0, f64::INFINITY];
    let kind = Kind::Decimal(Scaled { decimals: 1, min: 0.0, max: 1.0 });
    let field = Field { name: "x".to_owned(), kind, unit: None, missing: true };
    let schema = Schema { name: "one".to_owned(), shape: schema::Shape::Fields(vec![field]) };
    for missing in [f64::NEG_INFINITY, f64::MIN, -6.0, 0.3, 0.5, 2.0, f64::INFINITY] {
        let network = stairs(&cuts, missing);
        let on_records = on_records(network.clone(), &one(&schema).unwrap()).unwrap();
        for integer in 0..=schema.largest_of(0) {
            let value = if integer == 11 { f64::NAN } else { schema.value(0, integer) };
            let reached = rank_of(&cuts, if value.is_nan() { missing } else { value });
            assert_eq!(network.predict(&[value]), [(cuts.len() - reached) as f64]);
            assert_eq!(on_records.predict(&[value]), network.predict(&[value]), "{value} of {missing}");
        }
        let rows: Vec<Vec<f64>> = (0..=10).map(|n| vec![schema.value(0, n)]).chain([vec![f64::NAN]]).collect();
        let options = Options { input: Visibility::Committed, schemas: vec![schema.clone()], ..Options::default() };
        let model = compile(network.clone(), &rows, &options).unwrap().model;
        for row in &rows {
            assert_eq!(model.predict(row).unwrap()[0].round(), network.predict(row)[0], "{row:?} of {missing}");
        }
    }
}

/// What an imputer puts in for a missing value is what its sums are of.
#[test]
fn a_missing_number_is_what_is_put_in_for_it() {
    let mut network = stairs(&[], 0.0);
    network.cuts.clear();
    network.missing = vec![Some(4.5), None];
    network.input = hushproof_core::graph::ValueInfo::new("x", vec![1, 2]);
    network.input_shape = Shape::vector(2);
    network.layers.remove(0);
    let columns = vec![vec![(0, 2.0)], vec![(0, -1.0)]];
    network.layers[0].terms = vec![Term { source: 0, map: Map::Sparse(Sparse { columns }), negative: None }];
    let field = |name: &str, missing| Field {
        name: name.to_owned(),
        kind: Kind::Decimal(Scaled { decimals: 1, min: -10.0, max: 10.0 }),
        unit: None,
        missing,
    };
    let fields = vec![field("a", true), field("b", false)];
    let schema = Schema { name: "two".to_owned(), shape: schema::Shape::Fields(fields) };
    let rows: Vec<Vec<f64>> = (0..40).map(|n| vec![f64::from(n) / 2.0 - 10.0, f64::from(n % 7)]).collect();
    let rows: Vec<_> = rows.into_iter().chain([vec![f64::NAN, 3.0], vec![f64::NAN, -2.5]]).collect();
    let on_records = on_records(network.clone(), &one(&schema).unwrap()).unwrap();
    let options = Options { input: Visibility::Committed, schemas: vec![schema], ..Options::default() };
    let model = compile(network.clone(), &rows, &options).unwrap().model;
    for row in &rows {
        let expected = network.predict(row)[0];
        assert!((on_records.predict(row)[0] - expected).abs() < 1e-9, "{row:?}");
        assert!((model.predict(row).unwrap()[0] - expected).abs() < 0.1, "{row:?}");
    }
}

/// Models of every kind on records give what they give on the values.
#[test]
fn models_of_records_compile_to_what_they_are() {
    for (name, rows_of, decimals) in [
        ("breast_cancer_mlp", "breast_cancer_calibration", 3),
        ("small/trees_most", "small/trees_most", 2),
        ("small/trees_computed", "small/trees_computed", 2),
        ("small/conv_asymmetric_pad", "small/conv_asymmetric_pad", 2),
        ("small/maxpool3_padded", "small/maxpool3_padded", 2),
        ("small/se_block", "small/se_block", 2),
        ("small/square", "small/square", 2),
    ] {
        let (network, rows) = of_files(name, rows_of);
        let schema = if network.input_shape.is_vector() {
            numbers_of(&network, &rows, decimals)
        } else {
            let vector = Vector { length: network.input.len(), decimals, min: -8.0, max: 8.0 };
            Schema { name: name.to_owned(), shape: schema::Shape::Vector(vector) }
        };
        let options = Options {
            input: Visibility::Committed,
            schemas: vec![schema.clone()],
            accept_error: true,
            ..Options::default()
        };
        let compiled = compile(network.clone(), &rows, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(compiled.model.input.records, one(&schema), "{name}");
        let read = hushproof_core::graph::Model::from_bytes(&compiled.model.to_bytes()).unwrap();
        assert_eq!(read, compiled.model, "{name}");
        for row in rows.iter().take(20) {
            let row = schema.meant(row).unwrap();
            let integers: Vec<u64> =
                compiled.model.quantize_input(&row).unwrap().into_iter().map(|n| n as u64).collect();
            assert_eq!(integers, schema.integers(&row).unwrap(), "{name}");
            let (got, expected) = (compiled.model.predict(&row).unwrap(), network.predict(&row));
            let largest = expected.iter().fold(0.1f64, |most, value| most.max(value.abs()));
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).abs() < 0.02 * largest, "{name}: {got}, not {expected}");
            }
        }
    }
}

#[test]
fn schemas_that_are_no_input_of_the_model_are_refused() {
    let (network, rows) = bundled("small/trees_most");
    let good = numbers_of(&network, &rows, 2);
    let schema::Shape::Fields(fields) = &good.shape else { panic!("fields") };
    let with = |change: &dyn Fn(&mut Vec<Field>)| {
        let mut fields = fields.clone();
        change(&mut fields);
        Schema { shape: schema::Shape::Fields(fields), ..good.clone() }
    };
    let wide = Kind::Decimal(Scaled { decimals: 6, min: 0.0, max: 1000.0 });
    let bad = [
        (with(&|fields| drop(fields.pop())), "values"),
        (with(&|fields| fields[1].kind = wide.clone()), "f1 has 1000000001 steps"),
        (
            Schema {
                shape: schema::Shape::Image(Image { height: 1, width: fields.len(), channels: 1 }),
                ..good.clone()
            },
            "image",
        ),
    ];
    for (schema, says) in bad {
        let error = on_records(network.clone(), &one(&schema).unwrap()).unwrap_err();
        assert!(error.code() == "option" && error.to_string().contains(says), "{says}: {error}");
    }
    let (mlp, measured) = of_files("breast_cancer_mlp", "breast_cancer_calibration");
    let mut missing = numbers_of(&mlp, &measured, 2);
    if let schema::Shape::Fields(fields) = &mut missing.shape {
        fields[7].missing = true;
    }
    let error = on_records(mlp, &one(&missing).unwrap()).unwrap_err();
    assert!(error.code() == "option" && error.to_string().contains("`f7` may be missing"), "{error}");
    let options =
        |input, schema: Option<Schema>| Options { input, schemas: schema.into_iter().collect(), ..Options::default() };
    for (options, rows, says) in [
        (options(Visibility::Committed, None), &rows[..], "--schema"),
        (options(Visibility::Private, Some(good.clone())), &rows[..], "--schema"),
        (options(Visibility::Committed, Some(good.clone())), &[][..], "--calibration"),
        (Options { weights: Visibility::Committed, ..Options::default() }, &rows[..], "--weights"),
    ] {
        let error = compile(network.clone(), rows, &options).unwrap_err();
        assert!(error.code() == "option" && error.to_string().contains(says), "{says}: {error}");
    }
    let mut beyond = rows.clone();
    beyond[0][1] += 1000.0;
    let error = compile(network, &beyond, &options(Visibility::Committed, Some(good))).unwrap_err();
    assert!(error.code() == "record" && error.to_string().contains("f1"), "{error}");
}

/// Planes whose fields differ within a channel.
#[test]
fn fields_of_one_channel_have_one_range() {
    let (network, rows) = bundled("small/conv_1d");
    let error = on_records(network.clone(), &one(&numbers_of(&network, &rows, 2)).unwrap()).unwrap_err();
    assert!(error.code() == "option" && error.to_string().contains("channel"), "{error}");
}
