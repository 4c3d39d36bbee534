//! A report in a few lines.

use std::fmt::Write;

use super::Report;

/// Layers that a line names.
const MOST: usize = 5;

impl Report {
    /// A few lines for a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write_text(&mut out);
        out
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        let cost = &self.cost;
        match self.data.random {
            None => writeln!(out, "calibration: {} rows", self.data.rows)?,
            Some([min, max]) => {
                writeln!(out, "calibration: none; {} random rows from {min} to {max}", self.data.rows)?;
            }
        }
        writeln!(out, "accuracy: {}", self.accuracy)?;
        self.accuracy.lines().iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        let met = if self.accuracy.is_met() { "met" } else { "missed" };
        writeln!(out, "target: {}: {met}", self.search.target)?;
        for (index, attempt) in self.search.attempts.iter().enumerate() {
            let mark = if index == self.search.taken { "taken" } else { "tried" };
            let result = match (&attempt.accuracy, &attempt.refused) {
                (Some(accuracy), _) => accuracy.short(),
                (None, Some(refused)) => refused.clone(),
                (None, None) => String::new(),
            };
            let (value, remainder, k) = (attempt.value_bits, attempt.remainder_bits, attempt.k);
            let seconds = attempt.predicted.native_seconds;
            writeln!(
                out,
                "{mark}: codes of {value} bits, remainders of {remainder}, k = {k}, {seconds:.3} s: {result}"
            )?;
        }
        writeln!(
            out,
            "proof: k = {}, {} rows, which follow {}; {} advice columns; {:.3} s natively, {:.2} s in a browser, {:.0} MB",
            cost.k,
            cost.rows,
            cost.rows_follow,
            cost.advice_columns,
            cost.predicted.native_seconds,
            cost.predicted.browser_seconds,
            cost.predicted.memory_bytes as f64 / 1e6,
        )?;
        let error = |layer: usize| self.layers[layer].relative_error;
        self.top(out, "largest relative errors", error, |layer| format!("{:.3} %", error(layer) * 100.0))?;
        let rows = |layer: usize| cost.layers.get(layer).map_or(0.0, |layer| layer.rows as f64);
        let share = |layer: usize| format!("{:.1} %", 100.0 * rows(layer) / cost.rows.max(1) as f64);
        self.top(out, "most rows", rows, share)?;
        for way in &self.cheaper {
            let fit = way.accuracy.as_ref().map_or_else(String::new, |accuracy| format!("; {}", accuracy.short()));
            let seconds = way.predicted.native_seconds;
            writeln!(out, "cheaper: {} (k = {}, {} columns, {seconds:.3} s{fit})", way.what, way.k, way.columns)?;
        }
        Ok(())
    }

    /// A line of the layers with the largest values.
    fn top(
        &self,
        out: &mut String,
        title: &str,
        value: impl Fn(usize) -> f64,
        text: impl Fn(usize) -> String,
    ) -> std::fmt::Result {
        let mut order: Vec<usize> = (0..self.layers.len()).filter(|layer| value(*layer) > 0.0).collect();
        order.sort_by(|a, b| value(*b).total_cmp(&value(*a)));
        let part = |index: &usize| {
            let layer = &self.layers[*index];
            format!("{} ({}) {}", layer.node, layer.op, text(*index))
        };
        let parts: Vec<String> = order.iter().take(MOST).map(part).collect();
        if parts.is_empty() { Ok(()) } else { writeln!(out, "{title}: {}", parts.join(", ")) }
    }
}
