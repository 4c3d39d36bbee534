//! Columns: strings, missing values and numbers side by side, as scikit-learn's exporters write them. Expected values
//! are worked out by hand.

use hushproof_core::{Error, graph::Network};

use super::rewrites::More;
use crate::{
    compile::{Options, compile},
    onnx::{
        Graph,
        pb::{AttributeProto, OperatorSetIdProto, TensorProto},
        proto,
        tests::graphs::{Builder, new, value},
    },
};

trait Columns {
    /// The last node is of the domain `ai.onnx.ml`.
    fn ml(self) -> Self;
    fn floats(self, name: &str, floats: &[f32]) -> Self;
    fn texts(self, name: &str, texts: &[&str]) -> Self;
    /// A constant list of strings.
    fn strings(self, name: &str, texts: &[&str]) -> Self;
    /// The inputs, with their element types.
    fn inputs(self, inputs: &[(&str, &[i64], i32)]) -> Self;
    fn outputs_named(self, names: &[&str]) -> Self;
}

impl Columns for Builder {
    fn ml(mut self) -> Self {
        self.0.node.last_mut().unwrap().domain = "ai.onnx.ml".into();
        self
    }

    fn floats(mut self, name: &str, floats: &[f32]) -> Self {
        let attribute = AttributeProto { name: name.into(), r#type: 6, floats: floats.to_vec(), ..Default::default() };
        self.0.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    fn texts(mut self, name: &str, texts: &[&str]) -> Self {
        let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        let attribute = AttributeProto { name: name.into(), r#type: 8, strings, ..Default::default() };
        self.0.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    fn strings(mut self, name: &str, texts: &[&str]) -> Self {
        let string_data = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        let dims = vec![texts.len() as i64];
        let tensor = TensorProto { name: name.into(), data_type: 8, dims, string_data, ..Default::default() };
        self.0.initializer.push(tensor);
        self
    }

    fn inputs(mut self, inputs: &[(&str, &[i64], i32)]) -> Self {
        self.0.input = inputs.iter().map(|(name, dims, kind)| value(name, dims, *kind)).collect();
        self
    }

    fn outputs_named(mut self, names: &[&str]) -> Self {
        self.0.output = names.iter().map(|name| value(name, &[], 1)).collect();
        self
    }
}

const FLOAT: i32 = 1;
const INTEGER: i32 = 7;
const STRING: i32 = 8;

fn network(builder: &Builder) -> Network {
    let mut model = builder.model();
    model.opset_import.push(OperatorSetIdProto { domain: "ai.onnx.ml".into(), version: 3 });
    Graph::build(&proto::check(model).unwrap()).unwrap().network().unwrap()
}

/// Reading a graph of which the import list names one domain only.
fn with_imports(builder: &Builder, domain: &str) -> Result<Graph, Error> {
    let mut model = builder.model();
    model.opset_import = vec![OperatorSetIdProto { domain: domain.into(), version: 3 }];
    Graph::build(&proto::check(model)?)
}

/// A regression tree on x: x₀ ≤ 1 ? 10 : (x₀ ≤ 2 ? 20 : 30), of which a missing x₀ takes the branches named.
fn tree(missing: &[i64]) -> Builder {
    new(&[1, 1])
        .node("TreeEnsembleRegressor", &["x"], "y")
        .ml()
        .ints("nodes_treeids", &[0; 5])
        .ints("nodes_nodeids", &[0, 1, 2, 3, 4])
        .ints("nodes_featureids", &[0; 5])
        .texts("nodes_modes", &["BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"])
        .floats("nodes_values", &[1.0, 0.0, 2.0, 0.0, 0.0])
        .ints("nodes_truenodeids", &[1, 0, 3, 0, 0])
        .ints("nodes_falsenodeids", &[2, 0, 4, 0, 0])
        .ints("nodes_missing_value_tracks_true", missing)
        .ints("target_treeids", &[0; 3])
        .ints("target_nodeids", &[1, 3, 4])
        .ints("target_ids", &[0; 3])
        .floats("target_weights", &[10.0, 20.0, 30.0])
}

#[test]
fn the_import_list_names_the_domains_of_nodes() {
    let trees = tree(&[0; 5]);
    assert!(with_imports(&trees, "ai.onnx.ml").is_ok());
    assert!(matches!(with_imports(&trees, "com.example"), Err(Error::NotOnnx { .. })));
    let more = trees.clone().node("Neg", &["y"], "z").outputs_named(&["z"]);
    assert!(matches!(with_imports(&more, "ai.onnx.ml"), Err(Error::NotOnnx { .. })));
}

#[test]
fn missing_values_take_their_branches() {
    for (missing, expected) in [([0; 5], 30.0), ([1; 5], 10.0), ([0, 0, 1, 0, 0], 20.0), ([1, 0, 0, 0, 0], 10.0)] {
        let network = network(&tree(&missing));
        let of = |x: f64| network.predict(&[x])[0];
        assert_eq!([0.0, 1.0, 1.5, 2.0, 2.5].map(of), [10.0, 10.0, 20.0, 20.0, 30.0], "{missing:?}");
        assert_eq!(of(f64::NAN), expected, "{missing:?}");
        let rows: Vec<Vec<f64>> = [0.0, 1.5, 3.0, f64::NAN].iter().map(|x| vec![*x]).collect();
        let compiled = compile(network.clone(), &rows, &Options::default()).unwrap();
        let got = compiled.model.predict(&[f64::NAN]).unwrap()[0];
        assert!((got - expected).abs() < 1e-2, "{got} for {expected}");
    }
}

#[test]
fn an_imputer_in_front_of_numbers_stands_for_missing_ones() {
    let imputer = |builder: Builder, value: f32| {
        builder.ml().floats("imputed_value_floats", &[value]).float("replaced_value_float", f32::NAN)
    };
    let one = imputer(new(&[1, 2]).node("Imputer", &["x"], "f"), 4.0);
    let one = one.weight("w", &[2, 1], &[2.0, 3.0]).node("MatMul", &["f", "w"], "y");
    let known = network(&one);
    assert_eq!(known.missing, [Some(4.0), Some(4.0)]);
    assert_eq!(known.predict(&[f64::NAN, 1.0]), [11.0]);
    // Another reader would see the missing value itself.
    let raw = one.clone().weight("v", &[2, 1], &[1.0, 1.0]).node("MatMul", &["x", "v"], "z").outputs_named(&["y", "z"]);
    assert!(network(&raw).missing.is_empty());
    let compiled = |network: &Network| {
        let rows: Vec<Vec<f64>> = (0..8).map(|i| vec![f64::from(i), f64::from(i % 3)]).collect();
        compile(network.clone(), &rows, &Options::default()).unwrap().model
    };
    assert!((compiled(&known).predict(&[f64::NAN, 1.0]).unwrap()[0] - 11.0).abs() < 0.1);
    let refused = compiled(&network(&raw)).predict(&[f64::NAN, 1.0]);
    assert!(matches!(refused, Err(Error::InputValue { index: 0, .. })), "{refused:?}");
}

/// Age, a number, and job, a string: 0.5 · age + 10 · nurse − 20 · pilot.
fn credit() -> Builder {
    new(&[1, 1])
        .inputs(&[("age", &[-1, 1], FLOAT), ("job", &[-1, 1], STRING)])
        .node("OneHotEncoder", &["job"], "jobs")
        .ml()
        .texts("cats_strings", &["clerk", "nurse", "pilot"])
        .integers("row", &[-1, 3])
        .node("Reshape", &["jobs", "row"], "flat")
        .node("Concat", &["age", "flat"], "all")
        .int("axis", 1)
        .weight("w", &[4, 1], &[0.5, 0.0, 10.0, -20.0])
        .node("MatMul", &["all", "w"], "y")
}

#[test]
fn numbers_and_strings_side_by_side() {
    let network = network(&credit());
    assert!(matches!(network.cuts[..], [None, Some(_)]), "{:?}", network.cuts);
    let names = network.input.categories_of(1).unwrap();
    assert_eq!(names.names, ["clerk", "nurse", "pilot"]);
    let expected = |age: f64, job: usize| 0.5 * age + [0.0, 10.0, -20.0, 0.0][job];
    let rows: Vec<Vec<f64>> = (0..24).map(|i| vec![20.0 + f64::from(i * 2), f64::from(i % 4)]).collect();
    let model = compile(network.clone(), &rows, &Options::default()).unwrap().model;
    let bytes = model.to_bytes();
    let model = hushproof_core::graph::Model::from_bytes(&bytes).unwrap();
    for row in &rows {
        let want = expected(row[0], row[1] as usize);
        assert_eq!(network.predict(row), [want]);
        let got = model.predict(row).unwrap()[0];
        assert!((got - want).abs() < 0.2, "{got} for {want}");
    }
    let json = |text: &str| hushproof_core::data::read_input(text.as_bytes(), &model.input.value_info);
    assert_eq!(json(r#"{"age+job": [40, "pilot"]}"#).unwrap(), [40.0, 2.0]);
    // No encoder refuses another name.
    assert_eq!(json(r#"{"age+job": [40, "baker"]}"#).unwrap(), [40.0, 3.0]);
    assert!(matches!(json(r#"{"age+job": [40, 2]}"#), Err(Error::InputValue { index: 1, .. })));
    assert!(matches!(json(r#"{"age+job": ["pilot", "pilot"]}"#), Err(Error::InputValue { index: 0, .. })));
}

/// 2 · x + 100 · [x = 7], where x is an integer beside real numbers, in front of them or alone.
#[test]
fn integers_that_are_numbers_too_are_compared_exactly() {
    let read = |builder: Builder, x: &str| {
        let builder = builder.integers("seven", &[7]).node("Equal", &[x, "seven"], "is").node("Cast", &["is"], "hot");
        let builder = builder.int("to", 1).node("Cast", &[x], "number").int("to", 1);
        let builder = builder.weight("hundred", &[1], &[100.0]).node("Mul", &["hot", "hundred"], "most");
        builder.node("Add", &["number", "number"], "twice").node("Add", &["twice", "most"], "all")
    };
    let alone = |dims: &[i64]| {
        let builder = new(dims).inputs(&[("x", dims, INTEGER)]);
        read(builder, "x").node("Identity", &["all"], "y")
    };
    let beside =
        |inputs: &[(&str, &[i64], i32)]| read(new(&[1, 2]).inputs(inputs), "x").node("Add", &["all", "real"], "y");
    let (x, real) = (("x", &[1, 2][..], INTEGER), ("real", &[1, 2][..], FLOAT));
    let cases = [(alone(&[1, 2]), 0, None), (alone(&[1, 2, 2, 3]), 0, None)];
    let mixed = [(beside(&[x, real]), 0, Some(2)), (beside(&[real, x]), 2, Some(0))];
    for (builder, first, added) in cases.into_iter().chain(mixed) {
        let network = network(&builder);
        let len = network.input_shape.len();
        let at = |row: usize, i: usize| match added {
            Some(added) if (added..added + 2).contains(&i) => 0.25 * (row % 5) as f64,
            _ => ((row * 7 + i * 3) % 40) as f64,
        };
        let rows: Vec<Vec<f64>> = (0..80).map(|row| (0..len).map(|i| at(row, i)).collect()).collect();
        let model = compile(network, &rows, &Options::default()).unwrap().model;
        for row in &rows {
            for (i, got) in model.predict(row).unwrap().into_iter().enumerate() {
                let x = row[first + i];
                let expected = 2.0 * x + f64::from(u8::from(x == 7.0)) * 100.0 + added.map_or(0.0, |at| row[at + i]);
                assert!((got - expected).abs() < 1.8, "{got} for {expected}");
            }
        }
    }
}

#[test]
fn integers_are_divided_towards_zero_exactly() {
    for divisor in [1, 3, 7, -4] {
        let builder = new(&[1, 2]).inputs(&[("x", &[1, 2], INTEGER)]).integers("by", &[divisor]);
        let builder = builder.node("Div", &["x", "by"], "whole").node("Cast", &["whole"], "y").int("to", 1);
        let rows: Vec<Vec<f64>> = (-60..=60).map(|x| vec![f64::from(x), f64::from(-x * 7 % 60)]).collect();
        let model = compile(network(&builder), &rows, &Options::default()).unwrap().model;
        for row in &rows {
            let expected = row.iter().map(|x| (x / divisor as f64).trunc());
            for (got, expected) in model.predict(row).unwrap().iter().zip(expected) {
                assert!((got - expected).abs() < 1e-6, "{row:?} by {divisor}: {got} for {expected}");
            }
        }
    }
}

/// x² or a convolution of x, beside an integer that is only compared: codes of the one have zero points.
#[test]
fn ranks_stand_beside_any_use_of_numbers() {
    let inputs: [(&str, &[i64], i32); 2] = [("x", &[1, 6], FLOAT), ("i", &[1, 1], INTEGER)];
    let hot = || {
        let builder = new(&[1, 6]).inputs(&inputs).integers("seven", &[7]).node("Equal", &["i", "seven"], "is");
        builder.node("Cast", &["is"], "hot").int("to", 1)
    };
    let square = hot().node("Mul", &["x", "x"], "a").node("Add", &["a", "hot"], "y");
    let conv =
        hot().integers("planes", &[1, 1, 6]).node("Reshape", &["x", "planes"], "p").weight("w", &[1, 1, 2], &[1.0; 2]);
    let conv = conv.node("Conv", &["p", "w"], "c").ints("pads", &[1, 0]).integers("flat", &[1, 6]);
    let conv = conv.node("Reshape", &["c", "flat"], "a").node("Add", &["a", "hot"], "y");
    for (builder, squared) in [(square, true), (conv, false)] {
        let network = network(&builder);
        assert!(network.cuts.iter().any(Option::is_none) && network.cuts.iter().any(Option::is_some));
        let at = |row: usize, i: usize| if i == 6 { (row % 9) as f64 } else { ((row * 5 + i * 7) % 31) as f64 / 10.0 };
        let rows: Vec<Vec<f64>> = (0..70).map(|row| (0..7).map(|i| at(row, i)).collect()).collect();
        let model = compile(network, &rows, &Options::default()).unwrap().model;
        for row in &rows {
            for (i, got) in model.predict(row).unwrap().into_iter().enumerate() {
                let before = i.checked_sub(1).map_or(0.0, |i| row[i]);
                let expected =
                    if squared { row[i] * row[i] } else { row[i] + before } + f64::from(u8::from(row[6] == 7.0));
                assert!((got - expected).abs() < 0.1, "{got} for {expected}");
            }
        }
    }
}

#[test]
fn comparisons_of_what_is_always_0_compile() {
    let builder = new(&[1, 3]).node("Sub", &["x", "x"], "none").weight("zero", &[], &[0.0]);
    let builder = builder.node("GreaterOrEqual", &["none", "zero"], "is").node("Cast", &["is"], "bit").int("to", 1);
    let builder = builder.node("Add", &["bit", "x"], "y");
    let rows: Vec<Vec<f64>> = (0..40).map(|i| vec![f64::from(i) / 10.0; 3]).collect();
    let model = compile(network(&builder), &rows, &Options::default()).unwrap().model;
    for row in &rows {
        assert!((model.predict(row).unwrap()[0] - row[0] - 1.0).abs() < 0.05);
    }
}

#[test]
fn classes_keep_their_names() {
    let classifier = |names: &[&str]| {
        let linear = new(&[1, 2]).node("LinearClassifier", &["x"], "y").ml().texts("classlabels_strings", names);
        linear.floats("coefficients", &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]).floats("intercepts", &[0.0; 3])
    };
    let named = network(&classifier(&["good", "bad", "unknown"]));
    assert_eq!(named.output.categories[0].names, ["good", "bad", "unknown"]);
    assert_eq!(named.output.name_of(0, named.predict(&[1.0, 3.0])[0]), Some("bad"));
    // Which of two equal names is meant nobody can tell.
    assert!(network(&classifier(&["good", "good", "bad"])).output.categories.is_empty());
}

#[test]
fn strings_are_no_numbers() {
    let wrong = new(&[1, 1]).inputs(&[("x", &[1, 1], STRING)]).node("Neg", &["x"], "y");
    assert!(wrong.read().and_then(|graph| graph.network()).is_err());
    let copied = new(&[1, 1]).inputs(&[("x", &[1, 1], STRING)]).node("Identity", &["x"], "y");
    assert!(copied.read().and_then(|graph| graph.network()).is_err());
}

#[test]
fn a_string_equals_a_constant() {
    let equal = new(&[1, 1]).inputs(&[("x", &[1, 1], STRING)]).strings("c", &["yes"]).node("Equal", &["x", "c"], "b");
    let network = network(&equal.node("Cast", &["b"], "y").int("to", 1));
    assert_eq!(network.input.categories[0].names, ["yes"]);
    assert_eq!([0.0, 1.0].map(|x| network.predict(&[x])[0]), [1.0, 0.0]);
}

/// What follows from the leaf of one tree alone is computed for each leaf: exact, without tables.
#[test]
fn functions_of_one_leaf_are_exact() {
    let chain = tree(&[0; 5]).outputs_named(&["z"]).node("Cast", &["y"], "i").int("to", 7);
    let chain = chain.node("LabelEncoder", &["i"], "n").ml().ints("keys_int64s", &[10, 20, 30]);
    let chain = chain.floats("values_floats", &[1.0, 4.0, 9.0]).node("Log", &["n"], "l").node("Sqrt", &["n"], "s");
    let network = network(&chain.node("Add", &["l", "s"], "z"));
    for (x, n) in [(0.0, 1.0f64), (1.5, 4.0), (9.0, 9.0)] {
        let (got, want) = (network.predict(&[x])[0], n.ln() + n.sqrt());
        assert!((got - want).abs() < 1e-12, "{got} for {want}");
    }
    let tables = network.layers.iter().filter(|layer| layer.activation.decision().is_none());
    assert!(tables.clone().count() == 1, "the sum alone: {:?}", tables.collect::<Vec<_>>());
}

/// Digits of one number, by comparing it with several, one of them hit exactly.
#[test]
fn bins_of_an_input_are_exact() {
    let bins = new(&[1, 2]).integers("at", &[1]).node("ArrayFeatureExtractor", &["x", "at"], "column").ml();
    let bins = bins.weight("ends", &[3], &[0.1, 0.5, 2.0]).node("Less", &["column", "ends"], "below");
    let bins = bins.node("Cast", &["below"], "bits").int("to", 1);
    let bins = bins.weight("zero", &[1], &[0.0]).weight("one", &[1], &[1.0]).node("Mul", &["column", "zero"], "none");
    let bins = bins.node("Add", &["none", "one"], "last").node("Concat", &["bits", "last"], "all").int("axis", 1);
    let network =
        network(&bins.node("ArgMax", &["all"], "digit").int("axis", 1).node("Cast", &["digit"], "y").int("to", 1));
    let of = |x: f64| network.predict(&[7.0, x])[0];
    assert_eq!([0.0, 0.1, 0.4999, 0.5, 1.9, 2.0, 5.0].map(of), [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
    assert!(network.cuts.iter().all(Option::is_some), "nothing reads the number itself: {:?}", network.cuts);
}

#[test]
fn a_softmax_that_is_written_out() {
    let logs = new(&[1, 3]).integers("axis", &[1]).integers("column", &[-1, 1]);
    let logs = logs.node("ReduceLogSumExp", &["x"], "sum").ints("axes", &[1]).int("keepdims", 0);
    let logs = logs.node("Reshape", &["sum", "column"], "sums").node("Sub", &["x", "sums"], "logs");
    let network = network(&logs.node("Exp", &["logs"], "y"));
    assert!(network.finish.is_some());
    let y = network.predict(&[0.0, 3f64.ln(), 0.0]);
    assert!(y.iter().zip([0.2, 0.6, 0.2]).all(|(got, want)| (got - want).abs() < 1e-12), "{y:?}");
}

#[test]
fn real_numbers_are_true_where_they_are_not_0() {
    let shifted = new(&[1, 3]).weight("one", &[1], &[1.0]).node("Add", &["x", "one"], "a").node("Cast", &["a"], "b");
    let network = network(&shifted.int("to", 9).node("Cast", &["b"], "y").int("to", 1));
    assert_eq!(network.predict(&[-1.0, 0.0, -3.0]), [0.0, 1.0, 1.0]);
}
