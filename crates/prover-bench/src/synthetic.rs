//! A circuit of the kind that proves neural networks: two phases, four activations a row, look-ups written as gates
//! (logarithmic derivatives), one sum by powers of a challenge on each side. 22 advice columns, degree 4, tables of 8
//! bits.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{BatchInvert, Field};
use halo2_proofs::plonk::{
    Advice, Challenge, Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed, SecondPhase,
};
use halo2_proofs::poly::Rotation;
use hushproof_halo2_prover::oracle::Handles;
use hushproof_halo2_prover::{Challenges, ColumnValues, Source, Witness};
use rand_core::RngCore;

/// Activations a row.
const LANES: usize = 4;
const TABLE_BITS: u32 = 8;
const TABLE: usize = 1 << TABLE_BITS;
const SCALE: i64 = 4096;

#[derive(Clone)]
pub(crate) struct Config {
    /// Integers z', max(z', 0) and remainders.
    first: [Vec<Column<Advice>>; 3],
    multiplicities: [Column<Advice>; 2],
    /// Helpers of the look-ups of activations, then of remainders, then of the tables.
    helpers: Vec<Column<Advice>>,
    /// The running sum of the look-ups, and of both sides.
    sums: [Column<Advice>; 3],
    /// Activations, their positive parts, remainders, and which rows are active.
    fixed: [Column<Fixed>; 4],
    beta: Challenge,
    alpha: Challenge,
}

impl Config {
    /// Advice columns, in the order of the constraint system, and challenges.
    pub(crate) fn handles(&self) -> Handles {
        let first = self.first.iter().flatten().chain(&self.multiplicities);
        let columns = first.chain(&self.helpers).chain(&self.sums);
        (columns.copied().collect(), vec![self.beta, self.alpha])
    }
}

#[derive(Clone)]
pub(crate) struct Synthetic {
    rows: usize,
    activations: Vec<i64>,
    remainders: Vec<i64>,
}

