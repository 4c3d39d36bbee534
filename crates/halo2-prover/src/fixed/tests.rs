#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const ROWS: usize = 64;

/// Columns with the form that each has.
fn columns() -> Vec<(Vec<Fr>, Form)> {
    let number = Fr::from_u64(1001);
    let set = |background: Fr, value: Fr, rows: &[std::ops::Range<usize>]| {
        let mut values = vec![background; ROWS];
        rows.iter().for_each(|rows| values[rows.clone()].fill(value));
        values
    };
    let (zero, one) = (Fr::ZERO, Fr::ONE);
    let steps = |steps: &[(usize, bool)]| Form::Steps(steps.to_vec());
    vec![
        (set(zero, zero, &[]), Form::Constant(zero)),
        (set(number, zero, &[]), Form::Constant(number)),
        (set(zero, one, &[0..1]), Form::Single(0, one)),
        (set(zero, number, &[0..1]), Form::Single(0, number)),
        (set(zero, number, &[5..6]), Form::Single(5, number)),
        (set(zero, one, &[ROWS - 1..ROWS]), Form::Single(ROWS - 1, one)),
        (set(one, zero, &[5..6]), steps(&[(4, false), (5, true)])),
        (set(one, zero, &[0..1]), steps(&[(0, true), (ROWS - 1, false)])),
        (set(one, zero, &[ROWS - 1..ROWS]), steps(&[(ROWS - 2, false), (ROWS - 1, true)])),
        (set(zero, one, &[0..7]), steps(&[(6, false), (ROWS - 1, true)])),
        (set(zero, one, &[3..9]), steps(&[(2, true), (8, false)])),
        (set(number, number + one, &[3..9, 20..ROWS]), steps(&[(2, true), (8, false), (19, true), (63, false)])),
        (set(zero, one, &[3..9, 20..21, 40..50]), Form::Other),
        (set(zero, number, &[3..9]), Form::Other),
        (number.powers(ROWS).collect(), Form::Other),
    ]
}

#[test]
fn forms_are_told_apart() {
    for (index, (values, form)) in columns().into_iter().enumerate() {
        assert_eq!(Form::of(&values), form, "{index}");
    }
}

#[test]
fn steps_sum_up_to_the_columns_values_on_a_coset() {
    let domain = Domain::new(ROWS.trailing_zeros()).unwrap();
    let g = Fr::from_u64(77);
    let coset = domain.coset_forward(g).unwrap();
    let mut first_row = vec![Fr::ZERO; ROWS];
    coset.apply(&[Fr::from_u64(ROWS as u64).invert().unwrap(); ROWS], &mut first_row).unwrap();
    let (values, _): (Vec<_>, Vec<_>) = columns().into_iter().unzip();
    for column in fixed_columns(&domain, values).unwrap() {
        if let Form::Steps(steps) = &column.form {
            let (mut expected, mut values) = (vec![Fr::ZERO; ROWS], vec![Fr::ONE; ROWS]);
            coset.apply(&column.coefficients, &mut expected).unwrap();
            sum_up(&column.coefficients, steps, g, &first_row, &mut values);
            assert_eq!(values, expected, "{steps:?}");
        }
    }
}
