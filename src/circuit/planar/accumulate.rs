//! Second-phase advice: accumulators at the challenges, as an honest prover computes them from the first phase.

use halo2_proofs::halo2curves::{
    bn256::Fr,
    ff::{BatchInvert, Field, PrimeField},
};
use rayon::prelude::*;

use super::{
    super::{config::power_of_two, fixed::signed},
    config::pair,
    fixed::table_entries,
    layout::Layout,
    rows::{Link, Row},
    weights::{Multiplier, WeightCell},
    witness::{FirstPhase, decides, table_of},
};
use crate::graph::planar::{Activation, Model};

/// The challenges drawn after the first phase.
#[derive(Debug, Clone, Copy)]
pub(in crate::circuit) struct Challenges {
    pub(in crate::circuit) gamma: Fr,
    pub(in crate::circuit) eta: Fr,
    pub(in crate::circuit) beta: Fr,
    pub(in crate::circuit) delta: Fr,
}

/// Second-phase columns, one value per usable row.
#[derive(Debug, Clone)]
pub(super) struct SecondPhase {
    pub(super) produced: Vec<Fr>,
    pub(super) consumed: Vec<Fr>,
    pub(super) negative: Option<Vec<Fr>>,
    pub(super) weight: Vec<Fr>,
    pub(super) multiplier: Vec<Fr>,
    pub(super) transfer: Vec<Fr>,
    pub(super) helpers: Vec<Vec<Fr>>,
    pub(super) sum: Vec<Fr>,
}

impl SecondPhase {
    /// All columns, in the order of the constraint system.
    pub(super) fn columns(self) -> Vec<Vec<Fr>> {
        let mut columns = vec![self.produced, self.consumed];
        columns.extend(self.negative);
        columns.extend([self.weight, self.multiplier, self.transfer]);
        columns.extend(self.helpers);
        columns.push(self.sum);
        columns
    }
}

/// Computes the second-phase columns.
pub(super) fn accumulate(model: &Model, layout: &Layout, first: &FirstPhase, challenges: Challenges) -> SecondPhase {
    let rows = layout.usable_rows();
    let zero = || vec![Fr::ZERO; rows];
    let evaluator = Evaluator { model, layout, first, challenges, biases: value_biases(model, layout) };
    let locals: Vec<Local> =
        (0..layout.rows.len()).into_par_iter().map(|row| evaluator.local(row, &layout.rows[row])).collect();
    let (mut consumed, mut negative) = (zero(), layout.params.negative.then(zero));
    for (row, placed) in layout.rows.iter().enumerate().rev() {
        let run = if placed.run > 0 { challenges.gamma.pow([u64::from(placed.run)]) } else { Fr::ZERO };
        consumed[row] = locals[row].consumed + run * consumed[row + 1];
        if let Some(negative) = &mut negative {
            negative[row] = locals[row].negative + run * negative[row + 1];
        }
    }
    let (weight, multiplier) = weigh(layout, first, challenges, &consumed);
    let (mut produced, mut transfer) = (zero(), zero());
    for (row, cell) in &layout.transfers {
        transfer[*row] = match cell {
            WeightCell::Multiplier(from) => multiplier[*from],
            WeightCell::Value(from) => weight[*from],
            WeightCell::Consumed(from) => consumed[*from],
        };
    }
    let lanes = layout.params.lanes.activations as u64;
    for (row, placed) in layout.rows.iter().enumerate().rev() {
        let link = match placed.link {
            Link::Stop => Fr::ZERO,
            Link::Inside => challenges.gamma.pow([lanes * u64::from(placed.step)]),
            Link::Step => challenges.gamma,
            Link::Unit if placed.pair => challenges.eta.square(),
            Link::Unit => challenges.eta,
            Link::Jump => transfer[row],
        };
        produced[row] = locals[row].produced + link * produced[row + 1];
    }
    let (helpers, totals) = evaluator.look_up();
    let mut sum = zero();
    sum[0] = -produced[0];
    for row in 0..rows - 1 {
        let mut step = totals[row];
        if let Some(placed) = layout.rows.get(row) {
            if placed.head {
                step += consumed[row] * transfer[row];
            }
            if let (true, Some(negative)) = (placed.negative_head, &negative) {
                step += negative[row] * transfer[row + 1];
            }
        }
        sum[row + 1] = sum[row] + step;
    }
    SecondPhase { produced, consumed, negative, weight, multiplier, transfer, helpers, sum }
}

