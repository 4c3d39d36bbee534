//! Points of G1: y^2 = x^3 + 3 over [`Fq`], of prime order (cofactor 1).
//!
//! Formulas: "dbl-2009-l", "madd-2007-bl" and "add-2007-bl" of the Explicit-Formulas Database, for a = 0.

use core::ops::Add;

use halo2curves::bn256;

use crate::field::Fq;

/// An affine point; the identity is (0, 0), as in `halo2curves`. Not on the curve by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Affine {
    pub(crate) x: Fq,
    pub(crate) y: Fq,
}

impl Affine {
    pub(crate) const IDENTITY: Self = Self { x: Fq::ZERO, y: Fq::ZERO };

    #[inline(always)]
    pub(crate) fn is_identity(&self) -> bool {
        self.x.is_zero() && self.y.is_zero()
    }

    pub(crate) fn is_on_curve(&self) -> bool {
        self.is_identity() || self.y.square() == self.x.square() * self.x + Fq::from_u64(3)
    }

    /// Reads x, then y, in Montgomery form; `None` if one is not reduced. Does not check that the point is on the
    /// curve.
    pub(crate) fn from_raw_bytes(bytes: &[u8; 64]) -> Option<Self> {
        match bytes.as_chunks().0 {
            [x, y] => Some(Self { x: Fq::from_raw_bytes(x)?, y: Fq::from_raw_bytes(y)? }),
            _ => None,
        }
    }
}

impl From<&bn256::G1Affine> for Affine {
    fn from(point: &bn256::G1Affine) -> Self {
        Self { x: point.x.into(), y: point.y.into() }
    }
}

impl From<&Affine> for bn256::G1Affine {
    fn from(point: &Affine) -> Self {
        Self { x: point.x.into(), y: point.y.into() }
    }
}

/// A point of G1 in Jacobian coordinates: (x / z^2, y / z^3), the identity where z = 0.
#[derive(Clone, Copy, Debug)]
pub struct G1 {
    x: Fq,
    y: Fq,
    z: Fq,
}

impl G1 {
    /// The identity.
    pub const IDENTITY: Self = Self { x: Fq::ONE, y: Fq::ONE, z: Fq::ZERO };

    /// Whether this is the identity.
    pub fn is_identity(&self) -> bool {
        self.z.is_zero()
    }

    /// Twice the point.
    #[must_use]
    pub fn double(self) -> Self {
        let a = self.x.square();
        let b = self.y.square();
        let c = b.square();
        let d = ((self.x + b).square() - a - c).double();
        let e = a.double() + a;
        let x = e.square() - d.double();
        let y = e * (d - x) - c.double().double().double();
        Self { x, y, z: (self.y * self.z).double() }
    }

    /// The sum with an affine point.
    #[must_use]
    pub(crate) fn add_affine(self, other: Affine) -> Self {
        if other.is_identity() {
            return self;
        }
        if self.is_identity() {
            return other.into();
        }
        let zz = self.z.square();
        let h = other.x * zz - self.x;
        let r = (other.y * self.z * zz - self.y).double();
        if h.is_zero() {
            return if r.is_zero() { self.double() } else { Self::IDENTITY };
        }
        let hh = h.square();
        let i = hh.double().double();
        let j = h * i;
        let v = self.x * i;
        let x = r.square() - j - v.double();
        let y = r * (v - x) - (self.y * j).double();
        let z = (self.z + h).square() - zz - hh;
        Self { x, y, z }
    }

    /// The affine point in `halo2curves`' type.
    pub fn to_affine(&self) -> bn256::G1Affine {
        Self::to_affine_many(&[*self])[0]
    }

    /// The affine points in `halo2curves`' type, with one inversion for all.
    pub fn to_affine_many(points: &[Self]) -> Vec<bn256::G1Affine> {
        let affine = Self::normalize(points);
        affine.iter().map(|point| bn256::G1Affine { x: point.x.into(), y: point.y.into() }).collect()
    }

    pub(crate) fn normalize(points: &[Self]) -> Vec<Affine> {
        let mut inverses: Vec<_> = points.iter().map(|point| point.z).collect();
        Fq::batch_invert(&mut inverses, &mut Vec::new());
        let scaled = |(point, inverse): (&Self, Fq)| {
            // The identity has a zero for its inverse, which gives (0, 0).
            let square = inverse.square();
            Affine { x: point.x * square, y: point.y * square * inverse }
        };
        points.iter().zip(inverses).map(scaled).collect()
    }
}

impl Add for G1 {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        if other.is_identity() {
            return self;
        }
        if self.is_identity() {
            return other;
        }
        let (z1, z2) = (self.z.square(), other.z.square());
        let (u1, u2) = (self.x * z2, other.x * z1);
        let (s1, s2) = (self.y * other.z * z2, other.y * self.z * z1);
        let h = u2 - u1;
        let r = (s2 - s1).double();
        if h.is_zero() {
            return if r.is_zero() { self.double() } else { Self::IDENTITY };
        }
        let i = h.double().square();
        let j = h * i;
        let v = u1 * i;
        let x = r.square() - j - v.double();
        let y = r * (v - x) - (s1 * j).double();
        let z = ((self.z + other.z).square() - z1 - z2) * h;
        Self { x, y, z }
    }
}

impl From<Affine> for G1 {
    fn from(point: Affine) -> Self {
        if point.is_identity() { Self::IDENTITY } else { Self { x: point.x, y: point.y, z: Fq::ONE } }
    }
}

impl PartialEq for G1 {
    /// Equality of the points, whatever their coordinates.
    fn eq(&self, other: &Self) -> bool {
        let (z1, z2) = (self.z.square(), other.z.square());
        self.is_identity() == other.is_identity()
            && self.x * z2 == other.x * z1
            && self.y * other.z * z2 == other.y * self.z * z1
    }
}

impl Eq for G1 {}
