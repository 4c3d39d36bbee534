//! What the cells of an element amount to: each formula once, over expressions for the gates and over values for the
//! witness. The protocol has them in §4.

use std::{
    num::Wrapping,
    ops::{Add, Mul, Sub},
};

use halo2_proofs::{halo2curves::bn256::Fr, plonk::Expression};
use hushproof_halo2_prover as prover;

use super::Params;
use crate::graph::table_zero;

/// What formulas are made of.
pub(super) trait Ring: Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// A number.
    fn constant(value: u64) -> Self;
}

/// A ring in which cells are read: expressions, or integers modulo 2^64, of which those that a row uses do not wrap.
pub(super) trait Cells: Ring {
    /// A fixed column that is 0 or 1.
    type Selector;

    /// The value where the selector is 1, else 0.
    fn when(selector: &Self::Selector, value: Self) -> Self;

    /// Half of an even number.
    fn half(self) -> Self;
}

impl Ring for Expression<Fr> {
    fn constant(value: u64) -> Self {
        Self::Constant(Fr::from(value))
    }
}

impl Cells for Expression<Fr> {
    type Selector = Self;

    fn when(selector: &Self, value: Self) -> Self {
        selector.clone() * value
    }

    fn half(self) -> Self {
        use halo2_proofs::halo2curves::ff::PrimeField;
        self * Self::Constant(Fr::TWO_INV)
    }
}

impl Ring for Wrapping<i64> {
    fn constant(value: u64) -> Self {
        Self(value.cast_signed())
    }
}

impl Cells for Wrapping<i64> {
    type Selector = bool;

    fn when(selector: &bool, value: Self) -> Self {
        if *selector { value } else { Self(0) }
    }

    fn half(self) -> Self {
        Self(self.0 / 2)
    }
}

impl Ring for prover::Fr {
    fn constant(value: u64) -> Self {
        Self::from_u64(value)
    }
}

/// `Σ 2^(bits · i) · limb_i`, the lowest limb first.
pub(super) fn positional<V: Ring>(bits: u32, limbs: impl Iterator<Item = V>) -> V {
    let terms = (0u32..).zip(limbs).map(|(i, limb)| if i == 0 { limb } else { limb * V::constant(1 << (bits * i)) });
    terms.reduce(|sum, term| sum + term).unwrap_or_else(|| V::constant(0))
}

/// `limb + δ (tag + δ (base + δ · slope))`: what a row of the lookup table is known by. The pole is at `−β`.
pub(super) fn table_key<V: Ring>(delta: &V, limb: V, tag: V, base: V, slope: Option<V>) -> V {
    let line = slope.map_or(base.clone(), |slope| base + delta.clone() * slope);
    limb + delta.clone() * (tag + delta.clone() * line)
}

/// The cells of an element, and the kind of its row.
pub(super) struct Element<V: Cells> {
    /// Sign of the accumulator, 2 beyond a clip's top, or where the segment of a function begins.
    pub(super) state: V,
    /// `U`, all limbs.
    pub(super) whole: V,
    /// `a`, the value limbs.
    pub(super) upper: V,
    /// The slope of a function's segment, 0 elsewhere, and the position in it.
    pub(super) line: Option<(V, V)>,
    /// Rows whose code has a sign.
    pub(super) signed: V::Selector,
    /// Rows of functions.
    pub(super) active: Option<V::Selector>,
    /// Rows of comparisons that others read.
    pub(super) compare: Option<V::Selector>,
}

impl<V: Cells> Element<V> {
    /// 1 for state 1, −1 for state 0.
    fn sign(&self) -> V {
        V::constant(2) * self.state.clone() - V::constant(1)
    }

    /// `state (state − 1) / 2`: 1 beyond a clip's top, else 0.
    fn beyond(&self) -> V {
        (self.state.clone() * (self.state.clone() - V::constant(1))).half()
    }

    /// The accumulator Y; that of a comparison is not rounded.
    pub(super) fn accumulator(&self, params: &Params) -> V {
        let rounding = V::constant(params.rounding());
        let signed = if params.clip {
            // 2^(b+s) − 2^s − c where the state is 2
            let top = (params.top() << params.digits.remainder_bits()) + 2 * params.rounding();
            let sign = self.state.clone() * (V::constant(3) - self.state.clone()) - V::constant(1);
            sign * self.whole.clone() + rounding.clone() - V::constant(2) * rounding.clone() * self.state.clone()
                + self.beyond() * V::constant(top)
        } else {
            self.sign() * (self.whole.clone() - rounding.clone())
        };
        let rounded = match (&self.active, params.tables) {
            (Some(active), Some(tables)) => {
                let zero = table_zero(tables.segments.into(), tables.sloped, &params.digits);
                let whole = self.whole.clone() - V::constant(zero.unsigned_abs());
                signed.clone() + V::when(active, whole - signed)
            }
            _ => signed,
        };
        match &self.compare {
            Some(compare) => rounded + V::when(compare, self.compared(params, self.sign() * rounding)),
            None => rounded,
        }
    }

    /// The accumulator of a comparison; of private weights −1 more where the state is 0, so that every Y has one state.
    fn compared(&self, params: &Params, y: V) -> V {
        if params.private.is_some() { y + self.state.clone() - V::constant(1) } else { y }
    }

    /// The accumulator Y of a decision; `maximum` that of an argmax.
    pub(super) fn decided(&self, params: &Params, maximum: Option<V>) -> V {
        match maximum {
            Some(maximum) => maximum - self.state.clone() - self.whole.clone(),
            None => self.compared(params, self.sign() * self.whole.clone()),
        }
    }

    /// The code that consumers read; of a comparison the state.
    pub(super) fn code(&self, params: &Params) -> V {
        let mut factor = self.state.clone() + V::when(&self.signed, self.state.clone() - V::constant(1));
        let code = if let Some(active) = &self.active {
            let start = V::when(active, self.state.clone());
            let base = (factor - start.clone()) * self.upper.clone() + start;
            match &self.line {
                Some((slope, position)) => base + slope.clone() * position.clone(),
                None => base,
            }
        } else if params.clip {
            factor = factor + self.state.clone() * (V::constant(1) - self.state.clone());
            factor * self.upper.clone() + self.beyond() * V::constant(params.top())
        } else {
            factor * self.upper.clone()
        };
        match &self.compare {
            Some(compare) => code + V::when(compare, self.state.clone() * (V::constant(1) - self.upper.clone())),
            None => code,
        }
    }

    /// The negative part of a `PRelu`, `(1 − state) · a`.
    pub(super) fn negative(&self) -> V {
        (V::constant(1) - self.state.clone()) * self.upper.clone()
    }
}
