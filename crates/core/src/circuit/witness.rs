//! First-phase advice: every integer of one evaluation, and the hidden coefficients of its convolutions.

use halo2curves::bn256;
use hushproof_halo2_prover::ColumnValues;
use rayon::prelude::*;

use super::{
    geometry::Form,
    layout::Layout,
    placement::TensorRows,
    private::PrivateCells,
    record::{RecordCells, RecordRows},
    view::{class_size, classes, taps},
};
use crate::{
    error::{Error, Result},
    graph::{Activation, Conv, Element, Map, Model, OutputEncoding, PublicCode, Table, Trace},
};

/// Cells of one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LaneCells {
    pub(super) state: Vec<i64>,
    /// Remainder limbs, then value limbs, lowest first.
    pub(super) limbs: Vec<Vec<i64>>,
    /// Slopes of functions; empty where these have none.
    pub(super) slopes: Vec<i64>,
}

impl LaneCells {
    /// The slope in a row; 0 where there are none.
    pub(super) fn slope(&self, row: usize) -> i64 {
        self.slopes.get(row).copied().unwrap_or(0)
    }
}

/// First-phase columns, one integer per usable row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPhase {
    pub(super) lanes: Vec<LaneCells>,
    pub(super) maximum: Option<Vec<i64>>,
    pub(super) multiplicity: Vec<i64>,
    pub(super) private: Option<PrivateCells>,
    pub(super) record: Option<RecordCells>,
}

impl FirstPhase {
    /// All columns, in the order of the constraint system.
    pub(super) fn columns(&self) -> Vec<ColumnValues> {
        let mut columns: Vec<&[i64]> = Vec::new();
        for lane in &self.lanes {
            columns.push(&lane.state);
            columns.extend(lane.limbs.iter().map(Vec::as_slice));
            columns.extend(Some(lane.slopes.as_slice()).filter(|slopes| !slopes.is_empty()));
        }
        columns.extend(self.maximum.as_deref());
        columns.push(&self.multiplicity);
        columns.extend(self.private.iter().flat_map(PrivateCells::columns));
        let record = self.record.iter().flat_map(RecordCells::columns);
        columns.into_iter().map(small).chain(record.map(|column| ColumnValues::Field(column.to_vec()))).collect()
    }
}

/// A column of integers with the bits that its largest one has.
pub(super) fn small(column: &[i64]) -> ColumnValues {
    let largest = column.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
    ColumnValues::Small { values: column.to_vec(), bits: u64::BITS - largest.leading_zeros() }
}

/// A model's evaluation on one input.
#[derive(Debug, Clone)]
pub struct Witness {
    /// All integers.
    pub trace: Trace,
    /// First-phase columns.
    pub first: FirstPhase,
}

impl Witness {
    /// Evaluates a model on input codes and writes the first-phase columns.
    ///
    /// # Errors
    /// `ActivationRange` when a value does not fit its cells; `Option` for a model with commitments.
    pub fn new(model: &Model, layout: &Layout, input: Vec<i64>) -> Result<Self> {
        Self::committed(model, layout, input, &[])
    }

    /// As [`Witness::new`], with the salts of the model's records, those of the input first; codes of a committed input
    /// are the integers of its records.
    ///
    /// # Errors
    /// `ActivationRange` when a value does not fit its cells; `Option` for another number of salts than of records.
    pub fn committed(model: &Model, layout: &Layout, input: Vec<i64>, salts: &[bn256::Fr]) -> Result<Self> {
        if salts.len() != layout.records.len() {
            let reason = format!("{} salts for {} commitments", salts.len(), layout.records.len());
            return Err(Error::Option { option: "opening", reason });
        }
        let trace = model.run(input)?;
        let record = RecordCells::new(layout, &trace.codes, salts);
        Ok(Self::traced(model, layout, trace, record))
    }

