//! Committed inputs and outputs: the sponge over a record's integers, beside the weight rows, and what ties them to the
//! tensor that they are.
//!
//! Time runs upwards, so that the commitment stands near the first row. A row of the sponge passes one element of the
//! state through the S-box; beside it the integers of the pair that is absorbed next are packed, those of the pair's two
//! elements on alternate rows. These rows are chains of weights, whose value is the polynomial that has the packed
//! integers as coefficients where the tensor's runs have its codes.

use std::ops::Range;

use halo2_proofs::{
    halo2curves::{bn256::Fr, ff::Field},
    plonk::{Advice, Column, ConstraintSystem, Expression, FirstPhase as First, Fixed, VirtualCells},
    poly::Rotation,
};
use hushproof_halo2_prover as prover;

use super::{
    Config, Layout,
    columns::Lane,
    formula::{Ring, positional},
    gates::{Constraints, advice, fixed, horner, power_of_two},
    geometry::Form,
    placement::TensorRows,
    weights::{Monomial, Recorded},
};
use crate::{
    codec::DIGEST_BYTES,
    commitment::capacity,
    graph::Shape,
    poseidon::{Constants, FULL_ROUNDS, ROUNDS, WIDTH, is_partial},
    schema::{Packing, Records, Schema},
};

/// Advice columns: the state, a square, and the packed integers.
pub(super) const ADVICE: usize = WIDTH + 2;

/// Fixed columns.
pub(super) const FIXED: usize = 8;

/// Rows of a permutation: three for a full round, one for a partial one.
const STEPS: usize = ROUNDS + (WIDTH - 1) * FULL_ROUNDS;

/// Rows from integers to the next ones of their element.
const STRIDE: usize = 2;

/// First-phase columns.
#[derive(Debug, Clone)]
pub(super) struct RecordColumns {
    /// The sponge's state, the element that passes the S-box first.
    pub(super) state: [Column<Advice>; WIDTH],
    /// The square of what passes the S-box.
    pub(super) square: Column<Advice>,
    /// The integers of a row and all that follow them in their element.
    pub(super) packed: Column<Advice>,
}

/// Fixed columns; 0 beside the sponge but for `bound`.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordFixed {
    /// On the rows of records, one more than the largest integer of the row's elements.
    pub(super) bound: Column<Fixed>,
    /// What is added before the S-box; on the row below the first permutation its first element.
    pub(super) added: Column<Fixed>,
    /// Rows whose state is multiplied by the matrix: partial rounds, and the last of a full round's three rows.
    pub(super) mix: Column<Fixed>,
    /// Rows whose first element goes last when it has passed the S-box: those of full rounds.
    pub(super) turn: Column<Fixed>,
    /// Rows below one whose first element is absorbed, or, below the first permutation, is what is added.
    pub(super) load: Column<Fixed>,
    /// Rows with integers.
    pub(super) integer: Column<Fixed>,
    /// 2^(bits of a row) on those whose element goes on.
    pub(super) more: Column<Fixed>,
    /// The row of the commitment.
    pub(super) shown: Column<Fixed>,
}

impl RecordColumns {
    pub(super) fn new(meta: &mut ConstraintSystem<Fr>) -> Self {
        let mut column = || meta.advice_column_in(First);
        Self { state: [(); WIDTH].map(|()| column()), square: column(), packed: column() }
    }

    /// The columns with their names, in the order of the constraint system.
    pub(super) fn named(&self) -> Vec<(String, Column<Advice>)> {
        let state = self.state.iter().enumerate().map(|(i, column)| (format!("sponge {i}"), *column));
        state.chain([("square".to_owned(), self.square), ("packed".to_owned(), self.packed)]).collect()
    }
}

impl RecordFixed {
    pub(super) fn new(meta: &mut ConstraintSystem<Fr>) -> Self {
        let mut column = || meta.fixed_column();
        Self {
            bound: column(),
            added: column(),
            mix: column(),
            turn: column(),
            load: column(),
            integer: column(),
            more: column(),
            shown: column(),
        }
    }
}

/// How a record is packed, and what of it stands in one row: integers that one block of the identity has, each from a
/// run of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed {
    /// The tensor whose codes the integers are: the input, or the last one.
    pub(super) tensor: usize,
    /// The schema's digest.
    schema: [u8; DIGEST_BYTES],
    packing: Packing,
    /// The tensor's elements in the order in which they are packed.
    order: Vec<usize>,
    /// The first of the tensor's channels.
    channel: usize,
    /// Integers of a row.
    unit: usize,
    /// How far behind the tensor's own blocks those of the record are.
    apart: i64,
}

