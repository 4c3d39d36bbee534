//! Many independent additions of affine points with one inversion: 5 products, 1 square and a share of an inversion
//! each.

use core::marker::PhantomData;

use crate::curve::Affine;
use crate::field::{Fq, FqParams};
use crate::lanes::{MAX_WIDTH, Ring, Work, with_lanes};

/// Additions that share an inversion. Coordinates of a batch take 128 bytes an addition.
const BATCH: usize = 512;

/// Coordinates of points, x and y apart.
#[derive(Default)]
struct Coordinates {
    x: Vec<Fq>,
    y: Vec<Fq>,
}

impl Coordinates {
    fn push(&mut self, point: Affine) {
        self.x.push(point.x);
        self.y.push(point.y);
    }

    fn get(&self, i: usize) -> Affine {
        Affine { x: self.x[i], y: self.y[i] }
    }

    fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
    }
}

/// Collects additions and carries them out in batches.
#[derive(Default)]
pub(super) struct Adder {
    left: Coordinates,
    right: Coordinates,
    sums: Coordinates,
    targets: Vec<usize>,
    /// Whether an operand may be the identity: once a sum was.
    identities: bool,
}

impl Adder {
    /// Forgets that sums have been the identity: none of the operands to come is.
    pub(super) fn restart(&mut self) {
        self.identities = false;
    }

    /// Puts `a + b` into `points[target]`, now or at the next [`Self::flush`].
    #[inline(always)]
    pub(super) fn add(&mut self, a: Affine, b: Affine, target: usize, points: &mut [Affine]) {
        self.left.push(a);
        self.right.push(b);
        self.targets.push(target);
        if self.targets.len() == BATCH {
            self.flush(points);
        }
    }

    /// Carries out all pending additions.
    pub(super) fn flush(&mut self, points: &mut [Affine]) {
        let count = self.targets.len();
        if count == 0 {
            return;
        }
        // Any two points of different x do for padding.
        for _ in count..count.next_multiple_of(MAX_WIDTH) {
            self.left.push(Affine::IDENTITY);
            self.right.push(Affine { x: Fq::ONE, y: Fq::ZERO });
        }
        let padded = self.left.x.len();
        self.sums.x.resize(padded, Fq::ZERO);
        self.sums.y.resize(padded, Fq::ZERO);
        let quick =
            !self.identities && with_lanes!(Fq, FqParams, distinct_sums(&self.left, &self.right, &mut self.sums));
        if !quick {
            self.all_sums(count);
        }
        for (i, target) in self.targets.drain(..).enumerate() {
            points[target] = self.sums.get(i);
        }
        self.left.clear();
        self.right.clear();
    }

    /// The first `count` sums for any operands: equal, opposite and identity points too.
    fn all_sums(&mut self, count: usize) {
        let denominator = |i: usize| {
            let (a, b) = (self.left.get(i), self.right.get(i));
            if a == b { a.y.double() } else { b.x - a.x }
        };
        let mut inverses: Vec<_> = (0..count).map(denominator).collect();
        Fq::batch_invert(&mut inverses, &mut Vec::new());
        for (i, inverse) in inverses.into_iter().enumerate() {
            let (a, b) = (self.left.get(i), self.right.get(i));
            let sum = if a.is_identity() {
                b
            } else if b.is_identity() {
                a
            } else if inverse.is_zero() {
                // Same x, and no point has y = 0: the order is odd.
                Affine::IDENTITY
            } else {
                let numerator = if a == b {
                    let square = a.x.square();
                    square.double() + square
                } else {
                    b.y - a.y
                };
                let slope = numerator * inverse;
                let x = slope.square() - a.x - b.x;
                Affine { x, y: slope * (a.x - x) - a.y }
            };
            self.identities |= sum.is_identity();
            self.sums.x[i] = sum.x;
            self.sums.y[i] = sum.y;
        }
    }
}

