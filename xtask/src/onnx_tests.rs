//! `cargo xtask onnx-tests`: ONNX's own node tests, compared with what `tests/onnx_node_tests.txt` says of each.
//!
//! The tests are in the Python package `onnx`, which pip fetches into `target/`. Each line of the list is a test, its operator
//! ("-" if it has several) and what becomes of it; `--write` makes the list anew.

use crate::count::Counts;
use crate::process::{capture, command, execute, root};
use crate::{native, system};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The package, of one platform so that it is one file wherever it is read; nothing of it is executed.
const PACKAGE: &str = "onnx==1.22.0";
const WHEEL: &str = "onnx-1.22.0-cp312-abi3-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";
const SHA256: &str = "955e02e1f6d385b53d52f9cd7b9cdf5caf417c300bcfe3c64c6d542be763845b";
/// Where it holds the tests.
const TESTS: &str = "onnx/backend/test/data/node";

/// Most memory that the tests may take, all in one process.
const MAX_BYTES: u64 = 2 << 30;

const HEADER: &str = "\
# ONNX's node tests (Python package onnx 1.22.0) and what becomes of them here; `cargo xtask onnx-tests` compares a run with
# this list, `--write` makes it anew. A line: the test, its operator (- if it has several), and
#   pass                  compiled and run on the integers that are proved; the result is what ONNX expects. `with NAMES
#                         constant`: not as private inputs, but as the constants that they are in exported models
#   constant              computed of constants alone, as the test has no other input here
#   unsupported REASON    refused
#   differs REASON        another result than ONNX expects, for a reason; these lines are written by hand
";

/// What becomes of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// Right, with these inputs constant.
    Pass(Vec<String>),
    Constant,
    Unsupported(String),
    Differs(String),
    Failed(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass(names) if names.is_empty() => write!(f, "pass"),
            Self::Pass(names) => write!(f, "pass with {} constant", names.join(" ")),
            Self::Constant => write!(f, "constant"),
            Self::Unsupported(reason) => write!(f, "unsupported {reason}"),
            Self::Differs(reason) => write!(f, "differs {reason}"),
            Self::Failed(reason) => write!(f, "failed {reason}"),
        }
    }
}

impl Verdict {
    fn parse(text: &str) -> Result<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        Ok(match word {
            "pass" if rest.is_empty() => Self::Pass(vec![]),
            "pass" => {
                let names = rest.strip_prefix("with ").and_then(|rest| rest.strip_suffix(" constant"));
                Self::Pass(names.context("expected `with NAMES constant`")?.split(' ').map(str::to_owned).collect())
            }
            "constant" => Self::Constant,
            "unsupported" => Self::Unsupported(rest.to_owned()),
            "differs" if !rest.is_empty() => Self::Differs(rest.to_owned()),
            _ => bail!("`{text}` is no verdict"),
        })
    }

    fn of(outcome: &Value) -> Result<Self> {
        let reason = outcome["reason"].as_str().unwrap_or_default().to_owned();
        let names = outcome["constant"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(match outcome["result"].as_str() {
            Some("pass") => Self::Pass(names.map(str::to_owned).collect()),
            Some("constant") => Self::Constant,
            Some("unsupported") => Self::Unsupported(reason),
            Some("failed") => Self::Failed(reason),
            other => bail!("the runner says {other:?}"),
        })
    }

    /// Whether a run with this result is as the list says.
    fn is(&self, listed: &Self) -> bool {
        self == listed || matches!((self, listed), (Self::Failed(_), Self::Differs(_)))
    }
}

/// A test and its operator, and what becomes of it.
type List = BTreeMap<String, (String, Verdict)>;

struct Plan {
    json: bool,
    list: bool,
    prove: bool,
    write: bool,
    only: Vec<String>,
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let plan = Plan::parse(arguments)?;
    if plan.list {
        print!("{}", fs::read_to_string(path())?);
        return Ok(());
    }
    let counts = plan.run()?;
    if counts.failed > 0 {
        bail!("{} tests differ from {}; after a look, `--write` makes it anew", counts.failed, path().display());
    }
    Ok(())
}

