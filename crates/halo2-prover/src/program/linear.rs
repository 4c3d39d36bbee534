//! Linear combinations of columns are formed before they are transformed.
//!
//! Where a constraint contains a sum of columns with coefficients that are the same in every row (a row of weights
//! times powers of a challenge, say), the sum of the polynomials can be computed once and transformed to each coset,
//! instead of every column. That pays when columns occur in nothing else, or when the products it saves in each row
//! of each coset cost more than its transforms.

use std::collections::{HashMap, HashSet};

use hushproof_bn254::Fr;

use super::Source;
use super::builder::{Builder, Row, Value};

/// Cost of a product of field elements; a transform on 2^k elements costs k / 2 products an element.
const PRODUCT: i64 = 2;

/// A polynomial that is a sum of scalar times column: sources with indices of scalars.
pub(super) type Combination = Vec<(Source, u32)>;

/// A sum taken apart.
struct Sum {
    /// Sums of columns by rotation.
    linear: Vec<(i32, Combination)>,
    rest: Vec<Term>,
    constant: u32,
}

/// A summand that is not a column times a scalar.
struct Term {
    factor: u32,
    of: Of,
}

enum Of {
    /// A row node that is computed for itself.
    Node(u32),
    /// A sum that is multiplied as a whole.
    Group(Vec<Term>),
}

impl Row {
    fn is_sum(self) -> bool {
        !matches!(self, Self::Column(..) | Self::Mul(..) | Self::Square(_))
    }
}

impl Source {
    /// Whether it is given by coefficients.
    fn is_polynomial(self) -> bool {
        !matches!(self, Self::FirstRow | Self::Point)
    }
}

/// The combinations met, and which of them to form.
struct Candidates {
    index: HashMap<Combination, usize>,
    /// Number of non-trivial factors, of uses, and whether to form it.
    list: Vec<Candidate>,
}

struct Candidate {
    combination: Combination,
    products: i64,
    uses: i64,
    formed: bool,
}

impl Builder {
    /// The same value with linear combinations formed beforehand where that is cheaper, for `cosets` cosets of 2^k
    /// rows.
    pub(crate) fn form_combinations(&mut self, output: Value, k: u32, cosets: usize) -> Value {
        let Value::Row(root) = output else {
            return output;
        };
        let order = self.schedule(output);
        // Sums that are part of one other sum only are taken apart in it.
        let mut users = HashMap::<u32, Vec<u32>>::new();
        for row in &order {
            for operand in self.rows[*row as usize].operands() {
                users.entry(operand).or_default().push(*row);
            }
        }
        let is_absorbed = |row: &u32| {
            let only_user = users.get(row).filter(|users| users.len() == 1).map(|users| self.rows[users[0] as usize]);
            self.rows[*row as usize].is_sum() && only_user.is_some_and(Row::is_sum)
        };
        let absorbed: HashSet<u32> = order.iter().copied().filter(is_absorbed).collect();

        let mut sums = HashMap::new();
        let mut candidates = Candidates { index: HashMap::new(), list: Vec::new() };
        let mut needed = HashMap::<Source, usize>::new();
        for row in order.iter().filter(|row| !absorbed.contains(row)) {
            let node = self.rows[*row as usize];
            if node.is_sum() {
                let sum = self.take_apart(*row, &absorbed);
                sum.linear.iter().for_each(|(_, combination)| candidates.add(self, combination, &mut needed));
                sums.insert(*row, sum);
            } else {
                for operand in node.operands().chain((*row == root).then_some(root)) {
                    if let Row::Column(source, _) = self.rows[operand as usize] {
                        *needed.entry(source).or_default() += 1;
                    }
                }
            }
        }
        candidates.choose(i64::from(k), cosets as i64, needed);

        let mut values = HashMap::<u32, Value>::new();
        for row in order.iter().filter(|row| !absorbed.contains(row)) {
            let value = match self.rows[*row as usize] {
                Row::Mul(a, b) => self.mul(values[&a], values[&b]),
                Row::Square(a) => self.mul(values[&a], values[&a]),
                _ => match sums.remove(row) {
                    Some(sum) => self.put_together(sum, &candidates, &values),
                    None => Value::Row(*row),
                },
            };
            values.insert(*row, value);
        }
        values[&root]
    }

