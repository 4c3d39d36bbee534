//! Parts of the folded constraints that read few columns each.
//!
//! The values on a coset of all columns at once would take most of a proof's memory. So the sum that the constraints
//! are folded to is cut: part by part, the columns are transformed that it reads, and those that no later part reads
//! make room. No column is transformed twice; what a cut costs is one product for each factor, such as a selector,
//! that it takes out of a sum again.

use std::collections::HashMap;

use hushproof_bn254::Fr;

use super::Source;
use super::builder::{Builder, Row, Value};

/// Numbers of parts that are tried.
const COUNTS: [usize; 3] = [2, 4, 8];

/// Sums that read fewer columns are left as they are.
const WIDE: usize = 8;

/// A summand of the output: value times factor.
struct Summand {
    factor: Factor,
    value: Value,
    negative: bool,
    /// What it reads: indices in [`Columns`].
    columns: Vec<usize>,
}

/// What the sum was multiplied by that a summand is taken out of: a row node, then a scalar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Factor {
    row: Option<u32>,
    scalar: Option<u32>,
}

/// The columns that are read, numbered.
#[derive(Default)]
struct Columns(HashMap<Source, usize>);

impl Builder {
    /// Values whose sum is `output`, to be computed in this order; `output` alone if it reads at most `limit` columns
    /// or if parts would hold nearly as many columns at a time.
    pub(crate) fn parts(&mut self, output: Value, limit: usize) -> Vec<Value> {
        let Value::Row(root) = output else { return vec![output] };
        if self.read([root]).len() <= limit {
            return vec![output];
        }
        let mut columns = Columns::default();
        let summands = self.summands(output, &mut columns);
        let count = columns.0.len();
        let order = ordered(summands, count);
        let mut best = (count, vec![order.len()]);
        for parts in COUNTS {
            let ends = cut(&order, count, parts);
            let most = most_at_once(&order, &ends, count);
            // A tenth less, or it is not worth the cuts.
            if most * 10 <= best.0 * 9 {
                best = (most, ends);
            }
        }
        if best.1.len() == 1 {
            return vec![output];
        }
        let mut start = 0;
        let part = |end: usize| {
            let part = self.join(&order[start..end]);
            start = end;
            part
        };
        best.1.into_iter().map(part).collect()
    }

    /// Takes a sum apart, and the wide sums in it that are multiplied by a factor and used nowhere else.
    fn summands(&mut self, output: Value, columns: &mut Columns) -> Vec<Summand> {
        let mut users = HashMap::<u32, usize>::new();
        for row in self.schedule(output) {
            self.rows[row as usize].operands().for_each(|operand| *users.entry(operand).or_default() += 1);
        }
        let mut summands = Vec::new();
        let mut pending = vec![(output, Factor::default(), false)];
        while let Some((value, factor, negative)) = pending.pop() {
            let (row, node) = match value {
                Value::Row(row) => (Some(row), Some(self.rows[row as usize])),
                Value::Scalar(_) => (None, None),
            };
            let (a, b) = match node {
                Some(Row::Add(a, b)) => ((Value::Row(a), negative), (Value::Row(b), negative)),
                Some(Row::Sub(a, b)) => ((Value::Row(a), negative), (Value::Row(b), !negative)),
                Some(Row::AddScalar(a, scalar)) => ((Value::Row(a), negative), (Value::Scalar(scalar), negative)),
                Some(Row::SubFrom(scalar, a)) => ((Value::Row(a), !negative), (Value::Scalar(scalar), negative)),
                Some(Row::Negate(a)) => {
                    pending.push((Value::Row(a), factor, !negative));
                    continue;
                }
                _ => {
                    if let Some((inner, factor)) = node.and_then(|node| self.inner(node, factor, &users)) {
                        pending.push((Value::Row(inner), factor, negative));
                        continue;
                    }
                    let sources = self.read(row.into_iter().chain(factor.row));
                    let columns = sources.into_iter().map(|source| columns.index(source)).collect();
                    summands.push(Summand { factor, value, negative, columns });
                    continue;
                }
            };
            pending.extend([b, a].map(|(value, negative)| (value, factor, negative)));
        }
        summands
    }

    /// The sum in a product that is worth taking apart, with what it is multiplied by.
    fn inner(&mut self, node: Row, factor: Factor, users: &HashMap<u32, usize>) -> Option<(u32, Factor)> {
        let is_wide = |row: &u32| users.get(row) == Some(&1) && self.read([*row]).len() > WIDE;
        match node {
            Row::MulScalar(a, scalar) if is_wide(&a) => {
                let scalar = factor.scalar.map_or(scalar, |other| self.scalar_product(other, scalar));
                Some((a, Factor { scalar: Some(scalar), ..factor }))
            }
            Row::Mul(a, b) if factor.row.is_none() => {
                let sums = [(a, b), (b, a)].into_iter().filter(|(sum, _)| is_wide(sum));
                let (sum, row) = sums.max_by_key(|(sum, _)| self.read([*sum]).len())?;
                Some((sum, Factor { row: Some(row), ..factor }))
            }
            _ => None,
        }
    }

