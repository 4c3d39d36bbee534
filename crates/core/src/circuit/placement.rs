//! The rows of a tensor: which cell each element has, and at which exponents it is made and read.

use super::{
    geometry::{Form, Geometry, Storage, convs},
    view::{View, Weight, class_size, taps},
    weights::Monomial,
};
use crate::error::{Error, Result};

/// A part of a channel that consumers read as one polynomial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Residue class of rows and columns.
    pub(super) residue: [usize; 2],
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
    pub(super) sections: Vec<Section>,
    /// Section of each residue class; empty classes have none.
    pub(super) by_residue: Vec<Option<usize>>,
    /// Residue classes that the layer computes separately.
    split: [usize; 2],
    /// Distance of output lines in exponents.
    stride: usize,
    /// Distance of the exponents of neighbouring lanes.
    pub(super) step: usize,
    /// Blocks of a polynomial: two where each cell holds two factors.
    pub(super) width: usize,
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
    /// η, or η² from a row of pairs.
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
    /// Distance of neighbouring lanes in exponents of consumers.
    pub(super) spread: u32,
    /// Whether the lanes hold two factors, whose products consumers read.
    pub(super) pair: bool,
    pub(super) link: Link,
}

impl TensorRows {
    /// Row and lane of an element.
    pub(super) fn position(&self, channel: usize, y: usize, x: usize) -> (usize, usize) {
        let period = self.storage.period;
        let Some(section) = self.section([y % period[0], x % period[1]]) else { return (self.first, 0) };
        let (i, j) = (y / period[0], x / period[1]);
        let start = self.first + channel * self.channel_rows + section.row;
        if self.storage.form == Form::Scattered {
            return (start + i * (section.size[1] + self.spacer()) + j, 0);
        }
        if self.storage.form == Form::Lines {
            let row = section.lead / self.lanes + i * self.line_rows(section) + j / self.lanes;
            return (start + row, j % self.lanes);
        }
        let cell = section.lead + i * self.storage.line + j;
        (start + cell / self.lanes, cell % self.lanes)
    }

    /// Rows of a line, where lines begin on rows.
    const fn line_rows(&self, section: &Section) -> usize {
        section.size[1].div_ceil(self.lanes)
    }

    /// Line and column of a row's lane 0, where lines begin on rows; `None` in front of the first line.
    fn line_start(&self, section: &Section, row: usize) -> Option<(usize, usize)> {
        let body = row.checked_sub(section.lead / self.lanes)?;
        let rows = self.line_rows(section);
        Some((body / rows, body % rows * self.lanes))
    }

    /// Distances from the last row of a line to the next line, in exponents of consumers.
    pub(super) fn hops(&self) -> impl Iterator<Item = u32> + '_ {
        let lines = self.sections.iter().filter(|section| self.storage.form == Form::Lines && section.size[0] > 1);
        let hop = |section: &Section| (self.storage.line - (self.line_rows(section) - 1) * self.lanes) as u32;
        let row = (self.lanes * self.storage.spread) as u32;
        lines.map(hop).chain([row]).filter(|hop| *hop as usize != self.lanes)
    }

    /// Rows after each line of single elements, from which the next line's exponent is reached.
    fn spacer(&self) -> usize {
        usize::from(!self.storage.shape.is_vector())
    }

    pub(super) fn section(&self, residue: [usize; 2]) -> Option<&Section> {
        self.by_residue[residue[0] * self.storage.period[1] + residue[1]].map(|index| &self.sections[index])
    }

    /// Block (within its channel) and exponent at which the layer makes an output, or its first factor.
    pub(super) fn exponent(&self, y: usize, x: usize) -> (usize, i64) {
        let Some(section) = self.section([y % self.storage.period[0], x % self.storage.period[1]]) else {
            return (0, 0);
        };
        let (i, j) = (y / self.split[0], x / self.split[1]);
        let lead = if self.storage.form == Form::Native { section.lead } else { self.block_lead };
        (section.block * self.width, (lead + i * self.stride + j) as i64)
    }

    pub(super) fn block(&self, channel: usize, within: usize) -> i64 {
        (self.first_block + channel * self.channel_blocks + within) as i64
    }

    /// Exponent, within its block, of lane 0 of each row of a channel, with the block; in the order of rows.
    pub(super) fn monomials(&self, channel: usize) -> Vec<Monomial> {
        let mut monomials = Vec::with_capacity(self.channel_rows);
        for section in &self.sections {
            let block = self.block(channel, section.block * self.width);
            for row in 0..section.rows {
                let exponent = match self.storage.form {
                    Form::Input | Form::Native => (row * self.lanes) as i64,
                    Form::Scattered => {
                        let width = section.size[1] + self.spacer();
                        (row / width * self.stride + row % width) as i64
                    }
                    Form::Lines => {
                        let inner = [0, 1].map(|d| self.storage.period[d] / self.split[d]);
                        let class = [0, 1].map(|d| section.residue[d] / self.split[d]);
                        let (line, column) = match self.line_start(section, row) {
                            Some((line, column)) => (line as i64, column as i64),
                            None => (0, (row * self.lanes) as i64 - section.lead as i64),
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
    pub(super) fn channel(&self, tensor: usize, channel: usize, read: bool) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.channel_rows);
        for section in &self.sections {
            for row in 0..section.rows {
                let scattered = self.storage.form == Form::Scattered;
                let useful = |lane: &usize| match self.storage.form {
                    Form::Scattered => *lane == 0 && row % (section.size[1] + self.spacer()) < section.size[1],
                    Form::Lines => {
                        self.line_start(section, row).is_some_and(|(_, column)| column + lane < section.size[1])
                    }
                    Form::Input | Form::Native => {
                        (row * self.lanes + lane).checked_sub(section.lead).is_some_and(|cell| {
                            cell / self.storage.line < section.size[0] && cell % self.storage.line < section.size[1]
                        })
                    }
                };
                let pair = self.width > 1;
                let mask = (0..self.lanes).filter(|_| !pair).filter(useful).fold(0, |mask, lane| mask | 1 << lane);
                let run = match (self.line_start(section, row), self.storage.form) {
                    _ if scattered || row + 1 == section.rows => 0,
                    (Some((_, column)), Form::Lines) if column + self.lanes >= section.size[1] => {
                        self.storage.line - column
                    }
                    _ => self.lanes * self.storage.spread,
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
                    spread: self.storage.spread as u32,
                    pair,
                    link: Link::Stop,
                });
            }
        }
        rows
    }
}

impl Link {
    /// The link between rows whose lane 0 stands at these monomials, the first one of `width` blocks.
    pub(super) fn between(from: Monomial, to: Monomial, lanes: usize, step: usize, width: usize) -> Self {
        match (to.0 - from.0, to.1 - from.1) {
            (0, b) if b == (lanes * step) as i64 => Self::Inside,
            (0, 1) => Self::Step,
            (a, 0) if a == width as i64 => Self::Unit,
            _ => Self::Jump,
        }
    }
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
            let jump = Link::between(monomials[index], *next, lanes, stored.step, stored.width) == Link::Jump;
            used[index] += usize::from(jump);
        }
    }
    used.iter().any(|uses| *uses > 1)
}

