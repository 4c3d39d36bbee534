//! The audit that runs when keys are made, on fixed cells and copies that are changed one at a time.

use std::collections::BTreeSet;

use halo2_proofs::plonk::{Column, Fixed};
use rand_core::OsRng;

use super::{
    super::{
        Config, Layout, audit,
        fixed::{AdviceCell, Cell, ConstantCell, cells, constants, copies},
        placement::{Link, Row},
        weights::{Multiplier, WeightCell},
        witness::decides,
    },
    configured, fixtures,
};
use crate::{error::Error, graph::Model};

/// A circuit's fixed cells and copies, to be audited.
struct Circuit {
    model: Model,
    layout: Layout,
    config: Config,
    cells: Vec<Cell>,
    constants: Vec<ConstantCell>,
    copies: Vec<(AdviceCell, AdviceCell)>,
}

impl Circuit {
    fn every() -> impl Iterator<Item = (&'static str, Self)> {
        fixtures::every().map(|(name, model, _)| {
            let layout = Layout::new(&model).unwrap();
            let config = configured(&layout.params).1;
            let (cells, copies) = (cells(&config, &layout, &model), copies(&config, &layout));
            let constants = constants(&config, &layout);
            let (model, layout) = if model.private_weights.is_some() {
                let other = model.with_random_weights(OsRng);
                (other.clone(), Layout::new(&other).unwrap())
            } else {
                (model, layout)
            };
            (name, Self { model, layout, config, cells, constants, copies })
        })
    }

    fn audit(&self, cells: &[Cell], copies: &[(AdviceCell, AdviceCell)]) -> Result<(), Error> {
        let keyed = audit::Keyed { cells, constants: &self.constants, copies };
        audit::audit(&self.config, &self.layout, &self.model, keyed)
    }
}

impl Circuit {
    /// Weight rows on which a factor depends.
    fn used_weights(&self) -> BTreeSet<usize> {
        self.weights_used_by(true)
    }

    /// Weight rows on which nothing but records depends: another coefficient there multiplies both what a record has and
    /// what its tensor has.
    fn records_weights(&self) -> BTreeSet<usize> {
        &self.weights_used_by(true) - &self.weights_used_by(false)
    }

    fn weights_used_by(&self, records: bool) -> BTreeSet<usize> {
        let rows = &self.layout.weights.rows;
        let mut pending: Vec<WeightCell> = self.layout.transfers.iter().map(|(_, cell)| *cell).collect();
        pending.extend(self.layout.commitment_rows().filter(|_| records).map(WeightCell::Value));
        let mut used = BTreeSet::new();
        while let Some(cell) = pending.pop() {
            if let WeightCell::Value(row) | WeightCell::Multiplier(row) = cell
                && used.insert(row)
            {
                pending.extend(rows[row].more.then_some(WeightCell::Value(row + 1)));
                pending.extend(rows[row].equals);
                if let Multiplier::Copy(cell) = rows[row].multiplier
                    && (records || rows[row].recorded.is_none())
                {
                    pending.push(cell);
                }
            }
        }
        used
    }

    /// The columns of weights' coefficients.
    fn weight_columns(&self) -> Vec<Column<Fixed>> {
        let fixed = &self.config.fixed;
        let private = fixed.private.iter().flat_map(|private| [private.constant, private.linear]);
        fixed.weights.iter().copied().chain(private).collect()
    }

    /// The name of a fixed column, as its configuration has it.
    fn name(&self, column: Column<Fixed>) -> String {
        let text = format!("{:?}", self.config.fixed);
        let before = text.split(&format!("{column:?}")).next().unwrap_or_default();
        let words = before.rsplit([' ', '{', '[', '(']).filter_map(|word| word.strip_suffix(':'));
        words.into_iter().find(|word| !["index", "column_type"].contains(word)).unwrap_or_default().to_owned()
    }

    /// Whether a fixed cell selects nothing: on rows without an element most columns say nothing, and so does the end
    /// of a run where nothing is read.
    fn is_idle(&self, column: Column<Fixed>, row: usize, used: &BTreeSet<usize>) -> bool {
        let columns = &self.config.fixed;
        let here =
            self.layout.rows.get(row).is_some_and(|row| row.mask != 0 || row.pair || decides(&self.model, row.tensor));
        // The first lane is η⁰ and γ⁰.
        let constant = self.layout.weights.rows.get(row).is_some_and(|row| row.lanes.iter().skip(1).all(|k| *k == 0));
        let constant = constant && column == columns.along_gamma;
        let of_rows = [columns.signed, columns.run, columns.inside];
        let placed = of_rows.contains(&column)
            || columns.steps.contains(&column)
            || columns.hops.contains(&column)
            || columns.bias.contains(&column)
            || columns.spreads.contains(&column)
            || columns.clip == Some(column)
            || columns.compare == Some(column)
            || columns.record.is_some_and(|record| record.bound == column)
            || columns.private.is_some_and(|private| private.by_value == Some(column))
            || columns.function.is_some_and(|function| [function.active, function.tag].contains(&column));
        let below = self.layout.rows.get(row + 1).is_some_and(|row| row.mask != 0 || row.pair);
        let last = row.min(self.layout.rows.len() - 1);
        let head = (0..=last).rev().find(|at| *at == 0 || self.layout.rows[at - 1].run == 0);
        let read = head.is_some_and(|at| {
            let copied =
                self.layout.weights.rows.iter().any(|w| w.multiplier == Multiplier::Copy(WeightCell::Consumed(at)));
            copied || (at..=last).any(|at| self.layout.rows[at].head || self.layout.rows[at].negative_head)
        });
        let ends = (column == columns.run || columns.hops.contains(&column)) && !(below && read);
        // Above the first element of a channel and below the last one, no bias is read.
        let rows = &self.layout.rows;
        let of_channel = |other: &Row| {
            rows.get(row).is_some_and(|row| (row.tensor, row.channel) == (other.tensor, other.channel))
                && other.mask != 0
        };
        let between = rows.iter().take(row + 1).any(of_channel) && rows.iter().skip(row + 1).any(of_channel);
        let bias = columns.private.is_some_and(|private| private.same_channel == column) && !between;
        let alone = rows.get(row).is_some_and(|row| {
            row.mask == 1
                && (columns.spreads.contains(&column) || columns.steps.contains(&column) && row.link != Link::Inside)
        });
        let weights = &self.config.fixed.weights;
        let of_weights = [columns.along_gamma, columns.more, columns.one].contains(&column)
            || weights.contains(&column)
            || columns.private.is_some_and(|private| [private.constant, private.linear].contains(&column));
        let lane = columns.bias.iter().position(|bias| *bias == column).filter(|_| columns.bias.len() > 1);
        let outputs = self.model.layers.last().is_some_and(|layer| row < layer.shape.len());
        let idle = lane.is_some_and(|lane| !self.layout.rows[row].mask >> lane & 1 == 1 && !(outputs && lane == 0));
        idle || alone || ends || constant || bias || placed && !here || of_weights && !used.contains(&row)
    }
}

