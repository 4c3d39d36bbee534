//! Where the elements of a public input stand, as a verifying key tells it.

use super::placement::TensorRows;
use crate::{
    codec::{Reader, Writer},
    error::Result,
    graph::Shape,
};

/// Rows and lanes of the elements of a public input. Those of one residue class of lines and columns stand at even
/// distances, and all channels are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Shape of the input.
    pub shape: Shape,
    /// First row of the first channel.
    pub first: usize,
    /// Rows of a channel.
    pub rows: usize,
    /// Lanes of a row.
    pub lanes: usize,
    /// Residue classes of lines and columns, none of them empty.
    pub period: [usize; 2],
    /// The cell of the first element of each class: `row · lanes + lane`, counted from the first row of the channel.
    pub starts: Vec<usize>,
    /// Cells from one line to the next, and from one element to the next, within a class.
    pub steps: [usize; 2],
}

impl Grid {
    /// The grid of an input in its rows.
    pub(super) fn new(stored: &TensorRows, lanes: usize) -> Self {
        let shape = stored.storage.shape;
        let period = [stored.storage.period[0].min(shape.height), stored.storage.period[1].min(shape.width)];
        let cell = |y: usize, x: usize| {
            let (row, lane) = stored.position(0, y, x);
            (row - stored.first) * lanes + lane
        };
        let step = |y: usize, x: usize| if y < shape.height && x < shape.width { cell(y, x) - cell(0, 0) } else { 0 };
        Self {
            shape,
            first: stored.first,
            rows: stored.channel_rows,
            lanes,
            period,
            starts: (0..period[0]).flat_map(|y| (0..period[1]).map(move |x| cell(y, x))).collect(),
            steps: [step(period[0], 0), step(0, period[1])],
        }
    }

    /// The row after the last channel.
    pub const fn end(&self) -> usize {
        self.first + self.shape.channels * self.rows
    }

    /// Row and lane of every element, in the order of the input.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let firsts = (0..self.shape.channels).map(|channel| self.first + channel * self.rows);
        firsts.flat_map(move |first| self.plane().map(move |cell| (first + cell / self.lanes, cell % self.lanes)))
    }

    /// The cell of every element of a channel.
    fn plane(&self) -> impl Iterator<Item = usize> + '_ {
        let [lines, columns] = self.period;
        let elements = (0..self.shape.height).flat_map(|y| (0..self.shape.width).map(move |x| (y, x)));
        elements.map(move |(y, x)| {
            let start = self.starts.get(y % lines * columns + x % columns).copied().unwrap_or(0);
            start + y / lines * self.steps[0] + x / columns * self.steps[1]
        })
    }

    /// Whether all rows stand in front of `limit`, and no two elements share a cell or leave their channel.
    fn is_sound(&self, limit: usize) -> bool {
        let Self { shape, period, .. } = self;
        let rows = shape.channels.checked_mul(self.rows).and_then(|rows| rows.checked_add(self.first));
        let (plane, cells) = (shape.height.checked_mul(shape.width), self.rows.checked_mul(self.lanes));
        let (Some(rows), Some(plane), Some(cells)) = (rows, plane, cells) else { return false };
        let sizes = shape.channels > 0
            && (1..=u64::BITS as usize).contains(&self.lanes)
            && rows <= limit
            && (1..=cells).contains(&plane)
            && (1..=shape.height).contains(&period[0])
            && (1..=shape.width).contains(&period[1])
            && self.starts.len() == period[0] * period[1];
        let last =
            [(shape.height, period[0]), (shape.width, period[1])].map(|(size, period)| size.div_ceil(period.max(1)));
        let reach =
            |steps: usize, step: usize| (steps.saturating_sub(1)).checked_mul(step).filter(|reach| *reach < cells);
        let inside = self.starts.iter().all(|start| *start < cells)
            && reach(last[0], self.steps[0]).is_some()
            && reach(last[1], self.steps[1]).is_some();
        if !(sizes && inside) {
            return false;
        }
        let mut taken = vec![0u64; self.rows];
        self.plane().all(|cell| {
            let (lane, row) = (1 << (cell % self.lanes), taken.get_mut(cell / self.lanes));
            row.is_some_and(|row| {
                let free = *row & lane == 0;
                *row |= lane;
                free
            })
        })
    }

    /// Writes the grid into a verifying key, but for the lanes.
    pub(crate) fn write(&self, w: &mut Writer) {
        let Self { shape, first, rows, lanes: _, period, starts, steps } = self;
        [shape.channels, shape.height, shape.width, *first, *rows].iter().for_each(|size| w.size(*size));
        period.iter().chain(steps).chain(starts).for_each(|size| w.size(*size));
    }

    /// Reads what [`Grid::write`] wrote, of an input on rows below `limit`.
    ///
    /// # Errors
    /// `Artifact` for positions that no input has.
    pub(crate) fn read(r: &mut Reader<'_>, lanes: usize, limit: usize) -> Result<Self> {
        let shape = Shape { channels: r.size()?, height: r.size()?, width: r.size()? };
        let (first, rows) = (r.size()?, r.size()?);
        let (period, steps) = ([r.size()?, r.size()?], [r.size()?, r.size()?]);
        let starts = r.many(period[0].saturating_mul(period[1]), 1, Reader::size)?;
        let grid = Self { shape, first, rows, lanes, period, starts, steps };
        if grid.is_sound(limit) { Ok(grid) } else { Err(r.error("positions that no public input has")) }
    }
}
