//! One circuit with everything that both provers need.

use std::cell::RefCell;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use web_time::Instant;

use halo2_proofs::plonk::{Circuit, ProvingKey, create_proof, keygen_pk, keygen_vk, verify_proof};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{Blake2bRead, Blake2bWrite, Challenge255, TranscriptReadBuffer, TranscriptWriterBuffer};
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use hushproof_halo2_prover::{Control, Prover, Randomness, Srs, Stage, Witness, oracle::stock_proof};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};

use crate::kernels::Kernels;
use crate::memory::{self, System};
use crate::{Error, median};

type Transcript = Blake2bWrite<Vec<u8>, G1Affine, Challenge255<G1Affine>>;

fn transcript() -> Transcript {
    Transcript::init(Vec::new())
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A circuit with a witness and its public values.
pub(crate) struct Case<C> {
    pub(crate) params: ParamsKZG<Bn256>,
    pub(crate) circuit: C,
    pub(crate) instance: Vec<Fr>,
}

impl<C: Circuit<Fr> + Witness + Clone> Case<C> {
    fn key(&self) -> Result<ProvingKey<G1Affine>, Error> {
        let empty = self.circuit.without_witnesses();
        Ok(keygen_pk(&self.params, keygen_vk(&self.params, &empty)?, &empty)?)
    }

    /// Proves once with one system, and tells how much memory there was before and at most during the proof.
    pub(crate) fn memory(self, system: System) -> Result<Value, Error> {
        let peak = match system {
            System::Stock => {
                let key = self.key()?;
                memory::during(|| self.stock(&key, 1).map(drop))?
            }
            System::Ours => {
                // As where it is used: from the verifying key, without a proving key.
                let empty = self.circuit.without_witnesses();
                let prover = Prover::from_circuit(&keygen_vk(&self.params, &empty)?, &empty)?;
                let srs = Srs::from_params(&self.params)?;
                let Self { circuit, instance, params } = self;
                drop(params);
                memory::during(|| {
                    let (mut circuit, control) = (circuit.clone(), Control::default());
                    let randomness = Randomness::new(rng(1));
                    prover.prove(&srs, &[&instance], &mut circuit, randomness, &control, &mut transcript())?;
                    Ok(())
                })?
            }
        };
        Ok(json!({ "system": system.name(), "before_bytes": peak.before, "peak_bytes": peak.most }))
    }

    /// Alternates both provers: one uncounted round in which the proofs' bytes are compared, then `runs` counted ones.
    /// With `kernels` the time of each stage's commitments and transforms at the kernels' speed is told beside its own.
    pub(crate) fn compare(&self, runs: usize, kernels: Option<&Kernels>) -> Result<Value, Error> {
        let start = Instant::now();
        let key = self.key()?;
        let keygen = start.elapsed().as_secs_f64();
        let srs = Srs::from_params(&self.params)?;
        let start = Instant::now();
        let prover = Prover::new(&key)?;
        let prepare = start.elapsed().as_secs_f64();
        let proof_bytes = self.check_equal(&key, &prover, &srs)?;

        let (mut ours, mut stock) = (Vec::new(), Vec::new());
        let stages = RefCell::new(Vec::<(Stage, Vec<f64>)>::new());
        for seed in 1..=runs as u64 {
            let start = Instant::now();
            self.stock(&key, seed)?;
            stock.push(start.elapsed().as_secs_f64());

            let start = Instant::now();
            let last = RefCell::new(start);
            let progress = |stage, _: f32| {
                let passed = last.replace(Instant::now()).elapsed().as_secs_f64();
                let mut stages = stages.borrow_mut();
                let at = stages.iter().position(|(other, _)| *other == stage).unwrap_or(stages.len());
                if at == stages.len() {
                    stages.push((stage, Vec::new()));
                }
                let times = &mut stages[at].1;
                times.resize(seed as usize, 0.0);
                times[seed as usize - 1] += passed;
            };
            let control = Control { progress: Some(&progress), ..Control::default() };
            let (mut witness, mut transcript) = (self.circuit.clone(), transcript());
            prover.prove(
                &srs,
                &[&self.instance],
                &mut witness,
                Randomness::new(rng(seed)),
                &control,
                &mut transcript,
            )?;
            ours.push(start.elapsed().as_secs_f64());
            self.verify(&key, &transcript.finalize())?;
        }
        let work = kernels.map(|kernels| Work::new(&key, &prover, kernels));
        let stages: Vec<_> = stages
            .into_inner()
            .into_iter()
            .map(|(stage, times)| {
                let kernels = work.as_ref().map(|work| work.seconds(stage));
                json!({ "stage": stage.to_string(), "seconds": median(times), "kernel_seconds": kernels })
            })
            .collect();
        let (fast, slow) = (median(ours.clone()), median(stock.clone()));
        Ok(json!({
            "k": prover.k(),
            "threads": rayon::current_num_threads(),
            "arithmetic": format!("{:?}", hushproof_bn254::arithmetic()),
            "advice_columns": key.get_vk().cs().num_advice_columns(),
            "fixed_columns": key.get_vk().cs().num_fixed_columns(),
            "proof_bytes": proof_bytes,
            "bytes_equal": true,
            "stock_keygen_seconds": keygen,
            "prepare_seconds": prepare,
            "stock_runs": stock,
            "our_runs": ours,
            "stock_seconds": slow,
            "our_seconds": fast,
            "ratio": slow / fast,
            "stages": stages,
        }))
    }

    fn stock(&self, key: &ProvingKey<G1Affine>, seed: u64) -> Result<Vec<u8>, Error> {
        let mut transcript = transcript();
        create_proof::<KZGCommitmentScheme<_>, ProverSHPLONK<'_, _>, _, _, _, _>(
            &self.params,
            key,
            std::slice::from_ref(&self.circuit),
            &[&[&self.instance]],
            rng(seed),
            &mut transcript,
        )?;
        Ok(transcript.finalize())
    }

    /// Fails unless both provers make the same bytes of the same random values; returns how many.
    fn check_equal(&self, key: &ProvingKey<G1Affine>, prover: &Prover, srs: &Srs) -> Result<usize, Error> {
        let mut stock = transcript();
        let polynomial = stock_proof(&self.params, key, self.circuit.clone(), &[&self.instance], rng(0), &mut stock)?;
        let (mut witness, mut ours) = (self.circuit.clone(), transcript());
        let randomness = Randomness::with_polynomial(rng(0), polynomial);
        prover.prove(srs, &[&self.instance], &mut witness, randomness, &Control::default(), &mut ours)?;
        let (stock, ours) = (stock.finalize(), ours.finalize());
        if stock != ours {
            return Err("the proofs' bytes differ from the stock prover's".into());
        }
        self.verify(key, &ours)?;
        Ok(ours.len())
    }

    fn verify(&self, key: &ProvingKey<G1Affine>, proof: &[u8]) -> Result<(), Error> {
        let mut transcript = Blake2bRead::<_, _, Challenge255<_>>::init(proof);
        Ok(verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, _>, _, _, _>(
            self.params.verifier_params(),
            key.get_vk(),
            SingleStrategy::new(&self.params),
            &[&[&self.instance]],
            &mut transcript,
        )?)
    }
}

