//! What is refused, and with which error.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine};
use halo2_proofs::halo2curves::serde::SerdeObject;
use halo2_proofs::plonk::{
    Circuit, ConstraintSystem, Error, FirstPhase, SecondPhase, ThirdPhase, keygen_pk, keygen_vk,
};
use halo2_proofs::poly::Rotation;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2_proofs::transcript::TranscriptWriterBuffer;
use hushproof_halo2_prover::{
    Challenges, CircuitWitness, ColumnValues, Control, ProveError, Prover, Randomness, Source, Srs, Stage, Witness,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::common::{Columns, Setup, Shape, TestCircuit, Transcript};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn setup() -> (TestCircuit, Setup) {
    let circuit = TestCircuit::new(Shape { k: 5, ..Shape::default() }, 1);
    let setup = Setup::new(5, &circuit);
    (circuit, setup)
}

/// Changes what another witness gives.
struct Changed<'a, F>(Columns<'a>, F);

impl<F: FnMut(u8, &mut Vec<ColumnValues>)> Witness for Changed<'_, F> {
    fn phase(&mut self, phase: u8, challenges: &Challenges) -> Result<Vec<ColumnValues>, Source> {
        let mut columns = self.0.phase(phase, challenges)?;
        (self.1)(phase, &mut columns);
        Ok(columns)
    }
}

fn prove_changed(change: impl FnMut(u8, &mut Vec<ColumnValues>)) -> Result<(), ProveError> {
    let (circuit, setup) = setup();
    let mut witness = Changed(Columns::new(&circuit, &setup.prover), change);
    let (instance, control) = (circuit.instance(), Control::default());
    let mut transcript = Transcript::init(Vec::new());
    let randomness = Randomness::new(rng());
    setup.prover.prove(&setup.srs, &[&instance], &mut witness, randomness, &control, &mut transcript).map(drop)
}

#[test]
fn columns_that_do_not_fit() {
    assert!(prove_changed(|_, _| ()).is_ok());
    let usable = setup().1.prover.usable_rows();
    let long = |phase, columns: &mut Vec<ColumnValues>| {
        if phase == 0 {
            columns[1] = ColumnValues::Small { values: vec![1; usable + 1], bits: 1 };
        }
    };
    // Advice column 1 is of the second phase, so the second of the first phase is column 2.
    let error = prove_changed(long).unwrap_err();
    assert!(
        matches!(error, ProveError::ColumnLength { column: 2, limit, got } if limit == usable && got == usable + 1)
    );
    let long = |phase, columns: &mut Vec<ColumnValues>| {
        if phase == 1 {
            columns[0] = ColumnValues::Field(vec![hushproof_halo2_prover::Fr::ONE; usable + 1]);
        }
    };
    assert!(matches!(prove_changed(long).unwrap_err(), ProveError::ColumnLength { column: 1, .. }));
    let missing = |phase, columns: &mut Vec<ColumnValues>| columns.truncate(4 - usize::from(phase) * 3);
    let error = prove_changed(missing).unwrap_err();
    assert!(matches!(error, ProveError::WitnessColumns { phase: 1, expected: 2, got: 1 }));
    let more = |_, columns: &mut Vec<ColumnValues>| columns.push(ColumnValues::Field(Vec::new()));
    let error = prove_changed(more).unwrap_err();
    assert!(matches!(error, ProveError::WitnessColumns { phase: 0, expected: 4, got: 5 }));
}

#[test]
fn integers_beyond_their_bound() {
    for value in [256, -256, i64::MIN] {
        let wide = move |phase, columns: &mut Vec<ColumnValues>| {
            if phase == 0 {
                columns[0] = ColumnValues::Small { values: vec![255, -255, value], bits: 8 };
            }
        };
        let error = prove_changed(wide).unwrap_err();
        assert!(matches!(error, ProveError::OutOfBounds { column: 0, row: 2, bits: 8 }), "{value}");
    }
    let wide = |_, columns: &mut Vec<ColumnValues>| {
        columns[0] = ColumnValues::Small { values: vec![0], bits: 64 };
    };
    assert!(matches!(prove_changed(wide).unwrap_err(), ProveError::ColumnBits { column: 0, bits: 64 }));
}

#[test]
fn empty_columns_are_zeros() {
    // The proof is made; that it does not verify is the verifier's to say.
    let empty = |_, columns: &mut Vec<ColumnValues>| {
        columns[0] = ColumnValues::Field(Vec::new());
        columns[1] = ColumnValues::Small { values: Vec::new(), bits: 0 };
    };
    assert!(prove_changed(empty).is_ok());
}