/// All tests, as a step of `cargo xtask test`.
pub(crate) fn tests() -> Result<Counts> {
    Plan { json: false, list: false, prove: true, write: false, only: vec![] }.run()
}

impl Plan {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut plan = Self { json: false, list: false, prove: false, write: false, only: vec![] };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => plan.json = true,
                "--list" => plan.list = true,
                "--prove" => plan.prove = true,
                "--write" => plan.write = true,
                "--only" => plan.only.push(arguments.next().context("--only takes the name of a test")?.clone()),
                _ => bail!(
                    "unexpected argument {argument}; cargo xtask onnx-tests [--only NAME]… [--prove] [--json] [--list] [--write]"
                ),
            }
        }
        if plan.write && !plan.only.is_empty() {
            bail!("--write needs all tests; leave out --only");
        }
        Ok(plan)
    }

    fn run(&self) -> Result<Counts> {
        let listed = parse(&fs::read_to_string(path()).unwrap_or_default())?;
        let outcomes = self.outcomes()?;
        let mut found = List::new();
        let (mut proved, mut peak, mut counts) = (0usize, 0, Counts::default());
        let mut differences = vec![];
        for outcome in &outcomes {
            let name = outcome["name"].as_str().context("a test has no name")?.to_owned();
            let operators: Vec<_> =
                outcome["operators"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let operator = if let [only] = operators[..] { only } else { "-" };
            let verdict = Verdict::of(outcome)?;
            proved += usize::from(outcome["proved"] == true);
            peak = peak.max(outcome["peak_bytes"].as_u64().unwrap_or(0));
            let expected = listed.get(&name).map(|(_, verdict)| verdict);
            if expected.is_some_and(|expected| verdict.is(expected)) {
                counts.passed += 1;
            } else {
                counts.failed += 1;
                let expected = expected.map_or_else(|| "not listed".to_owned(), ToString::to_string);
                differences.push(format!("{name}: {verdict}; listed: {expected}"));
            }
            let kept = expected.filter(|expected| matches!(verdict, Verdict::Failed(_)) && verdict.is(expected));
            found.insert(name, (operator.to_owned(), kept.cloned().unwrap_or(verdict)));
        }
        if self.only.is_empty() {
            for name in listed.keys().filter(|name| !found.contains_key(*name)) {
                counts.failed += 1;
                differences.push(format!("{name}: listed, but no such test"));
            }
        }
        if peak > MAX_BYTES {
            counts.failed += 1;
            differences.push(format!("the tests took {peak} bytes of memory; {MAX_BYTES} are allowed"));
        }
        let count = |is: fn(&Verdict) -> bool| found.values().filter(|(_, verdict)| is(verdict)).count();
        let summary = json!({
            "passed": count(|v| matches!(v, Verdict::Pass(_))),
            "constant": count(|v| matches!(v, Verdict::Constant)),
            "unsupported": count(|v| matches!(v, Verdict::Unsupported(_))),
            "differing": count(|v| matches!(v, Verdict::Differs(_))),
            "failed": count(|v| matches!(v, Verdict::Failed(_))),
            "as_listed": counts.passed,
            "not_as_listed": counts.failed,
            "proved": proved,
            "peak_bytes": peak,
        });
        if self.json {
            outcomes.iter().for_each(|outcome| println!("{outcome}"));
            println!("{summary}");
        } else {
            differences.iter().for_each(|line| println!("{line}"));
            println!("{summary}");
        }
        if self.write {
            let failed: Vec<_> = found.iter().filter(|(_, (_, v))| matches!(v, Verdict::Failed(_))).collect();
            if let Some((name, (_, verdict))) = failed.first() {
                bail!(
                    "{} tests fail, the first {name}: {verdict}; mend them, or list each as `differs REASON`",
                    failed.len()
                );
            }
            fs::write(path(), text(&found))?;
            println!("wrote {}", path().display());
            return Ok(Counts { passed: found.len(), failed: 0 });
        }
        Ok(counts)
    }

    /// What the runner says of each test.
    fn outcomes(&self) -> Result<Vec<Value>> {
        let folder = fetch()?;
        let runner = native::program("hushproof-onnx-node-tests", "onnx-node-tests")?;
        let mut command = command(runner);
        command.arg(&folder);
        if self.prove {
            command.arg("--prove");
        }
        for name in &self.only {
            command.args(["--only", name]);
        }
        // Panics are caught and counted; their messages would only stand between the results.
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("cannot start the runner")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut outcomes = vec![];
        for line in BufReader::new(stdout).lines() {
            outcomes.push(native::parse(&line?)?);
        }
        let status = child.wait()?;
        if !status.success() {
            let last = outcomes.last().map_or(&Value::Null, |outcome| &outcome["name"]);
            bail!("the runner ends with {status} behind test {last}");
        }
        if outcomes.is_empty() {
            bail!("no such test");
        }
        Ok(outcomes)
    }
}

