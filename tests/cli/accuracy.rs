//! Whatever is compiled is as exact as it should be, or nothing is written.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    graph::{FLOAT, Graph, INT64},
    world::{self, Run, hushproof, models, scratch},
};

/// A network with its rows and what it should give: per output name and values by row.
struct Case {
    name: &'static str,
    onnx: Vec<u8>,
    rows: Vec<Vec<f64>>,
    outputs: Vec<(&'static str, Vec<Vec<f64>>)>,
    /// Whether values are probabilities, whose range is 1.
    probabilities: bool,
}

/// Rows of numbers between two ends.
fn rows(count: usize, width: usize, low: f64, high: f64) -> Vec<Vec<f64>> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((state >> 40) as f64 / (1u64 << 24) as f64)
    };
    // As single precision has them.
    (0..count).map(|_| (0..width).map(|_| f64::from(next() as f32)).collect()).collect()
}

fn by_row(rows: &[Vec<f64>], of: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    rows.iter().map(|row| of(row)).collect()
}

/// Two outputs in one vector, one a thousand times the other.
fn regression() -> Case {
    let (w, v) = ([0.5f32, -1.0, 0.25, 1.5, -0.75, 1.0], [0.02f32, 10.0, -0.015, 14.0]);
    let rows = rows(40, 3, -2.0, 2.0);
    let y = by_row(&rows, |x| {
        let h: Vec<f64> =
            (0..2).map(|j| (0..3).map(|i| x[i] * f64::from(w[2 * i + j])).sum::<f64>().exp().ln_1p()).collect();
        (0..2).map(|j| (0..2).map(|i| h[i] * f64::from(v[2 * i + j])).sum()).collect()
    });
    let graph = Graph::default().constant("w", &[3, 2], &w).constant("v", &[2, 2], &v);
    let graph = graph.node("MatMul", &["x", "w"], "a", &[]).node("Softplus", &["a"], "h", &[]);
    let graph = graph.node("MatMul", &["h", "v"], "y", &[]);
    let onnx = graph.input("x", &[1, 3]).output("y", FLOAT, &[1, 2]).onnx();
    Case { name: "regression", onnx, rows, outputs: vec![("y", y)], probabilities: false }
}

/// Logarithms of numbers over five decades.
fn logarithm() -> Case {
    let rows: Vec<Vec<f64>> =
        rows(40, 2, -6.0, 4.0).iter().map(|row| row.iter().map(|x| f64::from(x.exp() as f32)).collect()).collect();
    let y = by_row(&rows, |x| x.iter().map(|x| x.ln()).collect());
    let graph = Graph::default().node("Log", &["x"], "y", &[]);
    let onnx = graph.input("x", &[1, 2]).output("y", FLOAT, &[1, 2]).onnx();
    Case { name: "logarithm", onnx, rows, outputs: vec![("y", y)], probabilities: false }
}

/// One private number by another.
fn division() -> Case {
    let rows: Vec<Vec<f64>> = rows(40, 2, 0.05, 3.0);
    let y = by_row(&rows, |x| vec![x[0] / x[1]]);
    let graph = Graph::default().constant("a", &[2, 1], &[1.0, 0.0]).constant("b", &[2, 1], &[0.0, 1.0]);
    let graph = graph.node("MatMul", &["x", "a"], "p", &[]).node("MatMul", &["x", "b"], "q", &[]);
    let graph = graph.node("Div", &["p", "q"], "y", &[]);
    let onnx = graph.input("x", &[1, 2]).output("y", FLOAT, &[1, 1]).onnx();
    Case { name: "division", onnx, rows, outputs: vec![("y", y)], probabilities: false }
}

