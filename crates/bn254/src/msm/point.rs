//! Points as additions read and write them.

use crate::curve::Affine;
use crate::field::Fq;
use crate::lanes::chord::{Form, Packed};

/// A point; the identity is (0, 0), the integers themselves. A cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Point {
    pub(super) x: Packed,
    pub(super) y: Packed,
}

impl Point {
    pub(super) const IDENTITY: Self = Self { x: Packed::ZERO, y: Packed::ZERO };

    pub(super) fn pack(point: Affine, form: &Form) -> Self {
        Self { x: form.pack(point.x), y: form.pack(point.y) }
    }

    pub(super) fn unpack(&self, form: &Form) -> Affine {
        Affine { x: form.unpack(self.x), y: form.unpack(self.y) }
    }

    #[inline(always)]
    pub(super) fn is_identity(&self) -> bool {
        self.x == Packed::ZERO && self.y == Packed::ZERO
    }
}

/// A point with its opposite and the images of both under the endomorphism (x, y) -> (beta x, y). Two cache lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct Base {
    /// Of the point, then of its image.
    x: [Packed; 2],
    /// Of the point, then of its opposite.
    y: [Packed; 2],
}

impl Base {
    pub(super) const IDENTITY: Self = Self { x: [Packed::ZERO; 2], y: [Packed::ZERO; 2] };

    pub(super) fn new(point: Affine, beta: Fq, form: &Form) -> Self {
        Self { x: [point.x, point.x * beta].map(|x| form.pack(x)), y: [point.y, -point.y].map(|y| form.pack(y)) }
    }

    /// The point itself.
    pub(super) fn affine(&self, form: &Form) -> Affine {
        self.point(false, false).unpack(form)
    }

    /// Of the four points the one asked for.
    #[inline(always)]
    pub(super) fn point(&self, endo: bool, negative: bool) -> Point {
        Point { x: self.x[usize::from(endo)], y: self.y[usize::from(negative)] }
    }

    #[inline(always)]
    pub(super) fn is_identity(&self) -> bool {
        self.point(false, false).is_identity()
    }
}
