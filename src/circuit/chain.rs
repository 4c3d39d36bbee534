//! The circuit of a chain of dense layers.

use halo2_proofs::{
    circuit::{Layouter, Region, SimpleFloorPlanner, Value},
    halo2curves::bn256::Fr,
    plonk::{Advice, Circuit, Column, ConstraintSystem, Error},
};

pub use super::{
    config::Config,
    layout::{Block, Layout, advice_columns, fixed_columns},
    params::{Params, PublicOutput},
    search::{Choice, SearchOptions, predict, search},
    witness::{FirstPhase, Witness},
};

pub(super) use super::accumulate::Challenges;
#[cfg(all(test, not(target_arch = "wasm32")))]
use super::tests;
use super::{accumulate::accumulate, fixed};
use crate::graph::chain::Model;

/// A chain, and a witness when a proof is to be made.
#[derive(Clone)]
pub struct ChainCircuit<'a> {
    pub(super) model: &'a Model,
    pub(super) layout: &'a Layout,
    pub(super) witness: Option<&'a FirstPhase>,
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) faults: &'a [tests::Fault],
}

impl<'a> ChainCircuit<'a> {
    /// The circuit without a witness, for key generation.
    pub const fn new(model: &'a Model, layout: &'a Layout) -> Self {
        Self {
            model,
            layout,
            witness: None,
            #[cfg(all(test, not(target_arch = "wasm32")))]
            faults: &[],
        }
    }

    /// The circuit with a witness.
    pub const fn with_witness(self, witness: &'a Witness) -> Self {
        Self { witness: Some(&witness.first), ..self }
    }

    /// The one path that assigns advice.
    fn assign<T: Copy>(
        &self,
        region: &mut Region<'_, Fr>,
        column: Column<Advice>,
        values: &[T],
        to_field: impl Fn(T) -> Fr,
    ) {
        for (row, value) in values.iter().enumerate() {
            let value = to_field(*value);
            #[cfg(all(test, not(target_arch = "wasm32")))]
            let value = tests::corrupt(self.faults, column, row, value);
            region.assign_advice(column, row, Value::known(value));
        }
    }

    /// The first-phase columns, none without a witness.
    pub(super) fn first(&self) -> Vec<&[i64]> {
        self.witness.map(FirstPhase::columns).unwrap_or_default()
    }

    /// The second-phase columns, none without a witness.
    pub(super) fn second(&self, challenges: Challenges) -> Vec<Vec<hushproof_halo2_prover::Fr>> {
        let columns = self.witness.map(|first| accumulate(self.model, self.layout, first, challenges).columns());
        columns.unwrap_or_default()
    }

    fn assign_first(&self, region: &mut Region<'_, Fr>, config: &Config) {
        for ((_, column), values) in config.advice().into_iter().zip(self.first()) {
            self.assign(region, column, values, fixed::signed);
        }
    }

    fn assign_second(&self, region: &mut Region<'_, Fr>, config: &Config) {
        let mut known = None;
        let challenges = region.get_challenge(config.eta).zip(region.get_challenge(config.beta));
        challenges.zip(region.get_challenge(config.delta)).map(|((eta, beta), delta)| {
            known = Some(Challenges { eta, beta, delta });
        });
        let Some(challenges) = known else { return };
        let columns = config.advice().into_iter().skip(self.first().len());
        for ((_, column), values) in columns.zip(self.second(challenges)) {
            self.assign(region, column, &values, Fr::from);
        }
    }
}

impl Circuit<Fr> for ChainCircuit<'_> {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Params;

    fn without_witnesses(&self) -> Self {
        Self { witness: None, ..self.clone() }
    }

    fn params(&self) -> Params {
        self.layout.params.clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, params: Params) -> Config {
        Config::new(meta, params)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        Config::new(meta, Params::default())
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_region(
            || "model",
            |mut region| {
                for (column, row, value) in fixed::cells(&config, self.layout, self.model) {
                    region.assign_fixed(column, row, value);
                }
                if self.witness.is_some() {
                    self.assign_first(&mut region, &config);
                    region.next_phase();
                    self.assign_second(&mut region, &config);
                }
                Ok(())
            },
        )
    }
}
