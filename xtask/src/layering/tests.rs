use super::{COMPILER, CORE, allowed, empty_docs, module_of, uses, without_tests};
use std::path::Path;

#[test]
fn dependencies_point_down() {
    assert!(allowed(CORE, "prove", "circuit") && allowed(CORE, "data", "graph") && allowed(CORE, "graph", "error"));
    assert!(!allowed(CORE, "circuit", "prove") && !allowed(CORE, "error", "graph"));
    assert!(allowed(COMPILER, "ops", "ops") && allowed(COMPILER, "compile", "circuit"));
    assert!(!allowed(COMPILER, "quant", "circuit") && !allowed(COMPILER, "compile", "prove"));
    assert!(!allowed(COMPILER, "ops", "quant"));
}

#[test]
fn finds_every_form_of_use() {
    let text = "// use crate::a;\nuse crate::b::C;\nuse crate::{\n    c::{D, e},\n    f,\n};\nlet x = crate::g::h(); $crate::i!();\n";
    let found: Vec<(usize, String)> = uses(text).into_iter().filter(|(_, name)| !name.is_empty()).collect();
    let expected = [(2, "b"), (3, "c"), (3, "f"), (7, "g")].map(|(line, name)| (line, name.to_owned()));
    assert_eq!(found, expected);
    let text = "use hushproof_core::{Error, graph::{Map, Term}};\nuse crate::quant;\n";
    let expected = [(2, "quant"), (1, "Error"), (1, "graph")].map(|(line, name)| (line, name.to_owned()));
    assert_eq!(uses(text), expected);
}

#[test]
fn tests_are_left_out() {
    let text = "use crate::a;\n#[cfg(test)]\nmod tests {\n use crate::b;\n}\n";
    assert_eq!(uses(without_tests(text, Path::new("src/x.rs"))), [(1, "a".to_owned())]);
    assert_eq!(without_tests(text, Path::new("src/x/tests.rs")), "");
}

#[test]
fn modules_of_files() {
    assert_eq!(module_of(Path::new("ops/relu.rs")).as_deref(), Some("ops"));
    assert_eq!(module_of(Path::new("graph.rs")).as_deref(), Some("graph"));
    assert_eq!(module_of(Path::new("lib.rs")), None);
}

#[test]
fn finds_documentation_that_says_nothing() {
    assert_eq!(empty_docs("///\nfn a() {}\n/// Text.\n///\n/// More.\nfn b() {}\n//!\n"), [1, 7]);
    assert!(empty_docs("//// not documentation\n").is_empty());
}
