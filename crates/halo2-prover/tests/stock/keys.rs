//! Provers made without a proving key equal those made from one.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::plonk::{
    Advice, Assigned, Circuit, Column, ConstraintSystem, Error, Fixed, Instance, Selector, TableColumn, keygen_pk,
    keygen_vk, keygen_vk_custom,
};
use halo2_proofs::poly::Rotation;
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use hushproof_halo2_prover::{ProveError, Prover, Srs, oracle::same_keys};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::common::{Setup, Shape, TestCircuit};

fn check<C: Circuit<Fr>>(name: &str, k: u32, circuit: &C) {
    for compress_selectors in [false, true] {
        let params = ParamsKZG::<Bn256>::setup(k, ChaCha20Rng::seed_from_u64(1));
        let vk = keygen_vk_custom(&params, circuit, compress_selectors).unwrap();
        let key = keygen_pk(&params, vk.clone(), circuit).unwrap();
        let prover = Prover::from_circuit(&vk, circuit).unwrap();
        assert!(same_keys(&prover, &Prover::new(&key).unwrap()), "{name}");
        assert!(prover.commits_to(&Srs::from_params(&params).unwrap(), &vk).unwrap(), "{name}");
    }
}

#[test]
fn every_shape_of_the_test_circuit() {
    let base = Shape::default();
    let shapes = [
        base,
        Shape { degree: 3, ..base },
        Shape { degree: 6, k: 9, ..base },
        Shape { k: 10, ..base },
        Shape { phases: 1, ..base },
        Shape { permutation: false, ..base },
        Shape { lanes: 23, k: 7, ..base },
    ];
    for shape in shapes {
        check(&format!("{shape:?}"), shape.k, &TestCircuit::new(shape, 1));
    }
}

#[derive(Clone)]
struct Columns {
    advice: [Column<Advice>; 3],
    fixed: [Column<Fixed>; 2],
    table: TableColumn,
    instance: Column<Instance>,
    simple: [Selector; 3],
    complex: Selector,
}

/// Selectors of both kinds, fractions, constants, a table column, and copies drawn at random.
#[derive(Clone)]
struct Mixed {
    seed: u64,
    copies: usize,
    /// Assigns a fixed cell in the last row, which is not usable.
    beyond: bool,
}

const K: u32 = 6;

impl Circuit<Fr> for Mixed {
    type Config = Columns;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Columns {
        let columns = Columns {
            advice: [(); 3].map(|()| meta.advice_column()),
            fixed: [(); 2].map(|()| meta.fixed_column()),
            table: meta.lookup_table_column(),
            instance: meta.instance_column(),
            simple: [(); 3].map(|()| meta.selector()),
            complex: meta.complex_selector(),
        };
        columns.advice.iter().for_each(|column| meta.enable_equality(*column));
        meta.enable_equality(columns.fixed[0]);
        meta.enable_equality(columns.instance);
        meta.enable_constant(columns.fixed[1]);
        let (selectors, advice) = (columns.simple.into_iter().chain([columns.complex]), columns.advice);
        for (index, selector) in selectors.enumerate() {
            meta.create_gate("product", |cells| {
                let selector = cells.query_selector(selector);
                let a = cells.query_advice(advice[index % 3], Rotation::cur());
                vec![selector * (a.clone() - cells.query_fixed(columns.fixed[0], Rotation::cur())) * a]
            });
        }
        columns
    }

    fn synthesize(&self, columns: Columns, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let rows = 1usize << (K - 1);
        layouter.assign_table(
            || "table",
            |mut table| {
                (0..5).try_for_each(|row| {
                    table.assign_cell(|| "value", columns.table, row, || Value::known(Fr::from(7 + row as u64)))
                })
            },
        )?;
        layouter.assign_region(
            || "all",
            |mut region| {
                let mut cells = Vec::new();
                for row in 0..rows {
                    // Selectors 0 and 1 never hold in the same row, so that they can share a column.
                    columns.simple[row % 2].enable(&mut region, row)?;
                    if row % 3 == 0 {
                        columns.simple[2].enable(&mut region, row)?;
                        columns.complex.enable(&mut region, row + 1)?;
                    }
                    let (a, b) = (Fr::from(rng.next_u64()), Fr::from(rng.next_u64() % 3));
                    let value = match row % 4 {
                        0 => Assigned::Zero,
                        1 => Assigned::Trivial(a),
                        _ => Assigned::Rational(a, b),
                    };
                    cells.push(region.assign_fixed(columns.fixed[0], row, value));
                    for column in columns.advice {
                        cells.push(region.assign_advice(column, row, Value::<Assigned<Fr>>::unknown()).cell());
                    }
                }
                // Fractions that are assigned again.
                region.assign_fixed(columns.fixed[0], 2, Fr::ONE);
                region.assign_fixed(columns.fixed[0], 3, Assigned::Rational(Fr::ONE, Fr::from(5)));
                if self.beyond {
                    region.assign_fixed(columns.fixed[0], (1 << K) - 1, Fr::ONE);
                }
                for _ in 0..self.copies {
                    let [a, b] = [(); 2].map(|()| rng.next_u32() as usize % cells.len());
                    region.constrain_equal(cells[a], cells[b]);
                }
                Ok(())
            },
        )
    }
}

#[test]
fn selectors_fractions_tables_and_random_copies() {
    for (seed, copies) in [(1, 0), (2, 1), (3, 20), (4, 100), (5, 1000)] {
        check(&format!("{copies} copies"), K, &Mixed { seed, copies, beyond: false });
    }
}

#[test]
fn another_circuit_does_not_have_the_keys_commitments() {
    let [circuit, values, copies] =
        [(1, 20), (2, 20), (1, 21)].map(|(seed, copies)| Mixed { seed, copies, beyond: false });
    let params = ParamsKZG::<Bn256>::setup(K, ChaCha20Rng::seed_from_u64(1));
    let srs = Srs::from_params(&params).unwrap();
    let vk = keygen_vk(&params, &circuit).unwrap();
    let commits = |circuit: &Mixed| Prover::from_circuit(&vk, circuit).unwrap().commits_to(&srs, &vk).unwrap();
    assert!(commits(&circuit));
    assert!(!commits(&values));
    assert!(!commits(&copies));
    let small = Srs::new(&params.get_g()[..32], &params.get_g()[..32]).unwrap();
    let prover = Prover::from_circuit(&vk, &circuit).unwrap();
    assert!(matches!(prover.commits_to(&small, &vk), Err(ProveError::SrsSize { key: K, srs: 5 })));
}

#[test]
fn keys_and_assignments_that_do_not_fit() {
    let circuit = Mixed { seed: 1, copies: 3, beyond: false };
    let params = ParamsKZG::<Bn256>::setup(K, ChaCha20Rng::seed_from_u64(1));
    let vk = keygen_vk(&params, &circuit).unwrap();
    let error = Prover::from_circuit(&vk, &Mixed { beyond: true, ..circuit }).err().unwrap();
    assert!(
        matches!(&error, ProveError::Synthesis(_)) && error.to_string().contains("row 63 is not usable"),
        "{error}"
    );
    let other = Setup::new(K, &TestCircuit::new(Shape { k: K, ..Shape::default() }, 1));
    let error = Prover::from_circuit(other.key.get_vk(), &circuit).err().unwrap();
    assert!(matches!(error, ProveError::Key { what: "fixed columns", .. }), "{error}");
}
