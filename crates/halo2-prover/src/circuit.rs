//! The witness of a `halo2` circuit.

use std::collections::HashMap;

use halo2_proofs::circuit::Value;
use halo2_proofs::plonk::{
    Advice, Any, Assigned, Assignment, Challenge, Circuit, Column, ConstraintSystem, Error, Fixed, FloorPlanner,
    Instance, Selector,
};
use halo2curves::bn256;
use hushproof_bn254::Fr;
use thiserror::Error as ThisError;

use crate::error::Source;
use crate::key::Prover;
use crate::witness::{Challenges, ColumnValues, Witness};

/// Takes the advice columns from `Circuit::synthesize`, which it runs once a phase, as `MockProver` does: challenges
/// are unknown to the first run, and a cell keeps what the run of its column's phase assigns.
///
/// The values of the cells that `assign_advice` returns are unknown (their references would have to outlive this
/// crate's buffers). A circuit that computes with them can't use this; it fails with an error.
pub struct CircuitWitness<'a, C: Circuit<bn256::Fr>> {
    circuit: &'a C,
    config: C::Config,
    constants: Vec<Column<Fixed>>,
    instances: &'a [&'a [bn256::Fr]],
    phases: Vec<u8>,
    usable_rows: usize,
    k: u32,
}

impl<'a, C: Circuit<bn256::Fr>> CircuitWitness<'a, C> {
    /// The witness of a circuit for the prover of its key; `instances` are those of the proof.
    pub fn new(circuit: &'a C, prover: &Prover, instances: &'a [&'a [bn256::Fr]]) -> Self {
        let mut cs = ConstraintSystem::default();
        let config = C::configure_with_params(&mut cs, circuit.params());
        Self {
            circuit,
            config,
            constants: cs.constants().clone(),
            instances,
            phases: prover.advice_phases.clone(),
            usable_rows: prover.usable_rows(),
            k: prover.k(),
        }
    }
}

impl<C: Circuit<bn256::Fr>> Witness for CircuitWitness<'_, C> {
    fn phase(&mut self, phase: u8, challenges: &Challenges) -> Result<Vec<ColumnValues>, Source> {
        let column = |of: &u8| (*of == phase).then(Vec::new);
        let mut recorder = Recorder {
            columns: self.phases.iter().map(column).collect(),
            denominators: HashMap::new(),
            problem: None,
            instances: self.instances,
            challenges,
            usable_rows: self.usable_rows,
            k: self.k,
        };
        C::FloorPlanner::synthesize(&mut recorder, self.circuit, self.config.clone(), self.constants.clone())?;
        if let Some(problem) = recorder.problem {
            return Err(problem.into());
        }
        let (places, mut inverses): (Vec<_>, Vec<_>) = recorder.denominators.into_iter().unzip();
        Fr::batch_invert(&mut inverses, &mut Vec::new());
        for ((column, row), inverse) in places.into_iter().zip(inverses) {
            if let Some(column) = &mut recorder.columns[column] {
                column[row] *= inverse;
            }
        }
        Ok(recorder.columns.into_iter().flatten().map(ColumnValues::Field).collect())
    }
}

/// What was wrong with an assignment.
#[derive(Debug, ThisError)]
enum Problem {
    #[error("the value of row {row} of advice column {column} is unknown")]
    Unknown { column: usize, row: usize },
    #[error("row {row} of advice column {column} is not usable")]
    Row { column: usize, row: usize },
    #[error("there is no advice column {column}")]
    Column { column: usize },
}

/// Records the cells of one phase's columns.
struct Recorder<'a> {
    /// Values, or numerators, of the phase's columns.
    columns: Vec<Option<Vec<Fr>>>,
    /// Denominators of the cells that were assigned fractions, by column and row.
    denominators: HashMap<(usize, usize), Fr>,
    problem: Option<Problem>,
    instances: &'a [&'a [bn256::Fr]],
    challenges: &'a Challenges,
    usable_rows: usize,
    k: u32,
}

impl Recorder<'_> {
    fn record(&mut self, column: usize, row: usize, to: Value<Assigned<bn256::Fr>>) -> Result<(), Problem> {
        let cells = match self.columns.get_mut(column) {
            Some(Some(cells)) => cells,
            Some(None) => return Ok(()),
            None => return Err(Problem::Column { column }),
        };
        if row >= self.usable_rows {
            return Err(Problem::Row { column, row });
        }
        if cells.len() <= row {
            cells.resize(row + 1, Fr::ZERO);
        }
        let mut known = false;
        to.map(|value| {
            known = true;
            cells[row] = value.numerator().into();
            match value.denominator() {
                Some(denominator) => self.denominators.insert((column, row), denominator.into()),
                None => self.denominators.remove(&(column, row)),
            };
        });
        if known { Ok(()) } else { Err(Problem::Unknown { column, row }) }
    }
}

impl Assignment<bn256::Fr> for Recorder<'_> {
    fn enter_region<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn annotate_column<A: FnOnce() -> AR, AR: Into<String>>(&mut self, _: A, _: Column<Any>) {}

    fn exit_region(&mut self) {}

    fn enable_selector<A: FnOnce() -> AR, AR: Into<String>>(
        &mut self,
        _: A,
        _: &Selector,
        _: usize,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn query_instance(&self, column: Column<Instance>, row: usize) -> Result<Value<bn256::Fr>, Error> {
        if row >= self.usable_rows {
            return Err(Error::NotEnoughRowsAvailable { current_k: self.k });
        }
        let value = self.instances.get(column.index()).and_then(|column| column.get(row));
        value.map(|value| Value::known(*value)).ok_or(Error::BoundsFailure)
    }

    fn assign_advice<'v>(
        &mut self,
        column: Column<Advice>,
        row: usize,
        to: Value<Assigned<bn256::Fr>>,
    ) -> Value<&'v Assigned<bn256::Fr>> {
        if let Err(problem) = self.record(column.index(), row, to) {
            self.problem.get_or_insert(problem);
        }
        Value::unknown()
    }

    fn assign_fixed(&mut self, _: Column<Fixed>, _: usize, _: Assigned<bn256::Fr>) {}

    fn copy(&mut self, _: Column<Any>, _: usize, _: Column<Any>, _: usize) {}

    fn fill_from_row(&mut self, _: Column<Fixed>, _: usize, _: Value<Assigned<bn256::Fr>>) -> Result<(), Error> {
        Ok(())
    }

    fn get_challenge(&self, challenge: Challenge) -> Value<bn256::Fr> {
        let value = self.challenges.get(challenge.index());
        value.map_or_else(Value::unknown, |value| Value::known(value.into()))
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self, _: Option<String>) {}
}
