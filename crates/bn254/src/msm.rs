//! Multi-scalar multiplication in G1: sums of scalar times base, for many columns of scalars over the same bases.
//!
//! Pippenger's method on signed digits. Field elements are halved by the curve's endomorphism (Gallant, Lambert,
//! Vanstone); columns of small integers are taken as they are, so that they cost one or two additions a cell. Buckets
//! are summed in affine coordinates with shared inversions. The number of bits of a digit minimizes counted products.
//! Over few bases the digits of all positions share one set of buckets: each base stands there shifted to each position.
//!
//! A column may be small integers followed by a tail of field elements ([`Column::mixed`]): the last rows of a proof's
//! columns are uniformly random, and only they hide the others.

mod adder;
mod fixed;
mod jobs;
mod point;
mod scalars;
#[cfg(test)]
mod tests;
mod window;

use core::fmt;
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use halo2curves::bn256;
use halo2curves::ff::WithSmallOrderMulGroup;
use rayon::prelude::*;

use crate::curve::{Affine, G1};
use crate::field::{Fq, Fr};
use crate::lanes::chord::Form;
use fixed::Tables;
use jobs::{Job, Repeated, Scalars, Task, jobs};
use point::Base;
use scalars::{HALF_BITS, Signed, decompose, digits};
use window::{Window, Workspace};

/// Most bases of one [`Bases`].
pub const MAX_BASES: usize = 1 << 28;
/// Largest bit bound of small scalars.
pub const MAX_SMALL_BITS: u32 = 63;
/// Up to this many field elements are served without buckets.
const FEW: usize = 32;
/// Up to this many bases, field elements are served by one set of buckets over shifted bases.
const SHIFTED_MOST: usize = 128;
/// Bits of a digit of those.
const SHIFTED_BITS: u32 = 8;
/// In the index of a point: its image under the endomorphism.
const ENDO: u32 = 1 << 30;

/// Bytes of a point as [`Bases::from_raw`] reads it.
pub const RAW_POINT_BYTES: usize = 64;
/// Points checked by one thread at a time.
const CHECKED_TOGETHER: usize = 256;

/// Why bases or scalars were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MsmError {
    /// More than [`MAX_BASES`] bases.
    TooManyBases {
        /// Number given.
        got: usize,
    },
    /// A base is not a point of the curve.
    NotOnCurve {
        /// Its index.
        index: usize,
    },
    /// Bytes that are not a whole number of points.
    RawLength {
        /// Number of bytes.
        got: usize,
    },
    /// A column is longer than the bases.
    TooLong {
        /// Number of bases.
        bases: usize,
        /// Length of the column.
        got: usize,
    },
    /// A bit bound above [`MAX_SMALL_BITS`].
    Bits {
        /// The bound.
        got: u32,
    },
    /// A small scalar exceeds its column's bound.
    OutOfBounds {
        /// Its row.
        row: usize,
        /// Its column's bound in bits.
        bits: u32,
    },
}

impl fmt::Display for MsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyBases { got } => write!(f, "{got} bases; at most {MAX_BASES} are supported"),
            Self::NotOnCurve { index } => write!(f, "base {index} is not on the curve"),
            Self::RawLength { got } => write!(f, "{got} bytes are not a whole number of points of {RAW_POINT_BYTES}"),
            Self::TooLong { bases, got } => write!(f, "a column of {got} scalars for {bases} bases"),
            Self::Bits { got } => write!(f, "a bound of {got} bits; at most {MAX_SMALL_BITS} are supported"),
            Self::OutOfBounds { row, bits } => write!(f, "the scalar in row {row} exceeds {bits} bits"),
        }
    }
}

impl std::error::Error for MsmError {}

/// One column of scalars: small integers in the first rows, field elements in the rows after them.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    small: &'a [i64],
    bits: u32,
    tail: &'a [Fr],
}

impl<'a> Column<'a> {
    /// Field elements only.
    pub const fn dense(scalars: &'a [Fr]) -> Self {
        Self { small: &[], bits: 0, tail: scalars }
    }

    /// Integers of magnitude below 2^bits.
    pub const fn small(scalars: &'a [i64], bits: u32) -> Self {
        Self::mixed(scalars, bits, &[])
    }

    /// Integers of magnitude below 2^bits, then field elements.
    pub const fn mixed(small: &'a [i64], bits: u32, tail: &'a [Fr]) -> Self {
        Self { small, bits, tail }
    }

