//! Where everything stands: rows of activations, the last tensor first and the input last, and rows of weights beside
//! them.
//!
//! Every channel (or residue class of one) is a polynomial with a block number; its produced value is taken at
//! η^block · γ^exponent. Consumer runs take the same cells at γ^(cell within the run).

use super::{
    super::layout::{CONTEXT_ROWS, MAX_K, RESERVED_ROWS},
    Params,
    geometry::{Form, Geometry, Storage, convs, is_scattered},
    view::{View, Weight, class_size, taps},
    weights::{Monomial, WeightCell, WeightRows},
};
use crate::{
    error::{Error, Result},
    graph::planar::{Map, Model},
};

/// A part of a channel that consumers read as one polynomial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// Residue class of rows and columns.
    pub(super) phase: [usize; 2],
    /// Lines and columns of the class.
    pub(super) size: [usize; 2],
    /// First row within the channel.
    pub(super) row: usize,
    /// Number of rows.
    pub(super) rows: usize,
    /// Cells before element (0, 0).
    pub(super) lead: usize,
    /// Polynomial of the channel to which it belongs.
    pub(super) block: usize,
}

/// The rows of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TensorRows {
    pub(super) storage: Storage,
    /// First row.
    pub(super) first: usize,
    /// Rows of a channel.
    pub(super) channel_rows: usize,
    /// Number of the first block.
    pub(super) first_block: usize,
    /// Blocks of a channel.
    pub(super) channel_blocks: usize,
    pub(super) segments: Vec<Segment>,
    /// Segment of each residue class; empty classes have none.
    by_phase: Vec<Option<usize>>,
    /// Residue classes that the layer computes separately.
    split: [usize; 2],
    /// Distance of output lines in exponents.
    stride: usize,
    /// Distance of the exponents of neighbouring lanes.
    pub(super) step: usize,
    /// Exponent of output (0, 0) of a block where lines begin on rows.
    block_lead: usize,
    lanes: usize,
}

/// How the accumulator of produced values goes on to the next row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing produced below.
    Stop,
    /// γ^(lanes · step).
    Inside,
    /// γ.
    Step,
    /// η.
    Unit,
    /// Another monomial, copied.
    Jump,
}

/// A row of activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) tensor: u32,
    pub(super) channel: u32,
    /// Lanes that hold an element.
    pub(super) mask: u64,
    /// Whether the other lanes may hold hidden coefficients.
    pub(super) hidden: bool,
    /// Exponents from this row to the next in the consumer's run; 0 where the run ends.
    pub(super) run: u32,
    /// Whether a consumer's run begins here.
    pub(super) head: bool,
    /// Whether a consumer's run over negative parts begins here.
    pub(super) negative_head: bool,
    pub(super) step: u32,
    pub(super) link: Link,
}

/// The layout of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// log2 rows.
    pub k: u32,
    /// Shape of the constraint system.
    pub params: Params,
    pub(super) tensors: Vec<TensorRows>,
    pub(super) rows: Vec<Row>,
    pub(super) weights: WeightRows,
    /// Copies of weight cells into the transfer column: factors of runs and jumps.
    pub(super) transfers: Vec<(usize, WeightCell)>,
    used_rows: usize,
    activations: usize,
}

impl TensorRows {
    /// Row and lane of an element.
    pub(super) fn position(&self, channel: usize, y: usize, x: usize) -> (usize, usize) {
        let phase = self.storage.phase;
        let Some(segment) = self.segment([y % phase[0], x % phase[1]]) else { return (self.first, 0) };
        let (i, j) = (y / phase[0], x / phase[1]);
        let start = self.first + channel * self.channel_rows + segment.row;
        if self.storage.form == Form::Scattered {
            return (start + i * (segment.size[1] + self.spacer()) + j, 0);
        }
        if self.storage.form == Form::Lines {
            let row = segment.lead / self.lanes + i * self.line_rows(segment) + j / self.lanes;
            return (start + row, j % self.lanes);
        }
        let cell = segment.lead + i * self.storage.line + j;
        (start + cell / self.lanes, cell % self.lanes)
    }

    /// Rows of a line, where lines begin on rows.
    const fn line_rows(&self, segment: &Segment) -> usize {
        segment.size[1].div_ceil(self.lanes)
    }

