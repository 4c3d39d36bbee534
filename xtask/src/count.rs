//! Counting tests in the output of cargo test, wasm-bindgen-test and node's test runner.

use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The sum of all summaries in the output of cargo test: `test result: ok. 5 passed; 0 failed; …`.
pub(crate) fn libtest(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in plain(output).lines() {
        let Some((_, summary)) = line.split_once("test result: ") else { continue };
        let number = |word: &str| {
            let before = summary.split([';', '.']).find_map(|part| part.trim().strip_suffix(word))?;
            before.trim().parse().ok()
        };
        counts += Counts { passed: number("passed").unwrap_or(0), failed: number("failed").unwrap_or(0) };
    }
    counts
}

/// The summary of `node --test`, as TAP (`# pass 5`) or for people (`ℹ pass 5`).
pub(crate) fn node(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in plain(output).lines() {
        let Some(summary) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else { continue };
        let Some((what, number)) = summary.split_once(' ') else { continue };
        let Ok(number) = number.trim().parse::<usize>() else { continue };
        match what {
            "pass" => counts.passed += number,
            "fail" | "cancelled" => counts.failed += number,
            _ => {}
        }
    }
    counts
}

/// The text without colours.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests;
