//! What is proved: the synthetic circuit, or a compiled model on an input.

use halo2_proofs::SerdeFormat;
use halo2_proofs::poly::commitment::Params;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::Bn256;
use hushproof_core::circuit::{Config, Layout, ModelCircuit, Witness};
use hushproof_core::data::read_input;
use hushproof_core::graph::Model;
use hushproof_core::statement::{PublicCodes, Statement};
use hushproof_halo2_prover::oracle::Assigned;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;

use crate::Error;
use crate::case::Case;
use crate::kernels::Kernels;
use crate::memory::System;
use crate::synthetic::{self, Synthetic};

/// Parameters of 2^k rows from a fixed seed, serialized as [`Subject`] reads them. For measurements only.
///
/// # Errors
/// Those of writing.
pub fn params(k: u32) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    ParamsKZG::<Bn256>::setup(k, ChaCha20Rng::seed_from_u64(1)).write_custom(&mut bytes, SerdeFormat::RawBytes)?;
    Ok(bytes)
}

/// Something to prove.
pub enum Subject {
    /// Two phases, 22 advice columns, degree 4, four activations a row, 2^k rows.
    Synthetic {
        /// log2 rows.
        k: u32,
    },
    /// A compiled model and an input for it.
    Model {
        /// The model and its layout.
        model: Box<(Model, Layout)>,
        /// Its evaluation.
        witness: Box<Witness>,
    },
}

impl Subject {
    /// A model's file and an input in JSON.
    ///
    /// # Errors
    /// Those of reading the model and the input.
    pub fn model(hush: &[u8], input: &[u8]) -> Result<Self, Error> {
        let model = Model::from_bytes(hush)?;
        let layout = Layout::new(&model)?;
        let values = read_input(input, &model.input.value_info)?;
        let witness = Witness::new(&model, &layout, model.quantize_input(&values)?)?;
        Ok(Self::Model { model: Box::new((model, layout)), witness: Box::new(witness) })
    }

    /// log2 rows.
    pub fn k(&self) -> u32 {
        match self {
            Self::Synthetic { k } => *k,
            Self::Model { model, .. } => model.1.k,
        }
    }

    /// Alternates both provers for `runs` counted rounds; fails unless their bytes are equal.
    ///
    /// # Errors
    /// `params` of another size, and those of the provers and the verifier.
    pub fn compare(&self, params: &[u8], runs: usize) -> Result<Value, Error> {
        let params = self.read(params)?;
        match self {
            Self::Synthetic { k } => {
                let kernels = Kernels::measure(*k)?;
                synthetic(*k, params).compare(runs, Some(&kernels))
            }
            Self::Model { model, witness } => model_case(model, witness, params)?.compare(runs, None),
        }
    }

    /// Memory of one proof by one system; for a fresh process or page.
    ///
    /// # Errors
    /// As [`Self::compare`].
    pub fn memory(&self, params: Vec<u8>, system: System) -> Result<Value, Error> {
        let read = self.read(&params)?;
        drop(params);
        match self {
            Self::Synthetic { k } => synthetic(*k, read).memory(system),
            Self::Model { model, witness } => model_case(model, witness, read)?.memory(system),
        }
    }

    fn read(&self, mut params: &[u8]) -> Result<ParamsKZG<Bn256>, Error> {
        let params = ParamsKZG::<Bn256>::read_custom(&mut params, SerdeFormat::RawBytesUnchecked)?;
        if params.k() != self.k() {
            return Err(format!("parameters of k = {}, expected {}", params.k(), self.k()).into());
        }
        Ok(params)
    }
}

fn synthetic(k: u32, params: ParamsKZG<Bn256>) -> Case<Assigned<Synthetic>> {
    let circuit = Synthetic::new(k, &mut ChaCha20Rng::seed_from_u64(2));
    Case { params, circuit: Assigned::new(circuit, synthetic::Config::handles), instance: Vec::new() }
}

fn model_case<'a>(
    (model, layout): &'a (Model, Layout),
    witness: &'a Witness,
    params: ParamsKZG<Bn256>,
) -> Result<Case<Assigned<ModelCircuit<'a>>>, Error> {
    let codes = PublicCodes::new(model, layout, witness)?;
    let instance = Statement::new(model, layout)?.instance(&codes, &[0; 32])?;
    let circuit = Assigned::new(ModelCircuit::new(model, layout).with_witness(witness), Config::handles);
    Ok(Case { params, circuit, instance })
}
