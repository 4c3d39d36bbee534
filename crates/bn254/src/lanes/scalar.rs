//! One element at a time on 64-bit words: the portable implementation.

use super::{Butterfly, Lanes};
use crate::field::{Fp, Params, add_limbs, reduce_once, shl1, sub_limbs};

/// One element as an integer below 4p < 2^256.
#[derive(Clone, Copy)]
pub(crate) struct Scalar([u64; 4]);

impl<P: Params> Lanes<P> for Scalar {
    const WIDTH: usize = 1;

    #[inline(always)]
    fn load(values: &[Fp<P>]) -> Self {
        Self(values[0].0)
    }

    #[inline(always)]
    fn store(self, values: &mut [Fp<P>]) {
        let below_2p = reduce_once(self.0, shl1(P::MODULUS));
        values[0] = Fp::from_montgomery(reduce_once(below_2p, P::MODULUS));
    }
}

impl<P: Params> Butterfly<P> for Scalar {
    type Factor = Fp<P>;

    #[inline(always)]
    fn factors(values: &[Fp<P>]) -> Fp<P> {
        values[0]
    }

    #[inline(always)]
    fn factor(value: Fp<P>) -> Fp<P> {
        value
    }

    /// Below 2p.
    #[inline(always)]
    fn scale(self, factor: Fp<P>) -> Self {
        Self(Fp::<P>::mul_lazy(factor.0, self.0))
    }

    #[inline(always)]
    fn sum_difference(self, other: Self) -> (Self, Self) {
        // `other` is below 2p, a product or a loaded value; both results are below 4p.
        let twice = shl1(P::MODULUS);
        let a = reduce_once(self.0, twice);
        (Self(add_limbs(a, other.0)), Self(sub_limbs(add_limbs(a, twice), other.0).0))
    }
}
