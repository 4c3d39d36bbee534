//! From expressions to a program: common subexpressions are shared, registers reused.

use std::collections::HashMap;

use halo2_proofs::plonk::Expression;
use halo2curves::bn256;
use hushproof_bn254::Fr;
use hushproof_bn254::rows::{Action, Code, Instruction, Operand, Output};

use super::linear::Combination;
use super::{Part, Program, Scalar, Source};
use crate::error::ProveError;
use crate::fixed::Form;

/// An intermediate value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Value {
    /// The same in every row: index of a scalar.
    Scalar(u32),
    /// Index of a row node.
    Row(u32),
}

/// A value that differs from row to row; operands are indices of row nodes or scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Row {
    Column(Source, i32),
    Add(u32, u32),
    Sub(u32, u32),
    Mul(u32, u32),
    Square(u32),
    Negate(u32),
    AddScalar(u32, u32),
    SubFrom(u32, u32),
    MulScalar(u32, u32),
}

impl Row {
    /// The row nodes it is computed from.
    pub(super) fn operands(self) -> impl DoubleEndedIterator<Item = u32> {
        let (a, b) = match self {
            Self::Column(..) => (None, None),
            Self::Add(a, b) | Self::Sub(a, b) | Self::Mul(a, b) => (Some(a), Some(b)),
            Self::Square(a) | Self::Negate(a) | Self::AddScalar(a, _) | Self::MulScalar(a, _) | Self::SubFrom(_, a) => {
                (Some(a), None)
            }
        };
        a.into_iter().chain(b)
    }
}

/// Builds a [`Program`]; equal values get equal indices.
#[derive(Default)]
pub(crate) struct Builder {
    scalars: Vec<Scalar>,
    scalar_index: HashMap<Scalar, u32>,
    pub(super) rows: Vec<Row>,
    row_index: HashMap<Row, u32>,
    combinations: Vec<Combination>,
    /// Fixed columns that need not be read as such, by index.
    forms: Vec<Form>,
}

impl Builder {
    /// For constraints on fixed columns of these forms.
    pub(crate) fn new(forms: Vec<Form>) -> Self {
        Self { forms, ..Self::default() }
    }

    /// A scalar that is an input or a constant.
    pub(crate) fn scalar(&mut self, scalar: Scalar) -> Value {
        Value::Scalar(self.intern_scalar(scalar))
    }

    /// A constant.
    pub(crate) fn constant(&mut self, value: Fr) -> Value {
        self.scalar(Scalar::Constant(value))
    }

