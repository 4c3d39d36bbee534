//! Columns and gates.
//!
//! `docs/protocol.md` states each identity; the names there are the names here. A row holds the limbs of one element;
//! the element *produces* its share of the accumulator of the layer before it and is *consumed* by the layer after it,
//! both on the same row, so that no value is ever copied. The output tensor stands first, the input last.

use halo2_proofs::{
    halo2curves::{bn256::Fr, ff::Field},
    plonk::{
        Advice, Challenge, Column, ConstraintSystem, Expression, FirstPhase, Fixed, Instance, SecondPhase, VirtualCells,
    },
    poly::Rotation,
};

use super::{
    lookup,
    params::{Params, PublicOutput},
};

/// Largest degree of a gate; the extended domain has four times the rows.
pub const DEGREE: usize = 5;

/// Columns and challenges of a model circuit.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) params: Params,
    // First phase: every integer of the model.
    pub(super) sign: Column<Advice>,
    pub(super) limbs: Vec<Column<Advice>>,
    pub(super) coefficient: Option<Column<Advice>>,
    pub(super) maximum: Option<Column<Advice>>,
    pub(super) multiplicity: Column<Advice>,
    // Second phase: accumulators.
    pub(super) produced: Column<Advice>,
    pub(super) consumed: Column<Advice>,
    pub(super) weight: Option<Column<Advice>>,
    pub(super) helpers: Vec<Column<Advice>>,
    pub(super) sum: Column<Advice>,

    pub(super) fixed: FixedColumns,
    pub(super) instance: Column<Instance>,
    /// Separates the outputs of a layer.
    pub(super) eta: Challenge,
    /// The pole of the lookup argument.
    pub(super) beta: Challenge,
    /// Separates the parts of a lookup tuple.
    pub(super) delta: Challenge,
}

/// Fixed columns; see the module documentation of the protocol for the value on each kind of row.
#[derive(Debug, Clone)]
pub(super) struct FixedColumns {
    pub(super) usable: Column<Fixed>,
    pub(super) edge: Column<Fixed>,
    pub(super) inside: Column<Fixed>,
    pub(super) end: Column<Fixed>,
    pub(super) first: Column<Fixed>,
    pub(super) positive: Column<Fixed>,
    pub(super) value: Column<Fixed>,
    pub(super) low_scale: Column<Fixed>,
    pub(super) top_scale: Column<Fixed>,
    pub(super) offset: Column<Fixed>,
    pub(super) bias: Column<Fixed>,
    pub(super) public_output: Column<Fixed>,
    pub(super) public_input: Option<Column<Fixed>>,
    pub(super) argmax: Option<Column<Fixed>>,
    pub(super) segment: Option<SegmentColumns>,
    pub(super) table: Column<Fixed>,
    pub(super) lanes: Vec<Column<Fixed>>,
    pub(super) keep: Option<Column<Fixed>>,
}

/// Fixed columns of models with a segment table.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentColumns {
    /// First row of a segment element.
    pub(super) head: Column<Fixed>,
    /// Second row of a segment element.
    pub(super) tail: Column<Fixed>,
    pub(super) table_tag: Column<Fixed>,
    pub(super) table_coefficient: Column<Fixed>,
}

/// 2^bits in the field.
pub(super) fn power_of_two(bits: u32) -> Fr {
    Fr::from(2).pow([u64::from(bits)])
}

fn constant(value: u64) -> Expression<Fr> {
    Expression::Constant(Fr::from(value))
}

impl Config {
    /// Allocates the columns and creates the gates.
    pub fn new(meta: &mut ConstraintSystem<Fr>, params: Params) -> Self {
        let limbs = params.digits.limbs() as usize;
        let sign = meta.advice_column_in(FirstPhase);
        let limb_columns = (0..limbs).map(|_| meta.advice_column_in(FirstPhase)).collect();
        let coefficient = params.segments.map(|_| meta.advice_column_in(FirstPhase));
        let maximum = params.argmax.then(|| meta.advice_column_in(FirstPhase));
        let multiplicity = meta.advice_column_in(FirstPhase);
        let eta = meta.challenge_usable_after(FirstPhase);
        let beta = meta.challenge_usable_after(FirstPhase);
        let delta = meta.challenge_usable_after(FirstPhase);
        let config = Self {
            sign,
            limbs: limb_columns,
            coefficient,
            maximum,
            multiplicity,
            produced: meta.advice_column_in(SecondPhase),
            consumed: meta.advice_column_in(SecondPhase),
            weight: params.tall_weights.then(|| meta.advice_column_in(SecondPhase)),
            helpers: (1..lookup::groups(limbs + 1)).map(|_| meta.advice_column_in(SecondPhase)).collect(),
            sum: meta.advice_column_in(SecondPhase),
            fixed: FixedColumns::new(meta, &params),
            instance: meta.instance_column(),
            eta,
            beta,
            delta,
            params,
        };
        config.signs(meta);
        config.linear(meta);
        config.lookups(meta);
        config.public(meta);
        config.segments(meta);
        config.argmax(meta);
        meta.set_minimum_degree(DEGREE);
        config
    }