    /// The columns of an evaluation.
    pub(super) fn traced(model: &Model, layout: &Layout, trace: Trace, record: Option<RecordCells>) -> Self {
        let mut first = FirstPhase { private: PrivateCells::new(model, layout), record, ..FirstPhase::blank(layout) };
        first.bound(model, layout);
        let shift = model.digits.remainder_bits();
        let largest = model.input.largest();
        for tensor in 0..layout.tensors.len() {
            let rows = &layout.tensors[tensor];
            let shape = rows.storage.shape;
            let element = |index: usize| match tensor.checked_sub(1) {
                None => {
                    let code = trace.codes[0][index];
                    let rest =
                        largest.get(index / shape.plane()).map_or(0, |most| most.saturating_sub(code.unsigned_abs()));
                    let positive = code > 0 || !largest.is_empty();
                    Some((i64::from(positive), (code.unsigned_abs() << shift) + rest))
                }
                Some(layer) => first_cells(model, layer, &trace, index),
            };
            if let Some(layer) = tensor.checked_sub(1).filter(|layer| !model.layers[*layer].times().is_empty()) {
                first.pair(rows, &trace.accumulators[layer], &trace.factors[layer]);
                continue;
            }
            let function = table_of(model, tensor).map(|table| &model.tables[table]);
            for (index, (state, whole)) in (0..shape.len()).filter_map(|index| Some((index, element(index)?))) {
                let (channel, cell) = (index / shape.plane(), index % shape.plane());
                let at = rows.position(channel, cell / shape.width, cell % shape.width);
                first.put(model, at, state, whole);
                if let Some(function) = function {
                    first.segment(at, function, model.digits.top_limbs(whole)[0]);
                }
            }
            if let (Some(maximum), Some(Activation::ArgMax)) =
                (&mut first.maximum, tensor.checked_sub(1).map(|layer| &model.layers[layer].activation))
            {
                let best = trace.accumulators[tensor - 1].iter().max().copied().unwrap_or(0);
                maximum[rows.first..rows.first + shape.len()].fill(best);
            }
            if let Some(function) = function {
                first.idle(layout, tensor, function);
            }
            if let Some(layer) = tensor.checked_sub(1) {
                hide(model, layout, layer, &trace, &mut first);
            }
        }
        first.count(model, layout);
        Self { trace, first }
    }

    /// Output and input codes as they are published; no input codes where they are private.
    ///
    /// # Errors
    /// `ActivationRange` for a code that has no public form.
    pub fn published(&self, model: &Model) -> Result<[Vec<u64>; 2]> {
        let publish = |form: PublicCode, node: &str, codes: &[i64]| -> Result<Vec<u64>> {
            let refuse = |index| Error::ActivationRange { node: node.to_owned(), index };
            codes.iter().enumerate().map(|(index, code)| form.of(*code).ok_or_else(|| refuse(index))).collect()
        };
        let node = model.layers.last().map_or("", |layer| &layer.node);
        let output = match model.output_encoding() {
            OutputEncoding::Committed => Vec::new(),
            encoding => publish(encoding.code(), node, self.output())?,
        };
        let input = if model.input.visibility.is_public() {
            publish(model.input_code(), &model.input.value_info.name, &self.trace.codes[0])?
        } else {
            Vec::new()
        };
        Ok([output, input])
    }

    /// The commitments to records, those of the input first.
    pub fn commitments(&self, layout: &Layout) -> Vec<bn256::Fr> {
        let of = |rows: &RecordRows| self.first.record.as_ref().map(|cells| cells.commitment(rows));
        layout.records.iter().filter_map(of).collect()
    }

    /// Codes of the output tensor.
    pub fn output(&self) -> &[i64] {
        self.trace.codes.last().map_or(&[], Vec::as_slice)
    }
}

/// State and whole U of an element.
fn first_cells(model: &Model, layer: usize, trace: &Trace, index: usize) -> Option<(i64, u64)> {
    let activation = &model.layers[layer].activation;
    let y = trace.accumulators[layer][index];
    if *activation == Activation::ArgMax {
        let best = trace.accumulators[layer].iter().max().copied().unwrap_or(0);
        let code = trace.codes[layer + 1][index];
        return Some((code, (best - y - code) as u64));
    }
    let Element { state, upper, lower } = model.split(&model.layers[layer], y)?;
    Some((state, (upper << model.digits.remainder_bits()) + lower))
}

impl FirstPhase {
    /// All cells 0, without private weights.
    pub(super) fn blank(layout: &Layout) -> Self {
        let rows = layout.usable_rows();
        let params = &layout.params;
        let slopes = if params.sloped() { vec![0; rows] } else { Vec::new() };
        let lane = LaneCells { state: vec![0; rows], limbs: vec![vec![0; rows]; params.limbs()], slopes };
        Self {
            lanes: vec![lane; params.lanes.activations],
            maximum: (params.argmax()).then(|| vec![0; rows]),
            multiplicity: vec![0; rows],
            private: None,
            record: None,
        }
    }

