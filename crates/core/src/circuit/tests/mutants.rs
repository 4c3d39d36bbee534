//! Circuits that lack a constraint, to see whether a test notices.
//!
//! `HUSHPROOF_MUTANT` in the environment of a test names a constraint, which is then left out of every circuit. A test
//! of a lying prover must fail for each of them: `cargo xtask mutants`.

use std::collections::{BTreeMap, BTreeSet};

use halo2_proofs::{
    halo2curves::bn256::Fr,
    plonk::{Expression, VirtualCells},
};

use super::{
    super::{Config, Layout, fixed::AdviceCell, gates, gates::Constraints},
    configured, fixtures,
};

/// All constraints, gate and constraint or the kind of copies, one on a line, with the test that notices.
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/circuit/tests/mutants.txt");

/// Kinds of copies, by the column that is copied into.
const COPIES: [&str; 3] = ["copy: multiplier", "copy: transfer", "copy: weight"];

fn is_dropped(constraint: &str) -> bool {
    std::env::var("HUSHPROOF_MUTANT").is_ok_and(|name| name == constraint)
}

fn name(gate: &str, constraint: &str) -> String {
    format!("{gate}: {constraint}")
}

impl Config {
    /// The constraints of a gate without the one that is dropped, for which something stands that holds on every row
    /// and keeps the largest degree.
    pub(in crate::circuit) fn mutated(
        &self,
        cells: &mut VirtualCells<'_, Fr>,
        gate: &str,
        constraints: Constraints,
    ) -> Constraints {
        let [first, last] = [self.fixed.first, self.fixed.last].map(|column| gates::fixed(cells, column));
        let nothing: Expression<Fr> = first.clone() * last.clone() * first.clone() * last * first;
        let keep = |(constraint, expression)| {
            let dropped = is_dropped(&name(gate, constraint));
            (constraint, if dropped { nothing.clone() } else { expression })
        };
        constraints.into_iter().map(keep).collect()
    }

    /// The copies without the kind that is dropped.
    pub(in crate::circuit) fn mutated_copies(
        &self,
        copies: Vec<(AdviceCell, AdviceCell)>,
    ) -> Vec<(AdviceCell, AdviceCell)> {
        let columns = [self.multiplier, self.transfer, self.weight];
        let dropped = columns.into_iter().zip(COPIES).find(|(_, name)| is_dropped(name)).map(|(column, _)| column);
        copies.into_iter().filter(|(_, (column, _))| Some(*column) != dropped).collect()
    }
}

/// Whoever adds a constraint writes a test that fails without it; `cargo xtask mutants --write` finds that test.
#[test]
fn every_constraint_is_listed() {
    let mut names: BTreeSet<String> = COPIES.map(str::to_owned).into();
    for (_, model, _) in fixtures::every() {
        let (cs, _) = configured(&Layout::new(&model).unwrap().params);
        for gate in cs.gates() {
            names.extend((0..gate.polynomials().len()).map(|i| name(gate.name(), gate.constraint_name(i))));
        }
    }
    let list = std::fs::read_to_string(LIST).unwrap();
    let listed: BTreeMap<String, String> =
        list.lines().filter_map(|line| line.split_once('\t')).map(|(name, test)| (name.into(), test.into())).collect();
    if std::env::var_os("HUSHPROOF_WRITE_DOCS").is_some() {
        let line = |name: &String| format!("{name}\t{}\n", listed.get(name).map_or("", String::as_str));
        std::fs::write(LIST, names.iter().map(line).collect::<String>()).unwrap();
        return;
    }
    let unlisted: Vec<_> = names.iter().filter(|name| listed.get(*name).is_none_or(String::is_empty)).collect();
    let unknown: Vec<_> = listed.keys().filter(|name| !names.contains(*name)).collect();
    assert!(unlisted.is_empty() && unknown.is_empty(), "{unlisted:?}, {unknown:?}: `cargo xtask mutants --write`");
}
