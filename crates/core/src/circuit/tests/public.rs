//! Public inputs: lies about the codes of packed rows, and verifying keys that place them elsewhere.

use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};

use super::{
    super::{Layout, Witness, witness::FirstPhase},
    Rig, assert_rejected,
    fixtures::{self, Builder},
    forgeries::write,
};
use crate::{
    circuit::tests::lying::forge_bytes,
    codec,
    error::{Error, Rejection},
    graph::{Activation, Lanes, Shape, Visibility},
    prove::{Proof, Transcript, VerifyingKey, verify, verify_instance},
    statement::{PublicCodes, PublicInput},
};

struct Honest {
    rig: Rig,
    witness: Witness,
    codes: PublicCodes,
}

impl Honest {
    fn all() -> impl Iterator<Item = (&'static str, Self)> {
        fixtures::public().into_iter().map(|(name, model, input)| {
            let rig = Rig::new(model);
            let witness = rig.witness(&input);
            let codes = rig.codes(&witness);
            (name, Self { rig, witness, codes })
        })
    }

    fn named(name: &str) -> Self {
        let (_, model, input) = fixtures::public().into_iter().find(|(fixture, ..)| *fixture == name).unwrap();
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        Self { rig, witness, codes }
    }

    fn input(&self) -> &PublicInput {
        self.rig.key.vk.statement.input.as_ref().unwrap()
    }

    fn cells(&self) -> Vec<(usize, usize)> {
        self.input().grid.cells().collect()
    }

    /// 2^(w · lane).
    fn unit(&self, lane: usize) -> Fr {
        Fr::from(2).pow([u64::from(self.input().code.bits) * lane as u64])
    }

    fn instance(&self) -> Vec<Fr> {
        self.rig.key.vk.statement.instance(&self.codes, &[7; 32]).unwrap()
    }

    /// What the stock verifier says to a proof for any instance.
    fn judge(&self, first: &FirstPhase, instance: &[Fr]) -> Result<(), Error> {
        let bytes = forge_bytes(&self.rig.key, &mut self.rig.circuit(first, &[]), instance);
        verify_instance(&self.rig.key.vk, Transcript::Blake2b, &bytes, instance)
    }
}

fn refuses(what: &str, outcome: Result<(), Error>) {
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{what}: {outcome:?}");
}

#[test]
fn a_lie_about_an_input_is_rejected() {
    let mut packed = 0;
    for (name, honest) in Honest::all() {
        let (cells, codes) = (honest.cells(), &honest.codes.input);
        let lie = |what: &str, change: &dyn Fn(&mut [u64])| {
            let mut lie = honest.codes.clone();
            change(&mut lie.input);
            assert_ne!(lie, honest.codes, "{name}: {what}");
            assert_rejected(&format!("{name}: {what}"), honest.rig.attempt(&honest.witness.first, &[], &lie));
        };
        for element in [0, codes.len() / 2, codes.len() - 1] {
            lie("another code", &|input| input[element] ^= 1);
        }
        let pairs =
            || (0..codes.len()).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|(a, b)| codes[*a] != codes[*b]);
        if let Some((a, b)) = pairs().find(|(a, b)| cells[*a].0 == cells[*b].0) {
            lie("two lanes swapped", &|input| input.swap(a, b));
            packed += 1;
        }
        let (a, b) = pairs().find(|(a, b)| cells[*a].0 != cells[*b].0).unwrap();
        lie("two rows swapped", &|input| input.swap(a, b));
    }
    assert!(packed > 2);
}

