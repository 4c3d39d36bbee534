#![expect(clippy::unwrap_used, reason = "tests")]

use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

#[test]
fn columns_that_end_in_a_progression_have_the_commitments_of_their_values() {
    const ROWS: usize = 1 << 11;
    let params = ParamsKZG::<Bn256>::setup(11, ChaCha20Rng::seed_from_u64(1));
    let srs = Srs::from_params(&params).unwrap();
    let seed = Fr::from_u64(0x9e37_79b9_7f4a_7c15);
    let column = |start: usize, first: Fr, step: Fr| {
        let mut values: Vec<_> = (seed + Fr::ONE).powers(ROWS).collect();
        for (row, value) in values.iter_mut().enumerate().take(ROWS - 6).skip(start) {
            *value = first + step * Fr::from_u64(row as u64);
        }
        values
    };
    let columns = [
        column(700, seed, seed.square()),
        column(700, Fr::ZERO, seed),
        column(0, seed, Fr::ZERO),
        column(1000, Fr::ZERO, Fr::ZERO),
        column(ROWS - 6, Fr::ZERO, Fr::ZERO),
    ];
    let expected: Vec<_> = columns.iter().map(|values| srs.commit_values(values).unwrap()).collect();
    let given: Vec<_> = columns.iter().map(|values| Column::dense(values)).collect();
    assert_eq!(srs.commit_columns(&given, 6).unwrap(), expected);
    let single: Vec<_> = given.iter().map(|column| srs.commit_columns(&[*column], 6).unwrap()[0]).collect();
    assert_eq!(single, expected);
}