    /// The columns that row nodes are computed from, each once.
    fn read(&self, rows: impl IntoIterator<Item = u32>) -> Vec<Source> {
        let mut sources = Vec::new();
        for row in rows.into_iter().flat_map(|row| self.schedule(Value::Row(row))) {
            if let Row::Column(source, _) = self.rows[row as usize] {
                sources.push(source);
            }
        }
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// The sum of summands; those that share a factor are summed before they are multiplied by it.
    fn join(&mut self, summands: &[Summand]) -> Value {
        let zero = self.constant(Fr::ZERO);
        let mut sums = Vec::<(Factor, Value)>::new();
        for Summand { factor, value, negative, .. } in summands {
            let value = if *negative { self.neg(*value) } else { *value };
            self.add_to(&mut sums, *factor, value);
        }
        let mut products = Vec::new();
        for (Factor { row, scalar }, sum) in sums {
            let product = scalar.map_or(sum, |scalar| self.mul(Value::Scalar(scalar), sum));
            self.add_to(&mut products, row, product);
        }
        products.into_iter().fold(zero, |total, (row, sum)| {
            let product = row.map_or(sum, |row| self.mul(Value::Row(row), sum));
            self.add(total, product)
        })
    }

    /// Adds a value to the sum of a key.
    fn add_to<K: PartialEq>(&mut self, sums: &mut Vec<(K, Value)>, key: K, value: Value) {
        match sums.iter().position(|(other, _)| *other == key) {
            Some(index) => sums[index].1 = self.add(sums[index].1, value),
            None => sums.push((key, value)),
        }
    }
}

impl Columns {
    fn index(&mut self, source: Source) -> usize {
        let next = self.0.len();
        *self.0.entry(source).or_insert(next)
    }
}

/// An order in which summands that read the same columns are near each other, column by column: next are all summands
/// that read a column, of the one that adds fewest new columns to those held, less the columns that need not be held
/// after it; among equals the first. (The order of elimination by minimum degree.)
fn ordered(summands: Vec<Summand>, columns: usize) -> Vec<Summand> {
    let mut seen = vec![false; columns];
    let (mut order, mut left): (Vec<_>, Vec<_>) = summands.into_iter().partition(|summand| summand.columns.is_empty());
    while !left.is_empty() {
        let mut readers = vec![Vec::new(); columns];
        for (index, summand) in left.iter().enumerate() {
            summand.columns.iter().for_each(|column| readers[*column].push(index));
        }
        let growth = |column: usize| {
            let mut reads = HashMap::<usize, usize>::new();
            for column in readers[column].iter().flat_map(|summand| &left[*summand].columns) {
                *reads.entry(*column).or_default() += 1;
            }
            let of = |(column, reads): (&usize, &usize)| {
                i64::from(!seen[*column]) - i64::from(*reads == readers[*column].len())
            };
            reads.iter().map(of).sum::<i64>()
        };
        let open = (0..columns).filter(|column| !readers[*column].is_empty());
        let Some(next) = open.min_by_key(|column| growth(*column)) else { break };
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|summand| summand.columns.contains(&next));
        now.iter().flat_map(|summand| &summand.columns).for_each(|column| seen[*column] = true);
        order.extend(now);
        left = later;
    }
    order
}

/// The ends of parts, each of which meets about as many new columns as the others.
fn cut(order: &[Summand], columns: usize, parts: usize) -> Vec<usize> {
    let mut seen = vec![false; columns];
    let (mut count, mut ends) = (0, Vec::with_capacity(parts));
    for (index, summand) in order.iter().enumerate() {
        let new = summand.columns.iter().filter(|column| !seen[**column]).count();
        let share = (ends.len() + 1) * columns / parts;
        if new > 0 && count + new > share && index > ends.last().copied().unwrap_or(0) {
            ends.push(index);
        }
        summand.columns.iter().for_each(|column| seen[*column] = true);
        count += new;
    }
    ends.push(order.len());
    ends
}

/// The most columns that are held at once: each from the first to the last part that reads it.
fn most_at_once(order: &[Summand], ends: &[usize], columns: usize) -> usize {
    let mut spans = vec![None::<(usize, usize)>; columns];
    let mut start = 0;
    for (part, end) in ends.iter().enumerate() {
        for column in order[start..*end].iter().flat_map(|summand| &summand.columns) {
            let first = spans[*column].map_or(part, |(first, _)| first);
            spans[*column] = Some((first, part));
        }
        start = *end;
    }
    let held = |part: usize| spans.iter().flatten().filter(|(first, last)| (*first..=*last).contains(&part)).count();
    (0..ends.len()).map(held).max().unwrap_or(0)
}
