//! Columns cut into parts, each served by the method that suits its scalars.

use core::ops::Range;
use std::collections::HashMap;

use rayon::prelude::*;

use super::scalars::{HALF_BITS, Signed, decompose, digits};
use super::{Column, FEW, SHIFTED_BITS, SHIFTED_MOST};
use crate::field::Fr;

/// Field elements of a column that are looked at to tell whether values repeat.
const SAMPLES: usize = 64;
/// Of those, fewest that are equal to others.
const LEAST_EQUAL: usize = 4;
/// Fewest field elements that are searched for equal ones.
const SEARCHED_LEAST: usize = 512;

/// Scalars of one method.
pub(super) enum Scalars<'a> {
    /// Over consecutive bases.
    Small(&'a [i64]),
    /// Those of a few field elements over consecutive bases: first halves, then second halves; the latter belong to the
    /// images under the endomorphism.
    Few(Vec<Signed>),
    /// The same of field elements that are not 0, each with the index of its base.
    Halves { halves: Vec<Signed>, bases: Vec<u32> },
    /// The same over shifted consecutive bases, all digits in one set of buckets.
    Shifted(Vec<Signed>),
    /// A few values that field elements repeat: the bases of each value are summed before they are multiplied.
    Repeated(Repeated),
}

/// Field elements with many equal ones among them.
pub(super) struct Repeated {
    /// The distinct values.
    pub(super) values: Vec<Fr>,
    /// Index of a base, and of its value.
    pub(super) entries: Vec<(u32, u32)>,
}

/// The part of a column that one method serves.
pub(super) struct Job<'a> {
    pub(super) column: usize,
    /// The first of consecutive bases.
    pub(super) first: usize,
    pub(super) scalars: Scalars<'a>,
    /// Bits of a digit; 0 where there are no windows.
    pub(super) window: u32,
    pub(super) parts: usize,
}

impl Job<'_> {
    pub(super) fn entries(&self) -> usize {
        match &self.scalars {
            Scalars::Small(scalars) => scalars.len(),
            Scalars::Few(halves) | Scalars::Halves { halves, .. } => halves.len(),
            Scalars::Shifted(halves) => halves.len() * digits(HALF_BITS, SHIFTED_BITS) as usize,
            Scalars::Repeated(repeated) => repeated.entries.len(),
        }
    }

    /// The halves of a few field elements with the bases that they belong to.
    pub(super) fn few(&self) -> Option<(Range<usize>, &[Signed])> {
        match &self.scalars {
            Scalars::Few(halves) => Some((self.first..self.first + halves.len() / 2, halves)),
            _ => None,
        }
    }

    /// Windows of scalars of so many bits.
    pub(super) fn windows(&self, bits: u32) -> u32 {
        match self.scalars {
            _ if self.window == 0 => 0,
            Scalars::Shifted(_) => 1,
            _ => digits(bits, self.window),
        }
    }
}

/// One window of a job over a part of its entries.
pub(super) struct Task {
    pub(super) job: usize,
    pub(super) window: u32,
    pub(super) entries: Range<usize>,
}

/// Splits columns into jobs and chooses their digits; enough parts that every thread has several tasks.
pub(super) fn jobs<'a>(columns: &[Column<'a>], bases: usize) -> Vec<Job<'a>> {
    /// Entries below which a part is not worth its buckets.
    const PART: usize = 1 << 12;
    let threads = rayon::current_num_threads();
    let mut jobs = Vec::new();
    for (column, Column { small, bits, tail }) in columns.iter().enumerate() {
        let parts = |entries: usize, bits: u32, window: u32| {
            let tasks = digits(bits, window) as usize * columns.len();
            if threads == 1 { 1 } else { (3 * threads).div_ceil(tasks).min(entries / PART).max(1) }
        };
        if !small.is_empty() {
            let window = best_window(small.len(), *bits);
            let parts = parts(small.len(), *bits, window);
            jobs.push(Job { column, first: 0, scalars: Scalars::Small(small), window, parts });
        }
        let first = small.len();
        if tail.len() > FEW && bases <= SHIFTED_MOST {
            let parts = threads.div_ceil(columns.len()).max(1);
            let scalars = Scalars::Shifted(halves(tail.par_iter()));
            jobs.push(Job { column, first, scalars, window: SHIFTED_BITS, parts });
        } else if tail.len() > FEW {
            let bases: Vec<u32> = (0..tail.len() as u32).filter(|at| !tail[*at as usize].is_zero()).collect();
            if let Some(repeated) = Repeated::find(tail, &bases, first) {
                jobs.push(Job { column, first, scalars: Scalars::Repeated(repeated), window: 0, parts: 1 });
                continue;
            }
            if bases.is_empty() {
                continue;
            }
            let halves = halves(bases.par_iter().map(|at| &tail[*at as usize]));
            let bases = bases.into_iter().map(|at| first as u32 + at).collect();
            let window = best_window(halves.len(), HALF_BITS);
            let parts = parts(halves.len(), HALF_BITS, window);
            jobs.push(Job { column, first, scalars: Scalars::Halves { halves, bases }, window, parts });
        } else if !tail.is_empty() {
            jobs.push(Job { column, first, scalars: Scalars::Few(halves(tail.par_iter())), window: 0, parts: 1 });
        }
    }
    jobs
}

/// First halves, then second halves.
fn halves<'a>(scalars: impl IndexedParallelIterator<Item = &'a Fr>) -> Vec<Signed> {
    let halves = scalars.map(|scalar| {
        let (a, b) = decompose(scalar);
        (a, b.opposite())
    });
    let (mut firsts, seconds): (Vec<_>, Vec<_>) = halves.unzip();
    firsts.extend(seconds);
    firsts
}

impl Repeated {
    /// Groups the scalars at the places `among`, whose bases count from `first`, by their values: where a sample says
    /// that values repeat, and there are at most an eighth as many as scalars.
    pub(super) fn find(scalars: &[Fr], among: &[u32], first: usize) -> Option<Self> {
        if among.len() < SEARCHED_LEAST {
            return None;
        }
        // Places that follow no pattern of the column's.
        let place = |i: usize| (i as u64 * 0x9e37_79b9 % among.len() as u64) as usize;
        let sample = (0..SAMPLES).map(|i| scalars[among[place(i)] as usize].montgomery_limbs());
        let mut sample: Vec<_> = sample.collect();
        sample.sort_unstable();
        sample.dedup();
        if sample.len() + LEAST_EQUAL > SAMPLES {
            return None;
        }
        let (mut values, mut index) = (Vec::new(), HashMap::new());
        let mut entries = Vec::with_capacity(among.len());
        for at in among {
            let scalar = scalars[*at as usize];
            let group = *index.entry(scalar).or_insert_with(|| {
                values.push(scalar);
                values.len() as u32 - 1
            });
            if values.len() * 8 > among.len() {
                return None;
            }
            entries.push((first as u32 + at, group));
        }
        Some(Self { values, entries })
    }
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
