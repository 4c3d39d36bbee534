//! Sums of a few products by Straus' method: shared doublings and tables of small multiples.

use super::scalars::{HALF_BITS, Signed, digits};
use crate::curve::{Affine, G1};
use crate::field::Fq;

/// Bits of a digit.
const BITS: u32 = 5;
const MULTIPLES: usize = 1 << (BITS - 1);

/// The multiples 1 to 2^(BITS - 1) of a few points and of their images under the endomorphism.
pub(super) struct Tables {
    multiples: Vec<Affine>,
    endo_x: Vec<Fq>,
}

impl Tables {
    pub(super) fn new(points: &[Affine], beta: Fq) -> Self {
        let chain = |point: &Affine| {
            let point = *point;
            core::iter::successors(Some(G1::from(point)), move |sum| Some(sum.add_affine(point))).take(MULTIPLES)
        };
        let multiples = G1::normalize(&points.iter().flat_map(chain).collect::<Vec<_>>());
        let endo_x = multiples.iter().map(|point| point.x * beta).collect();
        Self { multiples, endo_x }
    }

    /// Sum of scalar times point. `halves` has a scalar for each point, then one for each image.
    pub(super) fn sum(&self, halves: &[Signed]) -> G1 {
        let points = self.multiples.len() / MULTIPLES;
        let mut sum = G1::IDENTITY;
        for index in (0..digits(HALF_BITS, BITS)).rev() {
            sum = (0..BITS).fold(sum, |sum, _| sum.double());
            for (i, scalar) in halves.iter().enumerate() {
                let digit = scalar.digit(index, BITS);
                if digit == 0 {
                    continue;
                }
                let at = (i % points) * MULTIPLES + digit.unsigned_abs() as usize - 1;
                let point = self.multiples[at];
                let x = if i < points { point.x } else { self.endo_x[at] };
                sum = sum.add_affine(Affine { x, y: point.y }.signed(digit < 0));
            }
        }
        sum
    }
}
