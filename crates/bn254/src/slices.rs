//! Products, linear combinations and evaluations over whole slices of [`Fr`], several elements at a time.
//!
//! Work is not split among threads: callers choose the pieces. Slices of unequal lengths are taken to the shortest.

use core::marker::PhantomData;

use crate::field::{Fr, FrParams};
use crate::lanes::{Butterfly, MAX_WIDTH, Ring, Scalar, Work, with_lanes};

/// Sums between a load and a store, as many as [`Butterfly::butterfly`] allows.
const SUMS: usize = 8;
/// Independent running values of an evaluation, so that products don't wait for each other.
const CHAINS: usize = 4;

/// `target[i] = a[i] * b[i]`
pub fn mul(target: &mut [Fr], a: &[Fr], b: &[Fr]) {
    with_lanes!(Fr, FrParams, products(target, a, b));
}

/// `target[i] = a[i] * factor`
pub fn mul_scalar(target: &mut [Fr], a: &[Fr], factor: Fr) {
    with_lanes!(Scalar, FrParams, scaled(target, a, factor));
}

/// `target[i] = integers[i]`
pub fn from_integers(target: &mut [Fr], integers: &[i64]) {
    const CHUNK: usize = 64;
    let mut raw = [Fr::ZERO; CHUNK];
    for (target, integers) in target.chunks_mut(CHUNK).zip(integers.chunks(CHUNK)) {
        for (raw, integer) in raw.iter_mut().zip(integers) {
            *raw = Fr::raw(*integer);
        }
        mul_scalar(&mut target[..integers.len()], &raw[..integers.len()], Fr::R2);
    }
}

/// `target[i] += factor * values[i]`, for each term; a term may have fewer values than the target.
pub fn add_combination(target: &mut [Fr], terms: &[(Fr, &[Fr])]) {
    for terms in terms.chunks(SUMS) {
        with_lanes!(Scalar, FrParams, combined(target, terms));
    }
}

/// The value at x of the polynomial with these coefficients, lowest first.
pub fn evaluate(coefficients: &[Fr], x: Fr) -> Fr {
    with_lanes!(Scalar, FrParams, evaluated(coefficients, x))
}

fn products<L: Ring<FrParams>>(target: &mut [Fr], a: &[Fr], b: &[Fr]) {
    L::enter(Products::<L> { target, a, b, lanes: PhantomData });
}

struct Products<'a, L> {
    target: &'a mut [Fr],
    a: &'a [Fr],
    b: &'a [Fr],
    lanes: PhantomData<L>,
}

impl<L: Ring<FrParams>> Work for Products<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (a, b) = (self.a.chunks_exact(L::WIDTH), self.b.chunks_exact(L::WIDTH));
        let mut done = 0;
        for ((target, a), b) in self.target.chunks_exact_mut(L::WIDTH).zip(a).zip(b) {
            L::load(a).mul(L::load(b)).store(target);
            done += L::WIDTH;
        }
        let rest = self.a.iter().zip(self.b).skip(done);
        for (target, (a, b)) in self.target.iter_mut().skip(done).zip(rest) {
            *target = *a * *b;
        }
    }
}

fn scaled<L: Butterfly<FrParams>>(target: &mut [Fr], a: &[Fr], factor: Fr) {
    L::enter(Scaled::<L> { target, a, factor, lanes: PhantomData });
}

struct Scaled<'a, L> {
    target: &'a mut [Fr],
    a: &'a [Fr],
    factor: Fr,
    lanes: PhantomData<L>,
}

impl<L: Butterfly<FrParams>> Work for Scaled<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let factor = L::factor(self.factor);
        let mut done = 0;
        for (target, a) in self.target.chunks_exact_mut(L::WIDTH).zip(self.a.chunks_exact(L::WIDTH)) {
            L::load(a).scale(factor).store(target);
            done += L::WIDTH;
        }
        for (target, a) in self.target.iter_mut().zip(self.a).skip(done) {
            *target = *a * self.factor;
        }
    }
}

/// At most [`SUMS`] terms.
fn combined<L: Butterfly<FrParams>>(target: &mut [Fr], terms: &[(Fr, &[Fr])]) {
    L::enter(Combined::<L> { target, terms, lanes: PhantomData });
}

struct Combined<'a, L> {
    target: &'a mut [Fr],
    terms: &'a [(Fr, &'a [Fr])],
    lanes: PhantomData<L>,
}

impl<L: Butterfly<FrParams>> Work for Combined<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let shortest = self.terms.iter().map(|(_, values)| values.len()).min().unwrap_or(0).min(self.target.len());
        let together = shortest - shortest % L::WIDTH;
        let mut factors = [L::factor(Fr::ZERO); SUMS];
        for (factor, (value, _)) in factors.iter_mut().zip(self.terms) {
            *factor = L::factor(*value);
        }
        for (index, target) in self.target[..together].chunks_exact_mut(L::WIDTH).enumerate() {
            let mut sum = L::load(target);
            for (factor, (_, values)) in factors.iter().zip(self.terms) {
                let product = L::load(&values[index * L::WIDTH..]).scale(*factor);
                sum = sum.sum_difference(product).0;
            }
            sum.store(target);
        }
        for (factor, values) in self.terms {
            for (target, value) in self.target.iter_mut().zip(*values).skip(together) {
                *target += *value * *factor;
            }
        }
    }
}

fn evaluated<L: Butterfly<FrParams>>(coefficients: &[Fr], x: Fr) -> Fr {
    L::enter(Evaluated::<L> { coefficients, x, lanes: PhantomData })
}

struct Evaluated<'a, L> {
    coefficients: &'a [Fr],
    x: Fr,
    lanes: PhantomData<L>,
}

impl<L: Butterfly<FrParams>> Work for Evaluated<'_, L> {
    type Output = Fr;

    /// Horner's rule in x^block on interleaved polynomials, `block` of them.
    #[inline(always)]
    fn run(self) -> Fr {
        let block = CHAINS * L::WIDTH;
        let step = L::factor(self.x.pow(&[block as u64]));
        let blocks = self.coefficients.chunks_exact(block);
        let mut values = [Fr::ZERO; CHAINS * MAX_WIDTH];
        let highest = blocks.remainder();
        values[..highest.len()].copy_from_slice(highest);
        let mut sums: [L; CHAINS] = core::array::from_fn(|chain| L::load(&values[chain * L::WIDTH..]));
        for block in blocks.rev() {
            for (sum, coefficients) in sums.iter_mut().zip(block.chunks_exact(L::WIDTH)) {
                *sum = sum.scale(step).sum_difference(L::load(coefficients)).0;
            }
        }
        for (sum, values) in sums.into_iter().zip(values.chunks_exact_mut(L::WIDTH)) {
            sum.store(values);
        }
        values[..block].iter().rev().fold(Fr::ZERO, |sum, value| sum * self.x + *value)
    }
}

#[cfg(test)]
mod tests;
