//! One SRS for every size of circuit: cutting a larger one down costs more than the proofs of small circuits.

use std::collections::BTreeMap;

use hushproof::prove::Srs;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Development SRSs of one τ, made when they are first asked for.
#[derive(Default)]
pub(crate) struct Setups(BTreeMap<u32, Srs>);

impl Setups {
    /// The SRS for circuits of 2^k rows.
    pub(crate) fn of(&mut self, k: u32) -> &Srs {
        self.0.entry(k).or_insert_with(|| Srs::new_development(k, ChaCha20Rng::seed_from_u64(1)).unwrap())
    }
}
