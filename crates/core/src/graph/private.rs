//! Private weights: the range in which a proof shows them to be, and a model without them.

use rand_core::RngCore;

use super::{Activation, Element, Layer, Map, Model, check::weights};
use crate::{
    error::{Error, Result},
    graph::ensure,
};

/// Most bits of a private weight's limbs together.
pub const MAX_WEIGHT_BITS: u32 = 48;

/// Fewest limbs of `limb_bits` bits that hold signed weights of `bits` bits.
pub const fn limbs_of(bits: u32, limb_bits: u32) -> u32 {
    let limbs = bits.div_ceil(limb_bits);
    if limbs == 0 { 1 } else { limbs }
}

/// Bits of a signed weight of this magnitude, the sign included.
pub const fn signed_bits(magnitude: u64) -> u32 {
    u64::BITS - magnitude.leading_zeros() + 1
}

impl Model {
    /// `B`, if weights are private and shown to be in `−B … B − 1`: half of what their limbs hold.
    pub const fn weight_bound(&self) -> Option<u64> {
        match self.private_weights {
            Some(limbs) => Some(1 << (limbs * self.digits.limb_bits - 1)),
            None => None,
        }
    }

    /// The largest magnitude of a weight.
    pub fn largest_weight(&self) -> u64 {
        let terms = self.layers.iter().filter(|layer| !layer.is_fixed()).flat_map(|layer| &layer.terms);
        terms.flat_map(weights).map(|(_, k)| k.unsigned_abs()).max().unwrap_or(0)
    }

    /// The same architecture with all weights and biases 0, and no cuts: what a verifying key for private weights may
    /// depend on. What selects the factors of products, or copies a record, is no weight.
    pub fn without_weights(&self) -> Self {
        let mut model = self.clone();
        // What a tree compares with, and what an imputer puts in, are numbers like its weights.
        model.input.cuts.iter_mut().flatten().for_each(Vec::clear);
        model.input.missing.iter_mut().flatten().for_each(|value| *value = 0.0);
        model.set_weights(|| 0);
        model
    }

    /// The same architecture with random weights and biases, none of them 0, as small as any limbs hold.
    pub(crate) fn with_random_weights(&self, mut rng: impl RngCore) -> Self {
        let mut model = self.clone();
        let mut next = || {
            let bits = rng.next_u32();
            i64::from(bits % 7 + 1) * if bits >> 31 == 0 { 1 } else { -1 }
        };
        model.set_weights(&mut next);
        model
    }

    /// Puts other numbers in the place of all weights and biases.
    fn set_weights(&mut self, mut next: impl FnMut() -> i64) {
        for layer in self.layers.iter_mut().filter(|layer| !layer.is_fixed()) {
            layer.bias.iter_mut().for_each(|bias| *bias = next());
            for map in layer.terms.iter_mut().flat_map(|term| std::iter::once(&mut term.map).chain(&mut term.negative))
            {
                match map {
                    Map::Conv(conv) => conv.weights.iter_mut().for_each(|k| *k = next()),
                    Map::Product(product) => product.weight = next(),
                    Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().for_each(|(_, k)| *k = next()),
                }
            }
        }
    }

    /// Checks the number of limbs and that they hold every weight.
    pub(super) fn check_private(&self) -> Result<()> {
        let Some(limbs) = self.private_weights else { return Ok(()) };
        let max_bits = limbs.saturating_mul(self.digits.limb_bits);
        ensure((1..=MAX_WEIGHT_BITS).contains(&max_bits), || format!("private weights of {limbs} limbs"))?;
        for layer in self.layers.iter().filter(|layer| !layer.is_fixed()) {
            let largest = layer.terms.iter().flat_map(weights).map(|(_, k)| k.unsigned_abs()).max().unwrap_or(0);
            let got_bits = signed_bits(largest);
            if got_bits > max_bits {
                return Err(Error::Range { node: layer.node.clone(), op: layer.op.clone(), got_bits, max_bits });
            }
        }
        Ok(())
    }

    /// How an accumulator of a layer is cut ([`Activation::split`]); for the threshold of private weights, whose parity
    /// a verifier cannot know, `U = Y` from 0 on and `U = −Y − 1` below.
    pub(crate) fn split(&self, layer: &Layer, y: i64) -> Option<Element> {
        if self.private_weights.is_none() || layer.activation != Activation::Threshold {
            return layer.activation.split(y, &self.digits, &self.tables);
        }
        let element = layer.activation.split(y + i64::from(y < 0), &self.digits, &self.tables)?;
        Some(Element { state: i64::from(y >= 0), ..element })
    }
}

#[cfg(test)]
mod tests;
