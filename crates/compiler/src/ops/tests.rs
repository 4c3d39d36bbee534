use super::*;

/// The file of an operator, in snake case; a Rust keyword gets an underscore.
fn file(onnx: &str) -> String {
    let letters: Vec<char> = onnx.chars().collect();
    let mut name = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let behind = i > 0 && !letters[i - 1].is_uppercase();
        // "ReduceL1" and "GatherND" are two words, "GRU" is one.
        let before = i > 0 && letters.get(i + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_uppercase() && (behind || before) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    if matches!(name.as_str(), "if" | "loop" | "mod" | "where") { name + "_" } else { name }
}

#[test]
fn the_table_is_sorted_and_complete() {
    assert!(DEFS.is_sorted_by(|a, b| a.onnx() < b.onnx()));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join("ops");
    for def in DEFS {
        let (name, opsets) = (def.onnx(), def.opsets());
        assert!(find(name).is_some_and(|found| found.summary() == def.summary()));
        assert!(opsets.start() >= OPSETS.start() && opsets.end() <= OPSETS.end() && !def.summary().is_empty());
        let text = std::fs::read_to_string(folder.join(file(name) + ".rs")).expect(name);
        assert!(text.contains(&format!("[{name}](https://onnx.ai/onnx/operators/onnx__{name}.html)")), "{name}");
        assert!(text.contains(&format!("onnx: \"{name}\"")), "{name}");
    }
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let others = ["documentation.rs", "microsoft.rs", "ml.rs", "op.rs", "support.rs", "testing.rs", "tests.rs"];
    let named = files.filter(|path| path.is_file() && !others.iter().any(|other| path.ends_with(other)));
    assert_eq!(named.count(), DEFS.len(), "one file for each operator");
    assert!(find("NonMaxSuppression").is_none());
    assert!(ml::REWRITES.is_sorted_by(|a, b| a.onnx < b.onnx));
    for def in ml::REWRITES {
        assert!(find_in(Domain::Ml, def.onnx).is_some_and(|found| found.summary() == def.summary));
        assert!(find(def.onnx).is_none() && !def.summary.is_empty());
    }
    assert!(microsoft::REWRITES.is_sorted_by(|a, b| a.onnx < b.onnx));
    for def in microsoft::REWRITES {
        let name = def.onnx.strip_prefix(microsoft::PREFIX).unwrap();
        assert!(find_in(Domain::Microsoft, name).is_some_and(|found| found.onnx() == def.onnx));
        assert_eq!((known(def.onnx), def.summary.is_empty()), (Some(def.onnx), false));
    }
    assert_eq!(operators().count(), DEFS.len() + ml::REWRITES.len() + microsoft::REWRITES.len());
}
