//! The circuit of a network of planes: columns, gates, layout, and the values of every cell.
//!
//! Every channel is a polynomial in γ; a layer is one identity between polynomials, batched over channels by powers of
//! η. The cost follows activations and weights, not multiplications. See `docs/protocol.md`.

mod accumulate;
mod arrange;
mod columns;
mod config;
mod fixed;
mod geometry;
mod grid;
mod layout;
mod params;
mod private;
mod rows;
mod runs;
mod search;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;
mod view;
mod weights;
mod witness;

use halo2_proofs::{
    circuit::{Cell, Layouter, Region, SimpleFloorPlanner, Value},
    halo2curves::bn256::Fr,
    plonk::{Advice, Any, Circuit, Column, ConstraintSystem, Error},
};

pub use arrange::{arrange, arrange_private};
pub use config::{Config, DEGREE};
pub use grid::Grid;
pub use layout::{CONTEXT_ROWS, Layout, MAX_K};
pub use params::{InputCodes, Params, Published, Tables};
pub use private::weight_limbs;
pub use search::{Choice, SearchOptions, search};
use witness::FirstPhase;
pub use witness::Witness;

use hushproof_halo2_prover::{self as prover, ColumnValues};

use crate::graph::Model;
use accumulate::{Challenges, accumulate};
use fixed::signed;

/// A model, and a witness when a proof is to be made.
#[derive(Clone)]
pub struct ModelCircuit<'a> {
    model: &'a Model,
    layout: &'a Layout,
    witness: Option<&'a FirstPhase>,
    #[cfg(all(test, not(target_arch = "wasm32")))]
    faults: &'a [super::tests::Fault],
}

impl<'a> ModelCircuit<'a> {
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
            let value = super::tests::corrupt(self.faults, column, row, value);
            region.assign_advice(column, row, Value::known(value));
        }
    }

    /// The first-phase columns, none without a witness.
    fn first(&self) -> Vec<&[i64]> {
        self.witness.map(FirstPhase::columns).unwrap_or_default()
    }

    /// The second-phase columns, none without a witness.
    fn second(&self, challenges: Challenges) -> Vec<Vec<prover::Fr>> {
        let columns = self.witness.map(|first| accumulate(self.model, self.layout, first, challenges).columns());
        columns.unwrap_or_default()
    }

    fn assign_first(&self, region: &mut Region<'_, Fr>, config: &Config) {
        for ((_, column), values) in config.advice().into_iter().zip(self.first()) {
            self.assign(region, column, values, signed);
        }
    }

    fn assign_second(&self, region: &mut Region<'_, Fr>, config: &Config) {
        let mut known = None;
        let linear = region.get_challenge(config.gamma).zip(region.get_challenge(config.eta));
        let lookup = region.get_challenge(config.beta).zip(region.get_challenge(config.delta));
        linear.zip(lookup).map(|((gamma, eta), (beta, delta))| {
            known = Some(Challenges { gamma, eta, beta, delta });
        });
        let Some(challenges) = known else { return };
        let columns = config.advice().into_iter().skip(self.first().len());
        for ((_, column), values) in columns.zip(self.second(challenges)) {
            self.assign(region, column, &values, Fr::from);
        }
    }
}

/// The columns of a circuit with a witness.
impl prover::Witness for ModelCircuit<'_> {
    fn phase(&mut self, phase: u8, challenges: &prover::Challenges) -> Result<Vec<ColumnValues>, prover::Source> {
        if phase == 0 {
            return Ok(self.first().into_iter().map(small).collect());
        }
        let challenge = |index| challenges.get(index).map(Fr::from).ok_or("a challenge is missing");
        let challenges =
            Challenges { gamma: challenge(0)?, eta: challenge(1)?, beta: challenge(2)?, delta: challenge(3)? };
        Ok(self.second(challenges).into_iter().map(ColumnValues::Field).collect())
    }
}

/// A column of integers with the bits that its largest one has.
fn small(column: &[i64]) -> ColumnValues {
    let largest = column.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
    ColumnValues::Small { values: column.to_vec(), bits: u64::BITS - largest.leading_zeros() }
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
                    region.assign_fixed(column, row, value);
                }
                let cell =
                    |(column, row_offset): fixed::AdviceCell| Cell { row_offset, column: Column::<Any>::from(column) };
                for (from, to) in fixed::copies(&config, self.layout) {
                    region.constrain_equal(cell(from), cell(to));
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