#[test]
fn fixed_columns_and_copies_mean_their_models() {
    for (name, circuit) in Circuit::every() {
        let audited = circuit.audit(&circuit.cells, &circuit.copies);
        assert!(audited.is_ok(), "{name}: {audited:?}");
    }
}

/// Each fixed column's cells in turn: one is left out, one changed, one moved; each copy: left out, of another cell.
#[test]
fn the_audit_notices_any_change_of_a_fixed_cell_or_a_copy() {
    let (mut noticed, mut most) = (BTreeSet::new(), 0);
    for (name, circuit) in Circuit::every() {
        most = most.max(circuit.config.params.fixed_columns());
        let refuses = |what: &str, cells: &[Cell], copies: &[(AdviceCell, AdviceCell)]| {
            let audited = circuit.audit(cells, copies);
            assert!(matches!(audited, Err(Error::Layout { .. })), "{name}: {what}: {audited:?}");
        };
        let (used, of_records) = (circuit.used_weights(), circuit.records_weights());
        let weights: BTreeSet<usize> = circuit.weight_columns().into_iter().map(|column| column.index()).collect();
        for column in 0..circuit.config.params.fixed_columns() {
            let own: Vec<usize> =
                (0..circuit.cells.len()).filter(|at| circuit.cells[*at].0.index() == column).collect();
            // Columns have many cells of a kind; the first ones and the last one are as good as any.
            let picked = own.iter().step_by(own.len().div_ceil(3).max(1)).chain(own.last());
            for at in picked {
                let (column, row, value) = circuit.cells[*at];
                if circuit.is_idle(column, row, &used) {
                    continue;
                }
                noticed.insert(column.index());
                let mut cells = circuit.cells.clone();
                cells.remove(*at);
                // A free cell that no layer makes anything of may as well be none, but for those beside pairs.
                let pair = circuit.layout.rows.get(row).is_some_and(|row| row.pair);
                if column != circuit.config.fixed.hidden || pair {
                    refuses(&format!("{} on row {row} left out", circuit.name(column)), &cells, &circuit.copies);
                }
                let scales = weights.contains(&column.index()) && of_records.contains(&row);
                if scales && circuit.layout.weights.rows[row].recorded.is_none() {
                    continue;
                }
                cells.push((column, row, value + 2));
                refuses(&format!("{} on row {row} + 2", circuit.name(column)), &cells, &circuit.copies);
            }
        }
        for at in (0..circuit.copies.len()).step_by(circuit.copies.len().div_ceil(12)) {
            let mut copies = circuit.copies.clone();
            let (_, to) = copies.remove(at);
            if to.0 != circuit.config.transfer && !used.contains(&to.1) {
                continue;
            }
            refuses(&format!("a copy to {to:?} left out"), &circuit.cells, &copies);
            copies.push(((circuit.config.weight, 1), to));
            if circuit.copies[at].0 != (circuit.config.weight, 1) {
                refuses(&format!("another copy to {to:?}"), &circuit.cells, &copies);
            }
        }
    }
    assert_eq!(noticed.len(), most, "{noticed:?}");
}

/// Selectors on rows where the layout sets none: what they would add is in no identity, or in the wrong one.
#[test]
fn the_audit_notices_selectors_that_stand_where_none_should() {
    let mut noticed = [0; 2];
    for (name, circuit) in Circuit::every() {
        let columns = &circuit.config.fixed;
        let refuses = |what: &str, column: Column<Fixed>, row: usize| {
            let cells = [&circuit.cells[..], &[(column, row, 1)]].concat();
            let audited = circuit.audit(&cells, &circuit.copies);
            assert!(matches!(audited, Err(Error::Layout { .. })), "{name}: {what} on row {row}: {audited:?}");
        };
        let rows = || circuit.layout.rows.iter().enumerate();
        if let Some((row, _)) = rows().find(|(_, row)| decides(&circuit.model, row.tensor)) {
            refuses("hidden", columns.hidden, row);
            noticed[0] += 1;
        }
        if let Some(pair) = columns.pair {
            for (row, _) in rows().filter(|(_, row)| !row.pair && !row.hidden).step_by(7) {
                refuses("pair", pair, row);
                noticed[1] += 1;
            }
            refuses("pair", pair, circuit.layout.rows.len());
        }
    }
    assert!(noticed.iter().all(|count| *count > 0), "{noticed:?}");
}