/// The nearest of three centers, and the distances from all.
fn k_means() -> Case {
    let centers = [[1.0f32, 2.0], [-1.5, 0.5], [0.0, -2.0]];
    let mut rows = rows(40, 2, -3.0, 3.0);
    rows.extend(centers.iter().map(|center| center.iter().map(|c| f64::from(*c)).collect()));
    let distances = |x: &[f64]| -> Vec<f64> {
        let squared = |center: &[f32; 2]| (0..2).map(|i| (x[i] - f64::from(center[i])).powi(2)).sum::<f64>();
        centers.iter().map(|center| squared(center).sqrt()).collect()
    };
    let scores = by_row(&rows, distances);
    let label = by_row(&rows, |x| {
        let distances = distances(x);
        vec![(0..3).min_by(|a, b| distances[*a].total_cmp(&distances[*b])).unwrap() as f64]
    });
    // |x|² − 2 x · c + |c|², as exporters write it.
    let minus: Vec<f32> = (0..2).flat_map(|i| centers.iter().map(move |center| -2.0 * center[i])).collect();
    let norms: Vec<f32> = centers.iter().map(|center| center.iter().map(|c| c * c).sum()).collect();
    let graph = Graph::default().constant("ones", &[2, 1], &[1.0; 2]).constant("minus", &[2, 3], &minus);
    let graph = graph.constant("norms", &[1, 3], &norms).node("Mul", &["x", "x"], "xx", &[]);
    let graph = graph.node("MatMul", &["xx", "ones"], "s", &[]).node("MatMul", &["x", "minus"], "m", &[]);
    let graph = graph.node("Add", &["m", "norms"], "n", &[]).node("Add", &["n", "s"], "d", &[]);
    let graph = graph.node("ArgMin", &["d"], "label", &[("axis", 1), ("keepdims", 0)]);
    let graph = graph.node("Sqrt", &["d"], "scores", &[]);
    let onnx = graph.input("x", &[1, 2]).output("label", INT64, &[1]).output("scores", FLOAT, &[1, 3]).onnx();
    Case { name: "k-means", onnx, rows, outputs: vec![("label", label), ("scores", scores)], probabilities: false }
}

/// Label and probabilities of normal distributions of two features.
fn naive_bayes() -> Case {
    let (means, variances) = ([[0.0f32, 1.0], [1.0, -0.5], [-1.0, 0.0]], [[0.3f32, 0.2], [0.1, 0.4], [0.25, 0.3]]);
    let rows = rows(60, 2, -1.5, 1.5);
    let jointly = |x: &[f64]| -> Vec<f64> {
        let one = |class: usize, i: usize| {
            let (mean, variance) = (f64::from(means[class][i]), f64::from(variances[class][i]));
            -0.5 * ((x[i] - mean).powi(2) / variance + variance.ln())
        };
        (0..3).map(|class| one(class, 0) + one(class, 1)).collect()
    };
    let probabilities = by_row(&rows, |x| {
        let jointly = jointly(x);
        let most = jointly.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = jointly.iter().map(|j| (j - most).exp()).sum();
        jointly.iter().map(|j| (j - most).exp() / sum).collect()
    });
    let label = by_row(&rows, |x| {
        let jointly = jointly(x);
        vec![(0..3).max_by(|a, b| jointly[*a].total_cmp(&jointly[*b])).unwrap() as f64]
    });
    let of = |f: &dyn Fn(f32, f32) -> f32| -> Vec<f32> {
        (0..2).flat_map(|i| (0..3).map(|class| f(means[class][i], variances[class][i])).collect::<Vec<_>>()).collect()
    };
    let constant: Vec<f32> = (0..3)
        .map(|class| {
            (0..2).map(|i| -0.5 * (means[class][i].powi(2) / variances[class][i] + variances[class][i].ln())).sum()
        })
        .collect();
    let graph = Graph::default().constant("square", &[2, 3], &of(&|_, v| -0.5 / v));
    let graph = graph.constant("linear", &[2, 3], &of(&|m, v| m / v)).constant("constant", &[1, 3], &constant);
    let graph = graph.node("Mul", &["x", "x"], "xx", &[]).node("MatMul", &["xx", "square"], "a", &[]);
    let graph = graph.node("MatMul", &["x", "linear"], "b", &[]).node("Add", &["a", "b"], "c", &[]);
    let graph = graph.node("Add", &["c", "constant"], "j", &[]);
    let graph = graph.node("ReduceLogSumExp", &["j"], "sum", &[("keepdims", 1)]).node("Sub", &["j", "sum"], "log", &[]);
    let graph = graph.node("ArgMax", &["j"], "label", &[("axis", 1), ("keepdims", 0)]);
    let graph = graph.node("Exp", &["log"], "probabilities", &[]);
    let graph = graph.input("x", &[1, 2]).output("label", INT64, &[1]).output("probabilities", FLOAT, &[1, 3]);
    let outputs = vec![("label", label), ("probabilities", probabilities)];
    Case { name: "naive-bayes", onnx: graph.onnx(), rows, outputs, probabilities: true }
}