/// Sums of pairs of points of which none is the identity; `false`, with the sums undefined, if the two x of some pair
/// agree. All lengths are equal and a multiple of the width.
fn distinct_sums<L: Ring<FqParams>>(left: &Coordinates, right: &Coordinates, sums: &mut Coordinates) -> bool {
    L::enter(DistinctSums::<L> { left, right, sums, lanes: PhantomData })
}

struct DistinctSums<'a, L> {
    left: &'a Coordinates,
    right: &'a Coordinates,
    sums: &'a mut Coordinates,
    lanes: PhantomData<L>,
}

impl<L: Ring<FqParams>> Work for DistinctSums<'_, L> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self { left, right, sums, .. } = self;
        let count = left.x.len();
        let mut steps: Vec<(L, L)> = Vec::with_capacity(count / L::WIDTH);
        // Each lane has its own running product of the differences of x.
        let mut product: Option<L> = None;
        for (x1, x2) in left.x.chunks_exact(L::WIDTH).zip(right.x.chunks_exact(L::WIDTH)) {
            let difference = L::load(x2).sub(L::load(x1));
            let before = product.unwrap_or(difference);
            steps.push((difference, before));
            product = Some(if product.is_some() { before.mul(difference) } else { difference });
        }
        let Some(product) = product else { return true };
        let mut inverses = [Fq::ZERO; MAX_WIDTH];
        product.store(&mut inverses);
        if inverses[..L::WIDTH].iter().any(Fq::is_zero) {
            return false;
        }
        Fq::batch_invert(&mut inverses, &mut Vec::with_capacity(MAX_WIDTH));
        let mut inverse = L::load(&inverses);
        for (i, (difference, before)) in steps.into_iter().enumerate().rev() {
            let at = i * L::WIDTH;
            let own = if i == 0 { inverse } else { inverse.mul(before) };
            inverse = inverse.mul(difference);
            let (x1, y1) = (L::load(&left.x[at..]), L::load(&left.y[at..]));
            let (x2, y2) = (L::load(&right.x[at..]), L::load(&right.y[at..]));
            let slope = y2.sub(y1).mul(own);
            let x = slope.square().sub(x1).sub(x2);
            let y = slope.mul(x1.sub(x)).sub(y1);
            x.store(&mut sums.x[at..]);
            y.store(&mut sums.y[at..]);
        }
        true
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::curve::G1;
    use crate::lanes::Limbs30;
    use crate::lanes::fma51::Fma51;
    use crate::lanes::tests::Pair;

    /// i times the generator (1, 2), for i from `first`.
    fn multiples(first: usize, count: usize) -> Coordinates {
        let generator = Affine { x: Fq::ONE, y: Fq::from_u64(2) };
        let sums = core::iter::successors(Some(G1::from(generator)), |sum| Some(sum.add_affine(generator)));
        let mut coordinates = Coordinates::default();
        G1::normalize(&sums.skip(first - 1).take(count).collect::<Vec<_>>())
            .into_iter()
            .for_each(|p| coordinates.push(p));
        coordinates
    }

    fn check<L: Ring<FqParams>>() {
        let mut sums = Coordinates { x: vec![Fq::ZERO; 48], y: vec![Fq::ZERO; 48] };
        assert!(distinct_sums::<L>(&multiples(1, 48), &multiples(101, 48), &mut sums));
        for (i, sum) in (102..).step_by(2).zip(0..48).map(|(i, at)| (i, sums.get(at))) {
            assert_eq!(sum, multiples(i, 1).get(0), "{i}");
        }
        // One pair of equal points among the others.
        let mut right = multiples(101, 48);
        right.x[17] = multiples(18, 1).x[0];
        assert!(!distinct_sums::<L>(&multiples(1, 48), &right, &mut sums));
    }

    #[test]
    fn every_kind_of_lanes_gives_the_same_sums() {
        check::<Fq>();
        check::<Limbs30<FqParams>>();
        check::<Fma51<FqParams, Pair<true>>>();
    }
}
