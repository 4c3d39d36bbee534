use super::*;

fn check(values: &[Fr], random: usize, run: Option<std::ops::Range<usize>>) {
    let found = Progression::find(values, random);
    assert_eq!(found.is_some(), run.is_some());
    let (Some(Progression { first, step, rest }), Some(run)) = (found, run) else { return };
    let mut expected = first;
    for (row, (rest, value)) in rest.iter().zip(values).enumerate() {
        assert_eq!(expected + *rest, *value, "{row}");
        assert_eq!(rest.is_zero(), run.contains(&row), "{row}");
        expected += step;
    }
}

#[test]
fn a_column_is_its_progression_and_the_rest() {
    let seed = Fr::from_u64(0x9e37_79b9_7f4a_7c15);
    for (rows, random, start) in [(600, 0, 0), (600, 6, 0), (2048, 6, 700), (2048, 6, 1530), (2048, 1, 1)] {
        for (first, step) in [(seed, seed.square()), (seed, Fr::ZERO), (Fr::ZERO, seed)] {
            let mut values: Vec<_> = (seed + Fr::ONE).powers(rows).collect();
            for (row, value) in values.iter_mut().enumerate().take(rows - random).skip(start) {
                *value = first + step * Fr::from_u64(row as u64);
            }
            check(&values, random, Some(start..rows - random));
        }
    }
}

#[test]
fn short_progressions_and_zeros_are_left() {
    let seed = Fr::from_u64(77);
    let mut values: Vec<_> = seed.powers(2048).collect();
    check(&values, 6, None);
    values[1800..2042].fill(seed);
    check(&values, 6, None);
    values[100..2042].fill(Fr::ZERO);
    check(&values, 6, None);
    for rows in [0, 1, 2, 6, 511] {
        check(&vec![seed; rows], 6, None);
    }
}