    /// All advice columns with their names, in the order of the constraint system.
    pub fn advice(&self) -> Vec<(String, Column<Advice>)> {
        let mut columns = vec![("sign".to_owned(), self.sign)];
        columns.extend(self.limbs.iter().enumerate().map(|(i, c)| (format!("limb {i}"), *c)));
        columns.extend(self.coefficient.map(|c| ("coefficient".to_owned(), c)));
        columns.extend(self.maximum.map(|c| ("maximum".to_owned(), c)));
        columns.push(("multiplicity".to_owned(), self.multiplicity));
        columns.push(("produced".to_owned(), self.produced));
        columns.push(("consumed".to_owned(), self.consumed));
        columns.extend(self.weight.map(|c| ("weight".to_owned(), c)));
        columns.extend(self.helpers.iter().enumerate().map(|(i, c)| (format!("helper {i}"), *c)));
        columns.push(("sum".to_owned(), self.sum));
        columns
    }

    /// `sign` is a bit everywhere, and 1 where the row has no sign.
    fn signs(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("sign", |cells| {
            let usable = cells.query_fixed(self.fixed.usable, Rotation::cur());
            let positive = cells.query_fixed(self.fixed.positive, Rotation::cur());
            let sign = cells.query_advice(self.sign, Rotation::cur());
            vec![usable * sign.clone() * (sign.clone() - constant(1)), positive * (sign - constant(1))]
        });
    }

    /// One identity per layer: what its outputs produce equals what it consumes of its inputs.
    fn linear(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("linear", |cells| {
            let fixed = |cells: &mut VirtualCells<'_, Fr>, column| cells.query_fixed(column, Rotation::cur());
            let inside = fixed(cells, self.fixed.inside);
            let end = fixed(cells, self.fixed.end);
            let first = fixed(cells, self.fixed.first);
            let edge = fixed(cells, self.fixed.edge);
            let produced = cells.query_advice(self.produced, Rotation::cur());
            let produced_next = cells.query_advice(self.produced, Rotation::next());
            let consumed = cells.query_advice(self.consumed, Rotation::cur());
            let consumed_next = cells.query_advice(self.consumed, Rotation::next());
            let eta = cells.query_challenge(self.eta);

            let active = inside.clone() + end.clone();
            let shifted = produced.clone() * (active - first.clone() + first * eta);
            let share = self.share(cells);
            let product = self.code(cells) * self.weights(cells);
            vec![
                inside.clone() * produced_next.clone() + end.clone() * consumed_next.clone() - shifted - share,
                inside * (consumed_next - consumed.clone()) - end.clone() * consumed.clone() + product,
                end * produced_next,
                edge.clone() * produced,
                edge * consumed,
            ]
        });
        let Some((weight, keep)) = self.weight.zip(self.fixed.keep) else { return };
        meta.create_gate("tall weights", |cells| {
            let usable = cells.query_fixed(self.fixed.usable, Rotation::cur());
            let keep = cells.query_fixed(keep, Rotation::cur());
            let below = cells.query_advice(weight, Rotation::next());
            let weight = cells.query_advice(weight, Rotation::cur());
            vec![usable * (weight - self.horner(cells, keep * below))]
        });
    }

    /// What this row adds to the accumulator of the layer that makes its element, bias taken off.
    fn share(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        let fixed = |cells: &mut VirtualCells<'_, Fr>, column| cells.query_fixed(column, Rotation::cur());
        let low = self.low(cells);
        let top = self.top(cells);
        let integer = fixed(cells, self.fixed.low_scale) * low
            + fixed(cells, self.fixed.top_scale) * top
            + fixed(cells, self.fixed.offset);
        let bias = fixed(cells, self.fixed.bias);
        let sign = cells.query_advice(self.sign, Rotation::cur());
        let signed = constant(2) * sign.clone() - constant(1);
        match (self.fixed.argmax, self.maximum) {
            (Some(argmax), Some(maximum)) => {
                let argmax = fixed(cells, argmax);
                let maximum = cells.query_advice(maximum, Rotation::cur());
                let factor = signed + argmax.clone() * constant(2) * (constant(1) - sign.clone());
                factor * integer + argmax * (maximum - sign) - bias
            }
            _ => signed * integer - bias,
        }
    }

