//! The sponges of records, run as the fixed columns say over random integers.

use std::collections::{BTreeMap, HashMap};

use halo2_proofs::{halo2curves::bn256, halo2curves::ff::Field, plonk::Column, plonk::Fixed as FixedColumn};
use hushproof_halo2_prover::Fr;
use rand_core::{OsRng, RngCore};

use super::{
    super::record::{PackedRow, RecordRows},
    Audit, Verdict, ensure,
};
use crate::{
    commitment::{capacity, pack, sponge},
    poseidon::{Constants, WIDTH, s_box},
    schema::Schema,
};

/// A state of the sponge, as far as something determines it.
type State = [Option<bn256::Fr>; WIDTH];

impl Audit<'_> {
    /// The commitments are those of the records, whose integers are bounded by their elements' largest ones.
    pub(super) fn records(&self) -> Verdict {
        let records = &self.layout.records;
        let Some(columns) = self.config.fixed.record else {
            return ensure(records.is_empty() && self.constants.is_empty(), || "a sponge of nothing".to_owned());
        };
        let schemas = self.model.input.records.iter().flat_map(|records| records.schemas());
        let schemas: Vec<&Schema> = schemas.chain(&self.model.output.schema).collect();
        ensure(schemas.len() == records.len(), || "records of other schemas".to_owned())?;
        let usable = self.layout.usable_rows();
        let bounds = self.model.largest();
        for row in 0..usable {
            let got = self.at(columns.bound, row);
            for (tensor, index) in (0..self.config.params.lanes.activations).filter_map(|lane| self.element(row, lane))
            {
                let plane = self.model.shape(tensor).plane();
                let bound = bounds[tensor].get(index / plane).map_or(0, |largest| largest.cast_signed() + 1);
                ensure(got == bound, || format!("the largest integer on row {row} is taken for {}", got - 1))?;
            }
            let shows = records.iter().any(|record| record.first == row);
            ensure(self.bit(columns.shown, row)? == shows, || format!("row {row} shows the state"))?;
        }
        let mut packed: Vec<bn256::Fr> = (0..usable).map(|_| bn256::Fr::random(OsRng)).collect();
        let mut expected = Vec::with_capacity(records.len());
        let (mut held, mut codes) = (BTreeMap::new(), HashMap::new());
        for (record, schema) in records.iter().zip(schemas) {
            let integers: Vec<u64> = schema.largest().iter().map(|largest| OsRng.next_u64() % (largest + 1)).collect();
            let capacity = capacity(&schema.digest().unwrap_or_default());
            expected.push(sponge(capacity, packed[record.salt()], pack(schema, &integers)));
            held.extend(record.rows.iter().map(|row| (row.row, (record, row))));
            let first = record.packed.first();
            codes.extend(integers.into_iter().enumerate().map(|(at, n)| ((record.packed.tensor, first + at), n)));
        }
        for row in (0..usable).rev() {
            let held = held.get(&row);
            ensure(self.bit(columns.integer, row)? == held.is_some(), || format!("no integer belongs to row {row}"))?;
            let more = self.constants.get(&(columns.more, row)).copied();
            ensure(held.is_some() || more.is_none(), || format!("row {row} goes on after no integer"))?;
            if let Some((record, held)) = held {
                let further = packed.get(row + 2).copied().zip(more).map(|(further, more)| further * more);
                let code = |at: usize| codes.get(&(record.packed.tensor, at)).copied().unwrap_or(0);
                packed[row] =
                    bn256::Fr::from(record.packed.sum(held, |at| Fr::from_u64(code(at)))) + further.unwrap_or_default();
            }
        }
        let mut state: State = [None; WIDTH];
        for row in (1..usable).rev() {
            state = self.above(row, &state, packed[row - 1])?;
            if let Some(at) = records.iter().position(|record| record.first + 1 == row) {
                ensure(state[0] == Some(expected[at]), || "a commitment is not its record's".to_owned())?;
                // The next sponge begins anew.
                state = [None; WIDTH];
            }
        }
        Ok(())
    }

    /// The state on the row above.
    fn above(&self, row: usize, state: &State, absorbed: bn256::Fr) -> Verdict<State> {
        let Some(columns) = self.config.fixed.record else { return Ok(*state) };
        let bit = |column: Column<FixedColumn>| self.bit(column, row);
        let (mix, turn, load) = (bit(columns.mix)?, bit(columns.turn)?, bit(columns.load)?);
        ensure(!(mix && load), || format!("row {row} of the sponge mixes and absorbs"))?;
        let added = self.constants.get(&(columns.added, row)).copied().unwrap_or_default();
        let passed = state[0].map(|first| s_box(first + added));
        let mds = &Constants::get().mds;
        let mixed = |values: State| {
            let product = |row: &[bn256::Fr; WIDTH]| -> Option<bn256::Fr> {
                row.iter().zip(values).map(|(factor, value)| Some(value? * factor)).sum()
            };
            [0, 1, 2].map(|i| product(&mds[i]))
        };
        let [_, second, third] = *state;
        let mut above = match (mix, turn) {
            (true, false) => mixed([passed, second, third]),
            (true, true) => mixed([second, third, passed]),
            (false, true) => [second, third, passed],
            (false, false) if load => [Some(added), None, None],
            (false, false) => [None; WIDTH],
        };
        if load && turn {
            above[0] = Some(absorbed);
        }
        Ok(above)
    }

    /// What the rows of records hold where the integers are these codes of the tensors.
    pub(super) fn recorded(&self, codes: &[Vec<i64>]) -> Vec<(usize, Fr)> {
        let of_record = |record: &RecordRows| {
            let own = &codes[record.packed.tensor];
            let of_row = |row: &PackedRow| (row.row, record.packed.sum(row, |at| Fr::from_i64(own[at])));
            record.rows.iter().map(of_row).collect::<Vec<_>>()
        };
        self.layout.records.iter().flat_map(of_record).collect()
    }

    /// Where the chains of a record have each row's integers, from the multipliers of the rows.
    pub(super) fn record_monomials(&self, multiplier: impl Fn(usize) -> Option<Fr>) -> Verdict<Vec<Fr>> {
        let mut places = Vec::new();
        for record in &self.layout.records {
            let mut at = Fr::ONE;
            for PackedRow { row, .. } in &record.rows {
                at *= multiplier(*row).ok_or_else(|| format!("nothing determines where row {row} stands"))?;
                ensure(!at.is_zero(), || format!("the integers of row {row} are in no identity"))?;
                places.push(at);
            }
        }
        Ok(places)
    }
}
