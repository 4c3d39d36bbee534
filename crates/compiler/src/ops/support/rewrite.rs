//! What operators that stand for others put in their place.

use hushproof_core::graph::{FloatActivation, Function, Unary};

use crate::{
    ops::{
        op::{Attr, Id, Op, OpError, OpResult, Rewriter, axis},
        support::{
            function::Elementwise,
            select::{Relabel, Select},
        },
    },
    tensor::{DType, Fact},
};

/// Half way between two integers.
const HALF: f64 = 0.5;
/// The least number above 0.
const ABOVE: f64 = f64::from_bits(1);

impl Rewriter<'_> {
    /// A constant of real numbers.
    pub(in crate::ops) fn floats(&mut self, shape: &[usize], data: Vec<f64>) -> OpResult<Id> {
        self.tensor(DType::Float, shape.to_vec(), data)
    }

    /// A real number.
    pub(in crate::ops) fn number(&mut self, value: f64) -> OpResult<Id> {
        self.floats(&[], vec![value])
    }

    /// A constant list of integers.
    pub(crate) fn ints(&mut self, values: &[i64]) -> OpResult<Id> {
        self.tensor(DType::Int, vec![values.len()], values.iter().map(|value| *value as f64).collect())
    }

    /// The first result of an operator of the newest set.
    pub(in crate::ops) fn with(&mut self, op: &str, attrs: &[(&str, Attr)], inputs: &[Id]) -> OpResult<Id> {
        let inputs: Vec<_> = inputs.iter().copied().map(Some).collect();
        let outputs = self.all(op, attrs, &inputs)?;
        outputs.first().copied().ok_or_else(|| OpError::Graph(format!("{op} has no output")))
    }

    /// The same without attributes.
    pub(in crate::ops) fn op(&mut self, op: &str, inputs: &[Id]) -> OpResult<Id> {
        self.with(op, &[], inputs)
    }

    /// The result of an operator that has no ONNX name.
    fn own(&mut self, op: &'static str, kernel: Box<dyn Op>, input: Id) -> OpResult<Id> {
        let outputs = self.put(op, kernel, input)?;
        outputs.first().copied().ok_or_else(|| OpError::Graph(format!("{op} has no output")))
    }

    /// Integers by another name, in a range.
    pub(in crate::ops) fn whole(&mut self, x: Id, low: f64, high: f64) -> OpResult<Id> {
        let y = self.relabel(x, DType::Int)?;
        self.bound(y, vec![(low, high); self.len(y)]);
        Ok(y)
    }

    /// The same values in another element kind, which they must fit.
    pub(in crate::ops) fn relabel(&mut self, x: Id, dtype: DType) -> OpResult<Id> {
        if self.fact(x).dtype == dtype { Ok(x) } else { self.own("Cast", Box::new(Relabel { dtype }), x) }
    }

    /// The values as real numbers.
    pub(in crate::ops) fn float(&mut self, x: Id) -> OpResult<Id> {
        if self.fact(x).dtype == DType::Name {
            return Err(OpError::unsupported("strings, which are no numbers; encode them"));
        }
        self.relabel(x, DType::Float)
    }

    /// The numbers of names, as integers.
    pub(crate) fn unnamed(&mut self, x: Id) -> OpResult<Id> {
        self.relabel(x, DType::Int)
    }

    /// σ(−x).
    pub(crate) fn opposite_sigmoid(&mut self, x: Id) -> OpResult<Id> {
        let opposite = self.affine(x, -1.0, 0.0)?;
        self.op("Sigmoid", &[opposite])
    }

    /// Single values of a tensor, as another element kind that they fit.
    pub(crate) fn selected(&mut self, x: Id, sources: Vec<Option<u32>>, fact: &Fact) -> OpResult<Id> {
        let y = self.select(x, fact.shape.clone(), sources, 0.0)?;
        self.relabel(y, fact.dtype)
    }

    /// The same values in the same order, of another shape and element kind, which they must fit.
    pub(crate) fn shaped_as(&mut self, x: Id, fact: &Fact) -> OpResult<Id> {
        let y = self.reshape(x, &fact.shape)?;
        self.relabel(y, fact.dtype)
    }

    /// The same values in the same order under another shape.
    pub(crate) fn reshape(&mut self, x: Id, shape: &[usize]) -> OpResult<Id> {
        if self.shape(x) == shape {
            return Ok(x);
        }
        if shape.is_empty() {
            // A list of no sizes is no tensor here.
            return self.op("Squeeze", &[x]);
        }
        let sizes: Vec<_> = shape.iter().map(|size| *size as i64).collect();
        let sizes = self.ints(&sizes)?;
        self.op("Reshape", &[x, sizes])
    }

    /// A range of a vector as a tensor of its own.
    pub(crate) fn part(&mut self, all: Id, range: std::ops::Range<usize>, fact: &Fact) -> OpResult<Id> {
        let x = self.select(all, fact.shape.clone(), range.map(|i| Some(i as u32)).collect(), 0.0)?;
        self.relabel(x, fact.dtype)
    }

    /// The values of all tensors, one after the other.
    pub(crate) fn joined(&mut self, all: &[Id]) -> OpResult<Id> {
        let mut parts = vec![];
        for x in all {
            let x = self.float(*x)?;
            parts.push(self.reshape(x, &[1, self.len(x)])?);
        }
        self.with("Concat", &[("axis", Attr::Int(1))], &parts)
    }

    /// a where a condition holds, else b.
    pub(crate) fn choose(&mut self, condition: Id, a: Id, b: Id) -> OpResult<Id> {
        self.op("Where", &[condition, a, b])
    }

    /// The slices along an axis, without it.
    pub(crate) fn slices(&mut self, x: Id, name: i64) -> OpResult<Vec<Id>> {
        let shape = self.shape(x);
        let axis = axis(name, shape.len())?;
        let (size, inner): (usize, usize) = (shape[axis], shape[axis + 1..].iter().product());
        let rest: Vec<usize> = [&shape[..axis], &shape[axis + 1..]].concat();
        let len: usize = rest.iter().product();
        let slice = |at: usize| {
            let sources = (0..len).map(|i| Some((i / inner * size * inner + at * inner + i % inner) as u32)).collect();
            self.select(x, rest.clone(), sources, 0.0)
        };
        (0..size).map(slice).collect()
    }

    /// Tensors of one shape beside one another on a new axis.
    pub(crate) fn stacked(&mut self, all: &[Id], name: i64) -> OpResult<Id> {
        let first = *all.first().ok_or_else(|| OpError::Graph("has nothing to join".into()))?;
        let mut shape = self.shape(first);
        let axis = axis(name, shape.len() + 1)?;
        shape.insert(axis, 1);
        let parts = all.iter().map(|x| self.reshape(*x, &shape)).collect::<OpResult<Vec<_>>>()?;
        self.with("Concat", &[("axis", Attr::Int(axis as i64))], &parts)
    }

    /// The same values as a value of its own.
    pub(crate) fn named_copy(&mut self, x: Id) -> OpResult<Id> {
        self.op("Identity", &[x])
    }

    /// Single values of a tensor, `fill` where there is no source.
    pub(in crate::ops) fn select(
        &mut self,
        x: Id,
        shape: Vec<usize>,
        sources: Vec<Option<u32>>,
        fill: f64,
    ) -> OpResult<Id> {
        let same = self.shape(x) == shape && (0..).zip(&sources).all(|(i, source)| *source == Some(i));
        if same {
            return Ok(x);
        }
        if sources.iter().all(Option::is_none) {
            let (dtype, len) = (self.fact(x).dtype, sources.len());
            return self.tensor(dtype, shape, vec![fill; len]);
        }
        self.own("Gather", Box::new(Select { shape, sources, fill }), x)
    }

    /// The values in another order of axes: axis i of the result is axis `order[i]` of x.
    pub(in crate::ops) fn transpose(&mut self, x: Id, order: &[usize]) -> OpResult<Id> {
        let perm = Attr::Ints(order.iter().map(|axis| *axis as i64).collect());
        self.with("Transpose", &[("perm", perm)], &[x])
    }

    /// A function of each value, as real numbers.
    pub(in crate::ops) fn table(&mut self, op: &'static str, function: Unary, x: Id) -> OpResult<Id> {
        let x = self.float(x)?;
        self.own(op, Box::new(Elementwise(FloatActivation::Table(Function::Unary(function)))), x)
    }

    /// 1 where a value is at least `at`, else 0, as real numbers; exact for integers.
    pub(in crate::ops) fn at_least(&mut self, op: &'static str, x: Id, at: f64) -> OpResult<Id> {
        let x = self.float(x)?;
        self.own(op, Box::new(Elementwise(FloatActivation::Threshold { at })), x)
    }

    /// Whether each value is above 0, or where not `strict` at least 0.
    pub(in crate::ops) fn compares(&mut self, x: Id, strict: bool) -> OpResult<Id> {
        let y = self.at_least("Greater", x, if strict { ABOVE } else { 0.0 })?;
        self.relabel(y, DType::Bool)
    }

    /// 1 where an integer is 0, else 0, as real numbers.
    pub(in crate::ops) fn is_zero(&mut self, op: &'static str, x: Id) -> OpResult<Id> {
        let (least, above) = (self.at_least(op, x, -HALF)?, self.at_least(op, x, HALF)?);
        self.op("Sub", &[least, above])
    }

    /// For integers x and the numbers 0..count, which stand on axis `axis` of the result, where x has the size 1:
    /// 1 where they are equal, else 0, as real numbers. An x that is none of them has no 1.
    pub(in crate::ops) fn one_hot(&mut self, op: &'static str, x: Id, axis: usize, count: usize) -> OpResult<Id> {
        let mut column = vec![1; self.shape(x).len()];
        column[axis] = count + 1;
        let x = self.float(x)?;
        let numbers = self.floats(&column, (0..=count).map(|i| i as f64).collect())?;
        let difference = self.op("Sub", &[x, numbers])?;
        let reached = self.at_least(op, difference, -HALF)?;
        self.falls(reached, axis)
    }

    /// What each value along an axis has more than the next one.
    pub(in crate::ops) fn falls(&mut self, x: Id, axis: usize) -> OpResult<Id> {
        let mut shape = self.shape(x);
        let (size, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
        shape[axis] = size - 1;
        let len: usize = shape.iter().product();
        let mut shifted = |by: usize| {
            let element = |i: usize| (i / inner / (size - 1) * size + i / inner % (size - 1) + by) * inner + i % inner;
            self.select(x, shape.clone(), (0..len).map(|i| Some(element(i) as u32)).collect(), 0.0)
        };
        let (these, next) = (shifted(0)?, shifted(1)?);
        self.op("Sub", &[these, next])
    }

    /// x times a number plus another.
    pub(in crate::ops) fn affine(&mut self, x: Id, scale: f64, shift: f64) -> OpResult<Id> {
        let x = self.float(x)?;
        let y = if scale == 1.0 {
            x
        } else {
            let c = self.number(scale)?;
            self.op("Mul", &[x, c])?
        };
        if shift == 0.0 {
            Ok(y)
        } else {
            let c = self.number(shift)?;
            self.op("Add", &[y, c])
        }
    }

    /// A reduction over some axes.
    pub(in crate::ops) fn reduce(&mut self, op: &str, x: Id, axes: &[usize], keepdims: bool) -> OpResult<Id> {
        let (shape, reduced) = (self.shape(x), |axis: &usize| axes.contains(axis));
        if axes.iter().all(|axis| shape.get(*axis) == Some(&1)) {
            let kept = shape.iter().enumerate().filter(|(axis, _)| keepdims || !reduced(axis)).map(|(_, size)| *size);
            let kept: Vec<_> = kept.collect();
            return self.reshape(x, &kept);
        }
        let axes: Vec<_> = axes.iter().map(|axis| *axis as i64).collect();
        let axes = self.ints(&axes)?;
        self.with(op, &[("keepdims", Attr::Int(keepdims.into()))], &[x, axes])
    }
}
