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
pub use config::Config;
pub use layout::Layout;
pub use params::{Params, Published, advice_columns, fixed_columns};
pub use private::weight_limbs;
pub use search::{Choice, DEFAULT_BITS, SearchOptions, TABLE_BITS, predict, search};
pub use witness::{FirstPhase, Witness};

use super::fixed::signed;
use crate::graph::planar::Model;
use accumulate::{Challenges, accumulate};

/// A model, and a witness when a proof is to be made.
#[derive(Clone)]
pub struct PlanarCircuit<'a> {
    model: &'a Model,
    layout: &'a Layout,
    witness: Option<&'a FirstPhase>,
    #[cfg(all(test, not(target_arch = "wasm32")))]
    faults: &'a [super::tests::Fault],
}

impl<'a> PlanarCircuit<'a> {
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

    fn assign_first(&self, region: &mut Region<'_, Fr>, config: &Config, first: &FirstPhase) {
        for (lane, cells) in config.lanes.iter().zip(&first.lanes) {
            self.assign(region, lane.state, &cells.state, signed);
            for (column, limb) in lane.limbs.iter().zip(&cells.limbs) {
                self.assign(region, *column, limb, signed);
            }
        }
        if let (Some(column), Some(values)) = (config.maximum, &first.maximum) {
            self.assign(region, column, values, signed);
        }
        self.assign(region, config.multiplicity, &first.multiplicity, signed);
        if let (Some(columns), Some(cells)) = (&config.private, &first.private) {
            for (column, values) in columns.limbs.iter().flatten().zip(cells.limbs.iter().flatten()) {
                self.assign(region, *column, values, signed);
            }
            self.assign(region, columns.bias, &cells.bias, signed);
            for (column, values) in columns.value_bias.iter().zip(&cells.value_bias) {
                self.assign(region, *column, values, signed);
            }
        }
    }

    fn assign_second(&self, region: &mut Region<'_, Fr>, config: &Config, first: &FirstPhase) {
        let mut known = None;
        let linear = region.get_challenge(config.gamma).zip(region.get_challenge(config.eta));
        let lookup = region.get_challenge(config.beta).zip(region.get_challenge(config.delta));
        linear.zip(lookup).map(|((gamma, eta), (beta, delta))| {
            known = Some(Challenges { gamma, eta, beta, delta });
        });
        let Some(challenges) = known else { return };
        let second = accumulate(self.model, self.layout, first, challenges);
        let columns = [
            (Some(config.produced), Some(&second.produced)),
            (Some(config.consumed), Some(&second.consumed)),
            (config.negative, second.negative.as_ref()),
            (Some(config.weight), Some(&second.weight)),
            (Some(config.multiplier), Some(&second.multiplier)),
            (Some(config.transfer), Some(&second.transfer)),
            (Some(config.sum), Some(&second.sum)),
        ];
        for (column, values) in columns {
            if let (Some(column), Some(values)) = (column, values) {
                self.assign(region, column, values, |value| value);
            }
        }
        for (column, values) in config.helpers.iter().zip(&second.helpers) {
            self.assign(region, *column, values, |value| value);
        }
    }
}

impl Circuit<Fr> for PlanarCircuit<'_> {
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
                let Some(first) = self.witness else { return Ok(()) };
                self.assign_first(&mut region, &config, first);
                region.next_phase();
                self.assign_second(&mut region, &config, first);
                Ok(())
            },
        )
    }
}
