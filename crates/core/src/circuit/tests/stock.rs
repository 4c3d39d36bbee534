//! Our prover against the stock one, on every circuit of the fixtures: the same keys, and the same bytes for the same
//! randomness, of honest columns and of others. So forgeries may be made by either.

use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::transcript::{Blake2bWrite, Challenge255, TranscriptWriterBuffer};
use hushproof_halo2_prover::{
    Control, Prover, Randomness,
    oracle::{Assigned, same_keys, stock_proof},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{Fault, Rig, fixtures, lying::assigned};
use crate::{circuit::ModelCircuit, prove::ProvingKey, statement::PublicCodes};

fn assert_same_bytes(name: &str, key: &ProvingKey, mut circuit: Assigned<ModelCircuit<'_>>, codes: &PublicCodes) {
    assert!(same_keys(&key.prover, &Prover::new(&key.stock.0).unwrap()), "{name}");
    assert!(key.prover.commits_to(&key.srs, &key.vk.stock()).unwrap(), "{name}");
    let instance = key.vk.statement.instance(codes, &[7; 32]).unwrap();
    let transcript = || Blake2bWrite::<_, _, Challenge255<_>>::init(Vec::new());
    let rng = || ChaCha20Rng::seed_from_u64(7);
    let mut stock = transcript();
    let polynomial = stock_proof(&key.stock.1, &key.stock.0, circuit.clone(), &[&instance], rng(), &mut stock).unwrap();
    let mut ours = transcript();
    let randomness = Randomness::with_polynomial(rng(), polynomial);
    key.prover.prove(&key.srs, &[&instance], &mut circuit, randomness, &Control::default(), &mut ours).unwrap();
    assert!(stock.finalize() == ours.finalize(), "{name}");
}

#[test]
fn proofs_are_the_stock_provers() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let circuit = assigned(ModelCircuit::new(&rig.model, rig.layout()).with_witness(&witness));
        assert_same_bytes(name, &rig.key, circuit.clone(), &rig.codes(&witness));
        // Also what neither prover should be given.
        let columns = rig.config().advice().into_iter().map(|(_, column)| column.index());
        let faults: Vec<_> = columns.map(|column| Fault { column, row: column % 5, delta: Fr::from(7) }).collect();
        assert_same_bytes(name, &rig.key, circuit.with_faults(&faults), &rig.codes(&witness));
    }
}
