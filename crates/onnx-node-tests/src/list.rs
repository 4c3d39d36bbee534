//! The list of tests, with what becomes of each.

use std::{collections::BTreeMap, fmt};

use anyhow::{Context, Result, bail};
use serde::Serialize;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Right, with these inputs constant.
    Pass {
        constant: Vec<String>,
    },
    Constant,
    Unsupported {
        reason: String,
    },
    Differs {
        reason: String,
    },
    Failed {
        reason: String,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass { constant } if constant.is_empty() => write!(f, "pass"),
            Self::Pass { constant } => write!(f, "pass with {} constant", constant.join(" ")),
            Self::Constant => write!(f, "constant"),
            Self::Unsupported { reason } => write!(f, "unsupported {reason}"),
            Self::Differs { reason } => write!(f, "differs {reason}"),
            Self::Failed { reason } => write!(f, "failed {reason}"),
        }
    }
}

impl Verdict {
    fn parse(text: &str) -> Result<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        Ok(match word {
            "pass" if rest.is_empty() => Self::Pass { constant: vec![] },
            "pass" => {
                let names = rest.strip_prefix("with ").and_then(|rest| rest.strip_suffix(" constant"));
                let names = names.context("expected `with NAMES constant`")?;
                Self::Pass { constant: names.split(' ').map(str::to_owned).collect() }
            }
            "constant" => Self::Constant,
            "unsupported" => Self::Unsupported { reason: rest.to_owned() },
            "differs" if !rest.is_empty() => Self::Differs { reason: rest.to_owned() },
            _ => bail!("`{text}` is no verdict"),
        })
    }

    /// Whether a run with this result is as the list says.
    pub(crate) fn is(&self, listed: &Self) -> bool {
        self == listed || matches!((self, listed), (Self::Failed { .. }, Self::Differs { .. }))
    }
}

/// Tests by name, with their operator and what becomes of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct List(pub(crate) BTreeMap<String, (String, Verdict)>);

impl List {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut list = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(operator), Some(verdict)) = (words.next(), words.next(), words.next()) else {
                bail!("`{line}` is no test, operator and verdict");
            };
            list.0.insert(name.to_owned(), (operator.to_owned(), Verdict::parse(verdict)?));
        }
        Ok(list)
    }

    pub(crate) fn verdict(&self, name: &str) -> Option<&Verdict> {
        self.0.get(name).map(|(_, verdict)| verdict)
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        self.0.iter().try_for_each(|(name, (operator, verdict))| writeln!(f, "{name} {operator} {verdict}"))
    }
}

#[cfg(test)]
mod tests;