#[test]
fn instances_that_do_not_fit() {
    let (circuit, setup) = setup();
    let prove = |instances: &[&[Fr]]| {
        let mut transcript = Transcript::init(Vec::new());
        let mut witness = Columns::new(&circuit, &setup.prover);
        let randomness = Randomness::new(rng());
        setup.prover.prove(&setup.srs, instances, &mut witness, randomness, &Control::default(), &mut transcript)
    };
    assert!(matches!(prove(&[]).unwrap_err(), ProveError::InstanceColumns { expected: 1, got: 0 }));
    assert!(matches!(prove(&[&[], &[]]).unwrap_err(), ProveError::InstanceColumns { expected: 1, got: 2 }));
    let usable = setup.prover.usable_rows();
    let error = prove(&[&vec![Fr::one(); usable + 1]]).unwrap_err();
    assert!(matches!(error, ProveError::InstanceLength { column: 0, limit, .. } if limit == usable));
    assert!(prove(&[&vec![Fr::one(); usable]]).is_ok());
}

#[test]
fn reference_strings_that_do_not_fit() {
    let (circuit, setup) = setup();
    for k in [4, 6] {
        let srs = Srs::from_params(&ParamsKZG::<Bn256>::setup(k, rng())).unwrap();
        let mut transcript = Transcript::init(Vec::new());
        let mut witness = Columns::new(&circuit, &setup.prover);
        let (randomness, control) = (Randomness::new(rng()), Control::default());
        let error = setup.prover.prove(&srs, &[&[]], &mut witness, randomness, &control, &mut transcript).unwrap_err();
        assert!(matches!(error, ProveError::SrsSize { key: 5, srs } if srs == k));
    }
    let points = setup.params.get_g();
    assert!(matches!(Srs::new(points, &points[1..]), Err(ProveError::SrsPoints { monomial: 32, lagrange: 31 })));
    assert!(matches!(Srs::new(&points[..3], &points[..3]), Err(ProveError::SrsPoints { .. })));
    assert!(matches!(Srs::new(&[], &[]), Err(ProveError::SrsPoints { .. })));
    let mut off = points.to_vec();
    off[7] = G1Affine { x: off[7].x, y: off[8].y };
    let raw = |points: &[G1Affine]| points.iter().flat_map(SerdeObject::to_raw_bytes).collect::<Vec<_>>();
    let (good, off_raw) = (raw(points), raw(&off));
    for refused in [Srs::new(&off, points), Srs::from_raw(&off_raw, &good)] {
        assert!(matches!(refused, Err(ProveError::SrsPoint { basis: "monomial", index: 7 })));
    }
    for refused in [Srs::new(points, &off), Srs::from_raw(&good, &off_raw)] {
        assert!(matches!(refused, Err(ProveError::SrsPoint { basis: "Lagrange", index: 7 })));
    }
    for (monomial, lagrange) in [(2048, 2047), (2048, 1984), (192, 192), (65, 65), (0, 0)] {
        let refused = Srs::from_raw(&good[..monomial], &good[..lagrange]);
        assert!(matches!(refused, Err(ProveError::SrsPoints { .. } | ProveError::Msm(_))), "{monomial} {lagrange}");
    }
    let read = Srs::from_raw(&good, &good).unwrap();
    assert_eq!(read.k(), 5);
    assert!(read.monomial().eq(points.iter().copied()) && read.lagrange().eq(points.iter().copied()));
}

#[test]
fn random_polynomials_of_another_length() {
    let (circuit, setup) = setup();
    let mut transcript = Transcript::init(Vec::new());
    let mut witness = Columns::new(&circuit, &setup.prover);
    let randomness = Randomness::with_polynomial(rng(), vec![hushproof_halo2_prover::Fr::ONE; 31]);
    let instance = circuit.instance();
    let error = setup
        .prover
        .prove(&setup.srs, &[&instance], &mut witness, randomness, &Control::default(), &mut transcript)
        .unwrap_err();
    assert!(matches!(error, ProveError::RandomPolynomial { expected: 32, got: 31 }));
}

#[test]
fn progress_is_reported_and_a_raised_flag_ends_the_proof() {
    let (circuit, setup) = setup();
    let instance = circuit.instance();
    let reports = Mutex::new(Vec::new());
    let report = |stage: Stage, fraction: f32| reports.lock().unwrap().push((stage, fraction));
    let prove = |control: &Control<'_>| {
        let mut transcript = Transcript::init(Vec::new());
        let mut witness = Columns::new(&circuit, &setup.prover);
        let randomness = Randomness::new(rng());
        setup.prover.prove(&setup.srs, &[&instance], &mut witness, randomness, control, &mut transcript)
    };
    prove(&Control { progress: Some(&report), ..Control::default() }).unwrap();
    let all = std::mem::take(&mut *reports.lock().unwrap());
    for pair in all.windows(2) {
        let ((before, from), (after, to)) = (pair[0], pair[1]);
        assert!(if before == after { from <= to } else { from == 1.0 && to == 0.0 }, "{pair:?}");
    }
    assert_eq!(all.last(), Some(&(Stage::Openings, 1.0)));
    // Cancelled at each report, the proof ends there.
    for at in 0..all.len() - 1 {
        let cancelled = AtomicBool::new(false);
        let count = AtomicBool::new(false);
        let seen = Mutex::new(0);
        let report = |_, _| {
            let mut seen = seen.lock().unwrap();
            assert!(!count.load(Ordering::Relaxed), "a report after the flag was raised");
            if *seen == at {
                cancelled.store(true, Ordering::Relaxed);
                count.store(true, Ordering::Relaxed);
            }
            *seen += 1;
        };
        let control = Control { progress: Some(&report), cancelled: Some(&cancelled) };
        assert!(matches!(prove(&control).unwrap_err(), ProveError::Cancelled), "{at}");
    }
}

