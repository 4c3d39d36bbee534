//! CSV: lines of numbers with commas between them, below a line of column names or without one. Cells may be quoted,
//! hold names where values stand for names, and be empty or `NaN` where a value is missing.
//!
//! A value of an input of one value is in the column with its name; value i of a larger one in `name[i]`, `name.i` or
//! `name_i`. Without such columns the values of all inputs are the columns from left to right.

use std::collections::HashMap;

use hushproof_core::{
    data,
    error::{Error, Result},
    graph::ValueInfo,
};

use super::npy::{MAX_VALUES, error};

/// The text of a table: of bytes that are no JSON, of several lines or columns.
pub(super) fn table(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    let is_table = !text.starts_with(['{', '[']) && text.contains(['\n', ',']) && !text.contains('\0');
    is_table.then_some(text)
}

/// The rows of a table.
pub(super) fn read(text: &str, value_info: &ValueInfo) -> Result<Vec<Vec<f64>>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let first = lines.peek().map(|(index, line)| cells(*index, line)).transpose()?.unwrap_or_default();
    // A line of some numbers is one of values, some of them wrong.
    let names = if first.iter().any(|cell| number(cell).is_some()) { None } else { Some(first.clone()) };
    if names.is_some() {
        lines.next();
    }
    let columns = match &names {
        Some(names) => columns(names, value_info)?,
        None => (0..first.len()).collect(),
    };
    if columns.len() != value_info.len() {
        return Err(Error::InputShape {
            input: value_info.name.clone(),
            expected: format!("[rows, {}]", value_info.len()),
            got: format!("[rows, {}]", columns.len()),
        });
    }
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for (index, line) in lines {
        let cells = cells(index, line)?;
        let line = index.saturating_add(1);
        if cells.len() != first.len() {
            return Err(error(format!("line {line} has {} cells, the first one {}", cells.len(), first.len())));
        }
        if rows.len().saturating_add(1).saturating_mul(columns.len()) > MAX_VALUES {
            return Err(error(format!("the table has more than {MAX_VALUES} values")));
        }
        let value = |(index, column): (usize, &usize)| {
            let categories = value_info.categories_of(index);
            let what = if categories.is_some() { "name that the model knows" } else { "number" };
            let got = || format!("no {what} in line {line}");
            let value = cells.get(*column).and_then(|cell| match categories {
                Some(categories) => categories.value(cell).and_then(|value| u32::try_from(value).ok()).map(f64::from),
                None if is_missing(cell) => Some(f64::NAN),
                None => number(cell),
            });
            value.ok_or_else(|| Error::InputValue { input: value_info.name.clone(), index, got: got() })
        };
        rows.push(columns.iter().enumerate().map(value).collect::<Result<_>>()?);
    }
    Ok(rows)
}

/// The column of each value.
fn columns(names: &[String], value_info: &ValueInfo) -> Result<Vec<usize>> {
    let mut places = HashMap::new();
    for (place, name) in names.iter().enumerate() {
        if places.insert(name.as_str(), place).is_some() {
            return Err(error(format!("two columns are called `{name}`")));
        }
    }
    let inputs = if value_info.parts.is_empty() { vec![value_info.clone()] } else { data::parts(value_info) };
    let column = |input: &ValueInfo, index: usize| {
        let of = |name: String| places.get(name.as_str()).copied();
        match input.len() {
            1 => of(input.name.clone()),
            _ => [
                format!("{}[{index}]", input.name),
                format!("{}.{index}", input.name),
                format!("{}_{index}", input.name),
            ]
            .into_iter()
            .find_map(of),
        }
    };
    // Before there is a place for each of them.
    if inputs.iter().all(|input| column(input, 0).is_some()) {
        let all = inputs.iter().flat_map(|input| (0..input.len()).map(move |index| (input, index)));
        let found = |(input, index): (&ValueInfo, usize)| {
            let missing = || Error::InputName {
                expected: format!("{}[{index}]", input.name),
                got: format!("{} columns", names.len()),
            };
            column(input, index).ok_or_else(missing)
        };
        return all.map(found).collect();
    }
    if value_info.parts.is_empty() && names.len() == value_info.len() {
        return Ok((0..names.len()).collect());
    }
    Err(Error::InputName { expected: data::expected(value_info), got: names.join(", ") })
}

/// The cells of a line.
fn cells(index: usize, line: &str) -> Result<Vec<String>> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(error(format!("line {} ends within quotes", index.saturating_add(1))));
    }
    cells.push(cell.trim().to_owned());
    Ok(cells)
}

/// Whether a cell stands for a missing value.
fn is_missing(cell: &str) -> bool {
    cell.is_empty() || cell.eq_ignore_ascii_case("nan")
}

fn number(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}
