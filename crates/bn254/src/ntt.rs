//! Number-theoretic transforms over [`Fr`] on 2^k points, in natural order on both sides.
//!
//! The root of unity is `halo2`'s: `ROOT_OF_UNITY` squared down to order 2^k. A transform is decimation in time, cut
//! into passes of at most 8 layers. A pass works on tiles of a few columns that fit in cache; the first reads its
//! source in bit-reversed order, so there is no separate permutation. A coset costs nothing extra: f(gX) has the
//! butterflies of f with other factors, g^(n/2h) w^(jn/2h) in the layer of half-size h. The factor 1/n of the inverse
//! rides on its last layer.

mod pass;
#[cfg(test)]
mod tests;

use core::fmt;

use halo2curves::bn256;
use halo2curves::ff::{PrimeField, WithSmallOrderMulGroup};
use rayon::prelude::*;

use crate::field::Fr;
use crate::slices;
use pass::{Layers, run};

/// Largest supported log2 of the number of points.
pub const MAX_K: u32 = 24;

/// Elements that a thread computes at a time.
const CHUNK: usize = 1 << 12;

/// Why a transform was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NttError {
    /// More than 2^[`MAX_K`] points asked for.
    TooLarge {
        /// The k asked for.
        k: u32,
    },
    /// A coset of zero.
    ZeroShift,
    /// The source is longer than the domain, or the destination's length is not the domain's.
    Length {
        /// Points of the domain.
        expected: usize,
        /// Length given.
        got: usize,
    },
    /// Unequal numbers of sources and destinations.
    Columns {
        /// Sources given.
        sources: usize,
        /// Destinations given.
        destinations: usize,
    },
}

impl fmt::Display for NttError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { k } => write!(f, "a transform on 2^{k} points; at most 2^{MAX_K} are supported"),
            Self::ZeroShift => write!(f, "a coset needs a non-zero shift"),
            Self::Length { expected, got } => write!(f, "a column of {got} elements for a domain of {expected} points"),
            Self::Columns { sources, destinations } => {
                write!(f, "{sources} source columns for {destinations} destination columns")
            }
        }
    }
}

impl std::error::Error for NttError {}

/// One linear map on columns of n elements, with everything precomputed.
pub struct Transform {
    k: u32,
    layers: Layers,
}

impl Transform {
    /// log2 of the number of points.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// Transforms `source`, taken as if followed by zeros up to the domain's size, into `destination`.
    ///
    /// # Errors
    /// [`NttError::Length`] if `source` is longer than the domain or `destination` not of its size.
    pub fn apply(&self, source: &[Fr], destination: &mut [Fr]) -> Result<(), NttError> {
        let expected = 1usize << self.k;
        for (got, fits) in
            [(source.len(), source.len() <= expected), (destination.len(), destination.len() == expected)]
        {
            if !fits {
                return Err(NttError::Length { expected, got });
            }
        }
        run(&self.layers, self.k, source, destination);
        Ok(())
    }

    /// Transforms each source into the destination of the same index, columns and parts of columns in parallel.
    ///
    /// # Errors
    /// As [`Self::apply`]; [`NttError::Columns`] if the numbers of columns differ.
    pub fn apply_many<S, D>(&self, sources: &[S], destinations: &mut [D]) -> Result<(), NttError>
    where
        S: AsRef<[Fr]> + Sync,
        D: AsMut<[Fr]> + Send,
    {
        if sources.len() != destinations.len() {
            return Err(NttError::Columns { sources: sources.len(), destinations: destinations.len() });
        }
        sources
            .par_iter()
            .zip(destinations.par_iter_mut())
            .try_for_each(|(source, destination)| self.apply(source.as_ref(), destination.as_mut()))
    }
}

/// The subgroup of 2^k-th roots of unity, with its transforms.
pub struct Domain {
    k: u32,
    omega: Fr,
    /// Factors of the plain transform; `roots[h + j]` is the 2h-th root of unity to the j.
    forward: Transform,
    inverse: Transform,
}

