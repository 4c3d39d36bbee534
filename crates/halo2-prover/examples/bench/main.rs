//! Times this prover against the stock one on the same circuit, alternating in one run; medians of several rounds.
//!
//! `cargo run --release -p hushproof-halo2-prover --example bench [k]…` (12 and 14 where none is given)
#![expect(clippy::print_stdout, reason = "the program's purpose is to print")]

mod circuit;

use std::cell::RefCell;
use std::error::Error;
use std::time::Instant;

use circuit::Synthetic;
use halo2_proofs::halo2curves::bn256::{Bn256, G1Affine};
use halo2_proofs::plonk::{create_proof, keygen_pk, keygen_vk, verify_proof};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{Blake2bRead, Blake2bWrite, Challenge255, TranscriptReadBuffer, TranscriptWriterBuffer};
use hushproof_halo2_prover::{Control, Prover, Randomness, Srs, Stage};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const ROUNDS: usize = 5;

type Transcript = Blake2bWrite<Vec<u8>, G1Affine, Challenge255<G1Affine>>;

fn main() -> Result<(), Box<dyn Error>> {
    let sizes = std::env::args().skip(1).map(|k| k.parse()).collect::<Result<Vec<u32>, _>>()?;
    for k in if sizes.is_empty() { vec![12, 14] } else { sizes } {
        compare(k)?;
    }
    Ok(())
}

fn compare(k: u32) -> Result<(), Box<dyn Error>> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let circuit = Synthetic::new(k, &mut rng);
    let params = ParamsKZG::<Bn256>::setup(k, &mut rng);
    let key = keygen_pk(&params, keygen_vk(&params, &circuit)?, &circuit)?;
    let srs = Srs::from_params(&params)?;
    let start = Instant::now();
    let prover = Prover::new(&key)?;
    let prepare = start.elapsed().as_secs_f64();

    let (mut ours, mut stock) = (Vec::new(), Vec::new());
    let stages = RefCell::new(Vec::<(Stage, Vec<f64>)>::new());
    for round in 0..=ROUNDS {
        let rng = ChaCha20Rng::seed_from_u64(round as u64);
        let start = Instant::now();
        let mut transcript = Transcript::init(Vec::new());
        create_proof::<KZGCommitmentScheme<_>, ProverSHPLONK<'_, _>, _, _, _, _>(
            &params,
            &key,
            std::slice::from_ref(&circuit),
            &[&[&[]]],
            rng.clone(),
            &mut transcript,
        )?;
        stock.push(start.elapsed().as_secs_f64());

        let last = RefCell::new(Instant::now());
        let progress = |stage, fraction: f32| {
            if fraction == 1.0 {
                let seconds = last.replace(Instant::now()).elapsed().as_secs_f64();
                let mut stages = stages.borrow_mut();
                match stages.iter_mut().find(|(other, _)| *other == stage) {
                    Some((_, times)) => times.push(seconds),
                    None => stages.push((stage, vec![seconds])),
                }
            }
        };
        let control = Control { progress: Some(&progress), ..Control::default() };
        let mut witness = circuit.clone();
        let start = Instant::now();
        let mut transcript = Transcript::init(Vec::new());
        prover.prove(&srs, &[&[]], &mut witness, Randomness::new(rng), &control, &mut transcript)?;
        ours.push(start.elapsed().as_secs_f64());
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, _>, _, _, _>(
            params.verifier_params(),
            key.get_vk(),
            SingleStrategy::new(&params),
            &[&[&[]]],
            &mut Blake2bRead::<_, _, Challenge255<_>>::init(transcript.finalize().as_slice()),
        )?;
    }
    let (ours, stock) = (median(&ours), median(&stock));
    let threads = rayon::current_num_threads();
    println!(
        "k = {k}, {threads} threads: {ours:.4} s, stock {stock:.4} s, ratio {:.2}; prepared in {prepare:.4} s",
        stock / ours
    );
    for (stage, times) in stages.borrow().iter() {
        println!("  {:<24} {:>8.4} s", stage.to_string(), median(times));
    }
    Ok(())
}

/// Without the first, which warms caches and threads.
fn median(times: &[f64]) -> f64 {
    let mut times = times[1..].to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