    /// Line and column of a row's lane 0, where lines begin on rows; `None` in front of the first line.
    fn line_start(&self, segment: &Segment, row: usize) -> Option<(usize, usize)> {
        let body = row.checked_sub(segment.lead / self.lanes)?;
        let rows = self.line_rows(segment);
        Some((body / rows, body % rows * self.lanes))
    }

    /// Distances from the last row of a line to the next line, in exponents of consumers.
    pub(super) fn hops(&self) -> impl Iterator<Item = u32> + '_ {
        let lines = self.segments.iter().filter(|segment| self.storage.form == Form::Lines && segment.size[0] > 1);
        let hop = |segment: &Segment| (self.storage.line - (self.line_rows(segment) - 1) * self.lanes) as u32;
        lines.map(hop).filter(|hop| *hop as usize != self.lanes)
    }

    /// Rows after each line of single elements, from which the next line's exponent is reached.
    fn spacer(&self) -> usize {
        usize::from(!self.storage.shape.is_vector())
    }

    pub(super) fn segment(&self, phase: [usize; 2]) -> Option<&Segment> {
        self.by_phase[phase[0] * self.storage.phase[1] + phase[1]].map(|index| &self.segments[index])
    }

    /// Block (within its channel) and exponent at which the layer makes an output.
    fn exponent(&self, y: usize, x: usize) -> (usize, i64) {
        let Some(segment) = self.segment([y % self.storage.phase[0], x % self.storage.phase[1]]) else { return (0, 0) };
        let (i, j) = (y / self.split[0], x / self.split[1]);
        let lead = if self.storage.form == Form::Native { segment.lead } else { self.block_lead };
        (segment.block, (lead + i * self.stride + j) as i64)
    }

    fn block(&self, channel: usize, within: usize) -> i64 {
        (self.first_block + channel * self.channel_blocks + within) as i64
    }

    /// Exponent, within its block, of lane 0 of each row of a channel, with the block; in the order of rows.
    fn monomials(&self, channel: usize) -> Vec<Monomial> {
        let mut monomials = Vec::with_capacity(self.channel_rows);
        for segment in &self.segments {
            let block = self.block(channel, segment.block);
            for row in 0..segment.rows {
                let exponent = match self.storage.form {
                    Form::Input | Form::Native => (row * self.lanes) as i64,
                    Form::Scattered => {
                        let width = segment.size[1] + self.spacer();
                        (row / width * self.stride + row % width) as i64
                    }
                    Form::Lines => {
                        let inner = [0, 1].map(|d| self.storage.phase[d] / self.split[d]);
                        let class = [0, 1].map(|d| segment.phase[d] / self.split[d]);
                        let (line, column) = match self.line_start(segment, row) {
                            Some((line, column)) => (line as i64, column as i64),
                            None => (0, (row * self.lanes) as i64 - segment.lead as i64),
                        };
                        let y = inner[0] as i64 * line + class[0] as i64;
                        let x = inner[1] as i64 * column + class[1] as i64;
                        self.block_lead as i64 + y * self.stride as i64 + x
                    }
                };
                monomials.push((block, exponent));
            }
        }
        monomials
    }

    /// Rows of a channel, links still open.
    fn channel(&self, tensor: usize, channel: usize, read: bool) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.channel_rows);
        for segment in &self.segments {
            for row in 0..segment.rows {
                let scattered = self.storage.form == Form::Scattered;
                let useful = |lane: &usize| match self.storage.form {
                    Form::Scattered => *lane == 0 && row % (segment.size[1] + self.spacer()) < segment.size[1],
                    Form::Lines => {
                        self.line_start(segment, row).is_some_and(|(_, column)| column + lane < segment.size[1])
                    }
                    Form::Input | Form::Native => {
                        (row * self.lanes + lane).checked_sub(segment.lead).is_some_and(|cell| {
                            cell / self.storage.line < segment.size[0] && cell % self.storage.line < segment.size[1]
                        })
                    }
                };
                let mask = (0..self.lanes).filter(useful).fold(0, |mask, lane| mask | 1 << lane);
                let run = match (self.line_start(segment, row), self.storage.form) {
                    _ if scattered || row + 1 == segment.rows => 0,
                    (Some((_, column)), Form::Lines) if column + self.lanes >= segment.size[1] => {
                        self.storage.line - column
                    }
                    _ => self.lanes,
                };
                rows.push(Row {
                    tensor: tensor as u32,
                    channel: channel as u32,
                    mask,
                    hidden: self.storage.form == Form::Native,
                    run: run as u32,
                    head: read && if scattered { mask > 0 } else { row == 0 },
                    negative_head: false,
                    step: self.step as u32,
                    link: Link::Stop,
                });
            }
        }
        rows
    }
}

