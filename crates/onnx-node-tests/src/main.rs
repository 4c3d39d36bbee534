//! Runs ONNX's own node tests and compares what becomes of each with `tests/onnx_node_tests.txt`.
#![expect(clippy::print_stdout, reason = "the program's purpose is to print")]

mod binding;
mod case;
mod fetch;
mod list;
mod run;

use std::{
    collections::HashSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Result, bail};
use clap::Parser;
use hushproof::prove::Srs;
use rand_core::OsRng;
use serde::Serialize;

use list::{List, Verdict};
use run::Outcome;

/// Most memory that the tests may take, all in one process.
const MAX_BYTES: u64 = 2 << 30;

/// Run ONNX's node tests and compare what becomes of each with tests/onnx_node_tests.txt.
#[derive(Parser)]
#[command(bin_name = "cargo xtask onnx-tests")]
struct Arguments {
    /// Only this test; may be given several times.
    #[arg(long, value_name = "NAME", conflicts_with = "write")]
    only: Vec<String>,
    /// Also prove a test of each combination of operators.
    #[arg(long)]
    prove: bool,
    /// A JSON object for each test.
    #[arg(long)]
    json: bool,
    /// Print the list and run nothing.
    #[arg(long)]
    list: bool,
    /// Make the list anew.
    #[arg(long)]
    write: bool,
}

/// A test with what became of it.
#[derive(Serialize)]
struct Test {
    name: String,
    operators: Vec<String>,
    #[serde(flatten)]
    outcome: Outcome,
    seconds: f64,
}

/// Counts of tests, the last line that is printed.
#[derive(Default, Serialize)]
struct Summary {
    passed: usize,
    constant: usize,
    unsupported: usize,
    differing: usize,
    failed: usize,
    as_listed: usize,
    not_as_listed: usize,
    proved: usize,
    peak_bytes: Option<u64>,
}

impl Summary {
    fn count(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Pass { .. } => &mut self.passed,
            Verdict::Constant => &mut self.constant,
            Verdict::Unsupported { .. } => &mut self.unsupported,
            Verdict::Differs { .. } => &mut self.differing,
            Verdict::Failed { .. } => &mut self.failed,
        } += 1;
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("tests/onnx_node_tests.txt");
    let text = fs::read_to_string(&path).unwrap_or_default();
    if arguments.list {
        print!("{text}");
        return Ok(());
    }
    let listed = List::parse(&text)?;
    let folders = arguments.folders(&fetch::tests(&root.join("target/onnx-node-tests"))?)?;
    let (mut found, mut summary) = (List::default(), Summary::default());
    let tell = |difference: &str| {
        if !arguments.json {
            println!("{difference}");
        }
    };
    arguments.run(&folders, |test| {
        let Test { name, operators, outcome, .. } = test;
        let operator = if let [only] = &operators[..] { only.clone() } else { "-".to_owned() };
        summary.proved += usize::from(outcome.proved);
        let expected = listed.verdict(&name);
        if expected.is_some_and(|expected| outcome.verdict.is(expected)) {
            summary.as_listed += 1;
        } else {
            summary.not_as_listed += 1;
            let expected = expected.map_or_else(|| "not listed".to_owned(), ToString::to_string);
            tell(&format!("{name}: {}; listed: {expected}", outcome.verdict));
        }
        // What explains a difference is kept.
        let explained = expected.filter(|expected| **expected != outcome.verdict && outcome.verdict.is(expected));
        let verdict = explained.cloned().unwrap_or(outcome.verdict);
        summary.count(&verdict);
        found.0.insert(name, (operator, verdict));
    })?;
    if arguments.only.is_empty() {
        for name in listed.0.keys().filter(|name| found.verdict(name).is_none()) {
            summary.not_as_listed += 1;
            tell(&format!("{name}: listed, but no such test"));
        }
    }
    summary.peak_bytes = peak_bytes();
    if let Some(bytes) = summary.peak_bytes.filter(|bytes| *bytes > MAX_BYTES) {
        summary.not_as_listed += 1;
        tell(&format!("the tests took {bytes} bytes of memory; {MAX_BYTES} are allowed"));
    }
    println!("{}", serde_json::to_string(&summary)?);
    if arguments.write {
        if summary.failed > 0 {
            bail!("{} tests fail; mend them, or list each as `differs REASON`", summary.failed);
        }
        fs::write(&path, found.to_string())?;
        println!("wrote {}", path.display());
    } else if summary.not_as_listed > 0 {
        bail!("{} tests differ from the list; after a look, --write makes it anew", summary.not_as_listed);
    }
    Ok(())
}

impl Arguments {
    /// The tests that are wanted, by name.
    fn folders(&self, tests: &Path) -> Result<Vec<PathBuf>> {
        let wanted = |path: &PathBuf| {
            path.join("model.onnx").is_file() && (self.only.is_empty() || self.only.contains(&name(path)))
        };
        let paths = fs::read_dir(tests)?.filter_map(|entry| Some(entry.ok()?.path()));
        let mut folders: Vec<PathBuf> = paths.filter(wanted).collect();
        folders.sort();
        if folders.is_empty() {
            bail!("no such test");
        }
        Ok(folders)
    }

    /// Runs the tests, and proves the first that passes of each combination of operators.
    fn run(&self, folders: &[PathBuf], mut each: impl FnMut(Test)) -> Result<()> {
        let srs = if self.prove { Some(Srs::new_development(run::MAX_K, OsRng)?) } else { None };
        let mut proved = HashSet::new();
        // Panics are caught and counted; their messages would only stand between the results.
        std::panic::set_hook(Box::new(|_| {}));
        for folder in folders {
            let start = Instant::now();
            let operators = case::model(folder).map(|model| case::operators(&model)).unwrap_or_default();
            let srs = srs.as_ref().filter(|_| !proved.contains(&operators));
            let outcome = catch_unwind(AssertUnwindSafe(|| run::run(folder, &operators, srs)));
            let outcome = outcome.unwrap_or_else(|_| Outcome::failed("panics"));
            if outcome.proved {
                proved.insert(operators.clone());
            }
            let test = Test { name: name(folder), operators, outcome, seconds: start.elapsed().as_secs_f64() };
            if self.json {
                println!("{}", serde_json::to_string(&test)?);
            }
            each(test);
        }
        Ok(())
    }
}

/// A test is named as its folder.
fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Most memory that the process ever held, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
