//! Straight-line code on rows of columns: each instruction runs on a chunk of rows, so that the cost of decoding it is
//! spread. Values stay in the machine's lanes from their column to the result.

use rayon::prelude::*;

use crate::field::{Fr, FrParams};
use crate::lanes::{MAX_WIDTH, Ring, Work, row_loop, with_lanes};

/// Rows of a chunk, few enough that the registers of a large program stay in cache.
const CHUNK: usize = 32;

/// Where an instruction reads.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// What an instruction before wrote.
    Register(u32),
    /// A column rotated by a number of rows.
    Column {
        /// Its place among the columns.
        slot: u32,
        /// Rows further down, around the end.
        rotation: i32,
    },
}

/// What an instruction computes from its operands; `u32` is the index of a scalar.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Sum.
    Add(Operand, Operand),
    /// Difference.
    Sub(Operand, Operand),
    /// Product.
    Mul(Operand, Operand),
    /// Square.
    Square(Operand),
    /// Opposite.
    Negate(Operand),
    /// Sum with a scalar.
    AddScalar(Operand, u32),
    /// A scalar less the operand.
    SubFrom(u32, Operand),
    /// Product with a scalar.
    MulScalar(Operand, u32),
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    /// The register written; none of those read.
    pub target: u32,
    /// What is written.
    pub action: Action,
}

/// Where the result is found after the last instruction.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// A value for each row.
    Row(Operand),
    /// The same in every row: index of a scalar.
    Scalar(u32),
}

/// Code that computes one value a row.
#[derive(Debug)]
pub struct Code {
    /// The steps, in order.
    pub instructions: Vec<Instruction>,
    /// Registers that they use.
    pub registers: usize,
    /// The result.
    pub output: Output,
}

impl Code {
    /// Adds to every row of `result` what the code computes from the columns, of which those that it reads have as many
    /// rows, and the scalars. Rotations wrap around. Chunks are shared out among the threads.
    ///
    /// # Panics
    /// If a slot, a register or a scalar is out of range, or a column is shorter than a chunk's rows.
    pub fn run(&self, columns: &[&[Fr]], scalars: &[Fr], result: &mut [Fr]) {
        with_lanes!(Fr, FrParams, run(self, columns, scalars, result));
    }
}

fn run<L: Ring<FrParams>>(code: &Code, columns: &[&[Fr]], scalars: &[Fr], result: &mut [Fr]) {
    let workspace = || {
        let registers = vec![L::load(&[Fr::ZERO; MAX_WIDTH]); CHUNK / L::WIDTH];
        Workspace {
            operands: [registers.clone(), registers.clone()],
            registers: vec![registers; code.registers],
            wrapped: [Fr::ZERO; CHUNK],
        }
    };
    result.par_chunks_mut(CHUNK).enumerate().with_min_len(16).for_each_init(workspace, |workspace, (index, result)| {
        L::enter(Chunk::<L> { code, columns, scalars, start: index * CHUNK, result, workspace });
    });
}

/// What a thread computes with; [`CHUNK`] values each.
struct Workspace<L> {
    registers: Vec<Vec<L>>,
    /// What an instruction reads from columns and scalars.
    operands: [Vec<L>; 2],
    /// Rows around the end of a column.
    wrapped: [Fr; CHUNK],
}

/// One chunk of rows.
struct Chunk<'a, L> {
    code: &'a Code,
    columns: &'a [&'a [Fr]],
    scalars: &'a [Fr],
    start: usize,
    result: &'a mut [Fr],
    workspace: &'a mut Workspace<L>,
}