impl Packed {
    /// The records of an input, and that of the last tensor, of these shapes.
    pub(super) fn all(records: Option<&Records>, output: Option<&Schema>, shapes: &[Shape]) -> Vec<Self> {
        let inputs = records.into_iter().flat_map(Records::placed);
        let inputs = inputs.map(|(first, schema)| Self::new(schema, 0, shapes[0], first));
        let last = shapes.len() - 1;
        inputs.chain(output.map(|schema| Self::new(schema, last, shapes[last], 0))).collect()
    }

    /// Of a record whose first element is this one of a tensor.
    fn new(schema: &Schema, tensor: usize, shape: Shape, first: usize) -> Self {
        let packing = schema.packing();
        Self {
            tensor,
            // A schema that was read has a digest.
            schema: schema.digest().unwrap_or_default(),
            packing,
            order: schema.packed_order().map(|at| first + at).collect(),
            channel: first / shape.plane(),
            // The values of a pixel stand alike in their channels' runs, as do those of a vector.
            unit: if shape.is_vector() { packing.integers } else { packing.pixel },
            apart: 0,
        }
    }

    /// The same where a tensor that is made has its record's blocks behind those that layers make, as it is read at
    /// others than it is made at.
    pub(super) fn behind(self, blocks: usize) -> Self {
        Self { apart: if self.tensor > 0 { blocks as i64 } else { 0 }, ..self }
    }

    /// Where the polynomial of a record has its rows: at the monomials that the tensor's rows have in its runs, of which
    /// those that one row holds share a block.
    pub(super) fn monomial(&self, stored: &TensorRows, first: usize) -> Monomial {
        let shape = stored.storage.shape;
        let index = self.order[first];
        let (channel, cell) = (index / shape.plane(), index % shape.plane());
        let (block, exponent) = stored.exponent(cell / shape.width, cell % shape.width);
        (self.apart + stored.block(self.leading(channel), block), exponent * stored.storage.spread as i64)
    }

    /// Where the polynomial of a record has a run of its tensor, seen from the run's first element; `None` for a channel
    /// of another record.
    pub(super) fn run(&self, stored: &TensorRows, channel: usize, slot: usize) -> Option<Recorded> {
        let (shape, columns) = (stored.storage.shape, stored.storage.period[1]);
        let channels = self.order.len() / shape.plane();
        if !(self.channel..self.channel + channels).contains(&channel) {
            return None;
        }
        let (block, exponent) = if stored.storage.form == Form::Scattered {
            stored.exponent(slot / shape.width, slot % shape.width)
        } else {
            let residue = [slot / columns, slot % columns];
            stored.section(residue).map(|_| stored.exponent(residue[0], residue[1]))?
        };
        let leading = self.leading(channel);
        let shift = self.packing.bits * (channel - leading) as u32;
        Some(Recorded { monomial: (self.apart + stored.block(leading, block), exponent), shift })
    }

    /// The first channel of those that stand in one row.
    const fn leading(&self, channel: usize) -> usize {
        channel - (channel - self.channel) % self.unit
    }

    /// The tensor's first element that is one of the record.
    pub(super) fn first(&self) -> usize {
        self.order.iter().copied().min().unwrap_or(0)
    }

    /// What a row holds beside the rest of its element, from the integers of the tensor's elements.
    pub(super) fn sum<V: Ring>(&self, row: &PackedRow, integer: impl Fn(usize) -> V) -> V {
        let base = V::constant(1 << self.packing.bits);
        let elements = self.elements(row).iter().rev();
        elements.fold(V::constant(0), |sum, at| sum * base.clone() + integer(*at))
    }

    /// The elements of a row, from its first one in the order in which they are packed on.
    pub(super) fn elements(&self, row: &PackedRow) -> &[usize] {
        row.first.and_then(|first| self.order.get(first..first + row.len)).unwrap_or_default()
    }
}

/// Where the integers of a record stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordRows {
    pub(super) packed: Packed,
    /// The row of the commitment, above the sponge.
    pub(super) first: usize,
    /// Permutations.
    permutations: usize,
    /// Rows that hold integers, from the first one on.
    pub(super) rows: Vec<PackedRow>,
}

/// A row with integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PackedRow {
    pub(super) row: usize,
    /// Its first integer, in the order in which they are packed; `None` for the 0 that fills up the last pair.
    pub(super) first: Option<usize>,
    /// How many.
    pub(super) len: usize,
    /// Whether its element goes on.
    pub(super) more: bool,
}