fn element(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

fn table(row: usize) -> i64 {
    row.min(TABLE - 1) as i64
}

impl Synthetic {
    pub(crate) fn new(k: u32, rng: &mut impl RngCore) -> Self {
        let rows = (1 << k) - 16;
        let mut integers = |offset: i64| -> Vec<i64> {
            (0..rows * LANES).map(|_| i64::from(rng.next_u32() % TABLE as u32) - offset).collect()
        };
        Self { rows, activations: integers(TABLE as i64 / 2), remainders: integers(0) }
    }

    /// The columns of the first phase: activations, positive parts, remainders, multiplicities.
    fn first(&self) -> Vec<Vec<i64>> {
        let lane = |values: &[i64], lane: usize| values.iter().skip(lane).step_by(LANES).copied().collect::<Vec<_>>();
        let positive: Vec<_> = self.activations.iter().map(|value| (*value).max(0)).collect();
        let mut columns = Vec::new();
        for values in [&self.activations, &positive, &self.remainders] {
            columns.extend((0..LANES).map(|i| lane(values, i)));
        }
        let mut multiplicities = [vec![0; TABLE], vec![0; TABLE]];
        for (activation, remainder) in self.activations.iter().zip(&self.remainders) {
            multiplicities[0][(activation + TABLE as i64 / 2) as usize] += 1;
            multiplicities[1][*remainder as usize] += 1;
        }
        columns.extend(multiplicities);
        columns
    }

    /// The columns of the second phase: helpers, the table's helper, sums.
    fn second(&self, beta: Fr, alpha: Fr) -> Vec<Vec<Fr>> {
        let first = self.first();
        let multiplicity = |table: usize, row: usize| first[3 * LANES + table].get(row).copied().unwrap_or(0);
        let mut inverses = Vec::with_capacity(self.rows * (2 * LANES + 2));
        for row in 0..self.rows {
            for lane in 0..LANES {
                let value = self.activations[row * LANES + lane];
                inverses.push(beta + element(value) + alpha * element(value.max(0)));
            }
            inverses.extend((0..LANES).map(|lane| beta + element(self.remainders[row * LANES + lane])));
            let value = table(row) - TABLE as i64 / 2;
            inverses.push(beta + element(value) + alpha * element(value.max(0)));
            inverses.push(beta + element(table(row)));
        }
        inverses.iter_mut().batch_invert();
        let mut columns = vec![Vec::new(); LANES + 1];
        let mut sums = [vec![Fr::ZERO], vec![Fr::ZERO], vec![Fr::ZERO]];
        for (row, inverses) in inverses.chunks_exact(2 * LANES + 2).enumerate() {
            let mut total = sums[0][row];
            for (column, pair) in columns.iter_mut().zip(inverses[..2 * LANES].chunks_exact(2)) {
                let helper = pair[0] + pair[1];
                column.push(helper);
                total += helper;
            }
            let helper = inverses[2 * LANES] * element(multiplicity(0, row))
                + inverses[2 * LANES + 1] * element(multiplicity(1, row));
            columns[LANES].push(helper);
            sums[0].push(total - helper);
            let (mut left, mut right) = (sums[1][row], sums[2][row]);
            for lane in 0..LANES {
                let value = self.activations[row * LANES + lane].max(0);
                left = left * alpha + element(value * SCALE + self.remainders[row * LANES + lane]);
                right = right * alpha + element(value);
            }
            sums[1].push(left);
            sums[2].push(right);
        }
        columns.extend(sums);
        columns
    }
}

impl Witness for Synthetic {
    fn phase(&mut self, phase: u8, challenges: &Challenges) -> Result<Vec<ColumnValues>, Source> {
        if phase == 0 {
            let small = |values: Vec<i64>| {
                let largest = values.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
                ColumnValues::Small { values, bits: 64 - largest.leading_zeros() }
            };
            return Ok(self.first().into_iter().map(small).collect());
        }
        let beta = challenges.get(0).ok_or("a challenge is missing")?;
        let alpha = challenges.get(1).ok_or("a challenge is missing")?;
        let field = |values: Vec<Fr>| ColumnValues::Field(values.into_iter().map(Into::into).collect());
        Ok(self.second(beta.into(), alpha.into()).into_iter().map(field).collect())
    }
}

impl Circuit<Fr> for Synthetic {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        let first = [(); 3].map(|()| (0..LANES).map(|_| meta.advice_column()).collect::<Vec<_>>());
        let multiplicities = [(); 2].map(|()| meta.advice_column());
        let beta = meta.challenge_usable_after(FirstPhase);
        let alpha = meta.challenge_usable_after(FirstPhase);
        let helpers: Vec<_> = (0..=LANES).map(|_| meta.advice_column_in(SecondPhase)).collect();
        let sums = [(); 3].map(|()| meta.advice_column_in(SecondPhase));
        let fixed = [(); 4].map(|()| meta.fixed_column());
        let instance = meta.instance_column();
        sums.into_iter().for_each(|sum| meta.enable_equality(sum));
        meta.enable_equality(instance);
        let config = Config { first, multiplicities, helpers, sums, fixed, beta, alpha };
        let c = config.clone();
        meta.create_gate("all", |cells| {
            let (beta, alpha) = (cells.query_challenge(beta), cells.query_challenge(alpha));
            let mut now = |column| cells.query_advice(column, Rotation::cur());
            let [values, positive, remainders] =
                c.first.map(|columns| columns.into_iter().map(&mut now).collect::<Vec<_>>());
            let [m0, m1] = c.multiplicities.map(&mut now);
            let helpers: Vec<_> = c.helpers.into_iter().map(&mut now).collect();
            let [sum, left, right] = c.sums.map(&mut now);
            let [sum_next, left_next, right_next] = c.sums.map(|column| cells.query_advice(column, Rotation::next()));
            let [t0, t1, t2, active] = c.fixed.map(|column| cells.query_fixed(column, Rotation::cur()));
            let pair = |value: Expression<Fr>, positive| beta.clone() + value + alpha.clone() * positive;
            let mut keys: Vec<_> = values.into_iter().zip(positive.clone()).map(|(v, p)| pair(v, p)).collect();
            keys.extend(remainders.iter().map(|remainder| beta.clone() + remainder.clone()));
            let mut gates = Vec::new();
            for (helper, keys) in helpers.iter().zip(keys.chunks_exact(2)) {
                let (a, b) = (keys[0].clone(), keys[1].clone());
                gates.push(active.clone() * (helper.clone() * a.clone() * b.clone() - a - b));
            }
            let (a, b) = (pair(t0, t1), beta.clone() + t2);
            let product = helpers[LANES].clone() * a.clone() * b.clone();
            gates.push(active.clone() * (product - m0 * b - m1 * a));
            let total = sum - sum_next - helpers[LANES].clone();
            let total = helpers[..LANES].iter().fold(total, |total, helper| total + helper.clone());
            gates.push(active.clone() * total);
            let mut sides = [left, right];
            for (value, remainder) in positive.into_iter().zip(remainders) {
                let scale = Expression::Constant(element(SCALE));
                let [left, right] = sides;
                sides = [left * alpha.clone() + value.clone() * scale + remainder, right * alpha.clone() + value];
            }
            let [left, right] = sides;
            gates.push(active.clone() * (left_next - left));
            gates.push(active * (right_next - right));
            gates
        });
        config
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_region(
            || "all",
            |mut region| {
                for row in 0..self.rows {
                    let value = table(row) - TABLE as i64 / 2;
                    let values = [element(value), element(value.max(0)), element(table(row)), Fr::ONE];
                    for (column, value) in config.fixed.iter().zip(values) {
                        region.assign_fixed(*column, row, value);
                    }
                }
                Ok(())
            },
        )
    }
}