impl<L: Ring<FrParams>> Work for Chunk<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { code, columns, scalars, start, result, workspace } = self;
        let Workspace { registers, operands: [first, second], wrapped } = workspace;
        let groups = result.len().div_ceil(L::WIDTH);
        let same = |scalar: u32| L::load(&[scalars[scalar as usize]; MAX_WIDTH]);
        for instruction in &code.instructions {
            // No instruction reads the register that it writes.
            let mut target = core::mem::take(&mut registers[instruction.target as usize]);
            macro_rules! at {
                ($operand:expr, $loaded:expr) => {
                    values($operand, columns, registers, start, &mut $loaded[..groups], wrapped)
                };
            }
            macro_rules! all {
                ($value:expr, $loaded:expr) => {{
                    $loaded[..groups].fill($value);
                    &$loaded[..groups]
                }};
            }
            let rows = &mut target[..groups];
            match instruction.action {
                Action::Add(a, b) => sums(rows, at!(a, first), at!(b, second)),
                Action::Sub(a, b) => differences(rows, at!(a, first), at!(b, second)),
                Action::Mul(a, b) => products(rows, at!(a, first), at!(b, second)),
                Action::Square(a) => squares(rows, at!(a, first)),
                Action::Negate(a) => {
                    differences(rows, all!(L::load(&[Fr::ZERO; MAX_WIDTH]), first), at!(a, second));
                }
                Action::AddScalar(a, scalar) => sums(rows, at!(a, first), all!(same(scalar), second)),
                Action::SubFrom(scalar, a) => differences(rows, all!(same(scalar), first), at!(a, second)),
                Action::MulScalar(a, scalar) => products(rows, at!(a, first), all!(same(scalar), second)),
            }
            registers[instruction.target as usize] = target;
        }
        let output = match code.output {
            Output::Row(operand) => values(operand, columns, registers, start, &mut first[..groups], wrapped),
            Output::Scalar(scalar) => {
                first[..groups].fill(same(scalar));
                &first[..groups]
            }
        };
        for (rows, output) in result.chunks_mut(L::WIDTH).zip(output) {
            let mut sums = [Fr::ZERO; MAX_WIDTH];
            sums[..rows.len()].copy_from_slice(rows);
            L::load(&sums).add(*output).store(&mut sums);
            rows.copy_from_slice(&sums[..rows.len()]);
        }
    }
}

/// The rows from `start` of an operand, as many as `loaded` has room for, to which those of a column are loaded.
#[inline(always)]
fn values<'a, L: Ring<FrParams>>(
    operand: Operand,
    columns: &[&[Fr]],
    registers: &'a [Vec<L>],
    start: usize,
    loaded: &'a mut [L],
    wrapped: &mut [Fr; CHUNK],
) -> &'a [L] {
    match operand {
        Operand::Register(register) => &registers[register as usize][..loaded.len()],
        Operand::Column { slot, rotation } => {
            let (column, count) = (columns[slot as usize], loaded.len() * L::WIDTH);
            let first = (start as i64 + i64::from(rotation)).rem_euclid(column.len() as i64) as usize;
            if first + count <= column.len() {
                load(loaded, &column[first..first + count]);
            } else {
                for (i, value) in wrapped[..count].iter_mut().enumerate() {
                    *value = column[(first + i) % column.len()];
                }
                load(loaded, &wrapped[..count]);
            }
            loaded
        }
    }
}

row_loop!(load<L: Ring<FrParams>>(target: &mut [L], column: &[Fr]) {
    for (target, rows) in target.iter_mut().zip(column.chunks_exact(L::WIDTH)) {
        *target = L::load(rows);
    }
});
row_loop!(sums<L: Ring<FrParams>>(target: &mut [L], a: &[L], b: &[L]) {
    for (target, (a, b)) in target.iter_mut().zip(a.iter().zip(b)) {
        *target = a.add(*b);
    }
});
row_loop!(differences<L: Ring<FrParams>>(target: &mut [L], a: &[L], b: &[L]) {
    for (target, (a, b)) in target.iter_mut().zip(a.iter().zip(b)) {
        *target = a.sub(*b);
    }
});
row_loop!(products<L: Ring<FrParams>>(target: &mut [L], a: &[L], b: &[L]) {
    for (target, (a, b)) in target.iter_mut().zip(a.iter().zip(b)) {
        *target = a.mul(*b);
    }
});
row_loop!(squares<L: Ring<FrParams>>(target: &mut [L], a: &[L]) {
    for (target, a) in target.iter_mut().zip(a) {
        *target = a.square();
    }
});

#[cfg(test)]
mod tests;