impl Link {
    fn between(from: Monomial, to: Monomial, lanes: usize, step: usize) -> Self {
        match (to.0 - from.0, to.1 - from.1) {
            (0, b) if b == (lanes * step) as i64 => Self::Inside,
            (0, 1) => Self::Step,
            (1, 0) => Self::Unit,
            _ => Self::Jump,
        }
    }
}

impl Layout {
    /// Lays out a checked model.
    ///
    /// # Errors
    /// `Graph` where no layout serves all readers of a tensor, `ModelTooLarge` when no circuit up to 2^20 rows holds it.
    pub fn new(model: &Model) -> Result<Self> {
        Self::plan(&View::model(model), Params::new(model)?)
    }

    /// Lays out a network, float or integer.
    pub(super) fn plan<W: Weight>(view: &View<'_, W>, mut params: Params) -> Result<Self> {
        let lanes = params.lanes.activations;
        let geometry = Geometry::new(view)?;
        let tensors = place(view, &geometry, lanes)?;
        let mut rows = Vec::new();
        let mut monomials = Vec::new();
        for (tensor, stored) in tensors.iter().enumerate().rev() {
            if stored.first + stored.storage.shape.channels * stored.channel_rows > 1 << MAX_K {
                return Err(Error::ModelTooLarge { needed: MAX_K + 1, available: MAX_K });
            }
            let read = tensor + 1 < tensors.len();
            for channel in 0..stored.storage.shape.channels {
                rows.extend(stored.channel(tensor, channel, read));
                if tensor > 0 {
                    monomials.extend(stored.monomials(channel));
                }
            }
        }
        let mut weights = WeightRows::new(params.lanes.weights);
        let mut transfers = Vec::new();
        for row in 0..monomials.len().saturating_sub(1) {
            let (from, to) = (monomials[row], monomials[row + 1]);
            rows[row].link = Link::between(from, to, lanes, rows[row].step as usize);
            if rows[row].link == Link::Jump {
                transfers.push((row, weights.monomial((to.0 - from.0, to.1 - from.1))));
            }
        }
        let mut runs = Runs { view, tensors: &tensors, weights, transfers, rows: &mut rows };
        runs.all(&geometry)?;
        let (weights, transfers) = (runs.weights, runs.transfers);

        params.spread(&tensors);
        params.check()?;
        let outputs = view.shapes.last().map_or(0, |shape| shape.len());
        let used_rows = rows.len().max(weights.rows.len()).max(params.table_rows());
        let needed = used_rows.max(outputs + CONTEXT_ROWS) + 1 + RESERVED_ROWS;
        let k = needed.next_power_of_two().trailing_zeros();
        if k > MAX_K {
            return Err(Error::ModelTooLarge { needed: k, available: MAX_K });
        }
        if let Some(last) = view.layers.len().checked_sub(1)
            && !tensors.last().is_some_and(|stored| ends(view, &geometry, last, stored))
        {
            return Err(Error::Graph {
                node: view.layers[last].node.to_owned(),
                reason: "the output must be a vector without hidden coefficients".into(),
            });
        }
        let activations = view.shapes.iter().map(|shape| shape.len()).sum();
        Ok(Self { k, params, tensors, rows, weights, transfers, used_rows, activations })
    }

    /// Rows that gates may use, the end of the running sums included.
    pub const fn usable_rows(&self) -> usize {
        (1 << self.k) - RESERVED_ROWS
    }

    /// Rows that hold activations, weights or table entries.
    pub const fn rows_used(&self) -> usize {
        self.used_rows
    }

    /// Rows of activations, and rows of weights beside them.
    pub fn row_counts(&self) -> (usize, usize) {
        (self.rows.len(), self.weights.rows.len())
    }

    /// Committed values of the network: its input and what each layer makes.
    pub const fn activations(&self) -> usize {
        self.activations
    }