/// What a row of the sponge does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    /// Whether the first element of the next state is absorbed.
    pub(super) load: bool,
    pub(super) added: Fr,
}

/// The ways of going on to the next state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    /// The first element is what is added.
    Start,
    Turn,
    Mix,
    Partial,
}

impl RecordRows {
    /// The rows of a packed record, the commitment on the first one.
    pub(super) fn new(first: usize, packed: &Packed) -> Self {
        let (len, per_element) = (packed.order.len(), packed.packing.integers);
        let elements = len.div_ceil(per_element);
        // The salt comes first.
        let permutations = (1 + elements).div_ceil(2);
        let mut record = Self { packed: packed.clone(), first, permutations, rows: Vec::new() };
        for element in 0..elements {
            let (start, end) = (element * per_element, len.min((element + 1) * per_element));
            let top = record.absorbed(1 + element);
            let units = (start..end).step_by(packed.unit).enumerate();
            record.rows.extend(units.map(|(at, first)| PackedRow {
                row: top + STRIDE * at,
                first: Some(first),
                len: packed.unit.min(end - first),
                more: first + packed.unit < end,
            }));
        }
        if elements.is_multiple_of(2) {
            record.rows.push(PackedRow { row: record.absorbed(1 + elements), first: None, len: 0, more: false });
        }
        record.rows.sort_unstable_by_key(|row| row.row);
        record
    }

    /// Where rows with integers follow one another but for single rows between: a chain of weights each.
    pub(super) fn chains(&self) -> Vec<Range<usize>> {
        let mut chains: Vec<Range<usize>> = Vec::new();
        for PackedRow { row, .. } in &self.rows {
            match chains.last_mut().filter(|chain| chain.end + 1 >= *row) {
                Some(chain) => chain.end = row + 1,
                None => chains.push(*row..row + 1),
            }
        }
        chains
    }

    /// Bits of the integers of a row.
    fn row_bits(&self) -> u32 {
        self.packed.packing.bits * self.packed.unit as u32
    }

    /// By what the rest of an element is multiplied on a row of it.
    pub(super) fn more(&self) -> Fr {
        power_of_two(self.row_bits())
    }

    /// The row of the packed element that is absorbed as so manieth, the salt as first.
    fn absorbed(&self, element: usize) -> usize {
        self.bottom() - 2 - STEPS * (element / 2) - element % 2
    }

    /// The row of the salt.
    pub(super) fn salt(&self) -> usize {
        self.absorbed(0)
    }

    /// The row below the first permutation.
    pub(super) const fn bottom(&self) -> usize {
        self.first + STEPS * self.permutations + 1
    }

    /// What each row of the sponge does, from the bottom to the row below the commitment.
    pub(super) fn steps(&self) -> Vec<(usize, Step)> {
        let start = Step { kind: StepKind::Start, load: true, added: capacity(&self.packed.schema) };
        let permutation = permutation();
        let all = std::iter::once(start).chain((0..self.permutations).flat_map(|_| permutation.iter().copied()));
        (self.first + 1..=self.bottom()).rev().zip(all).collect()
    }
}

/// The rows of one permutation.
fn permutation() -> Vec<Step> {
    let constants = Constants::get();
    let mut steps = Vec::with_capacity(STEPS);
    // What the state lacks: partial rounds pass their constants on.
    let mut lacking = [Fr::ZERO; WIDTH];
    for (round, constants_of_round) in constants.round.iter().enumerate() {
        let added: Vec<Fr> = lacking.iter().zip(constants_of_round).map(|(a, b)| a + b).collect();
        if is_partial(round) {
            steps.push(Step { kind: StepKind::Partial, load: false, added: added[0] });
            lacking =
                constants.mds.map(|row| row.iter().zip(&added).skip(1).map(|(factor, value)| factor * value).sum());
            continue;
        }
        for (i, added) in added.into_iter().enumerate() {
            // The capacity comes first; each element of the pair is absorbed when its turn comes.
            let kind = if i + 1 < WIDTH { StepKind::Turn } else { StepKind::Mix };
            steps.push(Step { kind, load: round == 0 && kind == StepKind::Turn, added });
        }
        lacking = [Fr::ZERO; WIDTH];
    }
    steps
}

/// The state in the order in which it is mixed: what has passed the S-box first, or last.
fn ordered<V: Clone>(passed: &V, [_, second, third]: &[V; WIDTH], turn: bool) -> [V; WIDTH] {
    let [passed, second, third] = [passed, second, third].map(V::clone);
    if turn { [second, third, passed] } else { [passed, second, third] }
}