impl Domain {
    /// Precomputes the domain of 2^k points: two tables of 2^k elements.
    ///
    /// # Errors
    /// [`NttError::TooLarge`] for k above [`MAX_K`].
    pub fn new(k: u32) -> Result<Self, NttError> {
        if k > MAX_K {
            return Err(NttError::TooLarge { k });
        }
        let squared_down = |root: bn256::Fr| (k..bn256::Fr::S).fold(Fr::from(root), |root, _| root.square());
        let omega = squared_down(bn256::Fr::ROOT_OF_UNITY);
        let size_inv = Fr::from(bn256::Fr::TWO_INV).pow(&[u64::from(k)]);
        let mut inverse = roots(k, squared_down(bn256::Fr::ROOT_OF_UNITY_INV));
        let top = inverse.len() / 2;
        inverse[top..].par_iter_mut().for_each(|root| *root *= size_inv);
        Ok(Self {
            k,
            omega,
            forward: Transform { k, layers: Layers::plain(roots(k, omega)) },
            inverse: Transform { k, layers: Layers::scaled(inverse, size_inv) },
        })
    }

    /// log2 of the number of points.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// Number of points.
    pub fn size(&self) -> usize {
        1 << self.k
    }

    /// The generator w; point i is w^i.
    pub fn omega(&self) -> Fr {
        self.omega
    }

    /// Coefficients, lowest first, to values at w^0, w^1, ….
    pub fn forward(&self) -> &Transform {
        &self.forward
    }

    /// Values at w^0, w^1, … to coefficients: `halo2`'s `lagrange_to_coeff`.
    pub fn inverse(&self) -> &Transform {
        &self.inverse
    }

    /// Coefficients to values at g w^0, g w^1, …; one table of 2^k elements. `halo2`'s extended domain of 2^e points
    /// is the coset of [`zeta`] of `Domain::new(e)`, and its part i that of zeta times the i-th power of the extended
    /// root, on the 2^k points.
    ///
    /// # Errors
    /// [`NttError::ZeroShift`] for g = 0.
    pub fn coset_forward(&self, g: Fr) -> Result<Transform, NttError> {
        if g.is_zero() {
            return Err(NttError::ZeroShift);
        }
        let roots = self.forward.layers.factors();
        let mut factors = vec![Fr::ONE; roots.len()];
        // g^(n / 2h) for the layer of half-size h, from the last layer down.
        let mut power = g;
        for layer in (0..self.k).rev() {
            let h = 1usize << layer;
            let pieces = factors[h..2 * h].par_chunks_mut(CHUNK).zip(roots[h..2 * h].par_chunks(CHUNK));
            pieces.for_each(|(factors, roots)| slices::mul_scalar(factors, roots, power));
            power = power.square();
        }
        Ok(Transform { k: self.k, layers: Layers::coset(factors) })
    }

    /// Values at g w^0, g w^1, … to coefficients; two tables of 2^k elements.
    ///
    /// # Errors
    /// [`NttError::ZeroShift`] for g = 0.
    pub fn coset_inverse(&self, g: Fr) -> Result<Transform, NttError> {
        let g_inv = g.invert().ok_or(NttError::ZeroShift)?;
        let roots = roots(self.k, self.omega.invert().ok_or(NttError::ZeroShift)?);
        let size_inv = Fr::from(bn256::Fr::TWO_INV).pow(&[u64::from(self.k)]);
        let mut outputs = powers(g_inv, self.size());
        outputs.par_iter_mut().for_each(|output| *output *= size_inv);
        Ok(Transform { k: self.k, layers: Layers::plain(roots).with_outputs(outputs) })
    }
}

/// The cube root of unity that generates `halo2`'s extended coset.
pub fn zeta() -> Fr {
    Fr::from(<bn256::Fr as WithSmallOrderMulGroup<3>>::ZETA)
}

/// 1, base, base^2, …; `count` of them, in parallel.
fn powers(base: Fr, count: usize) -> Vec<Fr> {
    let mut values = vec![Fr::ONE; count];
    values.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| {
        let mut power = base.pow(&[(i * CHUNK) as u64]);
        for value in chunk {
            *value = power;
            power *= base;
        }
    });
    values
}

/// For each h = 1, 2, 4, … below 2^k the h powers of the 2h-th root `omega^(2^k / 2h)`, at `h..2h`; entry 0 is unused.
fn roots(k: u32, omega: Fr) -> Vec<Fr> {
    let n = 1usize << k;
    let mut table = vec![Fr::ONE; n];
    let half = n / 2;
    if half > 0 {
        table[half..].copy_from_slice(&powers(omega, half));
    }
    let mut h = half / 2;
    while h > 0 {
        let (low, high) = table.split_at_mut(2 * h);
        for (root, square) in low[h..].iter_mut().zip(high.iter().step_by(2)) {
            *root = *square;
        }
        h /= 2;
    }
    table
}