impl Case {
    /// The files `network.onnx` and `rows.json`.
    fn write(&self, folder: &Path) -> [String; 2] {
        let (onnx, data) = (folder.join("network.onnx"), folder.join("rows.json"));
        std::fs::write(&onnx, &self.onnx).unwrap();
        std::fs::write(&data, json!({ "x": self.rows }).to_string()).unwrap();
        [onnx.display().to_string(), data.display().to_string()]
    }

    /// How far the lines that `predict` prints are off, as a share of each value's range, and in how many rows a label is
    /// another.
    fn errors(&self, lines: &str) -> (f64, usize) {
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), self.rows.len());
        let got: Vec<Vec<f64>> = lines.iter().map(|line| flat(&line["outputs"])).collect();
        let (mut largest, mut wrong, mut start) = (0.0f64, 0, 0);
        for (name, expected) in &self.outputs {
            for element in 0..expected[0].len() {
                let column: Vec<f64> = expected.iter().map(|row| row[element]).collect();
                let errors = column.iter().zip(&got).map(|(y, row)| (row[start + element] - y).abs());
                if *name == "label" {
                    wrong += errors.filter(|error| *error > 0.5).count();
                    continue;
                }
                let (low, high) = column.iter().fold((f64::MAX, f64::MIN), |(l, h), y| (l.min(*y), h.max(*y)));
                let range = if self.probabilities { 1.0 } else { high - low };
                largest = errors.fold(largest, |largest, error| largest.max(error / range));
            }
            start += expected[0].len();
        }
        (largest, wrong)
    }
}

/// All numbers of an object of arrays.
fn flat(outputs: &Value) -> Vec<f64> {
    let values = outputs.as_object().unwrap().values().flat_map(|values| values.as_array().unwrap());
    values.map(|value| value.as_f64().unwrap()).collect()
}

fn compile(onnx: &str, data: &str, hush: &str, options: &[&str]) -> Run {
    hushproof(&["compile", onnx, "-o", hush, "--calibration", data, "--json"]).args(options).run()
}

