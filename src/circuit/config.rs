//! Columns and gates.
//!
//! `docs/protocol.md` states each identity; the names there are the names here. A row holds `lanes` elements, cells of
//! polynomials in γ: they are *produced* by the layer that makes them and *consumed* by the layers that read them on the
//! same row. Factors of consumed polynomials come from the weight rows through the transfer column.

use halo2_proofs::{
    halo2curves::{bn256::Fr, ff::Field},
    plonk::{
        Advice, Challenge, Column, ConstraintSystem, Expression, FirstPhase, Fixed, Instance, SecondPhase, VirtualCells,
    },
    poly::Rotation,
};

use super::{
    Params,
    challenges::Challenges,
    columns::{FixedColumns, Lane},
    lookup::{Fraction, group_gate},
    params::{InputCodes, Published},
    private::PrivateColumns,
};
use crate::graph::table_zero;

/// Largest degree of a gate; the extended domain has four times the rows.
pub const DEGREE: usize = 5;

/// Columns and challenges.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) params: Params,
    // First phase: every integer of the model, hidden coefficients among them.
    pub(super) lanes: Vec<Lane>,
    pub(super) maximum: Option<Column<Advice>>,
    pub(super) multiplicity: Column<Advice>,
    pub(super) private: Option<PrivateColumns>,
    // Second phase: accumulators.
    pub(super) produced: Column<Advice>,
    pub(super) consumed: Column<Advice>,
    pub(super) negative: Option<Column<Advice>>,
    pub(super) weight: Column<Advice>,
    pub(super) multiplier: Column<Advice>,
    pub(super) transfer: Column<Advice>,
    pub(super) helpers: Vec<Column<Advice>>,
    pub(super) sum: Column<Advice>,

    pub(super) fixed: FixedColumns,
    pub(super) instance: Column<Instance>,
    pub(super) challenges: Challenges<Challenge>,
}

/// 2^bits in the field.
pub(super) fn power_of_two(bits: u32) -> Fr {
    Fr::from(2).pow([u64::from(bits)])
}

fn constant(value: u64) -> Expression<Fr> {
    Expression::Constant(Fr::from(value))
}

fn fixed(cells: &mut VirtualCells<'_, Fr>, column: Column<Fixed>) -> Expression<Fr> {
    cells.query_fixed(column, Rotation::cur())
}

fn advice(cells: &mut VirtualCells<'_, Fr>, column: Column<Advice>) -> Expression<Fr> {
    cells.query_advice(column, Rotation::cur())
}

fn next(cells: &mut VirtualCells<'_, Fr>, column: Column<Advice>) -> Expression<Fr> {
    cells.query_advice(column, Rotation::next())
}

/// `x^exponent`, `exponent ≥ 1`.
fn power(x: &Expression<Fr>, exponent: usize) -> Expression<Fr> {
    let half = if exponent > 1 { power(x, exponent / 2) } else { return x.clone() };
    let square = half.clone() * half;
    if exponent.is_multiple_of(2) { square } else { square * x.clone() }
}

/// `Σ x^i · terms_i`.
fn horner(x: &Expression<Fr>, terms: Vec<Expression<Fr>>) -> Expression<Fr> {
    let sum = terms.into_iter().rev().reduce(|sum, term| sum * x.clone() + term);
    sum.unwrap_or_else(|| constant(0))
}

