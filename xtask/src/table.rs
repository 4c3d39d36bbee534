//! Plain-text tables for the terminal.

/// Lines up the rows under their headings: the first two columns to the left, numbers to the right.
pub(crate) fn render(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = widths.iter().enumerate().map(|(column, &width)| {
            let cell = cells.get(column).map_or("", String::as_str);
            if column < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let rule = widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>();
    let heading: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    [line(&heading), line(&rule)].into_iter().chain(rows.iter().map(|row| line(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["mlp".into(), "browser".into(), "1.25".into()], vec!["logistic".into(), "native".into()]];
        let expected =
            "model     where    prove s\n--------  -------  -------\nmlp       browser     1.25\nlogistic  native\n";
        assert_eq!(render(&["model", "where", "prove s"], &rows), expected);
    }
}
