//! The challenges that are drawn after the first phase.

use hushproof_halo2_prover as prover;

/// One of something for each challenge: its handle, its value.
#[derive(Debug, Clone, Copy)]
pub struct Challenges<T> {
    /// Separates the coefficients of a polynomial.
    pub gamma: T,
    /// Separates polynomials.
    pub eta: T,
    /// The pole of the lookup argument.
    pub beta: T,
    /// Separates the parts of a lookup tuple.
    pub delta: T,
}

impl<T> Challenges<T> {
    /// What `each` gives, by the challenges' indices in the constraint system.
    pub(super) fn new(mut each: impl FnMut(usize) -> T) -> Self {
        Self { gamma: each(0), eta: each(1), beta: each(2), delta: each(3) }
    }

    /// In the order of their indices.
    pub(super) fn into_vec(self) -> Vec<T> {
        vec![self.gamma, self.eta, self.beta, self.delta]
    }
}

impl Challenges<prover::Fr> {
    /// The values that the transcript gave; `None` before the second phase.
    pub(super) fn of(known: &prover::Challenges) -> Option<Self> {
        let all = Challenges::new(|index| known.get(index));
        Some(Self { gamma: all.gamma?, eta: all.eta?, beta: all.beta?, delta: all.delta? })
    }
}
