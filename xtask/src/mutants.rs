//! `cargo xtask mutants`: the circuit without each of its constraints in turn, which a test must notice.

use crate::process::{capture, command, root};
use crate::test::NATIVE_TESTS;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Constraints, a tab, and the test that fails without it.
const LIST: &str = "crates/core/src/circuit/tests/mutants.txt";

/// The test that compares the list with the circuits, and writes it where it is asked to.
const LISTING: &str = "circuit::tests::mutants::every_constraint_is_listed";

/// Tests of provers that lie, which are all that count: others notice any change.
const OF_LIARS: [&str; 8] =
    ["adaptive", "committed", "decisions", "forgeries", "private", "products", "public", "shifts"];

/// Leave out each constraint of the circuit in turn and see that a test fails.
///
/// Only tests of provers that lie count. The list of constraints is compared with the circuits by an ordinary test.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write the list of constraints anew and find a test for those that have none in it.
    #[arg(long)]
    write: bool,
    /// Only so many of them, others on other days.
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
}

/// A constraint with the test that notices its absence.
struct Mutant {
    constraint: String,
    test: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tests = Tests::build()?;
    if options.write {
        tests.run(&["--exact", LISTING], &[("HUSHPROOF_WRITE_DOCS", "1")])?;
    }
    let mut mutants = read()?;
    if let Some(count) = options.sample {
        let day = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / (24 * 60 * 60);
        let first = (day as usize * count) % mutants.len().max(1);
        mutants.rotate_left(first);
        mutants.truncate(count);
    }
    let mut survivors = Vec::new();
    for mutant in &mut mutants {
        let start = Instant::now();
        let mut killed = !mutant.test.is_empty() && tests.fails(&mutant.constraint, &mutant.test)?;
        if !killed && options.write {
            mutant.test = tests.search(&mutant.constraint)?.unwrap_or_default();
            killed = !mutant.test.is_empty();
        }
        let verdict = if killed { mutant.test.as_str() } else { "SURVIVES" };
        println!("{:<28}{:>7.1} s  {verdict}", mutant.constraint, start.elapsed().as_secs_f64());
        if !killed {
            survivors.push(mutant.constraint.clone());
        }
    }
    if options.write && options.sample.is_none() {
        let line = |Mutant { constraint, test }: &Mutant| format!("{constraint}\t{test}\n");
        std::fs::write(root().join(LIST), mutants.iter().map(line).collect::<String>())?;
    }
    if !survivors.is_empty() {
        bail!("no test notices the absence of {}", survivors.join(", "));
    }
    println!("{} constraints, each missed by a test", mutants.len());
    Ok(())
}

/// Without some constraints a test must fail: part of what CI runs.
pub(crate) fn sample() -> Result<()> {
    run(&Options { write: false, sample: Some(4) })
}

fn read() -> Result<Vec<Mutant>> {
    let text = std::fs::read_to_string(root().join(LIST)).with_context(|| format!("cannot read {LIST}"))?;
    let mutant = |line: &str| {
        let (constraint, test) = line.split_once('\t').with_context(|| format!("{LIST}: no tab in `{line}`"))?;
        Ok(Mutant { constraint: constraint.to_owned(), test: test.to_owned() })
    };
    text.lines().map(mutant).collect()
}

/// The tests of the core crate, built as `cargo xtask test` builds them.
struct Tests(PathBuf);

impl Tests {
    fn build() -> Result<Self> {
        let mut cargo = command("cargo");
        let messages = capture(cargo.args(NATIVE_TESTS).args(["--no-run", "--message-format=json"]))?;
        let is_core = |message: &Value| {
            message["profile"]["test"] == true
                && message["target"]["name"] == "hushproof_core"
                && message["target"]["kind"][0] == "lib"
        };
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let built = messages.filter(is_core).find_map(|message| message["executable"].as_str().map(PathBuf::from));
        built.map(Self).context("cargo built no tests of hushproof-core")
    }

    /// What the tests print, and whether all passed.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(String, bool)> {
        let mut tests = command(Path::new(&self.0));
        tests.current_dir(root().join("crates/core")).args(arguments).envs(variables.iter().copied());
        let output = tests.output().with_context(|| format!("cannot run {}", self.0.display()))?;
        Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success()))
    }

    /// Whether a test fails without a constraint.
    fn fails(&self, constraint: &str, test: &str) -> Result<bool> {
        let (output, passed) = self.run(&["--exact", test], &[("HUSHPROOF_MUTANT", constraint)])?;
        if !output.contains(&format!("test {test} ...")) {
            bail!("{LIST}: there is no test {test}");
        }
        Ok(!passed)
    }

    /// The first of all tests of liars that fails without a constraint.
    fn search(&self, constraint: &str) -> Result<Option<String>> {
        let modules = OF_LIARS.map(|module| format!("circuit::tests::{module}::"));
        let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
        let (output, _) = self.run(&modules, &[("HUSHPROOF_MUTANT", constraint)])?;
        let failed = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
        Ok(output.lines().filter_map(failed).min())
    }
}
