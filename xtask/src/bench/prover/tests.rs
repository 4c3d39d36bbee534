use super::{Line, parse};

#[test]
fn lines_are_told_apart() {
    let proof = r#"{"where":"chromium","circuit":"synthetic","k":12,"ratio":5.0,"bytes_equal":true,"stages":[]}"#;
    let memory = r#"{"where":"chromium","circuit":"synthetic","k":12,"system":"ours","before_bytes":1,"peak_bytes":2}"#;
    let kernel = r#"{"kernel":"NTT","k":12,"threads":2,"our_ns":1.0,"stock_ns":2.0,"ratio":2.0}"#;
    assert!(matches!(parse(proof), Ok(Line::Proof(proof)) if proof.k == 12 && proof.bytes_equal));
    assert!(matches!(parse(memory), Ok(Line::Memory(memory)) if memory.peak_bytes == 2));
    assert!(matches!(parse(kernel), Ok(Line::Kernel(kernel)) if kernel.k == Some(12)));
}