/// Values and multipliers of the weight rows.
fn weigh(layout: &Layout, first: &FirstPhase, challenges: Challenges, consumed: &[Fr]) -> (Vec<Fr>, Vec<Fr>) {
    let lanes =
        |gamma: bool| powers(if gamma { challenges.gamma } else { challenges.eta }, layout.params.lanes.weights);
    let (by_eta, by_gamma) = (lanes(false), lanes(true));
    let locals: Vec<Fr> = layout
        .weights
        .rows
        .par_iter()
        .enumerate()
        .map(|(index, row)| {
            let powers = if row.gamma { &by_gamma } else { &by_eta };
            if let (Some(private), false) = (&first.private, row.secret.is_empty()) {
                let secret = (0..row.lanes.len()).filter(|lane| row.is_secret(*lane));
                return secret.map(|lane| private.weight(&layout.params, (index, lane)) * powers[lane]).sum();
            }
            let products = row.lanes.iter().zip(powers).filter(|(weight, _)| **weight != 0);
            products.map(|(weight, power)| signed(*weight) * power).sum()
        })
        .collect();
    let (mut weight, mut multiplier) = (vec![Fr::ZERO; consumed.len()], vec![Fr::ZERO; consumed.len()]);
    // Chains stand in the order in which they use one another, and end where `more` is not set.
    let mut start = 0;
    while start < locals.len() {
        let end = (start..locals.len()).find(|row| !layout.weights.rows[*row].more).unwrap_or(start);
        for row in (start..=end).rev() {
            let below = if row < end { weight[row + 1] } else { Fr::ZERO };
            multiplier[row] = match layout.weights.rows[row].multiplier {
                Multiplier::One => Fr::ONE,
                Multiplier::Copy(WeightCell::Value(from)) => weight[from],
                Multiplier::Copy(WeightCell::Multiplier(from)) => multiplier[from],
                Multiplier::Copy(WeightCell::Consumed(from)) => consumed[from],
                Multiplier::Inverse => (locals[row] + below).invert().unwrap_or(Fr::ZERO),
            };
            weight[row] = multiplier[row] * (locals[row] + below);
        }
        start = end + 1;
    }
    (weight, multiplier)
}

/// Biases of layers that have one per value, by lane and row.
fn value_biases(model: &Model, layout: &Layout) -> Vec<Vec<i64>> {
    let params = &layout.params;
    if !params.value_bias {
        return Vec::new();
    }
    let mut biases = vec![vec![0; layout.rows.len()]; params.lanes.activations];
    for (row, lane, bias) in layout.value_biases(model) {
        biases[lane][row] = bias;
    }
    biases
}

fn powers(x: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(Fr::ONE), |power| Some(*power * x)).take(count).collect()
}

/// What one row adds to each accumulator.
struct Local {
    produced: Fr,
    consumed: Fr,
    negative: Fr,
}

struct Evaluator<'a> {
    model: &'a Model,
    layout: &'a Layout,
    first: &'a FirstPhase,
    challenges: Challenges,
    /// Biases per value, by lane and row; empty without such.
    biases: Vec<Vec<i64>>,
}