    /// The rows of a column that has no integers.
    pub const fn field_elements(&self) -> Option<&'a [Fr]> {
        if self.small.is_empty() { Some(self.tail) } else { None }
    }

    /// Number of rows.
    pub const fn len(&self) -> usize {
        self.small.len() + self.tail.len()
    }

    /// Whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn check(&self, bases: usize) -> Result<(), MsmError> {
        if self.len() > bases {
            return Err(MsmError::TooLong { bases, got: self.len() });
        }
        if self.bits > MAX_SMALL_BITS {
            return Err(MsmError::Bits { got: self.bits });
        }
        match self.small.iter().position(|scalar| scalar.unsigned_abs() >> self.bits != 0) {
            Some(row) => Err(MsmError::OutOfBounds { row, bits: self.bits }),
            None => Ok(()),
        }
    }
}

/// Points to be multiplied, with what is precomputed of them: 128 bytes a point.
pub struct Bases {
    bases: Vec<Base>,
    has_identity: bool,
    /// Of the bases that a few field elements were last multiplied with.
    tables: Mutex<Option<Arc<Tables>>>,
    /// Of at most [`SHIFTED_MOST`] bases P, all 2^(`SHIFTED_BITS` d) P, digit by digit: made when first asked for.
    shifted: OnceLock<Box<Self>>,
}

impl Bases {
    /// Checks that the points are on the curve (G1 is the whole curve) and precomputes their endomorphism images.
    ///
    /// # Errors
    /// [`MsmError::NotOnCurve`], [`MsmError::TooManyBases`].
    pub fn new(points: &[bn256::G1Affine]) -> Result<Self, MsmError> {
        if points.len() > MAX_BASES {
            return Err(MsmError::TooManyBases { got: points.len() });
        }
        Self::checked(points.len(), |index| Some(Affine::from(&points[index])))
    }

    /// As [`Self::new`] from the points' bytes: of each x, then y, each the little-endian limbs of its Montgomery form,
    /// which are copied; the identity is all zeros.
    ///
    /// # Errors
    /// [`MsmError::NotOnCurve`], also for coordinates that are not reduced; [`MsmError::TooManyBases`],
    /// [`MsmError::RawLength`].
    pub fn from_raw(bytes: &[u8]) -> Result<Self, MsmError> {
        let (points, []) = bytes.as_chunks::<RAW_POINT_BYTES>() else {
            return Err(MsmError::RawLength { got: bytes.len() });
        };
        if points.len() > MAX_BASES {
            return Err(MsmError::TooManyBases { got: points.len() });
        }
        Self::checked(points.len(), |index| Affine::from_raw_bytes(&points[index]))
    }

    /// From points by index, of which a missing one is not on the curve; one pass over them.
    fn checked(count: usize, point: impl Fn(usize) -> Option<Affine> + Sync) -> Result<Self, MsmError> {
        let (form, beta) = (Form::here(), beta());
        let mut bases = vec![Base::IDENTITY; count];
        let refused = bases.par_chunks_mut(CHECKED_TOGETHER).enumerate().find_map_first(|(chunk, bases)| {
            (chunk * CHECKED_TOGETHER..).zip(bases).find_map(|(index, base)| {
                let Some(point) = point(index).filter(Affine::is_on_curve) else { return Some(index) };
                *base = Base::new(point, beta, &form);
                None
            })
        });
        if let Some(index) = refused {
            return Err(MsmError::NotOnCurve { index });
        }
        let has_identity = bases.iter().any(Base::is_identity);
        Ok(Self { bases, has_identity, tables: Mutex::default(), shifted: OnceLock::new() })
    }

    /// The points.
    pub fn points(&self) -> impl ExactSizeIterator<Item = bn256::G1Affine> {
        let form = Form::here();
        self.bases.iter().map(move |base| bn256::G1Affine::from(&base.affine(&form)))
    }

    /// Number of bases.
    pub fn len(&self) -> usize {
        self.bases.len()
    }

    /// Whether there are no bases.
    pub fn is_empty(&self) -> bool {
        self.bases.is_empty()
    }

    /// Sum of scalar times base over the first `scalars.len()` bases.
    ///
    /// # Errors
    /// [`MsmError::TooLong`].
    pub fn msm(&self, scalars: &[Fr]) -> Result<G1, MsmError> {
        self.msm_one(Column::dense(scalars))
    }

    /// As [`Self::msm`] for integers of magnitude below 2^bits.
    ///
    /// # Errors
    /// [`MsmError::TooLong`], [`MsmError::Bits`], [`MsmError::OutOfBounds`].
    pub fn msm_small(&self, scalars: &[i64], bits: u32) -> Result<G1, MsmError> {
        self.msm_one(Column::small(scalars, bits))
    }