    /// In all lanes of a record's rows, elements or none, the largest integer, which lacks nothing: a cell that could hold a
    /// hidden coefficient is 0.
    pub(super) fn bound(&mut self, model: &Model, layout: &Layout) {
        let largest = model.largest();
        for (index, row) in layout.rows.iter().enumerate() {
            if let Some(largest) = largest[row.tensor as usize].get(row.channel as usize) {
                let whole = largest << model.digits.remainder_bits();
                (0..self.lanes.len()).for_each(|lane| self.put(model, (index, lane), 1, whole));
            }
        }
    }

    pub(super) fn put(&mut self, model: &Model, at: (usize, usize), state: i64, whole: u64) {
        let bits = model.digits.limb_bits;
        let lane = &mut self.lanes[at.1];
        lane.state[at.0] = state;
        for (i, limb) in lane.limbs.iter_mut().enumerate() {
            limb[at.0] = ((whole >> (bits * i as u32)) & ((1 << bits) - 1)) as i64;
        }
    }

    /// Writes both factors of each element of a layer of products.
    fn pair(&mut self, rows: &TensorRows, first: &[i64], second: &[i64]) {
        let shape = rows.storage.shape;
        for (index, (first, second)) in first.iter().zip(second).enumerate() {
            let (channel, cell) = (index / shape.plane(), index % shape.plane());
            let (row, lane) = rows.position(channel, cell / shape.width, cell % shape.width);
            self.lanes[lane].limbs[0][row] = *first;
            self.lanes[lane].state[row] = *second;
        }
    }

    /// Writes base and slope of a function's segment.
    fn segment(&mut self, at: (usize, usize), function: &Table, segment: u64) {
        let lane = &mut self.lanes[at.1];
        let entry = |list: &[i64]| list.get(segment as usize).copied().unwrap_or(0);
        lane.state[at.0] = entry(&function.base);
        if let Some(slope) = lane.slopes.get_mut(at.0) {
            *slope = entry(&function.slope);
        }
    }

    /// Lanes without an element on the rows of a function are in its first segment.
    fn idle(&mut self, layout: &Layout, tensor: usize, function: &Table) {
        let rows = layout.rows.iter().enumerate().filter(|(_, row)| row.tensor as usize == tensor);
        for (index, row) in rows {
            for lane in (0..self.lanes.len()).filter(|lane| row.mask >> lane & 1 == 0) {
                self.segment((index, lane), function, 0);
            }
        }
    }

    /// Counts how often each table row is looked up.
    pub(super) fn count(&mut self, model: &Model, layout: &Layout) {
        let range = 1usize << model.digits.limb_bits;
        let size = layout.params.tables.map_or(0, |tables| tables.segments as usize);
        let mut multiplicity = vec![0i64; self.multiplicity.len()];
        for row in 0..layout.usable_rows() - 1 {
            let placed = layout.rows.get(row);
            let hidden =
                |lane: usize| placed.is_some_and(|r| r.hidden && r.mask >> lane & 1 == 0 && !decides(model, r.tensor));
            let table = placed.and_then(|row| table_of(model, row.tensor as usize));
            for (l, lane) in self.lanes.iter().enumerate() {
                let top = lane.limbs.len() - 1;
                for (i, limb) in lane.limbs.iter().enumerate() {
                    if i == 0 && hidden(l) {
                        continue;
                    }
                    let offset = if i == top { table.map_or(0, |table| range + size * table) } else { 0 };
                    let entry = usize::try_from(limb[row]).map_or(usize::MAX, |limb| limb.saturating_add(offset));
                    if let Some(count) = multiplicity.get_mut(entry) {
                        *count += 1;
                    }
                }
            }
            for limb in self.private.iter().flat_map(|private| private.looked_up(row)) {
                let entry = usize::try_from(limb).unwrap_or(usize::MAX);
                if let Some(count) = multiplicity.get_mut(entry) {
                    *count += 1;
                }
            }
        }
        self.multiplicity = multiplicity;
    }
}

/// Whether a tensor is the decision that a model ends in.
pub(super) fn decides(model: &Model, tensor: u32) -> bool {
    let last = model.layers.last().filter(|_| tensor as usize == model.layers.len());
    matches!(last.map(|layer| &layer.activation), Some(Activation::Threshold | Activation::ArgMax))
}