impl Evaluator<'_> {
    fn local(&self, index: usize, row: &Row) -> Local {
        let mut local = Local { produced: Fr::ZERO, consumed: Fr::ZERO, negative: Fr::ZERO };
        let layer = (row.tensor as usize).checked_sub(1).map(|layer| &self.model.layers[layer]);
        let decision = decides(self.model, row.tensor);
        let step = self.challenges.gamma.pow([u64::from(row.step)]);
        let spread = self.challenges.gamma.pow([u64::from(row.spread)]);
        let (mut at_step, mut at_gamma) = (Fr::ONE, Fr::ONE);
        for lane in 0..self.first.lanes.len() {
            if !decision && row.mask >> lane & 1 == 1 {
                let bias = self.bias(row, (index, lane));
                let activation = layer.map_or(&Activation::Linear, |layer| &layer.activation);
                let (share, code, negative) = self.element(activation, index, lane);
                local.produced += at_step * (share - bias);
                local.consumed += at_gamma * code;
                local.negative += at_gamma * negative;
            } else if row.hidden && !decision {
                let mut free = signed(self.first.lanes[lane].limbs[0][index]);
                if row.pair {
                    let second = signed(self.first.lanes[lane].state[index]);
                    local.consumed += at_gamma * free * second;
                    free += self.challenges.eta * second;
                }
                local.produced += at_step * free;
            }
            at_step *= step;
            at_gamma *= spread;
        }
        if decision {
            let state = signed(self.first.lanes[0].state[index]);
            let whole = self.positional(0, index, 0);
            let y = match &self.first.maximum {
                Some(maximum) => signed(maximum[index]) - state - whole,
                None if self.first.private.is_some() => (state.double() - Fr::ONE) * whole + state - Fr::ONE,
                None => (state.double() - Fr::ONE) * whole,
            };
            local.produced += y - self.bias(row, (index, 0));
        }
        local
    }

    /// The bias in a row and lane.
    fn bias(&self, row: &Row, at: (usize, usize)) -> Fr {
        let layer = (row.tensor as usize).checked_sub(1).map(|layer| &self.model.layers[layer]);
        let by_value = layer.is_some_and(|layer| layer.bias.len() != layer.shape.channels);
        match (&self.first.private, layer) {
            (Some(private), _) => private.bias(by_value, at),
            (None, None) => Fr::ZERO,
            (None, Some(_)) if by_value => signed(self.biases[at.1][at.0]),
            (None, Some(layer)) => signed(layer.bias[row.channel as usize]),
        }
    }

    /// Accumulator, code and negative part of an element, as its cells say; tampered cells give what the gates compute.
    fn element(&self, activation: &Activation, row: usize, lane: usize) -> (Fr, Fr, Fr) {
        let params = &self.layout.params;
        let state = signed(self.first.lanes[lane].state[row]);
        let whole = self.positional(lane, row, 0);
        let upper = self.positional(lane, row, params.digits.remainder_limbs as usize);
        let rounding = Fr::from(params.rounding());
        let sign = state.double() - Fr::ONE;
        let negative = (Fr::ONE - state) * upper;
        let beyond = state * (state - Fr::ONE) * Fr::TWO_INV;
        let mut share = sign * (whole - rounding);
        if params.clip {
            let top = power_of_two(params.digits.remainder_bits()) * Fr::from(params.top());
            share = (state * (Fr::from(3) - state) - Fr::ONE) * whole + rounding - rounding.double() * state
                + beyond * (top + Fr::from(2 * params.rounding()));
        }
        let factor = if params.clip { state.double() - state.square() } else { state };
        let positive = factor * upper + if params.clip { beyond * Fr::from(params.top()) } else { Fr::ZERO };
        let code = match activation {
            Activation::Linear => positive + (state - Fr::ONE) * upper,
            Activation::Table(_) => {
                let bits = params.tables.map_or(0, |(_, bits)| bits);
                share = whole - rounding - power_of_two(params.digits.remainder_bits() + bits - 1);
                state
            }
            _ => positive,
        };
        (share, code, negative)
    }

    /// `Σ 2^(limb_bits · i) · limb_(from + i)`.
    fn positional(&self, lane: usize, row: usize, from: usize) -> Fr {
        let base = Fr::from(1 << self.layout.params.digits.limb_bits);
        let limbs = self.first.lanes[lane].limbs[from..].iter().rev();
        limbs.fold(Fr::ZERO, |sum, limb| sum * base + signed(limb[row]))
    }

    /// Helpers of the lookup argument, and their sum per row.
    fn look_up(&self) -> (Vec<Vec<Fr>>, Vec<Fr>) {
        let rows = self.layout.usable_rows() - 1;
        let params = &self.layout.params;
        let entries = table_entries(self.model);
        let per_row = params.lookups() + 1;
        let groups = params.helpers();
        let mut grouped = vec![Fr::ZERO; (rows + 1) * groups];
        const CHUNK: usize = 256;
        grouped.par_chunks_mut(CHUNK * groups).enumerate().for_each(|(chunk, out)| {
            let mut fractions = Vec::with_capacity(CHUNK * per_row);
            for row in (chunk * CHUNK..rows).take(CHUNK) {
                fractions.extend(self.fractions(row, entries.get(row).copied().unwrap_or_default()));
            }
            fractions.iter_mut().map(|fraction| &mut fraction.1).batch_invert();
            for (row, fractions) in fractions.chunks(per_row).enumerate() {
                for (group, members) in fractions.chunks(params.group()).enumerate() {
                    out[row * groups + group] = members.iter().map(|(numerator, inverse)| numerator * inverse).sum();
                }
            }
        });
        let totals = (0..rows).map(|row| grouped[row * groups..(row + 1) * groups].iter().sum()).collect();
        let column = |group: usize| (0..=rows).map(|row| grouped[row * groups + group]).collect();
        ((0..groups).map(column).collect(), totals)
    }

    /// Numerators and denominators of a row, in the order of the gates.
    fn fractions(&self, row: usize, entry: (u64, u64, i64)) -> Vec<(Fr, Fr)> {
        let Challenges { beta, delta, .. } = self.challenges;
        let placed = self.layout.rows.get(row);
        let table = placed.and_then(|row| table_of(self.model, row.tensor as usize));
        let decision = placed.is_some_and(|row| decides(self.model, row.tensor));
        let (mut plain, mut tuples) = (Vec::new(), Vec::new());
        for (l, lane) in self.first.lanes.iter().enumerate() {
            let top = lane.limbs.len() - 1;
            let hidden = placed.is_some_and(|row| row.hidden && !decision && row.mask >> l & 1 == 0);
            for (i, limb) in lane.limbs.iter().enumerate() {
                let numerator = if i == 0 && hidden { Fr::ZERO } else { Fr::ONE };
                let mut denominator = beta + signed(limb[row]);
                if self.layout.params.tables.is_some() && i == top {
                    if let Some(table) = table {
                        denominator += delta * (Fr::from(table as u64 + 1) + delta * signed(lane.state[row]));
                    }
                    tuples.push((numerator, denominator));
                } else {
                    plain.push((numerator, denominator));
                }
            }
        }
        for limb in self.first.private.iter().flat_map(|private| private.looked_up(row)) {
            plain.push((Fr::ONE, beta + signed(limb)));
        }
        let (value, tag, code) = entry;
        let denominator = beta + Fr::from(value) + delta * (Fr::from(tag) + delta * signed(code));
        plain.push((-signed(self.first.multiplicity[row]), denominator));
        pair(plain, tuples)
    }
}
