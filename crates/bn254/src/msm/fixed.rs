//! Sums of a few products over the same points again and again: the last rows of a proof's columns.
//!
//! Every multiple that a digit can ask for is precomputed, so that a sum is one addition a digit; those are carried out
//! in batches for many columns at once.

use core::ops::Range;

use super::point::Base;
use super::scalars::{HALF_BITS, Signed, digits};
use super::window::Workspace;
use crate::curve::{Affine, G1};
use crate::field::Fq;
use crate::lanes::chord::Form;

/// Bits of a digit.
const BITS: u32 = 5;
const MULTIPLES: usize = 1 << (BITS - 1);

/// For a few points and their images under the endomorphism, the multiples m 2^(BITS i) for each digit i and m from 1
/// to 2^(BITS - 1): about 50 kB a point.
pub(super) struct Tables {
    /// Which bases.
    range: Range<usize>,
    /// By point, digit and multiple.
    multiples: Vec<Base>,
}

impl Tables {
    /// Of the bases in `range`, which are `points`.
    pub(super) fn new(range: Range<usize>, points: &[Affine], beta: Fq) -> Self {
        let digits = digits(HALF_BITS, BITS) as usize;
        let shift = |point: G1| (0..BITS).fold(point, |point, _| point.double());
        let shifted = |point: &Affine| {
            core::iter::successors(Some(G1::from(*point)), move |point| Some(shift(*point))).take(digits)
        };
        let chain = |point: Affine| {
            core::iter::successors(Some(G1::from(point)), move |sum| Some(sum.add_affine(point))).take(MULTIPLES)
        };
        let units = G1::normalize(&points.iter().flat_map(shifted).collect::<Vec<_>>());
        let multiples = G1::normalize(&units.into_iter().flat_map(chain).collect::<Vec<_>>());
        let form = Form::here();
        let multiples = multiples.into_iter().map(|point| Base::new(point, beta, &form)).collect();
        Self { range, multiples }
    }

    /// Whether these are the tables of a range of bases.
    pub(super) fn are_of(&self, range: &Range<usize>) -> bool {
        self.range == *range
    }

    /// For each column the sum of scalar times point. A column has a scalar for each point, then one for each image.
    pub(super) fn sums(&self, columns: &[&[Signed]], workspace: &mut Workspace) -> Vec<G1> {
        let (digits, count) = (digits(HALF_BITS, BITS), self.range.len());
        workspace.plain_sums(columns.iter().map(|halves| {
            halves.iter().enumerate().flat_map(move |(i, scalar)| {
                (0..digits).filter_map(move |index| {
                    let digit = scalar.digit(index, BITS);
                    let multiple = (digit.unsigned_abs() as usize).checked_sub(1)?;
                    let at = ((i % count) * digits as usize + index as usize) * MULTIPLES + multiple;
                    Some(self.multiples[at].point(i >= count, digit < 0)).filter(|point| !point.is_identity())
                })
            })
        }))
    }
}
