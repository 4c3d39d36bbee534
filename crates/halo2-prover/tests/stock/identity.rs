//! Proofs equal the stock prover's, byte for byte.

use halo2_proofs::halo2curves::bn256::G1Affine;
use halo2_proofs::halo2curves::group::{Curve, GroupEncoding, prime::PrimeCurveAffine};
use halo2_proofs::transcript::{Challenge255, Keccak256Write, TranscriptWriterBuffer};
use hushproof_halo2_prover::{Challenges, Control, Fr, Randomness, Witness};

use crate::common::{Columns, Setup, Shape, TestCircuit, Transcript, check, prove, rng};

#[test]
fn equals_stock_for_every_size_and_degree() {
    for degree in [3, 4, 5, 6] {
        check(Shape { degree, ..Shape::default() }, 100 + degree as u64);
    }
    for k in [5, 7, 8, 9, 10] {
        check(Shape { k, ..Shape::default() }, 200 + u64::from(k));
    }
}

#[test]
fn equals_stock_in_one_phase() {
    check(Shape { phases: 1, ..Shape::default() }, 1);
}

#[test]
fn equals_stock_without_a_permutation() {
    check(Shape { permutation: false, ..Shape::default() }, 2);
    check(Shape { permutation: false, phases: 1, degree: 3, ..Shape::default() }, 3);
}

#[test]
fn equals_stock_with_many_columns() {
    check(Shape { lanes: 23, k: 7, ..Shape::default() }, 4);
}

/// 36 columns of 256 KiB: more than the quotient takes together.
#[test]
fn equals_stock_where_constraints_are_computed_in_parts() {
    check(Shape { lanes: 23, k: 13, ..Shape::default() }, 10);
}

#[test]
fn equals_stock_for_another_transcript() {
    type Keccak = Keccak256Write<Vec<u8>, G1Affine, Challenge255<G1Affine>>;
    let circuit = TestCircuit::new(Shape::default(), 5);
    let setup = Setup::new(circuit.shape.k, &circuit);
    let instance = circuit.instance();
    let (expected, polynomial) = setup.stock::<_, Keccak, _>(&circuit, &[&instance], 5);
    let mut witness = Columns::new(&circuit, &setup.prover);
    assert!(prove::<Keccak, _>(&setup, &circuit, &mut witness, 5, polynomial) == expected);
}

#[test]
fn equals_stock_on_one_thread() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| check(Shape::default(), 6));
}

/// Commitments of the advice columns and products, at the front of a proof.
fn commitments(proof: &[u8], count: usize) -> Vec<[u8; 32]> {
    proof.as_chunks().0[..count].to_vec()
}

/// Columns that are committed to on their own differ from a proof's by the random rows alone, which both give.
#[test]
fn commitments_differ_by_the_random_rows() {
    let circuit = TestCircuit::new(Shape::default(), 11);
    let setup = Setup::new(circuit.shape.k, &circuit);
    let (instance, rows) = (circuit.instance(), setup.prover.random_rows());
    let mut transcript = Transcript::init(Vec::new());
    let mut witness = Columns::new(&circuit, &setup.prover);
    let (randomness, control) = (Randomness::new(rng(1)), Control::default());
    let of_proof =
        setup.prover.prove(&setup.srs, &[&instance], &mut witness, randomness, &control, &mut transcript).unwrap();
    let columns = witness.phase(0, &Challenges::default()).unwrap();
    let (points, random) = setup.srs.commit_hidden(columns, rows, &mut Randomness::new(rng(2))).unwrap();
    assert!(points.len() > 1);
    let in_proof = commitments(&transcript.finalize(), points.len());
    let phases = setup.key.get_vk().cs().advice_column_phase();
    let first = (0..phases.len()).filter(|column| phases[*column] == 0);
    for ((index, column), (point, in_proof)) in first.enumerate().zip(points.iter().zip(in_proof)) {
        assert_eq!((of_proof.of(column).len(), random.of(index).len()), (rows, rows));
        assert_ne!(point.to_bytes().as_ref(), in_proof);
        let mut differences = vec![Fr::ZERO; setup.prover.usable_rows()];
        differences.extend(of_proof.of(column).iter().zip(random.of(index)).map(|(ours, own)| *ours - *own));
        let moved = point.to_curve() + setup.srs.commit_values(&differences).unwrap();
        assert_eq!(moved.to_affine().to_bytes().as_ref(), in_proof, "column {column}");
    }
    assert!(of_proof.of(usize::MAX).is_empty() && !format!("{of_proof:?}").contains("0x"));
}

#[test]
fn proofs_of_one_witness_share_no_commitment() {
    let circuit = TestCircuit::new(Shape::default(), 7);
    let setup = Setup::new(circuit.shape.k, &circuit);
    let instance = circuit.instance();
    let proofs: Vec<_> = [1, 2]
        .map(|seed| {
            let mut transcript = Transcript::init(Vec::new());
            let mut witness = Columns::new(&circuit, &setup.prover);
            let randomness = Randomness::new(rng(seed));
            setup
                .prover
                .prove(&setup.srs, &[&instance], &mut witness, randomness, &Control::default(), &mut transcript)
                .unwrap();
            transcript.finalize()
        })
        .into();
    // 3 lanes, power, copy, sum; 6 permuted columns by 2; the random polynomial; 3 pieces of the quotient.
    let count = 6 + 3 + 1 + 3;
    let [first, second] = [&proofs[0], &proofs[1]].map(|proof| commitments(proof, count));
    for (i, commitment) in first.iter().enumerate() {
        assert!(!second.contains(commitment), "commitment {i} is the same in both");
    }
    assert!(proofs.iter().all(|proof| setup.verifies(&[&instance], proof)));
    let mut wrong = instance;
    wrong[0] += halo2_proofs::halo2curves::bn256::Fr::one();
    assert!(!setup.verifies(&[&wrong], &proofs[0]));
}

#[test]
fn wrong_witness_is_not_accepted() {
    let mut circuit = TestCircuit::new(Shape::default(), 8);
    let setup = Setup::new(circuit.shape.k, &circuit);
    circuit.lanes[0][9] += 1;
    let instance = circuit.instance();
    let mut witness = Columns::new(&circuit, &setup.prover);
    let proof =
        prove::<Transcript, _>(&setup, &circuit, &mut witness, 9, Fr::ONE.powers(1 << circuit.shape.k).collect());
    assert!(!setup.verifies(&[&instance], &proof));
}
