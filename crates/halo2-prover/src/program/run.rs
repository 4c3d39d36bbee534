//! Running a program.

use hushproof_bn254::{Fr, slices};
use rayon::prelude::*;

use super::{Action, Inputs, Operand, Output, Part, Program, Scalar, Source};

/// Rows of a chunk.
const CHUNK: usize = 64;

/// Registers of one worker, and room for operands that wrap around the end of their column.
struct Workspace {
    /// [`CHUNK`] values each.
    registers: Vec<Vec<Fr>>,
    wrapped: [[Fr; CHUNK]; 2],
}

impl Program {
    /// The columns to be given to [`Part::run`], in this order.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Summands of the value, in the order in which fewest columns are held at a time.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The sums of columns that are columns of their own, with the values of [`Self::scalars`] for factors.
    pub(crate) fn combinations<'a>(&'a self, scalars: &'a [Fr]) -> impl Iterator<Item = Vec<(Fr, Source)>> + 'a {
        let factor = |(source, scalar): &(Source, u32)| (scalars[*scalar as usize], *source);
        self.combinations.iter().map(move |combination| combination.iter().map(factor).collect())
    }

    /// The values that are the same in every row.
    pub(crate) fn scalars(&self, inputs: &Inputs<'_>) -> Vec<Fr> {
        let mut values = Vec::<Fr>::with_capacity(self.scalars.len());
        for scalar in &self.scalars {
            let value = match *scalar {
                Scalar::Constant(value) => value,
                Scalar::Challenge(index) => inputs.challenges[index],
                Scalar::Beta => inputs.beta,
                Scalar::Gamma => inputs.gamma,
                Scalar::Y => inputs.y,
                Scalar::Add(a, b) => values[a as usize] + values[b as usize],
                Scalar::Sub(a, b) => values[a as usize] - values[b as usize],
                Scalar::Mul(a, b) => values[a as usize] * values[b as usize],
            };
            values.push(value);
        }
        values
    }
}

impl Part {
    /// Adds to every row of `result` what this part computes from the columns of [`Program::sources`], all as long (only
    /// those of [`Self::slots`] are read), and the scalars of [`Program::scalars`]. Rotations wrap around.
    pub(crate) fn run(&self, columns: &[&[Fr]], scalars: &[Fr], result: &mut [Fr]) {
        let workspace =
            || Workspace { registers: vec![vec![Fr::ZERO; CHUNK]; self.registers], wrapped: [[Fr::ZERO; CHUNK]; 2] };
        result.par_chunks_mut(CHUNK).enumerate().with_min_len(8).for_each_init(
            workspace,
            |workspace, (index, rows)| {
                self.run_chunk(columns, scalars, index * CHUNK, rows, workspace);
            },
        );
    }

    fn run_chunk(&self, columns: &[&[Fr]], scalars: &[Fr], start: usize, result: &mut [Fr], workspace: &mut Workspace) {
        let count = result.len();
        let Workspace { registers, wrapped: [first, second] } = workspace;
        for instruction in &self.instructions {
            // No instruction reads the register that it writes.
            let mut target = core::mem::take(&mut registers[instruction.target as usize]);
            let rows = &mut target[..count];
            macro_rules! at {
                ($operand:expr, $wrapped:expr) => {
                    resolve($operand, columns, registers, start, count, $wrapped)
                };
            }
            match instruction.action {
                Action::Add(a, b) => binary(rows, at!(a, first), at!(b, second), |a, b| a + b),
                Action::Sub(a, b) => binary(rows, at!(a, first), at!(b, second), |a, b| a - b),
                Action::Mul(a, b) => slices::mul(rows, at!(a, first), at!(b, second)),
                Action::Square(a) => {
                    let a = at!(a, first);
                    slices::mul(rows, a, a);
                }
                Action::Negate(a) => unary(rows, at!(a, first), |a| -a),
                Action::AddScalar(a, scalar) => {
                    let scalar = scalars[scalar as usize];
                    unary(rows, at!(a, first), |a| a + scalar);
                }
                Action::SubFrom(scalar, a) => {
                    let scalar = scalars[scalar as usize];
                    unary(rows, at!(a, first), |a| scalar - a);
                }
                Action::MulScalar(a, scalar) => slices::mul_scalar(rows, at!(a, first), scalars[scalar as usize]),
            }
            registers[instruction.target as usize] = target;
        }
        match self.output {
            Output::Row(operand) => {
                let rows = resolve(operand, columns, registers, start, count, first);
                result.iter_mut().zip(rows).for_each(|(result, row)| *result += *row);
            }
            Output::Scalar(scalar) => result.iter_mut().for_each(|result| *result += scalars[scalar as usize]),
        }
    }
}

/// The rows `start..start + count` of an operand; copied to `wrapped` where the rotation takes them around the end.
#[inline(always)]
fn resolve<'a>(
    operand: Operand,
    columns: &[&'a [Fr]],
    registers: &'a [Vec<Fr>],
    start: usize,
    count: usize,
    wrapped: &'a mut [Fr; CHUNK],
) -> &'a [Fr] {
    match operand {
        Operand::Register(register) => &registers[register as usize][..count],
        Operand::Column { slot, rotation } => {
            let column = columns[slot as usize];
            let first = (start as i64 + i64::from(rotation)).rem_euclid(column.len() as i64) as usize;
            if first + count <= column.len() {
                return &column[first..first + count];
            }
            for (i, value) in wrapped[..count].iter_mut().enumerate() {
                *value = column[(first + i) % column.len()];
            }
            &wrapped[..count]
        }
    }
}

#[inline(always)]
fn unary(target: &mut [Fr], a: &[Fr], action: impl Fn(Fr) -> Fr) {
    for (target, a) in target.iter_mut().zip(a) {
        *target = action(*a);
    }
}

#[inline(always)]
fn binary(target: &mut [Fr], a: &[Fr], b: &[Fr], action: impl Fn(Fr, Fr) -> Fr) {
    for ((target, a), b) in target.iter_mut().zip(a).zip(b) {
        *target = action(*a, *b);
    }
}
