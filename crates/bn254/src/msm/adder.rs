//! Many independent additions of affine points with one inversion: 5 products, 1 square and a share of an inversion
//! each.

use core::marker::PhantomData;

use super::point::Point;
use crate::curve::Affine;
use crate::field::{Fq, FqParams};
use crate::lanes::chord::{Chord, Form, Packed};
use crate::lanes::{MAX_WIDTH, Work, row_loop, with_lanes};

/// Additions that share an inversion. What a batch works with takes about 350 bytes an addition.
const BATCH: usize = 512;

/// Groups of points that go through the formulas together, so that what is between them stays in the nearest cache.
const BLOCK: usize = 16;

/// Coordinates of points, x and y apart.
#[derive(Default)]
struct Coordinates {
    x: Vec<Packed>,
    y: Vec<Packed>,
}

impl Coordinates {
    fn push(&mut self, point: Point) {
        self.x.push(point.x);
        self.y.push(point.y);
    }

    fn get(&self, i: usize) -> Point {
        Point { x: self.x[i], y: self.y[i] }
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
    pub(super) fn add(&mut self, a: Point, b: Point, target: usize, points: &mut [Point]) {
        self.left.push(a);
        self.right.push(b);
        self.targets.push(target);
        if self.targets.len() == BATCH {
            self.flush(points);
        }
    }

    /// Carries out all pending additions.
    pub(super) fn flush(&mut self, points: &mut [Point]) {
        let count = self.targets.len();
        if count == 0 {
            return;
        }
        // Any two points of different x do for padding.
        for _ in count..count.next_multiple_of(MAX_WIDTH) {
            self.left.push(Point::IDENTITY);
            self.right.push(Point { x: Packed::OTHER, y: Packed::ZERO });
        }
        let padded = self.left.x.len();
        self.sums.x.resize(padded, Packed::ZERO);
        self.sums.y.resize(padded, Packed::ZERO);
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
        let form = Form::here();
        let operands = |i: usize| (self.left.get(i).unpack(&form), self.right.get(i).unpack(&form));
        let operands: Vec<(Affine, Affine)> = (0..count).map(operands).collect();
        let denominator = |(a, b): &(Affine, Affine)| if a == b { a.y.double() } else { b.x - a.x };
        let mut inverses: Vec<_> = operands.iter().map(denominator).collect();
        Fq::batch_invert(&mut inverses, &mut Vec::new());
        for (i, ((a, b), inverse)) in operands.into_iter().zip(inverses).enumerate() {
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
            let sum = Point::pack(sum, &form);
            self.sums.x[i] = sum.x;
            self.sums.y[i] = sum.y;
        }
    }
}

/// Sums of pairs of points of which none is the identity; `false`, with the sums undefined, if the two x of some pair
/// agree. All lengths are equal and a multiple of the width.
fn distinct_sums<L: Chord>(left: &Coordinates, right: &Coordinates, sums: &mut Coordinates) -> bool {
    L::enter(DistinctSums::<L> { left, right, sums, lanes: PhantomData })
}

struct DistinctSums<'a, L> {
    left: &'a Coordinates,
    right: &'a Coordinates,
    sums: &'a mut Coordinates,
    lanes: PhantomData<L>,
}

