//! Rows of results: plain-text tables for the terminal, or JSON lines.

use anyhow::Result;
use serde::Serialize;

/// A heading, and what a row shows below it.
pub(crate) type Column<R> = (&'static str, fn(&R) -> String);

/// A row that knows its columns.
pub(crate) trait Row: Serialize + 'static {
    const COLUMNS: &'static [Column<Self>];
}

/// Prints the rows, as a JSON object each or as one table.
pub(crate) fn print<R: Row>(rows: &[R], json: bool) -> Result<()> {
    if !json {
        print!("{}", render(rows));
        return Ok(());
    }
    for row in rows {
        println!("{}", serde_json::to_string(row)?);
    }
    Ok(())
}

/// Lines up the rows below their headings: the first two columns to the left, numbers to the right.
pub(crate) fn render<R: Row>(rows: &[R]) -> String {
    let headings: Vec<String> = R::COLUMNS.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| R::COLUMNS.iter().map(|(_, show)| show(row)).collect()).collect();
    let width = |column: usize| {
        let lines = cells.iter().chain([&headings]);
        lines.map(|cells| cells[column].chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = widths.iter().zip(cells).enumerate().map(|(column, (&width, cell))| {
            if column < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    [headings, rule].iter().chain(&cells).map(|cells| line(cells)).collect()
}

/// A number with so many digits after the point, or a dash.
pub(crate) fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(dash, |value| format!("{value:.digits$}"))
}

/// A whole number, or a dash.
pub(crate) fn count(value: Option<impl ToString>) -> String {
    value.map_or_else(dash, |value| value.to_string())
}

/// Bytes in MiB, or a dash.
pub(crate) fn mebibytes(bytes: Option<u64>) -> String {
    number(bytes.map(|bytes| bytes as f64 / f64::from(1 << 20)), 0)
}

fn dash() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests;
