//! Private weights: their limbs and the biases as first-phase columns, and what ties them to the rows.
//!
//! A lane of a weight row holds `K + B = Σ 2^(limb_bits · i) · limb_i`, `B = 2^(limb_bits · limbs − 1)`, every limb in
//! the range table. Which lanes hold a weight at all is fixed (`mask`); rows of monomials have fixed coefficients of
//! their own.

use std::num::Wrapping;

use halo2_proofs::{
    halo2curves::bn256::Fr,
    plonk::{Advice, Column, ConstraintSystem, Expression, FirstPhase as First, Fixed, VirtualCells},
    poly::Rotation,
};

use hushproof_halo2_prover::ColumnValues;

use super::{
    Config, Layout, Params,
    formula::{Ring, positional},
    gates::{advice, fixed},
    geometry::Geometry,
    placement::Row,
    view::{View, Weight},
    weights::{WeightRow, WeightRows},
    witness::small,
};
use crate::{
    error::{ArtifactKind, Error, Result},
    graph::{MAX_WEIGHT_BITS, Model, limbs_of, signed_bits},
};

/// Fixed columns beside the masks, which stand where public weights would: `constant`, `linear` and `same_channel`.
pub(super) const FIXED: usize = 3;

/// First-phase columns of private weights.
#[derive(Debug, Clone)]
pub(super) struct PrivateColumns {
    /// Limbs of each weight lane, lowest first.
    pub(super) limbs: Vec<Vec<Column<Advice>>>,
    /// The bias of a row's channel.
    pub(super) bias: Column<Advice>,
    /// The biases of each activation lane, where layers have one per value; else empty.
    pub(super) value_bias: Vec<Column<Advice>>,
}

/// Fixed columns of private weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrivateFixed {
    /// Coefficient of 1 on rows of monomials.
    pub(super) constant: Column<Fixed>,
    /// Coefficient of η or γ on rows of monomials.
    pub(super) linear: Column<Fixed>,
    /// Rows whose next row belongs to the same channel.
    pub(super) same_channel: Column<Fixed>,
    /// Rows of layers that have a bias per value.
    pub(super) by_value: Option<Column<Fixed>>,
}

impl Params {
    /// Look-ups of private weights in a row.
    pub(super) fn weight_lookups(&self) -> usize {
        self.private.map_or(0, |limbs| self.lanes.weights * limbs as usize)
    }

    /// First-phase columns of private weights.
    pub(super) fn private_columns(&self) -> usize {
        let value_bias = if self.value_bias { self.lanes.activations } else { 0 };
        self.private.map_or(0, |_| self.weight_lookups() + 1 + value_bias)
    }

    /// Whether the limbs of private weights are of a size that circuits have.
    pub(super) fn check_private(&self) -> bool {
        let bits = self.private.map(|limbs| limbs.saturating_mul(self.digits.limb_bits));
        bits.is_none_or(|bits| (1..=MAX_WEIGHT_BITS).contains(&bits))
    }

    /// `B`: private weights are in `−B … B − 1`.
    fn weight_bound(&self) -> u64 {
        self.private.map_or(0, |limbs| 1 << (limbs * self.digits.limb_bits - 1))
    }

    /// The weight `K` of which these are the limbs.
    fn weight_of<V: Ring>(&self, limbs: impl Iterator<Item = V>) -> V {
        positional(self.digits.limb_bits, limbs) - V::constant(self.weight_bound())
    }
}

impl PrivateColumns {
    pub(super) fn new(meta: &mut ConstraintSystem<Fr>, params: &Params, limbs: u32) -> Self {
        let value_bias = if params.value_bias { params.lanes.activations } else { 0 };
        Self {
            limbs: (0..params.lanes.weights)
                .map(|_| (0..limbs).map(|_| meta.advice_column_in(First)).collect())
                .collect(),
            bias: meta.advice_column_in(First),
            value_bias: (0..value_bias).map(|_| meta.advice_column_in(First)).collect(),
        }
    }

    /// The columns with their names, in the order of the constraint system.
    pub(super) fn named(&self) -> Vec<(String, Column<Advice>)> {
        let mut columns = Vec::new();
        for (l, limbs) in self.limbs.iter().enumerate() {
            columns.extend(limbs.iter().enumerate().map(|(i, column)| (format!("weight limb {l}.{i}"), *column)));
        }
        columns.push(("bias".to_owned(), self.bias));
        columns.extend(self.value_bias.iter().enumerate().map(|(l, column)| (format!("value bias {l}"), *column)));
        columns
    }
}