    /// The code that the next layer consumes; 0 on rows that it does not consume.
    fn code(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        let value = cells.query_fixed(self.fixed.value, Rotation::cur()) * self.value_code(cells);
        match &self.fixed.segment {
            Some(segment) => value + cells.query_fixed(segment.head, Rotation::cur()) * self.segment_code(cells),
            None => value,
        }
    }

    /// `sign · a`, a being the upper limbs.
    fn value_code(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        let digits = &self.params.digits;
        let sign = cells.query_advice(self.sign, Rotation::cur());
        let upper = self.limbs[digits.remainder_limbs as usize..].to_vec();
        sign * self.positional(cells, &upper)
    }

    /// `2^(F−1) ± (base + slope · f)`.
    fn segment_code(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        let (Some((output_bits, _)), Some(coefficient)) = (self.params.segments, self.coefficient) else {
            return constant(0);
        };
        let base = cells.query_advice(coefficient, Rotation::cur());
        let slope = cells.query_advice(coefficient, Rotation::next());
        let below = cells.query_advice(self.limbs[self.limbs.len() - 2], Rotation::cur());
        let sign = cells.query_advice(self.sign, Rotation::cur());
        let half = Expression::Constant(power_of_two(output_bits - 1));
        half + (constant(2) * sign - constant(1)) * (base + slope * below)
    }

    /// The weights of this row's element in the next layer, outputs batched by powers of η.
    fn weights(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        match self.weight {
            Some(weight) => cells.query_advice(weight, Rotation::cur()),
            None => self.horner(cells, constant(0)),
        }
    }

    /// `(((start · η + lane_0) · η + lane_1) · η + …)`.
    fn horner(&self, cells: &mut VirtualCells<'_, Fr>, start: Expression<Fr>) -> Expression<Fr> {
        let eta = cells.query_challenge(self.eta);
        self.fixed.lanes.iter().enumerate().fold(start, |sum, (lane, column)| {
            let weight = cells.query_fixed(*column, Rotation::cur());
            if lane == 0 && self.weight.is_none() { weight } else { sum * eta.clone() + weight }
        })
    }

    /// All limbs but the top one, as one integer.
    fn low(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        let low = self.limbs[..self.limbs.len() - 1].to_vec();
        self.positional(cells, &low)
    }

    fn top(&self, cells: &mut VirtualCells<'_, Fr>) -> Expression<Fr> {
        cells.query_advice(self.limbs[self.limbs.len() - 1], Rotation::cur())
    }

    /// `Σ 2^(limb_bits · i) · limb_i`.
    fn positional(&self, cells: &mut VirtualCells<'_, Fr>, limbs: &[Column<Advice>]) -> Expression<Fr> {
        let bits = self.params.digits.limb_bits;
        let terms = limbs.iter().enumerate().map(|(i, column)| {
            let limb = cells.query_advice(*column, Rotation::cur());
            if i == 0 { limb } else { limb * power_of_two(bits * i as u32) }
        });
        terms.reduce(|sum, term| sum + term).unwrap_or_else(|| constant(0))
    }

    /// Every limb is in the range table; the top limb of a segment row is in the segment table with its coefficient.
    fn lookups(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("lookup", |cells| {
            let beta = cells.query_challenge(self.beta);
            let delta = cells.query_challenge(self.delta);
            let mut fractions: Vec<lookup::Fraction> = self
                .limbs
                .iter()
                .map(|column| lookup::Fraction {
                    numerator: constant(1),
                    denominator: beta.clone() + cells.query_advice(*column, Rotation::cur()),
                })
                .collect();
            let mut entry = beta + cells.query_fixed(self.fixed.table, Rotation::cur());
            if let (Some(segment), Some(coefficient)) = (&self.fixed.segment, self.coefficient) {
                let head = cells.query_fixed(segment.head, Rotation::cur());
                let tail = cells.query_fixed(segment.tail, Rotation::cur());
                let coefficient = cells.query_advice(coefficient, Rotation::cur());
                if let Some(top) = fractions.last_mut() {
                    let tag = head + constant(2) * tail;
                    top.denominator =
                        top.denominator.clone() + delta.clone() * tag + delta.clone() * delta.clone() * coefficient;
                }
                let tag = cells.query_fixed(segment.table_tag, Rotation::cur());
                let coefficient = cells.query_fixed(segment.table_coefficient, Rotation::cur());
                entry = entry + delta.clone() * tag + delta.clone() * delta * coefficient;
            }
            let multiplicity = cells.query_advice(self.multiplicity, Rotation::cur());
            fractions.push(lookup::Fraction { numerator: -multiplicity, denominator: entry });

            let usable = cells.query_fixed(self.fixed.usable, Rotation::cur());
            let edge = cells.query_fixed(self.fixed.edge, Rotation::cur());
            let sum = cells.query_advice(self.sum, Rotation::cur());
            let sum_next = cells.query_advice(self.sum, Rotation::next());
            let helpers = self.helpers.iter().map(|h| cells.query_advice(*h, Rotation::cur())).collect();
            let mut gates = lookup::gates(fractions, helpers, sum_next - sum.clone());
            gates.iter_mut().for_each(|gate| *gate = usable.clone() * gate.clone());
            gates.push(edge * sum);
            gates
        });
    }

