//! Committed inputs and outputs: lies about the record, its salt, its packing and each row of the sponge.

use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};
use hushproof_halo2_prover as prover;
use rand_core::OsRng;

use super::{
    super::{
        Witness, audit,
        fixed::{cells, constants, copies},
        record::{RecordCells, RecordRows, StepKind},
        witness::FirstPhase,
    },
    Fault, Rig, assert_rejected, fixtures,
};
use crate::{
    codec,
    commitment::{Commitment, capacity, sponge},
    error::{Error, Rejection},
    graph::{Activation, Layer, Visibility},
    prove::{VerifyingKey, verify},
    schema::{self, Records, Schema, Vector},
    statement::PublicCodes,
};

struct Honest {
    rig: Rig,
    input: Vec<i64>,
    witness: Witness,
    codes: PublicCodes,
}

impl Honest {
    fn of((_, model, input): (&'static str, crate::graph::Model, Vec<i64>)) -> Self {
        let rig = Rig::new(model);
        let witness = rig.salted(&input, Fr::from(1234));
        let codes = rig.codes(&witness);
        Self { rig, input, witness, codes }
    }

    fn all() -> impl Iterator<Item = (&'static str, Self)> {
        fixtures::committed().into_iter().map(|fixture| (fixture.0, Self::of(fixture)))
    }

    fn named(name: &str) -> Self {
        Self::of(fixtures::committed().into_iter().find(|(fixture, ..)| *fixture == name).unwrap())
    }

    /// The records, each with its schema.
    fn records(&self) -> impl Iterator<Item = (&RecordRows, &Schema)> {
        let model = &self.rig.model;
        let schemas = model.input.records.iter().flat_map(Records::schemas).chain(&model.output.schema);
        self.rig.layout().records.iter().zip(schemas)
    }

    fn rows(&self) -> &RecordRows {
        &self.rig.layout().records[0]
    }

    fn schema(&self) -> &Schema {
        self.records().next().unwrap().1
    }

    fn cells(&self) -> &RecordCells {
        self.witness.first.record.as_ref().unwrap()
    }

    fn packed(&self) -> Vec<Fr> {
        self.cells().packed.iter().map(|value| Fr::from(*value)).collect()
    }

    /// The integers of a record.
    fn integers(&self, record: &RecordRows, schema: &Schema) -> Vec<u64> {
        let codes = &self.witness.trace.codes[record.packed.tensor];
        codes[record.packed.first()..][..schema.len()].iter().map(|code| code.unsigned_abs()).collect()
    }

    /// The honest columns with another sponge.
    fn with(&self, record: RecordCells) -> FirstPhase {
        FirstPhase { record: Some(record), ..self.witness.first.clone() }
    }

    /// The sponges over other packed integers.
    fn permuted(&self, packed: Vec<Fr>) -> RecordCells {
        RecordCells::permuted(&self.rig.layout().records, packed)
    }

    /// What a proof shows of its own codes and these commitments.
    fn showing(&self, mut commitments: Vec<Fr>) -> PublicCodes {
        let output_commitment = if self.codes.output_commitment.is_some() { commitments.pop() } else { None };
        PublicCodes { commitments, output_commitment, ..self.codes.clone() }
    }

    /// Refuses these columns, whether the proof shows their own commitments or the honest ones.
    fn refuses(&self, what: &str, first: &FirstPhase) {
        let cells = first.record.as_ref().unwrap();
        let own = self.records().map(|(rows, _)| cells.commitment(rows)).collect();
        for codes in [self.showing(own), self.codes.clone()] {
            assert_rejected(what, self.rig.attempt(first, &[], &codes));
        }
    }
}

#[test]
fn a_proof_shows_the_commitments_to_its_records() {
    for (name, honest) in Honest::all() {
        let of = |(record, schema)| Commitment::new(schema, &honest.integers(record, schema), Fr::from(1234)).unwrap();
        let commitments: Vec<Commitment> = honest.records().map(of).collect();
        let proof = honest.rig.prove(&honest.witness.first, &[], &honest.codes);
        let verified = verify(&honest.rig.key.vk, &proof, b"context").unwrap_or_else(|error| panic!("{name}: {error}"));
        let shown: Vec<_> = verified.commitments.iter().chain(&verified.output_commitment).copied().collect();
        assert_eq!(shown, commitments, "{name}");
        assert_eq!(verified.output_commitment.is_some(), honest.rig.model.output.schema.is_some(), "{name}");
    }
}

/// The evaluation on one record beside the sponge over another one, or with another salt.
#[test]
fn another_record_or_salt_under_the_same_commitment_is_rejected() {
    for (name, honest) in Honest::all() {
        let (layout, salts) = (honest.rig.layout(), vec![Fr::from(1234); honest.records().count()]);
        for (of, (record, schema)) in honest.records().enumerate() {
            for at in [0, schema.len() - 1] {
                let mut codes = honest.witness.trace.codes.clone();
                let code = &mut codes[record.packed.tensor][record.packed.first() + at];
                *code = if *code > 0 { *code - 1 } else { 1 };
                let other = RecordCells::new(layout, &codes, &salts).unwrap();
                honest.refuses(&format!("{name}: record {of}, value {at}"), &honest.with(other));
            }
            let mut other = salts.clone();
            other[of] += Fr::ONE;
            let salted = RecordCells::new(layout, &honest.witness.trace.codes, &other).unwrap();
            let first = honest.with(salted);
            assert_rejected(&format!("{name}: salt {of}"), honest.rig.attempt(&first, &[], &honest.codes));
        }
        if honest.rig.model.input.records.is_none() {
            continue;
        }
        for at in [0, honest.input.len() - 1] {
            let mut other = honest.input.clone();
            other[at] = if other[at] > 0 { other[at] - 1 } else { 1 };
            let witness = honest.rig.salted(&other, Fr::from(1234));
            let mixed = FirstPhase { record: honest.witness.first.record.clone(), ..witness.first.clone() };
            let codes = PublicCodes { output: honest.rig.codes(&witness).output, ..honest.codes.clone() };
            assert_rejected(&format!("{name}: value {at}"), honest.rig.attempt(&mixed, &[], &codes));
        }
    }
}

/// The commitments of one proof in another order.
#[test]
fn swapped_commitments_are_rejected() {
    let honest = Honest::named("committed output, two committed inputs");
    let all: Vec<Fr> = honest.codes.commitments.iter().chain(&honest.codes.output_commitment).copied().collect();
    for (a, b) in [(0, 1), (1, 2), (0, 2)] {
        let mut swapped = all.clone();
        swapped.swap(a, b);
        assert_rejected("swapped", honest.rig.attempt(&honest.witness.first, &[], &honest.showing(swapped)));
    }
}

/// An output that leaves its schema's range, which the model refuses, with what its cells would hold; of 127, for which
/// both states of a cell have a remainder, too. One that does not is accepted.
#[test]
fn outputs_beyond_their_range_are_rejected() {
    for largest in [250i64, 127] {
        let (_, mut model, input) =
            fixtures::committed().into_iter().find(|(name, ..)| *name == "committed output").unwrap();
        let (tensor, s) = (model.layers.len(), model.digits.remainder_bits());
        let half = (1i64 << (s - 1)) - 1;
        let length = model.layers[tensor - 1].shape.channels;
        let vector = Vector { length, decimals: 0, min: 0.0, max: largest as f64 };
        let schema = Schema { name: "few".to_owned(), shape: schema::Shape::Vector(vector) };
        model.layers[tensor - 1] = Layer::record(&schema, tensor - 1, &model.digits);
        model.output.schema = Some(schema);
        model.layers[tensor - 2].activation = Activation::Linear;
        // What the codes are before the record is made.
        let mut any = model.clone();
        (any.output.schema, any.layers[tensor - 1].activation) = (None, Activation::Linear);
        let sums = any.run(input.clone()).unwrap().accumulators[tensor - 2].clone();
        let biases = model.layers[tensor - 2].bias.clone();
        for code in [0, largest, largest + 1, 255, -1, -5, -largest] {
            // Biases move the codes to where they are wanted, or must not be.
            let codes = std::iter::once(code).chain(std::iter::repeat(3));
            let moved = biases.iter().zip(&sums).zip(codes).map(|((bias, y), code)| bias - y + (code << s));
            model.layers[tensor - 2].bias = moved.collect();
            any.layers[tensor - 2].bias.clone_from(&model.layers[tensor - 2].bias);
            let inside = (0..=largest).contains(&code);
            assert_eq!(model.run(input.clone()).is_ok(), inside, "{code} of {largest}");
            let mut trace = any.run(input.clone()).unwrap();
            let rig = Rig::new(model.clone());
            let y = code * ((1 << s) - 1) + largest - half;
            assert_eq!(trace.accumulators[tensor - 1][0], y);
            for (state, whole) in [(1, y + half), (0, half - y)] {
                let whole = u64::try_from(whole).unwrap_or(0);
                trace.codes[tensor] = vec![3; length];
                trace.codes[tensor][0] = state * (whole >> s).cast_signed();
                let record = RecordCells::new(rig.layout(), &trace.codes, &[Fr::from(1234)]);
                let witness = Witness::traced(&model, rig.layout(), trace.clone(), record);
                let codes = rig.codes(&witness);
                let mut first = witness.first;
                first.put(&model, rig.at(tensor, 0, 0, 0), state, whole);
                rig.recount(&mut first);
                let outcome = rig.attempt(&first, &[], &codes);
                if inside && state == 1 {
                    assert!(outcome.is_ok(), "{code} of {largest}: {outcome:?}");
                } else {
                    assert_rejected(&format!("{code} of {largest}, state {state}"), outcome);
                }
            }
        }
    }
}

/// Commitments to records that are longer, shorter, of another order or of another schema.
#[test]
fn the_sponge_of_something_else_is_rejected() {
    let honest = Honest::named("committed same convolution");
    let integers: Vec<u64> = honest.input.iter().map(|code| code.unsigned_abs()).collect();
    let (schema, salt) = (honest.schema().digest().unwrap(), Fr::from(1234));
    let of = |capacity, integers: &[u64]| {
        let ordered: Vec<u64> = honest.schema().packed_order().filter_map(|at| integers.get(at).copied()).collect();
        let packed = |part: &[u64]| part.iter().rev().fold(Fr::ZERO, |sum, of| sum * Fr::from(256) + Fr::from(*of));
        let more = (ordered.len()..integers.len()).map(|_| 0);
        let ordered: Vec<u64> = ordered.into_iter().chain(more).collect();
        sponge(capacity, salt, ordered.chunks(30).map(packed).collect())
    };
    let longer = [&integers[..], &[0; 62]].concat();
    let mut swapped = integers.clone();
    let differ = (1..integers.len()).find(|at| integers[*at] != integers[0]).unwrap();
    swapped.swap(0, differ);
    let others = [
        of(capacity(&schema), &longer),
        of(capacity(&schema), &integers[..30]),
        of(capacity(&schema), &swapped),
        of(capacity(&[7; 32]), &integers),
        of(Fr::ZERO, &integers),
        salt,
    ];
    assert_eq!(honest.codes.commitments, [of(capacity(&schema), &integers)]);
    for commitment in others {
        let codes = honest.showing(vec![commitment]);
        assert_rejected("another sponge", honest.rig.attempt(&honest.witness.first, &[], &codes));
    }
}

/// A packed cell that is one more, with the sponge and the commitment that follow from it.
#[test]
fn shifted_integers_and_a_pair_that_is_filled_up_with_anything_are_rejected() {
    let mut filled = 0;
    for (name, honest) in Honest::all() {
        for (rows, _) in honest.records() {
            let padding = rows.rows.iter().filter(|row| row.first.is_none());
            filled += padding.clone().count();
            let picked = rows.rows.iter().step_by(rows.rows.len().div_ceil(3)).chain(rows.rows.last());
            for row in picked.chain(padding) {
                let mut packed = honest.packed();
                packed[row.row] += Fr::ONE;
                honest.refuses(&format!("{name}: {row:?}"), &honest.with(honest.permuted(packed)));
            }
        }
    }
    assert!(filled > 0);
}

/// What a code lacks of the largest integer is no number that its limbs hold; with limbs that hold it, the sum is wrong.
#[test]
fn integers_beyond_their_range_are_rejected() {
    let honest = Honest::named("committed sloped functions");
    let (model, layout) = (&honest.rig.model, honest.rig.layout());
    assert_eq!(model.input.largest()[0], 200);
    let mut beyond = honest.input.clone();
    // 256 more is one more of the next integer in the packed element: the same commitment.
    (beyond[3], beyond[4]) = (beyond[3] + 256, beyond[4] - 1);
    assert!(beyond[4] >= 0);
    // The evaluation on the other record, by a model that takes any integers.
    let mut any = model.clone();
    (any.input.records, any.input.visibility) = (None, Visibility::Private);
    let trace = any.run(beyond.clone()).unwrap();
    let record = RecordCells::new(layout, &trace.codes, &[Fr::from(1234)]);
    let witness = Witness::traced(&any, layout, trace, record);
    assert_eq!(witness.commitments(layout), honest.codes.commitments);
    let Witness { trace, mut first } = witness;
    first.bound(model, layout);
    for (index, code) in beyond.iter().enumerate() {
        let shape = model.input.shape;
        let (channel, cell) = (index / shape.plane(), index % shape.plane());
        let at = honest.rig.at(0, channel, cell / shape.width, cell % shape.width);
        let rest = 200u64.saturating_sub(code.unsigned_abs());
        let whole = (code.unsigned_abs() << model.digits.remainder_bits()) + rest;
        first.put(model, at, 1, whole);
    }
    honest.rig.recount(&mut first);
    let code = model.output_encoding().code();
    let output = trace.codes.last().unwrap().iter().map(|value| code.of(*value).unwrap()).collect();
    let codes = PublicCodes { output, ..honest.codes.clone() };
    assert_rejected("456 of 200", honest.rig.attempt(&first, &[], &codes));
}

/// Each cell of the sponge on each kind of row, all that comes after it following from it.
#[test]
fn a_sponge_with_one_wrong_cell_is_rejected() {
    let honest = Honest::named("committed dense");
    let steps = honest.rows().steps();
    let kinds = [StepKind::Start, StepKind::Turn, StepKind::Mix, StepKind::Partial];
    for kind in kinds {
        for load in [true, false] {
            let of_kind = steps.iter().filter(|(_, step)| (step.kind, step.load) == (kind, load)).map(|(row, _)| *row);
            for row in of_kind.clone().take(1).chain(of_kind.skip(1).last()) {
                // What the row leads to, and its own square.
                for cell in 0..=3 {
                    if kind == StepKind::Start && [1, 2].contains(&cell) {
                        continue;
                    }
                    let wrong = RecordCells::with_fault(&honest.rig.layout().records, honest.packed(), (row, cell));
                    honest.refuses(&format!("{kind:?}, cell {cell}"), &honest.with(wrong));
                }
            }
        }
    }
}

#[test]
fn a_shift_of_any_column_of_the_sponge_is_rejected() {
    let honest = Honest::named("committed same convolution");
    let (rows, config) = (honest.rows(), honest.rig.config());
    let columns = config.record.as_ref().unwrap();
    let mut shifts = vec![(columns.packed, rows.salt()), (columns.state[0], rows.first), (columns.square, rows.first)];
    for (row, _) in rows.steps().into_iter().skip(1).step_by(29) {
        shifts.extend(columns.state.iter().chain([&columns.square]).map(|column| (*column, row)));
    }
    shifts.extend(rows.rows.iter().step_by(7).map(|row| (columns.packed, row.row)));
    for row in rows.chains().iter().flat_map(|chain| [chain.start, chain.end - 1]).chain([rows.first]) {
        shifts.extend([(config.weight, row), (config.multiplier, row)]);
    }
    for (column, row) in shifts {
        if columns.state[1..].contains(&column) && steps_over(&honest, row) {
            continue;
        }
        let fault = Fault { column: column.index(), row, delta: Fr::ONE };
        let what = format!("column {} on row {row}", column.index());
        assert_rejected(&what, honest.rig.attempt(&honest.witness.first, &[fault], &honest.codes));
    }
}

/// Whether nothing makes the second and the third element of a row: that above the start, and the start itself.
fn steps_over(honest: &Honest, row: usize) -> bool {
    row + 1 >= honest.rows().bottom()
}

/// Each kind of constant, one of them changed.
#[test]
fn the_audit_notices_a_wrong_constant() {
    for (name, model, _) in fixtures::committed() {
        let layout = super::Layout::new(&model).unwrap();
        if model.private_weights.is_some() {
            continue;
        }
        let config = super::configured(&layout.params).1;
        let (cells, copies) = (cells(&config, &layout, &model), copies(&config, &layout));
        let right = constants(&config, &layout);
        for at in (0..right.len()).step_by(23).chain([right.len() - 1]) {
            let mut wrong = right.clone();
            wrong[at].2 += Fr::ONE;
            let keyed = audit::Keyed { cells: &cells, constants: &wrong, copies: &copies };
            let audited = audit::audit(&config, &layout, &model, keyed);
            assert!(matches!(audited, Err(Error::Layout { .. })), "{name}: constant {at}: {audited:?}");
        }
    }
}

#[test]
fn commitments_that_do_not_belong_to_a_key_are_refused() {
    let honest = Honest::named("committed dense");
    let proof = honest.rig.prove(&honest.witness.first, &[], &honest.codes);
    let without = PublicCodes { commitments: Vec::new(), ..honest.codes.clone() };
    let lie = crate::prove::Proof { codes: without, ..proof.clone() };
    let outcome = verify(&honest.rig.key.vk, &lie, b"context");
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Commitment))), "{outcome:?}");

    let plain = Rig::new(fixtures::all().remove(0).1);
    let witness = plain.witness(&honest.input);
    let codes = plain.codes(&witness);
    let with = PublicCodes { commitments: honest.codes.commitments.clone(), ..codes.clone() };
    let lie = crate::prove::Proof { codes: with, ..plain.prove(&witness.first, &[], &codes) };
    let outcome = verify(&plain.key.vk, &lie, b"context");
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Commitment))), "{outcome:?}");

    // A key that has the commitment on a row of the outputs, or nowhere.
    let vk = &honest.rig.key.vk;
    assert_eq!(VerifyingKey::from_bytes(&vk.to_bytes()).unwrap().statement, vk.statement);
    for row in [0, vk.statement.output.scale.len() - 1, 1 << vk.k, usize::MAX >> 1] {
        let mut moved = vk.clone();
        moved.statement.records[0].row = row;
        let error = VerifyingKey::from_bytes(&moved.to_bytes()).map(drop).unwrap_err();
        assert_eq!(error.code(), "artifact", "row {row}");
    }
    // Elsewhere in the circuit it is no row of the sponge's.
    let mut moved = vk.clone();
    moved.statement.records[0].row += 1;
    let moved = VerifyingKey::from_bytes(&moved.to_bytes()).unwrap();
    let lie = crate::prove::Proof { vk: codec::digest(&moved.to_bytes()), ..proof };
    assert!(verify(&moved, &lie, b"context").is_err());
}

#[test]
fn two_commitments_to_one_record_share_nothing() {
    let honest = Honest::named("committed dense");
    let other = honest.rig.salted(&honest.input, Fr::random(OsRng));
    let cells = other.first.record.as_ref().unwrap();
    let shared = |a: &[prover::Fr], b: &[prover::Fr]| a.iter().zip(b).filter(|(a, b)| a == b && !a.is_zero()).count();
    let same: usize = honest.cells().state.iter().zip(&cells.state).map(|(a, b)| shared(a, b)).sum();
    // The schema's capacity, on the row that it comes from and the next, and what the S-box makes of it, on two rows.
    assert_eq!(same, 4);
    assert_ne!(honest.codes.commitments, other.commitments(honest.rig.layout()));
}
