//! The gates. `docs/protocol.md` states each identity under the name that it has here; so do the lists of mutants
//! (`tests/mutants.rs`), by gate and constraint.

use halo2_proofs::{
    halo2curves::{bn256::Fr, ff::Field},
    plonk::{Advice, Column, ConstraintSystem, Expression, Fixed, VirtualCells},
    poly::Rotation,
};

use super::{
    Config,
    columns::Lane,
    formula::{Element, Ring, positional, table_key},
    lookup::{Fraction, group_gate, pair},
    params::InputCodes,
};

/// 2^bits in the field.
pub(super) fn power_of_two(bits: u32) -> Fr {
    Fr::from(2).pow([u64::from(bits)])
}

fn constant(value: u64) -> Expression<Fr> {
    Ring::constant(value)
}

pub(super) fn fixed(cells: &mut VirtualCells<'_, Fr>, column: Column<Fixed>) -> Expression<Fr> {
    cells.query_fixed(column, Rotation::cur())
}

pub(super) fn advice(cells: &mut VirtualCells<'_, Fr>, column: Column<Advice>) -> Expression<Fr> {
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
pub(super) fn horner(x: &Expression<Fr>, terms: Vec<Expression<Fr>>) -> Expression<Fr> {
    let sum = terms.into_iter().rev().reduce(|sum, term| sum * x.clone() + term);
    sum.unwrap_or_else(|| constant(0))
}

/// Constraints of a gate, each with a name.
pub(super) type Constraints = Vec<(&'static str, Expression<Fr>)>;

impl Config {
    /// Creates a gate.
    pub(super) fn gate(
        &self,
        meta: &mut ConstraintSystem<Fr>,
        name: &'static str,
        constraints: impl FnOnce(&mut VirtualCells<'_, Fr>) -> Constraints,
    ) {
        meta.create_gate(name, |cells| {
            let constraints = constraints(cells);
            #[cfg(test)]
            let constraints = self.mutated(cells, name, constraints);
            constraints
        });
    }

    /// States are bits; 0, 1 or 2 on rows of a Clip; anything on rows of a table, which bounds them, and second factors
    /// on rows of pairs.
    pub(super) fn states(&self, meta: &mut ConstraintSystem<Fr>) {
        // Protocol, §4: state.
        self.gate(meta, "state", |cells| {
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
                gates.push(("bit", bit.clone() * is_bit.clone()));
                gates.extend(clip.clone().map(|clip| ("clip", clip * is_bit * (state - constant(2)))));
            }
            gates
        });
    }

    /// What the rows from here on produce, each polynomial at γ and all of them batched by powers of η.
    pub(super) fn produce(&self, meta: &mut ConstraintSystem<Fr>) {
        // Protocol, §4: produce.
        self.gate(meta, "produce", |cells| {
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
                let share = self.element(cells, lane).accumulator(&self.params);
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
                let maximum = self.maximum.map(|column| advice(cells, column));
                let decided = self.element(cells, &self.lanes[0]).decided(&self.params, maximum);
                local = local + fixed(cells, decision) * (decided - bias);
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
            vec![("produced", usable * advice(cells, self.produced) - local - link * below)]
        });
    }

    /// The cells of an element.
    fn element(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Element<Expression<Fr>> {
        let limbs: Vec<_> = lane.limbs.iter().map(|column| advice(cells, *column)).collect();
        let digits = &self.params.digits;
        let position = limbs.len().checked_sub(2).map(|at| limbs[at].clone());
        Element {
            state: advice(cells, lane.state),
            whole: positional(digits.limb_bits, limbs.iter().cloned()),
            upper: positional(digits.limb_bits, limbs.into_iter().skip(digits.remainder_limbs as usize)),
            line: lane.slope.map(|slope| advice(cells, slope)).zip(position),
            signed: fixed(cells, self.fixed.signed),
            active: self.fixed.function.map(|function| fixed(cells, function.active)),
            compare: self.fixed.compare.map(|column| fixed(cells, column)),
        }
    }

    /// Polynomials that consumers read, from the first row of their run; their products with the factors of the runs
    /// are summed with the lookups' fractions.
    pub(super) fn consume(&self, meta: &mut ConstraintSystem<Fr>) {
        // Protocol, §4: consume.
        self.gate(meta, "consume", |cells| {
            let gamma = cells.query_challenge(self.challenges.gamma);
            let usable = fixed(cells, self.fixed.usable);
            let mut run = fixed(cells, self.fixed.run) * power(&gamma, self.lanes.len());
            for (hop, column) in self.params.hops.iter().zip(&self.fixed.hops) {
                run = run + fixed(cells, *column) * power(&gamma, *hop as usize);
            }
            let pair = self.fixed.pair.map(|column| fixed(cells, column));
            let mut codes = Vec::new();
            for lane in &self.lanes {
                let code = fixed(cells, lane.mask) * self.element(cells, lane).code(&self.params);
                let product = |pair| pair * advice(cells, lane.limbs[0]) * advice(cells, lane.state);
                codes.push(pair.clone().map(product).map_or(code.clone(), |product| code + product));
            }
            let local = self.spread(cells, &gamma, codes);
            let below = next(cells, self.consumed);
            let consumed = usable.clone() * advice(cells, self.consumed) - local - run.clone() * below;
            let mut gates = vec![("consumed", consumed)];
            if let Some(negative) = self.negative {
                let mut parts = Vec::new();
                for lane in &self.lanes {
                    parts.push(fixed(cells, lane.mask) * self.element(cells, lane).negative());
                }
                let local = self.spread(cells, &gamma, parts);
                let below = next(cells, negative);
                gates.push(("negative", usable * advice(cells, negative) - local - run * below));
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
    pub(super) fn weigh(&self, meta: &mut ConstraintSystem<Fr>) {
        // Protocol, §4: weigh.
        self.gate(meta, "weigh", |cells| {
            let weights = self.lane_weights(cells);
            let along_gamma = fixed(cells, self.fixed.along_gamma);
            let [of_eta, of_gamma] = self.params.weight_lanes.map(|lanes| weights[..lanes].to_vec());
            let by_eta = horner(&cells.query_challenge(self.challenges.eta), of_eta);
            let by_gamma = horner(&cells.query_challenge(self.challenges.gamma), of_gamma);
            let more = fixed(cells, self.fixed.more);
            let below = next(cells, self.weight);
            let usable = fixed(cells, self.fixed.usable);
            let one = fixed(cells, self.fixed.one);
            let multiplier = advice(cells, self.multiplier);
            let mut local = by_eta.clone() + along_gamma * (by_gamma - by_eta);
            for added in [self.monomial_row(cells), self.packed_integer(cells)].into_iter().flatten() {
                local = local + added;
            }
            vec![
                ("weight", usable * advice(cells, self.weight) - multiplier.clone() * (local + more * below)),
                ("one", one * (multiplier - constant(1))),
            ]
        });
    }

    /// Every limb but hidden coefficients is in the range table, segments of functions in their table with base and
    /// slope.
    pub(super) fn look_up(&self, meta: &mut ConstraintSystem<Fr>) {
        // Protocol, §4: lookup.
        self.gate(meta, "lookup", |cells| {
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
                    let limb = advice(cells, *limb);
                    match self.fixed.function {
                        Some(function) if i == top => {
                            let base = fixed(cells, function.active) * advice(cells, lane.state);
                            let slope = lane.slope.map(|slope| advice(cells, slope));
                            let key = table_key(&delta, limb, fixed(cells, function.tag), base, slope);
                            tuples.push(Fraction { numerator, denominator: beta.clone() + key });
                        }
                        _ => fractions.push(Fraction { numerator, denominator: beta.clone() + limb }),
                    }
                }
            }
            for limb in self.private.iter().flat_map(|private| private.limbs.iter().flatten()) {
                let denominator = beta.clone() + advice(cells, *limb);
                fractions.push(Fraction { numerator: constant(1), denominator });
            }
            let mut entry = fixed(cells, self.fixed.table);
            if let Some(function) = &self.fixed.function {
                let (tag, base) = (fixed(cells, function.table_tag), fixed(cells, function.table_base));
                let slope = function.table_slope.map(|slope| fixed(cells, slope));
                entry = table_key(&delta, entry, tag, base, slope);
            }
            fractions.push(Fraction { numerator: -advice(cells, self.multiplicity), denominator: beta + entry });
            let ordered = pair(fractions, tuples);

            let helpers: Vec<_> = self.helpers.iter().map(|helper| advice(cells, *helper)).collect();
            ordered
                .chunks(self.params.group())
                .zip(&helpers)
                .map(|(group, helper)| ("group", usable.clone() * group_gate(helper.clone(), group)))
                .collect()
        });
    }

    /// The running sum of lookups' fractions and runs' products, from −produced to 0.
    pub(super) fn sum_up(&self, meta: &mut ConstraintSystem<Fr>) {
        // Protocol, §4: sum.
        self.gate(meta, "sum", |cells| {
            let helpers = self.helpers.iter().map(|helper| advice(cells, *helper));
            let total = helpers.reduce(|sum, helper| sum + helper).unwrap_or_else(|| constant(0));
            let step = next(cells, self.sum) - advice(cells, self.sum) - total;
            let mut products =
                fixed(cells, self.fixed.head) * advice(cells, self.consumed) * advice(cells, self.transfer);
            if let (Some(head), Some(negative)) = (self.fixed.negative_head, self.negative) {
                products = products + fixed(cells, head) * advice(cells, negative) * next(cells, self.transfer);
            }
            if let Some(recorded) = self.recorded(cells) {
                products = products + recorded;
            }
            vec![("sum", fixed(cells, self.fixed.usable) * step - products)]
        });
        // Protocol, §4: ends.
        self.gate(meta, "ends", |cells| {
            let sum = advice(cells, self.sum);
            vec![
                ("first", fixed(cells, self.fixed.first) * (sum.clone() + advice(cells, self.produced))),
                ("last", fixed(cells, self.fixed.last) * sum),
            ]
        });
    }

    /// Output codes equal the instance on their rows.
    pub(super) fn publish(&self, meta: &mut ConstraintSystem<Fr>) {
        // Protocol, §4: public.
        self.gate(meta, "public", |cells| {
            let instance = cells.query_instance(self.instance, Rotation::cur());
            let output = if self.params.decision() {
                advice(cells, self.lanes[0].state)
            } else {
                self.element(cells, &self.lanes[0]).code(&self.params)
                    + constant(self.params.output.code().offset.unsigned_abs())
            };
            vec![("output", fixed(cells, self.fixed.public) * (output - instance))]
        });
    }

    /// The codes of a row of a public input, each in bits of its own, are the row's value in the instance.
    pub(super) fn publish_input(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(public), Some(codes), Some(form)) =
            (self.fixed.public_input, self.params.public_input, self.params.input_code())
        else {
            return;
        };
        // Protocol, §4: public input.
        self.gate(meta, "public input", |cells| {
            let instance = cells.query_instance(self.instance, Rotation::cur());
            let mut row = -instance;
            for (bits, lane) in (0..).step_by(form.bits as usize).zip(&self.lanes) {
                let state = advice(cells, lane.state);
                let factor = match codes {
                    InputCodes::Signed => constant(2) * state - constant(1),
                    InputCodes::Unsigned => state,
                };
                let code = factor * self.element(cells, lane).upper + constant(form.offset.unsigned_abs());
                row = row + fixed(cells, lane.mask) * code * power_of_two(bits);
            }
            vec![("input", fixed(cells, public) * row)]
        });
    }

    /// `Y_o = maximum − U_o − state_o`; states are ones, then zeros; U is 0 at the first zero.
    pub(super) fn argmax(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(maximum), Some(decision), Some(inside)) =
            (self.maximum, self.fixed.decision, self.fixed.argmax_inside)
        else {
            return;
        };
        // Protocol, §4: argmax.
        self.gate(meta, "argmax", |cells| {
            let decision = fixed(cells, decision);
            let inside = fixed(cells, inside);
            let first = fixed(cells, self.fixed.first);
            let state_column = self.lanes[0].state;
            let before = cells.query_advice(state_column, Rotation::prev());
            let state = advice(cells, state_column);
            let after = next(cells, state_column);
            let gap = self.element(cells, &self.lanes[0]).whole;
            let falls = before.clone() - state.clone() + first * (constant(1) - before);
            vec![
                ("one maximum", inside.clone() * (next(cells, maximum) - advice(cells, maximum))),
                ("ones, then zeros", inside.clone() * (constant(1) - state.clone()) * after),
                ("a last zero", (decision.clone() - inside) * state),
                ("no gap", decision * falls * gap),
            ]
        });
    }
}