    fn msm_one(&self, column: Column<'_>) -> Result<G1, MsmError> {
        Ok(self.msm_many(&[column])?.first().copied().unwrap_or(G1::IDENTITY))
    }

    /// The sum of each column, windows of all columns in parallel.
    ///
    /// # Errors
    /// As [`Self::msm_small`], for the first column at fault.
    pub fn msm_many(&self, columns: &[Column<'_>]) -> Result<Vec<G1>, MsmError> {
        columns.iter().try_for_each(|column| column.check(self.len()))?;
        let jobs = jobs(columns, self.len());
        let bits = |job: &Job<'_>| match job.scalars {
            Scalars::Small(_) => columns[job.column].bits,
            _ => HALF_BITS,
        };
        let mut tasks = Vec::new();
        for (index, job) in jobs.iter().enumerate() {
            for window in 0..job.windows(bits(job)) {
                let (count, parts) = (job.entries(), job.parts);
                let part = |i: usize| i * count / parts..(i + 1) * count / parts;
                tasks.extend((0..parts).map(|i| Task { job: index, window, entries: part(i) }));
            }
        }
        let sums = share_out(&tasks, |task, workspace| {
            let job = &jobs[task.job];
            let window = Window { index: task.window, bits: job.window };
            let first = job.first;
            match &job.scalars {
                Scalars::Small(scalars) => workspace.window_sum(self, &window, task.entries.clone(), |i| {
                    (Signed::from(scalars[i]), (first + i) as u32)
                }),
                Scalars::Halves { halves, bases } => {
                    let count = bases.len();
                    workspace.window_sum(self, &window, task.entries.clone(), |i| {
                        (halves[i], if i < count { bases[i] } else { bases[i - count] | ENDO })
                    })
                }
                Scalars::Shifted(halves) => {
                    let (all, count) = (self.len(), halves.len() / 2);
                    // One bit more than the digits have, so that each is one itself.
                    let window = Window { index: 0, bits: SHIFTED_BITS + 1 };
                    workspace.window_sum(self.shifted(), &window, task.entries.clone(), |entry| {
                        let (digit, half) = (entry / halves.len(), entry % halves.len());
                        let (i, image) = if half < count { (half, 0) } else { (half - count, ENDO) };
                        let value = halves[half].digit(digit as u32, SHIFTED_BITS);
                        (Signed::from(i64::from(value)), (digit * all + first + i) as u32 | image)
                    })
                }
                Scalars::Few(_) | Scalars::Repeated(_) => G1::IDENTITY,
            }
        });
        // Horner's rule over each job's windows, highest first; tasks are in ascending order.
        let mut results = vec![G1::IDENTITY; columns.len()];
        let mut sums = tasks.iter().zip(sums).rev().peekable();
        for (index, job) in jobs.iter().enumerate().rev() {
            let mut total = G1::IDENTITY;
            let mut at = job.windows(bits(job)).saturating_sub(1);
            while let Some((task, sum)) = sums.next_if(|(task, _)| task.job == index) {
                if task.window < at {
                    total = (0..job.window).fold(total, |total, _| total.double());
                    at = task.window;
                }
                total = total + sum;
            }
            results[job.column] = results[job.column] + total;
        }
        let mut add = |(column, sum): (usize, G1)| results[column] = results[column] + sum;
        self.few(&jobs).into_iter().for_each(&mut add);
        for job in &jobs {
            if let Scalars::Repeated(repeated) = &job.scalars {
                add((job.column, self.repeated(repeated)?));
            }
        }
        Ok(results)
    }

    /// The shifted bases.
    fn shifted(&self) -> &Self {
        self.shifted.get_or_init(|| {
            let (form, beta) = (Form::here(), beta());
            let shift = |point: G1| (0..SHIFTED_BITS).fold(point, |point, _| point.double());
            let mut level: Vec<G1> = self.bases.iter().map(|base| G1::from(base.affine(&form))).collect();
            let mut points = Vec::with_capacity(level.len() * digits(HALF_BITS, SHIFTED_BITS) as usize);
            for _ in 0..digits(HALF_BITS, SHIFTED_BITS) {
                points.extend_from_slice(&level);
                level.par_iter_mut().for_each(|point| *point = shift(*point));
            }
            let bases = G1::normalize(&points).into_iter().map(|point| Base::new(point, beta, &form)).collect();
            let has_identity = self.has_identity;
            Box::new(Self { bases, has_identity, tables: Mutex::default(), shifted: OnceLock::new() })
        })
    }