impl Config {
    /// Allocates the columns and creates the gates.
    pub fn new(meta: &mut ConstraintSystem<Fr>, params: Params) -> Self {
        let lane = |meta: &mut ConstraintSystem<Fr>| Lane {
            state: meta.advice_column_in(FirstPhase),
            limbs: (0..params.limbs()).map(|_| meta.advice_column_in(FirstPhase)).collect(),
            slope: params.sloped().then(|| meta.advice_column_in(FirstPhase)),
            mask: meta.fixed_column(),
        };
        let lanes = (0..params.lanes.activations).map(|_| lane(meta)).collect();
        let argmax = params.published == Published::ArgMax;
        let maximum = argmax.then(|| meta.advice_column_in(FirstPhase));
        let multiplicity = meta.advice_column_in(FirstPhase);
        let private = params.private.map(|limbs| PrivateColumns::new(meta, &params, limbs));
        let challenges = Challenges::new(|_| meta.challenge_usable_after(FirstPhase));
        let config = Self {
            lanes,
            maximum,
            multiplicity,
            private,
            produced: meta.advice_column_in(SecondPhase),
            consumed: meta.advice_column_in(SecondPhase),
            negative: params.negative.then(|| meta.advice_column_in(SecondPhase)),
            weight: meta.advice_column_in(SecondPhase),
            multiplier: meta.advice_column_in(SecondPhase),
            transfer: meta.advice_column_in(SecondPhase),
            helpers: (0..params.helpers()).map(|_| meta.advice_column_in(SecondPhase)).collect(),
            sum: meta.advice_column_in(SecondPhase),
            fixed: FixedColumns::new(meta, &params),
            instance: meta.instance_column(),
            challenges,
            params,
        };
        for column in [config.weight, config.multiplier, config.transfer] {
            meta.enable_equality(column);
        }
        if config.params.products {
            meta.enable_equality(config.consumed);
        }
        config.states(meta);
        config.produce(meta);
        config.consume(meta);
        config.weigh(meta);
        config.look_up(meta);
        config.publish(meta);
        config.publish_input(meta);
        config.argmax(meta);
        config.same_bias(meta);
        meta.set_minimum_degree(DEGREE);
        config
    }

    /// All advice columns with their names, in the order of the constraint system.
    pub fn advice(&self) -> Vec<(String, Column<Advice>)> {
        let mut columns = Vec::new();
        for (l, lane) in self.lanes.iter().enumerate() {
            columns.push((format!("state {l}"), lane.state));
            columns.extend(lane.limbs.iter().enumerate().map(|(i, c)| (format!("limb {l}.{i}"), *c)));
            columns.extend(lane.slope.map(|c| (format!("slope {l}"), c)));
        }
        columns.extend(self.maximum.map(|c| ("maximum".to_owned(), c)));
        columns.push(("multiplicity".to_owned(), self.multiplicity));
        columns.extend(self.private.iter().flat_map(PrivateColumns::named));
        columns.push(("produced".to_owned(), self.produced));
        columns.push(("consumed".to_owned(), self.consumed));
        columns.extend(self.negative.map(|c| ("negative".to_owned(), c)));
        columns.push(("weight".to_owned(), self.weight));
        columns.push(("multiplier".to_owned(), self.multiplier));
        columns.push(("transfer".to_owned(), self.transfer));
        columns.extend(self.helpers.iter().enumerate().map(|(i, c)| (format!("helper {i}"), *c)));
        columns.push(("sum".to_owned(), self.sum));
        columns
    }

    /// Advice columns, in the order of the constraint system, and challenges.
    pub fn handles(&self) -> (Vec<Column<Advice>>, Vec<Challenge>) {
        let columns = self.advice().into_iter().map(|(_, column)| column);
        (columns.collect(), self.challenges.into_vec())
    }

    /// States are bits; 0, 1 or 2 on rows of a Clip; anything on rows of a table, which bounds them, and second factors on
    /// rows of pairs.
    fn states(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("state", |cells| {
            let mut bit = fixed(cells, self.fixed.usable);
            let clip = self.fixed.clip.map(|column| fixed(cells, column));
            if let Some(clip) = &clip {
                bit = bit - clip.clone();
            }
            if let Some(function) = &self.fixed.function {
                bit = bit - fixed(cells, function.active);
            }
            if let Some(pair) = self.fixed.pair {
                bit = bit - fixed(cells, pair);
            }
            let mut gates = Vec::new();
            for lane in &self.lanes {
                let state = advice(cells, lane.state);
                let is_bit = state.clone() * (state.clone() - constant(1));
                gates.push(bit.clone() * is_bit.clone());
                gates.extend(clip.clone().map(|clip| clip * is_bit * (state - constant(2))));
            }
            gates
        });
    }

