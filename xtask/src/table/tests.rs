use super::{Column, Row, count, number, render};

#[derive(serde::Serialize)]
struct Proof(&'static str, &'static str, Option<f64>);

impl Row for Proof {
    const COLUMNS: &'static [Column<Self>] =
        &[("model", |row| row.0.to_owned()), ("where", |row| row.1.to_owned()), ("prove s", |row| number(row.2, 2))];
}

#[test]
fn columns_line_up() {
    let rows = [Proof("mlp", "browser", Some(1.25)), Proof("logistic", "native", None)];
    let expected = "model     where    prove s\n--------  -------  -------\nmlp       browser     1.25\n\
        logistic  native         -\n";
    assert_eq!(render(&rows), expected);
}

#[test]
fn cells() {
    assert_eq!((number(Some(12.34), 1), count(Some(7)), count(None::<u32>)), ("12.3".into(), "7".into(), "-".into()));
}