impl PrivateFixed {
    pub(super) fn new(meta: &mut ConstraintSystem<Fr>, params: &Params) -> Self {
        Self {
            constant: meta.fixed_column(),
            linear: meta.fixed_column(),
            same_channel: meta.fixed_column(),
            by_value: params.value_bias.then(|| meta.fixed_column()),
        }
    }
}

impl Config {
    /// The advice columns of private weights and biases, in the order of [`weight_cells`]; none where weights are public.
    pub fn weight_columns(&self) -> Vec<usize> {
        self.private.iter().flat_map(PrivateColumns::named).map(|(_, column)| column.index()).collect()
    }

    /// The weights of a row's lanes: fixed ones, or private ones where the mask says that there is one.
    pub(super) fn lane_weights(&self, cells: &mut VirtualCells<'_, Fr>) -> Vec<Expression<Fr>> {
        let lanes: Vec<_> = self.fixed.weights.iter().map(|column| fixed(cells, *column)).collect();
        let Some(private) = &self.private else { return lanes };
        let masked = lanes.into_iter().zip(&private.limbs).map(|(mask, limbs)| {
            let limbs = limbs.iter().map(|column| advice(cells, *column));
            mask * self.params.weight_of(limbs)
        });
        masked.collect()
    }

    /// What rows of monomials have instead of weights, where those are private: `constant + linear · χ`.
    pub(super) fn monomial_row(&self, cells: &mut VirtualCells<'_, Fr>) -> Option<Expression<Fr>> {
        let private = self.fixed.private?;
        let (eta, gamma) = (cells.query_challenge(self.challenges.eta), cells.query_challenge(self.challenges.gamma));
        let along = eta.clone() + fixed(cells, self.fixed.along_gamma) * (gamma - eta);
        Some(fixed(cells, private.constant) + fixed(cells, private.linear) * along)
    }

    /// The bias of a lane, fixed or private.
    pub(super) fn bias(&self, cells: &mut VirtualCells<'_, Fr>, lane: usize) -> Expression<Fr> {
        let (Some(columns), Some(private)) = (&self.private, self.fixed.private) else {
            return fixed(cells, self.fixed.bias[if self.fixed.bias.len() == 1 { 0 } else { lane }]);
        };
        let shared = advice(cells, columns.bias);
        match (private.by_value, columns.value_bias.get(lane)) {
            (Some(by_value), Some(own)) => shared + fixed(cells, by_value) * advice(cells, *own),
            _ => shared,
        }
    }

    /// A private bias is one for all rows of a channel.
    pub(super) fn same_bias(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(columns), Some(private)) = (&self.private, self.fixed.private) else { return };
        // Protocol, §9: bias.
        self.gate(meta, "bias", |cells| {
            let below = cells.query_advice(columns.bias, Rotation::next());
            vec![("same", fixed(cells, private.same_channel) * (below - advice(cells, columns.bias)))]
        });
    }
}

/// Cells of private weights, one integer per usable row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PrivateCells {
    /// Limbs of each weight lane, lowest first.
    pub(super) limbs: Vec<Vec<Vec<i64>>>,
    pub(super) bias: Vec<i64>,
    pub(super) value_bias: Vec<Vec<i64>>,
}

impl PrivateCells {
    /// The columns in the order of the constraint system.
    pub(super) fn columns(&self) -> impl Iterator<Item = &[i64]> {
        let limbs = self.limbs.iter().flatten().map(Vec::as_slice);
        limbs.chain([self.bias.as_slice()]).chain(self.value_bias.iter().map(Vec::as_slice))
    }

    /// The weights and biases of a model in its layout; `None` where they are public.
    pub(super) fn new(model: &Model, layout: &Layout) -> Option<Self> {
        let (rows, params) = (layout.usable_rows(), &layout.params);
        let limbs = params.private? as usize;
        let value_lanes = if params.value_bias { params.lanes.activations } else { 0 };
        let mut cells = Self {
            limbs: vec![vec![vec![0; rows]; limbs]; params.lanes.weights],
            bias: vec![0; rows],
            value_bias: vec![vec![0; rows]; value_lanes],
        };
        for (index, row) in layout.weights.rows.iter().enumerate() {
            for (lane, weight) in row.lanes.iter().enumerate().filter(|(lane, _)| row.is_secret(*lane)) {
                cells.put(params, (index, lane), *weight);
            }
        }
        for (bias, row) in cells.bias.iter_mut().zip(&layout.rows) {
            let layer = (row.tensor as usize).checked_sub(1).map(|layer| &model.layers[layer]);
            if let Some(layer) = layer.filter(|layer| layer.bias.len() == layer.shape.channels) {
                *bias = layer.bias[row.channel as usize];
            }
        }
        for (row, lane, bias) in layout.value_biases(model) {
            cells.value_bias[lane][row] = bias;
        }
        Some(cells)
    }