#[test]
fn what_is_written_is_right() {
    for case in [regression(), logarithm(), division(), k_means(), naive_bayes()] {
        let folder = scratch(&format!("accuracy-{}", case.name));
        let [onnx, data] = case.write(&folder);
        for bits in ["", "5", "8", "12"] {
            let hush = folder.join(format!("{bits}.hush")).display().to_string();
            let options = if bits.is_empty() { vec![] } else { vec!["--bits", bits] };
            let run = compile(&onnx, &data, &hush, &options);
            let what = format!("{} at {bits} bits: {}", case.name, run.stderr);
            // Of the others a table, whose argument has no more bits than the circuit has rows, may be too coarse.
            let served = case.name == "regression" && bits.is_empty();
            assert!(!served || run.status == 0, "a layout is exact enough: {what}");
            if run.status == 0 {
                let predicted = hushproof(&["predict", &hush, "--data", &data, "--json"]).ok();
                let (error, wrong) = case.errors(&predicted.stdout);
                assert!(error <= 0.01 && wrong == 0, "{error}, {wrong} wrong: {what}");
                assert_eq!(run.json()["accuracy"]["outputs"][0]["met"], true, "{what}");
                continue;
            }
            assert_eq!((run.status, run.json()["code"].as_str()), (1, Some("accuracy")), "{what}");
            let told = run.json();
            let outputs = told["outputs"].as_array().unwrap();
            assert_eq!(outputs.len(), case.outputs.len());
            let refused = told["out_of_range"].as_u64().unwrap() > 0;
            assert!(refused || outputs.iter().any(|output| output["met"] == false), "{told}");
            assert!(!Path::new(&hush).exists(), "nothing is written");

            let accepted = compile(&onnx, &data, &hush, &[&options[..], &["--accept-error"]].concat()).ok_status();
            assert!(accepted.stderr.contains("warning: no bit width"), "{}", accepted.stderr);
            assert_eq!(accepted.json()["report"]["search"]["met"], false);
            let evaluated = hushproof(&["evaluate", &onnx, &hush, "--data", &data, "--json"]).run();
            assert_eq!((evaluated.status, &evaluated.json()["met"]), (1, &json!(false)), "{what}");
            assert!(evaluated.stderr.contains("error[accuracy]"), "{}", evaluated.stderr);
        }
    }
}

#[test]
fn a_target_can_be_chosen() {
    let case = regression();
    let folder = scratch("accuracy-target");
    let [onnx, data] = case.write(&folder);
    let hush = folder.join("m.hush").display().to_string();
    // Which of the two numbers is larger says nothing; asked for, it is all that must be right.
    let run = compile(&onnx, &data, &hush, &["--target", "class", "--bits", "6"]).ok_status();
    assert!(run.stderr.contains("warning: the values of `y` are off by up to"), "{}", run.stderr);
    let accuracy = &run.json()["accuracy"];
    assert_eq!((&accuracy["target"], &accuracy["outputs"][0]["values_held"]), (&json!("class"), &json!(false)));
    let evaluate =
        |options: &[&str]| hushproof(&["evaluate", &onnx, &hush, "--data", &data, "--json"]).args(options).run().status;
    assert_eq!([evaluate(&["--target", "class"]), evaluate(&[]), evaluate(&["--max-error", "1e6"])], [0, 1, 0]);
    assert_eq!(compile(&onnx, &data, &hush, &["--target", "values", "--bits", "6"]).status, 1);
    assert_eq!(compile(&onnx, &data, &hush, &["--target", "values"]).status, 0);
    assert_eq!(compile(&onnx, &data, &hush, &["--max-error", "1e-9"]).status, 1);
    compile(&onnx, &data, &hush, &["--target", "class", "--max-error", "1"]).refused_usage();
    let [onnx, data] = division().write(&folder);
    compile(&onnx, &data, &hush, &["--target", "class"]).refused("option");
}

#[test]
fn a_prediction_is_what_a_proof_shows() {
    let folder = scratch("predict");
    for (name, options) in [("breast_cancer_mlp", &[][..]), ("breast_cancer_logreg", &["--output", "threshold=0.5"])] {
        let model = world::world().compile(&folder, name, options);
        let (input, proof) = (models("breast_cancer_record.json"), folder.join("proof.json"));
        world::world().prove(&model, input.as_ref(), &proof, "").ok_status();
        let proof = proof.display().to_string();
        let verified = hushproof(&["verify", &model.vk, &proof, "--no-context", "--json"]).ok().json();
        let predicted = hushproof(&["predict", &model.hush, "--input", &input, "--json"]).ok().json();
        for field in ["outputs", "threshold"] {
            assert_eq!(predicted[field], verified[field], "{name}");
        }
    }
}

