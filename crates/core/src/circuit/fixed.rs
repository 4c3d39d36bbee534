//! Values of the fixed columns, and the copies between weight columns.

use halo2_proofs::{
    halo2curves::bn256::Fr,
    plonk::{Advice, Column, Fixed},
};

use super::{
    config::Config,
    gates::power_of_two,
    layout::Layout,
    lookup::Entry,
    placement::{Link, Row},
    private::same_channel,
    record::{RecordRows, StepKind},
    weights::{Multiplier, WeightCell, WeightRow},
    witness::decides,
};
use crate::graph::{Activation, Model};

/// One assignment, of an integer.
pub(super) type Cell = (Column<Fixed>, usize, i64);

/// One assignment, of a field element.
pub(super) type ConstantCell = (Column<Fixed>, usize, Fr);

/// A signed integer in the field.
pub(super) fn signed(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

/// A row of an advice column.
pub(super) type AdviceCell = (Column<Advice>, usize);

/// All nonzero cells of the fixed columns.
pub(super) fn cells(config: &Config, layout: &Layout, model: &Model) -> Vec<Cell> {
    let mut writer = Writer { config, layout, model, largest: model.largest(), cells: Vec::new() };
    let fixed = &config.fixed;
    let usable = layout.usable_rows();
    for row in 0..usable - 1 {
        writer.set(fixed.usable, row, 1);
    }
    writer.set(fixed.first, 0, 1);
    writer.set(fixed.last, usable - 1, 1);
    for (index, row) in layout.rows.iter().enumerate() {
        writer.row(index, row);
    }
    writer.output();
    writer.weights();
    layout.records.iter().for_each(|record| writer.record(record));
    for (row, entry) in table_entries(model).into_iter().enumerate() {
        writer.set(fixed.table, row, entry.value.cast_signed());
        if let Some(function) = fixed.function {
            writer.set(function.table_tag, row, entry.tag.cast_signed());
            writer.set(function.table_base, row, entry.base);
            if let Some(column) = function.table_slope {
                writer.set(column, row, entry.slope);
            }
        }
    }
    writer.cells
}

/// All nonzero cells of fixed columns that hold other field elements, of records: what their sponges add, and how their
/// integers are packed.
pub(super) fn constants(config: &Config, layout: &Layout) -> Vec<ConstantCell> {
    let Some(columns) = config.fixed.record else { return Vec::new() };
    let mut cells: Vec<_> = Vec::new();
    for record in &layout.records {
        cells.extend(record.steps().into_iter().map(|(row, step)| (columns.added, row, step.added)));
        cells.extend(record.rows.iter().filter(|row| row.more).map(|row| (columns.more, row.row, record.more())));
    }
    // Lane 0, or the coefficient of 1 where weights are private.
    let lane = config.fixed.private.map_or(config.fixed.weights[0], |private| private.constant);
    let runs = layout.weights.rows.iter().enumerate();
    cells.extend(runs.filter_map(|(row, weights)| Some((lane, row, -power_of_two(weights.recorded?)))));
    cells
}

/// All equalities between cells of the weight columns and of the transfer column.
pub(super) fn copies(config: &Config, layout: &Layout) -> Vec<(AdviceCell, AdviceCell)> {
    let cell = |cell: WeightCell| match cell {
        WeightCell::Multiplier(row) => (config.multiplier, row),
        WeightCell::Value(row) => (config.weight, row),
        WeightCell::Consumed(row) => (config.consumed, row),
    };
    let transfers = layout.transfers.iter().map(|(row, from)| (cell(*from), (config.transfer, *row)));
    let multipliers = layout.weights.rows.iter().enumerate().filter_map(|(row, weights)| match weights.multiplier {
        Multiplier::Copy(from) => Some((cell(from), (config.multiplier, row))),
        Multiplier::One | Multiplier::Inverse => None,
    });
    let equals = layout.weights.rows.iter().enumerate();
    let equals = equals.filter_map(|(row, weights)| Some((cell(weights.equals?), (config.weight, row))));
    let all: Vec<_> = transfers.chain(multipliers).chain(equals).collect();
    #[cfg(test)]
    let all = config.mutated_copies(all);
    all
}

struct Writer<'a> {
    config: &'a Config,
    layout: &'a Layout,
    model: &'a Model,
    /// The largest code of each channel, by tensor; none of tensors that are no record.
    largest: Vec<Vec<u64>>,
    cells: Vec<Cell>,
}

