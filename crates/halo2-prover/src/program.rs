//! The constraints as straight-line code on rows of a coset.
//!
//! A [`Builder`] takes the expressions apart, shares what is equal and keeps apart what is the same in every row
//! (constants and challenges): that is computed once a proof. A [`Program`] is the rest, as [`Code`] on rows.

mod builder;
mod linear;
mod parts;
mod run;
#[cfg(test)]
mod tests;

pub(crate) use builder::{Builder, Value};

use hushproof_bn254::{Fr, rows::Code};

/// A column of the coset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    Fixed(usize),
    Advice(usize),
    Instance(usize),
    /// Of the permutation argument: image of its i-th column.
    Sigma(usize),
    /// Of the permutation argument: running product of its i-th set of columns.
    Product(usize),
    /// The Lagrange polynomial of the first row; those of the others are rotations of it.
    FirstRow,
    /// X itself.
    Point,
    /// The i-th of [`Program::combinations`].
    Combination(usize),
}

/// A value that is the same in every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scalar {
    Constant(Fr),
    /// A challenge of the constraint system.
    Challenge(usize),
    Beta,
    Gamma,
    Y,
    Add(u32, u32),
    Sub(u32, u32),
    Mul(u32, u32),
}

/// The challenges that a program's scalars are made of.
pub(crate) struct Inputs<'a> {
    pub(crate) challenges: &'a [Fr],
    pub(crate) beta: Fr,
    pub(crate) gamma: Fr,
    pub(crate) y: Fr,
}

/// Straight-line code that computes one value a row: the sum of its parts.
#[derive(Debug)]
pub(crate) struct Program {
    scalars: Vec<Scalar>,
    /// Sums of scalar times column that are columns of their own.
    combinations: Vec<linear::Combination>,
    /// The columns that any part reads.
    sources: Vec<Source>,
    parts: Vec<Part>,
}

/// A summand of a program's value.
#[derive(Debug)]
pub(crate) struct Part {
    /// Places in [`Program::sources`] of the columns that it reads.
    slots: Vec<usize>,
    /// Those of columns that no part after it reads.
    last: Vec<usize>,
    code: Code,
}

impl Part {
    /// Places in [`Program::sources`] of the columns that it reads.
    pub(crate) fn slots(&self) -> &[usize] {
        &self.slots
    }

    /// Those of columns that no part after it reads.
    pub(crate) fn last(&self) -> &[usize] {
        &self.last
    }
}
