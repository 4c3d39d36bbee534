//! One window of Pippenger's method: the sum of digit times point, by buckets.

use core::ops::Range;

use super::adder::Adder;
use super::point::{Base, Point};
use super::scalars::Signed;
use super::{Bases, ENDO};
use crate::curve::{Affine, G1};
use crate::lanes::chord::Form;

/// The digits of one window of a column.
pub(super) struct Window {
    /// Position of the digit, from the lowest.
    pub(super) index: u32,
    /// Bits of a digit.
    pub(super) bits: u32,
}

/// Buffers of one worker, reused from window to window.
#[derive(Default)]
pub(super) struct Workspace {
    adder: Adder,
    /// Entries sorted by bucket: index of the point, [`NEGATIVE`] for its opposite.
    sorted: Vec<u32>,
    /// The digit of each entry.
    digits: Vec<i32>,
    /// Where the entries of each bucket end, while sorting: where the next goes.
    ends: Vec<u32>,
    points: Vec<Point>,
    lengths: Vec<usize>,
    buckets: Vec<Point>,
}

const NEGATIVE: u32 = 1 << 31;

impl Workspace {
    /// The sum over `entries` of digit times point. `entry` gives an entry's scalar and the index of its point.
    pub(super) fn window_sum(
        &mut self,
        bases: &Bases,
        window: &Window,
        entries: Range<usize>,
        entry: impl Fn(usize) -> (Signed, u32),
    ) -> G1 {
        let digit = |i: usize| {
            let (scalar, point) = entry(i);
            // A few bases may be the identity; they count as if their digit was 0.
            let idle = bases.has_identity && bases.base(point).is_identity();
            if idle { 0 } else { scalar.digit(window.index, window.bits) }
        };
        self.fill((1 << (window.bits - 1)) + 1, bases, entries, digit, |i| entry(i).1);
        self.weighted_sum(window.bits)
    }

    /// For each of `groups` groups the sum of its bases. An entry is the index of a base and that of its group.
    pub(super) fn group_sums_of(&mut self, bases: &Bases, entries: &[(u32, u32)], groups: usize) -> Vec<G1> {
        let group = |i: usize| {
            let (point, group) = entries[i];
            if bases.has_identity && bases.base(point).is_identity() { 0 } else { group as i32 + 1 }
        };
        self.fill(groups + 1, bases, 0..entries.len(), group, |i| entries[i].0);
        let form = Form::here();
        self.buckets[1..].iter().map(|sum| G1::from(sum.unpack(&form))).collect()
    }

    /// Puts into each bucket the sum of the points of its digit, those of negative digits negated.
    fn fill(
        &mut self,
        buckets: usize,
        bases: &Bases,
        entries: Range<usize>,
        digit: impl Fn(usize) -> i32,
        point: impl Fn(usize) -> u32,
    ) {
        self.adder.restart();
        self.sort(entries, buckets, digit, point);
        self.first_round(bases);
        self.pair_up();
        // The sums, one for each non-empty bucket, to their places.
        self.buckets.clear();
        let mut sums = self.points.iter();
        for &length in &self.lengths {
            self.buckets.push(if length == 0 { None } else { sums.next() }.copied().unwrap_or(Point::IDENTITY));
        }
    }

    /// Sorts entries by the magnitude of their digit; zeros are left out. `lengths[b]` becomes the size of bucket b.
    fn sort(
        &mut self,
        entries: Range<usize>,
        buckets: usize,
        digit: impl Fn(usize) -> i32,
        point: impl Fn(usize) -> u32,
    ) {
        self.digits.clear();
        self.digits.extend(entries.clone().map(digit));
        self.lengths.clear();
        self.lengths.resize(buckets, 0);
        for digit in &self.digits {
            self.lengths[digit.unsigned_abs() as usize] += 1;
        }
        self.lengths[0] = 0;
        self.ends.clear();
        let mut total = 0;
        for length in &self.lengths {
            self.ends.push(total as u32);
            total += length;
        }
        self.sorted.clear();
        self.sorted.resize(total, 0);
        for (i, digit) in entries.zip(&self.digits) {
            if *digit != 0 {
                let end = &mut self.ends[digit.unsigned_abs() as usize];
                self.sorted[*end as usize] = point(i) | if *digit < 0 { NEGATIVE } else { 0 };
                *end += 1;
            }
        }
    }

