//! A circuit's columns on their way to either prover, as they are or tampered with.

use halo2_proofs::circuit::{Layouter, Value};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::plonk::{Advice, Challenge, Circuit, Column, ConstraintSystem, Error};

use crate::error::Source;
use crate::witness::{Challenges, ColumnValues, Witness};

/// Advice columns, in the order of their indices, and challenges of a circuit.
pub type Handles = (Vec<Column<Advice>>, Vec<Challenge>);

/// Added to one advice cell on its way to a prover.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Index of the column.
    pub column: usize,
    /// The row.
    pub row: usize,
    /// What is added.
    pub delta: Fr,
}

/// A circuit whose own synthesis assigns no advice, with the advice of its [`Witness`].
#[derive(Clone)]
pub struct Assigned<C: Circuit<Fr>> {
    circuit: C,
    handles: fn(&C::Config) -> Handles,
    faults: Vec<Fault>,
    known: bool,
    /// Columns of the phases before.
    before: usize,
}

impl<C: Circuit<Fr> + Witness + Clone> Assigned<C> {
    /// The circuit with its witness, whose columns and challenges `handles` finds in the configuration.
    pub const fn new(circuit: C, handles: fn(&C::Config) -> Handles) -> Self {
        Self { circuit, handles, faults: Vec::new(), known: true, before: 0 }
    }

    /// The same with some cells altered.
    pub fn with_faults(self, faults: &[Fault]) -> Self {
        Self { faults: faults.to_vec(), ..self }
    }
}

fn altered_by(faults: &[Fault], column: usize, row: usize, value: Fr) -> Fr {
    let hit = faults.iter().filter(|fault| (fault.column, fault.row) == (column, row));
    hit.fold(value, |value, fault| value + fault.delta)
}

impl<C: Circuit<Fr> + Witness + Clone> Circuit<Fr> for Assigned<C> {
    type Config = C::Config;
    type FloorPlanner = C::FloorPlanner;
    type Params = C::Params;

    fn without_witnesses(&self) -> Self {
        Self { circuit: self.circuit.without_witnesses(), known: false, ..self.clone() }
    }

    fn params(&self) -> C::Params {
        self.circuit.params()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, params: C::Params) -> C::Config {
        C::configure_with_params(meta, params)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> C::Config {
        C::configure(meta)
    }

    fn synthesize(&self, config: C::Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        self.circuit.synthesize(config.clone(), layouter.namespace(|| "circuit"))?;
        if !self.known {
            return Ok(());
        }
        let (columns, challenges) = (self.handles)(&config);
        let mut witness = self.circuit.clone();
        layouter.assign_region(
            || "witness",
            |mut region| {
                let (mut assigned, mut phase) = (0, 0);
                while assigned < columns.len() {
                    let mut known = Challenges(vec![None; challenges.len()]);
                    for challenge in &challenges {
                        region.get_challenge(*challenge).map(|value| known.0[challenge.index()] = Some(value.into()));
                    }
                    if phase > 0 && known.0.iter().any(Option::is_none) {
                        break;
                    }
                    let values = witness.phase(phase, &known).map_err(|_| Error::Synthesis)?;
                    for (column, values) in columns[assigned..].iter().zip(&values) {
                        for (row, value) in field(values).into_iter().enumerate() {
                            let value = altered_by(&self.faults, column.index(), row, value);
                            region.assign_advice(*column, row, Value::known(value));
                        }
                    }
                    assigned += values.len();
                    phase += 1;
                    if assigned < columns.len() {
                        region.next_phase();
                    }
                }
                Ok(())
            },
        )
    }
}

impl<C: Circuit<Fr> + Witness> Witness for Assigned<C> {
    fn phase(&mut self, phase: u8, challenges: &Challenges) -> Result<Vec<ColumnValues>, Source> {
        let mut values = self.circuit.phase(phase, challenges)?;
        if phase == 0 {
            self.before = 0;
        }
        for (column, values) in (self.before..).zip(&mut values) {
            if self.faults.iter().any(|fault| fault.column == column) {
                let altered = field(values).into_iter().enumerate();
                let altered = altered.map(|(row, value)| altered_by(&self.faults, column, row, value).into());
                *values = ColumnValues::Field(altered.collect());
            }
        }
        self.before += values.len();
        Ok(values)
    }
}

fn field(column: &ColumnValues) -> Vec<Fr> {
    match column {
        ColumnValues::Small { values, .. } => values.iter().map(|value| crate::Fr::from_i64(*value).into()).collect(),
        ColumnValues::Field(values) => values.iter().map(|value| (*value).into()).collect(),
    }
}