/// Commitments and transforms of a proof, and what they cost.
struct Work<'a> {
    kernels: &'a Kernels,
    /// Advice columns of each phase.
    advice: [f64; 2],
    /// Products of the permutation argument.
    products: f64,
    /// Cosets, and pieces of the quotient.
    pieces: f64,
}

impl<'a> Work<'a> {
    fn new(key: &ProvingKey<G1Affine>, prover: &Prover, kernels: &'a Kernels) -> Self {
        let cs = key.get_vk().cs();
        let permuted = cs.permutation().get_columns().len();
        Self {
            kernels,
            advice: [0, 1].map(|phase| prover.advice_columns(phase) as f64),
            products: permuted.div_ceil(cs.degree() - 2) as f64,
            pieces: (cs.degree() - 1) as f64,
        }
    }

    /// Seconds at the kernels' speed, for a circuit without copies: its running products are 1 and cost nothing to
    /// commit. Products of the constraints, evaluations and combinations are left out, and so are transforms of the
    /// columns that are the same in every proof, whose values may be kept.
    fn seconds(&self, stage: Stage) -> f64 {
        let Kernels { dense, small, ntt } = self.kernels;
        match stage {
            Stage::Witness { phase: 0 } => self.advice[0] * (small + ntt),
            Stage::Witness { .. } => self.advice[1] * (dense + ntt),
            Stage::Permutation => self.products * ntt,
            Stage::Quotient => {
                let polynomials = self.advice[0] + self.advice[1] + self.products;
                self.pieces * (polynomials + 2.0) * ntt
            }
            Stage::QuotientCommitment => self.pieces * dense,
            Stage::Openings => 2.0 * dense,
            _ => 0.0,
        }
    }
}
