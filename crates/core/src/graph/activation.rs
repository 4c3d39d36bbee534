//! What follows a linear map: of floats, and as the states and limbs of the circuit.

use serde::{Deserialize, Serialize};

use super::{
    Decision, Digits, Function, Layer, Map, Model, OutputEncoding, PublicCode, Shape, Table, Term,
    check::weights,
    ensure,
    format::{read_terms, write_terms},
};
use crate::{
    codec::{Reader, Writer},
    error::Result,
};

/// What follows a linear map in the float network.
#[derive(Debug, Clone, PartialEq)]
pub enum FloatActivation {
    /// Nothing.
    Linear,
    /// max(y, 0).
    Relu,
    /// y where y ≥ 0, else slope · y; one slope per channel. Also LeakyRelu.
    PRelu {
        /// One per channel.
        slope: Vec<f64>,
    },
    /// clamp(y, 0, max).
    Clip {
        /// Largest value, above 0.
        max: f64,
    },
    /// The nearest integer to max(y, 0), ties to the even one (the odd one, if `odd`): a code that the graph itself
    /// defines, so that the scale of the tensor is 1.
    Quantize {
        /// Which way ties go.
        odd: bool,
    },
    /// An elementwise function by table.
    Table(Function),
    /// 1 where y ≥ `at`, else 0.
    Threshold {
        /// The threshold on y.
        at: f64,
    },
    /// Index of the largest y, the first one of equals; only as the last layer.
    ArgMax,
    /// Nothing: y is an integer of a record, in which the network ends; only as the last layer, which copies a tensor of
    /// the scale 1.
    Record,
    /// y times the sum of these maps, value by value; never the last layer. The layer has no bias, and its maps, like
    /// these, only move or copy values: convolutions of one tap with weights 0 and 1, at most one 1 for each value.
    Product {
        /// At least one.
        times: Vec<Term<f64>>,
    },
}

impl FloatActivation {
    /// The decision that takes the place of values; `None` for values.
    pub const fn decision(&self) -> Option<Decision> {
        match self {
            Self::Threshold { .. } => Some(Decision::Threshold),
            Self::ArgMax => Some(Decision::ArgMax),
            _ => None,
        }
    }

    /// Least and largest value over the arguments `a ..= b` of one channel; for `ArgMax` those of an argument.
    pub fn image(&self, channel: usize, [a, b]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Linear | Self::Record | Self::Product { .. } | Self::ArgMax => [a, b],
            Self::Relu => [a, b].map(|y| y.max(0.0)),
            Self::Quantize { .. } => [a, b].map(|y| y.max(0.0).round()),
            Self::Clip { max } => [a, b].map(|y| y.max(0.0).min(*max)),
            Self::Threshold { .. } => [0.0, 1.0],
            Self::PRelu { slope } => {
                let [a, b, turn] = [a, b, 0.0f64.clamp(a, b)].map(|y| if y < 0.0 { y * slope[channel] } else { y });
                [a.min(b).min(turn), a.max(b).max(turn)]
            }
            Self::Table(function) => function.image([a, b]),
        }
    }

    /// The activation of values of the given shape; a single value for [`Self::ArgMax`], and the first factors for
    /// [`Self::Product`].
    pub fn apply(&self, shape: Shape, mut y: Vec<f64>) -> Vec<f64> {
        match self {
            Self::Linear | Self::Record | Self::Product { .. } => {}
            Self::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
            Self::PRelu { slope } => {
                for (plane, slope) in y.chunks_exact_mut(shape.plane()).zip(slope) {
                    plane.iter_mut().filter(|y| **y < 0.0).for_each(|y| *y *= slope);
                }
            }
            Self::Clip { max } => y.iter_mut().for_each(|y| *y = y.max(0.0).min(*max)),
            Self::Quantize { odd } => {
                let shift = f64::from(*odd);
                y.iter_mut().for_each(|y| *y = ((*y - shift).round_ties_even() + shift).max(0.0));
            }
            Self::Table(function) => y.iter_mut().for_each(|y| *y = function.eval(*y)),
            Self::Threshold { at } => y.iter_mut().for_each(|y| *y = f64::from(*y >= *at)),
            Self::ArgMax => {
                let best = y.iter().enumerate().fold(0, |best, (i, v)| if *v > y[best] { i } else { best });
                y = vec![best as f64];
            }
        }
        y
    }
}