    /// What the rows from here on produce, each polynomial at γ and all of them batched by powers of η.
    fn produce(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("produce", |cells| {
            let gamma = cells.query_challenge(self.challenges.gamma);
            let eta = cells.query_challenge(self.challenges.eta);
            let hidden = fixed(cells, self.fixed.hidden);
            let pair = self.fixed.pair.map(|column| fixed(cells, column));
            let mut terms = Vec::new();
            for (l, lane) in self.lanes.iter().enumerate() {
                let mask = fixed(cells, lane.mask);
                let bias = self.bias(cells, l);
                let mut free = advice(cells, lane.limbs[0]);
                if let Some(pair) = &pair {
                    free = free + pair.clone() * eta.clone() * advice(cells, lane.state);
                }
                let share = self.share(cells, lane);
                terms.push(mask.clone() * (share - bias) + hidden.clone() * (constant(1) - mask) * free);
            }
            let lanes = self.lanes.len();
            let mut local = horner(&gamma, terms.clone());
            let mut stride = power(&gamma, lanes);
            for (step, column) in self.params.steps.iter().zip(&self.fixed.steps) {
                let selected = fixed(cells, *column);
                let apart = power(&gamma, *step as usize);
                local =
                    local.clone() + selected.clone() * (horner(&apart, terms.clone()) - horner(&gamma, terms.clone()));
                stride = stride.clone() + selected * (power(&apart, lanes) - power(&gamma, lanes));
            }
            if let Some(decision) = self.fixed.decision {
                let bias = self.bias(cells, 0);
                local = local + fixed(cells, decision) * (self.decided(cells) - bias);
            }
            let unit = match pair {
                Some(pair) => eta.clone() + pair * (eta.clone() * eta.clone() - eta),
                None => eta,
            };
            let link = fixed(cells, self.fixed.inside) * stride
                + fixed(cells, self.fixed.step) * gamma
                + fixed(cells, self.fixed.unit) * unit
                + fixed(cells, self.fixed.jump) * advice(cells, self.transfer);
            let usable = fixed(cells, self.fixed.usable);
            let below = next(cells, self.produced);
            vec![usable * advice(cells, self.produced) - local - link * below]
        });
    }