    /// The sums of the jobs of a few field elements, each with its column.
    fn few<'a>(&self, jobs: &'a [Job<'_>]) -> Vec<(usize, G1)> {
        let few = |job: &'a Job<'_>| job.few().map(|(range, halves)| (job.column, range, halves));
        let mut rest: Vec<_> = jobs.iter().filter_map(few).collect();
        let mut sums = Vec::with_capacity(rest.len());
        while let Some((_, range, _)) = rest.first().cloned() {
            let (same, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, of, _)| *of == range);
            let tables = self.tables(range);
            let share = same.len().div_ceil(rayon::current_num_threads()).max(1);
            sums.par_extend(same.par_chunks(share).flat_map_iter(|jobs| {
                let columns: Vec<_> = jobs.iter().map(|(_, _, halves)| *halves).collect();
                let sums = tables.sums(&columns, &mut Workspace::default());
                jobs.iter().map(|(column, ..)| *column).zip(sums).collect::<Vec<_>>()
            }));
            rest = others;
        }
        sums
    }

    /// The sum of each value times the sum of its bases.
    fn repeated(&self, Repeated { values, entries }: &Repeated) -> Result<G1, MsmError> {
        let share = entries.len().div_ceil(rayon::current_num_threads()).max(1);
        let sums = |entries: &[(u32, u32)]| Workspace::default().group_sums_of(self, entries, values.len());
        let shares: Vec<Vec<G1>> = entries.par_chunks(share).map(sums).collect();
        let total = |value: usize| shares.iter().fold(G1::IDENTITY, |total, share| total + share[value]);
        let totals: Vec<G1> = (0..values.len()).map(total).collect();
        if values.len() <= FEW {
            return Ok(few_products(values, &totals));
        }
        let (form, beta) = (Form::here(), beta());
        let bases: Vec<_> = G1::normalize(&totals).into_iter().map(|point| Base::new(point, beta, &form)).collect();
        let has_identity = bases.iter().any(Base::is_identity);
        Self { bases, has_identity, tables: Mutex::default(), shifted: OnceLock::new() }.msm(values)
    }

    /// Tables of a few bases, kept for the next call.
    fn tables(&self, range: Range<usize>) -> Arc<Tables> {
        let mut kept = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(tables) if tables.are_of(&range) => tables.clone(),
            _ => {
                let form = Form::here();
                let points: Vec<_> = self.bases[range.clone()].iter().map(|base| base.affine(&form)).collect();
                let tables = Arc::new(Tables::new(range, &points, beta()));
                *kept = Some(tables.clone());
                tables
            }
        }
    }
}

/// beta of the endomorphism (x, y) -> (beta x, y), a cube root of unity.
fn beta() -> Fq {
    Fq::from(<bn256::Fq as WithSmallOrderMulGroup<3>>::ZETA)
}

/// The sum of a few products, by doubling and adding for all of them at once.
fn few_products(scalars: &[Fr], points: &[G1]) -> G1 {
    let beta = beta();
    let halves = scalars.iter().zip(G1::normalize(points)).flat_map(|(scalar, point)| {
        let (a, b) = decompose(scalar);
        [(a, point), (b.opposite(), Affine { x: point.x * beta, y: point.y })]
    });
    let signed = |(half, point): (Signed, Affine)| {
        let y = if half.is_negative() { -point.y } else { point.y };
        (half.magnitude(), Affine { x: point.x, y })
    };
    let halves: Vec<_> = halves.map(signed).collect();
    (0..HALF_BITS).rev().fold(G1::IDENTITY, |sum, bit| {
        let set = halves.iter().filter(|(half, _)| half >> bit & 1 == 1);
        set.fold(sum.double(), |sum, (_, point)| sum.add_affine(*point))
    })
}

/// Runs each task on the next free worker of the pool; results in the order of the tasks.
fn share_out(tasks: &[Task], run: impl Fn(&Task, &mut Workspace) -> G1 + Sync) -> Vec<G1> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    // Long tasks first, so that none is left over at the end.
    order.sort_by_key(|i| core::cmp::Reverse(tasks[*i].entries.len()));
    let next = AtomicUsize::new(0);
    let workers = rayon::current_num_threads().min(tasks.len());
    let done: Vec<Vec<(usize, G1)>> = (0..workers)
        .into_par_iter()
        .with_max_len(1)
        .map(|_| {
            let mut workspace = Workspace::default();
            let mut results = Vec::new();
            while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                results.push((*index, run(&tasks[*index], &mut workspace)));
            }
            results
        })
        .collect();
    let mut sums = vec![G1::IDENTITY; tasks.len()];
    for (index, sum) in done.into_iter().flatten() {
        sums[index] = sum;
    }
    sums
}