    /// Row, lane and value of every bias of layers that have one per value.
    pub(super) fn value_biases<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = (usize, usize, i64)> + 'a {
        let layers = model.layers.iter().enumerate().filter(|(_, layer)| layer.bias.len() != layer.shape.channels);
        layers.flat_map(move |(index, layer)| {
            let (plane, width) = (layer.shape.plane(), layer.shape.width);
            layer.bias.iter().enumerate().map(move |(element, bias)| {
                let cell = element % plane;
                let (row, lane) = self.tensors[index + 1].position(element / plane, cell / width, cell % width);
                (row, lane, *bias)
            })
        })
    }

    /// Advice cells that the network needs: first-phase cells of elements and hidden coefficients, the accumulators and
    /// lookup helpers of their rows, weight rows, and the table's multiplicities.
    pub fn assigned_cells(&self) -> usize {
        let digits = &self.params.digits;
        let (lanes, limbs) = (self.params.lanes.activations, digits.limbs() as usize);
        let elements: usize = self.rows.iter().map(|row| row.mask.count_ones() as usize).sum();
        let hidden: usize =
            self.rows.iter().filter(|row| row.hidden).map(|row| lanes - row.mask.count_ones() as usize).sum();
        let accumulators = 3 + usize::from(self.params.negative);
        let per_row = accumulators + self.params.helpers();
        elements * (1 + limbs)
            + hidden
            + self.rows.len() * per_row
            + self.weights.rows.len() * 2
            + self.transfers.len()
            + self.params.table_rows()
    }
}

/// Whether the rows of the last tensor are those of the instance: one row a channel, its element in lane 0, and no product
/// beside it.
fn ends<W: Weight>(view: &View<'_, W>, geometry: &Geometry, layer: usize, stored: &TensorRows) -> bool {
    let alone = stored.storage.form != Form::Native || support(view, geometry, layer, [0, 0], [1, 1]) == (0, 1);
    stored.storage.shape.is_vector() && stored.channel_rows == 1 && stored.position(0, 0, 0).1 == 0 && alone
}

/// Gives every tensor its rows.
pub(super) fn place<W: Weight>(view: &View<'_, W>, geometry: &Geometry, lanes: usize) -> Result<Vec<TensorRows>> {
    let mut placed: Vec<TensorRows> = Vec::with_capacity(view.shapes.len());
    for tensor in 0..view.shapes.len() {
        let negative = view.negative(tensor);
        let fits = (0..4)
            .map(|spare| store(view, geometry, tensor, lanes, spare))
            .find(|stored| tensor == 0 || !collides(stored, negative, lanes));
        let error = || Error::Graph {
            node: tensor.checked_sub(1).map_or(String::new(), |layer| view.layers[layer].node.to_owned()),
            reason: "no arrangement of rows keeps its factors apart".to_owned(),
        };
        placed.push(fits.ok_or_else(error)?);
    }
    let (mut row, mut block) = (0, 0);
    for stored in placed.iter_mut().rev() {
        (stored.first, stored.first_block) = (row, block);
        row += stored.storage.shape.channels * stored.channel_rows;
        block += stored.storage.shape.channels * stored.channel_blocks;
    }
    Ok(placed)
}

/// Whether a row would need two values in the transfer column: a run's factors stand on its first row and, for negative
/// parts, the one below; a jump stands on its own row.
fn collides(stored: &TensorRows, negative: bool, lanes: usize) -> bool {
    let rows: Vec<Row> = (0..2).flat_map(|channel| stored.channel(0, channel, true)).collect();
    let monomials: Vec<Monomial> = (0..2).flat_map(|channel| stored.monomials(channel)).collect();
    let mut used = vec![0; rows.len() + 1];
    for (index, row) in rows.iter().enumerate() {
        used[index] += usize::from(row.head);
        used[index + 1] += usize::from(row.head && negative);
        if let Some(next) = monomials.get(index + 1) {
            let jump = Link::between(monomials[index], *next, lanes, stored.step) == Link::Jump;
            used[index] += usize::from(jump);
        }
    }
    used.iter().any(|uses| *uses > 1)
}