    /// The accumulator Y of an element, as its cells say; that of a comparison is not rounded.
    fn share(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Expression<Fr> {
        let rounded = self.rounded_share(cells, lane);
        let Some(compare) = self.fixed.compare else { return rounded };
        let state = advice(cells, lane.state);
        let mut exact = (constant(2) * state.clone() - constant(1)) * constant(self.params.rounding());
        if self.private.is_some() {
            exact = exact + state - constant(1);
        }
        rounded + fixed(cells, compare) * exact
    }

    fn rounded_share(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Expression<Fr> {
        let state = advice(cells, lane.state);
        let whole = self.whole(cells, lane);
        let rounding = constant(self.params.rounding());
        if self.params.clip {
            // 2^(b+s) − 2^s − c where the state is 2
            let top = power_of_two(self.params.digits.remainder_bits()) * Fr::from(self.params.top());
            let beyond = Expression::Constant(top + Fr::from(2 * self.params.rounding()));
            let sign = state.clone() * (constant(3) - state.clone()) - constant(1);
            let half = Expression::Constant(half());
            return sign * whole + rounding.clone() - constant(2) * rounding * state.clone()
                + state.clone() * (state - constant(1)) * half * beyond;
        }
        let signed = (constant(2) * state - constant(1)) * (whole.clone() - rounding);
        match (&self.fixed.function, self.params.tables) {
            (Some(function), Some(tables)) => {
                let active = fixed(cells, function.active);
                let zero = table_zero(tables.segments.into(), tables.sloped, &self.params.digits);
                signed.clone() + active * (whole - constant(zero.unsigned_abs()) - signed)
            }
            _ => signed,
        }
    }

    /// The accumulator Y of a decision, whose row holds it in lane 0.
    fn decided(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        let state = advice(cells, self.lanes[0].state);
        let whole = self.whole(cells, &self.lanes[0]);
        match self.maximum {
            Some(maximum) => advice(cells, maximum) - state - whole,
            None if self.private.is_some() => (constant(2) * state.clone() - constant(1)) * whole + state - constant(1),
            None => (constant(2) * state - constant(1)) * whole,
        }
    }

    /// The code that consumers read; of a comparison the state.
    fn code(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Expression<Fr> {
        let code = self.magnitude_code(cells, lane);
        let Some(compare) = self.fixed.compare else { return code };
        let upper = self.upper(cells, lane);
        code + fixed(cells, compare) * advice(cells, lane.state) * (constant(1) - upper)
    }

    fn magnitude_code(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Expression<Fr> {
        let state = advice(cells, lane.state);
        let upper = self.upper(cells, lane);
        let signed = fixed(cells, self.fixed.signed);
        let mut factor = state.clone() + signed * (state.clone() - constant(1));
        if let Some(function) = &self.fixed.function {
            let active = fixed(cells, function.active);
            let base = (factor - active.clone() * state.clone()) * upper + active * state;
            return match lane.slope {
                Some(slope) => base + advice(cells, slope) * advice(cells, lane.limbs[lane.limbs.len() - 2]),
                None => base,
            };
        }
        if self.params.clip {
            factor = factor + state.clone() * (constant(1) - state.clone());
            let half = Expression::Constant(half());
            let top = constant(self.params.top());
            return factor * upper + state.clone() * (state - constant(1)) * half * top;
        }
        factor * upper
    }

    /// Polynomials that consumers read, from the first row of their run; their products with the factors of the runs are
    /// summed with the lookups' fractions.
    fn consume(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("consume", |cells| {
            let gamma = cells.query_challenge(self.challenges.gamma);
            let usable = fixed(cells, self.fixed.usable);
            let mut run = fixed(cells, self.fixed.run) * power(&gamma, self.lanes.len());
            for (hop, column) in self.params.hops.iter().zip(&self.fixed.hops) {
                run = run + fixed(cells, *column) * power(&gamma, *hop as usize);
            }
            let pair = self.fixed.pair.map(|column| fixed(cells, column));
            let mut codes = Vec::new();
            for lane in &self.lanes {
                let code = fixed(cells, lane.mask) * self.code(cells, lane);
                let product = |pair| pair * advice(cells, lane.limbs[0]) * advice(cells, lane.state);
                codes.push(pair.clone().map(product).map_or(code.clone(), |product| code + product));
            }
            let local = self.spread(cells, &gamma, codes);
            let below = next(cells, self.consumed);
            let mut gates = vec![usable.clone() * advice(cells, self.consumed) - local - run.clone() * below];
            if let Some(negative) = self.negative {
                let parts = self.lanes.iter().map(|lane| {
                    let off = constant(1) - advice(cells, lane.state);
                    fixed(cells, lane.mask) * off * self.upper(cells, lane)
                });
                let parts: Vec<_> = parts.collect();
                let local = self.spread(cells, &gamma, parts);
                let below = next(cells, negative);
                gates.push(usable * advice(cells, negative) - local - run * below);
            }
            gates
        });
    }

    /// What the lanes of a row amount to for consumers.
    fn spread(
        &self,
        cells: &mut VirtualCells<'_, Fr>,
        gamma: &Expression<Fr>,
        lanes: Vec<Expression<Fr>>,
    ) -> Expression<Fr> {
        let mut local = horner(gamma, lanes.clone());
        for (spread, column) in self.params.spreads.iter().zip(&self.fixed.spreads) {
            let apart = horner(&power(gamma, *spread as usize), lanes.clone());
            local = local + fixed(cells, *column) * (apart - horner(gamma, lanes.clone()));
        }
        local
    }

    /// `weight = multiplier · (Σ_l χ^l · weight_l + weight')`.
    fn weigh(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("weigh", |cells| {
            let weights = self.lane_weights(cells);
            let along_gamma = fixed(cells, self.fixed.along_gamma);
            let by_eta = horner(&cells.query_challenge(self.challenges.eta), weights.clone());
            let by_gamma = horner(&cells.query_challenge(self.challenges.gamma), weights);
            let more = fixed(cells, self.fixed.more);
            let below = next(cells, self.weight);
            let usable = fixed(cells, self.fixed.usable);
            let one = fixed(cells, self.fixed.one);
            let multiplier = advice(cells, self.multiplier);
            let mut local = by_eta.clone() + along_gamma * (by_gamma - by_eta);
            if let Some(monomial) = self.monomial_row(cells) {
                local = local + monomial;
            }
            vec![
                usable * advice(cells, self.weight) - multiplier.clone() * (local + more * below),
                one * (multiplier - constant(1)),
            ]
        });
    }

    /// Every limb but hidden coefficients is in the range table, segments of functions in their table with base and slope.
    fn look_up(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("lookup", |cells| {
            let beta = cells.query_challenge(self.challenges.beta);
            let delta = cells.query_challenge(self.challenges.delta);
            let usable = fixed(cells, self.fixed.usable);
            let hidden = fixed(cells, self.fixed.hidden);
            let mut fractions = Vec::new();
            let mut tuples = Vec::new();
            for lane in &self.lanes {
                let mask = fixed(cells, lane.mask);
                let top = lane.limbs.len() - 1;
                for (i, limb) in lane.limbs.iter().enumerate() {
                    let free = constant(1) - hidden.clone() * (constant(1) - mask.clone());
                    let numerator = if i == 0 { free } else { constant(1) };
                    let mut denominator = beta.clone() + advice(cells, *limb);
                    match self.fixed.function {
                        Some(function) if i == top => {
                            let tag = fixed(cells, function.tag);
                            let mut value = fixed(cells, function.active) * advice(cells, lane.state);
                            if let Some(slope) = lane.slope {
                                value = value + delta.clone() * advice(cells, slope);
                            }
                            denominator = denominator + delta.clone() * (tag + delta.clone() * value);
                            tuples.push(Fraction { numerator, denominator });
                        }
                        _ => fractions.push(Fraction { numerator, denominator }),
                    }
                }
            }
            for limb in self.private.iter().flat_map(|private| private.limbs.iter().flatten()) {
                let denominator = beta.clone() + advice(cells, *limb);
                fractions.push(Fraction { numerator: constant(1), denominator });
            }
            let mut entry = beta + fixed(cells, self.fixed.table);
            if let Some(function) = &self.fixed.function {
                let (tag, mut value) = (fixed(cells, function.table_tag), fixed(cells, function.table_base));
                if let Some(slope) = function.table_slope {
                    value = value + delta.clone() * fixed(cells, slope);
                }
                entry = entry + delta.clone() * (tag + delta * value);
            }
            fractions.push(Fraction { numerator: -advice(cells, self.multiplicity), denominator: entry });
            let ordered = pair(fractions, tuples);

            let helpers: Vec<_> = self.helpers.iter().map(|helper| advice(cells, *helper)).collect();
            let mut gates: Vec<_> = ordered
                .chunks(self.params.group())
                .zip(&helpers)
                .map(|(group, helper)| usable.clone() * group_gate(helper.clone(), group))
                .collect();
            let total = helpers.into_iter().reduce(|sum, helper| sum + helper).unwrap_or_else(|| constant(0));
            let sum = advice(cells, self.sum);
            let step = next(cells, self.sum) - sum.clone() - total;
            let mut products =
                fixed(cells, self.fixed.head) * advice(cells, self.consumed) * advice(cells, self.transfer);
            if let (Some(head), Some(negative)) = (self.fixed.negative_head, self.negative) {
                products = products + fixed(cells, head) * advice(cells, negative) * next(cells, self.transfer);
            }
            gates.push(usable * step - products);
            gates.push(fixed(cells, self.fixed.first) * (sum.clone() + advice(cells, self.produced)));
            gates.push(fixed(cells, self.fixed.last) * sum);
            gates
        });
    }

    /// Output codes equal the instance on their rows.
    fn publish(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("public", |cells| {
            let instance = cells.query_instance(self.instance, Rotation::cur());
            let output = if self.params.decision() {
                advice(cells, self.lanes[0].state)
            } else {
                self.code(cells, &self.lanes[0]) + constant(self.params.offset())
            };
            vec![fixed(cells, self.fixed.public) * (output - instance)]
        });
    }

    /// The codes of a row of a public input, each in bits of its own, are the row's value in the instance.
    fn publish_input(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(public), Some(codes), Some(form)) =
            (self.fixed.public_input, self.params.public_input, self.params.input_code())
        else {
            return;
        };
        meta.create_gate("public input", |cells| {
            let instance = cells.query_instance(self.instance, Rotation::cur());
            let mut row = -instance;
            for (bits, lane) in (0..).step_by(form.bits as usize).zip(&self.lanes) {
                let state = advice(cells, lane.state);
                let factor = match codes {
                    InputCodes::Signed => constant(2) * state - constant(1),
                    InputCodes::Unsigned => state,
                };
                let code = factor * self.upper(cells, lane) + constant(form.offset.unsigned_abs());
                row = row + fixed(cells, lane.mask) * code * power_of_two(bits);
            }
            vec![fixed(cells, public) * row]
        });
    }

    /// `Y_o = maximum − U_o − state_o`; states are ones, then zeros; U is 0 at the first zero.
    fn argmax(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(maximum), Some(decision), Some(inside)) =
            (self.maximum, self.fixed.decision, self.fixed.argmax_inside)
        else {
            return;
        };
        meta.create_gate("argmax", |cells| {
            let decision = fixed(cells, decision);
            let inside = fixed(cells, inside);
            let first = fixed(cells, self.fixed.first);
            let state_column = self.lanes[0].state;
            let before = cells.query_advice(state_column, Rotation::prev());
            let state = advice(cells, state_column);
            let after = next(cells, state_column);
            let gap = self.whole(cells, &self.lanes[0]);
            let falls = before.clone() - state.clone() + first * (constant(1) - before);
            vec![
                inside.clone() * (next(cells, maximum) - advice(cells, maximum)),
                inside.clone() * (constant(1) - state.clone()) * after,
                (decision.clone() - inside) * state,
                decision * falls * gap,
            ]
        });
    }

    /// `U`, all limbs of a lane.
    fn whole(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Expression<Fr> {
        self.positional(cells, &lane.limbs)
    }

    /// `a`, the value limbs of a lane.
    fn upper(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Expression<Fr> {
        self.positional(cells, &lane.limbs[self.params.digits.remainder_limbs as usize..])
    }

    fn positional(&self, cells: &mut VirtualCells<'_, Fr>, limbs: &[Column<Advice>]) -> Expression<Fr> {
        let bits = self.params.digits.limb_bits;
        let terms = limbs.iter().enumerate().map(|(i, column)| {
            let limb = advice(cells, *column);
            if i == 0 { limb } else { limb * power_of_two(bits * i as u32) }
        });
        terms.reduce(|sum, term| sum + term).unwrap_or_else(|| constant(0))
    }
}

/// 1/2.
fn half() -> Fr {
    use halo2_proofs::halo2curves::ff::PrimeField;
    Fr::TWO_INV
}

/// Lookups in the order in which they are grouped: a tuple, whose denominator is of degree 2, beside a plain one.
pub(super) fn pair<T>(plain: Vec<T>, tuples: Vec<T>) -> Vec<T> {
    let mut tuples = tuples.into_iter();
    let mut ordered = Vec::with_capacity(plain.len() + tuples.len());
    for item in plain {
        ordered.extend(tuples.next());
        ordered.push(item);
    }
    ordered.extend(tuples);
    ordered
}
