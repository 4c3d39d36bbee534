//! One cell changed on its way to the prover: any column, on any kind of row.

use std::collections::BTreeMap;

use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};

use super::{
    super::{
        layout::Layout,
        placement::Link,
        weights::{Multiplier, WeightCell},
        witness::decides,
    },
    Fault, Rig, assert_rejected, fixtures,
};
use crate::graph::Model;

/// A row of each kind, by name.
fn rows_by_kind(model: &Model, layout: &Layout) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    let lanes = layout.params.lanes.activations as u32;
    for (index, row) in layout.rows.iter().enumerate() {
        let what = match (decides(model, row.tensor), row.mask.count_ones()) {
            (true, _) => "decision",
            _ if row.pair => "pairs",
            (_, 0) => "empty",
            (_, n) if n == lanes => "full",
            _ => "partial",
        };
        let form = layout.tensors[row.tensor as usize].storage.form;
        let head = ["", ", head"][usize::from(row.head || row.negative_head)];
        rows.entry(format!("{form:?}, {what}, {:?}{head}", row.link)).or_insert(index);
    }
    rows.insert("first".to_owned(), 0);
    rows.insert("tail".to_owned(), layout.rows.len());
    rows.insert("last".to_owned(), layout.usable_rows() - 2);
    rows
}

/// Rows on which a shift of the column must be noticed.
fn rows_of_interest(model: &Model, layout: &Layout, column: &str) -> Vec<usize> {
    let weights = &layout.weights.rows;
    let kinds = || rows_by_kind(model, layout).into_values();
    let mut rows: Vec<usize> = match column {
        "maximum" => vec![0, model.layers.last().unwrap().shape.len() - 1],
        "multiplicity" => vec![0, layout.params.table_rows() - 1, layout.usable_rows() - 2],
        "sum" => vec![0, 1, layout.rows.len(), layout.usable_rows() - 1],
        "transfer" => {
            let jump = layout.rows.iter().position(|row| row.link == Link::Jump);
            let head = layout.rows.iter().position(|row| row.head);
            let negative = layout.rows.iter().position(|row| row.negative_head).map(|row| row + 1);
            [jump, head, negative].into_iter().flatten().collect()
        }
        // Elsewhere they multiply 0.
        "multiplier" => {
            let inverse = weights.iter().position(|row| row.multiplier == Multiplier::Inverse);
            [Some(0), inverse, weights.iter().position(|row| row.value.is_some()), Some(weights.len() - 1)]
                .into_iter()
                .flatten()
                .collect()
        }
        "weight" => vec![0, 1, weights.len() - 1, weights.len(), layout.usable_rows() - 2],
        name if name.starts_with("helper") => vec![[0, layout.usable_rows() - 2][usize::from(name == "helper 0")]],
        "produced" | "consumed" | "negative" => kinds().step_by(4).collect(),
        _ => kinds().collect(),
    };
    rows.sort_unstable();
    rows.dedup();
    rows
}

#[test]
fn a_shift_of_any_column_on_any_kind_of_row_is_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let lanes = rig.layout().params.lanes.activations;
        for (column_name, column) in rig.config().advice() {
            for (index, row) in rows_of_interest(&rig.model, rig.layout(), &column_name).into_iter().enumerate() {
                // One lane on each kind of row, another one for every column and row.
                let lane = column_name.split([' ', '.']).nth(1).and_then(|lane| lane.parse::<usize>().ok());
                let of_lane = column_name.starts_with("state") || column_name.starts_with("limb");
                let limb = column_name.split('.').nth(1).map_or(0, |limb| limb.len() + limb.parse::<usize>().unwrap());
                if of_lane && lane.is_some_and(|lane| (index + limb) % lanes != lane) {
                    continue;
                }
                // A state that matters to no gate may still be any bit; beyond 2 it never is one.
                let delta = if column_name.starts_with("state") { Fr::from(3) } else { Fr::ONE };
                let fault = Fault { column: column.index(), row, delta };
                let what = format!("{name}: {column_name} on row {row}");
                assert_rejected(&what, rig.attempt(&witness.first, &[fault], &codes));
            }
        }
    }
}

#[test]
fn accumulators_shifted_over_whole_runs_are_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let (layout, config) = (rig.layout(), rig.config());
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let head = layout.rows.iter().position(|row| row.head).unwrap();
        let end = (head..layout.rows.len()).find(|row| layout.rows[*row].run == 0).unwrap();
        let layer = layout.rows.iter().position(|row| row.tensor + 1 < layout.tensors.len() as u32).unwrap();
        let mut shifts = vec![
            ("consumed of a run", config.consumed, head..end + 1),
            ("produced above a layer", config.produced, 0..layer),
            ("produced of all layers", config.produced, 0..layout.rows.len()),
            ("produced everywhere", config.produced, 0..layout.usable_rows()),
            ("sum", config.sum, 1..layout.usable_rows() - 1),
            ("sum to the end", config.sum, head + 1..layout.usable_rows()),
            ("sum everywhere", config.sum, 0..layout.usable_rows()),
        ];
        if let (Some(negative), Some(head)) = (config.negative, layout.rows.iter().position(|row| row.negative_head)) {
            let end = (head..layout.rows.len()).find(|row| layout.rows[*row].run == 0).unwrap();
            shifts.push(("negative parts of a run", negative, head..end + 1));
        }
        for (what, column, rows) in shifts {
            let faults: Vec<_> = rows.map(|row| Fault { column: column.index(), row, delta: Fr::from(9) }).collect();
            assert_rejected(&format!("{name}: {what}"), rig.attempt(&witness.first, &faults, &codes));
        }
    }
}

#[test]
fn a_weight_cell_shifted_with_all_its_copies_is_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let (layout, config) = (rig.layout(), rig.config());
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let chain = layout.weights.rows.iter().position(|row| row.value.is_some()).unwrap();
        let inverse = layout.weights.rows.iter().position(|row| row.multiplier == Multiplier::Inverse).unwrap();
        let one = WeightCell::Value(0);
        let factor = layout.transfers.iter().find(|(row, _)| layout.rows[*row].head).unwrap().1;
        for cell in [one, WeightCell::Value(1), WeightCell::Value(chain), WeightCell::Multiplier(inverse), factor] {
            let (column, row) = match cell {
                WeightCell::Value(row) => (config.weight, row),
                WeightCell::Multiplier(row) => (config.multiplier, row),
                WeightCell::Consumed(row) => (config.consumed, row),
            };
            let mut faults = vec![Fault { column: column.index(), row, delta: Fr::from(5) }];
            let copies = super::super::fixed::copies(&config, layout);
            let same = copies.iter().filter(|(from, _)| *from == (column, row));
            faults.extend(same.map(|(_, (column, row))| Fault {
                column: column.index(),
                row: *row,
                delta: Fr::from(5),
            }));
            assert_rejected(&format!("{name}: {cell:?}"), rig.attempt(&witness.first, &faults, &codes));
        }
    }
}