    /// Public codes equal the instance on their rows.
    fn public(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("public", |cells| {
            let instance = cells.query_instance(self.instance, Rotation::cur());
            let output = match self.params.output {
                PublicOutput::Value => self.value_code(cells),
                PublicOutput::Segments => self.segment_code(cells),
                PublicOutput::Bit => cells.query_advice(self.sign, Rotation::cur()),
            };
            let mut gates =
                vec![cells.query_fixed(self.fixed.public_output, Rotation::cur()) * (output - instance.clone())];
            if let Some(input) = self.fixed.public_input {
                let code = self.value_code(cells);
                gates.push(cells.query_fixed(input, Rotation::cur()) * (code - instance));
            }
            gates
        });
    }

    /// The second row of a segment element repeats segment and sign, and holds what exceeds the saturated segment.
    fn segments(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(segment), Some((_, last))) = (self.fixed.segment, self.params.segments) else { return };
        meta.create_gate("segment", |cells| {
            let tail = cells.query_fixed(segment.tail, Rotation::cur());
            let top_column = self.limbs[self.limbs.len() - 1];
            let head_top = cells.query_advice(top_column, Rotation::prev());
            let head_sign = cells.query_advice(self.sign, Rotation::prev());
            let sign = cells.query_advice(self.sign, Rotation::cur());
            let top = self.top(cells);
            let excess = self.low(cells);
            vec![
                tail.clone() * (top.clone() - head_top),
                tail.clone() * (sign - head_sign),
                tail * excess * (top - constant(u64::from(last))),
            ]
        });
    }

    /// `Y_o = maximum − U_o − sign_o`; signs are ones, then zeros; U is 0 at the first zero.
    fn argmax(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(argmax), Some(maximum)) = (self.fixed.argmax, self.maximum) else { return };
        meta.create_gate("argmax", |cells| {
            let argmax = cells.query_fixed(argmax, Rotation::cur());
            let inside = cells.query_fixed(self.fixed.inside, Rotation::cur());
            let end = cells.query_fixed(self.fixed.end, Rotation::cur());
            let edge = cells.query_fixed(self.fixed.edge, Rotation::cur());
            let maximum_next = cells.query_advice(maximum, Rotation::next());
            let maximum = cells.query_advice(maximum, Rotation::cur());
            let before = cells.query_advice(self.sign, Rotation::prev());
            let sign = cells.query_advice(self.sign, Rotation::cur());
            let after = cells.query_advice(self.sign, Rotation::next());
            let all = self.limbs.clone();
            let gap = self.positional(cells, &all);
            let falls = before.clone() - sign.clone() + edge * (constant(1) - before);
            vec![
                argmax.clone() * inside.clone() * (maximum_next - maximum),
                argmax.clone() * inside * (constant(1) - sign.clone()) * after,
                argmax.clone() * end * sign,
                argmax * falls * gap,
            ]
        });
    }
}

impl FixedColumns {
    fn new(meta: &mut ConstraintSystem<Fr>, params: &Params) -> Self {
        Self {
            usable: meta.fixed_column(),
            edge: meta.fixed_column(),
            inside: meta.fixed_column(),
            end: meta.fixed_column(),
            first: meta.fixed_column(),
            positive: meta.fixed_column(),
            value: meta.fixed_column(),
            low_scale: meta.fixed_column(),
            top_scale: meta.fixed_column(),
            offset: meta.fixed_column(),
            bias: meta.fixed_column(),
            public_output: meta.fixed_column(),
            public_input: params.public_input.then(|| meta.fixed_column()),
            argmax: params.argmax.then(|| meta.fixed_column()),
            segment: params.segments.map(|_| SegmentColumns {
                head: meta.fixed_column(),
                tail: meta.fixed_column(),
                table_tag: meta.fixed_column(),
                table_coefficient: meta.fixed_column(),
            }),
            table: meta.fixed_column(),
            lanes: (0..params.lanes).map(|_| meta.fixed_column()).collect(),
            keep: params.tall_weights.then(|| meta.fixed_column()),
        }
    }
}
