//! Proofs in the layout that EVM verifiers read, through the transcript of `snark-verifier`: Keccak-256 challenges,
//! uncompressed points, big-endian words.

use halo2_proofs::halo2curves::bn256::{Fq, G1Affine};
use halo2_proofs::halo2curves::ff::PrimeField;
use halo2_proofs::transcript::TranscriptReadBuffer;
use snark_verifier::loader::native::NativeLoader;
use snark_verifier::system::halo2::transcript::evm::EvmTranscript;

use crate::common::{Columns, Setup, Shape, TestCircuit, prove};

type Evm<S> = EvmTranscript<G1Affine, NativeLoader, S, Vec<u8>>;

/// A word of 32 bytes, big-endian, as a coordinate.
fn coordinate(word: &[u8]) -> Fq {
    let mut bytes: [u8; 32] = word.try_into().unwrap();
    bytes.reverse();
    Fq::from_repr(bytes).unwrap()
}

#[test]
fn equals_stock_in_the_layout_of_evm_verifiers() {
    for (shape, seed) in [(Shape::default(), 31), (Shape { phases: 1, degree: 5, k: 7, ..Shape::default() }, 32)] {
        let circuit = TestCircuit::new(shape, seed);
        let setup = Setup::new(shape.k, &circuit);
        let instance = circuit.instance();
        let (expected, polynomial) = setup.stock::<_, Evm<Vec<u8>>, _>(&circuit, &[&instance], seed);
        let mut witness = Columns::new(&circuit, &setup.prover);
        let proof = prove::<Evm<Vec<u8>>, _>(&setup, &circuit, &mut witness, seed, polynomial);
        assert!(proof == expected, "{shape:?}");
        assert!(setup.verifies_in(&[&instance], Evm::<&[u8]>::init(&proof)), "{shape:?}");

        // The first commitment, of lane 0, and the last opening are two words each, and on the curve.
        for point in [&proof[..64], &proof[proof.len() - 64..]] {
            let (x, y) = (coordinate(&point[..32]), coordinate(&point[32..]));
            assert_eq!(y * y, x * x * x + Fq::from(3));
        }
        let mut wrong = instance.clone();
        wrong[0] += halo2_proofs::halo2curves::bn256::Fr::one();
        assert!(!setup.verifies_in(&[&wrong], Evm::<&[u8]>::init(&proof)));
        let mut altered = proof;
        *altered.last_mut().unwrap() ^= 1;
        assert!(!setup.verifies_in(&[&instance], Evm::<&[u8]>::init(&altered)));
    }
}