    /// A column rotated by a number of rows.
    pub(crate) fn column(&mut self, source: Source, rotation: i32) -> Value {
        let form = if let Source::Fixed(index) = source { self.forms.get(index).cloned() } else { None };
        match form {
            Some(Form::Constant(value)) => self.constant(value),
            Some(Form::Single(row, value)) => {
                let (row, value) = (row as i32, self.constant(value));
                let column = self.row(Row::Column(Source::FirstRow, rotation - row));
                self.mul(value, column)
            }
            Some(Form::Steps(_) | Form::Other) | None => self.row(Row::Column(source, rotation)),
        }
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// [`ProveError::Selector`].
    pub(crate) fn expression(&mut self, expression: &Expression<bn256::Fr>) -> Result<Value, ProveError> {
        Ok(match expression {
            Expression::Constant(value) => self.constant((*value).into()),
            Expression::Selector(_) => return Err(ProveError::Selector),
            Expression::Fixed(query) => self.column(Source::Fixed(query.column_index()), query.rotation().0),
            Expression::Advice(query) => self.column(Source::Advice(query.column_index()), query.rotation().0),
            Expression::Instance(query) => self.column(Source::Instance(query.column_index()), query.rotation().0),
            Expression::Challenge(challenge) => self.scalar(Scalar::Challenge(challenge.index())),
            Expression::Negated(a) => {
                let a = self.expression(a)?;
                self.neg(a)
            }
            Expression::Sum(a, b) => {
                let (a, b) = (self.expression(a)?, self.expression(b)?);
                self.add(a, b)
            }
            Expression::Product(a, b) => {
                let (a, b) = (self.expression(a)?, self.expression(b)?);
                self.mul(a, b)
            }
            Expression::Scaled(a, factor) => {
                let (a, factor) = (self.expression(a)?, self.constant((*factor).into()));
                self.mul(a, factor)
            }
        })
    }

    /// a + b
    pub(crate) fn add(&mut self, a: Value, b: Value) -> Value {
        match (a, b) {
            (Value::Scalar(a), Value::Scalar(b)) => self.scalar(Scalar::Add(a.min(b), a.max(b))),
            (Value::Row(_), Value::Scalar(_)) => self.add(b, a),
            (Value::Scalar(s), Value::Row(_)) if self.is_constant(s, Fr::ZERO) => b,
            (Value::Scalar(s), Value::Row(row)) => match self.rows[row as usize] {
                Row::AddScalar(inner, t) => {
                    let sum = self.intern_scalar(Scalar::Add(s.min(t), s.max(t)));
                    self.row(Row::AddScalar(inner, sum))
                }
                Row::Negate(inner) => self.row(Row::SubFrom(s, inner)),
                _ => self.row(Row::AddScalar(row, s)),
            },
            (Value::Row(a), Value::Row(b)) => match (self.rows[a as usize], self.rows[b as usize]) {
                (_, Row::Negate(inner)) => self.row(Row::Sub(a, inner)),
                (Row::Negate(inner), _) => self.row(Row::Sub(b, inner)),
                _ => self.row(Row::Add(a.min(b), a.max(b))),
            },
        }
    }

    /// a - b
    pub(crate) fn sub(&mut self, a: Value, b: Value) -> Value {
        if let (Value::Scalar(a), Value::Scalar(b)) = (a, b) {
            return self.scalar(Scalar::Sub(a, b));
        }
        let b = self.neg(b);
        self.add(a, b)
    }

    /// -a
    pub(crate) fn neg(&mut self, a: Value) -> Value {
        match a {
            Value::Scalar(a) => {
                let zero = self.intern_scalar(Scalar::Constant(Fr::ZERO));
                self.scalar(Scalar::Sub(zero, a))
            }
            Value::Row(row) => match self.rows[row as usize] {
                Row::Negate(inner) => Value::Row(inner),
                Row::Sub(a, b) => self.row(Row::Sub(b, a)),
                _ => self.row(Row::Negate(row)),
            },
        }
    }

    /// a * b
    pub(crate) fn mul(&mut self, a: Value, b: Value) -> Value {
        match (a, b) {
            (Value::Scalar(a), Value::Scalar(b)) => self.scalar(Scalar::Mul(a.min(b), a.max(b))),
            (Value::Row(_), Value::Scalar(_)) => self.mul(b, a),
            (Value::Scalar(s), _) if self.is_constant(s, Fr::ZERO) => Value::Scalar(s),
            (Value::Scalar(s), row) if self.is_constant(s, Fr::ONE) => row,
            (Value::Scalar(s), row) if self.is_constant(s, -Fr::ONE) => self.neg(row),
            (Value::Scalar(s), Value::Row(row)) => match self.rows[row as usize] {
                Row::MulScalar(inner, t) => {
                    let product = self.intern_scalar(Scalar::Mul(s.min(t), s.max(t)));
                    self.row(Row::MulScalar(inner, product))
                }
                Row::Negate(inner) => match self.neg(Value::Scalar(s)) {
                    Value::Scalar(s) => self.row(Row::MulScalar(inner, s)),
                    Value::Row(_) => self.row(Row::MulScalar(row, s)),
                },
                _ => self.row(Row::MulScalar(row, s)),
            },
            (Value::Row(a), Value::Row(b)) if a == b => self.row(Row::Square(a)),
            (Value::Row(a), Value::Row(b)) => self.row(Row::Mul(a.min(b), a.max(b))),
        }
    }

    /// sum over j of values[j] * y^(len - 1 - j), the stock prover's order of constraints. Constraints that share a
    /// factor, such as a selector, are summed before they are multiplied by it.
    pub(crate) fn fold(&mut self, values: &[Value]) -> Value {
        let factors: Vec<_> = values.iter().map(|value| self.factors(*value)).collect();
        let mut uses = HashMap::<u32, usize>::new();
        for list in &factors {
            let mut list = list.clone();
            list.sort_unstable();
            list.dedup();
            list.into_iter().for_each(|factor| *uses.entry(factor).or_default() += 1);
        }
        let y = self.scalar(Scalar::Y);
        let mut weight = self.constant(Fr::ONE);
        let mut groups = Vec::<(Option<u32>, Value)>::new();
        for (value, factors) in values.iter().zip(&factors).rev() {
            // The most shared factor; among equals the first built, so that the choice is the same every time.
            let shared = |factor: &u32| uses.get(factor).copied().unwrap_or(0);
            let common = factors.iter().copied().filter(|factor| shared(factor) > 1);
            let common = common.max_by_key(|factor| (shared(factor), std::cmp::Reverse(*factor)));
            let rest = match common {
                Some(common) => self.without(factors, common),
                None => *value,
            };
            let term = self.mul(rest, weight);
            match groups.iter().position(|(factor, _)| *factor == common) {
                Some(group) => groups[group].1 = self.add(groups[group].1, term),
                None => groups.push((common, term)),
            }
            weight = self.mul(weight, y);
        }
        let mut total = self.constant(Fr::ZERO);
        for (factor, sum) in groups {
            let term = match factor {
                Some(factor) => self.mul(Value::Row(factor), sum),
                None => sum,
            };
            total = self.add(total, term);
        }
        total
    }

    /// The row nodes whose product a value is; none for a scalar.
    fn factors(&self, value: Value) -> Vec<u32> {
        let mut factors = Vec::new();
        let mut pending = match value {
            Value::Row(row) => vec![row],
            Value::Scalar(_) => Vec::new(),
        };
        while let Some(row) = pending.pop() {
            match self.rows[row as usize] {
                Row::Mul(a, b) => pending.extend([b, a]),
                _ => factors.push(row),
            }
        }
        factors
    }

    /// The product of factors, one occurrence of `common` left out.
    fn without(&mut self, factors: &[u32], common: u32) -> Value {
        let mut left_out = false;
        let mut product = self.constant(Fr::ONE);
        for factor in factors {
            if *factor == common && !left_out {
                left_out = true;
            } else {
                product = self.mul(product, Value::Row(*factor));
            }
        }
        product
    }

    /// The code that computes the sum of `parts`, one after another.
    pub(crate) fn compile(self, parts: &[Value]) -> Program {
        let mut sources = Vec::new();
        let mut parts: Vec<_> = parts.iter().map(|part| self.part(*part, &mut sources)).collect();
        let mut is_read = vec![false; sources.len()];
        for part in parts.iter_mut().rev() {
            part.last = part.slots.iter().copied().filter(|slot| !is_read[*slot]).collect();
            part.slots.iter().for_each(|slot| is_read[*slot] = true);
        }
        Program { scalars: self.scalars, combinations: self.combinations, sources, parts }
    }

    /// The code that computes `output`, with the columns it reads added to `sources`.
    fn part(&self, output: Value, sources: &mut Vec<Source>) -> Part {
        let order = self.schedule(output);
        let mut last_use = HashMap::new();
        for (at, row) in order.iter().enumerate() {
            for operand in self.rows[*row as usize].operands() {
                last_use.insert(operand, at);
            }
        }
        let mut slots = Vec::new();
        let mut places = HashMap::<u32, Operand>::new();
        let mut instructions = Vec::new();
        let (mut registers, mut free) = (0, Vec::new());
        for (at, row) in order.iter().enumerate() {
            let node = self.rows[*row as usize];
            if let Row::Column(source, rotation) = node {
                let slot = sources.iter().position(|other| *other == source).unwrap_or_else(|| {
                    sources.push(source);
                    sources.len() - 1
                });
                if !slots.contains(&slot) {
                    slots.push(slot);
                }
                places.insert(*row, Operand::Column { slot: slot as u32, rotation });
                continue;
            }
            let target = free.pop().unwrap_or_else(|| {
                registers += 1;
                registers - 1
            });
            let place = |row: u32| places[&row];
            let action = match node {
                Row::Add(a, b) => Action::Add(place(a), place(b)),
                Row::Sub(a, b) => Action::Sub(place(a), place(b)),
                Row::Mul(a, b) => Action::Mul(place(a), place(b)),
                Row::Square(a) => Action::Square(place(a)),
                Row::AddScalar(a, scalar) => Action::AddScalar(place(a), scalar),
                Row::SubFrom(scalar, a) => Action::SubFrom(scalar, place(a)),
                Row::MulScalar(a, scalar) => Action::MulScalar(place(a), scalar),
                Row::Negate(a) => Action::Negate(place(a)),
                Row::Column(..) => continue,
            };
            instructions.push(Instruction { target, action });
            for operand in node.operands() {
                if let (Some(Operand::Register(register)), Some(last)) = (places.get(&operand), last_use.get(&operand))
                    && *last == at
                {
                    free.push(*register);
                    // Not twice where both operands are the same.
                    last_use.remove(&operand);
                }
            }
            places.insert(*row, Operand::Register(target));
        }
        let output = match output {
            Value::Row(row) => Output::Row(places[&row]),
            Value::Scalar(scalar) => Output::Scalar(scalar),
        };
        Part { slots, last: Vec::new(), code: Code { instructions, registers: registers as usize, output } }
    }

    /// The row nodes that `output` needs, each after its operands.
    pub(super) fn schedule(&self, output: Value) -> Vec<u32> {
        let mut order = Vec::new();
        let Value::Row(root) = output else {
            return order;
        };
        let mut done = vec![false; self.rows.len()];
        let mut pending = vec![(root, false)];
        while let Some((row, operands_done)) = pending.pop() {
            if done[row as usize] {
                continue;
            }
            if operands_done {
                done[row as usize] = true;
                order.push(row);
            } else {
                pending.push((row, true));
                pending.extend(self.rows[row as usize].operands().rev().map(|operand| (operand, false)));
            }
        }
        order
    }

    fn is_constant(&self, scalar: u32, value: Fr) -> bool {
        self.scalars[scalar as usize] == Scalar::Constant(value)
    }

    /// Whether a scalar is the constant 1 or -1.
    pub(super) fn is_unit(&self, scalar: u32) -> bool {
        self.is_constant(scalar, Fr::ONE) || self.is_constant(scalar, -Fr::ONE)
    }

    pub(super) fn constant_index(&mut self, value: Fr) -> u32 {
        self.intern_scalar(Scalar::Constant(value))
    }

    pub(super) fn opposite(&mut self, scalar: u32) -> u32 {
        let zero = self.constant_index(Fr::ZERO);
        self.intern_scalar(Scalar::Sub(zero, scalar))
    }

    pub(super) fn scalar_sum(&mut self, a: u32, b: u32) -> u32 {
        self.intern_scalar(Scalar::Add(a.min(b), a.max(b)))
    }

    pub(super) fn scalar_product(&mut self, a: u32, b: u32) -> u32 {
        self.intern_scalar(Scalar::Mul(a.min(b), a.max(b)))
    }

    /// The column of a linear combination.
    pub(super) fn combination(&mut self, combination: Combination) -> Source {
        let index = self.combinations.iter().position(|other| *other == combination).unwrap_or_else(|| {
            self.combinations.push(combination);
            self.combinations.len() - 1
        });
        Source::Combination(index)
    }

    fn intern_scalar(&mut self, scalar: Scalar) -> u32 {
        let constant = |index: u32| match self.scalars[index as usize] {
            Scalar::Constant(value) => Some(value),
            _ => None,
        };
        let folded = match scalar {
            Scalar::Add(a, b) => constant(a).zip(constant(b)).map(|(a, b)| a + b),
            Scalar::Sub(a, b) => constant(a).zip(constant(b)).map(|(a, b)| a - b),
            Scalar::Mul(a, b) => constant(a).zip(constant(b)).map(|(a, b)| a * b),
            _ => None,
        };
        let scalar = folded.map_or(scalar, Scalar::Constant);
        match scalar {
            Scalar::Mul(one, other) | Scalar::Mul(other, one) if self.is_constant(one, Fr::ONE) => return other,
            Scalar::Mul(zero, _) | Scalar::Mul(_, zero) if self.is_constant(zero, Fr::ZERO) => return zero,
            Scalar::Add(zero, other) | Scalar::Add(other, zero) if self.is_constant(zero, Fr::ZERO) => return other,
            _ => (),
        }
        *self.scalar_index.entry(scalar).or_insert_with(|| {
            self.scalars.push(scalar);
            (self.scalars.len() - 1) as u32
        })
    }

    fn row(&mut self, row: Row) -> Value {
        Value::Row(*self.row_index.entry(row).or_insert_with(|| {
            self.rows.push(row);
            (self.rows.len() - 1) as u32
        }))
    }
}