/// The rows of a tensor with `spare` empty rows in front of each run; its place is still open.
fn store<W: Weight>(view: &View<'_, W>, geometry: &Geometry, tensor: usize, lanes: usize, spare: usize) -> TensorRows {
    let storage = geometry.tensors[tensor].clone();
    let grid = tensor.checked_sub(1).map(|layer| geometry.layers[layer]);
    let split = grid.map_or(storage.period, |grid| grid.split);
    let step = if storage.form == Form::Lines { storage.period[1] / split[1] } else { 1 };
    let width = 1 + usize::from(tensor.checked_sub(1).is_some_and(|layer| view.layers[layer].multiplies));
    let mut stored = TensorRows {
        first: 0,
        channel_rows: 0,
        first_block: 0,
        channel_blocks: 0,
        sections: Vec::new(),
        by_residue: vec![None; storage.period[0] * storage.period[1]],
        split,
        stride: grid.map_or(storage.line, |grid| grid.stride),
        step,
        width,
        block_lead: if storage.form == Form::Lines { spare * lanes * step } else { 0 },
        lanes,
        storage,
    };
    let storage = &stored.storage;
    let inner = (storage.period[0] / split[0]) * (storage.period[1] / split[1]);
    let mut blocks: Vec<usize> = Vec::new();
    for (order, residue) in storage.residue_order(split).into_iter().enumerate() {
        let size = class_size(storage.shape, storage.period, residue);
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
                let (low, high) = support(view, geometry, tensor - 1, residue, size);
                (spare * lanes + low, high)
            }
        };
        let rows = match storage.form {
            Form::Scattered => size[0] * (size[1] + stored.spacer()),
            _ => (lead + cells).div_ceil(lanes),
        };
        stored.by_residue[residue[0] * storage.period[1] + residue[1]] = Some(stored.sections.len());
        stored.sections.push(Section { residue, size, row: stored.channel_rows, rows, lead, block: blocks.len() - 1 });
        stored.channel_rows += rows;
    }
    stored.channel_blocks = blocks.len() * width;
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
            let from = class_size(storage.shape, storage.period, tap.residue);
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

/// Whether the rows of the last tensor are those of the instance: one row a channel, its element in lane 0, and no
/// product beside it.
pub(super) fn ends<W: Weight>(view: &View<'_, W>, geometry: &Geometry, layer: usize, stored: &TensorRows) -> bool {
    let alone = stored.storage.form != Form::Native || support(view, geometry, layer, [0, 0], [1, 1]) == (0, 1);
    stored.storage.shape.is_vector() && stored.channel_rows == 1 && stored.position(0, 0, 0).1 == 0 && alone
}