#[test]
fn a_carry_between_lanes_is_rejected() {
    for name in ["public same convolution", "public strided"] {
        let honest = Honest::named(name);
        let (cells, bits) = (honest.cells(), honest.input().code.bits);
        let beside = |a: usize, b: usize| cells[b] == (cells[a].0, cells[a].1 + 1) && honest.codes.input[b] > 0;
        let pairs = (0..cells.len()).flat_map(|a| (0..cells.len()).map(move |b| (a, b)));
        let (a, b) = pairs.into_iter().find(|(a, b)| beside(*a, *b)).unwrap();
        let mut codes = honest.codes.clone();
        codes.input[a] += 1 << bits;
        codes.input[b] -= 1;
        // The rows are the same, so the proof is right: what is wrong is that code.
        assert_eq!(honest.input().rows(&codes.input), honest.input().rows(&honest.codes.input));
        let proof = honest.rig.prove(&honest.witness.first, &[], &honest.codes);
        let outcome = verify(&honest.rig.key.vk, &Proof { codes, ..proof }, b"context");
        assert!(matches!(outcome, Err(Error::Rejected(Rejection::Input))), "{name}: {outcome:?}");
        // The cells of such codes: the upper limb is in no table.
        let mut first = honest.witness.first.clone();
        for (element, carry) in [(a, 1i64 << bits), (b, -1)] {
            let code = honest.witness.trace.codes[0][element] + carry;
            write(&honest.rig, &mut first, cells[element], i64::from(code > 0), code.abs() << 8);
        }
        honest.rig.recount(&mut first);
        refuses(name, honest.judge(&first, &honest.instance()));
    }
}

#[test]
fn codes_without_an_element_are_rejected() {
    let (mut lanes, mut rows) = (0, 0);
    for (name, honest) in Honest::all() {
        let (instance, first) = (honest.instance(), &honest.witness.first);
        honest.judge(first, &instance).unwrap_or_else(|error| panic!("{name}: {error}"));
        let layout = honest.rig.layout();
        let width = layout.params.lanes.activations;
        let placed = || layout.rows.iter().enumerate().filter(|(_, row)| row.tensor == 0);
        let idle = placed().filter(|(_, row)| row.mask > 0).flat_map(|(index, row)| {
            (0..width).filter(|lane| row.mask >> lane & 1 == 0).map(move |lane| (index, lane))
        });
        let empty = placed().filter(|(_, row)| row.mask == 0).map(|(index, _)| (index, width - 1));
        let (idle, empty) = (idle.collect::<Vec<_>>().pop(), empty.last());
        lanes += usize::from(idle.is_some());
        rows += usize::from(empty.is_some());
        let offset = Fr::from(honest.input().code.offset as u64);
        for at in [idle, empty].into_iter().flatten() {
            let mut cells = first.clone();
            write(&honest.rig, &mut cells, at, 1, 1 << 8);
            honest.rig.recount(&mut cells);
            // Cells beside the elements mean nothing, but no code may be claimed for them.
            honest.judge(&cells, &instance).unwrap_or_else(|error| panic!("{name}: {error}"));
            for code in [Fr::ONE, Fr::ONE + offset] {
                let mut lie = instance.clone();
                lie[at.0] += code * honest.unit(at.1);
                refuses(name, honest.judge(&cells, &lie));
                refuses(name, honest.judge(first, &lie));
            }
        }
    }
    assert!(lanes > 2 && rows > 0, "{lanes} idle lanes, {rows} empty rows");
}

/// A verifying key whose input is another one, read from its file.
fn doctored(honest: &Honest, change: impl Fn(&mut PublicInput)) -> Result<VerifyingKey, Error> {
    let mut vk = honest.rig.key.vk.clone();
    change(vk.statement.input.as_mut().unwrap());
    VerifyingKey::from_bytes(&vk.to_bytes())
}