impl<L: Chord> Work for DistinctSums<'_, L> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self { left, right, sums, .. } = self;
        let count = left.x.len();
        let groups = count / L::WIDTH;
        if groups == 0 {
            return true;
        }
        let zero = L::unpack(&[Packed::ZERO; MAX_WIDTH]);
        // Names stand for what is in a vector last: x2 and y1 end as the sum, `across` as x1 - x3, `running` as slopes.
        let (mut x1, mut x2) = (vec![zero; groups], vec![zero; groups]);
        unpack::<L>(&mut x1, &left.x);
        unpack::<L>(&mut x2, &right.x);
        let mut across = vec![zero.difference(zero); groups];
        differences::<L>(&mut across, &x2, &x1);
        // Each lane has its own running product of the differences of x.
        let mut running = across.clone();
        running_products::<L>(&mut running, &across);
        let mut inverses = [Fq::ZERO; MAX_WIDTH];
        L::reduced(running[groups - 1], &mut inverses);
        if inverses[..L::WIDTH].iter().any(Fq::is_zero) {
            return false;
        }
        Fq::batch_invert(&mut inverses[..L::WIDTH], &mut Vec::with_capacity(MAX_WIDTH));
        let inverse = L::product(L::from_reduced(&inverses), L::from_reduced(&[L::INVERSE; MAX_WIDTH]));
        single_inverses::<L>(&mut running, &across, inverse);
        let (mut y1, mut y2) = ([zero; BLOCK], [zero; BLOCK]);
        for at in (0..groups).step_by(BLOCK) {
            let block = at..(at + BLOCK).min(groups);
            let values = block.start * L::WIDTH..block.end * L::WIDTH;
            let (y1, y2) = (&mut y1[..block.len()], &mut y2[..block.len()]);
            let (x1, x2) = (&x1[block.clone()], &mut x2[block.clone()]);
            let (slopes, across) = (&mut running[block.clone()], &mut across[block]);
            unpack::<L>(y1, &left.y[values.clone()]);
            unpack::<L>(y2, &right.y[values.clone()]);
            differences::<L>(across, y2, y1);
            products::<L>(slopes, across);
            third_x::<L>(x2, slopes, x1);
            differences::<L>(across, x1, x2);
            third_y::<L>(y1, slopes, across);
            pack::<L>(&mut sums.x[values.clone()], x2);
            pack::<L>(&mut sums.y[values], y1);
        }
        true
    }
}

row_loop!(unpack<L: Chord>(target: &mut [L], packed: &[Packed]) {
    for (target, packed) in target.iter_mut().zip(packed.chunks_exact(L::WIDTH)) {
        *target = L::unpack(packed);
    }
});
row_loop!(pack<L: Chord>(packed: &mut [Packed], values: &[L]) {
    for (packed, values) in packed.chunks_exact_mut(L::WIDTH).zip(values) {
        values.pack(packed);
    }
});
row_loop!(differences<L: Chord>(target: &mut [L::Factor], a: &[L], b: &[L]) {
    for (target, (a, b)) in target.iter_mut().zip(a.iter().zip(b)) {
        *target = a.difference(*b);
    }
});
row_loop!(products<L: Chord>(target: &mut [L::Factor], factors: &[L::Factor]) {
    for (target, factor) in target.iter_mut().zip(factors) {
        *target = L::product(*target, *factor);
    }
});
row_loop!(running_products<L: Chord>(running: &mut [L::Factor], factors: &[L::Factor]) {
    for (i, factor) in factors.iter().enumerate().skip(1) {
        running[i] = L::product(running[i - 1], *factor);
    }
});
row_loop!(single_inverses<L: Chord>(running: &mut [L::Factor], factors: &[L::Factor], inverse: L::Factor) {
    let mut inverse = inverse;
    for (i, factor) in factors.iter().enumerate().skip(1).rev() {
        running[i] = L::product(inverse, running[i - 1]);
        inverse = L::product(inverse, *factor);
    }
    running[0] = inverse;
});
row_loop!(third_x<L: Chord>(x2: &mut [L], slopes: &[L::Factor], x1: &[L]) {
    for (x2, (slope, x1)) in x2.iter_mut().zip(slopes.iter().zip(x1)) {
        *x2 = L::third_x(*slope, *x1, *x2);
    }
});
row_loop!(third_y<L: Chord>(y1: &mut [L], slopes: &[L::Factor], across: &[L::Factor]) {
    for (y1, (slope, across)) in y1.iter_mut().zip(slopes.iter().zip(across)) {
        *y1 = L::third_y(*slope, *across, *y1);
    }
});

#[cfg(test)]
mod tests;
