//! Whether fixed columns and copies mean the model: run on what keys are made of.
//!
//! `docs/protocol.md`, §3 and §4, says what an identity of a circuit amounts to if every element and every free cell
//! has a monomial of its own. Here that is read off the fixed columns and copies alone, with a layout for where
//! elements stand and no other knowledge of it: monomials are compared, and the identity is evaluated, at random
//! challenges and for random codes. A wrong identity passes with the chance of a root: below 2^-200 for the challenges
//! and about 2^-20 for the codes.

mod identity;
mod record;

use std::collections::HashMap;

use halo2_proofs::{
    halo2curves::bn256::Fr,
    plonk::{Advice, Column, Fixed as FixedColumn},
};
use rayon::prelude::*;

use super::{
    Config, Layout,
    fixed::{AdviceCell, Cell, ConstantCell, table_entries},
    witness::{decides, table_of},
};
use crate::{
    error::{Error, Result},
    graph::{Activation, Model},
};

/// What a key is made from beside the constraint system.
#[derive(Clone, Copy)]
pub(super) struct Keyed<'a> {
    /// Fixed cells that hold integers.
    pub(super) cells: &'a [Cell],
    /// Fixed cells that hold other field elements.
    pub(super) constants: &'a [ConstantCell],
    pub(super) copies: &'a [(AdviceCell, AdviceCell)],
}

/// Checks the fixed columns and copies of a model's circuit.
///
/// # Errors
/// `Layout` with what is wrong.
pub(super) fn audit(config: &Config, layout: &Layout, model: &Model, keyed: Keyed<'_>) -> Result<()> {
    let refuse = |reason: String| Error::Layout { reason };
    let audit = Audit::new(config, layout, model, keyed).map_err(refuse)?;
    let parts = [Audit::selectors, Audit::biases, Audit::tables, Audit::identity, Audit::records];
    let verdicts: Vec<Verdict> = parts.par_iter().map(|part| part(&audit)).collect();
    verdicts.into_iter().collect::<Verdict>().map_err(refuse)
}

/// What is wrong.
type Verdict<T = ()> = std::result::Result<T, String>;

fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(reason()) }
}

/// An element's tensor, and its index as in ONNX.
type Element = (usize, usize);

struct Audit<'a> {
    config: &'a Config,
    layout: &'a Layout,
    model: &'a Model,
    /// By index, cut off after the last cell that is not 0.
    fixed: Vec<Vec<i64>>,
    constants: HashMap<(Column<FixedColumn>, usize), Fr>,
    /// From the cell that is a copy.
    sources: HashMap<(Column<Advice>, usize), (Column<Advice>, usize)>,
    /// By row and lane, [`NONE`] where there is none.
    elements: Vec<(u32, u32)>,
}

/// No element.
const NONE: (u32, u32) = (u32::MAX, 0);

impl<'a> Audit<'a> {
    fn new(
        config: &'a Config,
        layout: &'a Layout,
        model: &'a Model,
        Keyed { cells, constants, copies }: Keyed<'_>,
    ) -> Verdict<Self> {
        let mut fixed: Vec<Vec<i64>> = vec![Vec::new(); config.params.fixed_columns()];
        for (column, row, value) in cells {
            let values = &mut fixed[column.index()];
            if values.len() <= *row {
                values.resize(row + 1, 0);
            }
            values[*row] = *value;
        }
        let mut sources = HashMap::new();
        for (from, to) in copies {
            ensure(sources.insert(*to, *from).is_none(), || format!("row {} is a copy of two cells", to.1))?;
        }
        let lanes = layout.params.lanes.activations;
        let mut elements = vec![NONE; layout.usable_rows() * lanes];
        for (tensor, stored) in layout.tensors.iter().enumerate() {
            let shape = model.shape(tensor);
            for index in 0..shape.len() {
                let (channel, cell) = (index / shape.plane(), index % shape.plane());
                let (row, lane) = stored.position(channel, cell / shape.width, cell % shape.width);
                let free = elements.get_mut(row * lanes + lane).filter(|element| lane < lanes && **element == NONE);
                *free.ok_or_else(|| format!("two elements on row {row}"))? = (tensor as u32, index as u32);
            }
        }
        let constants = constants.iter().map(|(column, row, value)| ((*column, *row), *value)).collect();
        Ok(Self { config, layout, model, fixed, constants, sources, elements })
    }

    /// The element in a row and lane.
    fn element(&self, row: usize, lane: usize) -> Option<Element> {
        let element = self.elements.get(row * self.config.params.lanes.activations + lane);
        element.filter(|element| **element != NONE).map(|(tensor, index)| (*tensor as usize, *index as usize))
    }