    /// Writes a weight into a row and lane, the top limb taking what does not fit the others.
    pub(super) fn put(&mut self, params: &Params, at: (usize, usize), weight: i64) {
        let base = 1i64 << params.digits.limb_bits;
        let mut rest = weight + params.weight_bound().cast_signed();
        let last = self.limbs[at.1].len() - 1;
        for (i, limb) in self.limbs[at.1].iter_mut().enumerate() {
            limb[at.0] = if i == last { rest } else { rest.rem_euclid(base) };
            rest = rest.div_euclid(base);
        }
    }

    /// The weight in a row and lane.
    pub(super) fn weight(&self, params: &Params, at: (usize, usize)) -> i64 {
        params.weight_of(self.limbs[at.1].iter().map(|limb| Wrapping(limb[at.0]))).0
    }

    /// The bias of a row's lane.
    pub(super) fn bias(&self, by_value: bool, at: (usize, usize)) -> i64 {
        let own = self.value_bias.get(at.1).filter(|_| by_value);
        self.bias[at.0] + own.map_or(0, |own| own[at.0])
    }

    /// All limbs of a row, in the order in which they are looked up.
    pub(super) fn looked_up(&self, row: usize) -> impl Iterator<Item = i64> + '_ {
        self.limbs.iter().flatten().map(move |limb| limb[row])
    }
}

/// The columns of a model's private weights and biases, which are the same for every input; none where weights are public.
pub fn weight_cells(model: &Model, layout: &Layout) -> Vec<ColumnValues> {
    let cells = PrivateCells::new(model, layout);
    cells.iter().flat_map(PrivateCells::columns).map(small).collect()
}

impl WeightRow {
    /// Whether a lane holds a private weight.
    pub(super) fn is_secret(&self, lane: usize) -> bool {
        self.secret.get(lane).is_some_and(|secret| *secret)
    }
}

/// Rows whose next row belongs to the same channel of a layer.
pub(super) fn same_channel(rows: &[Row]) -> impl Iterator<Item = usize> + '_ {
    let same =
        |pair: &[Row]| pair[0].tensor > 0 && (pair[0].tensor, pair[0].channel) == (pair[1].tensor, pair[1].channel);
    rows.windows(2).enumerate().filter(move |(_, pair)| same(pair)).map(|(row, _)| row)
}

/// Checks what a layout of private weights relies on: no layer is computed in residue classes apart, which would hold
/// its weights several times, and the weights that share a place add up to one within the range.
///
/// # Errors
/// `Graph` for a layer that is computed apart (`legalize_private` copies its output for strided readers), `Artifact`
/// for limbs that are too few.
pub(super) fn check<W: Weight>(
    view: &View<'_, W>,
    geometry: &Geometry,
    weights: &WeightRows,
    params: &Params,
) -> Result<()> {
    if params.private.is_none() {
        return Ok(());
    }
    for (layer, grid) in view.layers.iter().zip(&geometry.layers) {
        let structured = layer.terms.iter().any(|term| term.geometry.is_some());
        if structured && grid.split != [1, 1] {
            return Err(Error::Graph { node: layer.node.to_owned(), reason: REPEATED.to_owned() });
        }
    }
    if signed_bits(largest(weights)) > params.private.unwrap_or(0) * params.digits.limb_bits {
        let reason = "private weights that share a place add up to more than their limbs hold";
        return Err(Error::artifact(ArtifactKind::Model, reason));
    }
    Ok(())
}

/// Why layers that are computed in residue classes apart are refused.
pub(super) const REPEATED: &str =
    "a strided reader of hidden coefficients would repeat private weights; a copy must stand between";

fn largest(weights: &WeightRows) -> u64 {
    let secret = |row: &WeightRow| -> u64 {
        let lanes = row.lanes.iter().enumerate().filter(|(lane, _)| row.is_secret(*lane));
        lanes.map(|(_, weight)| weight.unsigned_abs()).max().unwrap_or(0)
    };
    weights.rows.iter().map(secret).max().unwrap_or(0)
}

/// The fewest limbs that hold every private weight of a model where the layout has it; several that one reader adds up
/// share a place.
///
/// # Errors
/// Those of [`Layout::new`].
pub fn weight_limbs(model: &Model) -> Result<u32> {
    let limb_bits = model.digits.limb_bits;
    let params = Params { private: Some(MAX_WEIGHT_BITS / limb_bits), ..Params::new(model)? };
    let layout = Layout::plan(&View::model(model), params)?;
    Ok(limbs_of(signed_bits(largest(&layout.weights)), limb_bits))
}