#[test]
fn rows_out_of_range_are_named_and_the_others_predicted() {
    let model = world::world().model("breast_cancer_mlp");
    let folder = scratch("predict-rows");
    let mut rows: Value = world::read_json(&models("breast_cancer_test.json"));
    let rows = rows["record"].as_array_mut().unwrap();
    rows.truncate(4);
    rows[1][0] = json!(1e9);
    let path = folder.join("rows.json").display().to_string();
    std::fs::write(&path, json!({ "record": rows }).to_string()).unwrap();
    let run = hushproof(&["predict", &model.hush, "--data", &path, "--json"]).run();
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("error[input-range]: 1 of 4 rows out of range, the first in row 1"), "{}", run.stderr);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["row"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(lines[1]["code"], "input-range");
    for row in [0, 2, 3] {
        assert!(lines[row]["outputs"]["probability"][0].is_f64(), "{}", lines[row]);
    }
    let run = hushproof(&["predict", &model.hush, "--data", &path, "--rows", "2..4", "--json"]).ok();
    assert!(run.stdout.contains("\"row\":2") && run.stdout.contains("\"row\":3"), "{}", run.stdout);
    std::fs::write(&path, json!({ "record": rows[1] }).to_string()).unwrap();
    assert_eq!(hushproof(&["predict", &model.hush, "--input", &path]).run().status, 1);
    hushproof(&["predict", &model.hush]).run().refused_usage();
    std::fs::write(&path, json!({ "record": [1.0] }).to_string()).unwrap();
    hushproof(&["predict", &model.hush, "--input", &path]).run().refused("input-shape");
}

#[test]
fn evaluate_reads_only_the_outputs_that_were_compiled() {
    let case = k_means();
    let folder = scratch("evaluate-outputs");
    let [onnx, data] = case.write(&folder);
    // The label, behind a node that nobody reads.
    let bytes = std::fs::read(&onnx).unwrap();
    let text: Vec<u8> = replaced(&bytes, b"ArgMin", b"ArgMox");
    std::fs::write(&onnx, text).unwrap();
    let hush = folder.join("m.hush").display().to_string();
    compile(&onnx, &data, &hush, &[]).refused("unsupported-operators");
    compile(&onnx, &data, &hush, &["--outputs", "scores"]).ok_status();
    let report = hushproof(&["evaluate", &onnx, &hush, "--data", &data, "--json"]).ok().json();
    assert_eq!(report["outputs"].as_array().unwrap().len(), 1);
    assert_eq!((&report["outputs"][0]["name"], &report["reference"]["by"]), (&json!("scores"), &json!("tract")));
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// A crop by negative pads in front of a convolution, at which tract panics.
#[test]
fn a_reference_that_panics_is_replaced() {
    let folder = scratch("evaluate-panics");
    let w: Vec<f32> = (0..9u8).map(|i| f32::from(i) * 0.1 - 0.3).collect();
    let pads = [0i64, 0, -1, -1, 0, 0, -1, -1];
    let graph = Graph::default().constant("w", &[1, 1, 3, 3], &w).integers("pads", &pads);
    let graph = graph.node("Pad", &["x", "pads"], "p", &[]).node("Conv", &["p", "w"], "y", &[]);
    let onnx = graph.input("x", &[1, 1, 8, 8]).output("y", FLOAT, &[1, 1, 4, 4]).onnx();
    let shaped: Vec<Value> =
        rows(12, 64, -1.0, 1.0).iter().map(|row| json!([row.chunks(8).collect::<Vec<_>>()])).collect();
    let [path, data, hush] = ["n.onnx", "rows.json", "m.hush"].map(|name| folder.join(name).display().to_string());
    std::fs::write(&path, onnx).unwrap();
    std::fs::write(&data, json!({ "x": shaped }).to_string()).unwrap();
    compile(&path, &data, &hush, &[]).ok_status();
    let run = hushproof(&["evaluate", &path, &hush, "--data", &data, "--json"]).ok();
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["reference"]["by"], "own", "{report}");
    assert!(report["reference"]["because"].as_str().unwrap().contains("tract"), "{report}");
    let run = hushproof(&["evaluate", &path, &hush, "--data", &data]).ok();
    assert!(run.stdout.contains("own operators (") && run.stdout.contains("  y: error at most"), "{}", run.stdout);
}
