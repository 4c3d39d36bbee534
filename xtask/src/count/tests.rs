use super::{Counts, libtest, node};

#[test]
fn sums_the_summaries_of_cargo_test() {
    let output = "running 3 tests\ntest a ... ok\n\
        test result: \u{1b}[32mok\u{1b}[0m. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
        test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
    assert_eq!(libtest(output), Counts { passed: 15, failed: 2 });
    assert_eq!(libtest("error: could not compile"), Counts::default());
}

#[test]
fn reads_both_summaries_of_node() {
    let expected = Counts { passed: 7, failed: 3 };
    assert_eq!(node("TAP version 13\n# tests 10\n# pass 7\n# fail 2\n# cancelled 1\n# skipped 0\n"), expected);
    assert_eq!(node("\u{1b}[34mℹ pass 7\u{1b}[39m\nℹ fail 2\nℹ cancelled 1\nℹ duration_ms 5.2\n"), expected);
}
