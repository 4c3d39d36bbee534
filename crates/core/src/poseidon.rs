//! The Poseidon permutation of three elements of BN254's scalar field, with the constants of circomlib.
//!
//! Grassi et al., *Poseidon: A New Hash Function for Zero-Knowledge Proof Systems* (USENIX Security 2021): x⁵, 8 full
//! and 57 partial rounds. The constants come from the Grain LFSR of the paper's appendix F, as the authors'
//! `generate_parameters_grain.sage 1 0 254 3 8 57` writes them.

use std::sync::OnceLock;

use halo2curves::{bn256::Fr, ff::Field, ff::PrimeField};

/// Elements of the state: one of capacity, two of rate.
pub const WIDTH: usize = 3;

/// Rounds in which every element passes the S-box, half of them at either end.
pub const FULL_ROUNDS: usize = 8;

/// Rounds in between, in which only the first one does.
pub const PARTIAL_ROUNDS: usize = 57;

/// Rounds in all.
pub const ROUNDS: usize = FULL_ROUNDS + PARTIAL_ROUNDS;

/// Bits of the field.
const FIELD_BITS: u32 = 254;

/// What the permutation adds and multiplies by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constants {
    /// What each round adds.
    pub round: [[Fr; WIDTH]; ROUNDS],
    /// The matrix, by rows.
    pub mds: [[Fr; WIDTH]; WIDTH],
}

impl Constants {
    /// Those of circomlib.
    pub fn get() -> &'static Self {
        static CONSTANTS: OnceLock<Constants> = OnceLock::new();
        CONSTANTS.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut grain = Grain::new();
        let round = [(); ROUNDS].map(|()| [(); WIDTH].map(|()| grain.element()));
        // The script draws these again while two are alike or a sum is 0; the first ones are good.
        let [x, y] = [(); 2].map(|()| [(); WIDTH].map(|()| grain.element_of_any_bits()));
        let mds = x.map(|x| y.map(|y| (x + y).invert().unwrap_or(Fr::ZERO)));
        Self { round, mds }
    }
}

/// Whether only the first element passes the S-box in a round.
pub const fn is_partial(round: usize) -> bool {
    round >= FULL_ROUNDS / 2 && round < FULL_ROUNDS / 2 + PARTIAL_ROUNDS
}

/// x⁵.
pub fn s_box(x: Fr) -> Fr {
    x.square().square() * x
}

/// The permutation.
pub fn permute(state: [Fr; WIDTH]) -> [Fr; WIDTH] {
    let constants = Constants::get();
    let mut state = state;
    for (round, added) in constants.round.iter().enumerate() {
        let [first, second, third] = state;
        let [a, b, c] = added;
        let [first, second, third] = [first + a, second + b, third + c];
        let passed = if is_partial(round) { [s_box(first), second, third] } else { [first, second, third].map(s_box) };
        state = constants.mds.map(|row| row.iter().zip(passed).map(|(factor, value)| value * factor).sum());
    }
    state
}

/// A sponge in overwrite mode with a capacity of one element, which is `capacity` before the first pair: circomlib's
/// `PoseidonEx(2, 1)`, its `initialState` the result of the pair before.
pub fn absorb(capacity: Fr, pairs: impl IntoIterator<Item = [Fr; 2]>) -> Fr {
    let mut capacity = capacity;
    for [a, b] in pairs {
        [capacity, ..] = permute([capacity, a, b]);
    }
    capacity
}

/// The generator of constants: an LFSR of 80 bits, shrunk by itself.
struct Grain {
    bits: u128,
}

impl Grain {
    fn new() -> Self {
        // The first bit of the register is the highest one here.
        let mut bits = 0u128;
        let mut push = |value: u128, width: u32| bits = (bits << width) | value;
        push(1, 2);
        push(0, 4);
        push(u128::from(FIELD_BITS), 12);
        push(WIDTH as u128, 12);
        push(FULL_ROUNDS as u128, 10);
        push(PARTIAL_ROUNDS as u128, 10);
        push((1 << 30) - 1, 30);
        let mut grain = Self { bits };
        for _ in 0..160 {
            grain.step();
        }
        grain
    }

    /// The next bit of the register.
    fn step(&mut self) -> bool {
        let tap = |i: u32| (self.bits >> (79 - i)) & 1;
        let new = tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0);
        self.bits = ((self.bits << 1) | new) & ((1 << 80) - 1);
        new == 1
    }

    /// The next bit that is kept: one that follows a 1, of pairs.
    fn bit(&mut self) -> bool {
        loop {
            let keep = self.step();
            let bit = self.step();
            if keep {
                return bit;
            }
        }
    }

    /// Bits of a number of the field's size, the first one the highest, in bytes from the lowest on.
    fn number(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for at in (0..FIELD_BITS as usize).rev() {
            bytes[at / 8] |= u8::from(self.bit()) << (at % 8);
        }
        bytes
    }

    /// A number below the modulus; others are left out.
    fn element(&mut self) -> Fr {
        loop {
            if let Some(element) = Option::from(Fr::from_repr(self.number())) {
                return element;
            }
        }
    }

    /// A number, reduced.
    fn element_of_any_bits(&mut self) -> Fr {
        let bytes = self.number();
        bytes.iter().rev().fold(Fr::ZERO, |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{from_hex, to_hex};

    /// Made by circomlibjs 0.1.7: `poseidon([1, 2], 0, 3)` and `poseidon([3, 4], 5, 3)` of `buildPoseidonReference`.
    #[test]
    fn the_permutation_is_circomlibs() {
        let vectors = [
            (
                [0, 1, 2],
                [
                    "115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a",
                    "0fca49b798923ab0239de1c9e7a4a9a2210312b6a2f616d18b5a87f9b628ae29",
                    "0e7ae82e40091e63cbd4f16a6d16310b3729d4b6e138fcf54110e2867045a30c",
                ],
            ),
            (
                [5, 3, 4],
                [
                    "06c2107de900b7aaa2a731ba3f1f86fe3596b15e734bb510e7c05a2c9093c4fc",
                    "2e442f877783247040430dba04c429dfe0a78e0ef0a366514cfb54fadfd34bf4",
                    "08d93bb8a07d4281819325af0440933b1e7e65bd38de5dd2103d88897a51537a",
                ],
            ),
        ];
        for (state, permuted) in vectors {
            assert_eq!(permute(state.map(Fr::from)), permuted.map(|text| from_hex(text).unwrap()));
        }
    }

    /// The same for 1, 2; 3, 4; 2²⁴⁸ − 1, 0, each after the result of the pair before.
    #[test]
    fn pairs_are_absorbed_one_after_the_other() {
        let last = Fr::from(2).pow([248]) - Fr::ONE;
        let [one, two, three, four] = [1, 2, 3, 4].map(Fr::from);
        let hash = absorb(Fr::ZERO, [[one, two], [three, four], [last, Fr::ZERO]]);
        assert_eq!(to_hex(&hash), "180b4007821b6d9995d26c1257e7a9de9013b105c0a1f3cc71c898a93c13a6ea");
    }
}