/// Table of a tensor's activation.
pub(super) fn table_of(model: &Model, tensor: usize) -> Option<usize> {
    match tensor.checked_sub(1).map(|layer| &model.layers[layer].activation) {
        Some(Activation::Table(table)) => Some(*table),
        _ => None,
    }
}

/// A residue class of a channel's plane as a polynomial: cells with zeros between lines.
struct Cells {
    line: usize,
    values: Vec<i64>,
}

impl Cells {
    fn new(rows: &TensorRows, channel: usize, residue: [usize; 2], values: &[i64]) -> Self {
        let (storage, shape) = (&rows.storage, rows.storage.shape);
        let size = class_size(shape, storage.period, residue);
        let mut cells = vec![0; size[0] * storage.line];
        for i in 0..size[0] {
            for j in 0..size[1] {
                let (y, x) = (i * storage.period[0] + residue[0], j * storage.period[1] + residue[1]);
                cells[i * storage.line + j] = values[channel * shape.plane() + y * shape.width + x];
            }
        }
        Self { line: storage.line, values: cells }
    }
}

/// Writes the coefficients of a layer's polynomials at exponents that are no output.
pub(super) fn hide(model: &Model, layout: &Layout, layer: usize, trace: &Trace, first: &mut FirstPhase) {
    let rows = &layout.tensors[layer + 1];
    if decides(model, layer as u32 + 1) || rows.storage.form != Form::Native {
        return;
    }
    let lanes = layout.params.lanes.activations;
    // (row, lane, residue class, exponent relative to output (0, 0)) of every hidden cell of one channel
    let mut cells: Vec<(usize, usize, usize, i64)> = Vec::new();
    for (index, section) in rows.sections.iter().enumerate() {
        for row in section.row..section.row + section.rows {
            let mask = layout.rows[rows.first + row].mask;
            for lane in (0..lanes).filter(|lane| mask >> lane & 1 == 0) {
                let exponent = ((row - section.row) * lanes + lane) as i64 - section.lead as i64;
                cells.push((row, lane, index, exponent));
            }
        }
    }
    if cells.is_empty() {
        return;
    }
    let of_channel = |channel: usize| {
        let mut values = vec![0i64; cells.len()];
        for term in &model.layers[layer].terms {
            let maps = [(Some(&term.map), &trace.codes), (term.negative.as_ref(), &trace.negative)];
            for (map, codes) in maps {
                if let Some(Map::Conv(conv)) = map {
                    let source = &layout.tensors[term.source];
                    add(rows, source, conv, channel, &codes[term.source], &cells, &mut values);
                }
            }
        }
        values
    };
    let channels: Vec<_> = (0..rows.storage.shape.channels).into_par_iter().map(of_channel).collect();
    for (channel, values) in channels.into_iter().enumerate() {
        let start = rows.first + channel * rows.channel_rows;
        for ((row, lane, ..), value) in cells.iter().zip(values) {
            first.lanes[*lane].limbs[0][start + row] = value;
        }
    }
}

/// Adds one convolution's part of the hidden coefficients of an output channel.
fn add(
    rows: &TensorRows,
    source: &TensorRows,
    conv: &Conv<i64>,
    channel: usize,
    codes: &[i64],
    cells: &[(usize, usize, usize, i64)],
    values: &mut [i64],
) {
    let Some(o) = channel.checked_sub(conv.output_start).filter(|o| *o < conv.outputs) else { return };
    let group = o / conv.group_outputs();
    let taps = taps(conv, rows.storage.shape, rows.storage.period);
    for c in 0..conv.group_inputs() {
        let weights = conv.kernel_weights(o, c);
        let input = conv.input_start + group * conv.group_inputs() + c;
        for residue in classes(source.storage.period) {
            let relevant: Vec<_> =
                taps.iter().filter(|tap| tap.residue == residue && weights[tap.index] != 0).collect();
            if relevant.is_empty() {
                continue;
            }
            let plane = Cells::new(source, input, residue, codes);
            for tap in relevant {
                let shift = tap.offset[0] as i64 * plane.line as i64 + tap.offset[1] as i64;
                for ((.., section, exponent), value) in cells.iter().zip(values.iter_mut()) {
                    if rows.sections[*section].residue == tap.split
                        && let Some(x) = usize::try_from(exponent + shift).ok().and_then(|at| plane.values.get(at))
                    {
                        *value += weights[tap.index] * x;
                    }
                }
            }
        }
    }
}