impl Config {
    /// The integers of a row, in its chain of weights.
    pub(super) fn packed_integer(&self, cells: &mut VirtualCells<'_, Fr>) -> Option<Expression<Fr>> {
        let (columns, selectors) = (self.record.as_ref()?, self.fixed.record?);
        let further = cells.query_advice(columns.packed, Rotation(STRIDE as i32));
        let whole = fixed(cells, selectors.integer) * advice(cells, columns.packed);
        Some(whole - fixed(cells, selectors.more) * further)
    }

    /// What the chains of records add to the sum.
    pub(super) fn recorded(&self, cells: &mut VirtualCells<'_, Fr>) -> Option<Expression<Fr>> {
        let selectors = self.fixed.record?;
        Some(fixed(cells, selectors.shown) * advice(cells, self.weight))
    }

    /// The commitments are the instance's, and what is committed to is a record of the schema.
    pub(super) fn commit(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(columns), Some(selectors)) = (&self.record, self.fixed.record) else { return };
        // Protocol, §10: sponge.
        self.gate(meta, "sponge", |cells| {
            let state = columns.state.map(|column| advice(cells, column));
            let above = columns.state.map(|column| cells.query_advice(column, Rotation::prev()));
            let absorbed = cells.query_advice(columns.packed, Rotation::prev());
            let square = advice(cells, columns.square);
            let added = fixed(cells, selectors.added);
            let [mix, turn, load] = [selectors.mix, selectors.turn, selectors.load].map(|column| fixed(cells, column));
            let passes = state[0].clone() + added.clone();
            let passed = square.clone() * square.clone() * passes.clone();
            let [first, last] = [false, true].map(|turn| ordered(&passed, &state, turn));
            let both = |i: usize| first[i].clone() + turn.clone() * (last[i].clone() - first[i].clone());
            let mixed = [both(0), both(1), both(2)];
            let product = |row: &[Fr; WIDTH]| {
                let terms = row.iter().zip(&mixed).map(|(factor, value)| value.clone() * *factor);
                terms.reduce(|sum, term| sum + term).unwrap_or_else(|| Ring::constant(0))
            };
            let turned = turn.clone() - mix.clone() * turn.clone();
            let mds = &Constants::get().mds;
            let next = |i: usize| {
                mix.clone() * (product(&mds[i]) - above[i].clone())
                    + turned.clone() * (last[i].clone() - above[i].clone())
            };
            let loaded = load.clone() * turn.clone() * (absorbed - state[1].clone());
            let start = (load.clone() - load * turn) * (added - above[0].clone());
            vec![
                ("square", fixed(cells, self.fixed.usable) * (square - passes.clone() * passes)),
                ("first", next(0) + loaded + start),
                ("second", next(1)),
                ("third", next(2)),
            ]
        });
        // Protocol, §10: commitment.
        self.gate(meta, "commitment", |cells| {
            let instance = cells.query_instance(self.instance, Rotation::cur());
            vec![("shown", fixed(cells, selectors.shown) * (advice(cells, columns.state[0]) - instance))]
        });
        // Protocol, §10: record.
        self.gate(meta, "record", |cells| -> Constraints {
            let gamma = cells.query_challenge(self.challenges.gamma);
            let bound = fixed(cells, selectors.bound);
            let sums = self.lanes.iter().map(|lane| self.code_and_rest(cells, lane)).collect();
            let ones = self.lanes.iter().map(|_| Ring::constant(1)).collect();
            let one: Expression<Fr> = Ring::constant(1);
            let range = horner(&gamma, sums) + (one.clone() - bound.clone()) * horner(&gamma, ones);
            let states = self.lanes.iter().map(|lane| one.clone() - advice(cells, lane.state)).collect();
            vec![("range", bound.clone() * range), ("state", bound * horner(&gamma, states))]
        });
    }

    /// The code of an element of a record, and what it lacks of the largest one, which its remainder's limbs hold.
    fn code_and_rest(&self, cells: &mut VirtualCells<'_, Fr>, lane: &Lane) -> Expression<Fr> {
        let digits = &self.params.digits;
        let mut limbs: Vec<_> = lane.limbs.iter().map(|column| advice(cells, *column)).collect();
        let upper = limbs.split_off(digits.remainder_limbs as usize);
        positional(digits.limb_bits, limbs.into_iter()) + positional(digits.limb_bits, upper.into_iter())
    }
}

