use super::{is_call, without_table};

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn recognizes_calls_by_cargo() {
    assert!(is_call(&words("/usr/bin/rustc -vV")) && is_call(&words("clippy-driver rustc -vV")));
    assert!(!is_call(&words("test-wasm rustc")) && !is_call(&[]));
}

#[test]
fn drops_only_the_table() {
    let call = "--crate-name halo2curves_axiom --cfg feature=\"bits\" --cfg feature=\"bn256-table\" --cfg";
    let kept = "--crate-name halo2curves_axiom --cfg feature=\"bits\" --cfg hushproof_without_bn256_table";
    let asked = words(&format!("{call} hushproof_without_bn256_table"));
    assert_eq!(without_table(&asked), words(kept).iter().collect::<Vec<_>>());
    let other_crate = words(&asked.join(" ").replace("halo2curves_axiom", "other"));
    let not_asked = words(&format!("{call} other"));
    for unchanged in [other_crate, not_asked] {
        assert_eq!(without_table(&unchanged), unchanged.iter().collect::<Vec<_>>());
    }
}
