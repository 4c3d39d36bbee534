//! Values of the fixed columns: selectors, scales, biases, weights and the table.

use halo2_proofs::{
    halo2curves::{bn256::Fr, ff::Field},
    plonk::{Column, Fixed},
};

use crate::graph::chain::{Activation, Layer, Model};

use super::{
    config::{Config, power_of_two},
    layout::{Block, Layout},
};

/// One assignment.
pub(super) type Cell = (Column<Fixed>, usize, Fr);

/// A signed integer in the field.
pub(super) fn signed(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

/// All nonzero cells of the fixed columns.
pub(super) fn cells(config: &Config, layout: &Layout, model: &Model) -> Vec<Cell> {
    let mut writer = Writer { config, model, cells: Vec::new() };
    let usable = layout.usable_rows();
    for row in 0..usable - 1 {
        writer.set(config.fixed.usable, row, Fr::ONE);
    }
    writer.set(config.fixed.edge, 0, Fr::ONE);
    writer.set(config.fixed.edge, usable - 1, Fr::ONE);
    for block in &layout.blocks {
        writer.block(block);
    }
    for element in 0..layout.blocks[0].elements {
        writer.set(config.fixed.public_output, layout.blocks[0].row(element), Fr::ONE);
    }
    if let Some(column) = config.fixed.public_input {
        let block = layout.block_of(None);
        for element in 0..block.elements {
            writer.set(column, block.row(element), Fr::ONE);
        }
    }
    writer.table();
    writer.cells
}

struct Writer<'a> {
    config: &'a Config,
    model: &'a Model,
    cells: Vec<Cell>,
}

impl Writer<'_> {
    fn set(&mut self, column: Column<Fixed>, row: usize, value: Fr) {
        if value != Fr::ZERO {
            self.cells.push((column, row, value));
        }
    }

    /// Selectors of a block, then its elements as outputs of one layer and inputs of the next.
    fn block(&mut self, block: &Block) {
        for row in block.first_row..block.end() {
            let last = row + 1 == block.end();
            self.set(if last { self.config.fixed.end } else { self.config.fixed.inside }, row, Fr::ONE);
        }
        let consumer = self.model.layers.get(block.layer.map_or(0, |layer| layer + 1));
        for element in 0..block.elements {
            let row = block.row(element);
            self.set(self.config.fixed.first, row, Fr::ONE);
            match block.layer {
                Some(layer) => self.output(&self.model.layers[layer], element, row),
                None => self.input(row),
            }
            if let Some(layer) = consumer {
                self.weights(layer, element, row, block.span);
            }
        }
    }

    fn input(&mut self, row: usize) {
        self.set(self.config.fixed.positive, row, Fr::ONE);
        self.set(self.config.fixed.value, row, Fr::ONE);
    }

    fn output(&mut self, layer: &Layer, element: usize, row: usize) {
        let (config, digits) = (self.config, self.model.digits);
        let fixed = &config.fixed;
        let (mut low, mut top) = (Fr::ONE, power_of_two(digits.low_bits()));
        match layer.activation {
            Activation::Requantize => {
                self.set(fixed.positive, row, Fr::ONE);
                self.set(fixed.value, row, Fr::ONE);
            }
            Activation::Relu => {
                self.set(fixed.value, row, Fr::ONE);
                self.set(fixed.offset, row, Fr::ONE - power_of_two(digits.remainder_bits() - 1));
            }
            Activation::Segments => {
                if let Some(segment) = fixed.segment {
                    self.set(segment.head, row, Fr::ONE);
                    self.set(segment.tail, row + 1, Fr::ONE);
                    self.set(fixed.low_scale, row + 1, power_of_two(digits.low_bits()));
                }
            }
            Activation::Threshold => {}
            Activation::ArgMax => {
                if let Some(argmax) = fixed.argmax {
                    self.set(argmax, row, Fr::ONE);
                }
                (low, top) = (-low, -top);
            }
        }
        self.set(fixed.low_scale, row, low);
        self.set(fixed.top_scale, row, top);
        self.set(fixed.bias, row, signed(layer.bias[element]));
    }

    /// Weights of input `element` in every output, the first output at the highest power of η.
    ///
    /// The lowest powers stand on the element's own row, higher ones below it: the Horner scheme runs upwards.
    fn weights(&mut self, layer: &Layer, element: usize, row: usize, span: usize) {
        let lanes = self.config.fixed.lanes.clone();
        let outputs = layer.weights.rows;
        let chunks = outputs.div_ceil(lanes.len());
        for output in 0..outputs {
            let power = outputs - 1 - output;
            let (chunk, lane) = (power / lanes.len(), lanes.len() - 1 - power % lanes.len());
            self.set(lanes[lane], row + chunk, signed(layer.weights.at(output, element)));
        }
        if let Some(keep) = self.config.fixed.keep {
            for chunk in 1..chunks.min(span) {
                self.set(keep, row + chunk - 1, Fr::ONE);
            }
        }
    }

    /// The range table (tag 0, coefficient 0, which unassigned rows repeat harmlessly), then bases under tag 1 and
    /// slopes under tag 2.
    fn table(&mut self) {
        for (row, (value, tag, coefficient)) in table_entries(self.model).into_iter().enumerate() {
            self.set(self.config.fixed.table, row, Fr::from(value));
            if let Some(segment) = self.config.fixed.segment {
                self.set(segment.table_tag, row, Fr::from(tag));
                self.set(segment.table_coefficient, row, Fr::from(coefficient));
            }
        }
    }
}

/// The lookup table as (value, tag, coefficient), row after row.
pub(super) fn table_entries(model: &Model) -> Vec<(u64, u64, u64)> {
    let mut entries: Vec<_> = (0..1 << model.digits.limb_bits).map(|value| (value, 0, 0)).collect();
    if let Some(table) = &model.segments {
        for (tag, column) in [(1, &table.base), (2, &table.slope)] {
            entries.extend(column.iter().enumerate().map(|(j, c)| (j as u64, tag, u64::from(*c))));
        }
    }
    entries
}
