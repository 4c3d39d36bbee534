//! The fixed columns and copy constraints of a circuit, from its synthesis.

use std::collections::HashMap;

use halo2_proofs::circuit::Value;
use halo2_proofs::plonk::{
    Advice, Any, Assigned, Assignment, Challenge, Circuit, Column, ConstraintSystem, Error, Fixed, FloorPlanner,
    Instance, Selector,
};
use halo2curves::bn256;
use hushproof_bn254::Fr;
use thiserror::Error as ThisError;

use crate::cycles::Cycles;
use crate::error::ProveError;

/// What a key fixes of a circuit of 2^k rows.
pub(crate) struct Assembly {
    /// 2^k values of each fixed column, those that stand for selectors last.
    pub(crate) fixed: Vec<Vec<Fr>>,
    pub(crate) cycles: Cycles,
}

impl Assembly {
    /// Synthesizes a circuit as the stock key generation does; selectors become fixed columns, fewer of them if
    /// `compress_selectors`.
    ///
    /// # Errors
    /// [`ProveError::Synthesis`].
    pub(crate) fn new<C: Circuit<bn256::Fr>>(
        circuit: &C,
        k: u32,
        compress_selectors: bool,
    ) -> Result<Self, ProveError> {
        let mut cs = ConstraintSystem::default();
        let config = C::configure_with_params(&mut cs, circuit.params());
        let rows = 1usize << k;
        let mut recorder = Recorder {
            fixed: vec![vec![Fr::ZERO; rows]; cs.num_fixed_columns()],
            denominators: HashMap::new(),
            selectors: vec![vec![false; rows]; cs.num_selectors()],
            selector_indices: selector_indices(cs.num_selectors()),
            permuted: cs.permutation().get_columns(),
            cycles: Cycles::new(cs.permutation().get_columns().len(), rows),
            usable_rows: rows.saturating_sub(cs.blinding_factors() + 1),
            k,
            problem: None,
        };
        let constants = cs.constants().clone();
        C::FloorPlanner::synthesize(&mut recorder, circuit, config, constants)
            .map_err(|error| ProveError::Synthesis(error.into()))?;
        if let Some(problem) = recorder.problem {
            return Err(ProveError::Synthesis(problem.into()));
        }
        let mut fixed = recorder.fixed;
        let (places, mut inverses): (Vec<_>, Vec<_>) = recorder.denominators.into_iter().unzip();
        Fr::batch_invert(&mut inverses, &mut Vec::new());
        for ((column, row), inverse) in places.into_iter().zip(inverses) {
            fixed[column][row] *= inverse;
        }
        if compress_selectors {
            let (_, columns) = cs.compress_selectors(recorder.selectors);
            fixed.extend(columns.into_iter().map(|column| column.into_iter().map(Fr::from).collect()));
        } else {
            let flag = |set: bool| if set { Fr::ONE } else { Fr::ZERO };
            fixed.extend(recorder.selectors.into_iter().map(|column| column.into_iter().map(flag).collect()));
        }
        Ok(Self { fixed, cycles: recorder.cycles })
    }
}

/// The index of each selector, which it does not tell: simple and complex ones are numbered together, so these are
/// the ones of either kind that a constraint system would give out.
fn selector_indices(count: usize) -> HashMap<Selector, usize> {
    let [mut simple, mut complex] = [(); 2].map(|()| ConstraintSystem::<bn256::Fr>::default());
    (0..count).flat_map(|index| [(simple.selector(), index), (complex.complex_selector(), index)]).collect()
}

/// What was wrong with an assignment.
#[derive(Debug, ThisError)]
enum Problem {
    #[error("row {row} is not usable")]
    Row { row: usize },
    #[error("there is no fixed column {column}")]
    Fixed { column: usize },
    #[error("there is no {selector:?}")]
    Selector { selector: Selector },
    #[error("a copy of a cell of {column:?}, which the permutation does not have")]
    Permuted { column: Column<Any> },
}