/// First-phase cells of records, one field element per usable row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordCells {
    pub(super) state: [Vec<prover::Fr>; WIDTH],
    pub(super) square: Vec<prover::Fr>,
    pub(super) packed: Vec<prover::Fr>,
}

impl RecordCells {
    /// The columns in the order of the constraint system.
    pub(super) fn columns(&self) -> impl Iterator<Item = &[prover::Fr]> {
        self.state.iter().chain([&self.square, &self.packed]).map(Vec::as_slice)
    }

    /// The sponges over the integers of records, each with its salt; `None` where there are none.
    pub(super) fn new(layout: &Layout, codes: &[Vec<i64>], salts: &[Fr]) -> Option<Self> {
        if layout.records.is_empty() {
            return None;
        }
        let mut packed = vec![Fr::ZERO; layout.usable_rows()];
        for (rows, salt) in layout.records.iter().zip(salts) {
            packed[rows.salt()] = *salt;
            let more = rows.more();
            let own = &codes[rows.packed.tensor];
            for row in rows.rows.iter().rev() {
                let sum = rows.packed.sum(row, |at| prover::Fr::from_u64(own[at].unsigned_abs()));
                let further = if row.more { more * packed[row.row + STRIDE] } else { Fr::ZERO };
                packed[row.row] = Fr::from(sum) + further;
            }
        }
        Some(Self::permuted(&layout.records, packed))
    }

    /// The sponges over what is packed already.
    pub(super) fn permuted(records: &[RecordRows], packed: Vec<Fr>) -> Self {
        Self::follow(records, packed, |_, _| {})
    }

    /// As [`RecordCells::permuted`], where a row's square (cell 3), or what the row leads to, is one more.
    #[cfg(test)]
    pub(super) fn with_fault(records: &[RecordRows], packed: Vec<Fr>, fault: (usize, usize)) -> Self {
        Self::follow(records, packed, |at, value| {
            if at == fault {
                *value += Fr::ONE;
            }
        })
    }

    /// The sponges; `alter` is given the row and number of each cell that they come to, see
    /// [`RecordCells::with_fault`].
    fn follow(records: &[RecordRows], packed: Vec<Fr>, alter: impl Fn((usize, usize), &mut Fr)) -> Self {
        let mut cells = [(); WIDTH + 1].map(|()| vec![Fr::ZERO; packed.len()]);
        for rows in records {
            let mut state = [Fr::ZERO; WIDTH];
            for (row, step) in rows.steps() {
                let passes = state[0] + step.added;
                let mut square = passes.square();
                alter((row, WIDTH), &mut square);
                cells.iter_mut().zip(state.iter().chain([&square])).for_each(|(column, value)| column[row] = *value);
                let turn = matches!(step.kind, StepKind::Turn | StepKind::Mix);
                let next = ordered(&(square.square() * passes), &state, turn);
                state = match step.kind {
                    StepKind::Start => [step.added, Fr::ZERO, Fr::ZERO],
                    StepKind::Turn => next,
                    StepKind::Mix | StepKind::Partial => {
                        Constants::get().mds.map(|row| row.iter().zip(next).map(|(factor, value)| value * factor).sum())
                    }
                };
                if step.load && step.kind == StepKind::Turn {
                    state[0] = packed[row - 1];
                }
                state.iter_mut().enumerate().for_each(|(i, value)| alter((row, i), value));
            }
            cells.iter_mut().zip(&state).for_each(|(column, value)| column[rows.first] = *value);
            cells[WIDTH][rows.first] = state[0].square();
        }
        let [first, second, third, square] = cells.map(|column| column.into_iter().map(prover::Fr::from).collect());
        Self { state: [first, second, third], square, packed: packed.into_iter().map(prover::Fr::from).collect() }
    }

    /// What each row with integers adds to its chain of weights.
    pub(super) fn integers(&self, rows: &RecordRows) -> impl Iterator<Item = (usize, prover::Fr)> + '_ {
        let more = prover::Fr::from(rows.more());
        let of_row = move |PackedRow { row, more: goes_on, .. }: PackedRow| {
            let further = if goes_on { more * self.packed[row + STRIDE] } else { prover::Fr::ZERO };
            (row, self.packed[row] - further)
        };
        rows.rows.clone().into_iter().map(of_row)
    }

    /// The commitment.
    pub(super) fn commitment(&self, rows: &RecordRows) -> Fr {
        self.state[0][rows.first].into()
    }
}
