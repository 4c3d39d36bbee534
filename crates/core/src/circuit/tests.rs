//! Honest and lying provers, through the real prover and the stock verifier.

mod adaptive;
mod audit;
mod audited;
mod committed;
mod costs;
mod decisions;
pub(crate) mod fixtures;
mod forgeries;
mod guards;
mod lying;
mod mutants;
mod private;
mod products;
mod properties;
mod public;
mod roots;
mod shifts;
mod stock;

use halo2_proofs::{
    halo2curves::{bn256::Fr, ff::Field},
    plonk::ConstraintSystem,
};
use rand_core::OsRng;

use hushproof_halo2_prover::{self as prover, oracle::Assigned};

use self::lying::{Fault, assert_rejected, assigned, forge};
use super::{Config, Layout, ModelCircuit, Params, Witness, challenges::Challenges, witness::FirstPhase};
use crate::{
    error::Error,
    graph::Model,
    prove::{Proof, ProvingKey, Srs, Verified, keygen, verify},
    statement::PublicCodes,
};

/// A model with its keys.
pub(in crate::circuit) struct Rig {
    pub(in crate::circuit) model: Model,
    pub(in crate::circuit) key: ProvingKey,
}

impl Rig {
    pub(in crate::circuit) fn new(model: Model) -> Self {
        model.check().unwrap();
        let srs = Srs::new_development(Layout::new(&model).unwrap().k, OsRng).unwrap();
        let vk = keygen(&model, &srs).unwrap();
        let key = ProvingKey::new(&model, vk, &srs).unwrap();
        Self { model, key }
    }

    pub(in crate::circuit) fn layout(&self) -> &Layout {
        &self.key.layout
    }

    pub(in crate::circuit) fn witness(&self, input: &[i64]) -> Witness {
        self.salted(input, Fr::from(77))
    }

    /// As [`Rig::witness`], with a salt of its own where something is committed to.
    pub(in crate::circuit) fn salted(&self, input: &[i64], salt: Fr) -> Witness {
        let (model, layout) = (&self.model, self.layout());
        let salts = vec![salt; layout.commitment_rows().count()];
        Witness::committed(model, layout, input.to_vec(), &salts).unwrap()
    }

    pub(in crate::circuit) fn codes(&self, witness: &Witness) -> PublicCodes {
        PublicCodes::new(&self.model, self.layout(), witness).unwrap()
    }

    /// Proves whatever the columns say and lets the stock verifier judge it.
    fn attempt(&self, first: &FirstPhase, faults: &[Fault], codes: &PublicCodes) -> Result<Verified, Error> {
        verify(&self.key.vk, &self.prove(first, faults, codes), b"context")
    }

    fn prove(&self, first: &FirstPhase, faults: &[Fault], codes: &PublicCodes) -> Proof {
        forge(&self.key, self.circuit(first, faults), codes)
    }

    fn circuit<'a>(&'a self, first: &'a FirstPhase, faults: &[Fault]) -> Assigned<ModelCircuit<'a>> {
        let circuit = ModelCircuit { model: &self.model, layout: self.layout(), witness: Some(first) };
        assigned(circuit).with_faults(faults)
    }

    /// Recounts multiplicities, so that only what is in no table can betray the change.
    fn recount(&self, first: &mut FirstPhase) {
        first.count(&self.model, self.layout());
    }

    /// Row and lane of an element of a tensor.
    fn at(&self, tensor: usize, channel: usize, y: usize, x: usize) -> (usize, usize) {
        self.layout().tensors[tensor].position(channel, y, x)
    }

    fn config(&self) -> Config {
        configured(&self.layout().params).1
    }
}

fn configured(params: &Params) -> (ConstraintSystem<Fr>, Config) {
    let mut cs = ConstraintSystem::default();
    let config = Config::new(&mut cs, params.clone());
    (cs, config)
}

fn challenges() -> Challenges<prover::Fr> {
    Challenges::new(|_| Fr::random(OsRng).into())
}

#[test]
fn honest_proofs_are_accepted_and_state_the_reference_output() {
    for (name, model, input) in fixtures::every() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let proof = rig.prove(&witness.first, &[], &codes);
        assert_eq!(proof.bytes.len(), rig.key.vk.proof_bytes(), "{name}");
        let verified = verify(&rig.key.vk, &proof, b"context").unwrap_or_else(|error| panic!("{name}: {error}"));
        let zero_point = |index: usize| rig.model.input.zero_point.get(index).copied().unwrap_or(0);
        let values = input.iter().enumerate().map(|(index, code)| (*code - zero_point(index)) as f64);
        let public = rig.model.input.visibility.is_public();
        assert_eq!(verified.inputs, if public { values.collect() } else { Vec::new() }, "{name}");
        let reference = rig.model.run(input).unwrap();
        let values = rig.model.output_values(reference.codes.last().unwrap());
        let shown = if rig.model.output.schema.is_some() { Vec::new() } else { values };
        assert_eq!(verified.outputs, shown, "{name}");
    }
}