/// What turns the accumulators Y of a layer into codes.
///
/// With s remainder bits and `c = 2^(s−1) − 1`, every element has a `state`, an upper part `0 ≤ a < 2^b` and a lower
/// part `0 ≤ r < 2^s`, and `U = a · 2^s + r`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// `Y = (2·state − 1) · (U − c)`, that is `U = |Y| + c` with state 1 where Y > 0, else 0; the code is
    /// `(2·state − 1) · a`. Ties round towards 0, so that both states of a small Y give code 0.
    Linear,
    /// As `Linear`; the code is `state · a`.
    Relu,
    /// As `Linear`; the code is `state · a`, and the negative part `(1 − state) · a`.
    PRelu,
    /// As `Relu` while a fits; else state 2, `Y = U + (2^b − 1) · 2^s − c` and code `2^b − 1`.
    Clip,
    /// `Y = U − zero`; the code is that of the table with this index, by U's two highest limbs.
    Table(usize),
    /// `Y = (2·state − 1) · U`, code `state`. Weights are even and biases odd, so that Y is never 0. Where weights are
    /// private: `Y = (2·state − 1) · U + state − 1`, which has one state for every Y. As the last layer or an inner
    /// one.
    Threshold,
    /// `Y = U − c` with `a + r = N`, N the largest integer that the schema of the output has there; the code is `a`. As
    /// the last layer, whose maps are 2^s − 1 times a code and N − c, so that the code is that code, from 0 to N.
    Record,
    /// The code of element o is 1 while o is below the index of the first largest Y, else 0; `U = max − Y − code`.
    ArgMax,
    /// Nothing is cut: the code is Y times the sum of these maps, value by value. The layer has no bias, and all maps
    /// are convolutions of one tap.
    Product {
        /// At least one.
        times: Vec<Term<i64>>,
    },
}