/// The rows of a tensor with `spare` empty rows in front of each run; its place is still open.
fn store<W: Weight>(view: &View<'_, W>, geometry: &Geometry, tensor: usize, lanes: usize, spare: usize) -> TensorRows {
    let storage = geometry.tensors[tensor].clone();
    let grid = tensor.checked_sub(1).map(|layer| geometry.layers[layer]);
    let split = grid.map_or(storage.phase, |grid| grid.split);
    let step = if storage.form == Form::Lines { storage.phase[1] / split[1] } else { 1 };
    let mut stored = TensorRows {
        first: 0,
        channel_rows: 0,
        first_block: 0,
        channel_blocks: 0,
        segments: Vec::new(),
        by_phase: vec![None; storage.phase[0] * storage.phase[1]],
        split,
        stride: grid.map_or(storage.line, |grid| grid.stride),
        step,
        block_lead: if storage.form == Form::Lines { spare * lanes * step } else { 0 },
        lanes,
        storage,
    };
    let storage = &stored.storage;
    let inner = (storage.phase[0] / split[0]) * (storage.phase[1] / split[1]);
    let mut blocks: Vec<usize> = Vec::new();
    for (order, phase) in storage.phase_order(split).into_iter().enumerate() {
        let size = class_size(storage.shape, storage.phase, phase);
        if size[0] == 0 || size[1] == 0 {
            continue;
        }
        if blocks.last() != Some(&(order / inner)) {
            blocks.push(order / inner);
        }
        let (lead, cells) = match storage.form {
            Form::Input => (spare * lanes, (size[0] - 1) * storage.line + size[1]),
            Form::Lines => (spare * lanes, size[0] * size[1].next_multiple_of(lanes)),
            Form::Scattered => (0, 0),
            Form::Native => {
                let (low, high) = support(view, geometry, tensor - 1, phase, size);
                (spare * lanes + low, high)
            }
        };
        let rows = match storage.form {
            Form::Scattered => size[0] * (size[1] + stored.spacer()),
            _ => (lead + cells).div_ceil(lanes),
        };
        stored.by_phase[phase[0] * storage.phase[1] + phase[1]] = Some(stored.segments.len());
        stored.segments.push(Segment { phase, size, row: stored.channel_rows, rows, lead, block: blocks.len() - 1 });
        stored.channel_rows += rows;
    }
    stored.channel_blocks = blocks.len();
    stored
}

/// Coefficients below output (0, 0), and from it on, that the products of a layer reach in one residue class.
fn support<W: Weight>(
    view: &View<'_, W>,
    geometry: &Geometry,
    layer: usize,
    class: [usize; 2],
    size: [usize; 2],
) -> (usize, usize) {
    let to = view.shapes[layer + 1];
    let grid = geometry.layers[layer];
    let stride = grid.stride as isize;
    let mut low = 0;
    let mut high = (size[0] as isize - 1) * stride + size[1] as isize;
    for (source, conv) in convs(view, layer) {
        let storage = &geometry.tensors[source];
        for tap in taps(conv, to, grid.split).iter().filter(|tap| tap.split == class) {
            let from = class_size(storage.shape, storage.phase, tap.phase);
            if from[0] == 0 || from[1] == 0 {
                continue;
            }
            let shift = tap.offset[0] * stride + tap.offset[1];
            let last = (from[0] as isize - 1) * stride + from[1] as isize - 1;
            low = low.min(-shift);
            high = high.max(last - shift + 1);
        }
    }
    (low.unsigned_abs(), high as usize)
}

struct Runs<'a, W> {
    view: &'a View<'a, W>,
    tensors: &'a [TensorRows],
    weights: WeightRows,
    transfers: Vec<(usize, WeightCell)>,
    rows: &'a mut [Row],
}

