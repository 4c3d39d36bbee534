//! The sponge of a committed input, run as the fixed columns say over random integers.

use halo2_proofs::{halo2curves::bn256, halo2curves::ff::Field, plonk::Column, plonk::Fixed as FixedColumn};
use hushproof_halo2_prover::Fr;
use rand_core::{OsRng, RngCore};

use super::{super::record::PackedRow, Audit, Verdict, ensure};
use crate::{
    commitment::{capacity, pack, sponge},
    poseidon::{Constants, WIDTH, s_box},
};

/// A state of the sponge, as far as something determines it.
type State = [Option<bn256::Fr>; WIDTH];

impl Audit<'_> {
    /// The commitment is that of the record, whose integers are bounded by their elements' largest ones.
    pub(super) fn record(&self) -> Verdict {
        let (Some(columns), Some(record), Some(schema)) =
            (self.config.fixed.record, &self.layout.record, &self.model.input.schema)
        else {
            return ensure(self.layout.record.is_none() && self.constants.is_empty(), || {
                "a sponge of nothing".to_owned()
            });
        };
        let usable = self.layout.usable_rows();
        let largest = schema.largest();
        for row in 0..usable {
            let got = self.at(columns.bound, row);
            for (tensor, index) in (0..self.config.params.lanes.activations).filter_map(|lane| self.element(row, lane))
            {
                let bound = if tensor == 0 { largest[index].cast_signed() + 1 } else { 0 };
                ensure(got == bound, || format!("the largest integer on row {row} is taken for {}", got - 1))?;
            }
            ensure(self.bit(columns.shown, row)? == (row == record.first), || format!("row {row} shows the state"))?;
        }
        let integers: Vec<u64> = largest.iter().map(|largest| OsRng.next_u64() % (largest + 1)).collect();
        let mut packed: Vec<bn256::Fr> = (0..usable).map(|_| bn256::Fr::random(OsRng)).collect();
        let salt = packed[record.salt()];
        let expected = sponge(capacity(&schema.digest().unwrap_or_default()), salt, pack(schema, &integers));
        let base = bn256::Fr::from(2).pow([u64::from(schema.packing().bits)]);
        let mut next = record.rows.iter().rev().peekable();
        for row in (0..usable).rev() {
            let held = next.next_if(|held| held.row == row);
            ensure(self.bit(columns.integer, row)? == held.is_some(), || format!("no integer belongs to row {row}"))?;
            let more = self.constants.get(&(columns.more, row)).copied();
            ensure(held.is_some() || more.is_none(), || format!("row {row} goes on after no integer"))?;
            if let Some(held) = held {
                let further = packed.get(row + 2).copied().zip(more).map(|(further, more)| further * more);
                let elements = record.packed.elements(held).iter().rev();
                let own = elements.fold(bn256::Fr::ZERO, |sum, at| sum * base + bn256::Fr::from(integers[*at]));
                packed[row] = own + further.unwrap_or_default();
            }
        }
        let mut state: State = [None; WIDTH];
        for row in (record.first + 1..usable).rev() {
            state = self.above(row, &state, packed[row - 1])?;
        }
        ensure(state[0] == Some(expected), || "the commitment is not the record's".to_owned())
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

    /// What a record's rows hold where the integers are these codes.
    pub(super) fn recorded(&self, codes: &[i64]) -> Vec<(usize, Fr)> {
        let Some(record) = &self.layout.record else { return Vec::new() };
        let bits = self.model.input.schema.as_ref().map_or(0, |schema| schema.packing().bits);
        let base = Fr::from_u64(2).pow(&[u64::from(bits)]);
        let of_row = |row: &PackedRow| {
            let elements = record.packed.elements(row).iter().rev();
            (row.row, elements.fold(Fr::ZERO, |sum, at| sum * base + Fr::from_i64(codes[*at])))
        };
        record.rows.iter().map(of_row).collect()
    }

    /// Where the chains of a record have each row's integers, from the multipliers of the rows.
    pub(super) fn record_monomials(&self, multiplier: impl Fn(usize) -> Option<Fr>) -> Verdict<Vec<Fr>> {
        let Some(record) = &self.layout.record else { return Ok(Vec::new()) };
        let mut at = Fr::ONE;
        let place = |row: &PackedRow| {
            at *= multiplier(row.row).ok_or_else(|| format!("nothing determines where row {} stands", row.row))?;
            Ok(at)
        };
        record.rows.iter().map(place).collect()
    }
}