/// The list.
fn path() -> PathBuf {
    root().join("tests/onnx_node_tests.txt")
}

fn parse(text: &str) -> Result<List> {
    let mut list = List::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        let (Some(name), Some(operator), Some(verdict)) = (words.next(), words.next(), words.next()) else {
            bail!("{}: `{line}` is no test, operator and verdict", path().display());
        };
        list.insert(name.to_owned(), (operator.to_owned(), Verdict::parse(verdict)?));
    }
    Ok(list)
}

fn text(list: &List) -> String {
    let lines = list.iter().map(|(name, (operator, verdict))| format!("{name} {operator} {verdict}\n"));
    HEADER.to_owned() + &lines.collect::<String>()
}

/// The folder of the tests, fetched unless it is there.
fn fetch() -> Result<PathBuf> {
    let base = root().join("target/onnx-node-tests");
    let (folder, done) = (base.join(TESTS), base.join(format!("{SHA256}.done")));
    if done.is_file() {
        return Ok(folder);
    }
    system::require(&system::PIP)?;
    let wheel = base.join(WHEEL);
    if sha256(&wheel).ok().as_deref() != Some(SHA256) {
        let mut pip = command("python3");
        pip.args(["-m", "pip", "download", PACKAGE, "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]);
        pip.args(["--platform", "manylinux_2_28_x86_64", "--python-version", "3.12", "--implementation", "cp"]);
        execute(pip.arg("--quiet").arg("--dest").arg(&base))
            .context("cannot fetch ONNX's node tests; is there a network?")?;
        let got = sha256(&wheel)?;
        if got != SHA256 {
            bail!("{}: SHA-256 is {got}, expected {SHA256}", wheel.display());
        }
    }
    // An archive is unpacked by whoever can read one: pip needs Python anyway.
    let script = "import sys, zipfile\n\
        archive = zipfile.ZipFile(sys.argv[1])\n\
        archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith(sys.argv[3] + '/')])";
    capture(command("python3").args(["-c", script]).arg(&wheel).arg(&base).arg(TESTS))?;
    fs::write(done, "")?;
    Ok(folder)
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_as_it_is_written() {
        let mut list = List::new();
        let entry = |operator: &str, verdict| (operator.to_owned(), verdict);
        list.insert("test_abs".into(), entry("Abs", Verdict::Pass(vec![])));
        list.insert("test_clip".into(), entry("Clip", Verdict::Pass(vec!["min".into(), "max".into()])));
        list.insert("test_range".into(), entry("-", Verdict::Constant));
        list.insert("test_if".into(), entry("If", Verdict::Unsupported("no If".into())));
        list.insert("test_mod".into(), entry("Mod", Verdict::Differs("wraps around".into())));
        assert_eq!(parse(&text(&list)).unwrap(), list);
        for bad in ["test_abs Abs", "test_abs Abs good", "test_abs Abs pass with x", "test_abs Abs differs"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_failure_is_as_listed_only_where_it_is_explained() {
        let failed = Verdict::Failed("gives 1".into());
        assert!(failed.is(&Verdict::Differs("wraps around".into())));
        assert!(!failed.is(&Verdict::Pass(vec![])));
        assert!(!Verdict::Pass(vec![]).is(&Verdict::Differs("wraps around".into())));
        assert!(!Verdict::Pass(vec!["axes".into()]).is(&Verdict::Pass(vec![])));
    }
}
