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
const COUNTS: [usize; 4] = [2, 4, 8, 16];

/// A summand of the output: factor times value.
struct Summand {
    factor: Option<u32>,
    value: Value,
    negative: bool,
    /// What it reads: indices in [`Columns`].
    columns: Vec<usize>,
}

/// The columns that are read, numbered.
#[derive(Default)]
struct Columns(HashMap<Source, usize>);

impl Builder {
    /// Values whose sum is `output`, to be computed in this order; `output` alone if it reads at most `limit` columns
    /// or if parts would hold nearly as many columns at a time.
    pub(crate) fn parts(&mut self, output: Value, limit: usize) -> Vec<Value> {
        let mut columns = Columns::default();
        let summands = self.summands(output, &mut columns);
        if columns.0.len() <= limit {
            return vec![output];
        }
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

    /// Takes a sum apart, and the sums in it that are multiplied by one factor and used nowhere else.
    fn summands(&self, output: Value, columns: &mut Columns) -> Vec<Summand> {
        let mut users = HashMap::<u32, usize>::new();
        for row in self.schedule(output) {
            self.rows[row as usize].operands().for_each(|operand| *users.entry(operand).or_default() += 1);
        }
        let is_sum = |row: &u32| {
            let node = self.rows[*row as usize];
            users.get(row) == Some(&1)
                && matches!(node, Row::Add(..) | Row::Sub(..) | Row::AddScalar(..) | Row::SubFrom(..))
        };
        let mut summands = Vec::new();
        let mut pending = vec![(output, None, false)];
        while let Some((value, factor, negative)) = pending.pop() {
            let mut push = |value, negative| pending.push((value, factor, negative));
            match value {
                Value::Row(row) => match self.rows[row as usize] {
                    Row::Add(a, b) => {
                        push(Value::Row(b), negative);
                        push(Value::Row(a), negative);
                        continue;
                    }
                    Row::Sub(a, b) => {
                        push(Value::Row(b), !negative);
                        push(Value::Row(a), negative);
                        continue;
                    }
                    Row::Negate(a) => {
                        push(Value::Row(a), !negative);
                        continue;
                    }
                    Row::AddScalar(a, scalar) => {
                        push(Value::Scalar(scalar), negative);
                        push(Value::Row(a), negative);
                        continue;
                    }
                    Row::SubFrom(scalar, a) => {
                        push(Value::Scalar(scalar), negative);
                        push(Value::Row(a), !negative);
                        continue;
                    }
                    Row::Mul(a, b) if factor.is_none() => {
                        let sums = [(a, b), (b, a)].into_iter().filter(|(sum, _)| is_sum(sum));
                        if let Some((sum, factor)) = sums.max_by_key(|(sum, _)| self.read([*sum]).len()) {
                            pending.push((Value::Row(sum), Some(factor), negative));
                            continue;
                        }
                    }
                    _ => (),
                },
                Value::Scalar(_) => (),
            }
            let rows = match value {
                Value::Row(row) => Some(row),
                Value::Scalar(_) => None,
            };
            let sources = self.read(rows.into_iter().chain(factor));
            let columns = sources.into_iter().map(|source| columns.index(source)).collect();
            summands.push(Summand { factor, value, negative, columns });
        }
        summands
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
        let mut groups = Vec::<(Option<u32>, Value)>::new();
        for summand in summands {
            let index = groups.iter().position(|(factor, _)| *factor == summand.factor).unwrap_or_else(|| {
                groups.push((summand.factor, zero));
                groups.len() - 1
            });
            let sum = groups[index].1;
            groups[index].1 =
                if summand.negative { self.sub(sum, summand.value) } else { self.add(sum, summand.value) };
        }
        groups.into_iter().fold(zero, |total, (factor, sum)| {
            let term = factor.map_or(sum, |factor| self.mul(Value::Row(factor), sum));
            self.add(total, term)
        })
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
