//! The constraints as straight-line code on rows of a coset.
//!
//! A [`Builder`] takes the expressions apart, shares what is equal and keeps apart what is the same in every row
//! (constants and challenges): that is computed once a proof. A [`Program`] runs each instruction on a chunk of rows,
//! so that the cost of decoding it is spread and its registers stay in cache.

mod builder;
mod linear;
mod parts;
mod run;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub(crate) use builder::{Builder, Value};

use hushproof_bn254::Fr;

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

/// Where an instruction reads.
#[derive(Clone, Copy, Debug)]
enum Operand {
    Register(u32),
    /// A column of [`Program::sources`] rotated by a number of rows.
    Column {
        slot: u32,
        rotation: i32,
    },
}

/// What an instruction computes from its operands; `u32` is the index of a scalar.
#[derive(Clone, Copy, Debug)]
enum Action {
    Add(Operand, Operand),
    Sub(Operand, Operand),
    Mul(Operand, Operand),
    Square(Operand),
    Negate(Operand),
    AddScalar(Operand, u32),
    /// scalar - row
    SubFrom(u32, Operand),
    MulScalar(Operand, u32),
}

#[derive(Clone, Copy, Debug)]
struct Instruction {
    /// The register written; none of those read.
    target: u32,
    action: Action,
}

/// Where the result is found after the last instruction.
#[derive(Clone, Copy, Debug)]
enum Output {
    Row(Operand),
    Scalar(u32),
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
    instructions: Vec<Instruction>,
    registers: usize,
    output: Output,
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