impl Activation {
    /// Its name for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Linear => "none",
            Self::Relu => "Relu",
            Self::PRelu => "PRelu",
            Self::Clip => "Clip",
            Self::Table(_) => "table",
            Self::Threshold => "threshold",
            Self::Record => "record",
            Self::ArgMax => "ArgMax",
            Self::Product { .. } => "product",
        }
    }

    /// How the codes of a last layer are published; values have `value_bits`.
    pub(super) const fn encoding(&self, value_bits: u32) -> OutputEncoding {
        match self {
            Self::Linear => OutputEncoding::Values(PublicCode::of_bits(value_bits, true)),
            Self::Table(_) => OutputEncoding::Values(PublicCode::TABLE),
            Self::Threshold => OutputEncoding::Threshold,
            Self::ArgMax => OutputEncoding::ArgMax,
            Self::Record => OutputEncoding::Committed,
            Self::Relu | Self::PRelu | Self::Clip | Self::Product { .. } => {
                OutputEncoding::Values(PublicCode::of_bits(value_bits, false))
            }
        }
    }

    /// Cuts an accumulator; `None` where it leaves the range. For `ArgMax`, `y` is the difference `max − Y − code`,
    /// which is U itself.
    ///
    /// |y| is below 2^62. `None` for `Product`, too: it cuts nothing.
    pub fn split(&self, y: i64, digits: &Digits, tables: &[Table]) -> Option<Element> {
        let s = digits.remainder_bits();
        let half = (1i64 << (s - 1)) - 1;
        let positive = i64::from(y > 0);
        let (state, u, bits) = match self {
            Self::Linear | Self::Relu | Self::PRelu => (positive, y.abs() + half, digits.value_bits()),
            Self::Clip => {
                let u = y.abs() + half;
                let over = y > 0 && u >> digits.row_bits() > 0;
                let last = ((1i64 << digits.value_bits()) - 1) << s;
                let (state, u) = if over { (2, u - last) } else { (positive, u) };
                (state, u, digits.value_bits())
            }
            Self::Table(index) => {
                let table = tables.get(*index)?;
                let u = u64::try_from(y + table.zero(digits)).ok()?;
                return table.holds(u >> digits.low_bits()).then(|| Element {
                    state: 0,
                    upper: u >> s,
                    lower: u & ((1 << s) - 1),
                });
            }
            Self::Threshold => (positive, y.abs(), digits.value_bits()),
            Self::ArgMax => (0, y, digits.value_bits()),
            Self::Record => (1, y + half, digits.value_bits()),
            Self::Product { .. } => return None,
        };
        let u = u64::try_from(u).ok()?;
        let element = Element { state, upper: u >> s, lower: u & ((1 << s) - 1) };
        (element.upper >> bits == 0).then_some(element)
    }

    /// Checks what a layer of this activation must be, as the last one or an inner one of a model.
    ///
    /// # Errors
    /// `Artifact` where it is not.
    pub(super) fn check(&self, layer: &Layer, model: &Model, last: bool) -> Result<()> {
        let node = &layer.node;
        match self {
            Self::Table(table) => ensure(*table < model.tables.len(), || format!("{node}: no table {table}")),
            Self::Threshold => {
                let odd = layer.bias.iter().all(|b| b % 2 != 0);
                let even = layer.terms.iter().all(|term| weights(term).all(|(_, k)| k % 2 == 0));
                ensure(odd && even || model.private_weights.is_some(), || {
                    format!("{node}: threshold with an odd weight or an even bias")
                })
            }
            Self::ArgMax => {
                ensure(last, || format!("{node}: ArgMax is not the last layer"))?;
                ensure(layer.shape.len() >= 2, || format!("{node}: ArgMax of one class"))
            }
            Self::PRelu => ensure(!last, || format!("{node}: PRelu is the last layer")),
            Self::Record => ensure(last, || format!("{node}: a record is not the last layer")),
            Self::Product { times } => {
                let plain = |term: &Term<i64>| matches!(&term.map, Map::Conv(conv) if conv.kernel == [1, 1]);
                ensure(!last, || format!("{node}: Product is the last layer"))?;
                ensure(!times.is_empty(), || format!("{node}: no second factor"))?;
                ensure(layer.bias.iter().all(|b| *b == 0), || format!("{node}: a biased factor"))?;
                ensure(layer.all_terms().all(plain), || format!("{node}: a factor that is no selection of values"))
            }
            Self::Linear | Self::Relu | Self::Clip => Ok(()),
        }
    }

    /// A number for its kind, and what it has besides.
    pub(super) fn write(&self, w: &mut Writer) {
        match self {
            Self::Linear => w.u8(0),
            Self::Relu => w.u8(1),
            Self::PRelu => w.u8(2),
            Self::Clip => w.u8(3),
            Self::Table(index) => {
                w.u8(4);
                w.size(*index);
            }
            Self::Threshold => w.u8(5),
            Self::ArgMax => w.u8(6),
            Self::Record => w.u8(8),
            Self::Product { times } => {
                w.u8(7);
                write_terms(w, times);
            }
        }
    }

    /// See [`Self::write`].
    ///
    /// # Errors
    /// `Artifact` for anything else.
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(match r.u8()? {
            0 => Self::Linear,
            1 => Self::Relu,
            2 => Self::PRelu,
            3 => Self::Clip,
            4 => Self::Table(r.size()?),
            5 => Self::Threshold,
            6 => Self::ArgMax,
            7 => Self::Product { times: read_terms(r)? },
            8 => Self::Record,
            other => return Err(r.error(format!("unknown activation {other}"))),
        })
    }
}

/// One accumulator, cut as [`Activation`] says: `U = upper · 2^s + lower`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Which case applies; 0 or 1, also 2 for `Clip`.
    pub state: i64,
    /// The part that becomes the code, below 2^b.
    pub upper: u64,
    /// The remainder, below 2^s.
    pub lower: u64,
}

impl Element {
    /// The code; 0 for `ArgMax` and `Product`, whose codes do not follow from one element.
    pub fn code(&self, activation: &Activation, digits: &Digits, tables: &[Table]) -> i64 {
        let upper = self.upper.cast_signed();
        match activation {
            Activation::Linear => (2 * self.state - 1) * upper,
            Activation::Clip if self.state == 2 => (1 << digits.value_bits()) - 1,
            Activation::Relu | Activation::PRelu | Activation::Clip | Activation::Record => self.state * upper,
            Activation::Table(index) => {
                let u = (self.upper << digits.remainder_bits()) + self.lower;
                let [j, f] = digits.top_limbs(u);
                tables.get(*index).map_or(0, |table| table.code(j, f))
            }
            Activation::Threshold => self.state,
            Activation::ArgMax | Activation::Product { .. } => 0,
        }
    }

    /// The negative part of a `PRelu` element.
    pub const fn negative(&self) -> i64 {
        (1 - self.state) * self.upper.cast_signed()
    }
}

#[cfg(test)]
mod tests;