#[test]
fn keys_with_positions_that_no_input_has_are_refused() {
    let honest = Honest::named("public strided");
    assert_eq!(honest.input().grid.period, [2, 2]);
    assert_eq!(doctored(&honest, |_| {}).unwrap().statement, honest.rig.key.vk.statement);
    type Change = (&'static str, fn(&mut PublicInput));
    let changes: [Change; 20] = [
        ("two classes in one place", |input| input.grid.starts[1] = input.grid.starts[0]),
        ("classes that overlap", |input| input.grid.starts[1] = input.grid.starts[0] + 1),
        ("lines in one place", |input| input.grid.steps[0] = 0),
        ("elements in one place", |input| input.grid.steps[1] = 0),
        ("a class below its channel", |input| input.grid.starts[3] = input.grid.rows * input.grid.lanes),
        ("an element below its channel", |input| input.grid.starts[3] = input.grid.rows * input.grid.lanes - 1),
        ("lines below their channel", |input| input.grid.steps[0] = input.grid.rows * input.grid.lanes),
        ("endless steps", |input| input.grid.steps = [usize::MAX; 2]),
        ("endless starts", |input| input.grid.starts = vec![usize::MAX; 4]),
        ("no classes", |input| (input.grid.period, input.grid.starts) = ([0, 2], Vec::new())),
        ("empty classes", |input| (input.grid.period, input.grid.starts) = ([6, 1], (0..6).collect())),
        ("endless classes", |input| input.grid.period = [usize::MAX; 2]),
        ("rows of the output", |input| input.grid.first = 1),
        ("rows below the circuit", |input| input.grid.first = 1 << 20),
        ("rows beyond all numbers", |input| input.grid.first = usize::MAX),
        ("channels without rows", |input| input.grid.rows = 0),
        ("channels with too many rows", |input| input.grid.rows = 1 << 19),
        ("no channels", |input| input.grid.shape.channels = 0),
        ("another width", |input| input.grid.shape.width -= 1),
        ("endless planes", |input| input.grid.shape.height = usize::MAX),
    ];
    for (what, change) in changes {
        let outcome = doctored(&honest, change);
        assert!(matches!(outcome, Err(Error::Artifact { .. })), "{what}: {outcome:?}");
    }
}

#[test]
fn a_key_that_places_its_input_elsewhere_accepts_nothing() {
    for (what, change) in [
        ("a row below", (|input| input.grid.first += 1) as fn(&mut PublicInput)),
        ("a lane further", |input| input.grid.starts.iter_mut().for_each(|start| *start += 1)),
    ] {
        let mut honest = Honest::named("public same convolution");
        let vk = doctored(&honest, change).unwrap();
        honest.rig.key.vk = vk;
        assert_rejected(what, honest.rig.attempt(&honest.witness.first, &[], &honest.codes));
    }
}

/// With a digest made right, so that the body itself is read.
#[test]
fn damaged_keys_are_refused_or_mean_something_else() {
    let vk = Honest::named("public strided").rig.key.vk;
    let bytes = vk.to_bytes();
    let points = vk.stock().fixed_commitments().len() + vk.stock().permutation().commitments().len();
    let head = bytes.len() - codec::DIGEST_BYTES - 64 * points;
    for at in 12..head {
        let mut body = bytes[..bytes.len() - codec::DIGEST_BYTES].to_vec();
        body[at] ^= 1 << (at % 8);
        body.extend(codec::digest(&body));
        if let Ok(read) = VerifyingKey::from_bytes(&body) {
            assert_eq!(read.to_bytes(), body);
        }
    }
}

#[test]
fn lanes_beyond_a_field_element_are_refused() {
    let model = |activations: usize, visibility: Visibility| {
        let shape = Shape { channels: 1, height: 2, width: 3 };
        let mut b = Builder::new(shape, Lanes { activations, weights: 2 });
        b.dense(0, 2, Activation::Linear);
        b.model.input.visibility = visibility;
        b.model
    };
    // 28 codes of 9 bits are 252.
    let mut params = Layout::new(&model(28, Visibility::Public)).unwrap().params;
    params.check().unwrap();
    params.lanes.activations = 29;
    assert!(matches!(params.check(), Err(Error::Artifact { .. })));
    model(29, Visibility::Private).check().unwrap();
    assert!(matches!(model(29, Visibility::Public).check(), Err(Error::Artifact { .. })));
}
