//! Columns and challenges.
//!
//! A row holds `lanes` elements, cells of
//! polynomials in γ: they are *produced* by the layer that makes them and *consumed* by the layers that read them on
//! the same row. Factors of consumed polynomials come from the weight rows through the transfer column.

use halo2_proofs::{
    halo2curves::bn256::Fr,
    plonk::{Advice, Challenge, Column, ConstraintSystem, FirstPhase, Instance, SecondPhase},
};

use super::{
    Params,
    challenges::Challenges,
    columns::{FixedColumns, Lane},
    private::PrivateColumns,
    record::RecordColumns,
};

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
    pub(super) record: Option<RecordColumns>,
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
        let argmax = params.argmax();
        let maximum = argmax.then(|| meta.advice_column_in(FirstPhase));
        let multiplicity = meta.advice_column_in(FirstPhase);
        let private = params.private.map(|limbs| PrivateColumns::new(meta, &params, limbs));
        let record = params.committed.then(|| RecordColumns::new(meta));
        let challenges = Challenges::new(|_| meta.challenge_usable_after(FirstPhase));
        let config = Self {
            lanes,
            maximum,
            multiplicity,
            private,
            record,
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
        config.sum_up(meta);
        config.publish(meta);
        config.publish_input(meta);
        config.argmax(meta);
        config.same_bias(meta);
        config.commit(meta);
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
        columns.extend(self.record.iter().flat_map(RecordColumns::named));
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
}