    /// Adds the sorted entries of each bucket in pairs, from the bases into `points`.
    fn first_round(&mut self, bases: &Bases) {
        let point = |entry: u32| bases.base(entry & !NEGATIVE).point(entry & ENDO != 0, entry & NEGATIVE != 0);
        let halved = self.lengths.iter().map(|length| length.div_ceil(2)).sum();
        self.points.clear();
        self.points.resize(halved, Point::IDENTITY);
        let (mut read, mut write) = (0, 0);
        for length in &mut self.lengths {
            for pair in self.sorted[read..read + *length].chunks(2) {
                match *pair {
                    [a, b] => self.adder.add(point(a), point(b), write, &mut self.points),
                    [a] => self.points[write] = point(a),
                    _ => {}
                }
                write += 1;
            }
            read += *length;
            *length = length.div_ceil(2);
        }
        self.adder.flush(&mut self.points);
    }

    /// Adds the points of each group in pairs until one is left. Groups of `lengths` points follow each other in
    /// `points`; their sums are left there, packed.
    fn pair_up(&mut self) {
        let points = &mut self.points;
        while self.lengths.iter().any(|length| *length > 1) {
            let (mut read, mut write) = (0, 0);
            for length in &mut self.lengths {
                // A sum is put at or before its first operand, which has been read when it is written.
                for pair in 0..*length / 2 {
                    self.adder.add(points[read + 2 * pair], points[read + 2 * pair + 1], write, points);
                    write += 1;
                }
                if *length % 2 == 1 {
                    points[write] = points[read + *length - 1];
                    write += 1;
                }
                read += *length;
                *length = length.div_ceil(2);
            }
            self.adder.flush(points);
            points.truncate(write);
        }
    }

    /// Sum of b times bucket b. With b = h 2^s + l it is 2^s (sum of h times row h) + (sum of l times column l), where
    /// rows and columns are plain sums, done in batches; only the 2^s and 2^(bits - s) of those are added one by one.
    fn weighted_sum(&mut self, bits: u32) -> G1 {
        let split = bits / 2;
        let (rows, columns) = (self.buckets.len().div_ceil(1 << split), 1usize << split);
        let by_rows = self.group_sums(rows, |row| row * columns..(row + 1) * columns, 1);
        let by_columns = self.group_sums(columns, |column| column..rows * columns, columns);
        let high = (0..split).fold(ascending_sum(&by_rows), |sum, _| sum.double());
        high + ascending_sum(&by_columns)
    }

    /// The plain sum of each of `count` groups of buckets, given as a range and a step.
    fn group_sums(&mut self, count: usize, range: impl Fn(usize) -> Range<usize>, step: usize) -> Vec<Affine> {
        self.adder.restart();
        self.points.clear();
        self.lengths.clear();
        for group in 0..count {
            let before = self.points.len();
            let buckets = range(group).step_by(step).filter_map(|b| self.buckets.get(b));
            self.points.extend(buckets.filter(|bucket| !bucket.is_identity()));
            self.lengths.push(self.points.len() - before);
        }
        self.sums_of_groups()
    }

    /// The plain sum of each group of points, of which none is the identity.
    pub(super) fn plain_sums(&mut self, groups: impl Iterator<Item = impl Iterator<Item = Point>>) -> Vec<G1> {
        self.adder.restart();
        self.points.clear();
        self.lengths.clear();
        for group in groups {
            let before = self.points.len();
            self.points.extend(group);
            self.lengths.push(self.points.len() - before);
        }
        self.sums_of_groups().into_iter().map(G1::from).collect()
    }

    /// The sums of the groups that `points` and `lengths` hold, which are consumed.
    fn sums_of_groups(&mut self) -> Vec<Affine> {
        self.pair_up();
        let form = Form::here();
        let mut sums = self.points.iter().map(|sum| sum.unpack(&form));
        let sum = |length: &usize| if *length == 0 { None } else { sums.next() };
        self.lengths.iter().map(sum).map(|sum| sum.unwrap_or(Affine::IDENTITY)).collect()
    }
}

/// Sum of i times `points[i]`.
fn ascending_sum(points: &[Affine]) -> G1 {
    let (mut tail, mut sum) = (G1::IDENTITY, G1::IDENTITY);
    for point in points.iter().skip(1).rev() {
        tail = tail.add_affine(*point);
        sum = sum + tail;
    }
    sum
}

impl Bases {
    /// The base that an entry's index stands for, with or without [`ENDO`].
    #[inline(always)]
    fn base(&self, index: u32) -> &Base {
        &self.bases[(index & !ENDO) as usize]
    }
}