    /// Takes a sum apart down to columns, products, and sums that are computed for themselves.
    fn take_apart(&mut self, row: u32, absorbed: &HashSet<u32>) -> Sum {
        let [zero, one] = [Fr::ZERO, Fr::ONE].map(|value| self.constant_index(value));
        let mut sum = Sum { linear: Vec::new(), rest: Vec::new(), constant: zero };
        let mut pending = vec![(row, one)];
        while let Some((at, factor)) = pending.pop() {
            match self.rows[at as usize] {
                Row::Column(source, rotation) if source.is_polynomial() => {
                    self.add_column(&mut sum.linear, rotation, source, factor);
                }
                _ if at != row && !absorbed.contains(&at) => sum.rest.push(Term { factor, of: Of::Node(at) }),
                Row::Add(a, b) => pending.extend([(b, factor), (a, factor)]),
                Row::Sub(a, b) => {
                    let opposite = self.opposite(factor);
                    pending.extend([(b, opposite), (a, factor)]);
                }
                Row::Negate(a) => {
                    let opposite = self.opposite(factor);
                    pending.push((a, opposite));
                }
                Row::AddScalar(a, scalar) => {
                    let term = self.scalar_product(scalar, factor);
                    sum.constant = self.scalar_sum(sum.constant, term);
                    pending.push((a, factor));
                }
                Row::SubFrom(scalar, a) => {
                    let term = self.scalar_product(scalar, factor);
                    sum.constant = self.scalar_sum(sum.constant, term);
                    let opposite = self.opposite(factor);
                    pending.push((a, opposite));
                }
                Row::MulScalar(a, scalar) if absorbed.contains(&a) => {
                    let factor = self.scalar_product(scalar, factor);
                    let inner = self.take_apart(a, absorbed);
                    for (rotation, combination) in inner.linear {
                        for (source, scalar) in combination {
                            let factor = self.scalar_product(scalar, factor);
                            self.add_column(&mut sum.linear, rotation, source, factor);
                        }
                    }
                    let term = self.scalar_product(inner.constant, factor);
                    sum.constant = self.scalar_sum(sum.constant, term);
                    // One product for all that remains.
                    match <[Term; 1]>::try_from(inner.rest) {
                        Ok([term]) => {
                            let factor = self.scalar_product(term.factor, factor);
                            sum.rest.push(Term { factor, of: term.of });
                        }
                        Err(terms) if terms.is_empty() => (),
                        Err(terms) => sum.rest.push(Term { factor, of: Of::Group(terms) }),
                    }
                }
                Row::MulScalar(a, scalar) => {
                    let factor = self.scalar_product(scalar, factor);
                    pending.push((a, factor));
                }
                Row::Column(..) | Row::Mul(..) | Row::Square(_) => sum.rest.push(Term { factor, of: Of::Node(at) }),
            }
        }
        for (_, combination) in &mut sum.linear {
            combination.sort_unstable();
        }
        sum
    }

    /// Adds factor times column to the combination of a rotation.
    fn add_column(&mut self, linear: &mut Vec<(i32, Combination)>, rotation: i32, source: Source, factor: u32) {
        let index = linear.iter().position(|(other, _)| *other == rotation).unwrap_or_else(|| {
            linear.push((rotation, Vec::new()));
            linear.len() - 1
        });
        let combination = &mut linear[index].1;
        match combination.iter_mut().find(|(other, _)| *other == source) {
            Some((_, sum)) => *sum = self.scalar_sum(*sum, factor),
            None => combination.push((source, factor)),
        }
    }

    /// Computes a sum from its parts.
    fn put_together(&mut self, sum: Sum, candidates: &Candidates, values: &HashMap<u32, Value>) -> Value {
        let mut total = self.terms(&sum.rest, values);
        for (rotation, combination) in sum.linear {
            if candidates.is_formed(&combination) {
                let formed = self.combination(combination);
                let column = self.column(formed, rotation);
                total = self.add(total, column);
                continue;
            }
            for (source, factor) in combination {
                let column = self.column(source, rotation);
                let term = self.mul(column, Value::Scalar(factor));
                total = self.add(total, term);
            }
        }
        self.add(total, Value::Scalar(sum.constant))
    }

    fn terms(&mut self, terms: &[Term], values: &HashMap<u32, Value>) -> Value {
        let mut total = self.constant(Fr::ZERO);
        for term in terms {
            let value = match &term.of {
                Of::Node(row) => values[row],
                Of::Group(terms) => self.terms(terms, values),
            };
            let term = self.mul(value, Value::Scalar(term.factor));
            total = self.add(total, term);
        }
        total
    }
}

impl Candidates {
    /// Counts a use of a combination; columns of those of one column are needed for themselves.
    fn add(&mut self, builder: &Builder, combination: &Combination, needed: &mut HashMap<Source, usize>) {
        if combination.len() < 2 {
            combination.iter().for_each(|(source, _)| *needed.entry(*source).or_default() += 1);
            return;
        }
        let index = *self.index.entry(combination.clone()).or_insert_with(|| {
            let products = combination.iter().filter(|(_, scalar)| !builder.is_unit(*scalar)).count() as i64;
            self.list.push(Candidate { combination: combination.clone(), products, uses: 0, formed: true });
            self.list.len() - 1
        });
        self.list[index].uses += 1;
    }

    /// Chooses by local search, from all formed on. `needed` counts the uses of columns for themselves.
    fn choose(&mut self, k: i64, cosets: i64, mut needed: HashMap<Source, usize>) {
        /// Rounds of the search; each makes the code cheaper.
        const ROUNDS: usize = 8;
        let transform = k * cosets;
        for _ in 0..ROUNDS {
            let mut changed = false;
            for candidate in &mut self.list {
                let sole = usize::from(!candidate.formed);
                let only_here = |(source, _): &&(Source, u32)| needed.get(source).copied().unwrap_or(0) == sole;
                let freed = candidate.combination.iter().filter(only_here).count() as i64;
                let formed = transform + PRODUCT * candidate.combination.len() as i64;
                let in_rows = transform * freed + PRODUCT * cosets * candidate.products * candidate.uses;
                if (formed < in_rows) != candidate.formed {
                    candidate.formed = !candidate.formed;
                    changed = true;
                    for (source, _) in &candidate.combination {
                        let count = needed.entry(*source).or_default();
                        *count = if candidate.formed { count.saturating_sub(1) } else { *count + 1 };
                    }
                }
            }
            if !changed {
                break;
            }
        }
    }

    fn is_formed(&self, combination: &Combination) -> bool {
        self.index.get(combination).is_some_and(|index| self.list[*index].formed)
    }
}
