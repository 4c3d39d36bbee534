//! Properties of the constraint system itself.

use halo2_proofs::{halo2curves::bn256::Fr, plonk::ConstraintSystem};

use super::{
    super::{
        DEGREE,
        chain::{Config, Params, advice_columns, fixed_columns},
        layout::RESERVED_ROWS,
    },
    Rig, advice_of, fixtures,
};

fn configured(params: &Params) -> (ConstraintSystem<Fr>, Config) {
    let mut cs = ConstraintSystem::default();
    let config = Config::new(&mut cs, params.clone());
    (cs, config)
}

/// Columns of the second phase that gates may speak of: accumulators and helpers, each a function of the first phase.
fn is_accumulator(name: &str) -> bool {
    ["produced", "consumed", "weight", "sum"].contains(&name) || name.starts_with("helper ")
}

#[test]
fn gates_speak_of_first_phase_columns_and_named_accumulators_only() {
    for (model_name, model) in fixtures::all() {
        let (cs, config) = configured(&Params::new(&model));
        let names = config.advice();
        assert_eq!(names.len(), cs.num_advice_columns(), "every advice column has a name");
        let phases = cs.advice_column_phase();
        let mut seen = vec![false; names.len()];
        for gate in cs.gates() {
            for polynomial in gate.polynomials() {
                for column in advice_of(polynomial) {
                    let (name, _) = names.iter().find(|(_, c)| c.index() == column).unwrap();
                    let second = phases[column] == 1;
                    assert_eq!(second, is_accumulator(name), "{model_name}: {name} is in the wrong phase");
                    seen[column] = true;
                }
            }
        }
        assert!(seen.iter().all(|seen| *seen), "{model_name}: a committed column is in no gate");
    }
}

#[test]
fn no_gate_exceeds_the_declared_degree() {
    for (name, model) in fixtures::all() {
        let (cs, _) = configured(&Params::new(&model));
        let degrees = cs.gates().iter().flat_map(|gate| gate.polynomials()).map(|gate| gate.degree());
        assert_eq!(degrees.max(), Some(DEGREE), "{name}");
        assert_eq!(cs.degree(), DEGREE, "{name}");
        assert!(cs.lookups().is_empty(), "{name}: stock lookups are not used");
    }
}

#[test]
fn reserved_rows_and_column_counts_are_those_of_halo2() {
    for (name, model) in fixtures::all() {
        let params = Params::new(&model);
        let (cs, _) = configured(&params);
        assert_eq!(cs.blinding_factors() + 1, RESERVED_ROWS, "{name}");
        assert_eq!(cs.num_advice_columns(), advice_columns(&params), "{name}");
        assert_eq!(cs.num_fixed_columns(), fixed_columns(&params), "{name}");
    }
}

#[test]
fn two_proofs_of_one_witness_share_no_commitment() {
    for (name, model) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&fixtures::INPUT);
        let codes = rig.codes(&witness);
        let (a, b) = (rig.prove(&witness.first, &[], &codes), rig.prove(&witness.first, &[], &codes));
        let points = rig.key.vk.stock().cs().num_advice_columns();
        for (column, (a, b)) in a.bytes.chunks(32).zip(b.bytes.chunks(32)).take(points).enumerate() {
            assert_ne!(a, b, "{name}: column {column} is committed to without blinding");
        }
    }
}
