//! The circuit as halo2 and as our prover see it.

use halo2_proofs::{
    circuit::{Cell, Layouter, SimpleFloorPlanner},
    halo2curves::bn256::Fr,
    plonk::{Any, Circuit, Column, ConstraintSystem, Error},
};

use hushproof_halo2_prover::{self as prover, ColumnValues};
use rand_core::OsRng;

use super::{
    Config, Layout, Params, Witness,
    accumulate::accumulate,
    audit::{Keyed, audit},
    challenges::Challenges,
    fixed,
    witness::FirstPhase,
};
use crate::graph::Model;

/// A model, and a witness when a proof is to be made. Its synthesis gives the fixed columns and copies only: advice
/// comes from its [`Witness`](prover::Witness).
#[derive(Clone)]
pub struct ModelCircuit<'a> {
    pub(super) model: &'a Model,
    pub(super) layout: &'a Layout,
    pub(super) witness: Option<&'a FirstPhase>,
}

impl<'a> ModelCircuit<'a> {
    /// The circuit without a witness, for key generation.
    pub const fn new(model: &'a Model, layout: &'a Layout) -> Self {
        Self { model, layout, witness: None }
    }

    /// Checks that fixed columns and copies, from which keys are made, mean the model.
    ///
    /// # Errors
    /// `Layout` with what is wrong.
    pub fn audit(&self) -> crate::Result<()> {
        let mut cs = ConstraintSystem::default();
        let config = Config::new(&mut cs, self.layout.params.clone());
        let (cells, copies) = (fixed::cells(&config, self.layout, self.model), fixed::copies(&config, self.layout));
        let constants = fixed::constants(&config, self.layout);
        let keyed = Keyed { cells: &cells, constants: &constants, copies: &copies };
        if self.model.private_weights.is_none() {
            return audit(&config, self.layout, self.model, keyed);
        }
        // A key for private weights is one for any weights: a 0 among them would hide its place.
        let other = self.model.with_random_weights(OsRng);
        audit(&config, &Layout::new(&other)?, &other, keyed)
    }

    /// The circuit with a witness.
    pub const fn with_witness(self, witness: &'a Witness) -> Self {
        Self { witness: Some(&witness.first), ..self }
    }

    /// The first-phase columns, none without a witness.
    fn first(&self) -> Vec<ColumnValues> {
        self.witness.map(FirstPhase::columns).unwrap_or_default()
    }

    /// The second-phase columns, none without a witness.
    fn second(&self, challenges: Challenges<prover::Fr>) -> Vec<Vec<prover::Fr>> {
        let columns = self.witness.map(|first| accumulate(self.model, self.layout, first, challenges).columns());
        columns.unwrap_or_default()
    }
}

/// The columns of a circuit with a witness.
impl prover::Witness for ModelCircuit<'_> {
    fn phase(&mut self, phase: u8, challenges: &prover::Challenges) -> Result<Vec<ColumnValues>, prover::Source> {
        if phase == 0 {
            return Ok(self.first());
        }
        let challenges = Challenges::of(challenges).ok_or("a challenge is missing")?;
        Ok(self.second(challenges).into_iter().map(ColumnValues::Field).collect())
    }
}

impl Circuit<Fr> for ModelCircuit<'_> {
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
                    region.assign_fixed(column, row, fixed::signed(value));
                }
                for (column, row, value) in fixed::constants(&config, self.layout) {
                    region.assign_fixed(column, row, value);
                }
                let cell =
                    |(column, row_offset): fixed::AdviceCell| Cell { row_offset, column: Column::<Any>::from(column) };
                for (from, to) in fixed::copies(&config, self.layout) {
                    region.constrain_equal(cell(from), cell(to));
                }
                Ok(())
            },
        )
    }
}
