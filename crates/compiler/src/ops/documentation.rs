//! `docs/operators.md`, made from the table of operators and the list of ONNX's node tests.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use crate::ops::{DEFS, Def, RewriteDef, microsoft, ml};

/// What becomes of the node tests of one operator.
#[derive(Default)]
struct Tests {
    /// Names of those that pass, and of those whose inputs are partly constant.
    passed: Vec<String>,
    partly: Vec<String>,
    /// Names of those that are computed of constants alone.
    constant: Vec<String>,
    /// Names by the reason for which they do not pass.
    others: BTreeMap<String, Vec<String>>,
}

impl Tests {
    fn right(&self) -> usize {
        self.passed.len() + self.partly.len() + self.constant.len()
    }

    fn all(&self) -> usize {
        self.right() + self.others.values().map(Vec::len).sum::<usize>()
    }
}

/// The list that `cargo xtask onnx-tests` keeps, by operator; "-" has the tests of several operators.
fn node_tests() -> BTreeMap<String, Tests> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/onnx_node_tests.txt");
    let mut all: BTreeMap<String, Tests> = BTreeMap::new();
    for line in fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        let [name, operator, verdict] = words[..] else { panic!("{line}") };
        let name = name.trim_start_matches("test_").to_owned();
        let tests = all.entry(operator.to_owned()).or_default();
        match verdict.split_once(' ') {
            None if verdict == "pass" => tests.passed.push(name),
            None if verdict == "constant" => tests.constant.push(name),
            Some(("pass", _)) => tests.partly.push(name),
            Some(("unsupported" | "differs", reason)) => tests.others.entry(reason.into()).or_default().push(name),
            _ => panic!("{line}"),
        }
    }
    all
}

fn row(def: &Def, tests: Option<&Tests>) -> String {
    let (opsets, inputs) = (def.opsets(), def.inputs());
    let (least, most) = (inputs.start(), inputs.end());
    let inputs = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let form = match def {
        Def::Op(_) => "own",
        Def::Rewrite(_) => "others",
        Def::Control(_) => "unrolled",
    };
    let (name, link) = (def.onnx(), format!("https://onnx.ai/onnx/operators/onnx__{}.html", def.onnx()));
    let (first, last, summary) = (opsets.start(), opsets.end(), def.summary().replace('|', "\\|"));
    let tests = tests.map_or_else(|| "none".to_owned(), |tests| format!("{} of {}", tests.right(), tests.all()));
    format!("| [{name}]({link}) | {first} to {last} | {inputs} | {form} | {tests} | {summary} |\n")
}

/// One line for an operator: the tests that it passes, and the others with a reason.
fn line(operator: &str, tests: &Tests) -> String {
    let list = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut parts = vec![];
    for (names, what) in
        [(&tests.passed, "passes"), (&tests.partly, "passes with some inputs constant"), (&tests.constant, "folds")]
    {
        if !names.is_empty() {
            parts.push(format!("{what} {}", list(names)));
        }
    }
    let reasons = tests.others.iter().map(|(reason, names)| format!("{} ({reason})", list(names)));
    let reasons: Vec<_> = reasons.collect();
    if !reasons.is_empty() {
        parts.push(format!("not {}", reasons.join("; ")));
    }
    format!("- {operator} {}\n", parts.join("; "))
}

/// A row of the operators of `ai.onnx.ml`.
fn ml_row(def: &&RewriteDef) -> String {
    let link = format!("https://onnx.ai/onnx/operators/onnx_aionnxml_{}.html", def.onnx);
    let (first, last, summary) = (def.opsets.start(), def.opsets.end(), def.summary.replace('|', "\\|"));
    format!("| [{}]({link}) | {first} to {last} | {summary} |\n", def.onnx)
}

/// A row of the operators of `com.microsoft`.
fn microsoft_row(def: &&RewriteDef) -> String {
    format!("| {} | {} |\n", def.onnx.trim_start_matches(microsoft::PREFIX), def.summary.replace('|', "\\|"))
}

fn documentation() -> String {
    let tests = node_tests();
    let count = DEFS.len();
    let rows: String = DEFS.iter().map(|def| row(def, tests.get(def.onnx()))).collect();
    let served = |name: &str| DEFS.iter().any(|def| def.onnx() == name);
    let lines: String = DEFS.iter().filter_map(|def| Some(line(def.onnx(), tests.get(def.onnx())?))).collect();
    let mut text = format!(
        "# Operators\n\nThe {count} ONNX operators that are read, made from the registry in \
         `crates/compiler/src/ops.rs` and the list of ONNX's node\ntests, `tests/onnx_node_tests.txt`; a test keeps \
         this file so (`HUSHPROOF_WRITE_DOCS=1 cargo test -p hushproof-compiler documented` rewrites it).\n\"own\" \
         operators have a normal form of their own, \"others\" are put together from those, \"unrolled\" ones hold \
         graphs. The file of each operator in\n`crates/compiler/src/ops/` states its formula, rounding and limits.\n\n\
         | operator | operator sets | inputs | form | node tests | what is served |\n|---|---|---|---|---|---|\n{rows}"
    );
    let _ = write!(
        text,
        "\n## ai.onnx.ml\n\nThe {} operators of this domain that are read, in `crates/compiler/src/ops/ml/`.\n\n\
         | operator | operator sets | what is served |\n|---|---|---|\n{}",
        ml::REWRITES.len(),
        ml::REWRITES.iter().map(ml_row).collect::<String>()
    );
    let _ = write!(
        text,
        "\n## com.microsoft\n\nThe {} operators of ONNX Runtime's domain that are read, in \
         `crates/compiler/src/ops/microsoft/`.\n\n| operator | what is served |\n|---|---|\n{}",
        microsoft::REWRITES.len(),
        microsoft::REWRITES.iter().map(microsoft_row).collect::<String>()
    );
    let _ = write!(
        text,
        "\n## Node tests\n\nWhat becomes of the node tests of the Python package `onnx` 1.22.0, by `cargo xtask \
         onnx-tests`: each is compiled on its own\ninputs and run on the integers that are proved; real numbers must \
         be within 1 % of the output's range, integers and truth values\nequal. Where the test gives shapes, axes, \
         indices or weights as inputs and the operator needs constants, they are made\ninitializers, as in exported \
         models. \"folds\": all that the test gives must be constant.\n\n{lines}"
    );
    if let Some(several) = tests.get("-") {
        let _ = write!(
            text,
            "\nOf the {} tests of several operators (functions of ONNX written out), {} pass; why others do not, and \
             of how many:\n\n",
            several.all(),
            several.right()
        );
        for (reason, names) in &several.others {
            let _ = writeln!(text, "- {}: {reason}", names.len());
        }
    }
    let missing = tests.iter().filter(|(operator, _)| *operator != "-" && !served(operator));
    let missing: Vec<_> = missing.map(|(operator, tests)| format!("{operator} ({})", tests.all())).collect();
    let _ = write!(text, "\nOperators that are not read, and how many tests they have: {}.\n", missing.join(", "));
    text
}

#[test]
fn the_table_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operators.md");
    if std::env::var_os("HUSHPROOF_WRITE_DOCS").is_some() {
        fs::write(&path, documentation()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), documentation(), "rewrite it as it says");
}
