use halo2curves::bn256;
use halo2curves::ff::PrimeField;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::{ColumnValues, FullColumn};
use crate::Fr;
use crate::randomness::Randomness;

/// Whether neither the value nor its negative fits 192 bits, as for all but one in 2^60 elements.
fn is_full_size(value: Fr) -> bool {
    let high = |value: Fr| bn256::Fr::from(value).to_repr()[24..].iter().any(|byte| *byte != 0);
    high(value) && high(-value)
}

/// These rows are all that hides a column: every kind of column has to end with what the generator gave.
#[test]
fn the_last_rows_of_every_column_are_random() {
    const USABLE: usize = 26;
    let columns = [
        ColumnValues::Small { values: vec![1; USABLE], bits: 1 },
        ColumnValues::Small { values: vec![3, -1], bits: 2 },
        ColumnValues::Small { values: Vec::new(), bits: 0 },
        ColumnValues::Field(vec![Fr::ONE; USABLE]),
        ColumnValues::Field(vec![Fr::ONE]),
        ColumnValues::Field(Vec::new()),
    ];
    let mut randomness = Randomness::new(ChaCha20Rng::seed_from_u64(1));
    let mut seen = Vec::new();
    for values in columns {
        let random_rows = randomness.elements(6);
        let full = FullColumn::new(0, USABLE, values.clone(), random_rows.clone()).ok();
        let full = full.map(FullColumn::into_values).unwrap_or_default();
        assert_eq!(full.len(), 32);
        assert!(full[USABLE..] == random_rows, "{values:?}");
        assert!(full[USABLE..].iter().all(|value| is_full_size(*value)));
        assert!(full[..USABLE].iter().all(|value| !is_full_size(*value)));
        seen.extend(random_rows);
    }
    assert!(seen.iter().enumerate().all(|(i, value)| !seen[..i].contains(value)), "a value was used twice");
}