#[test]
fn threads_prove_again_after_proofs_that_failed_or_were_cancelled() {
    let (circuit, setup) = setup();
    let instance = circuit.instance();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let prove = |witness: &mut dyn Witness, control: &Control<'_>| {
        let mut transcript = Transcript::init(Vec::new());
        let randomness = Randomness::new(rng());
        setup.prover.prove(&setup.srs, &[&instance], witness, randomness, control, &mut transcript)?;
        Ok::<_, ProveError>(transcript.finalize())
    };
    pool.install(|| {
        let columns = || Columns::new(&circuit, &setup.prover);
        let expected = prove(&mut columns(), &Control::default()).unwrap();
        assert!(setup.verifies(&[&instance], &expected));
        for at in [Stage::Witness { phase: 1 }, Stage::Quotient, Stage::Openings] {
            let cancelled = AtomicBool::new(false);
            let report = |stage, _| cancelled.store(stage == at, Ordering::Relaxed);
            let control = Control { progress: Some(&report), cancelled: Some(&cancelled) };
            assert!(matches!(prove(&mut columns(), &control), Err(ProveError::Cancelled)), "{at}");
            let wide = |_, columns: &mut Vec<ColumnValues>| {
                columns[0] = ColumnValues::Small { values: vec![2], bits: 1 };
            };
            let failed = prove(&mut Changed(columns(), wide), &Control::default());
            assert!(matches!(failed, Err(ProveError::OutOfBounds { .. })));
            assert!(prove(&mut columns(), &Control::default()).unwrap() == expected, "after {at}");
        }
    });
}

/// A circuit that is refused for its constraint system.
#[derive(Clone, Default)]
struct Refused<const KIND: u8>;

const LOOKUP: u8 = 0;
const THREE_PHASES: u8 = 1;
const DEGREE: u8 = 2;

impl<const KIND: u8> Circuit<Fr> for Refused<KIND> {
    type Config = ();
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) {
        let a = meta.advice_column_in(FirstPhase);
        let table = meta.fixed_column();
        if KIND == LOOKUP {
            meta.lookup_any("in", |cells| {
                vec![(cells.query_advice(a, Rotation::cur()), cells.query_fixed(table, Rotation::cur()))]
            });
        }
        if KIND == THREE_PHASES {
            meta.advice_column_in(SecondPhase);
            meta.advice_column_in(ThirdPhase);
        }
        if KIND == DEGREE {
            meta.create_gate("sixth power", |cells| {
                let a = cells.query_advice(a, Rotation::cur());
                vec![(1..6).fold(a.clone(), |power, _| power * a.clone())]
            });
        }
    }

    fn synthesize(&self, (): (), _: impl Layouter<Fr>) -> Result<(), Error> {
        Ok(())
    }
}

fn refusal<const KIND: u8>() -> ProveError {
    let params = ParamsKZG::<Bn256>::setup(5, rng());
    assert_eq!(params.k(), 5);
    let key = keygen_pk(&params, keygen_vk(&params, &Refused::<KIND>).unwrap(), &Refused::<KIND>).unwrap();
    Prover::new(&key).err().unwrap()
}

#[test]
fn constraint_systems_that_are_not_supported() {
    assert!(matches!(refusal::<LOOKUP>(), ProveError::Lookups { got: 1 }));
    assert!(matches!(refusal::<THREE_PHASES>(), ProveError::Phases { got: 3 }));
    assert!(matches!(refusal::<DEGREE>(), ProveError::Degree { got: 6, limit: 5 }));
}

#[test]
fn circuits_whose_assignments_are_wrong() {
    let (circuit, setup) = setup();
    let short = TestCircuit::new(Shape { k: 7, ..Shape::default() }, 1);
    // Assigns more rows than the key has.
    let mut witness = CircuitWitness::new(&short, &setup.prover, &[]);
    let instance = circuit.instance();
    let mut transcript = Transcript::init(Vec::new());
    let (randomness, control) = (Randomness::new(rng()), Control::default());
    let error =
        setup.prover.prove(&setup.srs, &[&instance], &mut witness, randomness, &control, &mut transcript).unwrap_err();
    let ProveError::Witness(source) = error else { panic!("{error}") };
    assert!(source.to_string().contains("not usable"), "{source}");
}
