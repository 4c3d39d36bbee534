//! What the program prints: one JSON object, or lines for a person.

use std::io::Write;

use hushproof::circuit::Layout;
use serde_json::{Map, Value, json};

/// Prints an object as JSON, or as `name: value` lines.
pub(crate) fn print(object: &Value, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{object}")?;
    } else if let Some(fields) = object.as_object() {
        for (name, value) in fields {
            let name = name.replace('_', " ");
            match value.as_array() {
                Some(rows) if rows.iter().any(Value::is_object) => {
                    writeln!(out, "{name}:")?;
                    for row in rows {
                        writeln!(out, "  {}", line(row))?;
                    }
                }
                _ => writeln!(out, "{name}: {}", line(value))?,
            }
        }
    }
    Ok(())
}

/// Prints lines.
pub(crate) fn text(text: &str) -> anyhow::Result<()> {
    write!(std::io::stdout().lock(), "{text}")?;
    Ok(())
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

/// Progress on a terminal's error stream, one line that is rewritten.
pub(crate) fn progress(quiet: bool) -> impl FnMut(&'static str, f64) {
    use std::io::IsTerminal;
    let show = !quiet && std::io::stderr().is_terminal();
    move |stage, fraction| {
        if show {
            let end = if fraction >= 1.0 { "\n" } else { "" };
            eprint!("\r{stage:<10} {:>3.0} %{end}", fraction * 100.0);
        }
    }
}