struct Recorder {
    /// Values, or numerators.
    fixed: Vec<Vec<Fr>>,
    /// Denominators of the cells that were assigned fractions, by column and row.
    denominators: HashMap<(usize, usize), Fr>,
    selectors: Vec<Vec<bool>>,
    selector_indices: HashMap<Selector, usize>,
    permuted: Vec<Column<Any>>,
    cycles: Cycles,
    usable_rows: usize,
    k: u32,
    /// The first one, of methods that can't return it.
    problem: Option<Problem>,
}

impl Recorder {
    fn check_row(&self, row: usize) -> Result<(), Problem> {
        if row < self.usable_rows { Ok(()) } else { Err(Problem::Row { row }) }
    }

    fn check_usable(&self, row: usize) -> Result<(), Error> {
        if row < self.usable_rows { Ok(()) } else { Err(Error::NotEnoughRowsAvailable { current_k: self.k }) }
    }

    fn fix(&mut self, column: usize, row: usize, to: Assigned<bn256::Fr>) -> Result<(), Problem> {
        self.check_row(row)?;
        let cells = self.fixed.get_mut(column).ok_or(Problem::Fixed { column })?;
        cells[row] = to.numerator().into();
        match to.denominator() {
            Some(denominator) => {
                self.denominators.insert((column, row), denominator.into());
            }
            None if self.denominators.is_empty() => (),
            None => {
                self.denominators.remove(&(column, row));
            }
        }
        Ok(())
    }

    fn select(&mut self, selector: Selector, row: usize) -> Result<(), Problem> {
        let index = self.selector_indices.get(&selector).ok_or(Problem::Selector { selector })?;
        self.selectors[*index][row] = true;
        Ok(())
    }

    fn join(&mut self, left: (Column<Any>, usize), right: (Column<Any>, usize)) -> Result<(), Problem> {
        let cell = |(column, row): (Column<Any>, usize)| {
            self.check_row(row)?;
            let position = self.permuted.iter().position(|permuted| *permuted == column);
            Ok((position.ok_or(Problem::Permuted { column })?, row))
        };
        let (left, right) = (cell(left)?, cell(right)?);
        self.cycles.join(left, right);
        Ok(())
    }

    fn note(&mut self, result: Result<(), Problem>) {
        if let Err(problem) = result {
            self.problem.get_or_insert(problem);
        }
    }
}

impl Assignment<bn256::Fr> for Recorder {
    fn enter_region<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn annotate_column<A: FnOnce() -> AR, AR: Into<String>>(&mut self, _: A, _: Column<Any>) {}

    fn exit_region(&mut self) {}

    fn enable_selector<A: FnOnce() -> AR, AR: Into<String>>(
        &mut self,
        _: A,
        selector: &Selector,
        row: usize,
    ) -> Result<(), Error> {
        self.check_usable(row)?;
        let result = self.select(*selector, row);
        self.note(result);
        Ok(())
    }

    fn query_instance(&self, _: Column<Instance>, row: usize) -> Result<Value<bn256::Fr>, Error> {
        self.check_usable(row)?;
        Ok(Value::unknown())
    }

    fn assign_advice<'v>(
        &mut self,
        _: Column<Advice>,
        _: usize,
        _: Value<Assigned<bn256::Fr>>,
    ) -> Value<&'v Assigned<bn256::Fr>> {
        Value::unknown()
    }

    fn assign_fixed(&mut self, column: Column<Fixed>, row: usize, to: Assigned<bn256::Fr>) {
        let result = self.fix(column.index(), row, to);
        self.note(result);
    }

    fn copy(&mut self, left_column: Column<Any>, left_row: usize, right_column: Column<Any>, right_row: usize) {
        let result = self.join((left_column, left_row), (right_column, right_row));
        self.note(result);
    }

    fn fill_from_row(
        &mut self,
        column: Column<Fixed>,
        from_row: usize,
        to: Value<Assigned<bn256::Fr>>,
    ) -> Result<(), Error> {
        self.check_usable(from_row)?;
        let mut filler = Err(Error::Synthesis);
        to.map(|value| filler = Ok(value));
        let filler = filler?;
        for row in from_row..self.usable_rows {
            let result = self.fix(column.index(), row, filler);
            self.note(result);
        }
        Ok(())
    }

    fn get_challenge(&self, _: Challenge) -> Value<bn256::Fr> {
        Value::unknown()
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self, _: Option<String>) {}
}