    /// All elements with their rows.
    fn all_elements(&self) -> impl Iterator<Item = (usize, Element)> + '_ {
        let (lanes, usable) = (self.config.params.lanes.activations, self.layout.usable_rows());
        let of = move |row: usize| (0..lanes).filter_map(move |lane| Some((row, self.element(row, lane)?)));
        (0..usable).flat_map(of)
    }

    /// A cell of a fixed column.
    fn at(&self, column: Column<FixedColumn>, row: usize) -> i64 {
        self.fixed[column.index()].get(row).copied().unwrap_or(0)
    }

    /// A cell that must be 0 or 1.
    fn bit(&self, column: Column<FixedColumn>, row: usize) -> Verdict<bool> {
        let value = self.at(column, row);
        ensure(value == 0 || value == 1, || format!("a selector on row {row} is {value}"))?;
        Ok(value == 1)
    }

    /// The same of a column that need not be.
    fn optional_bit(&self, column: Option<Column<FixedColumn>>, row: usize) -> Verdict<bool> {
        column.map_or(Ok(false), |column| self.bit(column, row))
    }

    fn activation(&self, tensor: usize) -> Option<&'a Activation> {
        tensor.checked_sub(1).map(|layer| &self.model.layers[layer].activation)
    }

    fn is_pair(&self, tensor: usize) -> bool {
        matches!(self.activation(tensor), Some(Activation::Product { .. }))
    }

    fn decides(&self, tensor: usize) -> bool {
        decides(self.model, tensor as u32)
    }

    /// Every selector is a bit and stands where the model wants it.
    fn selectors(&self) -> Verdict {
        let (columns, usable) = (&self.config.fixed, self.layout.usable_rows());
        let outputs = self.model.layers.last().map_or(0, |layer| layer.shape.len());
        let last = self.model.layers.len();
        let rows: Vec<Option<usize>> = self.tensors()?;
        for row in 0..usable {
            let wants = |column: Option<Column<FixedColumn>>, what: &str, wanted: bool| {
                let Some(column) = column else { return ensure(!wanted, || format!("no column for {what}")) };
                let got = self.at(column, row);
                ensure(got == i64::from(wanted), || format!("{what} on row {row} is {got}"))
            };
            wants(Some(columns.usable), "usable", row + 1 < usable)?;
            wants(Some(columns.first), "first", row == 0)?;
            wants(Some(columns.last), "last", row + 1 == usable)?;
            wants(Some(columns.public), "public", row < outputs && self.model.output.schema.is_none())?;
            wants(columns.decision, "decision", row < outputs && self.decides(last))?;
            let inside = row + 1 < outputs && self.activation(last) == Some(&Activation::ArgMax);
            wants(columns.argmax_inside, "argmax", inside)?;
            let input = self.layout.tensors.first().map_or(0, |tensor| tensor.first);
            let published = (input..self.layout.rows.len()).contains(&row) && columns.public_input.is_some();
            wants(columns.public_input, "public input", published)?;
            for (lane, cells) in self.config.lanes.iter().enumerate() {
                let element = self.element(row, lane);
                let own = element.is_some_and(|(tensor, _)| !self.is_pair(tensor) && !self.decides(tensor));
                wants(Some(cells.mask), "mask", own)?;
            }
            // Elsewhere they select nothing.
            let Some(tensor) = rows.get(row).copied().flatten() else { continue };
            let activation = self.activation(tensor);
            let signed = activation.map_or(self.model.input.is_signed(), |a| *a == Activation::Linear);
            let compares = activation == Some(&Activation::Threshold) && !self.decides(tensor);
            wants(Some(columns.signed), "signed", signed)?;
            wants(columns.clip, "clip", activation == Some(&Activation::Clip))?;
            wants(columns.compare, "compare", compares)?;
            wants(columns.pair, "pair", self.is_pair(tensor))?;
            let table = table_of(self.model, tensor);
            wants(columns.function.map(|function| function.active), "active", table.is_some())?;
            let tag = columns.function.map_or(0, |function| self.at(function.tag, row));
            ensure(tag == table.map_or(0, |table| table as i64 + 1), || format!("tag {tag} on row {row}"))?;
        }
        let beyond = self.fixed.iter().position(|column| column.len() > usable);
        ensure(beyond.is_none(), || "a fixed cell beyond the usable rows".to_owned())?;
        ensure((0..outputs).all(|output| self.element(output, 0) == Some((last, output))), || {
            "outputs are not on the first rows".to_owned()
        })
    }

    /// Private biases are one for all rows of a channel, or one for each value.
    fn biases(&self) -> Verdict {
        let Some(columns) = self.config.fixed.private else { return Ok(()) };
        let mut channels: HashMap<Element, (usize, usize)> = HashMap::new();
        for (row, (tensor, index)) in self.all_elements().filter(|(_, (tensor, _))| *tensor > 0) {
            let layer = &self.model.layers[tensor - 1];
            let by_value = layer.bias.len() != layer.shape.channels;
            let says = self.optional_bit(columns.by_value, row)?;
            ensure(says == by_value, || format!("biases of row {row} are taken for others"))?;
            let rows = channels.entry((tensor, index / layer.shape.plane())).or_insert((row, row));
            *rows = (rows.0.min(row), rows.1.max(row));
        }
        for (first, last) in channels.into_values() {
            for row in first..last {
                ensure(self.bit(columns.same_channel, row)?, || format!("another bias below row {row}"))?;
            }
        }
        Ok(())
    }

    /// The tensor whose elements stand on each row.
    fn tensors(&self) -> Verdict<Vec<Option<usize>>> {
        let mut rows = vec![None; self.layout.rows.len()];
        for (row, (tensor, _)) in self.all_elements() {
            let one = rows.get_mut(row).is_some_and(|of| of.replace(tensor).is_none_or(|other| other == tensor));
            ensure(one, || format!("elements of two tensors on row {row}"))?;
        }
        Ok(rows)
    }

    /// The lookup table.
    fn tables(&self) -> Verdict {
        let columns = &self.config.fixed;
        let entries = table_entries(self.model);
        let filled = self.fixed[columns.table.index()].len().max(entries.len());
        for row in 0..filled {
            let read = |column: Option<Column<FixedColumn>>| column.map_or(0, |column| self.at(column, row));
            let function = columns.function;
            let got = (
                read(Some(columns.table)),
                read(function.map(|f| f.table_tag)),
                read(function.map(|f| f.table_base)),
                read(function.and_then(|f| f.table_slope)),
            );
            let wanted = entries.get(row).map_or((0, 0, 0, 0), |e| (e.value as i64, e.tag as i64, e.base, e.slope));
            ensure(got == wanted, || format!("table row {row} is {got:?}, not {wanted:?}"))?;
        }
        Ok(())
    }
}
