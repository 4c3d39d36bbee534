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

#[cfg(all(test, not(target_arch = "wasm32")))]
use super::tests;
use super::{
    accumulate::{Challenges, accumulate},
    fixed,
};
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

    fn assign_first(&self, region: &mut Region<'_, Fr>, config: &Config, first: &FirstPhase) {
        self.assign(region, config.sign, &first.sign, fixed::signed);
        for (column, limb) in config.limbs.iter().zip(&first.limbs) {
            self.assign(region, *column, limb, fixed::signed);
        }
        for (column, values) in [(config.coefficient, &first.coefficient), (config.maximum, &first.maximum)] {
            if let (Some(column), Some(values)) = (column, values) {
                self.assign(region, column, values, fixed::signed);
            }
        }
        self.assign(region, config.multiplicity, &first.multiplicity, fixed::signed);
    }

    fn assign_second(&self, region: &mut Region<'_, Fr>, config: &Config, first: &FirstPhase) {
        let mut known = None;
        let challenges = region.get_challenge(config.eta).zip(region.get_challenge(config.beta));
        challenges.zip(region.get_challenge(config.delta)).map(|((eta, beta), delta)| {
            known = Some(Challenges { eta, beta, delta });
        });
        let Some(challenges) = known else { return };
        let second = accumulate(self.model, self.layout, first, challenges);
        self.assign(region, config.produced, &second.produced, |v| v);
        self.assign(region, config.consumed, &second.consumed, |v| v);
        if let (Some(column), Some(values)) = (config.weight, &second.weight) {
            self.assign(region, column, values, |v| v);
        }
        for (column, values) in config.helpers.iter().zip(&second.helpers) {
            self.assign(region, *column, values, |v| v);
        }
        self.assign(region, config.sum, &second.sum, |v| v);
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
                let Some(first) = self.witness else { return Ok(()) };
                self.assign_first(&mut region, &config, first);
                region.next_phase();
                self.assign_second(&mut region, &config, first);
                Ok(())
            },
        )
    }
}