impl Writer<'_> {
    fn set(&mut self, column: Column<Fixed>, row: usize, value: i64) {
        if value != 0 {
            self.cells.push((column, row, value));
        }
    }

    fn flag(&mut self, column: Column<Fixed>, row: usize, set: bool) {
        if set {
            self.cells.push((column, row, 1));
        }
    }

    fn row(&mut self, index: usize, row: &Row) {
        let fixed = &self.config.fixed;
        let layer = (row.tensor as usize).checked_sub(1).map(|layer| &self.model.layers[layer]);
        let activation = layer.map(|layer| &layer.activation);
        let decision = decides(self.model, row.tensor);
        for (l, lane) in self.config.lanes.iter().enumerate() {
            self.flag(lane.mask, index, !decision && row.mask >> l & 1 == 1);
        }
        self.flag(fixed.hidden, index, row.hidden && !decision);
        if let Some(column) = fixed.public_input {
            self.flag(column, index, row.tensor == 0);
        }
        for (spread, column) in self.config.params.spreads.iter().zip(&fixed.spreads) {
            self.flag(*column, index, row.spread == *spread);
        }
        if let Some(column) = fixed.pair {
            self.flag(column, index, row.pair);
        }
        self.flag(fixed.run, index, row.run as usize == self.config.lanes.len());
        for (hop, column) in self.config.params.hops.iter().zip(&fixed.hops) {
            self.flag(*column, index, row.run == *hop);
        }
        self.flag(fixed.head, index, row.head);
        if let Some(column) = fixed.negative_head {
            self.flag(column, index, row.negative_head);
        }
        for (column, link) in
            [(fixed.inside, Link::Inside), (fixed.step, Link::Step), (fixed.unit, Link::Unit), (fixed.jump, Link::Jump)]
        {
            self.flag(column, index, row.link == link);
        }
        for (step, column) in self.config.params.steps.iter().zip(&fixed.steps) {
            self.flag(*column, index, row.step == *step);
        }
        let has_sign = match activation {
            None => self.model.input.is_signed(),
            Some(activation) => *activation == Activation::Linear,
        };
        self.flag(fixed.signed, index, has_sign);
        if let Some(column) = fixed.clip {
            self.flag(column, index, activation == Some(&Activation::Clip));
        }
        if let Some(column) = fixed.compare {
            self.flag(column, index, !decision && activation == Some(&Activation::Threshold));
        }
        let largest = self.largest[row.tensor as usize].get(row.channel as usize);
        if let (Some(columns), Some(largest)) = (fixed.record, largest) {
            self.set(columns.bound, index, largest.cast_signed() + 1);
        }
        if let (Some(function), Some(Activation::Table(table))) = (fixed.function, activation) {
            self.flag(function.active, index, true);
            self.set(function.tag, index, *table as i64 + 1);
        }
        if let Some(layer) = layer.filter(|layer| layer.bias.len() == layer.shape.channels) {
            for column in fixed.bias.clone() {
                self.set(column, index, layer.bias[row.channel as usize]);
            }
        }
    }

    /// Selectors of the output, and biases per value; where biases are private, which of them are equal.
    fn output(&mut self) {
        let fixed = self.config.fixed.clone();
        let outputs = self.model.layers.last().map_or(0, |layer| layer.shape.len());
        for row in 0..outputs {
            self.flag(fixed.public, row, self.model.output.schema.is_none());
            if let Some(column) = fixed.decision {
                self.flag(column, row, true);
            }
            if let Some(column) = fixed.argmax_inside {
                self.flag(column, row, row + 1 < outputs && self.config.params.argmax());
            }
        }
        let Some(private) = fixed.private else {
            for (row, lane, bias) in self.layout.value_biases(self.model) {
                self.set(fixed.bias[lane], row, bias);
            }
            return;
        };
        for row in same_channel(&self.layout.rows) {
            self.flag(private.same_channel, row, true);
        }
        if let Some(column) = private.by_value {
            for (row, placed) in self.layout.rows.iter().enumerate() {
                let layer = (placed.tensor as usize).checked_sub(1).map(|layer| &self.model.layers[layer]);
                self.flag(column, row, layer.is_some_and(|layer| layer.bias.len() != layer.shape.channels));
            }
        }
    }

    fn weights(&mut self) {
        let fixed = self.config.fixed.clone();
        for (index, row) in self.layout.weights.rows.iter().enumerate() {
            self.coefficients(index, row);
            self.flag(fixed.along_gamma, index, row.gamma);
            self.flag(fixed.more, index, row.more);
            self.flag(fixed.one, index, row.multiplier == Multiplier::One);
        }
    }
}

impl Writer<'_> {
    /// The sponge of a record.
    fn record(&mut self, record: &RecordRows) {
        let Some(columns) = self.config.fixed.record else { return };
        for (row, step) in record.steps() {
            self.flag(columns.mix, row, matches!(step.kind, StepKind::Mix | StepKind::Partial));
            self.flag(columns.turn, row, matches!(step.kind, StepKind::Mix | StepKind::Turn));
            self.flag(columns.load, row, step.load);
        }
        for row in &record.rows {
            self.flag(columns.integer, row.row, true);
        }
        self.flag(columns.shown, record.first, true);
    }

    /// The coefficients of a weight row; where weights are private, the places of weights, or a monomial's
    /// coefficients.
    fn coefficients(&mut self, index: usize, row: &WeightRow) {
        let fixed = &self.config.fixed;
        let Some(private) = fixed.private else {
            for (column, weight) in fixed.weights.iter().zip(&row.lanes) {
                self.set(*column, index, *weight);
            }
            return;
        };
        for (lane, column) in fixed.weights.iter().enumerate() {
            self.flag(*column, index, row.is_secret(lane));
        }
        if row.secret.is_empty() {
            for (column, weight) in [private.constant, private.linear].iter().zip(&row.lanes) {
                self.set(*column, index, *weight);
            }
        }
    }
}

/// The lookup table: the range under tag 0, of which unassigned rows and absent segments repeat 0 harmlessly, then each
/// function under its own tag.
pub(super) fn table_entries(model: &Model) -> Vec<Entry> {
    let mut entries: Vec<_> = (0..1 << model.digits.limb_bits).map(Entry::of_range).collect();
    for (index, table) in model.tables.iter().enumerate() {
        let slopes = table.slope.iter().copied().chain(std::iter::repeat(0));
        let entry = |(value, (base, slope)): (usize, (&i64, i64))| {
            let value = value as u64;
            let held = Entry { value, tag: index as u64 + 1, base: *base, slope };
            if table.holds(value) { held } else { Entry::of_range(0) }
        };
        entries.extend(table.base.iter().zip(slopes).enumerate().map(entry));
    }
    entries
}
