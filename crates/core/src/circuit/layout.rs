//! Where everything stands: rows of activations, the last tensor first and the input last, and rows of weights beside
//! them.
//!
//! Every channel (or residue class of one) is a polynomial with a block number; its produced value is taken at
//! η^block · γ^exponent. Consumer runs take the same cells at γ^(cell within the run).

use super::{
    Grid, Params,
    geometry::Geometry,
    placement::{Link, Row, TensorRows, ends, place},
    private,
    record::RecordRows,
    runs::Runs,
    search::predict,
    view::{View, Weight},
    weights::{WeightCell, WeightRows},
};
use crate::{
    circuit::Prediction,
    error::{Error, Result},
    graph::{Model, OutputEncoding},
};

/// Rows at the end of every column that hold randomness, plus the row where running sums end.
///
/// halo2 takes max(3, rotations of a column) + 3 rows; no column here is opened at more than three rotations.
pub(super) const RESERVED_ROWS: usize = 6;

/// The largest circuit that is ever laid out.
pub const MAX_K: u32 = 20;

/// Public rows of the digest of what a proof is bound to.
pub const CONTEXT_ROWS: usize = 2;

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
    /// The sponges of records, those of the input first.
    pub(super) records: Vec<RecordRows>,
    used_rows: usize,
    activations: usize,
}

impl Layout {
    /// Lays out a checked model.
    ///
    /// # Errors
    /// `Graph` where no layout serves all readers of a tensor, `ModelTooLarge` when no circuit up to 2^20 rows holds
    /// it.
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
            let read = tensor + 1 < tensors.len() || view.records.iter().any(|packed| packed.tensor == tensor);
            for channel in 0..stored.storage.shape.channels {
                rows.extend(stored.channel(tensor, channel, read));
                if tensor > 0 {
                    monomials.extend(stored.monomials(channel));
                }
            }
        }
        let mut weights = WeightRows::new(params.lanes.weights);
        weights.private = params.private.is_some();
        let mut transfers = Vec::new();
        for row in 0..monomials.len().saturating_sub(1) {
            let (from, to) = (monomials[row], monomials[row + 1]);
            let (step, width) = (rows[row].step as usize, 1 + usize::from(rows[row].pair));
            rows[row].link = Link::between(from, to, lanes, step, width);
            if rows[row].link == Link::Jump {
                transfers.push((row, weights.monomial((to.0 - from.0, to.1 - from.1))));
            }
        }
        let outputs = match params.output {
            OutputEncoding::Committed => 0,
            _ => view.shapes.last().map_or(0, |shape| shape.len()),
        };
        // No commitment stands beside a public value.
        let public = if params.public_input.is_some() { rows.len() } else { outputs };
        let blocks: usize = tensors.iter().map(|stored| stored.storage.shape.channels * stored.channel_blocks).sum();
        let mut records: Vec<RecordRows> = Vec::with_capacity(view.records.len());
        for (at, packed) in view.records.iter().enumerate() {
            let packed = packed.clone().behind(blocks + view.records.len());
            let above = records.last().map_or(public, |record| record.bottom() + 1);
            let monomial = |index| packed.monomial(&tensors[packed.tensor], index);
            records.push(weights.record(&packed, &monomial, ((blocks + at) as i64, 0), above));
        }
        let mut runs = Runs { view, tensors: &tensors, weights, transfers, rows: &mut rows, records: &records };
        runs.all(&geometry)?;
        let (weights, transfers) = (runs.weights, runs.transfers);

        params.spread(&tensors);
        params.reach(&weights.rows);
        params.check()?;
        private::check(view, &geometry, &weights, &params)?;
        let sponge = records.last().map_or(0, |record| record.bottom() + 1);
        let used_rows = rows.len().max(weights.rows.len()).max(sponge).max(params.table_rows());
        let public_rows = records.last().map_or(public, |record| record.first + 1);
        let needed = used_rows.max(public_rows + CONTEXT_ROWS) + 1 + RESERVED_ROWS;
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
        Ok(Self { k, params, tensors, rows, weights, transfers, records, used_rows, activations })
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

    /// Advice cells of the whole circuit: columns × 2^k.
    pub fn allocated_cells(&self) -> usize {
        self.params.advice_columns() << self.k
    }

    /// Predicted cost of a proof.
    pub fn prediction(&self) -> Prediction {
        predict(self.k, &self.params)
    }

    /// Rows of every tensor, the input first.
    pub fn tensor_rows(&self) -> Vec<usize> {
        self.tensors.iter().map(|tensor| tensor.storage.shape.channels * tensor.channel_rows).collect()
    }

    /// Where the elements of a public input stand; `None` where it is private.
    pub fn public_input(&self) -> Option<Grid> {
        let stored = self.tensors.first().filter(|_| self.params.public_input.is_some());
        stored.map(|stored| Grid::new(stored, self.params.lanes.activations))
    }

    /// The rows of the instance with commitments, those to the input first.
    pub fn commitment_rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.records.iter().map(|record| record.first)
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

    /// First-phase cells of private weights: their limbs, and the biases beside all rows.
    fn private_cells(&self) -> usize {
        let Some(limbs) = self.params.private else { return 0 };
        let secret = self.weights.rows.iter().flat_map(|row| &row.secret).filter(|secret| **secret).count();
        let by_value = if self.params.value_bias { self.params.lanes.activations } else { 0 };
        secret * limbs as usize + self.rows.len() * (1 + by_value)
    }

    /// Advice cells that the network needs: first-phase cells of elements and hidden coefficients, the accumulators and
    /// lookup helpers of their rows, weight rows, private weights, and the table's multiplicities.
    pub fn assigned_cells(&self) -> usize {
        let digits = &self.params.digits;
        let (lanes, limbs) = (self.params.lanes.activations, digits.limbs() as usize);
        let elements: usize = self.rows.iter().map(|row| row.mask.count_ones() as usize).sum();
        let free = |row: &Row| (lanes - row.mask.count_ones() as usize) * if row.pair { 2 } else { 1 };
        let hidden: usize = self.rows.iter().filter(|row| row.hidden).map(free).sum();
        let accumulators = 3 + usize::from(self.params.negative);
        let per_row = accumulators + self.params.helpers();
        elements * (1 + limbs)
            + hidden
            + self.rows.len() * per_row
            + self.weights.rows.len() * 2
            + self.private_cells()
            + self.transfers.len()
            + self.params.table_rows()
    }
}
