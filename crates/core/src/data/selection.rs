//! Choosing rows of a data set.

use std::{fmt, str::FromStr};

use crate::error::{Error, Result};

/// Rows by number: `N`, or `START..END` with both ends optional and the end left out, or `START..END:STEP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    start: usize,
    end: Option<usize>,
    step: usize,
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<usize>().map_err(|_| format!("`{text}` is no row number"));
        let Some((start, rest)) = text.split_once("..") else {
            return number(text).map(Self::from);
        };
        let (end, step) = rest.split_once(':').map_or((rest, None), |(end, step)| (end, Some(step)));
        let selection = Self {
            start: if start.is_empty() { 0 } else { number(start)? },
            end: if end.is_empty() { None } else { Some(number(end)?) },
            step: step.map_or(Ok(1), number)?,
        };
        if selection.step == 0 { Err("the step is at least 1".to_owned()) } else { Ok(selection) }
    }
}

/// A text that is read as the same rows.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..", self.start)?;
        self.end.map_or(Ok(()), |end| end.fmt(f))?;
        if self.step == 1 { Ok(()) } else { write!(f, ":{}", self.step) }
    }
}

impl From<usize> for Selection {
    fn from(row: usize) -> Self {
        Self { start: row, end: row.checked_add(1), step: 1 }
    }
}

impl Selection {
    /// The selected rows, in order.
    ///
    /// # Errors
    /// `Option` where there are none, or the end is behind the last row.
    pub fn apply<T>(&self, rows: Vec<T>) -> Result<Vec<T>> {
        let count = rows.len();
        let end = self.end.unwrap_or(count);
        if end > count || self.start >= end {
            let reason = format!("rows {}..{end} of {count}", self.start);
            return Err(Error::Option { option: "--rows", reason });
        }
        Ok(rows.into_iter().take(end).skip(self.start).step_by(self.step).collect())
    }
}
