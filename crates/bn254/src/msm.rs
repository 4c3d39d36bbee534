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

/// Scalars of one method over consecutive bases from `first` on.
enum Scalars<'a> {
    Small(&'a [i64]),
    /// First halves, then second halves; the latter belong to the images under the endomorphism.
    Halves(Vec<Signed>),
    /// The same over shifted bases, all digits in one set of buckets.
    Shifted(Vec<Signed>),
}

/// The part of a column that one method serves.
struct Job<'a> {
    column: usize,
    first: usize,
    scalars: Scalars<'a>,
    /// Bits of a digit; 0 for a few field elements, served by tables.
    window: u32,
    parts: usize,
}

impl Job<'_> {
    fn entries(&self) -> usize {
        match &self.scalars {
            Scalars::Small(scalars) => scalars.len(),
            Scalars::Halves(halves) => halves.len(),
            Scalars::Shifted(halves) => halves.len() * digits(HALF_BITS, SHIFTED_BITS) as usize,
        }
    }

    /// The halves of field elements; none of integers.
    fn halves(&self) -> &[Signed] {
        match &self.scalars {
            Scalars::Small(_) => &[],
            Scalars::Halves(halves) | Scalars::Shifted(halves) => halves,
        }
    }

    fn windows(&self, bits: u32) -> u32 {
        match self.scalars {
            _ if self.window == 0 => 0,
            Scalars::Shifted(_) => 1,
            _ => digits(bits, self.window),
        }
    }
}

/// One window of a job over a part of its entries.
struct Task {
    job: usize,
    window: u32,
    entries: Range<usize>,
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
            Scalars::Halves(_) | Scalars::Shifted(_) => HALF_BITS,
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
                Scalars::Halves(halves) => {
                    let count = halves.len() / 2;
                    workspace.window_sum(self, &window, task.entries.clone(), |i| {
                        let point = if i < count { (first + i) as u32 } else { (first + i - count) as u32 | ENDO };
                        (halves[i], point)
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
        for (column, sum) in self.few(&jobs) {
            results[column] = results[column] + sum;
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
    fn few(&self, jobs: &[Job<'_>]) -> Vec<(usize, G1)> {
        let few = |job: &&Job<'_>| job.window == 0;
        let mut rest: Vec<_> = jobs.iter().filter(few).collect();
        let mut sums = Vec::with_capacity(rest.len());
        while let Some(job) = rest.first() {
            let range = job.first..job.first + job.entries() / 2;
            let (same, others): (Vec<_>, Vec<_>) =
                rest.iter().partition(|job| (job.first, job.entries() / 2) == (range.start, range.len()));
            let tables = self.tables(range);
            let share = same.len().div_ceil(rayon::current_num_threads()).max(1);
            sums.par_extend(same.par_chunks(share).flat_map_iter(|jobs: &[&Job<'_>]| {
                let columns: Vec<_> = jobs.iter().map(|job| job.halves()).collect();
                let sums = tables.sums(&columns, &mut Workspace::default());
                jobs.iter().map(|job| job.column).zip(sums).collect::<Vec<_>>()
            }));
            rest = others;
        }
        sums
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

/// Splits columns into jobs and chooses their digits; enough parts that every thread has several tasks.
fn jobs<'a>(columns: &[Column<'a>], bases: usize) -> Vec<Job<'a>> {
    /// Entries below which a part is not worth its buckets.
    const PART: usize = 1 << 12;
    let threads = rayon::current_num_threads();
    let mut jobs = Vec::new();
    for (column, scalars) in columns.iter().enumerate() {
        let (small, tail) = (scalars.small, scalars.tail);
        let parts = |entries: usize, bits: u32, window: u32| {
            let tasks = digits(bits, window) as usize * columns.len();
            if threads == 1 { 1 } else { (3 * threads).div_ceil(tasks).min(entries / PART).max(1) }
        };
        if !small.is_empty() {
            let window = best_window(small.len(), scalars.bits);
            let parts = parts(small.len(), scalars.bits, window);
            jobs.push(Job { column, first: 0, scalars: Scalars::Small(small), window, parts });
        }
        if !tail.is_empty() {
            let (firsts, seconds): (Vec<_>, Vec<_>) = tail
                .par_iter()
                .map(|scalar| {
                    let (a, b) = decompose(scalar);
                    (a, b.opposite())
                })
                .unzip();
            let mut halves = firsts;
            halves.extend(seconds);
            if tail.len() > FEW && bases <= SHIFTED_MOST {
                let parts = threads.div_ceil(columns.len()).max(1);
                let scalars = Scalars::Shifted(halves);
                jobs.push(Job { column, first: small.len(), scalars, window: SHIFTED_BITS, parts });
                continue;
            }
            let window = if tail.len() <= FEW { 0 } else { best_window(halves.len(), HALF_BITS) };
            let parts = if window == 0 { 1 } else { parts(halves.len(), HALF_BITS, window) };
            jobs.push(Job { column, first: small.len(), scalars: Scalars::Halves(halves), window, parts });
        }
    }
    jobs
}

/// Bits of a digit with the fewest field products: in batches about 7 an addition (with sorting), for rows and columns
/// of buckets in Jacobian coordinates 27 each.
fn best_window(entries: usize, bits: u32) -> u32 {
    let cost = |window: u32| {
        let buckets = 1usize << (window - 1);
        let lines = (1usize << (window / 2)) + (buckets >> (window / 2));
        digits(bits, window) as usize * (7 * (entries + 2 * buckets) + 27 * lines + 500)
    };
    (2..=16).min_by_key(|window| cost(*window)).unwrap_or(8)
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
