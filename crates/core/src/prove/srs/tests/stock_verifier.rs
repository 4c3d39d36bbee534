//! A proof by the stock prover verifies with the parameters of [`VerifierPoints`] alone.

use halo2_proofs::{
    circuit::{Layouter, SimpleFloorPlanner, Value},
    plonk::{
        Advice, Circuit, Column, ConstraintSystem, Error as PlonkError, Instance, Selector, create_proof, keygen_pk,
        keygen_vk, verify_proof,
    },
    poly::{
        Rotation,
        kzg::{
            commitment::KZGCommitmentScheme,
            multiopen::{ProverSHPLONK, VerifierSHPLONK},
            strategy::SingleStrategy,
        },
    },
    transcript::{Blake2bRead, Blake2bWrite, Challenge255, TranscriptReadBuffer, TranscriptWriterBuffer},
};

use super::*;

/// Knows x with x² = the instance.
#[derive(Clone, Default)]
struct Square(Value<Fr>);

impl Circuit<Fr> for Square {
    type Config = (Column<Advice>, Column<Instance>, Selector);
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::default()
    }

    fn configure(cs: &mut ConstraintSystem<Fr>) -> Self::Config {
        let (x, instance, selector) = (cs.advice_column(), cs.instance_column(), cs.selector());
        cs.enable_equality(x);
        cs.enable_equality(instance);
        cs.create_gate("square", |cells| {
            let root = cells.query_advice(x, Rotation::cur());
            let square = cells.query_advice(x, Rotation::next());
            vec![cells.query_selector(selector) * (root.clone() * root - square)]
        });
        (x, instance, selector)
    }

    fn synthesize(
        &self,
        (x, instance, selector): Self::Config,
        mut layouter: impl Layouter<Fr>,
    ) -> Result<(), PlonkError> {
        let square = layouter.assign_region(
            || "square",
            |mut region| {
                selector.enable(&mut region, 0)?;
                region.assign_advice(x, 0, self.0);
                Ok(region.assign_advice(x, 1, self.0.map(|x| x * x)))
            },
        )?;
        layouter.constrain_instance(square.cell(), instance, 0);
        Ok(())
    }
}

#[test]
fn verifies() {
    for k in [4, 6] {
        let srs = Srs::new_development(6, rng()).unwrap().trim(k).unwrap();
        let params = &srs.params().unwrap();
        let pk = keygen_pk(params, keygen_vk(params, &Square::default()).unwrap(), &Square::default()).unwrap();
        let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(Vec::new());
        create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, _, _, _, _>(
            params,
            &pk,
            &[Square(Value::known(Fr::from(3)))],
            &[&[&[Fr::from(9)]]],
            rng(),
            &mut transcript,
        )
        .unwrap();
        let proof = transcript.finalize();
        let verify = |points: VerifierPoints, k: u32, square: u64| {
            let params = points.verifier_params(k).unwrap();
            verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, _, _, _>(
                &params,
                pk.get_vk(),
                SingleStrategy::new(&params),
                &[&[&[Fr::from(square)]]],
                &mut Blake2bRead::<_, G1Affine, Challenge255<_>>::init(proof.as_slice()),
            )
            .is_ok()
        };
        let points = VerifierPoints::from_bytes(&srs.verifier_points().to_bytes()).unwrap();
        let foreign = Srs::new_development(4, ChaCha20Rng::seed_from_u64(8)).unwrap().verifier_points();
        assert!(verify(points, k, 9));
        assert!(!verify(points, k, 10));
        assert!(!verify(points, k + 1, 9));
        assert!(!verify(foreign, k, 9));
    }
}
