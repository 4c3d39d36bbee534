//! What the program prints: one JSON object, or lines for a person.

use std::io::{self, IsTerminal, Write};

use hushproof::{
    Error, Result, circuit::Layout, commitment::Commitment, graph::ValueInfo, prove::Verified, statement::PublicOutput,
};
use serde_json::{Map, Value, json};

/// Where a report goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Output,
    Error,
}

/// Prints an object as JSON, or as `name: value` lines.
pub(crate) fn print(object: &Value, as_json: bool, channel: Channel) -> Result<()> {
    let mut lines = String::new();
    if as_json {
        lines = format!("{object}\n");
    } else if let Some(fields) = object.as_object() {
        for (name, value) in fields {
            let name = name.replace('_', " ");
            match value.as_array() {
                Some(rows) if rows.iter().any(Value::is_object) => {
                    lines += &format!("{name}:\n");
                    lines.extend(rows.iter().map(|row| format!("  {}\n", line(row))));
                }
                _ => lines += &format!("{name}: {}\n", line(value)),
            }
        }
    }
    text(&lines, channel)
}

/// Prints lines. A reader that goes away is no error.
pub(crate) fn text(text: &str, channel: Channel) -> Result<()> {
    let (written, path) = match channel {
        Channel::Output => (write_all(io::stdout().lock(), text), "standard output"),
        Channel::Error => (write_all(io::stderr().lock(), text), "standard error"),
    };
    match written {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(Error::Io { path: path.into(), source }),
        _ => Ok(()),
    }
}

/// Says something beside the result.
pub(crate) fn note(text: &str) {
    // Where nobody can be told, the work goes on.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

fn write_all(mut out: impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name} {}", line(value))).collect::<Vec<_>>().join(", ")
        }
        Value::Number(number) => match number.as_f64() {
            Some(real) if number.is_f64() => format!("{real:.6}"),
            _ => number.to_string(),
        },
        Value::Array(values) => values.iter().map(line).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// `{name: values}`.
pub(crate) fn named(name: &str, values: &[f64]) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), json!(values))]))
}

/// The outputs that a proof shows, by their names; none of an output that is committed to.
pub(crate) fn outputs(output: &PublicOutput, verified: &Verified) -> Value {
    match verified.output_commitment {
        Some(_) => json!({}),
        None => named(&output.value_info.name, &verified.outputs),
    }
}

/// The commitments that a proof shows, and the schemas of their records.
pub(crate) fn commitments(object: &mut Value, verified: &Verified) {
    let texts = |commitment: &Commitment| {
        let (schema, value) = commitment.texts();
        (json!(schema), json!(value))
    };
    match verified.commitments.as_slice() {
        [] => {}
        [one] => (object["schema"], object["input_commitment"]) = texts(one),
        several => {
            let of = |commitment| {
                let (schema, commitment) = texts(commitment);
                json!({ "schema": schema, "commitment": commitment })
            };
            object["input_commitments"] = several.iter().map(of).collect();
        }
    }
    if let Some(commitment) = &verified.output_commitment {
        (object["output_schema"], object["output_commitment"]) = texts(commitment);
    }
}

/// The names that values stand for, by the index of the value; `None` where none stands for one.
pub(crate) fn names(info: &ValueInfo, values: &[f64]) -> Option<Value> {
    let names = info.names_of(values);
    (!names.is_empty()).then(|| json!(names))
}

/// Says what an output was compared with: one threshold, or those of its bands.
pub(crate) fn thresholds(object: &mut Value, thresholds: &[f64]) {
    match thresholds {
        [] => {}
        [threshold] => object["threshold"] = json!(threshold),
        several => object["bands"] = json!(several),
    }
}

/// Advice cells of a layout, in all and per activation: those assigned, and those of the whole circuit.
pub(crate) fn cells(layout: &Layout) -> Value {
    let (activations, assigned, allocated) = (layout.activations(), layout.assigned_cells(), layout.allocated_cells());
    let per_activation = |cells: usize| cells as f64 / activations.max(1) as f64;
    json!({
        "activations": activations,
        "assigned": assigned,
        "allocated": allocated,
        "assigned_per_activation": per_activation(assigned),
        "allocated_per_activation": per_activation(allocated),
    })
}

/// Largest resident size of this process so far, where the system tells.
pub(crate) fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Progress on a terminal's error stream: one line that is rewritten, and taken away in the end.
pub(crate) struct Progress {
    show: bool,
}

impl Progress {
    /// Of nothing yet.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { show: !quiet && io::stderr().is_terminal() }
    }

    /// A fraction of a stage is done.
    pub(crate) fn report(&self, stage: &str, fraction: f64) {
        if self.show {
            drop(write!(io::stderr().lock(), "\r\u{1b}[K{stage} {:.0} %", fraction * 100.0));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.show {
            drop(write!(io::stderr().lock(), "\r\u{1b}[K"));
        }
    }
}