impl<W: Weight> Runs<'_, W> {
    /// The factor of every run: Σ over readers of weight · η^block · γ^(exponent made − exponent read).
    fn all(&mut self, geometry: &Geometry) -> Result<()> {
        for tensor in (0..self.tensors.len()).rev() {
            let shape = self.view.shapes[tensor];
            let scattered = is_scattered(self.view, tensor);
            for channel in 0..shape.channels {
                let mut terms = Terms::new(&self.tensors[tensor], scattered);
                for (layer, reader) in self.view.layers.iter().enumerate() {
                    for term in reader.terms.iter().filter(|term| term.source == tensor) {
                        let negative = self.view.negative(tensor);
                        self.read(geometry, layer, channel, &term.map, &mut terms.main);
                        if negative {
                            let map = term.negative.as_ref().unwrap_or(&term.map);
                            self.read(geometry, layer, channel, map, &mut terms.negative);
                        }
                    }
                }
                self.close(tensor, channel, terms);
            }
            if self.weights.rows.len() > 1 << MAX_K {
                return Err(Error::ModelTooLarge { needed: MAX_K + 1, available: MAX_K });
            }
        }
        Ok(())
    }

    /// Adds what one map reads of a channel to the factors of the channel's runs.
    fn read(&self, geometry: &Geometry, layer: usize, channel: usize, map: &Map<W>, runs: &mut [Vec<(Monomial, i64)>]) {
        let to = &self.tensors[layer + 1];
        match map {
            Map::Sparse(sparse) => {
                let from = self.view.shapes[sparse_source(self.view, layer, map)].plane();
                for element in 0..from {
                    let slot = if runs.len() == from { element } else { 0 };
                    for (flat, weight) in &sparse.columns[channel * from + element] {
                        let (out, rest) =
                            (*flat as usize / to.storage.shape.plane(), *flat as usize % to.storage.shape.plane());
                        let (block, exponent) =
                            to.exponent(rest / to.storage.shape.width, rest % to.storage.shape.width);
                        runs[slot].push(((to.block(out, block), exponent), weight.integer()));
                    }
                }
            }
            Map::Conv(conv) => {
                let Some(within) = channel.checked_sub(conv.input_start).filter(|c| *c < conv.inputs) else { return };
                let (group, c) = (within / conv.group_inputs(), within % conv.group_inputs());
                let grid = geometry.layers[layer];
                let line = grid.stride as i64;
                let shape = to.storage.shape;
                for tap in taps(conv, shape, grid.split) {
                    let [i, j] = tap.split;
                    if i >= shape.height || j >= shape.width {
                        continue;
                    }
                    let (block, exponent) = to.exponent(i, j);
                    let shift = exponent - tap.offset[0] as i64 * line - tap.offset[1] as i64;
                    for o in group * conv.group_outputs()..(group + 1) * conv.group_outputs() {
                        let weight = conv.kernel_weights(o, c)[tap.index].integer();
                        if weight != 0 {
                            let slot = tap.phase[0] * self.phase_columns(map, layer) + tap.phase[1];
                            if let Some(run) = runs.get_mut(slot) {
                                run.push(((to.block(conv.output_start + o, block), shift), weight));
                            }
                        }
                    }
                }
            }
        }
    }

    fn phase_columns(&self, map: &Map<W>, layer: usize) -> usize {
        self.tensors[sparse_source(self.view, layer, map)].storage.phase[1]
    }

    /// Turns the factors of a channel's runs into chains and copies them to the runs' first rows.
    fn close(&mut self, tensor: usize, channel: usize, terms: Terms) {
        let stored = &self.tensors[tensor];
        let start = stored.first + channel * stored.channel_rows;
        for (slot, (main, negative)) in terms.main.into_iter().zip(terms.negative).enumerate() {
            let (row, lead) = if terms.scattered {
                let width = stored.storage.shape.width;
                (stored.position(channel, slot / width, slot % width).0, 0)
            } else {
                let columns = stored.storage.phase[1];
                let Some(segment) = stored.segment([slot / columns, slot % columns]) else { continue };
                (start + segment.row, segment.lead)
            };
            let relative = |terms: Vec<(Monomial, i64)>| {
                terms.into_iter().map(|((a, b), weight)| ((a, b - lead as i64), weight)).collect()
            };
            let main = self.weights.chain(relative(main));
            let negative = self.weights.chain(relative(negative));
            self.rows[row].head = main.is_some();
            self.rows[row].negative_head = negative.is_some();
            self.transfers.extend(main.map(|cell| (row, cell)));
            self.transfers.extend(negative.map(|cell| (row + 1, cell)));
        }
    }
}

/// The tensor that a map of a layer reads.
fn sparse_source<W>(view: &View<'_, W>, layer: usize, map: &Map<W>) -> usize {
    let same = |term: &&crate::graph::planar::Term<W>| {
        std::ptr::eq(&term.map, map) || term.negative.as_ref().is_some_and(|negative| std::ptr::eq(negative, map))
    };
    view.layers[layer].terms.iter().find(same).map_or(0, |term| term.source)
}

/// Factors of the runs of one channel.
struct Terms {
    scattered: bool,
    main: Vec<Vec<(Monomial, i64)>>,
    negative: Vec<Vec<(Monomial, i64)>>,
}

impl Terms {
    fn new(stored: &TensorRows, scattered: bool) -> Self {
        let runs = if scattered { stored.storage.shape.plane() } else { stored.by_phase.len() };
        Self { scattered, main: vec![Vec::new(); runs], negative: vec![Vec::new(); runs] }
    }
}
